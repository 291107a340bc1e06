import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import type { ConsentText } from "../client/types";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";

interface ConsentGateProps {
  /** The text as the server gave it; it decides what is agreed to. */
  consent: ConsentText;
  /** What the next button does beyond the agreement; null where a session is there already. */
  attemptsLeft: number | null;
  working: boolean;
  onAgree: () => void;
  onBack?: () => void;
}

/** Nothing goes on before the box is ticked. */
export function ConsentGate({ consent, attemptsLeft, working, onAgree, onBack }: ConsentGateProps) {
  const t = texts("candidate");
  const [agreed, setAgreed] = useState(false);
  const [reminded, setReminded] = useState(false);
  return (
    <>
      <section aria-label={t("consent.title")} className="card">
        <p className="consent-text" data-words="server">
          {consent.text}
        </p>
        <p className="quiet">{t("consent.version", { version: consent.version })}</p>
        <Checkbox
          className="checkbox"
          isSelected={agreed}
          onChange={setAgreed}
          isInvalid={reminded && !agreed}
          data-testid="consent"
        >
          <span className="box" aria-hidden="true">
            <Icon name="check" />
          </span>
          <span>{t("consent.agree")}</span>
        </Checkbox>
        {reminded && !agreed && (
          <Panel tone="warning" testId="consent-reminder">
            <p>{t("consent.reminder")}</p>
          </Panel>
        )}
      </section>
      <ul className="hints">
        {attemptsLeft !== null && <li data-testid="attempts">{t("consent.attempts", { count: attemptsLeft })}</li>}
        <li>{t("consent.kept")}</li>
        <li>{t("consent.refuse")}</li>
      </ul>
      <div className="actions">
        <Button
          className="button primary"
          isDisabled={working}
          onPress={() => (agreed ? onAgree() : setReminded(true))}
          data-testid="agree"
        >
          {working ? t("consent.working") : t("consent.next")}
        </Button>
        {onBack !== undefined && (
          <Button className="button" onPress={onBack} data-testid="back">
            {t("back")}
          </Button>
        )}
      </div>
    </>
  );
}
