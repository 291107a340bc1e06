import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { RehearsalApi, type SessionApi } from "../../client/api";
import { InterviewCall } from "../../client/call";
import { Panel } from "../../ui/Panel";
import type { CaptionSettings } from "../../components/Captions";
import { HelpButton } from "../../components/HelpButton";
import { LiveInterview } from "../../components/LiveInterview";
import { useInterview } from "../../components/useInterview";
import type { Microphone } from "../../components/useMicrophone";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import type { useAgentSound } from "./useJourney";

export type PracticeOutcome = "practised" | "failed" | null;

interface PracticeStepProps {
  microphone: Microphone;
  outcome: PracticeOutcome;
  onPractise: () => void;
  onBegin: (stream: MediaStream) => void;
  onBack: () => void;
}

/** Practise first, or begin: the last page before the interview. */
export function PracticeStep({ microphone, outcome, onPractise, onBegin, onBack }: PracticeStepProps) {
  const t = texts("candidate");
  const { stream } = microphone;
  return (
    <>
      {outcome === "failed" ? (
        <Panel tone="warning" testId="practice-failed">
          <p>{t("practice.failed")}</p>
        </Panel>
      ) : (
        <p className="lead" data-testid="practice-lead" data-outcome={outcome ?? "none"}>
          {outcome === "practised" ? t("practice.again") : t("practice.lead")}
        </p>
      )}
      <p>
        <Button className="button" isDisabled={stream === null} onPress={onPractise} data-testid="practice-start">
          <Icon name="repeat" /> {outcome === "practised" ? t("practice.restart") : t("practice.start")}
        </Button>
      </p>
      <section aria-labelledby="ready" className="card">
        <h2 id="ready">{t("practice.ready")}</h2>
        <p>{t("practice.readyText")}</p>
        <Button
          className="button primary"
          isDisabled={stream === null}
          onPress={() => stream && onBegin(stream)}
          data-testid="start"
        >
          <Icon name="microphone" /> {t("practice.begin")}
        </Button>
      </section>
      <div className="actions">
        <Button className="button" onPress={onBack} data-testid="back">
          {t("back")}
        </Button>
      </div>
    </>
  );
}

interface PracticeProps {
  session: SessionApi;
  call: InterviewCall;
  microphone: Microphone;
  contact: string;
  reference: string | null;
  captions: CaptionSettings;
  onCaptions: (settings: CaptionSettings) => void;
  sound: ReturnType<typeof useAgentSound>;
  onOver: (outcome: PracticeOutcome) => void;
}

/** A practice connection: the interview's own view of a rehearsal of which nothing is kept. */
export function practiceCall(session: SessionApi, playAgent: (stream: MediaStream) => void): InterviewCall {
  return new InterviewCall(new RehearsalApi(session, "practice"), null, playAgent);
}

export function Practice(props: PracticeProps) {
  const t = texts("candidate");
  const { call, session, microphone, onOver } = props;
  const interview = useInterview(call);
  const phase = interview.state.phase.name;
  useEffect(() => {
    if (phase === "ended") onOver("practised");
    if (phase === "refused" || phase === "elsewhere") onOver("failed");
  }, [phase, onOver]);
  const { stream } = microphone;
  useEffect(() => {
    if (stream !== null) void call.replaceMicrophone(stream);
  }, [call, stream]);
  const [stopping, setStopping] = useState(false);
  const stop = (): void => {
    setStopping(true);
    call.dispose();
    // It ends by itself too; saying so gives the server its place back at once.
    void session.endRehearsal().catch(() => undefined);
    onOver("practised");
  };
  return (
    <LiveInterview
      interview={interview}
      microphone={microphone}
      captions={props.captions}
      onCaptions={props.onCaptions}
      isPractice
      mark={
        <p className="practice-mark" data-testid="practice-mark">
          <Icon name="info" /> {t("practice.mark")}
        </p>
      }
      soundBlocked={props.sound.isBlocked}
      onAllowSound={() => void props.sound.start()}
    >
      <HelpButton contact={props.contact} reference={props.reference} />
      <Button className="button small" isDisabled={stopping} onPress={stop} data-testid="practice-stop">
        <Icon name="leave" /> {t("practice.stop")}
      </Button>
    </LiveInterview>
  );
}
