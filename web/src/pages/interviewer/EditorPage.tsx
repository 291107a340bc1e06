/** One interview: written anew (`/interviews/new?from=…`), changed, or only read where it comes with Viva. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Staff, StaffShell } from "../../ui/staff";
import { Editor } from "./editor/Editor";
import { type InterviewForm, emptyForm, formOf } from "./editor/form";
import { WelcomePreview } from "./editor/WelcomePreview";
import { type InterviewView, readInterview } from "./api";
import { InviteDialog } from "./InviteDialog";
import { InvitesPart } from "./InvitesPart";
import { problemText } from "./problem";
import "./interviewer.css";

export default function EditorPage({ interviewId }: { interviewId: string }) {
  return <Staff>{interviewId === "new" ? <NewInterview /> : <KnownInterview interviewId={interviewId} />}</Staff>;
}

function NewInterview() {
  const t = texts("interviewer");
  const from = new URLSearchParams(window.location.search).get("from");
  const source = useQuery({
    queryKey: ["interview", from],
    queryFn: () => readInterview(from ?? ""),
    enabled: from !== null,
    staleTime: Infinity,
  });
  if (from === null) return <Editor key="new" draftId="new" initial={emptyForm()} base={null} />;
  if (source.data === undefined) return <Waiting error={source.error} />;
  const copy: InterviewForm = {
    ...formOf(source.data),
    title: source.data.built_in ? source.data.title : t("editor.copyOf", { title: source.data.title }),
  };
  return <Editor key={from} draftId={`new:${from}`} initial={copy} base={null} />;
}

function KnownInterview({ interviewId }: { interviewId: string }) {
  // Read once: what somebody else changes meanwhile is told when one saves, not while one writes.
  const found = useQuery({
    queryKey: ["interview", interviewId],
    queryFn: () => readInterview(interviewId),
    staleTime: Infinity,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });
  const [first, setFirst] = useState<InterviewView | null>(null);
  if (found.data === undefined) return <Waiting error={found.error} />;
  if (found.data.built_in) return <BuiltIn interview={found.data} />;
  const base = first ?? found.data;
  if (first === null) setFirst(base);
  return <Editor draftId={base.interview_id} initial={formOf(base)} base={base} />;
}

function Waiting({ error }: { error: Error | null }) {
  const t = texts("interviewer");
  const shared = texts("shared");
  if (error === null) {
    return (
      <StaffShell title={shared("moment")}>
        <p role="status" className="hidden">
          {shared("moment")}
        </p>
      </StaffShell>
    );
  }
  return (
    <StaffShell title={t("editor.notShown")}>
      <Panel tone="error" testId="editor-missing">
        <p>{problemText(error)}</p>
        <p>
          <a href="/interviews">{t("editor.toList")}</a>
        </p>
      </Panel>
    </StaffShell>
  );
}

/** What comes with Viva is read, used and copied, and stays as it is. */
function BuiltIn({ interview }: { interview: InterviewView }) {
  const t = texts("interviewer");
  const id = interview.interview_id;
  return (
    <StaffShell
      title={interview.title}
      actions={
        <div className="card-actions">
          <InviteDialog
            interviewId={id}
            title={interview.title}
            trigger={
              <Button className="button primary" data-testid="invite">
                <Icon name="mail" /> {t("interviews.invite")}
              </Button>
            }
          />
          <a className="button" href={`/interviews/new?from=${encodeURIComponent(id)}`} data-testid="copy">
            <Icon name="copy" /> {t("interviews.use")}
          </a>
        </div>
      }
    >
      <Panel tone="info" announced={false} testId="built-in">
        <p>{t("editor.builtIn")}</p>
      </Panel>
      <WelcomePreview form={formOf(interview)} />
      <section className="card" aria-labelledby="plan-title">
        <h2 id="plan-title">{t("editor.questions.title")}</h2>
        <ol data-server-text="">
          {interview.questions.map((question, at) => (
            <li key={at}>
              {question.text}
              {(question.follow_ups ?? []).length > 0 && (
                <ul className="quiet">
                  {(question.follow_ups ?? []).map((text) => (
                    <li key={text}>{text}</li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ol>
      </section>
      <InvitesPart interviewId={id} title={interview.title} isQuiet />
    </StaffShell>
  );
}
