/**
 * What an interview in a frame tells the page around it. Nothing of it is secret: no word of the candidate, no name, no
 * id, no link. It goes to the one origin that the frame's address names (`?parent=`), since there is no referrer.
 */

/** `elsewhere`: another tab or device has taken the interview over. */
export type FramePhase =
  "idle" | "connecting" | "live" | "reconnecting" | "ending" | "ended" | "elsewhere" | "refused";

export type FrameMessage =
  /** The page in the frame is there. `blocked`: the page around it does not pass the microphone on. */
  | { source: "viva"; type: "viva.ready"; microphone: "allowed" | "blocked" | "unknown" }
  | { source: "viva"; type: "viva.state"; phase: FramePhase; question: { number: number; total: number } | null }
  | { source: "viva"; type: "viva.ended"; saved: boolean; endReason: string | null }
  /** How high the page would like to be, in CSS pixels. */
  | { source: "viva"; type: "viva.height"; height: number };

const PHASES: readonly FramePhase[] = [
  "idle",
  "connecting",
  "live",
  "reconnecting",
  "ending",
  "ended",
  "elsewhere",
  "refused",
];
/** No page is higher; a frame that claims to be would take the other page's place. */
const HEIGHT_MAX_PX = 20_000;

/** The origin that may hear of this frame, from its own address; null where none is named. */
export function parentOrigin(search: string): string | null {
  const named = new URLSearchParams(search).get("parent");
  const origin = named === null ? null : originOf(named);
  // Only an origin as it is: with a path or a name in it somebody took it for something else.
  return origin !== null && named?.replace(/\/$/, "") === origin ? origin : null;
}

/** The page for a frame that an invitation's link leads to; null for any other link. */
export function frameAddress(link: string, parent: string): string | null {
  if (originOf(link) === null) return null;
  const url = new URL(link);
  const code = /^\/(?:embed\/)?i\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (code === undefined) return null;
  const address = new URL(`/embed/i/${code}`, url.origin);
  const language = url.searchParams.get("lang");
  if (language !== null) address.searchParams.set("lang", language);
  address.searchParams.set("parent", parent);
  return address.href;
}

/** Reads a message of a frame, field by field; null for whatever else pages send each other. */
export function parseFrameMessage(value: unknown): FrameMessage | null {
  if (!isFields(value) || value.source !== "viva") return null;
  const source = "viva";
  switch (value.type) {
    case "viva.ready": {
      const { microphone } = value;
      const known = microphone === "allowed" || microphone === "blocked";
      return { source, type: "viva.ready", microphone: known ? microphone : "unknown" };
    }
    case "viva.state": {
      const phase = PHASES.find((name) => name === value.phase);
      return phase === undefined ? null : { source, type: "viva.state", phase, question: progress(value.question) };
    }
    case "viva.ended": {
      const endReason = typeof value.endReason === "string" ? value.endReason : null;
      return { source, type: "viva.ended", saved: value.saved === true, endReason };
    }
    case "viva.height": {
      const { height } = value;
      if (typeof height !== "number" || !(height > 0)) return null;
      return { source, type: "viva.height", height: Math.min(Math.ceil(height), HEIGHT_MAX_PX) };
    }
    default:
      return null;
  }
}

function originOf(text: string): string | null {
  try {
    const { protocol, origin } = new URL(text);
    return protocol === "https:" || protocol === "http:" ? origin : null;
  } catch {
    return null;
  }
}

function progress(value: unknown): { number: number; total: number } | null {
  if (!isFields(value) || typeof value.number !== "number" || typeof value.total !== "number") return null;
  return { number: value.number, total: value.total };
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
