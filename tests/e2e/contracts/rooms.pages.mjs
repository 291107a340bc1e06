/** What is more than a request in rooms-signaling-api.md (a page, a component, a flow), and what its rows share. */
import assert from "node:assert/strict";
import { within } from "../support/viva.mjs";
import { chromium, javascript, react, site } from "./run.mjs";
import { differs, is } from "./shape.mjs";

export const HOST = "your-app.onrender.com";
export const HOUR_MS = 3_600_000;
export const CODE = is.match(/^[a-z0-9]{6}$/);
export const UNKNOWN = "zzzzzz";

export const summary = {
  room_code: CODE,
  state: is.match(/^(open|closed|expired)$/),
  participant_count: is.whole,
  max_participants: is.orNull(is.whole),
  created_at: is.time,
  expires_at: is.orNull(is.time),
  owner_id: is.orNull(is.text),
  name: is.orNull(is.text),
};

export const guest = (name, user) => ({
  socket_id: is.text,
  display_name: name,
  user_id: user,
  joined_at: is.time,
});

export const shown = (name, user) => ({ ...guest(name, user), username: is.text, connected: true, is_member: false });

export const details = (fields) => ({
  room_code: CODE,
  room_id: CODE,
  name: null,
  description: null,
  owner_id: is.orNull(is.text),
  created_at: is.time,
  expires_at: is.time,
  state: "open",
  participant_count: 0,
  max_participants: 50,
  total_participants: is.whole,
  participants: [],
  ...fields,
});

export const hours = (room) => (Date.parse(room.expires_at) - Date.parse(room.created_at)) / HOUR_MS;

export const create = (bench, body = {}) => ({ method: "POST", path: "/api/rooms", key: bench.key, body });

/** The functions of the contract's first example, made from its text. */
export function client(bench) {
  const printed = bench.contract.snippet(91, { [`https://${HOST}`]: bench.viva.url, "your-api-key": bench.key });
  return javascript(printed, { fetch }, "createVideoRoom");
}

export function validator(bench) {
  const printed = bench.contract.snippet(353, { [`https://${HOST}`]: bench.viva.url, "your-api-key": bench.key });
  return javascript(printed, { fetch }, "validateRoom");
}

export async function joined(bench, room, name, user) {
  const socket = bench.socket("/ws");
  const { payload } = await socket.next("connected");
  socket.id = payload.socket_id;
  socket.send({ type: "join", payload: { room_code: room, display_name: name, user_id: user } });
  await socket.next("room_joined");
  return socket;
}

/** What the page of the contract calls and does not define: a peer connection for each participant. */
const PEERS = `
  window.peers = new Map();
  const peerOf = (id) => {
    const peer = new RTCPeerConnection();
    peers.set(id, peer);
    localStream.getTracks().forEach((track) => peer.addTrack(track, localStream));
    peer.onicecandidate = ({ candidate }) =>
      ws.send(JSON.stringify({ type: 'ice_candidate', payload: { target: id, candidate } }));
    return peer;
  };
  window.createPeerConnection = async ({ socket_id }) => {
    const peer = peerOf(socket_id);
    await peer.setLocalDescription();
    ws.send(JSON.stringify({ type: 'offer', payload: { target: socket_id, sdp: peer.localDescription } }));
  };
  window.handleOffer = async ({ sender, sdp }) => {
    const peer = peerOf(sender);
    await peer.setRemoteDescription(sdp);
    await peer.setLocalDescription();
    ws.send(JSON.stringify({ type: 'answer', payload: { target: sender, sdp: peer.localDescription } }));
  };
  window.handleAnswer = ({ sender, sdp }) => peers.get(sender).setRemoteDescription(sdp);
  window.handleIceCandidate = ({ sender, candidate }) => peers.get(sender).addIceCandidate(candidate);
`;

export async function page(bench) {
  const { body } = await bench.call(create(bench));
  const html = bench.contract.snippet(387, {
    [`wss://${HOST}`]: bench.viva.url.replace(/^http/, "ws"),
    a7x9k2: body.room_code,
  });
  const origin = await site(bench.t, { "/": html });
  const open = await chromium(bench.t);
  const tabs = [];
  for (const expected of [1, 2]) {
    const tab = await open();
    await tab.addInitScript({ content: PEERS });
    const logged = tab.waitForEvent("console", { predicate: (line) => line.text() === "Joined room successfully" });
    await tab.goto(origin);
    await logged;
    tabs.push(tab);
    const room = await bench.call({ path: `/api/rooms/${body.room_code}`, key: bench.key });
    assert.equal(room.body.participant_count, expected);
    assert.equal(differs(shown("John Doe", "student_123"), room.body.participants[0]), undefined);
  }
  const connected = "[...peers.values()].some((peer) => peer.connectionState === 'connected')";
  await Promise.all(tabs.map((tab) => tab.waitForFunction(connected, undefined, { timeout: 30_000 })));
  bench.came("both pages: connectionState connected");
  for (const tab of tabs) assert.deepEqual(tab.faults, []);
}

export async function component(bench) {
  const { body } = await bench.call(create(bench));
  const printed = bench.contract.snippet(449, { [`wss://${HOST}`]: bench.viva.url.replace(/^http/, "ws") });
  const harness = `${printed}
    import { createRoot } from "react-dom/client";
    const root = createRoot(document.getElementById("root"));
    root.render(<VideoRoom roomCode=${JSON.stringify(body.room_code)} userId="u1" displayName="Rea" />);
    window.leave = () => root.unmount();`;
  const origin = await site(bench.t, {
    "/": '<div id="root"></div><script src="/room.js"></script>',
    "/room.js": await react(harness),
  });
  const tab = await (await chromium(bench.t))();
  const watcher = await joined(bench, body.room_code, "watcher", "w");
  await tab.goto(origin);
  await tab.getByRole("heading", { name: `Room: ${body.room_code}` }).waitFor();
  await watcher.next("participant_joined", { type: "participant_joined", payload: guest("Rea", "u1") });
  await tab.evaluate(() => window.leave());
  await watcher.next("participant_left", { type: "participant_left", payload: guest("Rea", "u1") });
  assert.deepEqual(tab.faults, []);
}

export async function environmentAsPrinted(bench) {
  const printed = bench.contract.snippet(562);
  const settings = Object.fromEntries(
    printed
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => line.split("=")),
  );
  bench.sent(settings);
  const refused = await bench.viva.command(["healthcheck"], settings);
  bench.came(refused.stderr);
  assert.equal(refused.code, 64);
  assert.match(refused.stderr, /API_KEY.*example/);
  const { code, stdout } = await bench.viva.command(["config"], { ...settings, API_KEY: bench.key });
  assert.equal(code, 0);
  for (const [name, value] of Object.entries(settings)) {
    if (name !== "API_KEY") assert.match(stdout, new RegExp(`^${name}=\\(?${value}\\)?$`, "m"));
  }
}

export async function classFlow(bench) {
  const saved = {};
  const names = {
    createVideoRoom: await client(bench),
    validateRoom: await validator(bench),
    db: { classes: { update: async (id, fields) => Object.assign(saved, fields) } },
    classId: "class-1",
    teacherId: "teacher_1",
    student: { name: "Ann", id: "student_1" },
  };
  await javascript(bench.contract.snippet(578), names);
  // The customer's own platform answers this one.
  const own = async (url, ...rest) => (url === "/api/classes/class-1" ? Response.json(saved) : fetch(url, ...rest));
  const opened = [];
  const openVideoConference = (...who) => opened.push(who);
  const code = await javascript(
    bench.contract.snippet(585),
    { ...names, fetch: own, openVideoConference },
    "room_code",
  );
  assert.deepEqual(opened, [[code, "Ann", "student_1"]]);
  const ann = await joined(bench, code, "Ann", "student_1");
  const update = bench.contract.snippet(600, { [`https://${HOST}`]: bench.viva.url, "your-api-key": bench.key });
  const counts = [];
  await javascript(update, { fetch, room_code: code, updateClassUI: (count) => counts.push(count) });
  bench.came(counts);
  assert.deepEqual(counts, [1]);
  await within(10_000, ann.close(), () => "the socket does not close");
}
