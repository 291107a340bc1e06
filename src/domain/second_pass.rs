//! Which of two transcripts of the same answer is shown: the live one, or the second pass over the recording.

use crate::domain::transcript::{Item, ItemState, Role};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One of two versions of an answer's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Version {
    Live,
    SecondPass,
}

impl Version {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::SecondPass => "second_pass",
        }
    }

    /// Every version, for parsing a stored name.
    pub const ALL: [Self; 2] = [Self::Live, Self::SecondPass];
}

/// Nobody says more words in a second, over a whole answer.
const WORDS_PER_S_MAX: u64 = 6;
const WORDS_SPARE: u64 = 4;
/// So often in a row is the same phrase of at most so many words said by a decoder that is stuck.
const REPEATS: usize = 4;
const PHRASE_WORDS_MAX: usize = 6;
/// From so many words of the live version on, a second pass with less than half of them has lost something.
const LOST_WORDS_MIN: usize = 6;

/// The version to show. The second pass, unless it has no words, more than the time holds, repeats itself, or lost
/// half of what was understood live. What another, larger transcriber understood live stays, if it understood anything.
pub fn choose(live: &Item, live_is_builtin: bool, second: &str, heard_ms: u64) -> Version {
    let words: Vec<&str> = second.split_whitespace().collect();
    let has_live = live.state == ItemState::Final && !live.content.trim().is_empty();
    let too_many = words.len() as u64 > heard_ms * WORDS_PER_S_MAX / 1_000 + WORDS_SPARE;
    if words.is_empty() || too_many || repeats_itself(&words) {
        return Version::Live;
    }
    if !has_live {
        return Version::SecondPass;
    }
    let live_words = live.content.split_whitespace().count();
    let lost = live_words >= LOST_WORDS_MIN && words.len() * 2 < live_words;
    if lost || !live_is_builtin { Version::Live } else { Version::SecondPass }
}

fn repeats_itself(words: &[&str]) -> bool {
    let same = |a: &str, b: &str| {
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bare(a) == bare(b)
    };
    (1..=PHRASE_WORDS_MAX).any(|length| {
        words.windows(length * REPEATS).any(|run| (length..run.len()).all(|at| same(run[at], run[at - length])))
    })
}

/// Sound before an answer and after it that belongs to it, in milliseconds.
const BEFORE_MS: u64 = 300;
const AFTER_MS: u64 = 600;
/// A longer answer is heard so far only.
const ANSWER_MS_MAX: u64 = 10 * 60_000;

/// Where on the audio clock each of the candidate's answers is, in order, without overlaps: what is between two answers
/// is shared evenly. An answer that was never heard to an end is left out.
pub fn answers(items: &[Item]) -> Vec<(&Item, Range<u64>)> {
    let mut spoken: Vec<(&Item, u64)> = items
        .iter()
        .filter(|item| item.role == Role::User && item.state != ItemState::Interim)
        .filter_map(|item| item.end_ms.filter(|end_ms| *end_ms > item.start_ms).map(|end_ms| (item, end_ms)))
        .collect();
    spoken.sort_by_key(|(item, _)| (item.start_ms, item.position));
    let mut found: Vec<(&Item, Range<u64>)> = Vec::with_capacity(spoken.len());
    for (at, (item, end_ms)) in spoken.iter().enumerate() {
        let from_ms = found.last().map_or(0, |(_, before)| before.end).max(item.start_ms.saturating_sub(BEFORE_MS));
        let next_ms = spoken.get(at + 1).map_or(u64::MAX, |(next, _)| next.start_ms);
        let between_ms = next_ms.saturating_sub(*end_ms) / 2;
        let until_ms = end_ms.saturating_add(between_ms.min(AFTER_MS)).min(from_ms.saturating_add(ANSWER_MS_MAX));
        if until_ms > from_ms {
            found.push((item, from_ms..until_ms));
        }
    }
    found
}
