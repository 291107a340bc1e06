//! What sessions used: totals by session, day, model and kind. A total that is kept again changes nothing.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{number, text},
        refused, unavailable,
    },
};
use crate::domain::{
    auth::Owner,
    id::SessionId,
    usage::{Kind, Source, UsageTotal},
};
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::{AnyConnection, any::AnyRow, query};

/// The part of a session that its core counts.
pub const INTERVIEW: &str = "interview";

/// By what usage is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageGroup {
    Day,
    Interview,
    Model,
}

/// Which usage is asked for.
#[derive(Clone, Debug)]
pub struct UsageQuery {
    /// `None`: of all owners.
    pub owner: Option<Owner>,
    /// Days since 1970 (UTC), both included.
    pub days: (i64, i64),
    pub group: UsageGroup,
    /// Groups after this one, in the order of their keys.
    pub after: Option<String>,
    /// Groups.
    pub limit: u32,
}

/// The usage of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageOfGroup {
    /// The day as a number in five digits, the interview's id, or the model.
    pub key: String,
    pub sessions: u64,
    pub totals: Vec<UsageTotal>,
}

/// The day of a moment, in days since 1970 (UTC).
pub fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

/// Keeps a total. What was kept for earlier days is taken off, so that each day has its own share.
pub(in crate::store) async fn put(
    db: &mut AnyConnection,
    session_id: &SessionId,
    part: &str,
    at: Timestamp,
    total: &UsageTotal,
) -> Result<(), StoreError> {
    let day = day_of(at);
    let line = "session_id = $1 AND part = $2 AND source = $3 AND model = $4 AND kind = $5";
    let select = format!(
        "SELECT CAST(coalesce(sum(quantity), 0) AS BIGINT) AS quantity FROM session_usage WHERE {line} AND day < $6"
    );
    let bind = |sql| {
        let query = query(sql).bind(session_id.as_str()).bind(part).bind(total.source.as_str());
        query.bind(&total.model).bind(total.kind.as_str()).bind(day)
    };
    let row = bind(sqlx::AssertSqlSafe(select)).fetch_one(&mut *db).await.map_err(unavailable)?;
    let before: i64 = number(&row, "quantity")?;
    let quantity = i64::try_from(total.quantity).unwrap_or(i64::MAX).saturating_sub(before);
    if quantity <= 0 {
        return Ok(());
    }
    let update = format!(
        "UPDATE session_usage SET quantity = CASE WHEN quantity < $7 THEN $7 ELSE quantity END \
         WHERE {line} AND day = $6"
    );
    let updated = bind(sqlx::AssertSqlSafe(update)).bind(quantity).execute(&mut *db).await.map_err(unavailable)?;
    if updated.rows_affected() > 0 {
        return Ok(());
    }
    let (owner_kind, owner_subject, interview_id) = whose(db, session_id).await?;
    let insert = "INSERT INTO session_usage (session_id, part, source, model, kind, day, quantity, owner_kind, \
                  owner_subject, interview_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    bind(sqlx::AssertSqlSafe(insert.to_owned()))
        .bind(quantity)
        .bind(owner_kind)
        .bind(owner_subject)
        .bind(interview_id)
        .execute(db)
        .await
        .map_err(refused)?;
    Ok(())
}

/// (owner's kind, owner's subject, interview)
async fn whose(db: &mut AnyConnection, session_id: &SessionId) -> Result<(String, String, String), StoreError> {
    #[derive(Deserialize)]
    struct Id {
        id: String,
    }

    let row = query("SELECT owner_kind, owner_subject, interview FROM sessions WHERE session_id = $1")
        .bind(session_id.as_str())
        .fetch_optional(db)
        .await
        .map_err(unavailable)?
        .ok_or(StoreError::Unknown)?;
    let interview: Id =
        serde_json::from_str(&text(&row, "interview")?).map_err(|_| StoreError::Damaged("interview"))?;
    Ok((text(&row, "owner_kind")?, text(&row, "owner_subject")?, interview.id))
}

/// What a session used, all parts and days together.
pub(in crate::store) async fn of_session(
    db: &mut AnyConnection,
    session_id: &SessionId,
) -> Result<Vec<UsageTotal>, StoreError> {
    let select = "SELECT source, model, kind, CAST(sum(quantity) AS BIGINT) AS quantity FROM session_usage \
                  WHERE session_id = $1 GROUP BY source, model, kind ORDER BY source, model, kind";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    rows.iter().map(total).collect()
}

fn total(row: &AnyRow) -> Result<UsageTotal, StoreError> {
    let (source, kind) = (text(row, "source")?, text(row, "kind")?);
    let source = Source::ALL.into_iter().find(|known| known.as_str() == source);
    let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
    Ok(UsageTotal {
        source: source.ok_or(StoreError::Damaged("source"))?,
        model: text(row, "model")?,
        kind: kind.ok_or(StoreError::Damaged("kind"))?,
        quantity: number(row, "quantity")?,
    })
}

impl SqlStore {
    /// Keeps what a part of a session used so far: totals, which only grow. `part` names one run of one thing, such as
    /// `second_pass`.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when the session is gone; [`StoreError::Unavailable`].
    pub async fn put_usage(
        &self,
        session_id: &SessionId,
        part: &str,
        at: Timestamp,
        totals: Vec<UsageTotal>,
    ) -> Result<(), StoreError> {
        let (session_id, part) = (session_id.clone(), part.to_owned());
        self.write(move |db| {
            Box::pin(async move {
                for total in &totals {
                    put(db, &session_id, &part, at, total).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// What all sessions used on a day (days since 1970, UTC).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn usage_of_day(&self, day: i64) -> Result<Vec<UsageTotal>, StoreError> {
        let select = "SELECT source, model, kind, CAST(sum(quantity) AS BIGINT) AS quantity FROM session_usage \
                      WHERE day = $1 GROUP BY source, model, kind ORDER BY source, model, kind";
        let rows = query(select).bind(day).fetch_all(self.readers()).await.map_err(unavailable)?;
        rows.iter().map(total).collect()
    }

    /// Usage summed by day, interview or model, in the order of the keys.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn usage(&self, asked: &UsageQuery) -> Result<Vec<UsageOfGroup>, StoreError> {
        // Five digits until the year 2243, so that days are in the order of their texts.
        let key = match asked.group {
            UsageGroup::Day => "CAST(day AS TEXT)",
            UsageGroup::Interview => "interview_id",
            UsageGroup::Model => "model",
        };
        let mut filter = format!("day >= $1 AND day <= $2 AND {key} > $3");
        if asked.owner.is_some() {
            filter.push_str(" AND owner_kind = $4 AND owner_subject = $5");
        }
        let keys = format!(
            "SELECT {key} AS name, count(DISTINCT session_id) AS sessions FROM session_usage WHERE {filter} \
             GROUP BY {key} ORDER BY {key} LIMIT {}",
            asked.limit
        );
        let mut found: Vec<UsageOfGroup> = Vec::new();
        for row in self.usage_rows(asked, keys).await? {
            found.push(UsageOfGroup {
                key: text(&row, "name")?,
                sessions: number(&row, "sessions")?,
                totals: Vec::new(),
            });
        }
        let Some(last) = found.last().map(|group| group.key.clone()) else { return Ok(found) };
        let place = if asked.owner.is_some() { "$6" } else { "$4" };
        let sums = format!(
            "SELECT {key} AS name, source, model, kind, CAST(sum(quantity) AS BIGINT) AS quantity FROM session_usage \
             WHERE {filter} AND {key} <= {place} GROUP BY {key}, source, model, kind \
             ORDER BY {key}, source, model, kind"
        );
        let bound = self.usage_binds(asked, sums).bind(last);
        for row in bound.fetch_all(self.readers()).await.map_err(unavailable)? {
            let name = text(&row, "name")?;
            if let Some(group) = found.iter_mut().find(|group| group.key == name) {
                group.totals.push(total(&row)?);
            }
        }
        Ok(found)
    }

    async fn usage_rows(&self, asked: &UsageQuery, sql: String) -> Result<Vec<AnyRow>, StoreError> {
        self.usage_binds(asked, sql).fetch_all(self.readers()).await.map_err(unavailable)
    }

    fn usage_binds<'q>(
        &self,
        asked: &'q UsageQuery,
        sql: String,
    ) -> sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments> {
        let after = asked.after.as_deref().unwrap_or_default();
        let bound = query(sqlx::AssertSqlSafe(sql)).bind(asked.days.0).bind(asked.days.1).bind(after);
        match &asked.owner {
            Some(owner) => bound.bind(owner.kind()).bind(owner.subject()),
            None => bound,
        }
    }
}
