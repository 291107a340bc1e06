// An interview in a frame on another site, with the example of the documentation as it stands: what the page around
// hears, what the frame may do, and what happens where frames are not allowed.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { checkAccessible, launch, openPage, screenshot } from "./support/browser.mjs";
import { giveVoice, startInterview, walkToStart } from "./support/candidate.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { Project, freeTcpPort, startSite } from "./support/site.mjs";
import { Viva } from "./support/viva.mjs";

const KEY = "platform-key-for-tests";
const TEST_LIMIT_MS = 120_000;

/** Keeps what the element tells, in the page around. */
function keepTold() {
  window.told = [];
  for (const name of ["viva-ready", "viva-state", "viva-ended", "viva-height", "viva-unavailable"]) {
    document.addEventListener(name, (event) => window.told.push({ name, detail: event.detail }));
  }
}

const told = (name) => window.told.some((event) => event.name === name);
const toldPhase = (phase) => window.told.some(({ detail }) => detail?.phase === phase);

describe("an interview in a frame", () => {
  let viva;
  let project;
  let site;
  let origin;
  let strict;
  before(async () => {
    const port = await freeTcpPort();
    origin = `http://localhost:${port}`;
    strict = await startStrictSite(origin);
    const embed = { VIVA_EMBED_ORIGINS: `${origin}, ${strict.origin}` };
    viva = await Viva.start({ env: { API_KEY: KEY, VIVA_HOST: "127.0.0.1", ...embed } });
    project = await Project.copy();
    site = await startSite(project.directory, { port, vivaUrl: viva.url, apiKey: KEY });
  });
  after(async () => {
    strict?.close();
    await site?.stop();
    await project?.discard();
    await viva?.discard();
  });

  describe("in Chromium", () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser?.close());

    test("goes from the link to its end, and the page around follows", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await openPage(browser);
      await page.addInitScript(keepTold);
      await giveVoice(page, []);
      await page.goto(`${origin}/embed.html`);
      await page.waitForFunction(told, "viva-ready", { timeout: 20_000 });
      const frame = page.frames().find((one) => one.url().includes("/embed/i/"));
      assert.equal(new URL(frame.url()).searchParams.get("parent"), origin);
      await frame.locator("h1").waitFor();
      assert.equal(await frame.locator(".brand").isVisible(), false, "no banner of Viva's");
      await page.waitForFunction(told, "viva-height");
      await assertFits(page, frame);
      await checkAccessible(page, "kit-embed-arrival");
      const address = frame.url();
      await walkToStart(frame);
      await startInterview(frame);
      await page.waitForFunction(toldPhase, "live", { timeout: 20_000 });
      await frame.locator('[data-testid="caption"]').first().waitFor({ timeout: 30_000 });
      await assertFits(page, frame);
      await screenshot(page, "kit-embed-live", { fullPage: true });
      assert.equal(frame.url(), address, "a reload of the frame is allowed");
      await frame.locator('[data-testid="end"]').click();
      await frame.locator('[data-testid="end-confirm"]').click();
      await page.waitForFunction(told, "viva-ended", { timeout: 20_000 });
      assert.equal(
        await page.locator("#progress").textContent(),
        "Thank you, your answers are saved (candidate_ended).",
      );
      await assertFits(page, frame);
      await frame.locator('[data-testid="results-link"]').waitFor();
      const [results] = await Promise.all([
        page.context().waitForEvent("page"),
        frame.locator('[data-testid="results-link"]').click(),
      ]);
      assert.match(new URL(results.url()).pathname, /^\/results\//, "the results stand in a page of their own");
      assertHarmless(await page.evaluate(() => window.told));
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });

    test("says so when the page around keeps the microphone", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await openPage(browser);
      await page.addInitScript(keepTold);
      const warned = page.waitForEvent("console", (message) => /keeps the microphone/.test(message.text()));
      await page.goto(`${strict.origin}/embed.html`);
      await warned;
      const ready = await page.evaluate(() => window.told.find(({ name }) => name === "viva-ready").detail);
      assert.equal(ready.microphone, "blocked");
      await page.context().close();
    });

    test("does not stand on a site that was not named", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await openPage(browser);
      await page.addInitScript(keepTold);
      const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
      // The same site by another name.
      await page.goto(`${origin.replace("localhost", "127.0.0.1")}/embed.html`);
      await refused;
      await assertUnavailable(page);
      await screenshot(page, "kit-embed-refused");
      await page.context().close();
    });

    test("does not stand anywhere but at its own address", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await openPage(browser);
      const { url } = await viva.json("/api/v1/interviews/tryout/invites", {
        method: "POST",
        body: {},
        headers: { "X-API-Key": KEY },
      });
      await page.goto(`${origin}/plain.html`);
      const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
      await page.evaluate((link) => {
        const frame = document.createElement("iframe");
        frame.src = link;
        document.body.append(frame);
      }, url);
      await refused;
      await page.context().close();
    });
  });

  describe("in Firefox", () => {
    let browser;
    before(async () => {
      browser = await launchFirefox();
    });
    after(() => browser?.close());

    test("comes up with its microphone, and the page around follows", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await FirefoxPage.open(browser);
      await page.addInitScript(keepTold);
      await page.goto(`${origin}/embed.html`);
      await page.waitForFunction(told, "viva-ready");
      await page.waitForFunction(told, "viva-height");
      const frame = page.page.frames().find((one) => one.url().includes("/embed/i/"));
      await frame.waitForSelector("h1");
      const tracks = await frame.evaluate(async () => {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const count = stream.getAudioTracks().length;
        stream.getTracks().forEach((track) => track.stop());
        return count;
      });
      assert.equal(tracks, 1, "the frame has the microphone");
      const events = await page.evaluate(() => window.told);
      assert.deepEqual(events.find(({ name }) => name === "viva-ready").detail.microphone, "unknown");
      assertHarmless(events);
      assert.deepEqual(page.faults, []);
      await page.screenshot("kit-embed-firefox");
      await page.close();
    });

    test("does not stand on a site that was not named", { timeout: TEST_LIMIT_MS }, async () => {
      const page = await FirefoxPage.open(browser);
      await page.addInitScript(keepTold);
      await page.goto(`${origin.replace("localhost", "127.0.0.1")}/embed.html`);
      await assertUnavailable(page);
      await page.close();
    });
  });
});

/** The same site, as one that lets no page have a microphone. */
async function startStrictSite(origin) {
  const server = http.createServer(async ({ method, url }, response) => {
    const answer = await fetch(origin + url, { method });
    const { "content-type": type, "content-security-policy": csp } = Object.fromEntries(answer.headers);
    const headers = { "Content-Type": type, "Content-Security-Policy": csp, "Permissions-Policy": "microphone=()" };
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://localhost:${server.address().port}`, close };
}

/** Nothing came up: the element shows what stands inside of it, and no frame has told anything. */
async function assertUnavailable(page) {
  await page.waitForFunction(told, "viva-unavailable", { timeout: 30_000 });
  const names = await page.evaluate(() => window.told.map(({ name }) => name));
  assert.deepEqual(names, ["viva-unavailable"]);
  const link = await page.evaluate(() => {
    const { innerText } = document.querySelector("viva-interview");
    const { width, height } = document.querySelector("viva-interview a").getBoundingClientRect();
    return { innerText, seen: width > 0 && height > 0 };
  });
  assert.deepEqual(link, { innerText: "Open the interview in a page of its own", seen: true });
}

/** The frame is as high as what it shows: nothing in it has to be scrolled, and no more than a line is left over. */
async function assertFits(page, frame) {
  const fits = () => {
    const root = document.getElementById("root").getBoundingClientRect().height;
    return Math.abs(root - window.innerHeight) < 2;
  };
  await frame.waitForFunction(fits, undefined, { timeout: 5_000 });
  const inner = await frame.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
  assert.ok(inner <= 1, `${inner} px of the frame are out of sight`);
  const height = await page.evaluate(() => window.told.findLast(({ name }) => name === "viva-height").detail.height);
  assert.ok(height < 4_000, `the frame asks for ${height} px`);
}

/** Phases, numbers and reasons: no word that was spoken or asked, no id, no link. */
function assertHarmless(events) {
  const known = new Set(["source", "type", "phase", "question", "number", "total", "saved", "endReason", "height"]);
  known.add("microphone");
  for (const { detail } of events) {
    const fields = Object.entries(detail ?? {}).flatMap(([key, value]) => [key, ...Object.keys(Object(value))]);
    const strange = fields.filter((field) => Number.isNaN(Number(field)) && !known.has(field));
    assert.deepEqual(strange, [], JSON.stringify(detail));
  }
  const text = JSON.stringify(events);
  assert.doesNotMatch(text, /ses_|token|https?:|yesterday/);
}
