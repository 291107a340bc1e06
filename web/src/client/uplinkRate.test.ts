import { describe, expect, it } from "vitest";
import {
  MAX_BITRATES,
  type RatedSender,
  USUAL_RATE,
  type UplinkRate,
  type UplinkReport,
  holdTo,
  nextRate,
  uplinkReport,
} from "./uplinkRate";

const EVERY_MS = 2_000;
const QUIET: Omit<UplinkReport, "atMs"> = { roundTripMs: 60, jitterMs: 5, lossRatio: 0 };
/** What a full queue of 16 packets on 50 kbit/s looks like, and one that loses nothing. */
const FULL = { ...QUIET, roundTripMs: 510, lossRatio: 0.4 };
const LONG = { ...QUIET, roundTripMs: 900 };

/** The rate after so many reports of the same. */
function after(rate: UplinkRate, reports: number, report: Omit<UplinkReport, "atMs">): UplinkRate {
  let next = rate;
  for (let count = 0; count < reports; count += 1) {
    next = nextRate(next, { ...report, atMs: (next.atMs ?? 0) + EVERY_MS });
  }
  return next;
}

describe("nextRate", () => {
  const known = after(USUAL_RATE, 5, QUIET);

  it("takes a step down at the first report of a queue that runs over", () => {
    expect(after(known, 1, FULL).step).toBe(1);
    // The report after that is of before it, in part; only another one leads on.
    expect(after(known, 2, FULL).step).toBe(1);
    expect(after(known, 3, FULL).step).toBe(2);
    expect(after(known, 9, FULL).step).toBe(2);
  });

  it("takes a step down at the second report of a queue that only grows", () => {
    expect(after(known, 1, LONG).step).toBe(0);
    expect(after(known, 2, LONG).step).toBe(1);
    const once = after(after(known, 1, LONG), 1, QUIET);
    expect(after(once, 1, LONG).step).toBe(0);
    // One report settles it, and then again two lead on.
    expect([3, 4, 5].map((reports) => after(known, reports, LONG).step)).toEqual([1, 1, 2]);
  });

  it("takes a step down where the link was full from the start", () => {
    expect([2, 3, 6, 7].map((reports) => after(USUAL_RATE, reports, FULL).step)).toEqual([0, 1, 1, 2]);
  });

  it("leaves alone what only loses, and what delays at random", () => {
    expect(after(known, 500, { ...QUIET, lossRatio: 0.5 }).step).toBe(0);
    let rate = known;
    for (let round = 0; round < 200; round += 1) {
      const roundTripMs = 150 + ((round * 97) % 250);
      rate = after(rate, 1, { roundTripMs, jitterMs: 60, lossRatio: round % 7 === 0 ? 0.3 : 0.1 });
      expect(rate.step).toBe(0);
    }
  });

  it("looks at a report once", () => {
    const grown = after(known, 1, LONG);
    expect(nextRate(grown, { ...LONG, atMs: grown.atMs ?? 0 })).toBe(grown);
  });

  it("goes back up one step after 20 s of calm, and later after each attempt that failed", () => {
    let rate = after(known, 4, FULL);
    expect(rate.step).toBe(2);
    const calmReports = (): number => {
      let count = 0;
      for (const step = rate.step; rate.step === step && count < 500; count += 1) rate = after(rate, 1, QUIET);
      return count;
    };
    const [first, second] = [calmReports(), calmReports()];
    expect(rate.step).toBe(0);
    // 20 s of calm, and where a step was taken before, the report that settles it.
    for (const count of [first, second]) expect(count * EVERY_MS).toBeLessThanOrEqual(24_000);
    for (const count of [first, second]) expect(count * EVERY_MS).toBeGreaterThanOrEqual(20_000);
    const waits = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      rate = after(rate, 2, FULL);
      expect(rate.step).toBe(1);
      waits.push(Math.round((calmReports() * EVERY_MS) / 20_000));
      expect(rate.step).toBe(0);
    }
    expect(waits).toEqual([2, 4, 8, 16, 16, 16]);
    rate = after(after(rate, 40, QUIET), 2, FULL);
    expect(Math.round((calmReports() * EVERY_MS) / 20_000)).toBe(1);
  });

  it("takes a longer way for what it is after a while", () => {
    let rate = known;
    for (let round = 0; round < 120; round += 1) rate = after(rate, 1, { ...QUIET, roundTripMs: 400 });
    expect(rate.step).toBe(0);
  });
});

describe("uplinkReport", () => {
  it("reads what the server said of this audio", () => {
    const entry = { type: "remote-inbound-rtp", kind: "audio", timestamp: 5_000, roundTripTime: 0.25 };
    const others = [
      { type: "inbound-rtp", kind: "audio", timestamp: 1 },
      { type: "remote-inbound-rtp", kind: "video" },
    ];
    expect(uplinkReport([...others, { ...entry, jitter: 0.01, fractionLost: 0.5 }])).toEqual({
      atMs: 5_000,
      roundTripMs: 250,
      jitterMs: 10,
      lossRatio: 0.5,
    });
    expect(uplinkReport([entry])).toEqual({ atMs: 5_000, roundTripMs: 250, jitterMs: 0, lossRatio: 0 });
    expect(uplinkReport(others)).toBeNull();
    expect(uplinkReport([{ ...entry, roundTripTime: undefined }])).toBeNull();
  });
});

describe("holdTo", () => {
  class Sender implements RatedSender {
    encodings: RTCRtpEncodingParameters[] = [{ active: true }];
    refuses = false;

    getParameters(): RTCRtpSendParameters {
      const encodings = structuredClone(this.encodings);
      return { transactionId: "1", encodings, codecs: [], headerExtensions: [], rtcp: {} };
    }

    setParameters(parameters: RTCRtpSendParameters): Promise<void> {
      if (this.refuses) return Promise.reject(new Error("InvalidStateError"));
      this.encodings = parameters.encodings;
      return Promise.resolve();
    }
  }

  it("sets the most that a step may weigh, and takes it back", async () => {
    const sender = new Sender();
    for (const step of [1, 2]) {
      expect(await holdTo(sender, step)).toBe(true);
      expect(sender.encodings).toEqual([{ active: true, maxBitrate: MAX_BITRATES[step] }]);
    }
    expect(await holdTo(sender, 0)).toBe(true);
    expect(sender.encodings).toEqual([{ active: true }]);
  });

  it("says where the browser refuses", async () => {
    const sender = new Sender();
    sender.refuses = true;
    expect(await holdTo(sender, 1)).toBe(false);
    sender.encodings = [];
    expect(await holdTo(sender, 1)).toBe(false);
  });
});
