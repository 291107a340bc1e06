/** What the status page asks of the server, and how often. */
import { credential } from "../../client/account";
import type { components } from "../../client/generated/schema";
import { ApiError, HttpClient } from "../../client/http";
import { type Metrics, parseMetrics } from "../../client/metrics";
import { type Rest, data, restClient } from "../../client/rest";

type Schemas = components["schemas"];

export interface Problem {
  at: string;
  first_at: string;
  level: "warn" | "error";
  area: string;
  message: string;
  count: number;
}

export interface Problems {
  problems: Problem[];
  dropped: number;
}

/** Of a session only what is counted: who it is about is none of this page's business. */
export interface SessionState {
  end_reason: string | null;
  ended_at: string | null;
}

/** One look at the metrics. */
export interface Look {
  atMs: number;
  metrics: Metrics;
}

/** What the server said in one round; `null` is what it did not say. */
export interface Answers {
  atMs: number;
  /** `null` where this process collects none. */
  metrics: Metrics | null;
  health: Schemas["Health"] | null;
  interview: Schemas["InterviewHealth"] | null;
  ready: boolean | null;
  problems: Problems | null;
  ended: SessionState[] | null;
  usage: Schemas["UsageReport"] | null;
}

/** Who asks may not know: `key` nobody asks, `wrong` the key is not accepted, `user` somebody who is no operator. */
export type Refusal = "key" | "wrong" | "user";

export class RefusedError extends Error {
  constructor(readonly refusal: Refusal) {
    super(`the status is not for whoever asks: ${refusal}`);
    this.name = "RefusedError";
  }
}

const ASK_SESSIONS_EVERY_MS = 15_000;
const ASK_USAGE_EVERY_MS = 60_000;
/** A server that has no such route gets none soon. */
const ASK_MISSING_EVERY_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const SESSIONS = 100;

/** Asks the server. What changes slowly is asked seldom, and kept in between. */
export class Source {
  private readonly rest: Rest;
  private readonly kept = new Map<string, { untilMs: number; value: unknown }>();

  constructor(
    private readonly base = "",
    private readonly who = credential,
    private readonly now = Date.now,
  ) {
    this.rest = restClient(who, base);
  }

  /** Forgets what was kept: somebody else asks. */
  forget(): void {
    this.kept.clear();
  }

  /**
   * One round.
   *
   * @throws RefusedError, or whatever kept the server from answering.
   */
  async look(): Promise<Answers> {
    const metrics = await this.metrics();
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const [health, interview, ready, problems, ended, usage] = await Promise.all([
      this.rest.GET("/health", { signal }).then(data),
      this.rest.GET("/api/interview/health", { signal }).then(data),
      this.ready(),
      this.keep("problems", 0, () => this.get<Problems>("/api/v1/problems")).then(checkedProblems),
      this.ended(),
      this.keep("usage", ASK_USAGE_EVERY_MS, () => this.usage()),
    ]);
    const at = { atMs: this.now() };
    return {
      ...at,
      metrics,
      health: health ?? null,
      interview: interview ?? null,
      ready,
      problems,
      ended,
      usage,
    };
  }

  private async metrics(): Promise<Metrics | null> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      return parseMetrics(data(await this.rest.GET("/metrics", { signal, parseAs: "text" })) ?? "");
    } catch (error) {
      const who = this.who();
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) throw new RefusedError(who === null ? "key" : "apiKey" in who ? "wrong" : "user");
      if (error.status === 404 && who !== null && "bearer" in who) throw new RefusedError("user");
      if (error.status === 404) return null;
      throw error;
    }
  }

  private async ready(): Promise<boolean> {
    try {
      await this.rest.GET("/readyz", { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 503) return false;
      throw error;
    }
  }

  private ended(): Promise<SessionState[] | null> {
    return this.keep<SessionState[] | null>("ended", ASK_SESSIONS_EVERY_MS, async () => {
      const answer = await this.get<{ sessions: SessionState[] }>(`/api/v1/sessions?state=ended&limit=${SESSIONS}`);
      if (!Array.isArray(answer?.sessions)) return null;
      return answer.sessions.map(({ end_reason, ended_at }) => ({ end_reason, ended_at }));
    });
  }

  private async usage(): Promise<Schemas["UsageReport"]> {
    const today = new Date(this.now()).toISOString().slice(0, 10);
    const query = { from: today, to: today, group: "day" };
    return data(
      await this.rest.GET("/api/interview/usage", {
        params: { query },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      }),
    ) as Schemas["UsageReport"];
  }

  private get<T>(path: string): Promise<T> {
    return new HttpClient(this.base, this.who()).get<T>(path);
  }

  /** The answer of before where it is young enough; `null` where the server has none. An error is nobody's answer. */
  private async keep<T>(name: string, forMs: number, ask: () => Promise<T>): Promise<T | null> {
    const before = this.kept.get(name);
    if (before !== undefined && this.now() < before.untilMs) return before.value as T | null;
    try {
      const value = await ask();
      this.kept.set(name, { untilMs: this.now() + forMs, value });
      return value;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const waitMs = error.status < 500 ? ASK_MISSING_EVERY_MS : forMs;
      this.kept.set(name, { untilMs: this.now() + waitMs, value: null });
      return null;
    }
  }
}

function checkedProblems(answer: Problems | null): Problems | null {
  return Array.isArray(answer?.problems) ? answer : null;
}
