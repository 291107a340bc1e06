import { describe, expect, test } from "vitest";
import { findMatches, pieces, stepped } from "./reviewSearch";

const said = [
  { itemId: "a", text: "He was not an ill-disposed young man." },
  { itemId: "b", text: "Was it the CAFÉ, or was it another café?" },
];

describe("search", () => {
  test("finds every place, in order, without regard to case and accents", () => {
    const found = findMatches(said, "was").map(({ itemId, start }) => [itemId, start]);
    expect(found).toEqual([
      ["a", 3],
      ["b", 0],
      ["b", 20],
    ]);
    const places = findMatches(said, "cafe").map(({ start, end }) => said[1]?.text.slice(start, end));
    expect(places).toEqual(["CAFÉ", "café"]);
  });

  test("keeps its places behind letters that fold to nothing or to two", () => {
    const text = "e\u0301tude İstanbul 😀 word";
    const [match] = findMatches([{ itemId: "a", text }], "word");
    expect(text.slice(match?.start, match?.end)).toBe("word");
    const [first] = findMatches([{ itemId: "a", text }], "etude");
    expect(first).toMatchObject({ start: 0 });
    expect(text.slice(0, first?.end)).toContain("tude");
  });

  test("goes over line ends, and finds nothing for nothing", () => {
    expect(findMatches([{ itemId: "a", text: "ill-\n disposed" }], "ill- disposed")).toHaveLength(1);
    expect(findMatches(said, "   ")).toEqual([]);
    expect(findMatches(said, "unheard of")).toEqual([]);
  });
});

test("a text is cut at its places and loses nothing", () => {
  expect(
    pieces("one two one", [
      { start: 0, end: 3 },
      { start: 8, end: 11 },
    ]),
  ).toEqual([
    { text: "one", match: 0 },
    { text: " two ", match: null },
    { text: "one", match: 1 },
  ]);
  expect(pieces("one", [])).toEqual([{ text: "one", match: null }]);
  expect(pieces("", [])).toEqual([{ text: "", match: null }]);
});

test("next after the last is the first, previous before the first the last", () => {
  expect(stepped(2, 3, 1)).toBe(0);
  expect(stepped(0, 3, -1)).toBe(2);
  expect(stepped(0, 0, 1)).toBe(0);
});
