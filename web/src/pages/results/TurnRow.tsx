/**
 * One turn as text: from when on it is heard, who said it, what was cut, what was heard again.
 *
 * Stable `data-testid`s: transcript-item (data-role, data-item-id, data-state, data-current), its parts heard, cut,
 * live-version, play-turn, copy-moment.
 */
import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components/Button";
import { addressOfMoment } from "../../client/reviewMoment";
import { type Match, pieces } from "../../client/reviewSearch";
import { cutText, shownText } from "../../client/review";
import type { ResultsItem } from "../../client/types";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { clock } from "../../ui/format";
import { usePlayer } from "./player";
import { useCurrentTurn, useReview } from "./review";
import { named } from "./say";

/** From a moment on; without sound it moves the picture there. */
export function PlayFrom({ atMs, children, what }: { atMs: number; children?: ReactNode; what?: string }) {
  const t = texts("review");
  const { player } = useReview();
  const silent = usePlayer(player, (now) => now.sound === "none");
  const label = t(silent ? "turn.show" : "turn.play", { at: clock(atMs) });
  return (
    <Button
      className="moment"
      aria-label={what === undefined ? label : `${label}: ${what}`}
      onPress={() => void player.playFrom(atMs)}
      data-testid="play-turn"
    >
      <Icon name={silent ? "clock" : "play"} /> <span className="moment-time">{clock(atMs)}</span>
      {children}
    </Button>
  );
}

interface TurnRowProps {
  item: ResultsItem;
  /** Places of the searched words in this item, and which of them is the current one. */
  matches?: readonly Match[];
  currentMatch?: Match | null;
  /** Where the question is told already it need not be said with each turn. */
  showsQuestion?: boolean;
}

export function TurnRow({ item, matches = [], currentMatch = null, showsQuestion = true }: TurnRowProps) {
  const t = texts("review");
  const { player } = useReview();
  const isCurrent = useCurrentTurn()?.itemId === item.item_id;
  const playText = (): void => {
    // Whoever marks words to copy them does not want to hear them.
    if (String(window.getSelection() ?? "") === "") void player.playFrom(item.start_ms);
  };
  return (
    <li
      className={`turn-row turn-row-${item.role}`}
      aria-current={isCurrent ? "true" : undefined}
      data-testid="transcript-item"
      data-item-id={item.item_id}
      data-role={item.role}
      data-state={item.state}
      data-start-ms={item.start_ms}
      data-current={isCurrent}
    >
      <div className="turn-head">
        <PlayFrom atMs={item.start_ms} />
        <span className="turn-who">
          <Icon name={item.role === "user" ? "microphone" : "wave"} /> {named("side", item.role)}
        </span>
        {showsQuestion && item.question !== null && (
          <span className="quiet">{t("turn.question", { number: item.question })}</span>
        )}
        {isCurrent && <span className="turn-now">{t("turn.now")}</span>}
        <CopyMoment atMs={item.start_ms} />
      </div>
      <div className="turn-text" onClick={playText}>
        <TurnText item={item} matches={matches} currentMatch={currentMatch} />
      </div>
    </li>
  );
}

const COPIED_SHOWN_MS = 2_000;

function CopyMoment({ atMs }: { atMs: number }) {
  const t = texts("review");
  const [state, setState] = useState<"idle" | "copied" | "shown">("idle");
  const address = addressOfMoment(window.location.href, atMs);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(address);
      setState("copied");
      setTimeout(() => setState("idle"), COPIED_SHOWN_MS);
    } catch {
      // Plain HTTP off localhost has no clipboard: the address is shown, to be copied by hand.
      setState("shown");
    }
  };
  return (
    <span className="copy-moment no-print">
      <span role="status" className="quiet">
        {state === "copied" && t("turn.copied")}
      </span>
      {state === "shown" && <input readOnly value={address} aria-label={t("turn.address")} />}
      <Button
        className="icon-link"
        aria-label={t("turn.copy", { at: clock(atMs) })}
        onPress={() => void copy()}
        data-testid="copy-moment"
      >
        <Icon name="chain" />
      </Button>
    </span>
  );
}

interface TurnTextProps {
  item: ResultsItem;
  matches: readonly Match[];
  currentMatch: Match | null;
}

function TurnText({ item, matches, currentMatch }: TurnTextProps) {
  const t = texts("review");
  if (item.state === "missing") return <em>{t("turn.missing")}</em>;
  const text = shownText(item);
  const differs = Boolean(item.generated_content) && item.generated_content !== item.content;
  const cut = cutText(item);
  return (
    <>
      <span data-testid="heard">
        {text === "" ? (
          <em>{t("turn.nothing")}</em>
        ) : (
          pieces(text, matches).map((piece, at) =>
            piece.match === null ? (
              piece.text
            ) : (
              <mark key={at} data-current={matches[piece.match] === currentMatch}>
                {piece.text}
              </mark>
            ),
          )
        )}
      </span>
      {item.state === "interim" && <span className="quiet"> {t("turn.interim")}</span>}
      {cut !== null && (
        <span className="cut" data-testid="cut">
          {" "}
          <span className="quiet">{t("turn.cut")}</span> <s>{cut}</s>
        </span>
      )}
      {item.role === "assistant" && differs && cut === null && (
        <span className="cut quiet" data-testid="cut">
          {" "}
          {t("turn.generated", { text: item.generated_content })}
        </span>
      )}
      {item.shown === "second_pass" && text !== item.content && (
        <span className="quiet live-version" data-testid="live-version">
          {t("turn.again", { text: item.content || t("turn.nothing") })}
        </span>
      )}
    </>
  );
}
