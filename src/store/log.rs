//! The log of a session, written in the transaction of what it records. What [`domain::log`](crate::domain::log) makes
//! of it is decided there; here are the tables.
//!
//! Whoever changes a row of a table in [`SEALED`] calls [`seal`] in the same step; what was written without it is a
//! difference that `viva verify` reports.

use super::{
    Location, SqlStore, StoreError,
    sql::{
        column::{column, number, text},
        refused, unavailable,
    },
};
use crate::{
    domain::{
        id::SessionId,
        interview::Interview,
        log::{Cell, Digest, Entry, Evidence, Head, Row, Salt, kind},
    },
    random,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::{
    AnyConnection, AnyPool, AssertSqlSafe, Column, Row as _, TypeInfo, ValueRef,
    any::{AnyRow, AnyTypeInfoKind},
    query,
};

/// A table whose rows the log vouches for.
pub(in crate::store) struct Sealed {
    pub table: &'static str,
    /// With the session, what tells a row from others.
    pub key: &'static str,
    /// Columns that are bookkeeping and no result.
    pub left_out: &'static [&'static str],
}

/// Every table that holds something of a session that results are made of.
pub(in crate::store) const SEALED: &[Sealed] = &[
    // `sequence` is the place of the session core's last step, for steps that are made again.
    Sealed { table: "sessions", key: "session_id", left_out: &["sequence"] },
    Sealed { table: "voice_sessions", key: "session_id", left_out: &[] },
    Sealed { table: "items", key: "item_id", left_out: &[] },
    Sealed { table: "questions", key: "number", left_out: &[] },
    Sealed { table: "consents", key: "version", left_out: &[] },
    Sealed { table: "session_events", key: "event_id", left_out: &[] },
    Sealed { table: "recordings", key: "session_id", left_out: &[] },
    Sealed { table: "second_passes", key: "item_id", left_out: &[] },
    Sealed { table: "proposals", key: "proposal_id", left_out: &[] },
    Sealed { table: "scorecards", key: "revision_id", left_out: &[] },
];

/// The key of a row.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Key<'k> {
    Text(&'k str),
    Number(i64),
}

/// Begins the log of a new session. [`StoreError::Exists`] if a session of that name was erased.
pub(in crate::store) async fn open(
    db: &mut AnyConnection,
    session_id: &SessionId,
    interview: &Interview,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO session_keeping (session_id, interview_id, audio_days, transcript_days, scores_days) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(session_id.as_str())
    .bind(&interview.id)
    .bind(interview.retention.audio_days.map(i64::from))
    .bind(interview.retention.transcript_days.map(i64::from))
    .bind(interview.retention.scores_days.map(i64::from))
    .execute(db)
    .await
    .map_err(refused)?;
    Ok(())
}

/// Where a session's log is, with its salt; `None` when it is erased and nothing follows.
async fn head(db: &mut AnyConnection, session_id: &SessionId) -> Result<Option<(Head, Salt)>, StoreError> {
    let select = "SELECT salt, entries, head, erased_at FROM session_keeping WHERE session_id = $1";
    let row = query(select).bind(session_id.as_str()).fetch_optional(&mut *db).await.map_err(unavailable)?;
    let Some(row) = row else {
        let insert = query("INSERT INTO session_keeping (session_id) VALUES ($1)");
        insert.bind(session_id.as_str()).execute(&mut *db).await.map_err(refused)?;
        return begin(db, session_id).await.map(Some);
    };
    if column::<Option<i64>>(&row, "erased_at")?.is_some() {
        return Ok(None);
    }
    match (stored_salt(&row)?, stored_head(&row)?) {
        (Some(salt), Some(head)) => Ok(Some((head, salt))),
        _ => begin(db, session_id).await.map(Some),
    }
}

/// Was this session erased? Nothing is kept of it any more then.
pub(in crate::store) async fn is_erased(db: &mut AnyConnection, session_id: &SessionId) -> Result<bool, StoreError> {
    let select = query("SELECT 1 FROM erasures WHERE session_id = $1").bind(session_id.as_str());
    Ok(select.fetch_optional(db).await.map_err(unavailable)?.is_some())
}

fn stored_salt(row: &AnyRow) -> Result<Option<Salt>, StoreError> {
    let bytes: Option<Vec<u8>> = column(row, "salt")?;
    bytes.map(|bytes| Salt::from_stored(&bytes).ok_or(StoreError::Damaged("salt"))).transpose()
}

fn stored_head(row: &AnyRow) -> Result<Option<Head>, StoreError> {
    let Some(bytes) = column::<Option<Vec<u8>>>(row, "head")? else { return Ok(None) };
    let hash = Digest::from_stored(&bytes).ok_or(StoreError::Damaged("head"))?;
    Ok(Some(Head { entries: number(row, "entries")?, hash }))
}

/// The first entry.
async fn begin(db: &mut AnyConnection, session_id: &SessionId) -> Result<(Head, Salt), StoreError> {
    let salt = Salt::from_random(random::bytes());
    query("UPDATE session_keeping SET salt = $1 WHERE session_id = $2")
        .bind(salt.as_bytes().to_vec())
        .bind(session_id.as_str())
        .execute(&mut *db)
        .await
        .map_err(unavailable)?;
    let data = json!({"salt": salt.commitment(), "version": 1});
    let head = put(db, session_id, Head::new(session_id.as_str()), Timestamp::now(), kind::OPENED, &data).await?;
    Ok((head, salt))
}

async fn put(
    db: &mut AnyConnection,
    session_id: &SessionId,
    head: Head,
    at: Timestamp,
    kind: &str,
    data: &Value,
) -> Result<Head, StoreError> {
    let (entry, head) = head.append(at.as_millisecond(), kind, data);
    let entries = i64::try_from(entry.seq).map_err(|_| StoreError::Damaged("entries"))?;
    query("INSERT INTO session_log (session_id, seq, at, kind, data, hash) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(session_id.as_str())
        .bind(entries)
        .bind(entry.at_ms)
        .bind(&entry.kind)
        .bind(&entry.data)
        .bind(entry.hash.0.to_vec())
        .execute(&mut *db)
        .await
        .map_err(refused)?;
    query("UPDATE session_keeping SET entries = $1, head = $2 WHERE session_id = $3")
        .bind(entries)
        .bind(head.hash.0.to_vec())
        .bind(session_id.as_str())
        .execute(db)
        .await
        .map_err(unavailable)?;
    Ok(head)
}

/// Adds an entry. `data` holds ids of ours, states and numbers, never anybody's words: those go through [`seal`].
/// Nothing is added to the log of an erased session.
pub(in crate::store) async fn append(
    db: &mut AnyConnection,
    session_id: &SessionId,
    at: Timestamp,
    kind: &str,
    data: &Value,
) -> Result<(), StoreError> {
    if let Some((head, _)) = head(db, session_id).await? {
        put(db, session_id, head, at, kind, data).await?;
    }
    Ok(())
}

/// Adds an entry that vouches for a row as it is now: for these columns, or with none named for all. A row that is gone
/// is vouched for as gone. `table` is one of [`SEALED`].
pub(in crate::store) async fn seal(
    db: &mut AnyConnection,
    session_id: &SessionId,
    at: Timestamp,
    kind: &str,
    (table, key): (&str, Key<'_>),
    columns: &[&str],
) -> Result<(), StoreError> {
    let sealed = SEALED.iter().find(|sealed| sealed.table == table).ok_or(StoreError::Damaged("unsealed table"))?;
    let Some((head, salt)) = head(db, session_id).await? else { return Ok(()) };
    let select = format!("SELECT * FROM {} WHERE session_id = $1 AND {} = $2", sealed.table, sealed.key);
    let select = query(AssertSqlSafe(select)).bind(session_id.as_str());
    let select = match key {
        Key::Text(key) => select.bind(key),
        Key::Number(key) => select.bind(key),
    };
    let found = select.fetch_optional(&mut *db).await.map_err(unavailable)?;
    let data = match found {
        Some(found) => salt.seal(&row(sealed, &found)?, columns),
        None => {
            let key = match key {
                Key::Text(key) => key.to_owned(),
                Key::Number(key) => key.to_string(),
            };
            json!({"table": table, "row": salt.row(table, &key)})
        }
    };
    put(db, session_id, head, at, kind, &data).await?;
    Ok(())
}

/// The end of a log as it is told to others, who hold it against what is shown to them later.
pub(in crate::store) async fn anchor(db: &mut AnyConnection, session_id: &SessionId) -> Result<Value, StoreError> {
    let found = head(db, session_id).await?;
    Ok(found.map_or(Value::Null, |(head, _)| json!({"entries": head.entries, "head": head.hash.to_string()})))
}

fn row(sealed: &Sealed, found: &AnyRow) -> Result<Row, StoreError> {
    let mut row = Row { table: sealed.table.to_owned(), key: String::new(), cells: Default::default() };
    for column in found.columns() {
        let (name, at) = (column.name(), column.ordinal());
        if sealed.left_out.contains(&name) {
            continue;
        }
        let cell = cell(found, at)?;
        if name == sealed.key {
            row.key = match &cell {
                Cell::Text(text) => text.clone(),
                Cell::Integer(number) => number.to_string(),
                Cell::Null | Cell::Real(_) | Cell::Blob(_) => return Err(StoreError::Damaged("key")),
            };
        }
        row.cells.insert(name.to_owned(), cell);
    }
    Ok(row)
}

/// Whatever is there: what was altered need not be of the type that was written.
fn cell(row: &AnyRow, at: usize) -> Result<Cell, StoreError> {
    let damaged = |_| StoreError::Damaged("column");
    let value = row.try_get_raw(at).map_err(damaged)?;
    if value.is_null() || value.type_info().is_null() {
        return Ok(Cell::Null);
    }
    Ok(match value.type_info().kind() {
        AnyTypeInfoKind::Text => Cell::Text(row.try_get(at).map_err(damaged)?),
        AnyTypeInfoKind::Blob => Cell::Blob(row.try_get(at).map_err(damaged)?),
        AnyTypeInfoKind::Real | AnyTypeInfoKind::Double => Cell::Real(row.try_get(at).map_err(damaged)?),
        _ => Cell::Integer(row.try_get(at).map_err(damaged)?),
    })
}

/// Everything that [`verify`](crate::domain::log::verify) looks at, as of one moment.
async fn evidence(pool: &AnyPool, session_id: &SessionId) -> Result<Option<Evidence>, StoreError> {
    let mut snapshot = pool.begin().await.map_err(unavailable)?;
    let select = "SELECT salt, entries, head FROM session_keeping WHERE session_id = $1";
    let kept = query(select).bind(session_id.as_str()).fetch_optional(&mut *snapshot).await.map_err(unavailable)?;
    let select = "SELECT seq, at, kind, data, hash FROM session_log WHERE session_id = $1 ORDER BY seq";
    let entries = query(select).bind(session_id.as_str()).fetch_all(&mut *snapshot).await.map_err(unavailable)?;
    let mut rows = Vec::new();
    for sealed in SEALED {
        let select = format!("SELECT * FROM {} WHERE session_id = $1 ORDER BY {}", sealed.table, sealed.key);
        let select = query(AssertSqlSafe(select)).bind(session_id.as_str());
        let found = select.fetch_all(&mut *snapshot).await.map_err(unavailable)?;
        for found in &found {
            rows.push(row(sealed, found)?);
        }
    }
    if kept.is_none() && entries.is_empty() && rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Evidence {
        session_id: session_id.to_string(),
        entries: entries.iter().map(entry).collect::<Result<_, _>>()?,
        head: kept.as_ref().map(stored_head).transpose()?.flatten(),
        salt: kept.as_ref().map(stored_salt).transpose()?.flatten(),
        rows,
    }))
}

fn entry(row: &AnyRow) -> Result<Entry, StoreError> {
    let hash: Vec<u8> = column(row, "hash")?;
    Ok(Entry {
        seq: number(row, "seq")?,
        at_ms: column(row, "at")?,
        kind: text(row, "kind")?,
        data: text(row, "data")?,
        // A hash of another length is altered, which is what the look at it is to find out.
        hash: Digest::from_stored(&hash).unwrap_or(Digest([0; 32])),
    })
}

/// Sessions after `after` that have a log, or should have one.
async fn logged_sessions(pool: &AnyPool, after: &str, limit: u32) -> Result<Vec<SessionId>, StoreError> {
    let select = "SELECT session_id FROM (SELECT session_id FROM session_keeping UNION SELECT session_id FROM sessions \
                  UNION SELECT session_id FROM session_log) known WHERE session_id > $1 ORDER BY session_id LIMIT $2";
    let select = query(select).bind(after).bind(i64::from(limit));
    let rows = select.fetch_all(pool).await.map_err(unavailable)?;
    rows.iter().map(|row| text(row, "session_id").map(SessionId::new)).collect()
}

impl SqlStore {
    /// What `viva verify` looks at; `None` for a session that never was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn evidence(&self, session_id: &SessionId) -> Result<Option<Evidence>, StoreError> {
        evidence(self.readers(), session_id).await
    }
}

/// A database that is only looked at, beside a server that may be using it.
#[derive(Debug)]
pub struct Witness {
    pool: AnyPool,
}

impl Witness {
    /// Opens a database that is there. Nothing is made, changed or moved.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let pool = super::sql::reading_pool(location)?;
        query("SELECT 1 FROM session_log LIMIT 1").fetch_optional(&pool).await.map_err(unavailable)?;
        Ok(Self { pool })
    }

    /// What there is of a session; `None` for one that never was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn evidence(&self, session_id: &SessionId) -> Result<Option<Evidence>, StoreError> {
        evidence(&self.pool, session_id).await
    }

    /// The next sessions after `after` (empty: from the first), by id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn sessions(&self, after: &str, limit: u32) -> Result<Vec<SessionId>, StoreError> {
        logged_sessions(&self.pool, after, limit).await
    }
}
