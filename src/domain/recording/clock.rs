//! The candidate's clock against the server's. A file runs on the clock of whoever sent it; sound cards are off
//! by 20 to 100 millionths, which is a third of a second in an hour.
//!
//! What is known is when packets came. On the way they can only be held up, so that the earliest of each stretch tells
//! most: through those a line is laid.

use serde::{Deserialize, Serialize};

use crate::domain::audio::TICKS_PER_MS;

/// Drift is not told from jitter before so long: 30 s.
const SPAN_MIN_TICKS: u64 = 30_000 * TICKS_PER_MS;
/// Length of a stretch of which the earliest packet counts, at least: 5 s.
const STRETCH_MIN_TICKS: u64 = 5_000 * TICKS_PER_MS;
/// Stretches of one run at most; longer runs have longer stretches.
const STRETCHES_MAX: u64 = 240;
/// No clock is off by more than a thousandth; a line that says so is no clock's.
const DRIFT_MAX: f64 = 1e-3;

/// How late a packet came for its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// Place in the file.
    pub position: u64,
    /// Arrival on the audio clock minus place.
    pub late_ticks: i64,
    /// The packet begins a run of its own.
    pub is_anchor: bool,
}

/// The candidate's clock, in two figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClockFit {
    /// Milliseconds by which the beginning of the candidate's file belongs later on the server's clock.
    pub offset_ms: f64,
    /// Millionths by which the candidate's clock runs slow; `None`: there was too little to tell.
    pub drift_ppm: Option<f64>,
}

/// One run: place `start + x` in the file belongs at `start + offset + x * (1 + slope)`.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u64,
    span: u64,
    offset: f64,
    slope: Option<f64>,
}

/// From places in the candidate's file to the server's clock.
#[derive(Clone, Debug, Default)]
pub struct Warp {
    runs: Vec<Run>,
}

impl Warp {
    /// Of what was noted while recording, in order of position.
    pub fn fit(samples: &[ClockSample]) -> Self {
        let mut runs = Vec::new();
        let mut from = 0;
        for at in 1..=samples.len() {
            if at == samples.len() || samples[at].is_anchor {
                runs.extend(fit_run(&samples[from..at]));
                from = at;
            }
        }
        // A run that is too short to measure has the same clock as the longest one that is not.
        let longest =
            runs.iter().filter(|run| run.slope.is_some()).max_by_key(|run| run.span).and_then(|run| run.slope);
        runs.iter_mut().for_each(|run| run.slope = run.slope.or(longest));
        Self { runs }
    }

    /// Where a place in the file belongs, in ticks of the audio clock.
    pub fn apply(&self, position: f64) -> f64 {
        let after = self.runs.partition_point(|run| run.start as f64 <= position);
        match self.runs.get(after.saturating_sub(1)) {
            Some(run) => position + run.offset + (position - run.start as f64) * run.slope.unwrap_or(0.0),
            None => position,
        }
    }

    /// The figures of the first run, and the longest's drift.
    pub fn summary(&self) -> ClockFit {
        let ms = |ticks: f64| (ticks / TICKS_PER_MS as f64 * 100.0).round() / 100.0;
        let longest = self.runs.iter().max_by_key(|run| run.span);
        ClockFit {
            offset_ms: self.runs.first().map_or(0.0, |run| ms(run.offset)),
            drift_ppm: longest.and_then(|run| run.slope).map(|slope| (slope * 1e7).round() / 10.0),
        }
    }
}

fn fit_run(samples: &[ClockSample]) -> Option<Run> {
    let (first, last) = (samples.first()?, samples.last()?);
    let (start, span) = (first.position, last.position.saturating_sub(first.position));
    let stretch = STRETCH_MIN_TICKS.max(span / STRETCHES_MAX + 1);
    let mut earliest: Vec<(u64, f64, f64)> = Vec::new();
    for sample in samples {
        let place = sample.position.saturating_sub(start);
        let late = sample.late_ticks as f64;
        match earliest.last_mut() {
            Some(point) if point.0 == place / stretch => {
                if late < point.2 {
                    (point.1, point.2) = (place as f64, late);
                }
            }
            _ => earliest.push((place / stretch, place as f64, late)),
        }
    }
    let slope = (span >= SPAN_MIN_TICKS).then(|| middle_slope(&earliest)).flatten();
    let slope = slope.filter(|slope| slope.abs() <= DRIFT_MAX);
    // The earliest of all, once the drift is taken out: nothing held that one up.
    let rest = earliest.iter().map(|(_, place, late)| late - slope.unwrap_or(0.0) * place);
    let offset = if slope.is_some() { middle(rest.collect())? } else { rest.reduce(f64::min)? };
    Some(Run { start, span, offset, slope })
}

/// The middle one of the slopes between all pairs (Theil and Sen): a few stretches that were all late do not move it.
fn middle_slope(points: &[(u64, f64, f64)]) -> Option<f64> {
    let mut slopes = Vec::new();
    for (at, from) in points.iter().enumerate() {
        for to in &points[at + 1..] {
            if to.1 > from.1 {
                slopes.push((to.2 - from.2) / (to.1 - from.1));
            }
        }
    }
    middle(slopes)
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    let at = values.len() / 2;
    (at < values.len()).then(|| *values.select_nth_unstable_by(at, f64::total_cmp).1)
}
