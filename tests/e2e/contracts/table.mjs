/** Runs the rows of one contract against a real server, and keeps what was sent and what came back. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import WebSocket from "ws";
import { Viva, within } from "../support/viva.mjs";
import { differs, unlike } from "./shape.mjs";

const ANSWER_WITHIN_MS = 15_000;
/** Of every server here that has users. */
export const SECRET = "contract-test-secret-of-more-than-32-bytes";

/** A bearer token as `POST /api/auth/login` or another service with the same secret gives it. */
export function jwt(sub, claims = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, username: sub, exp, ...claims })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** What rows share: the server, the contract, and what earlier rows kept. */
export class Bench {
  constructor(contract, viva, t) {
    Object.assign(this, { contract, viva, t, kept: {}, log: [] });
  }

  /** Another server, for a row that needs other settings; gone when the contract's test ends. */
  async another(env) {
    const viva = await Viva.start({ env });
    this.t.after(() => viva.discard());
    return viva;
  }

  sent(what) {
    this.current.sent.push(typeof what === "string" ? what : JSON.stringify(what));
  }

  came(what) {
    this.current.came.push(typeof what === "string" ? what : JSON.stringify(what));
  }

  /** One request; returns status, headers and the JSON body. */
  async call({ method = "GET", path, body, key, token, headers = {}, viva = this.viva, text }) {
    const all = { ...headers };
    if (key) all["X-API-Key"] = key;
    if (token) all.Authorization = `Bearer ${token}`;
    if (body !== undefined) all["Content-Type"] ??= "application/json";
    this.sent(`${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`);
    const response = await fetch(viva.url + path, {
      method,
      headers: all,
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer = await response.text();
    this.came(`${response.status} ${answer.slice(0, 4000)}`);
    return { status: response.status, headers: response.headers, body: text ? answer : json(answer) };
  }

  /** A socket that keeps what it receives in order. */
  socket(path, { token, protocols, headers = {}, viva = this.viva } = {}) {
    const all = token ? { ...headers, Authorization: `Bearer ${token}` } : headers;
    const socket = new Socket(this, viva.url.replace(/^http/, "ws") + path, protocols, all);
    this.t.after(() => socket.ws.terminate());
    return socket;
  }
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

class Socket {
  #received = [];
  #waiting = [];

  constructor(bench, url, protocols, headers) {
    this.bench = bench;
    this.ws = new WebSocket(url, protocols, { headers });
    this.ws.on("message", (data) => {
      const message = json(data.toString());
      this.#received.push(message);
      this.#deliver();
    });
    this.closed = new Promise((resolve) => this.ws.once("close", (code) => resolve(code)));
    this.refused = new Promise((resolve) =>
      this.ws.once("unexpected-response", (request, response) => {
        resolve(response.statusCode);
        request.destroy();
      }),
    );
    this.ws.on("error", () => undefined);
    this.opened = new Promise((resolve) => this.ws.once("open", resolve));
  }

  send(message) {
    this.bench.sent(message);
    this.ws.send(JSON.stringify(message));
  }

  #deliver() {
    for (const waiting of [...this.#waiting]) {
      const index = this.#received.findIndex((message) => message.type === waiting.type);
      if (index >= 0) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.resolve(this.#received.splice(index, 1)[0]);
      }
    }
  }

  /** The next message of a type, held against a shape. */
  async next(type, shape) {
    const message = await within(
      ANSWER_WITHIN_MS,
      new Promise((resolve) => {
        this.#waiting.push({ type, resolve });
        this.#deliver();
      }),
      () => `no ${type}; there are ${JSON.stringify(this.#received.map((one) => one.type))}`,
    );
    this.bench.came(message);
    if (shape) assert.equal(differs(shape, message), undefined);
    return message;
  }

  close() {
    this.ws.close();
    return this.closed;
  }
}

/**
 * A row is `{what, covers, request, status, body, printed, headers, keep}` for one request, or `{what, covers, run}`
 * for anything else. `differs` names the row of ARCHITECTURE.md's table that says why Viva departs from the contract.
 */
export async function runRow(bench, row) {
  bench.current = { what: row.what, covers: row.covers ?? [], differs: row.differs, sent: [], came: [] };
  bench.log.push(bench.current);
  if (row.run) return row.run(bench);
  const request = typeof row.request === "function" ? row.request(bench) : row.request;
  const answer = await bench.call(request);
  const shown = `${row.what}: ${answer.status} ${JSON.stringify(answer.body)}`;
  assert.equal(answer.status, row.status ?? 200, shown);
  const shape = typeof row.body === "function" && !row.body.expects ? row.body(bench) : row.body;
  if (shape !== undefined) assert.equal(differs(shape, answer.body), undefined, shown);
  if (row.printed) assert.equal(unlike(bench.contract.json(row.printed), answer.body), undefined, shown);
  for (const [name, value] of Object.entries(row.headers ?? {})) {
    assert.match(answer.headers.get(name) ?? "", value, `${row.what}: header ${name}`);
  }
  row.keep?.(bench.kept, answer.body, answer);
  return answer;
}
