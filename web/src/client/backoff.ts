/** Waiting times between attempts: doubling from half a second to ten, each spread over its upper half. */

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * Milliseconds to wait before attempt `attempt` (0 is the first retry). `random` is in [0, 1).
 * A wait that the server asked for is the least that is waited.
 */
export function backoffMs(attempt: number, random: number, serverAskedMs: number | null = null): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.max(Math.round(full / 2 + (full / 2) * random), serverAskedMs ?? 0);
}
