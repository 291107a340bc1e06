/** The calls of the interviewer's pages that have more to them than one line. */
import { credential } from "../../client/account";
import { HttpClient, UnreachableError, apiError } from "../../client/http";
import { type Body, data } from "../../client/rest";
import { localPart } from "../../client/route";
import { rest } from "../../ui/staff";

export type InterviewView = Body<"InterviewView">;
export type InterviewBody = Body<"InterviewBody">;
export type InviteView = Body<"InviteView">;

const PAGE = 200;

function http(): HttpClient {
  return new HttpClient("", credential());
}

/** All of one's own; a platform's are all there are. */
export async function listInterviews(): Promise<InterviewView[]> {
  const all: InterviewView[] = [];
  let cursor: string | undefined;
  do {
    const page = data(await rest.GET("/api/v1/interviews", { params: { query: { limit: PAGE, cursor } } }));
    all.push(...page.interviews);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

export async function readInterview(id: string): Promise<InterviewView> {
  return data(await rest.GET("/api/v1/interviews/{interview_id}", { params: { path: { interview_id: id } } }));
}

/** Makes one, or changes the version that was read. 412 (`precondition_failed`): somebody else changed it meanwhile. */
export async function saveInterview(
  body: InterviewBody,
  before: { id: string; version: number } | null,
): Promise<InterviewView> {
  if (before === null) return data(await rest.POST("/api/v1/interviews", { body }));
  const path = { interview_id: before.id };
  const header = { "If-Match": `"${before.version}"` };
  return data(await rest.PATCH("/api/v1/interviews/{interview_id}", { params: { path, header }, body }));
}

export async function deleteInterview(id: string): Promise<void> {
  await rest.DELETE("/api/v1/interviews/{interview_id}", { params: { path: { interview_id: id } } });
}

export interface NewInvite {
  opens_at?: string;
  closes_at?: string;
  attempts?: number;
  email?: string;
  name?: string;
}

export interface MadeInvite extends InviteView {
  url: string;
  /** The server mailed the link; without an address there is nothing to mail. */
  mailed?: boolean;
}

export function makeInvite(interviewId: string, invite: NewInvite): Promise<MadeInvite> {
  return http().post(`/api/v1/interviews/${encodeURIComponent(interviewId)}/invites`, invite);
}

export async function listInvites(interviewId: string): Promise<InviteView[]> {
  const all: InviteView[] = [];
  let cursor: string | undefined;
  do {
    const params = { path: { interview_id: interviewId }, query: { limit: PAGE, cursor } };
    const page = data(await rest.GET("/api/v1/interviews/{interview_id}/invites", { params }));
    all.push(...page.invites);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

export async function closeInvite(interviewId: string, inviteId: string): Promise<void> {
  const path = { interview_id: interviewId, invite_id: inviteId };
  await rest.DELETE("/api/v1/interviews/{interview_id}/invites/{invite_id}", { params: { path } });
}

/** Starts a session for oneself; gives the address of its page on this server. */
export async function startForMyself(interviewId: string, name: string | null): Promise<string> {
  const body = { interview_id: interviewId, user_id: "try-out", ...(name === null ? {} : { name }) };
  const { page_url } = data(await rest.POST("/api/interview/start", { body }));
  return localPart(page_url, window.location.origin);
}

export interface Persona {
  name: string;
  manner: string;
  kinds: string[];
  voice: string;
}

export async function listPersonas(): Promise<Persona[]> {
  return (await http().get<{ personas: Persona[] }>("/api/v1/personas")).personas;
}

const PREVIEW_LIMIT_MS = 30_000;

/** A few words in the voice of a persona, as WAV. */
export async function previewVoice(name: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(`/api/v1/personas/${encodeURIComponent(name)}/preview`, {
      method: "POST",
      headers: { ...credentials(), "Content-Type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(PREVIEW_LIMIT_MS),
    });
    if (response.ok) return await response.blob();
  } catch (error) {
    throw new UnreachableError(error);
  }
  throw apiError(response, await response.text());
}

function credentials(): Record<string, string> {
  const who = credential();
  if (who === null) return {};
  return "bearer" in who ? { Authorization: `Bearer ${who.bearer}` } : { "X-API-Key": who.apiKey };
}

export interface SessionEntry {
  session_id: string;
  interview_id: string;
  title: string;
  kind: string;
  user_id: string | null;
  name: string | null;
  status: Body<"Status">;
  end_reason: Body<"EndReason"> | null;
  question: { number: number; total: number };
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  recording: boolean;
  own_scorecard: boolean;
  proposed_scorecard: boolean;
}

export interface SessionPage {
  sessions: SessionEntry[];
  next_cursor: string | null;
}

export interface SessionFilter {
  interviewId: string | null;
  state: "live" | "ended" | null;
}

export function listSessions(filter: SessionFilter, limit: number, cursor: string | null): Promise<SessionPage> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter.interviewId !== null) query.set("interview_id", filter.interviewId);
  if (filter.state !== null) query.set("state", filter.state);
  if (cursor !== null) query.set("cursor", cursor);
  return http().get(`/api/v1/sessions?${query.toString()}`);
}

/** The table of all sessions, page after page; the header of each further page is left out. */
export async function exportCsv(interviewId: string | null): Promise<Blob> {
  const parts: string[] = [];
  let address: string | null =
    `/api/interview/export.csv?limit=${PAGE}` +
    (interviewId === null ? "" : `&interview_id=${encodeURIComponent(interviewId)}`);
  while (address !== null) {
    const response: Response = await fetch(address, { headers: credentials(), cache: "no-store" }).catch(
      (error: unknown) => {
        throw new UnreachableError(error);
      },
    );
    const text = await response.text();
    if (!response.ok) throw apiError(response, text);
    parts.push(parts.length === 0 ? text : withoutHeader(text));
    address = nextOf(response.headers.get("link"));
  }
  return new Blob(parts, { type: "text/csv" });
}

/** The first line of a table whose header has no line break in it. */
function withoutHeader(csv: string): string {
  const end = csv.indexOf("\n");
  return end < 0 ? "" : csv.slice(end + 1);
}

/** The address of the next page out of a `Link` header (RFC 8288), on this server. */
export function nextOf(link: string | null): string | null {
  const next = (link ?? "").split(/,(?=\s*<)/).find((part) => /;\s*rel="?next"?/.test(part));
  const target = /<([^>]*)>/.exec(next ?? "")?.[1];
  return target === undefined ? null : localPart(target, window.location.origin);
}
