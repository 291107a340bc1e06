/**
 * What comes of an interview beside the transcript: recording, scores, cost. Types of the API, and what is
 * computed.
 */

export interface Recording {
  state: "recording" | "ready" | "partial" | "failed" | "deleted";
  duration_ms: number | null;
  tracks: { side: string; url: string; bytes: number; duration_ms: number }[];
  /** By how much the candidate's track begins later than the transcript's clock. */
  clock?: { offset_ms: number; drift_ppm: number | null } | null;
  peaks_url: string | null;
  wav_url: string | null;
}

/** `peaks.json` as audiowaveform writes it: for each step a low and a high value of each channel in turn. */
export interface Peaks {
  channels: number;
  sample_rate: number;
  samples_per_pixel: number;
  bits: number;
  length: number;
  data: number[];
}

/** The loudest of each part of one channel, 0 to 1, in `columns` parts of equal length. */
export function columnsOf(peaks: Peaks, channel: number, columns: number): number[] {
  const full = 2 ** (peaks.bits - 1);
  const loudest = new Array<number>(columns).fill(0);
  for (let step = 0; step < peaks.length; step += 1) {
    const at = (step * peaks.channels + channel) * 2;
    const value = Math.max(Math.abs(peaks.data[at] ?? 0), Math.abs(peaks.data[at + 1] ?? 0)) / full;
    const column = Math.min(columns - 1, Math.floor((step * columns) / peaks.length));
    loudest[column] = Math.max(loudest[column] ?? 0, value);
  }
  return loudest;
}

/**
 * One side as bars on (`up`) or under a line, scaled so that the loudest of both sides is as high as there is
 * room.
 */
export function waveform(values: readonly number[], loudest: number, height: number, up: boolean): string {
  const full = loudest > 0 ? height / loudest : 0;
  const bar = (value: number): string => (up ? -value * full : value * full).toFixed(1);
  return values.map((value, x) => (value === 0 ? "" : `M${x + 0.5} ${up ? height : 0}v${bar(value)}`)).join("");
}

export interface Criterion {
  id: string;
  name: string;
  description: string;
  levels: { level: number; anchor: string }[];
}

export interface Quote {
  item_id: string;
  text: string;
  start_ms: number;
}

export interface CriterionProposal {
  criterion: string;
  status: "proposed" | "insufficient_evidence";
  level: number | null;
  reason: string | null;
  rationale: string | null;
  quotes: Quote[];
  quotes_dropped: number;
}

export interface Score {
  question: number;
  criterion: string;
  level: number | null;
  note: string;
}

/** A person's level beside the proposed one. */
export interface Agreement {
  question: number;
  criterion: string;
  own: number | null;
  proposed: number | null;
  steps: number | null;
  verdict: "same" | "adjacent" | "apart" | "one_sided";
}

export interface Scorecard {
  scorecard_id: string;
  revision: number;
  author: { kind: string; id: string; name: string };
  created_at: string;
  before_proposal: boolean;
  scores: Score[];
  note: string;
  agreement?: Agreement[] | null;
}

export interface Evaluation {
  status: "pending" | "evidence_only" | "proposed" | "failed";
  evaluator: { kind: string; model: string } | null;
  reason: string | null;
  hidden_until_scored: boolean;
  evidence: {
    question: number;
    text: string;
    criteria: Criterion[];
    answers: { item_id: string; text: string; start_ms: number }[];
    insufficiency: string | null;
  }[];
  proposal: { questions: { question: number; criteria: CriterionProposal[] }[] | null } | null;
  scorecards: Scorecard[];
}

export interface Usage {
  lines: { source: string; model: string; kind: string; quantity: number; unit: string; usd: number | null }[];
  cost_usd: number | null;
  known_usd: number;
  price_file_date: string;
}

export interface Retention {
  audio: RetentionClass;
  transcript: RetentionClass;
  scores: RetentionClass;
  held_at: string | null;
}

interface RetentionClass {
  days: number;
  delete_at: string | null;
  deleted_at: string | null;
}

/** A name of the API's closed lists as words. */
export function inWords(name: string): string {
  return name.replaceAll("_", " ");
}

/** Is every criterion of the evidence scored, or said to have too little evidence? */
export function missingScores(evaluation: Evaluation, chosen: ReadonlyMap<string, number | null>): number {
  const all = evaluation.evidence.flatMap((part) => part.criteria.map((one) => scoreKey(part.question, one.id)));
  return all.filter((key) => !chosen.has(key)).length;
}

export function scoreKey(question: number, criterion: string): string {
  return `${question} ${criterion}`;
}
