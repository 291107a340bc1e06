/** jwt-signaling-backend.md: sign-up, rooms of users, and the flat signalling dialect. */
import assert from "node:assert/strict";
import { SECRET, jwt } from "./table.mjs";
import { badField, differs, is, problem, unlike } from "./shape.mjs";

const CODE = is.match(/^[a-z0-9]{6}$/);
const UNKNOWN = "zzzzzz";

const member = (name, connected = false) => ({
  socket_id: connected ? is.text : null,
  display_name: name,
  username: name,
  user_id: is.text,
  joined_at: is.time,
  connected,
  is_member: true,
});

const room = (names, fields = {}) => ({
  room_code: CODE,
  room_id: CODE,
  name: "Room Name",
  description: "Room Description",
  owner_id: is.text,
  created_at: is.time,
  expires_at: null,
  state: "open",
  participant_count: names.length,
  max_participants: null,
  total_participants: is.whole,
  participants: names.map((name) => (typeof name === "string" ? member(name) : name)),
  ...fields,
});

/** The code in the newest mail to this address. */
async function mailed(bench, to) {
  const { body } = await bench.call({ path: "/dev/outbox" });
  const mail = body.mails.find((one) => one.to === to && /\b\d{6}\b/.test(one.body));
  return /\b\d{6}\b/.exec(mail.body)[0];
}

const post = (path, body, rest = {}) => ({ method: "POST", path, body, ...rest });

/** A user from sign-up to login, as in the contract. */
async function user(bench, email, username) {
  await bench.call(post("/api/auth/signup", { email }));
  await bench.call(post("/api/auth/verify-otp", { email, otp: await mailed(bench, email) }));
  await bench.call(post("/api/auth/set-username", { email, username }));
  const { body } = await bench.call(post("/api/auth/login", { email }));
  return body.access_token;
}

const at = (bench, rest = "") => `/api/rooms/${bench.kept.room}${rest}`;
const signalling = (bench) => `/ws/signaling/${bench.kept.room}`;

export const contract = "jwt-signaling-backend.md";

/** Development: nothing is configured. */
export const environment = () => ({});

export const rows = [
  {
    what: "a code is mailed",
    covers: ["POST /auth/signup"],
    request: (bench) => post("/api/auth/signup", bench.contract.json(71)),
    body: (bench) => bench.contract.json(72),
  },
  {
    what: "development keeps the mail at hand",
    request: { path: "/dev/outbox" },
    body: { mails: [{ to: "user@example.com", subject: is.text, body: is.match(/\b\d{6}\b/), sent_at: is.time }] },
    keep: (kept, { mails }) => (kept.otp = /\b\d{6}\b/.exec(mails[0].body)[0]),
  },
  {
    what: "a wrong code",
    request: ({ kept }) =>
      post("/api/auth/verify-otp", { email: "user@example.com", otp: kept.otp === "000000" ? "000001" : "000000" }),
    status: 400,
    body: problem(400, "wrong_code"),
  },
  {
    what: "the code",
    covers: ["POST /auth/verify-otp"],
    request: ({ kept, contract }) => post("/api/auth/verify-otp", { ...contract.json(76), otp: kept.otp }),
    printed: 77,
    body: { message: "OTP verified successfully", verification_token: is.match(/^[0-9a-f]{64}$/), expires_in: 600 },
    headers: { "set-cookie": /HttpOnly/ },
  },
  {
    what: "a user name",
    covers: ["POST /auth/set-username"],
    request: (bench) => post("/api/auth/set-username", bench.contract.json(81)),
    body: (bench) => bench.contract.json(82),
  },
  {
    what: "the user name is mailed",
    request: { path: "/dev/outbox" },
    body: {
      mails: is.having({
        to: "user@example.com",
        subject: is.text,
        body: is.match(/uniqueusername/),
        sent_at: is.time,
      }),
    },
  },
  {
    what: "login",
    covers: ["POST /auth/login"],
    request: (bench) => post("/api/auth/login", bench.contract.json(86)),
    printed: 87,
    body: { access_token: is.match(/^[\w-]+\.[\w-]+\.[\w-]+$/), token_type: "bearer" },
    keep: (kept, { access_token }) => (kept.ann = access_token),
  },
  {
    what: "the token lives as long as the contract says",
    covers: [
      "default ACCESS_TOKEN_EXPIRE_MINUTES = 30",
      "variable ACCESS_TOKEN_EXPIRE_MINUTES",
      "default ALGORITHM = HS256",
      "variable ALGORITHM",
    ],
    run: async (bench) => {
      const [header, claims] = bench.kept.ann
        .split(".")
        .slice(0, 2)
        .map((part) => JSON.parse(Buffer.from(part, "base64url")));
      bench.came({ header, claims });
      assert.equal(header.alg, "HS256");
      assert.equal(claims.exp - claims.iat, 30 * 60);
    },
  },
  ...[
    [
      "a name that is taken",
      post("/api/auth/set-username", { email: "late@example.com", username: "UniqueUserName" }),
      409,
      "name_taken",
    ],
    ["no e-mail address", post("/api/auth/signup", { email: "nobody" }), 400, "invalid_request"],
    [
      "an address that nobody proved",
      post("/api/auth/login", { email: "stranger@example.com" }),
      401,
      "proof_needed",
    ],
  ].map(([what, request, status, code]) => ({
    what,
    run: async (bench) => {
      if (code === "name_taken") {
        await bench.call(post("/api/auth/signup", { email: "late@example.com" }));
        await bench.call(
          post("/api/auth/verify-otp", { email: "late@example.com", otp: await mailed(bench, "late@example.com") }),
        );
      }
      const answer = await bench.call(request);
      assert.equal(answer.status, status);
      const expected = status === 400 ? badField("/email") : problem(status, code);
      assert.equal(differs(expected, answer.body), undefined);
    },
  })),
  {
    what: "outside development a bare address proves nothing",
    differs: "Sign-in with a bare e-mail address",
    covers: ["variable SECRET_KEY", "variable SMTP_SERVER", "variable SMTP_PORT"],
    run: async (bench) => {
      const viva = await bench.another({ SECRET_KEY: SECRET, SMTP_SERVER: "127.0.0.1", SMTP_PORT: "9" });
      bench.kept.strict = viva;
      for (const request of [
        post("/api/auth/login", { email: "user@example.com" }),
        post("/api/auth/set-username", { email: "user@example.com", username: "somebody" }),
      ]) {
        const { status, body } = await bench.call({ ...request, viva });
        assert.equal(status, 401);
        assert.equal(differs(problem(401, "proof_needed"), body), undefined);
      }
      assert.equal((await bench.call({ path: "/dev/outbox", viva })).status, 404);
    },
  },
  {
    what: "a room of a user's",
    covers: ["POST /rooms/"],
    request: (bench) => post("/api/rooms/", bench.contract.json(92), { token: bench.kept.ann }),
    status: 201,
    body: room(["uniqueusername"], { total_participants: 1 }),
    keep: (kept, body) => (kept.room = body.room_id),
  },
  {
    what: "the user's rooms",
    covers: ["GET /rooms/"],
    request: ({ kept }) => ({ path: "/api/rooms/", token: kept.ann }),
    body: is.each(is.including({ room_id: CODE, name: "Room Name" }), 1),
  },
  {
    what: "the room",
    covers: ["GET /rooms/{room_id}"],
    request: (bench) => ({ path: at(bench), token: bench.kept.ann }),
    body: room(["uniqueusername"]),
  },
  {
    what: "another user joins",
    covers: ["POST /rooms/{room_id}/join"],
    run: async (bench) => {
      bench.kept.bob = await user(bench, "bob@example.com", "bob");
      const { status, body } = await bench.call({ method: "POST", path: at(bench, "/join"), token: bench.kept.bob });
      assert.equal(status, 200);
      assert.equal(differs(room(["uniqueusername", "bob"], { total_participants: 2 }), body), undefined);
    },
  },
  ...[
    ["GET", "/api/rooms/"],
    ["POST", "/api/rooms/"],
  ].map(([method, path]) => ({
    what: `${method} ${path} needs a valid token`,
    run: async (bench) => {
      const { status, body } = await bench.call({
        method,
        path,
        token: "a.b.c",
        body: method === "POST" ? {} : undefined,
      });
      assert.equal(status, 401);
      assert.equal(differs(problem(401, "unauthorized"), body), undefined);
      assert.equal(typeof body.detail, "string", "the contract's error format");
    },
  })),
  {
    what: "an unknown room",
    request: ({ kept }) => ({ path: `/api/rooms/${UNKNOWN}`, token: kept.ann }),
    status: 404,
    body: problem(404, "not_found"),
  },
  {
    what: "a member's socket; another member is announced",
    covers: ["WS /ws/signaling/{room_id}", "WS /ws/signaling/room123", "message user_joined"],
    run: async (bench) => {
      const { kept } = bench;
      kept.annSocket = bench.socket(signalling(bench), { token: kept.ann });
      await kept.annSocket.opened;
      // An answer to something of ours: the socket is in the room.
      kept.annSocket.send({ type: "heartbeat" });
      await kept.annSocket.next("heartbeat_response");
      kept.bobSocket = bench.socket(signalling(bench), { protocols: ["viva.v1", `bearer.${kept.bob}`] });
      const joined = await kept.annSocket.next("user_joined", {
        type: "user_joined",
        username: "bob",
        room_id: kept.room,
        display_name: "bob",
      });
      assert.equal(unlike({ type: "user_joined", username: "new_user", room_id: "room123" }, joined), undefined);
    },
  },
  {
    what: "a heartbeat",
    covers: ["message heartbeat", "message heartbeat_response"],
    run: async ({ kept: { annSocket } }) => {
      annSocket.send({ type: "heartbeat" });
      await annSocket.next("heartbeat_response", { type: "heartbeat_response" });
    },
  },
  ...[
    ["offer", { sdp: "RTCSessionDescription SDP content" }],
    ["answer", { sdp: "RTCSessionDescription SDP content" }],
    ["candidate", { candidate: "RTCIceCandidate content" }],
  ].map(([type, fields]) => ({
    what: `${type} reaches its target with the sender's real name`,
    covers: [`message ${type}`],
    run: async ({ kept: { annSocket, bobSocket } }) => {
      annSocket.send({ type, sender: "somebody_else", target: "bob", ...fields });
      await bobSocket.next(type, { type, sender: "uniqueusername", target: "bob", ...fields });
    },
  })),
  {
    what: "text chat goes over the same socket",
    run: async ({ kept: { annSocket, bobSocket } }) => {
      bobSocket.send({ type: "chat", text: "hello" });
      await annSocket.next("chat", { type: "chat", sender: "bob", display_name: "bob", text: "hello" });
    },
  },
  {
    what: "the two dialects meet in one room",
    run: async (bench) => {
      const guest = bench.socket("/ws");
      const { payload } = await guest.next("connected");
      guest.send({ type: "join", payload: { room_code: bench.kept.room, display_name: "Guest" } });
      await guest.next("room_joined");
      await bench.kept.annSocket.next("user_joined", {
        type: "user_joined",
        username: payload.socket_id,
        room_id: bench.kept.room,
        display_name: "Guest",
      });
      guest.send({ type: "offer", payload: { sdp: "from the other dialect" } });
      await bench.kept.annSocket.next("offer", {
        type: "offer",
        sender: payload.socket_id,
        sdp: "from the other dialect",
      });
      await guest.close();
      await bench.kept.annSocket.next("user_left");
    },
  },
  ...[
    ["without a token", {}, 401],
    ["with a wrong token", { token: "a.b.c" }, 401],
  ].map(([what, options, status]) => ({
    what: `a socket ${what} is refused`,
    run: async (bench) => {
      const strict = await bench.another({ SECRET_KEY: SECRET });
      const socket = bench.socket(`/ws/signaling/${UNKNOWN}`, { ...options, viva: strict });
      const outcome = await Promise.race([
        socket.refused,
        socket.next("error").then(({ code }) => code),
        socket.closed,
      ]);
      bench.came(String(outcome));
      assert.ok([status, "unauthorized", 4401, 1008].includes(outcome), `${outcome}`);
    },
  })),
  {
    what: "a socket of a user who has not joined is refused",
    run: async (bench) => {
      const eve = await user(bench, "eve@example.com", "eve");
      const socket = bench.socket(signalling(bench), { token: eve });
      const outcome = await Promise.race([socket.refused, socket.next("error").then(({ code }) => code)]);
      bench.came(String(outcome));
      assert.ok([403, 404, "not_found", "forbidden"].includes(outcome), `${outcome}`);
    },
  },
  {
    what: "who closes the socket is gone for the others",
    covers: ["message user_left"],
    run: async ({ kept }) => {
      await kept.bobSocket.close();
      await kept.annSocket.next("user_left", {
        type: "user_left",
        username: "bob",
        room_id: kept.room,
        display_name: "bob",
      });
    },
  },
  {
    what: "who leaves is no member any more",
    covers: ["POST /rooms/{room_id}/leave"],
    request: (bench) => ({ method: "POST", path: at(bench, "/leave"), token: bench.kept.bob }),
    body: room([member("uniqueusername", true)], { total_participants: 3 }),
  },
  {
    what: "the defaults of the environment",
    covers: [
      "default SECRET_KEY = your-secret-key-here",
      "default DATABASE_URL = sqlite:///./test.db",
      "variable DATABASE_URL",
      "default REDIS_URL = redis://localhost:6379",
      "variable REDIS_URL",
      "default SMTP_SERVER = localhost",
      "default SMTP_PORT = 1025",
      "default EMAIL_USER = test@example.com",
      "variable EMAIL_USER",
      "default EMAIL_PASSWORD = password",
      "variable EMAIL_PASSWORD",
    ],
    differs: "Defaults of the environment",
    run: async (bench) => {
      const { stdout } = await bench.viva.command(["config"]);
      bench.came(stdout);
      for (const line of [
        "SECRET_KEY=(unset)",
        "ALGORITHM=(HS256)",
        "ACCESS_TOKEN_EXPIRE_MINUTES=(30)",
        "DATABASE_URL=(sqlite:///./viva.db)",
        "REDIS_URL=(memory)",
        "SMTP_SERVER=(outbox)",
        "SMTP_PORT=(1025)",
        "EMAIL_USER=(test@example.com)",
        "EMAIL_PASSWORD=(unset)",
      ]) {
        assert.ok(stdout.split("\n").includes(line), line);
      }
    },
  },
  {
    what: "the same environment written out as the contract has it",
    differs: "Secrets of examples",
    run: async (bench) => {
      const printed = {
        DATABASE_URL: "sqlite:///./test.db",
        REDIS_URL: "redis://localhost:6379",
        SMTP_SERVER: "localhost",
        SMTP_PORT: "1025",
        EMAIL_USER: "test@example.com",
        EMAIL_PASSWORD: "password",
        ALGORITHM: "HS256",
        ACCESS_TOKEN_EXPIRE_MINUTES: "30",
      };
      // No server of that configuration runs; what counts is that nothing of it is refused.
      const taken = await bench.viva.command(["healthcheck"], { ...printed, PORT: "1", SECRET_KEY: SECRET });
      assert.notEqual(taken.code, 64, taken.stderr);
      const refused = await bench.viva.command(["healthcheck"], { ...printed, SECRET_KEY: "your-secret-key-here" });
      bench.came(refused.stderr);
      assert.equal(refused.code, 64);
      assert.match(refused.stderr, /SECRET_KEY.*example/);
    },
  },
  {
    what: "in development every local origin may call",
    differs: "CORS",
    run: async (bench) => {
      const headers = {
        Origin: "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
      };
      const answer = await bench.call({ method: "OPTIONS", path: "/api/rooms/", headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      assert.match(answer.headers.get("access-control-allow-headers"), /authorization/);
      assert.match(answer.headers.get("access-control-allow-methods"), /POST/);
    },
  },
  {
    what: "another service's token with the same secret opens rooms too",
    run: async (bench) => {
      const { status, body } = await bench.call({ path: "/api/rooms/", token: jwt("carl"), viva: bench.kept.strict });
      assert.equal(status, 200);
      assert.deepEqual(body, []);
    },
  },
];

/** The contract has no snippets; its messages and bodies are rows. */
export const excused = {};
