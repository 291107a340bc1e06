import type { InterviewState } from "../client/state";
import { texts } from "../i18n";

/** Which question of how many, and its words. */
export function QuestionProgress({ question }: { question: InterviewState["question"] }) {
  const t = texts("candidate");
  return (
    <section
      aria-label={t("live.question")}
      className="question"
      data-testid="question"
      data-number={question?.number}
      data-total={question?.total}
    >
      {question === null ? (
        <p className="quiet">{t("live.greeting")}</p>
      ) : (
        <>
          <p className="quiet">{t("live.progress", { number: question.number, total: question.total })}</p>
          <div className="question-bar" aria-hidden="true">
            {Array.from({ length: question.total }, (_, index) => (
              <span key={index} data-state={index < question.number ? "asked" : "next"} />
            ))}
          </div>
          <p className="question-text" data-words="server">
            {question.text}
          </p>
        </>
      )}
    </section>
  );
}
