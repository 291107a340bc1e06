// Chromium's own file microphone talks whenever its file comes round, so that it interrupts the greeting.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { byId, launch, openPage, screenshot } from "./support/browser.mjs";
import { listenToAgent, sessionOf, startInterview, walkToStart } from "./support/candidate.mjs";
import { Viva, until } from "./support/viva.mjs";
import { normalised, speechClips } from "./support/words.mjs";

/** The greeting takes about six seconds: silence before the words is shorter, so that it is cut in its middle. */
const SILENCE_BEFORE_S = 3.5;
/** Long enough for the turn to end, and for the next words of the interviewer to begin. */
const SILENCE_AFTER_S = 5;
const HEADER_BYTES = 44;
const BYTES_A_SECOND = 16_000 * 2;

/** The clip (16 kHz, mono, 16 bit) with silence around it; Chromium plays it over and over. */
function withSilence(wav) {
  const silence = (seconds) => Buffer.alloc(Math.round(seconds * BYTES_A_SECOND) & ~1);
  const samples = Buffer.concat([silence(SILENCE_BEFORE_S), wav.subarray(HEADER_BYTES), silence(SILENCE_AFTER_S)]);
  const header = Buffer.from(wav.subarray(0, HEADER_BYTES));
  assert.equal(header.toString("latin1", 36, 40), "data", "a plain WAV header");
  header.writeUInt32LE(HEADER_BYTES - 8 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

describe("a candidate who interrupts", () => {
  let viva;
  let browser;
  let directory;
  before(async () => {
    const clips = await speechClips();
    const longest = clips.toSorted((a, b) => b.wav.length - a.wav.length)[0];
    directory = await mkdtemp(path.join(tmpdir(), "viva-e2e-microphone-"));
    const file = path.join(directory, "microphone.wav");
    await writeFile(file, withSilence(Buffer.from(longest.wav, "base64")));
    browser = await launch([
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${file}`,
    ]);
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  test("stops the greeting, and the results say what was heard of it", { timeout: 120_000 }, async (t) => {
    const page = await openPage(browser);
    await listenToAgent(page);
    await page.goto(viva.interview);
    await walkToStart(page);
    await startInterview(page);
    const sessionId = sessionOf(page);
    const cut = ({ role, content, generated_content: generated }) =>
      role === "assistant" && typeof generated === "string" && generated.length > content.length;
    const spoken = ({ role, content }) => role === "user" && content !== "";
    const { transcript } = await until(
      60_000,
      () => viva.results(sessionId),
      (results) => results.transcript.some(cut) && results.transcript.some(spoken),
    );
    const item = transcript.find(cut);
    t.diagnostic(`heard "${item.content}" of "${item.generated_content}"`);
    const heard = normalised(item.content);
    assert.deepEqual(
      heard,
      normalised(item.generated_content).slice(0, heard.length),
      "what was heard is its beginning",
    );
    await page
      .locator('[data-testid="caption"][data-role="assistant"]', { hasText: "(interrupted)" })
      .first()
      .waitFor();

    await byId(page, "end").click();
    await byId(page, "end-confirm").click();
    await byId(page, "results-link").click({ timeout: 20_000 });
    await byId(page, "cut").first().waitFor({ timeout: 10_000 });
    await screenshot(page, "barge-in-results", { fullPage: true });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("leaves a server that stops with 0", async () => {
    await viva.stop();
  });
});
