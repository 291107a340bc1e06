// Chromium's own file microphone talks without a pause, so that it interrupts the greeting.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byId, launch, openPage, screenshot } from "./support/browser.mjs";
import { listenToAgent, sessionOf, startInterview, walkToStart } from "./support/candidate.mjs";
import { Viva, until } from "./support/viva.mjs";
import { normalised, speechClips } from "./support/words.mjs";

describe("a candidate who interrupts", () => {
  let viva;
  let browser;
  before(async () => {
    const clips = await speechClips();
    const longest = clips.toSorted((a, b) => b.wav.length - a.wav.length)[0];
    browser = await launch([
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${longest.file}`,
    ]);
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
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
