/**
 * Figures: who spoke how long, how quick the answers came, how good the line was, what it cost.
 *
 * Stable `data-testid`s: talk-time, cost, cost-line.
 */
import type { Usage } from "../../client/outcome";
import { texts } from "../../i18n";
import { clock } from "../../ui/format";
import { Facts } from "./Facts";
import { useReview } from "./review";
import { dollars, milliseconds, named, number, share } from "./say";

export function MeasuresPart() {
  const t = texts("review");
  const { results } = useReview();
  const talk = results.metrics?.talk_ms;
  const delay = results.metrics?.response_delay_ms;
  const audio = results.audio_quality;
  const known = <T,>(value: T | null | undefined, say: (value: T) => string): string =>
    value === null || value === undefined ? "" : say(value);
  const score = (mos: number): string => t("measures.score", { score: mos.toFixed(1) });
  return (
    <section aria-labelledby="measures-title">
      <h2 id="measures-title">{t("measures.title")}</h2>
      {typeof talk?.user === "number" && typeof talk.assistant === "number" && (
        <TalkTime user={talk.user} assistant={talk.assistant} />
      )}
      <Facts
        rows={[
          [t("measures.interruptions"), known(results.metrics?.interruptions, number)],
          [t("measures.pace"), known(results.metrics?.words_per_minute, (words) => t("measures.words", { words }))],
          [t("measures.half"), known(delay?.p50, milliseconds)],
          [t("measures.most"), known(delay?.p95, milliseconds)],
          [t("measures.lost"), known(audio?.loss_ratio, share)],
          [t("measures.jitter"), known(audio?.jitter_ms, milliseconds)],
          [t("measures.concealed"), known(audio?.concealed_ratio, share)],
          [t("measures.mos"), known(audio?.mos, score)],
          [t("measures.agentMos"), known(audio?.agent_mos, score)],
          [t("measures.voiceToVoice"), known(audio?.voice_to_voice_p50_ms, milliseconds)],
        ]}
      />
      <p className="quiet">{t("measures.caution")}</p>
    </section>
  );
}

/** Who spoke how long: one bar in two patterns, with the figures as text. */
function TalkTime({ user, assistant }: { user: number; assistant: number }) {
  const t = texts("review");
  const total = user + assistant;
  const part = total === 0 ? 0 : (user / total) * 100;
  return (
    <figure className="talk-time" data-testid="talk-time">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect className="talk-assistant" x="0" y="0" width="100" height="8" />
        <rect className="talk-user" x="0" y="0" width={part} height="8" />
      </svg>
      <figcaption>
        <span>{t("measures.talked", { who: named("side", "user"), time: clock(user) })}</span>
        <span>{t("measures.talked", { who: named("side", "assistant"), time: clock(assistant) })}</span>
      </figcaption>
    </figure>
  );
}

export function CostPart({ usage }: { usage: Usage }) {
  const t = texts("review");
  if (usage.lines.length === 0) return null;
  const cost =
    usage.cost_usd === null ? t("cost.atLeast", { cost: dollars(usage.known_usd) }) : dollars(usage.cost_usd);
  return (
    <section aria-labelledby="cost-title" data-testid="cost">
      <h2 id="cost-title">{t("cost.title")}</h2>
      <p>
        {cost} <span className="quiet">{t("cost.prices", { date: usage.price_file_date })}</span>
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t("cost.table")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("cost.source")}</th>
              <th scope="col">{t("cost.model")}</th>
              <th scope="col">{t("cost.kind")}</th>
              <th scope="col">{t("cost.quantity")}</th>
              <th scope="col">{t("cost.usd")}</th>
            </tr>
          </thead>
          <tbody>
            {usage.lines.map((line) => (
              <tr key={`${line.source} ${line.model} ${line.kind}`} data-testid="cost-line">
                <td>{named("source", line.source)}</td>
                <td>{line.model}</td>
                <td>{named("usage", line.kind)}</td>
                <td>
                  {number(line.quantity)} {named("unit", line.unit)}
                </td>
                <td>{dollars(line.usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
