/** Heard and generated words: an interruption leaves the beginning of what was meant to be said. */

/**
 * What of the generated text was not heard. The heard text is its beginning, word for word; null where nothing
 * was cut, or where the two differ in another way.
 */
export function unheard(heard: string, generated: string | null): string | null {
  if (!generated || generated === heard) return null;
  const heardWords = words(heard);
  const generatedWords = words(generated);
  const isStart = heardWords.every((word, index) => sameWord(word, generatedWords[index]));
  if (!isStart || generatedWords.length <= heardWords.length) return null;
  return generatedWords.slice(heardWords.length).join(" ");
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function sameWord(a: string, b: string | undefined): boolean {
  const plain = (word: string): string => word.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
  return b !== undefined && plain(a) === plain(b);
}
