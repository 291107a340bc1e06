//! How good a connection sounds, estimated from what can be counted: the E-model of ITU-T G.107, simplified.

/// What a path does to speech.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// From mouth to ear, in milliseconds.
    pub delay_ms: f64,
    /// Frames that had to be made up over all frames, 0 to 1. Not the network's loss: what was repaired is not heard.
    pub concealed_ratio: f64,
    /// Whether lost frames mostly come back from copies, so that those that do not are made up with help.
    pub is_protected: bool,
}

/// Rating of a path without delay and loss (G.107 section 7.7).
const RATING_BEST: f64 = 93.2;
/// Delay beyond which a conversation suffers, in milliseconds.
const DELAY_FREE_MS: f64 = 177.3;
/// How well Opus bears loss, with and without copies of lost frames: no standard says, these fit its measured quality.
const ROBUSTNESS_PROTECTED: f64 = 25.0;
const ROBUSTNESS_BARE: f64 = 10.0;
/// What else there is from mouth to ear besides the network and the jitter buffer: a frame, and the codec's look-ahead.
const FRAME_AND_CODEC_MS: f64 = 26.5;

/// Delay from mouth to ear of a path with this round trip and jitter buffer, in milliseconds.
pub fn mouth_to_ear_ms(round_trip_ms: f64, buffer_ms: f64) -> f64 {
    round_trip_ms / 2.0 + buffer_ms + FRAME_AND_CODEC_MS
}

/// The rating R of a path, 0 to 93.2 (G.107 sections 7.1 to 7.5, losses taken as random).
pub fn rating(path: &Path) -> f64 {
    let delay_ms = path.delay_ms.max(0.0);
    let of_delay = 0.024 * delay_ms + 0.11 * (delay_ms - DELAY_FREE_MS).max(0.0);
    let percent = path.concealed_ratio.clamp(0.0, 1.0) * 100.0;
    let robustness = if path.is_protected { ROBUSTNESS_PROTECTED } else { ROBUSTNESS_BARE };
    let of_loss = 95.0 * percent / (percent + robustness);
    (RATING_BEST - of_delay - of_loss).max(0.0)
}

/// The mean opinion score that a path earns, 1 to 4.5 (G.107 annex B).
pub fn mean_opinion(path: &Path) -> f64 {
    let r = rating(path);
    (1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)).clamp(1.0, 4.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(delay_ms: f64, concealed_ratio: f64, is_protected: bool) -> f64 {
        mean_opinion(&Path { delay_ms, concealed_ratio, is_protected })
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        // Worked out by hand from R = 93.2 - Id - Ie.
        let table = [
            (0.0, 0.0, true, 4.41),
            (60.0, 0.0, true, 4.38),
            (60.0, 0.01, true, 4.29),
            (60.0, 0.01, false, 4.14),
            (60.0, 0.05, true, 3.86),
            (60.0, 0.10, false, 2.28),
            (150.0, 0.0, true, 4.33),
            (400.0, 0.0, true, 3.05),
        ];
        for (delay_ms, concealed_ratio, is_protected, expected) in table {
            let score = mean(delay_ms, concealed_ratio, is_protected);
            assert!((score - expected).abs() < 0.006, "{delay_ms} ms, {concealed_ratio}: {score}, not {expected}");
        }
    }

    #[test]
    fn more_loss_and_more_delay_are_never_better() {
        for step in 0..100 {
            let (loss, delay_ms) = (f64::from(step) / 100.0, f64::from(step) * 20.0);
            assert!(mean(delay_ms, 0.0, true) >= mean(delay_ms + 20.0, 0.0, true));
            assert!(mean(50.0, loss, true) >= mean(50.0, loss + 0.01, true));
            assert!(mean(50.0, loss, true) >= mean(50.0, loss, false));
        }
        assert_eq!(mean(f64::MAX, 1.0, false), 1.0);
        assert_eq!(mean(-5.0, -1.0, true), mean(0.0, 0.0, true));
    }

    #[test]
    fn the_way_from_mouth_to_ear_is_half_a_round_trip_and_the_buffers() {
        assert_eq!(mouth_to_ear_ms(80.0, 40.0), 106.5);
    }
}
