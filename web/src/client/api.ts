/** One method for each REST endpoint that the pages use. */
import { type Credential, HttpClient } from "./http";
import type { Score } from "./outcome";
import type { CandidateMessage, Health, Invite, Kind, Results, StartRequest, Started, StatusReport } from "./types";

/** Path and query of an address on this server, whether it came whole or as a path. */
export function ownPath(url: string): string {
  const { pathname, search } = new URL(url, "http://viva.invalid");
  return pathname + search;
}

/** Calls that need no session. */
export class PublicApi {
  private readonly http: HttpClient;

  constructor(base = "", credential: Credential = null) {
    this.http = new HttpClient(base, credential);
  }

  async kinds(): Promise<Kind[]> {
    const body = await this.http.get<{ kinds?: Kind[] }>("/api/v1/kinds");
    return body?.kinds ?? [];
  }

  health(): Promise<Health> {
    return this.http.get("/api/interview/health");
  }

  invite(code: string): Promise<Invite> {
    return this.http.get(`/api/v1/invites/${encodeURIComponent(code)}`);
  }

  start(request: StartRequest): Promise<Started> {
    return this.http.post("/api/interview/start", request);
  }
}

export interface IceServersBody {
  ice_servers?: RTCIceServer[];
  iceServers?: RTCIceServer[];
}

/** What a connection is made with: an interview's own calls, or those of a rehearsal for it. */
export interface CallApi {
  iceServers(): Promise<RTCIceServer[]>;
  offer(sdp: string): Promise<{ sdp: string; type: "answer" }>;
  candidate(candidate: RTCIceCandidateInit | null): Promise<RTCIceCandidateInit[]>;
  status(): Promise<StatusReport>;
  action(message: CandidateMessage): Promise<unknown>;
  end(): Promise<unknown>;
}

/** `check`: what is heard comes back at once. `practice`: one question, of which nothing is kept. */
export type RehearsalKind = "check" | "practice";

/** Calls on one session, with whatever credential opens it. */
export class SessionApi implements CallApi {
  private readonly http: HttpClient;
  private readonly path: string;

  constructor(
    readonly sessionId: string,
    credential: Credential,
    base = "",
  ) {
    this.http = new HttpClient(base, credential);
    this.path = `/api/interview/${encodeURIComponent(sessionId)}`;
  }

  status(): Promise<StatusReport> {
    return this.http.get(`${this.path}/status`);
  }

  consent(version: string): Promise<unknown> {
    return this.http.post(`${this.path}/consent`, { version });
  }

  async iceServers(): Promise<RTCIceServer[]> {
    const body = await this.http.get<IceServersBody>(`${this.path}/ice-servers`);
    return body?.ice_servers ?? body?.iceServers ?? [];
  }

  offer(sdp: string): Promise<{ sdp: string; type: "answer" }> {
    return this.http.post(`${this.path}/rtc/offer`, { sdp, type: "offer" });
  }

  /** Sends one local candidate, or null after the last; gives the server's own. */
  async candidate(candidate: RTCIceCandidateInit | null): Promise<RTCIceCandidateInit[]> {
    const body = await this.http.post<{ candidates?: RTCIceCandidateInit[] }>(`${this.path}/rtc/ice-candidate`, {
      candidate,
    });
    return body?.candidates ?? [];
  }

  action(message: CandidateMessage): Promise<unknown> {
    return this.http.post(`${this.path}/actions`, message);
  }

  end(): Promise<{ success: boolean; status: string; end_reason: string | null }> {
    return this.http.post(`${this.path}/end`);
  }

  results(): Promise<Results> {
    return this.http.get(`${this.path}/results`);
  }

  /** Keeps the reader's own scores. */
  score(scores: Omit<Score, "note">[]): Promise<unknown> {
    return this.http.post(`${this.path}/scorecards`, { scores });
  }

  /** Opens a rehearsal of this kind; one that there was before ends. */
  rehearse(kind: RehearsalKind): Promise<IceServersBody & { expires_at: string }> {
    return this.http.post(`${this.path}/rehearsal`, { kind });
  }

  offerRehearsal(sdp: string): Promise<{ sdp: string; type: "answer" }> {
    return this.http.post(`${this.path}/rehearsal/offer`, { sdp, type: "offer" });
  }

  endRehearsal(): Promise<unknown> {
    return this.http.delete(`${this.path}/rehearsal`);
  }

  /** The address of something that belongs to the session. */
  address(name: string): string {
    return `${this.path}/${name}`;
  }

  /** A file whose address the server gave; only addresses of this server are asked, with the credential. */
  file(url: string): Promise<Blob> {
    return this.http.file(ownPath(url));
  }

  json<T>(url: string): Promise<T> {
    return this.http.get(ownPath(url));
  }
}

/** A rehearsal with the calls of an interview, so that the same connection can be made to it. */
export class RehearsalApi implements CallApi {
  constructor(
    private readonly session: SessionApi,
    private readonly kind: RehearsalKind,
  ) {}

  /** Opens it: the servers to connect with are what it answers. */
  async iceServers(): Promise<RTCIceServer[]> {
    const body = await this.session.rehearse(this.kind);
    return body?.ice_servers ?? [];
  }

  offer(sdp: string): Promise<{ sdp: string; type: "answer" }> {
    return this.session.offerRehearsal(sdp);
  }

  /** The server's own candidates are all in its answer, and it needs none of the browser's. */
  candidate(): Promise<RTCIceCandidateInit[]> {
    return Promise.resolve([]);
  }

  status(): Promise<StatusReport> {
    return this.session.status();
  }

  /** A rehearsal is spoken to over its data channel alone. */
  action(): Promise<unknown> {
    return Promise.reject(new Error("there is no connection"));
  }

  end(): Promise<unknown> {
    return this.session.endRehearsal();
  }
}
