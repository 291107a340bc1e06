//! What happens to rooms without anybody asking.

use super::Rooms;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How late an expired room's sockets may be closed, and how many seconds of counted joins a killed server may lose.
const EVERY: Duration = Duration::from_secs(1);

impl Rooms {
    /// Lets time pass for rooms until `stop`.
    pub async fn keep_up(self, stop: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.pass_time(Timestamp::now()).await {
                tracing::warn!(%error, "rooms: not saved yet, trying again");
            }
        }
    }
}
