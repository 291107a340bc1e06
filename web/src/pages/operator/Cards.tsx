/** The cards of the status page: each shows one side of the facts. */
import { texts } from "../../i18n";
import { LineChart } from "./LineChart";
import { Card, CountTable, CounterTable, type Named, NamedFigures } from "./Rows";
import type { Value } from "./chart";
import type { Facts, Opinion } from "./facts";
import { dateTime, duration, memory, number, share } from "./format";
import type { Point } from "./watch";

type Key = Exclude<keyof Point, "atMs">;

function valuesOf(points: readonly Point[], key: Key): Value[] {
  return points.map((point) => ({ atMs: point.atMs, value: point[key] }));
}

interface CardProps {
  facts: Facts;
}

interface ChartedProps extends CardProps {
  points: readonly Point[];
}

function orNull<T>(value: T | null, show: (value: T) => string): string | null {
  return value === null ? null : show(value);
}

/** `isOld`: the server has not answered since. */
export function SessionsCard({ facts, points, isOld }: ChartedProps & { isOld: boolean }) {
  const t = texts("operator");
  const { live, most, by_status, ended, watchers } = facts.sessions;
  const isListed = by_status !== null || ended !== null;
  const named: Named[] = [
    ...(watchers === null ? [] : [{ name: t("sessions.watchers"), value: number(watchers) }]),
    {
      name: t("counters.started"),
      value: orNull(facts.counters.started.total, number),
      testId: "started",
    },
  ];
  return (
    <Card id="sessions" title={t("sessions.title")}>
      <div className="split">
        <div>
          <p className="headline">
            <strong data-testid="live" data-live={live ?? ""}>
              {orNull(live, number) ?? t("unknown")}
            </strong>{" "}
            {t(isOld ? "sessions.liveBefore" : "sessions.live")}
            <span className="quiet">
              {most === null ? t("sessions.placesUnknown") : t("sessions.places", { most: number(most) })}
            </span>
          </p>
          <NamedFigures figures={named} />
          {isListed ? <SessionTables facts={facts} /> : <p className="quiet">{t("sessions.notListed")}</p>}
        </div>
        <LineChart
          label={t("sessions.chart")}
          values={valuesOf(points, "live")}
          read={number}
          least={4}
          isWhole
          testId="chart-live"
        />
      </div>
    </Card>
  );
}

function SessionTables({ facts: { sessions } }: CardProps) {
  const t = texts("operator");
  const { by_status, ended } = sessions;
  return (
    <>
      {by_status !== null && Object.keys(by_status).length > 0 && (
        <CountTable
          title={t("sessions.byStatus")}
          head={[t("columns.what"), t("columns.now")]}
          rows={countsOf(by_status, statusName)}
          testId="by-status"
        />
      )}
      {ended !== null && ended.of > 0 && (
        <CountTable
          title={t("sessions.ended", { count: ended.of })}
          head={[t("network.reason"), t("network.count")]}
          rows={countsOf(ended.by_reason, reasonName)}
          testId="by-reason"
        />
      )}
      {ended?.of === 0 && <p className="quiet">{t("sessions.endedNone")}</p>}
    </>
  );
}

function countsOf(counts: Record<string, number>, name: (key: string) => string): [string, number][] {
  return Object.entries(counts).map(([key, count]) => [name(key), count]);
}

const STATUSES = ["created", "connecting", "active", "reconnecting", "closing", "ended"] as const;
const REASONS = [
  "completed",
  "candidate_ended",
  "platform_ended",
  "time_limit",
  "network_lost",
  "expired",
  "interrupted",
  "budget",
  "engine_failed",
  "internal",
  "unknown",
] as const;

/** A newer server may have words that this page does not know; they are shown as they come. */
function known<T extends string>(words: readonly T[], word: string): word is T {
  return (words as readonly string[]).includes(word);
}

function statusName(status: string): string {
  return known(STATUSES, status) ? texts("operator")(`status.${status}`) : status;
}

function reasonName(reason: string): string {
  return known(REASONS, reason) ? texts("operator")(`endReason.${reason}`) : reason;
}

const ENGINES = ["builtin", "openai", "realtime"] as const;
const CHAT_STATES = ["unknown", "up", "failing"] as const;

export function EngineCard({ facts }: CardProps) {
  const t = texts("operator");
  const { name, models, models_loaded, keys, chat, relay_conversations } = facts.engine;
  const engine = name !== null && known(ENGINES, name) ? t(`engine.names.${name}`) : name;
  // A server that tells of its health has no keys to tell of; one that does not is unknown.
  const keyText = keys === null ? (name === null ? null : t("engine.keysNone")) : t("engine.keysText", keys);
  const named: Named[] = [
    { name: t("engine.name"), value: engine, testId: "engine" },
    {
      name: t("engine.models"),
      value: orNull(models, (all) => t("engine.modelsOf", { loaded: models_loaded ?? 0, all })),
      testId: "models",
    },
    { name: t("engine.keys"), value: keyText, testId: "keys" },
    { name: t("engine.chat"), value: chatText(facts), testId: "chat" },
  ];
  if (relay_conversations !== null) named.push({ name: t("engine.relay"), value: number(relay_conversations) });
  return (
    <Card id="engine" title={t("engine.title")}>
      <NamedFigures figures={named} />
      {chat === null && models_loaded === 0 && <p className="quiet small-print">{t("engine.modelsHint")}</p>}
      <CounterTable
        title={t("engine.title")}
        facts={facts}
        delays={["connect", "firstAudio", "speak", "transcribe", "phrase"]}
        counters={[
          "voiceNotTaken",
          "engineJobsRefused",
          "standIns",
          "chatRequests",
          "chatFailed",
          "keyCalls",
          "keyCallsFailed",
          "upstreamLost",
          "secretsFailed",
        ]}
        ordinary={["keyCalls", "chatRequests", "voiceNotTaken"]}
      />
    </Card>
  );
}

function chatText({ engine: { name, chat } }: Facts): string | null {
  const t = texts("operator");
  if (chat === null) return name === null ? null : t("engine.chatNone");
  if (chat.state === "failing")
    return t("engine.chatFailing", { failure: chat.failure ?? t("unknown"), count: chat.failures_in_a_row });
  return known(CHAT_STATES, chat.state) ? t(`engine.chatStates.${chat.state}`) : chat.state;
}

function opinionText({ p50, p05 }: Opinion): string {
  return texts("operator")("quality.opinion", { half: number(p50), worst: number(p05) });
}

export function QualityCard({ facts, points }: ChartedProps) {
  const t = texts("operator");
  const named: Named[] = [
    { name: t("quality.calls"), value: orNull(facts.media_sessions, number), testId: "calls" },
    { name: t("quality.concealed"), value: orNull(facts.concealed_ratio, share), testId: "concealed" },
    { name: t("quality.candidates"), value: orNull(facts.opinion.candidates, opinionText), testId: "mos-candidates" },
    {
      name: t("quality.interviewer"),
      value: orNull(facts.opinion.interviewer, opinionText),
      testId: "mos-interviewer",
    },
  ];
  return (
    <Card id="quality" title={t("quality.title")}>
      <div className="split">
        <LineChart
          label={t("quality.chart")}
          values={valuesOf(points, "concealed")}
          read={share}
          least={0.02}
          testId="chart-concealed"
        />
        <LineChart
          label={t("quality.paceChart")}
          values={valuesOf(points, "pace_ms")}
          read={duration}
          least={10}
          testId="chart-pace"
        />
      </div>
      <NamedFigures figures={named} />
      <CounterTable
        title={t("quality.title")}
        facts={facts}
        delays={["pace"]}
        counters={[
          "framesHeard",
          "framesRecovered",
          "framesConcealed",
          "downlinkFull",
          "messagesDropped",
          "mediaEventsDropped",
          "mediaPanics",
          "recordingFailed",
          "recordingDropped",
        ]}
        ordinary={["framesHeard", "framesRecovered", "framesConcealed", "messagesDropped"]}
      />
      <p className="quiet small-print">{t("quality.note")}</p>
    </Card>
  );
}

export function CapacityCard({ facts }: CardProps) {
  const t = texts("operator");
  const { cpu_ratio, memory_bytes } = facts.process;
  const named: Named[] = [
    { name: t("capacity.started"), value: orNull(facts.started_at, dateTime), testId: "started-at" },
    { name: t("capacity.cpu"), value: orNull(cpu_ratio, (ratio) => t("capacity.cpuText", { share: share(ratio) })) },
    { name: t("capacity.memory"), value: orNull(memory_bytes, memory) },
    { name: t("capacity.sockets"), value: orNull(facts.sockets, number), testId: "sockets" },
  ];
  return (
    <Card id="capacity" title={t("capacity.title")}>
      <NamedFigures figures={named} />
      <CounterTable
        title={t("capacity.title")}
        facts={facts}
        counters={[
          "socketsRefused",
          "overloaded",
          "rateLimited",
          "storeQueueFull",
          "cacheFull",
          "packetsOverload",
          "relayRefused",
        ]}
      />
    </Card>
  );
}

const STORES = ["sqlite", "postgres", "memory", "redis"] as const;

export function StorageCard({ facts }: CardProps) {
  const t = texts("operator");
  const read = (name: string): string => (known(STORES, name) ? t(`storage.names.${name}`) : name);
  const named: Named[] = [
    { name: t("storage.database"), value: orNull(facts.database, read), testId: "database" },
    { name: t("storage.cache"), value: orNull(facts.cache, read) },
    { name: t("storage.mail"), value: orNull(facts.mail, (isOn) => t(isOn ? "storage.mailOn" : "storage.mailOff")) },
  ];
  return (
    <Card id="storage" title={t("storage.title")}>
      <NamedFigures figures={named} />
      <CounterTable
        title={t("storage.title")}
        facts={facts}
        delays={["job", "webhook"]}
        counters={[
          "storeFailures",
          "cacheLost",
          "jobsDone",
          "jobsFailed",
          "mailSent",
          "mailFailed",
          "webhooksDelivered",
          "webhooksFailed",
          "webhooksDropped",
          "proposalsFailed",
        ]}
        ordinary={["jobsDone", "mailSent", "webhooksDelivered"]}
      />
      {facts.jobs.length > 0 && <JobTable facts={facts} />}
    </Card>
  );
}

function JobTable({ facts }: CardProps) {
  const t = texts("operator");
  return (
    <table className="figures">
      <caption>{t("storage.byKind")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("storage.kind")}</th>
          <th scope="col">{t("storage.done")}</th>
          <th scope="col">{t("storage.failed")}</th>
        </tr>
      </thead>
      <tbody>
        {facts.jobs.map(({ kind, done, failed }) => (
          <tr key={kind}>
            <th scope="row">
              <code data-server-text>{kind}</code>
            </th>
            <td>{number(done)}</td>
            <td>{number(failed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function NetworkCard({ facts }: CardProps) {
  const t = texts("operator");
  const named: Named[] = [
    {
      name: t("network.turn"),
      value: orNull(facts.turn, (isOn) => t(isOn ? "network.turnOn" : "network.turnOff")),
      testId: "turn",
    },
    { name: t("network.rooms"), value: orNull(facts.rooms, number), testId: "rooms" },
  ];
  const refused = Object.entries(facts.packets_refused_for);
  return (
    <Card id="network" title={t("network.title")}>
      <NamedFigures figures={named} />
      <CounterTable
        title={t("network.title")}
        facts={facts}
        counters={["packetsRefused", "transmitFailed", "roomSocketsDropped", "twilioFailed", "signInKeysFailed"]}
        ordinary={["packetsRefused"]}
      />
      {refused.length > 0 && (
        <CountTable
          title={t("network.refusedFor")}
          head={[t("network.reason"), t("network.count")]}
          rows={refused}
          testId="refused-for"
        />
      )}
    </Card>
  );
}

export function RequestsCard({ facts, points }: ChartedProps) {
  const t = texts("operator");
  return (
    <Card id="http" title={t("http.title")}>
      <LineChart
        label={t("http.chart")}
        values={valuesOf(points, "requests")}
        read={number}
        least={2}
        testId="chart-requests"
      />
      <div className="split">
        <div>
          <CounterTable
            title={t("http.title")}
            facts={facts}
            delays={["request"]}
            counters={["requests", "requestsWrong", "requestsFailed"]}
            ordinary={["requests", "requestsWrong"]}
          />
        </div>
        {facts.routes.length > 0 && <RouteTable facts={facts} />}
      </div>
    </Card>
  );
}

function RouteTable({ facts }: CardProps) {
  const t = texts("operator");
  const read = (count: number | null): string => orNull(count, number) ?? t("unknown");
  return (
    <table className="figures routes" data-testid="routes">
      <caption>{t("http.byRoute")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("http.route")}</th>
          <th scope="col">{t("http.all")}</th>
          <th scope="col">{t("http.wrong")}</th>
          <th scope="col">{t("http.failed")}</th>
          <th scope="col">{t("http.p95")}</th>
        </tr>
      </thead>
      <tbody>
        {facts.routes.map(({ route, requests, wrong, failed, p95_ms }) => (
          <tr key={route} data-new={(failed.recent ?? 0) > 0 || undefined}>
            <th scope="row">{route === "other" ? t("http.other") : <code data-server-text>{route}</code>}</th>
            <td>{read(requests.total)}</td>
            <td>{read(wrong.total)}</td>
            <td>{read(failed.total)}</td>
            <td>{orNull(p95_ms, duration) ?? t("unknown")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
