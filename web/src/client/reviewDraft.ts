/** Scores that are not sent yet, for this tab only. */

export interface ScoreDraft {
  /** By `scoreKey`; null is "not enough evidence". */
  levels: ReadonlyMap<string, number | null>;
  notes: ReadonlyMap<string, string>;
  note: string;
}

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Storage may be forbidden; the draft then lasts as long as the page. */
function tabStore(): Store | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

const nameOf = (sessionId: string): string => `viva.scores.${sessionId}`;

export function emptyDraft(): ScoreDraft {
  return { levels: new Map(), notes: new Map(), note: "" };
}

export function keepDraft(sessionId: string, draft: ScoreDraft, store: Store | null = tabStore()): void {
  const kept = { levels: [...draft.levels], notes: [...draft.notes], note: draft.note };
  try {
    store?.setItem(nameOf(sessionId), JSON.stringify(kept));
  } catch {
    // A full store costs the draft at a reload, nothing else.
  }
}

export function recallDraft(sessionId: string, store: Store | null = tabStore()): ScoreDraft | null {
  try {
    const kept = JSON.parse(store?.getItem(nameOf(sessionId)) ?? "null") as {
      levels: [string, number | null][];
      notes: [string, string][];
      note: string;
    } | null;
    if (kept === null) return null;
    return { levels: new Map(kept.levels), notes: new Map(kept.notes), note: String(kept.note) };
  } catch {
    return null;
  }
}

export function forgetDraft(sessionId: string, store: Store | null = tabStore()): void {
  store?.removeItem(nameOf(sessionId));
}
