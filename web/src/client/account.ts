/** Who is signed in, for this tab only: a person's token, or a platform's key. Without either: the local developer. */
import type { Credential } from "./http";

export interface Account {
  bearer: string;
  email: string;
  /** From the token, in milliseconds since 1970; the server decides, this only tells when to ask again. */
  expiresAtMs: number;
}

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const ACCOUNT = "viva.account";
const API_KEY = "viva.api-key";
const listeners = new Set<() => void>();

/** Storage may be forbidden; the credential then lasts as long as the page. */
const memory = new Map<string, string>();
const FORGETFUL: Store = {
  getItem: (key) => memory.get(key) ?? null,
  setItem: (key, value) => void memory.set(key, value),
  removeItem: (key) => void memory.delete(key),
};

function store(): Store {
  try {
    return globalThis.sessionStorage ?? FORGETFUL;
  } catch {
    return FORGETFUL;
  }
}

export function account(): Account | null {
  try {
    const kept = JSON.parse(store().getItem(ACCOUNT) ?? "null") as Partial<Account> | null;
    const { bearer, email, expiresAtMs } = kept ?? {};
    if (typeof bearer !== "string" || typeof email !== "string" || typeof expiresAtMs !== "number") return null;
    return { bearer, email, expiresAtMs };
  } catch {
    return null;
  }
}

/** What requests are made with. */
export function credential(): Credential {
  const signedIn = account();
  if (signedIn !== null) return { bearer: signedIn.bearer };
  const apiKey = store().getItem(API_KEY);
  return apiKey === null ? null : { apiKey };
}

export function signIn(next: Account): void {
  store().removeItem(API_KEY);
  store().setItem(ACCOUNT, JSON.stringify(next));
  tell();
}

export function keepApiKey(apiKey: string): void {
  store().removeItem(ACCOUNT);
  store().setItem(API_KEY, apiKey);
  tell();
}

export function signOut(): void {
  store().removeItem(ACCOUNT);
  store().removeItem(API_KEY);
  tell();
}

/** For `useSyncExternalStore`. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  listeners.forEach((listener) => listener());
}

/** Where to go after signing in: an address of this server, and never the way to sign in again. */
export function localTarget(then: string | null, origin: string): string {
  const fallback = "/interviews";
  if (then === null || !then.startsWith("/")) return fallback;
  try {
    const url = new URL(then, origin);
    if (url.origin !== origin || url.pathname === "/sign-in") return fallback;
    return url.pathname + url.search + url.hash;
  } catch {
    return fallback;
  }
}

/** `exp` of a JSON Web Token (RFC 7519), in milliseconds; `null` where it has none. Read, not verified. */
export function expiryOf(token: string): number | null {
  try {
    const payload = token.split(".")[1] ?? "";
    const text = atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
    const { exp } = JSON.parse(text) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : null;
  } catch {
    return null;
  }
}
