/** Reads a contract: what it names, and its snippets, cut out as they are printed. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../support/viva.mjs";

const NOT_VARIABLES = new Set(["JWT_TOKEN", "YOUR_JWT_TOKEN", "API_BASE_URL"]);
const JSON_TYPE = /"type":\s*"([a-z_.]+)"/g;

/** One of `tests/fixtures/contracts/`. */
export class Contract {
  constructor(file) {
    this.file = file;
    this.text = readFileSync(path.join(ROOT, "tests/fixtures/contracts", file), "utf8");
    this.lines = this.text.split("\n");
    this.snippets = this.#snippets();
  }

  /** Fenced blocks by the number of their first fence's line. */
  #snippets() {
    const found = new Map();
    let open;
    this.lines.forEach((line, index) => {
      const fence = /^( *)```(\w*)/.exec(line);
      if (!fence) return open?.body.push(line.slice(open.indent));
      if (!open) {
        open = { at: index + 1, language: fence[2], indent: fence[1].length, body: [] };
        return undefined;
      }
      found.set(open.at, { language: open.language, text: open.body.join("\n") });
      open = undefined;
      return undefined;
    });
    return found;
  }

  /** The text of the snippet whose fence is on this line, with the words of `replace` in place of printed ones. */
  snippet(line, replace = {}) {
    const snippet = this.snippets.get(line);
    if (!snippet) throw new Error(`${this.file} has no snippet on line ${line}`);
    return Object.entries(replace).reduce((text, [printed, real]) => {
      if (!text.includes(printed)) throw new Error(`${this.file}:${line} does not have ${printed}`);
      return text.replaceAll(printed, real);
    }, snippet.text);
  }

  /** A printed JSON value: of a snippet, or of a line with `Request:` or `Response:`. */
  json(line) {
    const text = this.snippets.get(line)?.text ?? /\{.*\}/.exec(this.lines[line - 1])?.[0];
    if (!text) throw new Error(`${this.file}:${line} has no JSON`);
    const plain = text.replace(/^\s*\/\/.*$/gm, "").replace("[...]", "[]");
    return JSON.parse(plain);
  }

  /** Everything that must have a row, as the names that rows cover. */
  names() {
    const names = new Set();
    const add = (kind, pattern) => {
      for (const [, name] of this.text.matchAll(pattern)) names.add(`${kind} ${name}`);
    };
    for (const [, method, route] of this.text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) `?(\/[\w\-/{}:]+)/g)) {
      names.add(`${method} ${route}`);
    }
    for (const [, address] of this.text.matchAll(/\bwss?:\/\/[^\s/`']+(\/[\w\-/{}]+)/g)) names.add(`WS ${address}`);
    add("URL", /onrender\.com(\/[\w/]+)/g);
    add("message", JSON_TYPE);
    add("message", /\btype: '([a-z_.]+)'/g);
    add("message", /^- `([a-z_]+)`: (?!.*\b(?:default|Filter by)\b|Identifier|Firebase|Room found)/gm);
    add("error", /^(?:\| |- `)(\d{3})\b/gm);
    add("error", /status\((\d{3})\)/g);
    add("parameter", /^- `([A-Za-z_]+)`(?: \(optional\))?: (?=.*(?:default|Filter by|Identifier|Firebase))/gm);
    const defaults = /([A-Za-z_]+)`?(?: \(optional\))?(?:: [^\n()]*)? \([^()\n]*default: "?([^)\n"]+)"?\)/g;
    for (const [, name, value] of this.text.matchAll(defaults)) names.add(`default ${name} = ${value}`);
    for (const [, name, value] of this.text.matchAll(/^([A-Z_]+)=(\S+)$/gm)) names.add(`setting ${name} = ${value}`);
    for (const [, name] of this.text.matchAll(/\b(PORT|ALGORITHM|[A-Z]+_[A-Z_]+)\b/g)) {
      if (!NOT_VARIABLES.has(name)) names.add(`variable ${name}`);
    }
    for (const line of this.snippets.keys()) names.add(`snippet ${line}`);
    return names;
  }
}
