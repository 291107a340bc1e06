//! An interview's words in order, for a conversation that the interview does not run itself: somebody else's client
//! asks for one response after the other, and gets the next words.

use super::phrases;
use crate::domain::{interview::Interview, practice::Purpose};

/// Where a conversation is in its interview.
#[derive(Clone, Debug)]
pub struct Script {
    interview: Interview,
    at: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing was said.
    Before,
    /// At a question (index), with so many follow-ups asked.
    Asked {
        question: usize,
        follow_ups: usize,
    },
    Over,
}

/// What is said after the closing words.
const AFTER_THE_END: &str = "This interview is over. Goodbye.";

impl Script {
    pub fn new(interview: Interview) -> Self {
        Self { interview, at: Place::Before }
    }

    /// The next words. `answer`: what the other side said since the last ones; without any words the question is said
    /// again, a short answer brings a follow-up, as an interview does it.
    pub fn next(&mut self, answer: &str) -> String {
        match self.at {
            Place::Before => {
                let greeting = phrases::greeting(&self.interview, Purpose::Interview);
                match self.ask(0) {
                    Some(question) => format!("{greeting} {question}"),
                    None => greeting,
                }
            }
            Place::Asked { question, follow_ups } => self.after(question, follow_ups, phrases::count_words(answer)),
            Place::Over => AFTER_THE_END.to_owned(),
        }
    }

    fn after(&mut self, at: usize, follow_ups: usize, words: u32) -> String {
        let Some(question) = self.interview.questions.get(at) else { return self.close() };
        if words == 0 {
            let last = follow_ups.checked_sub(1).and_then(|index| question.follow_ups.get(index));
            return last.unwrap_or(&question.text).clone();
        }
        match question.follow_ups.get(follow_ups) {
            Some(follow_up) if words < question.short_answer_words => {
                self.at = Place::Asked { question: at, follow_ups: follow_ups + 1 };
                follow_up.clone()
            }
            _ => self.ask(at + 1).unwrap_or_else(|| self.close()),
        }
    }

    fn ask(&mut self, index: usize) -> Option<String> {
        let text = self.interview.questions.get(index)?.text.clone();
        self.at = Place::Asked { question: index, follow_ups: 0 };
        Some(text)
    }

    fn close(&mut self) -> String {
        self.at = Place::Over;
        phrases::closing(&self.interview, Purpose::Interview)
    }

    /// Number of the question that was asked last, from 1; `None` before the first and after the last.
    pub fn question(&self) -> Option<u32> {
        match self.at {
            Place::Asked { question, .. } => u32::try_from(question + 1).ok(),
            Place::Before | Place::Over => None,
        }
    }

    /// The follow-ups of that question that were asked.
    pub fn follow_ups(&self) -> &[String] {
        match self.at {
            Place::Asked { question, follow_ups } => {
                self.interview.questions.get(question).and_then(|question| question.follow_ups.get(..follow_ups))
            }
            Place::Before | Place::Over => None,
        }
        .unwrap_or_default()
    }

    /// Everything that will probably be said, in order.
    pub fn prepare(&self) -> Vec<String> {
        let questions = self.interview.questions.iter();
        let texts = questions.flat_map(|question| std::iter::once(&question.text).chain(&question.follow_ups).cloned());
        let greeting = phrases::greeting(&self.interview, Purpose::Interview);
        std::iter::once(greeting).chain(texts).chain([phrases::closing(&self.interview, Purpose::Interview)]).collect()
    }

    /// System instructions for a model that phrases for itself.
    pub fn instructions(&self) -> String {
        phrases::instructions(&self.interview)
    }
}
