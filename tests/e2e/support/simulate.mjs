/** `viva simulate`: WebRTC candidates of another stack, in a process of their own. */
import { spawn } from "node:child_process";
import path from "node:path";
import { ROOT, within } from "./viva.mjs";
import { speechClips } from "./words.mjs";

const BINARY = path.resolve(ROOT, process.env.VIVA_BIN ?? "target/release/viva");

/** Starts it against a server; `report` resolves to what it saw, `stop` ends it early. */
export async function simulate(viva, { sessions = 1, kind = "tryout", interview = null, limitMs = 180_000 } = {}) {
  const clips = (await speechClips()).map(({ file }) => file);
  const own = ["simulate", "--json", "--url", viva.url, "--sessions", String(sessions), "--kind", kind];
  if (interview !== null) own.push("--interview", interview);
  const child = spawn(BINARY, [...own, "--pid", String(viva.process.pid), "--wav", ...clips], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk) => (output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk) => (errors += chunk));
  const exited = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  const report = within(limitMs, exited, () => `simulate is not over: ${errors}`).then((code) => {
    if (!output.trim()) throw new Error(`simulate left with ${code}: ${errors}`);
    return { code, ...JSON.parse(output) };
  });
  // Whoever stops it early does not read the report.
  report.catch(() => undefined);
  return {
    report,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
