import { describe, expect, it } from "vitest";
import { bestLanguage, languages, loadTexts, texts } from "./index";
import { pseudo, pseudoText } from "./pseudo";

describe("the language of a page", () => {
  it("is the wanted one, one near it, or English", () => {
    const known = ["en", "de", "pt-BR"];
    expect(bestLanguage(["de-AT", "en"], known)).toBe("de");
    expect(bestLanguage(["pt-PT"], known)).toBe("pt-BR");
    expect(bestLanguage(["pt-br"], known)).toBe("pt-BR");
    expect(bestLanguage(["xx", "fr"], known)).toBe("en");
    expect(bestLanguage([], known)).toBe("en");
  });

  it("has all its texts in English", async () => {
    await loadTexts(["shared", "candidate", "interviewer", "review", "rooms", "operator"], ["xx"]);
    expect(languages()[0]).toBe("en");
    expect(texts("shared")("brand")).toBe("Viva");
  });
});

describe("pseudo texts", () => {
  it("keep placeholders and tags", () => {
    expect(pseudoText("Question {{number}} of <b>{{total}}</b>")).toBe("⟦Qüéstíöñ {{number}} öf <b>{{total}}</b>⟧");
    expect(pseudo({ a: { b: "on" }, list: ["x"] })).toMatchObject({ a: { b: "⟦öñ⟧" } });
  });
});
