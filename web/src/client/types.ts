/** Viva's REST API and live events, as these pages read them. Times are RFC 3339 text; `*_ms` are milliseconds. */
import type { Evaluation, Recording, Retention, Usage } from "./outcome";

export interface Kind {
  kind: string;
  title: string;
  description: string;
  language: string;
  question_count: number;
  duration_minutes: number;
}

export interface ConsentText {
  version: string;
  text: string;
}

export interface Invite {
  title: string;
  description: string;
  kind: string;
  language: string;
  question_count: number;
  duration_minutes: number;
  recording: boolean;
  candidate_may_read_results: boolean;
  host?: string;
  contact?: string;
  time_limit_ms?: number | null;
  attempts_left: number | null;
  opens_at?: string | null;
  expires_at: string | null;
  consent: ConsentText | null;
}

export interface StartRequest {
  invite?: string;
  user_id?: string;
  kind?: string;
  interview_id?: string;
  name?: string;
}

export interface Started {
  session_id: string;
  status: SessionStatus;
  token: string;
  ice_servers: RTCIceServer[];
  expires_at: string | null;
  page_url: string;
  consent: (ConsentText & { required: boolean }) | null;
}

export type SessionStatus = "created" | "connecting" | "active" | "reconnecting" | "closing" | "ended";

export interface StatusReport {
  session_id: string;
  status: SessionStatus;
  end_reason: string | null;
  question: { number: number; total: number } | null;
  speaker: Speaker | null;
  engine: string | null;
  started_at: string | null;
  expires_at: string | null;
  title?: string | null;
  description?: string | null;
  duration_minutes?: number | null;
  recording?: boolean | null;
  candidate_may_read_results?: boolean | null;
  host?: string;
  contact?: string;
  next_steps?: string;
  question_count?: number | null;
  time_limit_ms?: number | null;
  consent?: (ConsentText & { required: boolean; given_at: string | null }) | null;
  results_url?: string | null;
}

export interface Health {
  engine?: unknown;
  version?: unknown;
  status?: unknown;
}

export type Speaker = "user" | "assistant";
export type TurnState = "listening" | "thinking" | "speaking" | "idle";
export type NoticeLevel = "info" | "warning" | "error";

export interface TranscriptItem {
  item_id: string;
  role: Speaker;
  content: string;
  generated_content: string | null;
  start_ms: number;
  end_ms: number | null;
  state: "final" | "interim" | "missing";
  question: number | null;
  revision: number;
}

export type LiveEvent =
  | {
      type: "session.state";
      status: SessionStatus;
      endReason: string | null;
      engine: string | null;
      question: { number: number; total: number } | null;
      speaker: Speaker | null;
      /** The interview closes politely at this `atMs`. */
      timeLimitMs: number | null;
      /** When the event was, on the interview's own clock. */
      atMs: number | null;
    }
  | { type: "turn"; speaker: Speaker | null; state: TurnState }
  | { type: "question"; number: number; total: number; text: string }
  | { type: "transcript.item"; item: TranscriptItem }
  | { type: "quality"; lossRatio: number | null; jitterMs: number | null; rttMs: number | null }
  | { type: "notice"; code: string; text: string; level: NoticeLevel }
  | { type: "session.ended"; endReason: string | null; saved: boolean; resultsUrl: string | null };

/** What the candidate can tell the server, over the data channel or as `POST …/actions`. */
export type CandidateMessage =
  | { type: "candidate.finished" }
  | { type: "candidate.wait" }
  | { type: "candidate.repeat" }
  | { type: "candidate.text"; text: string };

export interface ResultsStep {
  kind: "asked" | "probed" | "repeated" | "reminded" | "acknowledged";
  reason: string;
  at_ms: number;
  text: string;
  worded_by: "script" | "model";
  stand_in: boolean;
}

export interface ResultsQuestion {
  number: number;
  text: string;
  status: "answered" | "asked" | "skipped";
  reason: string | null;
  follow_ups?: unknown;
  item_ids?: string[];
  steps?: ResultsStep[];
  time_spent_ms?: number | null;
}

export interface ResultsItem extends Omit<TranscriptItem, "revision"> {
  /** The same answer, heard once more after the interview. */
  second_pass?: { content: string } | null;
  /** The version to show; the other is kept beside it. */
  shown?: "live" | "second_pass";
}

/** How the candidate's voice arrived, and the interviewer's where the candidate heard it; null or absent: not known. */
export interface AudioQuality {
  loss_ratio: number | null;
  jitter_ms: number | null;
  concealed_ratio: number | null;
  /** Estimated mean opinion scores (ITU-T G.107), 1 to 4.5. */
  mos?: number | null;
  agent_mos?: number | null;
  voice_to_voice_p50_ms?: number | null;
  /** What was spoken with the candidate's side, last. */
  codec?: "opus" | "pcmu" | null;
}

export interface Results {
  session_id: string;
  interview_id: string | null;
  user_id: string | null;
  title?: string | null;
  status: SessionStatus;
  end_reason: string | null;
  created_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
  transcript: ResultsItem[];
  questions: ResultsQuestion[];
  metrics: {
    talk_ms?: { user: number | null; assistant: number | null } | null;
    response_delay_ms?: { p50: number | null; p95: number | null } | null;
    interruptions?: number | null;
    words_per_minute?: number | null;
  } | null;
  audio_quality: AudioQuality | null;
  recording?: Recording | null;
  evaluation?: Evaluation | null;
  usage?: Usage | null;
  retention?: Retention | null;
  log?: { entries: number; head: string } | null;
}
