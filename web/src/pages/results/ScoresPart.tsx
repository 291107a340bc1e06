/**
 * Scores: the reader's own first, then what was proposed, each with its quotes.
 *
 * Stable `data-testid`s: scores (data-status), own-scores, own-score (data-criterion), own-scores-send, proposal,
 * proposed (data-criterion, data-status), quote, scorecard.
 */
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import type { SessionApi } from "../../client/api";
import { ApiError } from "../../client/http";
import {
  type Criterion,
  type CriterionProposal,
  type Evaluation,
  type Scorecard,
  inWords,
  missingScores,
  scoreKey,
} from "../../client/outcome";
import { Panel } from "../../ui/Panel";
import { clock, count, dateTime } from "../../ui/format";

interface ScoresPartProps {
  evaluation: Evaluation;
  api: SessionApi;
  onSaved: () => void;
}

export function ScoresPart({ evaluation, api, onSaved }: ScoresPartProps) {
  if (evaluation.evidence.every((part) => part.criteria.length === 0)) return null;
  const scored = evaluation.scorecards.length > 0;
  return (
    <section aria-labelledby="scores-title" data-testid="scores" data-status={evaluation.status}>
      <h2 id="scores-title">Scores</h2>
      <p className="quiet">{introduction(evaluation)}</p>
      {evaluation.scorecards.map((card) => (
        <OwnCard key={card.scorecard_id} card={card} evaluation={evaluation} />
      ))}
      {!scored && <OwnScores evaluation={evaluation} api={api} onSaved={onSaved} />}
      {scored && evaluation.proposal?.questions && <Proposal evaluation={evaluation} />}
    </section>
  );
}

function introduction(evaluation: Evaluation): string {
  const rule = "Scores rest on what was said, never on voice, accent, pace or mood.";
  switch (evaluation.status) {
    case "evidence_only":
      return `${rule} No machine proposes scores here: the answers are laid out for a person to judge.`;
    case "pending":
      return `${rule} A proposal is being prepared; you can score without it.`;
    case "failed":
      return `${rule} The proposal could not be completed. The answers are here for a person to judge.`;
    case "proposed":
      return evaluation.hidden_until_scored
        ? `${rule} A proposal is ready. It is shown after you have entered your own scores.`
        : `${rule} A proposal by ${evaluation.evaluator?.model ?? "a model"} stands beside a person's scores.`;
  }
}

function OwnScores({ evaluation, api, onSaved }: ScoresPartProps) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, number | null>>(new Map());
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = missingScores(evaluation, chosen);
  const choose = (key: string, level: number | null): void => setChosen(new Map(chosen).set(key, level));
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (missing > 0) {
      setProblem(`${count(missing, "criterion is", "criteria are")} not scored yet.`);
      return;
    }
    const scores = evaluation.evidence.flatMap((part) =>
      part.criteria.map((criterion) => ({
        question: part.question,
        criterion: criterion.id,
        level: chosen.get(scoreKey(part.question, criterion.id)) ?? null,
      })),
    );
    setBusy(true);
    try {
      await api.score(scores);
      onSaved();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : "The scores could not be saved. Please try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="card no-print" onSubmit={(event) => void send(event)} data-testid="own-scores">
      <h3>Your own scores</h3>
      {evaluation.evidence.map((part) =>
        part.criteria.length === 0 ? null : (
          <div key={part.question} className="score-question">
            <p>
              <strong>{part.question}.</strong> {part.text}
            </p>
            <Answers answers={part.answers} insufficiency={part.insufficiency} />
            {part.criteria.map((criterion) => (
              <CriterionChoice
                key={criterion.id}
                criterion={criterion}
                name={scoreKey(part.question, criterion.id)}
                chosen={chosen}
                onChoose={choose}
              />
            ))}
          </div>
        ),
      )}
      {problem !== null && (
        <Panel tone="error">
          <p>{problem}</p>
        </Panel>
      )}
      <Button className="button primary" type="submit" isDisabled={busy} data-testid="own-scores-send">
        {busy ? "Saving…" : "Save my scores"}
      </Button>
    </form>
  );
}

function Answers({ answers, insufficiency }: Pick<Evaluation["evidence"][number], "answers" | "insufficiency">) {
  return (
    <>
      {answers.map((answer) => (
        <blockquote key={answer.item_id}>
          <span className="quiet">{clock(answer.start_ms)}</span> {answer.text}
        </blockquote>
      ))}
      {insufficiency !== null && <p className="quiet">Not enough to judge by: {inWords(insufficiency)}.</p>}
    </>
  );
}

interface CriterionChoiceProps {
  criterion: Criterion;
  name: string;
  chosen: ReadonlyMap<string, number | null>;
  onChoose: (name: string, level: number | null) => void;
}

function CriterionChoice({ criterion, name, chosen, onChoose }: CriterionChoiceProps) {
  const options: [number | null, string][] = [
    ...criterion.levels.map((level): [number, string] => [level.level, `${level.level}: ${level.anchor}`]),
    [null, "Not enough evidence"],
  ];
  return (
    <fieldset className="levels" data-testid="own-score" data-criterion={criterion.id}>
      <legend>
        {criterion.name}
        {criterion.description !== "" && <span className="quiet"> {criterion.description}</span>}
      </legend>
      {options.map(([level, words]) => (
        <label key={words}>
          <input
            type="radio"
            name={name}
            checked={chosen.has(name) && chosen.get(name) === level}
            onChange={() => onChoose(name, level)}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}

function criterionName(evaluation: Evaluation, question: number, id: string): string {
  const part = evaluation.evidence.find((one) => one.question === question);
  return part?.criteria.find((one) => one.id === id)?.name ?? id;
}

function OwnCard({ card, evaluation }: { card: Scorecard; evaluation: Evaluation }) {
  return (
    <div className="card" data-testid="scorecard">
      <h3>
        Scores by {card.author.name || card.author.kind}{" "}
        <span className="quiet">
          {dateTime(card.created_at)}
          {card.before_proposal ? ", before the proposal was seen" : ", after the proposal was seen"}
        </span>
      </h3>
      <ul className="plain">
        {card.scores.map((score) => (
          <li key={scoreKey(score.question, score.criterion)}>
            Question {score.question}, {criterionName(evaluation, score.question, score.criterion)}:{" "}
            <strong>{score.level ?? "not enough evidence"}</strong>
            {score.note !== "" && ` (${score.note})`}
          </li>
        ))}
      </ul>
      {card.note !== "" && <p>{card.note}</p>}
    </div>
  );
}

function Proposal({ evaluation }: { evaluation: Evaluation }) {
  return (
    <div className="card" data-testid="proposal">
      <h3>
        Proposed <span className="quiet">by {evaluation.evaluator?.model ?? "a model"}; a person decides</span>
      </h3>
      {(evaluation.proposal?.questions ?? []).map((part) =>
        part.criteria.map((one) => (
          <Proposed
            key={scoreKey(part.question, one.criterion)}
            proposal={one}
            name={`Question ${part.question}, ${criterionName(evaluation, part.question, one.criterion)}`}
          />
        )),
      )}
    </div>
  );
}

function Proposed({ proposal, name }: { proposal: CriterionProposal; name: string }) {
  const why = proposal.reason === null ? "" : ` (${inWords(proposal.reason)})`;
  return (
    <div data-testid="proposed" data-criterion={proposal.criterion} data-status={proposal.status}>
      <p>
        {name}: <strong>{proposal.level ?? `not enough evidence${why}`}</strong>
      </p>
      {proposal.rationale !== null && <p>{proposal.rationale}</p>}
      {proposal.quotes.map((quote) => (
        <blockquote key={`${quote.item_id} ${quote.text}`} data-testid="quote">
          <span className="quiet">{clock(quote.start_ms)}</span> {quote.text}
        </blockquote>
      ))}
      {proposal.quotes_dropped > 0 && (
        <p className="quiet">
          {count(proposal.quotes_dropped, "quote was", "quotes were")} left out: not word for word in the transcript.
        </p>
      )}
    </div>
  );
}
