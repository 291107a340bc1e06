import { describe, expect, it } from "vitest";
import { type Speaking, columnsFor, speakerOf, tileWidth } from "./layout";

describe("the grid of tiles", () => {
  it("takes the columns that make tiles largest", () => {
    expect(columnsFor(1, 1200, 700, 8)).toBe(1);
    expect(columnsFor(2, 1200, 700, 8)).toBe(2);
    expect(columnsFor(2, 390, 700, 8)).toBe(1);
    expect(columnsFor(5, 1200, 700, 8)).toBe(3);
    expect(columnsFor(16, 1600, 900, 8)).toBe(4);
  });

  it("fits all rows into the space", () => {
    for (const count of [1, 2, 3, 7, 16]) {
      for (const [width, height] of [
        [1200, 700],
        [390, 500],
        [320, 200],
      ] as const) {
        const columns = columnsFor(count, width, height, 8);
        const tile = tileWidth(count, columns, width, height, 8);
        const rows = Math.ceil(count / columns);
        expect(columns * tile + (columns - 1) * 8).toBeLessThanOrEqual(width);
        expect(rows * tile * (9 / 16) + (rows - 1) * 8).toBeLessThanOrEqual(height + 1);
      }
    }
  });

  it("has an answer where there is no space", () => {
    expect(columnsFor(3, 0, 0, 8)).toBe(1);
    expect(tileWidth(3, 1, 0, 0, 8)).toBe(0);
  });
});

describe("who speaks", () => {
  const nobody: Speaking = { key: null, untilMs: 0 };
  const levels = (entries: Record<string, number>) => new Map(Object.entries(entries));

  it("is the loudest above the noise", () => {
    expect(speakerOf(levels({ ann: 0.2, ben: 0.1 }), nobody, 0).key).toBe("ann");
    expect(speakerOf(levels({ ann: 0.001 }), nobody, 0).key).toBeNull();
  });

  it("stays for a pause between words, and not longer", () => {
    const ann = speakerOf(levels({ ann: 0.2 }), nobody, 0);
    expect(speakerOf(levels({ ann: 0 }), ann, 500).key).toBe("ann");
    expect(speakerOf(levels({ ann: 0 }), ann, 2_000).key).toBeNull();
    expect(speakerOf(levels({ ben: 0 }), ann, 500).key).toBeNull();
  });

  it("changes to who is plainly louder", () => {
    const ann = speakerOf(levels({ ann: 0.2 }), nobody, 0);
    expect(speakerOf(levels({ ann: 0.18, ben: 0.2 }), ann, 100).key).toBe("ann");
    expect(speakerOf(levels({ ann: 0.05, ben: 0.2 }), ann, 100).key).toBe("ben");
  });
});
