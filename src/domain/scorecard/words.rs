//! Words and whitespace, as evidence and quotes count them.

/// Whitespace normalised: each run of Unicode `White_Space` is one space, none at the ends. Nothing else changes: not
/// case, not punctuation, not the composition of letters.
pub fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words of a text. In scripts without spaces two letters count as a word.
pub fn count(text: &str) -> u32 {
    let words: usize = text.split_whitespace().map(words_of_run).sum();
    u32::try_from(words).unwrap_or(u32::MAX)
}

fn words_of_run(run: &str) -> usize {
    let spaceless = run.chars().filter(|&letter| is_spaceless(letter)).count();
    let others = run.chars().any(|letter| letter.is_alphanumeric() && !is_spaceless(letter));
    spaceless.div_ceil(2) + usize::from(others)
}

/// A letter of a script that is written without spaces between words: Thai, Lao, Khmer, Burmese, kana, Han.
pub fn is_spaceless(letter: char) -> bool {
    matches!(letter,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Is the place before the character at byte `at` inside a word? Apostrophes and hyphens between letters belong to
/// their word, so that "can" is no word of "can't"; combining marks belong to the letter before them.
pub fn is_inside_word(text: &str, at: usize) -> bool {
    let (Some(left), Some(right)) = (text[..at].chars().next_back(), text[at..].chars().next()) else { return false };
    if is_mark(right) {
        return true;
    }
    if is_spaceless(left) || is_spaceless(right) {
        return false;
    }
    is_of_word(text, at - left.len_utf8(), left) && is_of_word(text, at, right)
}

fn is_of_word(text: &str, at: usize, letter: char) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || is_mark(letter);
    if is_letter(letter) {
        return true;
    }
    let joins = matches!(letter, '\'' | '\u{2019}' | '-' | '\u{2010}' | '\u{2011}');
    joins
        && text[..at].chars().next_back().is_some_and(is_letter)
        && text[at + letter.len_utf8()..].chars().next().is_some_and(is_letter)
}

/// Combining marks, joiners and variation selectors.
const fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200C}' | '\u{200D}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}')
}

/// How much two texts differ: words to insert, delete or replace, over the words of the longer one, in thousandths.
/// Case and punctuation do not count. 0 for two texts without words.
pub fn difference_permille(one: &str, other: &str) -> u32 {
    let (one, other) = (plain_words(one), plain_words(other));
    let longer = one.len().max(other.len());
    if longer == 0 {
        return 0;
    }
    u32::try_from(edits(&one, &other) * 1_000 / longer).unwrap_or(1_000)
}

/// Words of one side that are compared at most; the rest of so long an answer is taken to be like its beginning.
const COMPARED_WORDS_MAX: usize = 2_000;

/// The words of a text in lower case, without what is neither letter nor digit.
pub fn plain_words(text: &str) -> Vec<String> {
    let bare = |run: &str| -> String {
        run.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    text.split_whitespace().map(bare).filter(|word| !word.is_empty()).take(COMPARED_WORDS_MAX).collect()
}

/// Levenshtein distance over words.
fn edits(one: &[String], other: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, word) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(word != candidate);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
