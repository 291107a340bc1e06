//! Erasing a session: every row of it goes in one step, a receipt stays, and then the bytes go too.

use super::{
    SqlStore, StoreError,
    jobs::{self, NewJob},
    log,
    retention::{Hold, hold_of},
    session_events::{self, SessionEventKind},
    sql::{
        column::{column, from_json, number, text, time},
        refused, unavailable,
    },
};
use crate::domain::{
    auth::Owner,
    id::SessionId,
    log::{Digest, Head, kind},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, any::AnyRow, query};
use std::{collections::BTreeMap, time::Duration};

/// The job that makes sure that nothing of an erased session is left in files. Its key is the session.
pub const SCRUB_JOB: &str = "scrub";
/// When it looks.
const SCRUB_AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// Every table with something of a session, in the order of deletion: what refers to another comes first. The rows are
/// those with its `session_id`.
pub(in crate::store) const ERASED: &[&str] = &[
    "proposals",
    "scorecards",
    "second_passes",
    "quality_samples",
    "recordings",
    "webhook_deliveries",
    "items",
    "questions",
    "consents",
    "voice_sessions",
    "jobs",
    "session_events",
    "sessions",
];

/// Tables with a `session_id` that keep their rows, and why that leaves nothing of anybody.
pub(in crate::store) const KEPT: &[(&str, &str)] = &[
    ("session_log", "digests whose salt is gone"),
    ("session_keeping", "that it is erased, and the end of its log"),
    ("erasures", "the receipt"),
    ("session_usage", "numbers; whose they were is taken out"),
];

/// What is left of a session that was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub receipt_id: String,
    pub session_id: SessionId,
    pub erased_at: Timestamp,
    /// `platform`, `owner` or `local`.
    pub erased_by: String,
    /// Rows that were deleted by table, and files and their bytes.
    pub counts: BTreeMap<String, u64>,
    /// The end of its log.
    pub log: Head,
    owner_digest: Digest,
}

impl Receipt {
    /// Was this the session's owner? Who it was is not kept.
    pub fn belongs_to(&self, owner: &Owner) -> bool {
        self.owner_digest == owner_digest(&self.session_id, owner)
    }
}

/// An erasure that is asked for.
#[derive(Clone, Debug)]
pub struct NewErasure {
    pub receipt_id: String,
    pub at: Timestamp,
    /// `platform`, `owner` or `local`.
    pub by: &'static str,
    /// Files that were deleted for it, and their bytes.
    pub files: u64,
    pub file_bytes: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Erased {
    /// It is gone.
    Done(Receipt),
    /// It was gone before.
    Already(Receipt),
    Held(Hold),
    /// There never was such a session.
    Unknown,
}

/// Tries to move the log of writes into the database file while others read.
const CHECKPOINT_TRIES: u32 = 10;
const CHECKPOINT_WAIT: Duration = Duration::from_millis(200);

fn owner_digest(session_id: &SessionId, owner: &Owner) -> Digest {
    Digest::of(format!("receipt\n{session_id}\n{}\n{}", owner.kind(), owner.subject()).as_bytes())
}

impl SqlStore {
    /// Deletes every row of a session and leaves a receipt, in one step. Files go before, the bytes in the database
    /// file with [`Self::scrub`] after it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn erase_session(&self, session_id: &SessionId, erasure: NewErasure) -> Result<Erased, StoreError> {
        let id = session_id.clone();
        let erased = self.write(move |db| Box::pin(async move { erase(db, &id, &erasure).await })).await?;
        self.jobs_wake().notify_one();
        Ok(erased)
    }

    /// The receipt of a session that was erased.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn receipt(&self, session_id: &SessionId) -> Result<Option<Receipt>, StoreError> {
        let select = "SELECT * FROM erasures WHERE session_id = $1";
        let row = query(select).bind(session_id.as_str()).fetch_optional(self.readers()).await.map_err(unavailable)?;
        row.as_ref().map(receipt).transpose()
    }

    /// Makes deleted rows unreadable in the files. SQLite: deleted content was overwritten as it was deleted; what
    /// waits in the write-ahead log is moved and the log cut to nothing. Postgres: `VACUUM` of the tables, which frees
    /// their space for new rows; what its own write-ahead log and backups keep is their owner's to end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], also when somebody reads all the time: the same call may be made again.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        if self.kind() == "postgres" {
            return self.vacuum(ERASED).await;
        }
        for _ in 0..CHECKPOINT_TRIES {
            let row = query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(self.readers()).await.map_err(unavailable)?;
            if sqlx::Row::try_get::<i64, _>(&row, 0).map_err(unavailable)? == 0 {
                return Ok(());
            }
            tokio::time::sleep(CHECKPOINT_WAIT).await;
        }
        Err(StoreError::Unavailable("somebody else reads the database all the time".to_owned()))
    }

    /// Tables with a `session_id` that neither erasure nor this file's list of exceptions names: there must be none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn forgotten_tables(&self) -> Result<Vec<String>, StoreError> {
        let select = match self.kind() {
            "postgres" => {
                "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.columns \
                 WHERE column_name = 'session_id' AND table_schema = current_schema()"
            }
            _ => {
                "SELECT m.name AS name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
                 WHERE m.type = 'table' AND c.name = 'session_id'"
            }
        };
        let rows = query(select).fetch_all(self.readers()).await.map_err(unavailable)?;
        let names = rows.iter().map(|row| text(row, "name")).collect::<Result<Vec<_>, _>>()?;
        let known = |name: &str| ERASED.contains(&name) || KEPT.iter().any(|(kept, _)| *kept == name);
        Ok(names.into_iter().filter(|name| !known(name)).collect())
    }
}

async fn erase(db: &mut AnyConnection, session_id: &SessionId, erasure: &NewErasure) -> Result<Erased, StoreError> {
    let select = query("SELECT * FROM erasures WHERE session_id = $1").bind(session_id.as_str());
    if let Some(row) = select.fetch_optional(&mut *db).await.map_err(unavailable)? {
        return Ok(Erased::Already(receipt(&row)?));
    }
    let select = query("SELECT owner_kind, owner_subject FROM sessions WHERE session_id = $1");
    let row = select.bind(session_id.as_str()).fetch_optional(&mut *db).await.map_err(unavailable)?;
    let Some(row) = row else { return Ok(Erased::Unknown) };
    let owner = super::interviews::owner(&row)?;
    if let Some(hold) = hold_of(db, session_id).await? {
        return Ok(Erased::Held(hold));
    }
    let mut counts = BTreeMap::new();
    for table in ERASED {
        let delete = format!("DELETE FROM {table} WHERE session_id = $1");
        let deleted = query(AssertSqlSafe(delete)).bind(session_id.as_str()).execute(&mut *db).await;
        let rows = deleted.map_err(unavailable)?.rows_affected();
        if rows > 0 {
            counts.insert((*table).to_owned(), rows);
        }
    }
    query("UPDATE session_usage SET owner_subject = '' WHERE session_id = $1")
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    counts.insert("files".to_owned(), erasure.files);
    counts.insert("file_bytes".to_owned(), erasure.file_bytes);
    let data = json!({"receipt_id": erasure.receipt_id});
    session_events::record(db, session_id, SessionEventKind::Erased, 0, erasure.at, &data).await?;
    // Now, because nothing remembers afterwards whose session it was.
    super::webhooks::erase_webhooks(db, session_id, &owner, erasure.at).await?;
    let data = json!({"receipt_id": erasure.receipt_id, "counts": counts});
    log::append(db, session_id, erasure.at, kind::ERASED, &data).await?;
    // Whoever was still writing has stopped by then; what was written meanwhile goes too.
    let scrub = NewJob {
        kind: SCRUB_JOB,
        key: session_id.to_string(),
        session_id: None,
        payload: json!({}),
        run_at: erasure.at + SCRUB_AGAIN,
    };
    jobs::enqueue(db, &scrub, erasure.at).await?;
    keep_receipt(db, session_id, erasure, &owner, counts).await.map(Erased::Done)
}

/// The salt goes, so that no digest of the log can be tried against words any more.
async fn keep_receipt(
    db: &mut AnyConnection,
    session_id: &SessionId,
    erasure: &NewErasure,
    owner: &Owner,
    counts: BTreeMap<String, u64>,
) -> Result<Receipt, StoreError> {
    let row = query(
        "UPDATE session_keeping SET salt = NULL, interview_id = NULL, erased_at = $1 WHERE session_id = $2 \
         RETURNING entries, head",
    )
    .bind(erasure.at.as_millisecond())
    .bind(session_id.as_str())
    .fetch_one(&mut *db)
    .await
    .map_err(unavailable)?;
    let receipt = Receipt {
        receipt_id: erasure.receipt_id.clone(),
        session_id: session_id.clone(),
        erased_at: erasure.at,
        erased_by: erasure.by.to_owned(),
        counts,
        log: head(&row, "entries", "head")?,
        owner_digest: owner_digest(session_id, owner),
    };
    query(
        "INSERT INTO erasures (session_id, receipt_id, erased_at, erased_by, owner_digest, counts, log_entries, \
         log_head) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(session_id.as_str())
    .bind(&receipt.receipt_id)
    .bind(erasure.at.as_millisecond())
    .bind(erasure.by)
    .bind(receipt.owner_digest.0.to_vec())
    .bind(super::sql::column::to_json(&receipt.counts)?)
    .bind(i64::try_from(receipt.log.entries).map_err(|_| StoreError::Damaged("entries"))?)
    .bind(receipt.log.hash.0.to_vec())
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(receipt)
}

fn head(row: &AnyRow, entries: &'static str, hash: &'static str) -> Result<Head, StoreError> {
    let bytes: Vec<u8> = column(row, hash)?;
    let hash = Digest::from_stored(&bytes).ok_or(StoreError::Damaged(hash))?;
    Ok(Head { entries: number(row, entries)?, hash })
}

fn receipt(row: &AnyRow) -> Result<Receipt, StoreError> {
    let owner: Vec<u8> = column(row, "owner_digest")?;
    Ok(Receipt {
        receipt_id: text(row, "receipt_id")?,
        session_id: SessionId::new(text(row, "session_id")?),
        erased_at: time(row, "erased_at")?,
        erased_by: text(row, "erased_by")?,
        counts: from_json("counts", &text(row, "counts")?)?,
        log: head(row, "log_entries", "log_head")?,
        owner_digest: Digest::from_stored(&owner).ok_or(StoreError::Damaged("owner_digest"))?,
    })
}
