//! What goes before an interview: a device check and a practice question. Both process a candidate's voice over the
//! real media path, and nothing of either is kept.
//!
//! Invariant: a session rehearses one thing at a time, and only before its interview has begun.

use super::{
    Admission, CreateError, Registry, SessionDeps, SessionHandle, StatusView, handle::SessionClosed, loopback::Loopback,
};
use crate::{
    domain::{
        auth::{Owner, Token},
        id::SessionId,
        interview::Interview,
        practice::{Purpose, practice_of},
        session::Status,
    },
    media::{MediaSession, OfferError},
    random,
    shutdown::{Phase, Shutdown},
    store::{Forgetful, NewSession},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// How often one session may rehearse: plenty for the nervous, nothing for a script.
const STARTS_MAX: u32 = 12;
/// After a rehearsal the candidate has this long to begin, whatever the session's age.
const BEGIN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// A former rehearsal is waited for so long; it ends by itself in any case.
const FORMER_WAIT: Duration = Duration::from_secs(2);
/// Nobody connected to the practice: it ends.
const PRACTICE_CONNECT: Duration = Duration::from_secs(60);
/// Whoever lost a practice starts another one.
const PRACTICE_RETURN: Duration = Duration::from_secs(30);

/// What is rehearsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// One's own voice comes back.
    Check,
    /// One question of a real interviewer.
    Practice,
}

impl Rehearsal {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Practice => "practice",
        }
    }

    const fn longest(self) -> Duration {
        match self {
            Self::Check => Duration::from_secs(120),
            Self::Practice => Duration::from_secs(180),
        }
    }
}

/// Why nothing is rehearsed.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    #[error("the interview has begun")]
    Begun,
    #[error("the session has rehearsed {STARTS_MAX} times")]
    TooOften,
    #[error(transparent)]
    Refused(#[from] CreateError),
    #[error(transparent)]
    Closed(#[from] SessionClosed),
}

/// A rehearsal that waits for its offer.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub expires_at: Timestamp,
}

/// What rehearsals are made of.
pub struct Rehearsals {
    deps: SessionDeps,
    /// Practices; they are found through the session that they belong to, never by an id.
    practices: Registry,
}

/// Where one session rehearses. It goes with the session.
#[derive(Default)]
pub(super) struct Stage {
    set: Mutex<Set>,
}

#[derive(Default)]
struct Set {
    /// Starts that count against [`STARTS_MAX`].
    starts: u32,
    /// The number of the last start; every start has one of its own.
    last: u32,
    open: Option<Open>,
}

struct Open {
    number: u32,
    line: Line,
    cancel: CancellationToken,
    /// Cancelled when it is over.
    over: CancellationToken,
}

/// What a candidate connects to.
#[derive(Clone)]
enum Line {
    Check(Arc<MediaSession>),
    Practice(Box<SessionHandle>),
}

impl Stage {
    /// Ends what is rehearsed, if anything is; does not wait for it.
    pub(super) fn clear(&self) {
        if let Some(open) = self.lock().open.take() {
            open.cancel.cancel();
        }
    }

    /// The same, and waits until it is over.
    async fn clear_and_wait(&self) {
        let Some(open) = self.lock().open.take() else { return };
        open.cancel.cancel();
        if tokio::time::timeout(FORMER_WAIT, open.over.cancelled()).await.is_err() {
            tracing::warn!("a rehearsal takes long to end");
        }
    }

    /// Counts a start; its number.
    fn take_start(&self) -> Result<u32, RehearsalError> {
        let mut set = self.lock();
        if set.starts >= STARTS_MAX {
            return Err(RehearsalError::TooOften);
        }
        set.starts += 1;
        set.last += 1;
        Ok(set.last)
    }

    fn give_back(&self) {
        self.lock().starts -= 1;
    }

    /// Puts a rehearsal in place; one that came in between gives way, and one that is over already is none.
    fn put(&self, open: Open) {
        let mut set = self.lock();
        if open.over.is_cancelled() {
            return;
        }
        if let Some(former) = set.open.replace(open) {
            former.cancel.cancel();
        }
    }

    /// The rehearsal with this number is over.
    fn leave(&self, number: u32) {
        let mut set = self.lock();
        if set.open.as_ref().is_some_and(|open| open.number == number) {
            set.open = None;
        }
    }

    fn line(&self) -> Option<Line> {
        self.lock().open.as_ref().map(|open| open.line.clone())
    }

    /// Nothing is left half changed in it.
    fn lock(&self) -> MutexGuard<'_, Set> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rehearsals {
    /// `deps`: what the interviews are made of.
    pub fn new(deps: SessionDeps) -> Self {
        let mut practice = SessionDeps { store: Arc::new(Forgetful), purpose: Purpose::Practice, ..deps.clone() };
        practice.limits.connect = PRACTICE_CONNECT;
        practice.limits.return_window = PRACTICE_RETURN;
        Self { deps, practices: Registry::new(practice) }
    }

    /// Begins to rehearse; what was rehearsed before ends.
    ///
    /// # Errors
    /// [`RehearsalError`]
    pub async fn start(
        &self,
        session: &SessionHandle,
        interview: &Interview,
        what: Rehearsal,
    ) -> Result<Begun, RehearsalError> {
        if self.deps.shutdown.phase() != Phase::Serving {
            return Err(CreateError::Draining.into());
        }
        if has_begun(&session.view()) {
            return Err(RehearsalError::Begun);
        }
        let stage = &session.rehearsal;
        let number = stage.take_start()?;
        stage.clear_and_wait().await;
        let longest = what.longest();
        let cancel = CancellationToken::new();
        let bounds = Bounds {
            cancel: cancel.clone(),
            interview: session.view.clone(),
            shutdown: self.deps.shutdown.clone(),
            deadline: Instant::now() + longest,
        };
        let running = Running::new(stage.clone(), number);
        let over = running.over.clone();
        let line = match what {
            Rehearsal::Check => self.check(&session.session_id, bounds, running),
            Rehearsal::Practice => self.practice(interview, bounds, running).await,
        };
        // What could not begin does not count.
        let line = line.inspect_err(|_| stage.give_back())?;
        stage.put(Open { number, line, cancel, over });
        metrics::counter!("viva_rehearsals_total", "kind" => what.as_str()).increment(1);
        session.preparing((longest + BEGIN_WITHIN).as_millis() as u64).await?;
        let longest = SignedDuration::try_from(longest).unwrap_or(SignedDuration::ZERO);
        Ok(Begun { expires_at: Timestamp::now() + longest })
    }

    /// Answers the offer for what is rehearsed; `None` when nothing is.
    ///
    /// # Errors
    /// [`OfferError`]
    pub async fn offer(&self, session: &SessionHandle, sdp: &str) -> Option<Result<String, OfferError>> {
        match session.rehearsal.line()? {
            Line::Check(media) => Some(media.offer(sdp).await),
            // Its own offers clear its own stage, on which nothing ever stands.
            Line::Practice(practice) => Some(Box::pin(practice.offer(sdp)).await),
        }
    }

    /// Ends what is rehearsed. Again changes nothing.
    pub async fn end(&self, session: &SessionHandle) {
        session.rehearsal.clear_and_wait().await;
    }

    fn check(&self, session_id: &SessionId, mut bounds: Bounds, running: Running) -> Result<Line, RehearsalError> {
        let attached = Loopback::attach(&self.deps.media, session_id.clone());
        let mut loopback = attached.map_err(CreateError::Media)?;
        let media = loopback.media();
        self.deps.shutdown.tasks.spawn(async move {
            tokio::select! {
                () = loopback.run() => {}
                () = bounds.reached() => {}
            }
            loopback.media().close().await;
            drop(running);
        });
        Ok(Line::Check(media))
    }

    async fn practice(
        &self,
        interview: &Interview,
        mut bounds: Bounds,
        running: Running,
    ) -> Result<Line, RehearsalError> {
        let now = Timestamp::now();
        let new = NewSession {
            // Of its own: two practices of a session may overlap for the moment in which one ends.
            session_id: SessionId::from_random(random::bytes()),
            owner: Owner::Public,
            user_id: None,
            interview: practice_of(interview),
            engine: self.practices.engine().to_owned(),
            token_hash: Token::from_random(random::bytes()).hash(),
            // Given before anything is rehearsed.
            consent_required: false,
            consent: None,
            created_at: now,
            expires_at: now,
        };
        let practice = self.practices.create(new, Admission::Direct).await?;
        let line = Line::Practice(Box::new(practice.clone()));
        self.deps.shutdown.tasks.spawn(async move {
            let mut view = practice.view.clone();
            let over = tokio::select! {
                // An error means that its actor is gone.
                over = async { view.wait_for(|view| view.finished).await.map(drop) } => over.is_ok(),
                () = bounds.reached() => false,
            };
            if !over {
                practice.stop().await;
            }
            drop(running);
        });
        Ok(line)
    }
}

/// Has the interview begun, or is it over?
fn has_begun(view: &StatusView) -> bool {
    !matches!(view.status, Status::Created | Status::Connecting)
}

/// Everything that ends a rehearsal from outside.
struct Bounds {
    cancel: CancellationToken,
    interview: watch::Receiver<StatusView>,
    shutdown: Shutdown,
    deadline: Instant,
}

impl Bounds {
    async fn reached(&mut self) {
        let mut phase = self.shutdown.subscribe();
        tokio::select! {
            () = self.cancel.cancelled() => {}
            // An error means that the session is gone.
            _ = self.interview.wait_for(has_begun) => {}
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => {}
            () = self.shutdown.stop.cancelled() => {}
            () = tokio::time::sleep_until(self.deadline) => {}
        }
    }
}

/// As long as it is there, something is rehearsed.
struct Running {
    stage: Arc<Stage>,
    number: u32,
    over: CancellationToken,
}

impl Running {
    fn new(stage: Arc<Stage>, number: u32) -> Self {
        metrics::gauge!("viva_rehearsals").increment(1.0);
        Self { stage, number, over: CancellationToken::new() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        metrics::gauge!("viva_rehearsals").decrement(1.0);
        // In this order: what is over is never put, and what was put before is left.
        self.over.cancel();
        self.stage.leave(self.number);
    }
}
