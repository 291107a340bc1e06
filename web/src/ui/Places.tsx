import type { ReactNode } from "react";
import { texts } from "../i18n";

const PLACES = [
  { href: "/interviews", key: "nav.interviews" },
  { href: "/sessions", key: "nav.sessions" },
  { href: "/rooms", key: "nav.rooms" },
  { href: "/status", key: "nav.status" },
] as const;

/** The way to the pages for interviewers and operators; what else belongs into the banner follows. */
export function Places({ children }: { children?: ReactNode }) {
  const t = texts("shared");
  return (
    <nav className="places" aria-label={t("nav.label")}>
      {PLACES.map(({ href, key }) => (
        <a key={href} href={href} aria-current={window.location.pathname.startsWith(href) ? "page" : undefined}>
          {t(key)}
        </a>
      ))}
      {children}
    </nav>
  );
}
