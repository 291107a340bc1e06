/** Ways to run a snippet as it is printed: JavaScript in Node or Chromium, a page, React, curl in bash. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { launch, openPage } from "../support/browser.mjs";
import { ROOT } from "../support/viva.mjs";

const AsyncFunction = (async () => undefined).constructor;
const COMMAND_WITHIN_MS = 30_000;

/** Runs JavaScript with these names around it; the value of `result` is returned. */
export async function javascript(text, names, result = "undefined") {
  return new AsyncFunction(...Object.keys(names), `${text}\n;return ${result};`)(...Object.values(names));
}

/** Runs a shell snippet; returns what it printed on standard output. */
export async function shell(text, { env = {}, cwd } = {}) {
  const options = {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    timeout: COMMAND_WITHIN_MS,
  };
  const { stdout } = await promisify(execFile)("bash", ["-e", "-u", "-o", "pipefail", "-c", text], options);
  return stdout;
}

/** JSON values that stand one after another. */
export function values(text) {
  const found = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      if (letter === "\\") at += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === "{" || letter === "[") {
      if (depth === 0) start = at;
      depth += 1;
    } else if (letter === "}" || letter === "]") {
      depth -= 1;
      if (depth === 0) found.push(JSON.parse(text.slice(start, at + 1)));
    }
  }
  return found;
}

/** Serves pages on an origin of its own, as a customer's site would be. */
export async function site(t, pages) {
  const server = http.createServer((request, response) => {
    const page = pages[request.url];
    response.writeHead(page === undefined ? 404 : 200, {
      "Content-Type": request.url.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8",
    });
    response.end(page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return `http://localhost:${server.address().port}`;
}

/** Chromium with a camera and a microphone of its own making. */
export async function chromium(t) {
  const browser = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]);
  t.after(() => browser.close());
  return (options = {}) => openPage(browser, { permissions: ["microphone", "camera"], ...options });
}

/** A script for the browser from JSX, with React in it. */
export async function react(text) {
  const made = await build({
    stdin: { contents: text, loader: "jsx", resolveDir: `${ROOT}/tests/e2e` },
    bundle: true,
    write: false,
    jsx: "automatic",
    format: "iife",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  assert.equal(made.warnings.length, 0);
  return made.outputFiles[0].text;
}
