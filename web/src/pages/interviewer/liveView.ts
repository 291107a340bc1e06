/** What the live page knows: the same events as the candidate's page, and the times that stand on their envelopes. */
import { parseEnvelope } from "../../client/events";
import { INITIAL_STATE, type InterviewState, applyEvent } from "../../client/state";

export interface Quality {
  lossRatio: number;
  jitterMs: number;
  rttMs: number | null;
}

export interface LiveView {
  interview: InterviewState;
  quality: Quality | null;
  /** Of the last event, on the clock of the session's audio. */
  atMs: number;
  /** When that event came, on the clock of this page. */
  heardAtMs: number;
}

export const NOTHING_YET: LiveView = { interview: INITIAL_STATE, quality: null, atMs: 0, heardAtMs: 0 };

/** Takes one envelope; what is not understood changes nothing. */
export function applyMessage(view: LiveView, text: string, nowMs: number): LiveView {
  const event = parseEnvelope(text);
  if (event === null) return view;
  const quality: Quality | null =
    event.type === "quality" && event.lossRatio !== null
      ? { lossRatio: event.lossRatio, jitterMs: event.jitterMs ?? 0, rttMs: event.rttMs }
      : view.quality;
  const atMs = atMsOf(text);
  // A snapshot repeats older events; time only goes forward.
  const isLater = atMs >= view.atMs;
  return {
    interview: applyEvent(view.interview, event),
    quality,
    atMs: isLater ? atMs : view.atMs,
    heardAtMs: isLater ? nowMs : view.heardAtMs,
  };
}

function atMsOf(text: string): number {
  const { at_ms } = JSON.parse(text) as { at_ms?: unknown };
  return typeof at_ms === "number" && Number.isFinite(at_ms) ? at_ms : 0;
}

/** How long the interview has gone on; null before it began. It stands still once it has ended. */
export function elapsedMs(view: LiveView, nowMs: number): number | null {
  if (view.heardAtMs === 0 || view.atMs === 0) return null;
  const isOver = view.interview.phase.name === "ended";
  return isOver ? view.atMs : view.atMs + Math.max(0, nowMs - view.heardAtMs);
}

export type QualityWord = "good" | "fair" | "poor";

/** Losing and waiting are what one hears. */
export function qualityWord({ lossRatio, jitterMs, rttMs }: Quality): QualityWord {
  if (lossRatio > 0.05 || jitterMs > 60 || (rttMs ?? 0) > 600) return "poor";
  if (lossRatio > 0.01 || jitterMs > 30 || (rttMs ?? 0) > 300) return "fair";
  return "good";
}

/** Who speaks or is awaited, as a key of the texts. */
export type Floor =
  "waiting" | "interviewerSpeaks" | "interviewerThinks" | "candidate" | "away" | "closing" | "nobody";

export function floorOf({ status, speaker, turnState }: InterviewState): Floor {
  if (status === "created" || status === "connecting") return "waiting";
  if (status === "reconnecting") return "away";
  if (status === "closing") return "closing";
  if (turnState === "thinking") return "interviewerThinks";
  if (speaker === "assistant") return "interviewerSpeaks";
  return speaker === "user" ? "candidate" : "nobody";
}
