import { describe, expect, it } from "vitest";
import { parseEnvelope, path } from "./events";

const envelope = (type: string, data: unknown): string => JSON.stringify({ id: "1", type, at_ms: 12, data });

describe("parseEnvelope", () => {
  it("reads a transcript item", () => {
    const data = {
      item_id: "a",
      role: "user",
      content: "hello",
      start_ms: 10,
      end_ms: 900,
      state: "interim",
      revision: 3,
    };
    expect(parseEnvelope(envelope("transcript.item", data))).toEqual({
      type: "transcript.item",
      item: { ...data, generated_content: null, question: null },
    });
  });

  it("reads whose turn it is", () => {
    const event = parseEnvelope(envelope("turn", { speaker: "user", state: "listening" }));
    expect(event).toEqual({ type: "turn", speaker: "user", state: "listening" });
    expect(parseEnvelope(envelope("turn", { speaker: "ghost", state: 7 }))).toEqual({
      type: "turn",
      speaker: null,
      state: "idle",
    });
  });

  it("believes in saved answers only when the server says so plainly", () => {
    expect(parseEnvelope(envelope("session.ended", { end_reason: "completed", saved: "yes" }))).toMatchObject({
      saved: false,
    });
    expect(parseEnvelope(envelope("session.ended", { end_reason: "completed", saved: true }))).toMatchObject({
      saved: true,
    });
  });

  it.each([
    "",
    "not json",
    "[]",
    "null",
    JSON.stringify({ type: 5 }),
    envelope("unknown.event", {}),
    envelope("session.state", { status: "asleep" }),
    envelope("transcript.item", { role: "user" }),
    envelope("notice", { code: "x" }),
    envelope("question", { number: "one", total: 3 }),
  ])("leaves out what it does not understand: %s", (text) => {
    expect(parseEnvelope(text)).toBeNull();
  });
});

describe("path", () => {
  it.each(["javascript:alert(1)", "//elsewhere", "data:text/html,x", "", 7, null])(
    "refuses %s as a link",
    (value) => {
      expect(path(value)).toBeNull();
    },
  );

  it("takes paths and web addresses", () => {
    expect(path("/results/a")).toBe("/results/a");
    expect(path("https://host/results/a")).toBe("https://host/results/a");
  });
});
