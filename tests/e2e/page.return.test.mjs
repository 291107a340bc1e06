// Leaving and coming back, two tabs, and what stands in the way of an interview: each with what the page says about it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { byId, checkAccessible, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, sessionOf, startInterview, walkToCheck, walkToStart, watchPage } from "./support/candidate.mjs";
import { ROOT, Viva, within } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const DAY_MS = 86_400_000;

let browser;
let viva;
let clips;
before(async () => {
  browser = await launch();
  viva = await Viva.start();
  clips = await speechClips();
});
after(async () => {
  await browser?.close();
  await viva?.discard();
});

async function invite(terms = {}) {
  return viva.json("/api/v1/interviews/tryout/invites", {
    method: "POST",
    body: terms,
  });
}

/** A page of this context, with a voice. */
async function voiced(page, recordings = clips.slice(0, 1)) {
  await giveVoice(page, recordings);
  await watchPage(page);
  return page;
}

/** Another tab of the same browser. */
async function tabBeside(page) {
  const tab = await page.context().newPage();
  tab.faults = [];
  tab.on("pageerror", (error) => tab.faults.push(`error: ${error.message}`));
  return tab;
}

/** In the middle of an interview: the candidate has the word. */
async function begun(link, recordings) {
  const page = await voiced(await openPage(browser), recordings);
  await page.goto(link);
  await walkToStart(page);
  await startInterview(page);
  await waitForData(page, "turn", "turn", "user", 60_000);
  return page;
}

/** From the question whether to continue into the interview. */
async function goOn(page) {
  await byId(page, "ask").waitFor({ timeout: 15_000 });
  await byId(page, "continue-interview").click();
  await page.locator('[data-testid="start"]:not([data-disabled])').waitFor({ timeout: 10_000 });
  await startInterview(page);
}

const itemsOf = (page) => byId(page, "caption").evaluateAll((all) => all.map((caption) => caption.dataset.itemId));

describe("coming back", () => {
  test("by the same link, after the tab was closed", { timeout: 150_000 }, async () => {
    const { url } = await invite({ attempts: 2 });
    const page = await begun(url, []);
    const sessionId = sessionOf(page);
    const items = await itemsOf(page);
    const tab = await voiced(await tabBeside(page), []);
    await page.close();
    await tab.goto(url);
    await byId(tab, "ask").waitFor({ timeout: 15_000 });
    await byId(tab, "anew").waitFor();
    await checkAccessible(tab, "return-ask");
    await goOn(tab);
    assert.equal(sessionOf(tab), sessionId, "the same interview");
    await byId(tab, "caption")
      .nth(items.length - 1)
      .waitFor({ timeout: 20_000 });
    const again = await itemsOf(tab);
    assert.ok(
      items.every((item) => again.includes(item)),
      "what was said before is there",
    );
    assert.deepEqual(tab.faults, []);
    await tab.context().close();
  });

  test("after a reload in the middle of an answer", { timeout: 180_000 }, async () => {
    const { url } = await invite();
    const page = await begun(url);
    await page.waitForFunction(() => window.candidate.playing, undefined, {
      timeout: 30_000,
    });
    const sessionId = sessionOf(page);
    const question = await byId(page, "question").getAttribute("data-number");
    await page.reload();
    await walkToStart(page);
    await startInterview(page);
    assert.equal(sessionOf(page), sessionId);
    await page.locator('[data-testid="caption"][data-role="user"][data-state="final"]').nth(0).waitFor({
      timeout: 90_000,
    });
    const numbers = await page.evaluate(() => window.shown.questions);
    assert.equal(numbers[0]?.split("/")[0], question, "it goes on at the same question");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("in a second tab, which the first one hears of", { timeout: 150_000 }, async () => {
    const { url } = await invite();
    const first = await begun(url, []);
    const second = await voiced(await tabBeside(first), []);
    await second.goto(url);
    await goOn(second);
    await byId(first, "elsewhere").waitFor({ timeout: 15_000 });
    await first.bringToFront();
    await checkAccessible(first, "return-elsewhere");
    const stopped = await first.evaluate(() =>
      window.candidate.tracks.every(({ readyState }) => readyState === "ended"),
    );
    assert.ok(stopped, "the first tab lets go of the microphone");
    await waitForData(second, "connection-state", "state", "live", 5_000);

    await byId(first, "continue-here").click();
    await waitForData(first, "connection-state", "state", "live", 20_000);
    await byId(second, "elsewhere").waitFor({ timeout: 15_000 });
    assert.deepEqual([...first.faults, ...second.faults], []);
    await first.context().close();
  });
});

describe("a link", () => {
  /** What the page says of a link that opens nothing. */
  async function refused(url, kind) {
    const page = await openPage(browser);
    await page.goto(url);
    await waitForData(page, "problem", "kind", kind, 15_000);
    await checkAccessible(page, `link-${kind}`);
    const text = await page.locator("main").textContent();
    await page.context().close();
    return text;
  }

  test("that is used up", { timeout: 60_000 }, async () => {
    const { url, code } = await invite({ attempts: 1 });
    await viva.json("/api/interview/start", {
      method: "POST",
      body: { invite: code },
    });
    await refused(url, "used");
  });

  test("that was closed", { timeout: 60_000 }, async () => {
    const { url, invite_id: id } = await invite();
    const closed = await fetch(`${viva.url}/api/v1/interviews/tryout/invites/${id}`, { method: "DELETE" });
    assert.equal(closed.status, 204);
    await refused(url, "closed");
  });

  test("that is not open yet says from when it is", { timeout: 60_000 }, async () => {
    const opens = new Date(Date.now() + 3 * DAY_MS);
    const { url } = await invite({ opens_at: opens.toISOString() });
    assert.match(await refused(url, "notOpen"), new RegExp(`from .*${opens.getFullYear()}`));
  });
});

describe("the browser and the line", () => {
  test("that cannot hold an interview is told before the link is used", { timeout: 60_000 }, async () => {
    const { url, code } = await invite({ attempts: 1 });
    const page = await openPage(browser);
    await page.addInitScript(() => delete window.RTCPeerConnection);
    await page.goto(url);
    await waitForData(page, "problem", "kind", "unsupported", 15_000);
    await checkAccessible(page, "browser-unsupported");
    assert.equal((await viva.json(`/api/v1/invites/${code}`)).attempts_left, 1);
    await page.context().close();
  });

  test("without a network, the way goes on when it is back", { timeout: 90_000 }, async () => {
    const { url, code } = await invite({ attempts: 1 });
    const page = await voiced(await openPage(browser), []);
    await page.goto(url);
    await byId(page, "continue").click();
    await byId(page, "consent").click();
    await page.context().setOffline(true);
    await byId(page, "agree").click();
    await byId(page, "unreachable").waitFor({ timeout: 15_000 });
    await checkAccessible(page, "line-offline");
    assert.equal((await viva.json(`/api/v1/invites/${code}`)).attempts_left, 1, "nothing is used");
    await page.context().setOffline(false);
    await byId(page, "agree").click();
    await byId(page, "check").waitFor({ timeout: 15_000 });
    await page.context().close();
  });

  test("that reaches no server at first is tried again", { timeout: 60_000 }, async () => {
    const { url } = await invite();
    const page = await openPage(browser);
    await page.route("**/api/v1/invites/**", (route) => route.abort());
    await page.goto(url);
    await byId(page, "unreachable").waitFor({ timeout: 15_000 });
    await checkAccessible(page, "line-server-gone");
    await page.unroute("**/api/v1/invites/**");
    await byId(page, "continue").waitFor({ timeout: 30_000 });
    await page.context().close();
  });
});

describe("the microphone", () => {
  test("that is unplugged in the interview is said, and another one brought in", { timeout: 150_000 }, async () => {
    const { url } = await invite();
    const page = await begun(url, []);
    // What a browser does when a device is gone: the track ends by itself.
    await page.evaluate(() => {
      const track = window.candidate.tracks.find(({ readyState }) => readyState === "live");
      track.stop();
      track.dispatchEvent(new Event("ended"));
    });
    await waitForData(page, "mic-lost", "problem", "taken_away", 10_000);
    await checkAccessible(page, "microphone-lost");
    await byId(page, "type-instead").click();
    await byId(page, "text-answer").fill("Meanwhile I type.");
    await byId(page, "send-text").click();
    const mine = page.locator('[data-testid="caption"][data-role="user"]');
    await mine.filter({ hasText: "Meanwhile I type." }).waitFor({ timeout: 15_000 });
    await byId(page, "mic-retry").click();
    await byId(page, "mic-lost").waitFor({
      state: "detached",
      timeout: 10_000,
    });
    await waitForData(page, "connection-state", "state", "live", 5_000);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("that is muted while somebody speaks is said", { timeout: 150_000 }, async () => {
    const { url } = await invite();
    const page = await begun(url, []);
    await byId(page, "mute").click();
    // On the microphone itself: muting the page does not mute the room.
    await page.evaluate((wav) => void window.candidate.speak(wav), clips[0].wav);
    await byId(page, "muted-speech").waitFor({ timeout: 15_000 });
    await checkAccessible(page, "microphone-muted");
    const spoken = await page.evaluate(() =>
      Object.values(window.shown.captions).some(({ role, text }) => role === "user" && text !== ""),
    );
    assert.equal(spoken, false, "nothing of it is heard");
    await byId(page, "mute").click();
    await byId(page, "muted-speech").waitFor({ state: "detached" });
    await page.context().close();
  });
});

describe("an engine in trouble", () => {
  /** A speech model that breaks in the middle of the greeting, and then takes no call any more. */
  const FAULTS = {
    faults: [
      { on: "response.create", nth: 2, connection: 1, do: "drop" },
      ...Array.from({ length: 60 }, (_, index) => ({
        on: "connect",
        connection: index + 2,
        do: { refuse: 503 },
      })),
    ],
  };
  let directory;
  let mock;
  let troubled;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "viva-e2e-engine-"));
    const script = path.join(directory, "script.json");
    await writeFile(script, JSON.stringify(FAULTS));
    mock = spawn(BINARY, ["mock-realtime", "--script", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ready = new Promise((resolve) => {
      createInterface({ input: mock.stdout }).on("line", (line) => {
        const url = /^mock-realtime ready url=(\S+)$/.exec(line)?.[1];
        if (url) resolve(url);
      });
    });
    const url = await within(15_000, ready, () => "the mock is not ready");
    troubled = await Viva.start({
      env: { OPENAI_REALTIME_API_URL: url, VIVA_ENGINE: "openai" },
    });
  });
  after(async () => {
    await troubled?.discard();
    mock?.kill();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  test("is told while it lasts, and the end says whose fault it was", { timeout: 240_000 }, async () => {
    const page = await voiced(await openPage(browser), []);
    await page.goto(troubled.interview);
    await walkToCheck(page);
    await byId(page, "check-next").click();
    await startInterview(page);
    await page.locator('[data-testid="notice"][data-code^="engine_"]').first().waitFor({ timeout: 90_000 });
    await checkAccessible(page, "engine-trouble");
    await waitForData(page, "closing", "end-reason", "engine_failed", 180_000);
    await byId(page, "saved").waitFor();
    assert.match(await page.locator("main").textContent(), /not your fault/);
    await checkAccessible(page, "engine-failed");
    await page.context().close();
  });
});
