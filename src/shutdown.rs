//! Draining: one switch that everything reads, and a tracker of what must finish.

use std::time::Duration;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Normal service.
    Serving,
    /// No new work; live interviews go on.
    Draining,
    /// The drain time is nearly over: live interviews say goodbye.
    Goodbye,
}

/// The switch. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown {
    phase: watch::Sender<Phase>,
    /// Cancelled when everything must stop now.
    pub stop: CancellationToken,
    /// Tasks that must end before the process does.
    pub tasks: TaskTracker,
}

/// How long before the deadline the goodbye is spoken.
const GOODBYE_BEFORE_DEADLINE: Duration = Duration::from_secs(20);

impl Default for Shutdown {
    fn default() -> Self {
        Self { phase: watch::Sender::new(Phase::Serving), stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }
}

impl Shutdown {
    /// The phase now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// A receiver that wakes at every change of phase.
    pub fn subscribe(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Moves on; never back.
    pub fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let moves = phase > *now;
            if moves {
                *now = phase;
            }
            moves
        });
    }

    /// When after the first signal the goodbye starts.
    pub fn goodbye_after(drain: Duration) -> Duration {
        drain.saturating_sub(GOODBYE_BEFORE_DEADLINE)
    }
}
