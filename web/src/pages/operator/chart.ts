/** What a line of the charts says in words and in a table. Pure. */

export interface Value {
  atMs: number;
  value: number | null;
}

export interface Summary {
  now: number | null;
  min: number;
  max: number;
  minutes: number;
}

/** `null` where nothing was measured. `now` is the last value, unless the last moment is unknown. */
export function summaryOf(values: readonly Value[]): Summary | null {
  const known = values.filter(({ value }) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return null;
  const figures = known.map(({ value }) => value ?? 0);
  return {
    now: values.at(-1)?.value ?? null,
    min: Math.min(...figures),
    max: Math.max(...figures),
    minutes: Math.max(1, Math.ceil((last.atMs - first.atMs) / 60_000)),
  };
}

/** One row a minute, newest first: the last value that was known in it. */
export function byMinute(values: readonly Value[], rowsMax = 31): Value[] {
  const rows = new Map<number, Value>();
  for (const { atMs, value } of values) {
    if (value === null) continue;
    const minute = Math.floor(atMs / 60_000);
    rows.set(minute, { atMs, value });
  }
  return [...rows.values()].reverse().slice(0, rowsMax);
}

/** The top of the scale: a round figure that the line does not touch. */
export function ceiling(max: number, least: number): number {
  const top = Math.max(max, least);
  const step = 10 ** Math.floor(Math.log10(top));
  const found = [1, 2, 2.5, 5, 10, 20].map((part) => part * step).find((round) => round >= top * 1.05);
  return found ?? top * 2;
}
