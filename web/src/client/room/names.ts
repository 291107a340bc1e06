/** Names that other people give: of themselves and of files. Shown and saved only after this. */

const NAME_CHARS_MAX = 60;
const FILE_NAME_CHARS_MAX = 120;
/** Control characters, and those that turn the direction of writing: `exe.gpj` must not look like `jpg.exe`. */
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const NOT_IN_FILE_NAMES = /[\\/:*?"<>|]/g;
/** Names that one system or another keeps for itself. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A person's name in one line; empty where nothing is left. */
export function cleanName(name: string): string {
  return shorten(name.replace(UNSEEN, " ").replace(/\s+/g, " ").trim(), NAME_CHARS_MAX);
}

/** A name to save a file under: no folder, nothing hidden, an ending that is kept when it is too long. */
export function cleanFileName(name: string, standIn = "file"): string {
  const last = name.replace(UNSEEN, "").split(/[\\/]/).pop() ?? "";
  const plain = last.replace(NOT_IN_FILE_NAMES, "_").replace(/\s+/g, " ").trim();
  const visible = plain.replace(/^\.+/, "").replace(/[. ]+$/, "");
  if (visible === "") return standIn;
  const safe = RESERVED.test(visible) ? `_${visible}` : visible;
  const chars = [...safe];
  if (chars.length <= FILE_NAME_CHARS_MAX) return safe;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(safe)?.[0] ?? "";
  return chars.slice(0, FILE_NAME_CHARS_MAX - ending.length).join("") + ending;
}

/** One or two letters that stand for a person without a picture. */
export function initials(name: string): string {
  const words = cleanName(name)
    .split(" ")
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = firstLetter(words[0]);
  const last = words.length > 1 ? firstLetter(words[words.length - 1]) : "";
  return (first + last).toUpperCase() || "?";
}

function firstLetter(word: string | undefined): string {
  return /[\p{L}\p{N}]/u.exec(word ?? "")?.[0] ?? "";
}

function shorten(text: string, charsMax: number): string {
  const chars = [...text];
  return chars.length <= charsMax
    ? text
    : `${chars
        .slice(0, charsMax - 1)
        .join("")
        .trimEnd()}…`;
}
