// What `tcp.test.mjs` runs in a network of its own: `whole` is an interview from start to end without UDP, `move` one
// whose UDP is closed when it has begun. Leaves with 0 when everything was as it should be.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { byId, launch, openPage, waitForData } from "./support/browser.mjs";
import { giveVoice, listenToAgent, sessionOf, startInterview, walkToStart, watchPage } from "./support/candidate.mjs";
import { Viva, until } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const INTERVIEW_WITHIN_MS = 240_000;

/** The page's connections stay in reach, for their statistics. */
function keepPeers() {
  window.peers = [];
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(configuration) {
      super(configuration);
      window.peers.push(this);
    }
  };
}

/** The pair of candidates that carries the audio of the newest connection. */
async function selectedPair() {
  const report = await window.peers.at(-1).getStats();
  const transport = [...report.values()].find(({ type }) => type === "transport");
  const pair = report.get(transport.selectedCandidatePairId);
  if (!pair) return null;
  const [local, remote] = [report.get(pair.localCandidateId), report.get(pair.remoteCandidateId)];
  return { local: local.protocol, kind: local.tcpType, remote: remote.protocol, port: remote.port };
}

async function begun(viva, browser, clips) {
  const page = await openPage(browser);
  await page.addInitScript(keepPeers);
  await giveVoice(page, clips);
  await listenToAgent(page);
  await watchPage(page);
  await page.goto(viva.interview);
  await walkToStart(page);
  await startInterview(page);
  return page;
}

const overTcp = (viva) => ({ local: "tcp", kind: "active", remote: "tcp", port: viva.port + 1 });

async function whole(viva, browser) {
  const clips = await speechClips();
  const page = await begun(viva, browser, [...clips, ...clips, ...clips]);
  const sessionId = sessionOf(page);
  assert.deepEqual(await page.evaluate(selectedPair), overTcp(viva));
  await byId(page, "saved").waitFor({ timeout: INTERVIEW_WITHIN_MS });
  const voice = await page.evaluate(() => window.agentVoice);
  assert.ok(voice.loudMs > 3000, `the interviewer was heard for ${voice.loudMs} ms`);
  assert.deepEqual(page.faults, []);
  const results = await viva.results(sessionId);
  assert.equal(results.end_reason, "completed");
  const said = results.transcript.filter(({ role, content }) => role === "user" && content !== "");
  assert.ok(said.length > 0, "the candidate is heard");
  const concealed = results.audio_quality?.concealed_ratio ?? 0;
  assert.ok(concealed < 0.05, `${concealed} of the candidate's voice was made up`);
}

async function move(viva, browser) {
  const clips = await speechClips();
  const page = await begun(viva, browser, clips);
  await waitForData(page, "turn", "turn", "user", 60_000);
  const before = await page.evaluate(selectedPair);
  assert.equal(before.remote, "udp", "UDP is taken where it is there");
  const [command, ...words] = process.env.VIVA_TEST_CLOSE_UDP.split(" ");
  execFileSync(command, words);
  const voiced = (await page.evaluate(() => window.agentVoice)).loudMs;
  // It may take the path that it has already, or be offered a new one: either way it is over TCP, and live.
  await until(
    90_000,
    () => page.evaluate(selectedPair),
    (pair) => pair?.remote === "tcp",
  );
  await waitForData(page, "connection-state", "state", "live", 60_000);
  assert.deepEqual(await page.evaluate(selectedPair), overTcp(viva));
  await until(
    90_000,
    () => page.evaluate(() => window.agentVoice.loudMs),
    (loudMs) => loudMs > voiced + 500,
  );
  const sessionId = sessionOf(page);
  await until(
    60_000,
    () => viva.json(`/api/interview/${sessionId}/status`),
    ({ status }) => status === "active",
  );
  assert.deepEqual(page.faults, []);
}

const viva = await Viva.start({ env: (port) => ({ VIVA_ICE_TCP_PORT: String(port + 1) }) });
const browser = await launch();
try {
  await { whole, move }[process.argv[2]](viva, browser);
  await browser.close();
  await viva.stop();
} catch (error) {
  console.error(error, `\n${viva.logText()}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await viva.discard();
}
