// docs/troubleshooting.md: one entry for each line of the Spool contract's list, and its commands show what they say,
// on a Viva that is well and on one that is not.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { startCoturn, turnConfig } from "./support/coturn.mjs";
import { launch, openPage } from "./support/browser.mjs";
import { simulate } from "./support/simulate.mjs";
import { ROOT, Viva, until } from "./support/viva.mjs";

const SECRET = "secret-of-the-troubleshooting-test";
const KEY = "platform-key-of-the-troubleshooting-test";
const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const TEST_MS = 360_000;
/** The longest holds a whole interview. */
const COMMAND_MS = 240_000;

const document = await readFile(path.join(ROOT, "docs/troubleshooting.md"), "utf8");

/** Its entries: heading, and blocks each with what a healthy Viva shows. */
const entries = document
  .split(/^### /m)
  .slice(1)
  .map((text) => {
    const heading = text.slice(0, text.indexOf("\n"));
    const blocks = [...text.matchAll(/```(bash|js)\n([\s\S]*?)```\s+Well: (?:`([^`]+)`|([^.\n]+))/g)];
    return { heading, blocks: blocks.map(([, language, code, literal]) => ({ language, code, literal })) };
  });

const entry = (start) => {
  const found = entries.find(({ heading }) => heading.startsWith(start));
  assert.ok(found, `there is no entry "${start}…"`);
  return found.blocks;
};

/** Runs a command of the document; returns its exit code and what it printed. */
function run({ code }, { url, session = "", key = KEY }) {
  const PATH = `${path.dirname(BINARY)}:${process.env.PATH}`;
  const env = { PATH, HOME: process.env.HOME, VIVA_URL: url, API_KEY: key, SESSION_ID: session };
  return new Promise((resolve) => {
    execFile("bash", ["-c", code], { cwd: ROOT, env, timeout: COMMAND_MS }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

async function shows(block, place, wanted = block.literal) {
  const { stdout, stderr } = await run(block, place);
  assert.ok(stdout.includes(wanted), `${block.code}\nshould show ${wanted}, not:\n${stdout}\n${stderr}`);
  return stdout;
}

test("every line of the contract's list has an entry with a command, in its order", async () => {
  const contract = await readFile(path.join(ROOT, "tests/fixtures/contracts/spool-voice-interview.md"), "utf8");
  const [, list] = contract.split("## Troubleshooting");
  const lines = [...list.matchAll(/^\d+\. (.+)$/gm)].map(([, line]) => line);
  assert.equal(lines.length, 9);
  assert.deepEqual(
    entries.map(({ heading }) => heading),
    lines,
  );
  for (const { heading, blocks } of entries) assert.ok(blocks.length > 0, heading);
});

test("connection: each command on a Viva that is well and on one that is not", { timeout: TEST_MS }, async (t) => {
  const turn = await startCoturn(
    turnConfig({ TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "127.0.0.1", TURN_ALLOW_LOOPBACK: "1" }),
  );
  let turnIsUp = true;
  t.after(() => turnIsUp && turn.stop());
  const viva = await Viva.start({ env: { TURN_SECRET: SECRET, TURN_SERVER: `127.0.0.1:${turn.port}` } });
  t.after(() => viva.discard());
  const key = "";
  const { session_id: session } = await viva.json("/api/interview/start", {
    method: "POST",
    body: { user_id: "ann", kind: "general" },
  });
  const place = { url: viva.url, session, key };

  const [http, media, metrics] = entry("Check Security Groups");
  await shows(http, place);
  await shows(media, place);
  assert.ok(Number(await shows(metrics, place, "")) > 0);
  const nowhere = await run(http, { url: "http://127.0.0.1:1", key });
  assert.notEqual(nowhere.code, 0, "nothing listens there");

  const [offered, reachable] = entry("Verify TURN server");
  await shows(offered, place);
  await shows(reachable, place);
  await turn.stop();
  turnIsUp = false;
  const gone = await run(reachable, place);
  assert.ok(!gone.stdout.includes(reachable.literal), gone.stdout);
  const without = await Viva.start();
  t.after(() => without.discard());
  const other = await without.json("/api/interview/start", { method: "POST", body: { user_id: "ann" } });
  const none = await run(offered, { url: without.url, session: other.session_id, key });
  assert.ok(!none.stdout.includes("turn:"), none.stdout);

  const [status] = entry("Check browser console");
  await shows(status, place, '"created"');
  const before = sessions(viva);
  const candidate = await simulate(viva, { kind: "general" });
  t.after(() => candidate.stop());
  const live = await liveSession(viva, before);
  await until(
    60_000,
    () => run(status, { ...place, session: live }),
    ({ stdout }) => stdout.includes(status.literal),
  );
  const [format] = entry("Check audio format");
  await shows(format, { ...place, session: live });
});

/** The sessions that the server has logged. */
const sessions = (viva) =>
  [...viva.log.join("\n").matchAll(/session created session=(ses_[a-z2-7]{26})/g)].map(([, id]) => id);

/** The session that a simulated candidate starts, which is none of those before. */
async function liveSession(viva, before) {
  const fresh = async () => sessions(viva).filter((id) => !before.includes(id));
  const [id] = await until(30_000, fresh, (found) => found.length > 0);
  return id;
}

test("audio: permission, format and models", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const [permission] = entry("Ensure microphone");
  const browser = await launch();
  t.after(() => browser.close());
  for (const [permissions, shown] of [
    [["microphone"], permission.literal],
    [[], "true denied"],
  ]) {
    const page = await openPage(browser, { permissions });
    await page.goto(viva.interview);
    assert.equal(await page.evaluate(`(async () => (${permission.code.trim()}))()`), shown);
  }

  const { session_id: session } = await viva.json("/api/interview/start", {
    method: "POST",
    body: { user_id: "ann" },
  });
  const place = { url: viva.url, session, key: "" };
  const [format] = entry("Check audio format");
  await shows(format, place, "answer");
  const video = { sdp: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", type: "offer" };
  const response = await fetch(`${viva.url}/api/interview/${session}/rtc/offer`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(video),
  });
  assert.deepEqual([response.status, (await response.json()).code], [400, "invalid_sdp"]);

  const [models] = entry("Verify STT/TTS");
  const lines = (await shows(models, place, "")).trim().split("\n");
  const sums = await readFile(path.join(ROOT, "assets/models/SHA256SUMS"), "utf8");
  assert.ok(lines.length >= 3, lines.join("\n"));
  for (const line of lines) {
    const [, sum, file] = /^([0-9a-f]{64})  (\S+)  (loaded|not loaded yet)$/.exec(line);
    assert.match(sums, new RegExp(`^${sum} .*${path.basename(file)}$`, "m"));
  }
});

test("performance: places, caches and limits", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_SESSIONS_MAX: "1" } });
  t.after(() => viva.discard());
  const place = { url: viva.url, key: "" };
  const [places] = entry("Enable ECS");
  assert.equal((await shows(places, place, "")).trim(), "0");
  const start = () =>
    fetch(`${viva.url}/api/interview/start`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"user_id": "ann"}',
    });
  assert.equal((await start()).status, 200);
  assert.equal((await shows(places, place, "")).trim(), "1");
  const full = await start();
  assert.deepEqual([full.status, (await full.json()).code], [503, "at_capacity"]);

  const [assets] = entry("Use CloudFront");
  await shows(assets, place);

  const [throttled] = entry("Monitor API Gateway");
  await shows(throttled, place);
  const narrow = await Viva.start({ env: { VIVA_REQUESTS_PER_MINUTE: "1" } });
  t.after(() => narrow.discard());
  await run(throttled, { url: narrow.url, key: "" });
  await shows(throttled, { url: narrow.url, key: "" }, "rate_limited");
});
