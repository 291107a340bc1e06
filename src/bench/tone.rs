//! Tone bursts: how a delay is measured through a codec. A burst of one of a few pitches stands out of quiet speech; it
//! is found again by its loud onset and named by its pitch.

use std::f64::consts::TAU;

/// Pitches; a burst is told from those sent before it by its own.
pub const TONES: u8 = 8;
/// Samples of a burst: 60 ms at 24 kHz.
pub const BURST_SAMPLES: usize = 1_440;
/// Amplitude of a burst.
const LOUD: f64 = 12_000.0;
/// A sample at least this loud is the onset of a burst; speech stays far below.
const ONSET: u16 = 5_000;
/// Attack of a burst in samples: 1 ms.
const ATTACK_SAMPLES: usize = 24;
/// After the onset, samples that name the pitch: 40 ms.
const NAMING_SAMPLES: usize = 960;
/// The first 5 ms of these are left out: the codec settles.
const SETTLING_SAMPLES: usize = 120;
/// From the end of naming until the next onset is looked for: 60 ms.
const DEAF_SAMPLES: usize = 1_440;
/// A tone holds at least this part of the energy.
const PURE: f64 = 0.5;
const RATE_HZ: f64 = 24_000.0;

fn pitch_hz(tone: u8) -> f64 {
    600.0 + 200.0 * f64::from(tone % TONES)
}

/// A sample of the burst of this tone.
pub fn sample(tone: u8, at: usize) -> i16 {
    let attack = (at.min(ATTACK_SAMPLES) as f64) / ATTACK_SAMPLES as f64;
    let release = (BURST_SAMPLES.saturating_sub(at).min(ATTACK_SAMPLES) as f64) / ATTACK_SAMPLES as f64;
    let wave = (TAU * pitch_hz(tone) * at as f64 / RATE_HZ).sin();
    (wave * LOUD * attack * release) as i16
}

/// A burst that was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst<T> {
    pub tone: u8,
    /// The stamp of the piece with the onset.
    pub stamp: T,
    /// Samples of that piece before the onset.
    pub place: usize,
}

/// Finds bursts in pieces of 24 kHz audio that come one after the other, each with a stamp (its arrival, say).
#[derive(Debug)]
pub struct Detector<T> {
    onset: Option<(T, usize)>,
    held: Vec<i16>,
    /// Samples that are not looked at.
    deaf: usize,
}

impl<T> Default for Detector<T> {
    fn default() -> Self {
        Self { onset: None, held: Vec::with_capacity(NAMING_SAMPLES), deaf: 0 }
    }
}

impl<T: Copy> Detector<T> {
    /// Takes a piece; returns the burst whose pitch it completed. A piece completes one at most when it is no longer
    /// than 100 ms.
    pub fn push(&mut self, pcm: &[i16], stamp: T) -> Option<Burst<T>> {
        let mut found = None;
        for (place, &sample) in pcm.iter().enumerate() {
            if self.deaf > 0 {
                self.deaf -= 1;
                continue;
            }
            if self.onset.is_none() {
                if sample.unsigned_abs() < ONSET {
                    continue;
                }
                self.onset = Some((stamp, place));
            }
            self.held.push(sample);
            if self.held.len() == NAMING_SAMPLES {
                let onset = self.onset.take();
                let tone = name(&self.held[SETTLING_SAMPLES..]);
                found = onset.zip(tone).map(|((stamp, place), tone)| Burst { tone, stamp, place }).or(found);
                self.held.clear();
                self.deaf = DEAF_SAMPLES;
            }
        }
        found
    }
}

/// The tone that holds most of the energy; `None` when none does.
fn name(pcm: &[i16]) -> Option<u8> {
    let energy: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    let powers = (0..TONES).map(|tone| (tone, power(pcm, pitch_hz(tone))));
    let (tone, best) = powers.max_by(|left, right| left.1.total_cmp(&right.1))?;
    (best > PURE * energy).then_some(tone)
}

/// Energy of the samples at one frequency (Goertzel's algorithm), on the scale of the sum of squares.
fn power(pcm: &[i16], hz: f64) -> f64 {
    let turn = 2.0 * (TAU * hz / RATE_HZ).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in pcm {
        let next = f64::from(sample) + turn * last - before;
        before = last;
        last = next;
    }
    (last * last + before * before - turn * last * before) * 2.0 / pcm.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pcm: &[i16], length: usize) -> Vec<Burst<usize>> {
        let mut detector = Detector::default();
        pcm.chunks(length).enumerate().filter_map(|(number, piece)| detector.push(piece, number)).collect()
    }

    #[test]
    fn every_tone_is_found_where_it_begins() {
        for tone in 0..TONES {
            let mut pcm = vec![100; 1_000];
            pcm.extend((0..BURST_SAMPLES).map(|at| sample(tone, at)));
            pcm.extend([100; 2_000]);
            let found = pieces(&pcm, 480);
            let [burst] = found[..] else { panic!("{tone}: {found:?}") };
            let onset = burst.stamp * 480 + burst.place;
            assert_eq!(burst.tone, tone);
            assert!((1_000..1_030).contains(&onset), "{tone}: {onset}");
        }
    }

    #[test]
    fn loud_noise_is_no_tone_and_two_bursts_are_two() {
        let mut seed = 7u32;
        let noise: Vec<i16> = (0..4_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as i16
            })
            .collect();
        assert_eq!(pieces(&noise, 480), []);
        let burst = |tone| (0..BURST_SAMPLES).map(move |at| sample(tone, at));
        let pcm: Vec<i16> = burst(1).chain([0; 4_800]).chain(burst(6)).chain([0; 480]).collect();
        assert_eq!(pieces(&pcm, 480).iter().map(|burst| burst.tone).collect::<Vec<_>>(), [1, 6]);
    }
}
