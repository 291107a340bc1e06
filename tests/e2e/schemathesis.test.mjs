// Random and hostile requests made from the API's description, against a real server: nothing may fail on our side, no
// status may come that is not described, bodies and headers must be as described, and every operation is reached.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { SECRET, jwt } from "./contracts/table.mjs";
import { Viva, within } from "./support/viva.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? "python3";
const HOOKS = path.join(import.meta.dirname, "schemathesis_hooks.py");
const KEY = "platform-key-of-the-schemathesis-test";
const RUN_MS = 240_000;
/** Cases of an operation in a phase; VIVA_TEST_EXAMPLES asks for more. */
const EXAMPLES = process.env.VIVA_TEST_EXAMPLES ?? "40";
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
];
/** These belong to platforms; everything else is called as a user. */
const OF_PLATFORMS = ["/metrics", "/api/statistics", "/api/v1/problems", "/dev/outbox"];

/** Things of the user's, so that calls reach more than "not found". */
async function things(viva) {
  const headers = { Authorization: `Bearer ${jwt("ann")}` };
  const post = (route, body) => viva.json(route, { method: "POST", headers, body });
  const session = await post("/api/interview/start", { kind: "tryout" });
  const ended = await post("/api/interview/start", { kind: "tryout" });
  await post(`/api/interview/${ended.session_id}/end`, {});
  const room = await post("/api/rooms", { name: "Fuzzed" });
  const { interview_id: interview } = await post("/api/v1/interviews", { kind: "general", title: "Fuzzed" });
  const invite = await post(`/api/v1/interviews/${interview}/invites`, { attempts: 1000 });
  await post("/api/voice/connect", { sessionId: "fuzzed", userId: "ann" });
  return { session: session.session_id, ended: ended.session_id, room: room.room_code, interview, invite };
}

function settings({ session, ended, room, interview, invite }) {
  const text = JSON.stringify;
  const platform = OF_PLATFORMS.map(
    (route) => `[[operations]]\ninclude-path = ${text(route)}\nheaders = { X-API-Key = ${text(KEY)} }`,
  );
  return `
hooks = "${HOOKS}"

[headers]
Authorization = ${text(`Bearer ${jwt("ann", { exp: Math.floor(Date.now() / 1000) + 7200 })}`)}

[parameters]
"path.session_id" = ${text(session)}
"path.sessionId" = "fuzzed"
"path.room" = ${text(room)}
"path.room_id" = ${text(room)}
"path.interview_id" = ${text(interview)}
"path.name" = "Vera"
"path.invite_id" = ${text(invite.invite_id)}
"path.code" = ${text(invite.code)}

${platform.join("\n\n")}

# A live session's events have no end.
[[operations]]
include-path = "/api/interview/{session_id}/events"
parameters = { "path.session_id" = ${text(ended)} }
`;
}

test("the description holds under random requests", { timeout: RUN_MS + 60_000 }, async (t) => {
  const viva = await Viva.start({
    env: {
      API_KEY: KEY,
      SECRET_KEY: SECRET,
      SMTP_SERVER: "127.0.0.1",
      SMTP_PORT: "9",
      VIVA_REQUESTS_PER_MINUTE: "100000000",
      VIVA_STARTS_PER_MINUTE: "1000000",
      VIVA_VOICE_CONNECTS_PER_MINUTE: "1000000",
      VIVA_SESSIONS_MAX: "5000",
      VIVA_LOG: "warn",
    },
  });
  t.after(() => viva.discard());
  const config = path.join(viva.directory, "schemathesis.toml");
  const report = path.join(viva.directory, "report.json");
  await writeFile(config, settings(await things(viva)));
  const command = ["-m", "schemathesis.cli", "--config-file", config, "run", `${viva.url}/openapi.json`];
  const options = `--phases examples,coverage,fuzzing,stateful --max-examples ${EXAMPLES} --generation-deterministic
    --suppress-health-check all --request-timeout 10 --continue-on-failure --no-color --checks ${CHECKS.join(",")}
    --report json --report-json-path ${report}`;
  const child = spawn(PYTHON, [...command, ...options.split(/\s+/)], {
    cwd: viva.directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  const exited = new Promise((resolve) => child.once("close", resolve));
  const code = await within(RUN_MS, exited, () => `schemathesis is not over:\n${output.slice(-4000)}`);
  assert.equal(code, 0, output.slice(-20_000));
  const {
    complete,
    operations,
    phases,
    test_cases: cases,
    failures,
    errors,
  } = JSON.parse(await readFile(report, "utf8"));
  t.diagnostic(`${cases.generated} cases over ${operations.tested} operations`);
  assert.ok(complete);
  assert.deepEqual({ failures, errors }, { failures: [], errors: [] });
  assert.equal(operations.tested, operations.total, "every operation is reached");
  assert.equal(operations.skipped, 0);
  for (const [phase, { status }] of Object.entries(phases)) assert.equal(status, "success", phase);
  assert.ok(cases.generated > operations.total * 10, `${cases.generated} cases`);
  assert.doesNotMatch(viva.log.join("\n"), /panicked/);
});
