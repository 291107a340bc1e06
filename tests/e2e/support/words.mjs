/** Counting wrong words, with the normalisation of DESIGN.md section 8. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "./viva.mjs";

const SPEECH = path.join(ROOT, "tests/fixtures/speech");

/** Lower case, hyphens to spaces, no punctuation, `mr` is `mister`. */
export function normalised(text) {
  return text
    .toLowerCase()
    .replace(/[-‐‑–—]/g, " ")
    .replace(/[^\p{L}\p{N}\s]/gu, "")
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => (word === "mr" ? "mister" : word));
}

/** Words to substitute, insert or delete to get from what was heard to what was said. */
export function wrongWords(said, heard) {
  const expected = normalised(said);
  const actual = normalised(heard);
  let row = actual.map((_, index) => index + 1);
  row.unshift(0);
  for (let i = 1; i <= expected.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= actual.length; j += 1) {
      const same = expected[i - 1] === actual[j - 1] ? 0 : 1;
      next.push(Math.min(row[j - 1] + same, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

/** The four clips of recorded speech, in order of their names, with what is said in each. */
export async function speechClips() {
  const table = await readFile(path.join(SPEECH, "README.md"), "utf8");
  const rows = [...table.matchAll(/^\| (\S+\.wav) \| (.+?) \|$/gm)];
  return Promise.all(
    rows.map(async ([, name, words]) => ({
      name,
      words,
      file: path.join(SPEECH, name),
      wav: (await readFile(path.join(SPEECH, name))).toString("base64"),
    })),
  );
}
