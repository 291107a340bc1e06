import { useState } from "react";
import { Button } from "react-aria-components/Button";
import type { SessionApi } from "../../client/api";
import type { Verdict } from "../../client/checkup";
import { DeviceCheck } from "../../components/DeviceCheck";
import type { Microphone } from "../../components/useMicrophone";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";

interface CheckStepProps {
  session: SessionApi;
  microphone: Microphone;
  onDone: () => void;
}

/** The sound check, which can be skipped, repeated, and gone on from whatever it says. */
export function CheckStep({ session, microphone, onDone }: CheckStepProps) {
  const t = texts("candidate");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const { problem, stream } = microphone;
  const label = verdict === null ? t("check.skip") : verdict.grade === "poor" ? t("check.anyway") : t("check.next");
  return (
    <>
      <p className="lead">{t("check.lead")}</p>
      <DeviceCheck session={session} microphone={microphone} onVerdict={setVerdict} />
      <div className="actions">
        {problem === null ? (
          <Button
            className={verdict === null ? "button" : "button primary"}
            isDisabled={stream === null}
            onPress={onDone}
            data-testid="check-next"
          >
            {label}
          </Button>
        ) : (
          <Button
            className="button"
            onPress={() => {
              microphone.goSilent();
              onDone();
            }}
            data-testid="no-mic"
          >
            <Icon name="keyboard" /> {t("mic.without")}
          </Button>
        )}
      </div>
    </>
  );
}
