import { Button } from "react-aria-components/Button";
import type { InterviewState } from "../client/state";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";

/** The connection in a word or two, always in sight. */
export function ConnectionState({ state }: { state: InterviewState }) {
  const t = texts("candidate");
  const phase = state.phase.name;
  const weak = phase === "live" && state.weakConnection;
  return (
    <p className={`connection connection-${phase}`} role="status" data-testid="connection-state" data-state={phase}>
      <Icon name={phase === "live" ? (weak ? "warning" : "check") : "link"} />{" "}
      {weak
        ? t("connection.weak")
        : t(phase === "live" && state.cameBack ? "connection.again" : `connection.${phase}`)}
    </p>
  );
}

interface ConnectionTroubleProps {
  state: InterviewState;
  onRetry: () => void;
  /** In a practice nothing is saved, so nothing is said of it. */
  isSaved: boolean;
}

/** Why there is no connection, what this page does about it, and that nothing is lost; and that it is back. */
export function ConnectionTrouble({ state, onRetry, isSaved }: ConnectionTroubleProps) {
  const t = texts("candidate");
  const told = state.notices.some(({ code }) => code === "welcome_back");
  if (state.phase.name === "live" && state.cameBack && !told) {
    return (
      <Panel tone="info" testId="came-back">
        <p>{t("trouble.back")}</p>
      </Panel>
    );
  }
  if (state.phase.name !== "reconnecting") return null;
  return (
    <div className="stack" data-testid="trouble" data-trouble={state.phase.trouble}>
      <Panel tone="warning">
        <p>
          {t(`trouble.${state.phase.trouble}`)} {isSaved && <strong>{t("trouble.saved")}</strong>}
        </p>
      </Panel>
      {state.phase.retryInMs !== null && (
        <Button className="button" onPress={onRetry} data-testid="retry-now">
          <Icon name="repeat" /> {t("trouble.again")}
        </Button>
      )}
    </div>
  );
}

/** The live region is always there: a screen reader announces only what is added to a region that it knows. */
export function Notices({ state, onDismiss }: { state: InterviewState; onDismiss: (id: number) => void }) {
  const t = texts("candidate");
  return (
    <div className="notices" role="status" aria-live="polite">
      {state.notices.map((notice) => (
        <div key={notice.id} data-testid="notice" data-code={notice.code} data-level={notice.level}>
          <Panel tone={notice.level} announced={notice.level === "error"}>
            <p data-words="server">{notice.text}</p>
            <Button
              className="button small"
              onPress={() => onDismiss(notice.id)}
              aria-label={t("live.closeNotice", { text: notice.text })}
            >
              {t("live.close")}
            </Button>
          </Panel>
        </div>
      ))}
    </div>
  );
}
