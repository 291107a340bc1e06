//! What is known of recordings. The audio is in files below `VIVA_DATA_DIR`; a row says what of it is good.

use super::{
    SqlStore, StoreError,
    log::{self, Key},
    sql::{
        column::{column, from_json, number, text, time, to_json},
        refused,
    },
};
use crate::domain::{
    id::SessionId,
    recording::{ClockFit, Side},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, query};

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingState {
    /// It goes on, or waits to be finished.
    Recording,
    /// Everything that was heard is there.
    Ready,
    /// What is there is good, but something is missing: the server was killed, or packets were dropped.
    Partial,
    /// It could not be written; what was written before may be there.
    Failed,
    /// It was there, and was deleted.
    Deleted,
}

impl RecordingState {
    const ALL: [Self; 5] = [Self::Recording, Self::Ready, Self::Partial, Self::Failed, Self::Deleted];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Ready => "ready",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Deleted => "deleted",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One side's file, as it was when the recording was finished. It is not written to after that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackRecord {
    #[serde(with = "side_name")]
    pub side: Side,
    pub bytes: u64,
    pub duration_ms: u64,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of each 64 KiB of it (the last may be shorter), in order, in the same digits.
    pub blocks: Vec<String>,
}

impl TrackRecord {
    /// Bytes of a block with a digest of its own.
    pub const BLOCK_BYTES: usize = 64 * 1024;
}

/// A recording as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRecord {
    pub state: RecordingState,
    /// Of the longer side, on the session's audio clock.
    pub duration_ms: u64,
    /// At most one for each side; none when nothing was written, or it was deleted.
    pub tracks: Vec<TrackRecord>,
    /// The candidate's clock against the server's.
    pub clock: ClockFit,
    /// Packets that did not reach the files.
    pub dropped: u64,
    /// Name of the file with the peaks, beside the tracks.
    pub peaks: Option<String>,
    pub updated_at: Timestamp,
}

/// A side by its name.
mod side_name {
    use super::Side;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(side: &Side, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(side.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Side, D::Error> {
        let name = String::deserialize(deserializer)?;
        Side::parse(&name).ok_or_else(|| D::Error::custom("no side of a recording"))
    }
}

/// The row of a recording goes into the log as it is now, with the digests of the files in it.
async fn seal_row(db: &mut AnyConnection, session_id: &SessionId, at: Timestamp) -> Result<(), StoreError> {
    log::seal(db, session_id, at, "recording", ("recordings", Key::Text(session_id.as_str())), &[]).await
}

/// The files are deleted, or will be at once: what stays is that there was a recording.
pub(in crate::store) async fn forget_audio(
    db: &mut AnyConnection,
    session_id: &SessionId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let update = "UPDATE recordings SET state = 'deleted', tracks = '[]', peaks = NULL, updated_at = $1 \
                  WHERE session_id = $2";
    let update = query(update).bind(at.as_millisecond()).bind(session_id.as_str());
    if update.execute(&mut *db).await.map_err(refused)?.rows_affected() > 0 {
        seal_row(db, session_id, at).await?;
    }
    Ok(())
}

impl SqlStore {
    /// What is known of a session's recording; `None`: nothing was finished or deleted yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn recording(&self, session_id: &SessionId) -> Result<Option<RecordingRecord>, StoreError> {
        let select = "SELECT state, duration_ms, tracks, clock, dropped, peaks, updated_at FROM recordings \
                      WHERE session_id = $1";
        let row = query(select).bind(session_id.as_str()).fetch_optional(self.readers()).await.map_err(refused)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RecordingRecord {
            state: RecordingState::parse(&text(&row, "state")?).ok_or(StoreError::Damaged("state"))?,
            duration_ms: number(&row, "duration_ms")?,
            tracks: from_json("tracks", &text(&row, "tracks")?)?,
            clock: from_json("clock", &text(&row, "clock")?)?,
            dropped: number(&row, "dropped")?,
            peaks: column(&row, "peaks")?,
            updated_at: time(&row, "updated_at")?,
        }))
    }

    /// Keeps what is known of a session's recording, in place of what was known before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn put_recording(&self, session_id: &SessionId, recording: RecordingRecord) -> Result<(), StoreError> {
        let session_id = session_id.clone();
        let updated_at = recording.updated_at;
        let (tracks, clock) = (to_json(&recording.tracks)?, to_json(&recording.clock)?);
        let figure = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
        self.write(move |db| {
            Box::pin(async move {
                query(
                    "INSERT INTO recordings \
                     (session_id, state, duration_ms, tracks, clock, dropped, peaks, updated_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id) DO UPDATE SET \
                     state = excluded.state, duration_ms = excluded.duration_ms, tracks = excluded.tracks, \
                     clock = excluded.clock, dropped = excluded.dropped, peaks = excluded.peaks, \
                     updated_at = excluded.updated_at",
                )
                .bind(session_id.as_str())
                .bind(recording.state.as_str())
                .bind(figure(recording.duration_ms))
                .bind(tracks)
                .bind(clock)
                .bind(figure(recording.dropped))
                .bind(recording.peaks)
                .bind(updated_at.as_millisecond())
                .execute(&mut *db)
                .await
                .map_err(refused)?;
                seal_row(db, &session_id, updated_at).await
            })
        })
        .await
    }

    /// Forgets what is known of a session's recording. The files are `recording::delete`'s, and go first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]
    pub async fn delete_recording(&self, session_id: &SessionId) -> Result<(), StoreError> {
        let session_id = session_id.clone();
        self.write(move |db| {
            Box::pin(async move {
                query("DELETE FROM recordings WHERE session_id = $1")
                    .bind(session_id.as_str())
                    .execute(&mut *db)
                    .await
                    .map_err(refused)?;
                seal_row(db, &session_id, Timestamp::now()).await
            })
        })
        .await
    }
}
