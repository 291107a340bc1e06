import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { CandidateMessage } from "../client/types";
import { texts } from "../i18n";

/** The server takes no longer answer in one message. */
const LONGEST_ANSWER = 4000;

interface TextAnswerProps {
  onTell: (message: CandidateMessage) => Promise<boolean>;
  /** Says how it went, in words. */
  onReply: (reply: string) => void;
}

/** An answer that is typed. What could not be sent stays in the field. */
export function TextAnswer({ onTell, onReply }: TextAnswerProps) {
  const t = texts("candidate");
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const answer = text.trim();
    if (answer === "" || sending) return;
    setSending(true);
    const told = await onTell({ type: "candidate.text", text: answer });
    setSending(false);
    if (told) setText("");
    onReply(told ? t("text.sent") : t("text.notSent"));
  };
  return (
    <form id="text-answer-form" className="text-answer" onSubmit={(event) => void send(event)}>
      <label className="field">
        <span>{t("text.label")}</span>
        <textarea
          rows={2}
          maxLength={LONGEST_ANSWER}
          value={text}
          onChange={(event) => setText(event.target.value)}
          data-testid="text-answer"
        />
      </label>
      <Button className="button" type="submit" data-testid="send-text">
        {t("text.send")}
      </Button>
    </form>
  );
}
