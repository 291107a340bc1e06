/** What the browser measured of the agent's audio, as the message `candidate.stats`. */

const INBOUND_FIELDS = [
  "jitterBufferDelay",
  "jitterBufferEmittedCount",
  "packetsLost",
  "packetsReceived",
  "concealedSamples",
  "silentConcealedSamples",
  "totalSamplesReceived",
] as const;

export interface CandidateStats {
  type: "candidate.stats";
  [field: string]: number | string;
}

/** Totals since the connection began, in the units of W3C webrtc-stats; null before any audio came. */
export function candidateStats(report: Iterable<Record<string, unknown>>): CandidateStats | null {
  let inbound: Record<string, unknown> | null = null;
  let roundTripTime: unknown = null;
  for (const entry of report) {
    if (entry.type === "inbound-rtp" && entry.kind === "audio") inbound = entry;
    if (entry.type === "candidate-pair" && entry.nominated === true && entry.currentRoundTripTime !== undefined) {
      roundTripTime = entry.currentRoundTripTime;
    }
  }
  if (inbound === null) return null;
  const stats: CandidateStats = { type: "candidate.stats" };
  for (const field of INBOUND_FIELDS) {
    const value = inbound[field];
    if (typeof value === "number" && Number.isFinite(value)) stats[field] = value;
  }
  if (typeof roundTripTime === "number" && Number.isFinite(roundTripTime)) stats.roundTripTime = roundTripTime;
  return stats;
}
