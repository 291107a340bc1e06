import { describe, expect, it } from "vitest";
import { scoped, within } from "../../kit/scoped.mjs";

describe("the kit's style sheet", () => {
  it("reaches nothing outside of its part of the page", () => {
    expect(within(":root", ".viva")).toBe(".viva");
    expect(within("body", ".viva")).toBe(".viva");
    expect(within("html[lang] .button", ".viva")).toBe(".viva[lang] .button");
    expect(within("*::before", ".viva")).toBe(".viva *::before");
    expect(within(".body-text", ".viva")).toBe(".viva .body-text");
    expect(within("body-like", ".viva")).toBe(".viva body-like");
  });

  it("leaves the steps of animations and nested rules as they are", () => {
    const { Rule } = scoped(".viva");
    const rule = (selectors: string[], parent: object): { selectors: string[]; parent: object } => ({
      selectors,
      parent,
    });
    const step = rule(["from"], { type: "atrule", name: "keyframes" });
    const nested = rule(["&:hover"], { type: "rule" });
    const plain = rule([".a", ".b"], { type: "root" });
    for (const one of [step, nested, plain, plain]) Rule(one);
    expect([step.selectors, nested.selectors]).toEqual([["from"], ["&:hover"]]);
    expect(plain.selectors).toEqual([".viva .a", ".viva .b"]);
  });
});
