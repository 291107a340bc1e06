/** case-prepared-webrtc-credentials.md: TURN credentials, and short-lived keys for the speech model. */
import assert from "node:assert/strict";
import http from "node:http";
import { chromium } from "./run.mjs";
import { badField, differs, is, problem, unlike } from "./shape.mjs";
import { SECRET, jwt } from "./table.mjs";

const DAY_S = 86_400;
const TURN = "/api/v1/webrtc/turn-credentials";
const KEY = "/api/v1/webrtc/openai-ephemeral-key";
const TURN_SECRET = "turn-secret-of-the-contract-tests";

const ann = () => jwt("ann");
const stun = (url) => ({ url, urls: url });
const turn = (url) => ({ url, urls: url, username: is.match(/^\d+:/), credential: is.text });
const key = (body, token) => ({ method: "POST", path: KEY, body, token });

/** Twilio's Tokens API (2010-04-01) as its documentation describes it. */
async function twilio(bench, iceServers) {
  const asked = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({
        url: request.url,
        method: request.method,
        authorization: request.headers.authorization,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(
        JSON.stringify({
          account_sid: "AC0",
          date_created: "Sat, 21 Nov 2026 12:00:00 +0000",
          date_updated: "Sat, 21 Nov 2026 12:00:00 +0000",
          ice_servers: iceServers,
          password: "twilio_credential",
          ttl: String(DAY_S),
          username: "twilio_username",
        }),
      );
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.t.after(() => new Promise((resolve) => server.close(resolve)));
  return { asked, url: `http://127.0.0.1:${server.address().port}` };
}

export const contract = "case-prepared-webrtc-credentials.md";
export const environment = () => ({ SECRET_KEY: SECRET, TURN_SECRET, TURN_SERVER: "turn.example.com" });

export const rows = [
  {
    what: "TURN credentials of Twilio's",
    covers: ["GET /api/v1/webrtc/turn-credentials", "snippet 13", "snippet 20"],
    run: async (bench) => {
      const printed = bench.contract.json(20);
      const account = await twilio(bench, printed.iceServers);
      const viva = await bench.another({
        SECRET_KEY: SECRET,
        TWILIO_ACCOUNT_SID: "AC0",
        TWILIO_AUTH_TOKEN: "t0ken-of-the-account",
        TWILIO_API_URL: account.url,
      });
      const { status, headers, body } = await bench.call({ path: TURN, token: ann(), viva });
      assert.equal(status, 200);
      assert.match(headers.get("cache-control"), /no-store/);
      assert.equal(differs(printed, { ...body, iceServers: body.iceServers }), undefined);
      const [{ url, method, authorization, body: form }] = account.asked;
      assert.deepEqual([method, url], ["POST", "/2010-04-01/Accounts/AC0/Tokens.json"]);
      assert.equal(authorization, `Basic ${Buffer.from("AC0:t0ken-of-the-account").toString("base64")}`);
      assert.equal(new URLSearchParams(form).get("Ttl"), String(DAY_S));
    },
  },
  {
    what: "TURN credentials of one's own server",
    request: () => ({ path: TURN, token: ann() }),
    printed: 20,
    body: {
      iceServers: [
        stun("stun:turn.example.com:3478"),
        turn("turn:turn.example.com:3478?transport=udp"),
        turn("turn:turn.example.com:3478?transport=tcp"),
      ],
      ttl: DAY_S,
    },
    headers: { "cache-control": /no-store/ },
  },
  {
    what: "without a token",
    request: { path: TURN },
    status: 401,
    body: problem(401, "unauthorized"),
  },
  {
    what: "a key for a question of an interview",
    covers: ["POST /api/v1/webrtc/openai-ephemeral-key", "snippet 64", "snippet 70", "snippet 79"],
    run: async (bench) => {
      const request = { ...bench.contract.json(70), interview_id: "general" };
      const { status, headers, body } = await bench.call(key(request, ann()));
      assert.equal(status, 200, JSON.stringify(body));
      assert.match(headers.get("cache-control"), /no-store/);
      const shape = {
        id: "sess_general_ann_1",
        interviewId: "general",
        userId: "ann",
        questionNumber: 1,
        expiresAt: is.time,
        ttl: 3600,
        instructions: is.match(/.{40}/s),
        realtimeSession: is.including({
          id: is.text,
          object: "realtime.session",
          client_secret: { value: is.match(/^ek_/), expires_at: is.whole },
          model: is.text,
          modalities: ["audio", "text"],
          voice: is.text,
          temperature: 0.8,
          max_response_output_tokens: "inf",
        }),
      };
      assert.equal(differs(shape, body), undefined);
      assert.equal(unlike(bench.contract.json(79), body), undefined);
      const left = Date.parse(body.expiresAt) - Date.now();
      assert.ok(left > 3_540_000 && left <= 3_600_000, `${left} ms`);
      bench.kept.questions = body.instructions;
    },
  },
  {
    what: "another question has other instructions",
    run: async (bench) => {
      const { body } = await bench.call(key({ interview_id: "general", question_number: 2 }, ann()));
      assert.equal(body.id, "sess_general_ann_2");
      assert.notEqual(body.instructions, bench.kept.questions);
    },
  },
  ...[
    [{ interview_id: "general", question_number: 0 }, "/question_number"],
    [{ interview_id: "general", question_number: 99 }, "/question_number"],
    [{ interview_id: "general" }, "/question_number"],
    [{ question_number: 1 }, "/interview_id"],
  ].map(([body, pointer]) => ({
    what: `${JSON.stringify(body)} is refused`,
    request: () => key(body, ann()),
    status: 400,
    body: badField(pointer),
  })),
  {
    what: "an interview that is not one's own, or not there",
    request: () => key({ interview_id: "uuid_of_interview", question_number: 1 }, ann()),
    status: 404,
    body: problem(404, "not_found"),
  },
  {
    what: "a key without a token",
    request: key({ interview_id: "general", question_number: 1 }),
    status: 401,
    body: problem(401, "unauthorized"),
  },
  {
    what: "the contract's peer connection in a browser",
    covers: ["snippet 117"],
    run: async (bench) => {
      const tab = await (await chromium(bench.t))();
      await tab.goto(bench.viva.url);
      const urls = await tab.evaluate(`(async () => {
        const accessToken = ${JSON.stringify(ann())};
        const made = [];
        const Real = window.RTCPeerConnection;
        const RTCPeerConnection = function (configuration) {
          const peer = new Real(configuration);
          made.push(peer.getConfiguration());
          peer.close();
          return peer;
        };
        ${bench.contract.snippet(117)}
        await fetchTurnCredentials();
        return made.flatMap(({ iceServers }) => iceServers.flatMap(({ urls }) => urls));
      })()`);
      bench.came(urls);
      assert.deepEqual(urls, [
        "stun:turn.example.com:3478",
        "turn:turn.example.com:3478?transport=udp",
        "turn:turn.example.com:3478?transport=tcp",
      ]);
    },
  },
  {
    what: "the contract's connection with the key, in a browser",
    covers: ["snippet 134"],
    differs: "`openai.beta.audio.realtime.connect`",
    run: async (bench) => {
      const tab = await (await chromium(bench.t))();
      await tab.goto(bench.viva.url);
      // No release of the package has `beta.audio.realtime`; in its place stands the Realtime socket with the same key.
      const session = await tab.evaluate(`(async () => {
        const accessToken = ${JSON.stringify(ann())};
        let first;
        class OpenAI {
          beta = { audio: { realtime: { connect: ({ session, clientSecret }) => new Promise((resolve, reject) => {
            const address = location.origin.replace(/^http/, "ws") + "/v1/realtime?model=" + session.model;
            const socket = new WebSocket(address, ["realtime", "openai-insecure-api-key." + clientSecret]);
            socket.onmessage = ({ data }) => { first = JSON.parse(data); socket.close(); resolve(socket); };
            socket.onerror = () => reject(new Error("the socket is refused"));
          }) } } };
        }
        ${bench.contract.snippet(134)}
        await connectToOpenAI("general", 1);
        return first;
      })()`);
      bench.came(session);
      assert.equal(session.type, "session.created");
    },
  },
];

export const excused = {};
