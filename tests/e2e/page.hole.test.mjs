// A black hole between page and server: nothing comes through for a while, either way, and then everything does again.
// The server stands still meanwhile, which is a hole to the page, and longer than the page and Chromium overlook.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byId, checkAccessible, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, sessionOf, startInterview, walkToStart, watchPage } from "./support/candidate.mjs";
import { Viva } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

let browser;
let viva;
before(async () => {
  browser = await launch();
  viva = await Viva.start();
});
after(async () => {
  viva?.process.kill("SIGCONT");
  await browser?.close();
  await viva?.discard();
});

test("the interview goes on after a hole, with the same connection, and says so", { timeout: 180_000 }, async () => {
  const page = await openPage(browser);
  await giveVoice(page, (await speechClips()).slice(0, 1));
  await watchPage(page);
  const offers = [];
  page.on("request", (request) => {
    if (/rtc\/offer$/.test(request.url())) offers.push(request.url());
  });
  await page.goto(viva.interview);
  await walkToStart(page);
  await startInterview(page);
  await waitForData(page, "turn", "turn", "user", 60_000);
  const sessionId = sessionOf(page);
  offers.length = 0;

  viva.process.kill("SIGSTOP");
  await waitForData(page, "connection-state", "state", "reconnecting", 40_000);
  await byId(page, "trouble").waitFor({ timeout: 5_000 });
  await checkAccessible(page, "hole-in-it");
  // It is said until the conversation has gone on, which may be soon.
  await page.evaluate(() => {
    const look = () => {
      const text = document.querySelector('[data-testid="connection-state"]')?.textContent ?? "";
      window.saidAgain ||= text.includes("Connected again");
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
  viva.process.kill("SIGCONT");
  await waitForData(page, "connection-state", "state", "live", 40_000);
  await page.waitForFunction(() => window.saidAgain, undefined, { timeout: 5_000 });
  const mine = page.locator('[data-testid="caption"][data-role="user"][data-state="final"]');
  await mine.first().waitFor({ timeout: 90_000 });
  assert.equal(sessionOf(page), sessionId);
  assert.ok(offers.length <= 1, `${offers.length} offers: a new path at most, and no new connection`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
