//! SQLite: one file, one writer, a few readers.
//!
//! The write-ahead log is synced at every commit (`synchronous=FULL`). All writes go through one task
//! ([`writer`]), which puts what waits into one transaction, so that many sessions share one sync. Start with
//! [`SqliteStore::open`].

mod read;
mod write;
mod writer;

use super::{
    AudioQuality, ClientMessage, Consent, Invite, InviteUse, NewInvite, NewSession, Page, SessionRecord,
    SessionSummary, Store, StoreError,
};
use crate::domain::{
    auth::{Owner, TokenHash},
    id::SessionId,
    session::Change,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};
use write::{Write, Written};
use writer::Writer;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a reader waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let mut connection = writer::connect(&options).await?;
        MIGRATIONS.run(&mut connection).await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.clone().create_if_missing(false).pragma("query_only", "ON"));
        Ok(Self { writer: Writer::start(options, connection), readers })
    }

    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(self.writer.write(write))
    }

    fn write_done(&self, write: Write) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { self.writer.write(write).await.map(|_| ()) })
    }
}

impl Store for SqliteStore {
    fn create_session(&self, session: NewSession) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::CreateSession(Box::new(session)))
    }

    fn apply(
        &self,
        session_id: &SessionId,
        sequence: u64,
        at: Timestamp,
        changes: Vec<Change>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::Apply { session_id: session_id.clone(), sequence, at, changes })
    }

    fn load_session(&self, session_id: &SessionId) -> BoxFuture<'_, Result<Option<SessionRecord>, StoreError>> {
        let session_id = session_id.clone();
        Box::pin(async move { read::session(&self.readers, &session_id).await })
    }

    fn list_sessions(
        &self,
        owner: Option<Owner>,
        page: Page,
    ) -> BoxFuture<'_, Result<Vec<SessionSummary>, StoreError>> {
        Box::pin(async move { read::sessions(&self.readers, owner.as_ref(), &page).await })
    }

    fn record_consent(&self, session_id: &SessionId, consent: Consent) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::Consent { session_id: session_id.clone(), consent })
    }

    fn put_client_transcript(
        &self,
        session_id: &SessionId,
        messages: Vec<ClientMessage>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::ClientTranscript { session_id: session_id.clone(), messages })
    }

    fn put_audio_quality(
        &self,
        session_id: &SessionId,
        quality: AudioQuality,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::AudioQuality { session_id: session_id.clone(), quality })
    }

    fn create_invite(&self, invite: NewInvite) -> BoxFuture<'_, Result<(), StoreError>> {
        self.write_done(Write::CreateInvite(Box::new(invite)))
    }

    fn session_of_token(&self, token: TokenHash) -> BoxFuture<'_, Result<Option<SessionId>, StoreError>> {
        Box::pin(async move { read::session_of_token(&self.readers, &token).await })
    }

    fn find_invite(&self, code: TokenHash) -> BoxFuture<'_, Result<Option<Invite>, StoreError>> {
        Box::pin(async move { read::invite(&self.readers, &code).await })
    }

    fn use_invite(&self, code: TokenHash, session: NewSession) -> BoxFuture<'_, Result<InviteUse, StoreError>> {
        let written = self.write(Write::UseInvite { code, session: Box::new(session) });
        Box::pin(async move {
            match written.await? {
                Written::Invite(outcome) => Ok(outcome),
                Written::Done | Written::Sessions(_) => Err(StoreError::Damaged("invites")),
            }
        })
    }

    fn recover(&self, at: Timestamp) -> BoxFuture<'_, Result<Vec<SessionId>, StoreError>> {
        let written = self.write(Write::Recover { at });
        Box::pin(async move {
            match written.await? {
                Written::Sessions(sessions) => Ok(sessions),
                Written::Done | Written::Invite(_) => Err(StoreError::Damaged("sessions")),
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            sqlx::query("SELECT 1").execute(&self.readers).await.map_err(unavailable)?;
            self.writer.check()
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.writer.close().await;
            self.readers.close().await;
        })
    }
}

/// The database's own words go into the log, never to a client.
fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
