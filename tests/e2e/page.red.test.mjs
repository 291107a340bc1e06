// Chromium sends each packet with a copy of the one before it, and less where the link carries less; what the session
// came to is told.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openPage } from "./support/browser.mjs";
import { listenToAgent, sessionOf, startInterview, walkToStart } from "./support/candidate.mjs";
import { BEHIND_NETWORK, Network } from "./support/network.mjs";
import { Viva, until } from "./support/viva.mjs";

/** Ten seconds of packets, half of what comes before anybody gives up. */
const PACKETS_WANTED = 500;

/** The sum over all labels of one metric. */
function total(text, name) {
  const rows = text.split("\n").filter((row) => row.startsWith(`${name} `) || row.startsWith(`${name}{`));
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(" ") + 1)), 0);
}

/** What the page's sender may weigh, in bits per second, and what the server said of it. */
async function uplinkOf(page) {
  return page.evaluate(async () => {
    const peer = window.peers.at(-1);
    const entries = [...(await peer.getStats()).values()];
    const remote = entries.find(({ type }) => type === "remote-inbound-rtp") ?? {};
    const { roundTripTime, roundTripTimeMeasurements, fractionLost } = remote;
    const { maxBitrate = null } = peer.getSenders()[0].getParameters().encodings[0];
    return { maxBitrate, roundTripTime, roundTripTimeMeasurements, fractionLost };
  });
}

describe("the voice of a candidate in Chromium", () => {
  let viva;
  let network;
  let browser;
  before(async () => {
    browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
    viva = await Viva.start({ env: BEHIND_NETWORK });
    network = await Network.start(viva);
  });
  after(async () => {
    await browser?.close();
    await network?.discard();
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

  test("weighs less where the link carries no more", { timeout: 90_000 }, async (t) => {
    const page = await openPage(browser);
    await page.addInitScript(() => {
      const Native = window.RTCPeerConnection;
      window.peers = [];
      window.RTCPeerConnection = class extends Native {
        constructor(...options) {
          super(...options);
          window.peers.push(this);
        }
      };
    });
    await page.goto(viva.interview);
    await walkToStart(page);
    await startInterview(page);
    const uplink = () => uplinkOf(page);
    // The page has looked at the line as it is before the worse one.
    const before = await until(20_000, uplink, (seen) => seen.roundTripTimeMeasurements >= 5);
    assert.equal(before.maxBitrate, null);
    await network.profile("rate-50");
    const filled = await until(20_000, uplink, (seen) => seen.roundTripTime > 0.3);
    await until(20_000, uplink, (seen) => seen.maxBitrate !== null);
    const served = await until(20_000, uplink, (seen) => seen.roundTripTime < 0.2 && seen.fractionLost < 0.03);
    t.diagnostic([before, filled, served].map((seen) => JSON.stringify(seen)).join(", then "));
    assert.ok(served.maxBitrate < 16_000, "it was the page that made room");
    await network.profile("clean");
    await viva.json(`/api/interview/${sessionOf(page)}/end`, { method: "POST" });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
