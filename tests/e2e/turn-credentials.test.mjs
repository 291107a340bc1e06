// The credentials of `GET /api/v1/webrtc/turn-credentials`, tried at a real coturn with the shipped configuration.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { startCoturn, turnConfig } from "./support/coturn.mjs";
import { TurnClient } from "./support/stun.mjs";
import { Viva } from "./support/viva.mjs";

const SECRET = "a-secret-of-the-credentials-test";
const SIGNING_KEY = "a-signing-key-of-at-least-thirty-two-bytes";
const QUOTA = 12;

/** A user's bearer token (HS256). */
function bearer(sub) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub, exp })}`;
  return `Bearer ${signed}.${createHmac("sha256", SIGNING_KEY).update(signed).digest("base64url")}`;
}

describe("credentials that Viva gives to users", () => {
  let turn;
  let viva;
  const clients = [];

  before(async () => {
    const settings = { TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "127.0.0.1", TURN_ALLOW_LOOPBACK: "1" };
    turn = await startCoturn(turnConfig(settings));
    const env = {
      SECRET_KEY: SIGNING_KEY,
      VIVA_HOST: "127.0.0.1",
      VIVA_PUBLIC_IP: "127.0.0.1",
      TURN_SECRET: SECRET,
      TURN_SERVER: `127.0.0.1:${turn.port}`,
    };
    viva = await Viva.start({ env });
  });
  after(async () => {
    clients.forEach((each) => each.close());
    await viva?.discard();
    await turn?.stop();
  });

  async function relay(sub) {
    const answer = await fetch(`http://127.0.0.1:${viva.port}/api/v1/webrtc/turn-credentials`, {
      headers: { authorization: bearer(sub) },
    });
    assert.equal(answer.status, 200);
    const { iceServers, ttl } = await answer.json();
    assert.equal(ttl, 86_400);
    const { url, urls, username, credential } = iceServers.find((server) => server.url.startsWith("turn:"));
    assert.equal(url, `turn:127.0.0.1:${turn.port}?transport=udp`);
    assert.equal(urls, url);
    return { username, password: credential };
  }

  function client(login) {
    const made = new TurnClient(turn, login);
    clients.push(made);
    return made;
  }

  test("open a relay to Viva and to no private address", async () => {
    const one = client(await relay("ann"));
    assert.equal(await one.allocate(), 0);
    assert.equal(await one.permit("127.0.0.1"), 0);
    for (const address of ["127.0.0.2", "10.0.0.1", "192.168.1.1", "169.254.169.254"]) {
      assert.equal(await one.permit(address), 403, address);
    }
    await one.release();
  });

  test("are refused with 401 when the time or the name in them was changed", async () => {
    const { username, password } = await relay("ann");
    const [expires, name] = username.split(":");
    const past = Math.floor(Date.now() / 1000) - 60;
    const later = Number(expires) + 86_400;
    for (const forged of [`${past}:${name}`, `${later}:${name}`, `${expires}:usr_somebody_else`, name, ""]) {
      assert.equal(await client({ username: forged, password }).allocate(), 401, forged);
    }
    assert.equal(await client({ username, password: `${password}x` }).allocate(), 401);
  });

  test("share one quota per user, however often they are fetched", async () => {
    const first = await relay("greedy");
    const second = await relay("greedy");
    const held = Array.from({ length: QUOTA }, (_, index) => client(index % 2 ? first : second));
    for (const one of held) assert.equal(await one.allocate(), 0);
    assert.equal(await client(await relay("greedy")).allocate(), 486);
    const other = client(await relay("modest"));
    assert.equal(await other.allocate(), 0, "another user is not affected");
    await Promise.all([...held, other].map((one) => one.release()));
  });
});
