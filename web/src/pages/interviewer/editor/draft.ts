/** What was written and not saved yet, for this tab: it outlives a reload and signing in again. */
import type { InterviewForm } from "./form";

export interface Draft {
  form: InterviewForm;
  /** The version that it began with; null for a new interview. */
  version: number | null;
  savedAtMs: number;
}

const PREFIX = "viva.draft.";

/** Storage may be forbidden, or full: then there is no draft, and the page works all the same. */
export function keepDraft(id: string, draft: Draft): void {
  try {
    sessionStorage.setItem(PREFIX + id, JSON.stringify(draft));
  } catch {
    dropDraft(id);
  }
}

export function readDraft(id: string): Draft | null {
  try {
    const draft = JSON.parse(sessionStorage.getItem(PREFIX + id) ?? "null") as Draft | null;
    // Of an older page, with other fields, is no draft of this one.
    return Array.isArray(draft?.form?.questions) && typeof draft.form.nextSteps === "string" ? draft : null;
  } catch {
    return null;
  }
}

export function dropDraft(id: string): void {
  try {
    sessionStorage.removeItem(PREFIX + id);
  } catch {
    // Nothing was kept.
  }
}
