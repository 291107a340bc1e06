import { describe, expect, it } from "vitest";
import { type Negotiation, fit, isPolite, pictureBits, restartMs, takesOffer } from "./negotiation";

const NOW: Negotiation = { polite: false, makingOffer: false, signalingState: "stable", takingAnswer: false };

describe("two offers at once", () => {
  it("one side is polite, and both agree on which", () => {
    expect(isPolite("a", "b")).toBe(true);
    expect(isPolite("b", "a")).toBe(false);
  });

  it("an offer is taken when nothing of ours is under way", () => {
    expect(takesOffer(NOW)).toBe(true);
    expect(takesOffer({ ...NOW, signalingState: "have-local-offer", takingAnswer: true })).toBe(true);
  });

  it("only the polite side gives way", () => {
    for (const clash of [{ makingOffer: true }, { signalingState: "have-local-offer" as const }]) {
      expect(takesOffer({ ...NOW, ...clash })).toBe(false);
      expect(takesOffer({ ...NOW, ...clash, polite: true })).toBe(true);
    }
  });
});

describe("which connection a step belongs to", () => {
  const ends = { own: "me", other: "you" };
  it("fits the connection that there is, also of clients that name none", () => {
    expect(fit("answer", { connection: "you", answers: "me" }, ends)).toBe("same");
    expect(fit("candidate", { connection: null, answers: null }, ends)).toBe("same");
    expect(fit("offer", { connection: "you", answers: null }, { own: "me", other: null })).toBe("same");
  });

  it("an offer of another connection is a new beginning, anything else of it is late", () => {
    expect(fit("offer", { connection: "new", answers: null }, ends)).toBe("renewed");
    expect(fit("candidate", { connection: "new", answers: null }, ends)).toBe("stale");
  });

  it("what answers a connection that we gave up is late", () => {
    expect(fit("answer", { connection: "you", answers: "before" }, ends)).toBe("stale");
    expect(fit("offer", { connection: "new", answers: "before" }, ends)).toBe("stale");
  });
});

describe("sharing the way up", () => {
  it("gives each copy less the more there are, within bounds", () => {
    const bits = [1, 2, 4, 8, 40].map(pictureBits);
    expect(bits).toEqual([1_200_000, 1_200_000, 600_000, 300_000, 120_000]);
    expect(pictureBits(0)).toBe(1_200_000);
  });
});

describe("looking for another path", () => {
  it("waits longer each time, and lets the impolite side go first", () => {
    const waits = [0, 1, 2, 3, 4, 20].map((attempt) => restartMs(attempt, false));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 12_000, 12_000]);
    for (const attempt of [0, 3, 20]) expect(restartMs(attempt, true)).toBeGreaterThan(restartMs(attempt, false));
  });
});
