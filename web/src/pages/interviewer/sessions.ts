/** What the list of sessions decides, apart from how it looks. */
import type { SessionEntry } from "./api";

export interface Filter {
  /** Empty: all. */
  interviewId: string;
  state: "all" | "live" | "ended";
  text: string;
}

export function isLive({ status }: Pick<SessionEntry, "status">): boolean {
  return status !== "ended";
}

/** Live ones first, each group with the newest on top. */
export function inOrder(sessions: readonly SessionEntry[]): SessionEntry[] {
  const newest = (a: SessionEntry, b: SessionEntry): number => Date.parse(b.created_at) - Date.parse(a.created_at);
  return [...sessions].sort((a, b) => Number(isLive(b)) - Number(isLive(a)) || newest(a, b));
}

/** All words stand somewhere in what is known of the session. */
export function matches(session: SessionEntry, text: string): boolean {
  const { name, user_id, title, session_id, interview_id } = session;
  const known = [name, user_id, title, session_id, interview_id].join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => known.includes(word));
}

/** A person, or null where there is only an id that Viva made for a link. */
export function nameOf({ name, user_id }: Pick<SessionEntry, "name" | "user_id">): string | null {
  const given = name?.trim() ?? "";
  if (given !== "") return given;
  return user_id === null || /^guest_/.test(user_id) ? null : user_id;
}

const TECHNICAL: readonly (SessionEntry["end_reason"] & string)[] = [
  "network_lost",
  "interrupted",
  "engine_failed",
  "internal",
  "expired",
];

/** It ended for reasons that were not the candidate's choice: they deserve another link. */
export function failedForTechnicalReasons({ end_reason }: Pick<SessionEntry, "end_reason">): boolean {
  return end_reason !== null && TECHNICAL.includes(end_reason);
}
