/**
 * What a review of an interview is drawn from: turns, questions, waits, interruptions and the state of the
 * line on one axis. Pure: everything follows from the results alone. All times count from the beginning of the
 * session's audio.
 */
import { unheard } from "./reviewHeard";
import type { Results, ResultsItem, ResultsQuestion, ResultsStep } from "./types";

/** What one party said without a break. */
export interface Turn {
  itemId: string;
  role: "user" | "assistant";
  startMs: number;
  endMs: number;
  question: number | null;
  state: ResultsItem["state"];
  /** The interviewer was interrupted: not all of it was heard. */
  cut: boolean;
}

/** The stretch that belongs to one question. */
export interface Section {
  number: number;
  text: string;
  startMs: number;
  endMs: number;
}

/** Between the candidate's last sound and the interviewer's first. */
export interface Wait {
  startMs: number;
  endMs: number;
  /** The interviewer's item that ends it. */
  itemId: string;
  isLong: boolean;
}

/** Somebody began to speak before the interviewer was done. */
export interface Interruption {
  atMs: number;
  itemId: string;
  /** The interviewer fell silent for it. */
  cut: boolean;
}

/** One measurement of the line. */
export interface QualitySample {
  at_ms: number;
  loss_ratio: number | null;
  jitter_ms: number | null;
  rtt_ms: number | null;
}

export interface ReviewQuestion extends ResultsQuestion {
  /** The candidate's items that answer it. */
  answer_item_ids?: string[];
  steps?: (ResultsStep & { answer_item_ids?: string[] })[];
  time_box_ms?: number;
  probes_max?: number;
}

/** The results with what only a review shows. */
export interface ReviewResults extends Results {
  questions: ReviewQuestion[];
  kind?: string;
  quality_samples?: QualitySample[];
}

export type QualityGrade = "good" | "fair" | "poor";

/** A stretch in which the line was equally good, with the worst that was measured in it. */
export interface QualitySpan {
  startMs: number;
  endMs: number;
  grade: QualityGrade;
  lossRatio: number | null;
  jitterMs: number | null;
  rttMs: number | null;
}

export interface Timeline {
  lengthMs: number;
  turns: Turn[];
  sections: Section[];
  waits: Wait[];
  interruptions: Interruption[];
  quality: QualitySpan[];
}

/** From here on a wait is marked: people notice a pause of this length in a conversation. */
export const LONG_WAIT_MS = 3_000;
/**
 * Less overlap than this is nobody speaking over anybody: a turn is cut with up to 300 ms of lead before its
 * first word, and people begin while the other's last sound fades.
 */
const OVERLAP_MS = 700;
/** A sample speaks for this long at most; the server keeps one in five seconds. */
const SAMPLE_HOLDS_MS = 10_000;

/** The second hearing of an answer where it is the better one. */
export function shownText(item: ResultsItem): string {
  return item.shown === "second_pass" ? (item.second_pass?.content ?? item.content) : item.content;
}

/** What of the interviewer's words was not heard, because somebody interrupted. */
export function cutText(item: ResultsItem): string | null {
  return item.role === "assistant" ? unheard(item.content, item.generated_content) : null;
}

/** Everything on one axis. */
export function timelineOf(results: ReviewResults): Timeline {
  const items = [...results.transcript].sort((a, b) => a.start_ms - b.start_ms);
  const ends = items.map((item) => item.end_ms ?? item.start_ms);
  const steps = results.questions.flatMap(({ steps }) => (steps ?? []).map(({ at_ms }) => at_ms));
  const samples = [...(results.quality_samples ?? [])].sort((a, b) => a.at_ms - b.at_ms);
  // The session may end long before its row is closed; the recording and what was said tell how long it sounded.
  const known = results.recording?.duration_ms ?? null;
  const sounded = Math.max(0, ...ends, ...steps, known ?? samples.at(-1)?.at_ms ?? 0);
  const lengthMs = sounded > 0 ? sounded : (results.duration_ms ?? 0);
  const turns = items.map((item, at) => turnOf(item, items[at + 1]?.start_ms ?? lengthMs));
  return {
    lengthMs,
    turns,
    sections: sectionsOf(results, turns, lengthMs),
    waits: waitsOf(turns),
    interruptions: interruptionsOf(turns),
    quality: qualityOf(samples, lengthMs),
  };
}

function turnOf(item: ResultsItem, nextMs: number): Turn {
  return {
    itemId: item.item_id,
    role: item.role,
    startMs: item.start_ms,
    // What never ended lasts until something else begins.
    endMs: Math.max(item.start_ms, item.end_ms ?? nextMs),
    question: item.question,
    state: item.state,
    cut: cutText(item) !== null,
  };
}

/** Each question from its first sound to the first of the next. */
function sectionsOf(results: Results, turns: readonly Turn[], lengthMs: number): Section[] {
  const begun = results.questions.flatMap(({ number, text, steps }) => {
    const said = turns.filter((turn) => turn.question === number).map((turn) => turn.startMs);
    const starts = [...said, ...(steps ?? []).map(({ at_ms }) => at_ms)];
    return starts.length === 0 ? [] : [{ number, text, startMs: Math.min(...starts) }];
  });
  begun.sort((a, b) => a.startMs - b.startMs);
  const lastMs = turns.reduce((last, turn) => (turn.question === null ? last : Math.max(last, turn.endMs)), 0);
  return begun.map((section, at) => ({
    ...section,
    endMs: begun[at + 1]?.startMs ?? Math.min(lengthMs, Math.max(section.startMs, lastMs)),
  }));
}

function waitsOf(turns: readonly Turn[]): Wait[] {
  return turns.flatMap((turn, at) => {
    const before = turns[at - 1];
    if (before?.role !== "user" || turn.role !== "assistant" || turn.startMs <= before.endMs) return [];
    const isLong = turn.startMs - before.endMs >= LONG_WAIT_MS;
    return [{ startMs: before.endMs, endMs: turn.startMs, itemId: turn.itemId, isLong }];
  });
}

function interruptionsOf(turns: readonly Turn[]): Interruption[] {
  return turns.flatMap((turn) => {
    if (turn.role !== "assistant") return [];
    const over = turns.find(
      (other) => other.role === "user" && other.startMs > turn.startMs && other.startMs < turn.endMs - OVERLAP_MS,
    );
    if (!turn.cut && over === undefined) return [];
    return [{ atMs: Math.min(over?.startMs ?? turn.endMs, turn.endMs), itemId: turn.itemId, cut: turn.cut }];
  });
}

/** How a measurement is felt: from 1 % of loss words begin to suffer, from 5 % they go missing. */
export function gradeOf({ loss_ratio: loss, jitter_ms: jitter, rtt_ms: rtt }: QualitySample): QualityGrade {
  const [lost, uneven, delayed] = [loss ?? 0, jitter ?? 0, rtt ?? 0];
  if (lost >= 0.05 || uneven >= 60 || delayed >= 500) return "poor";
  if (lost >= 0.01 || uneven >= 30 || delayed >= 250) return "fair";
  return "good";
}

function qualityOf(samples: readonly QualitySample[], lengthMs: number): QualitySpan[] {
  const spans: QualitySpan[] = [];
  samples.forEach((sample, at) => {
    const nextMs = samples[at + 1]?.at_ms ?? lengthMs;
    const endMs = Math.max(sample.at_ms, Math.min(nextMs, sample.at_ms + SAMPLE_HOLDS_MS));
    const span: QualitySpan = {
      startMs: sample.at_ms,
      endMs,
      grade: gradeOf(sample),
      lossRatio: sample.loss_ratio,
      jitterMs: sample.jitter_ms,
      rttMs: sample.rtt_ms,
    };
    const last = spans.at(-1);
    if (last?.grade !== span.grade || last.endMs < span.startMs) {
      spans.push(span);
      return;
    }
    last.endMs = endMs;
    last.lossRatio = worse(last.lossRatio, span.lossRatio);
    last.jitterMs = worse(last.jitterMs, span.jitterMs);
    last.rttMs = worse(last.rttMs, span.rttMs);
  });
  return spans;
}

function worse(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/**
 * The turn that is heard at a moment: the one that began last, also in the silence after it. `null` before the
 * first.
 */
export function turnAt(turns: readonly Turn[], atMs: number): Turn | null {
  let found: Turn | null = null;
  for (const turn of turns) {
    if (turn.startMs > atMs) break;
    // Who is still speaking counts more than who is silent since.
    if (found === null || turn.endMs > atMs || found.endMs <= atMs) found = turn;
  }
  return found;
}

/** A player's clock is a little early after a jump: a turn that begins within this is the one that was jumped to. */
const JUMP_TOLERANCE_MS = 20;

/**
 * Where the next or the previous turn begins; like a music player, "previous" first goes back to this turn's
 * start.
 */
export function neighbourMs(turns: readonly Turn[], atMs: number, step: 1 | -1): number | null {
  if (step === 1) return turns.find((turn) => turn.startMs > atMs + JUMP_TOLERANCE_MS)?.startMs ?? null;
  const RESTART_MS = 1_500;
  return turns.findLast((turn) => turn.startMs < atMs - RESTART_MS)?.startMs ?? turns[0]?.startMs ?? null;
}

/** One thing of an interview that is worth a look, with the moment to jump to. */
export type Highlight =
  | { kind: "interruption"; atMs: number; cut: boolean }
  | { kind: "wait"; atMs: number; waitedMs: number }
  | { kind: "quality"; atMs: number; span: QualitySpan }
  | { kind: "missing"; atMs: number };

/** Interruptions, long waits, bad stretches of the line and words that are missing, in order. */
export function highlightsOf(timeline: Timeline): Highlight[] {
  const { interruptions, waits, quality, turns } = timeline;
  const found: Highlight[] = [
    ...interruptions.map(({ atMs, cut }): Highlight => ({ kind: "interruption", atMs, cut })),
    ...waits
      .filter(({ isLong }) => isLong)
      .map(({ startMs, endMs }): Highlight => ({ kind: "wait", atMs: startMs, waitedMs: endMs - startMs })),
    ...quality
      .filter(({ grade }) => grade !== "good")
      .map((span): Highlight => ({ kind: "quality", atMs: span.startMs, span })),
    ...turns
      .filter(({ state }) => state === "missing")
      .map(({ startMs }): Highlight => ({ kind: "missing", atMs: startMs })),
  ];
  return found.sort((a, b) => a.atMs - b.atMs);
}

/** Round distances between the marks of a ruler, so that about `wanted` of them fit. */
export function rulerStepMs(lengthMs: number, wanted: number): number {
  const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
  const least = lengthMs / 1_000 / Math.max(1, wanted);
  return (STEPS_S.find((step) => step >= least) ?? 3_600) * 1_000;
}
