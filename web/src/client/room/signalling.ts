/**
 * The line to a room: joins, and comes back by itself for as long as the room takes us. Each coming back is a new
 * socket and a new address.
 */
import { backoffMs } from "../backoff";
import { type Belongs, type Heard, type Participant, parse } from "./wire";

/** Why a room is over for us, or never began. */
export type Refusal = "unknown" | "full" | "closed" | "expired" | "invalid";

export interface SignallingHandlers {
  /** The room took us; `others` were here before. Told again after each coming back. */
  onJoined(socketId: string, others: Participant[]): void;
  /** The line is gone, and is being looked for. */
  onLost(): void;
  onHeard(heard: Heard): void;
  /** Nothing comes after it. */
  onRefused(refusal: Refusal): void;
}

export interface Identity {
  roomCode: string;
  name: string;
  userId: string;
}

export type Step = "offer" | "answer" | "ice_candidate";

const HEARTBEAT_MS = 15_000;
/** Nothing heard for so long although a sign of life was asked for: the line is dead. */
const SILENCE_MS = 10_000;
const OPENING_MS = 12_000;
/** After too many tries the server wants quiet. */
const THROTTLED_MS = 15_000;
const NORMAL = 1000;
const ROOM_OVER = 4410;

/** What an `error` of the server means for us; `null`: nothing, or nothing for long. */
export function refusalOf(code: string, message: string, hasJoined: boolean): Refusal | null {
  switch (code) {
    case "not_found":
      return "unknown";
    case "room_closed":
      return /expired/i.test(message) ? "expired" : "closed";
    case "room_full":
      // Our own lost socket may still hold our place: it is free again within the server's time limit.
      return hasJoined ? null : "full";
    case "invalid_request":
      return hasJoined ? null : "invalid";
    default:
      return null;
  }
}

/** The address of the signalling beside a page at `origin`. */
export function signallingUrl(origin: string): string {
  return `${origin.replace(/^http/, "ws")}/ws`;
}

export class Signalling {
  private socket: WebSocket | null = null;
  private state: "opening" | "joined" | "waiting" | "over" = "waiting";
  private hasJoined = false;
  private attempt = 0;
  private leastWaitMs = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly identity: Identity,
    private readonly handlers: SignallingHandlers,
    private readonly random: () => number = Math.random,
  ) {}

  get isJoined(): boolean {
    return this.state === "joined";
  }

  open(): void {
    if (this.state !== "waiting") return;
    clearTimeout(this.retry);
    this.state = "opening";
    const socket = new WebSocket(this.url);
    this.socket = socket;
    const current = (act: () => void) => () => {
      if (this.socket === socket) act();
    };
    socket.onmessage = ({ data }) => current(() => this.hear(data))();
    socket.onclose = ({ code }) => current(() => this.lost(code))();
    // A close follows each error.
    this.expectWithin(OPENING_MS);
  }

  /** Looks for the line at once instead of when its time comes: the network is said to be back. */
  retryNow(): void {
    if (this.state === "waiting") this.open();
  }

  /** False where there is no line now. */
  step(type: Step, target: string, fields: object & Belongs): boolean {
    return this.say(type, { target, ...fields });
  }

  chat(text: string): boolean {
    return this.say("chat", { text });
  }

  /** Leaves for good. */
  leave(): void {
    if (this.state === "joined") this.say("leave", {});
    this.end();
  }

  private say(type: string, payload: object): boolean {
    if (this.state !== "joined" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ type, payload }));
    return true;
  }

  private hear(data: unknown): void {
    const heard = typeof data === "string" ? parse(data) : null;
    if (this.state === "joined") this.beat();
    if (heard === null || heard.type === "alive") return;
    if (heard.type === "connected") return this.join();
    if (heard.type === "joined") return this.enter(heard.socketId, heard.others);
    if (heard.type === "error") return this.mistake(heard.code, heard.message);
    if (this.state === "joined") this.handlers.onHeard(heard);
  }

  private join(): void {
    const { roomCode, name, userId } = this.identity;
    const payload = { room_code: roomCode, display_name: name, user_id: userId };
    this.socket?.send(JSON.stringify({ type: "join", payload }));
  }

  private enter(socketId: string, others: Participant[]): void {
    this.state = "joined";
    this.hasJoined = true;
    this.attempt = 0;
    this.leastWaitMs = 0;
    this.beat();
    this.handlers.onJoined(socketId, others);
  }

  private mistake(code: string, message: string): void {
    // Of a step: whoever it was for is gone, which we are told anyway.
    if (this.state === "joined" && code !== "room_closed") return;
    const refusal = refusalOf(code, message, this.hasJoined);
    if (refusal !== null) {
      this.end();
      this.handlers.onRefused(refusal);
      return;
    }
    if (code === "rate_limited") this.leastWaitMs = THROTTLED_MS;
    this.dropSocket();
    this.wait();
  }

  private lost(code: number): void {
    this.socket = null;
    if (code === ROOM_OVER) {
      this.end();
      this.handlers.onRefused("closed");
      return;
    }
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.watch);
    const wasJoined = this.state === "joined";
    this.state = "waiting";
    const waitMs = backoffMs(this.attempt, this.random(), this.leastWaitMs);
    this.attempt += 1;
    this.retry = setTimeout(() => this.open(), waitMs);
    if (wasJoined || !this.hasJoined) this.handlers.onLost();
  }

  /** Something was heard: the line is good until the next sign of life is due. */
  private beat(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.say("heartbeat", {});
      this.expectWithin(SILENCE_MS);
    }, HEARTBEAT_MS);
  }

  private expectWithin(limitMs: number): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.dropSocket();
      this.wait();
    }, limitMs);
  }

  private dropSocket(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close(NORMAL);
  }

  private end(): void {
    this.state = "over";
    clearTimeout(this.retry);
    clearTimeout(this.watch);
    this.dropSocket();
  }
}
