/** An invitation as it is written: times in the reader's own zone, everything else optional. */
import type { NewInvite } from "./api";

export interface InviteForm {
  /** As `datetime-local` writes it; empty: from now on, and a week from its opening. */
  opens: string;
  closes: string;
  attempts: number | null;
  email: string;
  name: string;
}

const WEEK_MS = 7 * 24 * 3_600_000;

/** A week from now, at the end of that day. */
export function emptyInvite(nowMs: number = Date.now()): InviteForm {
  const closes = new Date(nowMs + WEEK_MS);
  closes.setHours(23, 59, 0, 0);
  return { opens: "", closes: localTime(closes), attempts: 1, email: "", name: "" };
}

/** As `datetime-local` takes it. */
export function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function bodyOf({ opens, closes, attempts, email, name }: InviteForm): NewInvite {
  const time = (text: string): string | undefined => {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
  };
  return {
    ...(opens === "" ? {} : { opens_at: time(opens) }),
    ...(closes === "" ? {} : { closes_at: time(closes) }),
    ...(attempts === null ? {} : { attempts }),
    ...(email.trim() === "" ? {} : { email: email.trim() }),
    ...(name.trim() === "" ? {} : { name: name.trim() }),
  };
}

/** The zone that times are read in: its name and what it differs from UTC. */
export function zoneName(language: string, now: Date = new Date()): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const parts = new Intl.DateTimeFormat(language, { timeZoneName: "shortOffset" }).formatToParts(now);
  const offset = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return timeZone === offset || offset === "" ? timeZone : `${timeZone}, ${offset}`;
}

/** A mail that is ready to be sent by one's own program (RFC 6068). */
export function mailAddress(to: string, subject: string, lines: readonly string[]): string {
  const body = encodeURIComponent(lines.join("\r\n\r\n"));
  return `mailto:${encodeURIComponent(to.trim())}?subject=${encodeURIComponent(subject)}&body=${body}`;
}
