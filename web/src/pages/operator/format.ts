/** Figures as they are read, in the language of the page. What is unknown is said by the caller. */
import { language } from "../../i18n";
import type { Spread } from "./facts";

export function number(value: number): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: 1 }).format(value);
}

/** From a fraction of a millisecond to seconds, with the digits that can be told apart. */
export function duration(ms: number): string {
  const isLong = ms >= 1_000;
  const [value, unit] = isLong ? [ms / 1_000, "second"] : [ms, "millisecond"];
  const digits = value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language(), { style: "unit", unit, maximumFractionDigits: digits }).format(value);
}

export function share(ratio: number): string {
  const digits = ratio < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: digits }).format(ratio);
}

export function memory(bytes: number): string {
  const megabytes = bytes / 1e6;
  return new Intl.NumberFormat(language(), { style: "unit", unit: "megabyte", maximumFractionDigits: 0 }).format(
    megabytes,
  );
}

export function dollars(amount: number): string {
  // A minute of speech costs less than a cent.
  const digits = amount !== 0 && amount < 1 ? 4 : 2;
  const style = {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  } as const;
  return new Intl.NumberFormat(language(), style).format(amount);
}

export function timeOfDay(at: number | string): string {
  const time = typeof at === "string" ? Date.parse(at) : at;
  if (!Number.isFinite(time)) return "";
  return new Intl.DateTimeFormat(language(), { timeStyle: "medium" }).format(time);
}

/** The two halves of a spread. */
export function spreadParts({ p50_ms, p95_ms }: Spread): { half: string; most: string } {
  return { half: duration(p50_ms), most: duration(p95_ms) };
}

export function dateTime(at: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(at));
}
