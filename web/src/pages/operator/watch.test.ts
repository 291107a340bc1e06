import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UnreachableError } from "../../client/http";
import { parseMetrics } from "../../client/metrics";
import { type Answers, RefusedError } from "./source";
import { HISTORY_MS, StatusWatch } from "./watch";

/** A server that is told what to say. */
class Scripted {
  asked = 0;
  forgotten = 0;
  answer: () => Promise<Answers> = () => Promise.resolve(this.well());

  look(): Promise<Answers> {
    this.asked += 1;
    return this.answer();
  }

  forget(): void {
    this.forgotten += 1;
  }

  well(): Answers {
    const atMs = Date.now();
    const metrics = parseMetrics(`viva_http_requests_total{route="/",status="200"} ${this.asked * 10}`);
    const interview = { active_sessions: 3, models: [], engine: "builtin" } as unknown as Answers["interview"];
    const rest = { health: null, ready: true, problems: null, ended: null, usage: null };
    return { atMs, metrics, interview, ...rest };
  }
}

let server: Scripted;
let watch: StatusWatch;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Scripted();
  watch = new StatusWatch(server);
});

afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe("StatusWatch", () => {
  it("asks at once and every five seconds, and knows the rate between two looks", async () => {
    watch.start();
    await pass(0);
    expect(server.asked).toBe(1);
    expect(watch.state().points).toMatchObject([{ live: 3, requests: null }]);
    await pass(5_000);
    expect(server.asked).toBe(2);
    expect(watch.state().points[1]).toMatchObject({ live: 3, requests: 2 });
  });

  it("asks as often as it is told, not at all while paused or hidden, and at once when it goes on", async () => {
    watch.start();
    await pass(0);
    watch.every(2_000);
    await pass(4_000);
    expect(server.asked).toBe(3);
    watch.pause(true);
    await pass(60_000);
    expect(server.asked).toBe(3);
    watch.pause(false);
    await pass(0);
    expect(server.asked).toBe(4);
    watch.stop();
    await pass(60_000);
    expect(server.asked).toBe(4);
    watch.start();
    await pass(0);
    expect(server.asked).toBe(5);
    // The line is not drawn through the time about which nothing is known.
    expect(watch.state().points.filter(({ live }) => live === null)).toHaveLength(2);
  });

  it("stays paused when it is hidden and seen again", async () => {
    watch.start();
    await pass(0);
    watch.pause(true);
    watch.stop();
    watch.start();
    await pass(10_000);
    expect(server.asked).toBe(1);
  });

  it("says since when the server does not answer, asks ever less often, and forgets that once it does", async () => {
    watch.start();
    await pass(0);
    server.answer = () => Promise.reject(new UnreachableError("gone"));
    await pass(5_000);
    const since = watch.state().silentSinceMs;
    expect(since).toBe(Date.now());
    expect(watch.state().facts?.sessions.live).toBe(3);
    await pass(5_000 + 10_000 + 20_000 + 30_000 + 30_000);
    expect(server.asked).toBe(7);
    expect(watch.state().silentSinceMs).toBe(since);
    server.answer = () => Promise.resolve(server.well());
    watch.lookNow();
    await pass(0);
    expect(watch.state().silentSinceMs).toBeNull();
    await pass(5_000);
    expect(server.asked).toBe(9);
  });

  it("keeps nothing of before for somebody who may not know, and asks again when somebody else asks", async () => {
    watch.start();
    await pass(0);
    server.answer = () => Promise.reject(new RefusedError("key"));
    await pass(5_000);
    expect(watch.state()).toMatchObject({ refusal: "key", facts: null, points: [], silentSinceMs: null });
    await pass(60_000);
    expect(server.asked).toBe(2);
    server.answer = () => Promise.resolve(server.well());
    watch.forget();
    await pass(0);
    expect(server.forgotten).toBe(1);
    expect(watch.state()).toMatchObject({ refusal: null, facts: { sessions: { live: 3 } } });
  });

  it("does not take an answer that was asked for by somebody else", async () => {
    let late: (answers: Answers) => void = () => undefined;
    server.answer = () => new Promise((resolve) => (late = resolve));
    watch.start();
    const first = late;
    server.answer = () => Promise.reject(new RefusedError("user"));
    watch.forget();
    await pass(0);
    first(server.well());
    await pass(0);
    expect(watch.state()).toMatchObject({ refusal: "user", facts: null });
  });

  it("keeps half an hour, however long it runs", async () => {
    watch.start();
    await pass(0);
    watch.every(15_000);
    await pass(2 * HISTORY_MS);
    const { points, facts } = watch.state();
    expect(points).toHaveLength(HISTORY_MS / 15_000 + 1);
    expect((points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0)).toBe(HISTORY_MS);
    expect(facts?.recent_ms).toBe(5 * 60_000);
  });
});
