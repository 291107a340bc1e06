/** What a reviewer may do with one session beside reading it: score, hold, verify and delete. */
import { SessionApi } from "./api";
import type { Credential } from "./http";
import type { Score } from "./outcome";
import { type Body, type Rest, restClient } from "./rest";
import type { ReviewResults } from "./review";

export type Receipt = Body<"ReceiptBody">;
export type LogReport = Body<"Report">;
export type Revision = Body<"ScorecardView">;

export class ReviewApi {
  /** Files, results, and everything else that needs no type of its own. */
  readonly session: SessionApi;
  private readonly rest: Rest;
  private readonly where: { params: { path: { session_id: string } } };

  constructor(
    readonly sessionId: string,
    credential: Credential,
    base = "",
  ) {
    this.session = new SessionApi(sessionId, credential, base);
    this.rest = restClient(() => credential, base);
    this.where = { params: { path: { session_id: sessionId } } };
  }

  async results(): Promise<ReviewResults> {
    return (await this.session.results()) as ReviewResults;
  }

  /** Keeps the reader's own scores; again makes the next revision. */
  async score(scores: Score[], note: string): Promise<void> {
    await this.rest.POST("/api/interview/{session_id}/scorecards", { ...this.where, body: { scores, note } });
  }

  /** All revisions of one scorecard, oldest first. */
  async revisions(scorecardId: string): Promise<Revision[]> {
    const path = { ...this.where.params.path, scorecard_id: scorecardId };
    const { data } = await this.rest.GET("/api/interview/{session_id}/scorecards/{scorecard_id}", {
      params: { path },
    });
    return data?.revisions ?? [];
  }

  /** Has a proposal made that failed before. */
  async proposeAgain(): Promise<void> {
    await this.rest.POST("/api/interview/{session_id}/evaluation", { ...this.where, body: {} });
  }

  /** Forbids that anything of the session is deleted. */
  async hold(reason: string): Promise<void> {
    await this.rest.PUT("/api/interview/{session_id}/hold", { ...this.where, body: { reason } });
  }

  async release(): Promise<void> {
    await this.rest.DELETE("/api/interview/{session_id}/hold", this.where);
  }

  /** Deletes everything that is kept of the session; what is left is this receipt. */
  async erase(): Promise<Receipt | null> {
    const { data } = await this.rest.DELETE("/api/interview/{session_id}/data", this.where);
    return data ?? null;
  }

  /** The receipt of a session that was deleted; `null` where there is none, or not for this reader. */
  async receipt(): Promise<Receipt | null> {
    try {
      const { data } = await this.rest.GET("/api/interview/{session_id}/receipt", this.where);
      return data ?? null;
    } catch {
      return null;
    }
  }

  /** Whether everything is still as it was written. */
  async verify(): Promise<LogReport | null> {
    const { data } = await this.rest.GET("/api/interview/{session_id}/log", this.where);
    return (data as { report?: LogReport } | undefined)?.report ?? null;
  }
}
