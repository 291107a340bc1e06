/** The calls of the sign-in, one after the other, and what may go wrong with each. */
import { expiryOf, signIn } from "../../client/account";
import { ApiError, HttpClient } from "../../client/http";

const http = new HttpClient();
/** As the server is configured when it does not say otherwise. */
const TOKEN_LIFE_MS = 30 * 60_000;
/** A code holds so long, and takes so many tries. */
export const CODE_LIFE_MS = 5 * 60_000;
export const TRIES = 5;
export const RESEND_AFTER_MS = 30_000;

/** Six digits out of whatever was typed or pasted. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "").slice(0, 6);
}

export async function sendCode(email: string): Promise<void> {
  await http.post("/api/auth/signup", { email });
}

/** A proof of the address, for ten minutes. */
export async function verify(email: string, otp: string): Promise<string> {
  const { verification_token } = await http.post<{ verification_token: string }>("/api/auth/verify-otp", {
    email,
    otp,
  });
  return verification_token;
}

export async function choose(email: string, username: string, proof: string): Promise<void> {
  await http.post("/api/auth/set-username", { email, username, verification_token: proof });
}

/** `no_name`: the first time here; a name has to be chosen. */
export async function enter(email: string, proof: string): Promise<"in" | "no_name"> {
  try {
    const body = { email, verification_token: proof };
    const { access_token: bearer } = await http.post<{ access_token: string }>("/api/auth/login", body);
    signIn({ bearer, email, expiresAtMs: expiryOf(bearer) ?? Date.now() + TOKEN_LIFE_MS });
    return "in";
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return "no_name";
    throw error;
  }
}
