import { describe, expect, it } from "vitest";
import { announcedMinutes, timeLeftWords } from "./timeLeft";

describe("the time left", () => {
  it("is told in minutes, and in seconds only in the last one", () => {
    expect(timeLeftWords(12 * 60_000 + 1)).toEqual({ unit: "minutes", count: 13 });
    expect(timeLeftWords(60_001)).toEqual({ unit: "minutes", count: 2 });
    expect(timeLeftWords(60_000)).toEqual({ unit: "seconds", count: 60 });
    expect(timeLeftWords(200)).toEqual({ unit: "seconds", count: 1 });
    expect(timeLeftWords(0)).toEqual({ unit: "over" });
  });

  it("is announced at five minutes and at one, for a moment", () => {
    expect(announcedMinutes(300_001)).toBeNull();
    expect(announcedMinutes(300_000)).toBe(5);
    expect(announcedMinutes(285_000)).toBeNull();
    expect(announcedMinutes(59_000)).toBe(1);
    expect(announcedMinutes(30_000)).toBeNull();
  });
});
