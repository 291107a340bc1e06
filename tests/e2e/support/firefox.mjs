/** Headless Firefox over WebDriver BiDi, with the few verbs that the page tests use on it. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import axe from "axe-core";
import puppeteer from "puppeteer-core";
import { DESKTOP } from "./browser.mjs";
import { ROOT } from "./viva.mjs";

const OUT = path.join(ROOT, "tests/e2e/out");
const EXECUTABLE = process.env.FIREFOX_BIN ?? "/usr/bin/firefox-esr";
const PREFERENCES = {
  // Firefox cannot be given a file as microphone: it has a tone of its own, and pages get a voice by `giveVoice`.
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  // A sound card of its own: without one on the machine, an AudioContext never starts in Firefox.
  "media.cubeb.force_mock_context": true,
  "media.peerconnection.ice.loopback": true,
};
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const PATIENCE_MS = 15_000;

export function launchFirefox() {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: EXECUTABLE,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}

/** One page; errors in it are collected in `faults`. The names are those of Playwright where both have them. */
export class FirefoxPage {
  static async open(browser, { viewport = DESKTOP } = {}) {
    const page = new FirefoxPage();
    const context = await browser.createBrowserContext();
    page.page = await context.newPage();
    page.faults = [];
    page.page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
    await page.page.setViewport(viewport);
    return page;
  }

  /** Runs in every document before its own scripts. */
  addInitScript(script, argument) {
    return this.page.evaluateOnNewDocument(script, argument);
  }

  goto(url) {
    return this.page.goto(url, { waitUntil: "load" });
  }

  url() {
    return this.page.url();
  }

  evaluate(script, argument) {
    return this.page.evaluate(script, argument);
  }

  waitForFunction(script, argument, { timeout = PATIENCE_MS } = {}) {
    return this.page.waitForFunction(script, { timeout, polling: 100 }, argument);
  }

  /** The element with this test id, once it is there. */
  find(id, timeout = PATIENCE_MS) {
    return this.page.waitForSelector(`[data-testid="${id}"]`, { timeout });
  }

  async click(id, timeout = PATIENCE_MS) {
    await this.find(id, timeout);
    await this.page.locator(`[data-testid="${id}"]`).setTimeout(timeout).click();
  }

  async fill(id, text) {
    await this.find(id);
    await this.page.locator(`[data-testid="${id}"]`).fill(text);
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  async text(id) {
    return (await this.find(id)).evaluate((element) => element.textContent);
  }

  /** Waits until `data-{name}` of an element has the value. */
  async waitForData(id, name, value, timeout = PATIENCE_MS) {
    await this.page.waitForSelector(`[data-testid="${id}"][data-${name}="${value}"]`, { timeout });
  }

  async screenshot(name) {
    await mkdir(OUT, { recursive: true });
    await this.page.screenshot({ path: path.join(OUT, `${name}.png`) });
  }

  /** No axe-core violation on what the page shows now; a picture of it. */
  async checkAccessible(name) {
    await this.screenshot(name);
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(async (tags) => {
      const report = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
      return report.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }));
    }, RULES);
    assert.deepEqual(found, [], `axe, ${name}, Firefox`);
  }

  close() {
    return this.page.close();
  }
}
