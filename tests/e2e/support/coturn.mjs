// Starts the machine's coturn with the shipped configuration, on loopback and on a free port.

import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const READY_WITHIN_MS = 15_000;

/** What `scripts/turn-config` prints for these settings. */
export function turnConfig(settings) {
  const env = { PATH: process.env.PATH, ...settings };
  return execFileSync(join(ROOT, "scripts/turn-config"), { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Version of the installed coturn as a number to compare: 4.6.1 is 40601. */
export function coturnVersion() {
  const text = execFileSync("turnserver", ["--version"], { encoding: "utf8" });
  const [, major, minor, patch] = text.match(/(\d+)\.(\d+)\.(\d+)/).map(Number);
  return major * 10_000 + minor * 100 + patch;
}

/** A UDP port that was free a moment ago; coturn cannot be asked to choose one. */
export async function freePort() {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** Ports that are tried: another program may take a free one before coturn does. */
const ATTEMPTS = 5;

/** Starts coturn on some free port; a port that somebody else has taken meanwhile is given up for another. */
export async function startCoturn(config) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(config);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === ATTEMPTS) throw error;
    }
  }
}

class PortTaken extends Error {}

/**
 * Runs `config` with its port and addresses overridden. Loopback peers are let through to the lists, so that the
 * lists decide about them: that is stricter than coturn's own refusal of 127.0.0.0/8.
 */
async function startOnce(config) {
  const folder = await mkdtemp(join(tmpdir(), "viva-turn-"));
  const port = await freePort();
  const overrides = [
    `listening-port=${port}`,
    "listening-ip=127.0.0.1",
    "relay-ip=127.0.0.1",
    "listening-ip=::1",
    "relay-ip=::1",
    "allow-loopback-peers",
    `pidfile=${join(folder, "pid")}`,
    `userdb=${join(folder, "db")}`,
  ];
  const file = join(folder, "turnserver.conf");
  await writeFile(file, `${config}\n${overrides.join("\n")}\n`, { mode: 0o600 });
  const child = spawn("turnserver", ["-c", file], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const server = {
    host: "127.0.0.1",
    port,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await untilListening(child, port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** Waits until the UDP listener answers a Binding request; coturn's log does not say when it does. */
export function untilListening(child, port) {
  let log = "";
  const request = Buffer.from("000100002112a442000102030405060708090a0b", "hex");
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    const ask = setInterval(() => socket.send(request, port, "127.0.0.1"), 50);
    const limit = setTimeout(() => settle(reject, new Error(`coturn did not start:\n${log}`)), READY_WITHIN_MS);
    const gone = () => settle(reject, new Error(`coturn ended:\n${log}`));
    let settled = false;
    const settle = (done, value) => {
      if (settled) return;
      settled = true;
      clearInterval(ask);
      clearTimeout(limit);
      child.off("exit", gone);
      for (const stream of [child.stdout, child.stderr]) stream.off("data", listen).resume();
      socket.close();
      done(value);
    };
    const listen = (data) => {
      log += data;
      if (/Trying to bind .* again/.test(log)) settle(reject, new PortTaken(`port ${port} is taken:\n${log}`));
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", listen);
    child.on("exit", gone);
    socket.on("error", () => {});
    socket.once("message", () => settle(resolve));
  });
}
