import { describe, expect, it } from "vitest";
import { frameAddress, parentOrigin, parseFrameMessage } from "./frame";

describe("the origin that hears of a frame", () => {
  it("is the one that the address names, and only an origin", () => {
    expect(parentOrigin("?parent=https%3A%2F%2Fjobs.example")).toBe("https://jobs.example");
    expect(parentOrigin("?lang=de&parent=http://127.0.0.1:3000/")).toBe("http://127.0.0.1:3000");
    for (const other of [
      "",
      "?parent=",
      "?parent=*",
      "?parent=null",
      "?parent=javascript:alert(1)",
      "?parent=jobs",
    ]) {
      expect(parentOrigin(other), other).toBeNull();
    }
    for (const more of ["https://jobs.example/path", "https://user@jobs.example", "https://jobs.example:443"]) {
      expect(parentOrigin(`?parent=${encodeURIComponent(more)}`), more).toBeNull();
    }
  });
});

describe("the address of a frame", () => {
  it("is the embedded page of an invitation's link", () => {
    const parent = "https://jobs.example";
    expect(frameAddress("https://viva.example/i/abc?lang=de", parent)).toBe(
      "https://viva.example/embed/i/abc?lang=de&parent=https%3A%2F%2Fjobs.example",
    );
    expect(frameAddress("https://viva.example:8443/embed/i/a%2Fb?parent=https://evil.example", parent)).toBe(
      "https://viva.example:8443/embed/i/a%2Fb?parent=https%3A%2F%2Fjobs.example",
    );
  });

  it("is none for any other link", () => {
    for (const link of ["", "abc", "javascript:alert(1)//i/abc", "https://viva.example/results/abc", "ftp://v/i/a"]) {
      expect(frameAddress(link, "https://jobs.example"), link).toBeNull();
    }
  });
});

describe("a frame's messages", () => {
  it("come through with the fields that are known, and no others", () => {
    const state = {
      source: "viva",
      type: "viva.state",
      phase: "live",
      question: { number: 1, total: 3, text: "Why?" },
    };
    expect(parseFrameMessage(state)).toEqual({ ...state, question: { number: 1, total: 3 } });
    expect(parseFrameMessage({ source: "viva", type: "viva.ready", microphone: "blocked", words: "x" })).toEqual({
      source: "viva",
      type: "viva.ready",
      microphone: "blocked",
    });
    expect(parseFrameMessage({ source: "viva", type: "viva.ended", saved: "yes", endReason: 1 })).toEqual({
      source: "viva",
      type: "viva.ended",
      saved: false,
      endReason: null,
    });
    expect(parseFrameMessage({ source: "viva", type: "viva.height", height: 812.4 })).toMatchObject({ height: 813 });
  });

  it("are bounded, and nothing else is taken for one", () => {
    expect(parseFrameMessage({ source: "viva", type: "viva.height", height: 1e9 })).toMatchObject({ height: 20_000 });
    const strange = [
      null,
      "viva.ready",
      { type: "viva.ready" },
      { source: "viva", type: "viva.height", height: Number.NaN },
      { source: "viva", type: "viva.height", height: -4 },
      { source: "viva", type: "viva.state", phase: "boom" },
      { source: "viva", type: "viva.words", text: "secret" },
    ];
    for (const message of strange) expect(parseFrameMessage(message)).toBeNull();
  });
});
