/**
 * `/results/{session_id}`: what was said, to hear, read, judge, take along and delete.
 *
 * Candidates who may read their results come with their token and see it in the plain frame; everybody else is staff,
 * with whatever they signed in with. `#t=83.4` opens at that moment.
 *
 * Stable `data-testid`s: results (data-status), results-status, api-key, api-key-send, problem; the parts name
 * theirs.
 */
import { type FormEvent, type ReactNode, useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { Button } from "react-aria-components/Button";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { credential, subscribe } from "../client/account";
import { ApiError, type Credential } from "../client/http";
import { recallToken, tokenFromHash } from "../client/memory";
import { ReviewApi, type Receipt } from "../client/reviewApi";
import type { ReviewResults } from "../client/review";
import { momentFromHash } from "../client/reviewMoment";
import { language, texts } from "../i18n";
import { Panel } from "../ui/Panel";
import { Shell } from "../ui/Shell";
import { StaffShell } from "../ui/staff";
import { Unreachable } from "../ui/Unreachable";
import { useRetryingLoad } from "../ui/useRetryingLoad";
import { ReceiptView } from "./results/KeepingPart";
import { ReviewView } from "./results/ReviewView";
import "./results/results.css";
import "./results/timeline.css";

/** Who reads: a candidate by the token in the link, staff by their sign-in, a candidate who comes back to the tab. */
function reader(sessionId: string): { credential: Credential; isCandidate: boolean } {
  const linked = tokenFromHash(window.location.hash);
  if (linked !== null) return { credential: { bearer: linked }, isCandidate: true };
  const staff = credential();
  if (staff !== null) return { credential: staff, isCandidate: false };
  const recalled = recallToken(sessionId);
  if (recalled !== null) return { credential: { bearer: recalled }, isCandidate: true };
  return { credential: null, isCandidate: false };
}

type Loaded = { results: ReviewResults } | { receipt: Receipt };

/** The results, or what is left of them. */
async function read(api: ReviewApi): Promise<Loaded> {
  try {
    return { results: await api.results() };
  } catch (error) {
    const receipt = error instanceof ApiError && error.status === 404 ? await api.receipt() : null;
    if (receipt === null) throw error;
    return { receipt };
  }
}

export default function ResultsPage({ sessionId }: { sessionId: string }) {
  return (
    <I18nProvider locale={language()}>
      <Results sessionId={sessionId} />
    </I18nProvider>
  );
}

function Results({ sessionId }: { sessionId: string }) {
  const t = texts("review");
  // Whoever signs out leaves nothing on the screen.
  const account = useSyncExternalStore(subscribe, () => JSON.stringify(credential()));
  // A key lives in this component's memory alone: never in the address, never in storage.
  const [apiKey, setApiKey] = useState<string | null>(null);
  const who = useMemo(
    () => (apiKey === null ? reader(sessionId) : { credential: { apiKey }, isCandidate: false }),
    [sessionId, apiKey, account],
  );
  const api = useMemo(() => new ReviewApi(sessionId, who.credential), [sessionId, who]);
  const load = useCallback(() => read(api), [api]);
  const [loaded, retry] = useRetryingLoad(load);
  const frame = (title: string, children: ReactNode, actions?: ReactNode): ReactNode =>
    who.isCandidate ? (
      <Shell title={title}>
        {actions}
        {children}
      </Shell>
    ) : (
      <StaffShell title={title} actions={actions}>
        {children}
      </StaffShell>
    );
  switch (loaded.state) {
    case "loading":
      return frame(t("title"), <p role="status">{texts("shared")("moment")}</p>);
    case "waiting":
      return frame(t("title"), <Unreachable onRetry={retry} />);
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
      if ("receipt" in loaded.value) return frame(t("receipt.title"), <ReceiptView receipt={loaded.value.receipt} />);
      return (
        <ReviewView
          results={loaded.value.results}
          api={api}
          isCandidate={who.isCandidate}
          frame={frame}
          reload={retry}
        />
      );
  }
}

/** The way to sign in and back to this moment; nothing else of the fragment goes into an address. */
function signInHere(): string {
  const moment = momentFromHash(window.location.hash);
  const then = window.location.pathname + window.location.search + (moment === null ? "" : `#t=${moment / 1_000}`);
  return `/sign-in?then=${encodeURIComponent(then)}`;
}

interface AccessPageProps {
  status: number;
  detail: string;
  keyRefused: boolean;
  onKey: (key: string) => void;
}

function AccessPage({ status, detail, keyRefused, onKey }: AccessPageProps) {
  const t = texts("review");
  const [key, setKey] = useState("");
  const closed = status === 401 || status === 403 || status === 404;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() !== "") onKey(key.trim());
  };
  return (
    <Shell title={closed ? t("access.closed") : t("access.broken")}>
      <Panel tone="error" testId="problem">
        <p>{!closed ? detail : keyRefused ? t("access.keyRefused") : t("access.needed")}</p>
      </Panel>
      {closed && (
        <>
          <p>{t("access.candidate")}</p>
          <p>{t("access.staff")}</p>
          <p>
            <a className="button" href={signInHere()}>
              {t("access.signIn")}
            </a>
          </p>
          <form className="card" onSubmit={submit}>
            <label className="field">
              <span>{t("access.key")}</span>
              <input
                type="password"
                autoComplete="off"
                value={key}
                onChange={(event) => setKey(event.target.value)}
                data-testid="api-key"
              />
            </label>
            <Button className="button primary" type="submit" data-testid="api-key-send">
              {t("access.send")}
            </Button>
          </form>
        </>
      )}
    </Shell>
  );
}
