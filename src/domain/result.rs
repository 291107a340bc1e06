//! What came out of an interview, in numbers. Only what was said and when; nothing here judges a voice, an accent or a
//! feeling.

use crate::domain::transcript::{Item, ItemState, Role};

/// Numbers over one transcript. `None`: not known, which is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Milliseconds in which the candidate spoke.
    pub user_talk_ms: u64,
    /// Milliseconds in which the interviewer was heard.
    pub assistant_talk_ms: u64,
    /// From the candidate's last word to the interviewer's first, in milliseconds.
    pub response_delay_p50_ms: Option<u64>,
    pub response_delay_p95_ms: Option<u64>,
    /// The candidate's words in a minute of the candidate's speech.
    pub words_per_minute: Option<u64>,
}

/// Less speech than this says nothing about its pace.
const PACE_TALK_MS_MIN: u64 = 1_000;

impl Metrics {
    /// Counts over items in any order.
    pub fn of(items: &[Item]) -> Self {
        let mut ordered: Vec<&Item> = items.iter().collect();
        ordered.sort_by_key(|item| (item.start_ms, item.position));
        let delays = response_delays_ms(&ordered);
        Self {
            user_talk_ms: talk_ms(&ordered, Role::User),
            assistant_talk_ms: talk_ms(&ordered, Role::Assistant),
            response_delay_p50_ms: percentile(&delays, 50),
            response_delay_p95_ms: percentile(&delays, 95),
            words_per_minute: words_per_minute(&ordered),
        }
    }
}

/// Does this item belong into a transcript? A noise that turned out to be no words does not.
pub fn is_worth_showing(item: &Item) -> bool {
    item.state != ItemState::Final || !item.content.is_empty() || !item.generated_content.is_empty()
}

fn spoken_ms(item: &Item) -> u64 {
    item.end_ms.map_or(0, |end_ms| end_ms.saturating_sub(item.start_ms))
}

fn talk_ms(items: &[&Item], role: Role) -> u64 {
    items.iter().filter(|item| item.role == role && is_worth_showing(item)).map(|item| spoken_ms(item)).sum()
}

/// One delay for each time that the interviewer spoke after the candidate, sorted.
fn response_delays_ms(items: &[&Item]) -> Vec<u64> {
    let worded: Vec<&&Item> = items.iter().filter(|item| is_worth_showing(item)).collect();
    let mut delays: Vec<u64> = worded
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] if before.role == Role::User && after.role == Role::Assistant => {
                after.start_ms.checked_sub(before.end_ms?)
            }
            _ => None,
        })
        .collect();
    delays.sort_unstable();
    delays
}

/// The smallest value that this percentage of all values does not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

fn words_per_minute(items: &[&Item]) -> Option<u64> {
    let known = || items.iter().filter(|item| item.role == Role::User && item.state == ItemState::Final);
    let words: usize = known().map(|item| item.content.split_whitespace().count()).sum();
    let ms: u64 = known().filter(|item| !item.content.is_empty()).map(|item| spoken_ms(item)).sum();
    (ms >= PACE_TALK_MS_MIN && words > 0).then(|| (words as u64 * 60_000 + ms / 2) / ms)
}
