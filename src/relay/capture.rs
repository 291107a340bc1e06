//! What both sides said, made durable before the client is told that it is settled.

use crate::{
    domain::{
        id::{ItemId, SessionId},
        session::{Change, Script, Status},
        transcript::{Item, ItemState, Role},
        usage::UsageTotal,
    },
    store::{SessionRecord, Store, StoreError},
    wire::realtime::{self, ServerEvent},
};
use jiff::Timestamp;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// Items of one connection that are kept; what comes after is not.
const ITEMS_MAX: usize = 4_000;
/// Characters of one item.
const ITEM_CHARS_MAX: usize = 20_000;
/// How long a save is tried, and the wait between tries.
const SAVE_WITHIN: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(200);
/// Base 64 bytes of a millisecond of audio: 24 samples of 2 bytes, 4 for 3.
const BASE64_PER_MS: u64 = 64;

/// Why nothing can be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaptureError {
    #[error("there is no such session")]
    Unknown,
    #[error("the session has ended")]
    Ended,
    #[error("the store does not take it: {0}")]
    Store(#[from] StoreError),
    #[error("the store did not take it in time")]
    TimedOut,
}

/// Where the conversation is when something happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<'a> {
    /// Audio that the client appended on this connection: the clock of the transcript.
    pub appended_ms: u64,
    /// Where the interview is, for an engine that follows one.
    pub script: Option<&'a Script>,
}

/// An item that is being said, or was.
struct Kept {
    item: Item,
    /// Voice of it so far.
    audio_ms: u64,
    /// So much of it was heard, if it was cut.
    heard_ms: Option<u64>,
    /// Words that are not settled.
    so_far: String,
}

/// The record of one connection.
pub(super) struct Capture {
    store: Arc<dyn Store>,
    session_id: SessionId,
    sequence: u64,
    next_position: u32,
    /// Where this connection begins on the session's clock.
    base_ms: u64,
    items: HashMap<String, Kept>,
    used_before: Vec<UsageTotal>,
}

impl Capture {
    /// Goes on with a session's record: its status is `active` when this returns.
    pub(super) async fn begin(store: Arc<dyn Store>, session_id: SessionId) -> Result<Self, CaptureError> {
        let record = store.load_session(&session_id).await?.ok_or(CaptureError::Unknown)?;
        if record.status == Status::Ended {
            return Err(CaptureError::Ended);
        }
        let mut this = Self {
            store,
            session_id,
            sequence: record.sequence,
            next_position: record.items.iter().map(|item| item.position + 1).max().unwrap_or(0),
            base_ms: end_of(&record),
            items: HashMap::new(),
            used_before: record.usage,
        };
        this.save(vec![Change::Status { status: Status::Active, end_reason: None }, Change::Started]).await?;
        Ok(this)
    }

    /// What the session used before this connection.
    pub(super) fn used_before(&self) -> &[UsageTotal] {
        &self.used_before
    }

    /// Makes changes durable, trying again for a while.
    pub(super) async fn save(&mut self, changes: Vec<Change>) -> Result<(), CaptureError> {
        self.sequence += 1;
        let tries = async {
            loop {
                match self.store.apply(&self.session_id, self.sequence, Timestamp::now(), changes.clone()).await {
                    Ok(()) => return Ok(()),
                    Err(StoreError::Unknown) => return Err(CaptureError::Unknown),
                    Err(error) => {
                        metrics::counter!("viva_store_failures_total").increment(1);
                        tracing::error!(%error, "cannot save; trying again");
                    }
                }
                sleep(RETRY).await;
            }
        };
        timeout(SAVE_WITHIN, tries).await.unwrap_or(Err(CaptureError::TimedOut))
    }

    /// What an event settles. It must be saved before the client gets the event.
    pub(super) fn note(&mut self, event: &ServerEvent, at: Moment<'_>) -> Vec<Change> {
        match event {
            ServerEvent::SpeechStarted(started) => {
                self.entry(&started.item_id, Role::User, started.audio_start_ms, at);
            }
            ServerEvent::SpeechStopped(stopped) => {
                let end_ms = self.base_ms + stopped.audio_end_ms;
                if let Some(kept) = self.entry(&stopped.item_id, Role::User, stopped.audio_end_ms, at) {
                    kept.item.end_ms = Some(end_ms.max(kept.item.start_ms));
                }
            }
            ServerEvent::InputCommitted(committed) => {
                self.entry(&committed.item_id, Role::User, at.appended_ms, at);
            }
            ServerEvent::TranscriptionCompleted(done) => return self.heard(&done.item_id, Some(&done.transcript), at),
            ServerEvent::TranscriptionFailed(failed) => return self.heard(&failed.item_id, None, at),
            ServerEvent::ItemDone(done) => return self.typed(&done.item, at),
            ServerEvent::OutputItemAdded(added) if added.item.kind == "message" => {
                let item_id = added.item.id.as_deref().unwrap_or_default();
                self.entry(item_id, Role::Assistant, at.appended_ms, at);
            }
            ServerEvent::OutputAudioDelta(delta) => self.voice(&delta.item_id, delta.delta.len(), at),
            ServerEvent::OutputTranscriptDelta(delta) | ServerEvent::OutputTextDelta(delta) => {
                if let Some(kept) = self.entry(&delta.item_id, Role::Assistant, at.appended_ms, at)
                    && kept.so_far.len() < ITEM_CHARS_MAX
                {
                    kept.so_far.push_str(&delta.delta);
                }
            }
            ServerEvent::OutputTranscriptDone(done) => return self.said(&done.item_id, &done.transcript, at),
            ServerEvent::OutputTextDone(done) => return self.said(&done.item_id, &done.text, at),
            ServerEvent::ItemTruncated(cut) => return self.cut(&cut.item_id, cut.audio_end_ms),
            ServerEvent::ResponseDone(done) => return self.unheard(&done.response.output),
            _ => {}
        }
        Vec::new()
    }

    /// More voice of the assistant, by the length of its base 64.
    pub(super) fn voice(&mut self, item_id: &str, base64_len: usize, at: Moment<'_>) {
        if let Some(kept) = self.entry(item_id, Role::Assistant, at.appended_ms, at) {
            kept.audio_ms += base64_len as u64 / BASE64_PER_MS;
        }
    }

    /// The item, made now if it is new; `None` when there are too many or it is the other side's.
    fn entry(&mut self, item_id: &str, role: Role, start_ms: u64, at: Moment<'_>) -> Option<&mut Kept> {
        if !self.items.contains_key(item_id) {
            if self.items.len() >= ITEMS_MAX || item_id.is_empty() {
                return None;
            }
            let item = Item {
                item_id: ItemId::new(item_id),
                role,
                content: String::new(),
                generated_content: String::new(),
                start_ms: self.base_ms + start_ms,
                end_ms: None,
                state: ItemState::Interim,
                question: at.script.and_then(Script::question),
                revision: 0,
                position: self.next_position,
            };
            self.next_position += 1;
            self.items.insert(item_id.to_owned(), Kept { item, audio_ms: 0, heard_ms: None, so_far: String::new() });
        }
        self.items.get_mut(item_id).filter(|kept| kept.item.role == role)
    }

    fn heard(&mut self, item_id: &str, text: Option<&str>, at: Moment<'_>) -> Vec<Change> {
        let end_ms = self.base_ms + at.appended_ms;
        let Some(kept) = self.entry(item_id, Role::User, at.appended_ms, at) else { return Vec::new() };
        kept.item.end_ms.get_or_insert(end_ms.max(kept.item.start_ms));
        match text {
            Some(text) => {
                kept.item.content = bounded(text);
                kept.item.generated_content.clone_from(&kept.item.content);
                kept.item.state = ItemState::Final;
            }
            None if kept.item.state == ItemState::Final => return Vec::new(),
            None => kept.item.state = ItemState::Missing,
        }
        let mut changes = kept.changed();
        let has_words = text.is_some_and(|text| !text.trim().is_empty());
        changes.extend(at.script.filter(|_| has_words).and_then(|script| progress(script, "answered")));
        changes
    }

    /// A message that the client wrote.
    fn typed(&mut self, item: &realtime::Item, at: Moment<'_>) -> Vec<Change> {
        let texts = item.content.iter().flatten().filter(|part| part.kind == "input_text");
        let texts: Vec<&str> = texts.filter_map(|part| part.text.as_deref()).collect();
        if item.role.as_deref() != Some("user") || texts.is_empty() {
            return Vec::new();
        }
        self.heard(item.id.as_deref().unwrap_or_default(), Some(&texts.join(" ")), at)
    }

    fn said(&mut self, item_id: &str, text: &str, at: Moment<'_>) -> Vec<Change> {
        let Some(kept) = self.entry(item_id, Role::Assistant, at.appended_ms, at) else { return Vec::new() };
        if !kept.item.generated_content.is_empty() {
            kept.item.generated_content.push(' ');
        }
        kept.item.generated_content = bounded(&(std::mem::take(&mut kept.item.generated_content) + text));
        kept.item.state = ItemState::Final;
        kept.so_far.clear();
        kept.settle();
        let mut changes = kept.changed();
        changes.extend(at.script.and_then(|script| progress(script, "asked")));
        changes
    }

    /// The connection is over: what is under way will not be settled any more.
    pub(super) fn finish(&mut self) -> Vec<Change> {
        let mut open: Vec<&mut Kept> =
            self.items.values_mut().filter(|kept| kept.item.state == ItemState::Interim).collect();
        open.sort_by_key(|kept| kept.item.position);
        open.into_iter().flat_map(Kept::give_up).collect()
    }

    /// What was to be spoken and was stopped before its first sound: nobody heard anything of it.
    fn unheard(&mut self, output: &[realtime::Item]) -> Vec<Change> {
        let stopped = output.iter().filter(|item| item.status.as_deref() == Some("incomplete"));
        let spoken = stopped.filter(|item| item.content.iter().flatten().any(|part| part.kind == "output_audio"));
        let ids: Vec<&str> = spoken.filter_map(|item| item.id.as_deref()).collect();
        let silent = |id: &&str| self.items.get(*id).is_some_and(|kept| kept.audio_ms == 0);
        let silent: Vec<&str> = ids.into_iter().filter(silent).collect();
        silent.into_iter().flat_map(|id| self.cut(id, 0)).collect()
    }

    fn cut(&mut self, item_id: &str, heard_ms: u64) -> Vec<Change> {
        let Some(kept) = self.items.get_mut(item_id).filter(|kept| kept.item.role == Role::Assistant) else {
            return Vec::new();
        };
        kept.heard_ms = Some(heard_ms);
        if kept.item.state != ItemState::Final {
            return Vec::new();
        }
        kept.settle();
        kept.changed()
    }
}

impl Kept {
    /// What of the words was heard, and until when.
    fn settle(&mut self) {
        let heard_ms = self.heard_ms.unwrap_or(self.audio_ms).min(self.audio_ms);
        self.item.content = match self.heard_ms {
            Some(0) => String::new(),
            _ => heard_part(&self.item.generated_content, heard_ms, self.audio_ms),
        };
        self.item.end_ms = Some(self.item.start_ms + heard_ms);
    }

    fn give_up(&mut self) -> Vec<Change> {
        match self.item.role {
            Role::User => self.item.state = ItemState::Missing,
            Role::Assistant if self.so_far.is_empty() => return Vec::new(),
            Role::Assistant => {
                self.item.generated_content = bounded(&self.so_far);
                self.item.state = ItemState::Final;
                self.settle();
            }
        }
        self.item.end_ms.get_or_insert(self.item.start_ms);
        self.changed()
    }

    fn changed(&mut self) -> Vec<Change> {
        self.item.revision += 1;
        vec![Change::Item(self.item.clone())]
    }
}

fn progress(script: &Script, status: &'static str) -> Option<Change> {
    let number = script.question()?;
    Some(Change::Question { number, status, reason: None, follow_ups: script.follow_ups().to_vec() })
}

/// The words that fit into the part that was heard, taking all words for equally long by their letters.
fn heard_part(text: &str, heard_ms: u64, audio_ms: u64) -> String {
    if heard_ms >= audio_ms {
        return text.to_owned();
    }
    let room = text.len() as u64 * heard_ms / audio_ms.max(1);
    let ends = text.split_whitespace().map(|word| word.as_ptr() as usize - text.as_ptr() as usize + word.len());
    let end = ends.take_while(|end| *end as u64 <= room).last().unwrap_or(0);
    text[..end].to_owned()
}

fn bounded(text: &str) -> String {
    text.trim().chars().take(ITEM_CHARS_MAX).collect()
}

fn end_of(record: &SessionRecord) -> u64 {
    record.items.iter().map(|item| item.end_ms.unwrap_or(item.start_ms)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::heard_part;

    #[test]
    fn only_whole_words_that_were_heard_count() {
        let text = "One two three four";
        assert_eq!(heard_part(text, 1_000, 1_000), text);
        assert_eq!(heard_part(text, 2_000, 1_000), text);
        assert_eq!(heard_part(text, 0, 1_000), "");
        assert_eq!(heard_part(text, 500, 1_000), "One two");
        assert_eq!(heard_part(text, 999, 1_000), "One two three");
        assert_eq!(heard_part("Grüße aus Köln", 700, 1_000), "Grüße aus");
        assert_eq!(heard_part("", 0, 0), "");
    }
}
