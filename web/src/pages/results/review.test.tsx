// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ReviewResults, timelineOf } from "../../client/review";
import type { ReviewApi } from "../../client/reviewApi";
import type { Evaluation } from "../../client/outcome";
import { loadTexts } from "../../i18n";
import { AnswersPart } from "./AnswersPart";
import { ListeningPart, Transport } from "./PlayerPart";
import { ScoresPart } from "./ScoresPart";
import { Highlights, TimelinePart } from "./TimelinePart";
import { TranscriptPart } from "./TranscriptPart";
import { Player } from "./player";
import { ReviewContext } from "./review";
import type { Sound } from "./sound";

const said = (
  id: string,
  role: "user" | "assistant",
  startMs: number,
  endMs: number,
  content: string,
  more = {},
) => ({
  item_id: id,
  role,
  content,
  generated_content: content,
  start_ms: startMs,
  end_ms: endMs,
  state: "final" as const,
  question: 1,
  ...more,
});

const RESULTS: ReviewResults = {
  session_id: "ses_1",
  interview_id: "int_1",
  user_id: "candidate-1",
  status: "ended",
  end_reason: "completed",
  created_at: null,
  started_at: null,
  ended_at: null,
  duration_ms: 20_000,
  transcript: [
    said("a", "assistant", 0, 2_000, "What did you", { generated_content: "What did you build last?" }),
    said("b", "user", 1_900, 4_000, "A bridge."),
    said("c", "assistant", 8_000, 9_000, "Why a bridge?"),
    said("d", "user", 10_000, 12_000, "", { state: "missing" }),
    said("e", "user", 13_000, 19_000, "Because of the old river.", {
      shown: "second_pass",
      second_pass: { content: "Because of the cold river." },
    }),
  ],
  questions: [
    {
      number: 1,
      text: "What did you build last?",
      status: "answered",
      reason: "pause",
      item_ids: ["a", "b", "c", "d", "e"],
      answer_item_ids: ["b", "d", "e"],
      time_spent_ms: 19_000,
      steps: [
        {
          kind: "probed",
          reason: "short_answer",
          at_ms: 8_000,
          text: "Why a bridge?",
          worded_by: "model",
          stand_in: false,
        },
      ],
    },
    { number: 2, text: "And before?", status: "skipped", reason: "time_limit" },
  ],
  metrics: null,
  audio_quality: null,
  quality_samples: [
    { at_ms: 0, loss_ratio: 0, jitter_ms: 3, rtt_ms: 40 },
    { at_ms: 5_000, loss_ratio: 0.08, jitter_ms: 3, rtt_ms: 40 },
    { at_ms: 10_000, loss_ratio: 0, jitter_ms: 3, rtt_ms: 40 },
  ],
};

const Listening = () => (
  <>
    <ListeningPart>{null}</ListeningPart>
    <Transport />
  </>
);

/** A sound with a clock that a test sets. */
class TestSound implements Sound {
  elements = [];
  atMs = 0;
  calls: string[] = [];
  positionMs = () => this.atMs;
  seek = (ms: number) => void ((this.atMs = ms), this.calls.push(`seek ${ms}`));
  play = async () => void this.calls.push("play");
  pause = () => void this.calls.push("pause");
  setRate = (rate: number) => void this.calls.push(`rate ${rate}`);
  setMuted = (side: string, muted: boolean) => void this.calls.push(`${side} ${muted}`);
  onEnded = () => undefined;
  close = () => undefined;
}

function show(children: ReactNode, { sound = null as Sound | null, api = {} as ReviewApi } = {}) {
  const timeline = timelineOf(RESULTS);
  const player = new Player(sound && { kind: "wave", load: async () => sound }, timeline.lengthMs);
  const reload = vi.fn();
  const review = { results: RESULTS, timeline, api, player, isCandidate: false, reload, onErased: reload };
  render(<ReviewContext value={review}>{children}</ReviewContext>);
  return { player, reload };
}

beforeAll(async () => {
  await loadTexts(["shared", "review"], ["en"]);
  globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;
});
beforeEach(() => sessionStorage.clear());
afterEach(cleanup);

/** These suites share a machine with browsers and compilers. */
const PATIENCE = { timeout: 30_000 };

describe("the timeline", PATIENCE, () => {
  test("marks interruptions, long waits and bad stretches, and says each in words with a way there", async () => {
    const { player } = show(
      <>
        <TimelinePart />
        <Highlights />
      </>,
    );
    expect(screen.getAllByTestId("timeline-turn")).toHaveLength(5);
    expect(screen.getAllByTestId("timeline-interruption")).toHaveLength(1);
    expect(screen.getAllByTestId("timeline-quality").map((span) => span.dataset.grade)).toEqual([
      "good",
      "poor",
      "good",
    ]);
    const wait = screen.getAllByTestId("timeline-wait")[0];
    expect([wait?.dataset.long, wait?.textContent]).toEqual(["true", "4 sec"]);
    const found = screen.getAllByTestId("highlight");
    expect(found.map(({ dataset }) => dataset.kind)).toEqual(["interruption", "wait", "quality", "missing"]);
    expect(found[2]?.textContent).toContain("poor, 8% of the packets lost");
    await userEvent.click(found[1] as HTMLElement);
    expect(player.snapshot().positionMs).toBe(4_000);
  });

  test("moves by keys, also without a recording", () => {
    const { player } = show(<Listening />);
    expect(screen.queryByTestId("play")).toBeNull();
    const next = screen.getByTestId("next-turn");
    fireEvent.keyDown(next, { key: "ArrowRight" });
    expect(player.snapshot().positionMs).toBe(5_000);
    fireEvent.keyDown(next, { key: "ArrowRight", shiftKey: true });
    expect(player.snapshot().positionMs).toBe(19_000);
    fireEvent.keyDown(next, { key: "ArrowLeft" });
    fireEvent.keyDown(next, { key: "ArrowUp" });
    expect(player.snapshot().positionMs).toBe(10_000);
    fireEvent.keyDown(next, { key: "ArrowDown" });
    expect(player.snapshot().positionMs).toBe(13_000);
    fireEvent.keyDown(next, { key: "ArrowRight", ctrlKey: true });
    expect(player.snapshot().positionMs).toBe(13_000);
  });
});

describe("the player", PATIENCE, () => {
  test("loads once, at the moment that was chosen, with the speed and sides that were chosen", async () => {
    const sound = new TestSound();
    const { player } = show(<Listening />, { sound });
    player.setMuted("user", true);
    player.setRate(1.5);
    await player.playFrom(8_000);
    expect(sound.calls).toEqual(["seek 8000", "rate 1.5", "user true", "assistant false", "play"]);
    expect(player.snapshot()).toMatchObject({ playing: true, sound: "ready", positionMs: 8_000 });
    sound.atMs = 9_250;
    player.pause();
    expect(player.snapshot()).toMatchObject({ playing: false, positionMs: 9_250 });
    await player.playFrom(0);
    expect(sound.calls.filter((call) => call === "play")).toHaveLength(2);
  });

  test("says when the sound cannot be loaded, and can be asked again", async () => {
    let attempts = 0;
    const load = async (): Promise<Sound> => {
      attempts += 1;
      if (attempts === 1) throw new Error("gone");
      return new TestSound();
    };
    const player = new Player({ kind: "wave", load }, 10_000);
    await player.play();
    expect(player.snapshot()).toMatchObject({ sound: "failed", playing: false });
    await player.play();
    expect(player.snapshot()).toMatchObject({ sound: "ready", playing: true });
    player.close();
  });

  test("what was closed while it loaded never sounds", async () => {
    const sound = new TestSound();
    let give: (sound: Sound) => void = () => undefined;
    const load = () => new Promise<Sound>((resolve) => (give = resolve));
    const player = new Player({ kind: "wave", load }, 10_000);
    const playing = player.play();
    player.close();
    give(sound);
    await playing;
    expect(sound.calls).toEqual([]);
    expect(player.snapshot().playing).toBe(false);
  });
});

describe("the transcript", PATIENCE, () => {
  test("tells what was cut, what is missing, and both versions of an answer", () => {
    show(<TranscriptPart />);
    const [first, , , missing, last] = screen.getAllByTestId("transcript-item");
    expect(within(first as HTMLElement).getByTestId("cut").textContent).toContain("build last?");
    expect(missing?.textContent).toContain("could not be written down");
    expect(within(last as HTMLElement).getByTestId("heard").textContent).toBe("Because of the cold river.");
    expect(within(last as HTMLElement).getByTestId("live-version").textContent).toContain("the old river");
  });

  test("searches what is shown, and steps around", async () => {
    show(<TranscriptPart />);
    screen.getByTestId("transcript-search").focus();
    await userEvent.paste("bridge");
    expect(screen.getByTestId("search-count").textContent).toBe("1 of 2");
    const marks = () => [...document.querySelectorAll("mark")].map((mark) => mark.dataset.current);
    expect(marks()).toEqual(["true", "false"]);
    await userEvent.keyboard("{Enter}");
    expect(marks()).toEqual(["false", "true"]);
    await userEvent.keyboard("{Enter}");
    expect(marks()).toEqual(["true", "false"]);
    await userEvent.click(screen.getByTestId("search-previous"));
    expect(screen.getByTestId("search-count").textContent).toBe("2 of 2");
  });

  test("marks the turn of the moment, and stops following when the reader scrolls", async () => {
    const { player } = show(<TranscriptPart />);
    const current = () => screen.getAllByTestId("transcript-item").filter((row) => row.dataset.current === "true");
    expect(current()).toHaveLength(0);
    await userEvent.click(screen.getAllByTestId("play-turn")[2] as HTMLElement);
    expect(current().map((row) => row.dataset.itemId)).toEqual(["c"]);
    expect(player.snapshot().following).toBe(true);
    fireEvent.wheel(screen.getByRole("region", { name: "Transcript" }));
    expect(player.snapshot().following).toBe(false);
  });
});

test("answers stand by question, with what was done and why", () => {
  show(<AnswersPart />);
  expect(screen.getByTestId("coverage").textContent).toBe("1 of 2 questions answered. 1 follow-up was asked.");
  const [first, second] = screen.getAllByTestId("results-question") as [HTMLElement, HTMLElement];
  expect(within(first).getAllByTestId("transcript-item")).toHaveLength(3);
  expect(within(first).getByTestId("results-step").textContent).toContain("the answer was short");
  expect(first.textContent).toContain("0:19 spent");
  expect(second.dataset.status).toBe("skipped");
  expect(second.textContent).toContain("the interview’s time was over");
  expect(second.textContent).toContain("There is no answer.");
});

describe("scores", PATIENCE, () => {
  const evaluation: Evaluation = {
    status: "proposed",
    evaluator: { kind: "chat", model: "scripted-1" },
    reason: null,
    hidden_until_scored: true,
    evidence: [
      {
        question: 1,
        text: "What did you build last?",
        criteria: [{ id: "what", name: "What", description: "", levels: [{ level: 1, anchor: "Names a thing." }] }],
        answers: [{ item_id: "b", text: "A bridge.", start_ms: 1_900 }],
        insufficiency: "too_few_words",
      },
    ],
    proposal: null,
    scorecards: [],
  };

  test("are the reader's own first; a draft is kept until it is sent, every criterion needs a choice", async () => {
    const score = vi.fn(async () => undefined);
    const api = { sessionId: "ses_1", score } as unknown as ReviewApi;
    const { reload } = show(<ScoresPart evaluation={evaluation} />, { api });
    expect(screen.queryByTestId("proposal")).toBeNull();
    expect(screen.getByTestId("own-scores").textContent).toContain("the answer has too few words");
    await userEvent.click(screen.getByTestId("own-scores-send"));
    expect(screen.getByRole("alert").textContent).toContain("1 criterion is not scored yet");
    expect(score).not.toHaveBeenCalled();
    await userEvent.click(screen.getByLabelText("Not enough evidence"));
    screen.getByTestId("own-note").focus();
    await userEvent.paste("short");
    cleanup();

    const again = show(<ScoresPart evaluation={evaluation} />, { api });
    expect((screen.getByLabelText("Not enough evidence") as HTMLInputElement).checked).toBe(true);
    await userEvent.click(screen.getByTestId("own-scores-send"));
    expect(score).toHaveBeenCalledWith([{ question: 1, criterion: "what", level: null, note: "" }], "short");
    expect(again.reload).toHaveBeenCalledOnce();
    expect(reload).not.toHaveBeenCalled();
    expect(sessionStorage).toHaveLength(0);
  });

  test("stand beside the proposal afterwards, with agreement and quotes that play", async () => {
    const scored: Evaluation = {
      ...evaluation,
      hidden_until_scored: false,
      proposal: {
        questions: [
          {
            question: 1,
            criteria: [
              {
                criterion: "what",
                status: "insufficient_evidence",
                level: null,
                reason: "no_verified_quote",
                rationale: null,
                quotes: [{ item_id: "e", text: "the cold river", start_ms: 13_000 }],
                quotes_dropped: 2,
              },
            ],
          },
        ],
      },
      scorecards: [
        {
          scorecard_id: "sc_1",
          revision: 1,
          author: { kind: "user", id: "u", name: "Ada" },
          created_at: "2026-11-21T12:00:00Z",
          before_proposal: true,
          scores: [{ question: 1, criterion: "what", level: 1, note: "" }],
          note: "",
          agreement: [{ question: 1, criterion: "what", own: 1, proposed: null, steps: null, verdict: "one_sided" }],
        },
      ],
    };
    const { player } = show(<ScoresPart evaluation={scored} />, { api: { sessionId: "ses_1" } as ReviewApi });
    expect(screen.queryByTestId("own-scores")).toBeNull();
    expect(screen.getByTestId("agreement").dataset.verdict).toBe("one_sided");
    const proposed = screen.getByTestId("proposed");
    expect(proposed.textContent).toContain("not enough here to judge by: none of the model’s quotes was said");
    expect(proposed.textContent).toContain("2 quotes were left out");
    await userEvent.click(within(screen.getByTestId("quote")).getByTestId("play-turn"));
    expect(player.snapshot().positionMs).toBe(13_000);
  });
});
