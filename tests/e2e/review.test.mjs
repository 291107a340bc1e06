// A recorded interview under review: timeline, player, transcript, links to moments, hold, proof and deletion.
//
// The interviewer's voice comes from `viva mock-realtime` and begins with the first sample, and the candidate's clips
// begin with the first word: the recording has a mark at the beginning of every turn.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, checkAccessible, launch, openPage, screenshot, waitForData } from "./support/browser.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { simulate } from "./support/simulate.mjs";
import { ROOT, Viva, until, within } from "./support/viva.mjs";

const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const TEST_MS = 120_000;
const AGREE_WITHIN_MS = 100;
/** Above the noise of the candidate's room, which begins before the first word. In the peaks 127 is 1. */
const LOUD = 3 / 128;
const PLAN = {
  title: "Two passages",
  recording: true,
  questions: [{ text: "Please read the first passage." }, { text: "Please read the second passage." }],
};

/** An interviewer whose voice is made of marks. */
async function startMock() {
  const child = spawn(BINARY, ["mock-realtime"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/^mock-realtime ready url=(\S+)$/)?.[1];
      if (url) resolve(url);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`mock-realtime left with ${code}`)));
  });
  return {
    url: await within(15_000, ready, () => "mock-realtime is not ready"),
    child,
  };
}

/** The first loud 20 ms of a side near a turn's beginning, in the recording itself. */
function markNear(peaks, { role, start_ms: startMs }) {
  const channel = role === "user" ? 0 : 1;
  const loud = (step) => {
    const at = (step * peaks.channels + channel) * 2;
    return Math.max(Math.abs(peaks.data[at]), Math.abs(peaks.data[at + 1])) / 128 >= LOUD;
  };
  let step = Math.max(0, Math.floor(startMs / 20) - 5);
  while (step < peaks.length && !loud(step)) step += 1;
  return step * 20;
}

/** Runs on the audio thread: tells when it became loud after a silence, by the clock of the samples themselves. */
const TAP = `
  class Tap extends AudioWorkletProcessor {
    quietS = 0;
    process([input]) {
      let loudest = 0;
      for (const samples of input) for (const one of samples) loudest = Math.max(loudest, Math.abs(one));
      if (loudest < ${LOUD}) {
        this.quietS += 128 / sampleRate;
      } else {
        if (this.quietS > 0.12) this.port.postMessage(currentTime);
        this.quietS = 0;
      }
      return true;
    }
  }
  registerProcessor("tap", Tap);
`;

/**
 * Listens to what the page's audio elements give to the loudspeaker, in `window.heard`: when a sound began after a
 * silence, on the element's own clock. Samples are counted where they are made, so a busy page changes nothing
 * about it.
 */
async function listen(page) {
  await page.addInitScript((processor) => {
    const heard = { onsets: [], offsets: [] };
    window.heard = heard;
    const tapped = new WeakSet();
    const { connect } = AudioNode.prototype;
    const outputs = [];
    AudioNode.prototype.connect = function (target, ...ports) {
      if (target instanceof AudioDestinationNode) outputs.push(this);
      return connect.call(this, target, ...ports);
    };
    const tap = async (context, element) => {
      tapped.add(element);
      const module = new Blob([processor], { type: "text/javascript" });
      await context.audioWorklet.addModule(URL.createObjectURL(module));
      const node = new AudioWorkletNode(context, "tap");
      node.port.onmessage = ({ data }) => heard.onsets.push(data);
      outputs.forEach((output) => connect.call(output, node));
      connect.call(node, context.destination);
      setInterval(() => {
        if (!element.paused && !element.seeking) heard.offsets.push(element.currentTime - context.currentTime);
      }, 25);
      heard.ready = true;
    };
    const { createMediaElementSource } = AudioContext.prototype;
    AudioContext.prototype.createMediaElementSource = function (element) {
      void tap(this, element);
      return createMediaElementSource.call(this, element);
    };
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = async function () {
      // Of two elements the first one is listened to.
      heard.first ??= this;
      await play.call(this);
      if (tapped.has(this) || heard.first !== this) return;
      const context = new AudioContext();
      createMediaElementSource.call(context, this).connect(context.destination);
      await tap(context, this);
    };
    /** When the onsets were, in milliseconds of the element. */
    heard.onsetsMs = () => {
      const offsets = [...heard.offsets].sort((a, b) => a - b);
      return heard.onsets.map((time) => (time + offsets[Math.floor(offsets.length / 2)]) * 1000);
    };
  }, TAP);
}

/** In the page, after the player has looked: where it says that it stands, where the sound is, and the current turn. */
async function positions() {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return [
    Number(document.querySelector('[data-testid="player"]').dataset.positionMs),
    document.querySelector('[data-testid="sound"]').currentTime * 1000,
    document.querySelector('[data-testid="transcript-item"][data-current="true"]')?.dataset.itemId,
  ];
}

describe("the review of an interview", () => {
  let mock;
  let viva;
  let browser;
  let results;
  let peaks;
  before(
    async () => {
      mock = await startMock();
      [browser, viva] = await Promise.all([launch(), Viva.start({ env: { OPENAI_REALTIME_API_URL: mock.url } })]);
      const made = await viva.json("/api/v1/interviews", {
        method: "POST",
        body: PLAN,
      });
      const candidate = await simulate(viva, { interview: made.interview_id });
      const { code } = await candidate.report;
      assert.equal(code, 0);
      const rows = await (await fetch(`${viva.url}/api/interview/export.csv`)).text();
      const id = /ses_[a-z2-7]{26}/.exec(rows)[0];
      results = await until(
        60_000,
        () => viva.results(id),
        ({ recording }) => recording?.state === "ready",
      );
      peaks = await viva.json(results.recording.peaks_url);
    },
    { timeout: TEST_MS },
  );
  after(async () => {
    await browser?.close();
    await viva?.discard();
    mock?.child.kill("SIGKILL");
  });

  async function open({ hash = "", listens = false, ...options } = {}) {
    // What listens is a script that the page's own policy would not let in.
    const page = await openPage(browser, { ...options, bypassCSP: listens });
    if (listens) await listen(page);
    await page.goto(`${viva.url}/results/${results.session_id}${hash}`);
    await byId(page, "waveform").first().waitFor({ timeout: 15_000 });
    return page;
  }

  const positionOf = async (page) => Number(await byId(page, "player").getAttribute("data-position-ms"));
  const turnRow = (page, { item_id: id }) => page.locator(`[data-testid="transcript-item"][data-item-id="${id}"]`);
  const isNow = (page, item) =>
    turnRow(page, item).and(page.locator('[data-current="true"]')).waitFor({ timeout: 5_000 });

  test("the recording's marks are where the transcript says", (t) => {
    for (const item of results.transcript) {
      const apartMs = markNear(peaks, item) - item.start_ms;
      // What follows another turn of the interviewer at once has no silence before it to tell its mark by.
      const before = results.transcript.find(({ end_ms: endMs }) => endMs !== null && item.start_ms - endMs < 100);
      if (before !== undefined && before !== item && before.end_ms <= item.start_ms) continue;
      t.diagnostic(`${item.role} at ${item.start_ms} ms: ${apartMs} ms`);
      assert.ok(Math.abs(apartMs) < AGREE_WITHIN_MS, JSON.stringify(item));
    }
  });

  test("shows everything on one timeline", { timeout: TEST_MS }, async () => {
    const page = await open();
    assert.equal(await byId(page, "waveform").count(), 2);
    assert.equal(await byId(page, "timeline-turn").count(), results.transcript.length);
    assert.deepEqual(await byId(page, "timeline-question").allTextContents(), [
      "Question 1 Please read the first passage.",
      "Question 2 Please read the second passage.",
    ]);
    assert.ok((await byId(page, "timeline-wait").count()) >= 2);
    const drawn = await page.evaluate(() => {
      const all = document.querySelector('[data-testid="timeline-picture"]').getBoundingClientRect();
      return [...document.querySelectorAll('[data-testid="timeline-turn"]')].map((turn) => {
        const box = turn.getBoundingClientRect();
        return [turn.dataset.itemId, (box.left - all.left) / all.width, box.width / all.width];
      });
    });
    for (const [id, from, share] of drawn) {
      const item = results.transcript.find(({ item_id: itemId }) => itemId === id);
      const lengthMs = results.recording.duration_ms;
      assert.ok(Math.abs(from - item.start_ms / lengthMs) < 0.003, `${id} begins at ${from}`);
      assert.ok(Math.abs(share - (item.end_ms - item.start_ms) / lengthMs) < 0.003, `${id} is ${share} wide`);
    }
    for (const zoom of ["2", "5", "10", "20"]) {
      await byId(page, "zoom-in").click();
      await waitForData(page, "timeline", "zoom", zoom, 5_000);
    }
    const wide = await byId(page, "timeline-picture").evaluate(
      (picture) => picture.getBoundingClientRect().width / picture.parentElement.clientWidth,
    );
    assert.ok(Math.abs(wide - 20) < 0.1, `${wide} times as wide`);
    await checkAccessible(page, "review-zoomed");
    await page.keyboard.press("Tab");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  for (const kind of ["wave", "tracks"]) {
    test(`sound, position and transcript agree within 100 ms (${kind})`, { timeout: TEST_MS }, async (t) => {
      const page = await open({ listens: true });
      await byId(page, kind === "wave" ? "play" : "load-tracks").click();
      await waitForData(page, "player", "playing", "true", 30_000);
      await page.waitForFunction(() => window.heard.ready, undefined, { timeout: 15_000 });
      // Of two elements the first one is listened to.
      const sides = kind === "wave" ? ["user", "assistant"] : [results.recording.tracks[0].side];
      const items = results.transcript.filter(({ role, start_ms: ms }) => sides.includes(role) && ms > 1_000);
      const marked = items.filter((item) => Math.abs(markNear(peaks, item) - item.start_ms) < 60);
      assert.ok(marked.length >= 2, "there are marks to listen for");
      for (const item of marked) {
        const heardMs = await heardFrom(page, item.start_ms - 700, item.start_ms + 600);
        const apart = heardMs.map((ms) => Math.round(ms - item.start_ms));
        t.diagnostic(`${item.role} at ${item.start_ms} ms: sound ${apart} ms after it`);
        assert.ok(
          apart.some((ms) => Math.abs(ms) < AGREE_WITHIN_MS),
          `heard ${apart} ms from the transcript's time`,
        );
        await isNow(page, item);
      }
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }

  /** Plays a stretch and gives the moments at which a sound began in it. */
  async function heardFrom(page, fromMs, toMs) {
    await byId(page, "play").click();
    await waitForData(page, "player", "playing", "false", 5_000);
    await page.evaluate((ms) => {
      location.hash = `t=${ms / 1000}`;
      window.heard.onsets.length = 0;
      window.heard.offsets.length = 0;
    }, fromMs);
    const there = (ms) =>
      Number(document.querySelector('[data-testid="player"]').dataset.positionMs) === Math.round(ms);
    await page.waitForFunction(there, fromMs, { timeout: 5_000 });
    await byId(page, "play").click();
    const past = (ms) => Number(document.querySelector('[data-testid="player"]').dataset.positionMs) > ms;
    await page.waitForFunction(past, toMs, { timeout: 30_000 });
    return page.evaluate(() => window.heard.onsetsMs());
  }

  test("a click on a turn plays it, and a muted side is silent", { timeout: TEST_MS }, async () => {
    const page = await open({ listens: true });
    const answer = results.transcript.find(({ role }) => role === "user");
    await turnRow(page, answer).locator(".turn-text").click();
    await waitForData(page, "player", "playing", "true", 30_000);
    await isNow(page, answer);
    const [shownMs, soundMs] = await page.evaluate(positions);
    assert.ok(soundMs >= answer.start_ms && Math.abs(soundMs - shownMs) < AGREE_WITHIN_MS, `${shownMs}, ${soundMs}`);
    await checkAccessible(page, "review-playing");

    await page.waitForFunction(() => window.heard.ready, undefined, { timeout: 15_000 });
    await byId(page, "hear-user").click();
    await page.getByText("Candidate, muted").waitFor({ timeout: 5_000 });
    const near = (heardMs, { start_ms: startMs }) => heardMs.filter((ms) => Math.abs(ms - startMs) < 300);
    const heardMs = await heardFrom(page, answer.start_ms - 300, answer.start_ms + 600);
    assert.deepEqual(near(heardMs, answer), [], "the candidate is muted");
    const reply = results.transcript.find(({ start_ms: ms }) => ms > answer.end_ms);
    assert.equal(near(await heardFrom(page, reply.start_ms - 400, reply.start_ms + 400), reply).length, 1);
    await page.context().close();
  });

  test("works by the keyboard alone", { timeout: TEST_MS }, async () => {
    const page = await open();
    const focused = (id) =>
      page.evaluate((wanted) => document.activeElement?.closest(`[data-testid="${wanted}"]`) !== null, id);
    const reach = async (id, key) => {
      for (let presses = 0; presses < 60 && !(await focused(id)); presses += 1) await page.keyboard.press(key);
      assert.ok(await focused(id), `${id} is reached by ${key}`);
    };
    await reach("play", "Tab");
    await page.keyboard.press("ArrowRight");
    assert.equal(await positionOf(page), 5_000);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await positionOf(page), 5_000);
    await page.keyboard.press("Shift+ArrowLeft");
    assert.equal(await positionOf(page), 0);
    const starts = results.transcript.map(({ start_ms: ms }) => ms).filter((ms) => ms > 20);
    for (const startMs of starts.slice(0, 3)) {
      await page.keyboard.press("ArrowDown");
      assert.equal(await positionOf(page), startMs);
    }
    await page.keyboard.press("ArrowUp");
    assert.equal(await positionOf(page), starts[1]);
    await page.keyboard.press(" ");
    await waitForData(page, "player", "playing", "true", 30_000);
    await page.keyboard.press(" ");
    await waitForData(page, "player", "playing", "false", 5_000);
    await reach("rate", "Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await waitForData(page, "rate", "value", "2", 5_000);
    await reach("zoom-in", "Shift+Tab");
    await page.keyboard.press("Enter");
    await waitForData(page, "timeline", "zoom", "2", 5_000);
    await reach("play-turn", "Tab");
    await page.keyboard.press("Enter");
    await waitForData(page, "player", "playing", "true", 5_000);
    await isNow(page, results.transcript[0]);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("an address opens at its moment, and each turn has one", { timeout: TEST_MS }, async () => {
    const item = results.transcript.findLast(({ role }) => role === "user");
    const page = await open({
      hash: `#t=${(item.start_ms + 250) / 1000}`,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    assert.equal(await positionOf(page), item.start_ms + 250);
    await isNow(page, item);
    const seen = await turnRow(page, item).evaluate((row) => {
      const panel = row.closest(".transcript-panel").getBoundingClientRect();
      const box = row.getBoundingClientRect();
      return box.top >= panel.top - 1 && box.bottom <= panel.bottom + 1;
    });
    assert.ok(seen, "the turn of the moment is in sight");
    const first = results.transcript[0];
    await turnRow(page, first).locator('[data-testid="copy-moment"]').click();
    await page.getByText("Link copied").waitFor({ timeout: 5_000 });
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, `${viva.url}/results/${results.session_id}#t=${first.start_ms / 1000}`);
    await page.context().close();
  });

  test("the transcript is searched and filtered, and answers stand by question", { timeout: TEST_MS }, async () => {
    const page = await open();
    await byId(page, "transcript-search").fill("PASSAGE");
    await page.getByText("1 of 2").waitFor({ timeout: 5_000 });
    assert.deepEqual(await page.locator("mark").allTextContents(), ["passage", "passage"]);
    await page.keyboard.press("Enter");
    await page.getByText("2 of 2").waitFor({ timeout: 5_000 });
    assert.equal(await page.locator('mark[data-current="true"]').count(), 1);
    await checkAccessible(page, "review-search");
    await byId(page, "transcript-search").fill("no such word");
    await page.getByText("Not found").waitFor({ timeout: 5_000 });
    await byId(page, "transcript-search").fill("");

    await byId(page, "filter-side").locator("button").click();
    await page.getByRole("option", { name: "Candidate" }).click();
    await waitForData(page, "filter-side", "value", "user", 5_000);
    const shown = await byId(page, "transcript-item").evaluateAll((rows) => rows.map((row) => row.dataset.role));
    const answers = results.transcript.filter(({ role }) => role === "user");
    assert.deepEqual(
      shown,
      answers.map(() => "user"),
    );

    await byId(page, "view-answers").click();
    assert.match(await byId(page, "coverage").textContent(), /^2 of 2 questions answered/);
    const parts = byId(page, "results-question");
    assert.deepEqual(await parts.evaluateAll((all) => all.map((one) => one.dataset.status)), [
      "answered",
      "answered",
    ]);
    const said = await parts.nth(1).locator('[data-testid="transcript-item"]').getAttribute("data-item-id");
    assert.deepEqual([said], results.questions[1].answer_item_ids);
    await checkAccessible(page, "review-answers");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("fits a phone, and every word can be translated", { timeout: TEST_MS }, async () => {
    const page = await openPage(browser, { viewport: PHONE });
    await page.goto(`${viva.url}/results/${results.session_id}?lang=en-XA`);
    await byId(page, "waveform").first().waitFor({ timeout: 15_000 });
    await checkAccessible(page, "review-phone");
    await screenshot(page, "review-phone-whole", { fullPage: true });
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("main button, main summary, main [role=tab]")]
        .filter((one) => one.checkVisibility() && one.closest("[hidden]") === null)
        .map((one) => [one.textContent, one.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < 43.5 || box.height < 43.5))
        .map(([text, box]) => `${text} ${box.width}×${box.height}`),
    );
    assert.deepEqual(small, [], "everything to press is at least 44 px large");
    const untranslated = await page.evaluate(() =>
      [...document.querySelectorAll("main h1, main h2, main h3, main button, main label, main dt, main th")]
        .map((one) => one.textContent.trim())
        .filter((text) => /[A-Za-z]{3}/.test(text) && !text.includes("⟦")),
    );
    assert.deepEqual(untranslated, []);
    await page.context().close();
  });

  test("Firefox plays, seeks and shows the turn", { timeout: TEST_MS }, async (t) => {
    const firefox = await launchFirefox();
    t.after(() => firefox.close());
    const page = await FirefoxPage.open(firefox);
    const item = results.transcript.find(({ role }) => role === "user");
    for (const button of ["play", "load-tracks"]) {
      await page.goto(`${viva.url}/results/${results.session_id}?with=${button}#t=${item.start_ms / 1000}`);
      await page.click(button);
      await page.waitForData("player", "playing", "true", 30_000);
      await page.waitForFunction(
        (ms) => document.querySelector('[data-testid="sound"]').currentTime * 1000 > ms,
        item.start_ms + 300,
        { timeout: 15_000 },
      );
      const [shownMs, soundMs, current] = await page.evaluate(positions);
      t.diagnostic(`${button}: position ${shownMs} ms, sound ${Math.round(soundMs)} ms`);
      assert.ok(Math.abs(shownMs - soundMs) < AGREE_WITHIN_MS);
      assert.equal(current, item.item_id);
    }
    await page.checkAccessible("review-firefox");
    assert.deepEqual(page.faults, []);
  });

  test("everything can be taken along from one menu", { timeout: TEST_MS }, async () => {
    const page = await open();
    const first = {
      "export.json": `{"format":"viva-export/1"`,
      "export.csv": "session_id,",
      "transcript.srt": "1\n",
      "page.html": "<!doctype html>",
      "user.ogg": "OggS",
      "stereo.wav": "RIFF",
    };
    await byId(page, "export-menu").click();
    await byId(page, "export").first().waitFor({ timeout: 5_000 });
    await checkAccessible(page, "review-exports");
    await page.keyboard.press("Escape");
    for (const [format, beginning] of Object.entries(first)) {
      await byId(page, "export-menu").click();
      const [download] = await Promise.all([
        page.waitForEvent("download", { timeout: 30_000 }),
        page.locator(`[data-testid="export"][data-format="${format}"]`).click(),
      ]);
      const file = await readFile(await download.path(), "latin1");
      assert.ok(file.startsWith(beginning), `${format} begins with ${file.slice(0, 40)}`);
      assert.ok(download.suggestedFilename().startsWith(results.session_id), download.suggestedFilename());
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("is held, verified and deleted", { timeout: TEST_MS }, async () => {
    const page = await open();
    await byId(page, "verify").click();
    await waitForData(page, "verdict", "verdict", "intact", 15_000);
    const { log } = await viva.results(results.session_id);
    assert.equal(await byId(page, "log-head").textContent(), log.head);

    await byId(page, "hold-reason").fill("dispute 2026-14");
    await byId(page, "hold").click();
    await byId(page, "held").waitFor({ timeout: 15_000 });
    assert.equal(await byId(page, "delete").count(), 0, "what is held cannot be deleted");
    await byId(page, "release").click();
    await byId(page, "delete").click();

    await byId(page, "delete-now").waitFor({ timeout: 5_000 });
    await checkAccessible(page, "review-delete");
    await byId(page, "delete-now").click();
    await page.getByText("Please type “delete” first.").waitFor({ timeout: 5_000 });
    assert.equal((await fetch(`${viva.url}/api/interview/${results.session_id}/results`)).status, 200);
    await byId(page, "delete-word").fill("delete");
    await byId(page, "delete-now").click();
    await byId(page, "receipt").waitFor({ timeout: 30_000 });
    await checkAccessible(page, "review-receipt");
    assert.equal((await fetch(`${viva.url}/api/interview/${results.session_id}/results`)).status, 404);
    await page.reload();
    await byId(page, "receipt").waitFor({ timeout: 15_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
