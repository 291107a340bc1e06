// Two browsers meet in a room and hold a peer-to-peer call: over /ws, over /ws/signaling, and one over each. Each plays
// a tone of its own; the call stands when both hear the other's tone. Users sign in as the contract prints it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, openPage } from "./support/browser.mjs";
import { Viva, until } from "./support/viva.mjs";

const HEARD_WITHIN_MS = 60_000;
const MAILED_WITHIN_MS = 10_000;
const TONES_HZ = [440, 1000];
/** Of the tone that is expected: two steps of the analyser. */
const TOLERANCE_HZ = 50;
/** Candidates with addresses instead of mDNS names, which nobody answers on a server. */
const FLAGS = ["--disable-features=WebRtcHideLocalIpsWithMdns"];

/** In the page: joins a room with a tone for a voice, and offers to whoever comes later. */
function takePart({ url, protocols, room, flat, toneHz }) {
  const audio = new AudioContext({ sampleRate: 48_000 });
  const voice = audio.createMediaStreamDestination();
  const tone = new OscillatorNode(audio, { frequency: toneHz });
  tone.connect(voice);
  tone.start();
  const peers = new Map();
  const call = { messages: [], connected: 0, closed: null, hz: 0 };
  const socket = new WebSocket(url, protocols);
  const say = (type, fields) =>
    socket.send(JSON.stringify(flat ? { type, sender: "me", ...fields } : { type, payload: fields }));

  function listen(stream) {
    // Chromium plays a remote stream into Web Audio only while an element plays it too.
    const element = new Audio();
    element.srcObject = stream;
    element.muted = true;
    void element.play();
    const analyser = new AnalyserNode(audio, { fftSize: 2048 });
    audio.createMediaStreamSource(stream).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    setInterval(() => {
      analyser.getFloatFrequencyData(levels);
      const loudest = levels.indexOf(Math.max(...levels));
      call.hz = levels[loudest] > -60 ? (loudest * audio.sampleRate) / analyser.fftSize : 0;
    }, 100);
  }

  function peerOf(address) {
    const known = peers.get(address);
    if (known) return known;
    const peer = new RTCPeerConnection();
    peers.set(address, peer);
    voice.stream.getTracks().forEach((track) => peer.addTrack(track, voice.stream));
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) say(flat ? "candidate" : "ice_candidate", { target: address, candidate: candidate.toJSON() });
    };
    peer.ontrack = ({ streams }) => listen(streams[0]);
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "connected") call.connected += 1;
    };
    return peer;
  }

  async function offer(address) {
    const peer = peerOf(address);
    await peer.setLocalDescription();
    say("offer", { target: address, sdp: peer.localDescription.sdp });
  }

  async function take(type, fields) {
    const { sender } = fields;
    if (type === "participant_joined") await offer(fields.socket_id);
    if (type === "user_joined") await offer(fields.username);
    if (type === "offer") {
      const peer = peerOf(sender);
      await peer.setRemoteDescription({ type, sdp: fields.sdp });
      await peer.setLocalDescription();
      say("answer", { target: sender, sdp: peer.localDescription.sdp });
    }
    if (type === "answer") await peerOf(sender).setRemoteDescription({ type, sdp: fields.sdp });
    if (type.endsWith("candidate")) await peerOf(sender).addIceCandidate(fields.candidate);
  }

  let last = Promise.resolve();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    call.messages.push(message.type);
    const fields = flat ? message : message.payload;
    // A user who joined over REST is announced, and may not be connected yet; connecting is announced again.
    if (message.type === "error" && fields.code !== "not_connected") call.error = fields;
    // One after the other: a candidate belongs to the description before it.
    last = last.then(() => take(message.type, fields)).catch((error) => (call.failure = String(error)));
  };
  socket.onclose = ({ code }) => (call.closed = code);
  window.call = call;
  window.leave = () => socket.close();
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket does not open"));
    socket.onopen = () => {
      if (!flat) say("join", { room_code: room, display_name: `tone ${toneHz}`, user_id: "student" });
      resolve();
    };
  });
}

/** Signs a user up and in, as the contract says; the code comes from the developer's outbox. */
async function signIn(viva, username) {
  const email = `${username}@example.com`;
  const post = (route, body) => viva.json(`/api/auth/${route}`, { method: "POST", body });
  await post("signup", { email });
  const { mails } = await until(
    MAILED_WITHIN_MS,
    () => viva.json("/dev/outbox"),
    ({ mails: sent }) => sent.some(({ to }) => to === email),
  );
  const [otp] = /\b\d{6}\b/.exec(mails.findLast(({ to }) => to === email).body);
  await post("verify-otp", { email, otp });
  await post("set-username", { email, username });
  return (await post("login", { email })).access_token;
}

async function startViva(t) {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  return viva;
}

/** A guest knows the code; a user has joined over REST. */
async function arrival(viva, room, dialect, index) {
  const base = viva.url.replace(/^http/, "ws");
  const toneHz = TONES_HZ[index];
  if (dialect === "envelope") return { url: `${base}/ws`, protocols: [], room, flat: false, toneHz };
  const token = await signIn(viva, `user${index}`);
  const headers = { Authorization: `Bearer ${token}` };
  await viva.json(`/api/rooms/${room}/join`, { method: "POST", headers });
  const protocols = ["viva.v1", `bearer.${token}`];
  return { url: `${base}/ws/signaling/${room}`, protocols, room, flat: true, toneHz };
}

async function enter(t, viva, part) {
  const browser = await launch(FLAGS);
  t.after(() => browser.close());
  const page = await openPage(browser);
  await page.goto(viva.url);
  await page.evaluate(takePart, part);
  return page;
}

async function hears(page, hz) {
  const near = ({ hz: expected, within }) => Math.abs(window.call.hz - expected) <= within;
  try {
    await page.waitForFunction(near, { hz, within: TOLERANCE_HZ }, { timeout: HEARD_WITHIN_MS });
  } catch (error) {
    const call = JSON.stringify(await page.evaluate(() => window.call));
    throw new Error(`${hz} Hz is not heard: ${call}`, { cause: error });
  }
}

for (const dialects of [
  ["envelope", "envelope"],
  ["flat", "flat"],
  ["flat", "envelope"],
]) {
  test(`two browsers hear each other: ${dialects.join(" and ")}`, { timeout: 240_000 }, async (t) => {
    const viva = await startViva(t);
    const created = await viva.json("/api/rooms", { method: "POST", body: { owner_id: "e2e" } });
    const room = created.room_code;
    const pages = [];
    for (const [index, dialect] of dialects.entries()) {
      pages.push(await enter(t, viva, await arrival(viva, room, dialect, index)));
    }
    await hears(pages[0], TONES_HZ[1]);
    await hears(pages[1], TONES_HZ[0]);
    const [first, second] = await Promise.all(pages.map((page) => page.evaluate(() => window.call)));
    assert.deepEqual([first.connected, second.connected], [1, 1], "one peer connection each");
    assert.equal(first.error ?? second.error, undefined);
    const details = await viva.json(`/api/rooms/${room}`);
    assert.equal(details.participants.filter(({ connected }) => connected).length, 2);

    await pages[1].evaluate(() => window.leave());
    const left = dialects[0] === "flat" ? "user_left" : "participant_left";
    await pages[0].waitForFunction((type) => window.call.messages.includes(type), left);
    await viva.json(`/api/rooms/${room}`, { method: "DELETE" });
    await pages[0].waitForFunction(() => window.call.closed === 4410);
    for (const page of pages) assert.deepEqual(page.faults, []);
    await viva.stop();
  });
}
