//! From the candidate's last speech to the interviewer's first, at the network's edge: the last packet with a voice
//! that came in, and the first packet of the next item that went out.

/// A voice this short was a noise: 200 ms.
const VOICE_MS_MIN: u64 = 200;
/// A pause within what a person says.
const PAUSE_MS_MAX: u64 = 2_000;
/// Longer is no answer to what was said.
const DELAY_MS_MAX: u64 = 60_000;

/// Measures one session. Times are milliseconds of the caller's monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct VoiceDelay {
    /// End of the candidate's last voice, and how much of it there was without a long pause.
    last_voice_ms: Option<u64>,
    voice_ms: u64,
}

impl VoiceDelay {
    /// A packet of the candidate with `length_ms` of voice came.
    pub fn note_voice(&mut self, now_ms: u64, length_ms: u64) {
        let goes_on = self.last_voice_ms.is_some_and(|last_ms| now_ms.saturating_sub(last_ms) <= PAUSE_MS_MAX);
        self.voice_ms = if goes_on { self.voice_ms + length_ms } else { length_ms };
        self.last_voice_ms = Some(now_ms);
    }

    /// The first packet of an item of the interviewer leaves; the delay, if it answers something. Each thing said is
    /// answered once.
    pub fn note_answer(&mut self, now_ms: u64) -> Option<u64> {
        let last_voice_ms = self.last_voice_ms.take()?;
        let voice_ms = std::mem::take(&mut self.voice_ms);
        let delay_ms = now_ms.saturating_sub(last_voice_ms);
        (voice_ms >= VOICE_MS_MIN && delay_ms <= DELAY_MS_MAX).then_some(delay_ms)
    }
}

/// Delays of one session, enough for its percentiles: the latest of them.
#[derive(Clone, Debug, Default)]
pub struct VoiceDelays {
    latest_ms: std::collections::VecDeque<u32>,
}

/// Delays that are kept: more than an interview has turns.
const DELAYS_MAX: usize = 512;

impl VoiceDelays {
    /// One more.
    pub fn push(&mut self, delay_ms: u64) {
        if self.latest_ms.len() == DELAYS_MAX {
            self.latest_ms.pop_front();
        }
        self.latest_ms.push_back(delay_ms.min(DELAY_MS_MAX) as u32);
    }

    /// The last one, in milliseconds.
    pub fn last_ms(&self) -> Option<u64> {
        self.latest_ms.back().map(|delay_ms| u64::from(*delay_ms))
    }

    /// The smallest delay that this percentage of all does not exceed (nearest rank), in milliseconds.
    pub fn percentile_ms(&self, percent: usize) -> Option<u64> {
        let mut sorted: Vec<u32> = self.latest_ms.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|delay_ms| u64::from(*delay_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The candidate speaks from `from_ms` to `to_ms`.
    fn speak(delay: &mut VoiceDelay, from_ms: u64, to_ms: u64) {
        (from_ms..=to_ms).step_by(20).for_each(|now_ms| delay.note_voice(now_ms, 20));
    }

    #[test]
    fn an_answer_is_measured_from_the_last_voice() {
        let mut delay = VoiceDelay::default();
        assert_eq!(delay.note_answer(500), None, "the greeting answers nothing");
        speak(&mut delay, 1_000, 3_000);
        speak(&mut delay, 4_500, 5_000);
        assert_eq!(delay.note_answer(5_820), Some(820));
        assert_eq!(delay.note_answer(9_000), None, "the next item goes on with the answer");
    }

    #[test]
    fn a_noise_and_a_long_silence_are_not_answered() {
        let mut delay = VoiceDelay::default();
        speak(&mut delay, 1_000, 1_100);
        assert_eq!(delay.note_answer(1_500), None, "a noise");
        speak(&mut delay, 2_000, 4_000);
        assert_eq!(delay.note_answer(70_000), None, "nobody waits so long for an answer");
        speak(&mut delay, 80_000, 80_100);
        speak(&mut delay, 90_000, 90_100);
        assert_eq!(delay.note_answer(90_500), None, "two noises are no voice");
    }

    #[test]
    fn percentiles_are_of_the_latest_delays() {
        let mut delays = VoiceDelays::default();
        assert_eq!((delays.last_ms(), delays.percentile_ms(50)), (None, None));
        (1..=600).for_each(|delay_ms| delays.push(delay_ms));
        assert_eq!(delays.last_ms(), Some(600));
        // 89 to 600 are left.
        assert_eq!((delays.percentile_ms(50), delays.percentile_ms(95)), (Some(344), Some(575)));
    }
}
