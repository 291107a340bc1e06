//! Interviews that people wrote, and the invites to them.

use super::{
    Invite, SqlStore, StoreError,
    sql::{
        column::{from_json, number, text, time, to_json},
        refused, unavailable,
    },
};
use crate::domain::{auth::Owner, interview::Interview};
use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow, query};

/// An interview as it is kept; its id is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct InterviewRecord {
    pub owner: Owner,
    pub interview: Interview,
    /// From 1, grows with each change.
    pub version: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What came of changing something that others may change too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It has this version now.
    Done { version: u64 },
    /// There is no such thing of this owner.
    Unknown,
    /// It has this version, and not the one that the change was made for.
    OtherVersion { version: u64 },
}

/// Where a page of a list begins: after the entry with this time and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPosition {
    pub created_at: Timestamp,
    pub id: String,
}

/// An invite in a list.
#[derive(Clone, Debug)]
pub struct InviteRecord {
    pub invite: Invite,
    pub created_at: Timestamp,
}

/// Entries of one page at most.
pub const LIST_PAGE_MAX: u32 = 200;

impl SqlStore {
    /// Keeps a new interview. [`StoreError::Exists`] if the id is taken.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn create_interview(&self, record: InterviewRecord) -> Result<(), StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                query(
                    "INSERT INTO interviews (interview_id, owner_kind, owner_subject, interview, version, created_at, \
                     updated_at) VALUES ($1, $2, $3, $4, 1, $5, $5)",
                )
                .bind(&record.interview.id)
                .bind(record.owner.kind())
                .bind(record.owner.subject())
                .bind(to_json(&record.interview)?)
                .bind(record.created_at.as_millisecond())
                .execute(db)
                .await
                .map_err(refused)?;
                Ok(())
            })
        })
        .await
    }

    /// The interview with this id, whoever owns it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn find_interview(&self, interview_id: &str) -> Result<Option<InterviewRecord>, StoreError> {
        let row = query("SELECT * FROM interviews WHERE interview_id = $1")
            .bind(interview_id)
            .fetch_optional(self.readers())
            .await
            .map_err(unavailable)?;
        row.as_ref().map(interview_record).transpose()
    }

    /// Interviews of an owner (`None`: of all), newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list_interviews(
        &self,
        owner: Option<&Owner>,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<InterviewRecord>, StoreError> {
        let rows = query(
            "SELECT * FROM interviews WHERE ($1 IS NULL OR (owner_kind = $1 AND owner_subject = $2)) \
             AND ($3 IS NULL OR created_at < $3 OR (created_at = $3 AND interview_id < $4)) \
             ORDER BY created_at DESC, interview_id DESC LIMIT $5",
        )
        .bind(owner.map(Owner::kind))
        .bind(owner.map(Owner::subject))
        .bind(after.map(|position| position.created_at.as_millisecond()))
        .bind(after.map(|position| position.id.as_str()))
        .bind(i64::from(limit.min(LIST_PAGE_MAX + 1)))
        .fetch_all(self.readers())
        .await
        .map_err(unavailable)?;
        rows.iter().map(interview_record).collect()
    }

    /// Replaces an interview; `expected`: only if it still has this version.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn replace_interview(
        &self,
        interview: Interview,
        expected: Option<u64>,
        at: Timestamp,
    ) -> Result<Changed, StoreError> {
        self.write(move |db| {
            Box::pin(async move {
                let version = match version_of(db, &interview.id, expected).await? {
                    Ok(version) => version + 1,
                    Err(other) => return Ok(other),
                };
                let update = "UPDATE interviews SET interview = $1, version = $2, updated_at = $3 \
                    WHERE interview_id = $4";
                query(update)
                    .bind(to_json(&interview)?)
                    .bind(i64::try_from(version).unwrap_or(i64::MAX))
                    .bind(at.as_millisecond())
                    .bind(&interview.id)
                    .execute(db)
                    .await
                    .map_err(unavailable)?;
                Ok(Changed::Done { version })
            })
        })
        .await
    }

    /// Deletes an interview and closes its invites. Sessions keep their copy of it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn delete_interview(
        &self,
        interview_id: &str,
        expected: Option<u64>,
        at: Timestamp,
    ) -> Result<Changed, StoreError> {
        let id = interview_id.to_owned();
        self.write(move |db| {
            Box::pin(async move {
                let version = match version_of(db, &id, expected).await? {
                    Ok(version) => version,
                    Err(other) => return Ok(other),
                };
                query("UPDATE invites SET closes_at = $1 WHERE interview_id = $2 AND closes_at > $1")
                    .bind(at.as_millisecond())
                    .bind(&id)
                    .execute(&mut *db)
                    .await
                    .map_err(unavailable)?;
                let delete = query("DELETE FROM interviews WHERE interview_id = $1").bind(&id);
                delete.execute(db).await.map_err(unavailable)?;
                Ok(Changed::Done { version })
            })
        })
        .await
    }

    /// Invites to an interview, newest first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list_invites(
        &self,
        interview_id: &str,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<InviteRecord>, StoreError> {
        let rows = query(
            "SELECT * FROM invites WHERE interview_id = $1 \
             AND ($2 IS NULL OR created_at < $2 OR (created_at = $2 AND invite_id < $3)) \
             ORDER BY created_at DESC, invite_id DESC LIMIT $4",
        )
        .bind(interview_id)
        .bind(after.map(|position| position.created_at.as_millisecond()))
        .bind(after.map(|position| position.id.as_str()))
        .bind(i64::from(limit.min(LIST_PAGE_MAX + 1)))
        .fetch_all(self.readers())
        .await
        .map_err(unavailable)?;
        let record = |row: &AnyRow| Ok(InviteRecord { invite: invite(row)?, created_at: time(row, "created_at")? });
        rows.iter().map(record).collect()
    }

    /// Closes an invite now; says whether there is one. Closed again is no error.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn close_invite(&self, interview_id: &str, invite_id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let (interview_id, invite_id) = (interview_id.to_owned(), invite_id.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                let update = "UPDATE invites SET closes_at = CASE WHEN closes_at > $1 THEN $1 ELSE closes_at END \
                    WHERE interview_id = $2 AND invite_id = $3";
                let done = query(update).bind(at.as_millisecond()).bind(&interview_id).bind(&invite_id);
                Ok(done.execute(db).await.map_err(unavailable)?.rows_affected() > 0)
            })
        })
        .await
    }
}

/// The version that an interview has, or why it may not be changed.
async fn version_of(
    db: &mut AnyConnection,
    interview_id: &str,
    expected: Option<u64>,
) -> Result<Result<u64, Changed>, StoreError> {
    let select = query("SELECT version FROM interviews WHERE interview_id = $1").bind(interview_id);
    let Some(row) = select.fetch_optional(db).await.map_err(unavailable)? else { return Ok(Err(Changed::Unknown)) };
    let version = number(&row, "version")?;
    Ok(if expected.is_none_or(|expected| expected == version) {
        Ok(version)
    } else {
        Err(Changed::OtherVersion { version })
    })
}

fn interview_record(row: &AnyRow) -> Result<InterviewRecord, StoreError> {
    Ok(InterviewRecord {
        owner: owner(row)?,
        interview: from_json("interview", &text(row, "interview")?)?,
        version: number(row, "version")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// An invite from its row.
pub(super) fn invite(row: &AnyRow) -> Result<Invite, StoreError> {
    Ok(Invite {
        invite_id: text(row, "invite_id")?,
        owner: owner(row)?,
        interview: from_json("interview", &text(row, "interview")?)?,
        attempts_limit: number(row, "attempts_limit")?,
        attempts_used: number(row, "attempts_used")?,
        opens_at: time(row, "opens_at")?,
        closes_at: time(row, "closes_at")?,
    })
}

/// The owner of what a row holds.
pub(super) fn owner(row: &AnyRow) -> Result<Owner, StoreError> {
    let subject = text(row, "owner_subject")?;
    Owner::from_stored(&text(row, "owner_kind")?, &subject).ok_or(StoreError::Damaged("owner_kind"))
}
