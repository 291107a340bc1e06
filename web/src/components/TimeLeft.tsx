import { useEffect, useState } from "react";
import { announcedMinutes, timeLeftWords } from "../client/timeLeft";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";

const LOOK_EVERY_MS = 1_000;

/** How long the interview may still take: minutes, and seconds only in the last one. Said aloud twice. */
export function TimeLeft({ deadlineMs }: { deadlineMs: number | null }) {
  const t = texts("candidate");
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (deadlineMs === null) return;
    const timer = setInterval(() => setNowMs(Date.now()), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [deadlineMs]);
  const leftMs = deadlineMs === null ? null : deadlineMs - nowMs;
  const words = leftMs === null ? null : timeLeftWords(leftMs);
  const minutes = leftMs === null ? null : announcedMinutes(leftMs);
  return (
    <>
      {words !== null && (
        <p className="time-left" data-testid="time-left" data-unit={words.unit}>
          <Icon name="clock" />{" "}
          {words.unit === "over" ? t("time.over") : t(`time.${words.unit}`, { count: words.count })}
        </p>
      )}
      <p className="hidden" role="status" data-testid="time-announced">
        {minutes !== null && t("time.announce", { count: minutes })}
      </p>
    </>
  );
}
