//! When a session is recorded: if its interview says so, and not before the candidate has agreed.

use crate::{
    domain::id::SessionId,
    media::{
        MediaSession,
        recorder::{Recorder, RecordingGuard},
    },
};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
enum State {
    /// Nothing is recorded, or not yet.
    Off,
    On(#[expect(dead_code, reason = "the recording ends when it is dropped")] RecordingGuard),
    /// It does not begin again.
    Over,
}

/// Turns a session's recording on and off.
#[derive(Clone, Debug)]
pub(super) struct RecordingSwitch {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    session_id: SessionId,
    recorder: Recorder,
    state: Mutex<State>,
}

impl RecordingSwitch {
    /// Off. `is_wanted`: the interview says that it is recorded; otherwise it stays off.
    pub(super) fn new(session_id: SessionId, recorder: Recorder, is_wanted: bool) -> Self {
        let state = Mutex::new(if is_wanted { State::Off } else { State::Over });
        Self { inner: Arc::new(Inner { session_id, recorder, state }) }
    }

    /// The candidate has agreed, or need not: what is heard and said from now on is recorded.
    pub(super) fn turn_on(&self, media: &MediaSession) {
        let inner = &self.inner;
        let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Off) {
            return;
        }
        let (tap, guard) = inner.recorder.begin(inner.session_id.clone());
        if let Err(error) = media.record(tap) {
            tracing::error!(session = %inner.session_id, %error, "the recording cannot begin");
            metrics::counter!("viva_recording_failed_total").increment(1);
            guard.fail();
        }
        *state = State::On(guard);
    }

    /// Nothing more is recorded.
    pub(super) fn turn_off(&self) {
        *self.inner.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Over;
    }
}
