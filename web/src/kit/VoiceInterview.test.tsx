// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { VoiceInterview } from "./VoiceInterview";
import { Interview } from "./interview";

/** One session that asks for consent, another that does not; what was agreed to is in `agreed`. */
let agreed: string[] = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const answer = (code: number, value: object): void => {
    // The page of this test is on another origin than this server.
    response.writeHead(code, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" });
    response.end(JSON.stringify(value));
  };
  const [, , , session, what] = request.url?.split("/") ?? [];
  if (request.method === "OPTIONS") {
    response.setHeader("Access-Control-Allow-Headers", "authorization, content-type");
    return answer(200, {});
  }
  if (session === "gone") return answer(404, { code: "not_found", detail: "There is no such session." });
  if (what === "consent") {
    agreed.push(body);
    return answer(200, {});
  }
  const consent = { required: session === "asks", version: "7", text: "It is written down.", given_at: null };
  return answer(200, { session_id: session, status: "created", end_reason: null, title: "Talk", consent });
});
let address = "";
beforeAll(async () => {
  document.documentElement.lang = "fr";
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  agreed = [];
});
afterEach(cleanup);

function show(sessionId: string): void {
  const interview = Interview.take({ server: address, sessionId, token: "t" });
  render(<VoiceInterview interview={interview} language="en" texts={{ consent: { title: "Do you agree" } }} />);
}

describe("<VoiceInterview>", () => {
  it("asks for consent first, in the words of the server, and goes on with it alone", async () => {
    const user = userEvent.setup();
    show("asks");
    await screen.findByText("It is written down.");
    expect(screen.getByRole("heading", { level: 2, name: "Do you agree" })).toBeTruthy();
    // The page around keeps its language; ours stands on our own element.
    expect(document.documentElement.lang).toBe("fr");
    expect(document.querySelector(".viva")?.getAttribute("lang")).toBe("en");
    await user.click(screen.getByTestId("agree"));
    expect(agreed).toEqual([]);
    expect(screen.getByTestId("consent-reminder")).toBeTruthy();
    await user.click(screen.getByRole("checkbox"));
    await user.click(screen.getByTestId("agree"));
    const heading = await screen.findByRole("heading", { level: 2, name: "Check your sound" });
    expect(agreed).toEqual(['{"version":"7"}']);
    await waitFor(() => expect(document.activeElement).toBe(heading));
  });

  it("begins with the sound where none is asked, and offers to type where there is no microphone", async () => {
    show("free");
    await screen.findByRole("heading", { level: 2, name: "Check your sound" });
    await screen.findByTestId("mic-problem");
    expect(screen.getByTestId("no-mic").textContent).toContain("type");
    expect(screen.queryByTestId("start")).toBeNull();
  });

  it("says why there is no interview", async () => {
    show("gone");
    expect((await screen.findByTestId("problem")).textContent).toContain("There is no such session.");
  });
});
