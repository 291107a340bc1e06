import { afterEach, describe, expect, it, vi } from "vitest";
import { askForInvite, invite } from "./early";

function countRequests(): () => string[] {
  const seen: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    seen.push(url);
    return Promise.resolve(new Response(JSON.stringify({ title: url }), { status: 200 }));
  });
  return () => seen;
}

describe("an invitation that was asked for early", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is asked for once, and anew the next time", async () => {
    const seen = countRequests();
    askForInvite("abc");
    expect((await invite("abc")).title).toContain("abc");
    expect(seen()).toHaveLength(1);
    await invite("abc");
    expect(seen()).toHaveLength(2);
  });

  it("is not given to another link", async () => {
    const seen = countRequests();
    askForInvite("abc");
    expect((await invite("other")).title).toContain("other");
    expect(seen()).toHaveLength(2);
  });

  it("fails where it is taken", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    askForInvite("abc");
    await expect(invite("abc")).rejects.toThrow("cannot be reached");
  });
});
