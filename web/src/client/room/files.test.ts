import { describe, expect, it } from "vitest";
import { Assembly, FILE_BYTES_MAX, parseOffer, sha256 } from "./assembly";
import { Files, type Transfer } from "./files";

const OFFER = { id: "0123456789abcdef", name: "a.txt", size: 5, sha256: "0".repeat(64) };

describe("a file in pieces", () => {
  it("is whole when all bytes are there, in their order", async () => {
    const assembly = new Assembly(5);
    expect(assembly.add(new Uint8Array([104, 101]).buffer)).toBe("more");
    expect(assembly.add(new Uint8Array([108, 108, 111]).buffer)).toBe("whole");
    expect(await assembly.blob().text()).toBe("hello");
    expect(assembly.blob().type).toBe("application/octet-stream");
  });

  it("takes nothing beyond what was offered", () => {
    const assembly = new Assembly(2);
    expect(assembly.add(new ArrayBuffer(3))).toBe("too_much");
    expect(assembly.bytes).toBe(0);
  });

  it("has the sum that everybody else finds too", async () => {
    const sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    expect(await sha256(new Blob(["hello"]))).toBe(sum);
  });
});

describe("an offer", () => {
  it("is taken as it should be", () => {
    expect(parseOffer({ type: "file.offer", ...OFFER })).toEqual(OFFER);
  });

  it.each([
    { size: FILE_BYTES_MAX + 1 },
    { size: 0 },
    { size: 1.5 },
    { size: "5" },
    { id: "../x" },
    { name: null },
    { name: "x".repeat(2_000) },
    { sha256: "short" },
  ])("is refused with %o", (wrong) => {
    expect(parseOffer({ ...OFFER, ...wrong })).toBeNull();
  });
});

/** Two pages whose messages reach each other at once; channels are for the browser tests. */
function pair() {
  const seen: { ann: readonly Transfer[]; ben: readonly Transfer[] } = { ann: [], ben: [] };
  const pages: { ann?: Files; ben?: Files } = {};
  let id = 0;
  const page = (own: "ann" | "ben", other: "ann" | "ben") =>
    new Files(
      {
        send: (_, message) => pages[other]?.hear(own, message as Record<string, unknown>) ?? false,
        channel: () => null,
        changed: (transfers) => (seen[own] = transfers),
      },
      () => `${own}00000000${(id += 1)}`,
    );
  pages.ann = page("ann", "ben");
  pages.ben = page("ben", "ann");
  return { ann: pages.ann, ben: pages.ben, seen };
}

describe("offering files", () => {
  it("tells the other name, size and sum, with a name that is safe to save", async () => {
    const { ann, seen } = pair();
    expect(await ann.offer(new Blob(["hello"]), "../a\u202e.txt", ["ben"])).toBeNull();
    expect(seen.ben).toMatchObject([{ direction: "in", person: "ann", name: "a.txt", size: 5, state: "offered" }]);
    expect(seen.ben[0]?.sha256).toBe(seen.ann[0]?.sha256);
  });

  it("refuses what is too large, empty, or for nobody", async () => {
    const { ann } = pair();
    expect(await ann.offer(new Blob([new Uint8Array(FILE_BYTES_MAX + 1)]), "a", ["ben"])).toBe("too_large");
    expect(await ann.offer(new Blob([]), "a", ["ben"])).toBe("empty");
    expect(await ann.offer(new Blob(["a"]), "a", [])).toBe("nobody");
  });

  it("can be declined by the one and cancelled by the other", async () => {
    const { ann, ben, seen } = pair();
    await ann.offer(new Blob(["one"]), "one", ["ben"]);
    await ann.offer(new Blob(["two"]), "two", ["ben"]);
    const [one, two] = seen.ben;
    ben.answer(one?.id ?? "", false);
    ann.cancel(seen.ann[1]?.id ?? "");
    expect(seen.ann.map(({ state }) => state)).toEqual(["declined", "cancelled"]);
    expect(seen.ben.map(({ state }) => state)).toEqual(["declined", "cancelled"]);
    ben.answer(two?.id ?? "", true);
    expect(seen.ben[1]?.state).toBe("cancelled");
  });

  it("ends what was under way with somebody who is gone", async () => {
    const { ann, seen } = pair();
    await ann.offer(new Blob(["one"]), "one", ["ben"]);
    ann.gone("ben");
    expect(seen.ann[0]?.state).toBe("failed");
  });

  it("does not let somebody fill the list with offers", async () => {
    const { ann, seen } = pair();
    for (let n = 0; n < 15; n += 1) await ann.offer(new Blob([`file ${n}`]), `file ${n}`, ["ben"]);
    expect(seen.ben).toHaveLength(10);
    expect(seen.ann.filter(({ state }) => state === "declined")).toHaveLength(5);
  });
});
