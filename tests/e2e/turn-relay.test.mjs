// A candidate whose network lets nothing but TURN through: Chromium, forced to relay, is interviewed through coturn
// with the shipped configuration and the credentials that Viva gives out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, listenToAgent, startInterview, walkToStart } from "./support/candidate.mjs";
import { startCoturn, turnConfig } from "./support/coturn.mjs";
import { Viva } from "./support/viva.mjs";
import { speechClips, wrongWords } from "./support/words.mjs";

const SECRET = "a-secret-of-the-relay-test";
const INTERVIEW_WITHIN_MS = 240_000;

/** Every connection of the page may use relayed candidates only, and stays in reach for its statistics. */
function relayOnly() {
  window.peers = [];
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: "relay" });
      window.peers.push(this);
    }
  };
}

/** The pair of candidates that carries the audio. */
async function selectedPair() {
  const report = await window.peers.at(-1).getStats();
  const transport = [...report.values()].find(({ type }) => type === "transport");
  const pair = report.get(transport.selectedCandidatePairId);
  const local = report.get(pair.localCandidateId);
  const remote = report.get(pair.remoteCandidateId);
  return { local: local.candidateType, remotePort: remote.port, sent: pair.bytesSent, received: pair.bytesReceived };
}

test("a relay-only browser is interviewed through coturn", { timeout: INTERVIEW_WITHIN_MS + 90_000 }, async (t) => {
  const settings = { TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "127.0.0.1", TURN_ALLOW_LOOPBACK: "1" };
  const turn = await startCoturn(turnConfig(settings));
  t.after(() => turn.stop());
  const server = `turn:127.0.0.1:${turn.port}?transport=udp`;
  const viva = await Viva.start({
    env: { TURN_SECRET: SECRET, TURN_SERVER: server, VIVA_PUBLIC_IP: "127.0.0.1" },
  });
  t.after(() => viva.discard());
  const browser = await launch();
  t.after(() => browser.close());

  const page = await openPage(browser);
  const clips = await speechClips();
  await page.addInitScript(relayOnly);
  await giveVoice(page, clips);
  await listenToAgent(page);
  await page.goto(viva.interview);
  await walkToStart(page);
  await startInterview(page);
  const sessionId = new URL(page.url()).pathname.split("/").at(-1);

  const early = await page.evaluate(selectedPair);
  assert.equal(early.local, "relay");
  assert.equal(early.remotePort, viva.port, "the peer of the relay is Viva's one media port");

  await waitForData(page, "connection-state", "state", "ended", INTERVIEW_WITHIN_MS);
  const voice = await page.evaluate(() => window.agentVoice);
  assert.ok(voice.loudMs > 3000, `the interviewer was heard for ${voice.loudMs} ms`);
  assert.deepEqual(page.faults, []);

  const results = await viva.json(`/api/interview/${sessionId}/results`);
  assert.equal(results.end_reason, "completed");
  const spoken = await page.evaluate(() => window.candidate.spoken);
  const said = clips.filter(({ name }) => spoken.includes(name)).map(({ words }) => words).join(" ");
  const heard = results.transcript
    .filter(({ role, state }) => role === "user" && state === "final")
    .map(({ content }) => content)
    .join(" ");
  const wrong = wrongWords(said, heard);
  assert.ok(spoken.length > 0 && wrong <= 3, `${wrong} words wrong: "${heard}" for "${said}"`);
  await viva.stop();
});
