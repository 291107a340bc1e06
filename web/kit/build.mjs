/**
 * Builds the client library into `kit/package` (an npm package: `npm pack` works on it) and puts what a server gives
 * out into `assets/web/client`. Runs after the pages, whose build empties `assets/web`.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { declarations } from "./declarations.mjs";
import { tarball } from "./tarball.mjs";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = path.join(WEB, "kit/package");
const SERVED = path.join(WEB, "../assets/web/client");
const NAME = "viva-interview-client";

process.chdir(WEB);
await build({ configFile: "kit/vite.config.ts", logLevel: "warn" });
await build({ configFile: "kit/vite.embed.config.ts", logLevel: "warn" });

const typed = path.join(WEB, "kit/declarations");
await rm(typed, { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/lib/tsc.js", "-p", "kit/tsconfig.json"], {
  stdio: "inherit",
});
await declarations({
  from: typed,
  sources: path.join(WEB, "src"),
  to: path.join(PACKAGE, "types"),
  entries: ["kit/client.d.ts", "kit/react.d.ts", "kit/embed.d.ts"],
  modules: path.join(WEB, "node_modules"),
});
await rm(typed, { recursive: true });
await writeFile(path.join(PACKAGE, "types/style.d.ts"), "export {};\n");

const [, version] = /^version = "(.+)"$/m.exec(await readFile("../Cargo.toml", "utf8")) ?? [];
if (version === undefined) throw new Error("Cargo.toml names no version");
const manifest = JSON.parse(await readFile("kit/package.template.json", "utf8"));
await writeFile(path.join(PACKAGE, "package.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
await cp("kit/README.md", path.join(PACKAGE, "README.md"));
await cp("../LICENSE", path.join(PACKAGE, "LICENSE"));

await rm(SERVED, { recursive: true, force: true });
await mkdir(SERVED, { recursive: true });
const isServed = (file) => /\.(js|css)$/.test(file) && !file.startsWith("types");
const files = (await readdir(PACKAGE, { recursive: true })).filter(isServed);
for (const file of files) await cp(path.join(PACKAGE, file), path.join(SERVED, file));
await writeFile(path.join(SERVED, `${NAME}.tgz`), await tarball(PACKAGE));
