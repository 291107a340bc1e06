// Off loopback: a browser over TLS with an authority of the test's, and one behind a reverse proxy, hold an interview.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { byId, launch, openPage } from "./support/browser.mjs";
import { giveVoice, listenToAgent, sessionOf, startInterview, walkToStart, watchPage } from "./support/candidate.mjs";
import { call, certify } from "./support/tls.mjs";
import { Viva, until } from "./support/viva.mjs";
import { speechClips } from "./support/words.mjs";

const NAME = "viva.test";
const KEY = "platform-key-for-tests";
const PLATFORM = { "X-API-Key": KEY };
const TEST_LIMIT_MS = 180_000;

describe("off loopback", () => {
  let directory;
  let tls;
  let browser;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "viva-tls-"));
    tls = await certify(directory, NAME);
    // A name that is not localhost: the page gets a microphone only because the connection is secure.
    browser = await launch([tls.chromiumFlag, `--host-resolver-rules=MAP ${NAME} 127.0.0.1`]);
  });
  after(async () => {
    await browser?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** By invitation, until the candidate's words are in the results; then the platform ends it. */
  async function interview(site) {
    const invites = "/api/v1/interviews/tryout/invites";
    const invite = await call(site, invites, { method: "POST", body: {}, headers: PLATFORM });
    assert.ok(invite.url.startsWith(`https://${NAME}:${site.port}/i/`), invite.url);
    const page = await openPage(browser);
    await giveVoice(page, await speechClips());
    await listenToAgent(page);
    await watchPage(page);
    await page.goto(invite.url);
    await walkToStart(page, async () => {});
    await startInterview(page);
    await page.waitForFunction(() => window.agentVoice.peak > 0.01, undefined, { timeout: 20_000 });
    await byId(page, "caption").first().waitFor({ timeout: 30_000 });
    const results = `/api/interview/${sessionOf(page)}/results`;
    const heard = ({ transcript }) =>
      transcript.some(({ role, state, content }) => role === "user" && state === "final" && content.length > 20);
    await until(90_000, () => call(site, results, { headers: PLATFORM }), heard);
    const end = results.replace("results", "end");
    await call(site, end, { method: "POST", body: {}, headers: PLATFORM });
    await byId(page, "closing").waitFor({ timeout: 30_000 });
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }

  test("over TLS that Viva terminates", { timeout: TEST_LIMIT_MS }, async () => {
    const viva = await Viva.start({
      env: (port) => ({
        API_KEY: KEY,
        VIVA_HOST: "127.0.0.1",
        VIVA_TLS_CERT: tls.chain,
        VIVA_TLS_KEY: tls.key,
        VIVA_PUBLIC_URL: `https://${NAME}:${port}`,
      }),
    });
    try {
      await interview({ ca: tls.ca, name: NAME, port: viva.port });
      const plain = fetch(`http://127.0.0.1:${viva.port}/healthz`);
      await assert.rejects(plain, undefined, "plain HTTP is not spoken beside it");
      const stranger = await launch([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`]);
      const page = await openPage(stranger);
      await assert.rejects(page.goto(`https://${NAME}:${viva.port}/`), /CERT_AUTHORITY_INVALID/);
      await stranger.close();
      await viva.stop();
    } finally {
      await viva.discard();
    }
  });

  test("behind a reverse proxy that terminates TLS", { timeout: TEST_LIMIT_MS }, async () => {
    const proxy = await startProxy(tls);
    const viva = await Viva.start({
      env: {
        API_KEY: KEY,
        VIVA_HOST: "127.0.0.1",
        VIVA_PUBLIC_URL: `https://${NAME}:${proxy.port}`,
        VIVA_TRUSTED_PROXY_HOPS: "1",
        VIVA_STARTS_PER_MINUTE: "1",
        ALLOWED_ORIGINS: `https://${NAME}:${proxy.port}`,
      },
    });
    proxy.target = viva.port;
    try {
      const site = { ca: tls.ca, name: NAME, port: proxy.port };
      await interview(site);
      // The limit is the candidate's, by the address that the proxy saw, and not the proxy's.
      const { code } = await call(site, "/api/v1/interviews/tryout/invites", {
        method: "POST",
        body: { attempts: 5 },
        headers: PLATFORM,
      });
      const start = () => call(site, "/api/interview/start", { method: "POST", body: { invite: code } });
      await assert.rejects(start(), /429/);
      proxy.sees = "203.0.113.9";
      await start();
      await assert.rejects(start(), /429/);
      await viva.stop();
    } finally {
      proxy.close();
      await viva.discard();
    }
  });
});

/** What a proxy does: TLS outside, HTTP inside, and it writes down whom it saw. */
async function startProxy(tls) {
  const proxy = { sees: null, target: 0 };
  const options = { cert: await readFile(tls.chain), key: await readFile(tls.key) };
  const server = https.createServer(options, (request, response) => {
    const before = request.headers["x-forwarded-for"];
    const seen = proxy.sees ?? request.socket.remoteAddress;
    const headers = { ...request.headers, "x-forwarded-for": before ? `${before}, ${seen}` : seen };
    const { method, url } = request;
    const onward = http.request({ host: "127.0.0.1", port: proxy.target, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.port = server.address().port;
  proxy.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return proxy;
}
