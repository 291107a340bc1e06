/** Whether all is well, and if not, why. Pure: what is judged is all in the facts. */
import type { CounterId, Facts } from "./facts";

export type Level = "attention" | "trouble";

/** Sections of docs/troubleshooting.md by a short name; their headings are among the texts. */
export type Section = "network" | "turn" | "models" | "scaling" | "throttling";

interface Check {
  level: Level;
  /** How many or how much of it there is; `null` and 0 are well. */
  found: (facts: Facts) => number | boolean | null;
  section?: Section;
}

/** Voice that the model did not take: this many frames of 20 ms are two seconds. The end of a call leaves a few. */
const FRAMES_NOT_TAKEN = 100;
const CONCEALED_RATIO = 0.05;
const PACE_LATE_MS = 20;
const NEARLY_FULL = 0.9;
const PROBLEM_LATELY_MS = 15 * 60_000;
const ENGINE_AREAS = /^(realtime|engine|relay)$/;

function recent(id: CounterId, above = 0): Check["found"] {
  return ({ counters }) => {
    const count = counters[id].recent ?? 0;
    return count > above ? count : 0;
  };
}

function lately(facts: Facts, level: "warn" | "error" | null, isWanted: (area: string) => boolean): number {
  const sinceMs = Date.parse(facts.at) - PROBLEM_LATELY_MS;
  const found = (facts.problems?.problems ?? []).filter(
    (problem) =>
      (level === null || problem.level === level) && Date.parse(problem.at) > sinceMs && isWanted(problem.area),
  );
  return found.length;
}

/** In the order in which they are told. */
const CHECKS = {
  keysOut: {
    level: "trouble",
    found: ({ engine: { keys } }) => keys !== null && keys.good === 0 && keys.cooling + keys.out > 0,
  },
  engineFailed: { level: "trouble", found: ({ sessions }) => sessions.engine_failed_lately, section: "models" },
  engineProblems: {
    level: "attention",
    found: (facts) => lately(facts, null, (area) => ENGINE_AREAS.test(area)),
    section: "models",
  },
  voiceNotTaken: { level: "attention", found: recent("voiceNotTaken", FRAMES_NOT_TAKEN) },
  upstreamLost: { level: "attention", found: recent("upstreamLost") },
  engineJobsRefused: { level: "trouble", found: recent("engineJobsRefused"), section: "scaling" },
  chatFailing: { level: "attention", found: ({ engine }) => engine.chat?.state === "failing" },
  someKeysOut: {
    level: "attention",
    found: ({ engine: { keys } }) => keys !== null && keys.good > 0 && keys.cooling + keys.out,
  },
  storeFailures: { level: "trouble", found: recent("storeFailures") },
  storeQueueFull: { level: "trouble", found: recent("storeQueueFull") },
  mediaPanics: { level: "trouble", found: recent("mediaPanics") },
  recordingFailed: { level: "trouble", found: recent("recordingFailed") },
  draining: { level: "attention", found: ({ ready }) => ready === false },
  full: {
    level: "attention",
    found: ({ sessions: { live, most } }) => live !== null && most !== null && most > 0 && live >= most * NEARLY_FULL,
    section: "scaling",
  },
  paceLate: {
    level: "attention",
    found: ({ delays }) => (delays.pace.recent?.p95_ms ?? 0) > PACE_LATE_MS,
    section: "scaling",
  },
  concealed: {
    level: "attention",
    found: ({ concealed_ratio }) => (concealed_ratio ?? 0) > CONCEALED_RATIO,
    section: "network",
  },
  packetsOverload: { level: "attention", found: recent("packetsOverload"), section: "network" },
  requestsFailed: { level: "attention", found: recent("requestsFailed") },
  overloaded: { level: "attention", found: recent("overloaded"), section: "scaling" },
  rateLimited: { level: "attention", found: recent("rateLimited"), section: "throttling" },
  cacheLost: { level: "attention", found: recent("cacheLost") },
  jobsFailed: { level: "attention", found: recent("jobsFailed") },
  mailFailed: { level: "attention", found: recent("mailFailed") },
  webhooksFailed: { level: "attention", found: recent("webhooksFailed") },
  twilioFailed: { level: "attention", found: recent("twilioFailed"), section: "turn" },
  signInKeysFailed: { level: "attention", found: recent("signInKeysFailed") },
  otherErrors: { level: "attention", found: (facts) => lately(facts, "error", (area) => !ENGINE_AREAS.test(area)) },
} as const satisfies Record<string, Check>;

export type ReasonId = keyof typeof CHECKS;

export interface Reason {
  id: ReasonId;
  level: Level;
  /** 1 where it cannot be counted. */
  count: number;
  section: Section | null;
}

export interface Verdict {
  level: "well" | Level;
  reasons: Reason[];
}

export function judge(facts: Facts): Verdict {
  const reasons: Reason[] = [];
  for (const [id, check] of Object.entries(CHECKS) as [ReasonId, Check][]) {
    const count = Number(check.found(facts) ?? 0);
    if (count > 0) reasons.push({ id, level: check.level, count, section: check.section ?? null });
  }
  // What is in trouble first; the order of the table among equals.
  reasons.sort((a, b) => Number(b.level === "trouble") - Number(a.level === "trouble"));
  return { level: reasons[0]?.level ?? "well", reasons };
}
