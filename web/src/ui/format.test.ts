import { describe, expect, it } from "vitest";
import { clock, dateTime, unheard } from "./format";

describe("clock", () => {
  it("shows minutes and seconds, and hours only where needed", () => {
    expect([0, 999, 61_500, 3_600_000, -5].map(clock)).toEqual(["0:00", "0:00", "1:01", "1:00:00", "0:00"]);
  });
});

describe("dateTime", () => {
  it("is empty for what is no time", () => {
    expect(dateTime(null)).toBe("");
    expect(dateTime("soon")).toBe("");
    expect(dateTime("2026-11-21T12:00:00Z")).toContain("2026");
  });
});

describe("unheard", () => {
  it("gives the words that were generated after the last one heard", () => {
    expect(unheard("Hello, and", "Hello, and welcome to this talk.")).toBe("welcome to this talk.");
    expect(unheard("Hello", "Hello, and welcome.")).toBe("and welcome.");
    expect(unheard("", "All of it.")).toBe("All of it.");
  });

  it("gives nothing where all was heard, or where the texts differ in another way", () => {
    expect(unheard("Hello.", "Hello.")).toBeNull();
    expect(unheard("Hello.", null)).toBeNull();
    expect(unheard("Good day to you", "Hello there my friend")).toBeNull();
  });
});
