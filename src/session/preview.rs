//! A few words in an interviewer's voice, spoken by the engine that would hold the interview.

use crate::{
    domain::{
        id::SessionId,
        persona::{Persona, preview_instructions},
        session::{ModelCommand, ModelEvent, ResponseStatus, Speech, SpeechTag},
    },
    media::port::{Downlink, DownlinkCommand, DownlinkReceiver, SAMPLE_RATE_HZ},
    random,
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup},
    spending::{NotAdmitted, Spending},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// From the call to the last sample.
const SPOKEN_WITHIN: Duration = Duration::from_secs(15);
/// What an engine may take to say what it used and to go.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);
/// Longest preview: what is more than half a minute is no short greeting.
const SAMPLES_MAX: usize = 30 * SAMPLE_RATE_HZ as usize;
/// Spoken at the same time; interviews come first.
const AT_ONCE: usize = 2;
/// Kept previews: at most 30 MB of them.
const KEPT_MAX: usize = 20;
/// No candidate ever speaks here.
const SILENCE_MS: u64 = 600;

/// PCM at 24 kHz.
pub type Pcm = Arc<[i16]>;

/// Why there is nothing to hear.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("other previews are being spoken")]
    Busy,
    #[error("the speech engine is too slow")]
    TimedOut,
    #[error("the speech engine failed")]
    Failed,
    /// Dots, say, or another script.
    #[error("there is nothing in the words that the voice can speak")]
    Unspeakable,
    #[error(transparent)]
    Spending(#[from] NotAdmitted),
}

/// See the module.
pub struct Previews {
    model: Arc<dyn Model>,
    spending: Arc<Spending>,
    tasks: TaskTracker,
    places: Semaphore,
    /// Oldest first; by persona and words.
    kept: Mutex<VecDeque<(String, String, Pcm)>>,
}

impl Previews {
    /// `tasks`: where conversations run.
    pub fn new(model: Arc<dyn Model>, spending: Arc<Spending>, tasks: TaskTracker) -> Self {
        Self { model, spending, tasks, places: Semaphore::new(AT_ONCE), kept: Mutex::default() }
    }

    /// The voice in which the engine speaks for a persona; `None`: its server chooses.
    pub fn voice<'v>(&'v self, persona: &'v Persona) -> Option<&'v str> {
        self.model.voice(&persona.voice)
    }

    /// These words in that voice, spoken now or kept from before.
    ///
    /// # Errors
    /// [`PreviewError`]
    pub async fn speak(&self, persona: &Persona, words: &str) -> Result<Pcm, PreviewError> {
        if let Some(kept) = self.kept(persona, words) {
            return Ok(kept);
        }
        let _place = self.places.try_acquire().map_err(|_| PreviewError::Busy)?;
        self.spending.admit().await?;
        let spoken = self.converse(persona, words).await;
        let outcome = match &spoken {
            Ok(_) => "spoken",
            Err(PreviewError::TimedOut) => "timed_out",
            Err(PreviewError::Unspeakable) => "unspeakable",
            Err(_) => "failed",
        };
        metrics::counter!("viva_voice_previews_total", "outcome" => outcome).increment(1);
        let pcm: Pcm = spoken?.into();
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((persona.name.clone(), words.to_owned(), pcm.clone()));
        Ok(pcm)
    }

    /// One conversation of one speech.
    async fn converse(&self, persona: &Persona, words: &str) -> Result<Vec<i16>, PreviewError> {
        // The other end stays here: nobody speaks, and nobody has hung up.
        let (_uplink, uplink) = mpsc::channel(1);
        let (downlink, audio) = Downlink::channel();
        let (commands, model_commands) = mpsc::channel(MODEL_QUEUE);
        let (model_events, events) = mpsc::channel(MODEL_QUEUE);
        let cancel = CancellationToken::new();
        let setup = ModelSetup {
            session_id: SessionId::from_random(random::bytes()),
            instructions: preview_instructions(persona),
            language: "en".to_owned(),
            voice: self.model.voice(&persona.voice).map(str::to_owned),
            mulaw: false,
            silence_ms: SILENCE_MS,
            prepare: Arc::from([words.to_owned()]),
            history: Arc::from([]),
        };
        let ports =
            ModelPorts { uplink, downlink, commands: model_commands, events: model_events, cancel: cancel.clone() };
        self.model.converse(setup, ports, &self.tasks);
        // However this ends, by the caller's going away too, the engine ends.
        let _end = cancel.drop_guard();
        let mut listening = Listening { audio, events, pcm: Vec::new(), spoken_ms: 0, is_complete: false };
        let speech = Speech { tag: SpeechTag::Greeting, words: words.to_owned(), verbatim: true, brief: None };
        let said = async {
            commands.send(ModelCommand::Say(speech)).await.map_err(|_| PreviewError::Failed)?;
            listening.until_spoken(&self.spending).await
        };
        let spoken = timeout(SPOKEN_WITHIN, said).await.unwrap_or(Err(PreviewError::TimedOut));
        // A conversation that is full of commands is cancelled all the same.
        let _ = commands.try_send(ModelCommand::Close);
        let settled = timeout(LEAVES_WITHIN, listening.until_gone(&self.spending)).await;
        if settled.is_err() {
            tracing::debug!("the speech engine did not leave after a preview");
        }
        spoken.map(|()| listening.pcm)
    }

    fn kept(&self, persona: &Persona, words: &str) -> Option<Pcm> {
        let kept = self.lock();
        let found = kept.iter().find(|(name, text, _)| *name == persona.name && text == words);
        found.map(|(_, _, pcm)| pcm.clone())
    }

    /// The queue is never left half changed, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, String, Pcm)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an engine says, and how far it is.
struct Listening {
    audio: DownlinkReceiver,
    events: mpsc::Receiver<ModelEvent>,
    pcm: Vec<i16>,
    /// What the engine says that it made.
    spoken_ms: u64,
    /// All audio of an item is here.
    is_complete: bool,
}

impl Listening {
    /// Until all audio of the speech is here.
    async fn until_spoken(&mut self, spending: &Spending) -> Result<(), PreviewError> {
        let mut is_done = false;
        while !(is_done && (self.is_complete || self.spoken_ms == 0)) {
            tokio::select! {
                command = self.audio.recv() => self.on_audio(command.ok_or(PreviewError::Failed)?)?,
                event = self.events.recv() => match event.ok_or(PreviewError::Failed)? {
                    ModelEvent::Usage(usage) => spending.note(&usage),
                    ModelEvent::AgentAudioDone { received_ms, .. } => self.spoken_ms += received_ms,
                    ModelEvent::ResponseDone { status: ResponseStatus::Completed, .. } => is_done = true,
                    ModelEvent::ResponseDone { .. } | ModelEvent::Failed => return Err(PreviewError::Failed),
                    _ => {}
                },
            }
        }
        // What the engine made before it said that it had finished waits here.
        while let Some(command) = self.audio.try_recv() {
            self.on_audio(command)?;
        }
        if self.pcm.is_empty() { Err(PreviewError::Unspeakable) } else { Ok(()) }
    }

    fn on_audio(&mut self, command: DownlinkCommand) -> Result<(), PreviewError> {
        match command {
            DownlinkCommand::Audio { pcm, .. } if self.pcm.len() + pcm.len() <= SAMPLES_MAX => self.pcm.extend(pcm),
            DownlinkCommand::Audio { .. } => return Err(PreviewError::Failed),
            DownlinkCommand::Finish { .. } => self.is_complete = true,
            DownlinkCommand::Flush => {}
        }
        Ok(())
    }

    /// What it used may be said last.
    async fn until_gone(&mut self, spending: &Spending) {
        while let Some(event) = self.events.recv().await {
            if let ModelEvent::Usage(usage) = event {
                spending.note(&usage);
            }
        }
    }
}
