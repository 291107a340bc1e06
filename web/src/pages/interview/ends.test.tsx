// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadTexts } from "../../i18n";
import { type About, aboutSession } from "./arrival";
import { ClosingStep } from "./ClosingStep";
import { ProblemPage } from "./ProblemPage";

beforeAll(async () => {
  await loadTexts(["shared", "candidate"], ["en"]);
  window.scrollTo = () => undefined;
});
afterEach(cleanup);

const ABOUT: About = aboutSession({
  session_id: "ses_1",
  status: "ended",
  end_reason: "expired",
  question: null,
  speaker: null,
  engine: null,
  started_at: null,
  expires_at: null,
  title: "Baker",
  contact: "jobs@example.com",
});
const TICKET = { sessionId: "ses_1", token: "t", iceServers: null };

describe("the end", () => {
  it.each([
    ["expired", "The time to hold this interview is over."],
    ["time_limit", "The time for this interview is up."],
    ["network_lost", "The connection was lost for too long"],
    ["budget", "closed early for a technical reason"],
    ["engine_failed", "not your fault"],
    ["something new", "The interview is over."],
  ])("of the reason %s is told honestly", (endReason, words) => {
    render(<ClosingStep about={ABOUT} ticket={TICKET} outcome={{ saved: true, endReason, resultsUrl: null }} />);
    expect(screen.getByTestId("closing").textContent).toContain(words);
    expect(screen.getByTestId("saved")).toBeTruthy();
    expect(screen.getByTestId("contact").textContent).toBe("jobs@example.com");
    expect(screen.queryByTestId("results-link")).toBeNull();
  });

  it("says so when the server did not confirm that all is saved, and says what happens next", () => {
    const about = { ...ABOUT, nextSteps: "We write to you." };
    const outcome = { saved: false, endReason: "internal", resultsUrl: "http://elsewhere/results/ses_1" };
    render(<ClosingStep about={about} ticket={TICKET} outcome={outcome} />);
    expect(screen.queryByTestId("saved")).toBeNull();
    expect(screen.getByTestId("not-saved")).toBeTruthy();
    expect(screen.getByTestId("next-steps").textContent).toBe("We write to you.");
    expect(screen.getByTestId("results-link").getAttribute("href")).toBe("/results/ses_1#token=t");
  });
});

describe("a problem", () => {
  it.each([
    ["invite_used_up", 410, "", "used"],
    ["invite_closed", 410, "", "closed"],
    ["invite_not_open", 409, "not open yet", "notOpen"],
    ["session_ended", 409, "", "expired"],
    ["not_found", 404, "", "unknown"],
    ["no_token", 401, "", "noToken"],
    ["budget_used_up", 402, "", "budget"],
    ["unsupported", 0, "", "unsupported"],
    ["language_unavailable", 400, "That language is not spoken.", "other"],
  ])("of the code %s (%i) has its own words", (code, status, detail, kind) => {
    render(<ProblemPage code={code} status={status} detail={detail} />);
    const problem = screen.getByTestId("problem");
    expect(problem.dataset.kind).toBe(kind);
    expect(screen.getByRole("heading", { level: 1 }).textContent).not.toBe("");
    if (kind === "other") expect(problem.textContent).toContain(detail);
  });

  it("of a link that opens later says when", () => {
    render(<ProblemPage code="invite_not_open" status={410} detail="2027-03-04T10:00:00Z" />);
    expect(screen.getByTestId("problem").textContent).toContain("2027");
  });
});
