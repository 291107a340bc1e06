import { describe, expect, it } from "vitest";
import { INITIAL_STATE, applyEvent, applyStatus, isOver, upsert, withPhase } from "./state";
import type { LiveEvent, StatusReport, TranscriptItem } from "./types";

const item = (id: string, startMs: number, revision = 1, content = id): TranscriptItem => ({
  item_id: id,
  role: "user",
  content,
  generated_content: null,
  start_ms: startMs,
  end_ms: null,
  state: "final",
  question: null,
  revision,
});

const report = (fields: Partial<StatusReport>): StatusReport => ({
  session_id: "s",
  status: "active",
  end_reason: null,
  question: null,
  speaker: null,
  engine: null,
  started_at: null,
  expires_at: null,
  ...fields,
});

describe("upsert", () => {
  it("orders by start, then by arrival", () => {
    const items = [item("c", 300), item("a", 100), item("b", 300), item("d", 200)].reduce(
      upsert,
      [] as readonly TranscriptItem[],
    );
    expect(items.map((entry) => entry.item_id)).toEqual(["a", "d", "c", "b"]);
  });

  it("takes a newer revision, and the same one again, but no older one", () => {
    const first = upsert([], item("a", 1, 2, "two"));
    expect(upsert(first, item("a", 1, 1, "one"))).toBe(first);
    expect(upsert(first, item("a", 1, 3, "three"))).toMatchObject([{ content: "three" }]);
    expect(upsert(first, item("a", 1, 2, "two"))).toEqual(first);
  });
});

describe("applyEvent", () => {
  const run = (events: LiveEvent[]) => events.reduce(applyEvent, INITIAL_STATE);

  it("keeps the question's text when only its number is repeated, and drops it for another number", () => {
    const asked = run([{ type: "question", number: 1, total: 3, text: "Why?" }]);
    const state = (number: number): LiveEvent => ({
      type: "session.state",
      status: "active",
      endReason: null,
      engine: "builtin",
      question: { number, total: 3 },
      speaker: null,
      timeLimitMs: null,
      atMs: null,
    });
    expect(applyEvent(asked, state(1)).question).toEqual({ number: 1, total: 3, text: "Why?" });
    expect(applyEvent(asked, state(2)).question).toEqual({ number: 2, total: 3, text: "" });
  });

  it("replaces a notice of the same code and keeps only the latest few", () => {
    const notices = ["a", "b", "a", "c", "d"].map((code): LiveEvent => ({
      type: "notice",
      code,
      text: code,
      level: "info",
    }));
    const state = run(notices);
    expect(state.notices.map((notice) => notice.code)).toEqual(["a", "c", "d"]);
    expect(new Set(state.notices.map((notice) => notice.id)).size).toBe(3);
  });

  it("says that the line is weak only above the limit, and takes it back", () => {
    const quality = (lossRatio: number | null): LiveEvent => ({ type: "quality", lossRatio, jitterMs: 1, rttMs: 1 });
    expect(run([quality(0.2)]).weakConnection).toBe(true);
    expect(run([quality(0.2), quality(null)]).weakConnection).toBe(true);
    expect(run([quality(0.2), quality(0)]).weakConnection).toBe(false);
  });
});

describe("the end", () => {
  const end: LiveEvent = { type: "session.ended", endReason: "completed", saved: true, resultsUrl: "/results/s" };

  it("is final", () => {
    const ended = applyEvent(INITIAL_STATE, end);
    expect(ended.phase).toEqual({ name: "ended", saved: true, endReason: "completed", resultsUrl: "/results/s" });
    expect(withPhase(ended, { name: "live" }).phase.name).toBe("ended");
  });

  it("is not taken back by a later report without a link", () => {
    const ended = applyStatus(applyEvent(INITIAL_STATE, end), report({ status: "ended", end_reason: "completed" }));
    expect(ended.phase).toMatchObject({ saved: true, resultsUrl: "/results/s" });
  });

  it("does not claim saved answers that were not confirmed", () => {
    expect(applyEvent(INITIAL_STATE, { ...end, saved: false }).phase).toMatchObject({ saved: false });
  });

  it("is seen in the status alone, where no event came", () => {
    const phase = applyStatus(INITIAL_STATE, report({ status: "ended", end_reason: "interrupted" })).phase;
    expect(phase).toEqual({ name: "ended", saved: true, endReason: "interrupted", resultsUrl: null });
  });
});

describe("the time limit and other tabs", () => {
  const told = (status: "connecting" | "active", timeLimitMs: number, atMs: number): LiveEvent => ({
    type: "session.state",
    status,
    endReason: null,
    engine: null,
    question: null,
    speaker: null,
    timeLimitMs,
    atMs,
  });

  it("counts from the interview's own clock, and stays put when an event was late", () => {
    expect(applyEvent(INITIAL_STATE, told("connecting", 60_000, 0), 5_000).deadlineMs).toBeNull();
    const active = applyEvent(INITIAL_STATE, told("active", 60_000, 10_000), 5_000);
    expect(active.deadlineMs).toBe(55_000);
    expect(applyEvent(active, told("active", 60_000, 20_000), 16_500).deadlineMs).toBe(55_000);
    expect(applyEvent(active, told("active", 90_000, 20_000), 15_000).deadlineMs).toBe(85_000);
  });

  it("leaves the interview to the tab that took it over", () => {
    const notice: LiveEvent = { type: "notice", code: "continued_elsewhere", text: "elsewhere", level: "warning" };
    const state = applyEvent(INITIAL_STATE, notice);
    expect(state.phase.name).toBe("elsewhere");
    expect(state.notices).toEqual([]);
    expect(isOver(state.phase)).toBe(true);
  });
});

describe("a connection that comes back", () => {
  const lost = { name: "reconnecting", trouble: "lost", retryInMs: null } as const;

  it("is told until the conversation goes on, and what was said of the line before is gone", () => {
    const unstable: LiveEvent = { type: "notice", code: "connection_unstable", text: "Unstable.", level: "warning" };
    const away = withPhase(applyEvent(withPhase(INITIAL_STATE, { name: "live" }), unstable), lost);
    expect(away.cameBack).toBe(false);
    const back = withPhase(away, { name: "live" });
    expect([back.cameBack, back.notices]).toEqual([true, []]);
    expect(applyEvent(back, { type: "turn", speaker: "user", state: "listening" }).cameBack).toBe(true);
    expect(applyEvent(back, { type: "transcript.item", item: item("a", 1) }).cameBack).toBe(false);
    expect(withPhase(back, lost).cameBack).toBe(false);
  });

  it("is not one that connects for the first time", () => {
    const first = withPhase(withPhase(INITIAL_STATE, { name: "connecting" }), { name: "live" });
    expect(first.cameBack).toBe(false);
  });
});
