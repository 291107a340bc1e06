/**
 * The reader's own scores, beside the answers that they rest on. What is chosen stays in this tab until it is sent.
 *
 * Stable `data-testid`s: own-scores, own-score (data-criterion), own-note, own-scores-send, draft.
 */
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import { ApiError } from "../../client/http";
import { type Criterion, type Evaluation, missingScores, scoreKey } from "../../client/outcome";
import { type ScoreDraft, emptyDraft, forgetDraft, keepDraft, recallDraft } from "../../client/reviewDraft";
import { texts } from "../../i18n";
import { Panel } from "../../ui/Panel";
import { PlayFrom } from "./TurnRow";
import { useReview } from "./review";
import { named } from "./say";

interface ScoreFormProps {
  evaluation: Evaluation;
  onCancel?: () => void;
}

export function ScoreForm({ evaluation, onCancel }: ScoreFormProps) {
  const t = texts("review");
  const { api, reload } = useReview();
  const [draft, setDraft] = useState<ScoreDraft>(() => recallDraft(api.sessionId) ?? emptyDraft());
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (next: ScoreDraft): void => {
    keepDraft(api.sessionId, next);
    setDraft(next);
  };
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const missing = missingScores(evaluation, draft.levels);
    if (missing > 0) {
      setProblem(t("score.missing", { count: missing }));
      return;
    }
    setBusy(true);
    try {
      await api.score(scoresOf(evaluation, draft), draft.note);
      forgetDraft(api.sessionId);
      onCancel?.();
      reload();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : t("score.failed"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="card no-print" onSubmit={(event) => void send(event)} data-testid="own-scores">
      <h3>{t("score.own")}</h3>
      {evaluation.evidence.map((part) => (
        <QuestionScores key={part.question} part={part} draft={draft} onChange={change} />
      ))}
      <Note
        label={t("score.note")}
        value={draft.note}
        onChange={(note) => change({ ...draft, note })}
        testId="own-note"
      />
      {problem !== null && (
        <Panel tone="error">
          <p>{problem}</p>
        </Panel>
      )}
      <div className="button-row">
        <Button className="button primary" type="submit" isDisabled={busy} data-testid="own-scores-send">
          {busy ? t("score.saving") : t("score.save")}
        </Button>
        {onCancel && (
          <Button className="button" onPress={onCancel}>
            {t("cancel")}
          </Button>
        )}
      </div>
      {draft.levels.size > 0 && (
        <p className="quiet" data-testid="draft">
          {t("score.draft")}
        </p>
      )}
    </form>
  );
}

function scoresOf(evaluation: Evaluation, draft: ScoreDraft) {
  return evaluation.evidence.flatMap((part) =>
    part.criteria.map(({ id }) => {
      const key = scoreKey(part.question, id);
      const [level, note] = [draft.levels.get(key) ?? null, draft.notes.get(key)?.trim() ?? ""];
      return { question: part.question, criterion: id, level, note };
    }),
  );
}

interface QuestionScoresProps {
  part: Evaluation["evidence"][number];
  draft: ScoreDraft;
  onChange: (draft: ScoreDraft) => void;
}

function QuestionScores({ part, draft, onChange }: QuestionScoresProps) {
  const t = texts("review");
  if (part.criteria.length === 0) return null;
  return (
    <div className="score-question">
      <h4>{t("answers.question", { number: part.question, text: part.text })}</h4>
      {part.answers.map((answer) => (
        <blockquote key={answer.item_id}>
          <PlayFrom atMs={answer.start_ms} /> {answer.text}
        </blockquote>
      ))}
      {part.insufficiency !== null && (
        <Panel tone="warning" announced={false}>
          <p>{t("score.insufficient", { why: named("shortfall", part.insufficiency) })}</p>
        </Panel>
      )}
      {part.criteria.map((criterion) => {
        const key = scoreKey(part.question, criterion.id);
        return (
          <Levels
            key={criterion.id}
            criterion={criterion}
            name={key}
            chosen={draft.levels.has(key) ? (draft.levels.get(key) ?? null) : undefined}
            note={draft.notes.get(key) ?? ""}
            onChoose={(level) => onChange({ ...draft, levels: new Map(draft.levels).set(key, level) })}
            onNote={(note) => onChange({ ...draft, notes: new Map(draft.notes).set(key, note) })}
          />
        );
      })}
    </div>
  );
}

interface LevelsProps {
  criterion: Criterion;
  name: string;
  /** A level, null for too little evidence, undefined for nothing chosen yet. */
  chosen: number | null | undefined;
  note: string;
  onChoose: (level: number | null) => void;
  onNote: (note: string) => void;
}

function Levels({ criterion, name, chosen, note, onChoose, onNote }: LevelsProps) {
  const t = texts("review");
  const options: [number | null, string][] = [
    ...criterion.levels.map(({ level, anchor }): [number, string] => [level, t("score.level", { level, anchor })]),
    [null, t("score.notEnough")],
  ];
  return (
    <fieldset className="levels" data-testid="own-score" data-criterion={criterion.id}>
      <legend>
        {criterion.name}
        {criterion.description !== "" && <span className="quiet"> {criterion.description}</span>}
      </legend>
      {options.map(([level, words]) => (
        <label key={words}>
          <input type="radio" name={name} checked={chosen === level} onChange={() => onChoose(level)} />
          <span>{words}</span>
        </label>
      ))}
      {chosen !== undefined && <Note label={t("score.why")} value={note} onChange={onNote} testId="criterion-note" />}
    </fieldset>
  );
}

const NOTE_CHARS_MAX = 2_000;

interface NoteProps {
  label: string;
  value: string;
  onChange: (note: string) => void;
  testId: string;
}

/** Words for whoever reads the scores later. */
function Note({ label, value, onChange, testId }: NoteProps) {
  return (
    <div className="field note">
      <label>
        <span>{label}</span>
        <textarea
          rows={2}
          maxLength={NOTE_CHARS_MAX}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          data-testid={testId}
        />
      </label>
    </div>
  );
}
