import { describe, expect, it } from "vitest";
import { bodyOf, emptyInvite, localTime, mailAddress, zoneName } from "./invite";

describe("an invitation", () => {
  it("begins with a week and one attempt, in local time", () => {
    const form = emptyInvite(new Date(2026, 10, 21, 9, 30).getTime());
    expect(form).toEqual({ opens: "", closes: "2026-11-28T23:59", attempts: 1, email: "", name: "" });
    expect(bodyOf(form)).toEqual({ closes_at: new Date(2026, 10, 28, 23, 59).toISOString(), attempts: 1 });
  });

  it("sends what was written, and leaves out what was not", () => {
    const form = { opens: "2026-03-01T08:05", closes: "", attempts: null, email: " a@example.com ", name: " " };
    expect(bodyOf(form)).toEqual({ opens_at: new Date(2026, 2, 1, 8, 5).toISOString(), email: "a@example.com" });
    expect(localTime(new Date(2026, 2, 1, 8, 5))).toBe("2026-03-01T08:05");
  });

  it("names the time zone", () => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    expect(zoneName("en")).toContain(timeZone);
  });

  it("makes a mail whose text stays whole", () => {
    const mail = new URL(mailAddress("a+b@example.com", "Interview & more", ["Hello", "https://x.example/i/1?a=b"]));
    expect(decodeURIComponent(mail.pathname)).toBe("a+b@example.com");
    expect(mail.searchParams.get("subject")).toBe("Interview & more");
    expect(mail.searchParams.get("body")).toBe("Hello\r\n\r\nhttps://x.example/i/1?a=b");
  });
});
