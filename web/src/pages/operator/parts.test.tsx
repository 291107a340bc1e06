// @vitest-environment jsdom
import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { credential, signOut } from "../../client/account";
import { parseMetrics } from "../../client/metrics";
import { loadTexts } from "../../i18n";
import { KeyPanel } from "./KeyPanel";
import { ProblemsCard } from "./ProblemsCard";
import { CounterTable } from "./Rows";
import { UsageCard } from "./UsageCard";
import { VerdictPanel } from "./VerdictPanel";
import { type Facts, factsOf } from "./facts";
import type { Answers, Problem } from "./source";
import type { WatchState } from "./watch";

const NOW_MS = Date.parse("2026-11-21T10:00:00Z");

function facts(answers: Partial<Answers> = {}, ...texts: string[]): Facts {
  const looks = texts.map((text, index) => ({ atMs: NOW_MS + index * 5_000, metrics: parseMetrics(text) }));
  const nothing = {
    health: null,
    interview: null,
    ready: null,
    problems: null,
    live: null,
    ended: null,
    usage: null,
  };
  return factsOf({ atMs: NOW_MS, metrics: null, ...nothing, ...answers }, looks);
}

function state(next: Partial<WatchState>): WatchState {
  const nothing = { points: [], answeredAtMs: null, silentSinceMs: null, refusal: null, isPaused: false };
  return { facts: null, intervalMs: 5_000, ...nothing, ...next };
}

beforeAll(() => loadTexts(["shared", "operator"], ["en"]));
afterEach(() => {
  cleanup();
  signOut();
});

describe("CounterTable", () => {
  it("shows what is counted, says what is unknown, and leaves out what there is not", () => {
    const counted = 'viva_mail_total{outcome="sent"} 2';
    const counters = ["mailSent", "mailFailed", "cacheLost"] as const;
    const { rerender } = render(<CounterTable title="x" facts={facts({}, counted)} counters={counters} />);
    const cells = (id: string): (string | null)[] =>
      within(screen.getByTestId(`counter-${id}`))
        .getAllByRole("cell")
        .map(({ textContent }) => textContent);
    expect(cells("mailSent")).toEqual(["unknown", "2"]);
    expect(cells("mailFailed")).toEqual(["unknown", "0"]);
    expect(screen.queryByTestId("counter-cacheLost")).toBeNull();
    const later = `${counted}\nviva_mail_total{outcome="refused"} 1200`;
    rerender(
      <CounterTable title="x" facts={facts({}, counted, later)} counters={counters} ordinary={["mailSent"]} />,
    );
    expect(cells("mailFailed")).toEqual(["1,200", "1,200"]);
    expect(screen.getByTestId("counter-mailFailed").dataset).toMatchObject({ new: "true" });
    expect(screen.getByTestId("counter-mailSent").dataset).not.toHaveProperty("new");
  });

  it("says so where nothing was counted at all", () => {
    render(<CounterTable title="x" facts={facts({}, "viva_sessions 1")} counters={["mailSent"]} delays={["job"]} />);
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.getByText(/Nothing was counted/)).toBeTruthy();
  });
});

describe("ProblemsCard", () => {
  const problem = (level: "warn" | "error", message: string, count = 1): Problem => ({
    at: "2026-11-21T10:00:00Z",
    first_at: "2026-11-21T09:00:00Z",
    level,
    area: "store",
    message,
    count,
  });

  it("shows one level at a time, with how often and when", async () => {
    const problems = { problems: [problem("error", "disk full", 3), problem("warn", "slow")], dropped: 1 };
    render(<ProblemsCard facts={facts({ problems })} />);
    const shown = (): (string | null)[] => screen.queryAllByTestId("problem").map(({ textContent }) => textContent);
    expect(shown()).toHaveLength(2);
    expect(shown()[0]).toMatch(/Error.*store.*3 times.*last at .*since .*disk full/);
    expect(shown()[1]).toMatch(/Warning.*once.*slow/);
    await userEvent.click(screen.getByRole("radio", { name: "Warnings" }));
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toContain("slow");
    expect(screen.getByText("One more report was not counted: too much happened at once.")).toBeTruthy();
  });

  it("tells no problems from a server that does not list them", () => {
    const { rerender } = render(<ProblemsCard facts={facts()} />);
    expect(screen.getByTestId("problems-missing")).toBeTruthy();
    rerender(<ProblemsCard facts={facts({ problems: { problems: [], dropped: 0 } })} />);
    expect(screen.getByTestId("problems-none")).toBeTruthy();
    expect(screen.queryByTestId("problems-missing")).toBeNull();
  });
});

describe("VerdictPanel", () => {
  it("says in words what is the matter, how often, and what to do", () => {
    const judged = facts(
      {},
      "viva_uplink_dropped_total 0",
      "viva_uplink_dropped_total 150\nviva_store_failures_total 1",
    );
    render(<VerdictPanel state={state({ facts: judged, answeredAtMs: NOW_MS })} onTryNow={vi.fn()} />);
    expect(screen.getByRole("heading").textContent).toBe("In trouble");
    const reasons = screen.getAllByRole("listitem").map(({ textContent }) => textContent);
    expect(reasons[0]).toMatch(/could not be saved once.*Check the database/);
    expect(reasons[1]).toMatch(/did not take 3 sec of the candidates’ voice/);
  });

  it("puts a server that does not answer before all else, and asks again when told", async () => {
    const tryNow = vi.fn();
    const silent = state({ facts: facts({}, ""), answeredAtMs: NOW_MS, silentSinceMs: NOW_MS + 1 });
    render(<VerdictPanel state={silent} onTryNow={tryNow} />);
    expect(screen.getByTestId("verdict").dataset).toMatchObject({ verdict: "silent" });
    await userEvent.click(screen.getByRole("button", { name: "Try now" }));
    expect(tryNow).toHaveBeenCalledOnce();
  });
});

describe("KeyPanel", () => {
  it("ties what is wrong to the field, and keeps the key that was typed", async () => {
    render(<KeyPanel refusal="user" />);
    expect(screen.getByRole("heading").textContent).toBe("This page is for operators");
    const field = screen.getByLabelText("Platform key");
    await userEvent.click(screen.getByRole("button", { name: "Show the status" }));
    const described = (field.getAttribute("aria-describedby") ?? "").split(" ");
    expect(described.map((id) => document.getElementById(id)?.textContent).join(" ")).toContain(
      "Type or paste a key",
    );
    expect(document.activeElement).toBe(field);
    expect(credential()).toBeNull();
    await userEvent.type(field, "  a-key  {Enter}");
    expect(credential()).toEqual({ apiKey: "a-key" });
  });
});

describe("UsageCard", () => {
  it("does not take an unknown price for nothing", () => {
    const line = { source: "engine", model: "m", kind: "heard", quantity: 90, unit: "second", usd: null } as const;
    const usage = { lines: [line], cost_usd: null, known_usd: 0, price_file_date: "2026-11-01" };
    const groups = [{ key: "2026-11-21", sessions: 1, usage }] as unknown as NonNullable<Answers["usage"]>["groups"];
    const report = { from: "2026-11-21", to: "2026-11-21", group: "day", groups, next_cursor: null };
    const { rerender } = render(<UsageCard facts={facts({ usage: report })} />);
    expect(screen.getByTestId("cost").textContent).toBe("unknown");
    expect(screen.getByText(/price of something is unknown/)).toBeTruthy();
    rerender(<UsageCard facts={facts({ usage: { ...report, groups: [] } })} />);
    expect(screen.getByTestId("usage-none")).toBeTruthy();
  });
});
