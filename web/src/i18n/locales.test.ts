import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const SOURCES = path.join(import.meta.dirname, "..");
const LOCALES = path.join(import.meta.dirname, "locales");
/** How languages tell amounts apart (CLDR). */
const PLURAL = /_(zero|one|two|few|many|other)$/;

type Texts = { [key: string]: string | Texts };

/** Every text of a part by its whole key: `steps.now`. */
function flat(texts: Texts, prefix = ""): Map<string, string> {
  const entries = Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[prefix + key, value]] : [...flat(value, `${prefix}${key}.`)],
  );
  return new Map(entries);
}

function part(language: string, file: string): Map<string, string> {
  return flat(JSON.parse(readFileSync(path.join(LOCALES, language, file), "utf8")) as Texts);
}

/** What a translation has to keep: `{{count}}`, `<b>`. */
function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{[^}]*\}\}|<[^>]*>/g)].map(([found]) => found).sort();
}

/** What is wrong with a translation, in words for whoever translates. */
export function faults(english: Map<string, string>, other: Map<string, string>): string[] {
  const bases = new Map([...english].map(([key, text]) => [key.replace(PLURAL, ""), { key, text }]));
  return [...other].flatMap(([key, text]) => {
    const base = english.has(key) ? { key, text: english.get(key) ?? "" } : bases.get(key.replace(PLURAL, ""));
    if (base === undefined || (PLURAL.test(key) && !PLURAL.test(base.key)))
      return [`${key}: English has no such text`];
    const [wanted, found] = [placeholders(base.text), placeholders(text)];
    const isSame = wanted.join() === found.join();
    // "One minute" needs no number.
    const isOne = key.endsWith("_one") && found.every((entry) => wanted.includes(entry));
    return isSame || isOne
      ? []
      : [`${key}: has ${found.join(" ") || "nothing"} for ${wanted.join(" ") || "nothing"}`];
  });
}

/** All the text literals of our sources: whole ones, and patterns where something is put into one. */
function literals(): { whole: Set<string>; patterns: RegExp[] } {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  const own = files.filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|generated/.test(file));
  const whole = new Set<string>();
  const patterns: RegExp[] = [];
  for (const file of own) {
    const text = readFileSync(path.join(SOURCES, file), "utf8");
    for (const [, literal = ""] of text.matchAll(/"([^"\n]*)"/g)) whole.add(literal);
    // In what is put into a template there are literals too, so both are looked for in all of the text.
    for (const [, template = ""] of text.matchAll(/`([^`\n]*)`/g)) {
      const fixed = template.split(/\$\{[^}]*\}/);
      if (fixed.length === 1) whole.add(template);
      // `state.${name}`: a key but for its variable parts.
      const isKey = fixed.every((words) => /^[\w.]*$/.test(words)) && fixed.some((words) => /\w\.|\.\w/.test(words));
      if (fixed.length < 2 || !isKey) continue;
      patterns.push(new RegExp(`^${fixed.map((words) => words.replaceAll(".", "\\.")).join("[\\w.]+")}$`));
    }
  }
  return { whole, patterns };
}

describe("translations", () => {
  it("are told apart from English by their words alone", () => {
    const english = new Map(
      Object.entries({ a: "Hello {{name}}", min_one: "{{count}} minute", min_other: "{{count}} m" }),
    );
    const good = new Map(Object.entries({ a: "Hallo {{name}}", min_one: "Eine Minute", min_few: "{{count}} M" }));
    expect(faults(english, good)).toEqual([]);
    const bad = new Map(Object.entries({ a: "Hallo", b: "Neu", a_one: "{{name}}", min_few: "Minuten" }));
    expect(faults(english, bad).map((fault) => fault.split(":")[0])).toEqual(["a", "b", "a_one", "min_few"]);
  });

  it.each(readdirSync(LOCALES))("of %s have English keys and the same placeholders", (language) => {
    const english = readdirSync(path.join(LOCALES, "en"));
    for (const file of readdirSync(path.join(LOCALES, language))) {
      expect(english, `${language}/${file}`).toContain(file);
      expect(faults(part("en", file), part(language, file)), `${language}/${file}`).toEqual([]);
    }
  });
});

describe("the English texts", () => {
  it("are all used by a page", () => {
    const { whole, patterns } = literals();
    const isUsed = (key: string): boolean =>
      [key, key.replace(PLURAL, "")].some(
        (name) => whole.has(name) || patterns.some((pattern) => pattern.test(name)),
      );
    const unused = readdirSync(path.join(LOCALES, "en")).flatMap((file) =>
      [...part("en", file).keys()].filter((key) => !isUsed(key)).map((key) => `${file} ${key}`),
    );
    expect(unused).toEqual([]);
  });
});
