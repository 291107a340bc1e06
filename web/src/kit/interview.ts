/**
 * One candidate's interview, as a program of somebody else's holds it: no page, no framework. It needs WebRTC to
 * `connect`; everything else works wherever `fetch` does.
 */
import { PublicApi, SessionApi } from "../client/api";
import { InterviewCall } from "../client/call";
import type { Credential } from "../client/http";
import { tokenFromHash } from "../client/memory";
import { routeOf } from "../client/route";
import type { InterviewState, Phase } from "../client/state";
import type { ConsentText, LiveEvent, Results, StartRequest, StatusReport } from "../client/types";
import { Feed, Listeners } from "./listeners";

/** What a server of yours hands to the candidate's browser: the answer of `POST /api/interview/start`, in short. */
export interface SessionTicket {
  /** Where Viva is, for example `https://viva.example`. */
  server: string;
  sessionId: string;
  /** The candidate's token for this one session. */
  token: string;
  /** As `start` gave them; without them they are asked for. */
  iceServers?: RTCIceServer[];
}

/** A live event by its type: `EventOf<"turn">`. */
export type EventOf<Type extends LiveEvent["type"]> = Extract<LiveEvent, { type: Type }>;

/** What can be listened to, and what the listener is given. */
export type InterviewEvents = { [Type in LiveEvent["type"]]: EventOf<Type> } & {
  /** Connecting, live, reconnecting, ending, ended or refused. */
  phase: Phase;
  /** The whole picture, after each change of it. */
  state: InterviewState;
  /** The interviewer's voice: give it to an `<audio>` element. Comes again after a reconnection. */
  audio: MediaStream;
};

/** There will be no connection: the server refused it with this code, or the interview is over. */
export class NotConnectedError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = "NotConnectedError";
  }
}

/** In these, there is a connection already, or one is being made. */
const CONNECTED: ReadonlySet<string> = new Set(["connecting", "live", "reconnecting", "ending"]);

export class Interview implements AsyncIterable<LiveEvent> {
  readonly sessionId: string;
  /** What the candidate has to agree to before `connect`; null where nothing is asked, or nothing is known of it. */
  readonly consent: (ConsentText & { required: boolean }) | null;
  /** Where Viva is, without a slash at the end. */
  readonly server: string;
  /** The connection and the session's calls themselves, for components that show them. */
  readonly call: InterviewCall;
  readonly session: SessionApi;
  private readonly listeners = new Listeners<InterviewEvents>();
  private readonly feeds = new Set<Feed<LiveEvent>>();
  private seen: InterviewState;
  private stream: MediaStream | null = null;
  private isMuted = false;
  private over = false;

  private constructor(ticket: SessionTicket, consent: Interview["consent"]) {
    this.sessionId = ticket.sessionId;
    this.consent = consent;
    this.server = ticket.server.replace(/\/+$/, "");
    this.session = new SessionApi(ticket.sessionId, { bearer: ticket.token }, this.server);
    this.call = new InterviewCall(
      this.session,
      ticket.iceServers ?? null,
      (audio) => this.listeners.tell("audio", audio),
      (event) => this.hear(event),
    );
    this.seen = this.call.snapshot();
    this.call.subscribe(() => this.follow(this.call.snapshot()));
  }

  /** The session that a server of yours has started. */
  static take(ticket: SessionTicket): Interview {
    return new Interview(ticket, null);
  }

  /** The session that a link of the form `https://viva.example/interview/{id}#token=…` (`page_url`) leads to. */
  static fromLink(link: string): Interview {
    const { origin, pathname, hash } = new URL(link);
    const route = routeOf(pathname);
    const token = tokenFromHash(hash);
    if (route.page !== "interview" || token === null) throw new TypeError("this is no link to an interview");
    return new Interview({ server: origin, sessionId: route.sessionId, token }, null);
  }

  /**
   * Starts a session and takes it. In a candidate's browser that is by an invitation (`{ invite: code }`), which uses
   * up one of its attempts; a platform's key belongs on its own server, see `restClient`.
   */
  static async start(server: string, request: StartRequest, credential: Credential = null): Promise<Interview> {
    const started = await new PublicApi(server.replace(/\/+$/, ""), credential).start(request);
    const { session_id: sessionId, token, ice_servers: iceServers, consent } = started;
    return new Interview({ server, sessionId, token, iceServers }, consent);
  }

  /** All that is known of the interview: one immutable value, a new one after each change. */
  get state(): InterviewState {
    return this.seen;
  }

  get muted(): boolean {
    return this.isMuted;
  }

  /** Listens; the returned function stops listening. */
  on<Name extends keyof InterviewEvents>(name: Name, listener: (event: InterviewEvents[Name]) => void): () => void {
    return this.listeners.on(name, listener);
  }

  /**
   * The live events from now on, in the order in which they came, until the interview is over:
   * `for await (const event of interview)`. A reader that falls more than 1000 behind misses the oldest.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<LiveEvent> {
    const feed: Feed<LiveEvent> = new Feed(() => this.feeds.delete(feed));
    this.feeds.add(feed);
    if (this.over) feed.finish();
    return feed;
  }

  /** Records that the candidate agreed to this version of the consent. */
  async giveConsent(version = this.consent?.version ?? ""): Promise<void> {
    await this.session.consent(version);
  }

  /**
   * Connects with this microphone (`openMicrophone`) and resolves once audio flows. What breaks later is repaired by
   * itself, from a new network path to a new connection, for as long as the server keeps the session: see `phase`.
   * Rejects with {@link NotConnectedError} where there will be no connection.
   */
  async connect(microphone: MediaStream): Promise<void> {
    if (typeof RTCPeerConnection === "undefined") throw new NotConnectedError("no_webrtc", "there is no WebRTC here");
    if (CONNECTED.has(this.seen.phase.name)) throw new NotConnectedError("conflict", "connect was called before");
    this.stream = microphone;
    this.applyMute();
    const settled = this.whenConnected();
    this.call.begin(microphone);
    await settled;
  }

  /** Goes on with another microphone. */
  async replaceMicrophone(microphone: MediaStream): Promise<void> {
    this.stream = microphone;
    this.applyMute();
    await this.call.replaceMicrophone(microphone);
  }

  /** While muted, silence is sent. */
  mute(muted = true): void {
    this.isMuted = muted;
    this.applyMute();
  }

  /** "I'm finished": the interviewer goes on. False where the server could not be told. */
  finished(): Promise<boolean> {
    return this.call.tell({ type: "candidate.finished" });
  }

  /** "I need a moment": the interviewer waits. */
  wait(): Promise<boolean> {
    return this.call.tell({ type: "candidate.wait" });
  }

  /** The question once more. */
  repeat(): Promise<boolean> {
    return this.call.tell({ type: "candidate.repeat" });
  }

  /** A typed answer in place of a spoken one. */
  text(text: string): Promise<boolean> {
    return this.call.tell({ type: "candidate.text", text });
  }

  /** Tries at once, for example when the browser is online again, where the next attempt would come later. */
  retryNow(): void {
    this.call.retryNow();
  }

  /** Ends the interview for good, at the candidate's wish. */
  end(): Promise<void> {
    return this.call.end();
  }

  /** Lets go of the connection and of all listening; the interview waits on the server, and can be taken again. */
  leave(): void {
    this.call.dispose();
    this.conclude();
  }

  status(): Promise<StatusReport> {
    return this.session.status();
  }

  /** What came of it so far, where the candidate may read it (404 where not). */
  results(): Promise<Results> {
    return this.session.results();
  }

  private whenConnected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.on("phase", (phase) => {
        if (phase.name === "live") resolve();
        else if (phase.name === "refused") reject(new NotConnectedError(phase.code, phase.detail));
        else if (CONNECTED.has(phase.name)) return;
        else reject(new NotConnectedError(phase.name, "the interview does not go on here"));
        stop();
      });
    });
  }

  private hear(event: LiveEvent): void {
    // The end is told from the state: it is also learned without the data channel, and then just as often, once.
    if (event.type !== "session.ended") this.pass(event);
  }

  private follow(state: InterviewState): void {
    const before = this.seen;
    this.seen = state;
    this.listeners.tell("state", state);
    if (state.phase === before.phase) return;
    this.listeners.tell("phase", state.phase);
    if (this.over) return;
    if (state.phase.name === "ended") {
      const { saved, endReason, resultsUrl } = state.phase;
      this.pass({ type: "session.ended", saved, endReason, resultsUrl });
    }
    if (state.phase.name === "ended" || state.phase.name === "refused") this.conclude();
  }

  private pass(event: LiveEvent): void {
    this.listeners.tell(event.type, event as never);
    this.feeds.forEach((feed) => feed.push(event));
  }

  private conclude(): void {
    this.over = true;
    this.feeds.forEach((feed) => feed.finish());
    this.feeds.clear();
  }

  private applyMute(): void {
    this.stream?.getAudioTracks().forEach((track) => {
      track.enabled = !this.isMuted;
    });
  }
}
