//! Server VAD by loudness: good enough to find where a recording or a tone begins and ends.

use super::voice::SAMPLES_PER_MS;

const WINDOW_SAMPLES: usize = 20 * SAMPLES_PER_MS;
/// Root mean square above which a window is speech.
const LOUD: f64 = 400.0;
/// Loud windows that make speech.
const ONSET_WINDOWS: u32 = 3;

/// What changed, in milliseconds of all audio appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Started { audio_start_ms: u64 },
    Stopped { audio_end_ms: u64 },
}

/// See the module.
#[derive(Debug)]
pub struct Turns {
    pub prefix_ms: u64,
    pub silence_ms: u64,
    window: Vec<i16>,
    /// End of the last whole window.
    at_ms: u64,
    loud: u32,
    quiet_ms: u64,
    speaking: bool,
}

impl Default for Turns {
    fn default() -> Self {
        Self { prefix_ms: 300, silence_ms: 200, window: Vec::new(), at_ms: 0, loud: 0, quiet_ms: 0, speaking: false }
    }
}

impl Turns {
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// The turn is over because the client said so.
    pub fn reset(&mut self) {
        self.speaking = false;
        self.loud = 0;
    }

    pub fn push(&mut self, pcm: &[i16]) -> Vec<Turn> {
        self.window.extend_from_slice(pcm);
        let whole = self.window.len() / WINDOW_SAMPLES * WINDOW_SAMPLES;
        let audio: Vec<i16> = self.window.drain(..whole).collect();
        audio.chunks(WINDOW_SAMPLES).filter_map(|window| self.on_window(window)).collect()
    }

    fn on_window(&mut self, window: &[i16]) -> Option<Turn> {
        self.at_ms += 20;
        let energy = window.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / window.len() as f64;
        if energy > LOUD * LOUD {
            self.loud += 1;
            self.quiet_ms = 0;
        } else {
            self.loud = 0;
            self.quiet_ms += 20;
        }
        if !self.speaking && self.loud >= ONSET_WINDOWS {
            self.speaking = true;
            let begun_ms = self.at_ms - u64::from(ONSET_WINDOWS) * 20;
            return Some(Turn::Started { audio_start_ms: begun_ms.saturating_sub(self.prefix_ms) });
        }
        if self.speaking && self.quiet_ms >= self.silence_ms.max(20) {
            self.speaking = false;
            return Some(Turn::Stopped { audio_end_ms: self.at_ms });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock_realtime::voice;

    #[test]
    fn a_word_is_found_with_its_padding() {
        let mut turns = Turns::default();
        let mut pcm = vec![0; 1_000 * SAMPLES_PER_MS];
        pcm.extend(voice::speak(1, 500));
        pcm.extend(vec![0; 1_000 * SAMPLES_PER_MS]);
        let found: Vec<Turn> = pcm.chunks(777).flat_map(|piece| turns.push(piece)).collect();
        let [Turn::Started { audio_start_ms }, Turn::Stopped { audio_end_ms }] = found[..] else {
            panic!("{found:?}");
        };
        assert!((700..760).contains(&audio_start_ms), "{audio_start_ms}");
        assert!((1_540..1_640).contains(&audio_end_ms), "{audio_end_ms}");
    }
}
