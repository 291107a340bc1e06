/** Which page an address names. */

export type Route =
  | { page: "home" }
  | { page: "invite"; code: string }
  /** The same, in a frame on another site. */
  | { page: "embedded"; code: string }
  | { page: "interview"; sessionId: string }
  | { page: "results"; sessionId: string }
  | { page: "signIn" }
  | { page: "interviews" }
  /** `new`, or the id of one. */
  | { page: "editor"; interviewId: string }
  | { page: "sessions" }
  | { page: "liveSession"; sessionId: string }
  | { page: "rooms" }
  | { page: "room"; code: string }
  | { page: "status" }
  | { page: "unknown" };

const SINGLE: Record<string, Route> = {
  "sign-in": { page: "signIn" },
  interviews: { page: "interviews" },
  sessions: { page: "sessions" },
  rooms: { page: "rooms" },
  status: { page: "status" },
};

export function routeOf(pathname: string): Route {
  const parts = pathname.split("/").filter((part) => part !== "");
  const [first, second, third] = parts.map(decoded);
  if (parts.length === 0) return { page: "home" };
  if (parts.length === 1) return (Object.hasOwn(SINGLE, first ?? "") && SINGLE[first ?? ""]) || { page: "unknown" };
  if (parts.length === 3 && first === "embed" && second === "i" && third) return { page: "embedded", code: third };
  if (parts.length !== 2 || !second) return { page: "unknown" };
  switch (first) {
    case "i":
      return { page: "invite", code: second };
    case "interview":
      return { page: "interview", sessionId: second };
    case "results":
      return { page: "results", sessionId: second };
    case "interviews":
      return { page: "editor", interviewId: second };
    case "sessions":
      return { page: "liveSession", sessionId: second };
    case "rooms":
      return { page: "room", code: second };
    default:
      return { page: "unknown" };
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function interviewAddress(sessionId: string, token: string): string {
  return `/interview/${encodeURIComponent(sessionId)}#token=${encodeURIComponent(token)}`;
}

/** The part of a link that stays on this server: the page may be reached by another name than the one in the link. */
export function localPart(url: string, base: string): string {
  const parsed = new URL(url, base);
  return parsed.pathname + parsed.search + parsed.hash;
}
