/** Tokens of sessions, so that a reload, a new tab or the same link leads back to the same interview. */

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Storage may be forbidden (private windows); the page then works without a memory. */
function tabStore(): Store | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

function lastingStore(): Store | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

function remember(key: string, value: string, store: Store | null): void {
  try {
    store?.setItem(key, value);
  } catch {
    // A full or forbidden store costs only the comfort of a reload; the token is in the address as well.
  }
}

export function rememberToken(sessionId: string, token: string, store: Store | null = tabStore()): void {
  remember(`viva.token.${sessionId}`, token, store);
}

export function recallToken(sessionId: string, store: Store | null = tabStore()): string | null {
  return store?.getItem(`viva.token.${sessionId}`) ?? null;
}

/** A session that an invite link opened in this browser. */
export interface KeptInvite {
  code: string;
  sessionId: string;
  token: string;
  /** After this, in milliseconds since 1970, there is nothing to come back to. */
  expiresAtMs: number;
}

const INVITES = "viva.invites";

/**
 * Keeps what an invite link opened beyond the tab, until the interview ends or expires, so that the link leads back to
 * it after the browser was closed. A token is kept in the open here because it opens no more than the link does, which
 * is in the same browser's history: this one session, for as long as it lasts.
 */
export function rememberInvite(kept: KeptInvite, nowMs = Date.now(), store = lastingStore()): void {
  const others = keptInvites(nowMs, store).filter((entry) => entry.code !== kept.code);
  remember(INVITES, JSON.stringify([...others, kept]), store);
}

export function recallInvite(code: string, nowMs = Date.now(), store = lastingStore()): KeptInvite | null {
  return keptInvites(nowMs, store).find((entry) => entry.code === code) ?? null;
}

/** The interview is over, or is not there any more. */
export function forgetInvite(sessionId: string, nowMs = Date.now(), store = lastingStore()): void {
  const kept = keptInvites(nowMs, store);
  const others = kept.filter((entry) => entry.sessionId !== sessionId);
  if (others.length < kept.length) remember(INVITES, JSON.stringify(others), store);
}

function keptInvites(nowMs: number, store: Store | null): KeptInvite[] {
  let kept: unknown;
  try {
    kept = JSON.parse(store?.getItem(INVITES) ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(kept) ? kept.filter((entry) => isKept(entry) && entry.expiresAtMs > nowMs) : [];
}

function isKept(value: unknown): value is KeptInvite {
  if (typeof value !== "object" || value === null) return false;
  const { code, sessionId, token, expiresAtMs } = value as Record<string, unknown>;
  return [code, sessionId, token].every((text) => typeof text === "string") && typeof expiresAtMs === "number";
}

/** The token in `#token=…`; fragments never reach a server or its logs. */
export function tokenFromHash(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token === null || token === "" ? null : token;
}

/** A small preference of the page, for example the size of the captions. */
export function rememberChoice(name: string, value: string, store = lastingStore()): void {
  remember(`viva.choice.${name}`, value, store);
}

export function recallChoice(name: string, store = lastingStore()): string | null {
  try {
    return store?.getItem(`viva.choice.${name}`) ?? null;
  } catch {
    return null;
  }
}
