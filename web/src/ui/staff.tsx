/** What the pages of interviewers and operators share: one cache of answers, one frame, one way to sign in. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { account, credential, signOut, subscribe } from "../client/account";
import { ApiError, HttpClient } from "../client/http";
import { type Rest, restClient } from "../client/rest";
import { language, texts } from "../i18n";
import { Icon } from "./Icon";
import { Places } from "./Places";
import { Panel } from "./Panel";
import { Unreachable } from "./Unreachable";

/** The API with the credential of whoever is signed in. */
export const rest: Rest = restClient(credential);

let refused = false;
const refusals = new Set<() => void>();

function tellRefused(next: boolean): void {
  refused = next;
  refusals.forEach((listener) => listener());
}

/** For requests that are made past {@link queries}: a refused credential is told to whoever looks at the page. */
export function noteRefusal(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) tellRefused(true);
}

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: noteRefusal }),
  mutationCache: new MutationCache({ onError: noteRefusal }),
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; what it could not answer is asked three times.
      retry: (count, error) => count < 3 && !(error instanceof ApiError && error.status < 500),
      staleTime: 5_000,
      // A server on this machine answers without a network too; and silence while offline would look like news.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

subscribe(() => {
  tellRefused(false);
  // Nothing of one person is shown to the next.
  void queries.resetQueries();
});

/** Who asks, as `GET /api/v1/me` says. */
export interface Me {
  principal: "local" | "platform" | "user";
  user_id: string | null;
  name: string | null;
  email: string | null;
  /** Sign-in by a mailed code is set up here. */
  can_sign_in: boolean;
  /** Mails go to `/dev/outbox`. */
  is_development: boolean;
  embed_allowed: boolean;
}

const UNREACHABLE_RETRY_MS = 5_000;

const MeContext = createContext<Me | null>(null);

/** Who is signed in; `null` as long as nobody is. */
export function useMe(): Me | null {
  return useContext(MeContext);
}

/** Asked once, by the gate: a second asker would ask again each time that it appears. */
function useAskMe() {
  return useQuery({
    queryKey: ["me"],
    queryFn: () => new HttpClient("", credential()).get<Me>("/api/v1/me"),
    staleTime: Infinity,
    // What keeps the first answer away may pass; afterwards the page stays as it is.
    refetchInterval: ({ state }) =>
      state.data === undefined && state.status === "error" && !isRefusal(state.error) ? UNREACHABLE_RETRY_MS : false,
  });
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status < 500;
}

interface StaffShellProps {
  title: string;
  children: ReactNode;
  /** Beside the title: what can be done with the whole page. */
  actions?: ReactNode;
}

/** The frame of a page for interviewers and operators: banner with the pages, one main heading, content. */
export function StaffShell({ title, actions, children }: StaffShellProps) {
  const t = texts("shared");
  useEffect(() => {
    document.title = `${title} · Viva`;
  }, [title]);
  return (
    <>
      <header className="banner wide">
        <a className="brand" href="/">
          <Icon name="wave" /> {t("brand")}
        </a>
        <Places>
          <Account />
        </Places>
      </header>
      <main className="wide">
        <SignInNotice />
        <div className="title-row">
          <h1>{title}</h1>
          {actions}
        </div>
        {children}
      </main>
    </>
  );
}

/** Who is signed in, and the way in or out. The local developer has neither. */
function Account() {
  const t = texts("shared");
  const signedIn = useSyncExternalStore(subscribe, () => credential() !== null);
  const me = useMe();
  const name = me === null ? null : (me.name ?? me.email ?? t(`staff.${me.principal}`));
  return (
    <>
      {name !== null && (
        <span className="who" data-testid="who" data-principal={me?.principal}>
          {signedIn && <span className="hidden">{t("staff.who", { name: "" })}</span>}
          {me?.principal === "local" ? t("staff.local") : name}
        </span>
      )}
      {signedIn ? (
        <button type="button" className="link-button" onClick={signOut} data-testid="sign-out">
          {t("nav.signOut")}
        </button>
      ) : (
        me === null && <a href={signInAddress()}>{t("nav.signIn")}</a>
      )}
    </>
  );
}

const WARN_BEFORE_MS = 3 * 60_000;
/** A timer takes no longer time. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Expiry = "fine" | "soon" | "over";

function expiry(): Expiry {
  const leftMs = (account()?.expiresAtMs ?? Infinity) - Date.now();
  if (leftMs <= 0) return "over";
  return leftMs <= WARN_BEFORE_MS ? "soon" : "fine";
}

/** Follows the token's end by itself, so that nobody learns of it by a lost click. */
function useExpiry(): Expiry {
  const [now, setNow] = useState<Expiry>(expiry);
  useEffect(() => {
    const expiresAtMs = account()?.expiresAtMs;
    if (expiresAtMs === undefined || now === "over") return;
    const nextMs = expiresAtMs - Date.now() - (now === "fine" ? WARN_BEFORE_MS : 0);
    const timer = setTimeout(() => setNow(expiry()), Math.min(Math.max(0, nextMs) + 50, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }, [now]);
  return now;
}

function useRefused(): boolean {
  return useSyncExternalStore(
    (listener) => {
      refusals.add(listener);
      return () => refusals.delete(listener);
    },
    () => refused,
  );
}

/** Above the page: the sign-in has ended, or is about to. The page stays, with everything that was written on it. */
function SignInNotice() {
  const t = texts("shared");
  const isRefused = useRefused();
  const expires = useExpiry();
  const me = useMe();
  if (me === null) return null;
  if (isRefused || expires === "over") {
    return (
      <Panel tone="warning" testId="sign-in-ended">
        <p>{t("staff.ended.text")}</p>
        <a className="button small" href={signInAddress()}>
          {t("staff.ended.action")}
        </a>
      </Panel>
    );
  }
  if (expires !== "soon") return null;
  const time = new Intl.DateTimeFormat(language(), { timeStyle: "short" }).format(account()?.expiresAtMs);
  return (
    <Panel tone="info" testId="sign-in-soon">
      <p>{t("staff.soon.text", { time })}</p>
      <a className="button small" href={signInAddress()}>
        {t("staff.soon.action")}
      </a>
    </Panel>
  );
}

/** The sign-in page, which comes back here afterwards. */
export function signInAddress(): string {
  return `/sign-in?then=${encodeURIComponent(window.location.pathname + window.location.search)}`;
}

/** Everything of a staff page. When the server wants to know who asks, the way to sign in stands in its place. */
export function Staff({ children }: { children: ReactNode }) {
  return (
    <I18nProvider locale={language()}>
      <QueryClientProvider client={queries}>
        <Gate>{children}</Gate>
      </QueryClientProvider>
    </I18nProvider>
  );
}

function Gate({ children }: { children: ReactNode }) {
  const t = texts("shared");
  const me = useAskMe();
  if (me.data !== undefined) return <MeContext value={me.data}>{children}</MeContext>;
  if (isRefusal(me.error) && me.error instanceof ApiError && me.error.status !== 401) {
    return (
      <StaffShell title={t("staff.failed.title")}>
        <Panel tone="error" testId="gate-failed">
          <p data-server-text="">{me.error.message}</p>
        </Panel>
      </StaffShell>
    );
  }
  if (isRefusal(me.error)) return <SignInNeeded />;
  if (me.failureCount > 0 || me.error !== null) {
    return (
      <StaffShell title={t("unreachable.title")}>
        <Unreachable onRetry={() => void me.refetch()} />
      </StaffShell>
    );
  }
  return (
    <StaffShell title={t("moment")}>
      <p role="status" className="hidden">
        {t("moment")}
      </p>
    </StaffShell>
  );
}

function SignInNeeded() {
  const t = texts("shared");
  return (
    <StaffShell title={t("staff.needed.title")}>
      <section className="card" data-testid="sign-in-needed">
        <p>{t("staff.needed.text")}</p>
        <p>
          <a className="button primary" href={signInAddress()}>
            {t("staff.needed.action")}
          </a>
        </p>
      </section>
    </StaffShell>
  );
}
