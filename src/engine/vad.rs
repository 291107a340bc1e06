//! Hearing whether somebody speaks: 24 kHz frames become 16 ms windows at 16 kHz, each with or without a voice in it.

use super::stt::LISTEN_RATE_HZ;
use crate::media::port::{FRAME_SAMPLES, SAMPLE_RATE_HZ};
use earshot::{DefaultPredictor, Detector};
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction, audioadapter_buffers::direct::InterleavedSlice};

/// Samples of one window.
pub(super) const WINDOW: usize = 256;
/// Milliseconds of one window.
pub(super) const WINDOW_MS: u64 = WINDOW as u64 * 1_000 / LISTEN_RATE_HZ as u64;
/// Scores from here on are a voice, if a surer one is near.
const VOICE_SCORE: f32 = 0.5;
/// A voice for sure has this score, and a tone: the detector alone takes noise that sets in after silence for a voice.
const SURE_SCORE: f32 = 0.7;
/// White noise changes its sign at every second sample, a vowel at one in ten.
const CROSSINGS_MAX: usize = WINDOW * 3 / 10;
/// Samples at 16 kHz that one frame becomes.
const FRAME_OUT: usize = FRAME_SAMPLES * LISTEN_RATE_HZ / SAMPLE_RATE_HZ as usize;

/// One window of sound.
pub(super) struct Window<'a> {
    pub pcm: &'a [i16],
    pub voiced: bool,
    /// A voice for sure.
    pub sure: bool,
    /// End of the window, in milliseconds before the end of the frame that completed it.
    pub before_end_ms: u64,
}

/// Resampler and voice detector of one session: about 15 KiB.
pub(super) struct VoiceDetector {
    resampler: Fft<f32>,
    detector: Box<Detector<DefaultPredictor>>,
    input: Vec<f32>,
    output: Vec<f32>,
    waiting: Vec<i16>,
    delay_samples: usize,
}

impl VoiceDetector {
    pub(super) fn new() -> Self {
        let (from, to) = (SAMPLE_RATE_HZ as usize, LISTEN_RATE_HZ);
        let window = WindowFunction::BlackmanHarris2;
        let resampler = Fft::new_custom(from, to, FRAME_SAMPLES, 1, 1, window, FixedSync::Both)
            .expect("480 samples at 24 kHz are a whole number of samples at 16 kHz");
        Self {
            delay_samples: resampler.output_delay(),
            resampler,
            detector: Detector::new_boxed(DefaultPredictor::new()),
            input: vec![0.0; FRAME_SAMPLES],
            output: vec![0.0; FRAME_OUT],
            waiting: Vec::with_capacity(WINDOW + FRAME_OUT),
        }
    }

    /// Takes 20 ms and hands every window that they complete to `each`.
    pub(super) fn push(&mut self, pcm: &[i16; FRAME_SAMPLES], mut each: impl FnMut(Window<'_>)) {
        for (to, &sample) in self.input.iter_mut().zip(pcm) {
            *to = f32::from(sample) / 32_768.0;
        }
        self.resample();
        let louder = self.output.iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16);
        self.waiting.extend(louder);
        let mut used = 0;
        while self.waiting.len() - used >= WINDOW {
            let pcm = &self.waiting[used..used + WINDOW];
            used += WINDOW;
            let after = self.waiting.len() - used + self.delay_samples;
            let before_end_ms = (after * 1_000 / LISTEN_RATE_HZ) as u64;
            let score = self.detector.predict_i16(pcm);
            let sure = score >= SURE_SCORE && crossings(pcm) < CROSSINGS_MAX;
            each(Window { pcm, voiced: score >= VOICE_SCORE, sure, before_end_ms });
        }
        self.waiting.drain(..used);
    }

    fn resample(&mut self) {
        let input = InterleavedSlice::new(&self.input, 1, FRAME_SAMPLES);
        let output = InterleavedSlice::new_mut(&mut self.output, 1, FRAME_OUT);
        let (Ok(input), Ok(mut output)) = (input, output) else { return };
        // Cannot fail: both sides have the one size that the resampler was made for.
        if self.resampler.process_into_buffer(&input, &mut output, None::<&Indexing>).is_err() {
            self.output.fill(0.0);
        }
    }
}

/// How often the signal changes its sign.
fn crossings(pcm: &[i16]) -> usize {
    pcm.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count()
}
