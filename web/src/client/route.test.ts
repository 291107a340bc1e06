import { describe, expect, it } from "vitest";
import { tokenFromHash } from "./memory";
import { interviewAddress, localPart, routeOf } from "./route";

describe("addresses", () => {
  it("name their pages", () => {
    expect(routeOf("/")).toEqual({ page: "home" });
    expect(routeOf("/i/abc")).toEqual({ page: "invite", code: "abc" });
    expect(routeOf("/embed/i/abc")).toEqual({ page: "embedded", code: "abc" });
    expect(routeOf("/interview/ses_1/")).toEqual({ page: "interview", sessionId: "ses_1" });
    expect(routeOf("/results/ses_1")).toEqual({ page: "results", sessionId: "ses_1" });
    expect(routeOf("/interviews")).toEqual({ page: "interviews" });
    expect(routeOf("/interviews/new")).toEqual({ page: "editor", interviewId: "new" });
    expect(routeOf("/sessions/ses_1")).toEqual({ page: "liveSession", sessionId: "ses_1" });
    expect(routeOf("/rooms/a1b2c3")).toEqual({ page: "room", code: "a1b2c3" });
    for (const [path, page] of [
      ["/sign-in", "signIn"],
      ["/sessions", "sessions"],
      ["/rooms", "rooms"],
      ["/status", "status"],
    ] as const) {
      expect(routeOf(path)).toEqual({ page });
    }
  });

  it("are unknown when they are anything else", () => {
    for (const path of ["/nothing", "/i", "/i/a/b", "/results/%E0%A4%A", "/embed/i", "/embed/x/y", "/toString"]) {
      expect(routeOf(path)).toEqual({ page: "unknown" });
    }
  });

  it("keep the token out of what reaches a server", () => {
    const address = new URL(interviewAddress("s/1", "a+b/c="), "http://host");
    expect(address.pathname).toBe("/interview/s%2F1");
    expect(tokenFromHash(address.hash)).toBe("a+b/c=");
    expect([tokenFromHash("#token="), tokenFromHash("")]).toEqual([null, null]);
    expect(localPart("https://viva.example/interview/x#token=t", "http://127.0.0.1:8000/")).toBe(
      "/interview/x#token=t",
    );
  });
});
