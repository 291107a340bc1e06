import { localPart } from "../../client/route";
import { Contact } from "../../components/HelpButton";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import type { About, Outcome, Ticket } from "./arrival";

/** The ends that are told in words of their own. */
export const REASONS = [
  "completed",
  "candidate_ended",
  "platform_ended",
  "time_limit",
  "network_lost",
  "expired",
  "interrupted",
  "budget",
  "engine_failed",
  "internal",
] as const;

const CUT_SHORT: readonly string[] = ["network_lost", "interrupted", "budget", "engine_failed", "internal"];

interface ClosingStepProps {
  about: About;
  outcome: Outcome;
  ticket: Ticket | null;
}

/** How it ended, whether it is saved, and what happens next. */
export function ClosingStep({ about, outcome, ticket }: ClosingStepProps) {
  const t = texts("candidate");
  const reason = REASONS.find((known) => known === outcome.endReason) ?? "other";
  return (
    <Shell title={t("closing.title")} step="closing">
      <div data-testid="closing" data-end-reason={outcome.endReason ?? ""} className="stack">
        <p className="lead">{t(`closing.reason.${reason}`)}</p>
        {outcome.saved ? (
          <Panel tone="good" testId="saved">
            <p>
              <strong>{t("closing.saved")}</strong> {t("closing.savedHint")}
            </p>
          </Panel>
        ) : (
          <Panel tone="warning" testId="not-saved">
            <p>
              <strong>{t("closing.notSaved")}</strong> {t("closing.notSavedHint")}
            </p>
          </Panel>
        )}
        <section aria-labelledby="next" className="card">
          <h2 id="next">{t("closing.next")}</h2>
          {about.nextSteps === "" ? (
            <p>{t("closing.nextDefault", { title: about.title })}</p>
          ) : (
            <p className="consent-text" data-testid="next-steps" data-words="server">
              {about.nextSteps}
            </p>
          )}
          {CUT_SHORT.includes(outcome.endReason ?? "") && <p>{t("closing.cutShort")}</p>}
          <Contact contact={about.contact} reference={ticket?.sessionId ?? null} />
          {outcome.resultsUrl !== null && (
            <p>
              <a
                className="button"
                href={resultsLink(outcome.resultsUrl, ticket?.token ?? null)}
                data-testid="results-link"
              >
                <Icon name="info" /> {t("closing.results")}
              </a>
            </p>
          )}
        </section>
      </div>
    </Shell>
  );
}

/** The results page of this server, with the candidate's token in the part of the address that stays in the browser. */
function resultsLink(url: string, token: string | null): string {
  const local = localPart(url, window.location.href).replace(/#.*$/, "");
  return token === null ? local : `${local}#token=${encodeURIComponent(token)}`;
}
