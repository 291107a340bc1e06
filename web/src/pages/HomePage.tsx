import { useCallback, useState } from "react";
import { Button } from "react-aria-components/Button";
import { PublicApi } from "../client/api";
import { ApiError } from "../client/http";
import { rememberToken } from "../client/memory";
import { interviewAddress, localPart } from "../client/route";
import type { Health, Kind } from "../client/types";
import { language, texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { Places } from "../ui/Places";
import { Shell } from "../ui/Shell";
import { Unreachable } from "../ui/Unreachable";
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
  const t = texts("candidate");
  return (
    <Shell title={t("home.title")} aside={<Places />}>
      <p className="lead">{t("home.lead")}</p>
      <h2>{t("home.try")}</h2>
      {loaded.state === "loading" && <p role="status">{texts("shared")("moment")}</p>}
      {loaded.state === "waiting" && <Unreachable onRetry={retry} />}
      {loaded.state === "failed" && (
        <Panel tone="warning" testId="problem">
          <p>{startRefusal(loaded.error)}</p>
        </Panel>
      )}
      {loaded.state === "ready" && (
        <>
          <Kinds kinds={loaded.value.kinds} />
          <h2>{t("home.staff")}</h2>
          <p>
            {t("home.staffText")} <a href="/interviews">{t("home.staffLink")}</a>
          </p>
          <About health={loaded.value.health} />
        </>
      )}
    </Shell>
  );
}

function Kinds({ kinds }: { kinds: Kind[] }) {
  const t = texts("candidate");
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
  if (kinds.length === 0) return <p>{t("home.none")}</p>;
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
            <h3 data-words="server">{kind.title}</h3>
            <p data-words="server">{kind.description}</p>
            <p className="quiet">
              {t("home.questions", { count: kind.question_count })},{" "}
              {t("home.minutes", { count: kind.duration_minutes })} ·{" "}
              <span data-words="server">{languageName(kind.language)}</span>
            </p>
            <Button
              className="button primary"
              aria-label={t("home.startKind", { title: kind.title })}
              onPress={() => void start(kind.kind)}
              data-testid={`start-${kind.kind}`}
            >
              <Icon name="microphone" /> {starting === kind.kind ? t("home.opening") : t("home.start")}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(language(), { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Why an interview cannot be started from this page, in words for the person before it. */
function startRefusal(error: unknown): string {
  const t = texts("candidate");
  if (!(error instanceof ApiError)) return t("home.unreachable");
  if (error.status === 401 || error.status === 403) return t("home.byLink");
  if (error.status === 429 || error.status === 503) return t("home.busy");
  return error.message;
}

function About({ health }: { health: Health | null }) {
  const t = texts("candidate");
  const engine = nameOf(health?.engine);
  const version = nameOf(health?.version);
  if (engine === null && version === null) return null;
  return (
    <p className="quiet" data-testid="about">
      {engine !== null && <>{t("home.engine", { engine })}</>}
      {engine !== null && version !== null && " · "}
      {version !== null && <>{t("home.version", { version })}</>}
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
