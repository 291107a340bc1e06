// Viva's own `/v1/realtime` under the `openai` package, GA and beta, with the built-in engine and with a provider.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ROOT, Viva, within } from "./support/viva.mjs";
import { speechClips, wrongWords } from "./support/words.mjs";

const BINARY = resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");

/** The events of a spoken turn that every client waits for, by their GA names. */
const LADDER = [
  "session.created",
  "session.updated",
  "input_audio_buffer.speech_started",
  "input_audio_buffer.speech_stopped",
  "input_audio_buffer.committed",
  "response.created",
  "response.output_item.added",
  "response.output_audio.delta",
  "response.output_audio_transcript.done",
  "response.done",
];
const BETA_NAMES = {
  "response.output_audio.delta": "response.audio.delta",
  "response.output_audio_transcript.done": "response.audio_transcript.done",
};

async function startProvider() {
  const child = spawn(BINARY, ["mock-realtime"], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const ready = new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/^mock-realtime ready url=(\S+)$/)?.[1];
      if (url) done(url);
    });
    child.once("exit", (code) => fail(new Error(`mock-realtime left with ${code}\n${log}`)));
  });
  return { url: await within(30_000, ready, () => log), child };
}

async function spokenTurn(viva, dialect, clip) {
  const { value } = await viva.json("/v1/realtime/client_secrets", { method: "POST", body: {} });
  const script = join(ROOT, "tests/e2e/relay_client.py");
  const base = `${viva.url.replace(/^http/, "ws")}/v1`;
  const run = promisify(execFile)(PYTHON, [script, dialect, base, clip, value], { timeout: 150_000 });
  const { stdout } = await run.catch((error) => assert.fail(error.stderr || error.message));
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function check(report, dialect) {
  assert.deepEqual(report.faults, [], "the package's types take every event");
  const ladder = dialect === "beta" ? LADDER.map((type) => BETA_NAMES[type] ?? type) : LADDER;
  const order = ladder.map((type) => report.types.indexOf(type));
  assert.ok(!order.includes(-1), `complete: ${report.types}`);
  assert.deepEqual(order, order.toSorted((a, b) => a - b), `in order: ${report.types}`);
  assert.equal(report.status, "completed");
  assert.equal(report.model, dialect === "beta" ? "gpt-4o-realtime-preview-2024-10-01" : "gpt-realtime");
  assert.ok(report.audio_ms > 500 && report.audio_rms > 100, `${report.audio_ms} ms of audio at ${report.audio_rms}`);
}

describe("/v1/realtime", { timeout: 600_000 }, () => {
  let clip;
  let builtin;
  let provider;
  let relayed;
  before(async () => {
    [, clip] = await speechClips();
    builtin = await Viva.start();
    provider = await startProvider();
    relayed = await Viva.start({ env: { OPENAI_REALTIME_API_URL: provider.url } });
  });
  after(async () => {
    provider?.child.kill("SIGKILL");
    await Promise.all([builtin?.discard(), relayed?.discard()]);
  });

  for (const dialect of ["ga", "beta"]) {
    test(`${dialect}: a spoken turn with the built-in engine`, async () => {
      const report = await spokenTurn(builtin, dialect, clip.file);
      check(report, dialect);
      assert.ok(wrongWords(clip.words, report.heard) <= 1, report.heard);
      assert.match(report.said, /introduce yourself/);
    });

    test(`${dialect}: a spoken turn with a provider`, async () => {
      const report = await spokenTurn(relayed, dialect, clip.file);
      check(report, dialect);
      assert.match(report.heard, /These are the words that I said/);
    });
  }
});
