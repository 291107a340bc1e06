// The contracts, row by row: everything that they name × what was sent × what came back. The rows are in contracts/.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import * as credentials from "./contracts/credentials.mjs";
import { Contract } from "./contracts/document.mjs";
import * as jwt from "./contracts/jwt.mjs";
import * as rooms from "./contracts/rooms.mjs";
import * as spool from "./contracts/spool.mjs";
import { Bench, runRow } from "./contracts/table.mjs";
import * as voice from "./contracts/voice.mjs";
import { ROOT, Viva } from "./support/viva.mjs";

const CONTRACTS = [rooms, jwt, voice, credentials, spool];
const CONTRACT_MS = 240_000;

for (const part of CONTRACTS) {
  const contract = new Contract(part.contract);

  test(`${part.contract}: nothing is without a row`, () => {
    const named = contract.names();
    const covered = new Set([...part.rows.flatMap(({ covers = [] }) => covers), ...Object.keys(part.excused)]);
    const missing = [...named].filter((name) => !covered.has(name));
    const invented = [...covered].filter((name) => !named.has(name));
    assert.deepEqual({ missing, invented }, { missing: [], invented: [] });
    assert.ok(named.size >= 9, "the contract was read");
  });

  test(`${part.contract}: every departure is explained`, async () => {
    const text = await readFile(path.join(ROOT, "ARCHITECTURE.md"), "utf8");
    const [, table] = text.split("## Where we differ and why");
    const subjects = new Set([...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, subject]) => subject.trim()));
    for (const { what, differs } of part.rows) {
      assert.ok(differs === undefined || subjects.has(differs), `${what}: ARCHITECTURE.md has no row "${differs}"`);
    }
  });

  test(part.contract, { timeout: CONTRACT_MS }, async (t) => {
    const kept = {};
    const env = await part.environment(contract, kept);
    const viva = await Viva.start({ env });
    t.after(() => viva.discard());
    const bench = Object.assign(new Bench(contract, viva, t), { kept, key: kept.key });
    for (const row of part.rows) await t.test(row.what, () => runRow(bench, row));
    await writeTable(part.contract, bench.log);
    await part.finish?.(bench);
  });
}

/** The table for people: `tests/e2e/out/`. */
async function writeTable(file, log) {
  const cell = (lines) => lines.join("<br>").replaceAll("|", "\\|").replaceAll("\n", " ").slice(0, 1500);
  const rows = log.map(
    ({ what, covers, sent, came, differs }) =>
      `| ${cell([what])} | ${cell(covers)} | ${cell(sent)} | ${cell(came)} | ${differs ?? ""} |`,
  );
  const out = path.join(ROOT, "tests/e2e/out");
  await mkdir(out, { recursive: true });
  const head = "| what | of the contract | sent | came back | differs |\n| --- | --- | --- | --- | --- |";
  await writeFile(path.join(out, `contract.${file}`), `${head}\n${rows.join("\n")}\n`);
}
