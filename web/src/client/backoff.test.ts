import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff";

describe("backoffMs", () => {
  it("doubles up to ten seconds and spreads over the upper half", () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffMs(attempt, 0))).toEqual([
      250, 500, 1000, 2000, 4000, 5000, 5000,
    ]);
    expect(backoffMs(50, 0.999999)).toBe(10_000);
  });

  it("waits at least as long as the server asked", () => {
    expect(backoffMs(0, 0, 7000)).toBe(7000);
  });
});
