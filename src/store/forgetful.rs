//! A store that keeps nothing, for practice: every step is taken, and nothing is ever found.

use super::{
    AudioQuality, ClientMessage, Consent, Invite, InviteUse, NewInvite, NewSession, Page, SessionRecord,
    SessionSummary, Store, StoreError,
};
use crate::domain::{
    auth::{Owner, TokenHash},
    id::SessionId,
    quality::QualitySample,
    session::Change,
};
use futures_util::future::{BoxFuture, ready};
use jiff::Timestamp;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

fn done<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(ready(Ok(value)))
}

impl Store for Forgetful {
    fn create_session(&self, _: NewSession) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn apply(&self, _: &SessionId, _: u64, _: Timestamp, _: Vec<Change>) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn load_session(&self, _: &SessionId) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>> {
        done(None)
    }

    fn session_of_token(&self, _: TokenHash) -> BoxFuture<'_, Result<Option<SessionId>, StoreError>> {
        done(None)
    }

    fn list_sessions(&self, _: Option<Owner>, _: Page) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>> {
        done(Vec::new())
    }

    fn record_consent(&self, _: &SessionId, _: Consent) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn put_client_transcript(&self, _: &SessionId, _: Vec<ClientMessage>) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn put_audio_quality(&self, _: &SessionId, _: AudioQuality) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn add_quality_samples(&self, _: &SessionId, _: Vec<QualitySample>) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn create_invite(&self, _: NewInvite) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn find_invite(&self, _: TokenHash) -> BoxFuture<'_, Result<Option<Invite>, StoreError>> {
        done(None)
    }

    fn use_invite(&self, _: TokenHash, _: NewSession) -> BoxFuture<'_, Result<InviteUse, StoreError>> {
        done(InviteUse::NoSuchInvite)
    }

    fn recover(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<SessionId>, StoreError>> {
        done(Vec::new())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        done(())
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}
