/** Live events off the data channel, checked field by field: what is not understood is left out, never trusted. */
import type { LiveEvent, NoticeLevel, SessionStatus, Speaker, TranscriptItem, TurnState } from "./types";

type Fields = Record<string, unknown>;

const STATUSES: readonly SessionStatus[] = ["created", "connecting", "active", "reconnecting", "closing", "ended"];
const TURN_STATES: readonly TurnState[] = ["listening", "thinking", "speaking", "idle"];
const LEVELS: readonly NoticeLevel[] = ["info", "warning", "error"];
const ITEM_STATES: readonly TranscriptItem["state"][] = ["final", "interim", "missing"];

/** Reads one envelope `{id, type, at_ms, data}`; null for text that is no event, or none that this page knows. */
export function parseEnvelope(text: string): LiveEvent | null {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(envelope) || typeof envelope.type !== "string") return null;
  const data = isFields(envelope.data) ? envelope.data : {};
  return parseEvent(envelope.type, data, number(envelope.at_ms));
}

function parseEvent(type: string, data: Fields, atMs: number | null): LiveEvent | null {
  switch (type) {
    case "session.state":
      return sessionState(data, atMs);
    case "turn":
      return { type, speaker: speaker(data.speaker), state: oneOf(TURN_STATES, data.state) ?? "idle" };
    case "question":
      return question(data);
    case "transcript.item":
      return transcriptItem(data);
    case "quality":
      return {
        type,
        lossRatio: number(data.loss_ratio),
        jitterMs: number(data.jitter_ms),
        rttMs: number(data.rtt_ms),
      };
    case "notice":
      return notice(data);
    case "session.ended":
      return {
        type,
        endReason: string(data.end_reason),
        saved: data.saved === true,
        resultsUrl: path(data.results_url),
      };
    default:
      return null;
  }
}

function sessionState(data: Fields, atMs: number | null): LiveEvent | null {
  const status = oneOf(STATUSES, data.status);
  if (status === null) return null;
  return {
    type: "session.state",
    status,
    endReason: string(data.end_reason),
    engine: string(data.engine),
    question: progress(data.question),
    speaker: speaker(data.speaker),
    timeLimitMs: number(data.time_limit_ms),
    atMs,
  };
}

function question(data: Fields): LiveEvent | null {
  const at = progress(data);
  return at === null ? null : { type: "question", ...at, text: string(data.text) ?? "" };
}

function transcriptItem(data: Fields): LiveEvent | null {
  const role = speaker(data.role);
  const itemId = string(data.item_id);
  if (role === null || itemId === null) return null;
  const item: TranscriptItem = {
    item_id: itemId,
    role,
    content: string(data.content) ?? "",
    generated_content: string(data.generated_content),
    start_ms: number(data.start_ms) ?? 0,
    end_ms: number(data.end_ms),
    state: oneOf(ITEM_STATES, data.state) ?? "final",
    question: number(data.question),
    revision: number(data.revision) ?? 0,
  };
  return { type: "transcript.item", item };
}

function notice(data: Fields): LiveEvent | null {
  const text = string(data.text);
  if (text === null || text === "") return null;
  return { type: "notice", code: string(data.code) ?? "", text, level: oneOf(LEVELS, data.level) ?? "info" };
}

/** `{number, total}` of the question, where both are there. */
function progress(value: unknown): { number: number; total: number } | null {
  if (!isFields(value)) return null;
  const at = number(value.number);
  const total = number(value.total);
  return at === null || total === null ? null : { number: at, total };
}

/** A link of this server: anything but a path or an http(s) address is refused (no `javascript:`). */
export function path(value: unknown): string | null {
  const text = string(value);
  return text !== null && /^(https?:\/\/|\/(?!\/))/.test(text) ? text : null;
}

function speaker(value: unknown): Speaker | null {
  return value === "user" || value === "assistant" ? value : null;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | null {
  return known.find((entry) => entry === value) ?? null;
}

function string(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
