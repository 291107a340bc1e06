import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "./http";
import { type FollowState, type SseMessage, SseParser, follow } from "./sse";

function parsed(pieces: string[]): SseMessage[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe("the parser", () => {
  const STREAM = '\uFEFF: hello\r\nid: 7\r\ndata: {"a":1}\r\n\r\nevent: note\ndata:one\ndata: two\n\nid\rdata: x\r\r';
  const MESSAGES: SseMessage[] = [
    { id: "7", event: "message", data: '{"a":1}' },
    { id: "7", event: "note", data: "one\ntwo" },
    { id: "", event: "message", data: "x" },
  ];

  it("reads fields, comments and all three ends of a line", () => {
    expect(parsed([STREAM, "\n"])).toEqual(MESSAGES);
  });

  it("does not mind where the stream is cut", () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      expect(parsed([STREAM.slice(0, at), STREAM.slice(at), "\n"])).toEqual(MESSAGES);
    }
    expect(parsed([...STREAM, "\n"])).toEqual(MESSAGES);
  });

  it("gives nothing for a block without data, and keeps its id", () => {
    expect(parsed(["id: 9\n\n", "data: a\n\n"])).toEqual([{ id: "9", event: "message", data: "a" }]);
  });

  it("refuses a message without an end", () => {
    const parser = new SseParser();
    const long = "x".repeat(400_000);
    expect(() => [0, 1, 2].forEach(() => parser.push(`data: ${long}\n`))).toThrow("too long");
    expect(() => new SseParser().push("y".repeat(1_000_001))).toThrow("too long");
  });
});

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;
const servers: ReturnType<typeof createServer>[] = [];

async function serve(handler: Handler): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => handler(request, response, count++));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
}

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

function stream(response: ServerResponse, text: string): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(text);
}

describe("following a stream", () => {
  it("comes back after a break, names the last event and ends with the last message", async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response, count) => {
      asked.push(request.headers["last-event-id"] as string | undefined);
      expect(request.headers.authorization).toBe("Bearer secret");
      if (count === 1) {
        response.writeHead(503, { "Retry-After": "0" }).end('{"code":"draining","detail":"later"}');
        return;
      }
      stream(response, count === 0 ? "data: a\n\nid: 4\ndata: b\n\nid: 5\ndata: torn" : "id: 6\ndata: end\n\n");
      if (count === 0) response.end();
    });
    const seen: string[] = [];
    const states: FollowState["name"][] = [];
    await follow({
      url,
      credential: () => ({ bearer: "secret" }),
      onMessage: ({ data }) => seen.push(data) > 0 && data === "end",
      onState: ({ name }) => states.push(name),
      signal: AbortSignal.timeout(10_000),
      random: () => 0,
    });
    expect(seen).toEqual(["a", "b", "end"]);
    expect(asked).toEqual([undefined, "4", "4"]);
    expect(states).toEqual(["connecting", "open", "waiting", "connecting", "waiting", "connecting", "open"]);
  });

  it("gives up where the server refuses", async () => {
    const url = await serve((request, response) => {
      expect(request.headers["x-api-key"]).toBe("key");
      response.writeHead(404).end('{"code":"not_found","detail":"There is nothing here that you may see"}');
    });
    const following = follow({
      url,
      credential: () => ({ apiKey: "key" }),
      onMessage: () => false,
      signal: AbortSignal.timeout(10_000),
    });
    await expect(following).rejects.toBeInstanceOf(ApiError);
  });

  it("takes a silent line for a broken one", async () => {
    const url = await serve((_request, response, count) => {
      stream(response, count === 0 ? ": nothing follows\n" : "data: end\n\n");
    });
    const states: FollowState["name"][] = [];
    await follow({
      url,
      credential: () => null,
      onMessage: () => true,
      onState: ({ name }) => states.push(name),
      signal: AbortSignal.timeout(10_000),
      silenceMs: 50,
      random: () => 0,
    });
    expect(states).toContain("waiting");
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const url = await serve((_request, response) => stream(response, "data: a\n\n"));
    await follow({
      url,
      credential: () => null,
      onMessage: () => {
        stop.abort();
        return false;
      },
      signal: stop.signal,
    });
    expect(stop.signal.aborted).toBe(true);
  });
});
