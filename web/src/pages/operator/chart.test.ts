import { describe, expect, it } from "vitest";
import { byMinute, ceiling, summaryOf } from "./chart";

const MINUTE = 60_000;

describe("what a chart says in words", () => {
  it("is its last value, its range and its time", () => {
    const values = [3, null, 1, 7].map((value, index) => ({ atMs: index * MINUTE, value }));
    expect(summaryOf(values)).toEqual({ now: 7, min: 1, max: 7, minutes: 3 });
  });

  it("is unknown at the end of a gap, and nothing where nothing was measured", () => {
    expect(
      summaryOf([
        { atMs: 0, value: 2 },
        { atMs: 1, value: null },
      ])?.now,
    ).toBeNull();
    expect(summaryOf([{ atMs: 0, value: null }])).toBeNull();
    expect(summaryOf([])).toBeNull();
  });

  it("is a row a minute as a table, newest first", () => {
    const values = [1, 2, 3, null, 5].map((value, index) => ({ atMs: index * 30_000, value }));
    expect(byMinute(values).map(({ value }) => value)).toEqual([5, 3, 2]);
    expect(byMinute(values, 2)).toHaveLength(2);
  });
});

describe("the top of the scale", () => {
  it.each([
    [0, 4, 5],
    [4, 4, 5],
    [5, 4, 10],
    [97, 4, 200],
    [0.011, 0.02, 0.025],
  ])("for %d, at least %d, is %d", (max, least, top) => expect(ceiling(max, least)).toBeCloseTo(top));
});
