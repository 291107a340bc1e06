import { describe, expect, it } from "vitest";
import { parseMetrics } from "../../client/metrics";
import { type Facts, factsOf } from "./facts";
import { snapshot, withoutIds } from "./snapshot";
import type { Answers, Problem } from "./source";
import { judge } from "./verdict";

const NOW_MS = Date.parse("2026-11-21T10:00:00Z");

function facts(before: string, after: string, answers: Partial<Answers> = {}): Facts {
  const looks = [
    { atMs: NOW_MS - 5_000, metrics: parseMetrics(before) },
    { atMs: NOW_MS, metrics: parseMetrics(after) },
  ];
  const nothing = {
    health: null,
    interview: null,
    ready: true,
    problems: null,
    live: null,
    ended: null,
    usage: null,
  };
  return factsOf({ atMs: NOW_MS, metrics: null, ...nothing, ...answers }, looks);
}

function problem(area: string, level: "warn" | "error", minutesAgo: number): Problem {
  const at = new Date(NOW_MS - minutesAgo * 60_000).toISOString();
  return { at, first_at: at, level, area, message: `of ${area}`, count: 1 };
}

const ids = (judged: Facts): string[] => judge(judged).reasons.map(({ id }) => id);

describe("judge", () => {
  it("is well while nothing happened, whatever happened before the page was opened", () => {
    const text = 'viva_store_failures_total 4\nviva_mail_total{outcome="refused"} 2';
    expect(judge(facts(text, text))).toEqual({ level: "well", reasons: [] });
  });

  it("tells what failed lately, trouble first, with how often", () => {
    const after = 'viva_store_failures_total 2\nviva_mail_total{outcome="refused"} 3';
    expect(judge(facts("", after))).toEqual({
      level: "trouble",
      reasons: [
        { id: "storeFailures", level: "trouble", count: 2, section: null },
        { id: "mailFailed", level: "attention", count: 3, section: null },
      ],
    });
  });

  it("is in trouble when no key is left, and attentive when one is not", () => {
    const health = (index: number, state: string, is: number): string =>
      `viva_provider_key{key="${index}",state="${state}"} ${is}\n`;
    const key = (index: number, good: number): string => health(index, "good", good) + health(index, "out", 1 - good);
    const out = key(0, 0) + key(1, 0);
    expect(ids(facts(out, out))).toEqual(["keysOut"]);
    const half = key(0, 0) + key(1, 1);
    expect(judge(facts(half, half)).reasons).toMatchObject([{ id: "someKeysOut", count: 1 }]);
    const good = key(0, 1) + key(1, 1);
    expect(ids(facts(good, good))).toEqual([]);
  });

  it("takes a little voice at the end of a call for nothing, and seconds of it for trouble with the engine", () => {
    expect(ids(facts("viva_uplink_dropped_total 0", "viva_uplink_dropped_total 10"))).toEqual([]);
    expect(ids(facts("viva_uplink_dropped_total 0", "viva_uplink_dropped_total 300"))).toEqual(["voiceNotTaken"]);
  });

  it("hears of the engine from interviews that it ended, and from problems of the last quarter of an hour", () => {
    const ended = [{ end_reason: "engine_failed", ended_at: new Date(NOW_MS - 60_000).toISOString() }];
    expect(judge(facts("", "", { ended }))).toMatchObject({ level: "trouble", reasons: [{ id: "engineFailed" }] });
    const problems = {
      problems: [problem("realtime", "warn", 1), problem("store", "error", 1), problem("mail", "warn", 1)],
      dropped: 0,
    };
    expect(ids(facts("", "", { problems }))).toEqual(["engineProblems", "otherErrors"]);
    const old = { problems: [problem("realtime", "error", 20), problem("store", "error", 16)], dropped: 0 };
    expect(ids(facts("", "", { problems: old }))).toEqual([]);
  });

  it("minds loss, lateness and a full server by their limits", () => {
    const frames = (normal: number, plc: number): string =>
      `viva_uplink_frames_total{kind="normal"} ${normal}\nviva_uplink_frames_total{kind="plc"} ${plc}\n`;
    expect(ids(facts(frames(0, 0), frames(96, 4)))).toEqual([]);
    expect(ids(facts(frames(0, 0), frames(90, 10)))).toEqual(["concealed"]);
    const late = (slow: number): string =>
      `viva_pace_lateness_seconds_bucket{le="0.01"} ${100 - slow}\nviva_pace_lateness_seconds_bucket{le="0.1"} 100
viva_pace_lateness_seconds_bucket{le="+Inf"} 100\n`;
    const none = late(0).replaceAll("100", "0");
    expect(ids(facts(none, late(2)))).toEqual([]);
    expect(ids(facts(none, late(40)))).toEqual(["paceLate"]);
    const interview = { active_sessions: 9, models: [], engine: "builtin" } as unknown as Answers["interview"];
    expect(ids(facts("", "viva_sessions_max 10", { interview }))).toEqual(["full"]);
    expect(ids(facts("", "viva_sessions_max 100", { interview }))).toEqual([]);
    expect(ids(facts("", "", { ready: false }))).toEqual(["draining"]);
  });
});

describe("snapshot", () => {
  it("holds the figures and the verdict, and nothing that names or opens anything", () => {
    const message = "session ses_hxpndcrneov52wwtll4vqn5obo of jane@example.org at 10.1.2.3 with sk-test-123456789";
    const problems = { problems: [{ ...problem("realtime", "warn", 1), message }], dropped: 0 };
    const copied = snapshot(facts("", "viva_store_failures_total 1", { problems }));
    expect(JSON.parse(copied)).toMatchObject({
      verdict: { level: "trouble" },
      counters: { storeFailures: { recent: 1, total: 1 } },
      problems: { problems: [{ message: "session [id] of [address] at [host] with [secret]" }] },
    });
    expect(withoutIds("ffffffff-0000-4000-8000-000000000000")).toBe("[id]");
    expect(withoutIds("took 1200 ms, 3 times")).toBe("took 1200 ms, 3 times");
  });
});
