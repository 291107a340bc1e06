//! The interviewer's words from a chat endpoint, sentence by sentence, in time or not at all.

use crate::{
    chat::{Chat, ChatError, ChatMessage, ChatRequest, ChatStream, ChatUsage, Delta},
    domain::{
        brief::{Brief, Task},
        draft::{Draft, DraftState},
        proof::StandIn,
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// From the decision to speak to the first sentence; people begin to wonder after two seconds.
const FIRST_SENTENCE: Duration = Duration::from_millis(1_500);
/// A word of acknowledgement is worth less: the next question is ready.
const LEAD_IN: Duration = Duration::from_millis(900);
/// From the decision to speak to the last sentence. What is spoken in the meantime bridges it.
const LAST_SENTENCE: Duration = Duration::from_secs(4);
/// Tokens are counted at the end of a stream, which is soon after its last word.
const USAGE: Duration = Duration::from_secs(2);
/// Like people: not the same words each time, and nothing wild.
const TEMPERATURE: f32 = 0.4;

/// What came of it.
pub(super) enum Phrased {
    /// To be spoken now; it has passed the guard.
    Sentence(String),
    /// The task is done.
    Whole,
    /// The script's words are to stand in, or to follow what was said.
    Lacking(StandIn),
}

/// One thing that a model words.
pub(super) struct Phrasing {
    task: Task,
    source: Source,
    draft: Draft,
    begun: Instant,
    /// Sentences that were given out.
    sentences: u32,
    failure: Option<StandIn>,
    /// The endpoint's own limit ended the text.
    cut_by_length: bool,
    usage: Option<ChatUsage>,
}

enum Source {
    Asked(BoxFuture<'static, Result<ChatStream, ChatError>>),
    Answering(Box<ChatStream>),
    Over,
}

impl Source {
    /// The next piece; `None` at the end. Cancel safe.
    async fn next(&mut self) -> Option<Result<Delta, ChatError>> {
        if let Self::Asked(asked) = self {
            match asked.await {
                Ok(stream) => *self = Self::Answering(Box::new(stream)),
                Err(error) => {
                    *self = Self::Over;
                    return Some(Err(error));
                }
            }
        }
        match self {
            Self::Answering(stream) => stream.next().await,
            Self::Asked(_) | Self::Over => None,
        }
    }
}

impl Phrasing {
    /// Asks at once. Dropping it ends the request.
    pub(super) fn begin(chat: &Chat, brief: &Brief) -> Self {
        let request = ChatRequest {
            messages: vec![ChatMessage::system(brief.system()), ChatMessage::user(brief.quotations())],
            max_tokens: brief.tokens_max(),
            temperature: TEMPERATURE,
            seed: None,
            json_schema: None,
            deadline: LAST_SENTENCE + USAGE,
        };
        let chat = chat.clone();
        Self {
            task: brief.task,
            source: Source::Asked(async move { chat.stream(&request).await }.boxed()),
            draft: Draft::new(brief),
            begun: Instant::now(),
            sentences: 0,
            failure: None,
            cut_by_length: false,
            usage: None,
        }
    }

    pub(super) fn task(&self) -> Task {
        self.task
    }

    /// What comes next; nothing after the task is done or given up. Cancel safe.
    pub(super) async fn next(&mut self) -> Phrased {
        loop {
            if let Some(sentence) = self.draft.next_sentence() {
                if self.sentences == 0 {
                    let waited = self.begun.elapsed();
                    metrics::histogram!("viva_phrasing_first_sentence_seconds").record(waited.as_secs_f64());
                }
                self.sentences += 1;
                return Phrased::Sentence(sentence);
            }
            match self.draft.state() {
                DraftState::Open => {}
                DraftState::Enough => return Phrased::Whole,
                DraftState::Lacking => return Phrased::Lacking(self.lack()),
            }
            let deadline = self.deadline();
            match timeout_at(deadline, self.source.next()).await {
                Ok(Some(Ok(delta))) => self.take(&delta),
                Ok(Some(Err(error))) => {
                    let begun = matches!(self.source, Source::Answering(_));
                    tracing::debug!(%error, "the chat endpoint gave no words");
                    self.give_up(if begun { StandIn::CutOff } else { StandIn::Failed });
                }
                Ok(None) => self.draft.end(!self.cut_by_length),
                Err(_) => self.give_up(StandIn::Slow),
            }
        }
    }

    fn deadline(&self) -> Instant {
        self.begun
            + match (self.task, self.sentences) {
                (Task::LeadIn, _) => LEAD_IN,
                (Task::FollowUp, 0) => FIRST_SENTENCE,
                (Task::FollowUp, _) => LAST_SENTENCE,
            }
    }

    fn take(&mut self, delta: &Delta) {
        self.usage = delta.usage.or(self.usage);
        self.cut_by_length |= delta.finish_reason.as_deref() == Some("length");
        self.draft.push(&delta.text);
    }

    fn give_up(&mut self, failure: StandIn) {
        self.failure = Some(failure);
        self.draft.end(false);
    }

    fn lack(&self) -> StandIn {
        if let Some(rejection) = self.draft.rejected() {
            metrics::counter!("viva_phrasing_dropped_total", "reason" => rejection.as_str()).increment(1);
        }
        match (self.failure, self.draft.rejected()) {
            (Some(failure), _) => failure,
            (None, Some(_)) => StandIn::Guard,
            (None, None) => StandIn::Empty,
        }
    }

    /// What it cost, by the endpoint's account, which comes last: for a task that is done or was given up.
    pub(super) fn settle(mut self) -> BoxFuture<'static, Option<ChatUsage>> {
        let last = async move {
            let deadline = Instant::now() + USAGE;
            // A stream without end is left after the deadline.
            while self.failure.is_none() && self.usage.is_none() {
                match timeout_at(deadline, self.source.next()).await {
                    Ok(Some(Ok(delta))) => self.usage = delta.usage,
                    Ok(Some(Err(_)) | None) | Err(_) => break,
                }
            }
            self.usage
        };
        last.boxed()
    }
}
