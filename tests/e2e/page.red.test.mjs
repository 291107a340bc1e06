// Chromium sends each packet with a copy of the one before it; what the session came to is told.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openPage } from "./support/browser.mjs";
import { listenToAgent, sessionOf, startInterview, walkToStart } from "./support/candidate.mjs";
import { Viva, until } from "./support/viva.mjs";

/** Ten seconds of packets, half of what comes before anybody gives up. */
const PACKETS_WANTED = 500;

/** The sum over all labels of one metric. */
function total(text, name) {
  const rows = text.split("\n").filter((row) => row.startsWith(`${name} `) || row.startsWith(`${name}{`));
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(" ") + 1)), 0);
}

describe("the voice of a candidate in Chromium", () => {
  let viva;
  let browser;
  before(async () => {
    browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
    viva = await Viva.start();
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("comes with copies of earlier packets", { timeout: 90_000 }, async (t) => {
    const metrics = async () => (await fetch(`${viva.url}/metrics`)).text();
    const page = await openPage(browser);
    await listenToAgent(page);
    await page.goto(viva.interview);
    await walkToStart(page);
    await startInterview(page);
    const text = await until(60_000, metrics, (seen) => total(seen, "viva_uplink_red_packets_total") > PACKETS_WANTED);
    const frames = total(text, "viva_uplink_frames_total");
    const redundant = total(text, "viva_uplink_red_packets_total");
    t.diagnostic(`${redundant} redundant packets, ${frames} frames`);
    assert.ok(redundant > frames / 2, "all but the sound check's own are redundant");
    assert.equal(total(text, "viva_uplink_undecodable_total"), 0);
    assert.equal(total(text, "viva_uplink_dropped_total"), 0);

    const sessionId = sessionOf(page);
    const { quality } = await until(
      30_000,
      () => viva.json(`/api/interview/${sessionId}/status`),
      ({ quality: told }) => typeof told?.mos === "number" && typeof told.agent_mos === "number",
    );
    assert.ok(quality.mos > 4 && quality.mos <= 4.5, JSON.stringify(quality));
    assert.ok(quality.agent_mos > 3 && quality.agent_mos <= 4.5, JSON.stringify(quality));
    await viva.json(`/api/interview/${sessionId}/end`, { method: "POST" });
    const { audio_quality: whole } = await until(
      30_000,
      () => viva.results(sessionId),
      ({ audio_quality: told }) => told !== null,
    );
    assert.ok(whole.frames.total > PACKETS_WANTED && whole.mos > 4, JSON.stringify(whole));
    const ended = await until(10_000, metrics, (seen) => total(seen, "viva_sessions_ended_total") > 0);
    assert.ok(total(ended, "viva_uplink_mos_count") > 0 && total(ended, "process_cpu_seconds_total") > 0);
  });
});
