//! How long a gap waits: as long as packets were overtaken lately.

/// Length of the history: the depth that was seen is believed for ten seconds.
const BUCKETS: usize = 10;
/// A network that kept the order for so long is calm.
const CALM_MS: u64 = 30_000;
const BUCKET_MS: u64 = 1_000;
/// Wait while nothing is known.
const WAIT_DEFAULT_MS: u64 = 40;
/// What the wait is kept between.
const WAIT_MS: std::ops::RangeInclusive<u64> = 20..=80;
/// Added to the greatest depth: arrival times are whole milliseconds, and the next one may be a little deeper.
const MARGIN_MS: u64 = 5;
/// Overtaken packets that must have been seen before the wait falls below its default.
const SEEN_MIN: u32 = 20;
/// A packet that comes later than this after its successors was not overtaken but held up.
const DEPTH_MAX_MS: u64 = 500;

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    second: u64,
    deepest_ms: u64,
    seen: u32,
}

/// The overtaken packets of the last ten seconds.
#[derive(Debug)]
pub(super) struct Reordering {
    buckets: [Bucket; BUCKETS],
    since_ms: u64,
    /// When a packet was overtaken last.
    last_ms: Option<u64>,
}

impl Reordering {
    /// A stream that begins at `now_ms`, of which nothing is known.
    pub(super) fn begin(now_ms: u64) -> Self {
        Self { buckets: [Bucket::default(); BUCKETS], since_ms: now_ms, last_ms: None }
    }

    /// A packet came `depth_ms` after one that was sent after it.
    pub(super) fn note(&mut self, depth_ms: u64, now_ms: u64) {
        if depth_ms > DEPTH_MAX_MS {
            return;
        }
        self.last_ms = Some(now_ms);
        let second = now_ms / BUCKET_MS;
        let bucket = &mut self.buckets[(second % BUCKETS as u64) as usize];
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        bucket.deepest_ms = bucket.deepest_ms.max(depth_ms);
        bucket.seen += 1;
    }

    /// How long a gap waits for its packet, in milliseconds.
    pub(super) fn wait_ms(&self, now_ms: u64) -> u64 {
        let (deepest_ms, seen) = self.lately(now_ms);
        let fitting_ms = (deepest_ms + MARGIN_MS).clamp(*WAIT_MS.start(), *WAIT_MS.end());
        if seen < SEEN_MIN { fitting_ms.max(WAIT_DEFAULT_MS) } else { fitting_ms }
    }

    /// Whether the network has kept the order for half a minute: what is missing is lost.
    pub(super) fn is_calm(&self, now_ms: u64) -> bool {
        let from_ms = self.last_ms.unwrap_or(self.since_ms);
        now_ms.saturating_sub(from_ms) >= CALM_MS
    }

    /// Greatest depth and number of overtaken packets.
    fn lately(&self, now_ms: u64) -> (u64, u32) {
        let oldest = (now_ms / BUCKET_MS + 1).saturating_sub(BUCKETS as u64);
        let recent = self.buckets.iter().filter(|bucket| bucket.second >= oldest && bucket.seen > 0);
        recent.fold((0, 0), |(deepest_ms, seen), bucket| (bucket.deepest_ms.max(deepest_ms), seen + bucket.seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_follows_what_was_seen() {
        let mut reordering = Reordering::begin(0);
        assert_eq!(reordering.wait_ms(0), 40);
        reordering.note(60, 1_000);
        assert_eq!(reordering.wait_ms(1_001), 65, "at once");
        reordering.note(200, 2_000);
        assert_eq!(reordering.wait_ms(2_001), 80, "never longer");
        assert_eq!(reordering.wait_ms(11_999), 80);
        assert_eq!(reordering.wait_ms(12_000), 40, "forgotten");
        (0..40).for_each(|n| reordering.note(9, 50_000 + n * 20));
        assert_eq!(reordering.wait_ms(51_000), 20, "often, and never deep");
    }

    #[test]
    fn calm_is_half_a_minute_without_any() {
        let mut reordering = Reordering::begin(5_000);
        assert!(!reordering.is_calm(34_999));
        assert!(reordering.is_calm(35_000));
        reordering.note(20, 40_000);
        assert!(!reordering.is_calm(69_999));
        assert!(reordering.is_calm(70_000));
        reordering.note(700, 70_001);
        assert!(reordering.is_calm(70_001), "held up, not overtaken");
    }
}
