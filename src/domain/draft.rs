//! A model's text on its way to the voice: cut into sentences while it comes, each held against the guard.

use crate::domain::{
    brief::{Brief, Task},
    guard::{Guard, Rejection},
    speech_text,
};
use std::collections::VecDeque;

/// Characters without the end of a sentence.
const PENDING_CHARS_MAX: usize = 600;
/// Sentences that are looked at; what has not come to the point by then does not.
const SENTENCES_MAX: u32 = 6;
/// What some models think aloud is between these.
const THINKING: (&str, &str) = ("<think>", "</think>");

/// What is known of the text so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftState {
    /// More may come.
    Open,
    /// The task is done; nothing more is wanted.
    Enough,
    /// Nothing more comes, and the task is not done.
    Lacking,
}

/// Takes a text in pieces, gives sentences that may be spoken.
#[derive(Debug)]
pub struct Draft {
    task: Task,
    guard: Guard,
    pending: String,
    thinking: bool,
    looked_at: u32,
    ready: VecDeque<String>,
    rejected: Option<Rejection>,
    state: DraftState,
}

impl Draft {
    pub fn new(brief: &Brief) -> Self {
        Self {
            task: brief.task,
            guard: Guard::new(brief),
            pending: String::new(),
            thinking: false,
            looked_at: 0,
            ready: VecDeque::new(),
            rejected: None,
            state: DraftState::Open,
        }
    }

    /// More of the text.
    pub fn push(&mut self, text: &str) {
        if self.state != DraftState::Open {
            return;
        }
        self.pending.push_str(text);
        self.skip_thoughts();
        while self.state == DraftState::Open
            && !self.thinking
            && let Some(end) = sentence_end(&self.pending)
        {
            let rest = self.pending.split_off(end);
            let sentence = std::mem::replace(&mut self.pending, rest);
            self.look_at(&sentence);
            self.skip_thoughts();
        }
        if self.pending.chars().count() > PENDING_CHARS_MAX {
            if self.thinking {
                // Its end may be at the edge.
                let keep = self.pending.chars().count() - THINKING.1.len();
                self.pending = self.pending.chars().skip(keep).collect();
            } else {
                self.rejected.get_or_insert(Rejection::Length);
                self.close();
            }
        }
    }

    /// No more comes. `whole`: the model came to its end; otherwise a sentence that has none is torn, and dropped.
    pub fn end(&mut self, whole: bool) {
        if self.state != DraftState::Open {
            return;
        }
        let rest = std::mem::take(&mut self.pending);
        if whole && !self.thinking {
            self.look_at(&rest);
        }
        if self.state == DraftState::Open {
            self.close();
        }
    }

    /// The next sentence to be spoken.
    pub fn next_sentence(&mut self) -> Option<String> {
        self.ready.pop_front()
    }

    pub fn state(&self) -> DraftState {
        self.state
    }

    /// Why the first sentence that was dropped was dropped.
    pub fn rejected(&self) -> Option<Rejection> {
        self.rejected
    }

    fn close(&mut self) {
        self.pending.clear();
        self.state = DraftState::Lacking;
    }

    fn skip_thoughts(&mut self) {
        if self.pending.trim_start().starts_with(THINKING.0) {
            self.thinking = true;
        }
        if self.thinking
            && let Some(end) = self.pending.find(THINKING.1)
        {
            self.pending.drain(..end + THINKING.1.len());
            self.thinking = false;
        }
    }

    fn look_at(&mut self, sentence: &str) {
        if !sentence.chars().any(char::is_alphanumeric) {
            return;
        }
        self.looked_at += 1;
        match self.guard.check(sentence) {
            Ok(passed) => {
                self.ready.push_back(passed.words);
                if passed.asks || self.task == Task::LeadIn {
                    self.pending.clear();
                    self.state = DraftState::Enough;
                    return;
                }
            }
            Err(rejection) => {
                self.rejected.get_or_insert(rejection);
                if rejection.spoils_the_rest() {
                    self.close();
                    return;
                }
            }
        }
        if self.looked_at >= SENTENCES_MAX {
            self.close();
        }
    }
}

/// Where the first sentence ends, as soon as that is certain.
fn sentence_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    let mut begun = false;
    while let Some((at, c)) = chars.next() {
        begun |= c.is_alphanumeric();
        let next = chars.peek().map(|(_, next)| *next);
        let ends = match c {
            '\n' => begun,
            '?' | '!' | '\u{2026}' => true,
            // The next word is not waited for; what begins in lower case after a full stop is rare.
            '.' => {
                next.is_some_and(char::is_whitespace) && speech_text::ends_sentence(last_word(&text[..=at]), Some(""))
            }
            _ => false,
        };
        if !ends {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((at, closer)) = chars.next_if(|(_, c)| matches!(c, '?' | '!' | '.' | '"' | '\'' | '\u{201d}')) {
            end = at + closer.len_utf8();
        }
        return Some(end);
    }
    None
}

fn last_word(text: &str) -> &str {
    text.split_whitespace().next_back().unwrap_or_default()
}
