//! When to try again, and when to give up. Pure: times are milliseconds that the caller counts.

use std::collections::VecDeque;

/// Tries within [`WINDOW_MS`].
const TRIES_MAX: usize = 4;
const WINDOW_MS: u64 = 60_000;
/// The first delay; each further one is three times as long: 4 tries fit into 20 s of trouble.
const FIRST_DELAY_MS: u64 = 250;

/// Delays between tries of one session, with jitter.
#[derive(Debug)]
pub struct Reconnect {
    random: u64,
    give_up_after_ms: u64,
    /// When the tries of the last minute were made.
    tries: VecDeque<u64>,
    /// Failures since it last worked.
    failures: u32,
    trouble_since_ms: Option<u64>,
}

impl Reconnect {
    /// `seed` varies the jitter.
    pub fn new(seed: u64, give_up_after_ms: u64) -> Self {
        // xorshift must not start at 0.
        Self {
            random: seed | 1,
            give_up_after_ms,
            tries: VecDeque::with_capacity(TRIES_MAX),
            failures: 0,
            trouble_since_ms: None,
        }
    }

    /// It works (again).
    pub fn on_ready(&mut self) {
        self.failures = 0;
        self.trouble_since_ms = None;
    }

    /// A connection failed: when to try again, or `None` to give up.
    pub fn on_failure(&mut self, now_ms: u64) -> Option<u64> {
        let since_ms = *self.trouble_since_ms.get_or_insert(now_ms);
        let mut delay_ms = FIRST_DELAY_MS * 3u64.pow(self.failures.min(6));
        delay_ms = delay_ms * self.jitter_percent() / 100;
        self.failures += 1;

        self.tries.retain(|&at| at + WINDOW_MS > now_ms);
        let mut at = now_ms + delay_ms;
        if self.tries.len() >= TRIES_MAX {
            at = at.max(self.tries[self.tries.len() - TRIES_MAX] + WINDOW_MS);
        }
        if at >= since_ms + self.give_up_after_ms {
            return None;
        }
        self.tries.push_back(at);
        Some(at)
    }

    /// How long a try may last at `now_ms`; `None` while there is no trouble.
    pub fn patience_ms(&self, now_ms: u64) -> Option<u64> {
        self.trouble_since_ms.map(|since| (since + self.give_up_after_ms).saturating_sub(now_ms))
    }

    /// 80 to 120.
    fn jitter_percent(&mut self) -> u64 {
        // xorshift64 (Marsaglia 2003).
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        80 + self.random % 41
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_tries_then_it_gives_up() {
        let mut reconnect = Reconnect::new(7, 20_000);
        let mut now = 1_000;
        let mut delays = Vec::new();
        while let Some(at) = reconnect.on_failure(now) {
            delays.push(at - now);
            now = at;
        }
        assert_eq!(delays.len(), 4);
        assert!(delays.windows(2).all(|pair| pair[1] > pair[0] * 2), "{delays:?}");
        assert!(now < 21_000);
    }

    #[test]
    fn a_connection_that_flaps_is_given_up() {
        let mut reconnect = Reconnect::new(7, 20_000);
        let mut now = 0;
        let mut tries = 0;
        while let Some(at) = reconnect.on_failure(now) {
            now = at + 100;
            reconnect.on_ready();
            tries += 1;
            assert!(tries < 10);
        }
        assert_eq!(tries, 4);
    }

    proptest! {
        #[test]
        fn never_more_than_four_a_minute(seed: u64, gaps in prop::collection::vec(0u64..120_000, 1..60)) {
            let mut reconnect = Reconnect::new(seed, 20_000);
            let mut now = 0;
            let mut tries: Vec<u64> = Vec::new();
            for gap in gaps {
                now += gap;
                match reconnect.on_failure(now) {
                    Some(at) => {
                        prop_assert!(at >= now);
                        now = at;
                        tries.push(at);
                        reconnect.on_ready();
                    }
                    None => break,
                }
            }
            for window in tries.windows(TRIES_MAX + 1) {
                prop_assert!(window[TRIES_MAX] - window[0] >= WINDOW_MS);
            }
        }
    }
}
