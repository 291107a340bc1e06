/** What a sound check found, and what that means for an interview. */

export interface Checkup {
  /** How media goes: straight, over a relay, not at all; or the check itself could not be held. */
  path: "direct" | "relay" | "none" | "unavailable";
  /** Shares of packets lost on the way to the server, and back. */
  lossUp: number | null;
  lossDown: number | null;
  jitterMs: number | null;
  roundTripMs: number | null;
  /** From the microphone to the server and back into the ear. */
  voiceDelayMs: number | null;
  /** The loudest of the sentence on the meter's scale from 0 to 100, at the microphone and as it came back. */
  voiceLevel: number;
  returnedLevel: number | null;
  clipped: boolean;
}

export type Grade = "good" | "usable" | "poor";

/** What stands in the way; the page has a sentence and a remedy for each. */
export type Finding =
  "no_path" | "unavailable" | "not_heard" | "nothing_back" | "too_quiet" | "too_loud" | "loss" | "delay" | "jitter";

export interface Verdict {
  grade: Grade;
  findings: Finding[];
}

/** Below: nobody spoke, or the microphone is off. */
const SPOKEN_LEVEL = 30;
const QUIET_LEVEL = 45;
const LOUD_LEVEL = 92;

/** Up to the first figure is good, up to the second usable, beyond it poor. */
const LOSS_LIMITS = [0.02, 0.08] as const;
const DELAY_LIMITS_MS = [450, 1_000] as const;
const JITTER_LIMITS_MS = [40, 120] as const;

export type Loudness = "silent" | "quiet" | "good" | "loud";

/** A level of the meter (0 to 100) as a word. */
export function loudnessOf(level: number, clipped = false): Loudness {
  if (level < SPOKEN_LEVEL) return "silent";
  if (clipped || level > LOUD_LEVEL) return "loud";
  return level < QUIET_LEVEL ? "quiet" : "good";
}

export function verdictOf(checkup: Checkup): Verdict {
  const found: [Finding, Grade][] = [];
  const note = (finding: Finding, grade: Grade): void => void (grade !== "good" && found.push([finding, grade]));
  if (checkup.path === "none") note("no_path", "poor");
  if (checkup.path === "unavailable") note("unavailable", "usable");
  const loudness = loudnessOf(checkup.voiceLevel, checkup.clipped);
  if (loudness === "silent") note("not_heard", "poor");
  else if (checkup.returnedLevel !== null && checkup.returnedLevel < SPOKEN_LEVEL) note("nothing_back", "poor");
  if (loudness === "quiet") note("too_quiet", "usable");
  if (loudness === "loud") note("too_loud", "usable");
  note("loss", gradeOf(Math.max(checkup.lossUp ?? 0, checkup.lossDown ?? 0), LOSS_LIMITS));
  note("delay", gradeOf(checkup.voiceDelayMs ?? checkup.roundTripMs ?? 0, DELAY_LIMITS_MS));
  note("jitter", gradeOf(checkup.jitterMs ?? 0, JITTER_LIMITS_MS));
  const grades = found.map(([, grade]) => grade);
  const grade = grades.includes("poor") ? "poor" : grades.includes("usable") ? "usable" : "good";
  return { grade, findings: found.map(([finding]) => finding) };
}

function gradeOf(value: number, [good, usable]: readonly [number, number]): Grade {
  return value <= good ? "good" : value <= usable ? "usable" : "poor";
}

/** Share of packets lost; null before there were any. Reordering can make `packetsLost` negative. */
export function lossRatio(lost: number, received: number): number | null {
  const all = lost + received;
  return received + Math.max(0, lost) <= 0 ? null : Math.max(0, lost) / Math.max(1, all);
}

/** What the browser's statistics say of a connection. */
export interface LineFigures {
  path: "direct" | "relay";
  lossDown: number | null;
  jitterMs: number | null;
  roundTripMs: number | null;
}

type Entry = Record<string, unknown>;

export function lineFigures(report: Iterable<Entry>): LineFigures {
  const entries = [...report];
  const pair = entries.find((entry) => entry.type === "candidate-pair" && entry.nominated === true) ?? {};
  const local = entries.find((entry) => entry.id !== undefined && entry.id === pair.localCandidateId);
  const remote = entries.find((entry) => entry.id !== undefined && entry.id === pair.remoteCandidateId);
  const inbound = entries.find((entry) => entry.type === "inbound-rtp" && entry.kind === "audio") ?? {};
  const relayed = local?.candidateType === "relay" || remote?.candidateType === "relay";
  return {
    path: relayed ? "relay" : "direct",
    lossDown: lossRatio(finite(inbound.packetsLost) ?? 0, finite(inbound.packetsReceived) ?? 0),
    jitterMs: inMs(inbound.jitter),
    roundTripMs: inMs(pair.currentRoundTripTime),
  };
}

function inMs(seconds: unknown): number | null {
  const value = finite(seconds);
  return value === null ? null : Math.round(value * 1000);
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
