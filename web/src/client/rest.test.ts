import { afterEach, describe, expect, it, vi } from "vitest";
import { account, credential, expiryOf, keepApiKey, signIn, signOut, subscribe } from "./account";
import { ApiError, UnreachableError } from "./http";
import { data, restClient } from "./rest";

function answers(status: number, body: unknown): () => Request {
  let seen: Request | undefined;
  vi.stubGlobal("fetch", (request: Request) => {
    seen = request;
    return Promise.resolve(
      new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }),
    );
  });
  return () => seen as Request;
}

describe("the typed client", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    signOut();
  });

  it("asks with the credential of the moment and gives the body", async () => {
    const request = answers(200, { kinds: [] });
    const rest = restClient(credential, "http://viva.test");
    signIn({ bearer: "t1", email: "a@b.example", expiresAtMs: 1 });
    expect(data(await rest.GET("/api/v1/kinds"))).toEqual({ kinds: [] });
    expect(request().headers.get("authorization")).toBe("Bearer t1");
    keepApiKey("k1");
    await rest.GET("/api/v1/kinds");
    expect([request().headers.get("authorization"), request().headers.get("x-api-key")]).toEqual([null, "k1"]);
  });

  it("throws what went wrong", async () => {
    const rest = restClient(() => null, "http://viva.test");
    answers(404, { code: "not_found", detail: "no such thing" });
    await expect(rest.GET("/api/v1/kinds")).rejects.toMatchObject({ code: "not_found", message: "no such thing" });
    await expect(rest.GET("/api/v1/kinds")).rejects.toBeInstanceOf(ApiError);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
    await expect(rest.GET("/api/v1/kinds")).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe("who is signed in", () => {
  it("is told to whoever listens, and forgotten at the end", () => {
    const heard = vi.fn();
    const stop = subscribe(heard);
    signIn({ bearer: "t", email: "a@b.example", expiresAtMs: 5 });
    expect(account()?.email).toBe("a@b.example");
    signOut();
    expect([account(), credential(), heard.mock.calls.length]).toEqual([null, null, 2]);
    stop();
  });

  it("is known until the token says", () => {
    const token = `x.${btoa(JSON.stringify({ exp: 1_700_000_000 }))}.y`;
    expect(expiryOf(token)).toBe(1_700_000_000_000);
    expect(expiryOf("nonsense")).toBeNull();
  });
});
