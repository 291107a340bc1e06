import { useEffect, useRef, useState } from "react";
import type { CallState } from "../../client/room/call";
import { texts } from "../../i18n";
import { type NewsItem, newsBetween } from "./news";

const KEPT = 5;

/** Says what happens in the call to a screen reader: who comes and goes, messages, files, the line. */
export function Announcer({ state }: { state: CallState }) {
  const t = texts("rooms");
  const before = useRef(state);
  const [news, setNews] = useState<readonly { id: number; item: NewsItem }[]>([]);
  const nextId = useRef(0);
  useEffect(() => {
    const items = newsBetween(before.current, state);
    before.current = state;
    if (items.length === 0) return;
    const numbered = items.map((item) => ({ id: (nextId.current += 1), item }));
    setNews((kept) => [...kept, ...numbered].slice(-KEPT));
  }, [state]);
  const say = (item: NewsItem): string =>
    item.key === "lineLost" || item.key === "lineBack" ? t(`call.${item.key}`) : t(`news.${item.key}`, { ...item });
  return (
    <div className="hidden" role="log" aria-live="polite" data-testid="news">
      {news.map(({ id, item }) => (
        <p key={id}>{say(item)}</p>
      ))}
    </div>
  );
}
