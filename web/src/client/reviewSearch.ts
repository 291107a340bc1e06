/** Finding words in what was said. Upper case and accents do not matter; the places are those of the shown text. */

export interface Range {
  start: number;
  end: number;
}

/** One place: which item, and where in its text. */
export interface Match extends Range {
  itemId: string;
}

export interface Searched {
  itemId: string;
  text: string;
}

/** All places in the order of the items; an empty query finds nothing. */
export function findMatches(items: readonly Searched[], query: string): Match[] {
  const wanted = folded(query.trim()).text;
  if (wanted === "") return [];
  return items.flatMap(({ itemId, text }) => {
    const { text: plain, places } = folded(text);
    const found: Match[] = [];
    for (let at = plain.indexOf(wanted); at !== -1; at = plain.indexOf(wanted, at + wanted.length)) {
      const end = places[at + wanted.length - 1];
      found.push({ itemId, start: places[at]?.start ?? 0, end: end?.end ?? text.length });
    }
    return found;
  });
}

/** The text without case and accents, and for each of its letters the place that it comes from. */
function folded(text: string): { text: string; places: Range[] } {
  const places: Range[] = [];
  let plain = "";
  let start = 0;
  for (const letter of text) {
    const end = start + letter.length;
    const bare = letter.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    // White space counts once, so that a query goes over the end of a line.
    const next = /^\s$/.test(bare) ? (plain.endsWith(" ") ? "" : " ") : bare;
    for (let unit = 0; unit < next.length; unit += 1) places.push({ start, end });
    plain += next;
    start = end;
  }
  return { text: plain, places };
}

/** A text cut at the places, in order; `match` is the place's index in `ranges`, or null between them. */
export function pieces(text: string, ranges: readonly Range[]): { text: string; match: number | null }[] {
  const cut: { text: string; match: number | null }[] = [];
  let from = 0;
  ranges.forEach(({ start, end }, match) => {
    if (start > from) cut.push({ text: text.slice(from, start), match: null });
    cut.push({ text: text.slice(start, end), match });
    from = end;
  });
  if (from < text.length || cut.length === 0) cut.push({ text: text.slice(from), match: null });
  return cut;
}

/** The place after (or before) the current one, around the end. */
export function stepped(current: number, count: number, step: 1 | -1): number {
  return count === 0 ? 0 : (current + step + count) % count;
}
