/** Where the tiles of a call go, and whose is highlighted. */

const ASPECT = 16 / 9;
/** People beside each other look better than on top of each other, even when they are a little smaller. */
const SIDE_BY_SIDE = 0.93;

/** How many columns show `count` tiles about as large as can be in such a space; `gap` between them, in pixels. */
export function columnsFor(count: number, width: number, height: number, gap: number): number {
  let best = { columns: 1, tileWidth: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = ((height - gap * (rows - 1)) / rows) * ASPECT;
    const tileWidth = Math.min(byWidth, byHeight);
    if (tileWidth >= best.tileWidth * SIDE_BY_SIDE) best = { columns, tileWidth };
  }
  return best.columns;
}

/** The width of a tile in that many columns, so that all rows fit too. */
export function tileWidth(count: number, columns: number, width: number, height: number, gap: number): number {
  const rows = Math.max(1, Math.ceil(count / columns));
  const byWidth = (width - gap * (columns - 1)) / columns;
  const byHeight = ((height - gap * (rows - 1)) / rows) * ASPECT;
  return Math.max(0, Math.floor(Math.min(byWidth, byHeight)));
}

export interface Speaking {
  key: string | null;
  /** Until when the highlight stays although somebody is quiet, so that it does not flicker between words. */
  untilMs: number;
}

/** From this level on (0 to 1) somebody speaks. */
const SPEAKING_LEVEL = 0.015;
const HOLD_MS = 900;
/** Who interrupts has to be so much louder. */
const LOUDER = 1.6;

/** Who is speaking now, given how loud each is. */
export function speakerOf(levels: ReadonlyMap<string, number>, before: Speaking, nowMs: number): Speaking {
  let loudest: { key: string; level: number } | null = null;
  for (const [key, level] of levels) {
    if (level >= SPEAKING_LEVEL && level > (loudest?.level ?? 0)) loudest = { key, level };
  }
  const held = before.key !== null && nowMs < before.untilMs && levels.has(before.key);
  if (loudest === null) return held ? before : { key: null, untilMs: 0 };
  const heldLevel = held ? (levels.get(before.key ?? "") ?? 0) : 0;
  if (held && loudest.key !== before.key && loudest.level < heldLevel * LOUDER)
    loudest.key = before.key ?? loudest.key;
  return { key: loudest.key, untilMs: nowMs + HOLD_MS };
}
