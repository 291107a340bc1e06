//! All live sessions of this process: creating them within bounds, finding them, waiting for the last one.

use super::{
    actor::{self, Parts},
    feed::feed,
    handle::{MAILBOX, SessionHandle, StatusView},
    recording::RecordingSwitch,
    rehearsal::Stage,
    samples::Samples,
    saving::Saver,
};
use crate::{
    config::Limits,
    domain::{
        audio::codec::Codec,
        auth::TokenHash,
        event::QuestionNumber,
        id::SessionId,
        interview::Interview,
        persona::Personas,
        practice::Purpose,
        session::{Change, EndReason, Session, SessionLimits, SessionSetup, Status, Time},
    },
    engine::BuiltinEngine,
    media::{
        Media, MediaPorts,
        port::{Downlink, UPLINK_FRAMES_MAX},
        recorder::Recorder,
    },
    random,
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup},
    shutdown::{Phase, Shutdown},
    spending::{NotAdmitted, Spending},
    store::{InviteUse, NewSession, Store, StoreError},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What sessions are made of.
#[derive(Clone)]
pub struct SessionDeps {
    pub store: Arc<dyn Store>,
    pub media: Media,
    pub recorder: Recorder,
    pub model: Arc<dyn Model>,
    /// Whose voice an interview gets.
    pub personas: Arc<Personas>,
    /// For words that must be heard when the model fails.
    pub voice: Arc<BuiltinEngine>,
    pub limits: Limits,
    pub spending: Arc<Spending>,
    pub shutdown: Shutdown,
    /// What they are all for.
    pub purpose: Purpose,
}

/// By what right a session begins.
#[derive(Clone, Copy, Debug)]
pub enum Admission {
    /// Whoever starts it may do so.
    Direct,
    /// By an invitation, which loses one attempt in the same durable step.
    Invite(TokenHash),
}

/// Why a session cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("all places are taken")]
    AtCapacity,
    #[error("the server is draining")]
    Draining,
    #[error("the engine does not speak {0}")]
    Language(String),
    /// Never `Started`.
    #[error("the invitation does not open")]
    Invite(InviteUse),
    #[error(transparent)]
    Spending(#[from] NotAdmitted),
    #[error("the session cannot be saved")]
    Store(#[from] StoreError),
    #[error("the media path takes no more sessions")]
    Media(#[from] crate::media::MediaError),
}

/// Live sessions by id.
pub struct Registry {
    deps: SessionDeps,
    live: Arc<Mutex<HashMap<SessionId, SessionHandle>>>,
    count: watch::Sender<usize>,
    places: Arc<Semaphore>,
}

/// Silence after speech before the model may call a turn over; patience on top of it is the plan's.
const TURN_SILENCE_MS: u64 = 600;
/// Sequence of the change that ends a session whose actor panicked: after all others.
const LAST_SEQUENCE: u64 = i64::MAX as u64;
/// Media events that may wait for an actor.
const MEDIA_EVENTS: usize = 256;

impl Registry {
    /// No session yet.
    pub fn new(deps: SessionDeps) -> Self {
        let places = Arc::new(Semaphore::new(deps.limits.sessions_max));
        Self { deps, live: Arc::default(), count: watch::Sender::new(0), places }
    }

    /// A live session.
    pub fn get(&self, session_id: &SessionId) -> Option<SessionHandle> {
        lock(&self.live).get(session_id).cloned()
    }

    /// How many are live.
    pub fn len(&self) -> usize {
        lock(&self.live).len()
    }

    /// Whether none is live.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are live, by what they are doing.
    pub fn by_status(&self) -> [(Status, usize); 6] {
        let mut counts = Status::ALL.map(|status| (status, 0));
        for session in lock(&self.live).values() {
            let status = session.view.borrow().status;
            counts.iter_mut().filter(|(counted, _)| *counted == status).for_each(|(_, count)| *count += 1);
        }
        counts
    }

    /// How many may be live at the same time.
    pub fn sessions_max(&self) -> usize {
        self.deps.limits.sessions_max
    }

    /// The name of the speech engine.
    pub fn engine(&self) -> &str {
        self.deps.model.name()
    }

    /// Creates a session: durable first, then its media, its model and its actor.
    ///
    /// # Errors
    /// [`CreateError`]; nothing is left behind then but, at worst, a record that expires.
    pub async fn create(&self, new: NewSession, admission: Admission) -> Result<SessionHandle, CreateError> {
        if self.deps.shutdown.phase() != Phase::Serving {
            return Err(CreateError::Draining);
        }
        self.check_language(&new.interview.language)?;
        let place = self.places.clone().try_acquire_owned().map_err(|_| CreateError::AtCapacity)?;
        if !self.deps.media.load().admits() {
            metrics::counter!("viva_sessions_refused_total", "reason" => "load").increment(1);
            return Err(CreateError::AtCapacity);
        }
        self.deps.spending.admit().await?;
        let session_id = new.session_id.clone();
        let recording = RecordingSwitch::new(session_id.clone(), self.deps.recorder.clone(), new.interview.recording);
        self.keep(new.clone(), admission).await?;
        let session = Session::new(
            SessionSetup {
                session_id: session_id.clone(),
                interview: new.interview.clone(),
                purpose: self.deps.purpose,
                engine: self.engine().to_owned(),
                phrasing: self.deps.model.phrases(),
                consent_required: new.consent_required,
                limits: self.session_limits(&new.interview),
                seed: random::seed(),
            },
            Time(0),
        );
        let session = match self.deps.spending.budget_of(&new.interview) {
            Some(budget) => session.with_budget(budget),
            None => session,
        };
        if self.deps.purpose == Purpose::Interview {
            tracing::info!(session = %session_id, kind = new.interview.kind, engine = self.engine(), "session created");
        }
        let started = self.start(session_id.clone(), session, &new.interview, recording, place);
        match &started {
            Ok(handle) if !new.consent_required => handle.recording.turn_on(&handle.media),
            Ok(_) => {}
            Err(_) => end_internally(&*self.deps.store, &session_id).await,
        }
        started
    }

    async fn keep(&self, new: NewSession, admission: Admission) -> Result<(), CreateError> {
        match admission {
            Admission::Direct => self.deps.store.create_session(new).await?,
            Admission::Invite(code) => match self.deps.store.use_invite(code, new).await? {
                InviteUse::Started => {}
                refused => return Err(CreateError::Invite(refused)),
            },
        }
        Ok(())
    }

    /// Does the speech engine speak this language?
    ///
    /// # Errors
    /// [`CreateError::Language`]
    pub fn check_language(&self, language: &str) -> Result<(), CreateError> {
        let primary = language.split('-').next().unwrap_or(language);
        match self.deps.model.languages() {
            Some(known) if !known.contains(&primary) => Err(CreateError::Language(language.to_owned())),
            _ => Ok(()),
        }
    }

    fn session_limits(&self, interview: &Interview) -> SessionLimits {
        let limits = &self.deps.limits;
        SessionLimits {
            connect_ms: limits.connect.as_millis() as u64,
            return_window_ms: limits.return_window.as_millis() as u64,
            max_duration_ms: self.time_limit_ms(interview),
        }
    }

    /// After how long an interview closes politely, in milliseconds from its first media.
    pub fn time_limit_ms(&self, interview: &Interview) -> u64 {
        interview.limits.max_duration_ms.min(self.deps.limits.session_duration_max.as_millis() as u64)
    }

    fn model_setup(&self, id: &SessionId, session: &Session, interview: &Interview, codec: Codec) -> ModelSetup {
        let model = &self.deps.model;
        ModelSetup {
            session_id: id.clone(),
            instructions: session.instructions(),
            language: interview.language.clone(),
            voice: model.voice(&self.deps.personas.of(interview).voice).map(str::to_owned),
            mulaw: codec == Codec::Pcmu,
            silence_ms: TURN_SILENCE_MS,
            prepare: session.prepare().into(),
            history: Arc::from([]),
        }
    }

    fn start(
        &self,
        session_id: SessionId,
        session: Session,
        interview: &Interview,
        recording: RecordingSwitch,
        place: OwnedSemaphorePermit,
    ) -> Result<SessionHandle, CreateError> {
        let deps = &self.deps;
        let (uplink_sender, uplink) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (downlink, downlink_commands) = Downlink::channel();
        let (media_sender, media_events) = mpsc::channel(MEDIA_EVENTS);
        let ports = MediaPorts { uplink: uplink_sender, downlink: downlink_commands, events: media_sender };
        let media = Arc::new(deps.media.attach(session_id.clone(), ports)?);
        let (policy, wish) = (deps.limits.codec, interview.audio_codec);
        let codec = policy.codec(wish, deps.media.load(), deps.model.takes_mulaw());
        if codec == Codec::Pcmu {
            media.prefer_pcmu();
        }
        let (model, commands) = mpsc::channel(MODEL_QUEUE);
        let (model_sender, model_events) = mpsc::channel(MODEL_QUEUE);
        let cancel = CancellationToken::new();
        let setup = self.model_setup(&session_id, &session, interview, codec);
        let model_ports =
            ModelPorts { uplink, downlink: downlink.clone(), commands, events: model_sender, cancel: cancel.clone() };
        let beside = deps.model.is_socket().then(|| media.enter());
        deps.model.converse(setup, model_ports, &deps.shutdown.tasks);
        drop(beside);
        let (saver, saved) = Saver::start(deps.store.clone(), session_id.clone(), &deps.shutdown.tasks);
        let samples = Samples::start(deps.store.clone(), session_id.clone(), &deps.shutdown.tasks);
        let (requests, mailbox) = mpsc::channel(MAILBOX);
        let (view, view_receiver) = watch::channel(first_view(&session));
        let (feed_writer, feed) = feed();
        let handle = SessionHandle {
            session_id: session_id.clone(),
            requests,
            view: view_receiver,
            media: media.clone(),
            feed,
            recording,
            rehearsal: Arc::new(Stage::default()),
        };
        let parts = Parts {
            session_id,
            session,
            media,
            downlink,
            model,
            voice: deps.voice.clone(),
            saver,
            samples,
            view,
            feed: feed_writer,
            store: deps.store.clone(),
            spending: deps.spending.clone(),
            shutdown: deps.shutdown.clone(),
            requests: mailbox,
            media_events,
            model_events,
            saved,
        };
        self.supervise(handle.clone(), parts, cancel, place);
        Ok(handle)
    }

    /// Runs the actor; when it panics, that session alone ends, as `internal`.
    fn supervise(&self, handle: SessionHandle, parts: Parts, cancel: CancellationToken, place: OwnedSemaphorePermit) {
        let session_id = handle.session_id.clone();
        let (recording, rehearsal) = (handle.recording.clone(), handle.rehearsal.clone());
        let gauge = match self.deps.purpose {
            Purpose::Interview => metrics::gauge!("viva_sessions"),
            Purpose::Practice => metrics::gauge!("viva_practices"),
        };
        lock(&self.live).insert(session_id.clone(), handle);
        self.count.send_modify(|count| *count += 1);
        gauge.increment(1.0);
        let (live, count, store) = (self.live.clone(), self.count.clone(), self.deps.store.clone());
        self.deps.shutdown.tasks.spawn(async move {
            let actor = tokio::spawn(actor::run(parts));
            let ended = actor.await;
            recording.turn_off();
            rehearsal.clear();
            if let Err(error) = &ended {
                tracing::error!(session = %session_id, panicked = error.is_panic(), "session actor failed");
                end_internally(&*store, &session_id).await;
            }
            cancel.cancel();
            lock(&live).remove(&session_id);
            count.send_modify(|count| *count -= 1);
            gauge.decrement(1.0);
            drop(place);
            // Last, so that whoever waited for it finds the place free.
            if let Ok(view) = ended {
                view.send_modify(|view| view.finished = true);
            }
        });
    }

    /// Waits until no session is live.
    pub async fn all_finished(&self) {
        // An error would mean that the sender is gone, but it is ours.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// A session that nobody runs any more must not look alive.
async fn end_internally(store: &dyn Store, session_id: &SessionId) {
    let end = Change::Status { status: Status::Ended, end_reason: Some(EndReason::Internal) };
    if let Err(error) = store.apply(session_id, LAST_SEQUENCE, Timestamp::now(), vec![end]).await {
        tracing::error!(%error, "the end of a failed session cannot be saved");
    }
}

fn first_view(session: &Session) -> StatusView {
    StatusView {
        status: session.status(),
        end_reason: None,
        question: QuestionNumber::default(),
        speaker: None,
        quality: None,
        started_at: None,
        finished: false,
    }
}

/// The map is never left half changed, so a poisoned lock is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
