/**
 * How much the candidate's voice may weigh: from what the server reports of it, a link that carries less is told from
 * one that only loses. A link that is given more than it carries fills its queue, and the round trip grows by what
 * waits there; loss alone calls for copies of packets, not for fewer bits. Pure: the same rules as the server has for
 * its own voice.
 */

/** What the server reported last, in the units of this module. */
export interface UplinkReport {
  /** When it came, in ms: reports of the same time are one and the same. */
  atMs: number;
  roundTripMs: number;
  jitterMs: number;
  /** 0 to 1. */
  lossRatio: number;
}

export interface UplinkRate {
  /** Index into `MAX_BITRATES`. */
  readonly step: number;
  readonly atMs: number | null;
  /** The last ones, oldest first. */
  readonly roundTripsMs: readonly number[];
  /** The last report told of a queue. */
  readonly wasGrown: boolean;
  /** Reports in a row of a link that loses much and is slow. */
  readonly stuck: number;
  /** The next report is of before the last step, in part. */
  readonly settles: boolean;
  readonly calmMs: number;
  /** Since the last step up. */
  readonly sinceRiseMs: number | null;
  readonly patienceMs: number;
}

/**
 * Bits per second, null as the browser likes. Chromium takes the RTP headers (4,800) out of it, and sends the rest
 * twice where each packet has a copy of the one before; the other headers come on top: 43 and 37 kbit/s in all.
 */
export const MAX_BITRATES: readonly (number | null)[] = [null, 14_000, 10_000];

/** About a minute of reports; their lower quarter is the round trip without a queue. */
const ROUND_TRIPS = 32;
/** Growth above that, and so many jitters: that a queue fills; the same with heavy loss; what is still calm. */
const GROWN_MS = 150;
const GROWN_LOSSY_MS = 100;
const CALM_MS = 75;
const JITTERS_GROWN = 4;
const JITTERS_CALM = 2;
const HEAVY_LOSS = 0.2;
const CALM_LOSS = 0.1;
/** A link that was full from the start has no floor: so many reports of heavy loss at such a round trip are enough. */
const STUCK_REPORTS = 3;
const STUCK_MS = 300;
/** Calm before a step up; doubled by each one that did not hold for so long. */
const PATIENCE_MS = 20_000;
const PATIENCE_MAX_MS = 320_000;
const PROVEN_MS = 60_000;
/** Reports further apart say nothing of what was between them. */
const GAP_MAX_MS = 15_000;

export const USUAL_RATE: UplinkRate = {
  step: 0,
  atMs: null,
  roundTripsMs: [],
  wasGrown: false,
  stuck: 0,
  settles: false,
  calmMs: 0,
  sinceRiseMs: null,
  patienceMs: PATIENCE_MS,
};

/** The rate after a report; the same object where the report is not a new one. */
export function nextRate(rate: UplinkRate, report: UplinkReport): UplinkRate {
  if (rate.atMs !== null && report.atMs <= rate.atMs) return rate;
  const roundTripsMs = [...rate.roundTripsMs, report.roundTripMs].slice(-ROUND_TRIPS);
  const growthMs = report.roundTripMs - floorOf(roundTripsMs);
  const grewBy = (ms: number, jitters: number): boolean => growthMs > ms + jitters * report.jitterMs;
  const wasGrown = grewBy(GROWN_MS, JITTERS_GROWN);
  const isLossy = report.lossRatio >= HEAVY_LOSS;
  const isSlow = report.roundTripMs > STUCK_MS + JITTERS_GROWN * report.jitterMs;
  const stuck = isLossy && isSlow ? rate.stuck + 1 : 0;
  const noted: UplinkRate = { ...rate, atMs: report.atMs, roundTripsMs, wasGrown, stuck, settles: false };
  if (rate.settles) return { ...noted, wasGrown: false, stuck: 0 };
  const isHeavy = isLossy && grewBy(GROWN_LOSSY_MS, JITTERS_GROWN);
  if (isHeavy || stuck >= STUCK_REPORTS || (wasGrown && rate.wasGrown)) return lowered(noted);
  if (wasGrown || grewBy(CALM_MS, JITTERS_CALM) || report.lossRatio >= CALM_LOSS) return noted;
  const sinceMs = rate.atMs === null ? 0 : report.atMs - rate.atMs;
  return rested(noted, sinceMs <= GAP_MAX_MS ? sinceMs : 0);
}

function floorOf(roundTripsMs: readonly number[]): number {
  const sorted = [...roundTripsMs].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 4)] ?? 0;
}

function lowered(rate: UplinkRate): UplinkRate {
  const { sinceRiseMs } = rate;
  let { patienceMs } = rate;
  if (sinceRiseMs !== null) {
    patienceMs = sinceRiseMs < PROVEN_MS ? Math.min(2 * patienceMs, PATIENCE_MAX_MS) : PATIENCE_MS;
  }
  const step = Math.min(rate.step + 1, MAX_BITRATES.length - 1);
  return turned({ ...rate, calmMs: 0, sinceRiseMs: null, patienceMs }, step);
}

function rested(rate: UplinkRate, sinceMs: number): UplinkRate {
  const calmMs = rate.calmMs + sinceMs;
  const sinceRiseMs = rate.sinceRiseMs === null ? null : rate.sinceRiseMs + sinceMs;
  if (rate.step === 0 || calmMs < rate.patienceMs) return { ...rate, calmMs, sinceRiseMs };
  return turned({ ...rate, calmMs: 0, sinceRiseMs: 0 }, rate.step - 1);
}

function turned(rate: UplinkRate, step: number): UplinkRate {
  return step === rate.step ? rate : { ...rate, step, settles: true, wasGrown: false, stuck: 0 };
}

/** What the browser keeps of the server's last report (W3C webrtc-stats); null before there was one. */
export function uplinkReport(entries: Iterable<Record<string, unknown>>): UplinkReport | null {
  for (const { type, kind, timestamp, roundTripTime, jitter, fractionLost } of entries) {
    if (type !== "remote-inbound-rtp" || kind !== "audio") continue;
    if (typeof timestamp !== "number" || typeof roundTripTime !== "number") continue;
    return {
      atMs: timestamp,
      roundTripMs: roundTripTime * 1_000,
      jitterMs: typeof jitter === "number" ? jitter * 1_000 : 0,
      lossRatio: typeof fractionLost === "number" ? fractionLost : 0,
    };
  }
  return null;
}

/** A sender as far as its rate goes. */
export type RatedSender = Pick<RTCRtpSender, "getParameters" | "setParameters">;

/** Holds a sender to a step. False where the browser refuses: then the next report says again what to do. */
export async function holdTo(sender: RatedSender, step: number): Promise<boolean> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings;
  if (encoding === undefined) return false;
  const most = MAX_BITRATES[step] ?? null;
  if (most === null) delete encoding.maxBitrate;
  else encoding.maxBitrate = most;
  try {
    await sender.setParameters(parameters);
    return true;
  } catch {
    return false;
  }
}
