//! What a model words for the interviewer is held against this, sentence by sentence, before anybody hears it.
//!
//! The guard is strict: a sentence that is dropped without need costs a follow-up in the script's words, one that is
//! let through can be unfair to a candidate. Its lists are English, and so is every interview that is phrased.

mod lists;

use crate::domain::brief::{Brief, Task};
use std::collections::BTreeSet;

/// Words of everything that is phrased for one turn.
const WORDS_MAX: usize = 40;
const LEAD_IN_WORDS_MAX: usize = 14;
const SENTENCES_MAX: usize = 2;
const SENTENCE_CHARS_MAX: usize = 300;
const WORD_CHARS_MAX: usize = 30;
/// So many words in a row of the directions are an echo.
const ECHO_WORDS: usize = 6;
/// So many words in a row of what good answers are like give one away.
const GIVEN_AWAY_WORDS: usize = 4;
/// Letters from which a word counts as one that carries meaning.
const CONTENT_CHARS: usize = 5;
/// Letters by which such words are compared: endings differ.
const STEM_CHARS: usize = 5;
/// Digits in a row that are an address of some kind.
const DIGITS_MAX: usize = 5;

/// Why a sentence must not be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// Too long, or more than was asked for.
    Length,
    /// Signs or letters that no sentence of the language has: markup, JSON, emoji, another script, labels.
    Form,
    /// Asks again, or asks where nothing is to be asked.
    SecondQuestion,
    /// Praises, rates, corrects or agrees.
    Judgement,
    /// Speaks of itself, or claims to be human.
    OfItself,
    /// Says what will come of the interview.
    Promise,
    /// Gives an answer away, or says what should have been said.
    AnswerGiven,
    /// Speaks of its directions, or to somebody else.
    Echo,
    /// A question of another number, or one that was asked before.
    OtherQuestion,
    /// An address on the net, a telephone number.
    Address,
    /// Asks what an interviewer must not ask, or insults.
    Private,
    /// Says something that nobody said.
    Unfounded,
}

impl Rejection {
    /// Name for metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Form => "form",
            Self::SecondQuestion => "second_question",
            Self::Judgement => "judgement",
            Self::OfItself => "of_itself",
            Self::Promise => "promise",
            Self::AnswerGiven => "answer_given",
            Self::Echo => "echo",
            Self::OtherQuestion => "other_question",
            Self::Address => "address",
            Self::Private => "private",
            Self::Unfounded => "unfounded",
        }
    }

    /// Whether what follows such a sentence is of no use either: a question after "You are hired." is part of it, one
    /// after "Great answer!" is not.
    pub const fn spoils_the_rest(self) -> bool {
        !matches!(self, Self::Judgement | Self::Form | Self::Unfounded | Self::Length)
    }
}

/// A sentence that may be spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub words: String,
    /// It asks the candidate for something.
    pub asks: bool,
}

/// Judges the sentences of one turn in order.
#[derive(Debug)]
pub struct Guard {
    task: Task,
    words_left: usize,
    sentences: usize,
    asked: bool,
    directions: Vec<String>,
    unsaid: Vec<Vec<String>>,
    /// Questions that belong elsewhere, by their words that carry meaning.
    others: Vec<BTreeSet<String>>,
    /// The question itself, in the same way: what only says it once more is no follow-up.
    question: BTreeSet<String>,
    /// What was said or written on this question.
    grounds: BTreeSet<String>,
    /// All words of the author on this question.
    author: BTreeSet<String>,
}

impl Guard {
    pub fn new(brief: &Brief) -> Self {
        let written = [&brief.question].into_iter().chain(&brief.aim);
        let author: BTreeSet<String> = written.flat_map(|text| words(text)).collect();
        let mut grounds: BTreeSet<String> = author.iter().map(|word| stem(word)).collect();
        grounds.extend(words(&brief.answer).iter().map(|word| stem(word)));
        Self {
            task: brief.task,
            words_left: if brief.task == Task::LeadIn { LEAD_IN_WORDS_MAX } else { WORDS_MAX },
            sentences: 0,
            asked: false,
            directions: words(&brief.system()),
            unsaid: brief.unsaid.iter().map(|text| words(text)).collect(),
            others: brief.others.iter().chain(&brief.asked).map(|text| content(&words(text))).collect(),
            question: content(&words(&brief.question)),
            grounds,
            author,
        }
    }

    /// Tidies a sentence up and lets it through.
    ///
    /// # Errors
    /// [`Rejection`]; the guard stays as it was, as if the sentence had not come.
    pub fn check(&mut self, sentence: &str) -> Result<Passed, Rejection> {
        let sentence = tidy(sentence);
        let words = words(&sentence);
        let asks = asks(&sentence, &words);
        self.check_form(&sentence, &words)?;
        let text = format!(" {} ", words.join(" "));
        let says = |list: &[&str]| list.iter().any(|phrase| text.contains(&format!(" {phrase} ")));
        let begins = |list: &[&str]| list.iter().any(|phrase| text.starts_with(&format!(" {phrase}")));
        let all_lists: [(&[&str], Rejection); 6] = [
            (lists::JUDGEMENT, Rejection::Judgement),
            (lists::SELF, Rejection::OfItself),
            (lists::PROMISE, Rejection::Promise),
            (lists::GIVEN_AWAY, Rejection::AnswerGiven),
            (lists::ECHO, Rejection::Echo),
            (lists::OTHER_QUESTION, Rejection::OtherQuestion),
        ];
        if let Some((_, rejection)) = all_lists.iter().find(|(list, _)| says(list)) {
            return Err(*rejection);
        }
        self.check_private(&words, &text)?;
        self.check_copies(&words, asks)?;
        let opening = if asks { begins(lists::ASKS) || says(&["you", "your"]) } else { begins(lists::STATES) };
        if !opening {
            return Err(Rejection::Unfounded);
        }
        self.check_grounds(&words, asks)?;
        if asks && (self.asked || self.task == Task::LeadIn) || sentence.matches('?').count() > 1 {
            return Err(Rejection::SecondQuestion);
        }
        if self.sentences >= SENTENCES_MAX || words.len() > self.words_left {
            return Err(Rejection::Length);
        }
        self.sentences += 1;
        self.words_left -= words.len();
        self.asked |= asks;
        Ok(Passed { words: ended(sentence, asks), asks })
    }

    fn check_form(&self, sentence: &str, words: &[String]) -> Result<(), Rejection> {
        if words.is_empty() {
            return Err(Rejection::Form);
        }
        if sentence.chars().count() > SENTENCE_CHARS_MAX
            || words.iter().any(|word| word.chars().count() > WORD_CHARS_MAX)
        {
            return Err(Rejection::Length);
        }
        let digits = sentence.split(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | ' ' | '.' | '+'));
        let dialled = |run: &str| run.chars().filter(char::is_ascii_digit).count() > DIGITS_MAX;
        let lower = sentence.to_lowercase();
        if lists::ADDRESS.iter().any(|sign| lower.contains(sign)) || digits.into_iter().any(dialled) {
            return Err(Rejection::Address);
        }
        let spoken = |c: char| is_latin(c) || c.is_ascii_digit() || c == ' ' || lists::SIGNS.contains(&c);
        if !sentence.chars().all(spoken) {
            return Err(Rejection::Form);
        }
        // A label: "Interviewer: …", "Follow-up question: …".
        let label = sentence.split_once(':').is_some_and(|(before, _)| before.split_whitespace().count() <= 3);
        if label { Err(Rejection::Form) } else { Ok(()) }
    }

    fn check_private(&self, words: &[String], text: &str) -> Result<(), Rejection> {
        let unasked =
            |word: &String| lists::PRIVATE.iter().any(|stem| word.starts_with(stem)) && !self.author.contains(word);
        let phrase = lists::PRIVATE_PHRASES.iter().any(|phrase| text.contains(&format!(" {phrase} ")));
        if phrase || words.iter().any(unasked) { Err(Rejection::Private) } else { Ok(()) }
    }

    fn check_copies(&self, words: &[String], asks: bool) -> Result<(), Rejection> {
        if shares_run(words, &self.directions, ECHO_WORDS) {
            return Err(Rejection::Echo);
        }
        if self.unsaid.iter().any(|unsaid| shares_run(words, unsaid, GIVEN_AWAY_WORDS)) {
            return Err(Rejection::AnswerGiven);
        }
        let own = content(words);
        let elsewhere = |other: &BTreeSet<String>| {
            let known = other.iter().filter(|stem| own.contains(*stem)).count();
            other.len() >= 2 && known * 10 >= other.len() * 7
        };
        let shared = self.question.intersection(&own).count();
        let again = shared * 10 >= self.question.len() * 7 && shared * 10 >= own.len() * 7 && own.len() >= 2;
        if asks && (again || self.others.iter().any(elsewhere)) { Err(Rejection::OtherQuestion) } else { Ok(()) }
    }

    /// Numbers, and what the candidate is told to have said, must have been said.
    fn check_grounds(&self, words: &[String], asks: bool) -> Result<(), Rejection> {
        let number = |word: &&String| word.chars().any(|c| c.is_ascii_digit());
        if words.iter().filter(number).any(|word| !self.grounds.contains(&stem(word))) {
            return Err(Rejection::Unfounded);
        }
        let content = content(words);
        let unknown = content.iter().filter(|stem| !self.grounds.contains(*stem)).count();
        if !asks && unknown * 2 > content.len() { Err(Rejection::Unfounded) } else { Ok(()) }
    }
}

/// White space, quotation marks around the whole, and typographic signs.
fn tidy(sentence: &str) -> String {
    let plain: String = sentence
        .chars()
        .map(|c| match c {
            '\u{2019}' | '\u{2018}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
            '\u{2013}' | '\u{2014}' | '\u{2011}' => '-',
            '\u{2026}' => '.',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let mut sentence = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let wrapped = sentence.len() > 1 && sentence.starts_with('"') && sentence.ends_with('"');
    if wrapped || sentence.matches('"').count() % 2 == 1 {
        sentence = sentence.replace('"', "");
    }
    sentence.trim().to_owned()
}

fn ended(mut sentence: String, asks: bool) -> String {
    let bare = sentence.trim_end_matches(['"', '\'', ')']);
    if !bare.ends_with(['.', '?', '!']) {
        sentence.push(if asks { '?' } else { '.' });
    }
    sentence
}

/// Lower-case words, without the signs around them.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'");
    let parts = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    parts.map(|word| word.trim_matches('\'').to_owned()).filter(|word| !word.is_empty()).collect()
}

fn stem(word: &str) -> String {
    word.chars().take(STEM_CHARS).collect()
}

/// The stems of words that carry meaning.
fn content(words: &[String]) -> BTreeSet<String> {
    let carries = |word: &&String| word.chars().count() >= CONTENT_CHARS && !lists::PLAIN.contains(&word.as_str());
    words.iter().filter(carries).map(|word| stem(word)).collect()
}

fn asks(sentence: &str, words: &[String]) -> bool {
    let text = words.join(" ");
    let opens = |list: &[&str]| list.iter().any(|opening| text.starts_with(opening));
    // A model that forgets the question mark asks all the same.
    let unended = !sentence.trim_end_matches(['"', '\'', ')']).ends_with(['.', '!']);
    sentence.contains('?') || opens(lists::DEMANDS) || unended && opens(lists::ASKS)
}

fn shares_run(words: &[String], other: &[String], length: usize) -> bool {
    words.windows(length).any(|run| other.windows(length).any(|theirs| theirs == run))
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && matches!(c, '\u{41}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}
