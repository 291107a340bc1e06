//! How the candidate's microphone arrived, sample by sample.

use super::{
    SqlStore, StoreError,
    sql::{
        column::{column, number},
        refused, unavailable,
    },
};
use crate::domain::{id::SessionId, quality::QualitySample};
use sqlx::{AnyConnection, any::AnyRow, query};

/// Parts of a million in one, microseconds in a millisecond: the portable numbers are whole.
const PPM: f64 = 1e6;
const US: f64 = 1e3;

/// Adds samples; one of a time that is there already changes nothing.
pub(in crate::store) async fn add(
    db: &mut AnyConnection,
    session_id: &SessionId,
    samples: &[QualitySample],
) -> Result<(), StoreError> {
    for sample in samples {
        query(
            "INSERT INTO quality_samples (session_id, at_ms, loss_ppm, jitter_us, rtt_us) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session_id, at_ms) DO NOTHING",
        )
        .bind(session_id.as_str())
        .bind(i64::try_from(sample.at_ms).unwrap_or(i64::MAX))
        .bind((sample.loss_ratio * PPM).round() as i64)
        .bind((sample.jitter_ms * US).round() as i64)
        .bind(sample.rtt_ms.map(|rtt_ms| (rtt_ms * US).round() as i64))
        .execute(&mut *db)
        .await
        .map_err(refused)?;
    }
    Ok(())
}

impl SqlStore {
    /// The samples of a session, by time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`]
    pub async fn quality_samples(&self, session_id: &SessionId) -> Result<Vec<QualitySample>, StoreError> {
        let select =
            "SELECT at_ms, loss_ppm, jitter_us, rtt_us FROM quality_samples WHERE session_id = $1 ORDER BY at_ms";
        let rows = query(select).bind(session_id.as_str()).fetch_all(self.readers()).await.map_err(unavailable)?;
        rows.iter().map(sample).collect()
    }
}

fn sample(row: &AnyRow) -> Result<QualitySample, StoreError> {
    Ok(QualitySample {
        at_ms: number(row, "at_ms")?,
        loss_ratio: column::<i64>(row, "loss_ppm")? as f64 / PPM,
        jitter_ms: column::<i64>(row, "jitter_us")? as f64 / US,
        rtt_ms: column::<Option<i64>>(row, "rtt_us")?.map(|rtt_us| rtt_us as f64 / US),
    })
}
