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

/** Calls on one session, with whatever credential opens it. */
export class SessionApi {
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
