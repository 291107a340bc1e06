/**
 * The editor of an interview.
 *
 * Stable `data-testid`s: editor (data-dirty), title, description, host, contact, next-steps, personas, persona,
 * hear-voice, voice-preview, language, instructions, question-editor (data-number), question-text,
 * question-details, question-up, question-down, question-remove, add-question, follow-up, add-follow-up,
 * short-answer, patience, time-box, add-criterion, criterion-name, level-anchor, recording, may-read,
 * max-duration-ms and the other bounds, save, saved, problems, problem-link, conflict, take-theirs, keep-mine,
 * restored, drop-draft, estimate, welcome-preview.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { ApiError } from "../../../client/http";
import { language, texts } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { Panel } from "../../../ui/Panel";
import { StaffShell } from "../../../ui/staff";
import { type InterviewView, readInterview, saveInterview } from "../api";
import { InviteDialog } from "../InviteDialog";
import { InvitesPart } from "../InvitesPart";
import { problemText } from "../problem";
import { BasicsPart } from "./BasicsPart";
import { type Draft, dropDraft, keepDraft, readDraft } from "./draft";
import { type Editing, hintText, placeName } from "./editing";
import {
  type InterviewForm,
  type Problems,
  bodyOf,
  estimate,
  fieldId,
  formOf,
  hintsOf,
  isSame,
  problemsOf,
  withIds,
} from "./form";
import { QuestionsPart } from "./QuestionsPart";
import { RulesPart } from "./RulesPart";
import { VoicePart } from "./VoicePart";
import { WelcomePreview } from "./WelcomePreview";

interface EditorProps {
  draftId: string;
  initial: InterviewForm;
  /** As the server has it; null for one that is not kept yet. */
  base: InterviewView | null;
}

export function Editor(props: EditorProps) {
  const t = texts("interviewer");
  const editor = useEditor(props);
  const { editing, base, save, conflict } = editor;
  const title = base === null ? t("editor.newTitle") : base.title;
  return (
    <StaffShell
      title={title}
      actions={
        base !== null && (
          <InviteDialog
            interviewId={base.interview_id}
            title={base.title}
            trigger={
              <Button className="button" data-testid="invite">
                <Icon name="mail" /> {t("interviews.invite")}
              </Button>
            }
          />
        )
      }
    >
      <form
        noValidate
        data-testid="editor"
        data-dirty={editor.isDirty}
        onSubmit={(event) => {
          event.preventDefault();
          editor.trySave();
        }}
      >
        {editor.restored !== null && <Restored draft={editor.restored} onDrop={editor.startOver} />}
        {conflict && <Conflict busy={save.isPending} onTheirs={editor.takeTheirs} onMine={() => save.mutate(true)} />}
        <ProblemList editing={editing} round={editor.round} />
        {editor.failure !== null && (
          <Panel tone="error" testId="save-failed">
            <p>{editor.failure}</p>
            <p>{t("editor.draftKept")}</p>
          </Panel>
        )}
        <div className="editor-columns">
          <div>
            <BasicsPart editing={editing} />
            <VoicePart editing={editing} />
            <QuestionsPart editing={editing} />
            <RulesPart editing={editing} />
          </div>
          <WelcomePreview form={editing.form} />
        </div>
        <SaveBar editing={editing} isDirty={editor.isDirty} savedAtMs={editor.savedAtMs} busy={save.isPending} />
      </form>
      {base !== null && <InvitesPart interviewId={base.interview_id} title={base.title} />}
    </StaffShell>
  );
}

const NO_PROBLEMS: Problems = new Map();

/** What is wrong, and how often somebody tried to save: each try brings the list to their notice. */
function useProblems() {
  const [problems, setProblems] = useState<Problems>(NO_PROBLEMS);
  const [round, setRound] = useState(0);
  const find = (found: Problems): void => {
    setProblems(found);
    setRound((count) => count + 1);
  };
  /** Of one place, or all. */
  const forget = (at?: string): void =>
    setProblems((before) => {
      if (at === undefined) return NO_PROBLEMS;
      if (!before.has(at)) return before;
      const next = new Map(before);
      next.delete(at);
      return next;
    });
  return { problems, round, find, forget };
}

function useEditor({ draftId, initial, base: firstBase }: EditorProps) {
  const [start] = useState(() => ({ form: initial, draft: readDraft(draftId) }));
  const draft = start.draft !== null && !isSame(start.draft.form, start.form) ? start.draft : null;
  const [form, setForm] = useState(draft?.form ?? start.form);
  const [clean, setClean] = useState(start.form);
  const [base, setBase] = useState(firstBase);
  // A draft of an older version conflicts when it is saved, and that is told then.
  const [version, setVersion] = useState(draft?.version ?? firstBase?.version ?? null);
  const { problems, round, find, forget } = useProblems();
  const [restored, setRestored] = useState<Draft | null>(draft);
  const [savedAtMs, setSavedAtMs] = useState<number | null>(null);
  const isDirty = useMemo(() => !isSame(form, clean), [form, clean]);
  useDraft(base?.interview_id ?? draftId, form, version, isDirty);
  useLeaveWarning(isDirty);
  const change: Editing["change"] = (recipe, at) => {
    setForm(recipe);
    if (at !== undefined) forget(at);
  };
  const settle = (view: InterviewView, next: InterviewForm): void => {
    setBase(view);
    setVersion(view.version ?? null);
    setClean(next);
    forget();
    setRestored(null);
  };
  const { save, conflict, failure } = useSave({
    form,
    base,
    version,
    onSaved: (sent, view) => {
      dropDraft(draftId);
      settle(view, withIds(sent, sent, view));
      setForm((now) => withIds(now, sent, view));
      setSavedAtMs(Date.now());
    },
    onFields: (sent, fields) => find(problemsOf(sent, fields)),
  });
  const trySave = (): void => {
    const kept = base === null ? null : formOf(base);
    const hints = hintsOf(form, kept).map((hint) => ({ pointer: hint.pointer, detail: hintText(hint) }));
    find(problemsOf(form, hints));
    if (hints.length === 0) save.mutate(false);
  };
  const takeTheirs = (): void => {
    if (base === null) return;
    void readInterview(base.interview_id).then((view) => {
      const next = formOf(view);
      settle(view, next);
      setForm(next);
      save.reset();
    });
  };
  const startOver = (): void => {
    setForm(clean);
    setVersion(base?.version ?? null);
    forget();
    setRestored(null);
  };
  const editing: Editing = { form, problems, change };
  return {
    editing,
    base,
    isDirty,
    save,
    conflict,
    failure,
    round,
    restored,
    savedAtMs,
    trySave,
    takeTheirs,
    startOver,
  };
}

interface Saving {
  form: InterviewForm;
  base: InterviewView | null;
  version: number | null;
  onSaved: (sent: InterviewForm, view: InterviewView) => void;
  onFields: (sent: InterviewForm, fields: ApiError["fields"]) => void;
}

/** `mutate(true)` saves over whatever somebody else saved meanwhile. */
function useSave({ form, base, version, onSaved, onFields }: Saving) {
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: async (over: boolean) => {
      if (base === null) return { sent: form, view: await saveInterview(bodyOf(form), null) };
      const id = base.interview_id;
      const current = over ? (await readInterview(id)).version : version;
      return { sent: form, view: await saveInterview(bodyOf(form), { id, version: current ?? 0 }) };
    },
    onSuccess: ({ sent, view }) => {
      if (base === null) {
        // From now on this page is that interview's: a reload finds it again, and nothing is made twice.
        window.history.replaceState(null, "", `/interviews/${encodeURIComponent(view.interview_id)}`);
      }
      onSaved(sent, view);
      queries.setQueryData(["interview", view.interview_id], view);
      void queries.invalidateQueries({ queryKey: ["interviews"] });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.fields.length > 0) onFields(form, error.fields);
    },
  });
  const error = save.error;
  const conflict = error instanceof ApiError && error.status === 412;
  const isFields = error instanceof ApiError && error.fields.length > 0;
  const failure = error === null || conflict || isFields ? null : problemText(error);
  return { save, conflict, failure };
}

function useDraft(id: string, form: InterviewForm, version: number | null, isDirty: boolean): void {
  useEffect(() => {
    if (isDirty) keepDraft(id, { form, version, savedAtMs: Date.now() });
    else dropDraft(id);
  }, [id, form, version, isDirty]);
}

/** Closing the tab would lose the draft; the way to sign in again does not. */
function useLeaveWarning(isDirty: boolean): void {
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent): void => {
      if (document.activeElement?.matches('a[href^="/sign-in"]') !== true) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isDirty]);
}

function Restored({ draft, onDrop }: { draft: Draft; onDrop: () => void }) {
  const t = texts("interviewer");
  const time = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(
    draft.savedAtMs,
  );
  return (
    <Panel tone="info" testId="restored">
      <p>{t("editor.restored", { time })}</p>
      <Button className="button small" onPress={onDrop} data-testid="drop-draft">
        {t("editor.dropDraft")}
      </Button>
    </Panel>
  );
}

function Conflict({ busy, onTheirs, onMine }: { busy: boolean; onTheirs: () => void; onMine: () => void }) {
  const t = texts("interviewer");
  return (
    <Panel tone="warning" testId="conflict">
      <p>
        <strong>{t("editor.conflict.title")}</strong> {t("editor.conflict.text")}
      </p>
      <div className="card-actions">
        <Button className="button small" isDisabled={busy} onPress={onTheirs} data-testid="take-theirs">
          {t("editor.conflict.theirs")}
        </Button>
        <Button className="button small" isDisabled={busy} onPress={onMine} data-testid="keep-mine">
          {t("editor.conflict.mine")}
        </Button>
      </div>
    </Panel>
  );
}

/** Everything that is wrong, each with a way to its field. It takes the focus when saving found something. */
function ProblemList({ editing, round }: { editing: Editing; round: number }) {
  const t = texts("interviewer");
  const list = useRef<HTMLDivElement>(null);
  const shown = useRef(0);
  const { problems, form } = editing;
  useEffect(() => {
    if (round === shown.current) return;
    shown.current = round;
    if (problems.size > 0) list.current?.focus();
  }, [round, problems]);
  if (problems.size === 0) return null;
  return (
    <div ref={list} tabIndex={-1} className="panel panel-error" data-testid="problems">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{t("editor.problems", { count: problems.size })}</strong>
        </p>
        <ul>
          {[...problems].map(([at, detail]) => (
            <li key={at}>
              <a
                href={`#${fieldId(at)}`}
                data-testid="problem-link"
                onClick={(event) => {
                  event.preventDefault();
                  document.getElementById(fieldId(at))?.focus();
                }}
              >
                {placeName(form, at)}
              </a>
              : {detail}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface SaveBarProps {
  editing: Editing;
  isDirty: boolean;
  savedAtMs: number | null;
  busy: boolean;
}

function SaveBar({ editing, isDirty, savedAtMs, busy }: SaveBarProps) {
  const t = texts("interviewer");
  const { aboutMinutes, boxMinutes, limitMinutes } = estimate(editing.form);
  const state = isDirty ? t("editor.unsaved") : savedAtMs === null ? "" : t("editor.saved");
  return (
    <div className="save-bar">
      <p data-testid="estimate">
        {t("editor.about", { count: aboutMinutes })}{" "}
        <span className="quiet">
          {boxMinutes < limitMinutes
            ? t("editor.boxes", { count: boxMinutes })
            : t("editor.limit", { count: limitMinutes })}
        </span>
      </p>
      <span
        role="status"
        data-testid="saved"
        data-state={isDirty ? "dirty" : savedAtMs === null ? "as-it-was" : "saved"}
      >
        {state}
      </span>
      <Button className="button primary" type="submit" isDisabled={busy} data-testid="save">
        <Icon name="save" /> {busy ? t("editor.saving") : t("editor.save")}
      </Button>
    </div>
  );
}
