/**
 * Where a review stands: the moment, whether it sounds, how fast. One for the page; parts of it listen to what
 * they need.
 */
import { useRef, useSyncExternalStore } from "react";
import { SIDES, type Side, type Sound, type SoundKind } from "./sound";

export const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** `none`: there is nothing to hear; the moment can be moved all the same. */
export type SoundState = "none" | "idle" | "loading" | "ready" | "failed";

export interface Snapshot {
  sound: SoundState;
  playing: boolean;
  positionMs: number;
  rate: number;
  muted: Record<Side, boolean>;
  /** The transcript keeps up with the moment, until the reader scrolls. */
  following: boolean;
}

export interface PlayerSource {
  load: (kind: SoundKind) => Promise<Sound>;
  kind: SoundKind;
}

export class Player {
  private now: Snapshot;
  private sound: Sound | null = null;
  private host: HTMLElement | null = null;
  private frame = 0;
  /** Counts closings: what was asked for before one is not wanted after it. */
  private closings = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly source: PlayerSource | null,
    readonly lengthMs: number,
    startMs = 0,
  ) {
    const muted = { user: false, assistant: false };
    const positionMs = this.within(startMs);
    const sound = source === null ? "none" : "idle";
    this.now = { sound, playing: false, positionMs, rate: 1, muted, following: true };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.now;

  /** Audio elements stand in the page, so that browsers treat them as what somebody listens to. */
  attach(host: HTMLElement | null): void {
    this.host = host;
    if (host !== null) this.sound?.elements.forEach((element) => host.append(element));
  }

  /** Loads if need be, and plays from the moment. */
  async play(kind?: SoundKind): Promise<void> {
    if (this.now.sound === "none" || this.now.sound === "loading") return;
    if (this.sound === null && !(await this.load(kind))) return;
    if (this.now.positionMs >= this.lengthMs - 1) this.seek(0);
    const { closings } = this;
    try {
      await this.sound?.play();
    } catch {
      // The browser wants another press first; the button still says "play".
      return;
    }
    if (closings !== this.closings) return;
    this.tell({ playing: true });
    this.follow();
  }

  pause(): void {
    this.sound?.pause();
    cancelAnimationFrame(this.frame);
    this.tell({ playing: false, ...(this.sound === null ? {} : { positionMs: this.heardMs() }) });
  }

  toggle(): void {
    if (this.now.playing) this.pause();
    else void this.play();
  }

  seek(ms: number): void {
    const positionMs = this.within(ms);
    this.sound?.seek(positionMs);
    this.tell({ positionMs });
  }

  /** To a moment that somebody chose, and on from there. */
  async playFrom(ms: number): Promise<void> {
    this.tell({ following: true });
    this.seek(ms);
    if (!this.now.playing) await this.play();
  }

  setRate(rate: number): void {
    this.sound?.setRate(rate);
    this.tell({ rate });
  }

  setMuted(side: Side, muted: boolean): void {
    this.sound?.setMuted(side, muted);
    this.tell({ muted: { ...this.now.muted, [side]: muted } });
  }

  setFollowing(following: boolean): void {
    if (following !== this.now.following) this.tell({ following });
  }

  close(): void {
    this.closings += 1;
    cancelAnimationFrame(this.frame);
    this.sound?.close();
    this.sound = null;
    if (this.source !== null) this.tell({ sound: "idle", playing: false });
  }

  private async load(kind?: SoundKind): Promise<boolean> {
    const { source } = this;
    if (source === null) return false;
    this.tell({ sound: "loading" });
    const { closings } = this;
    try {
      const sound = await source.load(kind ?? source.kind);
      if (closings !== this.closings) {
        sound.close();
        return false;
      }
      this.sound = sound;
    } catch {
      if (closings === this.closings) this.tell({ sound: "failed" });
      return false;
    }
    this.attach(this.host);
    this.sound.seek(this.now.positionMs);
    this.sound.setRate(this.now.rate);
    SIDES.forEach((side) => this.sound?.setMuted(side, this.now.muted[side]));
    this.sound.onEnded(() => this.pause());
    this.tell({ sound: "ready" });
    return true;
  }

  /** As long as it plays, the moment is read before each picture. */
  private follow(): void {
    cancelAnimationFrame(this.frame);
    const look = (): void => {
      if (!this.now.playing) return;
      const positionMs = this.heardMs();
      if (positionMs !== this.now.positionMs) this.tell({ positionMs });
      this.frame = requestAnimationFrame(look);
    };
    this.frame = requestAnimationFrame(look);
  }

  private heardMs(): number {
    return this.within(this.sound?.positionMs() ?? this.now.positionMs);
  }

  private within(ms: number): number {
    return Math.min(Math.max(0, ms), Math.max(0, this.lengthMs));
  }

  private tell(change: Partial<Snapshot>): void {
    this.now = { ...this.now, ...change };
    this.listeners.forEach((listener) => listener());
  }
}

/** One part of where the review stands; renders again when that part changes, by `Object.is`. */
export function usePlayer<T>(player: Player, select: (now: Snapshot) => T): T {
  const pick = useRef(select);
  pick.current = select;
  return useSyncExternalStore(player.subscribe, () => pick.current(player.snapshot()));
}
