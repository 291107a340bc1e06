/** rooms-signaling-api.md: what each line of it names, and what Viva answers. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { chromium, javascript, shell, values } from "./run.mjs";
import {
  HOST,
  UNKNOWN,
  summary,
  guest,
  shown,
  details,
  hours,
  create,
  client,
  validator,
  joined,
  page,
  component,
  environmentAsPrinted,
  classFlow,
} from "./rooms.pages.mjs";
import { badField, differs, is, problem, unlike } from "./shape.mjs";

export const contract = "rooms-signaling-api.md";

/** The environment that the contract names and nothing else: a key made as it says. */
export async function environment(document, kept) {
  const made = await shell(document.snippet(18));
  kept.key = made.trim();
  assert.match(kept.key, /^[A-Za-z0-9_-]{43}$/);
  return { API_KEY: kept.key };
}

export const rows = [
  {
    what: "a key made with the contract's command starts a server that others can reach",
    covers: ["snippet 18", "variable API_KEY", "variable PORT"],
    run: async (bench) => {
      const own = Object.values(networkInterfaces())
        .flat()
        .find(({ internal, family }) => !internal && family === "IPv4");
      const host = own?.address ?? "127.0.0.1";
      bench.sent(`GET http://${host}:PORT/health`);
      const response = await fetch(`http://${host}:${bench.viva.port}/health`);
      bench.came(`${response.status}`);
      assert.equal(response.status, 200);
      assert.ok(own, "this machine has an address outside loopback");
    },
  },
  {
    what: "curl of the health endpoint",
    covers: ["snippet 27", "snippet 38", "URL /health"],
    run: async (bench) => {
      const printed = bench.contract.snippet(27, { [`https://${HOST}`]: bench.viva.url });
      bench.sent(printed);
      const [health] = values(await shell(printed));
      bench.came(health);
      assert.equal(health.status, "healthy");
    },
  },
  {
    what: "health needs no key",
    covers: ["GET /health", "snippet 222"],
    request: { path: "/health" },
    printed: 222,
    body: is.including({
      status: "healthy",
      timestamp: is.time,
      metrics: is.including({ active_websocket_connections: 0, active_rooms: 0, api_authentication: "enabled" }),
    }),
  },
  {
    what: "a room with everything said",
    covers: [
      "POST /api/rooms",
      "URL /api/rooms",
      "snippet 61",
      "snippet 67",
      "snippet 81",
      "snippet 46",
      "parameter owner_id",
      "parameter ttl_hours",
      "parameter max_participants",
    ],
    request: (bench) => create(bench, bench.contract.json(67)),
    status: 201,
    printed: 81,
    body: details({ owner_id: "teacher_123", max_participants: 30 }),
    keep: (kept, room) => {
      assert.equal(hours(room), 2);
      kept.room = room.room_code;
    },
  },
  {
    what: "a room with nothing said has the defaults",
    covers: [
      "default ttl_hours = 24",
      "default max_participants = 50",
      "default ROOM_TTL_HOURS = 24",
      "default MAX_PARTICIPANTS_PER_ROOM = 50",
    ],
    request: (bench) => create(bench),
    status: 201,
    body: details({ owner_id: null }),
    keep: (kept, room) => assert.equal(hours(room), 24),
  },
  ...[
    ["ttl_hours", 0],
    ["ttl_hours", 169],
    ["ttl_hours", "2"],
    ["max_participants", 1],
    ["max_participants", 101],
    ["owner_id", 7],
  ].map(([name, value]) => ({
    what: `${name} ${JSON.stringify(value)} is refused`,
    covers: ["error 400"],
    request: (bench) => create(bench, { [name]: value }),
    status: 400,
    body: badField(`/${name}`),
  })),
  ...[
    ["ttl_hours", 1],
    ["ttl_hours", 168],
    ["max_participants", 2],
    ["max_participants", 100],
  ].map(([name, value]) => ({
    what: `${name} ${value} is the edge and taken`,
    request: (bench) => create(bench, { [name]: value }),
    status: 201,
    keep: (kept, room) => assert.equal(name === "ttl_hours" ? hours(room) : room.max_participants, value),
  })),
  ...[undefined, "wrong"].map((key) => ({
    what: key ? "a wrong key" : "no key",
    covers: ["error 401", "snippet 537"],
    request: { path: "/api/rooms", key },
    status: 401,
    printed: 537,
    body: problem(401, "unauthorized"),
  })),
  {
    what: "the room, with nobody in it",
    covers: ["GET /api/rooms/{room_code}", "URL /api/rooms/", "snippet 120", "error 200"],
    request: (bench) => ({ path: `/api/rooms/${bench.kept.room}`, key: bench.key }),
    body: details({ owner_id: "teacher_123", max_participants: 30 }),
  },
  {
    what: "an unknown room",
    covers: ["error 404"],
    request: (bench) => ({ path: `/api/rooms/${UNKNOWN}`, key: bench.key }),
    status: 404,
    body: problem(404, "not_found"),
  },
  {
    what: "every operation says what a failure of the server looks like",
    covers: ["error 500"],
    run: async (bench) => {
      const { body } = await bench.call({ path: "/openapi.json" });
      for (const [path, method] of [
        ["/api/rooms", "post"],
        ["/api/rooms", "get"],
        ["/api/rooms/{room_code}", "get"],
        ["/api/statistics", "get"],
      ]) {
        const at =
          body.paths[path] ??
          body.paths[path.replace("room_code", "room_id")] ??
          body.paths[path.replace("room_code", "room")];
        const content = at[method].responses["500"].content["application/problem+json"];
        assert.equal(content.schema.$ref, "#/components/schemas/Problem", path);
      }
      assert.ok(body.components.schemas.Problem.properties.detail);
    },
  },
  {
    what: "a socket is connected, joins, and is seen",
    covers: [
      "WS /ws",
      "URL /ws",
      "snippet 239",
      "snippet 247",
      "snippet 257",
      "snippet 269",
      "message connected",
      "message join",
      "message room_joined",
      "snippet 125",
    ],
    run: async (bench) => {
      const socket = bench.socket("/ws");
      const connected = await socket.next("connected", { type: "connected", payload: { socket_id: is.text } });
      assert.equal(unlike(bench.contract.json(247), connected), undefined);
      const join = bench.contract.json(257);
      join.payload.room_code = bench.kept.room;
      socket.send(join);
      const answer = await socket.next("room_joined", {
        type: "room_joined",
        payload: {
          room_code: bench.kept.room,
          socket_id: connected.payload.socket_id,
          participants: is.each(is.any, 0),
        },
      });
      assert.equal(unlike(bench.contract.json(269), answer), undefined);
      socket.id = connected.payload.socket_id;
      bench.kept.john = socket;
      const { body } = await bench.call({ path: `/api/rooms/${bench.kept.room}`, key: bench.key });
      assert.equal(unlike(bench.contract.json(125), body), undefined);
      const room = details({
        owner_id: "teacher_123",
        max_participants: 30,
        participant_count: 1,
        total_participants: 1,
        participants: [shown("John Doe", "student_456")],
      });
      assert.equal(differs(room, body), undefined);
      assert.equal(body.participants[0].socket_id, socket.id);
    },
  },
  {
    what: "a second participant is announced, and sees the first",
    covers: ["message participant_joined"],
    run: async (bench) => {
      const jane = bench.socket("/ws");
      const { payload } = await jane.next("connected");
      jane.id = payload.socket_id;
      jane.send({
        type: "join",
        payload: { room_code: bench.kept.room, display_name: "Jane", user_id: "student_7" },
      });
      const { payload: room } = await jane.next("room_joined");
      assert.deepEqual(
        room.participants.map(({ display_name }) => display_name),
        ["John Doe"],
      );
      await bench.kept.john.next("participant_joined", {
        type: "participant_joined",
        payload: { ...guest("Jane", "student_7"), socket_id: jane.id },
      });
      bench.kept.jane = jane;
    },
  },
  ...[
    ["offer", { sdp: "v=0\r\noffer verbatim" }],
    ["offer", { sdp: { type: "offer", sdp: "v=0\r\n" } }],
    ["answer", { sdp: "v=0\r\nanswer verbatim" }],
    [
      "ice_candidate",
      { candidate: { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 } },
    ],
    ["ice_candidate", { candidate: null }],
  ].map(([type, fields]) => ({
    what: `${type} reaches its target as it was sent, with the sender's real address`,
    covers: [`message ${type}`],
    run: async ({ kept: { john, jane } }) => {
      john.send({ type, payload: { target: jane.id, sender: "somebody else", ...fields } });
      await jane.next(type, { type, payload: { target: jane.id, sender: john.id, ...fields } });
    },
  })),
  {
    what: "a third, and an offer without a target to all others",
    run: async (bench) => {
      const third = await joined(bench, bench.kept.room, "Jim", "student_8");
      await bench.kept.john.next("participant_joined");
      bench.kept.john.send({ type: "offer", payload: { sdp: "to all" } });
      const offer = { type: "offer", payload: { sender: bench.kept.john.id, sdp: "to all" } };
      await third.next("offer", offer);
      await bench.kept.jane.next("offer", offer);
      await third.close();
      await bench.kept.john.next("participant_left");
      await bench.kept.jane.next("participant_left", {
        type: "participant_left",
        payload: guest("Jim", "student_8"),
      });
    },
  },
  {
    what: "who leaves is announced",
    covers: ["message leave", "message participant_left"],
    run: async ({ kept: { john, jane } }) => {
      jane.send({ type: "leave", payload: {} });
      await john.next("participant_left", {
        type: "participant_left",
        payload: { ...guest("Jane", "student_7"), socket_id: jane.id },
      });
    },
  },
  ...[
    ["an unknown room", { type: "join", payload: { room_code: UNKNOWN, display_name: "Eve" } }, "not_found"],
    ["a message of no type", { payload: {} }, "invalid_request"],
    ["a message of an unknown type", { type: "dance", payload: {} }, "invalid_request"],
    ["an offer before any room", { type: "offer", payload: { sdp: "v=0" } }, is.text],
  ].map(([what, message, code]) => ({
    what: `${what} is answered with an error`,
    covers: ["message error"],
    run: async (bench) => {
      const socket = bench.socket("/ws");
      await socket.next("connected");
      socket.send(message);
      await socket.next("error", { type: "error", payload: { code, message: is.text } });
      await socket.close();
    },
  })),
  {
    what: "a full room",
    run: async (bench) => {
      const { body } = await bench.call(create(bench, { max_participants: 2 }));
      await joined(bench, body.room_code, "one", "1");
      await joined(bench, body.room_code, "two", "2");
      const late = bench.socket("/ws");
      await late.next("connected");
      late.send({ type: "join", payload: { room_code: body.room_code, display_name: "three" } });
      await late.next("error", { type: "error", payload: { code: "room_full", message: is.text } });
      await bench.call({ method: "DELETE", path: `/api/rooms/${body.room_code}`, key: bench.key });
    },
  },
  {
    what: "open rooms are listed",
    covers: ["GET /api/rooms", "snippet 160", "parameter state"],
    request: (bench) => ({ path: "/api/rooms?state=open", key: bench.key }),
    printed: 160,
    body: { rooms: is.each(summary, 6), total: is.whole },
    keep: (kept, list) => {
      assert.equal(list.total, list.rooms.length);
      assert.ok(list.rooms.every(({ state }) => state === "open"));
    },
  },
  {
    what: "closed rooms are listed",
    covers: ["parameter state"],
    request: (bench) => ({ path: "/api/rooms?state=closed", key: bench.key }),
    body: { rooms: [{ ...summary, state: "closed", max_participants: 2 }], total: 1 },
  },
  {
    what: "no room has expired yet",
    covers: ["parameter state"],
    request: (bench) => ({ path: "/api/rooms?state=expired", key: bench.key }),
    body: { rooms: [], total: 0 },
  },
  {
    what: "a state that there is not",
    request: (bench) => ({ path: "/api/rooms?state=half-open", key: bench.key }),
    status: 400,
    body: badField("/state"),
  },
  {
    what: "statistics",
    covers: ["GET /api/statistics", "snippet 200"],
    request: (bench) => ({ path: "/api/statistics", key: bench.key }),
    printed: 200,
    body: (bench) => ({
      statistics: {
        total_rooms: 7,
        open_rooms: 6,
        closed_rooms: 1,
        expired_rooms: 0,
        total_participants: 5,
        active_participants: bench.kept.john ? 1 : 0,
      },
    }),
  },
  {
    what: "a deleted room",
    covers: ["DELETE /api/rooms/{room_code}", "snippet 185"],
    request: (bench) => ({ method: "DELETE", path: `/api/rooms/${bench.kept.room}`, key: bench.key }),
    printed: 185,
    body: (bench) => ({ message: `Room ${bench.kept.room} deleted successfully` }),
  },
  {
    what: "its socket hears it",
    run: async ({ kept: { john } }) => {
      await john.next("error", { type: "error", payload: { code: "room_closed", message: is.text } });
    },
  },
  {
    what: "again it is not there",
    request: (bench) => ({ method: "DELETE", path: `/api/rooms/${bench.kept.room}`, key: bench.key }),
    status: 404,
    body: problem(404, "not_found"),
  },
  {
    what: "it stays readable as closed",
    differs: "DELETE of a room",
    request: (bench) => ({ path: `/api/rooms/${bench.kept.room}`, key: bench.key }),
    body: details({ owner_id: "teacher_123", max_participants: 30, state: "closed", total_participants: 3 }),
  },
  {
    what: "the contract's function makes a room",
    covers: ["snippet 91"],
    run: async (bench) => {
      const code = await (await client(bench))("teacher_9", 3, 7);
      const { body } = await bench.call({ path: `/api/rooms/${code}`, key: bench.key });
      assert.equal(differs(details({ owner_id: "teacher_9", max_participants: 7 }), body), undefined);
      assert.equal(hours(body), 3);
    },
  },
  ...[
    [304, { owner_id: "teacher_123", max_participants: 30 }, 2],
    [319, { owner_id: "tutor_456", max_participants: 2 }, 1],
    [331, { owner_id: "student_789", max_participants: 10 }, 4],
  ].map(([line, fields, ttl]) => ({
    what: `integration pattern on line ${line}`,
    covers: [`snippet ${line}`],
    run: async (bench) => {
      const told = [];
      const tell = async (...what) => told.push(what);
      const names = {
        createVideoRoom: await client(bench),
        db: { classes: { update: tell } },
        notifyTutor: tell,
        shareWithGroup: tell,
        classId: "class",
        tutorId: "tutor",
        groupId: "group",
      };
      const code = await javascript(bench.contract.snippet(line), names, "roomCode");
      assert.equal(told.length, 1);
      assert.match(JSON.stringify(told), new RegExp(code));
      const { body } = await bench.call({ path: `/api/rooms/${code}`, key: bench.key });
      assert.equal(differs(details(fields), body), undefined);
      assert.equal(hours(body), ttl);
    },
  })),
  {
    what: "the contract's validation",
    covers: ["snippet 353"],
    run: async (bench) => {
      const validateRoom = await validator(bench);
      const { body } = await bench.call(create(bench));
      assert.equal(await validateRoom(body.room_code), true);
      assert.equal(await validateRoom(bench.kept.room), false, "a closed room");
      assert.equal(await validateRoom(UNKNOWN), false);
    },
  },
  {
    what: "the contract's page: two of it hold a call",
    covers: ["snippet 387"],
    run: page,
  },
  {
    what: "the contract's React component",
    covers: ["snippet 449"],
    run: component,
  },
  {
    what: "one origin allowed",
    covers: [
      "snippet 490",
      "variable ALLOWED_ORIGINS",
      "setting ALLOWED_ORIGINS = https://yourdomain.com,https://www.yourdomain.com",
      "setting ALLOWED_ORIGINS = https://yourdomain.com",
    ],
    differs: "CORS",
    run: async (bench) => {
      const [, origins] = bench.contract.snippet(490).trim().split("=");
      const viva = await bench.another({ API_KEY: bench.key, ALLOWED_ORIGINS: origins });
      const from = (origin, at) => bench.call({ path: "/health", headers: { Origin: origin }, viva: at });
      for (const origin of origins.split(",")) {
        const { headers } = await from(origin, viva);
        assert.equal(headers.get("access-control-allow-origin"), origin);
        assert.equal(headers.get("access-control-allow-credentials"), "true");
      }
      assert.equal((await from("https://elsewhere.example", viva)).headers.get("access-control-allow-origin"), null);
      const any = await from("https://elsewhere.example");
      assert.equal(any.headers.get("access-control-allow-origin"), "*");
      assert.equal(any.headers.get("access-control-allow-credentials"), null);
    },
  },
  {
    what: "the contract's monitoring",
    covers: ["snippet 500", "URL /api/statistics"],
    run: async (bench) => {
      const printed = bench.contract.snippet(500, { [`https://${HOST}`]: bench.viva.url, "your-api-key": bench.key });
      const timers = [];
      const lines = [];
      const names = {
        fetch,
        setInterval: (...timer) => timers.push(timer),
        console: { log: (line) => lines.push(line) },
      };
      const getDailyStats = await javascript(printed, names, "getDailyStats");
      const { statistics } = await getDailyStats();
      bench.came(statistics);
      assert.ok(statistics.total_rooms > 7);
      const [[tick, everyMs]] = timers;
      assert.equal(everyMs, 30_000);
      await tick();
      assert.match(lines.join("\n"), /^Active rooms: \d+\nActive connections: \d+$/);
    },
  },
  {
    what: "the environment of the contract",
    covers: [
      "snippet 562",
      "variable ROOM_TTL_HOURS",
      "variable MAX_PARTICIPANTS_PER_ROOM",
      "setting API_KEY = your-secure-api-key-here",
      "setting ROOM_TTL_HOURS = 24",
      "setting MAX_PARTICIPANTS_PER_ROOM = 50",
      "setting PORT = 8000",
    ],
    differs: "Secrets of examples",
    run: environmentAsPrinted,
  },
  {
    what: "other lives and places by the environment",
    covers: ["variable ROOM_TTL_HOURS", "variable MAX_PARTICIPANTS_PER_ROOM"],
    run: async (bench) => {
      const viva = await bench.another({ API_KEY: bench.key, ROOM_TTL_HOURS: "3", MAX_PARTICIPANTS_PER_ROOM: "4" });
      const { body } = await bench.call({ ...create(bench), viva });
      assert.equal(differs(details({ owner_id: null, max_participants: 4 }), body), undefined);
      assert.equal(hours(body), 3);
    },
  },
  {
    what: "the flow of a class, from the teacher to the update",
    covers: ["snippet 578", "snippet 585", "snippet 600"],
    run: classFlow,
  },
  ...["/api/docs", "/api/redoc"].map((path) => ({
    what: `${path} is a page`,
    covers: [`URL ${path}`],
    run: async (bench) => {
      const open = await chromium(bench.t);
      const tab = await open();
      await tab.goto(bench.viva.url + path);
      await tab.getByText("/api/rooms").first().waitFor({ timeout: 30_000 });
      bench.came(await tab.title());
      // Redoc asks its maker for a logo; the page's policy lets nothing out, and Redoc does without.
      assert.deepEqual(
        tab.faults.filter((fault) => !fault.includes("cdn.redoc.ly/redoc/logo-mini.svg")),
        [],
      );
    },
  })),
];

/** Nothing of it is without a row. */
export const excused = {};
