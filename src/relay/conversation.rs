//! One client's conversation, from its first event to its close.

use super::{
    Grant, RelayDeps,
    bill::Bill,
    capture::{Capture, CaptureError, Moment},
    client::{ClientEnd, Closing, Said},
    engine::{self, EngineSide},
    live::Place,
    names::Names,
    upstream::{self, UpstreamSide},
};
use crate::{
    domain::session::Script,
    random,
    shutdown::{Phase, Shutdown},
    wire::realtime::{
        AudioConfig, AudioInputConfig, AudioOutputConfig, ServerEvent, SessionConfig, TranscriptionConfig, audio,
        serve::{Setup, error_body, invalid},
    },
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

/// What stands behind a client.
enum Side {
    Engine(Box<EngineSide>),
    Upstream(Box<UpstreamSide>),
}

/// Something for the client.
enum News {
    Engine(engine::News),
    Upstream(upstream::News),
}

/// See the module.
pub(super) struct Conversation {
    side: Side,
    capture: Option<Capture>,
    bill: Bill,
    /// Base 64 bytes that the client appended, for the clock of a transcript whose audio is not decoded here.
    appended_base64: u64,
}

/// Base 64 bytes of a millisecond of audio.
const BASE64_PER_MS: u64 = 64;

/// What woke the conversation.
enum Wake {
    Closing(Closing),
    Client(Said),
    ClientTime,
    Side,
}

impl Conversation {
    /// Holds a conversation to its end and says goodbye.
    pub(super) async fn hold(deps: RelayDeps, grant: Grant, place: &Place, mut client: ClientEnd, model: String) {
        let ends_at = Instant::now() + deps.duration_max;
        let shutdown = deps.shutdown.clone();
        let end = async {
            tokio::select! {
                closing = must_end(place, &shutdown) => Err(Some(closing)),
                begun = Self::begin(&deps, grant, model) => begun.map_err(Some),
            }
        };
        let closing = match end.await {
            Ok(mut this) => {
                let closing = this.run(&mut client, place, &shutdown, ends_at, &deps).await;
                this.keep_the_rest().await;
                closing
            }
            Err(closing) => closing,
        };
        match closing {
            Some(closing) => client.close(closing).await,
            None => client.leave().await,
        }
    }

    async fn begin(deps: &RelayDeps, grant: Grant, model: String) -> Result<Self, Closing> {
        let capture = match &grant.session_id {
            Some(session_id) => Some(Capture::begin(deps.store.clone(), session_id.clone()).await.map_err(not_kept)?),
            None => None,
        };
        let session = granted(deps, grant.session, capture.is_some());
        let plan = grant.plan.clone().unwrap_or_else(|| deps.plan.clone());
        let names = (deps.model.clone(), deps.transcriber.clone());
        let bill = Bill::new(deps.spending.clone(), &plan, capture.as_ref(), names.0, names.1);
        if let Some(closing) = bill.spent() {
            return Err(closing);
        }
        let script = Script::new(plan);
        let side = match &deps.provider {
            Some(server) => {
                let mut session = session;
                if grant.plan.is_some() && session.instructions.is_none() {
                    session.instructions = Some(script.instructions());
                }
                let names = Names::new(model, deps.transcriber.clone());
                Side::Upstream(Box::new(UpstreamSide::open(server, names, session).await?))
            }
            None => {
                let expires_at = Timestamp::now().as_second() + deps.duration_max.as_secs() as i64;
                let connection = crate::domain::id::encode_128_bits(random::bytes());
                let expires_at = u64::try_from(expires_at).unwrap_or_default();
                let setup = Setup { connection, model, expires_at, session, script };
                Side::Engine(Box::new(EngineSide::start(&deps.engine, setup, &deps.shutdown.tasks)))
            }
        };
        Ok(Self { side, capture, bill, appended_base64: 0 })
    }

    /// Returns what to tell the client, if it is there.
    async fn run(
        &mut self,
        client: &mut ClientEnd,
        place: &Place,
        shutdown: &Shutdown,
        ends_at: Instant,
        deps: &RelayDeps,
    ) -> Option<Closing> {
        let mut must_end = std::pin::pin!(must_end(place, shutdown));
        loop {
            while let Some(news) = self.news() {
                match self.pass_on(client, news).await {
                    Ok(()) => {}
                    Err(over) => return over,
                }
                if let Some(closing) = self.count().await {
                    return Some(closing);
                }
            }
            let has_room = self.has_room();
            let wake = tokio::select! {
                biased;
                closing = &mut must_end => Wake::Closing(closing),
                () = sleep_until(ends_at) => Wake::Closing(expired(deps)),
                () = self.work() => Wake::Side,
                () = sleep_until(client.wakes_at()) => Wake::ClientTime,
                said = client.next(), if has_room => Wake::Client(said),
            };
            let said = match wake {
                Wake::Closing(closing) => return Some(closing),
                Wake::Side => continue,
                Wake::ClientTime => client.on_time().await,
                Wake::Client(said) => said,
            };
            match said {
                Said::Event(event) => self.on_event(event),
                Said::Audio(text) => self.on_audio(text),
                Said::Bad(error) => {
                    if !client.refuse(error).await {
                        return None;
                    }
                }
                Said::Nothing => {}
                Said::Over(closing) => return Some(closing),
                Said::Gone => return None,
            }
        }
    }

    fn news(&mut self) -> Option<News> {
        match &mut self.side {
            Side::Engine(engine) => engine.news().map(News::Engine),
            Side::Upstream(upstream) => upstream.news().map(News::Upstream),
        }
    }

    fn has_room(&self) -> bool {
        match &self.side {
            Side::Engine(engine) => engine.has_room(),
            Side::Upstream(upstream) => upstream.has_room(),
        }
    }

    async fn work(&mut self) {
        match &mut self.side {
            Side::Engine(engine) => engine.work().await,
            Side::Upstream(upstream) => upstream.work().await,
        }
    }

    fn on_event(&mut self, mut event: Value) {
        if self.capture.is_some() {
            keep_transcription(&mut event);
        }
        match &mut self.side {
            Side::Engine(engine) => engine.on_event(&event),
            Side::Upstream(upstream) => upstream.on_event(event),
        }
    }

    fn on_audio(&mut self, text: String) {
        match &mut self.side {
            Side::Engine(engine) => engine.on_audio(&text),
            Side::Upstream(upstream) => {
                let length =
                    if self.capture.is_some() { audio::parse_append(&text).map(|a| a.audio.len()) } else { None };
                self.appended_base64 += length.unwrap_or_default() as u64;
                upstream.on_audio(text);
            }
        }
    }

    /// Keeps what must be kept, then tells the client. `Err`: it is over.
    async fn pass_on(&mut self, client: &mut ClientEnd, news: News) -> Result<(), Option<Closing>> {
        let told = match news {
            News::Engine(engine::News::Over(closing)) | News::Upstream(upstream::News::Over(closing)) => {
                return Err(Some(closing));
            }
            News::Engine(engine::News::Event(message)) => {
                self.keep(&message.event).await?;
                client.tell(&message).await
            }
            News::Upstream(upstream::News::Voice { text, item_id, base64_len }) => {
                let at = Moment { appended_ms: self.appended_base64 / BASE64_PER_MS, script: None };
                if let Some(capture) = &mut self.capture {
                    capture.voice(&item_id, base64_len, at);
                }
                client.tell_voice(text).await
            }
            News::Upstream(upstream::News::Event(event)) => {
                if (self.capture.is_some() || is_counted(&event))
                    && let Ok(event) = serde_json::from_value::<ServerEvent>(event.clone())
                {
                    self.bill.on_event(&event);
                    self.keep(&event).await?;
                }
                client.tell_value(event).await
            }
        };
        if told { Ok(()) } else { Err(None) }
    }

    /// Puts what was used on the account; what to say when no more may be spent.
    async fn count(&mut self) -> Option<Closing> {
        if let Side::Engine(engine) = &mut self.side {
            self.bill.on_engine(engine.take_usage());
        }
        let changes = self.bill.settle();
        if changes.is_empty() {
            return None;
        }
        if let Some(capture) = &mut self.capture
            && let Err(error) = capture.save(changes).await
        {
            return Some(not_kept(error));
        }
        self.bill.spent()
    }

    /// The conversation is over in the middle of something: what was said of it is kept as far as it is known.
    async fn keep_the_rest(&mut self) {
        let Some(capture) = &mut self.capture else { return };
        let changes = capture.finish();
        if !changes.is_empty()
            && let Err(error) = capture.save(changes).await
        {
            tracing::error!(%error, "the end of a conversation cannot be saved");
        }
    }

    async fn keep(&mut self, event: &ServerEvent) -> Result<(), Option<Closing>> {
        let Some(capture) = &mut self.capture else { return Ok(()) };
        let at = match &self.side {
            Side::Engine(engine) => {
                let served = engine.served();
                Moment { appended_ms: served.appended_ms(), script: Some(served.script()) }
            }
            Side::Upstream(_) => Moment { appended_ms: self.appended_base64 / BASE64_PER_MS, script: None },
        };
        let changes = capture.note(event, at);
        if changes.is_empty() {
            return Ok(());
        }
        capture.save(changes).await.map_err(|error| Some(not_kept(error)))
    }
}

/// Whether an event may say what something cost.
fn is_counted(event: &Value) -> bool {
    const KINDS: [&str; 4] = [
        "session.created",
        "session.updated",
        "response.done",
        "conversation.item.input_audio_transcription.completed",
    ];
    event["type"].as_str().is_some_and(|kind| KINDS.contains(&kind))
}

/// Resolves when the conversation has to end, whatever its state.
async fn must_end(place: &Place, shutdown: &Shutdown) -> Closing {
    let mut phase = shutdown.subscribe();
    let goodbye = async {
        // The sender lives as long as `shutdown`.
        let _ = phase.wait_for(|phase| *phase >= Phase::Goodbye).await;
    };
    tokio::select! {
        () = place.end().cancelled() => Closing::plainly(1_000, "The session has ended."),
        () = shutdown.stop.cancelled() => leaving(),
        () = goodbye => leaving(),
    }
}

fn leaving() -> Closing {
    let message = "This server has to stop now. What was said is saved; please connect again.";
    Closing {
        reason: "going away".to_owned(),
        ..Closing::because(1_001, error_body("server_error", Some("server_draining"), message, None))
    }
}

fn expired(deps: &RelayDeps) -> Closing {
    let minutes = deps.duration_max.as_secs().div_ceil(60);
    let reason = format!("Your session hit the maximum duration of {minutes} minutes.");
    Closing { reason: reason.clone(), ..Closing::because(1_001, invalid("session_expired", &reason, None)) }
}

/// What is said is kept or not said at all.
fn not_kept(error: CaptureError) -> Closing {
    match error {
        CaptureError::Unknown | CaptureError::Ended => {
            let message = "The session of this key is over.";
            Closing::because(4_000, invalid("session_ended", message, None))
        }
        CaptureError::Store(_) | CaptureError::TimedOut => {
            tracing::error!(%error, "a conversation cannot be saved");
            let message = "What is said cannot be saved at the moment.";
            Closing::because(1_011, error_body("server_error", Some("store_unavailable"), message, None))
        }
    }
}

/// A record needs the words of both sides: transcription cannot be switched off where one is kept.
fn keep_transcription(event: &mut Value) {
    if let Some(input) = event.pointer_mut("/session/audio/input").and_then(Value::as_object_mut)
        && input.get("transcription").is_some_and(Value::is_null)
    {
        input.remove("transcription");
    }
}

/// The session as it was granted, with what this server needs.
fn granted(deps: &RelayDeps, session: SessionConfig, is_kept: bool) -> SessionConfig {
    let voice = deps.provider.as_ref().and_then(|provider| provider.voice());
    let has_voice = session.audio.as_ref().and_then(|audio| audio.output.as_ref()).is_some_and(|o| o.voice.is_some());
    let transcribes = |session: &SessionConfig| {
        let input = session.audio.as_ref().and_then(|audio| audio.input.as_ref());
        matches!(input.and_then(|input| input.transcription.as_ref()), Some(Some(_)))
    };
    let mut session = session;
    if is_kept && !transcribes(&session) {
        let transcriber = TranscriptionConfig { model: Some(deps.transcriber.clone()), ..Default::default() };
        let audio = session.audio.get_or_insert_with(AudioConfig::default);
        audio.input.get_or_insert_with(AudioInputConfig::default).transcription = Some(Some(transcriber));
    }
    if let (Some(voice), false) = (voice, has_voice) {
        let audio = session.audio.get_or_insert_with(AudioConfig::default);
        audio.output.get_or_insert_with(AudioOutputConfig::default).voice = Some(voice.into());
    }
    session
}
