// The WHIP client of the RFC's author in Chromium: it publishes, trickles, restarts ICE and hangs up, and knows nothing
// of Viva. The interview itself is typed over REST.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { launch, openPage } from "./support/browser.mjs";
import { Viva, until } from "./support/viva.mjs";

const WITHIN_MS = 180_000;
const KEY = "a-key-for-the-whip-test-alone";
const headers = { "X-API-Key": KEY };
const CLIENT = createRequire(import.meta.url).resolve("whip-whep/whip.js");

/** Runs in the page: publishes a microphone, and keeps what is needed later in `window.whip`. */
async function publish({ endpoint, token }) {
  const { WHIPClient } = await import("/whip-client.js");
  const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const microphone = new AudioContext().createMediaStreamDestination().stream;
  peer.addTransceiver(microphone.getAudioTracks()[0], { direction: "sendrecv", streams: [microphone] });
  const speaker = new Audio();
  peer.ontrack = ({ streams, track }) => {
    speaker.srcObject = streams[0] ?? new MediaStream([track]);
    speaker.play();
  };
  const client = new WHIPClient();
  window.whip = { client, peer, speaker };
  await client.publish(peer, new URL(endpoint, location.href).href, token);
  return { resource: client.resourceURL.pathname, etag: client.etag, servers: peer.getConfiguration().iceServers };
}

/** Runs in the page: what came in so far. */
async function heard() {
  const { peer } = window.whip;
  const report = [...(await peer.getStats()).values()];
  const inbound = report.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
  return {
    state: peer.connectionState,
    packets: inbound?.packetsReceived ?? 0,
    energy: inbound?.totalAudioEnergy ?? 0,
    ufrag: /a=ice-ufrag:(\S+)/.exec(peer.remoteDescription?.sdp ?? "")?.[1],
  };
}

test("a WHIP client from a registry is interviewed", { timeout: WITHIN_MS }, async (t) => {
  const turn = { TURN_SECRET: "a-secret-of-the-whip-test", TURN_SERVER: "127.0.0.1:9" };
  // With a key, so that the client's bearer token is what lets it in. One candidate: this client joins several with
  // commas when it restarts.
  const env = { API_KEY: KEY, VIVA_PUBLIC_IP: "127.0.0.1", VIVA_ICE_TCP_PORT: "0", ...turn };
  const viva = await Viva.start({ env });
  t.after(() => viva.discard());
  const browser = await launch();
  t.after(() => browser.close());
  const started = await viva.json("/api/interview/start", {
    method: "POST",
    body: { user_id: "whip", kind: "tryout" },
    headers,
  });
  const page = await openPage(browser);
  const source = await readFile(CLIENT, "utf8");
  await page.route("**/whip-client.js", (route) => route.fulfill({ contentType: "text/javascript", body: source }));
  const patches = [];
  page.on("response", (response) => {
    if (response.request().method() === "PATCH") patches.push(response.status());
  });
  await page.goto(viva.url);
  const { token, endpoints } = started;
  const made = await page.evaluate(publish, { endpoint: endpoints.whip, token });
  assert.match(made.resource, new RegExp(`^${endpoints.whip}/[a-z2-7]{26}$`));
  assert.match(made.etag, /^"[a-z2-7]{26}"$/);
  assert.equal(made.servers.length, 3, "the Link headers are ICE servers to it");
  const relays = made.servers.filter(({ urls }) => [urls].flat()[0].startsWith("turn:"));
  assert.equal(relays.length, 2);
  assert.ok(relays.every(({ username, credential }) => username && credential));
  const before = await until(
    60_000,
    () => page.evaluate(heard),
    ({ state, energy }) => state === "connected" && energy > 0,
  );
  await until(
    20_000,
    () => patches,
    (all) => all.includes(204),
  );

  await page.evaluate(() => window.whip.client.restart());
  const after = await until(
    60_000,
    () => page.evaluate(heard),
    ({ state, packets, ufrag }) => state === "connected" && ufrag !== before.ufrag && packets > before.packets + 50,
  );
  assert.ok(patches.includes(200), `${patches}`);
  assert.ok(patches.every((status) => status === 200 || status === 204), `${patches}`);
  assert.ok(after.packets > before.packets);

  const gone = page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.evaluate(() => window.whip.client.stop());
  assert.equal((await gone).status(), 200);
  const { status } = await until(
    20_000,
    () => viva.json(endpoints.status, { headers }),
    (report) => report.status === "reconnecting",
  );
  assert.equal(status, "reconnecting", "the interview waits for its candidate");
  assert.deepEqual(page.faults, []);
  await viva.stop();
});
