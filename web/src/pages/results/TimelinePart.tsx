/**
 * The whole interview in one picture: who spoke when and how loud, questions, waits, interruptions, the line.
 *
 * Drawn by ourselves: the libraries for it bring styles of their own into the page, which its content security policy
 * forbids. The picture is for the eye and the pointer; the same is in words below it, in the player and in the
 * transcript.
 *
 * Stable `data-testid`s: timeline (data-zoom), timeline-picture, timeline-turn (data-role, data-item-id),
 * timeline-question, timeline-wait, timeline-interruption, timeline-quality (data-grade), timeline-now, zoom-in,
 * zoom-out, waveform, highlight (data-kind).
 */
import { type MouseEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { type Peaks, columnsOf, waveform } from "../../client/outcome";
import { type Highlight, type QualitySpan, type Timeline, highlightsOf, rulerStepMs } from "../../client/review";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { clock } from "../../ui/format";
import { usePlayer } from "./player";
import { useCurrentTurn, useReview } from "./review";
import { milliseconds, named, seconds, share } from "./say";

const ZOOMS = [1, 2, 5, 10, 20] as const;
const COLUMNS = 600;
const WAVE_HEIGHT = 40;

export function TimelinePart() {
  const t = texts("review");
  const { timeline } = useReview();
  const [zoom, setZoom] = useState<number>(1);
  if (timeline.lengthMs === 0) return null;
  const step = (by: 1 | -1): void => {
    const at = ZOOMS.findIndex((one) => one === zoom) + by;
    setZoom(ZOOMS[Math.min(Math.max(0, at), ZOOMS.length - 1)] ?? 1);
  };
  return (
    <figure className="timeline" data-testid="timeline" data-zoom={zoom}>
      <div className="timeline-head no-print">
        <span className="quiet">{t("timeline.zoom", { zoom })}</span>
        <Button
          className="button small"
          isDisabled={zoom === 1}
          onPress={() => step(-1)}
          aria-label={t("timeline.zoomOut")}
          data-testid="zoom-out"
        >
          <Icon name="minus" />
        </Button>
        <Button
          className="button small"
          isDisabled={zoom === ZOOMS.at(-1)}
          onPress={() => step(1)}
          aria-label={t("timeline.zoomIn")}
          data-testid="zoom-in"
        >
          <Icon name="plus" />
        </Button>
      </div>
      <Picture zoom={zoom} />
      <Legend timeline={timeline} />
    </figure>
  );
}

/** Scrolls to the side when it is larger than its place; keeps the moment in sight. */
function Picture({ zoom }: { zoom: number }) {
  const t = texts("review");
  const { timeline, player } = useReview();
  const scroller = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const frame = scroller.current;
    if (frame === null) return;
    const share = player.snapshot().positionMs / timeline.lengthMs;
    frame.scrollLeft = share * frame.scrollWidth - frame.clientWidth / 2;
  }, [zoom, player, timeline.lengthMs]);
  useEffect(
    () =>
      player.subscribe(() => {
        const frame = scroller.current;
        const { playing, positionMs } = player.snapshot();
        if (frame === null || !playing || frame.scrollWidth <= frame.clientWidth) return;
        const x = (positionMs / timeline.lengthMs) * frame.scrollWidth;
        const isSeen = x >= frame.scrollLeft && x <= frame.scrollLeft + frame.clientWidth * 0.95;
        if (!isSeen) frame.scrollLeft = x - frame.clientWidth * 0.1;
      }),
    [player, timeline.lengthMs],
  );
  const jump = (event: MouseEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    player.setFollowing(true);
    player.seek(((event.clientX - box.left) / box.width) * timeline.lengthMs);
  };
  return (
    <div
      className="timeline-scroller"
      ref={scroller}
      role="region"
      tabIndex={0}
      aria-label={t("timeline.picture", { length: clock(timeline.lengthMs) })}
    >
      <div
        className="timeline-track"
        ref={track}
        style={{ inlineSize: `${zoom * 100}%` }}
        onClick={jump}
        aria-hidden="true"
        data-testid="timeline-picture"
      >
        <Ruler zoom={zoom} />
        <Sections />
        <Sides zoom={zoom} />
        <Quality />
        <Now />
      </div>
    </div>
  );
}

function place(timeline: Timeline, fromMs: number, toMs: number): { insetInlineStart: string; inlineSize: string } {
  const part = (ms: number): string => `${((ms / timeline.lengthMs) * 100).toFixed(4)}%`;
  return { insetInlineStart: part(fromMs), inlineSize: part(Math.max(0, toMs - fromMs)) };
}

function Ruler({ zoom }: { zoom: number }) {
  const { timeline } = useReview();
  const stepMs = rulerStepMs(timeline.lengthMs, 8 * zoom);
  const marks = Array.from({ length: Math.ceil(timeline.lengthMs / stepMs) }, (_, at) => at * stepMs);
  return (
    <div className="timeline-ruler">
      {marks.map((atMs) => (
        <span key={atMs} style={place(timeline, atMs, atMs + stepMs)}>
          {clock(atMs)}
        </span>
      ))}
    </div>
  );
}

function Sections() {
  const t = texts("review");
  const { timeline } = useReview();
  if (timeline.sections.length === 0) return null;
  return (
    <div className="timeline-row timeline-questions">
      {timeline.sections.map(({ number, text, startMs, endMs }) => (
        <span
          key={number}
          className="timeline-question"
          style={place(timeline, startMs, endMs)}
          title={text}
          data-testid="timeline-question"
        >
          {t("timeline.question", { number })} <span className="quiet">{text}</span>
        </span>
      ))}
    </div>
  );
}

/** Waves and turns of both sides, the candidate above, with waits and interruptions between them. */
function Sides({ zoom }: { zoom: number }) {
  const { timeline } = useReview();
  const waves = useWaves(zoom);
  return (
    <div className="timeline-sides" data-waves={waves !== null}>
      {waves !== null && <Wave path={waves.user} columns={waves.columns} side="user" />}
      <Turns role="user" />
      <div className="timeline-row timeline-between">
        {timeline.waits.map(({ startMs, endMs, itemId, isLong }) => (
          <span
            key={itemId}
            className="timeline-wait"
            style={place(timeline, startMs, endMs)}
            title={seconds(endMs - startMs)}
            data-long={isLong}
            data-testid="timeline-wait"
          >
            {isLong && <span>{seconds(endMs - startMs)}</span>}
          </span>
        ))}
        {timeline.interruptions.map(({ atMs, itemId, cut }) => (
          <span
            key={itemId}
            className="timeline-interruption"
            style={{ insetInlineStart: place(timeline, atMs, atMs).insetInlineStart }}
            data-cut={cut}
            data-testid="timeline-interruption"
          >
            <Icon name="bolt" />
          </span>
        ))}
      </div>
      <Turns role="assistant" />
      {waves !== null && <Wave path={waves.assistant} columns={waves.columns} side="assistant" />}
    </div>
  );
}

function Turns({ role }: { role: "user" | "assistant" }) {
  const { timeline } = useReview();
  const current = useCurrentTurn();
  return (
    <div className={`timeline-row timeline-turns timeline-turns-${role}`}>
      {timeline.turns
        .filter((turn) => turn.role === role)
        .map(({ itemId, startMs, endMs, question, state, cut }) => (
          <span
            key={itemId}
            className="timeline-turn"
            style={place(timeline, startMs, endMs)}
            data-testid="timeline-turn"
            data-item-id={itemId}
            data-role={role}
            data-state={state}
            data-cut={cut}
            data-current={itemId === current?.itemId}
          >
            {question}
          </span>
        ))}
    </div>
  );
}

interface Waves {
  user: string;
  assistant: string;
  columns: number;
}

/** The waves, where there is a recording; without their picture there is still everything else. */
function useWaves(zoom: number): Waves | null {
  const { results, api } = useReview();
  const [peaks, setPeaks] = useState<Peaks | null>(null);
  const url = results.recording?.peaks_url ?? null;
  useEffect(() => {
    let current = true;
    if (url !== null) {
      api.session.json<Peaks>(url).then(
        (loaded) => current && setPeaks(loaded),
        () => undefined,
      );
    }
    return () => {
      current = false;
    };
  }, [api, url]);
  return useMemo(() => {
    if (peaks === null || peaks.length === 0) return null;
    const columns = Math.min(peaks.length, COLUMNS * zoom);
    const [user, assistant] = [columnsOf(peaks, 0, columns), columnsOf(peaks, 1, columns)];
    // Not by spreading: a long interview has more columns than a call takes arguments.
    const loudest = [...user, ...assistant].reduce((most, value) => Math.max(most, value), 0);
    return {
      user: waveform(user, loudest, WAVE_HEIGHT, true),
      assistant: waveform(assistant, loudest, WAVE_HEIGHT, false),
      columns,
    };
  }, [peaks, zoom]);
}

function Wave({ path, columns, side }: { path: string; columns: number; side: "user" | "assistant" }) {
  return (
    <svg
      className={`timeline-wave timeline-wave-${side}`}
      viewBox={`0 0 ${columns} ${WAVE_HEIGHT}`}
      preserveAspectRatio="none"
      data-testid="waveform"
      data-side={side}
    >
      <path d={path} />
    </svg>
  );
}

function Quality() {
  const { timeline } = useReview();
  if (timeline.quality.length === 0) return null;
  return (
    <div className="timeline-row timeline-line">
      {timeline.quality.map((span) => (
        <span
          key={span.startMs}
          className={`line-grade line-${span.grade}`}
          style={place(timeline, span.startMs, span.endMs)}
          title={qualityWords(span)}
          data-testid="timeline-quality"
          data-grade={span.grade}
        />
      ))}
    </div>
  );
}

/** What was measured, as far as it is known. */
function qualityWords(span: QualitySpan): string {
  const t = texts("review");
  const parts = [
    span.lossRatio === null ? null : t("timeline.loss", { share: share(span.lossRatio) }),
    span.jitterMs === null ? null : t("timeline.jitter", { time: milliseconds(span.jitterMs) }),
    span.rttMs === null ? null : t("timeline.roundTrip", { time: milliseconds(span.rttMs) }),
  ];
  return [named("grade", span.grade), ...parts.filter((part) => part !== null)].join(", ");
}

function Now() {
  const { timeline, player } = useReview();
  const positionMs = usePlayer(player, (now) => now.positionMs);
  const { insetInlineStart } = place(timeline, positionMs, positionMs);
  return <div className="timeline-now" style={{ insetInlineStart }} data-testid="timeline-now" />;
}

function Legend({ timeline }: { timeline: Timeline }) {
  const t = texts("review");
  const grades = new Set(timeline.quality.map(({ grade }) => grade));
  return (
    <figcaption className="timeline-legend">
      <span>
        <i className="swatch swatch-user" aria-hidden="true" /> {t("timeline.above")}
      </span>
      <span>
        <i className="swatch swatch-assistant" aria-hidden="true" /> {t("timeline.below")}
      </span>
      {timeline.waits.length > 0 && (
        <span>
          <i className="swatch swatch-wait" aria-hidden="true" /> {t("timeline.wait")}
        </span>
      )}
      {timeline.interruptions.length > 0 && (
        <span>
          <Icon name="bolt" /> {t("timeline.interruption")}
        </span>
      )}
      {(["good", "fair", "poor"] as const)
        .filter((grade) => grades.has(grade))
        .map((grade) => (
          <span key={grade}>
            <i className={`swatch line-grade line-${grade}`} aria-hidden="true" />{" "}
            {t("timeline.line", { grade: named("grade", grade) })}
          </span>
        ))}
    </figcaption>
  );
}

/** What the picture shows, as a list: whoever cannot see it, or is in a hurry, goes from one to the next. */
export function Highlights() {
  const t = texts("review");
  const { timeline, player } = useReview();
  const found = useMemo(() => highlightsOf(timeline), [timeline]);
  if (timeline.turns.length === 0) return null;
  if (found.length === 0) return <p className="quiet">{t("highlights.none")}</p>;
  return (
    <details className="highlights">
      <summary>{t("highlights.title", { count: found.length })}</summary>
      <ul className="plain">
        {found.map((one) => (
          <li key={`${one.kind} ${one.atMs}`}>
            <Button
              className="moment"
              onPress={() => void player.playFrom(one.atMs)}
              data-testid="highlight"
              data-kind={one.kind}
            >
              <span className="moment-time">{clock(one.atMs)}</span> {highlightWords(one)}
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function highlightWords(one: Highlight): string {
  const t = texts("review");
  switch (one.kind) {
    case "interruption":
      return one.cut ? t("highlights.cut") : t("highlights.overlap");
    case "wait":
      return t("highlights.wait", { time: seconds(one.waitedMs) });
    case "quality":
      return t("highlights.quality", { measured: qualityWords(one.span) });
    case "missing":
      return t("highlights.missing");
  }
}
