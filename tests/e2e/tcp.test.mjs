// Networks without UDP: server and browser in a network of their own, in which no UDP packet arrives. See
// `support/no_udp.sh` for how, and `tcp_interview.mjs` for what happens in it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const WITHIN_MS = 330_000;

/** Runs a scenario in there; what it printed is in the message of a failure. */
async function inside(scenario, udp) {
  const child = spawn(here("support/no_udp.sh"), [udp, process.execPath, here("tcp_interview.mjs"), scenario], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = [];
  child.stdout.on("data", (chunk) => printed.push(chunk));
  child.stderr.on("data", (chunk) => printed.push(chunk));
  const timer = setTimeout(() => child.kill(), WITHIN_MS);
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  assert.equal(code, 0, `${scenario}: left with ${code}\n${Buffer.concat(printed)}`);
}

test("a browser whose UDP goes nowhere holds an interview over TCP", { timeout: WITHIN_MS + 10_000 }, () =>
  inside("whole", "closed"),
);

test("an interview whose UDP ends in the middle goes on over TCP", { timeout: WITHIN_MS + 10_000 }, () =>
  inside("move", "open"),
);
