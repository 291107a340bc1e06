/** What the parts of the editor share: the form, what is wrong with it, and how it is changed. */
import { texts } from "../../../i18n";
import { type Hint, type InterviewForm, type Problems, type QuestionForm, changed } from "./form";

export interface Editing {
  form: InterviewForm;
  problems: Problems;
  /** Changes the form; what was wrong at this place is forgotten. */
  change: (recipe: (form: InterviewForm) => InterviewForm, at?: string) => void;
}

/** Changes some fields of the interview itself. */
export function set(editing: Editing, fields: Partial<InterviewForm>, at: string): void {
  editing.change((form) => ({ ...form, ...fields }), at);
}

/** Changes some fields of one question. */
export function setQuestion(editing: Editing, key: string, fields: Partial<QuestionForm>, at = ""): void {
  editing.change((form) => ({ ...form, questions: changed(form.questions, key, fields) }), at);
}

/** Moves the focus once React has put the element there. */
export function focusSoon(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

export function hintText({ kind, min, max }: Hint): string {
  const t = texts("interviewer");
  switch (kind) {
    case "empty":
      return t("editor.hint.empty");
    case "number":
      return t("editor.hint.number");
    case "range":
      return t("editor.hint.range", { min, max });
    case "contact":
      return t("editor.hint.contact");
    case "kept":
      return t("editor.hint.kept");
  }
}

/** What the field at this place is called, for the list of problems. */
export function placeName(form: InterviewForm, at: string): string {
  const t = texts("interviewer");
  const [, first, key, second, inner, third, level] = at.split("/");
  if (first !== "questions") return fieldName(at);
  const place = form.questions.findIndex((question) => question.key === key);
  const question = form.questions[place];
  if (question === undefined) return t("editor.questions.title");
  const name = t("editor.questions.number", { number: place + 1 });
  if (second === "follow_ups") {
    const number = question.followUps.findIndex((line) => line.key === inner) + 1;
    return `${name}, ${t("editor.questions.followUp", { number })}`;
  }
  if (second === "rubric" && inner !== undefined) {
    const criterion = question.rubric.find((entry) => entry.key === inner);
    const number = question.rubric.findIndex((entry) => entry.key === inner) + 1;
    const what = criterion?.name.trim() || t("editor.rubric.number", { number });
    const step = criterion?.levels.find((entry) => entry.key === level)?.level;
    const tail = third === "levels" && step !== undefined ? `, ${t("editor.rubric.level", { level: step })}` : "";
    return `${name}, ${what}${tail}`;
  }
  return second === "text" || second === undefined ? name : `${name}, ${questionFieldName(second)}`;
}

function questionFieldName(field: string): string {
  const t = texts("interviewer");
  if (field === "short_answer_words") return t("editor.questions.shortAnswer");
  if (field === "patience_ms") return t("editor.questions.patience");
  if (field === "time_box_ms") return t("editor.questions.timeBox");
  return t("editor.rubric.title");
}

function fieldName(at: string): string {
  const t = texts("interviewer");
  switch (at) {
    case "/title":
      return t("editor.basics.name");
    case "/description":
      return t("editor.basics.description");
    case "/host":
      return t("editor.basics.host");
    case "/contact":
      return t("editor.basics.contact");
    case "/next_steps":
      return t("editor.basics.nextSteps");
    case "/language":
      return t("editor.voice.language");
    case "/persona":
      return t("editor.voice.persona");
    case "/instructions":
      return t("editor.voice.instructions");
    case "/limits/max_duration_ms":
      return t("editor.rules.duration");
    case "/limits/silence_ms":
      return t("editor.rules.silence");
    case "/limits/cost_usd_max":
      return t("editor.rules.cost");
    case "/retention/audio_days":
      return t("editor.rules.audioDays");
    case "/retention/transcript_days":
      return t("editor.rules.transcriptDays");
    case "/retention/scores_days":
      return t("editor.rules.scoresDays");
    default:
      return t("editor.questions.title");
  }
}
