import { describe, expect, it } from "vitest";
import { problemOf } from "./microphone";

describe("problemOf", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "none"],
    ["OverconstrainedError", "none"],
    ["NotReadableError", "busy"],
    ["TypeError", "unsupported"],
  ])("%s is %s", (name, problem) => {
    expect(problemOf(new DOMException("", name))).toBe(problem);
  });
});
