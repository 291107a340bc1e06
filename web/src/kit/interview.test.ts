import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError, type EventOf, Interview, NotConnectedError, data, restClient } from "./client";

/** A server that answers as Viva does where no media is needed; what it was asked is in `asked`. */
const asked: string[] = [];
let status = "created";
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  asked.push(`${method} ${url} ${headers.authorization ?? headers["x-api-key"] ?? "nobody"}`);
  const answer = (code: number, body: object): void => {
    response.writeHead(code, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const consent = { version: "3", text: "It is written down.", required: true };
  if (url === "/api/interview/start") {
    return answer(200, { session_id: "s-1", status, token: "t-1", ice_servers: [], consent });
  }
  if (url === "/api/v1/kinds") return answer(200, { kinds: [{ kind: "tryout", title: "Try it" }] });
  if (url === "/api/interview/s-1/end") {
    status = "ended";
    return answer(200, { success: true, session_id: "s-1", status, end_reason: "candidate_ended" });
  }
  if (url === "/api/interview/s-1/status") {
    return answer(200, { session_id: "s-1", status, end_reason: "candidate_ended", question: null, speaker: null });
  }
  if (url === "/api/interview/s-1/consent") return answer(200, {});
  answer(404, { code: "not_found", detail: "There is nothing here." });
});
let address = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("an interview outside of pages", () => {
  it("starts, is agreed to and ends without WebRTC, and tells its end once", async () => {
    const interview = await Interview.start(`${address}/`, { invite: "abc" });
    expect(interview.sessionId).toBe("s-1");
    expect(interview.consent?.version).toBe("3");
    await interview.giveConsent();
    const ends: EventOf<"session.ended">[] = [];
    interview.on("session.ended", (event) => ends.push(event));
    const phases: string[] = [];
    interview.on("phase", (phase) => phases.push(phase.name));
    const read: string[] = [];
    const reading = (async () => {
      for await (const event of interview) read.push(event.type);
    })();
    await interview.end();
    await reading;
    expect(ends).toEqual([{ type: "session.ended", saved: true, endReason: "candidate_ended", resultsUrl: null }]);
    expect(read).toEqual(["session.ended"]);
    expect(phases).toEqual(["ending", "ended"]);
    expect(interview.state.phase.name).toBe("ended");
    expect(asked.slice(0, 4)).toEqual([
      "POST /api/interview/start nobody",
      "POST /api/interview/s-1/consent Bearer t-1",
      "POST /api/interview/s-1/end Bearer t-1",
      "GET /api/interview/s-1/status Bearer t-1",
    ]);
  });

  it("says that there is no WebRTC, and what the server said", async () => {
    const interview = Interview.take({ server: address, sessionId: "other", token: "t-2" });
    const refusal = interview.connect({ getAudioTracks: () => [] } as unknown as MediaStream);
    await expect(refusal).rejects.toThrow(NotConnectedError);
    const error = await interview.results().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 404, code: "not_found", message: "There is nothing here." });
    expect(await interview.finished()).toBe(false);
  });

  it("is taken from the link that a candidate is given", async () => {
    const interview = Interview.fromLink(`${address}/interview/s-1#token=t%2B1`);
    expect((await interview.status()).session_id).toBe("s-1");
    expect(asked.at(-1)).toBe("GET /api/interview/s-1/status Bearer t+1");
    for (const link of [`${address}/interview/s-1`, `${address}/i/abc#token=t`]) {
      expect(() => Interview.fromLink(link), link).toThrow(TypeError);
    }
  });

  it("is left: whoever reads its events is told that there are no more", async () => {
    const interview = Interview.take({ server: address, sessionId: "s-1", token: "t-1" });
    const events = interview[Symbol.asyncIterator]();
    const next = events.next();
    interview.leave();
    expect((await next).done).toBe(true);
    expect((await interview[Symbol.asyncIterator]().next()).done).toBe(true);
  });

  it("mutes the microphone that there is, and the next one too", async () => {
    const interview = Interview.take({ server: address, sessionId: "s-1", token: "t-1" });
    const microphone = (): { track: { enabled: boolean }; stream: MediaStream } => {
      const track = { enabled: true };
      return { track, stream: { getAudioTracks: () => [track] } as unknown as MediaStream };
    };
    const [first, second] = [microphone(), microphone()];
    await interview.replaceMicrophone(first.stream);
    interview.mute();
    await interview.replaceMicrophone(second.stream);
    expect([interview.muted, first.track.enabled, second.track.enabled]).toEqual([true, false, false]);
    interview.mute(false);
    expect(second.track.enabled).toBe(true);
  });
});

describe("the typed REST client", () => {
  it("works in Node with a platform's key", async () => {
    const rest = restClient(() => ({ apiKey: "k" }), address);
    const { kinds } = data(await rest.GET("/api/v1/kinds"));
    expect(kinds[0]?.title).toBe("Try it");
    expect(asked.at(-1)).toBe("GET /api/v1/kinds k");
  });
});
