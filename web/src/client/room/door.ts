/** Before a call: whether the room would let somebody in, and by which servers a connection is found. */
import { ApiError, type HttpClient } from "../http";
import { type Refusal, refusalOf } from "./signalling";

/** Part of what the server tells who may know of the room; a guest is told nothing before joining. */
export interface RoomFacts {
  room_code: string;
  name: string | null;
  participants: { display_name: string; connected: boolean }[];
}

export type Door = { open: true } | { open: false; refusal: Refusal };

interface IceAnswer {
  iceServers: RTCIceServer[];
  /** Seconds. */
  ttl: number;
}

const CODE = /^[a-z0-9]{6}$/;

/** The room code in what somebody typed or pasted: the code itself, or a link that ends with it. */
export function codeOf(typed: string): string | null {
  const last =
    typed
      .trim()
      .toLowerCase()
      .replace(/[?#].*$/, "")
      .replace(/\/+$/, "")
      .split("/")
      .pop() ?? "";
  const code = last.replace(/[\s-]/g, "");
  return CODE.test(code) ? code : null;
}

export class RoomDoor {
  private kept: { iceServers: RTCIceServer[]; untilMs: number } | null = null;

  constructor(
    private readonly http: HttpClient,
    readonly code: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Asks whether the room would let us in. No answer at all, and "too many tries", are errors. */
  async knock(): Promise<Door> {
    try {
      await this.ask();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const refusal = refusalOf(error.code, error.message, false);
      if (refusal !== null) return { open: false, refusal };
      // The relay's operator failed: within one network a call works without it.
      if (!error.code.startsWith("upstream_")) throw error;
    }
    return { open: true };
  }

  /** The servers, asked for again in the second half of their life. */
  async iceServers(): Promise<RTCIceServer[]> {
    if (this.kept !== null && this.now() < this.kept.untilMs) return this.kept.iceServers;
    return this.ask();
  }

  /** `null` for guests. */
  async facts(): Promise<RoomFacts | null> {
    return this.http.get<RoomFacts>(this.path()).catch(() => null);
  }

  private async ask(): Promise<RTCIceServer[]> {
    const { iceServers, ttl } = await this.http.get<IceAnswer>(`${this.path()}/ice-servers`);
    this.kept = { iceServers, untilMs: this.now() + (ttl * 1000) / 2 };
    return iceServers;
  }

  private path(): string {
    return `/api/rooms/${encodeURIComponent(this.code)}`;
  }
}
