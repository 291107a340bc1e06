// Webhooks of the real binary: taken by the documentation's own receivers with the reference libraries, after a kill,
// and beside a live interview while other endpoints misbehave.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { simulate } from "./support/simulate.mjs";
import { ROOT, Viva, until, within } from "./support/viva.mjs";

const PYTHON = process.env.VIVA_TEST_PYTHON ?? path.join(ROOT, "target/tools/venv/bin/python");
const TEST_MS = 180_000;
const WITHIN_MS = 60_000;
const WEBHOOKS = "/api/v1/webhooks";
const ALLOW = { VIVA_WEBHOOK_ALLOW: "127.0.0.1" };

/** An endpoint of this process; `answer` may be exchanged. */
async function receiver(answer) {
  const made = { taken: [], answer, connections: 0 };
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    made.taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() });
    made.answer(response);
  });
  server.on("connection", () => (made.connections += 1));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  made.url = `http://127.0.0.1:${server.address().port}/`;
  made.close = () => {
    server.close();
    server.closeAllConnections();
  };
  made.types = () => made.taken.map(({ body }) => JSON.parse(body).type);
  return made;
}

const takes = (response) => response.writeHead(204).end();
const hangs = () => undefined;

const endpoint = (viva, url, events) => viva.json(WEBHOOKS, { method: "POST", body: { url, events } });

/** A session that begins and ends without media; its id. */
async function session(viva) {
  const body = { user_id: "candidate-7", kind: "general" };
  const { session_id: id } = await viva.json("/api/interview/start", { method: "POST", body });
  await viva.json(`/api/interview/${id}/end`, { method: "POST", body: {} });
  return id;
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The block of docs/webhooks.md in this language whose first line names the file. */
async function documented(language, file) {
  const text = await readFile(path.join(ROOT, "docs/webhooks.md"), "utf8");
  const block = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].find(
    ([, tag, code]) => tag === language && code.split("\n")[0].includes(file),
  );
  assert.ok(block, `${file} is in the documentation`);
  return block[2];
}

for (const [language, file, command] of [
  ["js", "receiver.mjs", process.execPath],
  ["python", "receiver.py", PYTHON],
]) {
  test(`the receiver of the documentation takes what Viva sends: ${language}`, { timeout: TEST_MS }, async (t) => {
    const viva = await Viva.start({ env: ALLOW });
    t.after(() => viva.discard());
    const port = await freePort();
    const { webhook_id: id, secret } = await endpoint(viva, `http://127.0.0.1:${port}/`);
    // Below this directory, so that Node finds the library.
    await mkdir(path.join(ROOT, "tests/e2e/out"), { recursive: true });
    const folder = await mkdtemp(path.join(ROOT, "tests/e2e/out/webhooks-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await writeFile(path.join(folder, file), await documented(language, file));
    const env = { PATH: process.env.PATH, PORT: String(port), WEBHOOK_SECRET: secret };
    const child = spawn(command, [path.join(folder, file)], { env, stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => (output += chunk));
    const says = (text) => until(WITHIN_MS, async () => output, (all) => all.includes(text));
    await says("listening");
    await viva.json(`${WEBHOOKS}/${id}/test`, { method: "POST", body: {} });
    await says("took webhook.test");
    const ended = await session(viva);
    await says(`took session.ended ${ended}`);
    const delivered = await until(
      WITHIN_MS,
      () => viva.json(`${WEBHOOKS}/${id}/deliveries`),
      ({ deliveries }) => deliveries.length > 1 && deliveries.every(({ status }) => status === "delivered"),
    );
    // Again: the receiver knows it by its id. Somebody else's words: it takes them for what they are.
    const again = delivered.deliveries.find(({ event_type: type }) => type === "session.ended");
    await viva.json(`${WEBHOOKS}/${id}/deliveries/${again.delivery_id}/replay`, { method: "POST", body: {} });
    await until(
      WITHIN_MS,
      () => viva.json(`${WEBHOOKS}/${id}/deliveries`),
      ({ deliveries }) => deliveries.some(({ attempts, status }) => attempts === 2 && status === "delivered"),
    );
    const forged = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: {
        "webhook-id": "msg_forged",
        "webhook-timestamp": String(Math.floor(Date.now() / 1_000)),
        "webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      },
      body: JSON.stringify({ type: "session.ended", data: { session_id: "ses_forged" } }),
    });
    assert.equal(forged.status, 400);
    assert.equal(output.split(`took session.ended ${ended}`).length, 2, "once, though delivered twice");
    assert.ok(!output.includes("forged"));
    await viva.stop();
  });
}

test("a server killed between event and delivery delivers after its restart", { timeout: TEST_MS }, async (t) => {
  const viva = await Viva.start({ env: ALLOW });
  t.after(() => viva.discard());
  const hook = await receiver(hangs);
  t.after(() => hook.close());
  const { secret } = await endpoint(viva, hook.url, ["session.ended"]);
  const ids = [await session(viva), await session(viva), await session(viva)];
  await until(WITHIN_MS, async () => hook.taken.length, (count) => count > 0);
  await viva.crash();
  const before = hook.taken.length;
  hook.answer = takes;
  await viva.startAgain();
  // What was under way is free again when its lease is over.
  const told = () => new Set(hook.taken.slice(before).map(({ body }) => JSON.parse(body).data.session_id));
  await until(2 * WITHIN_MS, async () => told().size, (count) => count === ids.length);
  assert.deepEqual([...told()].toSorted(), ids.toSorted());
  const webhook = new Webhook(secret);
  for (const { headers, body } of hook.taken.slice(before)) webhook.verify(body, headers);
  const first = hook.taken[0];
  const again = hook.taken.slice(before).find(({ headers }) => headers["webhook-id"] === first.headers["webhook-id"]);
  assert.equal(again?.body, first.body, "the same message");
  await viva.stop();
});

test("an interview is told while it lives, and endpoints that hang are not felt", { timeout: TEST_MS }, async (t) => {
  // A proxy of the environment would see every delivery.
  const proxy = await receiver(takes);
  t.after(() => proxy.close());
  const env = { ...ALLOW, HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url };
  const viva = await Viva.start({ env });
  t.after(() => viva.discard());
  const forbidden = net.createServer();
  await new Promise((resolve) => forbidden.listen(0, "127.0.0.2", resolve));
  t.after(() => forbidden.close());
  let trespassed = 0;
  forbidden.on("connection", () => (trespassed += 1));
  const inner = `http://127.0.0.2:${forbidden.address().port}/`;
  const bad = [];
  for (const answer of [
    hangs,
    hangs,
    (response) => response.writeHead(500).end(),
    (response) => response.writeHead(302, { location: inner }).end(),
    (response) => response.destroy(),
    (response) => {
      response.writeHead(200);
      const more = () => response.write("z".repeat(65_536)) && setImmediate(more);
      response.on("drain", more).on("error", () => undefined);
      more();
    },
  ]) {
    const hook = await receiver(answer);
    t.after(() => hook.close());
    await endpoint(viva, hook.url);
    bad.push(hook);
  }
  const good = await receiver(takes);
  t.after(() => good.close());
  await endpoint(viva, good.url);
  // Work for the bad ones, beside and before the interview.
  for (let n = 0; n < 20; n += 1) await session(viva);
  const candidate = await simulate(viva, { kind: "tryout" });
  t.after(() => candidate.stop());
  await until(WITHIN_MS, async () => good.types(), (types) => types.includes("session.started"));
  const report = await within(TEST_MS, candidate.report, () => "the interview is not over");
  assert.equal(report.code, 0, JSON.stringify(report));
  assert.deepEqual([report.failures, report.end_reasons], [[], ["completed"]]);
  const late = report.agent_frame_lateness_ms;
  assert.ok(late.p50 <= 20, `the interviewer's voice is late: ${JSON.stringify(late)}`);
  const ready = async () => good.types().filter((type) => type === "results.ready");
  await until(WITHIN_MS, ready, ({ length }) => length === 21);
  const started = good.taken.map(({ body }) => JSON.parse(body)).find(({ type }) => type === "session.started");
  const results = await viva.results(started.data.session_id);
  assert.equal(results.end_reason, "completed");
  const words = results.transcript.map(({ content }) => content).filter((content) => content.length > 12);
  assert.ok(words.length > 0);
  for (const { body } of good.taken) assert.ok(!words.some((said) => body.includes(said)), "ids, never words");
  assert.ok(bad.every((hook) => hook.taken.length > 0), "the bad ones were tried");
  assert.equal(trespassed, 0, "nothing followed a redirect inside");
  assert.equal(proxy.connections, 0, "nothing went through a proxy of the environment");
  t.diagnostic(`good ${good.taken.length}, bad ${bad.map((hook) => hook.taken.length).join(" ")}`);
  t.diagnostic(`the interviewer's frames were late by ${JSON.stringify(late)} ms`);
  await viva.stop();
});
