import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { duration, timeOfDay } from "./format";
import { type Reason, type Verdict, judge } from "./verdict";
import type { WatchState } from "./watch";

/** Voice is counted in frames, and told as time. */
const FRAME_MS = 20;

type Shown = Verdict["level"] | "silent" | "moment";

interface VerdictPanelProps {
  state: WatchState;
  onTryNow: () => void;
}

/** First of all in words: is all well, and if not, what is the matter and what to do. */
export function VerdictPanel({ state, onTryNow }: VerdictPanelProps) {
  const t = texts("operator");
  const { facts, silentSinceMs, answeredAtMs, isPaused } = state;
  const verdict = facts === null ? null : judge(facts);
  const shown: Shown = silentSinceMs !== null ? "silent" : (verdict?.level ?? "moment");
  return (
    <section
      className={`verdict verdict-${shown}`}
      aria-labelledby="verdict"
      data-testid="verdict"
      data-verdict={shown}
    >
      <Icon name={ICONS[shown]} />
      <div>
        <div role="status">
          <h2 id="verdict">{t(`verdict.${shown}`)}</h2>
          {shown === "silent" && <Silence state={state} />}
          {shown === "well" && <p>{t("verdict.wellText")}</p>}
          {shown !== "silent" && verdict !== null && <Reasons reasons={verdict.reasons} />}
        </div>
        {shown === "silent" && (
          <Button className="button small" onPress={onTryNow} data-testid="try-now">
            {texts("shared")("tryNow")}
          </Button>
        )}
        {isPaused && answeredAtMs !== null && (
          <p data-testid="paused">{t("verdict.pausedText", { time: timeOfDay(answeredAtMs) })}</p>
        )}
        {!isPaused && shown !== "silent" && answeredAtMs !== null && (
          <p className="quiet" data-testid="answered" data-at={answeredAtMs}>
            {t("verdict.answered", { time: timeOfDay(answeredAtMs) })}
          </p>
        )}
      </div>
    </section>
  );
}

const ICONS = { well: "check", attention: "info", trouble: "warning", silent: "warning", moment: "clock" } as const;

function Silence({ state: { silentSinceMs, answeredAtMs } }: { state: WatchState }) {
  const t = texts("operator");
  return (
    <>
      <p>
        {answeredAtMs === null
          ? t("verdict.silentNever")
          : t("verdict.silentSince", { time: timeOfDay(silentSinceMs ?? answeredAtMs) })}
      </p>
      <p>{t("verdict.silentDo")}</p>
    </>
  );
}

function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  const t = texts("operator");
  if (reasons.length === 0) return null;
  return (
    <ul className="reasons">
      {reasons.map(({ id, count, section }) => (
        <li key={id} data-testid={`reason-${id}`}>
          <strong>{t(`reasons.${id}.what`, { count, amount: duration(count * FRAME_MS) })}</strong>{" "}
          {t(`reasons.${id}.do`)}
          {section !== null && (
            <>
              {" "}
              {t("verdict.see", { section: t(`sections.${section}`) })} <code>{t("verdict.guide")}</code>.
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
