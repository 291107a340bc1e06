/**
 * One candidate's interview: connects, follows the live events, and comes back after losses until the session has
 * ended. Everything that the page shows is in `snapshot()`.
 */
import type { CallApi } from "./api";
import { backoffMs } from "./backoff";
import { parseEnvelope } from "./events";
import { ApiError, UnreachableError } from "./http";
import { NoMediaPath, Peer } from "./peer";
import {
  INITIAL_STATE,
  type InterviewState,
  type Trouble,
  applyEvent,
  applyStatus,
  isOver,
  withPhase,
  withoutNotice,
} from "./state";
import { candidateStats } from "./stats";
import type { CandidateMessage, LiveEvent } from "./types";

const CONNECT_LIMIT_MS = 12_000;
const RESTART_LIMIT_MS = 6_000;
/**
 * A connection is kept for its own return so long. The server keeps its end for 30 s after it last heard of it, and the
 * browser notices a loss about 7 s late.
 */
const KEPT_FOR_MS = 20_000;
/** A browser reports short radio gaps as `disconnected` too; only what lasts longer is a loss. */
const LOSS_GRACE_MS = 2_500;
const STATUS_EVERY_MS = 2_000;
const STATS_EVERY_MS = 5_000;
const ADAPT_EVERY_MS = 2_000;
/** The last words are still in the browser's buffer when the end is announced. */
const LAST_WORDS_MS = 1_500;
const END_ATTEMPTS = 4;

interface Setback {
  trouble: Trouble;
  serverAskedMs: number | null;
}

export class InterviewCall {
  private state: InterviewState = INITIAL_STATE;
  private readonly listeners = new Set<() => void>();
  private peer: Peer | null = null;
  private stream: MediaStream | null = null;
  /** Counts connection efforts; an effort that is not the latest stops by itself. */
  private effort = 0;
  private lossTimer: ReturnType<typeof setTimeout> | undefined;
  private timers: ReturnType<typeof setInterval>[] = [];
  private asking: Promise<void> | null = null;
  private wake: (() => void) | null = null;
  private disposed = false;

  constructor(
    private readonly api: CallApi,
    private iceServers: RTCIceServer[] | null,
    private readonly onAudio: (stream: MediaStream) => void,
    /** Each live event, after the state has taken it in. */
    private readonly onEvent: (event: LiveEvent) => void = () => undefined,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): InterviewState => this.state;

  /**
   * Connects with this microphone; later changes of it come through `replaceMicrophone`. Again after the phase
   * `elsewhere`: the interview comes back to this page.
   */
  begin(stream: MediaStream): void {
    this.stream = stream;
    this.stopTimers();
    this.set(withPhase(this.state, { name: "connecting" }));
    this.timers.push(setInterval(() => void this.followStatus(), STATUS_EVERY_MS));
    this.timers.push(setInterval(() => void this.reportStatistics(), STATS_EVERY_MS));
    this.timers.push(setInterval(() => void this.peer?.adapt(), ADAPT_EVERY_MS));
    void this.connect();
  }

  async replaceMicrophone(stream: MediaStream): Promise<void> {
    this.stream = stream;
    const track = stream.getAudioTracks()[0];
    if (track) await this.peer?.replaceTrack(track);
  }

  /** Tells the server something, over whichever way is open; false if neither is. */
  async tell(message: CandidateMessage): Promise<boolean> {
    if (this.peer?.send(message)) return true;
    try {
      await this.api.action(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the interview at the candidate's wish. The page learns the outcome from the phase. */
  async end(): Promise<void> {
    this.set(withPhase(this.state, { name: "ending" }));
    for (let attempt = 0; attempt < END_ATTEMPTS && !this.over; attempt += 1) {
      try {
        await this.api.end();
        await this.followStatus();
        return;
      } catch (error) {
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) return this.followStatus();
        await this.pause(backoffMs(attempt, Math.random()));
      }
    }
    // Not ended as far as this page knows: say what is, and let the connection's own recovery go on.
    if (!this.over) void this.recover();
  }

  /** Cuts a waiting time short, for example when the browser is online again. */
  retryNow(): void {
    this.wake?.();
  }

  dismissNotice(id: number): void {
    this.set(withoutNotice(this.state, id));
  }

  dispose(): void {
    this.disposed = true;
    this.effort += 1;
    this.stopTimers();
    this.wake?.();
    this.peer?.close();
  }

  private get over(): boolean {
    return this.disposed || isOver(this.state.phase);
  }

  private set(next: InterviewState): void {
    if (this.disposed || next === this.state) return;
    this.state = next;
    if (isOver(next.phase)) this.conclude();
    this.listeners.forEach((listener) => listener());
  }

  private conclude(): void {
    if (this.timers.length === 0 && this.peer === null) return;
    this.stopTimers();
    this.effort += 1;
    this.wake?.();
    const peer = this.peer;
    this.peer = null;
    if (this.state.phase.name !== "elsewhere") return void setTimeout(() => peer?.close(), LAST_WORDS_MS);
    // The words are for the other page now; credentials of the way there may be old when this one comes back.
    peer?.close();
    this.iceServers = null;
  }

  private stopTimers(): void {
    clearTimeout(this.lossTimer);
    this.timers.forEach(clearInterval);
    this.timers = [];
  }

  /** Tries until connected, ended or superseded. */
  private async connect(): Promise<void> {
    this.effort += 1;
    const effort = this.effort;
    for (let attempt = 0; effort === this.effort && !this.over; attempt += 1) {
      const setback = await this.attempt(effort);
      if (setback === null || effort !== this.effort || this.over) return;
      const waitMs = backoffMs(attempt, Math.random(), setback.serverAskedMs);
      this.set(withPhase(this.state, { name: "reconnecting", trouble: setback.trouble, retryInMs: waitMs }));
      await this.pause(waitMs);
    }
  }

  /** One new connection; null when it stands, or when trying again makes no sense. */
  private async attempt(effort: number): Promise<Setback | null> {
    this.peer?.close();
    this.peer = null;
    try {
      this.iceServers ??= await this.api.iceServers();
      if (effort !== this.effort || this.stream === null) return null;
      const peer = this.newPeer(this.iceServers, this.stream);
      await peer.negotiate();
      await peer.whenConnected(CONNECT_LIMIT_MS);
      if (this.peer === peer) this.set(withPhase(this.state, { name: "live" }));
      return null;
    } catch (error) {
      return effort === this.effort ? this.judge(error) : null;
    }
  }

  private newPeer(iceServers: RTCIceServer[], stream: MediaStream): Peer {
    const current = (run: () => void): void => {
      if (this.peer === peer) run();
    };
    const peer: Peer = new Peer(this.api, iceServers, stream, {
      onMessage: (text) => current(() => this.receive(text)),
      onChannel: (open) => current(() => open || this.channelClosed()),
      onConnection: (state) => current(() => this.connectionChanged(state)),
      onAudio: (audio) => current(() => this.onAudio(audio)),
    });
    this.peer = peer;
    return peer;
  }

  private receive(text: string): void {
    const event = parseEnvelope(text);
    if (event === null) return;
    this.set(applyEvent(this.state, event));
    this.onEvent(event);
  }

  private connectionChanged(state: RTCPeerConnectionState): void {
    if (this.state.phase.name !== "live") return;
    clearTimeout(this.lossTimer);
    if (state === "failed") void this.recover();
    if (state === "disconnected") this.lossTimer = setTimeout(() => void this.recover(), LOSS_GRACE_MS);
  }

  /** The server closes the channel when it lets go of this connection: at the end, or to be called anew. */
  private channelClosed(): void {
    if (this.state.phase.name === "live") void this.followStatus().then(() => this.recover());
  }

  /** Back to the same session: with the connection that there is, or else with a new one. */
  private async recover(): Promise<void> {
    if (this.over) return;
    clearTimeout(this.lossTimer);
    this.set(withPhase(this.state, { name: "reconnecting", trouble: "lost", retryInMs: null }));
    const peer = this.peer;
    this.effort += 1;
    const effort = this.effort;
    if (peer?.channelOpen && (await this.revived(peer, effort))) {
      if (effort === this.effort) this.set(withPhase(this.state, { name: "live" }));
      return;
    }
    // A new connection is the general way; it also finds out whether the session is still there.
    if (effort === this.effort && !this.over) await this.connect();
  }

  /** Whether the connection is back: by itself, or over a new path that it was offered. */
  private async revived(peer: Peer, effort: number): Promise<boolean> {
    let isBack = false;
    const anew = this.offerNewPath(peer, () => effort === this.effort && !this.over && !isBack);
    // Whether it comes back by itself says nothing before the other way has ended, unless it does.
    const byItself = peer.whenConnected(KEPT_FOR_MS).catch(() => anew);
    return Promise.race([byItself, anew]).then(
      () => (isBack = true),
      () => false,
    );
  }

  /** Offers the connection a new path as soon as the server answers at all: in a hole an offer would only be lost. */
  private async offerNewPath(peer: Peer, isWanted: () => boolean): Promise<void> {
    const until = Date.now() + KEPT_FOR_MS;
    for (let attempt = 0; isWanted() && peer.channelOpen && Date.now() < until; attempt += 1) {
      try {
        await this.api.status();
        if (!isWanted()) return;
        await peer.negotiate(true);
        return await peer.whenConnected(RESTART_LIMIT_MS);
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        const retryInMs = backoffMs(attempt, Math.random());
        if (!isWanted()) return;
        this.set(withPhase(this.state, { name: "reconnecting", trouble: "unreachable", retryInMs }));
        await this.pause(retryInMs);
      }
    }
    throw new NoMediaPath();
  }

  private async judge(error: unknown): Promise<Setback | null> {
    if (error instanceof UnreachableError) return { trouble: "unreachable", serverAskedMs: null };
    if (!(error instanceof ApiError)) return { trouble: "no_media_path", serverAskedMs: null };
    if (error.status >= 500 || error.status === 429) return { trouble: "busy", serverAskedMs: error.retryAfterMs };
    await this.followStatus();
    if (!this.over) this.refuse(error);
    return null;
  }

  private refuse(error: ApiError): void {
    this.set(withPhase(this.state, { name: "refused", code: error.code, detail: error.message }));
  }

  /** Asks `GET …/status` wherever the data channel does not tell; one question at a time. */
  private followStatus(): Promise<void> {
    const phase = this.state.phase.name;
    if (this.over || (phase === "live" && this.peer?.channelOpen)) return Promise.resolve();
    this.asking ??= this.askStatus().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async askStatus(): Promise<void> {
    try {
      const report = await this.api.status();
      if (report.status === "ended" || this.state.phase.name === "live") this.set(applyStatus(this.state, report));
    } catch (error) {
      if (error instanceof ApiError && [401, 403, 404, 410].includes(error.status)) this.refuse(error);
      // Anything else is asked again by the timer, or noticed by the connection.
    }
  }

  private async reportStatistics(): Promise<void> {
    const peer = this.peer;
    if (!peer?.channelOpen) return;
    const report = await peer.statistics();
    const stats = candidateStats(Array.from(report.values()) as Record<string, unknown>[]);
    if (stats !== null) peer.send(stats);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.wake = done;
    });
  }
}
