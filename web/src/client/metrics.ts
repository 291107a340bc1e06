/**
 * What `/metrics` says: the Prometheus text format (0.0.4), read without trust. A line that cannot be read is left out
 * and counted; names never become properties; what is kept is bounded. Pure: no clock, no network.
 */

const CHARACTERS_MAX = 2_000_000;
const LINE_MAX = 8_192;
const SAMPLES_MAX = 20_000;
const LABELS_MAX = 32;

export type MetricType = "counter" | "gauge" | "histogram" | "summary" | "untyped";

export interface Sample {
  labels: ReadonlyMap<string, string>;
  value: number;
}

/** Part of the labels, which a sample must have with this value, one of these values, or a value like this. */
export type Where = Readonly<Record<string, string | readonly string[] | RegExp>>;

/** One bucket: how many observations were at most `upTo`. */
export interface Bucket {
  upTo: number;
  count: number;
}

/** Buckets from small to large, cumulative; the last is `upTo: Infinity`. */
export interface Histogram {
  buckets: readonly Bucket[];
  sum: number;
  count: number;
}

const TYPES: ReadonlySet<string> = new Set(["counter", "gauge", "histogram", "summary", "untyped"]);

/** One look at the metrics. */
export class Metrics {
  constructor(
    private readonly samples: ReadonlyMap<string, readonly Sample[]>,
    private readonly types: ReadonlyMap<string, MetricType>,
    /** Lines that could not be read, or were too many. */
    readonly leftOut: number,
  ) {}

  get names(): string[] {
    return [...this.samples.keys()];
  }

  typeOf(name: string): MetricType {
    return this.types.get(name) ?? "untyped";
  }

  has(name: string): boolean {
    return this.samples.has(name);
  }

  all(name: string): readonly Sample[] {
    return this.samples.get(name) ?? [];
  }

  /** The sum of the samples that match; `null` where there is none, or one is no number. */
  sum(name: string, where: Where = {}): number | null {
    const found = this.all(name).filter((sample) => matches(sample, where));
    if (found.length === 0) return null;
    const total = found.reduce((sum, { value }) => sum + value, 0);
    return Number.isFinite(total) ? total : null;
  }

  /** Sums by the values of one label, in the order in which they came. */
  by(name: string, label: string, where: Where = {}): Map<string, number> {
    const sums = new Map<string, number>();
    for (const sample of this.all(name)) {
      const value = sample.labels.get(label);
      if (value === undefined || !Number.isFinite(sample.value) || !matches(sample, where)) continue;
      sums.set(value, (sums.get(value) ?? 0) + sample.value);
    }
    return sums;
  }

  /** All histograms of that name that match, added up; `null` where there is none. */
  histogram(name: string, where: Where = {}): Histogram | null {
    const sums = new Map<number, number>();
    for (const sample of this.all(`${name}_bucket`)) {
      const upTo = numberOf(sample.labels.get("le") ?? "");
      if (upTo === null || Number.isNaN(upTo) || !isCount(sample.value) || !matches(sample, where)) continue;
      sums.set(upTo, (sums.get(upTo) ?? 0) + sample.value);
    }
    const buckets = [...sums].sort(([a], [b]) => a - b).map(([upTo, count]) => ({ upTo, count }));
    const last = buckets.at(-1);
    if (last === undefined || last.upTo !== Number.POSITIVE_INFINITY || !isCumulative(buckets)) return null;
    return { buckets, sum: this.sum(`${name}_sum`, where) ?? Number.NaN, count: last.count };
  }
}

/** Reads a body of `/metrics`. */
export function parseMetrics(text: string): Metrics {
  const samples = new Map<string, Sample[]>();
  const types = new Map<string, MetricType>();
  let [kept, leftOut] = [0, 0];
  for (const line of text.slice(0, CHARACTERS_MAX).split("\n")) {
    const trimmed = line.trim();
    if (trimmed === "") continue;
    if (trimmed.startsWith("#")) {
      const [, word, name = "", type = ""] = trimmed.split(/\s+/, 4);
      if (word === "TYPE" && TYPES.has(type) && types.size < SAMPLES_MAX) types.set(name, type as MetricType);
      continue;
    }
    const read = kept < SAMPLES_MAX && trimmed.length <= LINE_MAX ? parseSample(trimmed) : null;
    if (read === null) {
      leftOut += 1;
      continue;
    }
    const others = samples.get(read.name);
    if (others === undefined) samples.set(read.name, [read.sample]);
    else others.push(read.sample);
    kept += 1;
  }
  return new Metrics(samples, types, leftOut);
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
/** A label, its value in quotes with `\\`, `\"` and `\n`, and what separates it from the next. */
const LABEL = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\["\\n])*)"\s*(,?)/;
/** The value, and a time that nobody needs. */
const VALUE = /^\s*(\S+)(?:\s+-?\d+)?$/;

function parseSample(line: string): { name: string; sample: Sample } | null {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let rest = line.slice(name.length).trimStart();
  const labels = new Map<string, string>();
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    for (let more = true; more;) {
      const label = LABEL.exec(rest);
      if (label === null) break;
      const [whole, key = "", value = "", comma] = label;
      if (labels.has(key) || labels.size >= LABELS_MAX) return null;
      labels.set(key, unescaped(value));
      rest = rest.slice(whole.length);
      more = comma === ",";
    }
    rest = rest.trimStart();
    if (!rest.startsWith("}")) return null;
    rest = rest.slice(1);
  } else if (rest.length + name.length === line.length) {
    // Neither labels nor a space before the value.
    return null;
  }
  const value = numberOf(VALUE.exec(rest)?.[1] ?? "");
  return value === null ? null : { name, sample: { labels, value } };
}

function unescaped(value: string): string {
  return value.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

/** A number as Go writes it; `null` for anything else. */
function numberOf(text: string): number | null {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  if (text === "NaN") return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}

function matches({ labels }: Sample, where: Where): boolean {
  return Object.entries(where).every(([label, wanted]) => {
    const value = labels.get(label);
    if (value === undefined) return false;
    if (wanted instanceof RegExp) return wanted.test(value);
    return typeof wanted === "string" ? value === wanted : wanted.includes(value);
  });
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function isCumulative(buckets: readonly Bucket[]): boolean {
  return buckets.every(({ count }, index) => index === 0 || count >= (buckets[index - 1]?.count ?? 0));
}

/**
 * By how much a counter grew between two looks. One that is smaller than before began anew with its process, so all of
 * it is new; one that was not there before was 0: a counter appears when it first counts.
 */
export function increase(before: number | null, after: number | null): number | null {
  if (after === null) return null;
  return before === null || after < before ? after : after - before;
}

/** The same for a histogram, bucket by bucket. */
export function histogramIncrease(before: Histogram | null, after: Histogram | null): Histogram | null {
  if (after === null || before === null || after.count < before.count) return after;
  const earlier = new Map(before.buckets.map(({ upTo, count }) => [upTo, count]));
  const buckets = after.buckets.map(({ upTo, count }) => ({ upTo, count: count - (earlier.get(upTo) ?? 0) }));
  // Other bounds, or counts that cannot be: this is another histogram.
  if (buckets.some(({ count }) => count < 0) || !isCumulative(buckets)) return after;
  return { buckets, sum: after.sum - before.sum, count: after.count - before.count };
}

/** Two histograms with the same bounds as one; the second where they differ. */
export function histogramSum(one: Histogram | null, two: Histogram | null): Histogram | null {
  if (one === null || two === null) return two ?? one;
  const isAlike = one.buckets.length === two.buckets.length;
  if (!isAlike || one.buckets.some(({ upTo }, index) => upTo !== two.buckets[index]?.upTo)) return two;
  const buckets = one.buckets.map(({ upTo, count }, index) => ({
    upTo,
    count: count + (two.buckets[index]?.count ?? 0),
  }));
  return { buckets, sum: one.sum + two.sum, count: one.count + two.count };
}

/** A value below which a share of the observations lies. `isAtLeast`: it is beyond the last bound. */
export interface Quantile {
  value: number;
  isAtLeast: boolean;
}

/** The quantile `share` (0 to 1), interpolated within its bucket as Prometheus does; `null` where nothing was seen. */
export function quantile(histogram: Histogram | null, share: number): Quantile | null {
  if (histogram === null || histogram.count <= 0 || !(share >= 0 && share <= 1)) return null;
  const rank = share * histogram.count;
  const index = histogram.buckets.findIndex(({ count }) => count >= rank && count > 0);
  const bucket = histogram.buckets[index];
  if (bucket === undefined) return null;
  const below = index === 0 ? { upTo: Math.min(0, bucket.upTo), count: 0 } : histogram.buckets[index - 1];
  if (below === undefined) return null;
  if (!Number.isFinite(bucket.upTo)) {
    return Number.isFinite(below.upTo) && index > 0 ? { value: below.upTo, isAtLeast: true } : null;
  }
  const inside = bucket.count - below.count;
  const part = inside === 0 ? 1 : (rank - below.count) / inside;
  return { value: below.upTo + (bucket.upTo - below.upTo) * part, isAtLeast: false };
}

/** Observations a second; `null` for a time that did not pass. */
export function rate(grown: number | null, elapsedMs: number): number | null {
  return grown === null || !(elapsedMs > 0) ? null : (grown * 1000) / elapsedMs;
}
