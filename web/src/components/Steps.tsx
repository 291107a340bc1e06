import { texts } from "../i18n";

export type StepName = "about" | "consent" | "check" | "practice" | "live";

/** Where the candidate stands on the way: in words for everybody, and as a line of names where there is room. */
export function Steps({ steps, current }: { steps: readonly StepName[]; current: StepName }) {
  const t = texts("candidate");
  const number = steps.indexOf(current) + 1;
  return (
    <nav className="steps" aria-label={t("steps.label")} data-testid="steps" data-step={current}>
      <p className="steps-now">{t("steps.now", { number, total: steps.length })}</p>
      <ol>
        {steps.map((step, index) => (
          <li
            key={step}
            aria-current={step === current ? "step" : undefined}
            data-state={index + 1 < number ? "done" : index + 1 === number ? "now" : "next"}
          >
            {t(`steps.${step}`)}
          </li>
        ))}
      </ol>
    </nav>
  );
}
