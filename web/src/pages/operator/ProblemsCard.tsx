import { useState } from "react";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Card } from "./Rows";
import type { Facts } from "./facts";
import { timeOfDay } from "./format";
import type { Problem } from "./source";

const LEVELS = ["all", "error", "warn"] as const;
type Shown = (typeof LEVELS)[number];

/** Warnings and errors of this process: what, how often, when last. */
export function ProblemsCard({ facts }: { facts: Facts }) {
  const t = texts("operator");
  const [shown, setShown] = useState<Shown>("all");
  const { problems } = facts;
  const wanted = problems?.problems.filter(({ level }) => shown === "all" || level === shown) ?? [];
  return (
    <Card id="problems" title={t("problems.title")}>
      {problems === null && <p data-testid="problems-missing">{t("problems.missing")}</p>}
      {problems?.problems.length === 0 && <p data-testid="problems-none">{t("problems.none")}</p>}
      {problems !== null && problems.problems.length > 0 && (
        <>
          <ToggleButtonGroup
            className="choices"
            aria-label={t("problems.filter")}
            disallowEmptySelection
            selectedKeys={[shown]}
            onSelectionChange={(keys) => setShown(([...keys][0] as Shown | undefined) ?? "all")}
          >
            {LEVELS.map((level) => (
              <ToggleButton key={level} id={level} className="choice" data-testid={`problems-${level}`}>
                {t(`problems.${level}`)}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          {wanted.length === 0 && <p className="quiet">{t("problems.noneShown")}</p>}
          <ul className="problems">
            {wanted.map((problem) => (
              <ProblemItem key={`${problem.area} ${problem.message} ${problem.first_at}`} problem={problem} />
            ))}
          </ul>
        </>
      )}
      {problems !== null && problems.dropped > 0 && (
        <p className="quiet">{t("problems.dropped", { count: problems.dropped })}</p>
      )}
    </Card>
  );
}

function ProblemItem({ problem: { level, area, message, count, at, first_at } }: { problem: Problem }) {
  const t = texts("operator");
  const times = [t("problems.times", { count }), t("problems.last", { time: timeOfDay(at) })];
  if (count > 1) times.push(t("problems.since", { time: timeOfDay(first_at) }));
  return (
    <li data-level={level} data-testid="problem">
      <p className="problem-head">
        <span className="problem-level">
          <Icon name={level === "error" ? "warning" : "info"} /> {t(`problems.levels.${level}`)}
        </span>{" "}
        <code data-server-text>{area}</code> <span className="quiet">{times.join(" · ")}</span>
      </p>
      <p data-server-text>{message}</p>
    </li>
  );
}
