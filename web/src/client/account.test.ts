import { afterEach, describe, expect, it, vi } from "vitest";
import { account, credential, expiryOf, keepApiKey, localTarget, signIn, signOut, subscribe } from "./account";

const ORIGIN = "https://viva.example";

afterEach(() => signOut());

describe("where one goes after signing in", () => {
  it("is where one came from", () => {
    expect(localTarget("/sessions?state=live#top", ORIGIN)).toBe("/sessions?state=live#top");
    expect(localTarget(null, ORIGIN)).toBe("/interviews");
  });

  it.each([
    "//evil.example/x",
    "/\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "",
    "/sign-in?then=/",
  ])("is never %j", (then) => {
    expect(localTarget(then, ORIGIN)).toBe("/interviews");
  });
});

describe("the account of a tab", () => {
  it("is a person's token or a platform's key, whichever came last", () => {
    expect(credential()).toBeNull();
    signIn({ bearer: "a.b.c", email: "a@example.com", expiresAtMs: 5 });
    expect(credential()).toEqual({ bearer: "a.b.c" });
    expect(account()?.email).toBe("a@example.com");
    keepApiKey("key");
    expect(credential()).toEqual({ apiKey: "key" });
    expect(account()).toBeNull();
    signOut();
    expect(credential()).toBeNull();
  });

  it("tells who listens", () => {
    const heard = vi.fn();
    const stop = subscribe(heard);
    keepApiKey("key");
    stop();
    signOut();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("the end of a token", () => {
  it("is read from it, and unknown where it says nothing", () => {
    const token = (payload: unknown): string => `h.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.s`;
    expect(expiryOf(token({ exp: 1_700_000_000 }))).toBe(1_700_000_000_000);
    expect(expiryOf(token({ sub: "x" }))).toBeNull();
    expect(expiryOf("no token")).toBeNull();
  });
});
