/** A site of somebody else's that uses the client library: the examples of the documentation, installed and running. */
import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, mkdir, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { ROOT, within } from "./viva.mjs";

const run = promisify(execFile);
const EXAMPLES = path.join(ROOT, "docs/examples");
const LIMIT_MS = 60_000;

/** What a site has of its own: React, and the types that TypeScript needs. */
const OWN = {
  react: "tests/e2e/node_modules/react",
  "react-dom": "tests/e2e/node_modules/react-dom",
  "@types/node": "web/node_modules/@types/node",
  "@types/react": "web/node_modules/@types/react",
  "@types/react-dom": "web/node_modules/@types/react-dom",
};

/** A port that was free a moment ago. */
export async function freeTcpPort() {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An empty project into which the package was installed that this server gives out. */
export class Project {
  /** The examples alone. */
  static async copy() {
    const project = new Project();
    project.directory = await mkdtemp(path.join(tmpdir(), "viva-site-"));
    await cp(EXAMPLES, project.directory, { recursive: true });
    return project;
  }

  static async install(vivaUrl) {
    const project = await Project.copy();
    const packed = await fetch(`${vivaUrl}/client/viva-interview-client.tgz`);
    if (!packed.ok) throw new Error(`the package: ${packed.status}`);
    const file = path.join(project.directory, "client.tgz");
    await writeFile(file, Buffer.from(await packed.arrayBuffer()));
    await writeFile(path.join(project.directory, "package.json"), '{ "private": true, "type": "module" }');
    const options = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=peer"];
    await run("npm", ["install", ...options, file], { cwd: project.directory, timeout: LIMIT_MS });
    for (const [name, from] of Object.entries(OWN)) {
      const to = path.join(project.directory, "node_modules", name);
      await mkdir(path.dirname(to), { recursive: true });
      await symlink(path.join(ROOT, from), to);
    }
    return project;
  }

  /** What TypeScript finds wrong with these files, as strict as it can be, by both ways of finding modules. */
  async faults(files) {
    const found = [];
    for (const [module, moduleResolution] of [
      ["ESNext", "Bundler"],
      ["NodeNext", "NodeNext"],
    ]) {
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        target: "ES2022",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        jsx: "react-jsx",
        types: ["node"],
        allowJs: true,
        module,
        moduleResolution,
      };
      await writeFile(path.join(this.directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
      const tsc = path.join(ROOT, "web/node_modules/typescript/lib/tsc.js");
      const options = { cwd: this.directory, timeout: LIMIT_MS };
      await run(process.execPath, [tsc, "-p", "."], options).catch(({ stdout, stderr }) =>
        found.push(stdout || stderr),
      );
    }
    return found;
  }

  bundle(from, to, options = {}) {
    return build({
      absWorkingDir: this.directory,
      entryPoints: [from],
      outfile: path.join(this.directory, to),
      bundle: true,
      format: "esm",
      logLevel: "silent",
      ...options,
    });
  }

  /** Runs one of the project's programs to its end, and gives what it printed. */
  async run(command, args, env) {
    const options = { cwd: this.directory, env: { PATH: process.env.PATH, ...env }, timeout: LIMIT_MS };
    return (await run(command, args, options)).stdout;
  }

  file(name) {
    return readFile(path.join(this.directory, name), "utf8");
  }

  async discard() {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** `docs/examples/server.mjs` as it stands. */
export async function startSite(directory, { port, vivaUrl, apiKey }) {
  const env = { PATH: process.env.PATH, PORT: String(port), VIVA_URL: vivaUrl, VIVA_API_KEY: apiKey };
  const site = spawn(process.execPath, ["server.mjs"], { cwd: directory, env, stdio: ["ignore", "pipe", "inherit"] });
  const ready = new Promise((resolve, reject) => {
    site.once("error", reject);
    site.once("exit", (code) => reject(new Error(`the site left with ${code}`)));
    site.stdout.once("data", resolve);
  });
  await within(LIMIT_MS, ready, () => "the site does not come up");
  return {
    stop: async () => {
      const gone = new Promise((resolve) => site.once("exit", resolve));
      if (site.exitCode !== null || site.signalCode !== null) return;
      site.kill("SIGTERM");
      await gone;
    },
  };
}
