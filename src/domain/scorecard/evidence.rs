//! What was said in answer to one question, and whether that is enough to judge by.
//!
//! The measures here are of the transcript, never of the candidate: they decide whether a score may be given at all,
//! raise or lower none, and reach no prompt.

use super::words;
use crate::domain::transcript::{Item, ItemState, Role};
use serde::{Deserialize, Serialize};

/// An answer with fewer words is no evidence.
pub const WORDS_MIN: u32 = 5;
/// More of the candidate's speech than this without settled words (thousandths of its duration; of its items where
/// their duration is not known): too much is missing.
pub const UNSETTLED_PERMILLE_MAX: u32 = 250;
/// Nobody speaks more words a minute: the transcript holds words that were not said.
pub const WORDS_PER_MINUTE_MAX: u32 = 450;
/// Over at least [`SPARSE_TALK_MS`] of speech fewer words a minute than this: words were lost. Far below the slowest
/// speech, so that nobody is left out for speaking slowly.
pub const WORDS_PER_MINUTE_MIN: u32 = 6;
pub const SPARSE_TALK_MS: u64 = 60_000;
/// Speech shorter than this says nothing about words a minute.
const PACE_TALK_MS_MIN: u64 = 2_000;
/// More of the candidate's audio than this (thousandths) was lost and made up.
pub const CONCEALED_PERMILLE_MAX: u32 = 100;
/// The live transcript and the second pass differ in more of their words than this (thousandths).
pub const DISAGREEMENT_PERMILLE_MAX: u32 = 500;
/// Characters of a question's conversation; more is left to a person.
pub const CONVERSATION_CHARS_MAX: usize = 40_000;

/// One thing said, in the versions that there are of it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub item: &'a Item,
    /// The words of the second pass, where it had any.
    pub second_pass: Option<&'a str>,
    /// Is it the second pass that the results show?
    pub shows_second_pass: bool,
}

impl<'a> Heard<'a> {
    /// Of the live transcript alone.
    pub fn live(item: &'a Item) -> Self {
        Self { item, second_pass: None, shows_second_pass: false }
    }

    /// The version that the results show.
    pub fn words(&self) -> &'a str {
        self.shown_second_pass().unwrap_or(&self.item.content)
    }

    fn shown_second_pass(&self) -> Option<&'a str> {
        self.second_pass.filter(|_| self.shows_second_pass)
    }

    /// Has it words that count? What was not understood live may have been in the second pass.
    fn is_settled(&self) -> bool {
        self.item.state == ItemState::Final || self.shown_second_pass().is_some()
    }
}

/// Final words of the candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Answer {
    pub item_id: String,
    /// As the results show them.
    pub text: String,
    /// Milliseconds from the start of the session's audio.
    pub start_ms: u64,
    #[cfg_attr(feature = "server", schema(required))]
    pub end_ms: Option<u64>,
}

/// One side's words, in their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// `None`: the interviewer's, which nobody can quote.
    pub item_id: Option<String>,
    pub text: String,
}

/// How far the transcript of one question can be trusted. Null where unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct TranscriptQuality {
    /// Words in settled items of the candidate.
    pub words: u32,
    pub final_items: u32,
    /// Never settled: the session ended in the middle of them.
    pub interim_items: u32,
    /// Said, and not understood by the machine.
    pub missing_items: u32,
    /// Share of the candidate's speech without settled words, in thousandths.
    pub unsettled_permille: u32,
    /// Words in a minute of settled speech: only to notice a transcript that cannot be right.
    #[cfg_attr(feature = "server", schema(required))]
    pub words_per_minute: Option<u32>,
    /// Share of the session's incoming audio that was lost and made up, in thousandths.
    #[cfg_attr(feature = "server", schema(required))]
    pub concealed_permille: Option<u32>,
    /// Share of the words in which the live transcript and the second pass that is shown differ, in thousandths.
    #[cfg_attr(feature = "server", schema(required))]
    pub disagreement_permille: Option<u32>,
}

/// Why there is no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Insufficiency {
    /// The candidate said nothing to this question, or nothing in words.
    NoAnswer,
    /// Fewer words than can show anything.
    TooFewWords,
    /// Too much of what was said has no settled words.
    WordsMissing,
    /// So many or so few words cannot be what was said in that time.
    ImplausibleTranscript,
    /// Too much of the audio was lost on the way.
    AudioConcealed,
    /// The live transcript and the second pass say different things.
    VersionsDisagree,
    /// Longer than an evaluator is given.
    TooLong,
    /// The evaluator found nothing in the answer that fits an anchor.
    NotShown,
    /// The evaluator did not judge this criterion, or twice and differently.
    NotJudged,
    /// Not one of the quotes that it gave was said.
    NoVerifiedQuote,
    /// The level that it gave is not in the rubric.
    NoSuchLevel,
    /// Its reason was one that must never count.
    ForbiddenGround,
}

/// Everything that one question has to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionEvidence {
    /// From 1.
    pub number: u32,
    /// Settled words of the candidate, in their order.
    pub answers: Vec<Answer>,
    /// Both sides in turn, for whoever has to understand the answers.
    pub turns: Vec<Turn>,
    pub quality: TranscriptQuality,
    /// Why nobody may be scored by it; `None`: it is enough.
    pub insufficiency: Option<Insufficiency>,
}

impl QuestionEvidence {
    /// Gathers what belongs to question `number`, from items in any order. `concealed_ratio`: of the session's incoming
    /// audio, 0 to 1.
    pub fn gather(number: u32, heard: &[Heard<'_>], concealed_ratio: Option<f64>) -> Self {
        let mut of_it: Vec<&Heard<'_>> = heard.iter().filter(|one| one.item.question == Some(number)).collect();
        of_it.sort_by_key(|one| (one.item.start_ms, one.item.position));
        let answers: Vec<Answer> = of_it.iter().filter_map(|one| answer(one)).collect();
        let turns = of_it.iter().filter_map(|one| turn(one)).collect();
        let quality = quality(&of_it, concealed_ratio);
        let mut evidence = Self { number, answers, turns, quality, insufficiency: None };
        evidence.insufficiency = evidence.weakness();
        evidence
    }

    /// The first thing that is wrong with it, the plainest first.
    fn weakness(&self) -> Option<Insufficiency> {
        let quality = &self.quality;
        let more_than = |value: Option<u32>, limit: u32| value.is_some_and(|value| value > limit);
        let chars: usize = self.turns.iter().map(|turn| turn.text.chars().count()).sum();
        let rules = [
            (quality.unsettled_permille > UNSETTLED_PERMILLE_MAX, Insufficiency::WordsMissing),
            (quality.words == 0, Insufficiency::NoAnswer),
            (quality.words < WORDS_MIN, Insufficiency::TooFewWords),
            (more_than(quality.words_per_minute, WORDS_PER_MINUTE_MAX), Insufficiency::ImplausibleTranscript),
            (self.is_sparse(), Insufficiency::ImplausibleTranscript),
            (more_than(quality.concealed_permille, CONCEALED_PERMILLE_MAX), Insufficiency::AudioConcealed),
            (more_than(quality.disagreement_permille, DISAGREEMENT_PERMILLE_MAX), Insufficiency::VersionsDisagree),
            (chars > CONVERSATION_CHARS_MAX, Insufficiency::TooLong),
        ];
        rules.into_iter().find_map(|(holds, insufficiency)| holds.then_some(insufficiency))
    }

    fn is_sparse(&self) -> bool {
        let ms = |answer: &Answer| answer.end_ms.map_or(0, |end_ms| end_ms.saturating_sub(answer.start_ms));
        let talk_ms: u64 = self.answers.iter().map(ms).sum();
        talk_ms >= SPARSE_TALK_MS && self.quality.words_per_minute.is_some_and(|words| words < WORDS_PER_MINUTE_MIN)
    }
}

fn answer(heard: &Heard<'_>) -> Option<Answer> {
    let item = heard.item;
    (item.role == Role::User && heard.is_settled() && words::count(heard.words()) > 0).then(|| Answer {
        item_id: item.item_id.to_string(),
        text: heard.words().to_owned(),
        start_ms: item.start_ms,
        end_ms: item.end_ms,
    })
}

fn turn(heard: &Heard<'_>) -> Option<Turn> {
    let item = heard.item;
    match item.role {
        Role::User => answer(heard).map(|answer| Turn { item_id: Some(answer.item_id), text: answer.text }),
        Role::Assistant => {
            (words::count(&item.content) > 0).then(|| Turn { item_id: None, text: item.content.clone() })
        }
    }
}

fn quality(of_it: &[&Heard<'_>], concealed_ratio: Option<f64>) -> TranscriptQuality {
    let of_candidate = || of_it.iter().filter(|one| one.item.role == Role::User);
    // A cough that turned out to be no words is settled, and nothing.
    let settled = || of_candidate().filter(|one| one.is_settled() && words::count(one.words()) > 0);
    let in_state = |state| of_candidate().filter(move |one| one.item.state == state && !one.is_settled());
    let ms = |one: &Heard<'_>| one.item.end_ms.map_or(0, |end_ms| end_ms.saturating_sub(one.item.start_ms));
    let unsettled = || in_state(ItemState::Interim).chain(in_state(ItemState::Missing));
    let (settled_ms, unsettled_ms) =
        (settled().map(|one| ms(one)).sum::<u64>(), unsettled().map(|one| ms(one)).sum::<u64>());
    let share = |part: u64, rest: u64| (part * 1_000).checked_div(part + rest).unwrap_or(0);
    let by_time = share(unsettled_ms, settled_ms);
    let by_items = share(unsettled().count() as u64, settled().count() as u64);
    let has_times = unsettled().all(|one| one.item.end_ms.is_some()) && settled_ms + unsettled_ms > 0;
    TranscriptQuality {
        words: settled().map(|one| words::count(one.words())).sum(),
        final_items: number(settled().count()),
        interim_items: number(in_state(ItemState::Interim).count()),
        missing_items: number(in_state(ItemState::Missing).count()),
        unsettled_permille: number(if has_times { by_time } else { by_items } as usize),
        words_per_minute: words_per_minute(settled().map(|one| (words::count(one.words()), ms(one)))),
        concealed_permille: concealed_ratio.filter(|ratio| ratio.is_finite()).map(permille),
        disagreement_permille: disagreement_permille(settled()),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn permille(ratio: f64) -> u32 {
    (ratio.clamp(0.0, 1.0) * 1_000.0).round() as u32
}

/// Over what was spoken: a typed answer takes no time.
fn words_per_minute(spoken: impl Iterator<Item = (u32, u64)>) -> Option<u32> {
    let (words, ms) = spoken
        .filter(|(_, ms)| *ms > 0)
        .fold((0_u64, 0_u64), |(words, total_ms), (count, ms)| (words + u64::from(count), total_ms + ms));
    (ms >= PACE_TALK_MS_MIN).then(|| u32::try_from(words * 60_000 / ms).unwrap_or(u32::MAX))
}

/// Over the items that had words live and show those of the second pass: one that is not shown was no use.
fn disagreement_permille<'a>(settled: impl Iterator<Item = &'a &'a Heard<'a>>) -> Option<u32> {
    let (mut live, mut second) = (String::new(), String::new());
    for one in settled {
        let Some(words) = one.shown_second_pass().filter(|_| one.item.state == ItemState::Final) else { continue };
        live.extend([one.item.content.as_str(), " "]);
        second.extend([words, " "]);
    }
    (words::count(&live) > 0 || words::count(&second) > 0).then(|| words::difference_permille(&live, &second))
}
