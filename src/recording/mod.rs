//! Recordings after they were written: reading, repairing, mixing, deleting. The files are `media::recorder`'s.
//!
//! A recording is a directory `recordings/{session_id}` below `VIVA_DATA_DIR` with `user.ogg`, `assistant.ogg`,
//! `timeline.jsonl`, and what is made of them: `peaks.json`, `stereo.wav`. Everything here blocks.

pub mod files;
mod second_pass;
mod stage;
pub mod stereo;
mod track;

pub use second_pass::SecondPassStage;
pub use stage::RecordingStage;
pub use track::{PcmChunk, TrackAudio};

use crate::{
    domain::{id::SessionId, recording::Side},
    media::{
        opus::OpusError,
        recorder::{directory, track_name},
    },
};
use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// A recording cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// There is none, or nothing of this side.
    #[error("nothing is recorded")]
    Missing,
    #[error("recording file: {0}")]
    Io(#[from] io::Error),
    #[error("codec: {0}")]
    Codec(#[from] OpusError),
    #[error("resampling: {0}")]
    Resample(String),
    #[error("wav file: {0}")]
    Wav(#[from] hound::Error),
    #[error("timeline: {0}")]
    Timeline(#[from] serde_json::Error),
}

/// There is no such file, or none of the directories on the way to it.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Deletes everything that is recorded of a session; whether there was anything. Durable when it returns.
///
/// # Errors
/// Those of the file system: something may be left then, and the same call may be made again.
pub fn delete(data_dir: &Path, session_id: &SessionId) -> io::Result<bool> {
    let directory = directory(data_dir, session_id)?;
    match fs::remove_dir_all(&directory) {
        Ok(()) => {}
        Err(error) if is_absent(&error) => return Ok(false),
        Err(error) => return Err(error),
    }
    if let Some(parent) = directory.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(true)
}

/// What the candidate said, from the beginning of the session's audio: an iterator of chunks of 24 kHz mono, about a
/// second each. Nothing is left out, so that places are those of the audio clock; silence stands where nothing came.
///
/// # Errors
/// [`RecordingError::Missing`] when nothing of it is there.
pub fn open_user(data_dir: &Path, session_id: &SessionId) -> Result<TrackAudio, RecordingError> {
    open_side(data_dir, session_id, Side::User)
}

/// The same of either side.
///
/// # Errors
/// [`RecordingError::Missing`] when nothing of it is there.
pub fn open_side(data_dir: &Path, session_id: &SessionId, side: Side) -> Result<TrackAudio, RecordingError> {
    TrackAudio::open(&directory(data_dir, session_id)?.join(track_name(side)))
}
