// aimock, an independent imitation of OpenAI's Realtime socket, as Viva's speech model: handshake, session and text.
// It sends no audio, so nobody hears anything; what it says must still reach the transcript as generated words.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { ROOT, Viva, within } from "./support/viva.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const WORDS = "These words come from the imitation.";
const HEARD_OF_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;

/** Calls `look` until it gives something. */
async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
    await once(AbortSignal.timeout(LOOK_EVERY_MS), "abort");
  }
}

test("Viva speaks with aimock as its Realtime server", { timeout: 180_000 }, async (t) => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage(/.*/, { content: WORDS });
  mock.addFixture({ match: { predicate: () => true }, response: { content: WORDS } });
  await mock.start();
  t.after(() => mock.stop());
  const viva = await Viva.start({
    env: { OPENAI_API_KEY: "a-key", OPENAI_REALTIME_API_URL: `${mock.url.replace("http", "ws")}/v1/realtime` },
  });
  t.after(() => viva.discard());

  const candidate = spawn(PYTHON, [join(ROOT, "tests/e2e/aiortc_interview.py"), viva.url], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => candidate.kill("SIGKILL"));
  let printed = "";
  for (const stream of [candidate.stdout, candidate.stderr]) stream.on("data", (data) => (printed += data));

  const asked = await within(
    HEARD_OF_WITHIN_MS,
    until(() => mock.getRequests().find(({ path }) => path === "/v1/realtime")),
    () => `no response was asked for\n${printed}\n${viva.logText()}`,
  );
  assert.equal(asked.headers.authorization, "Bearer a-key");
  assert.equal(asked.headers["openai-beta"], undefined, "the beta was removed");
  assert.match(JSON.stringify(asked.body.messages), /AI/, "the disclosure is among the instructions");

  const sessionId = await within(
    HEARD_OF_WITHIN_MS,
    until(() => printed.match(/"session_id": "([^"]+)"/)?.[1]),
    () => `no session\n${printed}`,
  );
  const item = await within(
    HEARD_OF_WITHIN_MS,
    until(async () => {
      const { transcript } = await viva.results(sessionId);
      return transcript.find((each) => each.role === "assistant" && each.generated_content.includes(WORDS));
    }),
    () => `the words are not in the transcript\n${printed}\n${viva.logText()}`,
  );
  assert.equal(item.content, "", "nothing of it was heard");
});
