//! One word between spaces: what is in front of it, the word, what follows it.

use super::number::is_number;

/// Abbreviations and what they stand for.
const EXPANSIONS: [(&str, &str); 16] = [
    ("vs", "versus"),
    ("approx", "approximately"),
    ("etc", "et cetera"),
    ("incl", "including"),
    ("dept", "department"),
    ("govt", "government"),
    ("est", "estimated"),
    ("prof", "Professor"),
    ("w/o", "without"),
    ("w/", "with"),
    ("&", "and"),
    ("+", "plus"),
    ("=", "equals"),
    (">", "greater than"),
    ("<", "less than"),
    ("@", "at"),
];

/// A word and its punctuation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub before: &'a str,
    pub core: &'a str,
    pub after: &'a str,
}

impl<'a> Word<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let start = text.find(|c| !"([{\"'\u{201c}".contains(c)).unwrap_or(0);
        let (before, rest) = text.split_at(start);
        let core = rest.trim_end_matches(|c| ".,;:!?)]}\"'\u{201d}\u{2026}\u{2014}".contains(c));
        let core = if core.is_empty() { rest } else { core };
        Self { before, core, after: &rest[core.len()..] }
    }

    /// `words` in the place of this word and its punctuation.
    pub(super) fn with(&self, words: &str) -> String {
        format!("{}{words}{}", self.before, self.after)
    }

    /// What this word is called, whatever stands around it.
    pub(super) fn read_alone(&self) -> String {
        let lower = self.core.to_lowercase();
        if let Some((short, long)) = EXPANSIONS.iter().find(|(short, _)| *short == lower) {
            // The full stop belongs to the abbreviation, unless more follows it.
            let after = if short.chars().all(char::is_alphabetic) {
                self.after.strip_prefix('.').unwrap_or(self.after)
            } else {
                self.after
            };
            return format!("{}{long}{after}", self.before);
        }
        self.with(&parts(self.core))
    }
}

/// Letters and digits apart (`Q3`), slashes between words gone (`input/output`), dots in names said (`Node.js`).
fn parts(core: &str) -> String {
    if let Some(number) = core.strip_prefix('#').filter(|rest| is_number(rest)) {
        return format!("number {number}");
    }
    if let Some(number) = core.strip_prefix('~').filter(|rest| is_number(rest)) {
        return format!("about {number}");
    }
    if let Some(number) = core.strip_suffix('+').filter(|rest| is_number(rest)) {
        return format!("{number} plus");
    }
    let by_slash: Vec<&str> = core.split('/').collect();
    let wordy = |piece: &&str| piece.chars().count() > 0 && piece.chars().all(|c| c.is_alphanumeric() || c == '-');
    if by_slash.len() > 1 && by_slash.iter().all(wordy) {
        return by_slash.iter().map(|piece| parts(piece)).collect::<Vec<_>>().join(" ");
    }
    let by_dot: Vec<&str> = core.split('.').collect();
    let name = |piece: &&str| piece.len() > 1 && piece.chars().all(char::is_alphabetic);
    if by_dot.len() > 1 && by_dot.iter().all(name) {
        return by_dot.join(" dot ");
    }
    letters_and_digits(core)
}

/// `Q3` → `Q 3`, `5G` → `5 G`; ordinals and what has more changes than one stay.
fn letters_and_digits(core: &str) -> String {
    const SUFFIXES: [&str; 5] = ["st", "nd", "rd", "th", "s"];
    if !core.is_ascii() || !core.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return core.to_owned();
    }
    let Some(at) = core.bytes().zip(core.bytes().skip(1)).position(|(a, b)| a.is_ascii_digit() != b.is_ascii_digit())
    else {
        return core.to_owned();
    };
    let (left, right) = core.split_at(at + 1);
    let one_change = right.bytes().all(|byte| byte.is_ascii_digit()) || right.bytes().all(|b| b.is_ascii_alphabetic());
    if !one_change || SUFFIXES.contains(&right.to_ascii_lowercase().as_str()) {
        return core.to_owned();
    }
    format!("{left} {right}")
}
