import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Credential, UnreachableError } from "../../client/http";
import { RefusedError, Source } from "./source";

let server: Server;
let base: string;
let asked: string[];
let answers: Record<string, [number, unknown]>;

beforeEach(async () => {
  asked = [];
  answers = {
    "/metrics": [200, "viva_sessions 2\n"],
    "/health": [200, { status: "healthy", metrics: {} }],
    "/api/interview/health": [200, { status: "healthy", version: "1", active_sessions: 2, models: [] }],
    "/readyz": [200, { status: "ready" }],
    "/api/interview/usage": [200, { groups: [] }],
  };
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://viva");
    asked.push(`${pathname}${search} ${request.headers["x-api-key"] ?? ""}`.trim());
    const [status, body] = answers[pathname] ?? [404, { code: "not_found", detail: "Not found" }];
    response.statusCode = status;
    response.setHeader("Content-Type", typeof body === "string" ? "text/plain" : "application/json");
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const NOON_MS = Date.parse("2026-11-21T12:00:00Z");

function source(who: Credential = null, now = () => NOON_MS): Source {
  return new Source(base, () => who, now);
}

describe("Source", () => {
  it("takes what there is, and what there is not is null", async () => {
    const looked = await source({ apiKey: "k" }).look();
    expect(looked.metrics?.sum("viva_sessions")).toBe(2);
    expect(looked).toMatchObject({ ready: true, problems: null, ended: null, usage: { groups: [] } });
    expect(asked).toContain("/api/interview/usage?from=2026-11-21&to=2026-11-21&group=day k");
  });

  it("keeps of sessions only what is counted, and takes no nonsense", async () => {
    const person = { session_id: "ses_1", name: "Jane", end_reason: "completed", ended_at: "2026-11-21T11:00:00Z" };
    answers["/api/v1/sessions"] = [200, { sessions: [person], next_cursor: null }];
    answers["/api/v1/problems"] = [200, { problems: "many" }];
    const { ended, problems } = await source().look();
    expect(ended).toEqual([{ end_reason: "completed", ended_at: "2026-11-21T11:00:00Z" }]);
    expect(problems).toBeNull();
  });

  it("asks seldom for what changes slowly or is not there", async () => {
    let nowMs = NOON_MS;
    const asking = source(null, () => nowMs);
    const counts = (path: string): number => asked.filter((line) => line.startsWith(path)).length;
    await asking.look();
    nowMs += 5_000;
    await asking.look();
    expect([counts("/metrics"), counts("/api/v1/problems"), counts("/api/interview/usage")]).toEqual([2, 1, 1]);
    nowMs += 60_000;
    await asking.look();
    expect([counts("/metrics"), counts("/api/v1/problems"), counts("/api/interview/usage")]).toEqual([3, 2, 2]);
    asking.forget();
    await asking.look();
    expect(counts("/api/interview/usage")).toBe(3);
  });

  it("takes a server that is about to stop for one that answers", async () => {
    answers["/readyz"] = [503, { status: "draining" }];
    expect((await source().look()).ready).toBe(false);
  });

  it.each([
    [401, null, "key"],
    [401, { apiKey: "k" }, "wrong"],
    [401, { bearer: "b" }, "user"],
    [404, { bearer: "b" }, "user"],
  ] as const)("tells who may not know: %d to %j", async (status, who, refusal) => {
    answers["/metrics"] = [status, { code: "unauthorized", detail: "no" }];
    const error = await source(who)
      .look()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ refusal });
    expect(asked).toHaveLength(1);
  });

  it("goes on without metrics where none are collected, and not without a server", async () => {
    answers["/metrics"] = [404, { code: "not_found", detail: "Metrics are not collected by this process" }];
    expect((await source().look()).metrics).toBeNull();
    const gone = new Source("http://127.0.0.1:1", () => null);
    await expect(gone.look()).rejects.toBeInstanceOf(UnreachableError);
  });
});
