//! What becomes of an utterance: its chunks go to the transcriber, its words come back in order.

use super::{Shared, error::EngineError, pool::Lane};
use crate::domain::{id::ItemId, session::ModelEvent};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// An utterance is settled within this of its end, one way or the other.
const SETTLE_MAX: Duration = Duration::from_secs(30);

/// Stands in a text for a part of it that could not be transcribed.
const MISSING: &str = "[not transcribed]";

type Text = Result<String, EngineError>;

/// One utterance: the texts of its chunks, in order, as they come.
struct Utterance {
    number: u64,
    item_id: ItemId,
    chunks: Vec<Option<Text>>,
    ended: bool,
    captions: Captions,
}

/// Words shown before they are settled. They cannot be taken back, so a word is shown when two guesses agree on it.
#[derive(Default)]
struct Captions {
    /// The last guess for the open chunk.
    guess: Vec<String>,
    /// Words of the open chunk that were shown.
    shown: usize,
    anything: bool,
}

impl Captions {
    /// A guess for the open chunk: the words that may be shown now.
    fn guessed(&mut self, text: &str) -> String {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let agreed = words.iter().zip(&self.guess).take_while(|(new, old)| new == old).count();
        let delta = self.show(&words, agreed);
        self.guess = words;
        delta
    }

    /// The final text of the open chunk, which is closed by this: the rest of its words.
    fn closed(&mut self, text: &str) -> String {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let delta = self.show(&words, words.len());
        self.guess.clear();
        self.shown = 0;
        delta
    }

    fn show(&mut self, words: &[String], until: usize) -> String {
        let from = self.shown.min(until);
        let delta = words[from..until].join(" ");
        self.shown = self.shown.max(until);
        if delta.is_empty() {
            return delta;
        }
        let space = if std::mem::replace(&mut self.anything, true) { " " } else { "" };
        format!("{space}{delta}")
    }
}

/// A guess at the open chunk: settled if the candidate has finished, dropped if not.
struct Guess {
    job: Option<BoxFuture<'static, Text>>,
    text: Option<Text>,
}

/// The transcriber's desk of one session.
pub(super) struct Hearing {
    shared: Arc<Shared>,
    utterances: VecDeque<Utterance>,
    next_number: u64,
    jobs: FuturesUnordered<BoxFuture<'static, (u64, usize, Text)>>,
    guess: Option<Guess>,
    partial: Option<BoxFuture<'static, Text>>,
}

/// What came back.
pub(super) enum Answer {
    Chunk(u64, usize, Text),
    Guess(Text),
    Partial(Text),
}

impl Hearing {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let jobs = FuturesUnordered::new();
        Self { shared, utterances: VecDeque::new(), next_number: 0, jobs, guess: None, partial: None }
    }

    /// The utterance that is being said.
    fn open(&mut self) -> Option<&mut Utterance> {
        self.utterances.back_mut().filter(|utterance| !utterance.ended)
    }

    /// Somebody began to speak.
    pub(super) fn begin(&mut self, item_id: ItemId) {
        let number = self.next_number;
        self.next_number += 1;
        let captions = Captions::default();
        self.utterances.push_back(Utterance { number, item_id, chunks: Vec::new(), ended: false, captions });
    }

    /// A pause: guess what the open chunk says, it may be the last.
    pub(super) fn guess(&mut self, samples: Vec<f32>) {
        self.partial = None;
        self.guess = Some(Guess { job: Some(self.transcribe(samples, Lane::Listen)), text: None });
    }

    /// The pause was no end.
    pub(super) fn forget_guess(&mut self) {
        self.guess = None;
    }

    /// The open utterance is not to be heard; what is being transcribed of it is dropped when it comes.
    pub(super) fn forget(&mut self) {
        (self.guess, self.partial) = (None, None);
        if self.open().is_some() {
            self.utterances.pop_back();
        }
    }

    /// Guesses at the open chunk for the captions, unless the machine has better things to do.
    pub(super) fn guess_ahead(&mut self, samples: Vec<f32>) {
        if self.partial.is_none() && self.shared.pool.is_idle() {
            self.partial = Some(self.transcribe(samples, Lane::Ahead));
        }
    }

    /// A chunk is complete.
    pub(super) fn chunk(&mut self, samples: Vec<f32>) {
        self.partial = None;
        let job = self.transcribe(samples, Lane::Listen);
        self.settle(job);
    }

    fn settle(&mut self, job: BoxFuture<'static, Text>) {
        let Some(utterance) = self.open() else { return };
        let (number, index) = (utterance.number, utterance.chunks.len());
        utterance.chunks.push(None);
        let bounded = async move {
            let text = tokio::time::timeout(SETTLE_MAX, job).await.unwrap_or(Err(EngineError::TimedOut));
            (number, index, text)
        };
        self.jobs.push(bounded.boxed());
    }

    /// The utterance is over; `rest` is its open chunk. A guess made in this pause is as good as a new transcript.
    pub(super) fn end(&mut self, rest: Option<Vec<f32>>) -> Option<ItemId> {
        self.partial = None;
        let guess = self.guess.take();
        match (rest, guess) {
            (None, _) => {}
            (Some(_), Some(Guess { text: Some(Ok(text)), .. })) => self.settle(async move { Ok(text) }.boxed()),
            (Some(_), Some(Guess { job: Some(job), .. })) => self.settle(job),
            (Some(samples), _) => self.chunk(samples),
        }
        let utterance = self.open()?;
        utterance.ended = true;
        Some(utterance.item_id.clone())
    }

    /// Waits for the next answer; for ever if nothing is asked.
    pub(super) async fn answered(&mut self) -> Answer {
        let Self { jobs, guess, partial, .. } = self;
        tokio::select! {
            biased;
            Some((number, index, text)) = jobs.next(), if !jobs.is_empty() => Answer::Chunk(number, index, text),
            text = wait(guess.as_mut().and_then(|guess| guess.job.as_mut())) => Answer::Guess(text),
            text = wait(partial.as_mut()) => Answer::Partial(text),
        }
    }

    /// Takes an answer; what the page may be told comes out.
    pub(super) fn take(&mut self, answer: Answer) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        match answer {
            Answer::Chunk(number, index, text) => self.take_chunk(number, index, text, &mut events),
            Answer::Guess(text) => {
                if let Ok(text) = &text {
                    self.caption(text, &mut events);
                }
                self.guess = Some(Guess { job: None, text: Some(text) });
            }
            Answer::Partial(text) => {
                self.partial = None;
                if let Ok(text) = &text {
                    self.caption(text, &mut events);
                }
            }
        }
        self.settled(&mut events);
        events
    }

    fn take_chunk(&mut self, number: u64, index: usize, text: Text, events: &mut Vec<ModelEvent>) {
        let Some(utterance) = self.utterances.iter_mut().find(|utterance| utterance.number == number) else { return };
        if let Ok(text) = &text {
            let delta = utterance.captions.closed(text);
            if !delta.is_empty() {
                events.push(ModelEvent::UserTextDelta { item_id: utterance.item_id.clone(), delta });
            }
        }
        utterance.chunks[index] = Some(text);
    }

    fn caption(&mut self, text: &str, events: &mut Vec<ModelEvent>) {
        let Some(utterance) = self.open() else { return };
        // A chunk before this one is not back yet: its words come first.
        if utterance.chunks.iter().any(Option::is_none) {
            return;
        }
        let delta = utterance.captions.guessed(text);
        if !delta.is_empty() {
            events.push(ModelEvent::UserTextDelta { item_id: utterance.item_id.clone(), delta });
        }
    }

    /// Lets go of the utterances, in order, whose words are all there.
    pub(super) fn settled(&mut self, events: &mut Vec<ModelEvent>) {
        while let Some(utterance) = self.utterances.front() {
            if !utterance.ended || utterance.chunks.iter().any(Option::is_none) {
                return;
            }
            if let Some(utterance) = self.utterances.pop_front() {
                events.push(utterance.settle());
            }
        }
    }

    fn transcribe(&self, samples: Vec<f32>, lane: Lane) -> BoxFuture<'static, Text> {
        let models = self.shared.models.clone();
        let started = std::time::Instant::now();
        let job = self.shared.pool.run(lane, move |worker| models.ears()?.transcribe(samples, worker));
        async move {
            let text = job.await;
            metrics::histogram!("viva_engine_transcribe_seconds").record(started.elapsed().as_secs_f64());
            text
        }
        .boxed()
    }
}

impl Utterance {
    /// The words of all chunks, with a mark where some could not be had.
    fn settle(self) -> ModelEvent {
        let Self { item_id, chunks, .. } = self;
        if !chunks.is_empty() && chunks.iter().flatten().all(Result::is_err) {
            return ModelEvent::UserTextFailed { item_id };
        }
        let texts = chunks.into_iter().flatten().map(|text| text.unwrap_or_else(|_| MISSING.to_owned()));
        let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        ModelEvent::UserText { item_id, text: texts.join(" ") }
    }
}

/// Waits for a job that may not be there: then for ever.
pub(super) async fn wait<T>(job: Option<&mut BoxFuture<'static, T>>) -> T {
    match job {
        Some(job) => job.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::{Captions, Utterance};
    use crate::{
        domain::{id::ItemId, session::ModelEvent},
        engine::EngineError,
    };

    #[test]
    fn a_missing_part_is_marked_and_missing_everything_is_a_failure() {
        let item_id = ItemId::new("item_1");
        let settle = |chunks: Vec<_>| {
            let (chunks, item_id) = (chunks.into_iter().map(Some).collect(), item_id.clone());
            Utterance { number: 0, item_id, chunks, ended: true, captions: Captions::default() }.settle()
        };
        let words = |text: &str| Ok(text.to_owned());
        let lost = Err(EngineError::Overloaded);
        let text = |text: &str| ModelEvent::UserText { item_id: item_id.clone(), text: text.to_owned() };
        assert_eq!(settle(vec![words("One."), lost.clone(), words("Two.")]), text("One. [not transcribed] Two."));
        assert_eq!(settle(vec![words("One."), words("")]), text("One."));
        assert_eq!(settle(vec![words("")]), text(""));
        assert_eq!(settle(vec![lost.clone(), lost]), ModelEvent::UserTextFailed { item_id: item_id.clone() });
    }

    #[test]
    fn captions_show_a_word_once_two_guesses_agree_on_it() {
        let mut captions = Captions::default();
        assert_eq!(captions.guessed("I work"), "");
        assert_eq!(captions.guessed("I worked on"), "I");
        assert_eq!(captions.guessed("I worked on the"), " worked on");
        assert_eq!(captions.closed("I worked on the engine."), " the engine.");
        assert_eq!(captions.guessed("Then"), "");
        assert_eq!(captions.closed("Then I left."), " Then I left.");
    }
}
