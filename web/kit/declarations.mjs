/**
 * The types of a package: the declarations that its entries reach, with addresses that every module resolution reads,
 * and with those of the libraries that are bundled, so that who installs the package needs nothing else.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Bundled libraries whose types ours name. */
const BUNDLED = ["openapi-fetch", "openapi-typescript-helpers"];
const SPECIFIER = /(\bfrom\s*|\bimport\(\s*|\bimport\s+)(["'])([^"']+)\2/g;

/** `from`: what the compiler made of `sources`. `entries`: the first to go to `to`. `modules`: of the libraries. */
export async function declarations({ from, sources, to, entries, modules }) {
  const waiting = entries.map((entry) => ({ source: path.join(from, entry), target: entry }));
  const done = new Set();
  while (waiting.length > 0) {
    const { source, target } = waiting.pop();
    if (done.has(target)) continue;
    done.add(target);
    const resolve = (specifier) => {
      const found = resolved(specifier, { source, target, from, sources, modules });
      if (found === null) return specifier;
      waiting.push(found);
      const relative = path.posix.relative(path.posix.dirname(target), found.target.replace(/\.d\.ts$/, ".js"));
      return relative.startsWith(".") ? relative : `./${relative}`;
    };
    const text = await declaration(source);
    const written = text.replace(SPECIFIER, (_, before, quote, name) => `${before}${quote}${resolve(name)}${quote}`);
    await mkdir(path.dirname(path.join(to, target)), { recursive: true });
    await writeFile(path.join(to, target), written);
  }
}

async function declaration(source) {
  const text = await readFile(source, "utf8");
  if (!source.endsWith(".json")) return text.replace(/^import\s+["'][^"']+\.css["'];?\n/gm, "");
  return `declare const texts: ${typeOf(JSON.parse(text))};\nexport default texts;\n`;
}

function typeOf(value) {
  if (typeof value !== "object" || value === null) return typeof value;
  const fields = Object.entries(value).map(([key, inside]) => `${JSON.stringify(key)}: ${typeOf(inside)};`);
  return `{ ${fields.join(" ")} }`;
}

/** Where a module's declarations are, and where they go; null for those that whoever installs the package has. */
function resolved(specifier, { source, target, from, sources, modules }) {
  if (BUNDLED.includes(specifier)) {
    return { source: path.join(modules, specifier, "dist/index.d.ts"), target: `bundled/${specifier}.d.ts` };
  }
  if (!specifier.startsWith(".") || target.startsWith("bundled/")) return null;
  const base = path.resolve(path.dirname(source), specifier.replace(/\.js$/, ""));
  const inside = path.relative(from, base).split(path.sep).join("/");
  if (base.endsWith(".json")) return { source: path.join(sources, inside), target: inside.replace(/json$/, "d.ts") };
  const ending = [".d.ts", "/index.d.ts"].find((candidate) => existsSync(base + candidate));
  if (ending === undefined) throw new Error(`${source} names ${specifier}, which has no declarations`);
  return { source: base + ending, target: inside + ending };
}
