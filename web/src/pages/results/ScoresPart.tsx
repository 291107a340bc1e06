/**
 * Scores: the reader's own first, then what was proposed, each with its quotes, and how far the two agree.
 *
 * Stable `data-testid`s: scores (data-status), proposal, proposed (data-criterion, data-status), quote, scorecard,
 * agreement (data-criterion, data-verdict), score-again, history, revision, propose-again.
 */
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { type CriterionProposal, type Evaluation, type Scorecard, scoreKey } from "../../client/outcome";
import type { Revision } from "../../client/reviewApi";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { ScoreForm } from "./ScoreForm";
import { PlayFrom } from "./TurnRow";
import { useReview } from "./review";
import { dateTime, named } from "./say";

export function ScoresPart({ evaluation }: { evaluation: Evaluation }) {
  const t = texts("review");
  const [again, setAgain] = useState(false);
  if (evaluation.evidence.every((part) => part.criteria.length === 0)) return null;
  const scored = evaluation.scorecards.length > 0;
  return (
    <section aria-labelledby="scores-title" data-testid="scores" data-status={evaluation.status}>
      <h2 id="scores-title">{t("score.title")}</h2>
      <p className="quiet">
        {t("score.rule")} {introduction(evaluation)}
      </p>
      {evaluation.status === "failed" && <ProposeAgain />}
      {!scored && <ScoreForm evaluation={evaluation} />}
      {evaluation.scorecards.map((card) => (
        <OwnCard key={card.scorecard_id} card={card} evaluation={evaluation} />
      ))}
      {scored && evaluation.proposal?.questions && <Proposal evaluation={evaluation} />}
      {scored && again && <ScoreForm evaluation={evaluation} onCancel={() => setAgain(false)} />}
      {scored && !again && (
        <Button className="button small no-print" onPress={() => setAgain(true)} data-testid="score-again">
          {t("score.again")}
        </Button>
      )}
    </section>
  );
}

function introduction(evaluation: Evaluation): string {
  const t = texts("review");
  switch (evaluation.status) {
    case "evidence_only":
      return t("score.evidenceOnly");
    case "pending":
      return t("score.pending");
    case "failed":
      return t("score.proposalFailed");
    case "proposed":
      return evaluation.hidden_until_scored
        ? t("score.hidden")
        : t("score.beside", { model: evaluation.evaluator?.model ?? t("score.someModel") });
  }
}

function ProposeAgain() {
  const t = texts("review");
  const { api, reload } = useReview();
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const ask = async (): Promise<void> => {
    setState("busy");
    try {
      await api.proposeAgain();
      reload();
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <p className="no-print">
      <Button
        className="button small"
        isDisabled={state === "busy"}
        onPress={() => void ask()}
        data-testid="propose-again"
      >
        <Icon name="repeat" /> {t("score.proposeAgain")}
      </Button>{" "}
      <span role="status">{state === "failed" && t("tryAgain")}</span>
    </p>
  );
}

function criterionName(evaluation: Evaluation, question: number, id: string): string {
  const t = texts("review");
  const part = evaluation.evidence.find((one) => one.question === question);
  const name = part?.criteria.find((one) => one.id === id)?.name ?? id;
  return t("score.criterion", { question, name });
}

function levelWords(level: number | null | undefined): string {
  return level === null || level === undefined ? texts("review")("score.notEnough") : String(level);
}

function OwnCard({ card, evaluation }: { card: Scorecard; evaluation: Evaluation }) {
  const t = texts("review");
  const compared = card.agreement ?? [];
  return (
    <div className="card" data-testid="scorecard">
      <h3>{t("score.by", { who: card.author.name || named("author", card.author.kind) })}</h3>
      <p className="quiet">
        {dateTime(card.created_at)}, {t(card.before_proposal ? "score.before" : "score.after")}
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t("score.table")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("score.columns.criterion")}</th>
              <th scope="col">{t("score.columns.own")}</th>
              {compared.length > 0 && <th scope="col">{t("score.columns.proposed")}</th>}
              {compared.length > 0 && <th scope="col">{t("score.columns.agreement")}</th>}
            </tr>
          </thead>
          <tbody>
            {card.scores.map((score) => (
              <ScoreLine
                key={scoreKey(score.question, score.criterion)}
                score={score}
                name={criterionName(evaluation, score.question, score.criterion)}
                compared={compared}
              />
            ))}
          </tbody>
        </table>
      </div>
      {card.note !== "" && <p>{card.note}</p>}
      {card.revision > 1 && <History card={card} evaluation={evaluation} />}
    </div>
  );
}

interface ScoreLineProps {
  score: Scorecard["scores"][number];
  name: string;
  compared: NonNullable<Scorecard["agreement"]>;
}

function ScoreLine({ score, name, compared }: ScoreLineProps) {
  const beside = compared.find((one) => one.question === score.question && one.criterion === score.criterion);
  return (
    <tr data-testid="agreement" data-criterion={score.criterion} data-verdict={beside?.verdict ?? "none"}>
      <th scope="row">
        {name}
        {score.note !== "" && <span className="quiet score-note">{score.note}</span>}
      </th>
      <td>{levelWords(score.level)}</td>
      {compared.length > 0 && <td>{beside && levelWords(beside.proposed)}</td>}
      {compared.length > 0 && <td>{beside && named("verdict", beside.verdict)}</td>}
    </tr>
  );
}

/** Earlier revisions: nothing that was said once is overwritten. */
function History({ card, evaluation }: { card: Scorecard; evaluation: Evaluation }) {
  const t = texts("review");
  const { api } = useReview();
  const [revisions, setRevisions] = useState<Revision[] | null>(null);
  const [failed, setFailed] = useState(false);
  const load = (): void => {
    if (revisions !== null) return;
    setFailed(false);
    api.revisions(card.scorecard_id).then(setRevisions, () => setFailed(true));
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && load()} data-testid="history">
      <summary>{t("score.history", { count: card.revision - 1 })}</summary>
      {failed && <p role="alert">{t("tryAgain")}</p>}
      <ol className="plain">
        {(revisions ?? [])
          .filter(({ revision }) => revision < card.revision)
          .map((one) => (
            <li key={one.revision} data-testid="revision">
              <strong>{t("score.revision", { number: one.revision, at: dateTime(one.created_at) })}</strong>
              <ul>
                {one.scores.map((score) => (
                  <li key={scoreKey(score.question, score.criterion)}>
                    {criterionName(evaluation, score.question, score.criterion)}: {levelWords(score.level)}
                  </li>
                ))}
              </ul>
            </li>
          ))}
      </ol>
    </details>
  );
}

function Proposal({ evaluation }: { evaluation: Evaluation }) {
  const t = texts("review");
  return (
    <div className="card" data-testid="proposal">
      <h3>{t("score.proposed")}</h3>
      <p className="quiet">{t("score.proposedBy", { model: evaluation.evaluator?.model ?? t("score.someModel") })}</p>
      {(evaluation.proposal?.questions ?? []).map((part) =>
        part.criteria.map((one) => (
          <Proposed
            key={scoreKey(part.question, one.criterion)}
            proposal={one}
            name={criterionName(evaluation, part.question, one.criterion)}
          />
        )),
      )}
    </div>
  );
}

function Proposed({ proposal, name }: { proposal: CriterionProposal; name: string }) {
  const t = texts("review");
  return (
    <div
      className="proposed"
      data-testid="proposed"
      data-criterion={proposal.criterion}
      data-status={proposal.status}
    >
      <h4>
        {name}: {levelWords(proposal.level)}
      </h4>
      {proposal.reason !== null && (
        <Panel tone="info" announced={false}>
          <p>{t("score.insufficient", { why: named("shortfall", proposal.reason) })}</p>
        </Panel>
      )}
      {proposal.rationale !== null && <p>{proposal.rationale}</p>}
      {proposal.quotes.map((quote) => (
        <blockquote key={`${quote.item_id} ${quote.text}`} data-testid="quote" data-item-id={quote.item_id}>
          <PlayFrom atMs={quote.start_ms} what={quote.text} /> <q data-testid="quote-text">{quote.text}</q>
        </blockquote>
      ))}
      {proposal.quotes_dropped > 0 && (
        <p className="quiet">{t("score.dropped", { count: proposal.quotes_dropped })}</p>
      )}
    </div>
  );
}
