/** Texts that look foreign and stay readable, so that a forgotten one is seen at once. */

type Texts = Record<string, unknown>;

const ACCENTS: Record<string, string> = {
  a: "á",
  e: "é",
  i: "í",
  o: "ö",
  u: "ü",
  A: "Á",
  E: "É",
  I: "Í",
  O: "Ö",
  U: "Ü",
  n: "ñ",
  c: "ç",
};

/** Accents on the letters, brackets around the whole, placeholders (`{{name}}`) as they are. */
export function pseudoText(text: string): string {
  const parts = text.split(/(\{\{[^}]*\}\}|<[^>]*>)/);
  const accented = parts.map((part, index) =>
    index % 2 === 1 ? part : [...part].map((letter) => ACCENTS[letter] ?? letter).join(""),
  );
  return `⟦${accented.join("")}⟧`;
}

export function pseudo(texts: Texts): Texts {
  const entries = Object.entries(texts).map(([key, value]) => {
    if (typeof value === "string") return [key, pseudoText(value)];
    return [key, typeof value === "object" && value !== null ? pseudo(value as Texts) : value];
  });
  return Object.fromEntries(entries) as Texts;
}
