//! Answers that were heard once more, beside the live words.

use super::{
    SqlStore, StoreError,
    log::{self, Key},
    sql::{
        column::{number, text, time},
        refused, unavailable,
    },
};
use crate::domain::{
    id::{ItemId, SessionId},
    second_pass::Version,
};
use jiff::Timestamp;
use sqlx::{AnyConnection, any::AnyRow, query};

/// An answer that was heard once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondPass {
    pub item_id: ItemId,
    pub content: String,
    pub engine: String,
    pub model: String,
    /// Audio that was listened to.
    pub heard_ms: u64,
    /// The version that is shown.
    pub shown: Version,
    pub at: Timestamp,
}

/// Those of a session.
pub(in crate::store) async fn of_session(
    db: &mut AnyConnection,
    session_id: &SessionId,
) -> Result<Vec<SecondPass>, StoreError> {
    let select = "SELECT item_id, content, engine, model, heard_ms, shown, at FROM second_passes \
                  WHERE session_id = $1 ORDER BY item_id";
    let rows = query(select).bind(session_id.as_str()).fetch_all(db).await.map_err(unavailable)?;
    rows.iter().map(second_pass).collect()
}

fn second_pass(row: &AnyRow) -> Result<SecondPass, StoreError> {
    let shown = text(row, "shown")?;
    let shown = Version::ALL.into_iter().find(|version| version.as_str() == shown);
    Ok(SecondPass {
        item_id: ItemId::new(text(row, "item_id")?),
        content: text(row, "content")?,
        engine: text(row, "engine")?,
        model: text(row, "model")?,
        heard_ms: number(row, "heard_ms")?,
        shown: shown.ok_or(StoreError::Damaged("shown"))?,
        at: time(row, "at")?,
    })
}

impl SqlStore {
    /// Keeps an answer that was heard once more; what is kept of it already stays, so that what was scored is what is
    /// shown.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when the session is gone; [`StoreError::Unavailable`].
    pub async fn put_second_pass(&self, session_id: &SessionId, pass: SecondPass) -> Result<(), StoreError> {
        let session_id = session_id.clone();
        self.write(move |db| {
            Box::pin(async move {
                let kept = query(
                    "INSERT INTO second_passes (session_id, item_id, content, engine, model, heard_ms, shown, at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id, item_id) DO NOTHING",
                )
                .bind(session_id.as_str())
                .bind(pass.item_id.as_str())
                .bind(&pass.content)
                .bind(&pass.engine)
                .bind(&pass.model)
                .bind(i64::try_from(pass.heard_ms).unwrap_or(i64::MAX))
                .bind(pass.shown.as_str())
                .bind(pass.at.as_millisecond())
                .execute(&mut *db)
                .await
                .map_err(refused)?;
                if kept.rows_affected() > 0 {
                    let row = ("second_passes", Key::Text(pass.item_id.as_str()));
                    log::seal(db, &session_id, pass.at, "second_pass", row, &[]).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
