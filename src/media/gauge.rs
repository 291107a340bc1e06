//! How busy a shard is, and how late: measured by the shard, read by whoever admits sessions.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::Histogram;

use crate::domain::load::{Level, Load};

/// How often a shard says how busy it is.
const WINDOW: Duration = Duration::from_millis(500);
/// Lateness is counted in steps of a millisecond up to here; what is later counts as this late.
const LATENESS_STEPS: usize = 128;

/// What everyone may know of a shard.
#[derive(Debug, Default)]
pub(super) struct ShardLoad {
    level: AtomicU8,
    /// Sessions that it has been given.
    pub(super) sessions: AtomicUsize,
}

impl ShardLoad {
    /// What it gave up.
    pub(super) fn level(&self) -> Level {
        Level::of_number(self.level.load(Ordering::Relaxed))
    }
}

/// A shard's own measurement.
pub(super) struct Gauge {
    shared: Arc<ShardLoad>,
    epoch: Instant,
    since: Instant,
    worked: Duration,
    lateness: [u32; LATENESS_STEPS],
    ticks: u32,
    load: Load,
    histogram: Histogram,
    busy: metrics::Gauge,
    level: metrics::Gauge,
}

impl Gauge {
    pub(super) fn new(index: usize, shared: Arc<ShardLoad>) -> Self {
        let now = Instant::now();
        let shard = index.to_string();
        Self {
            shared,
            epoch: now,
            since: now,
            worked: Duration::ZERO,
            lateness: [0; LATENESS_STEPS],
            ticks: 0,
            load: Load::default(),
            histogram: metrics::histogram!("viva_pace_lateness_seconds"),
            busy: metrics::gauge!("viva_media_busy_ratio", "shard" => shard.clone()),
            level: metrics::gauge!("viva_overload_level", "shard" => shard),
        }
    }

    /// The thread worked so long.
    pub(super) fn note_work(&mut self, time: Duration) {
        self.worked += time;
    }

    /// A tick's frames left so late.
    pub(super) fn note_lateness(&mut self, late: Duration) {
        self.histogram.record(late.as_secs_f64());
        self.lateness[(late.as_millis() as usize).min(LATENESS_STEPS - 1)] += 1;
        self.ticks += 1;
    }

    /// One that has seen too much, just now.
    #[cfg(test)]
    pub(super) fn with_level(level: Level, shared: Arc<ShardLoad>) -> Self {
        let mut gauge = Self::new(0, shared);
        let mut now_ms = 0;
        while gauge.load.level() < level {
            now_ms += 500;
            gauge.load.observe(now_ms, 1.0, 0.0);
        }
        gauge.shared.level.store(gauge.load.level().number(), Ordering::Relaxed);
        gauge.epoch = Instant::now().checked_sub(Duration::from_millis(now_ms)).unwrap_or(gauge.epoch);
        gauge
    }

    /// Once a window: what it comes to, if that is another level than before.
    pub(super) fn settle(&mut self, now: Instant) -> Option<Level> {
        let window = now.saturating_duration_since(self.since);
        if window < WINDOW {
            return None;
        }
        let before = self.load.level();
        let busy_ratio = self.worked.as_secs_f64() / window.as_secs_f64();
        let level = self.load.observe((now - self.epoch).as_millis() as u64, busy_ratio, self.lateness_p99_ms());
        self.shared.level.store(level.number(), Ordering::Relaxed);
        self.busy.set(busy_ratio);
        self.level.set(f64::from(level.number()));
        self.since = now;
        self.worked = Duration::ZERO;
        self.lateness = [0; LATENESS_STEPS];
        self.ticks = 0;
        (level != before).then_some(level)
    }

    /// What is given up now.
    pub(super) fn level(&self) -> Level {
        self.load.level()
    }

    fn lateness_p99_ms(&self) -> f64 {
        let mut beyond = self.ticks / 100;
        for (late_ms, &count) in self.lateness.iter().enumerate().rev() {
            if count > beyond {
                return late_ms as f64;
            }
            beyond -= count;
        }
        0.0
    }
}
