import { type ReactNode, useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Panel } from "../ui/Panel";
import { type CaptionSettings, Captions } from "./Captions";
import { ConnectionTrouble, Notices } from "./Connection";
import { InterviewControls } from "./InterviewControls";
import { MicrophoneHelp } from "./MicrophonePicker";
import { MutedWatch } from "./MutedWatch";
import { QuestionProgress } from "./QuestionProgress";
import { TimeLeft } from "./TimeLeft";
import { TurnIndicator } from "./TurnIndicator";
import type { Interview } from "./useInterview";
import type { Microphone } from "./useMicrophone";
import { useWakeLock } from "./useWakeLock";

interface LiveInterviewProps {
  interview: Interview;
  microphone: Microphone;
  captions: CaptionSettings;
  onCaptions: (settings: CaptionSettings) => void;
  /** What stands above the turn: that it is practice, or that it is recorded. */
  mark?: ReactNode;
  /** A practice is saved nowhere, and has no time limit worth telling. */
  isPractice?: boolean;
  soundBlocked: boolean;
  onAllowSound: () => void;
  /** Help and leaving: in sight, and away from what is pressed often. */
  children?: ReactNode;
}

/** The interview while it is held: whose turn it is, the question, the controls and the captions. */
export function LiveInterview(props: LiveInterviewProps) {
  const t = texts("candidate");
  const { interview, microphone, isPractice = false } = props;
  const { state } = interview;
  const [muted, setMuted] = useState(false);
  const { stream } = microphone;
  useWakeLock(true);
  useEffect(() => {
    stream?.getAudioTracks().forEach((track) => {
      track.enabled = !muted;
    });
    // The next one to use the microphone starts with an open one.
    return () => stream?.getAudioTracks().forEach((track) => void (track.enabled = true));
  }, [stream, muted]);
  return (
    <div className="live">
      <section className="live-talk" aria-label={t("live.conversation")}>
        <div className="live-line">
          {props.mark}
          {!isPractice && <TimeLeft deadlineMs={state.deadlineMs} />}
          <div className="live-extras">{props.children}</div>
        </div>
        <ConnectionTrouble state={state} onRetry={() => interview.retryNow()} isSaved={!isPractice} />
        {props.soundBlocked && (
          <Panel tone="warning" testId="sound-blocked">
            <p>{t("sound.blocked")}</p>
            <Button className="button" onPress={props.onAllowSound}>
              <Icon name="speaker" /> {t("sound.allow")}
            </Button>
          </Panel>
        )}
        {microphone.problem !== null && (
          <MicrophoneHelp
            problem={microphone.problem}
            onRetry={() => void microphone.open(null)}
            testId="mic-lost"
            also={t("mic.untilThen")}
          />
        )}
        <TurnIndicator state={state} muted={muted} />
        {stream !== null && <MutedWatch stream={stream} muted={muted} />}
        <QuestionProgress question={state.question} />
        <Notices state={state} onDismiss={(id) => interview.dismissNotice(id)} />
      </section>
      <InterviewControls
        onTell={(message) => interview.tell(message)}
        muted={muted}
        onMute={setMuted}
        ending={state.phase.name === "ending"}
        typing={microphone.silent}
      />
      <Captions
        items={state.captions}
        settings={props.captions}
        onSettings={props.onCaptions}
        savedUpToHere={!isPractice && state.phase.name === "reconnecting"}
      />
    </div>
  );
}
