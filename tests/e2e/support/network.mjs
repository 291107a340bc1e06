/** A bad network before a Viva: `viva netem`, which any client works through unchanged. */
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { ROOT, within } from "./viva.mjs";

const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");
const ANSWER_WITHIN_MS = 10_000;

/** Where candidates find the network. */
export const NETWORK_IP = "127.0.0.2";

/** What a Viva is started with so that candidates look for it at the network's address. */
export const BEHIND_NETWORK = { VIVA_PUBLIC_IP: NETWORK_IP };

export class Network {
  /** Before the server that was started with `BEHIND_NETWORK`; `profile` as `viva netem` names them. */
  static async start(viva, { profile = "clean", seed = 1 } = {}) {
    const network = new Network();
    const args = ["netem", "--listen", `${NETWORK_IP}:${viva.port}`, "--to", `127.0.0.1:${viva.port}`];
    network.process = spawn(BINARY, [...args, "--profile", profile, "--seed", String(seed)], {
      cwd: viva.directory,
      env: { PATH: process.env.PATH },
      stdio: ["pipe", "pipe", "inherit"],
    });
    network.exited = new Promise((resolve) => network.process.once("exit", resolve));
    network.lines = createInterface({ input: network.process.stdout })[Symbol.asyncIterator]();
    const ready = await network.#line();
    if (!ready.startsWith("netem ready ")) throw new Error(`netem says ${ready}`);
    return network;
  }

  async #line() {
    const { value, done } = await within(ANSWER_WITHIN_MS, this.lines.next(), () => "netem says nothing");
    if (done) throw new Error("netem is gone");
    return value;
  }

  async #order(words) {
    this.process.stdin.write(`${words}\n`);
    return this.#line();
  }

  async #obeyed(words) {
    const answer = await this.#order(words);
    if (answer !== `done ${words}`) throw new Error(`netem says ${answer}`);
  }

  /** Another profile, from now on. */
  profile(name) {
    return this.#obeyed(`profile ${name}`);
  }

  /** Every client has another address, as the server sees it. */
  rebind() {
    return this.#obeyed("rebind");
  }

  /** Nothing passes, or everything again. */
  dark(is) {
    return this.#obeyed(is ? "dark" : "light");
  }

  /** What became of the packets. */
  async report() {
    return JSON.parse(await this.#order("report"));
  }

  /** SIGTERM; what became of the packets, as its last words. */
  async stop() {
    this.process.kill("SIGTERM");
    const report = JSON.parse(await this.#line());
    await this.exited;
    return report;
  }

  /** For the end of a test: gone whatever happened. */
  async discard() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGKILL");
    await this.exited;
  }
}
