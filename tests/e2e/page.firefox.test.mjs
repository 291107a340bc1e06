// Firefox goes the candidate's way: arrival, consent, sound check, interview with a recorded voice, end.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { giveVoice, sessionOf, watchPage } from "./support/candidate.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { Viva } from "./support/viva.mjs";
import { speechClips, wrongWords } from "./support/words.mjs";

/** Firefox's own sound card for tests stutters; how well is heard is proved in Chromium. */
const WRONG_SHARE_ALLOWED = 1 / 3;

describe("Firefox", () => {
  let viva;
  let browser;
  before(async () => {
    browser = await launchFirefox();
    // As `make run` starts it.
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("holds an interview by invitation", { timeout: 240_000 }, async (t) => {
    const clips = (await speechClips()).slice(0, 1);
    const page = await FirefoxPage.open(browser);
    await giveVoice(page, clips);
    await watchPage(page);
    const request = { method: "POST", body: {} };
    const { code } = await viva.json("/api/v1/interviews/tryout/invites", request);
    await page.goto(`http://127.0.0.1:${viva.port}/i/${code}`);
    await page.find("continue");
    await page.checkAccessible("firefox-about");
    await page.click("continue");
    await page.click("consent");
    await page.checkAccessible("firefox-consent");
    await page.click("agree");
    await page.click("check-start", 20_000);
    await page.find("check-verdict", 30_000);
    const verdict = await page.evaluate(() => ({
      ...document.querySelector('[data-testid="check-verdict"]').dataset,
    }));
    t.diagnostic(`check: ${JSON.stringify(verdict)}`);
    assert.equal(verdict.path, "direct");
    assert.notEqual(verdict.grade, "poor", verdict.findings);
    await page.checkAccessible("firefox-check");
    await page.click("check-next");
    await page.click("start");
    await page.waitForData("connection-state", "state", "live", 20_000);
    await page.checkAccessible("firefox-live");
    const sessionId = sessionOf(page);
    const heard = () =>
      Object.values(window.shown.captions).find(
        ({ role, state, text }) => role === "user" && state === "final" && text,
      )?.text ?? false;
    const words = await (await page.waitForFunction(heard, undefined, { timeout: 90_000 })).jsonValue();
    const wrong = wrongWords(clips[0].words, words);
    t.diagnostic(`${wrong} words wrong: ${words}`);
    assert.ok(wrong <= clips[0].words.split(" ").length * WRONG_SHARE_ALLOWED, words);
    await page.click("end");
    await page.click("end-confirm");
    await page.find("saved", 30_000);
    await page.checkAccessible("firefox-closing");
    const results = await viva.results(sessionId);
    assert.equal(results.end_reason, "candidate_ended");
    assert.ok(results.transcript.some(({ role, content }) => role === "user" && content !== ""));
    assert.deepEqual(page.faults, []);
    await page.close();
  });
});
