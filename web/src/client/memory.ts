/** Tokens of sessions, for this tab only, so that a reload comes back to the same interview. */

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

/** Remembers which session an invite code opened, so that the same link returns to it. */
export function rememberInvite(code: string, sessionId: string, store: Store | null = tabStore()): void {
  remember(`viva.invite.${code}`, sessionId, store);
}

export function recallInvite(code: string, store: Store | null = tabStore()): string | null {
  return store?.getItem(`viva.invite.${code}`) ?? null;
}

/** The token in `#token=…`; fragments never reach a server or its logs. */
export function tokenFromHash(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token === null || token === "" ? null : token;
}
