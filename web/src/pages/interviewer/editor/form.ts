/** The editor's form: an interview as texts and numbers that may be missing, with keys that survive reordering. */
import type { FieldProblem } from "../../../client/http";
import type { Body } from "../../../client/rest";

type View = Body<"InterviewView">;
type QuestionView = Body<"QuestionBody">;
type CriterionView = Body<"CriterionBody">;
export type InterviewBody = Body<"InterviewBody">;

/** A line of a list; the key is the form's own. */
export interface Line {
  key: string;
  text: string;
}

export interface LevelForm {
  key: string;
  level: number;
  anchor: string;
}

export interface CriterionForm {
  key: string;
  /** Empty until it is kept for the first time; then it is made of the name. */
  id: string;
  name: string;
  description: string;
  levels: LevelForm[];
}

export interface QuestionForm {
  key: string;
  text: string;
  followUps: Line[];
  shortAnswerWords: number | null;
  patienceMs: number;
  timeBoxMs: number | null;
  probesMax: number | null;
  rubric: CriterionForm[];
}

/** `null` where nothing, or no number, was written. */
export interface InterviewForm {
  kind: string;
  title: string;
  description: string;
  host: string;
  contact: string;
  nextSteps: string;
  language: string;
  persona: string;
  instructions: string;
  questions: QuestionForm[];
  maxDurationMs: number | null;
  silenceMs: number | null;
  costUsdMax: number | null;
  recording: boolean;
  /** Shown nowhere; a copy keeps what a platform asked for. */
  audioCodec: View["audio_codec"];
  candidateMayRead: boolean;
  audioDays: number | null;
  transcriptDays: number | null;
  scoresDays: number | null;
}

/** The same bounds as the server's; it has the last word. */
export const BOUNDS = {
  questions: 50,
  followUps: 5,
  criteria: 10,
  levelsMin: 2,
  levelsMax: 10,
  textChars: 1000,
  nameChars: 120,
  proseChars: 8000,
  nextStepsChars: 2000,
  contactChars: 254,
  shortAnswerWords: [0, 200],
  patienceMs: [200, 30_000],
  timeBoxMs: [5_000, 3_600_000],
  maxDurationMs: [30_000, 14_400_000],
  silenceMs: [3_000, 600_000],
  costUsd: [0.01, 1000],
  days: [0, 3650],
} as const;

const DEFAULT_PATIENCE_MS = 1_500;
const DEFAULT_TIME_BOX_MS = 240_000;
const DEFAULT_DURATION_MS = 45 * 60_000;
const DEFAULT_SILENCE_MS = 20_000;
const LEVELS_OF_A_NEW_CRITERION = 4;
/** What the server tells candidates: so long for each question. */
const MINUTES_A_QUESTION = 2;

export function newKey(): string {
  return crypto.randomUUID();
}

export function newQuestion(text = ""): QuestionForm {
  return {
    key: newKey(),
    text,
    followUps: [],
    shortAnswerWords: 0,
    patienceMs: DEFAULT_PATIENCE_MS,
    timeBoxMs: DEFAULT_TIME_BOX_MS,
    probesMax: null,
    rubric: [],
  };
}

export function newCriterion(name = "", anchors: readonly string[] = []): CriterionForm {
  const count = anchors.length || LEVELS_OF_A_NEW_CRITERION;
  const levels = Array.from({ length: count }, (_, at) => ({
    key: newKey(),
    level: at + 1,
    anchor: anchors[at] ?? "",
  }));
  return { key: newKey(), id: "", name, description: "", levels };
}

export function emptyForm(): InterviewForm {
  return {
    kind: "",
    title: "",
    description: "",
    host: "",
    contact: "",
    nextSteps: "",
    language: "en",
    persona: "",
    instructions: "",
    questions: [newQuestion()],
    maxDurationMs: DEFAULT_DURATION_MS,
    silenceMs: DEFAULT_SILENCE_MS,
    costUsdMax: null,
    recording: false,
    audioCodec: "auto",
    candidateMayRead: false,
    audioDays: null,
    transcriptDays: null,
    scoresDays: null,
  };
}

export function formOf(view: View): InterviewForm {
  return {
    kind: view.kind,
    title: view.title,
    description: view.description,
    host: view.host,
    contact: view.contact,
    nextSteps: view.next_steps,
    language: view.language,
    persona: view.persona,
    instructions: view.instructions,
    questions: view.questions.map(questionForm),
    maxDurationMs: view.limits.max_duration_ms ?? DEFAULT_DURATION_MS,
    silenceMs: view.limits.silence_ms ?? DEFAULT_SILENCE_MS,
    costUsdMax: view.limits.cost_usd_max ?? null,
    recording: view.recording,
    audioCodec: view.audio_codec,
    candidateMayRead: view.candidate_may_read_results,
    audioDays: view.retention.audio_days ?? null,
    transcriptDays: view.retention.transcript_days ?? null,
    scoresDays: view.retention.scores_days ?? null,
  };
}

function questionForm(question: QuestionView): QuestionForm {
  return {
    key: newKey(),
    text: question.text,
    followUps: (question.follow_ups ?? []).map((text) => ({ key: newKey(), text })),
    shortAnswerWords: question.short_answer_words ?? 0,
    patienceMs: question.patience_ms ?? DEFAULT_PATIENCE_MS,
    timeBoxMs: question.time_box_ms ?? DEFAULT_TIME_BOX_MS,
    probesMax: question.probes_max ?? null,
    rubric: (question.rubric ?? []).map(criterionForm),
  };
}

function criterionForm(criterion: CriterionView): CriterionForm {
  return {
    key: newKey(),
    id: criterion.id,
    name: criterion.name,
    description: criterion.description ?? "",
    levels: criterion.levels.map(({ level, anchor }) => ({ key: newKey(), level, anchor })),
  };
}

/** What is sent. Fields that the API takes only when they have a value are left out without one. */
export function bodyOf(form: InterviewForm): InterviewBody {
  return {
    ...(form.kind === "" ? {} : { kind: form.kind }),
    title: form.title.trim(),
    description: form.description.trim(),
    host: form.host.trim(),
    contact: form.contact.trim(),
    next_steps: form.nextSteps.trim(),
    language: form.language.trim(),
    persona: form.persona.trim(),
    instructions: form.instructions.trim(),
    questions: form.questions.map(questionBody),
    limits: {
      max_duration_ms: form.maxDurationMs,
      silence_ms: form.silenceMs,
      cost_usd_max: form.costUsdMax,
    },
    recording: form.recording,
    audio_codec: form.audioCodec,
    candidate_may_read_results: form.candidateMayRead,
    retention: {
      audio_days: form.audioDays,
      transcript_days: form.transcriptDays,
      scores_days: form.scoresDays,
    },
  };
}

function questionBody(question: QuestionForm): QuestionView {
  const ids = criterionIds(question.rubric);
  return {
    text: question.text.trim(),
    follow_ups: question.followUps.map(({ text }) => text.trim()),
    short_answer_words: question.shortAnswerWords,
    patience_ms: question.patienceMs,
    time_box_ms: question.timeBoxMs,
    probes_max: question.probesMax,
    rubric: question.rubric.map((criterion, at) => ({
      id: ids[at] ?? "",
      name: criterion.name.trim(),
      description: criterion.description.trim(),
      levels: criterion.levels.map(({ level, anchor }) => ({ level, anchor: anchor.trim() })),
    })),
  };
}

/** Ids that were kept stay; new ones are made of the name, and are unique in their question. */
function criterionIds(rubric: readonly CriterionForm[]): string[] {
  const taken = new Set(rubric.map(({ id }) => id).filter((id) => id !== ""));
  return rubric.map(({ id, name }) => {
    if (id !== "") return id;
    const plain = name.normalize("NFD").toLowerCase();
    const word = plain.replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, "-");
    const stem = word.replace(/^-|-$/g, "").slice(0, 100) || "criterion";
    let made = stem;
    for (let number = 2; taken.has(made); number += 1) made = `${stem}-${number}`;
    taken.add(made);
    return made;
  });
}

/** Nothing of what was written differs; keys do not count. */
export function isSame(a: InterviewForm, b: InterviewForm): boolean {
  return JSON.stringify(bodyOf(a)) === JSON.stringify(bodyOf(b));
}

/** After saving: what was added has an id now. Keys and what was typed meanwhile stay. */
export function withIds(now: InterviewForm, sent: InterviewForm, saved: View): InterviewForm {
  const questions = now.questions.map((question) => {
    const at = sent.questions.findIndex(({ key }) => key === question.key);
    const rubric = question.rubric.map((criterion) => {
      const place = sent.questions[at]?.rubric.findIndex(({ key }) => key === criterion.key) ?? -1;
      return { ...criterion, id: saved.questions[at]?.rubric?.[place]?.id ?? criterion.id };
    });
    return { ...question, rubric };
  });
  return { ...now, kind: saved.kind, questions };
}

/** The entry one place up (-1) or down (1); the list itself where there is no such place. */
export function moved<T extends { key: string }>(list: readonly T[], key: string, by: -1 | 1): T[] {
  const from = list.findIndex((entry) => entry.key === key);
  const to = from + by;
  const [entry, other] = [list[from], list[to]];
  if (entry === undefined || other === undefined) return [...list];
  return list.map((each, at) => (at === from ? other : at === to ? entry : each));
}

export function without<T extends { key: string }>(list: readonly T[], key: string): T[] {
  return list.filter((entry) => entry.key !== key);
}

export function changed<T extends { key: string }>(list: readonly T[], key: string, change: Partial<T>): T[] {
  return list.map((entry) => (entry.key === key ? { ...entry, ...change } : entry));
}

/** Levels are numbered from the lowest; a level that goes leaves no hole. */
export function renumbered(levels: readonly LevelForm[]): LevelForm[] {
  return levels.map((level, at) => ({ ...level, level: at + 1 }));
}

export interface Estimate {
  /** What candidates are told. */
  aboutMinutes: number;
  /** All time boxes together. */
  boxMinutes: number;
  /** Then it closes, whatever is left. */
  limitMinutes: number;
}

export function estimate(form: InterviewForm): Estimate {
  const limitMinutes = Math.max(1, Math.floor((form.maxDurationMs ?? DEFAULT_DURATION_MS) / 60_000));
  const boxesMs = form.questions.reduce((sum, { timeBoxMs }) => sum + (timeBoxMs ?? DEFAULT_TIME_BOX_MS), 0);
  return {
    aboutMinutes: Math.min(Math.max(1, form.questions.length * MINUTES_A_QUESTION), limitMinutes),
    boxMinutes: Math.max(1, Math.ceil(boxesMs / 60_000)),
    limitMinutes,
  };
}

export type PatienceWord = "brisk" | "usual" | "patient" | "long";

export function patienceWord(ms: number): PatienceWord {
  if (ms < 700) return "brisk";
  if (ms < 1_400) return "usual";
  return ms < 2_500 ? "patient" : "long";
}

/** Where a problem stands: a pointer in which list places are replaced by the form's keys. */
export type Problems = ReadonlyMap<string, string>;

/** Pointers of the body by the keys of the form, so that errors stay with their entries when these are moved. */
export function problemsOf(form: InterviewForm, fields: readonly FieldProblem[]): Map<string, string> {
  const problems = new Map<string, string>();
  for (const { pointer, detail } of fields) {
    const at = keyedPointer(form, pointer);
    const before = problems.get(at);
    problems.set(at, before === undefined ? detail : `${before}; ${detail}`);
  }
  return problems;
}

function keyedPointer(form: InterviewForm, pointer: string): string {
  const parts = pointer.split("/").slice(1);
  if (parts[0] !== "questions" || parts.length < 2) return pointer;
  const question = form.questions[Number(parts[1])];
  if (question === undefined) return "/questions";
  const keyed = ["", "questions", question.key];
  if (parts[2] === "follow_ups" && parts.length > 3) {
    keyed.push("follow_ups", question.followUps[Number(parts[3])]?.key ?? "");
  } else if (parts[2] === "rubric" && parts.length > 3) {
    const criterion = question.rubric[Number(parts[3])];
    keyed.push("rubric", criterion?.key ?? "");
    // Nobody sees the id: it is made of the name.
    if (parts[4] === "levels" && parts.length > 5) {
      keyed.push("levels", criterion?.levels[Number(parts[5])]?.key ?? "");
    } else if (parts[4] !== undefined) keyed.push(parts[4] === "id" ? "name" : parts[4]);
  } else keyed.push(...parts.slice(2));
  return keyed.join("/");
}

/** The id of the element that shows the field of a problem. */
export function fieldId(at: string): string {
  return `field${at.replaceAll("/", "-")}`;
}

/** What is certainly wrong, before the server is asked; texts by their keys in `interviewer.json`. */
export interface Hint {
  pointer: string;
  kind: "empty" | "number" | "range" | "contact" | "kept";
  min?: number;
  max?: number;
}

/** `kept`: the values that the server has; it cannot go back to "as the server is configured". */
export function hintsOf(form: InterviewForm, kept: InterviewForm | null): Hint[] {
  const hints: Hint[] = [];
  const text = (pointer: string, value: string): void => {
    if (value.trim() === "") hints.push({ pointer, kind: "empty" });
  };
  const number = (pointer: string, value: number | null, [min, max]: readonly [number, number], scale = 1): void => {
    if (value === null) hints.push({ pointer, kind: "number" });
    else if (value < min || value > max)
      hints.push({ pointer, kind: "range", min: Math.ceil((min / scale) * 100) / 100, max: max / scale });
  };
  const optional = (pointer: string, value: number | null, range: readonly [number, number], was?: number | null) => {
    if (value !== null) number(pointer, value, range);
    else if (was !== null && was !== undefined) hints.push({ pointer, kind: "kept" });
  };
  text("/title", form.title);
  if (form.contact.trim() !== "" && !/^(https:\/\/\S+|[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+)$/.test(form.contact.trim()))
    hints.push({ pointer: "/contact", kind: "contact" });
  form.questions.forEach((question, at) => {
    const here = `/questions/${at}`;
    text(`${here}/text`, question.text);
    question.followUps.forEach((line, place) => text(`${here}/follow_ups/${place}`, line.text));
    number(`${here}/short_answer_words`, question.shortAnswerWords, BOUNDS.shortAnswerWords);
    number(`${here}/time_box_ms`, question.timeBoxMs, BOUNDS.timeBoxMs, 60_000);
    question.rubric.forEach((criterion, place) => {
      text(`${here}/rubric/${place}/name`, criterion.name);
      criterion.levels.forEach((level, step) => text(`${here}/rubric/${place}/levels/${step}/anchor`, level.anchor));
    });
  });
  number("/limits/max_duration_ms", form.maxDurationMs, BOUNDS.maxDurationMs, 60_000);
  number("/limits/silence_ms", form.silenceMs, BOUNDS.silenceMs, 1_000);
  optional("/limits/cost_usd_max", form.costUsdMax, BOUNDS.costUsd, kept?.costUsdMax);
  optional("/retention/audio_days", form.audioDays, BOUNDS.days, kept?.audioDays);
  optional("/retention/transcript_days", form.transcriptDays, BOUNDS.days, kept?.transcriptDays);
  optional("/retention/scores_days", form.scoresDays, BOUNDS.days, kept?.scoresDays);
  return hints;
}
