import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { ChatMessage, RoomCall } from "../../client/room/call";
import { language, texts } from "../../i18n";

/** As many characters as the server takes in one message. */
const MESSAGE_CHARS_MAX = 4_000;

/** What is written. News of it are read out by {@link Announcer}, wherever the panel is. */
export function ChatPanel({ call, messages }: { call: RoomCall; messages: readonly ChatMessage[] }) {
  const t = texts("rooms");
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [messages]);
  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    if (text.trim() === "") return;
    const sent = call.chat(text);
    setFailed(!sent);
    if (sent) setText("");
  };
  const time = new Intl.DateTimeFormat(language(), { hour: "numeric", minute: "2-digit" });
  return (
    <>
      <div className="side-panel-body" ref={list} tabIndex={0} role="region" aria-label={t("chat.title")}>
        {messages.length === 0 && <p className="quiet">{t("chat.empty")}</p>}
        <ul className="messages" data-testid="messages">
          {messages.map(({ id, person, name, text: said, atMs }) => (
            <li key={id} className={person === null ? "message own" : "message"} data-testid="message">
              <span className="message-who">
                {person === null ? t("chat.you") : name} <time>{time.format(atMs)}</time>
              </span>
              <span className="message-text">{said}</span>
            </li>
          ))}
        </ul>
      </div>
      <form className="chat-form" onSubmit={send}>
        <div className="field">
          <label htmlFor="chat-text">{t("chat.field")}</label>
          <textarea
            id="chat-text"
            rows={2}
            value={text}
            maxLength={MESSAGE_CHARS_MAX}
            aria-describedby="chat-error"
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                event.preventDefault();
                send();
              }
            }}
            data-testid="chat-text"
          />
          <span id="chat-error" className="field-error" role="status">
            {failed ? t("chat.notSent") : ""}
          </span>
        </div>
        <Button type="submit" className="button primary" data-testid="chat-send">
          {t("chat.send")}
        </Button>
      </form>
    </>
  );
}
