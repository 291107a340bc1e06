import { describe, expect, it } from "vitest";
import type { Body } from "../../../client/rest";
import {
  type InterviewForm,
  bodyOf,
  changed,
  emptyForm,
  estimate,
  formOf,
  hintsOf,
  isSame,
  moved,
  newCriterion,
  newQuestion,
  patienceWord,
  problemsOf,
  renumbered,
  without,
} from "./form";

const VIEW: Body<"InterviewView"> = {
  interview_id: "int_1",
  built_in: false,
  kind: "general",
  title: "First round",
  description: "About your work.",
  language: "en",
  persona: "Vera",
  instructions: "Be polite.",
  host: "Bakery Ltd.",
  contact: "jobs@example.com",
  next_steps: "We write within a week.",
  questions: [
    {
      number: 1,
      text: "What did you build?",
      follow_ups: ["What was hard?"],
      short_answer_words: 20,
      patience_ms: 1800,
      time_box_ms: 5000,
      probes_max: 2,
      rubric: [
        {
          id: "own-part",
          name: "Own part",
          description: "What was theirs.",
          levels: [
            { level: 1, anchor: "None." },
            { level: 3, anchor: "Named." },
          ],
        },
      ],
    },
    { number: 2, text: "Anything else?", follow_ups: [], rubric: [] },
  ],
  limits: { max_duration_ms: 1_800_000, silence_ms: 20_000, cost_usd_max: 2.5 },
  recording: true,
  retention: { audio_days: 30, transcript_days: null, scores_days: null },
  candidate_may_read_results: true,
  audio_codec: "pcmu",
  version: 4,
};

function form(change: Partial<InterviewForm> = {}): InterviewForm {
  return { ...formOf(VIEW), ...change };
}

describe("an interview in the form", () => {
  it("comes out as it went in, odd values included", () => {
    const { interview_id: _id, built_in: _built, version: _version, ...rest } = VIEW;
    const body = bodyOf(formOf(VIEW));
    expect({ ...body, questions: [] }).toEqual({ ...rest, questions: [] });
    const [first, second] = body.questions ?? [];
    const { number: _number, ...question } = VIEW.questions[0] as Body<"QuestionBody">;
    expect(first).toEqual(question);
    expect(second).toMatchObject({ text: "Anything else?", short_answer_words: 0, probes_max: null });
  });

  it("sends trimmed texts, and no kind for one from scratch", () => {
    const body = bodyOf({ ...emptyForm(), title: "  Mine ", questions: [newQuestion(" Why? ")] });
    expect(body).not.toHaveProperty("kind");
    expect(body.title).toBe("Mine");
    expect(body.questions?.[0]?.text).toBe("Why?");
  });

  it("gives new criteria an id of their name, unique, and leaves old ones alone", () => {
    const question = {
      ...newQuestion("Why?"),
      rubric: [
        { ...newCriterion("Own part"), id: "own-part" },
        newCriterion("Own part!"),
        newCriterion("Grösse & Ziel"),
        newCriterion("…"),
      ],
    };
    const ids = bodyOf({ ...emptyForm(), questions: [question] }).questions?.[0]?.rubric?.map(({ id }) => id);
    expect(ids).toEqual(["own-part", "own-part-2", "grosse-ziel", "criterion"]);
  });

  it("is the same when only keys differ", () => {
    expect(isSame(formOf(VIEW), formOf(VIEW))).toBe(true);
    expect(isSame(form(), form({ host: "Other" }))).toBe(false);
  });
});

describe("lists", () => {
  const list = ["a", "b", "c"].map((key) => ({ key, text: key }));
  const keys = (entries: { key: string }[]): string => entries.map(({ key }) => key).join("");

  it("are reordered one place at a time, and not beyond their ends", () => {
    expect(keys(moved(list, "b", -1))).toBe("bac");
    expect(keys(moved(list, "b", 1))).toBe("acb");
    expect(keys(moved(list, "a", -1))).toBe("abc");
    expect(keys(moved(list, "c", 1))).toBe("abc");
    expect(keys(moved(list, "x", 1))).toBe("abc");
  });

  it("lose and change one entry", () => {
    expect(keys(without(list, "b"))).toBe("ac");
    expect(changed(list, "b", { text: "new" })[1]).toEqual({ key: "b", text: "new" });
  });

  it("number levels without a hole", () => {
    const { levels } = newCriterion("x", ["one", "two", "three"]);
    const rest = renumbered(without(levels, levels[1]?.key ?? ""));
    expect(rest.map(({ level, anchor }) => [level, anchor])).toEqual([
      [1, "one"],
      [2, "three"],
    ]);
  });
});

describe("the length", () => {
  it("is what candidates are told, and the bound of it", () => {
    expect(estimate(form())).toEqual({ aboutMinutes: 4, boxMinutes: 5, limitMinutes: 30 });
    expect(estimate(form({ maxDurationMs: 60_000 }))).toEqual({ aboutMinutes: 1, boxMinutes: 5, limitMinutes: 1 });
    expect(estimate({ ...emptyForm(), questions: [] }).aboutMinutes).toBe(1);
  });

  it("has words for patience", () => {
    expect([300, 700, 1500, 6000].map(patienceWord)).toEqual(["brisk", "usual", "patient", "long"]);
  });
});

describe("problems", () => {
  it("stay with their entries when these are moved", () => {
    const before = form();
    const problems = problemsOf(before, [
      { pointer: "/title", detail: "must not be empty" },
      { pointer: "/questions/0/follow_ups/0", detail: "must not be empty" },
      { pointer: "/questions/0/rubric/0/id", detail: "judges an accent" },
      { pointer: "/questions/0/rubric/0/name", detail: "judges an accent" },
      { pointer: "/questions/0/rubric/0/levels/1/anchor", detail: "is empty" },
      { pointer: "/questions/1/text", detail: "must not be empty" },
      { pointer: "/questions/9/text", detail: "is nowhere" },
    ]);
    const [first, second] = before.questions;
    const criterion = first?.rubric[0];
    expect([...problems.keys()]).toEqual([
      "/title",
      `/questions/${first?.key}/follow_ups/${first?.followUps[0]?.key}`,
      `/questions/${first?.key}/rubric/${criterion?.key}/name`,
      `/questions/${first?.key}/rubric/${criterion?.key}/levels/${criterion?.levels[1]?.key}`,
      `/questions/${second?.key}/text`,
      "/questions",
    ]);
    expect(problems.get(`/questions/${first?.key}/rubric/${criterion?.key}/name`)).toContain("; ");
  });

  it("are none for what the server takes", () => {
    expect(hintsOf(form(), form())).toEqual([]);
  });

  it("are found before the server is asked", () => {
    const [question] = form().questions;
    const wrong = form({
      title: " ",
      contact: "no address",
      maxDurationMs: null,
      silenceMs: 1000,
      costUsdMax: null,
      audioDays: 4000,
      questions: [{ ...question!, text: "", timeBoxMs: 3_700_000, rubric: [newCriterion("")] }],
    });
    const found = hintsOf(wrong, form()).map(({ pointer, kind }) => `${pointer} ${kind}`);
    expect(found).toEqual([
      "/title empty",
      "/contact contact",
      "/questions/0/text empty",
      "/questions/0/time_box_ms range",
      "/questions/0/rubric/0/name empty",
      ...[0, 1, 2, 3].map((level) => `/questions/0/rubric/0/levels/${level}/anchor empty`),
      "/limits/max_duration_ms number",
      "/limits/silence_ms range",
      "/limits/cost_usd_max kept",
      "/retention/audio_days range",
    ]);
    expect(hintsOf(form({ costUsdMax: null }), null)).toEqual([]);
  });
});
