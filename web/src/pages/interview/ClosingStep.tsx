import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import { localPart } from "../../client/route";
import type { About, Outcome } from "./arrival";

const REASONS: Record<string, string> = {
  completed: "You have answered all questions. Thank you.",
  candidate_ended: "You ended the interview. Thank you for your time.",
  platform_ended: "The interview was ended by the people who invited you.",
  time_limit: "The time for this interview is up. Thank you.",
  network_lost: "The connection was lost for too long, so the interview was closed.",
  expired: "The time to hold this interview is over.",
  interrupted: "The server was stopped in the middle of the interview. That was not your fault.",
  budget: "The interview was closed early for a technical reason. That was not your fault.",
  engine_failed: "The interviewer’s voice failed, so the interview was closed. That was not your fault.",
  internal: "The interview was closed by a technical fault. That was not your fault.",
};

const CUT_SHORT = new Set(["network_lost", "interrupted", "budget", "engine_failed", "internal"]);

interface ClosingStepProps {
  about: About;
  outcome: Outcome;
  token: string | null;
}

export function ClosingStep({ about, outcome, token }: ClosingStepProps) {
  const reason = REASONS[outcome.endReason ?? ""] ?? "The interview is over. Thank you.";
  return (
    <Shell title="The interview is over" step="closing">
      <div data-testid="closing" data-end-reason={outcome.endReason ?? ""} className="stack">
        <p className="lead">{reason}</p>
        {outcome.saved ? (
          <Panel tone="good" testId="saved">
            <p>
              <strong>Your answers are saved.</strong> You can close this page.
            </p>
          </Panel>
        ) : (
          <Panel tone="warning" testId="not-saved">
            <p>
              <strong>The server did not confirm that the last answers are saved.</strong> Please tell the people who
              invited you.
            </p>
          </Panel>
        )}
        <section aria-labelledby="next" className="card">
          <h2 id="next">What happens next</h2>
          <p>Whoever set up “{about.title}” can now read what was said.</p>
          {CUT_SHORT.has(outcome.endReason ?? "") && (
            <p>If you could not say everything, ask them for a new link. Your answers so far are not lost.</p>
          )}
          {outcome.resultsUrl !== null && (
            <p>
              <a className="button" href={resultsLink(outcome.resultsUrl, token)} data-testid="results-link">
                <Icon name="info" /> Read what was written down
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
