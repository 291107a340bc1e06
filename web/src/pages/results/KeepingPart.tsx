/**
 * What the interview cost, how long it is kept, and what proves that nothing was changed.
 *
 * Stable `data-testid`s: cost, cost-line, kept, export (data-format).
 */
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import type { SessionApi } from "../../client/api";
import { type Retention, type Usage, dollars, inWords } from "../../client/outcome";
import { Panel } from "../../ui/Panel";
import { dateTime } from "../../ui/format";
import { saveAs } from "../../ui/save";

export function CostPart({ usage }: { usage: Usage }) {
  if (usage.lines.length === 0) return null;
  return (
    <section aria-labelledby="cost-title" data-testid="cost">
      <h2 id="cost-title">Cost</h2>
      <p>
        {usage.cost_usd === null
          ? `At least ${dollars(usage.known_usd)}: not every price is known.`
          : dollars(usage.cost_usd)}{" "}
        <span className="quiet">Prices of {usage.price_file_date}.</span>
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Usage by kind">
        <table>
          <thead>
            <tr>
              <th scope="col">Used by</th>
              <th scope="col">Model</th>
              <th scope="col">What</th>
              <th scope="col">How much</th>
              <th scope="col">Cost</th>
            </tr>
          </thead>
          <tbody>
            {usage.lines.map((line) => (
              <tr key={`${line.source} ${line.model} ${line.kind}`} data-testid="cost-line">
                <td>{inWords(line.source)}</td>
                <td>{line.model}</td>
                <td>{inWords(line.kind)}</td>
                <td>
                  {Math.round(line.quantity * 10) / 10} {inWords(line.unit)}
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

interface KeptPartProps {
  retention: Retention | null;
  log: { entries: number; head: string } | null;
  api: SessionApi;
}

const FORMATS = [
  ["export.json", "Everything (JSON)"],
  ["transcript.vtt", "Captions (WebVTT)"],
  ["transcript.srt", "Captions (SRT)"],
  ["transcript.txt", "Transcript (text)"],
] as const;

export function KeptPart({ retention, log, api }: KeptPartProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (name: string): Promise<void> => {
    setProblem(null);
    try {
      saveAs(await api.file(api.address(name)), name);
    } catch {
      setProblem(name);
    }
  };
  return (
    <section aria-labelledby="kept-title" data-testid="kept">
      <h2 id="kept-title">Kept and taken along</h2>
      {retention !== null && (
        <dl className="facts-table">
          <Kept name="Recording" of={retention.audio} held={retention.held_at !== null} />
          <Kept name="Transcript" of={retention.transcript} held={retention.held_at !== null} />
          <Kept name="Scores" of={retention.scores} held={retention.held_at !== null} />
        </dl>
      )}
      {log !== null && (
        <p className="quiet">
          The log of this session has {log.entries} entries; its last digest is <code>{log.head.slice(0, 16)}…</code>.{" "}
          <code>viva verify</code> tells whether anything was changed since.
        </p>
      )}
      <p className="button-row no-print">
        {FORMATS.map(([name, label]) => (
          <Button
            key={name}
            className="button small"
            data-testid="export"
            data-format={name}
            onPress={() => void save(name)}
          >
            {label}
          </Button>
        ))}
      </p>
      {problem !== null && (
        <Panel tone="error">
          <p>{problem} could not be loaded. Please try again.</p>
        </Panel>
      )}
    </section>
  );
}

function Kept({ name, of, held }: { name: string; of: Retention["audio"]; held: boolean }) {
  const words =
    of.deleted_at !== null
      ? `deleted ${dateTime(of.deleted_at)}`
      : held
        ? "kept: a hold is set"
        : of.delete_at !== null
          ? `until ${dateTime(of.delete_at)}`
          : `${of.days} days after the end`;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{words}</dd>
    </div>
  );
}
