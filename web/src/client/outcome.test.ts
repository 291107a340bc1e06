import { describe, expect, test } from "vitest";
import { type Evaluation, columnsOf, dollars, missingScores, scoreKey, waveform } from "./outcome";

const peaks = {
  channels: 2,
  sample_rate: 24000,
  samples_per_pixel: 480,
  bits: 8,
  length: 4,
  // Candidate, interviewer; candidate, interviewer; …
  data: [-64, 10, 0, 0, -1, 2, -128, 3, 0, 32, 0, 0, 0, 0, 0, 127],
};

describe("peaks", () => {
  test("each column has the loudest of its part, of its own side", () => {
    expect(columnsOf(peaks, 0, 2)).toEqual([0.5, 0.25]);
    expect(columnsOf(peaks, 1, 2)).toEqual([1, 127 / 128]);
    expect(columnsOf(peaks, 0, 4)).toEqual([0.5, 2 / 128, 0.25, 0]);
  });

  test("a file that is cut short is silence, not a failure", () => {
    expect(columnsOf({ ...peaks, data: [] }, 1, 3)).toEqual([0, 0, 0]);
    expect(columnsOf({ ...peaks, length: 0 }, 0, 2)).toEqual([0, 0]);
  });

  test("the candidate is drawn above the middle, the interviewer below", () => {
    const shape = waveform([0.5, 0], [0, 1], 40);
    expect(shape.above).toBe("M0.5 20v-10.0M1.5 20v0.0");
    expect(shape.below).toBe("M0.5 20v0.0M1.5 20v20.0");
  });
});

test("an unknown price is not nothing", () => {
  expect(dollars(null)).toBe("unknown");
  expect(dollars(0)).toBe("$0.00");
  expect(dollars(0.0123)).toBe("$0.0123");
  expect(dollars(12.3)).toBe("$12.30");
});

test("a scorecard is complete when every criterion has a choice, too little evidence included", () => {
  const criterion = (id: string) => ({ id, name: id, description: "", levels: [] });
  const part = (question: number, ids: string[]) => ({
    question,
    text: "",
    criteria: ids.map(criterion),
    answers: [],
    insufficiency: null,
  });
  const evaluation = { evidence: [part(1, ["a", "b"]), part(2, ["a"])] } as unknown as Evaluation;
  const chosen = new Map<string, number | null>([[scoreKey(1, "a"), 3]]);
  expect(missingScores(evaluation, chosen)).toBe(2);
  chosen.set(scoreKey(1, "b"), null).set(scoreKey(2, "a"), 1);
  expect(missingScores(evaluation, chosen)).toBe(0);
});
