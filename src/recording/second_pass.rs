//! The second pass: when an interview is over, the candidate's recording is heard once more, answer by answer. What is
//! done is kept at once, so that a stopped server goes on where it was.

use super::{RecordingError, TrackAudio, open_user};
use crate::{
    domain::{
        id::{ItemId, SessionId},
        second_pass::{answers, choose},
        transcript::Item,
        usage::{Kind, Source, Usage, UsageTotal},
    },
    engine::{BuiltinEngine, EngineError},
    jobs::{JobError, Stage},
    spending::Spending,
    store::{SessionRecord, SqlStore, Store, StoreError, second_pass::SecondPass, session_events::SessionEventKind},
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{collections::HashSet, ops::Range, path::PathBuf, sync::Arc};
use tokio::sync::mpsc;

/// Samples of a millisecond of a recording.
const SAMPLES_PER_MS: u64 = 24;
/// Answers that are read ahead; one of ten minutes has 28 MB.
const READ_AHEAD: usize = 1;
/// The part of the session's usage that this counts.
const USAGE_PART: &str = "second_pass";
/// What the built-in engine understands.
const LANGUAGE: &str = "en";

/// See the module.
pub struct SecondPassStage {
    store: Arc<SqlStore>,
    engine: Arc<BuiltinEngine>,
    spending: Arc<Spending>,
    data_dir: PathBuf,
}

/// An answer and its sound.
struct Spoken {
    item_id: ItemId,
    pcm: Vec<i16>,
}

impl SecondPassStage {
    pub fn new(store: Arc<SqlStore>, engine: Arc<BuiltinEngine>, spending: Arc<Spending>, data_dir: PathBuf) -> Self {
        Self { store, engine, spending, data_dir }
    }

    /// The answers that are not done, read one after the other. `None`: there is nothing to hear.
    async fn read(
        &self,
        session_id: &SessionId,
        due: Vec<(ItemId, Range<u64>)>,
    ) -> Result<Option<mpsc::Receiver<Spoken>>, JobError> {
        let (data_dir, session_id) = (self.data_dir.clone(), session_id.clone());
        let opened = tokio::task::spawn_blocking(move || open_user(&data_dir, &session_id)).await;
        let track = match opened.map_err(JobError::again)? {
            Ok(track) => track,
            Err(RecordingError::Missing) => return Ok(None),
            Err(error) => return Err(JobError::again(error)),
        };
        let (sender, receiver) = mpsc::channel(READ_AHEAD);
        // It ends with the recording, or when nobody takes what it read.
        tokio::task::spawn_blocking(move || read_answers(track, due, &sender));
        Ok(Some(receiver))
    }

    async fn hear(&self, record: &SessionRecord, item: &Item, pcm: Vec<i16>) -> Result<bool, JobError> {
        let hearing = match self.engine.hear_again(pcm).await {
            Ok(hearing) => hearing,
            Err(
                error @ (EngineError::Missing { .. } | EngineError::Corrupt { .. } | EngineError::Unreadable { .. }),
            ) => {
                tracing::info!(%error, "no second pass: the built-in engine has no ears");
                return Ok(false);
            }
            Err(error) => return Err(JobError::again(error)),
        };
        let live_is_builtin = record.engine == crate::realtime::Model::name(&*self.engine);
        let usage = Usage::new(Source::SecondPass, BuiltinEngine::SECOND_PASS_MODEL).and(Kind::Heard, hearing.heard_ms);
        self.spending.note(&usage);
        let pass = SecondPass {
            item_id: item.item_id.clone(),
            shown: choose(item, live_is_builtin, &hearing.text, hearing.heard_ms),
            content: hearing.text,
            engine: crate::realtime::Model::name(&*self.engine).to_owned(),
            model: BuiltinEngine::SECOND_PASS_MODEL.to_owned(),
            heard_ms: hearing.heard_ms,
            at: Timestamp::now(),
        };
        match self.store.put_second_pass(&record.session_id, pass).await {
            Ok(()) => Ok(true),
            Err(StoreError::Unknown) => Ok(false), // Erased meanwhile.
            Err(error) => Err(error.into()),
        }
    }

    /// All that was heard once more, however often the stage began.
    async fn keep_usage(&self, session_id: &SessionId) -> Result<(), JobError> {
        let Some(record) = self.store.load_session(session_id).await? else { return Ok(()) };
        let total = UsageTotal {
            source: Source::SecondPass,
            model: BuiltinEngine::SECOND_PASS_MODEL.to_owned(),
            kind: Kind::Heard,
            quantity: record.second_pass.iter().map(|pass| pass.heard_ms).sum(),
        };
        match self.store.put_usage(session_id, USAGE_PART, Timestamp::now(), vec![total]).await {
            Ok(()) | Err(StoreError::Unknown) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Stage for SecondPassStage {
    fn name(&self) -> &'static str {
        "second_pass"
    }

    fn makes_ready(&self) -> Option<SessionEventKind> {
        Some(SessionEventKind::TranscriptReady)
    }

    async fn run(&self, session_id: &SessionId) -> Result<(), JobError> {
        let Some(record) = self.store.load_session(session_id).await? else { return Ok(()) };
        if !record.interview.recording || record.interview.language.split('-').next() != Some(LANGUAGE) {
            return Ok(());
        }
        let done: HashSet<&ItemId> = record.second_pass.iter().map(|pass| &pass.item_id).collect();
        let all = answers(&record.items);
        let due = all.iter().filter(|(item, _)| !done.contains(&item.item_id));
        let due: Vec<(ItemId, Range<u64>)> = due.map(|(item, range)| (item.item_id.clone(), range.clone())).collect();
        if due.is_empty() {
            return Ok(());
        }
        let Some(mut spoken) = self.read(session_id, due).await? else { return Ok(()) };
        while let Some(Spoken { item_id, pcm }) = spoken.recv().await {
            let Some((item, _)) = all.iter().find(|(item, _)| item.item_id == item_id) else { continue };
            if !self.hear(&record, item, pcm).await? {
                return Ok(());
            }
        }
        self.keep_usage(session_id).await
    }
}

/// Reads the recording once and cuts the answers out of it; `due` is in order and has no overlaps.
fn read_answers(track: TrackAudio, due: Vec<(ItemId, Range<u64>)>, sender: &mpsc::Sender<Spoken>) {
    let mut chunks = track.into_iter();
    let (mut held, mut held_from, mut is_over) = (Vec::new(), 0_u64, false);
    for (item_id, range) in due {
        let (from, until) = (range.start * SAMPLES_PER_MS, range.end * SAMPLES_PER_MS);
        while held_from + (held.len() as u64) < until && !is_over {
            match chunks.next() {
                Some(chunk) => held.extend(chunk.pcm),
                None => is_over = true,
            }
            let passed = from.saturating_sub(held_from).min(held.len() as u64);
            held.drain(..passed as usize);
            held_from += passed;
        }
        let begin = (from.saturating_sub(held_from) as usize).min(held.len());
        let end = (until.saturating_sub(held_from) as usize).min(held.len());
        if begin == end {
            continue; // The recording ends before it.
        }
        let pcm = held[begin..end].to_vec();
        held.drain(..end);
        held_from += end as u64;
        if sender.blocking_send(Spoken { item_id, pcm }).is_err() {
            return;
        }
    }
}
