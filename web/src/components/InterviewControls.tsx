import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { ToggleButton } from "react-aria-components/ToggleButton";
import type { CandidateMessage } from "../client/types";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { TextAnswer } from "./TextAnswer";

const REPLY_SHOWN_MS = 6000;

interface InterviewControlsProps {
  onTell: (message: CandidateMessage) => Promise<boolean>;
  muted: boolean;
  onMute: (muted: boolean) => void;
  /** Nothing more can be said: the interview is being ended. */
  ending: boolean;
  /** The field to type in is open from the start: the candidate has no microphone. */
  typing?: boolean;
}

/** Everything that the candidate can do in the interview; on a phone within reach of the thumb. */
export function InterviewControls(props: InterviewControlsProps) {
  const t = texts("candidate");
  const { onTell, muted, onMute, ending } = props;
  const [typing, setTyping] = useState(props.typing ?? false);
  const [reply, setReply] = useState("");
  useEffect(() => {
    if (reply === "") return;
    const timer = setTimeout(() => setReply(""), REPLY_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [reply]);
  const tell = (message: CandidateMessage, answer: string) => async (): Promise<void> => {
    const told = await onTell(message);
    setReply(told ? answer : t("controls.noConnection"));
  };
  return (
    <section aria-label={t("controls.label")} className="controls">
      {typing && <TextAnswer onTell={onTell} onReply={setReply} />}
      <p className="reply" role="status">
        {reply}
      </p>
      <div className="control-row">
        <Button
          className="button primary"
          isDisabled={ending}
          onPress={tell({ type: "candidate.finished" }, t("controls.finishedReply"))}
          data-testid="finished"
        >
          <Icon name="check" /> {t("controls.finished")}
        </Button>
        <ToggleButton className="button" isSelected={muted} onChange={onMute} data-testid="mute">
          <Icon name={muted ? "microphoneOff" : "microphone"} /> {muted ? t("controls.unmute") : t("controls.mute")}
        </ToggleButton>
        <Button
          className="button"
          isDisabled={ending}
          onPress={tell({ type: "candidate.repeat" }, t("controls.repeatReply"))}
          data-testid="repeat"
        >
          <Icon name="repeat" /> {t("controls.repeat")}
        </Button>
        <Button
          className="button"
          isDisabled={ending}
          onPress={tell({ type: "candidate.wait" }, t("controls.waitReply"))}
          data-testid="wait"
        >
          <Icon name="clock" /> {t("controls.wait")}
        </Button>
        <Button
          className="button"
          aria-expanded={typing}
          aria-controls={typing ? "text-answer-form" : undefined}
          onPress={() => setTyping(!typing)}
          data-testid="type-instead"
        >
          <Icon name="keyboard" /> {t("controls.type")}
        </Button>
      </div>
    </section>
  );
}
