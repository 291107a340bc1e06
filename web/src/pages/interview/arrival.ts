/** What a link leads to: a new interview, one to return to, or one that is over. */
import { PublicApi, SessionApi } from "../../client/api";
import { ApiError } from "../../client/http";
import { recallInvite, recallToken, rememberInvite, rememberToken, tokenFromHash } from "../../client/memory";
import type { ConsentText, StatusReport } from "../../client/types";

/** What the candidate is told before the start; null where the server did not say. */
export interface About {
  title: string;
  description: string;
  questionCount: number | null;
  minutes: number | null;
  recording: boolean | null;
  mayReadResults: boolean;
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
  ended: Outcome | null;
}

/** `/i/{code}`: back to the interview that this tab began with it, or a new one. */
export async function openByInvite(code: string): Promise<Arrival> {
  const begun = await begunByInvite(code);
  if (begun !== null) return begun;
  const invite = await new PublicApi().invite(code);
  const about: About = {
    title: invite.title,
    description: invite.description ?? "",
    questionCount: invite.question_count ?? null,
    minutes: invite.duration_minutes ?? null,
    recording: invite.recording ?? null,
    mayReadResults: invite.candidate_may_read_results === true,
    consent: invite.consent ?? null,
  };
  return { about, invite: code, ticket: null, returning: false, ended: null };
}

async function begunByInvite(code: string): Promise<Arrival | null> {
  const sessionId = recallInvite(code);
  if (sessionId === null || recallToken(sessionId) === null) return null;
  try {
    const arrival = await openSession(sessionId, "");
    // A finished interview does not stand in the way of another attempt with the same link.
    return arrival.ended === null ? arrival : null;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return null;
    throw error;
  }
}

/** `/interview/{session_id}#token=…`; after a reload the token may be in this tab's memory alone. */
export async function openSession(sessionId: string, hash: string): Promise<Arrival> {
  const token = tokenFromHash(hash) ?? recallToken(sessionId);
  if (token === null) {
    throw new ApiError(
      401,
      "no_token",
      "The link is not complete: its last part, after the # sign, is missing.",
      null,
      null,
    );
  }
  const report = await new SessionApi(sessionId, { bearer: token }).status();
  rememberToken(sessionId, token);
  const ended = report.status === "ended";
  return {
    about: aboutOf(report),
    invite: null,
    ticket: { sessionId, token, iceServers: null },
    returning: report.started_at !== null && report.started_at !== undefined,
    ended: ended ? { saved: true, endReason: report.end_reason, resultsUrl: report.results_url ?? null } : null,
  };
}

function aboutOf(report: StatusReport): About {
  const { consent } = report;
  return {
    title: report.title || "Interview",
    description: report.description ?? "",
    questionCount: report.question?.total ?? null,
    minutes: report.duration_minutes ?? null,
    recording: report.recording ?? null,
    mayReadResults: report.candidate_may_read_results === true,
    consent: consent && !consent.given_at && consent.text ? { version: consent.version, text: consent.text } : null,
  };
}

/** Opens the session of an invitation. Only this call uses up one of the link's attempts. */
export async function startByInvite(arrival: Arrival): Promise<Ticket> {
  const started = await new PublicApi().start({ invite: arrival.invite ?? "" });
  rememberToken(started.session_id, started.token);
  if (arrival.invite !== null) rememberInvite(arrival.invite, started.session_id);
  return { sessionId: started.session_id, token: started.token, iceServers: started.ice_servers ?? null };
}
