import { describe, expect, it } from "vitest";
import { unheard } from "./reviewHeard";

describe("unheard", () => {
  it("gives the words that were generated after the last one heard", () => {
    expect(unheard("Hello, and", "Hello, and welcome to this talk.")).toBe("welcome to this talk.");
    expect(unheard("Hello", "Hello, and welcome.")).toBe("and welcome.");
    expect(unheard("", "All of it.")).toBe("All of it.");
  });

  it("gives nothing where all was heard, or where the texts differ in another way", () => {
    expect(unheard("Hello.", "Hello.")).toBeNull();
    expect(unheard("Hello.", null)).toBeNull();
    expect(unheard("Good day to you", "Hello there my friend")).toBeNull();
  });
});
