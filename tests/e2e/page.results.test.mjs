// A recorded interview with a chat endpoint behind the built-in engine, from the invitation to scores and exports.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { PHONE, byId, checkAccessible, launch, openPage, screenshot, waitForData } from "./support/browser.mjs";
import { giveVoice, listenToAgent, startInterview, walkToStart, watchPage } from "./support/candidate.mjs";
import { chatServer } from "./support/chat.mjs";
import { ROOT, Viva, until } from "./support/viva.mjs";
import { speechClips, wrongWords } from "./support/words.mjs";

const TEST_MS = 240_000;
const PROBE = "What did you see there?";

const PLAN = {
  title: "A recorded passage",
  recording: true,
  candidate_may_read_results: true,
  persona: "Vera",
  questions: [
    {
      text: "Please read the first passage.",
      follow_ups: ["Could you tell me a little more?"],
      short_answer_words: 100,
      probes_max: 1,
      rubric: [
        {
          id: "content",
          name: "Content",
          levels: [
            { level: 1, anchor: "Says nothing of the passage." },
            { level: 2, anchor: "Says what the passage says." },
          ],
        },
        {
          id: "detail",
          name: "Detail",
          levels: [
            { level: 1, anchor: "Names no detail." },
            { level: 2, anchor: "Names a detail." },
          ],
        },
      ],
    },
  ],
};

/** Proves the first criterion with the candidate's own words, the second with words that nobody said. */
function judging({ criteria, conversation }) {
  const { item_id, text } = conversation.find(({ speaker }) => speaker === "candidate");
  const quoted = text.split(" ").slice(0, 5).join(" ");
  const quotes = [[{ item_id, text: quoted }], [{ item_id, text: "I single-handedly invented the whole thing" }]];
  return criteria.map(({ id }, at) => ({
    id,
    level: 2,
    rationale: "The candidate says so.",
    quotes: quotes[at],
  }));
}

describe("the results page", () => {
  let chat;
  let viva;
  let browser;
  let said;
  before(async () => {
    chat = await chatServer({ wording: () => PROBE, judging });
    browser = await launch();
    viva = await Viva.start({
      env: { VIVA_CHAT_URL: chat.url, VIVA_CHAT_MODEL: "scripted-1" },
    });
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
    await chat?.close();
  });

  /** Holds the interview through the page; gives the session's id and the candidate's own link to the results. */
  async function interview(invitation) {
    const clips = (await speechClips()).slice(0, 2);
    said = clips.map(({ words }) => words);
    const page = await openPage(browser);
    await giveVoice(page, clips);
    await listenToAgent(page);
    await watchPage(page);
    await page.goto(invitation);
    await walkToStart(page, async (step) => {
      if (step !== "welcome") return;
      assert.match(await page.locator("main").textContent(), /record/i, "the candidate is told before agreeing");
      await checkAccessible(page, "recorded-welcome");
    });
    await startInterview(page);
    await page.waitForFunction(() => window.agentVoice.peak > 0.01, undefined, {
      timeout: 15_000,
    });
    await checkAccessible(page, "recorded-live");
    await byId(page, "saved").waitFor({ timeout: TEST_MS / 2 });
    const own = await byId(page, "results-link").evaluate((link) => link.href);
    const { pathname } = new URL(page.url());
    assert.deepEqual(page.faults, []);
    await page.context().close();
    return { id: decodeURIComponent(pathname.split("/").at(-1)), own };
  }

  async function invitation() {
    const made = await viva.json("/api/v1/interviews", {
      method: "POST",
      body: PLAN,
    });
    const invite = await viva.json(`/api/v1/interviews/${made.interview_id}/invites`, { method: "POST", body: {} });
    return invite.url;
  }

  /** The follow-up is the model's, and its step says so. */
  function assertProbed(results) {
    const [question] = results.questions;
    const probe = question.steps.find(({ kind }) => kind === "probed");
    assert.equal(probe?.worded_by, "model", JSON.stringify(question.steps));
    assert.equal(probe.text, PROBE);
    assert.equal(question.status, "answered");
    assert.ok(results.transcript.some(({ role, content }) => role === "assistant" && content.includes(PROBE)));
    assert.ok(
      results.usage.lines.some(({ source, usd }) => source === "chat" && usd === null),
      "an unknown price",
    );
    assert.equal(results.usage.cost_usd, null);
  }

  /** What is read back from the recording at the transcript's times is what was said: both have one clock. */
  function assertHeardAgain({ transcript }, t) {
    const again = transcript.filter(({ second_pass: second }) => second?.content);
    assert.equal(again.length, 2, "both answers were heard again");
    const wrong = wrongWords(said.join(" "), again.map(({ second_pass: second }) => second.content).join(" "));
    t.diagnostic(`${wrong} words wrong in the second pass`);
    assert.ok(wrong <= 3, JSON.stringify(again));
  }

  /** Both ways were whole: what was not said and what was not sent is no loss. */
  function assertWhole({ audio_quality: audio }) {
    assert.ok(audio.concealed_ratio < 0.02, JSON.stringify(audio));
    assert.ok(audio.mos > 4 && audio.agent_mos > 4, JSON.stringify(audio));
  }

  test("shows a recording, then own scores, then proposals with quotes", { timeout: TEST_MS }, async (t) => {
    const { id, own } = await interview(await invitation());
    const complete = ({ recording, evaluation }) =>
      recording?.state === "ready" && ["proposed", "failed"].includes(evaluation?.status);
    const results = await until(60_000, () => viva.results(id), complete);
    assertProbed(results);
    assertWhole(results);
    assert.equal(results.evaluation.status, "proposed");
    assertHeardAgain(results, t);
    await candidateReads(own, results);

    const page = await openPage(browser);
    await page.goto(`${viva.url}/results/${id}`);
    await waitForData(page, "recording", "state", "ready", 15_000);
    await byId(page, "waveform").first().waitFor({ timeout: 15_000 });
    await byId(page, "play").click();
    await waitForData(page, "player", "playing", "true", 15_000);
    await byId(page, "play").click();
    const seconds = await page.waitForFunction(() => {
      const { duration } = document.querySelector('[data-testid="sound"]');
      return Number.isFinite(duration) && duration > 0 && duration;
    });
    const heardMs = (await seconds.jsonValue()) * 1000;
    t.diagnostic(`the player has ${heardMs} ms of ${results.recording.duration_ms}`);
    assert.ok(Math.abs(heardMs - results.recording.duration_ms) < 100);

    assert.equal(await byId(page, "proposal").count(), 0, "no proposal before the reader's own scores");
    assert.ok(!(await page.locator("main").textContent()).includes("The candidate says so."));
    await checkAccessible(page, "scores-own");
    await byId(page, "own-scores-send").click();
    await page.getByText("2 criteria are not scored yet").waitFor({ timeout: 5_000 });
    for (const criterion of ["content", "detail"]) {
      await page.locator(`[data-testid="own-score"][data-criterion="${criterion}"] label`).nth(1).click();
    }
    await page.reload();
    await byId(page, "draft").waitFor({ timeout: 15_000 });
    const kept = page.locator('[data-testid="own-score"] input:checked');
    assert.equal(await kept.count(), 2, "what was chosen outlives a reload");
    await byId(page, "own-scores-send").click();
    await byId(page, "proposal").waitFor({ timeout: 15_000 });
    const verdict = (criterion) =>
      page.locator(`[data-testid="agreement"][data-criterion="${criterion}"]`).getAttribute("data-verdict");
    assert.deepEqual([await verdict("content"), await verdict("detail")], ["same", "one_sided"]);
    const status = (criterion) =>
      page.locator(`[data-testid="proposed"][data-criterion="${criterion}"]`).getAttribute("data-status");
    assert.deepEqual(
      [await status("content"), await status("detail")],
      ["proposed", "insufficient_evidence"],
      "a level without a quote that was said is none",
    );
    const quote = await byId(page, "quote-text").first().textContent();
    const answers = results.transcript.filter(({ role }) => role === "user");
    const shownOf = ({ second_pass: second, shown, content }) => (shown === "live" ? content : second.content);
    const words = answers.map(shownOf);
    assert.ok(
      words.some((text) => text.includes(quote)),
      `"${quote}" is said in ${JSON.stringify(words)}`,
    );
    assert.ok(!(await page.locator("main").textContent()).includes("single-handedly"));
    await quotePlays(page, results);
    await checkAccessible(page, "scores-proposed");
    await screenshot(page, "recorded-results-whole", { fullPage: true });
    assert.deepEqual(page.faults, []);

    await scoredAgain(page);
    await byId(page, "export-menu").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator('[data-testid="export"][data-format="transcript.vtt"]').click(),
    ]);
    assert.match(await readFile(await download.path(), "utf8"), /^WEBVTT\n/);
    await page.context().close();

    const phone = await openPage(browser, { viewport: PHONE });
    await phone.goto(`${viva.url}/results/${id}`);
    await byId(phone, "proposal").waitFor({ timeout: 15_000 });
    await checkAccessible(phone, "phone-scores");
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.ok(!wide, "nothing is wider than a phone");
    await phone.context().close();
    await verified(id);
  });

  /** The candidate reads and hears the same, in the plain frame, without scores and without anything to decide. */
  async function candidateReads(link, results) {
    const page = await openPage(browser);
    await page.goto(link);
    await byId(page, "waveform").first().waitFor({ timeout: 15_000 });
    assert.equal(await byId(page, "transcript-item").count(), results.transcript.length);
    for (const id of ["scores", "own-scores", "proposal", "hold", "delete", "verify"]) {
      assert.equal(await byId(page, id).count(), 0, `no ${id} for the candidate`);
    }
    assert.ok(!/score|rubric|criteri/i.test(await page.locator("main").textContent()), "no word of scores");
    const asked = await page.evaluate(async (id) => {
      const headers = {
        Authorization: `Bearer ${new URLSearchParams(location.hash.slice(1)).get("token")}`,
      };
      const results = await (await fetch(`/api/interview/${id}/results`, { headers })).json();
      const scores = await fetch(`/api/interview/${id}/scorecards`, {
        headers,
      });
      return { evaluation: results.evaluation, scores: scores.status };
    }, results.session_id);
    assert.deepEqual(asked, { evaluation: null, scores: 404 }, "nor does the server tell them");
    await byId(page, "play").click();
    await waitForData(page, "player", "playing", "true", 15_000);
    await byId(page, "play").click();
    await checkAccessible(page, "results-candidate");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }

  /** A quote jumps to the moment at which it was said, and plays. */
  async function quotePlays(page, { transcript }) {
    const quote = byId(page, "quote").first();
    const itemId = await quote.getAttribute("data-item-id");
    const { start_ms: startMs } = transcript.find(({ item_id: id }) => id === itemId);
    await quote.locator('[data-testid="play-turn"]').click();
    await waitForData(page, "player", "playing", "true", 15_000);
    const current = page.locator(`[data-testid="transcript-item"][data-item-id="${itemId}"]`);
    await current.and(page.locator('[data-current="true"]')).waitFor({ timeout: 5_000 });
    await byId(page, "play").click();
    const atMs = Number(await byId(page, "player").getAttribute("data-position-ms"));
    assert.ok(atMs >= startMs, `${atMs} ms is not before ${startMs} ms`);
  }

  /** A second scorecard of the same person is a revision; the first one can still be read. */
  async function scoredAgain(page) {
    await byId(page, "score-again").click();
    for (const criterion of ["content", "detail"]) {
      await page.locator(`[data-testid="own-score"][data-criterion="${criterion}"] label`).nth(0).click();
    }
    await byId(page, "own-scores-send").click();
    await byId(page, "history").waitFor({ timeout: 15_000 });
    await byId(page, "history").locator("summary").click();
    await byId(page, "revision").waitFor({ timeout: 15_000 });
    assert.match(await byId(page, "revision").textContent(), /Content: 2.*Detail: 2/s);
  }

  /** `viva verify` from outside finds nothing, and after the erasure nothing either. */
  async function verified(id) {
    const binary = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
    const verify = () =>
      promisify(execFile)(binary, ["verify", id, "--json"], {
        cwd: viva.directory,
      });
    const { stdout } = await verify();
    assert.match(stdout, new RegExp(id));
    const receipt = await viva.json(`/api/interview/${id}/data`, {
      method: "DELETE",
    });
    assert.equal(receipt.session_id, id);
    const gone = await fetch(`${viva.url}/api/interview/${id}/results`);
    assert.equal(gone.status, 404);
    await verify();
  }
});
