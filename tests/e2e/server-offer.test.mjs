// Viva offers and the client answers: aiortc speaks a whole interview, Chromium types one and moves to a new path.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { launch, openPage } from "./support/browser.mjs";
import { ROOT, Viva } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const INTERVIEW_WITHIN_MS = 330_000;

test("aiortc answers Viva's offer and is interviewed", { timeout: INTERVIEW_WITHIN_MS + 60_000 }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const clips = await speechClips();
  const script = join(ROOT, "tests/e2e/aiortc_answer.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, viva.url, ...clips.map((clip) => clip.file)], {
    timeout: INTERVIEW_WITHIN_MS,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 24,
  }).catch((error) => assert.fail(`${error.stderr || error.message}\n${viva.logText()}`));
  const { results, agent, events } = JSON.parse(stdout.trim().split("\n").at(-1));
  assert.deepEqual([results.status, results.end_reason], ["ended", "completed"]);
  assert.ok(agent.loud_ms > 5000, `the interviewer was heard for ${agent.loud_ms} ms`);
  assert.ok(results.questions.every(({ status }) => status === "answered"));
  assert.ok(results.transcript.some(({ role, content }) => role === "user" && content !== ""));
  assert.equal(events.at(-1), "session.ended", "the channel that Viva opened carried the live events");
  await viva.stop();
});

/** Runs in the page: answers Viva's offer, types an answer at each turn, and moves to a new path in between. */
async function beInterviewed() {
  const post = async (path, body, headers = {}) => {
    const init = { method: "POST", headers: { "Content-Type": "application/json", ...headers } };
    const response = await fetch(path, { ...init, body: JSON.stringify(body) });
    const answered = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answered)}`);
    return answered;
  };
  const started = await post("/api/interview/start", { user_id: "chromium", kind: "tryout" });
  const session = (path, body) =>
    post(`/api/interview/${started.session_id}/${path}`, body, { Authorization: `Bearer ${started.token}` });
  const peer = new RTCPeerConnection();
  const speaker = new Audio();
  peer.ontrack = ({ streams, track }) => {
    speaker.srcObject = streams[0] ?? new MediaStream([track]);
    speaker.play();
  };
  // Silence: what is answered is typed.
  const microphone = new AudioContext().createMediaStreamDestination().stream;
  const answer = async (wish) => {
    const offer = await session("rtc/offer", wish);
    await peer.setRemoteDescription(offer);
    if (peer.getSenders().every(({ track }) => track === null)) {
      for (const track of microphone.getTracks()) peer.addTrack(track, microphone);
    }
    await peer.setLocalDescription();
    const taken = await session("rtc/answer", peer.localDescription.toJSON());
    if (taken.success !== true) throw new Error(JSON.stringify(taken));
    return offer.sdp;
  };
  const inbound = async () =>
    [...(await peer.getStats()).values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
  const events = [];
  let turns = 0;
  let restarted;
  const over = new Promise((resolve, reject) => {
    peer.ondatachannel = ({ channel }) => {
      channel.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        events.push(event.type);
        if (event.type === "session.ended") resolve(event.data);
        const mine = event.type === "turn" && event.data.speaker === "user" && event.data.state === "listening";
        if (!mine) return;
        turns += 1;
        const text = "I have worked with people for twelve years and would like to go on with that for many more.";
        const type = () => channel.send(JSON.stringify({ type: "candidate.text", text }));
        if (turns > 1) type();
        else (restarted = move()).then(type, reject);
      };
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed") reject(new Error("the connection failed"));
    };
  });
  const ufrag = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];
  const move = async () => {
    const before = await inbound();
    const second = await answer({ ice_restart: true });
    return { fresh: ufrag(second) !== ufrag(first), before: before.packetsReceived };
  };
  const first = await answer({});
  const end = await over;
  const { packetsReceived, totalAudioEnergy } = await inbound();
  return { id: started.session_id, end, events, turns, moved: await restarted, packetsReceived, totalAudioEnergy };
}

test("Chromium answers Viva's offers and is interviewed", { timeout: INTERVIEW_WITHIN_MS }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const browser = await launch();
  t.after(() => browser.close());
  const page = await openPage(browser);
  await page.goto(viva.url);
  const report = await page.evaluate(beInterviewed).catch((error) => assert.fail(`${error}\n${viva.logText()}`));
  assert.deepEqual([report.end.end_reason, report.end.saved], ["completed", true], JSON.stringify(report));
  assert.ok(report.moved.fresh, "the second offer has new ICE credentials");
  assert.ok(report.packetsReceived > report.moved.before + 50, `${report.packetsReceived} packets in all`);
  assert.ok(report.totalAudioEnergy > 0, "the interviewer was heard");
  const results = await viva.results(report.id);
  assert.ok(results.questions.every(({ status }) => status === "answered"), JSON.stringify(results.questions));
  assert.deepEqual(page.faults, []);
  await viva.stop();
});
