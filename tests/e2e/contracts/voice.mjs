/** voice-mode-backend.md: voice sessions, and the Realtime socket that they lead to. */
import assert from "node:assert/strict";
import { javascript, shell, values } from "./run.mjs";
import { badField, differs, is, problem } from "./shape.mjs";
import { SECRET, jwt } from "./table.mjs";

const HALF_AN_HOUR_MS = 30 * 60_000;
const EXPRESS =
  "the server's own code (Express, Firebase), in place of which Viva stands; the rows of its route hold Viva to it";
const SCHEMA =
  "a description of stored documents, not code; the rows of history and transcript hold the fields that clients see";

const ann = () => jwt("test-user");
const bob = () => jwt("somebody-else");
const post = (path, body, token) => ({ method: "POST", path, body, token });

const session = (fields) => ({
  sessionId: is.text,
  userId: "test-user",
  status: is.match(/^(active|ended)$/),
  createdAt: is.time,
  ...fields,
});

export const contract = "voice-mode-backend.md";
export const environment = () => ({ SECRET_KEY: SECRET });

export const rows = [
  {
    what: "a connection",
    covers: ["POST /api/voice/connect", "snippet 19", "snippet 27"],
    differs: "`wsUrl` of a voice session",
    request: (bench) => post("/api/voice/connect", { ...bench.contract.json(19), userId: "test-user" }, ann()),
    printed: 27,
    body: {
      wsUrl: is.match(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/realtime\?model=\S+/),
      sessionId: "uuid-string",
      expiresAt: is.time,
    },
    headers: { "cache-control": /no-store/ },
    keep: (kept, body) => {
      kept.wsUrl = body.wsUrl;
      const left = Date.parse(body.expiresAt) - Date.now();
      assert.ok(left > HALF_AN_HOUR_MS - 60_000 && left <= HALF_AN_HOUR_MS, `${left} ms`);
    },
  },
  {
    what: "on somebody else's behalf",
    covers: ["error 403"],
    request: () => post("/api/voice/connect", { sessionId: "mine", userId: "test-user" }, bob()),
    status: 403,
    body: problem(403, "forbidden"),
  },
  {
    what: "with somebody else's session",
    covers: ["error 403"],
    request: () => post("/api/voice/connect", { sessionId: "uuid-string", userId: "somebody-else" }, bob()),
    status: 403,
    body: problem(403, "forbidden"),
  },
  {
    what: "without a credential",
    request: post("/api/voice/connect", { sessionId: "mine", userId: "test-user" }),
    status: 401,
    body: problem(401, "unauthorized"),
  },
  ...[
    ["/sessionId", { userId: "test-user" }],
    ["/sessionId", { sessionId: "not an id", userId: "test-user" }],
    ["/userId", { sessionId: "mine" }],
  ].map(([pointer, body]) => ({
    what: `${JSON.stringify(body)} is refused`,
    request: () => post("/api/voice/connect", body, ann()),
    status: 400,
    body: badField(pointer),
  })),
  {
    what: "the socket, with the contract's headers and its session configuration",
    covers: ["WS /v1/realtime", "snippet 196", "snippet 207", "message session.update"],
    run: socket,
  },
  {
    what: "the client's transcript",
    covers: ["POST /api/voice/sessions/:sessionId/transcript", "snippet 107", "snippet 125"],
    request: (bench) => post("/api/voice/sessions/uuid-string/transcript", bench.contract.json(107), ann()),
    body: (bench) => bench.contract.json(125),
  },
  {
    what: "is kept as it was sent",
    run: async (bench) => {
      const { body } = await bench.call({ path: "/api/voice/sessions/uuid-string/transcript", token: ann() });
      assert.equal(body.userId, "test-user");
      const times = (messages) =>
        messages.map((message) => ({ ...message, timestamp: Date.parse(message.timestamp) }));
      assert.deepEqual(times(body.messages), times(bench.contract.json(107).messages));
    },
  },
  ...["transcript", "end"].map((what) => ({
    what: `${what} of somebody else's session, or of none`,
    covers: ["error 403"],
    run: async (bench) => {
      const answers = [];
      for (const id of ["uuid-string", "no-such-session"]) {
        answers.push(await bench.call(post(`/api/voice/sessions/${id}/${what}`, { messages: [] }, bob())));
      }
      for (const { status, body } of answers) {
        assert.equal(status, 403);
        assert.equal(differs(problem(403, "forbidden"), body), undefined);
      }
      assert.equal(answers[0].body.error, answers[1].body.error);
    },
  })),
  {
    what: "an active session in the history",
    covers: ["GET /api/voice/sessions", "parameter userId"],
    request: () => ({ path: "/api/voice/sessions?userId=test-user", token: ann() }),
    body: is.each(
      is.including({ sessionId: "uuid-string", userId: "test-user", status: "active", createdAt: is.time }),
      1,
    ),
  },
  {
    what: "the end",
    covers: ["POST /api/voice/sessions/:sessionId/end", "snippet 76"],
    request: () => ({ method: "POST", path: "/api/voice/sessions/uuid-string/end", token: ann() }),
    body: (bench) => bench.contract.json(76),
  },
  {
    what: "an ended session in the history",
    covers: ["snippet 169"],
    request: () => ({ path: "/api/voice/sessions?userId=test-user&limit=1", token: ann() }),
    printed: 169,
    body: is.each(is.including(session({ sessionId: "uuid-string", status: "ended", endedAt: is.time })), 1),
  },
  {
    what: "an ended session is not connected again",
    request: () => post("/api/voice/connect", { sessionId: "uuid-string", userId: "test-user" }, ann()),
    status: 409,
    body: problem(409, "session_ended"),
  },
  {
    what: "ten sessions in the history unless more are asked for",
    covers: ["default limit = 10", "parameter limit"],
    run: async (bench) => {
      for (let number = 0; number < 11; number += 1) {
        const { status } = await bench.call(
          post("/api/voice/connect", { sessionId: `more-${number}`, userId: "test-user" }, ann()),
        );
        assert.equal(status, 200);
      }
      const count = async (query) =>
        (await bench.call({ path: `/api/voice/sessions?userId=test-user${query}`, token: ann() })).body.length;
      assert.equal(await count(""), 10);
      assert.equal(await count("&limit=3"), 3);
      assert.equal(await count("&limit=12"), 12);
    },
  },
  {
    what: "somebody else's history",
    covers: ["error 403"],
    request: () => ({ path: "/api/voice/sessions?userId=test-user", token: bob() }),
    status: 403,
    body: problem(403, "forbidden"),
  },
  {
    what: "curl of connect and end",
    covers: ["snippet 266"],
    run: async (bench) => {
      const printed = bench.contract.snippet(266, { "http://localhost:3000": bench.viva.url, YOUR_JWT_TOKEN: ann() });
      bench.sent(printed);
      const [connected, ended] = values(await shell(printed));
      bench.came([connected, ended]);
      assert.equal(differs({ wsUrl: is.text, sessionId: "test-session", expiresAt: is.time }, connected), undefined);
      assert.deepEqual(ended, { success: true });
    },
  },
  {
    what: "connections are limited",
    run: async (bench) => {
      const viva = await bench.another({ SECRET_KEY: SECRET, VIVA_VOICE_CONNECTS_PER_MINUTE: "2" });
      const answers = [];
      for (let number = 0; number < 4; number += 1) {
        answers.push(
          await bench.call({
            ...post("/api/voice/connect", { sessionId: `s-${number}`, userId: "test-user" }, ann()),
            viva,
          }),
        );
      }
      const last = answers.at(-1);
      assert.equal(last.status, 429);
      assert.equal(differs(problem(429, "rate_limited"), last.body), undefined);
      assert.match(last.headers.get("retry-after"), /^\d+$/);
      assert.match(last.headers.get("ratelimit"), /r=0/);
    },
  },
  {
    what: "every operation says what a failure of the server looks like",
    covers: ["error 500"],
    run: async (bench) => {
      const { body } = await bench.call({ path: "/openapi.json" });
      for (const [path, item] of Object.entries(body.paths).filter(([path]) => path.startsWith("/api/voice/"))) {
        for (const { responses } of Object.values(item)) {
          assert.ok(responses["500"].content["application/problem+json"], path);
        }
      }
      assert.ok(body.components.schemas.Problem.properties.error);
    },
  },
  {
    what: "the environment",
    covers: [
      "snippet 7",
      "variable OPENAI_API_KEY",
      "variable OPENAI_REALTIME_API_URL",
      "setting OPENAI_API_KEY = your_openai_api_key_here",
      "setting OPENAI_REALTIME_API_URL = wss://api.openai.com/v1/realtime",
    ],
    run: async (bench) => {
      const env = Object.fromEntries(
        bench.contract
          .snippet(7)
          .trim()
          .split("\n")
          .map((line) => line.split("=")),
      );
      bench.sent(env);
      const { code, stdout, stderr } = await bench.viva.command(["config"], {
        ...env,
        OPENAI_API_KEY: "sk-a-key-of-the-tests",
      });
      bench.came(stdout);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^OPENAI_REALTIME_API_URL=\(?wss:\/\/api\.openai\.com\/v1\/realtime\)?$/m);
      assert.doesNotMatch(stdout, /sk-a-key-of-the-tests/);
    },
  },
];

async function socket(bench) {
  // The contract's server sends its key; here the client has the short-lived one of its `wsUrl`, or its own token.
  const process = { env: { OPENAI_API_KEY: ann() } };
  const headers = await javascript(bench.contract.snippet(196), { process }, "headers");
  const sessionConfig = await javascript(bench.contract.snippet(207), {}, "sessionConfig");
  const url = new URL(bench.kept.wsUrl);
  const socket = bench.socket(`${url.pathname}${url.search}`, { headers });
  const created = await socket.next("session.created");
  assert.equal(created.session.object, "realtime.session");
  socket.send(sessionConfig);
  const { session } = await socket.next("session.updated");
  const { modalities, input_audio_format: input, output_audio_format: output, instructions, voice } = session;
  assert.deepEqual([...modalities].sort(), ["audio", "text"]);
  assert.deepEqual([input, output], ["pcm16", "pcm16"]);
  assert.equal(instructions, sessionConfig.session.instructions);
  assert.equal(voice, "alloy");
  assert.equal(session.input_audio_transcription.model, "whisper-1");
  await socket.close();
}

export const excused = {
  "snippet 36": EXPRESS,
  "snippet 83": EXPRESS,
  "snippet 132": EXPRESS,
  "snippet 236": SCHEMA,
  "snippet 249": SCHEMA,
};
