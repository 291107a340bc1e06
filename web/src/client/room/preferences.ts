/** What a person would choose again: kept in this browser only. */

interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface Preferences {
  name: string;
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  withMicrophone: boolean;
  withCamera: boolean;
  /** Single letters do something in the call. */
  shortcuts: boolean;
}

const KEY = "viva.room";
const NONE: Preferences = {
  name: "",
  microphone: null,
  camera: null,
  speaker: null,
  withMicrophone: true,
  withCamera: true,
  shortcuts: true,
};

/** Storage may be forbidden; nothing is remembered then. */
function browserStore(): Store | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export function recall(store: Store | null = browserStore()): Preferences {
  const kept = { ...NONE };
  try {
    const read = JSON.parse(store?.getItem(KEY) ?? "{}") as Record<string, unknown>;
    for (const key of ["microphone", "camera", "speaker"] as const) {
      const value = read[key];
      if (typeof value === "string") kept[key] = value;
    }
    for (const key of ["withMicrophone", "withCamera", "shortcuts"] as const) {
      const value = read[key];
      if (typeof value === "boolean") kept[key] = value;
    }
    if (typeof read.name === "string") kept.name = read.name;
  } catch {
    return { ...NONE };
  }
  return kept;
}

export function remember(change: Partial<Preferences>, store: Store | null = browserStore()): void {
  try {
    store?.setItem(KEY, JSON.stringify({ ...recall(store), ...change }));
  } catch {
    // A full or forbidden store costs only the comfort of the next time.
  }
}
