import { describe, expect, it } from "vitest";
import { recall, remember } from "./preferences";

function store(text?: string) {
  const kept = new Map<string, string>(text === undefined ? [] : [["viva.room", text]]);
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

describe("what is remembered", () => {
  it("comes back, piece by piece", () => {
    const own = store();
    remember({ name: "Ann" }, own);
    remember({ camera: "cam-1", shortcuts: false }, own);
    expect(recall(own)).toMatchObject({ name: "Ann", camera: "cam-1", shortcuts: false, withCamera: true });
  });

  it("is nothing where the store is empty, broken, strange or forbidden", () => {
    for (const text of [undefined, "{", "[1]", '{"name": 7, "camera": {}, "withCamera": "no"}']) {
      expect(recall(store(text))).toMatchObject({ name: "", camera: null, withCamera: true });
    }
    expect(recall(null).name).toBe("");
    expect(() => remember({ name: "Ann" }, null)).not.toThrow();
  });
});
