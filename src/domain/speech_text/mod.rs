//! Text as it is spoken: sentences, and what digits and signs are called.
//!
//! Plain numbers, years and amounts such as `$5.20` are read by the phonemizer itself; [`spoken_form`] turns the rest
//! into words. A text may say how a word is read: `[Oluwaseun](/ˌOluwəsˈeun/)`.

mod calendar;
mod number;
mod quantity;
mod word;

use word::Word;

/// A sentence that is longer (in characters) is spoken in parts, so that the first is heard soon.
const PART_CHARS_MAX: usize = 220;

/// Words before whose full stop no sentence ends.
const ABBREVIATIONS: [&str; 18] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "mt", "sr", "jr", "gen", "gov", "sen", "rep", "capt", "no", "vs", "approx",
    "fig",
];

/// The text without hints on pronunciation, as it is shown.
pub fn written_form(text: &str) -> String {
    pieces(text).map(|piece| piece.shown()).collect()
}

/// The text with what is not a word put into words; hints on pronunciation stay.
pub fn spoken_form(text: &str) -> String {
    let spoken = pieces(text).map(|piece| match piece {
        Piece::Plain(text) => spaced(text, &spoken_words(text)),
        Piece::Hint { whole, .. } => whole.to_owned(),
    });
    spoken.collect::<String>().trim().to_owned()
}

/// Keeps the white space at the ends of a piece, so that pieces join as they were.
fn spaced(original: &str, spoken: &str) -> String {
    let space = |there: bool| if there { " " } else { "" };
    let before = original.starts_with(char::is_whitespace) && !spoken.is_empty();
    format!("{}{spoken}{}", space(before), space(original.ends_with(char::is_whitespace)))
}

fn spoken_words(text: &str) -> String {
    let text = text.replace(['\u{2019}', '\u{2018}'], "'").replace('\u{a0}', " ");
    let words: Vec<Word<'_>> = text.split_whitespace().map(Word::new).collect();
    let mut spoken: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    let mut previous = "";
    while let Some((word, after)) = rest.split_first() {
        let readings = [calendar::read, quantity::read];
        let reading = readings.iter().find_map(|read| read(rest, previous));
        let (words, used) = reading.unwrap_or_else(|| (word.read_alone(), 1));
        previous = rest[used - 1].core;
        rest = &after[used - 1..];
        spoken.push(words);
    }
    spoken.join(" ")
}

/// The sentences of a text, each short enough to be spoken at once.
pub fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut current = String::new();
    let words: Vec<&str> = text.split_whitespace().collect();
    for (index, word) in words.iter().enumerate() {
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
        let next = words.get(index + 1);
        if ends_sentence(word, next.copied()) || (ends_clause(word) && current.chars().count() > PART_CHARS_MAX) {
            sentences.push(std::mem::take(&mut current));
        } else if current.chars().count() > 2 * PART_CHARS_MAX {
            // No punctuation far and wide.
            sentences.push(std::mem::take(&mut current));
        }
    }
    if !current.is_empty() {
        sentences.push(current);
    }
    sentences
}

/// Does a sentence end with this word, when that word follows?
pub(crate) fn ends_sentence(word: &str, next: Option<&str>) -> bool {
    let bare = word.trim_end_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}']);
    if !bare.ends_with(['.', '!', '?', '\u{2026}']) {
        return false;
    }
    let Some(next) = next else { return true };
    if next.starts_with(char::is_lowercase) {
        return false;
    }
    let Some(stem) = bare.strip_suffix('.') else { return true };
    let stem = stem.trim_start_matches(['"', '\'', '(', '[', '\u{201c}', '\u{2018}']);
    let initial = stem.chars().count() == 1 && stem.starts_with(char::is_uppercase);
    // `e.g.` and `i.e.` go on; `a.m.` and `U.S.` may end a sentence.
    let goes_on = matches!(stem.to_ascii_lowercase().as_str(), "e.g" | "i.e");
    !(initial || goes_on || ABBREVIATIONS.contains(&stem.to_ascii_lowercase().as_str()))
}

fn ends_clause(word: &str) -> bool {
    word.ends_with([',', ';', ':', '\u{2014}'])
}

/// Plain text, or `[word](/phonemes/)`.
enum Piece<'a> {
    Plain(&'a str),
    Hint { whole: &'a str, word: &'a str },
}

impl<'a> Piece<'a> {
    fn shown(&self) -> &'a str {
        match self {
            Self::Plain(text) => text,
            Self::Hint { word, .. } => word,
        }
    }
}

/// Splits a text at its hints on pronunciation.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match hint(rest) {
            Some((0, word, end)) => {
                let (whole, after) = rest.split_at(end);
                rest = after;
                Some(Piece::Hint { whole, word })
            }
            Some((start, ..)) => {
                let (plain, after) = rest.split_at(start);
                rest = after;
                Some(Piece::Plain(plain))
            }
            None => Some(Piece::Plain(std::mem::take(&mut rest))),
        }
    })
}

/// The first hint: where it begins, its word, where it ends.
fn hint(text: &str) -> Option<(usize, &str, usize)> {
    let middle = text.find("](/")?;
    let start = text[..middle].rfind('[')?;
    let end = middle + 3 + text[middle + 3..].find("/)")? + 2;
    Some((start, &text[start + 1..middle], end))
}
