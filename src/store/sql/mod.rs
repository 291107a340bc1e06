//! SQL: one implementation over `sqlx::Any` for SQLite (one file) and Postgres.
//!
//! All writes go through one task ([`writer`]), which puts what waits into one transaction, so that many sessions share
//! one sync. Statements are portable; placeholders are `$1`, `$2`; a truth value is 0 or 1; times are milliseconds
//! since 1970. What the two databases need each of their own is in [`connect`]. Start with [`SqlStore::open`].

pub(super) mod column;
mod connect;
pub(super) mod read;
pub(super) mod write;
mod writer;

use super::{
    AudioQuality, ClientMessage, Consent, Invite, InviteUse, Location, NewInvite, NewSession, Page, SessionRecord,
    SessionSummary, Store, StoreError, quality,
};
use crate::domain::{
    auth::{Owner, TokenHash},
    id::SessionId,
    quality::QualitySample,
    session::Change,
};
use connect::Connector;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, any::AnyPoolOptions};
use std::time::Duration;
use tokio::sync::Notify;
use writer::Writer;

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How long a reader waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A store in a SQL database.
#[derive(Debug)]
pub struct SqlStore {
    writer: Writer,
    readers: AnyPool,
    kind: &'static str,
    connector: Connector,
    /// Jobs may have become due.
    jobs_wake: Notify,
}

impl SqlStore {
    /// Opens the database (SQLite: makes the file if it is not there) and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], with the database's own words for the log.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let connector = Connector::new(location)?;
        let connection = connector.prepare().await?;
        let readers = AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect({
                let kind = connector.kind();
                move |connection, _| Box::pin(connect::make_reader(kind, connection))
            })
            .connect_lazy_with(connector.options());
        let kind = connector.kind().name();
        let writer = Writer::start(connector.clone(), connection);
        Ok(Self { writer, readers, kind, connector, jobs_wake: Notify::new() })
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Woken when jobs may have become due.
    pub fn jobs_wake(&self) -> &Notify {
        &self.jobs_wake
    }

    /// Connections for statements that only read.
    pub(in crate::store) fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// `VACUUM` of these tables, which no transaction may do.
    pub(in crate::store) async fn vacuum(&self, tables: &[&'static str]) -> Result<(), StoreError> {
        let mut connection = self.connector.connect().await?;
        let statement = format!("VACUUM {}", tables.join(", "));
        connection.execute("SET statement_timeout = '10min'").await.map_err(unavailable)?;
        connection.execute(AssertSqlSafe(statement)).await.map_err(unavailable)?;
        connection.close().await.map_err(unavailable)
    }

    /// Runs one step and returns once it is durable. A step that fails is undone alone; others that share its
    /// transaction are not touched.
    pub(in crate::store) async fn write<T, F>(&self, step: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.write(step).await
    }
}

impl Store for SqlStore {
    fn create_session(&self, session: NewSession) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write(move |db| Box::pin(async move { write::create_session(db, &session).await })))
    }

    fn apply(
        &self,
        session_id: &SessionId,
        sequence: u64,
        at: Timestamp,
        changes: Vec<Change>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let id = session_id.clone();
        let moves = changes.iter().any(|change| matches!(change, Change::Status { .. } | Change::Started));
        Box::pin(async move {
            self.write(move |db| Box::pin(async move { write::apply(db, &id, sequence, at, &changes).await })).await?;
            if moves {
                self.jobs_wake.notify_one();
            }
            Ok(())
        })
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
        let id = session_id.clone();
        Box::pin(self.write(move |db| Box::pin(async move { write::record_consent(db, &id, &consent).await })))
    }

    fn put_client_transcript(
        &self,
        session_id: &SessionId,
        messages: Vec<ClientMessage>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let id = session_id.clone();
        Box::pin(self.write(move |db| Box::pin(async move { write::client_transcript(db, &id, &messages).await })))
    }

    fn put_audio_quality(
        &self,
        session_id: &SessionId,
        quality: AudioQuality,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let id = session_id.clone();
        Box::pin(self.write(move |db| Box::pin(async move { write::audio_quality(db, &id, &quality).await })))
    }

    fn add_quality_samples(
        &self,
        session_id: &SessionId,
        samples: Vec<QualitySample>,
    ) -> BoxFuture<'_, Result<(), StoreError>> {
        let id = session_id.clone();
        Box::pin(self.write(move |db| Box::pin(async move { quality::add(db, &id, &samples).await })))
    }

    fn create_invite(&self, invite: NewInvite) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write(move |db| Box::pin(async move { write::create_invite(db, &invite).await })))
    }

    fn session_of_token(&self, token: TokenHash) -> BoxFuture<'_, Result<Option<SessionId>, StoreError>> {
        Box::pin(async move { read::session_of_token(&self.readers, &token).await })
    }

    fn find_invite(&self, code: TokenHash) -> BoxFuture<'_, Result<Option<Invite>, StoreError>> {
        Box::pin(async move { read::invite(&self.readers, &code).await })
    }

    fn use_invite(&self, code: TokenHash, session: NewSession) -> BoxFuture<'_, Result<InviteUse, StoreError>> {
        Box::pin(self.write(move |db| Box::pin(async move { write::use_invite(db, &code, &session).await })))
    }

    fn recover(&self, at: Timestamp) -> BoxFuture<'_, Result<Vec<SessionId>, StoreError>> {
        Box::pin(self.write(move |db| Box::pin(write::recover(db, at))))
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

/// Connections to a database that is there, which only read.
pub(in crate::store) fn reading_pool(location: &Location) -> Result<AnyPool, StoreError> {
    let connector = Connector::existing(location)?;
    let kind = connector.kind();
    Ok(AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| Box::pin(connect::make_reader(kind, connection)))
        .connect_lazy_with(connector.options()))
}

/// The database's own words go into the log, never to a client.
pub(in crate::store) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

/// A taken id and a missing session are the caller's affair; anything else is the database's.
pub(in crate::store) fn refused(error: sqlx::Error) -> StoreError {
    match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
        Some(sqlx::error::ErrorKind::UniqueViolation) => StoreError::Exists,
        Some(sqlx::error::ErrorKind::ForeignKeyViolation) => StoreError::Unknown,
        _ => unavailable(error),
    }
}
