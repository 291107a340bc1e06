//! A made-up voice: one buzzing syllable a word, with pauses, loud enough for any voice detector.

use crate::wire::realtime::audio;

pub const SAMPLES_PER_MS: usize = 24;

/// Voice for so many words.
pub fn speak(words: usize, word_ms: u64) -> Vec<i16> {
    let samples = word_ms as usize * SAMPLES_PER_MS;
    (0..words).flat_map(|word| (0..samples).map(move |at| sample(word, at, samples))).collect()
}

/// A sum of harmonics under a hump; the last fifth of a word is silent.
fn sample(word: usize, at: usize, samples: usize) -> i16 {
    let voiced = samples * 4 / 5;
    if at >= voiced {
        return 0;
    }
    let pitch_hz = 110.0 + (word % 5) as f32 * 14.0;
    let time = at as f32 / (SAMPLES_PER_MS as f32 * 1_000.0);
    let hump = (std::f32::consts::PI * at as f32 / voiced as f32).sin();
    let wave: f32 = (1..=4).map(|n| (std::f32::consts::TAU * pitch_hz * n as f32 * time).sin() / n as f32).sum();
    (wave * hump * 6_000.0) as i16
}

/// Deltas that repeat for ever: one second of voice in pieces of `delta_ms`.
pub fn endless(delta_ms: u64) -> Vec<String> {
    let piece = (delta_ms.max(1) as usize) * SAMPLES_PER_MS;
    speak(3, 333).chunks(piece).filter(|pcm| pcm.len() == piece).map(audio::encode_pcm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_long_as_its_words_and_loud() {
        let pcm = speak(3, 360);
        assert_eq!(pcm.len(), 3 * 360 * SAMPLES_PER_MS);
        let energy = pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64;
        assert!(energy.sqrt() > 1_500.0, "{}", energy.sqrt());
        assert!(pcm.iter().all(|s| s.unsigned_abs() < 20_000));
    }
}
