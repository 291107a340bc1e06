//! From what an evaluator says to what a scorecard may hold.
//!
//! Nothing of an evaluator's answer is believed: a level must be in the rubric and rest on at least one quote that was
//! said; a rationale may not quote what was not said, nor speak of what must not count. What fails is dropped and
//! counted, and a level without a quote left is no level.

use super::{
    evidence::{Answer, Insufficiency, QuestionEvidence},
    fairness::{RationaleFault, forbidden_in_rationale},
    quote::{ClaimedQuote, Quote, find_whole_words, is_said, verify},
    words::normalised,
};
use crate::domain::interview::{Criterion, Question};
use serde::{Deserialize, Serialize};

/// Quotes of one criterion that are kept.
pub const QUOTES_MAX: usize = 5;
/// Quotes of one criterion that are looked at; more are dropped unseen.
pub const CLAIMED_QUOTES_MAX: usize = 20;
/// Characters of a rationale; the rest is cut off.
pub const RATIONALE_CHARS_MAX: usize = 600;

/// What an evaluator says about one criterion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Id of the criterion, as it was given.
    pub criterion: String,
    /// `None`: the answer does not show it.
    pub level: Option<i64>,
    pub rationale: String,
    pub quotes: Vec<ClaimedQuote>,
}

/// What a scorecard holds for one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CriterionProposal {
    /// Id of the criterion.
    pub criterion: String,
    pub status: ProposalStatus,
    /// A level of the rubric; null where the evidence is not enough. Never without a quote.
    #[cfg_attr(feature = "server", schema(required))]
    pub level: Option<u32>,
    /// Why there is no level.
    #[cfg_attr(feature = "server", schema(required))]
    pub reason: Option<Insufficiency>,
    #[cfg_attr(feature = "server", schema(required))]
    pub rationale: Option<String>,
    /// The evaluator's rationale quoted what was not said, or spoke of what must not count.
    pub rationale_dropped: bool,
    /// Each found word for word in the candidate's answers to this question.
    pub quotes: Vec<Quote>,
    /// Quotes of the evaluator's that were not.
    pub quotes_dropped: u32,
}

/// Is there a level?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    Proposed,
    InsufficientEvidence,
}

impl CriterionProposal {
    /// No level, and nothing beside it.
    pub fn insufficient(criterion: &str, reason: Insufficiency) -> Self {
        Self {
            criterion: criterion.to_owned(),
            status: ProposalStatus::InsufficientEvidence,
            level: None,
            reason: Some(reason),
            rationale: None,
            rationale_dropped: false,
            quotes: Vec::new(),
            quotes_dropped: 0,
        }
    }
}

/// One entry for each criterion, in the rubric's order. Weak evidence gives none a level, whatever was said about it.
pub fn propose(
    question: &Question,
    criteria: &[Criterion],
    evidence: &QuestionEvidence,
    judgements: &[Judgement],
) -> Vec<CriterionProposal> {
    let one = |criterion: &Criterion| match evidence.insufficiency {
        Some(reason) => CriterionProposal::insufficient(&criterion.id, reason),
        None => of_criterion(question, criterion, &evidence.answers, judgements),
    };
    criteria.iter().map(one).collect()
}

/// The same for a question that nobody judges: every criterion without a level, for the evidence's reason.
pub fn unjudged(criteria: &[Criterion], evidence: &QuestionEvidence) -> Vec<CriterionProposal> {
    let reason = evidence.insufficiency.unwrap_or(Insufficiency::NotJudged);
    criteria.iter().map(|criterion| CriterionProposal::insufficient(&criterion.id, reason)).collect()
}

fn of_criterion(
    question: &Question,
    criterion: &Criterion,
    answers: &[Answer],
    judgements: &[Judgement],
) -> CriterionProposal {
    let mut of_it = judgements.iter().filter(|judgement| judgement.criterion == criterion.id);
    let (Some(judgement), None) = (of_it.next(), of_it.next()) else {
        return CriterionProposal::insufficient(&criterion.id, Insufficiency::NotJudged);
    };
    let (quotes, quotes_dropped) = kept_quotes(&judgement.quotes, answers);
    let fault = forbidden_in_rationale(&judgement.rationale);
    let rationale = bounded(&judgement.rationale);
    let is_true = |rationale: &String| fault.is_none() && quotes_what_is_there(rationale, question, criterion, answers);
    let kept = rationale.clone().filter(is_true);
    let level = match judgement.level {
        _ if matches!(fault, Some(RationaleFault::Ground(_))) => Err(Insufficiency::ForbiddenGround),
        None => Err(Insufficiency::NotShown),
        Some(level) => match criterion.levels.iter().find(|known| i64::from(known.level) == level) {
            None => Err(Insufficiency::NoSuchLevel),
            Some(_) if quotes.is_empty() => Err(Insufficiency::NoVerifiedQuote),
            Some(known) => Ok(known.level),
        },
    };
    CriterionProposal {
        criterion: criterion.id.clone(),
        status: if level.is_ok() { ProposalStatus::Proposed } else { ProposalStatus::InsufficientEvidence },
        level: level.ok(),
        reason: level.err(),
        rationale_dropped: rationale.is_some() && kept.is_none(),
        rationale: kept,
        quotes,
        quotes_dropped,
    }
}

/// The quotes that were said, each once, and how many were not.
fn kept_quotes(claimed: &[ClaimedQuote], answers: &[Answer]) -> (Vec<Quote>, u32) {
    let mut kept: Vec<Quote> = Vec::new();
    let mut dropped = claimed.len().saturating_sub(CLAIMED_QUOTES_MAX);
    for claim in claimed.iter().take(CLAIMED_QUOTES_MAX) {
        match verify(claim, answers) {
            Ok(quote) if kept.contains(&quote) || kept.len() == QUOTES_MAX => {}
            Ok(quote) => kept.push(quote),
            Err(_) => dropped += 1,
        }
    }
    (kept, u32::try_from(dropped).unwrap_or(u32::MAX))
}

/// One line, cut to its bound; `None` where there is nothing to read.
fn bounded(rationale: &str) -> Option<String> {
    let printable: String = rationale
        .chars()
        .take(RATIONALE_CHARS_MAX * 4)
        .map(|letter| if letter.is_control() || is_direction_mark(letter) { ' ' } else { letter })
        .collect();
    let line: String = normalised(&printable).chars().take(RATIONALE_CHARS_MAX).collect();
    let line = line.trim_end().to_owned();
    (!line.is_empty()).then_some(line)
}

/// Characters that make text read otherwise than it is written.
const fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whatever stands in quotation marks in a rationale must have been said, or be the rubric's or the question's.
fn quotes_what_is_there(rationale: &str, question: &Question, criterion: &Criterion, answers: &[Answer]) -> bool {
    let written: Vec<String> = [&question.text, &criterion.name, &criterion.description]
        .into_iter()
        .chain(&question.follow_ups)
        .chain(criterion.levels.iter().map(|level| &level.anchor))
        .map(|text| normalised(text))
        .collect();
    let ours = |words: &str| written.iter().any(|text| find_whole_words(text, words).is_ok());
    let stands = |part: &String| {
        let words = part.trim_matches(|letter: char| letter.is_whitespace() || ",.;:!?".contains(letter));
        words.is_empty() || is_said(words, answers) || ours(&normalised(words))
    };
    quoted_parts(rationale).is_some_and(|parts| parts.iter().all(stands))
        && single_quoted_parts(rationale).iter().all(stands)
}

/// Quotation marks, with what may close them.
const MARKS: &[(char, &[char])] = &[
    ('"', &['"']),
    ('`', &['`']),
    ('\u{201C}', &['\u{201D}']),
    ('\u{201E}', &['\u{201C}', '\u{201D}']),
    ('\u{201D}', &['\u{201D}']),
    ('\u{AB}', &['\u{BB}']),
    ('\u{BB}', &['\u{AB}', '\u{BB}']),
    ('\u{300C}', &['\u{300D}']),
    ('\u{300D}', &[]),
];

/// What stands between quotation marks. `None`: one is not closed, closed by another kind, or holds nothing, so that
/// nobody can tell what is quoted.
fn quoted_parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut open: Option<(&[char], String)> = None;
    for letter in text.chars() {
        let mark = MARKS.iter().find(|(mark, _)| *mark == letter);
        open = match (open, mark) {
            (None, None) => None,
            (None, Some((_, closing))) => Some((*closing, String::new())),
            (Some((closing, mut part)), None) => {
                part.push(letter);
                Some((closing, part))
            }
            (Some((closing, part)), Some(_)) if closing.contains(&letter) && !part.trim().is_empty() => {
                parts.push(part);
                None
            }
            (Some(_), Some(_)) => return None,
        };
    }
    open.is_none().then_some(parts)
}

/// The same for single marks, which are apostrophes too: one opens after a space and closes before one.
fn single_quoted_parts(text: &str) -> Vec<String> {
    const SINGLE: &[char] = &['\'', '\u{2018}', '\u{2019}', '\u{201A}', '\u{2039}', '\u{203A}'];
    let letters: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    let mut opened: Option<usize> = None;
    for (at, letter) in letters.iter().enumerate().filter(|(_, letter)| SINGLE.contains(letter)) {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(at + 1);
        let is_free = |letter: Option<&char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        match opened {
            Some(from) if is_free(after) => {
                parts.push(letters[from..at].iter().collect());
                opened = None;
            }
            None if is_free(before.as_ref()) && !is_free(after) && *letter != '\u{203A}' => opened = Some(at + 1),
            _ => {}
        }
    }
    parts
}
