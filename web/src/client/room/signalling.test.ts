import { describe, expect, it } from "vitest";
import { refusalOf, signallingUrl } from "./signalling";

describe("what an error of the room means", () => {
  it("tells the ends of a room apart", () => {
    expect(refusalOf("not_found", "There is no room with that code", false)).toBe("unknown");
    expect(refusalOf("room_closed", "The room is closed", false)).toBe("closed");
    expect(refusalOf("room_closed", "the room has expired", true)).toBe("expired");
  });

  it("waits for its own place when it comes back to a full room", () => {
    expect(refusalOf("room_full", "The room is full", false)).toBe("full");
    expect(refusalOf("room_full", "The room is full", true)).toBeNull();
  });

  it("tries again after anything else", () => {
    for (const code of ["rate_limited", "draining", "internal", "surprise"])
      expect(refusalOf(code, "", false)).toBeNull();
  });
});

describe("the address of the signalling", () => {
  it("is beside the page, as safe as the page", () => {
    expect(signallingUrl("https://viva.example")).toBe("wss://viva.example/ws");
    expect(signallingUrl("http://localhost:8000")).toBe("ws://localhost:8000/ws");
  });
});
