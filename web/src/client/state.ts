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
  /** Another tab or device has taken the interview over; this page leaves it there unless it is asked to. */
  | { name: "elsewhere" }
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
  /** It was gone and is back; said until the conversation has gone on. */
  cameBack: boolean;
  /** When the interview closes politely, by this machine's clock; null before it has begun. */
  deadlineMs: number | null;
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
  cameBack: false,
  deadlineMs: null,
};

/** This page's part in the interview is over, for now or for good. */
export function isOver(phase: Phase): boolean {
  return phase.name === "ended" || phase.name === "refused" || phase.name === "elsewhere";
}

/** More than this share of packets lost, and the page says that the connection is weak. */
const WEAK_LOSS_RATIO = 0.05;
/** The way from the server takes its time; a time limit that moves by less than this has not changed. */
const DEADLINE_STEADY_MS = 2_000;
/** Only the latest notices are kept, so that a long session cannot fill the page. */
const NOTICES_KEPT = 3;

export function applyEvent(state: InterviewState, event: LiveEvent, nowMs = Date.now()): InterviewState {
  switch (event.type) {
    case "session.state":
      return {
        ...state,
        status: event.status,
        engine: event.engine ?? state.engine,
        question: withProgress(state.question, event.question),
        deadlineMs: deadline(state.deadlineMs, event, nowMs),
      };
    case "turn":
      return { ...state, speaker: event.speaker, turnState: event.state };
    case "question":
      return { ...state, question: { number: event.number, total: event.total, text: event.text } };
    case "transcript.item":
      return {
        ...state,
        captions: upsert(state.captions, event.item),
        cameBack: state.cameBack && event.item.state !== "final",
      };
    case "quality":
      return event.lossRatio === null ? state : { ...state, weakConnection: event.lossRatio > WEAK_LOSS_RATIO };
    case "notice":
      if (event.code === "continued_elsewhere") return withPhase(state, { name: "elsewhere" });
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
  if (state.phase.name === "ended") return state;
  if (phase.name !== "live") return { ...state, phase, cameBack: false };
  const cameBack = state.phase.name === "reconnecting" || state.cameBack;
  // What the server said of the line before is no longer true.
  const notices = cameBack ? state.notices.filter(({ code }) => code !== "connection_unstable") : state.notices;
  return { ...state, phase, cameBack, notices };
}

export function withoutNotice(state: InterviewState, id: number): InterviewState {
  return { ...state, notices: state.notices.filter((notice) => notice.id !== id) };
}

/** The server's clock (`at_ms`) runs from the interview's first sound; this machine's own runs beside it. */
function deadline(
  known: number | null,
  event: Extract<LiveEvent, { type: "session.state" }>,
  nowMs: number,
): number | null {
  if (event.timeLimitMs === null || event.atMs === null) return known;
  if (event.status === "created" || event.status === "connecting") return null;
  const told = nowMs + event.timeLimitMs - event.atMs;
  return known !== null && Math.abs(told - known) < DEADLINE_STEADY_MS ? known : told;
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
