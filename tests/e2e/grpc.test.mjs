// gRPC's Python client, which learns the service by reflection, and REST over HTTP/2, on the one port of Viva.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http2 from "node:http2";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { ROOT, Viva, within } from "./support/viva.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const WITHIN_MS = 90_000;

test("a foreign gRPC client finds and uses everything by reflection", { timeout: WITHIN_MS + 60_000 }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const script = join(ROOT, "tests/e2e/grpc_client.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, `127.0.0.1:${viva.port}`], {
    timeout: WITHIN_MS,
    killSignal: "SIGKILL",
  }).catch((error) => assert.fail(`${error.stderr || error.message}\n${viva.logText()}`));
  const report = JSON.parse(stdout);
  assert.equal(report.health, "SERVING");
  assert.ok(report.services.includes("viva.v1.Interviews") && report.services.includes("grpc.health.v1.Health"));
  assert.equal(report.got.session_id, report.started.session_id);
  assert.equal(report.got.status, "created");
  assert.ok(report.events[0].event.session_state, "a snapshot comes first");
  assert.ok(report.events.at(-1).event.session_ended, "and the end last");
  const ids = report.events.map(({ resume_after: id }) => Number(id ?? 0)).filter((id) => id > 0);
  assert.deepEqual(ids, ids.toSorted((a, b) => a - b), "in order");
  assert.deepEqual([report.ended.success, report.ended.end_reason], [true, "platform_ended"]);
  assert.equal(report.results.session_id, report.started.session_id);
  assert.equal(report.results.questions.length, 2);
  assert.deepEqual([report.unknown.status, report.unknown.code], ["NOT_FOUND", "not_found"]);
  assert.deepEqual([report.wrong.status, report.wrong.code], ["INVALID_ARGUMENT", "invalid_request"]);
  assert.match(report.wrong.detail, /user_id/);
  await viva.stop();
});

test("REST is served over HTTP/2 by prior knowledge", { timeout: 60_000 }, async (t) => {
  const viva = await Viva.start();
  t.after(() => viva.discard());
  const client = http2.connect(viva.url);
  t.after(() => client.destroy());
  const head = { ":method": "POST", ":path": "/api/interview/start", "content-type": "application/json" };
  const ask = client.request(head);
  ask.end(JSON.stringify({ user_id: "http2", kind: "tryout" }));
  const answer = new Promise((resolve, reject) => {
    let text = "";
    let status;
    ask.on("response", (headers) => (status = headers[":status"]));
    ask.setEncoding("utf8");
    ask.on("data", (chunk) => (text += chunk));
    ask.on("end", () => resolve({ status, body: JSON.parse(text) }));
    ask.on("error", reject);
  });
  const { status, body } = await within(20_000, answer, () => "no answer over HTTP/2");
  assert.equal(status, 200);
  assert.match(body.session_id, /^ses_/);
  await viva.stop();
});
