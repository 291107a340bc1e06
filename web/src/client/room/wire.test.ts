import { describe, expect, it } from "vitest";
import { isPageKey, pageKey, parse } from "./wire";

const say = (type: string, payload: unknown) => parse(JSON.stringify({ type, payload }));

describe("what the server says", () => {
  it("reads who is in the room", () => {
    const participants = [
      { socket_id: "s1", display_name: "Ann", user_id: null, joined_at: "2026-01-01T00:00:00Z" },
      { display_name: "nobody's" },
    ];
    expect(say("room_joined", { socket_id: "s2", participants })).toEqual({
      type: "joined",
      socketId: "s2",
      others: [{ socketId: "s1", name: "Ann", userId: null }],
    });
  });

  it("takes a description as text or as an object, with the connections that it belongs to", () => {
    const step = { type: "offer", sender: "s1", sdp: "v=0", connection: "c1", answers: null };
    expect(say("offer", { sender: "s1", sdp: "v=0", connection: "c1" })).toEqual(step);
    expect(say("offer", { sender: "s1", sdp: { type: "offer", sdp: "v=0" }, connection: "c1" })).toEqual(step);
    expect(say("answer", { sender: "s1", sdp: "" })).toBeNull();
  });

  it("knows the end of the candidates", () => {
    expect(say("ice_candidate", { sender: "s1", candidate: null })).toMatchObject({ candidate: null });
    const candidate = { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, foreign: true };
    expect(say("ice_candidate", { sender: "s1", candidate })).toMatchObject({
      candidate: { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 },
    });
  });

  it("ignores what is unknown, broken or endless", () => {
    expect(parse("{")).toBeNull();
    expect(parse("[]")).toBeNull();
    expect(say("surprise", {})).toBeNull();
    expect(say("chat", { text: "Hi" })).toBeNull();
    expect(parse(JSON.stringify({ type: "chat", payload: { sender: "s", text: "x".repeat(300_000) } }))).toBeNull();
  });
});

describe("the key of a page", () => {
  it("is known again, and nothing else is taken for one", () => {
    const key = pageKey(new Uint8Array(12).fill(255));
    expect(key).toBe(`page_${"ff".repeat(12)}`);
    expect(isPageKey(key)).toBe(true);
    for (const other of [null, "student_456", "page_", "page_<script>aaaaaaaaaaaaaa"])
      expect(isPageKey(other)).toBe(false);
  });
});
