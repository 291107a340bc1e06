// aimock, an independent imitation of OpenAI's Realtime socket, as Viva's speech model: handshake, session and text
// events. It never sends audio, so to Viva it is a model that fails, and the candidate must hear that.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { ROOT, Viva } from "./support/viva.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const ENDS_WITHIN_MS = 90_000;

test("Viva speaks with aimock as its Realtime server", { timeout: ENDS_WITHIN_MS + 60_000 }, async (t) => {
  const mock = new LLMock({ port: 0 });
  const reply = { content: "These words come without a voice." };
  mock.addFixture({ match: { predicate: () => true }, response: reply });
  await mock.start();
  t.after(() => mock.stop());
  const viva = await Viva.start({
    env: { OPENAI_API_KEY: "a-key", OPENAI_REALTIME_API_URL: `${mock.url.replace("http", "ws")}/v1/realtime` },
  });
  t.after(() => viva.discard());

  const script = join(ROOT, "tests/e2e/aiortc_interview.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, viva.url], { timeout: ENDS_WITHIN_MS }).catch((error) =>
    assert.fail(`${error.stderr || error.message}\n${viva.logText()}`),
  );
  const { results, agent } = JSON.parse(stdout.trim().split("\n").at(-1));

  const asked = mock.getRequests().filter(({ path }) => path === "/v1/realtime");
  assert.ok(asked.length >= 1, "the handshake and the session were accepted, and something was asked for");
  for (const { response, headers } of asked) {
    assert.equal(response.status, 200);
    assert.ok(headers.authorization, "the key is sent; aimock keeps it out of its journal");
    assert.equal(headers["openai-beta"], undefined, "the beta was removed");
  }
  const [{ role, content }] = asked[0].body.messages;
  assert.equal(role, "system");
  assert.match(content, /I am an AI interviewer/, "the session's instructions and the first words to say");

  assert.equal(results.end_reason, "engine_failed");
  const last = results.transcript.at(-1);
  assert.equal(last.role, "assistant");
  assert.match(last.content, /technical problem.*saved/);
  assert.ok(agent.loud_ms > 1000, `Viva's own voice said so for ${agent.loud_ms} ms`);
  assert.ok(results.questions.every(({ status, reason }) => status === "skipped" && reason === "engine_failed"));
});
