import { describe, expect, it } from "vitest";
import { type Checkup, lineFigures, loudnessOf, lossRatio, verdictOf } from "./checkup";

const WELL: Checkup = {
  path: "direct",
  lossUp: 0,
  lossDown: 0.01,
  jitterMs: 5,
  roundTripMs: 30,
  voiceDelayMs: 190,
  voiceLevel: 62,
  returnedLevel: 60,
  clipped: false,
};

describe("the verdict", () => {
  it("is good where nothing stands in the way, over a relay too", () => {
    expect(verdictOf(WELL)).toEqual({ grade: "good", findings: [] });
    expect(verdictOf({ ...WELL, path: "relay" }).grade).toBe("good");
  });

  it.each<[Partial<Checkup>, string, string]>([
    [{ lossUp: 0.05 }, "usable", "loss"],
    [{ lossDown: 0.2 }, "poor", "loss"],
    [{ voiceDelayMs: 700 }, "usable", "delay"],
    [{ voiceDelayMs: null, roundTripMs: 1_500 }, "poor", "delay"],
    [{ jitterMs: 80 }, "usable", "jitter"],
    [{ voiceLevel: 40 }, "usable", "too_quiet"],
    [{ clipped: true }, "usable", "too_loud"],
    [{ voiceLevel: 10, returnedLevel: 0 }, "poor", "not_heard"],
    [{ returnedLevel: 3 }, "poor", "nothing_back"],
    [{ path: "unavailable", returnedLevel: null }, "usable", "unavailable"],
    [{ path: "none", returnedLevel: null }, "poor", "no_path"],
  ])("%o is %s because of %s", (change, grade, finding) => {
    expect(verdictOf({ ...WELL, ...change })).toEqual({ grade, findings: [finding] });
  });

  it("is as bad as the worst of what was found, and names all", () => {
    const verdict = verdictOf({ ...WELL, lossUp: 0.5, voiceLevel: 40 });
    expect(verdict).toEqual({ grade: "poor", findings: ["too_quiet", "loss"] });
  });
});

describe("figures", () => {
  it("say how loud a voice is in words", () => {
    expect([10, 40, 60, 97].map((level) => loudnessOf(level))).toEqual(["silent", "quiet", "good", "loud"]);
    expect(loudnessOf(60, true)).toBe("loud");
  });

  it("know no loss before there were packets, and none below nothing", () => {
    expect(lossRatio(0, 0)).toBeNull();
    expect(lossRatio(-3, 100)).toBe(0);
    expect(lossRatio(25, 75)).toBe(0.25);
  });

  it("are read from the nominated pair and its candidates", () => {
    const report = [
      { id: "l1", type: "local-candidate", candidateType: "host" },
      { id: "l2", type: "local-candidate", candidateType: "relay" },
      { id: "r", type: "remote-candidate", candidateType: "host" },
      { id: "p1", type: "candidate-pair", localCandidateId: "l1", remoteCandidateId: "r", nominated: false },
      {
        id: "p2",
        type: "candidate-pair",
        localCandidateId: "l2",
        remoteCandidateId: "r",
        nominated: true,
        currentRoundTripTime: 0.0421,
      },
      { id: "i", type: "inbound-rtp", kind: "audio", packetsLost: 1, packetsReceived: 99, jitter: 0.012 },
    ];
    expect(lineFigures(report)).toEqual({ path: "relay", lossDown: 0.01, jitterMs: 12, roundTripMs: 42 });
    expect(lineFigures([])).toEqual({ path: "direct", lossDown: null, jitterMs: null, roundTripMs: null });
  });
});
