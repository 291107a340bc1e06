import { describe, expect, test } from "vitest";
import { addressOfMoment, momentFromHash } from "./reviewMoment";

describe("a moment in an address", () => {
  test("is read in seconds, minutes and hours, also beside a token", () => {
    expect(momentFromHash("#t=83.4")).toBe(83_400);
    expect(momentFromHash("#t=1:23.4")).toBe(83_400);
    expect(momentFromHash("#t=1:02:03")).toBe(3_723_000);
    expect(momentFromHash("#token=abc&t=0")).toBe(0);
  });

  test("is none where there is none, or what stands there is no time", () => {
    for (const hash of ["", "#", "#token=abc", "#t=", "#t=soon", "#t=-4", "#t=1e3", "#t=1:2:3:4", "#t=Infinity"]) {
      expect(momentFromHash(hash), hash).toBeNull();
    }
  });

  test("is written so that it is read back, and never takes a token along", () => {
    const address = addressOfMoment("https://viva.example/results/ses_1?lang=de#token=secret&t=4", 83_412);
    expect(address).toBe("https://viva.example/results/ses_1?lang=de#t=83.412");
    expect(momentFromHash(new URL(address).hash)).toBe(83_412);
    expect(addressOfMoment("https://viva.example/results/ses_1", -5)).toBe("https://viva.example/results/ses_1#t=0");
  });
});
