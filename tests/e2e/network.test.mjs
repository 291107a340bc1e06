// Chromium is interviewed over a bad network: delay, heavy-tailed jitter, loss, another address, and no network at all.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byId, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, listenToAgent, sessionOf, startInterview, walkToStart, watchPage } from "./support/candidate.mjs";
import { BEHIND_NETWORK, Network } from "./support/network.mjs";
import { Viva, until } from "./support/viva.mjs";
import { normalised, speechClips, wrongWords } from "./support/words.mjs";

const ANSWER_WITHIN_MS = 90_000;
/** A quarter: one clip has few words, and two of them may be lost with a burst. */
const WRONG_RATIO_MAX = 0.25;

describe("an interview over a bad network", () => {
  let viva;
  let network;
  let browser;
  before(async () => {
    browser = await launch();
    viva = await Viva.start({ env: BEHIND_NETWORK });
    network = await Network.start(viva);
  });
  after(async () => {
    await browser?.close();
    await network?.discard();
    await viva?.discard();
  });

  test("reaches its first answer at Moderate, at a new address and after a tunnel", { timeout: 180_000 }, async (t) => {
    const clips = await speechClips();
    const page = await openPage(browser);
    await giveVoice(page, clips);
    await listenToAgent(page);
    await watchPage(page);
    await page.goto(viva.interview);
    await walkToStart(page);
    await network.profile("moderate");
    await startInterview(page);
    const sessionId = sessionOf(page);

    const answered = async () => {
      const { transcript } = await viva.results(sessionId);
      return transcript.filter(({ role, state }) => role === "user" && state === "final");
    };
    const [first] = await until(ANSWER_WITHIN_MS, answered, (answers) => answers.length > 0);
    const { name, words } = clips[0];
    const wrong = wrongWords(words, first.content);
    t.diagnostic(`${wrong} of ${normalised(words).length} words of ${name} wrong: ${first.content}`);
    assert.ok(wrong <= normalised(words).length * WRONG_RATIO_MAX, `${wrong} words wrong: ${first.content}`);
    const { peak, loudMs } = await page.evaluate(() => window.agentVoice);
    assert.ok(peak > 0.02 && loudMs > 1_000, `the interviewer was heard for ${loudMs} ms at ${peak}`);

    await network.rebind();
    await network.dark(true);
    await waitForData(page, "connection-state", "state", "reconnecting", 30_000);
    await network.dark(false);
    await waitForData(page, "connection-state", "state", "live", 30_000);
    const heardBefore = await page.evaluate(() => window.agentVoice.loudMs);
    await page.waitForFunction((before) => window.agentVoice.loudMs > before + 500, heardBefore, { timeout: 60_000 });

    await byId(page, "end").click();
    await byId(page, "end-confirm").click();
    await byId(page, "saved").waitFor({ timeout: 30_000 });
    const report = await network.stop();
    t.diagnostic(JSON.stringify(report));
    // In the dark the server sends to the address that is gone.
    assert.ok(report.up.dark > 0, "the tunnel was dark");
    for (const { pushed, lost, dark } of [report.up, report.down]) {
      assert.ok(pushed > 200, "the page's packets went through the network");
      assert.ok(lost / (pushed - dark) > 0.02 && lost / (pushed - dark) < 0.1, `${lost} of ${pushed - dark} lost`);
    }
    assert.ok(report.rebinds >= 1);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("leaves a server that stops with 0", async () => {
    await viva.stop();
  });
});
