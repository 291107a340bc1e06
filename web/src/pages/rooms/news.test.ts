import { describe, expect, it } from "vitest";
import type { CallState, Person } from "../../client/room/call";
import { newsBetween } from "./news";

const EMPTY: CallState = {
  phase: "in",
  refusal: null,
  lineLost: false,
  people: [],
  messages: [],
  transfers: [],
  sharing: null,
};
const ANN: Person = {
  key: "a",
  name: "Ann",
  connection: "connected",
  reachable: true,
  microphone: true,
  camera: true,
  media: null,
  screen: null,
};

describe("news of a call", () => {
  it("tells who comes and goes, and not who was here before", () => {
    const with_ = { ...EMPTY, people: [ANN] };
    expect(newsBetween(EMPTY, with_)).toEqual([{ key: "came", name: "Ann" }]);
    expect(newsBetween(with_, EMPTY)).toEqual([{ key: "left", name: "Ann" }]);
    expect(newsBetween({ ...EMPTY, phase: "joining" }, with_)).toEqual([]);
    expect(newsBetween(with_, { ...with_, people: [{ ...ANN, microphone: false }] })).toEqual([]);
  });

  it("tells of a connection that is lost once", () => {
    const lost = { ...EMPTY, people: [{ ...ANN, connection: "reconnecting" as const }] };
    expect(newsBetween({ ...EMPTY, people: [ANN] }, lost)).toEqual([{ key: "lost", name: "Ann" }]);
    expect(newsBetween(lost, lost)).toEqual([]);
  });

  it("reads messages of others out, not one's own", () => {
    const message = { id: 1, person: "a", name: "Ann", text: "Hello", atMs: 0 };
    const own = { id: 2, person: null, name: "Me", text: "Hi", atMs: 0 };
    const after = { ...EMPTY, messages: [message, own] };
    expect(newsBetween(EMPTY, after)).toEqual([{ key: "message", name: "Ann", text: "Hello" }]);
    expect(newsBetween(after, after)).toEqual([]);
  });

  it("tells when the line is lost and back", () => {
    const lost = { ...EMPTY, lineLost: true };
    expect(newsBetween(EMPTY, lost)).toEqual([{ key: "lineLost" }]);
    expect(newsBetween(lost, EMPTY)).toEqual([{ key: "lineBack" }]);
  });
});
