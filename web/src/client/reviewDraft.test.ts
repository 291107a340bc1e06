import { expect, test } from "vitest";
import { emptyDraft, forgetDraft, keepDraft, recallDraft } from "./reviewDraft";

function store() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test("a draft comes back as it was, for its own session, until it is forgotten", () => {
  const own = store();
  const levels = new Map<string, number | null>([
    ["1 content", 2],
    ["1 detail", null],
  ]);
  keepDraft("ses_1", { levels, notes: new Map([["1 content", "clear"]]), note: "good" }, own);
  const back = recallDraft("ses_1", own);
  expect(back?.levels.get("1 detail")).toBeNull();
  expect(back?.levels.has("2 content")).toBe(false);
  expect([back?.levels.get("1 content"), back?.notes.get("1 content"), back?.note]).toEqual([2, "clear", "good"]);
  expect(recallDraft("ses_2", own)).toBeNull();
  forgetDraft("ses_1", own);
  expect(recallDraft("ses_1", own)).toBeNull();
});

test("without storage, or with something else in it, there is no draft and no failure", () => {
  keepDraft("ses_1", emptyDraft(), null);
  expect(recallDraft("ses_1", null)).toBeNull();
  const own = store();
  own.setItem("viva.scores.ses_1", "{");
  expect(recallDraft("ses_1", own)).toBeNull();
});
