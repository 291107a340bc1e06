//! What is known of recordings.

use super::at;
use crate::{
    domain::{
        id::SessionId,
        recording::{ClockFit, Side},
    },
    store::{RecordingRecord, RecordingState, SqlStore, TrackRecord},
};

/// A recording is kept as it was given, replaced as a whole, and forgotten.
pub async fn check(store: &SqlStore) {
    let (first, second) = (SessionId::from_random([81; 16]), SessionId::from_random([82; 16]));
    assert_eq!(store.recording(&first).await, Ok(None));
    let track = |side| TrackRecord {
        side,
        bytes: 70_000,
        duration_ms: 12_340,
        sha256: "ab".repeat(32),
        blocks: vec!["cd".repeat(32), "ef".repeat(32)],
    };
    let mut kept = RecordingRecord {
        state: RecordingState::Partial,
        duration_ms: 12_340,
        tracks: vec![track(Side::User), track(Side::Assistant)],
        clock: ClockFit { offset_ms: -3.25, drift_ppm: Some(41.5) },
        dropped: 7,
        peaks: Some("peaks.json".to_owned()),
        updated_at: at(5),
    };
    assert_eq!(store.put_recording(&first, kept.clone()).await, Ok(()));
    assert_eq!(store.put_recording(&second, kept.clone()).await, Ok(()));
    assert_eq!(store.recording(&first).await, Ok(Some(kept.clone())));
    kept.state = RecordingState::Deleted;
    kept.tracks.clear();
    kept.clock.drift_ppm = None;
    kept.peaks = None;
    assert_eq!(store.put_recording(&first, kept.clone()).await, Ok(()));
    assert_eq!(store.recording(&first).await, Ok(Some(kept)));
    assert_eq!(store.delete_recording(&first).await, Ok(()));
    assert_eq!(store.recording(&first).await, Ok(None));
    assert!(store.recording(&second).await.expect("read").is_some(), "another session's stays");
}
