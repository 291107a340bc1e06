import { useEffect, useRef } from "react";
import type { TranscriptItem } from "../../client/types";
import { Icon } from "../../ui/Icon";
import { clock } from "../../ui/format";

/** How near to its end, in pixels, the list counts as being read at its end. */
const NEAR_END_PX = 60;

/**
 * What both sides said. Finished items are announced once, when they are complete; what is still being spoken is
 * shown after them and not announced, since it changes with every word.
 */
export function Captions({ items }: { items: readonly TranscriptItem[] }) {
  const box = useRef<HTMLDivElement>(null);
  const followsEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element && followsEnd.current) element.scrollTop = element.scrollHeight;
  }, [items]);
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    followsEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
  };
  const done = items.filter((item) => item.state !== "interim");
  const running = items.filter((item) => item.state === "interim" && item.content !== "");
  return (
    <section aria-labelledby="captions-title" className="captions-section">
      <h2 id="captions-title">Captions</h2>
      <div
        ref={box}
        className="captions"
        role="group"
        tabIndex={0}
        aria-labelledby="captions-title"
        onScroll={onScroll}
        data-testid="captions"
      >
        {items.length === 0 && <p className="quiet">What is said appears here.</p>}
        <div role="log" aria-live="polite" aria-relevant="additions" aria-label="What was said">
          {done.map((item) => (
            <Caption key={item.item_id} item={item} />
          ))}
        </div>
        <div aria-live="off">
          {running.map((item) => (
            <Caption key={item.item_id} item={item} />
          ))}
        </div>
      </div>
    </section>
  );
}

function Caption({ item }: { item: TranscriptItem }) {
  const generated = item.role === "assistant" ? (item.generated_content ?? "") : "";
  const cut = item.state === "final" && generated.length > item.content.length;
  return (
    <p
      className={`caption caption-${item.role}`}
      data-testid="caption"
      data-item-id={item.item_id}
      data-role={item.role}
      data-state={item.state}
    >
      <span className="caption-who">
        <Icon name={item.role === "user" ? "microphone" : "wave"} /> {item.role === "user" ? "You" : "Interviewer"}{" "}
        <span className="quiet">{clock(item.start_ms)}</span>
      </span>
      <span className="caption-text">
        {item.state === "missing" ? (
          <em>(This part could not be written down.)</em>
        ) : (
          <>
            {item.content}
            {item.state === "interim" && <span aria-hidden="true"> …</span>}
            {cut && <span className="quiet"> (interrupted)</span>}
          </>
        )}
      </span>
    </p>
  );
}
