// A server that is killed, drained, or told to hurry, with live interviews on it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "./support/simulate.mjs";
import { Viva, until, within } from "./support/viva.mjs";

const TEST_MS = 180_000;

/** The id of the session that a simulated candidate started, as the server logs it. */
async function liveSession(viva) {
  const created = () => /session created session=(ses_[a-z2-7]{26})/.exec(viva.log.join("\n"))?.[1];
  return until(30_000, async () => created(), Boolean);
}

/** Final items of a session, as an interviewer reads them. */
const finals = (results) => results.transcript.filter(({ state }) => state === "final");

const post = (viva, route, body) =>
  fetch(viva.url + route, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

test("a killed server loses nothing that it acknowledged", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_LOG: "info" } });
  t.after(() => viva.discard());
  const candidate = await simulate(viva, { kind: "general" });
  t.after(() => candidate.stop());
  const id = await liveSession(viva);
  // What the results show as final has been acknowledged: here, something that the candidate said.
  const heard = (results) => finals(results).some(({ role }) => role === "user");
  const before = await until(60_000, () => viva.results(id), heard);
  await viva.crash();

  const restarted = Date.now();
  await viva.startAgain();
  assert.ok(Date.now() - restarted < 2_000, `ready after ${Date.now() - restarted} ms`);
  const after = await viva.results(id);
  assert.deepEqual([after.status, after.end_reason], ["ended", "interrupted"]);
  for (const item of finals(before)) {
    assert.deepEqual(
      after.transcript.filter(({ item_id }) => item_id === item.item_id),
      [item],
      "there once, and unchanged",
    );
  }
  const status = await viva.json(`/api/interview/${id}/status`);
  assert.equal(status.end_reason, "interrupted");
  t.diagnostic(`${finals(before).length} acknowledged items, all there`);
  const late = await post(viva, `/api/interview/${id}/rtc/offer`, { type: "offer", sdp: "v=0" });
  assert.equal(late.status, 409);
});

test("SIGTERM lets a live interview say goodbye and takes no new one", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_DRAIN_SECONDS: "25" } });
  t.after(() => viva.discard());
  const candidate = await simulate(viva, { kind: "general" });
  t.after(() => candidate.stop());
  const id = await liveSession(viva);
  await until(30_000, () => viva.results(id), (results) => results.status === "active" && finals(results).length > 0);

  const signalled = Date.now();
  viva.process.kill("SIGTERM");
  const ready = await until(1_000, () => fetch(`${viva.url}/readyz`), ({ status }) => status === 503);
  assert.ok(Number(ready.headers.get("retry-after")) > 0);
  assert.equal((await fetch(`${viva.url}/healthz`)).status, 200, "the process itself is well");
  const refused = await post(viva, "/api/interview/start", { user_id: "late" });
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await refused.json()).code, "draining");

  const report = await candidate.report.catch((error) => ({ error }));
  await viva.stop();
  const seconds = (Date.now() - signalled) / 1_000;
  assert.ok(seconds < 27, `left after ${seconds} s`);
  t.diagnostic(`the last interview ended ${seconds.toFixed(1)} s after SIGTERM`);

  await viva.startAgain();
  const results = await viva.results(id);
  assert.deepEqual([results.status, results.end_reason], ["ended", "interrupted"], JSON.stringify(report));
  const last = results.transcript.filter(({ role }) => role === "assistant").at(-1);
  assert.match(last.content, /goodbye|saved|sorry|stop/i, "the last words are a goodbye");
  await viva.stop();
});

test("a second SIGTERM leaves within 2 s", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_DRAIN_SECONDS: "110" } });
  t.after(() => viva.discard());
  const candidate = await simulate(viva, { kind: "general" });
  t.after(() => candidate.stop());
  await liveSession(viva);
  viva.process.kill("SIGTERM");
  await until(2_000, () => fetch(`${viva.url}/readyz`), ({ status }) => status === 503);
  const hurried = Date.now();
  viva.process.kill("SIGTERM");
  const { code } = await within(5_000, viva.exited, () => "still there");
  assert.equal(code, 0);
  assert.ok(Date.now() - hurried < 2_000, `left after ${Date.now() - hurried} ms`);
});

test("a candidate who disappears is waited for, and then the interview ends", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: { VIVA_RETURN_WINDOW_SECONDS: "3" } });
  t.after(() => viva.discard());
  const candidate = await simulate(viva, { kind: "general" });
  const id = await liveSession(viva);
  const status = () => viva.json(`/api/interview/${id}/status`);
  await until(30_000, status, (answer) => answer.status === "active");
  const gone = Date.now();
  await candidate.stop();
  await until(60_000, status, (answer) => answer.status === "reconnecting");
  // RFC 7675: 30 s without a check end the consent to send.
  const noticed = (Date.now() - gone) / 1_000;
  assert.ok(noticed > 20 && noticed < 40, `noticed after ${noticed} s`);
  const ended = await until(15_000, status, (answer) => answer.status === "ended");
  assert.equal(ended.end_reason, "network_lost");
  const results = await viva.results(id);
  assert.equal(results.end_reason, "network_lost");
  const over = (Date.now() - gone) / 1_000;
  t.diagnostic(`noticed after ${noticed.toFixed(1)} s, ended ${over.toFixed(1)} s after it left`);
  await viva.stop();
});
