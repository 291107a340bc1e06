/** Decisions of a negotiation between two browsers, apart from the connection that they are about. */
import type { Belongs } from "./wire";

/** Of two sides that offer at once the polite one takes its offer back. Both sides know which one that is. */
export function isPolite(own: string, other: string): boolean {
  return own < other;
}

export interface Negotiation {
  polite: boolean;
  /** An offer of ours is being made, and not said yet. */
  makingOffer: boolean;
  signalingState: RTCSignalingState;
  /** An answer is being taken: the state turns stable in a moment. */
  takingAnswer: boolean;
}

/** Whether to take an offer that came in. */
export function takesOffer(now: Negotiation): boolean {
  const free = !now.makingOffer && (now.signalingState === "stable" || now.takingAnswer);
  return free || now.polite;
}

/** The connections at both ends, as far as they are known. */
export interface Ends {
  own: string;
  other: string | null;
}

export type Fit =
  /** For this connection. */
  | "same"
  /** The other side began anew: so must we. */
  | "renewed"
  /** For a connection that is no more. */
  | "stale";

/** What a step has to do with our connection. Clients that name no connections have one for ever. */
export function fit(type: "offer" | "answer" | "candidate", step: Belongs, ends: Ends): Fit {
  if (step.answers !== null && step.answers !== ends.own) return "stale";
  const isOther = step.connection !== null && ends.other !== null && step.connection !== ends.other;
  if (!isOther) return "same";
  return type === "offer" ? "renewed" : "stale";
}

const UPLINK_BITS = 2_400_000;
const PICTURE_BITS = { least: 120_000, most: 1_200_000 };

/** Bits per second for our picture to each of the others: our way up is shared by all copies of it. */
export function pictureBits(others: number): number {
  const share = Math.floor(UPLINK_BITS / Math.max(1, others));
  return Math.min(PICTURE_BITS.most, Math.max(PICTURE_BITS.least, share));
}

/** When to try another path after the `attempt`-th one (from 0) did not connect; the polite side is later. */
export function restartMs(attempt: number, polite: boolean): number {
  const base = Math.min(12_000, 1_000 * 2 ** Math.min(attempt, 8));
  return polite ? base + 3_000 : base;
}
