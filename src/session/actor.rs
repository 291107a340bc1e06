//! The task of one session: feeds the pure core with what happens and does what it asks for.

use super::{
    feed::{FeedWriter, Snapshot, missed_notice},
    handle::{Request, StatusView},
    samples::Samples,
    saving::{Saved, Saver},
};
use crate::{
    domain::{
        event::{ClientMessage, Envelope, QualityData},
        id::{ItemId, SessionId},
        practice::Purpose,
        quality::meter::SessionQuality,
        session::{
            Change, Input, ModelCommand, ModelEvent, Output, PeerEvent, PlayoutEvent, Session, StopReason, Time,
        },
        transcript::Role,
    },
    engine::BuiltinEngine,
    media::{MediaEvent, MediaSession, port::Downlink},
    shutdown::{Phase, Shutdown},
    spending::Spending,
    store::{AudioQuality, Store},
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

/// Longest message that a page may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Longest typed answer, in characters.
const TYPED_ANSWER_CHARS_MAX: usize = 4_000;
/// After the core has ended, how long a page may take to hear of it and hang up.
const LINGER: Duration = Duration::from_secs(1);

/// Everything that an actor works with; it owns all of it.
pub(super) struct Parts {
    pub session_id: SessionId,
    pub session: Session,
    pub media: Arc<MediaSession>,
    pub downlink: Downlink,
    pub model: mpsc::Sender<ModelCommand>,
    pub voice: Arc<BuiltinEngine>,
    pub saver: Saver,
    pub samples: Samples,
    pub store: Arc<dyn Store>,
    pub spending: Arc<Spending>,
    pub view: watch::Sender<StatusView>,
    pub feed: FeedWriter,
    pub shutdown: Shutdown,
    pub requests: mpsc::Receiver<Request>,
    pub media_events: mpsc::Receiver<MediaEvent>,
    pub model_events: mpsc::Receiver<ModelEvent>,
    pub saved: mpsc::Receiver<Saved>,
}

/// The session's audio clock as the actor last heard it.
#[derive(Clone, Copy, Default)]
struct AudioClock(Option<(Instant, u64)>);

impl AudioClock {
    fn set(&mut self, now: Instant, audio_ms: u64) {
        self.0 = Some((now, audio_ms));
    }

    /// Milliseconds from the start of the session's audio; 0 before it.
    fn read(self, now: Instant) -> u64 {
        self.0.map_or(0, |(at, audio_ms)| audio_ms + now.saturating_duration_since(at).as_millis() as u64)
    }
}

struct Actor {
    parts: Parts,
    created: Instant,
    clock: AudioClock,
    quality: Option<QualityData>,
    /// Of the whole session.
    audio: Option<SessionQuality>,
    started_at: Option<Timestamp>,
    last_event_id: u64,
    /// Its data channel is open.
    page_listens: bool,
    /// Set by `Output::Ended`.
    over: bool,
}

/// Runs a session to its end. Returns when everything is durable, or when the core gave up waiting for that; the view
/// goes back to the caller, who says when the session's place is free.
pub(super) async fn run(parts: Parts) -> watch::Sender<StatusView> {
    let mut actor = Actor {
        parts,
        created: Instant::now(),
        clock: AudioClock::default(),
        quality: None,
        audio: None,
        started_at: None,
        last_event_id: 0,
        page_listens: false,
        over: false,
    };
    let mut phase = actor.parts.shutdown.subscribe();
    let stop = actor.parts.shutdown.stop.clone();
    let mut day_spent = actor.parts.spending.watch_day();
    let mut stopping = false;
    actor.perform();
    while !actor.over {
        let deadline = actor.deadline();
        tokio::select! {
            biased;
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                actor.input(Input::End(StopReason::Drain));
                // No time for a goodbye, nor for the last transcript.
                actor.input(Input::End(StopReason::Internal));
            }
            Some(saved) = actor.parts.saved.recv() => actor.saved(saved),
            Some(event) = actor.parts.media_events.recv() => actor.media_event(event),
            Some(event) = actor.parts.model_events.recv() => actor.model_event(event),
            Some(request) = actor.parts.requests.recv() => actor.request(request),
            Ok(()) = phase.changed() => {
                if *phase.borrow_and_update() == Phase::Goodbye {
                    actor.input(Input::End(StopReason::Drain));
                }
            }
            Ok(()) = day_spent.changed() => {
                if *day_spent.borrow_and_update() {
                    actor.input(Input::End(StopReason::Budget));
                }
            }
            () = tokio::time::sleep_until(deadline) => actor.timeout(),
        }
    }
    actor.finish().await
}

impl Actor {
    fn now(&self) -> (Time, u64) {
        let now = Instant::now();
        (Time(now.duration_since(self.created).as_millis() as u64), self.clock.read(now))
    }

    fn deadline(&self) -> Instant {
        match self.parts.session.poll_timeout() {
            Some((Time(at_ms), _)) => self.created + Duration::from_millis(at_ms),
            // The core always has a timer while it lives; this bounds the wait should it not.
            None => Instant::now() + Duration::from_secs(1),
        }
    }

    fn input(&mut self, input: Input) {
        let (now, audio_ms) = self.now();
        self.parts.session.handle_input(now, audio_ms, input);
        self.perform();
    }

    fn timeout(&mut self) {
        let (now, audio_ms) = self.now();
        self.parts.session.handle_timeout(now, audio_ms);
        self.perform();
    }

    fn saved(&mut self, saved: Saved) {
        match saved {
            Saved::Durable { sequence } => self.input(Input::Persisted { sequence }),
            Saved::Failing { sequence } => self.input(Input::PersistFailed { sequence }),
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Peer(event) => self.input(Input::Peer(event)),
            Request::Client(message) => self.client(message),
            Request::Consented => self.input(Input::Consented),
            Request::Preparing { for_ms } => self.input(Input::Preparing { for_ms }),
            Request::End(reason) => self.input(Input::End(reason)),
            // Nobody who asked still waits: nothing to tell.
            Request::Snapshot { missed, reply } => {
                let _ = reply.send(Snapshot { events: self.snapshot(missed), last_id: self.last_event_id });
            }
        }
    }

    fn model_event(&mut self, event: ModelEvent) {
        if let ModelEvent::Usage(usage) = &event {
            self.parts.spending.note(usage);
        }
        self.input(Input::Model(event));
    }

    fn media_event(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::Peer(event) => {
                if let PeerEvent::Connected { audio_ms } = event {
                    self.clock.set(Instant::now(), audio_ms);
                    self.started_at.get_or_insert_with(Timestamp::now);
                }
                self.input(Input::Peer(event));
                match event {
                    PeerEvent::ChannelOpen => {
                        self.page_listens = true;
                        self.send_snapshot();
                    }
                    // Another peer has no channel yet.
                    PeerEvent::Offered | PeerEvent::Closed => self.page_listens = false,
                    PeerEvent::Connected { .. } | PeerEvent::Disconnected => {}
                }
            }
            MediaEvent::Playout(event) => {
                let (PlayoutEvent::Started { audio_ms, .. }
                | PlayoutEvent::Finished { audio_ms, .. }
                | PlayoutEvent::Interrupted { audio_ms, .. }) = &event;
                self.clock.set(Instant::now(), *audio_ms);
                self.input(Input::Playout(event));
            }
            MediaEvent::Message(bytes) => self.message(&bytes),
            MediaEvent::AudioSoFar(audio) => self.audio = Some(audio),
            MediaEvent::Quality(quality) => {
                self.quality = Some(quality);
                let (_, at_ms) = self.now();
                self.parts.samples.note(at_ms, quality);
                self.input(Input::Quality(quality));
            }
        }
    }

    /// A message on the data channel: what cannot be read is counted and otherwise ignored.
    fn message(&mut self, bytes: &[u8]) {
        let parsed = (bytes.len() <= MESSAGE_BYTES_MAX).then(|| serde_json::from_slice(bytes).ok()).flatten();
        match parsed {
            Some(message) => self.client(message),
            None => metrics::counter!("viva_channel_messages_bad_total").increment(1),
        }
    }

    fn client(&mut self, message: ClientMessage) {
        match message {
            ClientMessage::Stats(stats) => self.parts.media.client_stats(stats),
            ClientMessage::Text { text } => {
                let text: String = text.trim().chars().take(TYPED_ANSWER_CHARS_MAX).collect();
                if !text.is_empty() {
                    self.input(Input::Client(ClientMessage::Text { text }));
                }
            }
            other => self.input(Input::Client(other)),
        }
    }

    /// Does what the core asks for, to the end.
    fn perform(&mut self) {
        while let Some(output) = self.parts.session.poll_output() {
            match output {
                Output::Model(command) => self.command_model(command),
                // A closed queue has no audio to stop.
                Output::StopAudio => {
                    let _ = self.parts.downlink.flush();
                }
                Output::SpeakLocally { item_id, words } => self.speak_locally(item_id, words),
                Output::Persist { sequence, changes } => self.save(sequence, changes),
                Output::Publish(envelope) => {
                    self.last_event_id = envelope.id;
                    // Not before its snapshot, which has this event: a page would get it twice, and the old one last.
                    if self.page_listens {
                        self.send_to_page(&envelope);
                    }
                    self.parts.feed.publish(envelope);
                }
                // `finish` does it, once the page had a moment to hear that it is over.
                Output::ClosePeer => {}
                Output::Ended(reason) => {
                    let session = &self.parts.session_id;
                    if self.parts.session.purpose() == Purpose::Interview {
                        let results = format!("/results/{session}");
                        tracing::info!(%session, reason = reason.as_str(), results, "session ended");
                        metrics::counter!("viva_sessions_ended_total", "reason" => reason.as_str()).increment(1);
                    }
                    self.over = true;
                }
            }
        }
        self.show();
    }

    fn save(&mut self, sequence: u64, changes: Vec<Change>) {
        if !self.parts.saver.save(sequence, changes) {
            tracing::error!(session = %self.parts.session_id, "two batches to save at once");
            let (now, audio_ms) = self.now();
            self.parts.session.handle_input(now, audio_ms, Input::PersistFailed { sequence });
        }
    }

    fn show(&self) {
        let view = StatusView {
            status: self.parts.session.status(),
            end_reason: self.parts.session.end_reason(),
            question: self.parts.session.question(),
            speaker: self.parts.session.speaker().map(Role::as_str),
            quality: self.quality,
            started_at: self.started_at,
            finished: false,
        };
        self.parts.view.send_if_modified(|shown| {
            let changed = *shown != view;
            *shown = view;
            changed
        });
    }

    fn command_model(&mut self, command: ModelCommand) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.parts.model.try_send(command) {
            // A model that does not take commands is as good as gone; the core decides what follows.
            tracing::warn!(session = %self.parts.session_id, "speech model does not take commands");
            let (now, audio_ms) = self.now();
            self.parts.session.handle_input(now, audio_ms, Input::Model(ModelEvent::Failed));
        }
    }

    /// The server's own voice, for words that must be heard although the model failed.
    fn speak_locally(&self, item_id: ItemId, words: String) {
        let (voice, downlink) = (self.parts.voice.clone(), self.parts.downlink.clone());
        self.parts.shutdown.tasks.spawn(async move {
            match voice.speak(&words).await {
                Ok(pcm) => {
                    let queued = downlink.push_waiting(&item_id, pcm.to_vec()).await;
                    if queued.is_ok() {
                        let _ = downlink.finish(&item_id);
                    }
                }
                Err(error) => tracing::error!(%error, "cannot speak locally"),
            }
        });
    }

    fn send_to_page(&self, envelope: &Envelope) {
        match serde_json::to_vec(envelope) {
            // A page without an open channel gets a snapshot when it opens one.
            Ok(json) => {
                let _ = self.parts.media.send_data(json);
            }
            Err(error) => tracing::error!(%error, "a live event cannot be written"),
        }
    }

    fn send_snapshot(&self) {
        for envelope in self.snapshot(false) {
            self.send_to_page(&envelope);
        }
    }

    /// What somebody who begins to watch must know; carries the id of the last event that it includes.
    fn snapshot(&self, missed: bool) -> Vec<Envelope> {
        let (_, at_ms) = self.now();
        let notice = missed.then(missed_notice);
        let events = notice.into_iter().chain(self.parts.session.snapshot());
        events.map(|event| Envelope { id: self.last_event_id, at_ms, event }).collect()
    }

    /// The core is done, and what could be saved is. The page gets a moment to hear the last words.
    async fn finish(mut self) -> watch::Sender<StatusView> {
        // A model that is gone needs no goodbye.
        let _ = self.parts.model.try_send(ModelCommand::Close);
        if self.page_listens {
            // A page hangs up when it has heard that it is over; one that does not is not waited for.
            let _ = tokio::time::timeout(LINGER, self.hang_up()).await;
        }
        self.parts.media.close().await;
        self.keep_quality().await;
        self.parts.requests.close();
        self.parts.samples.finish().await;
        self.parts.view
    }

    async fn hang_up(&mut self) {
        while let Some(event) = self.parts.media_events.recv().await {
            if event == MediaEvent::Peer(PeerEvent::Closed) {
                return;
            }
        }
    }

    /// How the candidate's microphone arrived belongs to the results.
    async fn keep_quality(&self) {
        let Some(audio) = self.audio else { return };
        let kept = AudioQuality::from(&audio);
        if let Err(error) = self.parts.store.put_audio_quality(&self.parts.session_id, kept).await {
            tracing::warn!(%error, "the audio quality cannot be saved");
        }
    }
}
