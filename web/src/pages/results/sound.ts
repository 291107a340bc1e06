/**
 * The sound of an interview, from files that need a credential and therefore come by `fetch`, not by address.
 *
 * Short ones are one wave with both sides on one clock, the candidate left, the interviewer right. Long ones are the
 * two Ogg files as they were recorded, an eighth of the size; two elements then play in step.
 */
import type { Recording } from "../../client/outcome";

export type Side = "user" | "assistant";
export const SIDES: readonly Side[] = ["user", "assistant"];

/** 24 kHz, two channels, 16 bit. */
const WAV_BYTES_PER_SECOND = 96_000;
/** Seven minutes. More than this nobody wants to wait for before the first word. */
export const WAV_BYTES_MAX = 40_000_000;
/** Two elements further apart than this are put in step again; closer, the jump would be worse than the gap. */
const STEP_MS = 60;

/** What plays. */
export interface Sound {
  readonly elements: readonly HTMLAudioElement[];
  positionMs(): number;
  /** Where the clock of the recording stands after the last sound. */
  seek(ms: number): void;
  play(): Promise<void>;
  pause(): void;
  setRate(rate: number): void;
  setMuted(side: Side, muted: boolean): void;
  onEnded(listener: () => void): void;
  close(): void;
}

export type SoundKind = "wave" | "tracks";

/** How large each way is, in bytes; `null` where there is none. */
export function sizes(recording: Recording): Record<SoundKind, number | null> {
  const wave = recording.wav_url === null ? null : ((recording.duration_ms ?? 0) / 1_000) * WAV_BYTES_PER_SECOND;
  const tracks = recording.tracks.reduce((sum, track) => sum + track.bytes, 0);
  return { wave, tracks: recording.tracks.length === 0 ? null : tracks };
}

/** The wave as long as it is small: its clock is exact by itself. */
export function bestKind(recording: Recording): SoundKind | null {
  const { wave, tracks } = sizes(recording);
  if (wave !== null && (wave <= WAV_BYTES_MAX || tracks === null)) return "wave";
  return tracks === null ? null : "tracks";
}

export async function loadSound(
  recording: Recording,
  kind: SoundKind,
  file: (url: string) => Promise<Blob>,
): Promise<Sound> {
  if (kind === "wave" && recording.wav_url !== null) {
    const element = await ready(await file(recording.wav_url));
    return new WaveSound(element);
  }
  const tracks = await Promise.all(
    recording.tracks.map(async ({ side, url }) => ({
      side: side as Side,
      element: await ready(await file(url)),
      offsetMs: side === "user" ? (recording.clock?.offset_ms ?? 0) : 0,
    })),
  );
  return new TrackSound(tracks);
}

/** An element that knows how long it is. */
function ready(blob: Blob): Promise<HTMLAudioElement> {
  const element = document.createElement("audio");
  element.preload = "auto";
  element.dataset.testid = "sound";
  element.preservesPitch = true;
  return new Promise((resolve, reject) => {
    element.addEventListener("loadedmetadata", () => resolve(element), { once: true });
    element.addEventListener("error", () => reject(new Error("the browser cannot play this sound")), { once: true });
    element.src = URL.createObjectURL(blob);
  });
}

function dispose(element: HTMLAudioElement): void {
  element.pause();
  URL.revokeObjectURL(element.src);
  element.removeAttribute("src");
  element.remove();
}

/** Both sides in one file; each has a volume of its own, and both are heard in both ears. */
class WaveSound implements Sound {
  readonly elements: readonly HTMLAudioElement[];
  private context: AudioContext | null = null;
  private readonly gains = new Map<Side, GainNode>();
  private readonly muted = new Map<Side, boolean>();

  constructor(private readonly element: HTMLAudioElement) {
    this.elements = [element];
  }

  positionMs(): number {
    return this.element.currentTime * 1_000;
  }

  seek(ms: number): void {
    this.element.currentTime = ms / 1_000;
  }

  async play(): Promise<void> {
    // Not waited for: without a loudspeaker some browsers never say that it goes on, and play all the same.
    this.connect()
      .resume()
      .catch(() => undefined);
    await this.element.play();
  }

  pause(): void {
    this.element.pause();
  }

  setRate(rate: number): void {
    this.element.playbackRate = rate;
  }

  setMuted(side: Side, muted: boolean): void {
    this.muted.set(side, muted);
    const gain = this.gains.get(side);
    if (gain) gain.gain.value = muted ? 0 : 1;
  }

  onEnded(listener: () => void): void {
    this.element.addEventListener("ended", listener);
  }

  close(): void {
    dispose(this.element);
    void this.context?.close();
  }

  /** Only when it is to be heard: before somebody pressed something a browser gives no sound anyway. */
  private connect(): AudioContext {
    if (this.context !== null) return this.context;
    const context = new AudioContext();
    const split = context.createChannelSplitter(2);
    context.createMediaElementSource(this.element).connect(split);
    SIDES.forEach((side, channel) => {
      const gain = context.createGain();
      gain.gain.value = this.muted.get(side) ? 0 : 1;
      split.connect(gain, channel).connect(context.destination);
      this.gains.set(side, gain);
    });
    this.context = context;
    return context;
  }
}

interface Track {
  side: Side;
  element: HTMLAudioElement;
  /** By how much it begins later than the recording's clock. */
  offsetMs: number;
}

/** Two files in step: the longer one leads. */
class TrackSound implements Sound {
  readonly elements: readonly HTMLAudioElement[];
  private readonly leader: Track;
  private playing = false;

  constructor(private readonly tracks: readonly Track[]) {
    this.elements = tracks.map(({ element }) => element);
    const [first] = [...tracks].sort((a, b) => b.element.duration - a.element.duration);
    if (first === undefined) throw new Error("a recording without tracks");
    this.leader = first;
    this.leader.element.addEventListener("timeupdate", () => this.align());
  }

  positionMs(): number {
    return this.leader.element.currentTime * 1_000 + this.leader.offsetMs;
  }

  seek(ms: number): void {
    for (const { element, offsetMs } of this.tracks) element.currentTime = Math.max(0, ms - offsetMs) / 1_000;
  }

  async play(): Promise<void> {
    this.playing = true;
    await Promise.all(this.tracks.filter((track) => !this.isOver(track)).map(({ element }) => element.play()));
    this.align();
  }

  pause(): void {
    this.playing = false;
    for (const { element } of this.tracks) element.pause();
  }

  setRate(rate: number): void {
    for (const { element } of this.tracks) element.playbackRate = rate;
  }

  setMuted(side: Side, muted: boolean): void {
    for (const track of this.tracks) if (track.side === side) track.element.muted = muted;
  }

  onEnded(listener: () => void): void {
    this.leader.element.addEventListener("ended", listener);
  }

  close(): void {
    this.tracks.forEach(({ element }) => dispose(element));
  }

  private align(): void {
    const atMs = this.positionMs();
    for (const track of this.tracks) {
      if (track === this.leader || track.element.seeking) continue;
      const apartMs = Math.abs(track.element.currentTime * 1_000 + track.offsetMs - atMs);
      if (apartMs > STEP_MS) track.element.currentTime = Math.max(0, atMs - track.offsetMs) / 1_000;
      if (this.playing && track.element.paused && !this.isOver(track))
        void track.element.play().catch(() => undefined);
    }
  }

  private isOver({ element, offsetMs }: Track): boolean {
    return this.positionMs() - offsetMs >= element.duration * 1_000 - STEP_MS;
  }
}
