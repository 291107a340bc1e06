// The shipped coturn configuration, run by a real coturn and asked by a client of ours for what it must refuse.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { coturnVersion, startCoturn, turnConfig } from "./support/coturn.mjs";
import { TurnClient, credentials } from "./support/stun.mjs";

const SECRET = "a secret for these tests only".replaceAll(" ", "-");
const SETTINGS = { TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "127.0.0.1", TURN_ALLOW_LOOPBACK: "1" };
const MAPPED_LINE = /^denied-peer-ip=::ffff:0\.0\.0\.0-.*\n/m;
// The first version that sees through IPv4-mapped addresses by itself (CVE-2026-27624).
const FIRST_SAFE_VERSION = 40_900;

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const clients = [];

function client(server, login = credentials(SECRET, `session-${clients.length}`, inAnHour())) {
  const made = new TurnClient(server, login);
  clients.push(made);
  return made;
}

after(() => clients.forEach((each) => each.close()));

describe("the shipped TURN configuration", () => {
  let server;
  before(async () => (server = await startCoturn(turnConfig(SETTINGS))));
  after(() => server?.stop());

  test("gives a relay to a credential that Viva signed", async () => {
    const one = client(server);
    assert.equal(await one.allocate(), 0);
    await one.release();
  });

  test("refuses an expired credential with 401", async () => {
    const past = credentials(SECRET, "expired", Math.floor(Date.now() / 1000) - 60);
    assert.equal(await client(server, past).allocate(), 401);
  });

  test("refuses a wrong signature and a name without a time with 401", async () => {
    const forged = credentials("another-secret-altogether", "forged", inAnHour());
    assert.equal(await client(server, forged).allocate(), 401);
    assert.equal(await client(server, { username: "admin", password: "admin" }).allocate(), 401);
  });

  test("relays to Viva's own address although its range is denied", async () => {
    const one = client(server);
    assert.equal(await one.allocate(), 0);
    assert.equal(await one.permit("127.0.0.1"), 0);
    assert.equal(await one.permit("127.0.0.2"), 403, "the address beside Viva's");
  });

  test("refuses every special IPv4 range with 403, at both of its ends", async () => {
    const one = client(server);
    assert.equal(await one.allocate(), 0);
    const denied = [
      "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0",
      "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
      "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0",
      "192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
      "239.255.255.255", "240.0.0.0", "255.255.255.255",
    ];
    for (const address of denied) assert.equal(await one.permit(address), 403, address);
    // A permission sends nothing. Without these the test would pass on a server that refuses everything.
    for (const address of ["9.255.255.255", "100.128.0.0", "172.32.0.0", "192.167.255.255", "223.255.255.255"]) {
      assert.equal(await one.permit(address), 0, address);
    }
  });

  test("refuses every special IPv6 range with 403, the embedded IPv4 forms too", async () => {
    const one = client(server);
    assert.equal(await one.allocate("IPv6"), 0);
    const denied = [
      "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:255.255.255.255",
      "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
      "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
    ];
    for (const address of denied) assert.equal(await one.permit(address), 403, address);
    for (const address of ["2606:4700::1", "2a00:1450::1"]) assert.equal(await one.permit(address), 0, address);
  });

  test("gives one session twelve relays and answers 486 to the next, whatever its expiry time", async () => {
    const codes = [];
    const held = [];
    for (let i = 0; i < 13; i += 1) {
      const one = client(server, credentials(SECRET, "greedy", inAnHour() + i));
      codes.push(await one.allocate());
      held.push(one);
    }
    assert.deepEqual(codes, [...Array(12).fill(0), 486]);
    const other = client(server);
    assert.equal(await other.allocate(), 0, "another session is not affected");
    await Promise.all(held.slice(0, 12).map((one) => one.release()));
  });
});

test("the mapped range is what closes the hole: without it an old coturn lets ::ffff:127.0.0.1 through", async (t) => {
  if (coturnVersion() >= FIRST_SAFE_VERSION) return t.skip("this coturn closes it by itself");
  const config = turnConfig(SETTINGS);
  assert.match(config, MAPPED_LINE);
  const server = await startCoturn(config.replace(MAPPED_LINE, ""));
  t.after(() => server.stop());
  const one = client(server);
  assert.equal(await one.allocate("IPv6"), 0);
  assert.equal(await one.permit("::ffff:127.0.0.1"), 0);
});

test("TURN_ONLY_VIVA refuses public peers and still reaches Viva", async (t) => {
  const server = await startCoturn(turnConfig({ ...SETTINGS, TURN_ONLY_VIVA: "1" }));
  t.after(() => server.stop());
  const one = client(server);
  assert.equal(await one.allocate(), 0);
  assert.equal(await one.permit("9.9.9.9"), 403);
  assert.equal(await one.permit("127.0.0.1"), 0);
  const six = client(server);
  assert.equal(await six.allocate("IPv6"), 0);
  assert.equal(await six.permit("2606:4700::1"), 403);
});

describe("scripts/turn-config", () => {
  const allowed = (config) => [...config.matchAll(/^allowed-peer-ip=(.*)$/gm)].map(([, address]) => address);

  test("writes one allowed line for each media address, and the secret once", () => {
    const config = turnConfig({ TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "198.51.100.7, 2a00:1450::7" });
    assert.deepEqual(allowed(config), ["198.51.100.7", "2a00:1450::7"]);
    assert.equal(config.split(`static-auth-secret=${SECRET}\n`).length, 2);
  });

  const refused = [
    ["a range", { VIVA_PUBLIC_IP: "10.0.0.1-10.0.0.9" }, /allowed wins over denied/],
    ["a prefix", { VIVA_PUBLIC_IP: "10.0.0.0/8" }, /allowed wins over denied/],
    ["any IPv4 address", { VIVA_PUBLIC_IP: "0.0.0.0" }, /not the address of one machine/],
    ["any IPv6 address", { VIVA_PUBLIC_IP: "0:0::0" }, /not the address of one machine/],
    ["loopback", { VIVA_PUBLIC_IP: "127.0.0.1" }, /loopback/],
    ["loopback in a long spelling", { VIVA_PUBLIC_IP: "0000:0:0:0:0:0:0:0001" }, /loopback/],
    ["IPv4 in IPv6, dotted", { VIVA_PUBLIC_IP: "::ffff:127.0.0.1" }, /write the IPv4 address/],
    ["IPv4 in IPv6, in hex", { VIVA_PUBLIC_IP: "0:0:0:0:0:FFFF:7f00:1" }, /write the IPv4 address/],
    ["a translated address", { VIVA_PUBLIC_IP: "64:ff9b::7f00:1" }, /write the IPv4 address/],
    ["the metadata service", { VIVA_PUBLIC_IP: "169.254.169.254" }, /link-local/],
    ["link-local IPv6", { VIVA_PUBLIC_IP: "fe80::1" }, /link-local/],
    ["multicast", { VIVA_PUBLIC_IP: "ff02::1" }, /multicast/],
    ["a name", { VIVA_PUBLIC_IP: "viva.example" }, /not an IP address/],
    ["no address", { VIVA_PUBLIC_IP: " , " }, /names no address/],
    ["no secret", { TURN_SECRET: "" }, /TURN_SECRET is not set/],
    ["a short secret", { TURN_SECRET: "short" }, /shorter than 16/],
    ["a second line in the secret", { TURN_SECRET: `${SECRET}\nallowed-peer-ip=10.0.0.1` }, /control characters/],
    ["a wrong external address", { TURN_EXTERNAL_IP: "1.2.3.4/24" }, /TURN_EXTERNAL_IP/],
  ];
  for (const [name, change, message] of refused) {
    test(`refuses ${name} and prints nothing`, () => {
      const settings = { TURN_SECRET: SECRET, VIVA_PUBLIC_IP: "198.51.100.7", ...change };
      assert.throws(
        () => turnConfig(settings),
        (error) => error.status === 64 && error.stdout === "" && message.test(error.stderr),
      );
    });
  }

  test("names every mistake at once", () => {
    assert.throws(
      () => turnConfig({ VIVA_PUBLIC_IP: "10.0.0.0/8,::" }),
      (error) => ["TURN_SECRET", "10.0.0.0/8", ":: is not"].every((part) => error.stderr.includes(part)),
    );
  });
});
