//! Quality samples: as they were noted, by time, each once.

use super::new_session;
use crate::{
    domain::{id::SessionId, quality::QualitySample},
    store::{SqlStore, Store, StoreError},
};

/// What is noted is there, in order.
pub async fn check(store: &SqlStore) {
    let session = new_session(63);
    let id = session.session_id.clone();
    store.create_session(session).await.expect("kept");
    assert_eq!(store.quality_samples(&id).await, Ok(Vec::new()));
    let sample = |at_ms: u64, loss_ratio: f64, rtt_ms: Option<f64>| QualitySample {
        at_ms,
        loss_ratio,
        jitter_ms: 2.125,
        rtt_ms,
    };
    let (first, second) = (sample(2_000, 0.0, None), sample(7_000, 0.25, Some(41.5)));
    store.add_quality_samples(&id, vec![second, first]).await.expect("kept");
    store.add_quality_samples(&id, vec![sample(7_000, 0.5, None)]).await.expect("no error");
    assert_eq!(store.quality_samples(&id).await, Ok(vec![first, second]));
    let unknown = store.add_quality_samples(&SessionId::new("ses_nobody"), vec![first]).await;
    assert_eq!(unknown, Err(StoreError::Unknown));
}
