/** Which page an address names. */

export type Route =
  | { page: "home" }
  | { page: "invite"; code: string }
  | { page: "interview"; sessionId: string }
  | { page: "results"; sessionId: string }
  | { page: "unknown" };

export function routeOf(pathname: string): Route {
  const parts = pathname.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { page: "home" };
  const name = parts.length === 2 ? decoded(parts[1] ?? "") : null;
  if (name === null) return { page: "unknown" };
  switch (parts[0]) {
    case "i":
      return { page: "invite", code: name };
    case "interview":
      return { page: "interview", sessionId: name };
    case "results":
      return { page: "results", sessionId: name };
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
