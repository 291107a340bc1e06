/**
 * The texts of the pages. Every word that a person reads is in `locales/{language}/{part}.json`; a page loads its parts
 * before it is shown, in the best language that there is. English is complete, and stands in for what another language
 * lacks. `docs/translating.md` tells how to add one.
 */
import i18next, { type TFunction } from "i18next";
import { pseudo } from "./pseudo";
import type candidate from "./locales/en/candidate.json";
import type interviewer from "./locales/en/interviewer.json";
import type operator from "./locales/en/operator.json";
import type review from "./locales/en/review.json";
import type rooms from "./locales/en/rooms.json";
import type shared from "./locales/en/shared.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shared";
    resources: {
      shared: typeof shared;
      candidate: typeof candidate;
      interviewer: typeof interviewer;
      review: typeof review;
      rooms: typeof rooms;
      operator: typeof operator;
    };
  }
}

export type Part = "shared" | "candidate" | "interviewer" | "review" | "rooms" | "operator";
type Texts = Record<string, unknown>;

const FALLBACK = "en";
/** English with accents and brackets (`?lang=en-XA`): what stands without them on a page cannot be translated. */
const PSEUDO = "en-XA";
const FILES = import.meta.glob<Texts>("./locales/*/*.json", { import: "default" });

/** The languages that the pages have, best known first. */
export function languages(): string[] {
  const tags = Object.keys(FILES).map((file) => file.split("/")[2] ?? FALLBACK);
  return [FALLBACK, ...new Set(tags.filter((tag) => tag !== FALLBACK))];
}

/** The language for somebody who would like `wanted`, in that order: the same tag, or the same language elsewhere. */
export function bestLanguage(wanted: readonly string[], known: readonly string[]): string {
  for (const tag of wanted) {
    if (tag === PSEUDO) return PSEUDO;
    const primary = tag.toLowerCase().split("-")[0];
    const same = known.find((entry) => entry.toLowerCase() === tag.toLowerCase());
    const near = known.find((entry) => entry.toLowerCase().split("-")[0] === primary);
    if (same ?? near) return same ?? near ?? FALLBACK;
  }
  return FALLBACK;
}

/** Loads these parts; the page that uses them is shown after it. A language without a part falls back to English. */
export async function loadTexts(
  parts: readonly Part[],
  wanted: readonly string[] = wantedLanguages(),
): Promise<void> {
  const language = bestLanguage(wanted, languages());
  if (!i18next.isInitialized) {
    await i18next.init({
      lng: language,
      fallbackLng: FALLBACK,
      ns: [],
      defaultNS: "shared",
      // React escapes what it shows.
      interpolation: { escapeValue: false },
    });
    if (typeof document !== "undefined") document.documentElement.lang = language === PSEUDO ? FALLBACK : language;
  }
  const load = async (tag: string, part: Part): Promise<void> => {
    const texts = await FILES[`./locales/${tag}/${part}.json`]?.();
    if (texts === undefined) return;
    i18next.addResourceBundle(tag, part, texts);
    if (language === PSEUDO) i18next.addResourceBundle(PSEUDO, part, pseudo(texts));
  };
  const tags = language === FALLBACK || language === PSEUDO ? [FALLBACK] : [FALLBACK, language];
  await Promise.all(tags.flatMap((tag) => parts.map((part) => load(tag, part))));
}

function wantedLanguages(): string[] {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("lang");
  return [...(asked === null ? [] : [asked]), ...(globalThis.navigator?.languages ?? [])];
}

/** The texts of one part, for use while rendering: `const t = texts("candidate"); t("welcome.title")`. */
export function texts<P extends Part>(part: P): TFunction<P> {
  return i18next.getFixedT(null, part);
}

/** The language that is shown, for numbers and dates. */
export function language(): string {
  const tag = i18next.language ?? FALLBACK;
  return tag === PSEUDO ? FALLBACK : tag;
}
