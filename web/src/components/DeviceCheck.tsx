import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { ProgressBar } from "react-aria-components/ProgressBar";
import type { SessionApi } from "../client/api";
import { type Verdict, verdictOf } from "../client/checkup";
import { type CheckResult, type CheckStage, SENTENCE_MS, soundCheck } from "../client/soundCheck";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { CheckReport } from "./CheckReport";
import { MicrophonePicker } from "./MicrophonePicker";
import { SpeakerTest } from "./SpeakerTest";
import type { Microphone } from "./useMicrophone";

interface DeviceCheckProps {
  /** Whose session: the check goes over its own media path. */
  session: SessionApi;
  microphone: Microphone;
  /** Tells when the check begins and ends; it may be left at any time. */
  onRunning?: (running: boolean) => void;
  onVerdict?: (verdict: Verdict) => void;
}

/** Microphone, speakers, and the way to the server and back. */
export function DeviceCheck({ session, microphone, onRunning, onVerdict }: DeviceCheckProps) {
  const t = texts("candidate");
  const { stage, result, run, returned } = useSoundCheck(session, onRunning, onVerdict);
  const { stream, silent } = microphone;
  return (
    <div data-testid="check" data-stage={stage ?? (result === null ? "ready" : "done")}>
      <section aria-labelledby="check-microphone" className="card">
        <h2 id="check-microphone">{t("check.micTitle")}</h2>
        <MicrophonePicker microphone={microphone} />
      </section>
      <section aria-labelledby="check-speakers" className="card">
        <h2 id="check-speakers">{t("check.speakerTitle")}</h2>
        <SpeakerTest />
      </section>
      {stream !== null && !silent && (
        <section aria-labelledby="check-line" className="card">
          <h2 id="check-line">{t("check.lineTitle")}</h2>
          {stage === null && result === null && <p>{t("check.lineText")}</p>}
          {/* Always there, so that a screen reader announces what comes into it. */}
          <div role="status" data-testid="check-stage" data-stage={stage ?? "none"}>
            {stage !== null && <p className="check-stage">{t(`check.stage.${stage}`)}</p>}
          </div>
          {stage === "speaking" && <SentenceTime />}
          {stage === null && result !== null && <CheckReport result={result} />}
          {stage === null && (
            <Button
              className={result === null ? "button primary" : "button"}
              onPress={() => void run(stream)}
              data-testid="check-start"
            >
              <Icon name={result === null ? "microphone" : "repeat"} />{" "}
              {result === null ? t("check.start") : t("check.again")}
            </Button>
          )}
        </section>
      )}
      {/* Chromium decodes nothing of a stream that no element plays; what it plays must not be heard. */}
      <audio ref={returned} muted aria-hidden="true" />
    </div>
  );
}

function useSoundCheck(
  session: SessionApi,
  onRunning?: (running: boolean) => void,
  onVerdict?: (verdict: Verdict) => void,
) {
  const [stage, setStage] = useState<CheckStage | null>(null);
  const [result, setResult] = useState<CheckResult | null>(null);
  const returned = useRef<HTMLAudioElement>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (microphone: MediaStream): Promise<void> => {
    if (running.current !== null) return;
    const controller = new AbortController();
    running.current = controller;
    setStage("connecting");
    onRunning?.(true);
    try {
      const found = await soundCheck({
        session,
        microphone,
        onStage: setStage,
        onReturn: (stream) => {
          if (returned.current === null) return;
          returned.current.srcObject = stream;
          void returned.current.play().catch(() => undefined);
        },
        signal: controller.signal,
      });
      setResult(found);
      onVerdict?.(verdictOf(found.checkup));
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      running.current = null;
      if (!controller.signal.aborted) {
        setStage(null);
        onRunning?.(false);
      }
    }
  };
  return { stage, result, run, returned };
}

/** How much of the sentence's time is left; the words are not announced each second. */
function SentenceTime() {
  const t = texts("candidate");
  const [spentMs, setSpentMs] = useState(0);
  useEffect(() => {
    const startedMs = performance.now();
    const timer = setInterval(() => setSpentMs(Math.min(SENTENCE_MS, performance.now() - startedMs)), 100);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((SENTENCE_MS - spentMs) / 1000);
  return (
    <ProgressBar
      className="meter"
      value={spentMs}
      maxValue={SENTENCE_MS}
      valueLabel={t("check.secondsLeft", { count: seconds })}
      aria-label={t("check.recording")}
    >
      {({ percentage, valueText }) => (
        <>
          <div className="meter-track">
            <div className="meter-fill" style={{ inlineSize: `${percentage}%` }} />
          </div>
          <p>
            <Icon name="microphone" /> {t("check.recording")} · {valueText}
          </p>
        </>
      )}
    </ProgressBar>
  );
}
