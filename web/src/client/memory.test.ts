import { describe, expect, it } from "vitest";
import { recallToken, rememberToken } from "./memory";

describe("memory", () => {
  it("remembers a token by its session", () => {
    const kept = new Map<string, string>();
    const store = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    rememberToken("a", "t", store);
    expect(recallToken("a", store)).toBe("t");
    expect(recallToken("b", store)).toBeNull();
  });

  it("works without a store, and with one that refuses", () => {
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new Error("full");
      },
    };
    rememberToken("a", "t", refusing);
    rememberToken("a", "t", null);
    expect(recallToken("a", null)).toBeNull();
  });
});
