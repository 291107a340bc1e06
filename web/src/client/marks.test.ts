import { describe, expect, it } from "vitest";
import { MARK_HZ, MARK_MS, MARK_TIMES_MS, burstOnsets, delayOf, mergeOnsets, toneLevels } from "./marks";

const RATE = 48_000;

/** Silence with bursts at these times, as they come back: with a little noise, and not at full height. */
function recording(lengthMs: number, onsetsMs: readonly number[], amplitude = 0.35): Float32Array {
  const samples = new Float32Array((lengthMs * RATE) / 1000);
  let seed = 7;
  samples.forEach((_, index) => {
    seed = (seed * 16_807) % 2_147_483_647;
    const ms = (index * 1000) / RATE;
    const inBurst = onsetsMs.some((onset) => ms >= onset && ms < onset + MARK_MS);
    const noise = (seed / 2_147_483_647 - 0.5) * 0.02;
    samples[index] = noise + (inBurst ? amplitude * Math.sin((2 * Math.PI * MARK_HZ * index) / RATE) : 0);
  });
  return samples;
}

describe("bursts in what came back", () => {
  it("are found where they begin, to one step", () => {
    const onsets = burstOnsets(toneLevels(recording(700, [103, 391]), RATE));
    expect(onsets).toHaveLength(2);
    expect(Math.abs((onsets[0] ?? 0) - 103)).toBeLessThanOrEqual(5);
    expect(Math.abs((onsets[1] ?? 0) - 391)).toBeLessThanOrEqual(5);
  });

  it("are not found in noise, in another tone, or where the burst began before the window", () => {
    expect(burstOnsets(toneLevels(recording(700, []), RATE))).toEqual([]);
    const other = recording(700, []).map((_, index) => 0.4 * Math.sin((2 * Math.PI * 3_000 * index) / RATE));
    expect(burstOnsets(toneLevels(other, RATE))).toEqual([]);
    expect(burstOnsets([0.3, 0.3, 0.01, 0.01])).toEqual([]);
  });

  it("count once when two windows show them", () => {
    expect(mergeOnsets([100, 500], [102, 900])).toEqual([100, 500, 900]);
  });
});

describe("the delay", () => {
  const sent = MARK_TIMES_MS.map((time) => 1_000 + time);

  it("is the distance between the marks and what came back", () => {
    const heard = sent.map((mark, index) => mark + 180 + (index % 3));
    expect(delayOf(sent, heard)).toBeGreaterThanOrEqual(180);
    expect(delayOf(sent, heard)).toBeLessThanOrEqual(182);
  });

  it("is right when it is longer than the marks are apart, with a mark lost and a false one", () => {
    const heard = [1_120, ...sent.slice(1).map((mark) => mark + 640)];
    expect(delayOf(sent, heard)).toBe(640);
  });

  it("is not known from too few marks, or from what came before they were sent", () => {
    expect(delayOf(sent, [])).toBeNull();
    expect(delayOf(sent, [sent[0]! + 90, sent[3]! + 90])).toBeNull();
    expect(
      delayOf(
        sent,
        sent.map((mark) => mark - 300),
      ),
    ).toBeNull();
  });
});
