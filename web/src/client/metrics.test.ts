import { describe, expect, it } from "vitest";
import { type Histogram, histogramIncrease, histogramSum, increase, parseMetrics, quantile, rate } from "./metrics";

const BODY = `# HELP viva_sessions Live sessions
# TYPE viva_sessions gauge
viva_sessions 3

# TYPE viva_http_requests_total counter
viva_http_requests_total{route="/health",status="200"} 7
viva_http_requests_total{route="/health",status="503"} 1 1700000000000
viva_http_requests_total{route="other",status="404"} 2e1
# TYPE viva_delay_seconds histogram
viva_delay_seconds_bucket{le="0.01"} 50
viva_delay_seconds_bucket{le="0.1"} 90
viva_delay_seconds_bucket{le="+Inf"} 100
viva_delay_seconds_sum 4.5
viva_delay_seconds_count 100
# TYPE viva_wait summary
viva_wait{quantile="0.5"} NaN
viva_wait_sum -0.25
viva_limit +Inf
`;

describe("parseMetrics", () => {
  it("reads gauges, counters with labels, histograms and summaries", () => {
    const metrics = parseMetrics(BODY);
    expect(metrics.leftOut).toBe(0);
    expect(metrics.typeOf("viva_sessions")).toBe("gauge");
    expect(metrics.typeOf("viva_wait")).toBe("summary");
    expect(metrics.sum("viva_sessions")).toBe(3);
    expect(metrics.sum("viva_http_requests_total")).toBe(28);
    expect(metrics.sum("viva_http_requests_total", { status: ["503", "404"] })).toBe(21);
    expect(metrics.sum("viva_http_requests_total", { status: /^5/ })).toBe(1);
    expect([...metrics.by("viva_http_requests_total", "route")]).toEqual([
      ["/health", 8],
      ["other", 20],
    ]);
    expect(metrics.histogram("viva_delay_seconds")).toEqual({
      buckets: [
        { upTo: 0.01, count: 50 },
        { upTo: 0.1, count: 90 },
        { upTo: Number.POSITIVE_INFINITY, count: 100 },
      ],
      sum: 4.5,
      count: 100,
    });
    expect(metrics.all("viva_wait")[0]?.value).toBeNaN();
    expect(metrics.sum("viva_wait_sum")).toBe(-0.25);
  });

  it("tells nothing from 0, and infinity from a number", () => {
    const metrics = parseMetrics(BODY);
    expect(metrics.sum("viva_unheard_of")).toBeNull();
    expect(metrics.sum("viva_sessions", { kind: "none" })).toBeNull();
    expect(metrics.sum("viva_limit")).toBeNull();
    expect(metrics.sum("viva_wait")).toBeNull();
    expect(metrics.histogram("viva_sessions")).toBeNull();
  });

  it("reads escapes in labels, braces and commas among them", () => {
    const [sample] = parseMetrics('a{x="say \\"hi\\", {you}\\\\",y="two\\nlines",} 1').all("a");
    expect([...(sample?.labels ?? [])]).toEqual([
      ["x", 'say "hi", {you}\\'],
      ["y", "two\nlines"],
    ]);
  });

  it.each([
    "<html>",
    "viva_sessions",
    "viva_sessions three",
    "viva_sessions 0x10",
    "viva_sessions 1 2 3",
    "viva_sessions{ 1",
    'viva_sessions{a="1" 1',
    'viva_sessions{a="\\x"} 1',
    'viva_sessions{a="1",a="2"} 1',
    'viva_sessions{a="1";b="2"} 1',
    "9lives 9",
    "viva_sessions{__proto__} 1",
    "{} 1",
    `viva_sessions{a="${"x".repeat(10_000)}"} 1`,
  ])("leaves out %j", (line) => {
    const metrics = parseMetrics(`${line}\nviva_after 1\n`);
    expect(metrics.names).toEqual(["viva_after"]);
    expect(metrics.leftOut).toBe(1);
  });

  it("keeps names as data: a hostile one changes nothing", () => {
    const metrics = parseMetrics('__proto__ 1\nconstructor{__proto__="a",toString="b"} 2\n');
    expect(metrics.sum("constructor", { toString: "b" })).toBe(2);
    expect([...metrics.by("constructor", "__proto__")]).toEqual([["a", 2]]);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
    expect(metrics.sum("toString")).toBeNull();
  });

  it("is bounded: what is too much is left out and counted", () => {
    const many = Array.from({ length: 20_010 }, (_, index) => `m${index % 7} ${index}`).join("\n");
    const metrics = parseMetrics(many);
    expect(metrics.names).toHaveLength(7);
    expect(metrics.leftOut).toBe(10);
    const labels = Array.from({ length: 40 }, (_, index) => `l${index}="x"`).join(",");
    expect(parseMetrics(`a{${labels}} 1`).leftOut).toBe(1);
    expect(parseMetrics("a 1\n".repeat(600_000)).all("a").length).toBeLessThanOrEqual(20_000);
  });

  it("takes no histogram whose buckets cannot be", () => {
    expect(parseMetrics('h_bucket{le="1"} 5\nh_bucket{le="+Inf"} 4').histogram("h")).toBeNull();
    expect(parseMetrics('h_bucket{le="1"} 5').histogram("h")).toBeNull();
    expect(parseMetrics('h_bucket{le="x"} 5\nh_bucket{le="+Inf"} NaN').histogram("h")).toBeNull();
  });
});

function histogram(...counts: [number, number, number]): Histogram {
  const bounds = [0.01, 0.1, Number.POSITIVE_INFINITY];
  const buckets = bounds.map((upTo, index) => ({ upTo, count: counts[index] ?? 0 }));
  return { buckets, sum: 1, count: counts[2] };
}

describe("what changed between two looks", () => {
  it("is the difference, all of it after a restart, and all of it for a counter that is new", () => {
    expect(increase(10, 25)).toBe(15);
    expect(increase(10, 4)).toBe(4);
    expect(increase(null, 4)).toBe(4);
    expect(increase(10, null)).toBeNull();
  });

  it("is the same for histograms", () => {
    expect(histogramIncrease(histogram(5, 9, 10), histogram(15, 20, 30))?.buckets.map(({ count }) => count)).toEqual([
      10, 11, 20,
    ]);
    const anew = histogram(1, 2, 3);
    expect(histogramIncrease(histogram(5, 9, 10), anew)).toBe(anew);
    expect(histogramIncrease(null, anew)).toBe(anew);
    // Grown in all, but smaller in a bucket: another process that was busier.
    const busier = histogram(1, 30, 40);
    expect(histogramIncrease(histogram(5, 9, 10), busier)).toBe(busier);
    expect(histogramSum(anew, histogram(1, 1, 1))?.buckets.map(({ count }) => count)).toEqual([2, 3, 4]);
  });

  it("gives a rate only where time passed", () => {
    expect(rate(15, 5_000)).toBe(3);
    expect(rate(15, 0)).toBeNull();
    expect(rate(15, -5)).toBeNull();
    expect(rate(null, 5_000)).toBeNull();
  });
});

describe("quantile", () => {
  it("lies within its bucket", () => {
    expect(quantile(histogram(50, 100, 100), 0.5)).toEqual({ value: 0.01, isAtLeast: false });
    expect(quantile(histogram(50, 100, 100), 0.75)?.value).toBeCloseTo(0.055);
    expect(quantile(histogram(50, 100, 100), 0.25)?.value).toBeCloseTo(0.005);
  });

  it("says when it is beyond the last bound, and nothing about nothing", () => {
    expect(quantile(histogram(50, 90, 100), 0.95)).toEqual({ value: 0.1, isAtLeast: true });
    expect(quantile(histogram(0, 0, 0), 0.5)).toBeNull();
    expect(quantile(null, 0.5)).toBeNull();
    expect(quantile(histogram(1, 2, 3), Number.NaN)).toBeNull();
  });
});
