import { describe, expect, it } from "vitest";
import { ApiError, type HttpClient, UnreachableError } from "../http";
import { RoomDoor, codeOf } from "./door";

describe("a code that somebody typed", () => {
  it.each([
    ["a7x9k2", "a7x9k2"],
    [" A7X-9K2 ", "a7x9k2"],
    ["https://viva.example/rooms/a7x9k2/", "a7x9k2"],
    ["https://viva.example/rooms/a7x9k2?lang=de#x", "a7x9k2"],
  ])("%s is %s", (typed, code) => expect(codeOf(typed)).toBe(code));

  it.each(["", "a7x9k", "a7x9k2b", "a7x9k!", "https://viva.example/"])("%s is none", (typed) =>
    expect(codeOf(typed)).toBeNull(),
  );
});

function door(answers: (() => unknown)[], clock = { ms: 0 }): RoomDoor {
  const get = async () => {
    const next = answers.shift();
    if (!next) throw new Error("asked once too often");
    return next();
  };
  return new RoomDoor({ get } as unknown as HttpClient, "a7x9k2", () => clock.ms);
}

const refuse =
  (status: number, code: string, detail = "") =>
  () => {
    throw new ApiError(status, code, detail, null, null);
  };

describe("knocking", () => {
  const good = () => ({ iceServers: [{ urls: "stun:stun.example" }], ttl: 100 });

  it("keeps the servers for the first half of their life", async () => {
    const clock = { ms: 0 };
    const room = door([good, () => ({ iceServers: [], ttl: 100 })], clock);
    expect(await room.knock()).toEqual({ open: true });
    clock.ms = 49_000;
    expect(await room.iceServers()).toHaveLength(1);
    clock.ms = 51_000;
    expect(await room.iceServers()).toHaveLength(0);
  });

  it("tells why nobody is let in", async () => {
    expect(await door([refuse(409, "room_full")]).knock()).toEqual({ open: false, refusal: "full" });
    expect(await door([refuse(404, "not_found")]).knock()).toEqual({ open: false, refusal: "unknown" });
    const over = refuse(409, "room_closed", "The room has expired");
    expect(await door([over]).knock()).toEqual({ open: false, refusal: "expired" });
  });

  it("goes on without a relay that fails, and not without a server", async () => {
    expect(await door([refuse(502, "upstream_failed")]).knock()).toEqual({ open: true });
    await expect(door([refuse(429, "rate_limited")]).knock()).rejects.toBeInstanceOf(ApiError);
    const gone = () => {
      throw new UnreachableError(new Error("offline"));
    };
    await expect(door([gone]).knock()).rejects.toBeInstanceOf(UnreachableError);
  });
});
