//! The built-in speech engine: it listens, transcribes and speaks without a network, behind the same trait and with the
//! same events as a Realtime API.
//!
//! `conversation` is one session: `listener` finds utterances, `hearing` has them transcribed, `speaking` has words
//! synthesised. The networks (`stt`, `tts`, `turn`) are shared by all sessions (`models`) and run on a few worker
//! threads (`pool`).

mod cache;
mod conversation;
mod error;
mod g2p;
mod hearing;
mod listener;
mod models;
mod orders;
mod phrasing;
mod pool;
mod second_pass;
mod speaking;
mod stt;
mod tts;
mod turn;
mod vad;

pub use error::EngineError;
pub use models::{ModelFileStatus, Part};
pub use orders::{AudioOrder, Order, ServePorts};
pub use second_pass::SecondHearing;

use crate::{
    chat::Chat,
    domain::{persona::Voices, turns::Turns},
    realtime::{Model, ModelPorts, ModelSetup},
};
use cache::{CACHE_BYTES_MAX, SpeechCache};
use conversation::{Conversation, Known, interview_turns};
use models::Models;
use orders::{Orders, Ports};
use pool::{Lane, Pool, Worker};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tts::Voice;

/// What all sessions share.
struct Shared {
    models: Arc<Models>,
    pool: Pool,
    cache: Arc<SpeechCache>,
    /// One answer at a time is heard once more.
    second_pass: Semaphore,
}

/// The engine. Cheap until the first conversation: no thread, no model.
#[derive(Clone)]
pub struct BuiltinEngine {
    shared: Arc<Shared>,
    chat: Option<Chat>,
}

impl BuiltinEngine {
    /// `models_directory` (`VIVA_MODELS_DIR`): model files to use instead of those in the binary or the source tree.
    pub fn new(models_directory: Option<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let models = Arc::new(Models::new(models_directory));
        let cache = Arc::new(SpeechCache::new(CACHE_BYTES_MAX));
        let shared = Shared { models, pool: Pool::new(cores), cache, second_pass: Semaphore::new(1) };
        Self { shared: Arc::new(shared), chat: None }
    }

    /// The same engine, with a chat endpoint that words the interviewer's follow-ups.
    #[must_use]
    pub fn with_chat(self, chat: Option<Chat>) -> Self {
        Self { chat, ..self }
    }

    /// The chat endpoint that words follow-ups, if there is one.
    pub fn chat(&self) -> Option<&Chat> {
        self.chat.as_ref()
    }

    /// The model files with their checksums, and which of them are in memory; for the health report.
    pub fn loaded(&self) -> Vec<ModelFileStatus> {
        self.shared.models.report()
    }

    /// Speaks `text` outside any conversation: PCM at 24 kHz.
    ///
    /// # Errors
    /// What loading or running the voice says.
    pub async fn speak(&self, text: &str) -> Result<Vec<i16>, EngineError> {
        let mut pcm = Vec::new();
        for sentence in crate::domain::speech_text::sentences(text) {
            pcm.extend_from_slice(speaking::synthesise(&self.shared, &sentence, Lane::Speak).await?.pcm());
        }
        Ok(pcm)
    }

    /// The words in at most 15 s of `samples` (16 kHz, −1 to 1), outside any conversation.
    ///
    /// # Errors
    /// What loading or running the transcriber says.
    pub async fn transcribe(&self, samples: Vec<f32>) -> Result<String, EngineError> {
        self.run(move |models, worker| models.ears()?.transcribe(samples, worker)).await
    }

    /// The phonemes of a sentence, as the voice reads them.
    ///
    /// # Errors
    /// What loading the voice says.
    pub async fn phonemes(&self, sentence: &str) -> Result<String, EngineError> {
        let sentence = sentence.to_owned();
        self.run(move |models, _| models.voice()?.phonemes(&sentence)).await
    }

    /// Probability that whoever spoke in `samples` (16 kHz, the last 8 s count) has finished.
    ///
    /// # Errors
    /// What loading or running the turn model says.
    pub async fn finished(&self, samples: Vec<f32>) -> Result<f32, EngineError> {
        self.run(move |models, worker| models.turn()?.finished(&samples, worker)).await
    }

    /// Whether all of `text` can be spoken without any work.
    pub fn has_prepared(&self, text: &str) -> bool {
        let known =
            |sentence: &String| self.shared.cache.get(Voice::NAME, sentence).is_some_and(|speech| speech.is_encoded());
        crate::domain::speech_text::sentences(text).iter().all(known)
    }

    /// Jobs that the workers have begun since the start.
    pub fn jobs_begun(&self) -> u64 {
        self.shared.pool.begun()
    }

    /// Holds a conversation whose rules may change while it goes on, for a server of `/v1/realtime`. `prepare`: words
    /// that will probably be said, in order. Returns at once.
    pub fn serve(&self, prepare: Arc<[String]>, turns: Turns, ports: ServePorts, tasks: &TaskTracker) {
        let ServePorts { uplink, downlink, orders, events, cancel } = ports;
        let ports = Ports { uplink, downlink, orders: Orders::Any(orders), events, cancel };
        tasks.spawn(Conversation::run(self.shared.clone(), Known { prepare, chat: None }, turns, ports));
    }

    async fn run<T, F>(&self, job: F) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: FnOnce(&Models, &Worker) -> Result<T, EngineError> + Send + 'static,
    {
        let models = self.shared.models.clone();
        self.shared.pool.run(Lane::Listen, move |worker| job(&models, worker)).await
    }
}

impl Model for BuiltinEngine {
    fn name(&self) -> &str {
        "builtin"
    }

    fn languages(&self) -> Option<&[&str]> {
        Some(&["en"])
    }

    fn voice<'v>(&'v self, voices: &'v Voices) -> Option<&'v str> {
        Some(&voices.builtin)
    }

    fn phrases(&self) -> bool {
        self.chat.is_some()
    }

    fn converse(&self, setup: ModelSetup, ports: ModelPorts, tasks: &TaskTracker) {
        let ModelPorts { uplink, downlink, commands, events, cancel } = ports;
        let ports = Ports { uplink, downlink, orders: Orders::Commands(commands), events, cancel };
        let turns = interview_turns(setup.silence_ms);
        let known = Known { prepare: setup.prepare, chat: self.chat.clone() };
        tasks.spawn(Conversation::run(self.shared.clone(), known, turns, ports));
    }
}
