/** How the time that is left is told: calmly in minutes, in seconds only at the very end. */

export type TimeLeftWords = { unit: "minutes" | "seconds"; count: number } | { unit: "over" };

const MINUTE_MS = 60_000;

export function timeLeftWords(leftMs: number): TimeLeftWords {
  if (leftMs <= 0) return { unit: "over" };
  if (leftMs <= MINUTE_MS) return { unit: "seconds", count: Math.ceil(leftMs / 1000) };
  return { unit: "minutes", count: Math.ceil(leftMs / MINUTE_MS) };
}

/** Said aloud when this many minutes are left, and not before or after. */
const ANNOUNCED_MINUTES = [5, 1] as const;
/** Whoever comes back later than this after the moment is not told of it any more. */
const ANNOUNCED_FOR_MS = 10_000;

/** The minutes to announce now; null most of the time. */
export function announcedMinutes(leftMs: number): (typeof ANNOUNCED_MINUTES)[number] | null {
  const due = ANNOUNCED_MINUTES.find(
    (minutes) => leftMs <= minutes * MINUTE_MS && leftMs > minutes * MINUTE_MS - ANNOUNCED_FOR_MS,
  );
  return due ?? null;
}
