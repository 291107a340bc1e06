import { describe, expect, it } from "vitest";
import { tokenFromHash } from "./memory";
import { interviewAddress, localPart, routeOf } from "./route";

describe("addresses", () => {
  it("names the pages", () => {
    expect(routeOf("/")).toEqual({ page: "home" });
    expect(routeOf("/i/abc")).toEqual({ page: "invite", code: "abc" });
    expect(routeOf("/interview/s%201/")).toEqual({ page: "interview", sessionId: "s 1" });
    expect(routeOf("/results/x")).toEqual({ page: "results", sessionId: "x" });
    for (const path of ["/i", "/i/a/b", "/nowhere/x", "/i/%E0%A4%A"])
      expect(routeOf(path)).toEqual({ page: "unknown" });
  });

  it("keeps the token in the fragment, there and back", () => {
    const address = new URL(interviewAddress("s/1", "a+b/c="), "http://host");
    expect(address.pathname).toBe("/interview/s%2F1");
    expect(tokenFromHash(address.hash)).toBe("a+b/c=");
    expect(tokenFromHash("#token=")).toBeNull();
    expect(tokenFromHash("")).toBeNull();
  });

  it("stays on this server", () => {
    expect(localPart("http://other:1/interview/x#token=t", "http://here/")).toBe("/interview/x#token=t");
  });
});
