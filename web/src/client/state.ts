/** What the page knows of the interview: one immutable value, changed only by the functions below. */
import type {
  LiveEvent,
  NoticeLevel,
  SessionStatus,
  Speaker,
  StatusReport,
  TranscriptItem,
  TurnState,
} from "./types";

/** Why there is no connection at the moment. */
export type Trouble =
  /** Nothing answers: the network or the server is gone. */
  | "unreachable"
  /** The server answers, but is full or going down. */
  | "busy"
  /** The server answers, but audio finds no way (a firewall, most often). */
  | "no_media_path"
  /** The audio connection broke a moment ago. */
  | "lost";

export type Phase =
  | { name: "idle" }
  | { name: "connecting" }
  | { name: "live" }
  | { name: "reconnecting"; trouble: Trouble; retryInMs: number | null }
  | { name: "ending" }
  | { name: "ended"; saved: boolean; endReason: string | null; resultsUrl: string | null }
  /** The session is not there for this candidate: unknown, expired, or not theirs. */
  | { name: "refused"; code: string; detail: string };

export interface Notice {
  id: number;
  code: string;
  text: string;
  level: NoticeLevel;
}

export interface InterviewState {
  phase: Phase;
  status: SessionStatus;
  engine: string | null;
  question: { number: number; total: number; text: string } | null;
  speaker: Speaker | null;
  turnState: TurnState;
  captions: readonly TranscriptItem[];
  notices: readonly Notice[];
  weakConnection: boolean;
}

export const INITIAL_STATE: InterviewState = {
  phase: { name: "idle" },
  status: "created",
  engine: null,
  question: null,
  speaker: null,
  turnState: "idle",
  captions: [],
  notices: [],
  weakConnection: false,
};

/** More than this share of packets lost, and the page says that the connection is weak. */
const WEAK_LOSS_RATIO = 0.05;
/** Only the latest notices are kept, so that a long session cannot fill the page. */
const NOTICES_KEPT = 3;

export function applyEvent(state: InterviewState, event: LiveEvent): InterviewState {
  switch (event.type) {
    case "session.state":
      return {
        ...state,
        status: event.status,
        engine: event.engine ?? state.engine,
        question: withProgress(state.question, event.question),
      };
    case "turn":
      return { ...state, speaker: event.speaker, turnState: event.state };
    case "question":
      return { ...state, question: { number: event.number, total: event.total, text: event.text } };
    case "transcript.item":
      return { ...state, captions: upsert(state.captions, event.item) };
    case "quality":
      return event.lossRatio === null ? state : { ...state, weakConnection: event.lossRatio > WEAK_LOSS_RATIO };
    case "notice":
      return addNotice(state, event.code, event.text, event.level);
    case "session.ended":
      return ended(state, event.saved, event.endReason, event.resultsUrl);
  }
}

/** Takes over what `GET …/status` says; it has no captions and no question text. */
export function applyStatus(state: InterviewState, report: StatusReport): InterviewState {
  if (report.status === "ended") return ended(state, true, report.end_reason, report.results_url ?? null);
  return {
    ...state,
    status: report.status,
    engine: report.engine ?? state.engine,
    question: withProgress(state.question, report.question),
    speaker: report.speaker,
    turnState: report.speaker === "user" ? "listening" : report.speaker === "assistant" ? "speaking" : "idle",
  };
}

export function withPhase(state: InterviewState, phase: Phase): InterviewState {
  // Nothing follows the end: late timers and answers of a closed connection must not bring the interview back.
  return state.phase.name === "ended" ? state : { ...state, phase };
}

export function withoutNotice(state: InterviewState, id: number): InterviewState {
  return { ...state, notices: state.notices.filter((notice) => notice.id !== id) };
}

function ended(
  state: InterviewState,
  saved: boolean,
  endReason: string | null,
  resultsUrl: string | null,
): InterviewState {
  const before = state.phase.name === "ended" ? state.phase : null;
  const phase: Phase = {
    name: "ended",
    saved: saved || before?.saved === true,
    endReason: endReason ?? before?.endReason ?? null,
    resultsUrl: resultsUrl ?? before?.resultsUrl ?? null,
  };
  return { ...state, phase, status: "ended", speaker: null, turnState: "idle" };
}

function withProgress(
  question: InterviewState["question"],
  progress: { number: number; total: number } | null,
): InterviewState["question"] {
  if (progress === null || progress.number < 1) return question;
  const text = question?.number === progress.number ? question.text : "";
  return { ...progress, text };
}

function addNotice(state: InterviewState, code: string, text: string, level: NoticeLevel): InterviewState {
  const id = (state.notices.at(-1)?.id ?? 0) + 1;
  const others = state.notices.filter((notice) => notice.code === "" || notice.code !== code);
  return { ...state, notices: [...others, { id, code, text, level }].slice(-NOTICES_KEPT) };
}

/** Puts an item in by its id; an older revision changes nothing. Ordered by start, then by arrival. */
export function upsert(items: readonly TranscriptItem[], item: TranscriptItem): readonly TranscriptItem[] {
  const known = items.find((entry) => entry.item_id === item.item_id);
  if (known && known.revision > item.revision) return items;
  const next = known ? items.map((entry) => (entry === known ? item : entry)) : [...items, item];
  // Array.prototype.sort is stable, so that items with one start keep the order of their arrival.
  return [...next].sort((a, b) => a.start_ms - b.start_ms);
}
