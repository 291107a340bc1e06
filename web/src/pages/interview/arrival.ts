/** What a link leads to: a new interview, one to return to, or one that is over. */
import { PublicApi, SessionApi } from "../../client/api";
import { invite as askedInvite } from "../../client/early";
import { ApiError } from "../../client/http";
import {
  forgetInvite,
  recallInvite,
  recallToken,
  rememberInvite,
  rememberToken,
  tokenFromHash,
} from "../../client/memory";
import type { ConsentText, Invite, StatusReport } from "../../client/types";

/** What the candidate is told before the start; null where the server did not say. */
export interface About {
  title: string;
  description: string;
  /** Who invites, where help is, what happens next; empty where the author did not say. */
  host: string;
  contact: string;
  nextSteps: string;
  questionCount: number | null;
  minutes: number | null;
  limitMs: number | null;
  recording: boolean | null;
  mayReadResults: boolean;
  /** Of the link; null where a session is there already. */
  attemptsLeft: number | null;
  opensUntil: string | null;
  /** The consent that is still to be given; null where none is asked, or it was given before. */
  consent: ConsentText | null;
}

export interface Ticket {
  sessionId: string;
  token: string;
  iceServers: RTCIceServer[] | null;
}

export interface Outcome {
  saved: boolean;
  endReason: string | null;
  resultsUrl: string | null;
}

export interface Arrival {
  about: About;
  invite: string | null;
  ticket: Ticket | null;
  /** The interview has begun before: no introduction again. */
  returning: boolean;
  /** The candidate has agreed before: no consent again. */
  agreed: boolean;
  /** The link was opened in this browser before: ask whether to go on with what it opened. */
  asks: boolean;
  ended: Outcome | null;
}

/** The server's code for a link that opens later; here its detail is the time. */
export const NOT_OPEN = "invite_not_open";

/** `/i/{code}`: back to the interview that this browser began with it, or a new one. */
export async function openByInvite(code: string): Promise<Arrival> {
  return (await begunByInvite(code)) ?? newByInvite(code);
}

export async function newByInvite(code: string): Promise<Arrival> {
  const invite = await askedInvite(code);
  // Said here and not after the consent. The server's clock decides when the session is opened.
  if (Date.parse(invite.opens_at ?? "") > Date.now()) {
    throw new ApiError(410, NOT_OPEN, invite.opens_at ?? "", null, null);
  }
  return {
    about: aboutInvite(invite),
    invite: code,
    ticket: null,
    returning: false,
    agreed: false,
    asks: false,
    ended: null,
  };
}

async function begunByInvite(code: string): Promise<Arrival | null> {
  const kept = recallInvite(code);
  if (kept === null) return null;
  try {
    const arrival = await openTicket(kept.sessionId, kept.token);
    if (arrival.ended === null) {
      const attemptsLeft = await attemptsOf(code);
      return { ...arrival, about: { ...arrival.about, attemptsLeft }, invite: code, asks: true };
    }
    // A finished interview does not stand in the way of another attempt; of a link without one it is all there is.
    return (await attemptsOf(code)) > 0 ? null : { ...arrival, invite: code };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
    forgetInvite(kept.sessionId);
    return null;
  }
}

async function attemptsOf(code: string): Promise<number> {
  try {
    return (await new PublicApi().invite(code)).attempts_left ?? 0;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return 0;
    throw error;
  }
}

/** `/interview/{session_id}#token=…`; after a reload the token may be in this tab's memory alone. */
export function openSession(sessionId: string, hash: string): Promise<Arrival> {
  const token = tokenFromHash(hash) ?? recallToken(sessionId);
  if (token !== null) return openTicket(sessionId, token);
  return Promise.reject(new ApiError(401, "no_token", "The link is not complete.", null, null));
}

async function openTicket(sessionId: string, token: string): Promise<Arrival> {
  const report = await new SessionApi(sessionId, { bearer: token }).status();
  rememberToken(sessionId, token);
  const ended = report.status === "ended";
  return {
    about: aboutSession(report),
    invite: null,
    ticket: { sessionId, token, iceServers: null },
    returning: report.started_at !== null && report.started_at !== undefined,
    agreed: report.consent?.required === true && Boolean(report.consent.given_at),
    asks: false,
    ended: ended ? { saved: true, endReason: report.end_reason, resultsUrl: report.results_url ?? null } : null,
  };
}

function aboutInvite(invite: Invite): About {
  return {
    title: invite.title,
    description: invite.description ?? "",
    host: invite.host ?? "",
    contact: invite.contact ?? "",
    nextSteps: "",
    questionCount: invite.question_count ?? null,
    minutes: invite.duration_minutes ?? null,
    limitMs: invite.time_limit_ms ?? null,
    recording: invite.recording ?? null,
    mayReadResults: invite.candidate_may_read_results === true,
    attemptsLeft: invite.attempts_left ?? null,
    opensUntil: invite.expires_at ?? null,
    consent: invite.consent ?? null,
  };
}

export function aboutSession(report: StatusReport): About {
  const { consent } = report;
  const isOpen = consent && consent.required && !consent.given_at && consent.text;
  return {
    title: report.title ?? "",
    description: report.description ?? "",
    host: report.host ?? "",
    contact: report.contact ?? "",
    nextSteps: report.next_steps ?? "",
    questionCount: report.question_count ?? null,
    minutes: report.duration_minutes ?? null,
    limitMs: report.time_limit_ms ?? null,
    recording: report.recording ?? null,
    mayReadResults: report.candidate_may_read_results === true,
    attemptsLeft: null,
    opensUntil: null,
    consent: isOpen ? { version: consent.version, text: consent.text } : null,
  };
}

/** A return window and rehearsals on top of the time limit; the server decides, this only tidies the storage. */
const LATE_MS = 3_600_000;

/** Opens the session of an invitation. Only this call uses up one of the link's attempts. */
export async function startByInvite(code: string, limitMs: number | null): Promise<Ticket> {
  const started = await new PublicApi().start({ invite: code });
  const { session_id: sessionId, token } = started;
  rememberToken(sessionId, token);
  const expiresAtMs = Date.parse(started.expires_at ?? "");
  const fromMs = Number.isNaN(expiresAtMs) ? Date.now() : expiresAtMs;
  rememberInvite({ code, sessionId, token, expiresAtMs: fromMs + (limitMs ?? LATE_MS) + LATE_MS });
  return { sessionId, token, iceServers: started.ice_servers ?? null };
}
