import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { SessionApi } from "./api";
import { ApiError, HttpClient, UnreachableError, retryAfterMs } from "./http";

let server: Server | undefined;

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const listening = createServer(handler);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

describe("HttpClient", () => {
  it("sends the candidate's token and a JSON body to the session's address", async () => {
    let seen: unknown;
    const base = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        seen = {
          url: request.url,
          method: request.method,
          auth: request.headers.authorization,
          body: JSON.parse(body),
        };
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify({ candidates: [{ candidate: "candidate:1" }] }));
      });
    });
    const api = new SessionApi("a/b", { bearer: "secret" }, base);
    expect(await api.candidate(null)).toEqual([{ candidate: "candidate:1" }]);
    expect(seen).toEqual({
      url: "/api/interview/a%2Fb/rtc/ice-candidate",
      method: "POST",
      auth: "Bearer secret",
      body: { candidate: null },
    });
  });

  it("gives the API's error with its code, text and waiting time", async () => {
    const base = await serve((_, response) => {
      response.writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": "3" });
      response.end(JSON.stringify({ detail: "no room", code: "capacity", request_id: "r1" }));
    });
    const error: unknown = await new HttpClient(base).get("/x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 503,
      code: "capacity",
      message: "no room",
      requestId: "r1",
      retryAfterMs: 3000,
    });
  });

  it("makes an error of an answer that is no JSON", async () => {
    const base = await serve((_, response) => response.writeHead(502).end("<html>bad gateway</html>"));
    await expect(new HttpClient(base).get("/x")).rejects.toMatchObject({ status: 502, code: "http_502" });
  });

  it("tells an unreachable server from one that refuses", async () => {
    const base = await serve((_, response) => response.destroy());
    await expect(new HttpClient(base).get("/x")).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe("retryAfterMs", () => {
  it("reads seconds and nothing else", () => {
    expect(retryAfterMs("2")).toBe(2000);
    expect(retryAfterMs("Wed, 21 Oct 2026 07:28:00 GMT")).toBeNull();
    expect(retryAfterMs(null)).toBeNull();
  });
});
