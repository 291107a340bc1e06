/**
 * The player: what is heard, where, how fast, and of whom.
 *
 * Stable `data-testid`s: player (data-sound, data-playing, data-position-ms), play, back, forward,
 * previous-turn, next-turn, position, rate, hear-user, hear-assistant, load-tracks, sound, recording (data-state).
 */
import { type KeyboardEvent, type ReactNode, useCallback, useMemo } from "react";
import { Button } from "react-aria-components/Button";
import { Slider, SliderThumb, SliderTrack } from "react-aria-components/Slider";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { neighbourMs } from "../../client/review";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { clock } from "../../ui/format";
import { Choice } from "./Choice";
import { type Player, RATES, usePlayer } from "./player";
import { useReview } from "./review";
import { megabytes, named, number } from "./say";
import { SIDES, bestKind, sizes } from "./sound";

const SHORT_MS = 5_000;
const LONG_MS = 30_000;

function usePlayerKeys(): (event: KeyboardEvent) => void {
  const { player, timeline } = useReview();
  return useCallback((event: KeyboardEvent) => onPlayerKey(event, player, timeline.turns), [player, timeline]);
}

/** The picture of the interview; the player's keys work in it too. */
export function ListeningPart({ children }: { children: ReactNode }) {
  const t = texts("review");
  const { player, results } = useReview();
  const onKey = usePlayerKeys();
  const state = results.recording?.state ?? null;
  return (
    <section
      aria-labelledby="listening-title"
      className="listening"
      onKeyDownCapture={onKey}
      data-testid="recording"
      data-state={state ?? "none"}
    >
      <h2 id="listening-title">{t("listening.title")}</h2>
      {state !== "ready" && <p>{state === null ? t("listening.none") : named("recording", state)}</p>}
      {children}
      <SoundState />
      <p className="quiet no-print">{t(playable(player) ? "listening.keys" : "listening.keysSilent")}</p>
    </section>
  );
}

function playable(player: Player): boolean {
  return player.snapshot().sound !== "none";
}

/** Space, arrows: as in any player. Fields and menus keep their own keys. */
function onPlayerKey(event: KeyboardEvent, player: Player, turns: Parameters<typeof neighbourMs>[0]): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const target = event.target as HTMLElement;
  if (target.closest("[role=listbox], select, textarea, summary, [data-own-keys]") !== null) return;
  const { positionMs } = player.snapshot();
  const jump = (ms: number | null): void => {
    if (ms !== null) {
      player.setFollowing(true);
      player.seek(ms);
    }
  };
  const farMs = event.shiftKey ? LONG_MS : SHORT_MS;
  const actions: Record<string, () => void> = {
    ArrowLeft: () => jump(positionMs - farMs),
    ArrowRight: () => jump(positionMs + farMs),
    ArrowUp: () => jump(neighbourMs(turns, positionMs, -1)),
    ArrowDown: () => jump(neighbourMs(turns, positionMs, 1)),
    Home: () => jump(0),
    End: () => jump(player.lengthMs),
    " ": () => player.toggle(),
  };
  // A focused button is pressed by the space bar.
  const isButton = target.closest("button") !== null;
  const action = event.key === " " && isButton ? undefined : actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

/** What plays and where it stands. It stays in sight while the transcript is read. */
export function Transport() {
  const t = texts("review");
  const onKey = usePlayerKeys();
  const { player, timeline } = useReview();
  const sound = usePlayer(player, (now) => now.sound);
  const host = useCallback((element: HTMLElement | null) => player.attach(element), [player]);
  const jump = (step: 1 | -1) => () => {
    const ms = neighbourMs(timeline.turns, player.snapshot().positionMs, step);
    if (ms !== null) player.seek(ms);
    player.setFollowing(true);
  };
  const by = (ms: number) => () => player.seek(player.snapshot().positionMs + ms);
  return (
    <div className="transport no-print" role="group" aria-label={t("player.label")} onKeyDownCapture={onKey}>
      <PlayerState />
      <div className="transport-row">
        {sound !== "none" && <PlayButton />}
        <IconButton icon="previous" label={t("player.previousTurn")} onPress={jump(-1)} testId="previous-turn" />
        <IconButton icon="back" label={t("player.back")} onPress={by(-SHORT_MS)} testId="back" />
        <IconButton icon="forward" label={t("player.forward")} onPress={by(SHORT_MS)} testId="forward" />
        <IconButton icon="next" label={t("player.nextTurn")} onPress={jump(1)} testId="next-turn" />
        <Position />
        {sound !== "none" && <Rate />}
        {sound !== "none" && <SideButtons />}
      </div>
      <div ref={host} />
    </div>
  );
}

/** For tests and for whoever styles it; changes with each picture, so it stands alone. */
function PlayerState() {
  const { player } = useReview();
  const now = usePlayer(player, (all) => all);
  return (
    <span
      hidden
      data-testid="player"
      data-sound={now.sound}
      data-playing={now.playing}
      data-position-ms={Math.round(now.positionMs)}
    />
  );
}

interface IconButtonProps {
  icon: "previous" | "back" | "forward" | "next";
  label: string;
  onPress: () => void;
  testId: string;
}

function IconButton({ icon, label, onPress, testId }: IconButtonProps) {
  return (
    <Button className="button icon-button" aria-label={label} onPress={onPress} data-testid={testId}>
      <Icon name={icon} />
    </Button>
  );
}

function PlayButton() {
  const t = texts("review");
  const { player } = useReview();
  const playing = usePlayer(player, (now) => now.playing);
  const busy = usePlayer(player, (now) => now.sound === "loading");
  return (
    <Button
      className="button primary play-button"
      onPress={() => player.toggle()}
      aria-busy={busy}
      data-testid="play"
    >
      <Icon name={playing ? "pause" : "play"} />
      {busy ? t("player.loading") : playing ? t("player.pause") : t("player.play")}
    </Button>
  );
}

function Position() {
  const t = texts("review");
  const { player } = useReview();
  // Whole seconds are enough for words; the line in the picture is exact.
  const second = usePlayer(player, (now) => Math.floor(now.positionMs / 1_000));
  const last = Math.max(1, player.lengthMs / 1_000);
  return (
    <>
      <span className="position-words">
        {clock(second * 1_000)} / {clock(player.lengthMs)}
      </span>
      <Slider
        className="position"
        aria-label={t("player.position")}
        minValue={0}
        maxValue={last}
        step={0.001}
        value={Math.min(second, last)}
        onChange={(value) => player.seek(value * 1_000)}
        formatOptions={{ style: "unit", unit: "second", maximumFractionDigits: 0 }}
      >
        <SliderTrack className="position-track">
          {({ state }) => (
            <>
              <div className="position-fill" style={{ inlineSize: `${state.getThumbPercent(0) * 100}%` }} />
              <SliderThumb className="position-thumb" data-testid="position" />
            </>
          )}
        </SliderTrack>
      </Slider>
    </>
  );
}

function Rate() {
  const t = texts("review");
  const { player } = useReview();
  const rate = usePlayer(player, (now) => now.rate);
  return (
    <Choice
      label={t("player.rate")}
      value={String(rate)}
      options={RATES.map((one) => [String(one), t("player.times", { rate: number(one, 2) })])}
      onChange={(value) => player.setRate(Number(value))}
      testId="rate"
    />
  );
}

function SideButtons() {
  const t = texts("review");
  const { player } = useReview();
  const muted = usePlayer(player, (now) => now.muted);
  return (
    <div className="sides" role="group" aria-label={t("player.sides")}>
      {SIDES.map((side) => (
        <ToggleButton
          key={side}
          className="button small side"
          isSelected={!muted[side]}
          onChange={(heard) => player.setMuted(side, !heard)}
          data-testid={`hear-${side}`}
        >
          <Icon name={muted[side] ? "speakerOff" : "speaker"} />{" "}
          {t(muted[side] ? "player.silent" : "player.heard", { who: named("side", side) })}
        </ToggleButton>
      ))}
    </div>
  );
}

/** How large the sound is before it is fetched, the smaller way, and what to do when it fails. */
function SoundState() {
  const t = texts("review");
  const { player, results } = useReview();
  const sound = usePlayer(player, (now) => now.sound);
  const recording = results.recording ?? null;
  const found = useMemo(() => {
    if (recording === null) return null;
    const best = bestKind(recording);
    return best === null ? null : { best, bytes: sizes(recording) };
  }, [recording]);
  if (found === null || sound === "ready" || sound === "none") return null;
  const { best, bytes } = found;
  const offersTracks = best === "wave" && bytes.tracks !== null;
  return (
    <>
      {sound === "failed" && (
        <Panel tone="error">
          <p>{t("player.failed")}</p>
        </Panel>
      )}
      <p className="quiet sound-size no-print">
        {t("player.size", { size: megabytes(bytes[best] ?? 0) })}{" "}
        {offersTracks && (
          <Button
            className="link-button small-link"
            isDisabled={sound === "loading"}
            onPress={() => void player.play("tracks")}
            data-testid="load-tracks"
          >
            {t("player.smaller", { size: megabytes(bytes.tracks ?? 0) })}
          </Button>
        )}
      </p>
    </>
  );
}
