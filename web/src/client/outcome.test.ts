import { describe, expect, test } from "vitest";
import { type Evaluation, columnsOf, missingScores, scoreKey, waveform } from "./outcome";

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

  test("the candidate is drawn up from the line, the interviewer down, the loudest as high as there is room", () => {
    expect(waveform([0.25, 0, 0.5], 0.5, 40, true)).toBe("M0.5 40v-20.0M2.5 40v-40.0");
    expect(waveform([0.5], 0.5, 40, false)).toBe("M0.5 0v40.0");
    expect(waveform([0, 0], 0, 40, true)).toBe("");
  });
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
