import { describe, expect, it } from "vitest";
import type { SessionEntry } from "./api";
import { failedForTechnicalReasons, inOrder, matches, nameOf } from "./sessions";

function session(id: string, change: Partial<SessionEntry> = {}): SessionEntry {
  return {
    session_id: id,
    interview_id: "general",
    title: "First round",
    kind: "general",
    user_id: "u1",
    name: null,
    status: "ended",
    end_reason: "completed",
    question: { number: 1, total: 2 },
    created_at: "2026-11-01T10:00:00Z",
    started_at: null,
    ended_at: null,
    recording: false,
    own_scorecard: false,
    proposed_scorecard: false,
    ...change,
  };
}

describe("the list of sessions", () => {
  it("has live ones first, then the newest", () => {
    const list = [
      session("old"),
      session("live", { status: "active", end_reason: null, created_at: "2026-10-01T10:00:00Z" }),
      session("new", { created_at: "2026-11-02T10:00:00Z" }),
      session("waiting", { status: "created", end_reason: null }),
    ];
    expect(inOrder(list).map(({ session_id }) => session_id)).toEqual(["waiting", "live", "new", "old"]);
  });

  it("is searched by words, in any order", () => {
    const ada = session("ses_7", { name: "Ada Lovelace" });
    expect(matches(ada, " lovelace FIRST ")).toBe(true);
    expect(matches(ada, "ses_7")).toBe(true);
    expect(matches(ada, "")).toBe(true);
    expect(matches(ada, "ada babbage")).toBe(false);
  });

  it("names people, not ids of links", () => {
    expect(nameOf({ name: " Ada ", user_id: "x" })).toBe("Ada");
    expect(nameOf({ name: null, user_id: "candidate-7" })).toBe("candidate-7");
    expect(nameOf({ name: "", user_id: "guest_01" })).toBeNull();
    expect(nameOf({ name: null, user_id: null })).toBeNull();
  });

  it("offers another link after technical failures alone", () => {
    expect(failedForTechnicalReasons({ end_reason: "network_lost" })).toBe(true);
    expect(failedForTechnicalReasons({ end_reason: "candidate_ended" })).toBe(false);
    expect(failedForTechnicalReasons({ end_reason: null })).toBe(false);
  });
});
