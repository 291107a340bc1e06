import { type FormEvent, useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { ToggleButton } from "react-aria-components/ToggleButton";
import type { InterviewCall } from "../../client/call";
import type { CandidateMessage } from "../../client/types";
import { Icon } from "../../ui/Icon";

/** The server takes no longer answer in one message. */
const LONGEST_ANSWER = 4000;
const REPLY_SHOWN_MS = 6000;

interface ControlsProps {
  call: InterviewCall;
  muted: boolean;
  onMute: (muted: boolean) => void;
  ending: boolean;
}

/** Everything that the candidate can do in the interview. */
export function Controls({ call, muted, onMute, ending }: ControlsProps) {
  const [typing, setTyping] = useState(false);
  const [reply, setReply] = useState("");
  useEffect(() => {
    if (reply === "") return;
    const timer = setTimeout(() => setReply(""), REPLY_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [reply]);
  const tell = (message: CandidateMessage, answer: string) => async (): Promise<void> => {
    const told = await call.tell(message);
    setReply(told ? answer : "This could not be passed on: there is no connection at the moment.");
  };
  return (
    <section aria-label="Your controls" className="controls">
      <div className="control-row">
        <Button
          className="button primary"
          isDisabled={ending}
          onPress={tell({ type: "candidate.finished" }, "Thank you. The interviewer goes on.")}
          data-testid="finished"
        >
          <Icon name="check" /> I’m finished
        </Button>
        <ToggleButton className="button" isSelected={muted} onChange={onMute} data-testid="mute">
          <Icon name={muted ? "microphoneOff" : "microphone"} /> {muted ? "Unmute" : "Mute"}
        </ToggleButton>
        <Button
          className="button"
          isDisabled={ending}
          onPress={tell({ type: "candidate.repeat" }, "The question will be repeated.")}
          data-testid="repeat"
        >
          <Icon name="repeat" /> Repeat question
        </Button>
        <Button
          className="button"
          isDisabled={ending}
          onPress={tell({ type: "candidate.wait" }, "Take the time that you need. The interviewer waits.")}
          data-testid="wait"
        >
          <Icon name="clock" /> I need a moment
        </Button>
        <Button
          className="button"
          aria-expanded={typing}
          aria-controls={typing ? "text-answer-form" : undefined}
          onPress={() => setTyping(!typing)}
          data-testid="type-instead"
        >
          <Icon name="keyboard" /> Type instead
        </Button>
        <EndButton ending={ending} onEnd={() => void call.end()} />
      </div>
      <p className="reply" role="status">
        {reply}
      </p>
      {typing && <TextAnswer call={call} onSent={setReply} />}
    </section>
  );
}

function TextAnswer({ call, onSent }: { call: InterviewCall; onSent: (reply: string) => void }) {
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const answer = text.trim();
    if (answer === "" || sending) return;
    setSending(true);
    const told = await call.tell({ type: "candidate.text", text: answer });
    setSending(false);
    if (told) setText("");
    onSent(
      told ? "Your answer was sent." : "Your answer was not sent: there is no connection. Your text is still here.",
    );
  };
  return (
    <form id="text-answer-form" className="text-answer" onSubmit={(event) => void send(event)}>
      <label className="field">
        <span>Your answer</span>
        <textarea
          rows={3}
          maxLength={LONGEST_ANSWER}
          value={text}
          onChange={(event) => setText(event.target.value)}
          data-testid="text-answer"
        />
      </label>
      <Button className="button" type="submit" data-testid="send-text">
        Send the answer
      </Button>
    </form>
  );
}

function EndButton({ ending, onEnd }: { ending: boolean; onEnd: () => void }) {
  return (
    <DialogTrigger>
      <Button className="button" isDisabled={ending} data-testid="end">
        <Icon name="leave" /> End interview
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog role="alertdialog" className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">End the interview now?</Heading>
                <p>What you have said so far is kept. You cannot come back to this interview afterwards.</p>
                <div className="actions">
                  <Button className="button" onPress={close} autoFocus>
                    Go on with the interview
                  </Button>
                  <Button
                    className="button danger"
                    data-testid="end-confirm"
                    onPress={() => {
                      close();
                      onEnd();
                    }}
                  >
                    End the interview
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
