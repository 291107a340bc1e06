// The container files, as far as they can be judged without a container engine: read by real parsers, and the TURN
// service's own start command run by this machine's coturn. `make test-long` runs the Dockerfile's steps.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, untilListening } from "./support/coturn.mjs";
import { TurnClient, credentials } from "./support/stun.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = process.env.VIVA_TEST_PYTHON ?? join(ROOT, "target/tools/venv/bin/python");
const COTURN_FIRST_SAFE = [4, 9];

/** What hadolint, a Dockerfile parser and linter, says about `text`: `[{line, code, message}]`. */
function hadolint(text) {
  const command = join(dirname(PYTHON), "hadolint");
  const run = spawnSync(command, ["--format", "json", "-"], { input: text, encoding: "utf8" });
  assert.ok(run.stdout, run.stderr);
  return JSON.parse(run.stdout).map(({ line, code, message }) => ({ line, code, message }));
}

/** Instructions as `[NAME, rest]`, line continuations joined. */
function instructions(text) {
  const lines = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ").split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const [, name, rest] = line.match(/^\s*(\S+)\s+(.*)$/);
    return [name.toUpperCase(), rest.replace(/\s+/g, " ").trim()];
  });
}

describe("Dockerfile", async () => {
  const text = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const all = instructions(text);
  const last = all.slice(all.findLastIndex(([name]) => name === "FROM"));
  const of = (name) => last.filter(([each]) => each === name).map(([, rest]) => rest);

  test("has no finding of a Dockerfile linter", () => {
    assert.deepEqual(hadolint(text), []);
    const bad = hadolint("FROM debian:latest\nRUN sudo cd /tmp\nENTRYPOINT viva\n").map(({ code }) => code);
    for (const code of ["DL3004", "DL3007", "DL3025"]) assert.ok(bad.includes(code), `${code} in ${bad}`);
  });

  test("builds in one stage and runs in another, from images with a version", () => {
    const bases = all.filter(([name]) => name === "FROM").map(([, rest]) => rest.split(" ")[0]);
    assert.equal(bases.length, 2);
    for (const base of bases) assert.match(base, /:[a-z0-9][a-z0-9.-]*$/);
    assert.match(of("COPY")[0], /^--from=build .*viva$/);
  });

  test("runs as an unprivileged user, in exec form, with a health check", () => {
    assert.match(of("USER").at(-1), /^[1-9]\d*:[1-9]\d*$/);
    assert.deepEqual(JSON.parse(of("ENTRYPOINT")[0]), ["viva"]);
    assert.deepEqual(JSON.parse(of("HEALTHCHECK")[0].split("CMD ")[1]), ["viva", "healthcheck"]);
  });

  test("opens the HTTP and the media port, and keeps its database on a volume", () => {
    assert.deepEqual(of("EXPOSE").flatMap((rest) => rest.split(" ")), ["8000/tcp", "8000/udp", "8001/tcp"]);
    assert.match(of("ENV").join(" "), /VIVA_HOST=0\.0\.0\.0/);
    const [volume] = of("VOLUME");
    assert.ok(of("ENV").join(" ").includes(`sqlite:///${volume}/`));
  });
});

describe("docker-compose.turn.yml", async () => {
  const file = join(ROOT, "docker-compose.turn.yml");
  const script = "import compose_spec, sys; print(compose_spec.PyCompose.from_yaml(sys.stdin.read()).to_json())";
  const parsed = spawnSync(PYTHON, ["-c", script], { input: await readFile(file), encoding: "utf8" });
  const service = parsed.status === 0 ? JSON.parse(parsed.stdout).services.coturn : {};

  test("is a compose file with a coturn that has no known hole", () => {
    assert.equal(parsed.status, 0, parsed.stderr);
    const [, major, minor] = service.image.match(/^coturn\/coturn:(\d+)\.(\d+)\.\d+/).map(Number);
    const [safeMajor, safeMinor] = COTURN_FIRST_SAFE;
    assert.ok(major > safeMajor || (major === safeMajor && minor >= safeMinor), service.image);
  });

  test("refuses to start without a secret and an address", () => {
    assert.match(service.environment.TURN_SECRET, /^\$\{TURN_SECRET:\?/);
    assert.match(service.environment.VIVA_PUBLIC_IP, /^\$\{VIVA_PUBLIC_IP:\?/);
  });

  test("its start command starts a working TURN server from the mounted files", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "viva-compose-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    for (const name of ["viva", "tmp"]) await mkdir(join(folder, name));
    for (const volume of service.volumes) {
      const [from, to] = volume.split(":");
      assert.equal(dirname(to), "/viva");
      await copyFile(join(ROOT, from), join(folder, to));
    }
    const port = await freePort();
    const secret = "a-secret-of-the-compose-test";
    const here = (text) => text.replace(/\/(viva|tmp)\//g, (path) => folder + path);
    const [shell, ...flags] = service.entrypoint;
    // The port is the only thing that the test adds: 3478 may be taken here.
    const command = `${here(service.command.at(-1))} --listening-port ${port} --listening-ip 127.0.0.1`;
    const env = {
      PATH: process.env.PATH,
      TURN_SECRET: secret,
      VIVA_PUBLIC_IP: "198.51.100.7",
      TURN_EXTERNAL_IP: "",
      TURN_ONLY_VIVA: "0",
      TURN_TEMPLATE: here(service.environment.TURN_TEMPLATE),
    };
    const child = spawn(shell, [...flags, command], { env, stdio: ["ignore", "pipe", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    await untilListening(child, port);
    const client = new TurnClient(
      { host: "127.0.0.1", port },
      credentials(secret, "session", Math.floor(Date.now() / 1000) + 600),
    );
    t.after(() => client.close());
    assert.equal(await client.allocate(), 0);
    assert.equal(await client.permit("198.51.100.7"), 0, "Viva's address, inside a denied range");
    assert.equal(await client.permit("198.51.100.8"), 403);
  });
});
