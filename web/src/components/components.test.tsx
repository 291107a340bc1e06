// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CheckResult } from "../client/soundCheck";
import { INITIAL_STATE, type InterviewState } from "../client/state";
import type { CandidateMessage, TranscriptItem } from "../client/types";
import { loadTexts } from "../i18n";
import { Captions } from "./Captions";
import { CheckReport } from "./CheckReport";
import { ConsentGate } from "./ConsentGate";
import { Contact } from "./HelpButton";
import { InterviewControls } from "./InterviewControls";
import { QuestionProgress } from "./QuestionProgress";
import { Steps } from "./Steps";
import { TextAnswer } from "./TextAnswer";
import { TimeLeft } from "./TimeLeft";
import { TurnIndicator } from "./TurnIndicator";

beforeAll(() => loadTexts(["shared", "candidate"], ["en"]));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const item = (id: string, fields: Partial<TranscriptItem> = {}): TranscriptItem => ({
  item_id: id,
  role: "user",
  content: `Words of ${id}.`,
  generated_content: null,
  start_ms: 1_000,
  end_ms: null,
  state: "final",
  question: 1,
  revision: 1,
  ...fields,
});

describe("ConsentGate", () => {
  const consent = { version: "7", text: "I agree to this." };

  it("lets nobody on before the box is ticked, and says why", async () => {
    const agreed = vi.fn();
    render(<ConsentGate consent={consent} attemptsLeft={1} working={false} onAgree={agreed} />);
    await userEvent.click(screen.getByTestId("agree"));
    expect(agreed).not.toHaveBeenCalled();
    expect(screen.getByTestId("consent-reminder").textContent).toContain("tick the box");
    await userEvent.click(screen.getByRole("checkbox"));
    expect(screen.queryByTestId("consent-reminder")).toBeNull();
    await userEvent.click(screen.getByTestId("agree"));
    expect(agreed).toHaveBeenCalledOnce();
  });

  it("says what going on uses up, where it does", () => {
    const { rerender } = render(
      <ConsentGate consent={consent} attemptsLeft={1} working={false} onAgree={() => undefined} />,
    );
    expect(screen.getByTestId("attempts").textContent).toContain("one interview");
    rerender(<ConsentGate consent={consent} attemptsLeft={3} working={false} onAgree={() => undefined} />);
    expect(screen.getByTestId("attempts").textContent).toContain("3 attempts");
    rerender(<ConsentGate consent={consent} attemptsLeft={null} working={false} onAgree={() => undefined} />);
    expect(screen.queryByTestId("attempts")).toBeNull();
  });
});

describe("Captions", () => {
  const shown = { shown: true, size: "normal" } as const;

  it("announces finished words once, and running ones not at all", () => {
    const items = [item("a"), item("b", { state: "interim" })];
    render(<Captions items={items} settings={shown} onSettings={() => undefined} />);
    const log = screen.getByRole("log");
    expect(log.getAttribute("aria-live")).toBe("polite");
    expect(log.textContent).toContain("Words of a.");
    expect(log.textContent).not.toContain("Words of b.");
    expect(screen.getByTestId("captions").textContent).toContain("Words of b.");
  });

  it("marks what was interrupted, what could not be written down, and what is saved", () => {
    const items = [
      item("a", { role: "assistant", content: "Good", generated_content: "Good day to you" }),
      item("b", { state: "missing", content: "" }),
    ];
    render(<Captions items={items} settings={shown} onSettings={() => undefined} savedUpToHere />);
    const text = screen.getByTestId("captions").textContent;
    expect(text).toContain("(interrupted)");
    expect(text).toContain("could not be written down");
    expect(screen.getByTestId("saved-mark")).toBeTruthy();
  });

  it("can be hidden and made larger", async () => {
    const change = vi.fn();
    const { rerender } = render(<Captions items={[item("a")]} settings={shown} onSettings={change} />);
    await userEvent.click(screen.getByTestId("captions-toggle"));
    expect(change).toHaveBeenLastCalledWith({ shown: false, size: "normal" });
    await userEvent.selectOptions(screen.getByTestId("captions-size"), "largest");
    expect(change).toHaveBeenLastCalledWith({ shown: true, size: "largest" });
    rerender(<Captions items={[item("a")]} settings={{ shown: false, size: "large" }} onSettings={change} />);
    expect(screen.queryByText("Words of a.")).toBeNull();
  });
});

describe("TurnIndicator", () => {
  const state = (fields: Partial<InterviewState>): InterviewState => ({
    ...INITIAL_STATE,
    phase: { name: "live" },
    ...fields,
  });

  it.each<[Partial<InterviewState>, boolean, string]>([
    [{ phase: { name: "connecting" } }, false, "Connecting"],
    [{ speaker: "user", turnState: "listening" }, false, "listening"],
    [{ speaker: "user", turnState: "speaking" }, false, "being heard"],
    [{ speaker: "user", turnState: "listening" }, true, "muted"],
    [{ speaker: "assistant", turnState: "thinking" }, false, "thinking"],
    [{ speaker: "assistant", turnState: "speaking" }, false, "speaking"],
    [{ phase: { name: "reconnecting", trouble: "lost", retryInMs: null } }, false, "No connection"],
  ])("%o, muted %s, is “%s”", (fields, muted, words) => {
    render(<TurnIndicator state={state(fields)} muted={muted} />);
    expect(screen.getByRole("status").textContent).toContain(words);
  });
});

describe("TextAnswer", () => {
  it("keeps what could not be sent, and clears what was", async () => {
    const sent: CandidateMessage[] = [];
    const replies: string[] = [];
    let works = false;
    const tell = (message: CandidateMessage): Promise<boolean> => {
      sent.push(message);
      return Promise.resolve(works);
    };
    render(<TextAnswer onTell={tell} onReply={(reply) => replies.push(reply)} />);
    const field = screen.getByTestId<HTMLTextAreaElement>("text-answer");
    await userEvent.type(field, " My answer. ");
    await userEvent.click(screen.getByTestId("send-text"));
    expect(field.value).toBe(" My answer. ");
    works = true;
    await userEvent.click(screen.getByTestId("send-text"));
    expect(field.value).toBe("");
    expect(sent.at(-1)).toEqual({ type: "candidate.text", text: "My answer." });
    expect(replies[0]).toContain("still here");
    await userEvent.click(screen.getByTestId("send-text"));
    expect(sent).toHaveLength(2);
  });
});

describe("InterviewControls", () => {
  it("passes on what is pressed, and says when it could not", async () => {
    const told: string[] = [];
    const tell = (message: CandidateMessage): Promise<boolean> => {
      told.push(message.type);
      return Promise.resolve(message.type !== "candidate.repeat");
    };
    const mute = vi.fn();
    render(<InterviewControls onTell={tell} muted={false} onMute={mute} ending={false} />);
    await userEvent.click(screen.getByTestId("wait"));
    expect(screen.getByRole("status").textContent).toContain("Take the time");
    await userEvent.click(screen.getByTestId("repeat"));
    expect(screen.getByRole("status").textContent).toContain("no connection");
    await userEvent.click(screen.getByTestId("finished"));
    await userEvent.click(screen.getByTestId("mute"));
    expect(told).toEqual(["candidate.wait", "candidate.repeat", "candidate.finished"]);
    expect(mute).toHaveBeenCalledWith(true);
  });
});

describe("TimeLeft", () => {
  it("counts calmly and announces the last minute", () => {
    vi.useFakeTimers({ now: 0 });
    const { rerender } = render(<TimeLeft deadlineMs={null} />);
    expect(screen.queryByTestId("time-left")).toBeNull();
    rerender(<TimeLeft deadlineMs={125_000} />);
    expect(screen.getByTestId("time-left").textContent).toContain("3 minutes left");
    expect(screen.getByTestId("time-announced").textContent).toBe("");
    vi.setSystemTime(66_000);
    rerender(<TimeLeft key="later" deadlineMs={125_000} />);
    expect(screen.getByTestId("time-left").textContent).toContain("59 seconds left");
    expect(screen.getByTestId("time-announced").textContent).toContain("1 minute is left");
  });
});

describe("Steps, questions and contacts", () => {
  it("say where one stands", () => {
    render(<Steps steps={["about", "consent", "check", "practice", "live"]} current="check" />);
    expect(screen.getByTestId("steps").textContent).toContain("Step 3 of 5");
    expect(screen.getByText("Sound check").getAttribute("aria-current")).toBe("step");
    render(<QuestionProgress question={{ number: 2, total: 6, text: "Why?" }} />);
    expect(screen.getByTestId("question").textContent).toContain("Question 2 of 6");
  });

  it("make a link only of an address that can be followed", () => {
    render(<Contact contact="jobs@example.com" reference="ses_1" />);
    expect(screen.getByRole("link").getAttribute("href")).toBe("mailto:jobs@example.com");
    cleanup();
    render(<Contact contact="javascript:alert(1)" reference={null} />);
    expect(screen.queryByRole("link")).toBeNull();
  });
});

describe("CheckReport", () => {
  const result = (fields: Partial<CheckResult["checkup"]>): CheckResult => ({
    checkup: {
      path: "direct",
      lossUp: 0.003,
      lossDown: 0,
      jitterMs: 4,
      roundTripMs: 21,
      voiceDelayMs: 187,
      voiceLevel: 61,
      returnedLevel: 60,
      clipped: false,
      ...fields,
    },
    sentence: null,
  });

  it("says good in words and keeps the figures for who wants them", () => {
    render(<CheckReport result={result({})} />);
    expect(screen.getByTestId("check-verdict").textContent).toContain("Good: the interviewer hears you well.");
    expect(screen.getByText("187 ms")).toBeTruthy();
    expect(screen.getByText("0.3 %")).toBeTruthy();
  });

  it("says what to do where it is not", () => {
    render(<CheckReport result={result({ path: "none", voiceDelayMs: null, lossUp: null })} />);
    const verdict = screen.getByTestId("check-verdict");
    expect(verdict.dataset.grade).toBe("poor");
    expect(verdict.textContent).toContain("another network".replace("another", "Another"));
    expect(screen.getAllByText("not known").length).toBe(2);
  });
});
