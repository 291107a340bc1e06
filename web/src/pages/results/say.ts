/** Numbers, times and names of closed lists, in the reader's language. */
import { inWords } from "../../client/outcome";
import { language, texts } from "../../i18n";

type Group = keyof (typeof import("../../i18n/locales/en/review.json"))["names"];

/** A name of one of the API's closed lists; one that is newer than this page is shown as it is. */
export function named(group: Group, name: string): string {
  const t = texts("review");
  return t(`names.${group}.${name}` as "names.side.user", { defaultValue: inWords(name) });
}

export function dateTime(text: string | null | undefined): string {
  const time = Date.parse(text ?? "");
  if (Number.isNaN(time)) return "";
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(time);
}

export function number(value: number, digits = 1): string {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

function unit(value: number, name: string, digits: number, display: "short" | "long" = "short"): string {
  const style = { style: "unit", unit: name, unitDisplay: display, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language(), style).format(value);
}

export function seconds(ms: number): string {
  return unit(ms / 1_000, "second", 1);
}

export function milliseconds(ms: number): string {
  return unit(ms, "millisecond", 0);
}

export function megabytes(bytes: number): string {
  return unit(Math.max(0.1, bytes / 1e6), "megabyte", bytes < 1e7 ? 1 : 0);
}

export function share(ratio: number): string {
  const style = { style: "percent", maximumFractionDigits: ratio < 0.1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language(), style).format(ratio);
}

/** Dollars as they are known: null is not nothing. */
export function dollars(usd: number | null): string {
  if (usd === null) return texts("review")("cost.unknown");
  const digits = usd !== 0 && usd < 0.1 ? 4 : 2;
  const style = {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  } as const;
  return new Intl.NumberFormat(language(), style).format(usd);
}
