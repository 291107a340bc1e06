/**
 * Server-Sent Events by `fetch`, because `EventSource` sends no credential: a parser of the stream, and a reader that
 * comes back after a break and names the last event that it saw.
 */
import { backoffMs } from "./backoff";
import { ApiError, type Credential, UnreachableError, apiError } from "./http";

export interface SseMessage {
  /** The last id that the stream named, also by an earlier message; empty before the first. */
  id: string;
  event: string;
  data: string;
}

/** A message that is longer is no message of this server's. */
const LONGEST_MESSAGE = 1_000_000;

/** Takes the stream in pieces as they come; a piece may end anywhere, within a line and between CR and LF. */
export class SseParser {
  private rest = "";
  private isFirst = true;
  private lastId = "";
  private event = "";
  private data: string[] = [];
  private length = 0;

  /** Of the last message that was given out. */
  get lastEventId(): string {
    return this.lastId;
  }

  push(piece: string): SseMessage[] {
    let text = this.rest + piece;
    if (this.isFirst && text !== "") {
      this.isFirst = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // A CR at the very end may be the first half of a CR LF.
    const held = text.endsWith("\r") ? 1 : 0;
    const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + text.slice(text.length - held);
    const messages: SseMessage[] = [];
    for (const line of lines) {
      const message = this.line(line);
      if (message !== null) messages.push(message);
    }
    if (this.rest.length + this.length > LONGEST_MESSAGE) throw new Error("an event is too long");
    return messages;
  }

  private line(line: string): SseMessage | null {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") {
      this.data.push(value);
      this.length += value.length;
    } else if (name === "event") this.event = value;
    else if (name === "id" && !value.includes("\0")) this.lastId = value;
    return null;
  }

  private dispatch(): SseMessage | null {
    const { data, event } = this;
    this.data = [];
    this.event = "";
    this.length = 0;
    if (data.length === 0) return null;
    return { id: this.lastId, event: event === "" ? "message" : event, data: data.join("\n") };
  }
}

export type FollowState = { name: "connecting" } | { name: "open" } | { name: "waiting"; retryInMs: number };

export interface Follow {
  url: string;
  /** Asked for each attempt, so that signing in again is enough. */
  credential: () => Credential;
  /** `true`: that was the last message that matters. */
  onMessage: (message: SseMessage) => boolean;
  onState?: (state: FollowState) => void;
  signal: AbortSignal;
  /** Nothing for so long, not even a comment: the line is dead. The server sends one every 15 s. */
  silenceMs?: number;
  random?: () => number;
}

/**
 * Reads the stream until a message was the last, or the signal says stop. After a break it comes back by itself.
 *
 * @throws {ApiError} where the server refuses for good
 */
export async function follow(options: Follow): Promise<void> {
  const { signal, onState, random = Math.random } = options;
  let lastId = "";
  let failures = 0;
  while (!signal.aborted) {
    onState?.({ name: "connecting" });
    let askedMs: number | null = null;
    try {
      const end = await readOnce(options, lastId, (id) => {
        lastId = id;
        failures = 0;
      });
      if (end === "over") return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError) {
        if (error.status < 500 && error.status !== 429 && error.status !== 408) throw error;
        askedMs = error.retryAfterMs;
      } else if (!(error instanceof UnreachableError)) throw error;
    }
    const retryInMs = backoffMs(failures, random(), askedMs);
    failures += 1;
    onState?.({ name: "waiting", retryInMs });
    await pause(retryInMs, signal);
  }
}

async function readOnce(options: Follow, after: string, onId: (id: string) => void): Promise<"over" | "broken"> {
  const { onMessage, onState, signal, silenceMs = 45_000 } = options;
  const silence = new AbortController();
  const stop = AbortSignal.any([signal, silence.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  alive();
  try {
    const response = await unlessUnreachable(fetch(options.url, { headers: headers(options, after), signal: stop }));
    if (!response.ok) throw apiError(response, await unlessUnreachable(response.text()));
    onState?.({ name: "open" });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    for (;;) {
      const piece = await unlessUnreachable(reader?.read() ?? Promise.reject(new Error("no body")));
      if (piece.done) return "broken";
      alive();
      for (const message of parser.push(piece.value)) {
        if (message.id !== "") onId(message.id);
        if (onMessage(message)) {
          silence.abort();
          return "over";
        }
      }
    }
  } finally {
    clearTimeout(timer);
    // The connection is not needed any more, whatever ended the reading.
    silence.abort();
  }
}

function headers({ credential }: Follow, after: string): Record<string, string> {
  const who = credential();
  const all: Record<string, string> = { Accept: "text/event-stream" };
  if (after !== "") all["Last-Event-ID"] = after;
  if (who !== null && "bearer" in who) all.Authorization = `Bearer ${who.bearer}`;
  else if (who !== null) all["X-API-Key"] = who.apiKey;
  return all;
}

async function unlessUnreachable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new UnreachableError(error);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
