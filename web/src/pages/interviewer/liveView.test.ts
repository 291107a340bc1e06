import { describe, expect, it } from "vitest";
import { INITIAL_STATE } from "../../client/state";
import { type LiveView, NOTHING_YET, applyMessage, elapsedMs, floorOf, qualityWord } from "./liveView";

function envelope(type: string, at_ms: number, data: unknown): string {
  return JSON.stringify({ id: 1, type, at_ms, data });
}

function item(text: string, revision: number, at_ms = 2000): string {
  const data = {
    item_id: "i1",
    role: "user",
    content: text,
    start_ms: 500,
    end_ms: null,
    state: "interim",
    revision,
  };
  return envelope("transcript.item", at_ms, data);
}

function after(...messages: string[]): LiveView {
  return messages.reduce((view, message, at) => applyMessage(view, message, 10_000 + at), NOTHING_YET);
}

describe("the live page", () => {
  it("keeps captions by their item, the latest revision of each", () => {
    const { captions } = after(item("Hel", 1), item("Hello", 3), item("Hell", 2)).interview;
    expect(captions.map(({ content }) => content)).toEqual(["Hello"]);
  });

  it("knows how long it has gone on, whatever order events come in", () => {
    const view = after(item("a", 1, 2000), item("b", 2, 1500));
    expect(elapsedMs(view, 10_500)).toBe(2500);
    expect(elapsedMs(NOTHING_YET, 5)).toBeNull();
    const ended = after(
      item("a", 1, 2000),
      envelope("session.ended", 9000, { end_reason: "completed", saved: true }),
    );
    expect(elapsedMs(ended, 99_000)).toBe(9000);
    expect(ended.interview.phase).toMatchObject({ name: "ended", endReason: "completed" });
  });

  it("keeps the last quality, and lets nonsense pass by", () => {
    const quality = envelope("quality", 3000, { loss_ratio: 0.02, jitter_ms: 12, rtt_ms: null });
    const view = after(quality, "no json", '{"type":"new.thing","data":{}}');
    expect(view.quality).toEqual({ lossRatio: 0.02, jitterMs: 12, rttMs: null });
  });

  it("has a word for the line", () => {
    expect(qualityWord({ lossRatio: 0, jitterMs: 5, rttMs: 40 })).toBe("good");
    expect(qualityWord({ lossRatio: 0.02, jitterMs: 5, rttMs: 40 })).toBe("fair");
    expect(qualityWord({ lossRatio: 0, jitterMs: 5, rttMs: 900 })).toBe("poor");
  });

  it("says who speaks", () => {
    const state = { ...INITIAL_STATE, status: "active" as const };
    expect(floorOf({ ...state, speaker: "user", turnState: "listening" })).toBe("candidate");
    expect(floorOf({ ...state, speaker: "assistant", turnState: "speaking" })).toBe("interviewerSpeaks");
    expect(floorOf({ ...state, speaker: "assistant", turnState: "thinking" })).toBe("interviewerThinks");
    expect(floorOf({ ...state, status: "reconnecting" })).toBe("away");
    expect(floorOf(INITIAL_STATE)).toBe("waiting");
  });
});
