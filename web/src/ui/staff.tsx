/** What the pages of interviewers and operators share: one cache of answers, one frame, one way to sign in. */
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { credential, signOut, subscribe } from "../client/account";
import { ApiError } from "../client/http";
import { type Rest, restClient } from "../client/rest";
import { texts } from "../i18n";
import { Icon } from "./Icon";

/** The API with the credential of whoever is signed in. */
export const rest: Rest = restClient(credential);

let refused = false;
const refusals = new Set<() => void>();

function tellRefused(next: boolean): void {
  refused = next;
  refusals.forEach((listener) => listener());
}

subscribe(() => tellRefused(false));

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) tellRefused(true);
    },
  }),
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; what it could not answer is asked three times.
      retry: (count, error) => count < 3 && !(error instanceof ApiError && error.status < 500),
      staleTime: 5_000,
    },
  },
});

const PLACES = [
  { href: "/interviews", key: "nav.interviews" },
  { href: "/sessions", key: "nav.sessions" },
  { href: "/rooms", key: "nav.rooms" },
  { href: "/status", key: "nav.status" },
] as const;

interface StaffShellProps {
  title: string;
  children: ReactNode;
  /** Beside the title: what can be done with the whole page. */
  actions?: ReactNode;
}

/** The frame of a page for interviewers and operators: banner with the pages, one main heading, content. */
export function StaffShell({ title, actions, children }: StaffShellProps) {
  const t = texts("shared");
  const signedIn = useSyncExternalStore(subscribe, () => credential() !== null);
  useEffect(() => {
    document.title = `${title} · Viva`;
  }, [title]);
  return (
    <>
      <header className="banner wide">
        <a className="brand" href="/">
          <Icon name="wave" /> {t("brand")}
        </a>
        <nav className="places" aria-label={t("nav.label")}>
          {PLACES.map(({ href, key }) => (
            <a key={href} href={href} aria-current={window.location.pathname.startsWith(href) ? "page" : undefined}>
              {t(key)}
            </a>
          ))}
          {signedIn ? (
            <button type="button" className="link-button" onClick={signOut} data-testid="sign-out">
              {t("nav.signOut")}
            </button>
          ) : (
            <a href={signInAddress()}>{t("nav.signIn")}</a>
          )}
        </nav>
      </header>
      <main className="wide">
        <div className="title-row">
          <h1>{title}</h1>
          {actions}
        </div>
        {children}
      </main>
    </>
  );
}

/** The sign-in page, which comes back here afterwards. */
export function signInAddress(): string {
  return `/sign-in?then=${encodeURIComponent(window.location.pathname + window.location.search)}`;
}

/** Everything of a staff page below the frame. When the server wants to know who asks, the way to sign in stands here. */
export function Staff({ children }: { children: ReactNode }) {
  const t = texts("shared");
  const isRefused = useSyncExternalStore(
    (listener) => {
      refusals.add(listener);
      return () => refusals.delete(listener);
    },
    () => refused,
  );
  return (
    <QueryClientProvider client={queries}>
      {isRefused ? (
        <StaffShell title={t("nav.signIn")}>
          <p data-testid="sign-in-needed">
            <a className="button primary" href={signInAddress()}>
              {t("nav.signIn")}
            </a>
          </p>
        </StaffShell>
      ) : (
        children
      )}
    </QueryClientProvider>
  );
}
