import { useCallback, useState } from "react";
import { Button } from "react-aria-components/Button";
import { PublicApi } from "../client/api";
import { ApiError } from "../client/http";
import { rememberToken } from "../client/memory";
import { interviewAddress, localPart } from "../client/route";
import type { Health, Kind } from "../client/types";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { Shell } from "../ui/Shell";
import { Unreachable } from "../ui/Unreachable";
import { count } from "../ui/format";
import { useRetryingLoad } from "../ui/useRetryingLoad";

/** `/`: what Viva is, and a way to try each built-in kind of interview. */
export default function HomePage() {
  const load = useCallback(async () => {
    const api = new PublicApi();
    // The health report is a courtesy; the page is of use without it.
    const [kinds, health] = await Promise.all([api.kinds(), api.health().catch(() => null)]);
    return { kinds, health };
  }, []);
  const [loaded, retry] = useRetryingLoad(load);
  return (
    <Shell title="Voice interviews on your own machine">
      <p className="lead">
        Viva holds spoken interviews in the browser. An AI interviewer greets, asks the questions of a plan aloud and
        listens; you get a transcript of both sides. Nothing leaves this server unless it was set up to use a speech
        model elsewhere.
      </p>
      <h2>Try an interview</h2>
      {loaded.state === "loading" && <p role="status">One moment…</p>}
      {loaded.state === "waiting" && <Unreachable onRetry={retry} />}
      {loaded.state === "failed" && (
        <Panel tone="warning" testId="problem">
          <p>{startRefusal(loaded.error)}</p>
        </Panel>
      )}
      {loaded.state === "ready" && (
        <>
          <Kinds kinds={loaded.value.kinds} />
          <About health={loaded.value.health} />
        </>
      )}
    </Shell>
  );
}

function Kinds({ kinds }: { kinds: Kind[] }) {
  const [starting, setStarting] = useState<string | null>(null);
  const [refusal, setRefusal] = useState("");
  const start = async (kind: string): Promise<void> => {
    if (starting !== null) return;
    setStarting(kind);
    setRefusal("");
    try {
      const started = await new PublicApi().start({ kind, user_id: "local" });
      rememberToken(started.session_id, started.token);
      const address = interviewAddress(started.session_id, started.token);
      window.location.assign(started.page_url ? localPart(started.page_url, window.location.href) : address);
    } catch (error) {
      setRefusal(startRefusal(error));
      setStarting(null);
    }
  };
  if (kinds.length === 0) return <p>This server has no built-in interviews.</p>;
  return (
    <>
      {refusal !== "" && (
        <Panel tone="error" testId="problem">
          <p>{refusal}</p>
        </Panel>
      )}
      <ul className="kinds">
        {kinds.map((kind) => (
          <li key={kind.kind} className="card" data-testid="kind" data-kind={kind.kind}>
            <h3>{kind.title}</h3>
            <p>{kind.description}</p>
            <p className="quiet">
              {count(kind.question_count, "question", "questions")}, about{" "}
              {count(kind.duration_minutes, "minute", "minutes")} · {languageName(kind.language)}
            </p>
            <Button
              className="button primary"
              aria-label={`Start an interview: ${kind.title}`}
              onPress={() => void start(kind.kind)}
              data-testid={`start-${kind.kind}`}
            >
              <Icon name="microphone" /> {starting === kind.kind ? "Opening…" : "Start an interview"}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Why an interview cannot be started from this page, in words for the person before it. */
function startRefusal(error: unknown): string {
  if (!(error instanceof ApiError)) return "The server does not answer at the moment. Please try again shortly.";
  if (error.status === 401 || error.status === 403) {
    return "Here, interviews are started by an invitation link. Please use the link that you were sent.";
  }
  if (error.status === 429 || error.status === 503)
    return "The server is busy at the moment. Please try again shortly.";
  return error.message;
}

function About({ health }: { health: Health | null }) {
  const engine = nameOf(health?.engine);
  const version = nameOf(health?.version);
  if (engine === null && version === null) return null;
  return (
    <p className="quiet" data-testid="about">
      {engine !== null && <>Engine: {engine}</>}
      {engine !== null && version !== null && " · "}
      {version !== null && <>Viva {version}</>}
    </p>
  );
}

/** The engine is named by a text, or by an object with a name. */
function nameOf(value: unknown): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value !== "object" || value === null) return null;
  const { name, kind } = value as { name?: unknown; kind?: unknown };
  return nameOf(name) ?? nameOf(kind);
}
