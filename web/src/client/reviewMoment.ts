/** Moments of a recording in addresses: `#t=83.4`, as the W3C's Media Fragments write them. */

/**
 * The moment in a fragment, in milliseconds: `t=83.4`, `t=1:23.4` or `t=1:02:03`. Other fields may stand beside
 * it.
 */
export function momentFromHash(hash: string): number | null {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get("t");
  if (text === null || !/^(?:(?:\d+:)?\d{1,2}:)?\d+(?:\.\d+)?$/.test(text)) return null;
  const seconds = text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round(seconds * 1_000);
}

/**
 * A page's address with a moment. Whatever else stood in the fragment stays behind: it may be a candidate's
 * token.
 */
export function addressOfMoment(page: string, atMs: number): string {
  const url = new URL(page);
  url.hash = `t=${Number((Math.max(0, atMs) / 1_000).toFixed(3))}`;
  return url.href;
}
