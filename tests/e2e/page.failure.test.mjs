// What goes wrong for a candidate, and what the page says and does about it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byId, checkAccessible, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, sessionOf, startInterview, walkToCheck, walkToStart, watchPage } from "./support/candidate.mjs";
import { Viva } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

let browser;
before(async () => {
  browser = await launch(["--host-resolver-rules=MAP viva.test 127.0.0.1"]);
});
after(() => browser?.close());

/** From the link to the sound check, where no microphone may come. */
async function walkToMicrophone(page, link) {
  await page.goto(link);
  await walkToCheck(page);
}

describe("without a microphone", () => {
  let viva;
  before(async () => (viva = await Viva.start()));
  after(() => viva?.discard());

  test("a denied one is explained, and the candidate can type", { timeout: 90_000 }, async () => {
    const page = await openPage(browser, { permissions: [] });
    // Headless Chromium has no one to ask, and answers by itself what a candidate's "Block" gives.
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("blocked", "NotAllowedError"));
    });
    await walkToMicrophone(page, viva.interview);
    await waitForData(page, "mic-problem", "problem", "denied", 10_000);
    await checkAccessible(page, "failure-denied");
    await byId(page, "no-mic").click();
    await startInterview(page);
    await waitForData(page, "turn", "turn", "user", 60_000);
    await byId(page, "text-answer").fill("No microphone, but an answer.");
    await byId(page, "send-text").click();
    const mine = page.locator('[data-testid="caption"][data-role="user"]');
    await mine.filter({ hasText: "No microphone, but an answer." }).waitFor({ timeout: 15_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("a missing one is explained", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await walkToMicrophone(page, viva.interview);
    await waitForData(page, "mic-problem", "problem", "none", 10_000);
    await checkAccessible(page, "failure-none");
    await page.context().close();
  });

  test("an invitation that does not exist is not known", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/i/does-not-exist`);
    await byId(page, "problem").waitFor({ timeout: 10_000 });
    assert.match(await page.locator("h1").textContent(), /not known/);
    await checkAccessible(page, "failure-unknown");
    await page.context().close();
  });

  test("an incomplete or foreign link opens nothing", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/interview/does-not-exist`);
    await waitForData(page, "problem", "code", "no_token", 10_000);
    await page.goto(`${viva.url}/interview/does-not-exist#token=guessed`);
    await page.reload();
    await byId(page, "problem").waitFor({ timeout: 10_000 });
    assert.match(await page.locator("h1").textContent(), /not known/);
    await page.context().close();
  });
});

test("plain HTTP off localhost: the page says why there is no microphone", { timeout: 90_000 }, async () => {
  const viva = await Viva.start({
    env: (port) => ({ VIVA_PUBLIC_URL: `http://viva.test:${port}` }),
  });
  try {
    const page = await openPage(browser, { permissions: [] });
    await walkToMicrophone(page, `http://viva.test:${viva.port}${new URL(viva.interview).pathname}`);
    await waitForData(page, "mic-problem", "problem", "insecure_page", 10_000);
    await checkAccessible(page, "failure-insecure");
    await page.context().close();
    await viva.stop();
  } finally {
    await viva.discard();
  }
});

describe("a live interview", () => {
  let viva;
  let clips;
  before(async () => {
    clips = await speechClips();
  });
  after(() => viva?.discard());

  /** A page in the middle of an interview: the greeting is over and the candidate has the word. */
  async function liveInterview() {
    const page = await openPage(browser);
    await giveVoice(page, clips.slice(0, 1));
    await watchPage(page);
    await page.goto(viva.interview);
    await walkToStart(page);
    await startInterview(page);
    await waitForData(page, "turn", "turn", "user", 60_000);
    return page;
  }

  test("goes on after a reload", { timeout: 180_000 }, async () => {
    viva = await Viva.start();
    const page = await liveInterview();
    const mine = page.locator('[data-testid="caption"][data-role="user"][data-state="final"]');
    await mine.first().waitFor({ timeout: 60_000 });
    const sessionId = sessionOf(page);
    const before = await byId(page, "caption").evaluateAll((all) => all.map((caption) => caption.dataset.itemId));

    await page.reload();
    await walkToStart(page);
    await checkAccessible(page, "failure-return");
    await startInterview(page);
    assert.equal(sessionOf(page), sessionId, "the same session");
    await byId(page, "caption")
      .nth(before.length - 1)
      .waitFor({ timeout: 20_000 });
    const after = await byId(page, "caption").evaluateAll((all) => all.map((caption) => caption.dataset.itemId));
    for (const item of before) assert.ok(after.includes(item), `${item} is still there`);
    await waitForData(page, "turn", "turn", "user", 60_000);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("is found saved when the server died and came back", { timeout: 180_000 }, async () => {
    viva ??= await Viva.start();
    const page = await liveInterview();
    const sessionId = sessionOf(page);
    const item = await byId(page, "caption").first().getAttribute("data-item-id");

    await viva.crash();
    await waitForData(page, "trouble", "trouble", "unreachable", 60_000);
    assert.match(await byId(page, "connection-state").textContent(), /Reconnecting/);
    await checkAccessible(page, "failure-server-gone");
    await viva.startAgain();
    await waitForData(page, "closing", "end-reason", "interrupted", 60_000);
    await byId(page, "saved").waitFor();
    await checkAccessible(page, "failure-interrupted");
    const results = await viva.results(sessionId);
    assert.equal(results.end_reason, "interrupted");
    assert.ok(
      results.transcript.some(({ item_id: id }) => id === item),
      "what was shown is in the results",
    );
    await page.context().close();
  });

  test("is ended kindly when the server is told to stop", { timeout: 180_000 }, async () => {
    await viva?.discard();
    // Long enough for a goodbye that the candidate talks into, on a machine that is busy.
    viva = await Viva.start({ env: { VIVA_DRAIN_SECONDS: "30" } });
    const page = await liveInterview();
    await viva.stop();
    await byId(page, "saved").waitFor({ timeout: 10_000 });
    await page.context().close();
  });
});

test("results open with the platform's key, and not without", { timeout: 90_000 }, async () => {
  const key = "a-key-for-this-test-alone-0123456789";
  const viva = await Viva.start({
    env: { API_KEY: key, VIVA_HOST: "127.0.0.1" },
  });
  try {
    const started = await viva.json("/api/interview/start", {
      method: "POST",
      body: { user_id: "tester", kind: "tryout" },
      headers: { "X-API-Key": key },
    });
    const page = await openPage(browser);
    await page.goto(`${viva.url}/results/${started.session_id}`);
    await byId(page, "problem").waitFor({ timeout: 10_000 });
    await checkAccessible(page, "failure-results-closed");
    await byId(page, "api-key").fill("wrong");
    await byId(page, "api-key-send").click();
    await page.getByText("With this key there are no such results").waitFor({ timeout: 10_000 });
    await byId(page, "api-key").fill(key);
    await byId(page, "api-key-send").click();
    await waitForData(page, "results", "status", "created", 10_000);
    const stored = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href);
    assert.ok(!stored.includes(key), "the key is kept nowhere");
    await page.context().close();
    await viva.stop();
  } finally {
    await viva.discard();
  }
});
