// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RoomCall } from "../../client/room/call";
import { loadTexts } from "../../i18n";
import { ChatPanel } from "./ChatPanel";

beforeAll(() => loadTexts(["shared", "rooms"], ["en"]));
afterEach(cleanup);

/** A call whose line is there or not. */
function callThat(sends: boolean): { call: RoomCall; said: string[] } {
  const said: string[] = [];
  const chat = (text: string): boolean => {
    if (sends) said.push(text);
    return sends;
  };
  return { call: { chat } as unknown as RoomCall, said };
}

describe("writing to the others", () => {
  it("sends with Enter and empties the field", async () => {
    const { call, said } = callThat(true);
    render(<ChatPanel call={call} messages={[]} />);
    const field = screen.getByLabelText("Message to all");
    await userEvent.type(field, "One{Shift>}{Enter}{/Shift}two{Enter}");
    expect(said).toEqual(["One\ntwo"]);
    expect(field).toHaveProperty("value", "");
    await userEvent.type(field, "   {Enter}");
    expect(said).toHaveLength(1);
  });

  it("keeps what could not be sent, and says so", async () => {
    const { call } = callThat(false);
    render(<ChatPanel call={call} messages={[]} />);
    const field = screen.getByLabelText("Message to all");
    await userEvent.type(field, "Hello{Enter}");
    expect(field).toHaveProperty("value", "Hello");
    expect(screen.getByRole("status").textContent).toContain("Not sent");
  });

  it("shows who wrote what, and nothing as markup", () => {
    const message = { id: 1, person: "a", name: "Ann", text: "<b>bold</b>", atMs: 0 };
    render(<ChatPanel call={callThat(true).call} messages={[message, { ...message, id: 2, person: null }]} />);
    const [first, second] = screen.getAllByTestId("message");
    expect(first?.textContent).toContain("Ann");
    expect(first?.textContent).toContain("<b>bold</b>");
    expect(second?.textContent).toContain("You");
  });
});
