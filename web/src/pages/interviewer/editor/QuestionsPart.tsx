import { useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel, Heading } from "react-aria-components/Disclosure";
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components/Slider";
import { language, texts } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { NumberBox, TextBox } from "../fields";
import { type Editing, focusSoon, setQuestion } from "./editing";
import {
  BOUNDS,
  type QuestionForm,
  changed,
  fieldId,
  moved,
  newKey,
  newQuestion,
  patienceWord,
  without,
} from "./form";
import { RubricPart } from "./RubricPart";

/** The questions in their order. */
export function QuestionsPart({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form } = editing;
  const [said, setSaid] = useState("");
  const add = (): void => {
    const question = newQuestion();
    editing.change((now) => ({ ...now, questions: [...now.questions, question] }), "/questions");
    setSaid(t("editor.questions.added", { number: form.questions.length + 1 }));
    focusSoon(fieldId(`/questions/${question.key}/text`));
  };
  const problem = editing.problems.get("/questions");
  return (
    <section aria-labelledby="questions-title">
      <h2 id="questions-title">{t("editor.questions.title")}</h2>
      <p className="quiet">{t("editor.questions.intro")}</p>
      <p role="status" className="hidden">
        {said}
      </p>
      {problem !== undefined && (
        <p className="field-error" id={fieldId("/questions")} tabIndex={-1}>
          <Icon name="warning" /> {problem}
        </p>
      )}
      <ol className="questions">
        {form.questions.map((question, at) => (
          <Question key={question.key} editing={editing} question={question} at={at} onSaid={setSaid} />
        ))}
      </ol>
      <Button
        className="button"
        onPress={add}
        isDisabled={form.questions.length >= BOUNDS.questions}
        id="add-question"
        data-testid="add-question"
      >
        <Icon name="plus" /> {t("editor.questions.add")}
      </Button>
    </section>
  );
}

interface QuestionProps {
  editing: Editing;
  question: QuestionForm;
  at: number;
  onSaid: (text: string) => void;
}

function Question({ editing, question, at, onSaid }: QuestionProps) {
  const t = texts("interviewer");
  const here = `/questions/${question.key}`;
  const number = at + 1;
  const hasDetailProblem = [...editing.problems.keys()].some(
    (place) => place.startsWith(`${here}/`) && place !== `${here}/text`,
  );
  const [isExpanded, setExpanded] = useState(false);
  useEffect(() => {
    if (hasDetailProblem) setExpanded(true);
  }, [hasDetailProblem]);
  return (
    <li className="card question-card" data-testid="question-editor" data-number={number}>
      <div className="title-row">
        <h3>{t("editor.questions.number", { number })}</h3>
        <OrderButtons editing={editing} question={question} at={at} onSaid={onSaid} />
      </div>
      <TextBox
        label={t("editor.questions.text")}
        hint={t("editor.questions.textHint")}
        value={question.text}
        onChange={(text) => setQuestion(editing, question.key, { text }, `${here}/text`)}
        error={editing.problems.get(`${here}/text`)}
        id={fieldId(`${here}/text`)}
        maxLength={BOUNDS.textChars}
        rows={2}
        isRequired
        testId="question-text"
      />
      <Disclosure className="disclosure" isExpanded={isExpanded} onExpandedChange={setExpanded}>
        <Heading level={4}>
          <Button
            slot="trigger"
            className="link-button"
            data-testid="question-details"
            aria-label={t("editor.questions.detailsOf", { number, summary: summaryOf(question) })}
          >
            <Icon name="down" /> <span>{summaryOf(question)}</span>
          </Button>
        </Heading>
        <DisclosurePanel>
          <FollowUps editing={editing} question={question} />
          <Timing editing={editing} question={question} />
          <RubricPart editing={editing} question={question} onSaid={onSaid} />
        </DisclosurePanel>
      </Disclosure>
    </li>
  );
}

function summaryOf(question: QuestionForm): string {
  const t = texts("interviewer");
  const minutes = question.timeBoxMs === null ? "–" : decimal(question.timeBoxMs / 60_000);
  return [
    t("editor.questions.followUps", { count: question.followUps.length }),
    t(`editor.patience.${patienceWord(question.patienceMs)}`),
    t("editor.questions.minutes", { minutes }),
    t("editor.rubric.criteria", { count: question.rubric.length }),
  ].join(" · ");
}

function decimal(value: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);
}

function OrderButtons({ editing, question, at, onSaid }: QuestionProps) {
  const t = texts("interviewer");
  const { questions } = editing.form;
  const number = at + 1;
  const id = fieldId(`/questions/${question.key}`);
  const move = (by: -1 | 1) => (): void => {
    editing.change((form) => ({ ...form, questions: moved(form.questions, question.key, by) }));
    onSaid(t("editor.questions.moved", { from: number, to: number + by }));
    // At an end the button that was pressed can do no more: the other one takes over.
    const isAtEnd = by < 0 ? at === 1 : at === questions.length - 2;
    focusSoon(`${id}-${by < 0 === isAtEnd ? "down" : "up"}`);
  };
  const remove = (): void => {
    editing.change((form) => ({ ...form, questions: without(form.questions, question.key) }));
    onSaid(t("editor.questions.removed", { number }));
    const next = questions[at + 1] ?? questions[at - 1];
    focusSoon(next === undefined ? "add-question" : fieldId(`/questions/${next.key}/text`));
  };
  return (
    <div className="order-buttons">
      <Button
        className="button small"
        id={`${id}-up`}
        isDisabled={at === 0}
        onPress={move(-1)}
        aria-label={t("editor.questions.up", { number })}
        data-testid="question-up"
      >
        <Icon name="up" />
      </Button>
      <Button
        className="button small"
        id={`${id}-down`}
        isDisabled={at === questions.length - 1}
        onPress={move(1)}
        aria-label={t("editor.questions.down", { number })}
        data-testid="question-down"
      >
        <Icon name="down" />
      </Button>
      <Button
        className="button small"
        isDisabled={questions.length === 1}
        onPress={remove}
        aria-label={t("editor.questions.remove", { number })}
        data-testid="question-remove"
      >
        <Icon name="trash" />
      </Button>
    </div>
  );
}

function FollowUps({ editing, question }: { editing: Editing; question: QuestionForm }) {
  const t = texts("interviewer");
  const here = `/questions/${question.key}`;
  const { followUps } = question;
  const add = (): void => {
    const line = { key: newKey(), text: "" };
    // Without a bound in words nobody would ever hear it.
    const shortAnswerWords = question.shortAnswerWords === 0 ? 20 : question.shortAnswerWords;
    setQuestion(editing, question.key, { followUps: [...followUps, line], shortAnswerWords });
    focusSoon(fieldId(`${here}/follow_ups/${line.key}`));
  };
  return (
    <div className="stack">
      {followUps.map((line, at) => {
        const place = `${here}/follow_ups/${line.key}`;
        return (
          <div key={line.key} className="with-button">
            <TextBox
              label={t("editor.questions.followUp", { number: at + 1 })}
              value={line.text}
              onChange={(text) =>
                setQuestion(editing, question.key, { followUps: changed(followUps, line.key, { text }) }, place)
              }
              error={editing.problems.get(place)}
              id={fieldId(place)}
              maxLength={BOUNDS.textChars}
              testId="follow-up"
            />
            <Button
              className="button small"
              aria-label={t("editor.questions.removeFollowUp", { number: at + 1 })}
              onPress={() => {
                setQuestion(editing, question.key, { followUps: without(followUps, line.key) });
                focusSoon(`${fieldId(here)}-add-follow-up`);
              }}
            >
              <Icon name="trash" />
            </Button>
          </div>
        );
      })}
      <Button
        className="button small"
        id={`${fieldId(here)}-add-follow-up`}
        isDisabled={followUps.length >= BOUNDS.followUps}
        onPress={add}
        data-testid="add-follow-up"
      >
        <Icon name="plus" /> {t("editor.questions.addFollowUp")}
      </Button>
      <NumberBox
        label={t("editor.questions.shortAnswer")}
        hint={t("editor.questions.shortAnswerHint")}
        value={question.shortAnswerWords}
        onChange={(words) =>
          setQuestion(editing, question.key, { shortAnswerWords: words }, `${here}/short_answer_words`)
        }
        error={editing.problems.get(`${here}/short_answer_words`)}
        id={fieldId(`${here}/short_answer_words`)}
        className="narrow"
        testId="short-answer"
      />
    </div>
  );
}

const SLIDER_TO_S = 6;

function Timing({ editing, question }: { editing: Editing; question: QuestionForm }) {
  const t = texts("interviewer");
  const here = `/questions/${question.key}`;
  const seconds = question.patienceMs / 1000;
  return (
    <div className="columns">
      <Slider
        className="slider"
        value={seconds}
        onChange={(value) =>
          setQuestion(editing, question.key, { patienceMs: Math.round(value * 1000) }, `${here}/patience_ms`)
        }
        minValue={BOUNDS.patienceMs[0] / 1000}
        maxValue={Math.max(SLIDER_TO_S, seconds)}
        step={0.1}
        formatOptions={{ style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 1 }}
        data-testid="patience"
      >
        <Label>{t("editor.questions.patience")}</Label>
        <SliderOutput>
          {({ state }) =>
            `${t(`editor.patience.${patienceWord(question.patienceMs)}`)}, ${state.getThumbValueLabel(0)}`
          }
        </SliderOutput>
        <SliderTrack className="slider-track">
          <SliderThumb className="slider-thumb" id={fieldId(`${here}/patience_ms`)} />
        </SliderTrack>
        <span className="quiet hint">{t("editor.questions.patienceHint")}</span>
      </Slider>
      <NumberBox
        label={t("editor.questions.timeBox")}
        hint={t("editor.questions.timeBoxHint")}
        value={question.timeBoxMs}
        scale={60_000}
        onChange={(timeBoxMs) => setQuestion(editing, question.key, { timeBoxMs }, `${here}/time_box_ms`)}
        error={editing.problems.get(`${here}/time_box_ms`)}
        id={fieldId(`${here}/time_box_ms`)}
        testId="time-box"
      />
    </div>
  );
}
