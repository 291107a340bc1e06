// People hold calls through the room pages: Chromium with a picture and a beeping microphone of its own, and Firefox.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { PHONE, byId, checkAccessible, launch, openPage, screenshot } from "./support/browser.mjs";
import { tabTo } from "./support/candidate.mjs";
import { FirefoxPage, launchFirefox } from "./support/firefox.mjs";
import { Viva } from "./support/viva.mjs";

const FLAGS = [
  "--use-fake-device-for-media-stream=fps=5",
  "--use-fake-ui-for-media-stream",
  "--auto-select-desktop-capture-source=Entire screen",
  // Addresses instead of mDNS names, which nobody answers on a server.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];
const PERMISSIONS = ["microphone", "camera", "clipboard-read", "clipboard-write"];
const MEETING_MS = 30_000;
const BACK_MS = 45_000;
const FILE_BYTES = 1_000_000;

/**
 * Before the page's own scripts: keeps the connections that it makes, so that the test can read their statistics, and
 * gives it a small camera, since all the people of a call share one machine here.
 */
function keepConnections() {
  // The empty page before the first one has none.
  const devices = navigator.mediaDevices;
  const getUserMedia = devices?.getUserMedia.bind(devices);
  if (devices) {
    devices.getUserMedia = ({ audio, video }) =>
      getUserMedia({ audio, video: video && { ...video, width: { ideal: 320 }, height: { ideal: 180 } } });
  }
  window.connections = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
    }
  };
  window.received = async () => {
    const sums = { frames: 0, sound: 0, live: 0, made: window.connections.length };
    for (const connection of window.connections) {
      if (connection.connectionState !== "connected") continue;
      sums.live += 1;
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp") continue;
        sums.frames += report.framesDecoded ?? 0;
        if (report.kind === "audio") sums.sound += report.totalAudioEnergy ?? 0;
      }
    }
    return sums;
  };
}

async function makeRoom(viva, body = {}) {
  return (await viva.json("/api/rooms", { method: "POST", body })).room_code;
}

async function visitor(browser, options = {}) {
  const page = await openPage(browser, { permissions: PERMISSIONS, ...options });
  await page.addInitScript(keepConnections);
  return page;
}

async function join(page, viva, code, name) {
  await page.goto(`${viva.url}/rooms/${code}`);
  await byId(page, "name").fill(name);
  await byId(page, "join").click();
  await byId(page, "call").waitFor();
}

/** Waits until so many others are connected. */
function connectedTo(page, count, timeout = MEETING_MS) {
  const isSo = (wanted) =>
    document.querySelectorAll('[data-testid="tile"]').length === wanted &&
    document.querySelectorAll('[data-testid="tile"][data-connection="connected"]').length === wanted;
  return page.waitForFunction(isSo, count, { timeout });
}

/** What comes in grows: pictures are decoded and sound is heard, from each of the others. */
async function mediaFlows(page, others) {
  const start = await page.evaluate(() => window.received());
  assert.equal(start.live, others, "connections");
  const grown = async ({ frames, sound }) => {
    const now = await window.received();
    return now.frames >= frames + 10 && now.sound > sound;
  };
  await page.waitForFunction(grown, start, { timeout: MEETING_MS, polling: 300 });
}

/** A tile by the name on it. */
function tileOf(page, name) {
  return page.locator(`[data-testid="tile"][data-name="${name}"]`);
}

function tileHas(page, name, field, value, timeout = MEETING_MS) {
  return page
    .locator(`[data-testid="tile"][data-name="${name}"][data-${field}="${value}"]`)
    .waitFor({ timeout, state: "attached" });
}

/** The video of that element shows other pixels than before: it moves. */
async function pictureMoves(page, selector) {
  const shown = (query) => {
    const video = document.querySelector(query);
    return video && video.videoWidth > 0 && video.currentTime > 0 && !video.paused && video.currentTime;
  };
  const at = await (await page.waitForFunction(shown, selector, { timeout: MEETING_MS })).jsonValue();
  const later = ([query, before]) => document.querySelector(query).currentTime > before;
  await page.waitForFunction(later, [selector, at], { timeout: MEETING_MS });
}

const show = (page, panel) => byId(page, `show-${panel}`).click();

async function write(page, text) {
  await byId(page, "chat-text").fill(text);
  await byId(page, "chat-text").press("Enter");
}

function assertNoFaults(...pages) {
  for (const page of pages) assert.deepEqual(page.faults, []);
}

describe("calls in rooms", () => {
  let viva;
  let browser;
  before(async () => {
    [viva, browser] = await Promise.all([Viva.start(), launch(FLAGS)]);
  });
  after(async () => {
    await browser?.close();
    await viva?.discard();
  });

  test("three people see, hear, show, write and send", { timeout: 240_000 }, async () => {
    const ann = await visitor(browser);
    await ann.goto(`${viva.url}/rooms`);
    await byId(ann, "no-rooms").waitFor();
    await byId(ann, "room-name").fill("Second interview");
    await byId(ann, "create-room").click();
    const code = await byId(ann, "created").getAttribute("data-code");
    await byId(ann, "room").waitFor();
    await byId(ann, "created").locator('[data-testid="copy-link"]').click();
    const link = `${viva.url}/rooms/${code}`;
    await ann.waitForFunction((url) => navigator.clipboard.readText().then((text) => text === url), link);
    await checkAccessible(ann, "rooms-list");

    await joinByKeyboard(ann, code);
    await byId(ann, "alone").waitFor();
    await checkAccessible(ann, "rooms-alone");

    const ben = await visitor(browser);
    await ben.goto(link);
    await byId(ben, "present").filter({ hasText: "Ann" }).waitFor();
    await join(ben, viva, code, "Ben");
    const cleo = await visitor(browser, { viewport: PHONE });
    await join(cleo, viva, code, "Cleo \u202e van der Berg");
    const pages = [ann, ben, cleo];
    for (const page of pages) await connectedTo(page, 2);
    for (const page of pages) await mediaFlows(page, 2);
    await pictureMoves(ann, '[data-testid="tile"][data-name="Ben"] video');
    await tileOf(ann, "Cleo van der Berg").waitFor();
    await checkAccessible(ann, "rooms-three");
    await checkAccessible(cleo, "rooms-three-phone");

    await muting(ann, ben);
    await sharing(ann, ben, cleo);
    await chatting(ann, ben, cleo);
    await sendingFiles(ann, ben, cleo);

    await byId(ben, "leave").click();
    await ben.locator('[data-testid="room-end"][data-reason="left"]').waitFor();
    await connectedTo(ann, 1);
    await checkAccessible(ben, "rooms-left");
    await byId(ben, "again").click();
    await byId(ben, "join").click();
    for (const page of [ann, ben]) await connectedTo(page, 2);
    await mediaFlows(ben, 2);
    assertNoFaults(...pages);
    for (const page of pages) await page.context().close();
  });

  test("the call outlives the server and a path that breaks", { timeout: 180_000 }, async () => {
    const code = await makeRoom(viva);
    const pages = [await visitor(browser), await visitor(browser)];
    const [ann, ben] = pages;
    const lose = await losing(ann);
    await join(ann, viva, code, "Ann");
    await join(ben, viva, code, "Ben");
    for (const page of pages) await connectedTo(page, 1);
    const keys = await Promise.all(pages.map((page) => byId(page, "tile").getAttribute("data-person")));

    await viva.crash();
    for (const page of pages) await byId(page, "line-lost").waitFor();
    for (const page of pages) await mediaFlows(page, 1);
    await show(ann, "chat");
    await write(ann, "Can you read this?");
    await ann.locator("#chat-error", { hasText: "Not sent" }).waitFor();
    await checkAccessible(ann, "rooms-line-lost");
    await viva.startAgain();
    for (const page of pages) {
      await page.locator('[data-testid="call"][data-line="good"]').waitFor({ timeout: BACK_MS });
      await connectedTo(page, 1);
      assert.equal((await page.evaluate(() => window.received())).made, 1, "the connection is still the first one");
    }
    await write(ann, "And this?");
    await byId(ben, "show-chat").and(ben.locator('[data-badge="1"]')).waitFor();
    assert.deepEqual(await Promise.all(pages.map((page) => byId(page, "tile").getAttribute("data-person"))), keys);

    await pathBreaks(ann, ben, lose);
    assertNoFaults(...pages);
    for (const page of pages) await page.context().close();
  });

  test("two tabs of one person are two participants", { timeout: 60_000 }, async () => {
    const code = await makeRoom(viva);
    const first = await visitor(browser);
    await join(first, viva, code, "Ann");
    const second = await first.context().newPage();
    await second.goto(`${viva.url}/rooms/${code}`);
    assert.equal(await byId(second, "name").inputValue(), "Ann", "the name is remembered");
    await byId(second, "join").click();
    for (const page of [first, second]) await connectedTo(page, 1);
    await second.close();
    await connectedTo(first, 0);
    await byId(first, "alone").waitFor();
    assertNoFaults(first);
    await first.context().close();
  });

  test("a guest needs nothing but the link, where others sign in", { timeout: 90_000 }, async () => {
    const key = "platform-key-for-the-room-page";
    const closed = await Viva.start({ env: { API_KEY: key, VIVA_HOST: "127.0.0.1" } });
    try {
      const headers = { "X-API-Key": key };
      const { room_code: code } = await closed.json("/api/rooms", { method: "POST", body: {}, headers });
      const guests = [await visitor(browser), await visitor(browser)];
      for (const [index, guest] of guests.entries()) await join(guest, closed, code, `Guest ${index}`);
      for (const guest of guests) await connectedTo(guest, 1);
      await mediaFlows(guests[0], 1);
      await byId(guests[0], "leave").click();
      await byId(guests[0], "again").click();
      await byId(guests[0], "lobby").waitFor();
      assert.equal(await byId(guests[0], "present").count(), 0, "who is there is told to those who may know");
      assertNoFaults(...guests);
      for (const guest of guests) await guest.context().close();
    } finally {
      await closed.discard();
    }
  });

  test("rooms that take nobody say why", { timeout: 90_000 }, async () => {
    const page = await visitor(browser);
    const ends = (reason) => page.locator(`[data-testid="room-end"][data-reason="${reason}"]`).waitFor();
    await page.goto(`${viva.url}/rooms/zzzzzz`);
    await ends("unknown");
    await checkAccessible(page, "rooms-unknown");

    const code = await makeRoom(viva, { max_participants: 2 });
    const guests = [await visitor(browser), await visitor(browser)];
    for (const [index, guest] of guests.entries()) await join(guest, viva, code, `Guest ${index}`);
    await page.goto(`${viva.url}/rooms/${code}`);
    await ends("full");
    await checkAccessible(page, "rooms-full");
    await byId(guests[1], "leave").click();
    await byId(page, "again").click();
    await byId(page, "lobby").waitFor();

    await page.goto(`${viva.url}/rooms`);
    await page.locator(`[data-code="${code}"] [data-testid="close-room"]`).click();
    await checkAccessible(page, "rooms-close");
    await byId(page, "close-room-yes").click();
    await guests[0].locator('[data-testid="room-end"][data-reason="closed"]').waitFor();
    await page.goto(`${viva.url}/rooms/${code}`);
    await ends("closed");
    await checkAccessible(page, "rooms-closed");
    assertNoFaults(page, ...guests);
    for (const one of [page, ...guests]) await one.context().close();
  });

  test("without a camera's permission one joins all the same", { timeout: 90_000 }, async () => {
    const strict = await launch(FLAGS.filter((flag) => !flag.startsWith("--use-fake-ui")));
    try {
      const code = await makeRoom(viva);
      const listener = await visitor(strict, { permissions: [] });
      await listener.goto(`${viva.url}/rooms/${code}`);
      await listener.locator('[data-testid="camera-problem"][data-problem="denied"]').waitFor();
      await listener.locator('[data-testid="microphone-problem"][data-problem="denied"]').waitFor();
      await checkAccessible(listener, "rooms-denied");
      await byId(listener, "name").fill("Lee");
      await byId(listener, "join").click();
      const ann = await visitor(browser);
      await join(ann, viva, code, "Ann");
      await connectedTo(listener, 1);
      await mediaFlows(listener, 1);
      await tileHas(ann, "Lee", "camera", "false");
      await tileHas(ann, "Lee", "microphone", "false");
      // Permission comes later: picture and sound join the call that there is.
      await listener.context().grantPermissions(["camera", "microphone"]);
      await byId(listener, "camera").click();
      await byId(listener, "mute").click();
      await tileHas(ann, "Lee", "camera", "true");
      await mediaFlows(ann, 1);
      assertNoFaults(listener, ann);
      await ann.context().close();
    } finally {
      await strict.close();
    }
  });

  test("Firefox and Chromium in one call", { timeout: 120_000 }, async () => {
    const fox = await launchFirefox();
    try {
      const code = await makeRoom(viva);
      const ann = await visitor(browser);
      await join(ann, viva, code, "Ann");
      const page = await FirefoxPage.open(fox);
      await page.addInitScript(keepConnections);
      await page.goto(`${viva.url}/rooms/${code}`);
      await page.fill("name", "Fox");
      await page.click("join");
      await page.find("tile");
      await connectedTo(page, 1);
      await connectedTo(ann, 1);
      await mediaFlows(ann, 1);
      await mediaFlows(page, 1);
      await page.click("mute");
      await tileHas(ann, "Fox", "microphone", "false");
      await byId(ann, "camera").click();
      await page.waitForFunction(() => document.querySelector('[data-testid="tile"][data-camera="false"]') !== null);
      await page.click("show-chat");
      await page.fill("chat-text", "Hello from Firefox");
      await page.click("chat-send");
      await show(ann, "chat");
      await byId(ann, "message").filter({ hasText: "Hello from Firefox" }).waitFor();
      await page.checkAccessible("rooms-firefox");
      // Now Firefox was here before, and calls.
      await byId(ann, "leave").click();
      await byId(ann, "again").click();
      await byId(ann, "join").click();
      await connectedTo(page, 1);
      await connectedTo(ann, 1);
      assert.deepEqual(page.faults, []);
      assertNoFaults(ann);
      await ann.context().close();
    } finally {
      await fox.close();
    }
  });
});

/** From the list into the call without a mouse. */
async function joinByKeyboard(page, code) {
  await page.reload();
  await byId(page, "room").waitFor();
  await tabTo(page, "room-code");
  await page.keyboard.type("a7x");
  await page.keyboard.press("Enter");
  await page.locator("#room-code[aria-invalid=true]").waitFor();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(`${code.toUpperCase()} `);
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="preview"][data-camera="true"]').waitFor();
  await page.locator('[data-testid="heard"][data-heard="true"]').waitFor();
  await tabTo(page, "name");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=name][aria-invalid=true]").waitFor();
  await checkAccessible(page, "rooms-lobby");
  await page.keyboard.type("Ann");
  await page.keyboard.press("Enter");
  await byId(page, "call").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "the call's heading has the focus");
}

async function muting(ann, ben) {
  await ann.locator("h1").focus();
  await ann.keyboard.press("m");
  await tileHas(ben, "Ann", "microphone", "false");
  await ann.keyboard.press("v");
  await tileHas(ben, "Ann", "camera", "false");
  await ann.keyboard.press("v");
  await tileHas(ben, "Ann", "camera", "true");
  await pictureMoves(ben, '[data-testid="tile"][data-name="Ann"] video');
  await byId(ann, "mute").click();
  await tileHas(ben, "Ann", "microphone", "true");
  // Another camera in the middle of the call.
  await byId(ann, "devices").click();
  await byId(ann, "microphone-select").selectOption({ index: 1 });
  await checkAccessible(ann, "rooms-devices");
  await byId(ann, "devices-done").click();
  await mediaFlows(ben, 2);
}

async function sharing(ann, ben, cleo) {
  await byId(ben, "share").click();
  await pictureMoves(ann, '[data-testid="screen-picture"]');
  await pictureMoves(cleo, '[data-testid="screen-picture"]');
  await byId(ben, "screen").waitFor();
  await checkAccessible(ann, "rooms-screen");
  await checkAccessible(cleo, "rooms-screen-phone");
  await byId(ben, "share").click();
  for (const page of [ann, ben, cleo]) await byId(page, "screen").waitFor({ state: "detached" });
  // A second time, over what was negotiated the first time.
  await byId(ben, "share").click();
  await pictureMoves(ann, '[data-testid="screen-picture"]');
  await byId(ben, "share").click();
  await byId(ann, "screen").waitFor({ state: "detached" });
}

async function chatting(ann, ben, cleo) {
  await show(ann, "chat");
  await write(ann, "Shall we begin?\nI am ready.");
  await write(ann, "<b>not bold</b>");
  await byId(ben, "show-chat").and(ben.locator('[data-badge="2"]')).waitFor();
  await byId(ben, "news").filter({ hasText: "Ann: Shall we begin?" }).waitFor({ state: "attached" });
  await show(ben, "chat");
  await byId(ben, "message").filter({ hasText: "<b>not bold</b>" }).waitFor();
  assert.equal(await byId(ben, "show-chat").getAttribute("data-badge"), "0", "what is read is not new");
  await show(cleo, "chat");
  await write(cleo, "Yes");
  await byId(ann, "message").filter({ hasText: "Yes" }).waitFor();
  await checkAccessible(ann, "rooms-chat");
  await checkAccessible(cleo, "rooms-chat-phone");
  await cleo.keyboard.press("Escape");
  await byId(cleo, "panel-chat").waitFor({ state: "detached" });
}

async function sendingFiles(ann, ben, cleo) {
  const bytes = randomBytes(FILE_BYTES);
  const hash = createHash("sha256").update(bytes).digest("hex");
  for (const page of [ann, ben, cleo]) await show(page, "files");
  const choose = (page, name, buffer) =>
    page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
  await choose(ann, "paper.bin", bytes);
  await byId(cleo, "file-decline").click();
  await byId(ben, "file-accept").waitFor();
  await checkAccessible(ben, "rooms-files");
  await byId(ben, "file-accept").click();
  await ben.locator('[data-testid="transfer"][data-state="whole"]').waitFor({ timeout: MEETING_MS });
  await ann.locator('[data-testid="transfer"][data-state="whole"]').waitFor();
  await ann.locator('[data-testid="transfer"][data-state="declined"]').waitFor();
  const [download] = await Promise.all([ben.waitForEvent("download"), byId(ben, "file-save").click()]);
  assert.equal(download.suggestedFilename(), "paper.bin");
  const saved = createHash("sha256").update(await readFile(await download.path())).digest("hex");
  assert.equal(saved, hash, "what was saved is what was sent");
  for (const page of [ann, ben]) {
    const shown = page.locator('[data-testid="transfer"][data-state="whole"]');
    assert.equal(await shown.getAttribute("data-sha256"), hash);
  }
  await choose(ann, "huge.bin", Buffer.alloc(20 * 1024 * 1024 + 1));
  await byId(ann, "file-refusal").filter({ hasText: "larger than 20 MB" }).waitFor();
  await checkAccessible(ann, "rooms-files-sent");
  await show(ann, "people");
  await checkAccessible(ann, "rooms-people");
}

/**
 * A page whose packets the test can lose: `lose(percent)`. Chromium counts only sockets that were opened under such
 * conditions, so that they have to be there from the start.
 */
async function losing(page) {
  const line = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 1, downloadThroughput: -1, uploadThroughput: -1 };
  const lose = (packetLoss) => line.send("Network.emulateNetworkConditions", { ...conditions, packetLoss });
  await line.send("Network.enable");
  await lose(0);
  return lose;
}

/** All packets of one side are lost until another path is being looked for; then the same connection finds one. */
async function pathBreaks(ann, ben, lose) {
  const fragment = () => /a=ice-ufrag:(\S+)/.exec(window.connections[0].localDescription.sdp)[1];
  const was = await ann.evaluate(fragment);
  await lose(100);
  await tileHas(ben, "Ann", "connection", "reconnecting", BACK_MS);
  await screenshot(ben, "rooms-reconnecting");
  const renewed = (before) => !window.connections[0].localDescription.sdp.includes(`a=ice-ufrag:${before}\r`);
  await ann.waitForFunction(renewed, was, { timeout: BACK_MS });
  await lose(0);
  for (const page of [ann, ben]) await connectedTo(page, 1, BACK_MS);
  await mediaFlows(ben, 1);
  assert.equal((await ann.evaluate(() => window.received())).made, 1, "it is the same connection on another path");
}
