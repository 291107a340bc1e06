/**
 * `/results/{session_id}`: what was said, as a plain page to read and print.
 *
 * Stable `data-testid`s: results, results-status, results-question (data-status), transcript-item (data-role,
 * data-item-id, data-state; its parts are heard and cut), results-step (data-kind), talk-time, api-key, api-key-send, problem.
 */
import { type FormEvent, type ReactNode, useCallback, useMemo, useState } from "react";
import { Button } from "react-aria-components/Button";
import { SessionApi } from "../client/api";
import type { Credential } from "../client/http";
import { recallToken, tokenFromHash } from "../client/memory";
import { inWords } from "../client/outcome";
import type { Results, ResultsStep } from "../client/types";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { Shell } from "../ui/Shell";
import { Unreachable } from "../ui/Unreachable";
import { clock, dateTime, percent, unheard } from "../ui/format";
import { useRetryingLoad } from "../ui/useRetryingLoad";
import { CostPart, KeptPart } from "./results/KeepingPart";
import { RecordingPart } from "./results/RecordingPart";
import { ScoresPart } from "./results/ScoresPart";
import "./results/results.css";

export default function ResultsPage({ sessionId }: { sessionId: string }) {
  // A key lives in this component's memory alone: never in the address, never in storage.
  const [apiKey, setApiKey] = useState<string | null>(null);
  const api = useMemo(() => {
    const token = tokenFromHash(window.location.hash) ?? recallToken(sessionId);
    const credential: Credential = apiKey !== null ? { apiKey } : token !== null ? { bearer: token } : null;
    return new SessionApi(sessionId, credential);
  }, [sessionId, apiKey]);
  const load = useCallback(() => api.results(), [api]);
  const [loaded, retry] = useRetryingLoad(load);
  switch (loaded.state) {
    case "loading":
      return (
        <Shell title="Results">
          <p role="status">One moment…</p>
        </Shell>
      );
    case "waiting":
      return (
        <Shell title="Results">
          <Unreachable onRetry={retry} />
        </Shell>
      );
    case "failed":
      return (
        <AccessPage
          status={loaded.error.status}
          detail={loaded.error.message}
          keyRefused={apiKey !== null}
          onKey={(key) => (key === apiKey ? retry() : setApiKey(key))}
        />
      );
    case "ready":
      return <ResultsView results={loaded.value} api={api} onReload={retry} />;
  }
}

interface AccessPageProps {
  status: number;
  detail: string;
  keyRefused: boolean;
  onKey: (key: string) => void;
}

function AccessPage({ status, detail, keyRefused, onKey }: AccessPageProps) {
  const [key, setKey] = useState("");
  const closed = status === 401 || status === 403 || status === 404;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <Shell title={closed ? "These results are not open to you" : "The results cannot be shown"}>
      <Panel tone="error" testId="problem">
        <p>
          {!closed
            ? detail
            : keyRefused
              ? "With this key there are no such results. Please check the key and the address."
              : "Either there is no such interview, or you need a credential to read it."}
        </p>
      </Panel>
      {closed && (
        <>
          <p>
            Candidates can read their results by the link on the last page of the interview, where the interview
            allows it. If you run interviews on this server, use its API key. It is kept in the memory of this page
            only.
          </p>
          <form className="card" onSubmit={submit}>
            <label className="field">
              <span>API key</span>
              <input
                type="password"
                autoComplete="off"
                value={key}
                onChange={(event) => setKey(event.target.value)}
                data-testid="api-key"
              />
            </label>
            <Button className="button primary" type="submit" data-testid="api-key-send">
              Show the results
            </Button>
          </form>
        </>
      )}
    </Shell>
  );
}

const REASONS: Record<string, string> = {
  completed: "completed",
  candidate_ended: "ended by the candidate",
  platform_ended: "ended by the platform",
  time_limit: "ended at the time limit",
  network_lost: "the candidate's connection was lost",
  expired: "expired",
  interrupted: "interrupted: the server was stopped",
  budget: "ended at the cost limit",
  engine_failed: "the speech engine failed",
  internal: "a technical fault",
};

interface ResultsViewProps {
  results: Results;
  api: SessionApi;
  onReload: () => void;
}

function ResultsView({ results, api, onReload }: ResultsViewProps) {
  const over = results.status === "ended";
  const reason = results.end_reason === null ? "" : (REASONS[results.end_reason] ?? results.end_reason);
  return (
    <Shell title={results.title ? `Results: ${results.title}` : "Results of the interview"}>
      <div data-testid="results" data-status={results.status} data-end-reason={results.end_reason ?? ""}>
        <Panel tone={over ? "good" : "info"} testId="results-status" announced={false}>
          <p>
            <strong>{over ? "The interview is over" : "The interview is still going on"}</strong>
            {reason !== "" && `: ${reason}`}.
          </p>
          {!over && (
            <Button className="button small no-print" onPress={onReload}>
              <Icon name="repeat" /> Load again
            </Button>
          )}
        </Panel>
        <Facts results={results} />
        {results.recording && <RecordingPart recording={results.recording} api={api} />}
        <Questions questions={results.questions ?? []} />
        {over && results.evaluation && <ScoresPart evaluation={results.evaluation} api={api} onSaved={onReload} />}
        <Transcript items={results.transcript ?? []} />
        <Measures results={results} />
        {results.usage && <CostPart usage={results.usage} />}
        {over && <KeptPart retention={results.retention ?? null} log={results.log ?? null} api={api} />}
        <p className="quiet">
          These results hold what was said and when. Nothing here judges voice, accent or emotion. The transcript was
          written by a machine: where a wording matters, ask.
        </p>
        <Button className="button no-print" onPress={() => window.print()}>
          Print
        </Button>
      </div>
    </Shell>
  );
}

function Facts({ results }: { results: Results }) {
  const rows: [string, string][] = [
    ["Candidate", results.user_id ?? ""],
    ["Interview", results.interview_id ?? ""],
    ["Session", results.session_id],
    ["Started", dateTime(results.started_at ?? results.created_at)],
    ["Ended", dateTime(results.ended_at)],
    ["Length", results.duration_ms === null || results.duration_ms === undefined ? "" : clock(results.duration_ms)],
  ];
  return (
    <dl className="facts-table">
      {rows
        .filter(([, value]) => value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const QUESTION_STATUS: Record<string, string> = {
  answered: "Answered",
  asked: "Asked, not answered",
  skipped: "Skipped",
};

function Questions({ questions }: { questions: Results["questions"] }) {
  if (questions.length === 0) return null;
  return (
    <section aria-labelledby="questions-title">
      <h2 id="questions-title">Questions</h2>
      <ol className="result-questions">
        {questions.map((question) => (
          <li
            key={question.number}
            value={question.number}
            data-testid="results-question"
            data-status={question.status}
          >
            <p>{question.text}</p>
            <p className="quiet">
              <Icon name={question.status === "answered" ? "check" : "info"} />{" "}
              {QUESTION_STATUS[question.status] ?? question.status}
              {question.reason && question.status !== "answered" ? `: ${inWords(question.reason)}` : ""}
              {typeof question.time_spent_ms === "number" && ` in ${clock(question.time_spent_ms)}`}
            </p>
            <Steps steps={question.steps ?? []} />
          </li>
        ))}
      </ol>
    </section>
  );
}

const STEP_KIND: Record<ResultsStep["kind"], string> = {
  asked: "Asked",
  probed: "Followed up",
  repeated: "Said again",
  reminded: "Reminded",
  acknowledged: "Took note",
};

/** What the interviewer did with a question and why; that it was asked because it is in the plan goes without saying. */
function Steps({ steps }: { steps: ResultsStep[] }) {
  const told = steps.filter((step) => step.kind !== "acknowledged" && step.reason !== "plan");
  if (told.length === 0) return null;
  return (
    <ul className="steps quiet">
      {told.map((step) => (
        <li key={`${step.kind} ${step.at_ms}`} data-testid="results-step" data-kind={step.kind}>
          {clock(step.at_ms)} {STEP_KIND[step.kind]} ({inWords(step.reason)}): {step.text}
          {step.worded_by === "model" && " [worded by the model]"}
        </li>
      ))}
    </ul>
  );
}

function Transcript({ items }: { items: Results["transcript"] }) {
  return (
    <section aria-labelledby="transcript-title">
      <h2 id="transcript-title">Transcript</h2>
      {items.length === 0 && <p>Nothing was said yet.</p>}
      <ol className="transcript">
        {items.map((item) => (
          <li
            key={item.item_id}
            className={`caption caption-${item.role}`}
            data-testid="transcript-item"
            data-item-id={item.item_id}
            data-role={item.role}
            data-state={item.state}
          >
            <span className="caption-who">
              <Icon name={item.role === "user" ? "microphone" : "wave"} />{" "}
              {item.role === "user" ? "Candidate" : "Interviewer"}{" "}
              <span className="quiet">{clock(item.start_ms)}</span>
            </span>
            <TranscriptText item={item} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The second hearing of an answer where it is the better one. */
function shownText(item: Results["transcript"][number]): string {
  return item.shown === "second_pass" ? (item.second_pass?.content ?? item.content) : item.content;
}

function TranscriptText({ item }: { item: Results["transcript"][number] }) {
  if (item.state === "missing") {
    return (
      <span className="caption-text">
        <em>This part was said, but could not be written down.</em>
      </span>
    );
  }
  const differs = Boolean(item.generated_content) && item.generated_content !== item.content;
  const cut = item.role === "assistant" ? unheard(item.content, item.generated_content) : null;
  return (
    <span className="caption-text">
      <span data-testid="heard">{shownText(item) || "(nothing was heard)"}</span>
      {item.shown === "second_pass" && shownText(item) !== item.content && (
        <span className="quiet" data-testid="live-version">
          {" "}
          [heard again after the interview; live: {item.content || "nothing"}]
        </span>
      )}
      {item.state === "interim" && <span className="quiet"> (not final)</span>}
      {cut !== null && (
        <span className="cut" data-testid="cut">
          {" "}
          <span className="quiet">[interrupted; not heard:</span> <s>{cut}</s>
          <span className="quiet">]</span>
        </span>
      )}
      {item.role === "assistant" && differs && cut === null && (
        <span className="cut quiet" data-testid="cut">
          {" "}
          [generated: {item.generated_content}]
        </span>
      )}
    </span>
  );
}

function Measures({ results }: { results: Results }) {
  const talk = results.metrics?.talk_ms;
  const delay = results.metrics?.response_delay_ms;
  const audio = results.audio_quality;
  const rows: [string, string | null][] = [
    ["Interruptions of the interviewer", numberText(results.metrics?.interruptions, "")],
    ["Candidate's pace", numberText(results.metrics?.words_per_minute, " words a minute")],
    ["Interviewer's answer, half within", numberText(delay?.p50, " ms")],
    ["Interviewer's answer, 95 % within", numberText(delay?.p95, " ms")],
    ["Packets lost", typeof audio?.loss_ratio === "number" ? percent(audio.loss_ratio) : null],
    ["Jitter", numberText(audio?.jitter_ms, " ms")],
    ["Sound filled in", typeof audio?.concealed_ratio === "number" ? percent(audio.concealed_ratio) : null],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== null);
  return (
    <section aria-labelledby="measures-title">
      <h2 id="measures-title">Time and sound quality</h2>
      {talk && typeof talk.user === "number" && typeof talk.assistant === "number" && (
        <TalkTime user={talk.user} assistant={talk.assistant} />
      )}
      {known.length > 0 && (
        <dl className="facts-table">
          {known.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="quiet">
        These figures describe the conversation and the line. They say nothing about how good an answer is.
      </p>
    </section>
  );
}

function numberText(value: number | null | undefined, unit: string): string | null {
  return typeof value === "number" ? `${Math.round(value * 10) / 10}${unit}` : null;
}

/** Who spoke how long: one bar in two patterns, with the figures as text. */
function TalkTime({ user, assistant }: { user: number; assistant: number }): ReactNode {
  const total = user + assistant;
  const share = total === 0 ? 0 : (user / total) * 100;
  return (
    <figure className="talk-time" data-testid="talk-time">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="talk-assistant" x="0" y="0" width="100" height="8" />
        <rect className="talk-user" x="0" y="0" width={share} height="8" />
      </svg>
      <figcaption>
        <span>Candidate {clock(user)}</span>
        <span>Interviewer {clock(assistant)}</span>
      </figcaption>
    </figure>
  );
}
