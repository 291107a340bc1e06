import { texts } from "../../i18n";
import { Card, NamedFigures } from "./Rows";
import type { Facts } from "./facts";
import { dollars, duration, number } from "./format";

/** What the day cost so far. A price that is unknown is said to be, never taken for nothing. */
export function UsageCard({ facts }: { facts: Facts }) {
  const t = texts("operator");
  const { usage } = facts;
  const group = usage?.groups[0];
  return (
    <Card id="usage" title={t("usage.title")}>
      {usage === null && <p>{t("unknown")}</p>}
      {usage !== null && <p className="quiet">{t("usage.day", { day: usage.to })}</p>}
      {usage !== null && group === undefined && <p data-testid="usage-none">{t("usage.nothing")}</p>}
      {group !== undefined && <UsageOfDay group={group} />}
    </Card>
  );
}

type Group = NonNullable<Facts["usage"]>["groups"][number];

function UsageOfDay({ group: { sessions, usage } }: { group: Group }) {
  const t = texts("operator");
  const isPriced = usage.cost_usd !== null;
  const cost = isPriced ? dollars(usage.cost_usd ?? 0) : null;
  const known = usage.known_usd > 0 ? t("usage.atLeast", { cost: dollars(usage.known_usd) }) : null;
  const amount = (quantity: number, unit: string): string =>
    unit === "token" ? t("usage.tokens", { count: quantity, amount: number(quantity) }) : duration(quantity * 1000);
  return (
    <>
      <NamedFigures
        figures={[
          { name: t("usage.cost"), value: cost ?? known, testId: "cost" },
          { name: t("usage.sessions"), value: number(sessions) },
        ]}
      />
      {!isPriced && <p className="quiet small-print">{t("usage.unpriced")}</p>}
      <table className="figures">
        <caption className="hidden">{t("usage.title")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("usage.kind")}</th>
            <th scope="col">{t("usage.quantity")}</th>
            <th scope="col">{t("usage.cost")}</th>
          </tr>
        </thead>
        <tbody>
          {usage.lines.map(({ source, model, kind, quantity, unit, usd }) => (
            <tr key={`${source} ${model} ${kind}`}>
              <th scope="row">
                {t(`usage.kinds.${kind}`)} <code data-server-text>{model}</code>
              </th>
              <td>{amount(quantity, unit)}</td>
              <td>{usd === null ? t("unknown") : dollars(usd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet small-print">{t("usage.prices", { day: usage.price_file_date })}</p>
    </>
  );
}
