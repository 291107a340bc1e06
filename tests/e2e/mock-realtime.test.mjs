// `viva mock-realtime` under the `openai` package, over plain and TLS sockets: it takes every event of a spoken turn.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT, within } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const BINARY = resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const LADDER = [
  "session.created",
  "session.updated",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
  "input_audio_buffer.committed",
  "conversation.item.input_audio_transcription.completed",
  "response.created",
  "response.output_item.added",
  "response.output_audio.delta",
  "response.output_audio_transcript.done",
  "response.done",
];

/** Starts the mock on a free port; `url` ends where the client adds `/realtime`. */
async function startMock(options) {
  const child = spawn(BINARY, ["mock-realtime", ...options], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/^mock-realtime ready url=(\S+)\/realtime$/)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`mock-realtime left with ${code}\n${log}`)));
  });
  const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  return { url: await within(15_000, ready, () => log), exited, child };
}

async function spokenTurn(url, clip, authority) {
  const script = join(ROOT, "tests/e2e/realtime_client.py");
  const run = promisify(execFile)(PYTHON, [script, url, clip, ...(authority ? [authority] : [])], { timeout: 90_000 });
  const { stdout } = await run.catch((error) => assert.fail(error.stderr || error.message));
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function check(report) {
  assert.deepEqual(report.faults, [], "the package's types take every event");
  const seen = LADDER.filter((type) => report.types.includes(type));
  assert.deepEqual(seen, LADDER);
  const order = LADDER.map((type) => report.types.indexOf(type));
  assert.deepEqual(order, order.toSorted((a, b) => a - b), `in order: ${report.types}`);
  assert.equal(report.status, "completed");
  assert.ok(report.said.length > 0 && report.heard.length > 0);
  assert.ok(report.audio_ms > 200 && report.audio_rms > 100, `${report.audio_ms} ms of audio at ${report.audio_rms}`);
}

describe("viva mock-realtime", { timeout: 240_000 }, () => {
  let folder;
  let clip;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "viva-mock-"));
    [, { file: clip }] = await speechClips();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("holds a spoken turn with the openai package", async (t) => {
    const mock = await startMock([]);
    t.after(() => mock.child.kill("SIGKILL"));
    check(await spokenTurn(mock.url, clip));
    mock.child.kill("SIGTERM");
    assert.equal(await mock.exited, 0);
  });

  test("and over TLS", async (t) => {
    const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    execFileSync("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
    ], { stdio: "ignore" });
    const mock = await startMock(["--tls-cert", cert, "--tls-key", key]);
    t.after(() => mock.child.kill("SIGKILL"));
    assert.match(mock.url, /^wss:/);
    check(await spokenTurn(mock.url, clip, cert));
  });
});
