import { describe, expect, it } from "vitest";
import { parseMetrics } from "../../client/metrics";
import { Span, factsOf } from "./facts";
import type { Answers, Look } from "./source";

const START_MS = Date.parse("2026-11-21T10:00:00Z");

function look(text: string, afterMs: number): Look {
  return { atMs: START_MS + afterMs, metrics: parseMetrics(text) };
}

const NOTHING: Answers = {
  atMs: START_MS,
  metrics: null,
  health: null,
  interview: null,
  ready: null,
  problems: null,
  ended: null,
  usage: null,
};

const FRAMES = (normal: number, fec: number, plc: number): string =>
  `viva_uplink_frames_total{kind="normal"} ${normal}
viva_uplink_frames_total{kind="fec"} ${fec}
viva_uplink_frames_total{kind="plc"} ${plc}
viva_uplink_frames_total{kind="dtx"} 999999
`;

const DELAY = (fast: number, all: number): string =>
  `viva_pace_lateness_seconds_bucket{le="0.01"} ${fast}
viva_pace_lateness_seconds_bucket{le="0.1"} ${all}
viva_pace_lateness_seconds_bucket{le="+Inf"} ${all}
`;

describe("factsOf", () => {
  it("knows nothing where nothing was said, and says so with null", () => {
    const facts = factsOf(NOTHING, []);
    expect(facts.sessions).toEqual({
      live: null,
      most: null,
      by_status: null,
      ended: null,
      engine_failed_lately: null,
      watchers: null,
    });
    expect([facts.version, facts.ready, facts.turn, facts.rooms, facts.concealed_ratio]).toEqual(Array(5).fill(null));
    expect(Object.values(facts.counters)).toSatisfy((all: { recent: null; total: null }[]) =>
      all.every(({ recent, total }) => recent === null && total === null),
    );
    expect(facts.process).toEqual({ cpu_ratio: null, memory_bytes: null });
  });

  it("tells what was lately from what was since the start", () => {
    const looks = [
      look(FRAMES(1_000, 0, 500) + DELAY(90, 100), 0),
      look(FRAMES(1_080, 15, 505) + DELAY(90, 110), 5_000),
    ];
    const facts = factsOf(NOTHING, looks);
    expect(facts.counters.framesHeard).toEqual({ recent: 80, total: 1_080 });
    expect(facts.concealed_ratio).toBeCloseTo(0.05);
    expect(facts.delays.pace.recent?.p50_ms).toBeCloseTo(55);
    expect(facts.delays.pace.total?.p50_ms).toBeLessThan(10);
    expect(facts.recent_ms).toBe(5_000);
  });

  it("says how well each side was heard lately", () => {
    const scores = (side: string, poor: number, all: number): string =>
      [
        ["4", 0],
        ["4.2", poor],
        ["4.4", all],
        ["+Inf", all],
      ]
        .map(([le, count]) => `viva_${side}_mos_bucket{le="${le}"} ${count}`)
        .join("\n");
    const text = (poor: number, all: number): string => `${scores("uplink", poor, all)}\n`;
    const { opinion } = factsOf(NOTHING, [look(text(40, 40), 0), look(text(50, 140), 5_000)]);
    expect(opinion.candidates?.p50).toBeCloseTo(4.2 + (0.2 * 40) / 90);
    expect(opinion.candidates?.p05).toBeCloseTo(4.1);
    expect(opinion.interviewer).toBeNull();
  });

  it("does not call a counter new at the first look, nor a missing one 0", () => {
    const { counters } = factsOf(NOTHING, [look('viva_jobs_total{kind="tell",result="done"} 7', 0)]);
    expect(counters.jobsDone).toEqual({ recent: null, total: 7 });
    expect(counters.jobsFailed).toEqual({ recent: null, total: 0 });
    expect(counters.mailSent).toEqual({ recent: null, total: null });
  });

  it("counts through a restart of the server", () => {
    const looks = [40, 50, 3, 8].map((count, index) => look(`viva_webhook_dropped_total ${count}`, index * 1_000));
    expect(new Span(looks).grown("viva_webhook_dropped_total")).toBe(10 + 3 + 5);
  });

  it("tells failures from what went well by their labels", () => {
    const before = look('viva_mail_total{outcome="sent"} 1', 0);
    const after = look(
      'viva_mail_total{outcome="sent"} 2\nviva_mail_total{outcome="timed_out"} 3\nviva_mail_total{outcome="refused"} 1',
      1_000,
    );
    const { counters } = factsOf(NOTHING, [before, after]);
    expect(counters.mailSent).toEqual({ recent: 1, total: 2 });
    expect(counters.mailFailed).toEqual({ recent: 4, total: 4 });
  });

  it("counts sessions by state and how they ended, and what the engine ended lately", () => {
    const session = (end_reason: string | null, minutesAgo: number) => ({
      end_reason,
      ended_at: new Date(START_MS - minutesAgo * 60_000).toISOString(),
    });
    const ended = [session("engine_failed", 5), session("engine_failed", 45), session("completed", 1)];
    const text = `viva_sessions_by_status{status="active"} 2
viva_sessions_by_status{status="closing"} 1
viva_sessions_by_status{status="created"} 0
viva_process_start_time_seconds 1795255200
viva_mail_configured 0`;
    const { sessions, started_at, mail } = factsOf({ ...NOTHING, ended }, [look(text, 0)]);
    expect(sessions.by_status).toEqual({ active: 2, closing: 1 });
    expect(sessions.ended).toEqual({ of: 3, by_reason: { engine_failed: 2, completed: 1 } });
    expect(sessions.engine_failed_lately).toBe(1);
    expect([started_at, mail]).toEqual(["2026-11-21T10:00:00.000Z", false]);
  });

  it("puts routes with errors first, and keys by their health", () => {
    const text = `viva_http_requests_total{route="/busy",status="200"} 900
viva_http_requests_total{route="/broken",status="500"} 1
viva_http_requests_total{route="/wrong",status="404"} 5
viva_provider_key{key="0",state="good"} 0
viva_provider_key{key="0",state="cooling"} 1
viva_provider_key{key="1",state="good"} 1
viva_provider_key{key="1",state="cooling"} 0
process_cpu_seconds_total 10
process_resident_memory_bytes 2.5e8`;
    const later = text.replace("total 10", "total 12");
    const facts = factsOf(NOTHING, [look(text, 0), look(later, 4_000)]);
    expect(facts.routes.map(({ route }) => route)).toEqual(["/broken", "/wrong", "/busy"]);
    expect(facts.engine.keys).toEqual({ good: 1, cooling: 1, out: 0 });
    expect(facts.process).toEqual({ cpu_ratio: 0.5, memory_bytes: 2.5e8 });
  });
});
