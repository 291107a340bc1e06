//! Where the model's audio clock stands on the session's: a server counts the audio appended in its session; the
//! session counts from the start of its own audio, and a connection may begin late or miss some.

use crate::media::port::SAMPLE_RATE_HZ;

const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1_000;

/// Jumps to remember: with one a second, more than the hour that a connection lives.
const SEGMENTS_MAX: usize = 4_096;

/// Audio without a jump.
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Samples sent before it.
    sent: u64,
    /// Session time of its first sample.
    audio_ms: u64,
}

/// Maps the audio sent on one connection to the session's audio clock. Grows only where there was a jump.
#[derive(Debug, Default)]
pub struct Timeline {
    segments: Vec<Segment>,
    sent: u64,
    end_ms: u64,
}

impl Timeline {
    /// Audio that starts at `audio_ms` was sent.
    pub fn on_sent(&mut self, audio_ms: u64, samples: usize) {
        if self.segments.is_empty() || audio_ms != self.end_ms {
            if self.segments.len() == SEGMENTS_MAX {
                self.segments.drain(..SEGMENTS_MAX / 2);
            }
            self.segments.push(Segment { sent: self.sent, audio_ms });
        }
        self.sent += samples as u64;
        self.end_ms = audio_ms + samples as u64 / SAMPLES_PER_MS;
    }

    /// The session time of the server's offset. Offsets beyond what was sent are the end of it.
    pub fn session_ms(&self, offset_ms: u64) -> u64 {
        let sample = offset_ms.saturating_mul(SAMPLES_PER_MS);
        let after = self.segments.partition_point(|segment| segment.sent <= sample);
        let Some(segment) = self.segments.get(after.saturating_sub(1)) else { return self.end_ms };
        let limit_ms = self
            .segments
            .get(after)
            .map_or(self.end_ms, |next| segment.audio_ms + (next.sent - segment.sent) / SAMPLES_PER_MS);
        (segment.audio_ms + sample.saturating_sub(segment.sent) / SAMPLES_PER_MS).min(limit_ms)
    }

    /// Session time of the end of what was sent.
    pub fn end_ms(&self) -> u64 {
        self.end_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_connection_that_begins_late_is_shifted() {
        let mut timeline = Timeline::default();
        (0..50).for_each(|i| timeline.on_sent(10_000 + i * 20, 480));
        assert_eq!(timeline.session_ms(0), 10_000);
        assert_eq!(timeline.session_ms(140), 10_140);
        assert_eq!(timeline.session_ms(9_999), 11_000, "beyond the end");
        assert_eq!(timeline.segments.len(), 1);
    }

    #[test]
    fn a_hole_moves_what_follows_it() {
        let mut timeline = Timeline::default();
        timeline.on_sent(0, 480);
        timeline.on_sent(20, 480);
        timeline.on_sent(500, 480);
        assert_eq!(timeline.session_ms(39), 39);
        assert_eq!(timeline.session_ms(40), 500);
        assert_eq!(timeline.session_ms(55), 515);
    }

    proptest! {
        #[test]
        fn it_is_monotonic_and_exact(starts in prop::collection::vec(0u64..4, 1..300)) {
            let mut timeline = Timeline::default();
            let mut at = 0;
            let mut truth = Vec::new();
            for skip in starts {
                at += skip * 20;
                timeline.on_sent(at, 480);
                truth.push(at);
                at += 20;
            }
            for (i, audio_ms) in truth.iter().enumerate() {
                prop_assert_eq!(timeline.session_ms(i as u64 * 20), *audio_ms);
                prop_assert_eq!(timeline.session_ms(i as u64 * 20 + 19), *audio_ms + 19);
            }
        }
    }
}
