import { describe, expect, it } from "vitest";
import { levelPercent, rootMeanSquare } from "./level";

describe("level", () => {
  it("maps full scale to 100 and -60 dB and silence to 0", () => {
    expect(levelPercent(1)).toBe(100);
    expect(levelPercent(0.001)).toBe(0);
    expect(levelPercent(0)).toBe(0);
    expect(levelPercent(0.0316)).toBe(50);
  });

  it("measures root mean square", () => {
    expect(rootMeanSquare(Float32Array.of(0.5, -0.5))).toBeCloseTo(0.5);
    expect(rootMeanSquare(new Float32Array())).toBe(0);
  });
});
