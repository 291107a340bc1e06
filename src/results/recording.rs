//! A recording as it is served, in the results and by itself.

use crate::{
    domain::{recording::Side, session::Status},
    store::{RecordingRecord, RecordingState, SessionRecord, TrackRecord},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The recording of an interview. Both tracks, the peaks and the export begin at 0 of the transcript's clock.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RecordingView {
    pub session_id: String,
    /// `recording` until it is finished; `partial`: what is there is good, but something is missing; `failed`: it could
    /// not be written, and what was written before is there.
    #[schema(value_type = RecordingStateName)]
    pub state: &'static str,
    /// Of the longer side.
    #[schema(required)]
    pub duration_ms: Option<u64>,
    /// None until it is finished.
    pub tracks: Vec<TrackView>,
    #[schema(required)]
    pub clock: Option<ClockView>,
    /// Packets that did not reach the files.
    #[schema(required)]
    pub dropped_packets: Option<u64>,
    /// Path of the peaks, to draw the wave from.
    #[schema(required)]
    pub peaks_url: Option<String>,
    /// Path of the stereo export: the candidate left, the interviewer right, the clocks' drift corrected.
    #[schema(required)]
    pub wav_url: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub finished_at: Option<Timestamp>,
}

/// Names of the states.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the description only")]
enum RecordingStateName {
    Recording,
    Ready,
    Partial,
    Failed,
    Deleted,
}

/// One side: a mono file of Ogg Opus.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TrackView {
    /// `user` or `assistant`.
    #[schema(value_type = crate::domain::transcript::Role)]
    pub side: &'static str,
    /// Path of the file.
    pub url: String,
    /// Always `audio/ogg`.
    pub content_type: &'static str,
    pub bytes: u64,
    pub duration_ms: u64,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// The candidate's clock against the server's. The tracks are as they came; the export has this corrected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClockView {
    /// Milliseconds by which the beginning of the candidate's track belongs later.
    pub offset_ms: f64,
    /// Millionths by which the candidate's clock runs slow; null: there was too little to tell.
    #[schema(required)]
    pub drift_ppm: Option<f64>,
}

impl RecordingView {
    /// Of a session; `None`: nothing of it is or was recorded. `kept`: what is known of its recording.
    pub fn of(session: &SessionRecord, kept: Option<RecordingRecord>) -> Option<Self> {
        let path = |name: &str| format!("/api/interview/{}/recording/{name}", session.session_id);
        let Some(kept) = kept else {
            let goes_on = session.status != Status::Ended || session.started_at.is_some();
            return (session.interview.recording && goes_on).then(|| Self {
                session_id: session.session_id.to_string(),
                state: RecordingState::Recording.as_str(),
                duration_ms: None,
                tracks: Vec::new(),
                clock: None,
                dropped_packets: None,
                peaks_url: None,
                wav_url: None,
                finished_at: None,
            });
        };
        let has_audio = kept.tracks.iter().any(|track| track.duration_ms > 0);
        let track = |track: &TrackRecord| TrackView {
            side: track.side.as_str(),
            url: path(match track.side {
                Side::User => "user.ogg",
                Side::Assistant => "assistant.ogg",
            }),
            content_type: "audio/ogg",
            bytes: track.bytes,
            duration_ms: track.duration_ms,
            sha256: track.sha256.clone(),
        };
        Some(Self {
            session_id: session.session_id.to_string(),
            state: kept.state.as_str(),
            duration_ms: Some(kept.duration_ms),
            tracks: kept.tracks.iter().map(track).collect(),
            clock: Some(ClockView { offset_ms: kept.clock.offset_ms, drift_ppm: kept.clock.drift_ppm }),
            dropped_packets: Some(kept.dropped),
            peaks_url: kept.peaks.as_deref().map(path),
            wav_url: has_audio.then(|| path("stereo.wav")),
            finished_at: Some(kept.updated_at),
        })
    }
}
