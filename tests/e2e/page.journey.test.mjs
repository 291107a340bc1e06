// The candidate's whole way by invitation in Chromium: what this is, consent, sound check, practice, interview, end.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, checkAccessible, launch, openPage, waitForData } from "./support/browser.mjs";
import {
  giveVoice,
  listenToAgent,
  sessionOf,
  startInterview,
  tabTo,
  walkToCheck,
  walkToStart,
  watchPage,
} from "./support/candidate.mjs";
import { Viva, until } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const PLAN = {
  kind: "bakery",
  title: "Baker, first talk",
  description: "We would like to hear how you work.",
  host: "Bakery Hallerup",
  contact: "jobs@bakery.example",
  next_steps: "We write to you within a week.",
  candidate_may_read_results: true,
  questions: [{ text: "What did you bake last?", patience_ms: 1200 }],
  limits: { max_duration_ms: 290_000 },
};
/** On a machine that is busy with other tests a check takes longer; a person's machine is not. */
const CHECK_LIMIT_MS = 25_000;
const PRACTICE_LIMIT_MS = 90_000;

async function invite(viva, plan = PLAN, terms = {}) {
  const made = await viva.json("/api/v1/interviews", {
    method: "POST",
    body: plan,
  });
  const { url } = await viva.json(`/api/v1/interviews/${made.interview_id}/invites`, { method: "POST", body: terms });
  return url;
}

/** Runs the check from its button to its verdict; gives what it says. */
async function check(page, press = () => byId(page, "check-start").click()) {
  await byId(page, "check-start").waitFor({ timeout: 10_000 });
  const started = Date.now();
  await press();
  await byId(page, "check-verdict").waitFor({ timeout: CHECK_LIMIT_MS });
  const verdict = await byId(page, "check-verdict").evaluate((element) => ({
    ...element.dataset,
  }));
  return { ...verdict, took: Date.now() - started };
}

describe("the candidate's way", () => {
  let viva;
  let browser;
  let clips;
  before(async () => {
    browser = await launch();
    viva = await Viva.start();
    clips = await speechClips();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("leads from the link through check and practice to the end", { timeout: 240_000 }, async (t) => {
    const page = await openPage(browser);
    await giveVoice(page, clips.slice(0, 1));
    await listenToAgent(page);
    await watchPage(page);
    await page.goto(await invite(viva));

    await waitForData(page, "steps", "step", "about", 15_000);
    assert.match(await byId(page, "host").textContent(), /Bakery Hallerup/);
    assert.equal(await byId(page, "contact").textContent(), PLAN.contact);
    assert.match(await byId(page, "limit").textContent(), /4 minutes/);
    await checkAccessible(page, "journey-about");
    await byId(page, "continue").click();
    await waitForData(page, "steps", "step", "consent", 5_000);
    assert.match(await byId(page, "attempts").textContent(), /one interview/);
    await byId(page, "agree").click();
    await byId(page, "consent-reminder").waitFor();
    await checkAccessible(page, "journey-consent");
    await byId(page, "back").click();
    await byId(page, "continue").click();
    assert.match(page.url(), /\/i\//, "nothing is used up before the agreement");
    await byId(page, "consent").click();
    await byId(page, "agree").click();

    await waitForData(page, "steps", "step", "check", 10_000);
    const sessionId = sessionOf(page);
    const { consents } = await viva.json(`/api/interview/${sessionId}/export.json`);
    assert.equal(consents.length, 1, "the agreement is kept before any sound is sent");
    await byId(page, "speaker-test").click();
    await waitForData(page, "speaker-test", "playing", "false", 5_000);
    const verdict = await check(page);
    t.diagnostic(`check: ${JSON.stringify(verdict)}`);
    assert.equal(verdict.path, "direct");
    assert.notEqual(verdict.grade, "poor", verdict.findings);
    assert.ok(Number(verdict.voiceDelayMs) > 20 && Number(verdict.voiceDelayMs) < 1_500, verdict.voiceDelayMs);
    await byId(page, "hear").click();
    await waitForData(page, "hear", "playing", "true", 5_000);
    const loudest = await byId(page, "sentence").evaluate(loudestOf);
    t.diagnostic(`the sentence that came back is ${loudest.toFixed(3)} loud`);
    assert.ok(loudest > 0.02, "a voice came back");
    await waitForData(page, "hear", "playing", "false", 15_000);
    await byId(page, "check-figures").click();
    await checkAccessible(page, "journey-check");
    await byId(page, "check-next").click();

    await checkAccessible(page, "journey-practice");
    await byId(page, "practice-start").click();
    await byId(page, "practice-mark").waitFor();
    await waitForData(page, "turn", "turn", "user", 60_000);
    await checkAccessible(page, "journey-practising");
    await waitForData(page, "practice-lead", "outcome", "practised", PRACTICE_LIMIT_MS);
    assert.equal(
      await page.evaluate(() => window.candidate.practised > 0),
      true,
      "the practice question was answered",
    );
    const kept = await viva.results(sessionId);
    assert.deepEqual(kept.transcript, [], "nothing of the practice is kept");
    assert.equal(kept.started_at, null);

    await startInterview(page);
    await byId(page, "time-left").waitFor();
    await waitForData(page, "turn", "turn", "user", 60_000);
    await checkAccessible(page, "journey-live");
    await byId(page, "help").click();
    await byId(page, "help-text").waitFor();
    assert.match(await byId(page, "help-text").textContent(), /jobs@bakery\.example/);
    await checkAccessible(page, "journey-help");
    await byId(page, "help-close").click();
    await captions(page);
    await byId(page, "saved").waitFor({ timeout: 120_000 });
    assert.equal(await byId(page, "next-steps").textContent(), PLAN.next_steps);
    await checkAccessible(page, "journey-closing");
    const results = await viva.results(sessionId);
    assert.equal(results.end_reason, "completed");
    const stored = await page.evaluate(() => localStorage.getItem("viva.invites"));
    assert.equal(stored, "[]", "the token is gone with the interview");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  /** Off, on and large: what is chosen stays after a reload. */
  async function captions(page) {
    await byId(page, "captions-size").selectOption("largest");
    await waitForData(page, "captions", "size", "largest", 2_000);
    await checkAccessible(page, "journey-captions-largest");
    await byId(page, "captions-toggle").click();
    await byId(page, "captions-hidden").waitFor();
    const choices = await page.evaluate(() => ({ ...localStorage }));
    assert.equal(choices["viva.choice.captions"], "off");
    assert.equal(choices["viva.choice.caption-size"], "largest");
    await byId(page, "captions-toggle").click();
    await byId(page, "captions").waitFor();
  }

  test("can be gone with the keyboard alone on a phone", { timeout: 150_000 }, async () => {
    const page = await openPage(browser, { viewport: PHONE });
    await giveVoice(page, clips.slice(0, 1));
    await watchPage(page);
    await page.goto(await invite(viva));
    await byId(page, "continue").waitFor({ timeout: 15_000 });
    const press = async (id, key = "Enter") => {
      await tabTo(page, id);
      await page.keyboard.press(key);
    };
    await press("continue");
    await byId(page, "agree").waitFor();
    assert.equal(
      await page.evaluate(() => document.activeElement?.tagName),
      "H1",
      "a new step begins at its heading",
    );
    await press("consent", "Space");
    await checkAccessible(page, "journey-phone-consent");
    await press("agree");
    const verdict = await check(page, () => press("check-start"));
    assert.notEqual(verdict.grade, "poor", verdict.findings);
    await checkAccessible(page, "journey-phone-check");
    await press("check-next");
    await page.locator('[data-testid="start"]:not([data-disabled])').waitFor();
    await press("practice-start");
    await waitForData(page, "turn", "turn", ["assistant", "user"], 60_000);
    await checkAccessible(page, "journey-phone-practising");
    await press("practice-stop");
    await waitForData(page, "practice-lead", "outcome", "practised", 10_000);
    await press("start");
    await waitForData(page, "turn", "turn", "user", 60_000);
    await press("wait");
    await page.locator('[data-testid="notice"][data-code="wait_granted"]').waitFor({ timeout: 10_000 });
    await checkAccessible(page, "journey-phone-live");
    await press("end");
    await byId(page, "end-confirm").waitFor();
    await press("end-confirm");
    await byId(page, "saved").waitFor({ timeout: 30_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("has no word that cannot be translated", { timeout: 150_000 }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, clips.slice(0, 1));
    const bare = () => page.evaluate(bareTexts);
    await page.goto(`${viva.url}/?lang=en-XA`);
    await byId(page, "kind").first().waitFor({ timeout: 15_000 });
    assert.deepEqual(await bare(), [], "home");
    await page.goto(`${await invite(viva)}?lang=en-XA`);
    await walkToStart(page, async (step) => assert.deepEqual(await bare(), [], step));
    await byId(page, "back").click();
    await check(page);
    assert.deepEqual(await bare(), [], "verdict");
    await byId(page, "check-next").click();
    await startInterview(page);
    await waitForData(page, "turn", "turn", "user", 60_000);
    assert.deepEqual(await bare(), [], "live");
    await byId(page, "help").click();
    await byId(page, "help-text").waitFor();
    assert.deepEqual(await bare(), [], "help");
    await byId(page, "help-close").click();
    await byId(page, "end").click();
    await byId(page, "end-confirm").waitFor();
    assert.deepEqual(await bare(), [], "leave");
    await byId(page, "end-confirm").click();
    await byId(page, "closing").waitFor({ timeout: 30_000 });
    assert.deepEqual(await bare(), [], "closing");
    await page.goto(`${viva.url}/i/unknown?lang=en-XA`);
    await byId(page, "problem").waitFor({ timeout: 10_000 });
    assert.deepEqual(await bare(), [], "problem");
    await page.context().close();
  });

  test("offers to go on where the check has no way for sound", { timeout: 90_000 }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, clips.slice(0, 1));
    // The server's candidates lead nowhere, as behind a firewall that lets only the page through.
    await page.route("**/rehearsal/offer", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      const sdp = body.sdp.replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+ \d+/gm, "$1192.0.2.1 9");
      await route.fulfill({ response: answer, json: { ...body, sdp } });
    });
    await page.goto(await invite(viva));
    await walkToCheck(page);
    const verdict = await check(page);
    assert.equal(verdict.path, "none");
    assert.equal(verdict.grade, "poor");
    assert.match(verdict.findings, /no_path/);
    await byId(page, "hear").waitFor();
    await checkAccessible(page, "journey-no-path");
    await byId(page, "check-next").click();
    await byId(page, "start").waitFor();
    await page.context().close();
  });

  test("ends a session that nobody begins, and says so", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await giveVoice(page, []);
    await page.goto(await invite(viva));
    await walkToStart(page);
    const sessionId = sessionOf(page);
    await viva.json(`/api/interview/${sessionId}/end`, {
      method: "POST",
      body: {},
    });
    await until(
      10_000,
      () => viva.results(sessionId),
      ({ status }) => status === "ended",
    );
    await byId(page, "start").click();
    await waitForData(page, "closing", "end-reason", "platform_ended", 15_000);
    await checkAccessible(page, "journey-ended-before");
    await page.context().close();
  });
});

/** Runs in the page: the loudest of what the element plays, until it has played it. */
function loudestOf(element) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(element.captureStream()).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples.map(Math.abs));
  }, 50);
  return new Promise((resolve) => {
    element.addEventListener("ended", () => {
      clearInterval(timer);
      void context.close();
      resolve(loudest);
    });
  });
}

/** Runs in the page: words that stand there without the brackets of `en-XA` and do not come from the server. */
function bareTexts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.data.trim();
    const parent = node.parentElement;
    if (!/\p{L}/u.test(text)) continue;
    if (parent.closest('script, noscript, [data-words="server"], h1, [data-testid="about"]')) continue;
    if (!text.includes("⟦") && !parent.textContent.includes("⟦")) found.push(text);
  }
  return found;
}
