//! The stereo export over half an hour, in virtual time.

use viva::{
    domain::recording::{ClockSample, Warp},
    recording::stereo::{Pcm, Stereo},
};

const RATE_HZ: u64 = 24_000;
const MINUTES: u64 = 30;
/// A mark every 10 s.
const EVERY: f64 = 10.0;
/// Seconds of one.
const MARK: f64 = 0.02;
const PPM: f64 = 100.0;

/// Marks at the same times for both sides, told in samples of a clock that runs slow by some millionths.
struct Marks {
    slow_ppm: f64,
    made: u64,
}

impl Pcm for Marks {
    fn next_samples(&mut self) -> Option<Vec<i16>> {
        let total = (MINUTES * 60 * RATE_HZ) as f64 / (1.0 + self.slow_ppm * 1e-6);
        if self.made as f64 >= total {
            return None;
        }
        let time = |sample: u64| sample as f64 / RATE_HZ as f64 * (1.0 + self.slow_ppm * 1e-6);
        let sample = |at: u64| match time(at) % EVERY {
            // 1 kHz from the first sample on.
            within if within < MARK => ((within * 1_000.0 * std::f64::consts::TAU).sin() * 12_000.0) as i16,
            _ => 0,
        };
        let samples = (self.made..self.made + RATE_HZ).map(sample).collect();
        self.made += RATE_HZ;
        Some(samples)
    }
}

/// What a recorder notes of such a clock: each packet is up to 3 ms late, the first one 25 ms.
fn notes() -> Vec<ClockSample> {
    let pages = MINUTES * 60 * 10 / 7;
    let note = |page: u64| {
        let position = page * 33_600;
        let held = if page == 0 { 0 } else { (page * 7_919 % 144) as i64 - 25 * 48 };
        let late_ticks = (position as f64 * PPM * 1e-6) as i64 + held;
        ClockSample { position, late_ticks, is_anchor: page == 0 }
    };
    (0..pages).map(note).collect()
}

/// Times of the marks of both sides, in samples.
fn marks(warp: Warp) -> (Vec<u64>, Vec<u64>) {
    let left = Box::new(Marks { slow_ppm: PPM, made: 0 });
    let right = Box::new(Marks { slow_ppm: 0.0, made: 0 });
    let mut stereo = Stereo::new(Some(left), warp, Some(right)).unwrap();
    let (mut at, mut found) = (0, (Vec::new(), Vec::new()));
    while let Some((left, right)) = stereo.next_block().unwrap() {
        assert_eq!(left.len(), right.len());
        for (pcm, found) in [(&left, &mut found.0), (&right, &mut found.1)] {
            for sample in pcm.iter().enumerate().filter(|(_, sample)| sample.unsigned_abs() > 4_000).map(|(n, _)| n) {
                let sample = at + sample as u64;
                if found.last().is_none_or(|last| sample > last + RATE_HZ) {
                    found.push(sample);
                }
            }
        }
        at += left.len() as u64;
    }
    found
}

/// How far each mark of the candidate's is from the interviewer's. The very first one may belong before the beginning.
fn apart_ms((left, right): &(Vec<u64>, Vec<u64>)) -> Vec<f64> {
    let nearest = |mark: &u64| left.iter().min_by_key(|left| left.abs_diff(*mark)).copied().unwrap_or_default();
    right[1..].iter().map(|mark| (nearest(mark) as f64 - *mark as f64) / 24.0).collect()
}

#[test]
fn half_an_hour_of_both_sides_stays_together() {
    let apart = apart_ms(&marks(Warp::fit(&notes())));
    assert_eq!(apart.len(), 179);
    // The candidate's file begins 25 ms late.
    let worst = apart.iter().map(|apart| (apart + 25.0).abs()).fold(0.0, f64::max);
    assert!(worst <= 20.0, "{worst} ms apart: {apart:?}");
    // The control: uncorrected, they part.
    let uncorrected = apart_ms(&marks(Warp::default()));
    let last = uncorrected.last().unwrap();
    assert!(last.abs() > 150.0, "nothing to correct: {last} ms");
}
