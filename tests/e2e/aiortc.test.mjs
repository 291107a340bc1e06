// aiortc, an independent WebRTC stack, is interviewed by the built-in engine through REST alone.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT, Viva } from "./support/viva.mjs";
import { normalised, speechClips, wrongWords } from "./support/words.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const INTERVIEW_WITHIN_MS = 330_000;
// DESIGN section 8: at most 3 of the 62 words of the four clips through a real client.
const WRONG_RATIO_MAX = 3 / 62;

test("aiortc holds a whole interview through REST alone", { timeout: INTERVIEW_WITHIN_MS + 60_000 }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const clips = await speechClips();
  const script = join(ROOT, "tests/e2e/aiortc_interview.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, viva.url, ...clips.map((clip) => clip.file)], {
    timeout: INTERVIEW_WITHIN_MS,
    killSignal: "SIGKILL",
    maxBuffer: 1 << 24,
  }).catch((error) => assert.fail(`${error.stderr || error.message}\n${viva.logText()}`));
  const report = JSON.parse(stdout.trim().split("\n").at(-1));
  const { results, agent } = report;
  t.diagnostic(`first agent audio ${agent.first_after_connected_ms?.toFixed(0)} ms after the connection`);

  assert.equal(results.status, "ended");
  assert.equal(results.end_reason, "completed");
  assert.equal(report.end.end_reason, "completed", "ending again changes nothing");

  assert.ok(agent.loud_ms > 5000, `the interviewer was heard for ${agent.loud_ms} ms`);
  assert.ok(agent.peak_rms > 1000, `at a level of ${agent.peak_rms}`);

  const asked = results.questions.length;
  assert.ok(asked >= 1 && report.questions.includes(asked), `questions seen: ${report.questions} of ${asked}`);
  assert.ok(report.spoken.length >= asked, "every question was answered");
  assert.deepEqual(
    results.questions.map(({ status }) => status),
    Array(asked).fill("answered"),
  );

  const words = new Map(clips.map((clip) => [clip.name, clip.words]));
  const said = report.spoken.map((file) => words.get(basename(file))).join(" ");
  const heard = results.transcript
    .filter(({ role, state }) => role === "user" && state === "final")
    .map(({ content }) => content)
    .join(" ");
  const wrong = wrongWords(said, heard);
  const total = normalised(said).length;
  t.diagnostic(`${wrong} of ${total} words wrong`);
  assert.ok(wrong <= total * WRONG_RATIO_MAX, `${wrong} of ${total} words wrong: "${heard}" for "${said}"`);

  const starts = results.transcript.map(({ start_ms }) => start_ms);
  assert.deepEqual(starts, starts.toSorted((a, b) => a - b), "items are in order");
  for (const item of results.transcript.filter(({ state }) => state === "final")) {
    assert.ok(item.end_ms >= item.start_ms, JSON.stringify(item));
  }
  await viva.stop();
});
