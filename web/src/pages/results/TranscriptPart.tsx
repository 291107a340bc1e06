/**
 * What was said, turn by turn: to read along, to search, to filter.
 *
 * Stable `data-testid`s: transcript, transcript-search, search-count, search-next, search-previous, filter-side,
 * filter-question, follow.
 */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { SearchField } from "react-aria-components/SearchField";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { shownText } from "../../client/review";
import { type Match, findMatches, stepped } from "../../client/reviewSearch";
import type { ResultsItem } from "../../client/types";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Choice } from "./Choice";
import { TurnRow } from "./TurnRow";
import { usePlayer } from "./player";
import { useCurrentTurn, useReview } from "./review";
import { named } from "./say";

const ALL = "all";

export function TranscriptPart() {
  const t = texts("review");
  const { results } = useReview();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [side, setSide] = useState<string>(ALL);
  const [question, setQuestion] = useState<string>(ALL);
  const panel = useRef<HTMLDivElement>(null);
  const items = useMemo(
    () =>
      results.transcript.filter(
        (item) =>
          (side === ALL || item.role === side) && (question === ALL || String(item.question ?? "none") === question),
      ),
    [results.transcript, side, question],
  );
  const matches = useMemo(
    () =>
      findMatches(
        items.map((item) => ({ itemId: item.item_id, text: shownText(item) })),
        query,
      ),
    [items, query],
  );
  const current = matches[Math.min(at, matches.length - 1)] ?? null;
  useFollowing(panel);
  useShown(panel, current);
  if (results.transcript.length === 0) return <p>{t("transcript.empty")}</p>;
  return (
    <div data-testid="transcript">
      <div className="transcript-tools no-print">
        <Search
          query={query}
          matches={matches.length}
          at={Math.min(at, Math.max(0, matches.length - 1))}
          onQuery={(next) => {
            setQuery(next);
            setAt(0);
          }}
          onStep={(step) => setAt(stepped(Math.min(at, matches.length - 1), matches.length, step))}
        />
        <Filters side={side} question={question} onSide={setSide} onQuestion={setQuestion} />
        <Follow />
      </div>
      <Panel panel={panel} items={items} matches={matches} current={current} />
    </div>
  );
}

interface PanelProps {
  panel: React.RefObject<HTMLDivElement | null>;
  items: readonly ResultsItem[];
  matches: readonly Match[];
  current: Match | null;
}

function Panel({ panel, items, matches, current }: PanelProps) {
  const t = texts("review");
  const { player } = useReview();
  const leave = (): void => player.setFollowing(false);
  const onKey = (event: KeyboardEvent): void => {
    if (["PageUp", "PageDown", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) leave();
  };
  return (
    <div
      className="transcript-panel"
      ref={panel}
      role="region"
      aria-label={t("transcript.region")}
      tabIndex={0}
      onWheel={leave}
      onTouchMove={leave}
      onKeyDown={onKey}
      onPointerDown={(event) => event.target === panel.current && leave()}
    >
      {items.length === 0 && <p>{t("transcript.none")}</p>}
      <ol className="turn-list">
        {items.map((item) => (
          <TurnRow
            key={item.item_id}
            item={item}
            matches={matches.filter((match) => match.itemId === item.item_id)}
            currentMatch={current}
          />
        ))}
      </ol>
    </div>
  );
}

/** Moves what is looked for into the panel's sight, and the page not at all. */
function bringIntoSight(panel: HTMLElement | null, wanted: Element | null | undefined): void {
  if (panel === null || !wanted) return;
  const [outer, inner] = [panel.getBoundingClientRect(), wanted.getBoundingClientRect()];
  if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
  panel.scrollTop += inner.top - outer.top - Math.max(0, (outer.height - inner.height) / 3);
}

/** The current turn stays in sight, unless the reader scrolled. */
function useFollowing(panel: React.RefObject<HTMLDivElement | null>): void {
  const { player } = useReview();
  const itemId = useCurrentTurn()?.itemId ?? null;
  const following = usePlayer(player, (now) => now.following);
  useEffect(() => {
    if (!following || itemId === null) return;
    bringIntoSight(panel.current, panel.current?.querySelector(`[data-item-id="${CSS.escape(itemId)}"]`));
  }, [panel, following, itemId]);
}

function useShown(panel: React.RefObject<HTMLDivElement | null>, match: Match | null): void {
  const { player } = useReview();
  useEffect(() => {
    if (match === null) return;
    player.setFollowing(false);
    bringIntoSight(panel.current, panel.current?.querySelector('mark[data-current="true"]'));
  }, [panel, player, match]);
}

interface SearchProps {
  query: string;
  matches: number;
  at: number;
  onQuery: (query: string) => void;
  onStep: (step: 1 | -1) => void;
}

function Search({ query, matches, at, onQuery, onStep }: SearchProps) {
  const t = texts("review");
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    onStep(event.shiftKey ? -1 : 1);
  };
  const asked = query.trim() !== "";
  return (
    <div className="search" role="search">
      <SearchField className="field search-field" value={query} onChange={onQuery}>
        <Label>{t("search.label")}</Label>
        <Input onKeyDown={onKey} data-testid="transcript-search" />
      </SearchField>
      <span role="status" className="quiet search-count" data-testid="search-count">
        {!asked ? "" : matches === 0 ? t("search.nothing") : t("search.place", { at: at + 1, count: matches })}
      </span>
      <Button
        className="button icon-button"
        aria-label={t("search.previous")}
        isDisabled={matches === 0}
        onPress={() => onStep(-1)}
        data-testid="search-previous"
      >
        <Icon name="up" />
      </Button>
      <Button
        className="button icon-button"
        aria-label={t("search.next")}
        isDisabled={matches === 0}
        onPress={() => onStep(1)}
        data-testid="search-next"
      >
        <Icon name="down" />
      </Button>
    </div>
  );
}

interface FiltersProps {
  side: string;
  question: string;
  onSide: (side: string) => void;
  onQuestion: (question: string) => void;
}

function Filters({ side, question, onSide, onQuestion }: FiltersProps) {
  const t = texts("review");
  const { results } = useReview();
  const numbers = results.questions.map(({ number }): [string, string] => [
    String(number),
    t("turn.question", { number }),
  ]);
  return (
    <>
      <Choice
        label={t("filter.side")}
        value={side}
        options={[
          [ALL, t("filter.both")],
          ["user", named("side", "user")],
          ["assistant", named("side", "assistant")],
        ]}
        onChange={onSide}
        testId="filter-side"
      />
      {numbers.length > 1 && (
        <Choice
          label={t("filter.question")}
          value={question}
          options={[[ALL, t("filter.allQuestions")], ...numbers, ["none", t("filter.noQuestion")]]}
          onChange={onQuestion}
          testId="filter-question"
        />
      )}
    </>
  );
}

function Follow() {
  const t = texts("review");
  const { player } = useReview();
  const following = usePlayer(player, (now) => now.following);
  const silent = usePlayer(player, (now) => now.sound === "none");
  if (silent) return null;
  return (
    <ToggleButton
      className="button small follow"
      isSelected={following}
      onChange={(next) => player.setFollowing(next)}
      data-testid="follow"
    >
      <Icon name={following ? "check" : "down"} /> {t("transcript.follow")}
    </ToggleButton>
  );
}
