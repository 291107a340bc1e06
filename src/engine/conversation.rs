//! One session with the built-in engine: frames and commands in, events and audio out.

use super::{
    Shared,
    error::EngineError,
    hearing::{Hearing, wait},
    listener::{Heard, Listener, PAUSE_MS},
    orders::{AudioOrder, Before, Order, Ports},
    pool::Lane,
    speaking::{Progress, Speaking, encode, synthesise},
    stt::Ears,
};
use crate::{
    chat::Chat,
    domain::{
        id::{ItemId, ResponseId, encode_128_bits},
        session::{ModelCommand, ModelEvent},
        speech_text,
        turns::{Detection, Turns},
        usage::{Kind, Source, Usage},
    },
    media::port::{FRAME_MS, Uplink, UplinkFrame},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{ops::ControlFlow, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// From here on the turn model is believed that the candidate has finished.
const FINISHED: f32 = 0.6;
/// Nobody is made to wait longer than this after the last word.
const QUIET_MS_MAX: u64 = 2_000;
/// Silence that ends a turn which sounds finished, at most.
const FINISHED_QUIET_MS: (u64, u64) = (300, 600);
/// Silence that ends a turn which sounds unfinished, at least.
const UNFINISHED_QUIET_MS: u64 = 1_200;
/// Silence that ends a turn when the turn model cannot be had.
const UNKNOWN_QUIET_MS: u64 = 900;
/// How long frames are held back for the turn model's opinion.
const OPINION_WAIT: Duration = Duration::from_millis(500);
/// A caption is renewed after so much more of the candidate's voice.
const CAPTION_MS: u64 = 2_000;

/// What the turn model thinks of the pause.
enum Opinion {
    /// Nobody pauses.
    None,
    Asked {
        job: BoxFuture<'static, Result<f32, EngineError>>,
        deadline: Instant,
    },
    Finished,
    Unfinished,
    /// The model cannot be had.
    Unknown,
}

/// The session is gone.
struct Gone;

pub(super) struct Conversation {
    shared: Arc<Shared>,
    turns: Turns,
    events: mpsc::Sender<ModelEvent>,
    listener: Listener,
    hearing: Hearing,
    speaking: Speaking,
    opinion: Opinion,
    /// Frames taken so far.
    frames: u64,
    /// End of the last frame on the audio clock.
    now_ms: u64,
    /// Length of the open chunk at the last caption.
    captioned_ms: u64,
    /// Where the utterance began.
    heard_from_ms: u64,
}

/// Where its words come from.
pub(super) struct Known {
    /// Words that will probably be said, in order.
    pub prepare: Arc<[String]>,
    /// Words what comes with a brief.
    pub chat: Option<Chat>,
}

/// What woke the conversation.
enum Wake {
    Order(Option<Order>),
    Frame(Option<Arc<UplinkFrame>>),
    Heard(super::hearing::Answer),
    Said(Progress),
    Opinion(Result<f32, EngineError>),
    Warm,
}

impl Conversation {
    /// Holds the conversation until it is closed, cancelled or nobody listens any more.
    pub(super) async fn run(shared: Arc<Shared>, known: Known, turns: Turns, ports: Ports) {
        let cancel = ports.cancel.clone();
        cancel.run_until_cancelled(Self::hold(shared, known, turns, ports)).await;
    }

    async fn hold(shared: Arc<Shared>, known: Known, turns: Turns, mut ports: Ports) {
        if let Err(error) = load_voice(&shared).await {
            tracing::error!(%error, "the built-in engine has no voice");
            let _ = ports.events.send(ModelEvent::Failed).await;
            return;
        }
        let mut warm = warm(shared.clone(), known.prepare).fuse().boxed();
        let mut this = Self {
            turns,
            events: ports.events,
            listener: Listener::new(),
            hearing: Hearing::new(shared.clone()),
            speaking: Speaking::new(shared.clone(), ports.downlink, known.chat),
            opinion: Opinion::None,
            frames: 0,
            now_ms: 0,
            captioned_ms: 0,
            heard_from_ms: 0,
            shared,
        };
        if this.tell([ModelEvent::Ready]).await.is_err() {
            return;
        }
        let (mut warming, mut hearing) = (true, true);
        loop {
            let hold_frames = this.awaits_opinion();
            let wake = tokio::select! {
                biased;
                order = ports.orders.recv() => Wake::Order(order),
                opinion = this.opinion.formed() => Wake::Opinion(opinion),
                progress = this.speaking.progress() => Wake::Said(progress),
                answer = this.hearing.answered() => Wake::Heard(answer),
                frame = ports.uplink.recv(), if hearing && !hold_frames => Wake::Frame(frame),
                () = &mut warm, if warming => Wake::Warm,
            };
            match &wake {
                Wake::Warm => warming = false,
                // The candidate may come back with another peer; typed answers go on meanwhile.
                Wake::Frame(None) => hearing = false,
                _ => {}
            }
            if let Wake::Order(Some(order)) = &wake {
                this.catch_up(&mut ports.uplink, order.frames_before()).await;
            }
            if this.wake(wake).await.is_break() {
                return;
            }
        }
    }

    async fn wake(&mut self, wake: Wake) -> ControlFlow<()> {
        let told = match wake {
            Wake::Order(None) => Err(Gone),
            Wake::Order(Some(order)) => self.order(order).await,
            Wake::Frame(Some(frame)) => self.frame(&frame).await,
            Wake::Heard(answer) => {
                let events = self.hearing.take(answer);
                self.tell(events).await
            }
            Wake::Said(progress) => {
                let events = self.speaking.take(progress, self.now_ms);
                self.tell(events).await
            }
            Wake::Opinion(opinion) => {
                self.opinion = Opinion::of(opinion);
                self.end_if_over().await
            }
            Wake::Warm | Wake::Frame(None) => Ok(()),
        };
        if told.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    async fn tell(&mut self, events: impl IntoIterator<Item = ModelEvent>) -> Result<(), Gone> {
        for event in events {
            self.events.send(event).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    async fn order(&mut self, order: Order) -> Result<(), Gone> {
        match order {
            Order::Model(command) => self.command(command).await,
            Order::After { order: AudioOrder::Turns(turns), .. } => {
                let was_manual = std::mem::replace(&mut self.turns, turns).detection == Detection::Manual;
                // What one kind of turn began, the other cannot end.
                if was_manual != (turns.detection == Detection::Manual) {
                    self.forget();
                }
                Ok(())
            }
            Order::After { order: AudioOrder::Commit, .. } if self.listener.is_open() => self.end().await,
            Order::After { order: AudioOrder::Commit, .. } => {
                let item_id = ItemId::new(random_id("item"));
                let nothing = ModelEvent::UserText { item_id: item_id.clone(), text: String::new() };
                self.tell([ModelEvent::Committed { item_id }, nothing]).await
            }
            Order::After { order: AudioOrder::Clear, .. } => {
                self.forget();
                Ok(())
            }
        }
    }

    /// Drops what was heard since the last turn, if anything.
    fn forget(&mut self) {
        self.opinion = Opinion::None;
        drop(self.listener.end());
        self.hearing.forget();
    }

    async fn command(&mut self, command: ModelCommand) -> Result<(), Gone> {
        match command {
            ModelCommand::Say(speech) => {
                let ids = (ResponseId::new(random_id("resp")), ItemId::new(random_id("item")));
                let events = self.speaking.begin(ids.0, ids.1, &speech);
                self.tell(events).await
            }
            ModelCommand::Cancel => {
                let events = self.speaking.stop(self.now_ms);
                self.tell(events).await
            }
            ModelCommand::CommitAudio => self.end().await,
            ModelCommand::AddUserText { item_id, text } => {
                let committed = ModelEvent::Committed { item_id: item_id.clone() };
                self.tell([committed, ModelEvent::UserText { item_id, text }]).await
            }
            // The script remembers nothing that could be forgotten, but the audio is known to have stopped.
            ModelCommand::Truncate { item_id, .. } => {
                self.speaking.was_cut(&item_id);
                Ok(())
            }
            ModelCommand::Close => Err(Gone),
        }
    }

    /// Takes the frames that came before an order that is about them, and none that came after.
    async fn catch_up(&mut self, uplink: &mut Uplink, before: Before) {
        loop {
            let frame = match before {
                Before::None => return,
                Before::All => uplink.try_recv().ok(),
                Before::Count(frames) if self.frames >= frames => return,
                Before::Count(_) => uplink.recv().await,
            };
            let Some(frame) = frame else { return };
            if self.frame(&frame).await.is_err() {
                return;
            }
        }
    }

    async fn frame(&mut self, frame: &UplinkFrame) -> Result<(), Gone> {
        self.frames += 1;
        self.now_ms = frame.audio_ms + FRAME_MS;
        let agent_speaks = self.speaking.is_active(self.now_ms);
        let manual = self.turns.detection == Detection::Manual;
        for heard in self.listener.push(frame, agent_speaks, manual) {
            match heard {
                Heard::Started { audio_ms } if manual => {
                    self.heard_from_ms = audio_ms;
                    self.hearing.begin(ItemId::new(random_id("item")));
                }
                Heard::Started { audio_ms } => self.started(audio_ms).await?,
                Heard::Paused => self.paused(),
                Heard::Resumed => {
                    self.opinion = Opinion::None;
                    self.hearing.forget_guess();
                }
                Heard::Chunk { samples } => {
                    self.captioned_ms = 0;
                    self.hearing.chunk(samples);
                }
                Heard::TooLong => self.end().await?,
            }
        }
        self.caption();
        self.end_if_over().await
    }

    async fn started(&mut self, audio_ms: u64) -> Result<(), Gone> {
        // First the silence, then the news of it.
        let stopped = if self.turns.interrupts { self.speaking.stop(self.now_ms) } else { Vec::new() };
        let item_id = ItemId::new(random_id("item"));
        (self.captioned_ms, self.heard_from_ms) = (0, audio_ms);
        self.hearing.begin(item_id.clone());
        self.tell([ModelEvent::SpeechStarted { item_id, audio_ms }]).await?;
        self.tell(stopped).await
    }

    fn paused(&mut self) {
        match self.turns.detection {
            Detection::Manual => return,
            Detection::Silence { .. } => {}
            Detection::Sense { .. } => self.ask_for_opinion(),
        }
        if let Some(samples) = self.listener.open_chunk() {
            self.hearing.guess(samples);
        }
    }

    fn ask_for_opinion(&mut self) {
        // Short, and wanted within a tenth of a second: before anybody's words.
        let (models, samples) = (self.shared.models.clone(), self.listener.last_8_s());
        let job = self.shared.pool.run(Lane::Speak, move |worker| models.turn()?.finished(&samples, worker));
        self.opinion = Opinion::Asked { job: job.boxed(), deadline: Instant::now() + OPINION_WAIT };
    }

    fn caption(&mut self) {
        let open_ms = self.listener.open_chunk_ms();
        if open_ms >= self.captioned_ms + CAPTION_MS
            && self.listener.quiet_ms() == 0
            && let Some(samples) = self.listener.open_chunk()
        {
            self.captioned_ms = open_ms;
            self.hearing.guess_ahead(samples);
        }
    }

    /// Whether frames wait for the turn model, so that its answer counts from the same silence however fast they come.
    fn awaits_opinion(&self) -> bool {
        let Detection::Sense { silence_ms, .. } = self.turns.detection else { return false };
        matches!(self.opinion, Opinion::Asked { .. }) && self.listener.quiet_ms() >= finished_quiet_ms(silence_ms)
    }

    /// Silence after which the turn is over, as things are; `None` while it cannot be.
    fn enough_ms(&self) -> Option<u64> {
        match (self.turns.detection, &self.opinion) {
            (Detection::Manual, _) => None,
            (Detection::Silence { silence_ms }, _) => Some(silence_ms.max(PAUSE_MS)),
            (Detection::Sense { .. }, Opinion::None) => None,
            (Detection::Sense { silence_ms, .. }, Opinion::Finished) => Some(finished_quiet_ms(silence_ms)),
            (Detection::Sense { silence_ms, .. }, Opinion::Unknown) => {
                Some(silence_ms.clamp(UNKNOWN_QUIET_MS, QUIET_MS_MAX))
            }
            (Detection::Sense { unfinished_ms, .. }, Opinion::Asked { .. } | Opinion::Unfinished) => {
                Some(unfinished_ms)
            }
        }
    }

    async fn end_if_over(&mut self) -> Result<(), Gone> {
        let quiet_ms = self.listener.quiet_ms();
        let over = quiet_ms > 0 && self.enough_ms().is_some_and(|enough_ms| quiet_ms >= enough_ms);
        if over { self.end().await } else { Ok(()) }
    }

    /// Ends the utterance now, if there is one.
    async fn end(&mut self) -> Result<(), Gone> {
        self.opinion = Opinion::None;
        let Some(ending) = self.listener.end() else { return Ok(()) };
        let Some(item_id) = self.hearing.end(ending.rest) else { return Ok(()) };
        let stopped = ModelEvent::SpeechStopped { item_id: item_id.clone(), audio_ms: ending.audio_ms };
        let heard_ms = ending.audio_ms.saturating_sub(self.heard_from_ms);
        let usage = Usage::new(Source::Engine, Ears::NAME).and(Kind::Heard, heard_ms);
        self.tell([stopped, ModelEvent::Committed { item_id }, ModelEvent::Usage(usage)]).await?;
        let mut settled = Vec::new();
        self.hearing.settled(&mut settled);
        self.tell(settled).await
    }
}

impl Opinion {
    fn of(answer: Result<f32, EngineError>) -> Self {
        match answer {
            Ok(probability) if probability > FINISHED => Self::Finished,
            // Late: the machine is busy, and a slow turn is better than an interruption.
            Ok(_) | Err(EngineError::TimedOut) => Self::Unfinished,
            Err(error) => {
                tracing::debug!(%error, "no opinion about the turn");
                Self::Unknown
            }
        }
    }

    /// Waits for the opinion that was asked for; for ever if none was.
    async fn formed(&mut self) -> Result<f32, EngineError> {
        match self {
            Self::Asked { job, deadline } => {
                tokio::time::timeout_at(*deadline, job).await.unwrap_or(Err(EngineError::TimedOut))
            }
            _ => wait(None).await,
        }
    }
}

fn finished_quiet_ms(silence_ms: u64) -> u64 {
    (silence_ms / 2).clamp(FINISHED_QUIET_MS.0, FINISHED_QUIET_MS.1)
}

/// The rules of an interview: `silence_ms` as its setup says, and nobody is made to wait long.
pub(super) fn interview_turns(silence_ms: u64) -> Turns {
    let unfinished_ms = silence_ms.clamp(UNFINISHED_QUIET_MS, QUIET_MS_MAX);
    Turns { detection: Detection::Sense { silence_ms, unfinished_ms }, interrupts: true }
}

/// A session without a voice is none.
async fn load_voice(shared: &Shared) -> Result<(), EngineError> {
    if shared.models.has_voice() {
        return Ok(());
    }
    let models = shared.models.clone();
    shared.pool.run(Lane::Speak, move |_| models.voice().map(drop)).await
}

/// Gets ready for what will come: the first words, the ears, then all other words that are known.
async fn warm(shared: Arc<Shared>, prepare: Arc<[String]>) {
    let mut texts = prepare.iter();
    if let Some(first) = texts.next() {
        synthesise_all(&shared, first, Lane::Speak).await;
    }
    let models = shared.models.clone();
    let ears = shared.pool.run(Lane::Ahead, move |_| models.ears().map(drop)).await;
    let models = shared.models.clone();
    let turn = shared.pool.run(Lane::Ahead, move |_| models.turn().map(drop)).await;
    for (part, error) in [("ears", ears.err()), ("sense of turns", turn.err())] {
        if let Some(error) = error {
            tracing::warn!(%error, part, "the built-in engine lacks a part");
        }
    }
    for text in texts {
        synthesise_all(&shared, text, Lane::Ahead).await;
    }
}

async fn synthesise_all(shared: &Shared, text: &str, lane: Lane) {
    for sentence in speech_text::sentences(text) {
        match synthesise(shared, &sentence, lane).await {
            Ok(speech) => encode(shared, &sentence, &speech),
            Err(error) => tracing::debug!(%error, "cannot prepare a sentence"),
        }
    }
}

/// An identifier of 128 random bits.
fn random_id(kind: &str) -> String {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).expect("the operating system has randomness");
    format!("{kind}_{}", encode_128_bits(bits))
}
