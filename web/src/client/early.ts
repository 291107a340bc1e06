/** The first answer that a page needs, asked for while the page's own parts are still on their way. */
import { PublicApi } from "./api";
import type { Invite } from "./types";

let asked: { code: string; answer: Promise<Invite> } | null = null;

export function askForInvite(code: string): void {
  const answer = new PublicApi().invite(code);
  // Whoever takes it hears of a failure; until then it is nobody's.
  answer.catch(() => undefined);
  asked = { code, answer };
}

/** The early answer, once; later ones are asked for anew. */
export function invite(code: string): Promise<Invite> {
  const early = asked?.code === code ? asked.answer : null;
  asked = null;
  return early ?? new PublicApi().invite(code);
}
