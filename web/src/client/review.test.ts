import { describe, expect, test } from "vitest";
import {
  LONG_WAIT_MS,
  type ReviewQuestion,
  type ReviewResults,
  gradeOf,
  highlightsOf,
  neighbourMs,
  rulerStepMs,
  shownText,
  timelineOf,
  turnAt,
} from "./review";
import type { ResultsItem } from "./types";

function item(id: string, role: "user" | "assistant", startMs: number, endMs: number | null, more = {}): ResultsItem {
  const text = `${id} said`;
  return {
    item_id: id,
    role,
    content: text,
    generated_content: text,
    start_ms: startMs,
    end_ms: endMs,
    state: "final",
    question: null,
    ...more,
  };
}

function question(number: number, more: Partial<ReviewQuestion> = {}): ReviewQuestion {
  return { number, text: `Question ${number}`, status: "answered", reason: null, ...more };
}

function results(transcript: ResultsItem[], more: Partial<ReviewResults> = {}): ReviewResults {
  return {
    session_id: "ses_1",
    interview_id: null,
    user_id: null,
    status: "ended",
    end_reason: "completed",
    created_at: null,
    started_at: null,
    ended_at: null,
    duration_ms: 60_000,
    transcript,
    questions: [],
    metrics: null,
    audio_quality: null,
    ...more,
  };
}

describe("the timeline", () => {
  test("has turns in the order of their times, whatever the order that they came in", () => {
    const { turns } = timelineOf(results([item("b", "user", 3_000, 4_000), item("a", "assistant", 0, 2_000)]));
    expect(turns.map(({ itemId, startMs, endMs }) => [itemId, startMs, endMs])).toEqual([
      ["a", 0, 2_000],
      ["b", 3_000, 4_000],
    ]);
  });

  test("lets a turn that never ended last until the next one, and the last one until the end", () => {
    const recording = { state: "partial", duration_ms: 9_000, tracks: [], peaks_url: null, wav_url: null } as const;
    const said = [item("a", "assistant", 0, null), item("b", "user", 3_000, null)];
    const { turns, lengthMs } = timelineOf(results(said, { recording: { ...recording, tracks: [] } }));
    expect(turns.map(({ endMs }) => endMs)).toEqual([3_000, 9_000]);
    expect(lengthMs).toBe(9_000);
  });

  test("is as long as what was said, without a recording, and as the session where nothing was said", () => {
    expect(timelineOf(results([item("a", "user", 100, 7_000)])).lengthMs).toBe(7_000);
    expect(timelineOf(results([])).lengthMs).toBe(60_000);
  });

  test("gives each question the stretch to the next one, and none to one that was not come to", () => {
    const said = [
      item("hello", "assistant", 0, 900),
      item("ask1", "assistant", 1_000, 2_000, { question: 1 }),
      item("answer1", "user", 2_500, 5_000, { question: 1 }),
      item("ask2", "assistant", 6_000, 7_000, { question: 2 }),
      item("answer2", "user", 7_500, 9_000, { question: 2 }),
      item("bye", "assistant", 10_000, 12_000),
    ];
    const { sections } = timelineOf(results(said, { questions: [question(1), question(2), question(3)] }));
    expect(sections.map(({ number, startMs, endMs }) => [number, startMs, endMs])).toEqual([
      [1, 1_000, 6_000],
      [2, 6_000, 9_000],
    ]);
  });

  test("counts waits from the candidate's end to the interviewer's first sound, and marks the long ones", () => {
    const said = [
      item("a", "assistant", 0, 1_000),
      item("b", "user", 2_000, 3_000),
      item("c", "assistant", 3_800, 4_000),
      item("d", "user", 4_500, 5_000),
      item("e", "assistant", 5_000 + LONG_WAIT_MS, 9_000),
      item("f", "assistant", 9_500, 9_900),
    ];
    const { waits } = timelineOf(results(said));
    expect(waits.map(({ startMs, endMs, isLong }) => [startMs, endMs, isLong])).toEqual([
      [3_000, 3_800, false],
      [5_000, 5_000 + LONG_WAIT_MS, true],
    ]);
  });

  test("finds interruptions: words that were not heard, and voices over each other", () => {
    const cut = { content: "Tell me", generated_content: "Tell me about it" };
    const said = [
      item("a", "assistant", 0, 1_500, cut),
      item("b", "user", 1_400, 3_000),
      item("c", "assistant", 4_000, 6_000),
      item("d", "user", 5_000, 7_000),
      item("e", "assistant", 8_000, 9_000),
      item("f", "user", 8_400, 9_500),
    ];
    const { interruptions } = timelineOf(results(said));
    expect(interruptions).toEqual([
      { atMs: 1_500, itemId: "a", cut: true },
      { atMs: 5_000, itemId: "c", cut: false },
    ]);
  });
});

describe("the line", () => {
  const sample = (at_ms: number, loss_ratio: number | null, jitter_ms = 2, rtt_ms = 40) => ({
    at_ms,
    loss_ratio,
    jitter_ms,
    rtt_ms,
  });

  test("is graded by its worst side", () => {
    expect(gradeOf(sample(0, 0))).toBe("good");
    expect(gradeOf(sample(0, 0.02))).toBe("fair");
    expect(gradeOf(sample(0, 0.05))).toBe("poor");
    expect(gradeOf(sample(0, 0, 30))).toBe("fair");
    expect(gradeOf(sample(0, 0, 2, 600))).toBe("poor");
    expect(gradeOf({ at_ms: 0, loss_ratio: null, jitter_ms: null, rtt_ms: null })).toBe("good");
  });

  test("joins equal neighbours and keeps the worst figures; silence of the server is a hole", () => {
    const samples = [
      sample(5_000, 0.02),
      sample(0, 0),
      sample(10_000, 0.03, 12),
      sample(40_000, null),
      sample(15_000, 0),
    ];
    const said = [item("a", "user", 0, 50_000)];
    const { quality } = timelineOf(results(said, { quality_samples: samples }));
    expect(quality.map(({ startMs, endMs, grade }) => [startMs, endMs, grade])).toEqual([
      [0, 5_000, "good"],
      [5_000, 15_000, "fair"],
      [15_000, 25_000, "good"],
      [40_000, 50_000, "good"],
    ]);
    expect(quality[1]).toMatchObject({ lossRatio: 0.03, jitterMs: 12, rttMs: 40 });
  });
});

test("what stands out is in order, and good stretches do not", () => {
  const said = [
    item("a", "assistant", 0, 1_000, { content: "One", generated_content: "One two" }),
    item("b", "user", 2_000, 3_000, { state: "missing" }),
    item("c", "assistant", 9_000, 10_000),
  ];
  const quality_samples = [
    { at_ms: 0, loss_ratio: 0, jitter_ms: 1, rtt_ms: 1 },
    { at_ms: 5_000, loss_ratio: 0.2, jitter_ms: 1, rtt_ms: 1 },
  ];
  const found = highlightsOf(timelineOf(results(said, { quality_samples })));
  expect(found.map(({ kind, atMs }) => [kind, atMs])).toEqual([
    ["interruption", 1_000],
    ["missing", 2_000],
    ["wait", 3_000],
    ["quality", 5_000],
  ]);
});

describe("moments and turns", () => {
  const said = [
    item("a", "assistant", 1_000, 2_000),
    item("b", "user", 3_000, 8_000),
    item("c", "assistant", 7_500, 9_000),
  ];
  const { turns } = timelineOf(results(said));

  test("a moment belongs to whoever speaks, in silence to whoever spoke last", () => {
    expect(turnAt(turns, 999)).toBeNull();
    expect(turnAt(turns, 1_000)?.itemId).toBe("a");
    expect(turnAt(turns, 2_500)?.itemId).toBe("a");
    expect(turnAt(turns, 3_000)?.itemId).toBe("b");
    expect(turnAt(turns, 8_500)?.itemId).toBe("c");
    expect(turnAt(turns, 60_000)?.itemId).toBe("c");
  });

  test("next and previous go to the beginnings of turns", () => {
    expect(neighbourMs(turns, 0, 1)).toBe(1_000);
    expect(neighbourMs(turns, 1_000, 1)).toBe(3_000);
    expect(neighbourMs(turns, 7_500, 1)).toBeNull();
    // Back to the beginning of this turn first, when some of it was heard.
    expect(neighbourMs(turns, 6_000, -1)).toBe(3_000);
    expect(neighbourMs(turns, 3_100, -1)).toBe(1_000);
    expect(neighbourMs(turns, 0, -1)).toBe(1_000);
    expect(neighbourMs([], 0, 1)).toBeNull();
  });
});

test("the version that is shown is the better one", () => {
  const live = item("a", "user", 0, 1);
  expect(shownText(live)).toBe("a said");
  expect(shownText({ ...live, shown: "second_pass", second_pass: { content: "better" } })).toBe("better");
  expect(shownText({ ...live, shown: "live", second_pass: { content: "worse" } })).toBe("a said");
});

test("a ruler has round steps, and not more of them than fit", () => {
  expect(rulerStepMs(34_000, 8)).toBe(5_000);
  expect(rulerStepMs(3_600_000, 8)).toBe(600_000);
  expect(rulerStepMs(3_600_000, 160)).toBe(30_000);
});
