// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";
import { INITIAL_STATE, type InterviewState, applyEvent, withPhase } from "../../client/state";
import { type FrameMessage, parseFrameMessage } from "../../kit/frame";
import { messagesOf, microphonePolicy, reportCall, tellParent } from "./report";

/** A call that goes through these states. */
class Course {
  private readonly listeners = new Set<() => void>();
  constructor(private state: InterviewState) {}
  readonly snapshot = (): InterviewState => this.state;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  become(state: InterviewState): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}

const LIVE = withPhase(INITIAL_STATE, { name: "live" });
const ASKED = applyEvent(LIVE, { type: "question", number: 2, total: 5, text: "Why did you leave?" });
const SPOKEN = applyEvent(ASKED, {
  type: "transcript.item",
  item: {
    item_id: "i",
    role: "user",
    content: "My secret reason.",
    generated_content: null,
    start_ms: 0,
    end_ms: 10,
    state: "final",
    question: 2,
    revision: 1,
  },
});
const ENDED = applyEvent(SPOKEN, {
  type: "session.ended",
  endReason: "completed",
  saved: true,
  resultsUrl: "/results/s",
});

describe("what a frame tells", () => {
  it("is each step once, without words, ids or links", () => {
    const told: FrameMessage[] = [];
    const course = new Course(LIVE);
    const stop = reportCall(course, (message) => told.push(message));
    for (const state of [ASKED, SPOKEN, ENDED]) course.become(state);
    stop();
    course.become(LIVE);
    expect(told).toEqual([
      { source: "viva", type: "viva.state", phase: "live", question: null },
      { source: "viva", type: "viva.state", phase: "live", question: { number: 2, total: 5 } },
      { source: "viva", type: "viva.state", phase: "ended", question: { number: 2, total: 5 } },
      { source: "viva", type: "viva.ended", saved: true, endReason: "completed" },
    ]);
    const text = JSON.stringify(told);
    for (const word of ["secret", "leave", "results"]) expect(text).not.toContain(word);
  });

  it("is understood on the other side", () => {
    for (const message of messagesOf(ENDED)) expect(parseFrameMessage(message)).toEqual(message);
  });

  it("goes to the named origin around, and nowhere else", () => {
    const postMessage = vi.fn();
    const framed = { parent: { postMessage } } as unknown as Window;
    const message: FrameMessage = { source: "viva", type: "viva.height", height: 4 };
    tellParent("https://jobs.example", framed)(message);
    expect(postMessage.mock.calls).toEqual([[message, "https://jobs.example"]]);
    tellParent(null, framed)(message);
    const alone = { postMessage } as unknown as Window;
    Object.assign(alone, { parent: alone });
    tellParent("https://jobs.example", alone)(message);
    expect(postMessage).toHaveBeenCalledTimes(1);
  });

  it("says whether the microphone may be used, where the browser tells", () => {
    const policy = (allows: boolean): Document =>
      ({ featurePolicy: { allowsFeature: () => allows } }) as unknown as Document;
    expect([policy(true), policy(false), {} as Document].map(microphonePolicy)).toEqual([
      "allowed",
      "blocked",
      "unknown",
    ]);
  });
});
