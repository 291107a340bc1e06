/** The parts that cards are made of: a card, figures with a name, counters over two times, counts in a table. */
import type { ReactNode } from "react";
import { texts } from "../../i18n";
import type { CounterId, DelayId, Facts, Figure, Spread } from "./facts";
import { number, spreadParts } from "./format";

interface CardProps {
  id: string;
  title: string;
  children: ReactNode;
}

export function Card({ id, title, children }: CardProps) {
  return (
    <section className="card" aria-labelledby={`card-${id}`} data-testid={`card-${id}`}>
      <h2 id={`card-${id}`}>{title}</h2>
      {children}
    </section>
  );
}

export interface Named {
  name: string;
  /** `null` is said to be unknown. */
  value: string | null;
  testId?: string;
}

export function NamedFigures({ figures }: { figures: readonly Named[] }) {
  const t = texts("operator");
  return (
    <dl className="named">
      {figures.map(({ name, value, testId }) => (
        <div key={name} data-unknown={value === null || undefined}>
          <dt>{name}</dt>
          <dd data-testid={testId}>{value ?? t("unknown")}</dd>
        </div>
      ))}
    </dl>
  );
}

interface CounterTableProps {
  title: string;
  facts: Facts;
  counters: readonly CounterId[];
  delays?: readonly DelayId[];
  /** Counters that are no matter for worry, whatever they say. */
  ordinary?: readonly CounterId[];
}

/** Counters and times, lately and since the start. What the server has never counted has no row. */
export function CounterTable({ title, facts, counters, delays = [], ordinary = [] }: CounterTableProps) {
  const t = texts("operator");
  const counted = counters.filter((id) => hasFigure(facts.counters[id]));
  const timed = delays.filter((id) => hasFigure(facts.delays[id]));
  if (counted.length + timed.length === 0) return <p className="quiet">{t("nothingYet")}</p>;
  return (
    <>
      <table className="figures">
        <caption className="hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t("columns.what")}</th>
            <th scope="col">{t("columns.recent")}</th>
            <th scope="col">{t("columns.total")}</th>
          </tr>
        </thead>
        <tbody>
          {timed.map((id) => (
            <tr key={id} data-testid={`delay-${id}`}>
              <th scope="row">{t(`delays.${id}`)}</th>
              <td>
                <SpreadText spread={facts.delays[id].recent} isKnown={facts.recent_ms > 0} />
              </td>
              <td>
                <SpreadText spread={facts.delays[id].total} isKnown />
              </td>
            </tr>
          ))}
          {counted.map((id) => (
            <CounterRow
              key={id}
              id={id}
              figure={facts.counters[id]}
              isOrdinary={ordinary.includes(id)}
              name={t(`counters.${id}`)}
            />
          ))}
        </tbody>
      </table>
      {timed.length > 0 && <p className="quiet small-print">{t("spreadHint")}</p>}
    </>
  );
}

function Unknown() {
  return <span className="unknown">{texts("operator")("unknown")}</span>;
}

interface CounterRowProps {
  id: CounterId;
  name: string;
  figure: Figure<number>;
  isOrdinary: boolean;
}

function CounterRow({ id, name, figure: { recent, total }, isOrdinary }: CounterRowProps) {
  const isNew = !isOrdinary && (recent ?? 0) > 0;
  return (
    <tr
      data-testid={`counter-${id}`}
      data-recent={recent ?? ""}
      data-total={total ?? ""}
      data-new={isNew || undefined}
    >
      <th scope="row">{name}</th>
      <td>{recent === null ? <Unknown /> : number(recent)}</td>
      <td>{total === null ? <Unknown /> : number(total)}</td>
    </tr>
  );
}

function SpreadText({ spread, isKnown }: { spread: Spread | null; isKnown: boolean }) {
  const t = texts("operator");
  if (spread === null) return isKnown ? t("none") : <Unknown />;
  return t(spread.is_beyond ? "spreadBeyond" : "spread", spreadParts(spread));
}

function hasFigure<T>({ recent, total }: Figure<T>): boolean {
  return recent !== null || total !== null;
}

interface CountTableProps {
  title: string;
  head: readonly [string, string];
  rows: readonly (readonly [string, number])[];
  testId: string;
}

/** Counts by a name, largest first. */
export function CountTable({ title, head, rows, testId }: CountTableProps) {
  return (
    <table className="figures" data-testid={testId}>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{head[0]}</th>
          <th scope="col">{head[1]}</th>
        </tr>
      </thead>
      <tbody>
        {[...rows]
          .sort(([, a], [, b]) => b - a)
          .map(([name, count]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{number(count)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
