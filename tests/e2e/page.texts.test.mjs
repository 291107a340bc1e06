// Every page of the product: each word can be translated, and the page holds at any size, theme and contrast.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import axe from "axe-core";
import { DESKTOP, checkAccessible, launch, openPage, screenshot } from "./support/browser.mjs";
import { simulate } from "./support/simulate.mjs";
import { Viva } from "./support/viva.mjs";

const TEST_MS = 90_000;
const SHOWN_MS = 30_000;
/** English with accents, each text in brackets: what stands outside of them cannot be translated. */
const PSEUDO = "en-XA";
/** What a page says while it waits for the server. */
const MOMENTS = ["One moment", "Öñé möméñt"];
const LANGUAGE = { locale: "en-US" };

/** What the API says may be shown as it comes; so may these names, and those that `Intl` gives. */
const NAMES = ["Viva", "OpenAI", "Opus", "English"];

/** Each page by a name: its address, given what the server has. */
const PAGES = {
  home: () => "/",
  invitation: ({ invitation }) => new URL(invitation).pathname,
  "sign-in": () => "/sign-in",
  interviews: () => "/interviews",
  "new interview": () => "/interviews/new",
  interview: ({ interviewId }) => `/interviews/${interviewId}`,
  sessions: () => "/sessions",
  session: ({ sessionId }) => `/sessions/${sessionId}`,
  results: ({ sessionId }) => `/results/${sessionId}`,
  calls: () => "/rooms",
  call: ({ room }) => `/rooms/${room}`,
  status: () => "/status",
};

/**
 * Runs in the page: what is read or heard of it and stands outside of the brackets. Text of the server, code and what
 * people typed are data, and so are numbers, times and units.
 */
function untranslated({ data }) {
  const DATA = "[data-server-text], code, time, script, style, noscript, textarea, svg, output";
  const found = [];
  let depth = 0;
  const outside = (text) => {
    let rest = "";
    for (const letter of text) {
      if (letter === "⟦") depth += 1;
      else if (letter === "⟧") depth = Math.max(0, depth - 1);
      else if (depth === 0) rest += letter;
    }
    return rest;
  };
  const FORMATTED = [
    /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/g,
    /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b/g,
    /\b(AM|PM|GMT|UTC)\b/g,
    /[\d.,]+\s*(ms|s|sec|secs|second|seconds|min|mins|minutes?|hr|hrs|hours?|days?|kB|MB|GB|px)\b/g,
    /\S+@\S+/g,
    /https?:\S+/g,
  ];
  const check = (text, where) => {
    let rest = outside(text);
    for (const known of data) rest = rest.split(known).join(" ");
    for (const pattern of FORMATTED) rest = rest.replace(pattern, " ");
    if (/\p{L}{2,}/u.test(rest)) found.push(`${where}: ${text.trim().slice(0, 120)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element.closest(DATA) !== null || !element.checkVisibility()) continue;
    check(node.data, `<${element.tagName.toLowerCase()} class="${element.className}">`);
  }
  for (const name of ["aria-label", "aria-description", "aria-roledescription", "title", "placeholder", "alt"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      depth = 0;
      if (element.closest(DATA) === null)
        check(element.getAttribute(name), `${name} of ${element.tagName.toLowerCase()}`);
    }
  }
  depth = 0;
  check(document.title, "the title of the document");
  return found;
}

/** All texts of an answer, the long ones first, so that a part of one does not break another. */
function textsOf(...answers) {
  const found = new Set(NAMES);
  const collect = (value) => {
    if (typeof value === "string" && value.trim() !== "") {
      found.add(value);
      for (const line of value.split(/\s*\n\s*/)) if (line.length > 3) found.add(line);
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
  };
  answers.forEach(collect);
  return [...found].filter((text) => text.length > 1).sort((a, b) => b.length - a.length);
}

/** The page with everything on it: its heading is there, and nothing is waited for any more. */
async function settled(page, url) {
  await page.goto(url);
  await page.locator("h1").first().waitFor({ timeout: SHOWN_MS });
  const isThere = (waiting) => !document.body.innerText.includes(waiting);
  for (const waiting of MOMENTS) await page.waitForFunction(isThere, waiting, { timeout: SHOWN_MS });
}

describe("every page", () => {
  let viva;
  let browser;
  let place;
  let data;
  before(async () => {
    [viva, browser] = await Promise.all([Viva.start(), launch()]);
    const questions = [{ text: "What did you build last?" }, { text: "What went wrong?" }];
    const made = await viva.json("/api/v1/interviews", { method: "POST", body: { title: "Plumbing", questions } });
    const { report } = await simulate(viva, { kind: "tryout" });
    const { failures } = await report;
    assert.deepEqual(failures, []);
    const { sessions } = await viva.json("/api/v1/sessions?state=ended");
    const room = await viva.json("/api/rooms", { method: "POST", body: { name: "Standup" } });
    const [{ session_id: sessionId }] = sessions;
    place = { invitation: viva.interview, interviewId: made.interview_id, sessionId, room: room.room_code };
    const code = new URL(viva.interview).pathname.split("/").at(-1);
    const known = await Promise.all(
      [
        `/api/v1/invites/${code}`,
        "/api/v1/kinds",
        "/api/v1/interviews",
        `/api/v1/interviews/${made.interview_id}`,
        "/api/v1/personas",
        "/api/v1/sessions",
        `/api/interview/${sessionId}/status`,
        `/api/interview/${sessionId}/results`,
        `/api/interview/${sessionId}/scorecards`,
        "/api/rooms",
        "/api/v1/problems",
        "/api/interview/health",
        "/api/v1/me",
      ].map((route) => viva.json(route).catch(() => null)),
    );
    data = textsOf(made, room, sessions, ...known);
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  for (const [name, address] of Object.entries(PAGES)) {
    const picture = `texts-${name.replaceAll(" ", "-")}`;

    test(`${name}: every word can be translated`, { timeout: TEST_MS }, async () => {
      const page = await openPage(browser, LANGUAGE);
      await settled(page, `${viva.url}${address(place)}?lang=${PSEUDO}`);
      await screenshot(page, picture, { fullPage: true });
      const bracketed = await page.evaluate(() => document.body.innerText.includes("⟦"));
      assert.ok(bracketed, "the page has texts, in brackets");
      assert.deepEqual(await page.evaluate(untranslated, { data }), []);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });

    test(
      `${name}: holds in both themes, at 320 px, at twice the text, in forced colours`,
      { timeout: TEST_MS },
      async () => {
        const page = await openPage(browser, LANGUAGE);
        await settled(page, `${viva.url}${address(place)}`);
        await checkAccessible(page, `${picture}-page`);
        await page.emulateMedia({ forcedColors: "active" });
        await screenshot(page, `${picture}-forced`);
        assert.deepEqual(await violations(page), [], "axe in forced colours");
        await page.emulateMedia({ forcedColors: "none" });
        await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
        await screenshot(page, `${picture}-large`);
        assert.deepEqual(await violations(page), [], "axe at twice the text");
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= DESKTOP.width, `at twice the text the page is ${width} px wide on ${DESKTOP.width}`);
        assert.deepEqual(page.faults, []);
        await page.context().close();
      },
    );
  }
});

async function violations(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const report = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
    return report.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
}
