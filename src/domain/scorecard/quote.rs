//! Quotes: what an evaluator says that the candidate said, held against what the candidate said.

use super::{
    evidence::Answer,
    words::{count, is_inside_word, normalised},
};
use serde::{Deserialize, Serialize};

/// Fewer words than this are no quote, unless they are the whole answer: a single word proves nothing.
pub const QUOTE_WORDS_MIN: u32 = 3;
/// Longest quote, in characters.
pub const QUOTE_CHARS_MAX: usize = 600;

/// What an evaluator claims that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedQuote {
    pub item_id: String,
    pub text: String,
}

/// Words of the candidate, cut out of the transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Quote {
    /// The transcript item that they stand in.
    pub item_id: String,
    /// Word for word, whitespace normalised.
    pub text: String,
    /// When the item begins, in milliseconds from the start of the session's audio.
    pub start_ms: u64,
}

/// Why a claimed quote is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    #[error("names no answer of this question")]
    NoSuchAnswer,
    #[error("is empty or too short to show anything")]
    TooShort,
    #[error("is too long")]
    TooLong,
    #[error("was not said in these words")]
    NotVerbatim,
    #[error("begins or ends inside a word")]
    CutsWord,
}

/// Finds a claimed quote in the answers of its question. What comes back is cut out of the answer itself; the only
/// thing that may differ from the claim is whitespace ([`normalised`]).
///
/// # Errors
/// [`QuoteError`]
pub fn verify(claimed: &ClaimedQuote, answers: &[Answer]) -> Result<Quote, QuoteError> {
    if claimed.text.chars().count() > QUOTE_CHARS_MAX * 2 {
        return Err(QuoteError::TooLong);
    }
    let answer = answers.iter().find(|answer| answer.item_id == claimed.item_id).ok_or(QuoteError::NoSuchAnswer)?;
    let wanted = normalised(&claimed.text);
    let said = normalised(&answer.text);
    if wanted.chars().count() > QUOTE_CHARS_MAX {
        return Err(QuoteError::TooLong);
    }
    if count(&wanted) == 0 || (count(&wanted) < QUOTE_WORDS_MIN && wanted != said) {
        return Err(QuoteError::TooShort);
    }
    let at = find_whole_words(&said, &wanted)?;
    let text = said[at..at + wanted.len()].to_owned();
    Ok(Quote { item_id: answer.item_id.clone(), text, start_ms: answer.start_ms })
}

/// Are these words said somewhere in the answers, whole and in this order? Both sides whitespace normalised.
pub fn is_said(words: &str, answers: &[Answer]) -> bool {
    let wanted = normalised(words);
    !wanted.is_empty() && answers.iter().any(|answer| find_whole_words(&normalised(&answer.text), &wanted).is_ok())
}

/// Where `wanted` stands in `said` without cutting a word in two.
pub fn find_whole_words(said: &str, wanted: &str) -> Result<usize, QuoteError> {
    let mut from = 0;
    let mut found = false;
    while let Some(at) = said.get(from..).and_then(|rest| rest.find(wanted)).map(|at| from + at) {
        found = true;
        if !is_inside_word(said, at) && !is_inside_word(said, at + wanted.len()) {
            return Ok(at);
        }
        from = at + said[at..].chars().next().map_or(1, char::len_utf8);
    }
    Err(if found { QuoteError::CutsWord } else { QuoteError::NotVerbatim })
}
