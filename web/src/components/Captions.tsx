import { useEffect, useRef } from "react";
import { Button } from "react-aria-components/Button";
import type { TranscriptItem } from "../client/types";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { clock } from "../ui/format";

export const CAPTION_SIZES = ["normal", "large", "largest"] as const;
export type CaptionSize = (typeof CAPTION_SIZES)[number];

export interface CaptionSettings {
  shown: boolean;
  size: CaptionSize;
}

/** How near to its end, in pixels, the list counts as being read at its end. */
const NEAR_END_PX = 60;

interface CaptionsProps {
  items: readonly TranscriptItem[];
  settings: CaptionSettings;
  onSettings: (settings: CaptionSettings) => void;
  /** Says after the last item that everything up to it is saved. */
  savedUpToHere?: boolean;
}

/**
 * What both sides said. Finished items are announced once, when they are complete; what is still being spoken is
 * shown after them and not announced, since it changes with every word.
 */
export function Captions({ items, settings, onSettings, savedUpToHere = false }: CaptionsProps) {
  const t = texts("candidate");
  return (
    <section aria-labelledby="captions-title" className="captions-section">
      <div className="captions-head">
        <h2 id="captions-title">{t("captions.title")}</h2>
        <Settings settings={settings} onSettings={onSettings} />
      </div>
      {settings.shown ? (
        <List items={items} size={settings.size} savedUpToHere={savedUpToHere} />
      ) : (
        <p className="quiet" data-testid="captions-hidden">
          {t("captions.hidden")}
        </p>
      )}
    </section>
  );
}

function Settings({ settings, onSettings }: Pick<CaptionsProps, "settings" | "onSettings">) {
  const t = texts("candidate");
  return (
    <div className="captions-settings">
      {settings.shown && (
        <label>
          <span className="hidden">{t("captions.size")}</span>
          <select
            value={settings.size}
            onChange={(event) => onSettings({ ...settings, size: event.target.value as CaptionSize })}
            data-testid="captions-size"
          >
            {CAPTION_SIZES.map((size) => (
              <option key={size} value={size}>
                {t(`captions.sizes.${size}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <Button
        className="button small"
        onPress={() => onSettings({ ...settings, shown: !settings.shown })}
        data-testid="captions-toggle"
      >
        <Icon name="captions" /> {settings.shown ? t("captions.hide") : t("captions.show")}
      </Button>
    </div>
  );
}

function List({ items, size, savedUpToHere }: { items: readonly TranscriptItem[]; size: CaptionSize } & SavedProps) {
  const t = texts("candidate");
  const box = useRef<HTMLDivElement>(null);
  const followsEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element && followsEnd.current) element.scrollTop = element.scrollHeight;
  }, [items, size, savedUpToHere]);
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    followsEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
  };
  const done = items.filter((item) => item.state !== "interim");
  const running = items.filter((item) => item.state === "interim" && item.content !== "");
  return (
    <div
      ref={box}
      className="captions"
      role="group"
      tabIndex={0}
      aria-labelledby="captions-title"
      onScroll={onScroll}
      data-testid="captions"
      data-size={size}
    >
      {items.length === 0 && <p className="quiet">{t("captions.empty")}</p>}
      <div role="log" aria-live="polite" aria-relevant="additions" aria-label={t("captions.log")}>
        {done.map((item) => (
          <Caption key={item.item_id} item={item} />
        ))}
      </div>
      {savedUpToHere && done.length > 0 && (
        <p className="saved-mark" data-testid="saved-mark">
          <Icon name="check" /> {t("trouble.saved")}
        </p>
      )}
      <div aria-live="off">
        {running.map((item) => (
          <Caption key={item.item_id} item={item} />
        ))}
      </div>
    </div>
  );
}

interface SavedProps {
  savedUpToHere: boolean;
}

function Caption({ item }: { item: TranscriptItem }) {
  const t = texts("candidate");
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
        <Icon name={item.role === "user" ? "microphone" : "wave"} />{" "}
        {item.role === "user" ? t("captions.you") : t("captions.interviewer")}{" "}
        <span className="quiet">{clock(item.start_ms)}</span>
      </span>
      <span className="caption-text">
        {item.state === "missing" ? (
          <em>{t("captions.missing")}</em>
        ) : (
          <>
            <span data-words="server">{item.content}</span>
            {item.state === "interim" && <span aria-hidden="true"> …</span>}
            {cut && <span className="quiet"> {t("captions.interrupted")}</span>}
          </>
        )}
      </span>
    </p>
  );
}
