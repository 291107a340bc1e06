// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CallState, RoomCall } from "../../client/room/call";
import type { FileRefusal, Transfer } from "../../client/room/files";
import { loadTexts } from "../../i18n";
import { FilesPanel } from "./FilesPanel";

beforeAll(() => loadTexts(["shared", "rooms"], ["en"]));
afterEach(cleanup);

const OFFER: Transfer = {
  id: "in/ann/1",
  direction: "in",
  person: "ann",
  name: "paper.pdf",
  size: 1_500_000,
  bytes: 0,
  state: "offered",
  sha256: "ab".repeat(32),
  blob: null,
};

function show(transfers: Transfer[], refusal: FileRefusal | null = null) {
  const done: string[] = [];
  const call = {
    offerFile: (_: Blob, name: string) => Promise.resolve(done.push(`offer ${name}`)).then(() => refusal),
    answerFile: (id: string, accepted: boolean) => done.push(`${accepted ? "accept" : "decline"} ${id}`),
    cancelFile: (id: string) => done.push(`cancel ${id}`),
  };
  const state = { transfers, people: [{ key: "ann", name: "Ann" }] } as unknown as CallState;
  render(<FilesPanel call={call as unknown as RoomCall} state={state} />);
  return done;
}

/** By the name that a screen reader tells; asking for the role as well takes seconds on a busy machine. */
function button(name: string): HTMLElement {
  return screen.getByLabelText(name, { selector: "button" });
}

describe("files of a call", () => {
  it("asks before anything is taken", async () => {
    const done = show([OFFER]);
    expect(screen.getByTestId("transfer").textContent).toContain("From Ann · 1.5 MB");
    await userEvent.click(button("paper.pdf: Accept"));
    await userEvent.click(button("paper.pdf: Decline"));
    expect(done).toEqual(["accept in/ann/1", "decline in/ann/1"]);
    expect(screen.queryByLabelText("paper.pdf: Save")).toBeNull();
  });

  it("shows how far it is, and lets one stop it", async () => {
    const done = show([{ ...OFFER, state: "moving", bytes: 750_000 }]);
    expect(screen.getByRole("progressbar", { name: "Progress of paper.pdf" }).getAttribute("aria-valuenow")).toBe(
      "750000",
    );
    expect(screen.getByTestId("transfer").textContent).toContain("50% there");
    await userEvent.click(button("paper.pdf: Cancel"));
    expect(done).toEqual(["cancel in/ann/1"]);
  });

  it("offers to save what arrived whole, with its sum", () => {
    show([{ ...OFFER, state: "whole", bytes: OFFER.size, blob: new Blob(["x"]) }]);
    expect(button("paper.pdf: Save")).toBeTruthy();
    expect(screen.getByTestId("transfer").textContent).toContain("SHA-256 abababababab");
  });

  it("says why a file was not offered", async () => {
    const done = show([], "too_large");
    const input = document.querySelector<HTMLInputElement>("input[type=file]");
    if (!input) throw new Error("there is no field for files");
    await userEvent.upload(input, new File(["x"], "huge.bin"));
    expect(done).toEqual(["offer huge.bin"]);
    expect((await screen.findByText(/larger than 20 MB/)).textContent).toContain("huge.bin");
  });
});
