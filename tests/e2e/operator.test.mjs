// The status page on a real server: figures that move, a server that dies, an engine in trouble, who may see it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, checkAccessible, launch, openPage, screenshot, waitForData } from "./support/browser.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { simulate } from "./support/simulate.mjs";
import { Viva, until } from "./support/viva.mjs";

const TEST_MS = 120_000;
/** Longer than a round of questions takes, on a busy machine too. */
const ROUND_MS = 30_000;
const KEY = "a-platform-key-of-thirty-two-chars";
const SIGNING_KEY = "another-secret-of-more-than-thirty-two";

/** The page with figures on it, asking every two seconds. */
async function openStatus(browser, viva, options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${viva.url}/status`);
  await byId(page, "cards").waitFor({ timeout: ROUND_MS });
  await byId(page, "interval-2000").click();
  return page;
}

/** A figure of a counter, as the page has it. */
async function counter(page, id, which) {
  return Number((await byId(page, `counter-${id}`).getAttribute(`data-${which}`)) ?? Number.NaN);
}

/** A counter of the server, summed over its labels. */
async function metric(viva, name, labels = "", headers = {}) {
  const text = await (await fetch(`${viva.url}/metrics`, { headers })).text();
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** A user's token, as the sign-in makes it. */
function userToken() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: "usr_person", iss: "viva", aud: "viva", iat: now, exp: now + 600 };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SIGNING_KEY).update(signed).digest("base64url")}`;
}

/** A port of this machine at which nobody listens. */
async function deadPort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("the status page of a server that is well", () => {
  let viva;
  let browser;
  before(async () => {
    [viva, browser] = await Promise.all([Viva.start(), launch()]);
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("moves with the interviews that are held, and agrees with the API", { timeout: TEST_MS }, async () => {
    const page = await openStatus(browser, viva);
    assert.equal(await byId(page, "live").textContent(), "0");
    await waitForData(page, "verdict", "verdict", "well", ROUND_MS);
    await checkAccessible(page, "operator-quiet");

    const callers = await simulate(viva, { sessions: 2 });
    await waitForData(page, "live", "live", "2", ROUND_MS);
    assert.equal((await viva.json("/api/interview/health")).active_sessions, 2);
    await until(
      ROUND_MS,
      () => counter(page, "framesHeard", "recent"),
      (frames) => frames > 50,
    );
    const opinion = await until(
      ROUND_MS,
      () => byId(page, "mos-candidates").textContent(),
      (text) => /^4\.[0-4]/.test(text),
    );
    assert.match(opinion, /worst 5 in 100: [34](\.\d)?$/);
    await checkAccessible(page, "operator-live");
    const { end_reasons, failures } = await callers.report;
    assert.deepEqual([end_reasons, failures], [["completed", "completed"], []]);
    await waitForData(page, "live", "live", "0", ROUND_MS);

    // Nobody speaks any more, so both must come to the same.
    for (const [id, name, labels] of [
      ["framesHeard", "viva_uplink_frames_total", 'kind="normal"'],
      ["jobsDone", "viva_jobs_total", 'result="done"'],
    ]) {
      const pair = async () => [await counter(page, id, "total"), await metric(viva, name, labels)];
      const [shown, served] = await until(ROUND_MS, pair, ([a, b]) => a === b);
      assert.ok(shown > 0 && shown === served, `${id}: ${shown} on the page, ${served} at the server`);
    }
    assert.equal(await byId(page, "started").textContent(), "2");
    const ends = byId(page, "by-reason").locator("tr", { hasText: "All questions done" }).locator("td");
    // The list of sessions is asked for at its own times.
    await until(
      ROUND_MS,
      () => ends.textContent(),
      (count) => count === "2",
    );
    assert.match(await byId(page, "models").textContent(), /^[1-9]\d* of \d+$/);
    assert.equal(await byId(page, "database").textContent(), "SQLite");

    // The line in words, and as a table.
    assert.match(
      await page.locator('[data-testid="chart-live"] figcaption').textContent(),
      /now 0, 0 to 2 in the last/,
    );
    await byId(page, "chart-live-table-button").click();
    const values = await byId(page, "chart-live-table").locator("td").allTextContents();
    assert.ok(values.length >= 1 && values[0] === "0", `the newest minute first: ${values}`);
    await checkAccessible(page, "operator-after");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await byId(page, "copy").click();
    await waitForData(page, "copied", "copied", "yes", ROUND_MS);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const snapshot = JSON.parse(copied);
    assert.equal(snapshot.counters.started.total, 2);
    assert.equal(snapshot.verdict.level, "well");
    assert.doesNotMatch(copied, /ses_|int_|inv_/);
    assert.deepEqual(page.faults, []);
  });

  test("rests when paused or out of sight, and goes on", { timeout: TEST_MS }, async () => {
    const page = await openStatus(browser, viva);
    const other = await openStatus(browser, viva);
    let asked = 0;
    page.on("request", (request) => (asked += request.url().endsWith("/metrics") ? 1 : 0));
    /** A page that goes on is the clock: while it asked twice, one that rests asked nothing. */
    const assertResting = async () => {
      // What was asked for before may still be on its way out.
      await other.waitForResponse((answer) => answer.url().endsWith("/metrics"));
      asked = 0;
      for (let round = 0; round < 2; round += 1) {
        await other.waitForResponse((answer) => answer.url().endsWith("/metrics"));
      }
      assert.equal(asked, 0);
    };
    await byId(page, "pause").click();
    await byId(page, "paused").waitFor();
    await assertResting();
    await checkAccessible(page, "operator-paused");
    await byId(page, "pause").click();
    await until(ROUND_MS, () => asked, (count) => count > 0);
    // Headless tabs are never hidden by the browser itself: it is said in its stead, in its own words.
    const show = (visibility) =>
      page.evaluate((state) => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, visibility);
    await show("hidden");
    await assertResting();
    await show("visible");
    await until(ROUND_MS, () => asked, (count) => count > 0);
    assert.deepEqual([...page.faults, ...other.faults], []);
  });

  test("fits a phone, and works by keyboard alone", { timeout: TEST_MS }, async () => {
    const page = await openStatus(browser, viva, { viewport: PHONE });
    await checkAccessible(page, "operator-phone");
    await screenshot(page, "operator-phone-whole", { fullPage: true });
    await byId(page, "pause").focus();
    await page.keyboard.press("Tab");
    // The group is one stop; the arrows choose within it.
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "interval-5000");
    assert.equal(await byId(page, "interval-5000").getAttribute("aria-checked"), "true");
    await byId(page, "chart-live-table-button").focus();
    await page.keyboard.press("Enter");
    await byId(page, "chart-live-table").waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("lists what the process warned of, by level", { timeout: TEST_MS }, async () => {
    // Open mode is warned of when the server starts.
    const { problems } = await viva.json("/api/v1/problems");
    const warning = problems.find(({ level }) => level === "warn");
    assert.ok(warning, `one of ${JSON.stringify(problems)} is a warning`);
    const page = await openStatus(browser, viva);
    const item = byId(page, "problem").filter({ hasText: warning.message });
    await item.first().waitFor({ timeout: ROUND_MS });
    await byId(page, "problems-error").click();
    await item.first().waitFor({ state: "hidden" });
    await byId(page, "problems-warn").click();
    await item.first().waitFor();
    await checkAccessible(page, "operator-problems");
    assert.deepEqual(page.faults, []);
  });

  test("says since when the server does not answer, and recovers", { timeout: TEST_MS }, async () => {
    const page = await openStatus(browser, viva);
    await viva.crash();
    await waitForData(page, "verdict", "verdict", "silent", ROUND_MS);
    assert.match(await byId(page, "verdict").textContent(), /No answer since \d/);
    await checkAccessible(page, "operator-silent");
    await viva.startAgain();
    // By itself, though it waits longer the longer nobody answered.
    await waitForData(page, "verdict", "verdict", ["well", "attention"], ROUND_MS + 30_000);
    assert.deepEqual(page.faults, []);
  });
});

test("an engine that cannot be reached is told", { timeout: TEST_MS }, async () => {
  const env = {
    OPENAI_API_KEY: "sk-test-0123456789abcdef",
    OPENAI_REALTIME_API_URL: `ws://127.0.0.1:${await deadPort()}`,
  };
  const [viva, browser] = await Promise.all([Viva.start({ env }), launch()]);
  try {
    const page = await openStatus(browser, viva);
    assert.match(await byId(page, "engine").textContent(), /Realtime server/);
    assert.match(await byId(page, "keys").textContent(), /^1 usable/);
    const callers = await simulate(viva);
    await waitForData(page, "verdict", "verdict", ["attention", "trouble"], 60_000);
    assert.match(await byId(page, "verdict").textContent(), /speech engine/);
    assert.match(await byId(page, "verdict").textContent(), /OPENAI_REALTIME_API_URL/);
    await checkAccessible(page, "operator-engine");
    await callers.stop();
    assert.ok(!(await page.content()).includes(env.OPENAI_API_KEY));
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
    await viva.discard();
  }
});

describe("a server with credentials", () => {
  let viva;
  let browser;
  before(async () => {
    const env = (port) => ({
      API_KEY: KEY,
      SECRET_KEY: SIGNING_KEY,
      VIVA_HOST: "127.0.0.1",
      VIVA_PUBLIC_URL: `http://127.0.0.1:${port}`,
    });
    [viva, browser] = await Promise.all([Viva.start({ env }), launch()]);
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("asks for a key, which is given by keyboard alone", { timeout: TEST_MS }, async () => {
    const page = await openPage(browser);
    await page.goto(`${viva.url}/status`);
    await waitForData(page, "access", "refusal", "key", ROUND_MS);
    await checkAccessible(page, "operator-key");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
    for (let step = 0; step < 20 && (await focused()) !== "key"; step += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await byId(page, "key-error").waitFor();
    assert.equal(await focused(), "key");
    await page.keyboard.type("not-the-key");
    await page.keyboard.press("Enter");
    await waitForData(page, "access", "refusal", "wrong", ROUND_MS);
    assert.match(await byId(page, "key-error").textContent(), /does not know this key/);
    await checkAccessible(page, "operator-key-wrong");
    assert.equal(await focused(), "key");
    await page.keyboard.type(KEY);
    await page.keyboard.press("Enter");
    await byId(page, "cards").waitFor({ timeout: ROUND_MS });
    const download = page.waitForEvent("download");
    await byId(page, "save-metrics").click();
    assert.equal((await download).suggestedFilename(), "metrics.txt");
    assert.deepEqual(page.faults, []);
  });

  test("is not for a person who signed in", { timeout: TEST_MS }, async () => {
    const page = await openPage(browser);
    const bearer = userToken();
    const account = JSON.stringify({ bearer, email: "person@example.org", expiresAtMs: Date.now() + 600_000 });
    await page.addInitScript((kept) => sessionStorage.setItem("viva.account", kept), account);
    await page.goto(`${viva.url}/status`);
    await waitForData(page, "access", "refusal", "user", ROUND_MS);
    assert.match(await byId(page, "access").textContent(), /This page is for operators/);
    await checkAccessible(page, "operator-user");
    assert.deepEqual(page.faults, []);
  });

  test("shows the same in Firefox", { timeout: TEST_MS }, async () => {
    const firefox = await launchFirefox();
    try {
      const page = await FirefoxPage.open(firefox);
      await page.goto(`${viva.url}/status`);
      await page.fill("key", KEY);
      await page.press("Enter");
      await page.find("cards", ROUND_MS);
      await page.waitForData("verdict", "verdict", "well", ROUND_MS);
      assert.equal(await page.text("live"), "0");
      await page.checkAccessible("operator-firefox");
      assert.deepEqual(page.faults, []);
    } finally {
      await firefox.close();
    }
  });
});
