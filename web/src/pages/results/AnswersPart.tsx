/**
 * The interview by its plan: each question with what was done with it and why, and the answers to it.
 *
 * Stable `data-testid`s: answers, coverage, results-question (data-status), results-step (data-kind).
 */
import type { ReviewQuestion } from "../../client/review";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { clock } from "../../ui/format";
import { PlayFrom, TurnRow } from "./TurnRow";
import { itemsOf, useReview } from "./review";
import { named } from "./say";

export function AnswersPart() {
  const t = texts("review");
  const { questions } = useReview().results;
  const answered = questions.filter(({ status }) => status === "answered").length;
  const followUps = questions.reduce(
    (sum, { steps }) => sum + (steps ?? []).filter(({ kind }) => kind === "probed").length,
    0,
  );
  return (
    <div data-testid="answers">
      <p data-testid="coverage">
        {t("answers.coverage", { answered, count: questions.length })}{" "}
        {followUps > 0 && t("answers.followUps", { count: followUps })}
      </p>
      <ol className="result-questions plain">
        {questions.map((question) => (
          <Question key={question.number} question={question} />
        ))}
      </ol>
    </div>
  );
}

function Question({ question }: { question: ReviewQuestion }) {
  const t = texts("review");
  const { results } = useReview();
  const isAnswered = question.status === "answered";
  const status = question.status ?? "coming";
  const answers = itemsOf(results.transcript, question.answer_item_ids ?? []);
  return (
    <li className="card" data-testid="results-question" data-status={status}>
      <h3>{t("answers.question", { number: question.number, text: question.text })}</h3>
      <p className="quiet">
        <Icon name={isAnswered ? "check" : "info"} /> {named("question", status)}
        {question.reason !== null && <> · {t("answers.left", { why: named("left", question.reason) })}</>}
        {typeof question.time_spent_ms === "number" && (
          <> · {t("answers.spent", { time: clock(question.time_spent_ms) })}</>
        )}
        {typeof question.time_box_ms === "number" && typeof question.time_spent_ms === "number" && (
          <> {t("answers.of", { time: clock(question.time_box_ms) })}</>
        )}
      </p>
      <Steps question={question} />
      {answers.length > 0 ? (
        <ol className="turn-list">
          {answers.map((item) => (
            <TurnRow key={item.item_id} item={item} showsQuestion={false} />
          ))}
        </ol>
      ) : (
        <p>{t("answers.none")}</p>
      )}
    </li>
  );
}

/**
 * What the interviewer did with a question and why; that it was asked because it is in the plan goes without
 * saying.
 */
function Steps({ question }: { question: ReviewQuestion }) {
  const t = texts("review");
  const told = (question.steps ?? []).filter((step) => step.kind !== "acknowledged" && step.reason !== "plan");
  if (told.length === 0) return null;
  return (
    <ul className="steps">
      {told.map((step) => (
        <li key={`${step.kind} ${step.at_ms}`} data-testid="results-step" data-kind={step.kind}>
          <PlayFrom atMs={step.at_ms} what={step.text} />{" "}
          <span>
            <strong>{named("step", step.kind)}</strong>{" "}
            <span className="quiet">
              {named("why", step.reason)}
              {step.worded_by === "model" && <>, {t("answers.byModel")}</>}
            </span>
            <br />
            {step.text}
          </span>
        </li>
      ))}
    </ul>
  );
}
