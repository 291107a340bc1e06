/**
 * Everything that the status page knows, as plain figures: made from what the server answered, shown by the cards,
 * judged by the verdict, copied into a ticket. What the server did not say is `null`, never 0.
 */
import {
  type Histogram,
  type Metrics,
  type Where,
  histogramIncrease,
  histogramSum,
  increase,
  quantile,
} from "../../client/metrics";
import type { Answers, Look } from "./source";

/** Counters by a name of ours. A `RegExp` tells failures from what went well. */
const COUNTERS = {
  started: ["viva_http_requests_total", { route: "/api/interview/start", status: /^2/ }],
  engineJobsRefused: ["viva_engine_jobs_refused_total", {}],
  voiceNotTaken: ["viva_uplink_dropped_total", {}],
  standIns: ["viva_phrasing_stand_ins_total", {}],
  chatRequests: ["viva_chat_requests_total", {}],
  chatFailed: ["viva_chat_requests_total", { outcome: /^(?!ok$)/ }],
  keyCalls: ["viva_provider_key_calls_total", {}],
  keyCallsFailed: ["viva_provider_key_calls_total", { outcome: /^(?!accepted$)/ }],
  upstreamLost: ["viva_relay_upstream_lost_total", {}],
  relayRefused: ["viva_relay_refused_total", {}],
  secretsFailed: ["viva_client_secrets_minted_total", { outcome: /^(?!ok$)/ }],
  framesHeard: ["viva_uplink_frames_total", { kind: "normal" }],
  framesConcealed: ["viva_uplink_frames_total", { kind: "plc" }],
  framesRecovered: ["viva_uplink_frames_total", { kind: "fec" }],
  downlinkFull: ["viva_downlink_full_total", {}],
  messagesDropped: ["viva_channel_dropped_total", {}],
  mediaEventsDropped: ["viva_media_events_dropped_total", {}],
  mediaPanics: ["viva_media_panics_total", {}],
  recordingFailed: ["viva_recording_failed_total", {}],
  recordingDropped: ["viva_recording_dropped_total", {}],
  storeFailures: ["viva_store_failures_total", {}],
  storeQueueFull: ["viva_store_queue_full_total", {}],
  cacheLost: ["viva_cache_redis_lost_total", {}],
  cacheFull: ["viva_cache_full_total", {}],
  jobsDone: ["viva_jobs_total", { result: "done" }],
  jobsFailed: ["viva_jobs_total", { result: "failed" }],
  mailSent: ["viva_mail_total", { outcome: "sent" }],
  mailFailed: ["viva_mail_total", { outcome: /^(?!sent$)/ }],
  webhooksDelivered: ["viva_webhook_tries_total", { result: "delivered" }],
  webhooksFailed: ["viva_webhook_tries_total", { result: /^(?!delivered$)/ }],
  webhooksDropped: ["viva_webhook_dropped_total", {}],
  proposalsFailed: ["viva_proposals_total", { state: "failed" }],
  requests: ["viva_http_requests_total", {}],
  requestsWrong: ["viva_http_requests_total", { status: /^4/ }],
  requestsFailed: ["viva_http_requests_total", { status: /^5/ }],
  overloaded: ["viva_http_overloaded_total", {}],
  rateLimited: ["viva_http_rate_limited_total", {}],
  socketsRefused: ["viva_sockets_refused_total", {}],
  roomSocketsDropped: ["viva_room_sockets_dropped_total", {}],
  packetsRefused: ["viva_frontdoor_dropped_total", { reason: /^(?!overload$)/ }],
  packetsOverload: ["viva_frontdoor_dropped_total", { reason: "overload" }],
  transmitFailed: ["viva_transmit_failed_total", {}],
  twilioFailed: ["viva_twilio_requests_total", { outcome: /^(?!(ok|resting)$)/ }],
  signInKeysFailed: ["viva_jwks_fetches_total", { outcome: "failed" }],
} as const satisfies Record<string, readonly [string, Where]>;

const DELAYS = {
  speak: "viva_engine_speak_seconds",
  transcribe: "viva_engine_transcribe_seconds",
  phrase: "viva_phrasing_first_sentence_seconds",
  connect: "viva_upstream_connect_seconds",
  firstAudio: "viva_upstream_first_audio_seconds",
  pace: "viva_pace_lateness_seconds",
  job: "viva_job_seconds",
  webhook: "viva_webhook_try_seconds",
  request: "viva_http_request_seconds",
} as const;

export type CounterId = keyof typeof COUNTERS;
export type DelayId = keyof typeof DELAYS;

/** `recent`: over {@link WINDOW_MS}; `total`: since the server started. */
export interface Figure<T> {
  recent: T | null;
  total: T | null;
}

/** Half of them took at most `p50_ms`, 19 of 20 at most `p95_ms`. */
export interface Spread {
  p50_ms: number;
  p95_ms: number;
  /** Even longer than the longest that is told apart. */
  is_beyond: boolean;
}

export interface RouteFigures {
  route: string;
  requests: Figure<number>;
  wrong: Figure<number>;
  failed: Figure<number>;
  p95_ms: number | null;
}

export interface Facts {
  at: string;
  /** How long `recent` is: less than five minutes at first. */
  recent_ms: number;
  version: string | null;
  ready: boolean | null;
  open_mode: boolean | null;
  sessions: {
    live: number | null;
    most: number | null;
    by_status: Record<string, number> | null;
    ended: { of: number; by_reason: Record<string, number> } | null;
    /** Interviews of the last half hour that the engine ended. */
    engine_failed_lately: number | null;
    watchers: number | null;
  };
  engine: {
    name: string | null;
    models: number | null;
    models_loaded: number | null;
    keys: { good: number; cooling: number; out: number } | null;
    chat: { state: string; failure: string | null; failures_in_a_row: number } | null;
    relay_conversations: number | null;
  };
  /** Share of the voice that was lost and had to be made up. */
  concealed_ratio: number | null;
  /** Estimated mean opinion scores (ITU-T G.107) of each side's voice where the other hears it. */
  opinion: { candidates: Opinion | null; interviewer: Opinion | null };
  started_at: string | null;
  process: { cpu_ratio: number | null; memory_bytes: number | null };
  media_sessions: number | null;
  sockets: number | null;
  rooms: number | null;
  turn: boolean | null;
  mail: boolean | null;
  database: string | null;
  cache: string | null;
  counters: Record<CounterId, Figure<number>>;
  delays: Record<DelayId, Figure<Spread>>;
  jobs: { kind: string; done: number; failed: number }[];
  packets_refused_for: Record<string, number>;
  routes: RouteFigures[];
  usage: Answers["usage"];
  problems: Answers["problems"];
}

/** What `recent` looks back on. */
export const WINDOW_MS = 5 * 60_000;
const LATELY_MS = 30 * 60_000;
const ROUTES_MAX = 12;

/** The looks at the metrics in the window, oldest first. */
export class Span {
  constructor(private readonly looks: readonly Look[]) {}

  get ms(): number {
    return (this.looks.at(-1)?.atMs ?? 0) - (this.looks[0]?.atMs ?? 0);
  }

  get now(): Metrics | null {
    return this.looks.at(-1)?.metrics ?? null;
  }

  /** How much a counter grew, a restart in between included; `null` before the second look. */
  grown(name: string, where: Where = {}): number | null {
    return this.fold((before, after) => increase(before.sum(name, where), after.sum(name, where)), add);
  }

  histogram(name: string, where: Where = {}): Histogram | null {
    const between = (before: Metrics, after: Metrics): Histogram | null =>
      histogramIncrease(before.histogram(name, where), after.histogram(name, where));
    return this.fold(between, histogramSum);
  }

  private fold<T>(between: (before: Metrics, after: Metrics) => T | null, sum: (a: T, b: T) => T | null): T | null {
    let total: T | null = null;
    this.looks.forEach((look, index) => {
      const before = this.looks[index - 1];
      const step = before === undefined ? null : between(before.metrics, look.metrics);
      if (step !== null) total = total === null ? step : sum(total, step);
    });
    return total;
  }
}

function add(a: number, b: number): number {
  return a + b;
}

/** Half of the reports were not better than `p50`, and 5 of 100 not better than `p05`; 1 to 4.5. */
export interface Opinion {
  p50: number;
  p05: number;
}

function opinion(histogram: Histogram | null): Opinion | null {
  const [half, worst] = [quantile(histogram, 0.5), quantile(histogram, 0.05)];
  return half === null || worst === null ? null : { p50: half.value, p05: worst.value };
}

export function spread(histogram: Histogram | null): Spread | null {
  const [half, most] = [quantile(histogram, 0.5), quantile(histogram, 0.95)];
  if (half === null || most === null) return null;
  return { p50_ms: half.value * 1000, p95_ms: most.value * 1000, is_beyond: most.isAtLeast };
}

/** Of all voice that should have come, the part that had to be made up. */
export function concealedRatio(heard: number | null, recovered: number | null, made: number | null): number | null {
  const all = (heard ?? 0) + (recovered ?? 0) + (made ?? 0);
  return all > 0 ? (made ?? 0) / all : null;
}

export function factsOf(answers: Answers, looks: readonly Look[]): Facts {
  const span = new Span(looks);
  const { now } = span;
  const { health, interview } = answers;
  const counters = mapEntries(COUNTERS, ([name, where]) => figure(span, name, where));
  const { framesHeard, framesRecovered, framesConcealed } = counters;
  return {
    at: new Date(looks.at(-1)?.atMs ?? answers.atMs).toISOString(),
    recent_ms: span.ms,
    version: interview?.version ?? null,
    ready: answers.ready,
    open_mode: interview?.open_mode ?? null,
    sessions: sessionFacts(answers, now),
    engine: engineFacts(answers, now),
    concealed_ratio: concealedRatio(framesHeard.recent, framesRecovered.recent, framesConcealed.recent),
    opinion: {
      candidates: opinion(span.histogram("viva_uplink_mos")),
      interviewer: opinion(span.histogram("viva_downlink_mos")),
    },
    started_at: startedAt(now),
    process: processFacts(span),
    media_sessions: now?.sum("viva_media_sessions") ?? null,
    sockets: health?.metrics.active_websocket_connections ?? null,
    rooms: health?.metrics.active_rooms ?? null,
    turn: interview?.turn ?? null,
    mail: isSet(now?.sum("viva_mail_configured")),
    database: health?.database ?? null,
    cache: health?.cache ?? null,
    counters,
    delays: mapEntries(DELAYS, (name) => ({
      recent: spread(span.histogram(name)),
      total: spread(now?.histogram(name) ?? null),
    })),
    jobs: jobFacts(now),
    packets_refused_for: Object.fromEntries(
      [...(now?.by("viva_frontdoor_dropped_total", "reason") ?? [])].filter(([, count]) => count > 0),
    ),
    routes: routeFacts(span),
    usage: answers.usage,
    problems: answers.problems,
  };
}

function figure(span: Span, name: string, where: Where): Figure<number> {
  const { now } = span;
  // A family that is counted says, by leaving a label out, that there was none of it.
  const none = now?.has(name) ? 0 : null;
  const recent = span.grown(name, where);
  return { recent: recent ?? (span.ms > 0 ? none : null), total: now?.sum(name, where) ?? none };
}

function sessionFacts({ interview, ended, atMs }: Answers, now: Metrics | null): Facts["sessions"] {
  const lately = (ended ?? []).filter(({ ended_at }) => atMs - Date.parse(ended_at ?? "") < LATELY_MS);
  return {
    live: interview?.active_sessions ?? null,
    most: now?.sum("viva_sessions_max") ?? null,
    by_status: now?.has("viva_sessions_by_status")
      ? Object.fromEntries([...now.by("viva_sessions_by_status", "status")].filter(([, count]) => count > 0))
      : null,
    ended:
      ended === null
        ? null
        : { of: ended.length, by_reason: countBy(ended.map(({ end_reason }) => end_reason ?? "unknown")) },
    engine_failed_lately:
      ended === null ? null : lately.filter(({ end_reason }) => end_reason === "engine_failed").length,
    watchers: now?.sum("viva_event_watchers") ?? null,
  };
}

function engineFacts({ interview }: Answers, now: Metrics | null): Facts["engine"] {
  const keys = now?.has("viva_provider_key") ? now.by("viva_provider_key", "state") : null;
  return {
    name: interview?.engine ?? null,
    models: interview?.models.length ?? null,
    models_loaded: interview?.models.filter(({ loaded }) => loaded).length ?? null,
    keys: keys && { good: keys.get("good") ?? 0, cooling: keys.get("cooling") ?? 0, out: keys.get("out") ?? 0 },
    chat: interview?.chat ?? null,
    relay_conversations: now?.sum("viva_relay_conversations") ?? null,
  };
}

/** Under the names that Prometheus has for every process, where the server gives them. */
function processFacts(span: Span): Facts["process"] {
  const cpu_s = span.grown("process_cpu_seconds_total");
  const isKnown = span.now?.has("process_cpu_seconds_total") === true && cpu_s !== null && span.ms > 0;
  return {
    cpu_ratio: isKnown ? (cpu_s * 1000) / span.ms : null,
    memory_bytes: span.now?.sum("process_resident_memory_bytes") ?? null,
  };
}

function startedAt(now: Metrics | null): string | null {
  const seconds = now?.sum("viva_process_start_time_seconds") ?? null;
  const time = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** A gauge that is 1 or 0. */
function isSet(value: number | null | undefined): boolean | null {
  return value === null || value === undefined ? null : value > 0;
}

function jobFacts(now: Metrics | null): Facts["jobs"] {
  const kinds = now?.by("viva_jobs_total", "kind") ?? new Map<string, number>();
  return [...kinds.keys()].sort().map((kind) => ({
    kind,
    done: now?.sum("viva_jobs_total", { kind, result: "done" }) ?? 0,
    failed: now?.sum("viva_jobs_total", { kind, result: "failed" }) ?? 0,
  }));
}

/** The routes with errors first, then the busiest. */
function routeFacts(span: Span): RouteFigures[] {
  const name = "viva_http_requests_total";
  const { now } = span;
  if (now === null) return [];
  const sums = (where: Where): Map<string, number> => now.by(name, "route", where);
  const [all, wrong, failed] = [sums({}), sums({ status: /^4/ }), sums({ status: /^5/ })];
  const weight = (route: string): number =>
    (failed.get(route) ?? 0) * 1e12 + (wrong.get(route) ?? 0) * 1e6 + (all.get(route) ?? 0);
  const routes = [...all.keys()].sort((a, b) => weight(b) - weight(a)).slice(0, ROUTES_MAX);
  return routes.map((route) => ({
    route,
    requests: figure(span, name, { route }),
    wrong: figure(span, name, { route, status: /^4/ }),
    failed: figure(span, name, { route, status: /^5/ }),
    p95_ms: spread(now.histogram("viva_http_request_seconds", { route }))?.p95_ms ?? null,
  }));
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function mapEntries<K extends string, V, R>(table: Readonly<Record<K, V>>, make: (value: V) => R): Record<K, R> {
  const entries = Object.entries(table) as [K, V][];
  return Object.fromEntries(entries.map(([key, value]) => [key, make(value)])) as Record<K, R>;
}
