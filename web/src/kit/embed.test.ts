// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { VivaInterviewElement } from "./embed";

const SERVER = "https://viva.example";

function place(src: string): { element: VivaInterviewElement; frame: () => HTMLIFrameElement; heard: string[] } {
  const element = document.createElement("viva-interview");
  const heard: string[] = [];
  for (const name of ["viva-ready", "viva-state", "viva-ended", "viva-height", "viva-unavailable"]) {
    element.addEventListener(name, () => heard.push(name));
  }
  element.setAttribute("src", src);
  document.body.append(element);
  return { element, frame: () => element.shadowRoot?.querySelector("iframe") as HTMLIFrameElement, heard };
}

function send(data: unknown, source: Window | null, origin = SERVER): void {
  window.dispatchEvent(new MessageEvent("message", { data, source, origin }));
}

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("<viva-interview>", () => {
  it("frames the embedded page, with the microphone", () => {
    const { element, frame } = place(`${SERVER}/i/abc`);
    expect(element).toBeInstanceOf(VivaInterviewElement);
    expect(frame().src).toBe(`${SERVER}/embed/i/abc?parent=${encodeURIComponent(window.location.origin)}`);
    expect(frame().allow).toContain("microphone");
    expect(frame().title).toBe("Interview");
    element.setAttribute("src", `${SERVER}/i/next`);
    expect(element.shadowRoot?.querySelectorAll("iframe")).toHaveLength(1);
    expect(frame().src).toContain("/embed/i/next");
  });

  it("passes on what its own frame tells, and nobody else", () => {
    const { element, frame, heard } = place(`${SERVER}/i/abc`);
    const ended = { source: "viva", type: "viva.ended", saved: true, endReason: "completed" };
    send(ended, window);
    send(ended, frame().contentWindow, "https://evil.example");
    send({ ...ended, source: "other" }, frame().contentWindow);
    expect(heard).toEqual([]);
    let detail: unknown;
    element.addEventListener("viva-ended", (event) => {
      detail = event.detail;
    });
    send(ended, frame().contentWindow);
    send({ source: "viva", type: "viva.height", height: 700 }, frame().contentWindow);
    expect(heard).toEqual(["viva-ended", "viva-height"]);
    expect(detail).toEqual(ended);
    expect(frame().style.blockSize).toBe("700px");
    const window_ = frame().contentWindow;
    element.remove();
    send(ended, window_);
    expect(heard).toHaveLength(2);
  });

  it("shows what stands inside of it when no interview comes up", () => {
    vi.useFakeTimers();
    const silent = place(`${SERVER}/i/abc`);
    const slot = silent.element.shadowRoot?.querySelector("slot");
    expect(slot?.hidden).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(silent.heard).toEqual(["viva-unavailable"]);
    expect([slot?.hidden, silent.frame().style.display]).toEqual([false, "none"]);
    send({ source: "viva", type: "viva.ready", microphone: "allowed" }, silent.frame().contentWindow);
    expect([slot?.hidden, silent.frame().style.display]).toEqual([true, "block"]);
    expect(place("javascript:alert(1)").heard).toEqual(["viva-unavailable"]);
  });
});
