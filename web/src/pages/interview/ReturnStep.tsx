import { Button } from "react-aria-components/Button";
import { MicrophonePicker } from "../../components/MicrophonePicker";
import type { Microphone } from "../../components/useMicrophone";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";

interface AskStepProps {
  title: string;
  hasBegun: boolean;
  attemptsLeft: number;
  working: boolean;
  onContinue: () => void;
  onAnew: () => void;
}

/** The link was opened in this browser before. */
export function AskStep({ title, hasBegun, attemptsLeft, working, onContinue, onAnew }: AskStepProps) {
  const t = texts("candidate");
  return (
    <div data-testid="ask">
      <p className="lead" data-words="server">
        <strong>{title}</strong>
      </p>
      <p className="lead">{hasBegun ? t("return.askedBegun") : t("return.asked")}</p>
      <div className="actions">
        <Button className="button primary" onPress={onContinue} data-testid="continue-interview">
          {t("return.continue")}
        </Button>
        {attemptsLeft > 0 && (
          <Button className="button" isDisabled={working} onPress={onAnew} data-testid="anew">
            {t("return.anew")}
          </Button>
        )}
      </div>
      {attemptsLeft > 0 && <p className="quiet">{t("return.anewHint", { count: attemptsLeft })}</p>}
      <p className="quiet">{t("return.notYou")}</p>
    </div>
  );
}

interface ReturnStepProps {
  microphone: Microphone;
  onBegin: (stream: MediaStream) => void;
}

/** The microphone of who comes back to an interview that has begun. */
export function ReturnStep({ microphone, onBegin }: ReturnStepProps) {
  const t = texts("candidate");
  const { stream, problem } = microphone;
  return (
    <>
      <p className="lead">{t("return.lead")}</p>
      <section aria-label={t("mic.label")} className="card">
        <MicrophonePicker microphone={microphone} />
      </section>
      <div className="actions">
        {problem === null ? (
          <Button
            className="button primary"
            isDisabled={stream === null}
            onPress={() => stream && onBegin(stream)}
            data-testid="start"
          >
            {t("return.continue")}
          </Button>
        ) : (
          <Button className="button" onPress={() => onBegin(microphone.goSilent())} data-testid="no-mic">
            <Icon name="keyboard" /> {t("mic.without")}
          </Button>
        )}
      </div>
    </>
  );
}
