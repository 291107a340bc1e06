/** Starts the real binary in an empty directory and stops it the way an operator does. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import dgram from "node:dgram";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
/** A debug build on a busy machine loads its models slowly. */
const READY_WITHIN_MS = 60_000;
const EXIT_WITHIN_MS = 60_000;
const LOG_LINES_KEPT = 2000;

/** A port that was free a moment ago for both TCP and UDP. */
async function freePort() {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const server = net.createServer();
    await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
    const { port } = server.address();
    const socket = dgram.createSocket("udp4");
    const free = await new Promise((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
    socket.close();
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
  throw new Error("no port is free for both TCP and UDP");
}

/** One running server. */
export class Viva {
  /** `env` is what the configuration adds; a function is given the port. */
  static async start({ env = {} } = {}) {
    const viva = new Viva();
    viva.directory = await mkdtemp(path.join(tmpdir(), "viva-e2e-"));
    viva.port = await freePort();
    viva.env = typeof env === "function" ? env(viva.port) : env;
    viva.log = [];
    await viva.#spawn();
    return viva;
  }

  async #spawn() {
    const { PATH, LANG, SSL_CERT_FILE, VIVA_MODELS_DIR, VIVA_TEST_WEB_DIR } = process.env;
    const own = {
      HOME: this.directory,
      PORT: String(this.port),
      VIVA_UDP_PORT: String(this.port),
      VIVA_ICE_TCP_PORT: "0",
    };
    // To try pages without building the binary anew.
    const pages = { VIVA_WEB_DIR: VIVA_TEST_WEB_DIR };
    const inherited = Object.entries({ PATH, LANG, SSL_CERT_FILE, VIVA_MODELS_DIR, ...pages }).filter(
      ([, value]) => value !== undefined,
    );
    this.process = spawn(BINARY, [], {
      cwd: this.directory,
      env: { ...Object.fromEntries(inherited), VIVA_DRAIN_SECONDS: "5", ...own, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = new Promise((resolve) => this.process.once("exit", (code, signal) => resolve({ code, signal })));
    const ready = new Promise((resolve, reject) => {
      this.process.once("error", reject);
      this.#follow(this.process.stdout, (line) => {
        const match = /^viva ready url=(\S+) interview=(\S+)/.exec(line);
        if (match) resolve({ url: match[1], interview: match[2] });
      });
      this.#follow(this.process.stderr, () => undefined);
    });
    const gone = this.exited.then(({ code, signal }) => {
      throw new Error(`viva left before it was ready (${code ?? signal})\n${this.logText()}`);
    });
    gone.catch(() => undefined);
    const { url, interview } = await within(
      READY_WITHIN_MS,
      Promise.race([ready, gone]),
      () => `viva is not ready\n${this.logText()}`,
    );
    this.url = url.replace(/\/$/, "");
    this.interview = interview;
  }

  #follow(stream, onLine) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.log.push(line);
        if (this.log.length > LOG_LINES_KEPT) this.log.shift();
        onLine(line);
      }
    });
  }

  logText() {
    return this.log.slice(-80).join("\n");
  }

  /** Another command of the same binary, with these settings alone; returns its exit code and what it printed. */
  command(args, env = {}) {
    const { PATH, LANG } = process.env;
    const options = { cwd: this.directory, env: { PATH, LANG, HOME: this.directory, ...env }, timeout: EXIT_WITHIN_MS };
    return new Promise((resolve) => {
      execFile(BINARY, args, options, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
    });
  }

  /** SIGTERM; a server that was told to stop leaves with 0. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGTERM");
    const { code, signal } = await within(
      EXIT_WITHIN_MS,
      this.exited,
      () => `viva does not leave\n${this.logText()}`,
    );
    assert.equal(code, 0, `viva left with ${code ?? signal}\n${this.logText()}`);
  }

  /** SIGKILL, as a crash. */
  async crash() {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  /** Starts again on the same data and ports. */
  async startAgain() {
    await this.#spawn();
  }

  /** For the end of a test: gone whatever happened, and its directory with it. */
  async discard() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.exited;
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A session's results, as the local developer or the platform reads them. */
  results(sessionId, headers = {}) {
    return this.json(`/api/interview/${sessionId}/results`, { headers });
  }

  async json(route, { method = "GET", body, headers: extra = {} } = {}) {
    const headers = { "Content-Type": "application/json", ...extra };
    const response = await fetch(this.url + route, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${route}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}

/** Asks again until `accept` takes the answer; an answer that comes late is an error that shows the last one. */
export async function until(limitMs, ask, accept) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (accept(answer)) return answer;
    assert.ok(Date.now() < deadline, `not within ${limitMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The promise's value, or an error with `message()` after `limitMs`. */
export async function within(limitMs, promise, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${limitMs} ms: ${message()}`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
