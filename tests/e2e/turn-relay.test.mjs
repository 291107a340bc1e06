// A candidate whose network lets nothing but TURN through: Chromium, forced to relay, is interviewed through coturn
// with the shipped configuration and the credentials that Viva gives out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { byId, launch, openPage } from "./support/browser.mjs";
import { giveVoice, listenToAgent, sessionOf, startInterview, walkToStart } from "./support/candidate.mjs";
import { startCoturn, turnConfig } from "./support/coturn.mjs";
import { Viva } from "./support/viva.mjs";
import { normalised, speechClips, wrongWords } from "./support/words.mjs";

const SECRET = "a-secret-of-the-relay-test";
const INTERVIEW_WITHIN_MS = 240_000;
// DESIGN section 8: at most 3 of the 62 words of the four clips through the page.
const WRONG_RATIO_MAX = 3 / 62;

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
  // One for each turn, however many there are.
  await giveVoice(page, [...clips, ...clips, ...clips]);
  await listenToAgent(page);
  await page.goto(viva.interview);
  await walkToStart(page);
  await startInterview(page);
  const sessionId = sessionOf(page);

  const early = await page.evaluate(selectedPair);
  assert.equal(early.local, "relay");
  assert.equal(early.remotePort, viva.port, "the peer of the relay is Viva's one media port");

  await byId(page, "saved").waitFor({ timeout: INTERVIEW_WITHIN_MS });
  const voice = await page.evaluate(() => window.agentVoice);
  assert.ok(voice.loudMs > 3000, `the interviewer was heard for ${voice.loudMs} ms`);
  assert.deepEqual(page.faults, []);

  const results = await viva.results(sessionId);
  assert.equal(results.end_reason, "completed");
  const words = new Map(clips.map((clip) => [clip.name, clip.words]));
  const spoken = await page.evaluate(() => window.candidate.spoken);
  assert.ok(spoken.length >= results.questions.length, `${spoken.length} answers`);
  const said = spoken.map((name) => words.get(name)).join(" ");
  const heard = results.transcript
    .filter(({ role, state }) => role === "user" && state === "final")
    .map(({ content }) => content)
    .join(" ");
  const wrong = wrongWords(said, heard);
  const total = normalised(said).length;
  t.diagnostic(`${wrong} of ${total} words wrong`);
  assert.ok(wrong <= total * WRONG_RATIO_MAX, `${wrong} of ${total} words wrong: "${heard}" for "${said}"`);
  await viva.stop();
});
