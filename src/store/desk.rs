//! Interviews as their interviewers list them.

use super::{
    LIST_PAGE_MAX, ListPosition, SqlStore, StoreError,
    sql::{
        column::{column, flag, from_json, number, optional_time, text, time},
        read::{end_reason, status},
        unavailable,
    },
};
use crate::domain::{
    auth::Owner,
    id::SessionId,
    scorecard::record::Author,
    session::{EndReason, Status},
};
use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};
use sqlx::{AssertSqlSafe, any::AnyRow, query};

/// Which sessions. Those of the voice contract are no interviews and never among them.
#[derive(Clone, Debug, Default)]
pub struct DeskFilter {
    /// `None`: of all.
    pub owner: Option<Owner>,
    pub interview_id: Option<String>,
    /// Those that have ended, or those that have not; `None`: both.
    pub ended: Option<bool>,
}

/// A session in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskSession {
    pub session_id: SessionId,
    /// The interview that it is a copy of, which may be gone.
    pub interview_id: String,
    pub title: String,
    pub kind: String,
    pub user_id: Option<String>,
    /// The user name of whoever has an account here under that id.
    pub username: Option<String>,
    pub status: Status,
    pub end_reason: Option<EndReason>,
    /// The last question that was come to; 0 for none.
    pub question: u32,
    pub questions_total: usize,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// There is a recording of it that can be heard, or will be.
    pub is_recorded: bool,
    /// The author that was asked for has scored it.
    pub has_own_scorecard: bool,
    /// An evaluator has proposed scores.
    pub has_proposal: bool,
}

/// What a list tells of an interview.
#[derive(Deserialize)]
struct Outline {
    id: String,
    title: String,
    kind: String,
    #[serde(default)]
    recording: bool,
    questions: Vec<IgnoredAny>,
}

const SELECT: &str = "SELECT s.session_id, s.interview, s.user_id, u.username, s.status, s.end_reason, s.created_at, \
     s.started_at, s.ended_at, \
     (SELECT COALESCE(MAX(q.number), 0) FROM questions q WHERE q.session_id = s.session_id) AS question, \
     (SELECT r.state FROM recordings r WHERE r.session_id = s.session_id) AS recording, \
     (SELECT COUNT(*) FROM scorecards c WHERE c.session_id = s.session_id AND c.author_kind = $4 \
      AND c.author_id = $5 AND c.revision = 1) AS scored, \
     (SELECT COUNT(*) FROM proposals p WHERE p.session_id = s.session_id AND p.state = 'proposed') AS proposed \
     FROM sessions s LEFT JOIN users u ON u.user_id = s.user_id \
     WHERE (s.created_at, s.session_id) < ($1, $2) \
     AND NOT EXISTS (SELECT 1 FROM voice_sessions v WHERE v.session_id = s.session_id)";

/// The statement, and what follows its five parameters.
///
/// Only what is asked for stands in it: a condition that may be switched off by a parameter would keep the database
/// from using its indexes.
fn statement(filter: &DeskFilter) -> (String, Vec<&str>) {
    let (mut select, mut values) = (SELECT.to_owned(), Vec::new());
    if let Some(owner) = &filter.owner {
        select.push_str(" AND s.owner_kind = $6 AND s.owner_subject = $7");
        values.extend([owner.kind(), owner.subject()]);
    }
    if let Some(interview_id) = &filter.interview_id {
        values.push(interview_id);
        let number = 5 + values.len();
        select.push_str(&format!(
            " AND s.session_id IN (SELECT k.session_id FROM session_keeping k WHERE k.interview_id = ${number})"
        ));
    }
    match filter.ended {
        Some(true) => select.push_str(" AND s.status = 'ended'"),
        Some(false) => select.push_str(" AND s.status <> 'ended'"),
        None => {}
    }
    select.push_str(" ORDER BY s.created_at DESC, s.session_id DESC LIMIT $3");
    (select, values)
}

impl SqlStore {
    /// The statement of a list, for looking at its plan.
    pub(in crate::store) fn desk_statement(&self, filter: &DeskFilter) -> String {
        statement(filter).0
    }

    /// Interviews, newest first. `viewer`: whose scorecards count as one's own.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn desk_sessions(
        &self,
        filter: &DeskFilter,
        viewer: &Author,
        after: Option<&ListPosition>,
        limit: u32,
    ) -> Result<Vec<DeskSession>, StoreError> {
        let (select, values) = statement(filter);
        let mut select = query(AssertSqlSafe(select))
            .bind(after.map_or(i64::MAX, |after| after.created_at.as_millisecond()))
            .bind(after.map_or("", |after| after.id.as_str()))
            .bind(i64::from(limit.min(LIST_PAGE_MAX + 1)))
            .bind(viewer.kind.as_str())
            .bind(&viewer.id);
        for value in values {
            select = select.bind(value);
        }
        let rows = select.fetch_all(self.readers()).await.map_err(unavailable)?;
        rows.iter().map(session).collect()
    }
}

fn session(row: &AnyRow) -> Result<DeskSession, StoreError> {
    let outline: Outline = from_json("interview", &text(row, "interview")?)?;
    let (status, started_at) = (status(row)?, optional_time(row, "started_at")?);
    let is_recorded = match column::<Option<String>>(row, "recording")? {
        Some(state) => !["failed", "deleted"].contains(&state.as_str()),
        // Its row comes when it is finished.
        None => outline.recording && (status != Status::Ended || started_at.is_some()),
    };
    Ok(DeskSession {
        session_id: SessionId::new(text(row, "session_id")?),
        interview_id: outline.id,
        title: outline.title,
        kind: outline.kind,
        user_id: column(row, "user_id")?,
        username: column(row, "username")?,
        status,
        end_reason: end_reason(row)?,
        question: number(row, "question")?,
        questions_total: outline.questions.len(),
        created_at: time(row, "created_at")?,
        started_at,
        ended_at: optional_time(row, "ended_at")?,
        is_recorded,
        has_own_scorecard: flag(row, "scored")?,
        has_proposal: flag(row, "proposed")?,
    })
}
