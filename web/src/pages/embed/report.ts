/** Tells the page around a frame how the interview in it goes: `kit/frame.ts` says what may be told, and to whom. */
import type { InterviewCall } from "../../client/call";
import type { InterviewState } from "../../client/state";
import type { FrameMessage } from "../../kit/frame";

export type Tell = (message: FrameMessage) => void;

/** Posts to the window around, if it is of this origin; without an origin, or without a frame, nothing is told. */
export function tellParent(origin: string | null, self: Window = window): Tell {
  if (origin === null || self.parent === self) return () => undefined;
  return (message) => self.parent.postMessage(message, origin);
}

/** The steps of a call as messages; each change is told once. */
export function reportCall(call: Pick<InterviewCall, "subscribe" | "snapshot">, tell: Tell): () => void {
  let last = "";
  const report = (): void => {
    for (const message of messagesOf(call.snapshot())) {
      const text = JSON.stringify(message);
      if (message.type === "viva.state" && text === last) return;
      if (message.type === "viva.state") last = text;
      tell(message);
    }
  };
  report();
  return call.subscribe(report);
}

/** Numbers and names of closed lists: neither the question's words nor the candidate's leave the frame. */
export function messagesOf({ phase, question }: InterviewState): FrameMessage[] {
  const at = question === null ? null : { number: question.number, total: question.total };
  const state: FrameMessage = { source: "viva", type: "viva.state", phase: phase.name, question: at };
  if (phase.name !== "ended") return [state];
  return [state, { source: "viva", type: "viva.ended", saved: phase.saved, endReason: phase.endReason }];
}

/** Tells how high the element is, now and whenever that changes. */
export function reportHeight(element: HTMLElement, tell: Tell): () => void {
  let last = 0;
  const observer = new ResizeObserver(() => {
    const height = Math.ceil(element.getBoundingClientRect().height);
    if (height === last || height === 0) return;
    last = height;
    tell({ source: "viva", type: "viva.height", height });
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Whether the page around lets this one have the microphone; only Chromium says so before it is asked for. */
export function microphonePolicy(of: Document = document): "allowed" | "blocked" | "unknown" {
  const { featurePolicy } = of as { featurePolicy?: { allowsFeature(name: string): boolean } };
  if (featurePolicy === undefined) return "unknown";
  return featurePolicy.allowsFeature("microphone") ? "allowed" : "blocked";
}
