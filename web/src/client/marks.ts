/**
 * Tone marks: short bursts sent through a connection and found in what comes back. When they left and when they came
 * back are on the same audio clock, so that their distance is the delay of the voice, with nothing left out.
 */

export const MARK_HZ = 1_000;
export const MARK_MS = 60;
/** Distances between the marks are all different: which burst is which shows even when they come back very late. */
export const MARK_TIMES_MS: readonly number[] = [0, 260, 670, 1_000, 1_520];

/** Long enough for five waves of the tone. */
const STEP_MS = 5;
/** A burst is sent at 0.4; noise and other sounds have less than this at its frequency. */
const LOUD = 0.08;
const QUIET = 0.03;
/** A burst heard twice, in windows that overlap. */
const SAME_MS = 40;
/** How far a returned mark may be off: jitter buffers stretch and shorten what they play. */
const TOLERANCE_MS = 45;
const LONGEST_DELAY_MS = 2_500;
/** With fewer marks found, chance could be at work. */
const MARKS_NEEDED = 3;

/** Amplitude of the tone at `hz` in each step of `STEP_MS` (the algorithm of Goertzel). */
export function toneLevels(samples: Float32Array, sampleRate: number, hz = MARK_HZ): number[] {
  const length = Math.round((sampleRate * STEP_MS) / 1000);
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  const levels: number[] = [];
  for (let start = 0; start + length <= samples.length; start += length) {
    let before = 0;
    let last = 0;
    for (let index = start; index < start + length; index += 1) {
      const next = (samples[index] ?? 0) + coefficient * last - before;
      before = last;
      last = next;
    }
    const power = last * last + before * before - coefficient * last * before;
    levels.push((2 * Math.sqrt(Math.max(0, power))) / length);
  }
  return levels;
}

/** When bursts begin, in milliseconds from the first level. What is loud from the start began before. */
export function burstOnsets(levels: readonly number[], stepMs = STEP_MS): number[] {
  const onsets: number[] = [];
  let quiet = false;
  levels.forEach((level, index) => {
    if (level < QUIET) quiet = true;
    if (level <= LOUD || !quiet) return;
    // The first step above the noise belongs to it: the burst reaches its full height only in the next.
    const before = levels[index - 1] ?? 0;
    onsets.push((before >= QUIET ? index - 1 : index) * stepMs);
    quiet = false;
  });
  return onsets;
}

/** Adds onsets to those that are known; one that was found in two windows counts once. */
export function mergeOnsets(known: readonly number[], found: readonly number[]): number[] {
  const fresh = found.filter((onset) => !known.some((other) => Math.abs(other - onset) < SAME_MS));
  return [...known, ...fresh].sort((a, b) => a - b);
}

/** The delay that explains most marks, in milliseconds; null where too few came back. */
export function delayOf(sent: readonly number[], heard: readonly number[]): number | null {
  let best: number[] = [];
  for (const onset of heard) {
    for (const mark of sent) {
      const delay = onset - mark;
      if (delay < 0 || delay > LONGEST_DELAY_MS) continue;
      const matched = matches(sent, heard, delay);
      if (matched.length > best.length) best = matched;
    }
  }
  if (best.length < Math.min(MARKS_NEEDED, sent.length)) return null;
  return Math.round(median(best));
}

function matches(sent: readonly number[], heard: readonly number[], delay: number): number[] {
  return sent.flatMap((mark) => {
    const off = (onset: number): number => Math.abs(onset - mark - delay);
    const near = heard.filter((onset) => off(onset) <= TOLERANCE_MS).sort((a, b) => off(a) - off(b));
    return near[0] === undefined ? [] : [near[0] - mark];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
