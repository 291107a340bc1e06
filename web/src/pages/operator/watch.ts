/** Looks at the server again and again, and keeps what the charts and the recent figures need. No DOM. */
import { concealedRatio, type Facts, Span, WINDOW_MS, factsOf, spread } from "./facts";
import { type Answers, type Look, type Refusal, RefusedError } from "./source";

/** One moment of the charts; `null` where nothing is known. */
export interface Point {
  atMs: number;
  live: number | null;
  concealed: number | null;
  pace_ms: number | null;
  requests: number | null;
}

export interface WatchState {
  facts: Facts | null;
  points: readonly Point[];
  /** Of the last answer. */
  answeredAtMs: number | null;
  /** Since then the server does not answer. */
  silentSinceMs: number | null;
  refusal: Refusal | null;
  isPaused: boolean;
  intervalMs: number;
}

export const INTERVALS_MS = [2_000, 5_000, 15_000, 60_000] as const;
/** What the charts look back on. */
export const HISTORY_MS = 30 * 60_000;
const FIRST_INTERVAL_MS = 5_000;
const LONGEST_WAIT_MS = 30_000;
/** The window is seen through looks so far apart, and the last: each costs time with every round. */
const LOOKS_APART_MS = 10_000;
const POINTS_MAX = 1_000;

interface Asking {
  look(): Promise<Answers>;
  forget(): void;
}

export class StatusWatch {
  private looks: Look[] = [];
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** Counts up with each start and stop, so that an answer to who asked before is not taken. */
  private run = 0;
  private isRunning = false;
  private isLooking = false;
  private current: WatchState = {
    facts: null,
    points: [],
    answeredAtMs: null,
    silentSinceMs: null,
    refusal: null,
    isPaused: false,
    intervalMs: FIRST_INTERVAL_MS,
  };

  constructor(
    private readonly source: Asking,
    private readonly now = Date.now,
  ) {}

  readonly state = (): WatchState => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The page is seen. */
  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    if (!this.current.isPaused) this.lookNow();
  }

  /** The page is hidden or gone. */
  stop(): void {
    this.isRunning = false;
    this.halt();
  }

  pause(isPaused: boolean): void {
    this.change({ isPaused });
    if (isPaused) this.halt();
    else if (this.isRunning) this.lookNow();
  }

  every(intervalMs: number): void {
    this.change({ intervalMs });
    if (this.isRunning && !this.current.isPaused && !this.isLooking) this.lookAfter(intervalMs);
  }

  /** Somebody else asks: what was known was not theirs. */
  forget(): void {
    this.halt();
    this.source.forget();
    [this.looks, this.failures] = [[], 0];
    this.change({ facts: null, points: [], answeredAtMs: null, silentSinceMs: null, refusal: null });
    if (this.isRunning && !this.current.isPaused) this.lookNow();
  }

  lookNow(): void {
    if (this.isLooking) return;
    clearTimeout(this.timer);
    void this.look();
  }

  private async look(): Promise<void> {
    const run = this.run;
    this.isLooking = true;
    try {
      const answers = await this.source.look();
      if (run === this.run) this.take(answers);
    } catch (error) {
      if (run === this.run) this.miss(error);
    }
    if (run !== this.run) return;
    this.isLooking = false;
    // A refused page asks again when it is given another key.
    if (!this.isRunning || this.current.isPaused || this.current.refusal !== null) return;
    this.lookAfter(Math.max(this.current.intervalMs, this.failures === 0 ? 0 : this.waitMs()));
  }

  private waitMs(): number {
    return Math.min(LONGEST_WAIT_MS, FIRST_INTERVAL_MS * 2 ** Math.min(this.failures - 1, 8));
  }

  private take(answers: Answers): void {
    this.failures = 0;
    const nowMs = this.now();
    const last = this.looks.at(-1);
    const look = answers.metrics === null ? [] : [{ atMs: answers.atMs, metrics: answers.metrics }];
    const points = this.pointsWith(pointOf(answers, last === undefined ? look : [last, ...look]));
    this.looks = thinned(this.looks, nowMs).concat(look);
    const facts = factsOf(answers, this.looks);
    this.change({ facts, points, answeredAtMs: nowMs, silentSinceMs: null, refusal: null });
  }

  private miss(error: unknown): void {
    if (error instanceof RefusedError) {
      this.looks = [];
      this.change({ facts: null, points: [], silentSinceMs: null, refusal: error.refusal });
      return;
    }
    this.failures += 1;
    const atMs = this.now();
    const unknown = { atMs, live: null, concealed: null, pace_ms: null, requests: null };
    const silentSinceMs = this.current.silentSinceMs ?? atMs;
    this.change({ silentSinceMs, points: this.pointsWith(unknown) });
  }

  private pointsWith(point: Point): Point[] {
    const kept = this.current.points.filter(({ atMs }) => point.atMs - atMs <= HISTORY_MS);
    const last = kept.at(-1);
    // A page that was hidden or paused knows nothing about the time between: the line has a gap there.
    const isAfterGap = last !== undefined && point.atMs - last.atMs > 3 * this.current.intervalMs + 1_000;
    const gap: Point[] = isAfterGap
      ? [{ atMs: last.atMs + 1, live: null, concealed: null, pace_ms: null, requests: null }]
      : [];
    return [...kept, ...gap, point].slice(-POINTS_MAX);
  }

  private lookAfter(waitMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), waitMs);
  }

  private halt(): void {
    clearTimeout(this.timer);
    this.run += 1;
    this.isLooking = false;
  }

  private change(next: Partial<WatchState>): void {
    this.current = { ...this.current, ...next };
    this.listeners.forEach((listener) => listener());
  }
}

/** The looks that are young enough, and without the last where it came soon after the one before. */
function thinned(looks: readonly Look[], nowMs: number): Look[] {
  const young = looks.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
  const [before, last] = young.slice(-2);
  const isSoon = before !== undefined && last !== undefined && last.atMs - before.atMs < LOOKS_APART_MS;
  return isSoon ? young.slice(0, -1) : young;
}

/** What happened between two looks. */
export function pointOf({ atMs, interview }: Answers, looks: readonly Look[]): Point {
  const span = new Span(looks);
  const frames = (kind: string): number | null => span.grown("viva_uplink_frames_total", { kind });
  const requests = span.grown("viva_http_requests_total");
  return {
    atMs,
    live: interview?.active_sessions ?? null,
    concealed: concealedRatio(frames("normal"), frames("fec"), frames("plc")),
    pace_ms: spread(span.histogram("viva_pace_lateness_seconds"))?.p95_ms ?? null,
    requests: requests === null || span.ms <= 0 ? null : (requests * 1000) / span.ms,
  };
}
