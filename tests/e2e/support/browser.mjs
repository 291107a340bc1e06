/** Headless Chromium, and what every page test checks of a page. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { ROOT } from "./viva.mjs";

const OUT = path.join(ROOT, "tests/e2e/out");
const EXECUTABLE = process.env.CHROMIUM_BIN ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

export const DESKTOP = { width: 1200, height: 900 };
export const PHONE = { width: 390, height: 844 };

export async function launch(flags = []) {
  return chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: ["--headless=new", ...FLAGS, ...flags],
  });
}

/**
 * A page of a fresh profile. Errors in the page and breaches of the content security policy are collected in
 * `page.faults`, which a test ends by asserting empty.
 */
export async function openPage(browser, { viewport = DESKTOP, permissions = ["microphone"], ...options } = {}) {
  const context = await browser.newContext({ viewport, permissions, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Permissions policy|React/i.test(text)) page.faults.push(`console: ${text}`);
  });
  return page;
}

export function byId(page, id) {
  return page.locator(`[data-testid="${id}"]`);
}

/** Waits until `data-{name}` of an element has the value (or one of several). */
export async function waitForData(page, id, name, values, limitMs) {
  const wanted = [values].flat();
  const selector = wanted.map((value) => `[data-testid="${id}"][data-${name}="${value}"]`).join(",");
  await page.locator(selector).first().waitFor({ state: "attached", timeout: limitMs });
}

export async function screenshot(page, name, options = {}) {
  await mkdir(OUT, { recursive: true });
  await page.screenshot({ path: path.join(OUT, `${name}.png`), ...options });
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The narrowest screen on which nothing may need scrolling to the side (WCAG 2.2, 1.4.10). */
const NARROWEST = { width: 320, height: 640 };

async function checkReflow(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize(NARROWEST);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(before);
  assert.ok(width <= NARROWEST.width, `${name} is ${width} px wide on a screen of ${NARROWEST.width}`);
}

/** No axe-core violation on what the page shows now, in the light and in the dark theme; a picture of each. */
export async function checkAccessible(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await screenshot(page, `${name}-${colorScheme}`);
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
    const found = await page.evaluate(async (tags) => {
      const report = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
      return report.violations.map(({ id, help, nodes }) => ({
        id,
        help,
        nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`),
      }));
    }, RULES);
    assert.deepEqual(found, [], `axe, ${name}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await checkReflow(page, name);
}
