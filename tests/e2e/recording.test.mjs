// A recording of a server that is killed while it goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "./support/simulate.mjs";
import { Viva, until } from "./support/viva.mjs";

const TEST_MS = 180_000;

test("a killed server's recording plays to within a second of the kill", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_LOG: "info" } });
  t.after(() => viva.discard());
  const plan = { title: "Recorded", recording: true, questions: [{ text: "What did you build last?" }] };
  const { interview_id: interview } = await viva.json("/api/v1/interviews", { method: "POST", body: plan });
  const candidate = await simulate(viva, { interview });
  t.after(() => candidate.stop());
  const created = () => /session created session=(ses_[a-z2-7]{26})/.exec(viva.log.join("\n"))?.[1];
  const id = await until(30_000, async () => created(), Boolean);
  const spoken = ({ transcript }) => transcript.some(({ role, state }) => role === "user" && state === "final");
  const before = await until(60_000, () => viva.results(id), spoken);
  assert.equal(before.recording.state, "recording");
  const lived = Date.now() - Date.parse(before.started_at);
  await viva.crash();

  await viva.startAgain();
  const finished = ({ recording }) => recording.finished_at !== null;
  const { recording } = await until(60_000, () => viva.results(id), finished);
  assert.equal(recording.state, "partial");
  t.diagnostic(`${recording.duration_ms} of ${lived} ms`);
  assert.deepEqual(
    recording.tracks.map(({ side }) => side),
    ["user", "assistant"],
  );
  assert.ok(recording.duration_ms + 1_000 >= lived, `${recording.duration_ms} of ${lived} ms`);
  for (const { url, bytes } of recording.tracks) {
    const whole = await fetch(viva.url + url);
    assert.equal((await whole.arrayBuffer()).byteLength, bytes);
    const part = await fetch(viva.url + url, { headers: { Range: "bytes=0-3" } });
    assert.deepEqual([part.status, await part.text()], [206, "OggS"]);
  }
  const wave = Buffer.from(await (await fetch(viva.url + recording.wav_url)).arrayBuffer());
  assert.equal(wave.toString("latin1", 0, 4), "RIFF");
  // 24 kHz, two channels of 16 bit.
  const waveMs = (wave.length - 44) / 96;
  assert.ok(Math.abs(waveMs - recording.duration_ms) < 200, `${waveMs} ms in the wave`);
});
