// What a candidate's browser has to load, and how soon the page can be used on a slow phone and line.

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, launch, openPage } from "./support/browser.mjs";
import { Viva } from "./support/viva.mjs";

const SCRIPT_LIMIT_KIB = 200;
const ROUNDS = 5;
/**
 * How much slower than the machine of the test; 4 stands for a phone beside a desktop. The goal is 1 s at 4. On a
 * server's two shared cores the page took 0.8 to 1.1 s at 2 and 1.3 to 1.6 s at 4: the limits keep it from growing.
 */
const SLOWDOWNS = [
  { factor: 2, limitMs: 1_500 },
  { factor: 4, limitMs: 2_500 },
];
const LINE = {
  offline: false,
  latency: 60,
  downloadThroughput: 9e6 / 8,
  uploadThroughput: 9e6 / 8,
};

describe("the candidate's page", () => {
  let viva;
  let browser;
  before(async () => {
    browser = await launch();
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test(`loads at most ${SCRIPT_LIMIT_KIB} KiB of script`, { timeout: 60_000 }, async (t) => {
    const page = await openPage(browser, { viewport: PHONE });
    const scripts = new Map();
    page.on("response", async (response) => {
      if (response.request().resourceType() === "script") scripts.set(response.url(), response.body());
    });
    await page.goto(viva.interview);
    await byId(page, "continue").waitFor({ timeout: 15_000 });
    // Everything of the way is loaded by then: no step waits for another part.
    const loaded = scripts.size;
    await byId(page, "continue").click();
    await byId(page, "agree").waitFor();
    assert.equal(scripts.size, loaded, "nothing more is loaded on the way");
    const bodies = await Promise.all(scripts.values());
    const kib = bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0) / 1024;
    t.diagnostic(`${loaded} scripts, ${kib.toFixed(1)} KiB compressed`);
    assert.ok(loaded > 0 && kib <= SCRIPT_LIMIT_KIB, `${kib} KiB`);
    await page.context().close();
  });

  /** From the start of the navigation to the frame after the button can be pressed, on a slow phone and line. */
  async function interactiveMs(factor) {
    const page = await openPage(browser, { viewport: PHONE });
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", LINE);
    await session.send("Emulation.setCPUThrottlingRate", { rate: factor });
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        const button = document.querySelector('[data-testid="continue"]:not([data-disabled])');
        if (!button || !document.querySelector("h1")) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => (window.usableMs = performance.now())));
      }).observe(document, {
        subtree: true,
        childList: true,
        attributes: true,
      });
    });
    await page.goto(viva.interview);
    const usable = await page.waitForFunction(() => window.usableMs, undefined, { timeout: 20_000 });
    const ms = await usable.jsonValue();
    await page.context().close();
    return ms;
  }

  for (const { factor, limitMs } of SLOWDOWNS) {
    test(`can be used within ${limitMs} ms, ${factor} times slower`, { timeout: 90_000 }, async (t) => {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await interactiveMs(factor));
      const median = rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)];
      t.diagnostic(`usable after ${rounds.map(Math.round).join(", ")} ms`);
      assert.ok(median <= limitMs, `${median} ms`);
    });
  }

  test("leaves a server that stops with 0", async () => {
    await viva.stop();
  });
});
