import { describe, expect, it } from "vitest";
import { candidateStats } from "./stats";

describe("candidateStats", () => {
  it("takes the inbound audio and the nominated pair's round trip", () => {
    const stats = candidateStats([
      { type: "outbound-rtp", kind: "audio", packetsSent: 4 },
      {
        type: "inbound-rtp",
        kind: "audio",
        packetsLost: 1,
        packetsReceived: 99,
        jitterBufferDelay: 1.5,
        concealedSamples: Number.NaN,
        silentConcealedSamples: 480,
      },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.02 },
    ]);
    expect(stats).toEqual({
      type: "candidate.stats",
      packetsLost: 1,
      packetsReceived: 99,
      jitterBufferDelay: 1.5,
      silentConcealedSamples: 480,
      roundTripTime: 0.02,
    });
  });

  it("is silent before any audio came", () => {
    expect(candidateStats([{ type: "candidate-pair", nominated: true, currentRoundTripTime: 1 }])).toBeNull();
  });
});
