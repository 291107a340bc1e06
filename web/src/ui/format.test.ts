import { describe, expect, it } from "vitest";
import { clock, dateTime } from "./format";

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
