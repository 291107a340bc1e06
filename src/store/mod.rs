//! What lasts. The methods of [`Store`] are whole steps of an interview; no pool, row or transaction leaves this
//! folder.
//!
//! A write is durable when its method returns `Ok`, and only then may anybody be told so. [`conformance`] is the suite
//! that every implementation passes.

mod client_secrets;
pub mod conformance;
mod desk;
pub mod erasure;
mod error;
mod exports;
mod forgetful;
mod idempotency;
mod interviews;
pub mod jobs;
mod location;
pub mod log;
mod quality;
mod record;
mod recordings;
pub mod retention;
mod rooms;
pub mod scorecards;
pub mod second_pass;
pub mod session_events;
pub mod sql;
pub mod usage;
mod users;
mod voice;
pub mod webhooks;

pub use desk::{DeskFilter, DeskSession};
pub use error::StoreError;
pub use exports::ExportFilter;
pub use forgetful::Forgetful;
pub use idempotency::Begun;
pub use interviews::{Changed, InterviewRecord, InviteRecord, LIST_PAGE_MAX, ListPosition};
pub use location::{Location, LocationError};
pub use record::{
    AudioQuality, ClientMessage, Consent, Invite, InviteUse, NewInvite, NewSession, Page, QuestionRecord,
    SessionRecord, SessionSummary,
};
pub use recordings::{RecordingRecord, RecordingState, TrackRecord};
pub use rooms::{RoomTallies, StoredMember, StoredRoom};
pub use sql::SqlStore;
pub use users::User;
pub use voice::VoiceSession;

use crate::domain::{
    auth::{Owner, TokenHash},
    id::SessionId,
    quality::QualitySample,
    session::Change,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// The durable memory of a server. Object safe; shared by reference.
///
/// Every method may fail with [`StoreError::Unavailable`]: nothing of the step is to be taken as saved then, and the
/// same call may be made again.
pub trait Store: Send + Sync + 'static {
    /// Keeps a new session. [`StoreError::Exists`] if the id is taken.
    fn create_session(&self, session: NewSession) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Makes one step of a session core durable. `at`: now, for `started_at` and `ended_at`. A step that is already in
    /// here (by its sequence number) is not applied again and is no error. [`StoreError::Unknown`] if there is no such
    /// session.
    fn apply(
        &self,
        session_id: &SessionId,
        sequence: u64,
        at: Timestamp,
        changes: Vec<Change>,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Everything about a session.
    fn load_session(&self, session_id: &SessionId) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>>;

    /// The session that a candidate token opens.
    fn session_of_token(&self, token: TokenHash) -> BoxFuture<'_, Result<Option<SessionId>, StoreError>>;

    /// The sessions of an owner (`None`: of all), newest first. `page.after`: the last session of the page before.
    fn list_sessions(&self, owner: Option<Owner>, page: Page)
    -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>>;

    /// Keeps that consent was given; the first record of a version stays.
    fn record_consent(&self, session_id: &SessionId, consent: Consent) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Replaces the client's own copy of the transcript.
    fn put_client_transcript(
        &self,
        session_id: &SessionId,
        messages: Vec<ClientMessage>,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Replaces what is known about the candidate's audio.
    fn put_audio_quality(&self, session_id: &SessionId, quality: AudioQuality)
    -> BoxFuture<'_, Result<(), StoreError>>;

    /// Adds samples of how the candidate's microphone arrived; a sample that is there already stays as it is.
    fn add_quality_samples(
        &self,
        session_id: &SessionId,
        samples: Vec<QualitySample>,
    ) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Keeps a new invite. [`StoreError::Exists`] if its id or code is taken.
    fn create_invite(&self, invite: NewInvite) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The invite with this code.
    fn find_invite(&self, code: TokenHash) -> BoxFuture<'_, Result<Option<Invite>, StoreError>>;

    /// Takes one attempt of an invite and keeps the session that it is used for, both or neither.
    fn use_invite(&self, code: TokenHash, session: NewSession) -> BoxFuture<'_, Result<InviteUse, StoreError>>;

    /// At start: sessions that a server left behind have ended as `interrupted`. Returns them.
    fn recover(&self, at: Timestamp) -> BoxFuture<'_, Result<Vec<SessionId>, StoreError>>;

    /// Is the store able to answer?
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Finishes the writes that wait, and closes the files.
    fn close(&self) -> BoxFuture<'_, ()>;
}
