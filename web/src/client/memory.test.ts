import { describe, expect, it } from "vitest";
import { forgetInvite, recallInvite, recallToken, rememberInvite, rememberToken } from "./memory";

function store() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

const REFUSING = {
  getItem: () => null,
  setItem: () => {
    throw new Error("full");
  },
};

describe("memory", () => {
  it("remembers a token by its session", () => {
    const own = store();
    rememberToken("a", "t", own);
    expect(recallToken("a", own)).toBe("t");
    expect(recallToken("b", own)).toBeNull();
  });

  it("works without a store, and with one that refuses", () => {
    rememberToken("a", "t", REFUSING);
    rememberToken("a", "t", null);
    expect(recallToken("a", null)).toBeNull();
    rememberInvite({ code: "c", sessionId: "s", token: "t", expiresAtMs: 10 }, 0, REFUSING);
    expect(recallInvite("c", 0, null)).toBeNull();
  });

  it("leads an invite back to its session until that expires, or is over", () => {
    const own = store();
    const kept = { code: "c", sessionId: "s", token: "t", expiresAtMs: 100 };
    rememberInvite(kept, 0, own);
    rememberInvite({ ...kept, code: "d", sessionId: "other" }, 0, own);
    expect(recallInvite("c", 99, own)).toEqual(kept);
    expect(recallInvite("c", 100, own)).toBeNull();
    forgetInvite("s", 50, own);
    expect(recallInvite("c", 50, own)).toBeNull();
    expect(recallInvite("d", 50, own)?.sessionId).toBe("other");
  });

  it("keeps the latest session of an invite, and reads past what is no memory of ours", () => {
    const own = store();
    rememberInvite({ code: "c", sessionId: "first", token: "t", expiresAtMs: 100 }, 0, own);
    rememberInvite({ code: "c", sessionId: "second", token: "u", expiresAtMs: 100 }, 0, own);
    expect(recallInvite("c", 0, own)?.sessionId).toBe("second");
    own.setItem("viva.invites", '[{"code": 1}, null, "x"]');
    expect(recallInvite("c", 0, own)).toBeNull();
    own.setItem("viva.invites", "no JSON");
    expect(recallInvite("c", 0, own)).toBeNull();
  });
});
