//! Text to speech: sentence → phonemes → hibari's network → waveform.
//!
//! The network describes the sound of each 12.5 ms by five spectra and a pitch. The waveform is
//! `iSTFT(exp(lh)·e^{iπ·tanh(θ)}·STFT(pulses(f0)) + exp(ln)·noise + exp(lr)·e^{iφ})`: pulses through a filter for what
//! is voiced, shaped noise for what is not, and a free remainder.

use super::{
    error::EngineError,
    g2p::Phonemizer,
    models::{File, Models, load_network, node},
    pool::Worker,
};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};
use rten::{Model, NodeId};
use rten_tensor::{AsView, NdTensor, Tensor};
use std::{collections::HashMap, f32::consts::PI, sync::Arc};

/// Samples of one transform.
const WINDOW: usize = 1_200;
/// Samples from one transform to the next (12.5 ms at 24 kHz).
const HOP: usize = 300;
/// Frequencies of one transform.
const BINS: usize = WINDOW / 2 + 1;
const SAMPLE_RATE_HZ: f32 = 24_000.0;
/// Pitch below this is silence or noise.
const VOICED_HZ: f32 = 40.0;
/// Harmonics end here.
const HARMONICS_HZ: f32 = 11_000.0;
/// Exponents are capped, so that a strange input is loud and not infinite.
const LOG_MAGNITUDE_MAX: f32 = 7.0;
/// Same words, same sound: the noise always starts here.
const NOISE_SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// Samples over which both ends fade (5 ms).
const FADE: usize = 120;
/// Quieter than this (−48 dBFS) is silence at the ends of a sentence.
const SILENCE: f32 = 0.004;
/// Samples of silence kept before the first sound (40 ms) and after the last (220 ms).
const LEAD_IN: usize = 960;
const LEAD_OUT: usize = 5_280;
/// Phonemes that the network reads at once. The sentence splitter keeps texts far shorter.
const PHONEMES_MAX: usize = 480;
const OUTPUTS: [&str; 6] = ["lh", "theta", "ln", "lr", "phi", "f0"];

/// The interviewer's voice.
pub(super) struct Voice {
    network: Model,
    ids: NodeId,
    speed: NodeId,
    outputs: [NodeId; 6],
    vocabulary: HashMap<char, i32>,
    phonemizer: Phonemizer,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Voice {
    /// Name of the only voice.
    pub(super) const NAME: &'static str = "heart";
    /// Of the model, for bills.
    pub(super) const MODEL: &'static str = "hibari";

    pub(super) fn load(models: &Models) -> Result<Self, EngineError> {
        let file = File::Hibari;
        let network = load_network(models, file)?;
        let mut outputs = [node(&network, file, OUTPUTS[0])?; 6];
        for (slot, name) in outputs.iter_mut().zip(OUTPUTS) {
            *slot = node(&network, file, name)?;
        }
        let vocabulary = models.read(File::Vocabulary)?;
        let unreadable = EngineError::unreadable(File::Vocabulary.path());
        let vocabulary = serde_json::from_slice(&vocabulary).map_err(unreadable)?;
        let mut planner = RealFftPlanner::new();
        Ok(Self {
            ids: node(&network, file, "ids")?,
            speed: node(&network, file, "speed")?,
            outputs,
            vocabulary,
            phonemizer: Phonemizer::load(models)?,
            forward: planner.plan_fft_forward(WINDOW),
            inverse: planner.plan_fft_inverse(WINDOW),
            network,
        })
    }

    /// The phonemes of one sentence, in the network's alphabet.
    pub(super) fn phonemes(&self, sentence: &str) -> Result<String, EngineError> {
        self.phonemizer.phonemes(sentence)
    }

    /// Speaks one sentence: PCM at 24 kHz, empty if there is nothing to say.
    pub(super) fn speak(&self, sentence: &str, worker: &Worker) -> Result<Vec<i16>, EngineError> {
        let phonemes = self.phonemes(sentence)?;
        let known = phonemes.chars().filter_map(|phoneme| self.vocabulary.get(&phoneme).copied());
        let mut ids = vec![0];
        ids.extend(known.take(PHONEMES_MAX));
        if ids.len() == 1 {
            return Ok(Vec::new());
        }
        ids.push(0);
        let sound = self.describe(ids, worker)?;
        Ok(finish(&self.render(&sound)?))
    }

    fn describe(&self, ids: Vec<i32>, worker: &Worker) -> Result<Sound, EngineError> {
        let ids = NdTensor::from_data([1, ids.len()], ids);
        let speed = NdTensor::from_data([1], vec![1.0f32]);
        let inputs = vec![(self.ids, ids.into()), (self.speed, speed.into())];
        let outputs = self
            .network
            .run_n(inputs, self.outputs, Some(worker.options.clone()))
            .map_err(EngineError::run("hibari"))?;
        let mut flat = Vec::with_capacity(outputs.len());
        for output in outputs {
            let tensor = Tensor::<f32>::try_from(output).map_err(EngineError::run("hibari"))?;
            flat.push(tensor.to_vec());
        }
        Sound::new(flat).ok_or_else(|| EngineError::run("hibari")("unexpected output shape"))
    }

    /// The waveform of a sound, by overlapping inverse transforms.
    fn render(&self, sound: &Sound) -> Result<Vec<f32>, EngineError> {
        let window: Vec<f32> = (0..WINDOW).map(|n| 0.5 - 0.5 * (2.0 * PI * n as f32 / WINDOW as f32).cos()).collect();
        let source = mirrored(&pulses(&sound.pitch_hz));
        let mut noise = Noise(NOISE_SEED);
        let mut frame = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let mut output = vec![0.0f32; (sound.frames - 1) * HOP + WINDOW];
        let mut weight = vec![0.0f32; output.len()];
        for index in 0..sound.frames {
            let at = index * HOP;
            // Scaled so that a harmonic of amplitude 1 peaks at 1.
            for ((to, sample), window) in frame.iter_mut().zip(&source[at..at + WINDOW]).zip(&window) {
                *to = sample * window / (WINDOW as f32 / 4.0);
            }
            self.forward.process(&mut frame, &mut spectrum).map_err(EngineError::run("hibari"))?;
            for (bin, value) in spectrum.iter_mut().enumerate() {
                *value = sound.shape(bin, index, *value, noise.complex());
            }
            // The ends of a real signal's spectrum are real.
            spectrum[0].im = 0.0;
            spectrum[BINS - 1].im = 0.0;
            self.inverse.process(&mut spectrum, &mut frame).map_err(EngineError::run("hibari"))?;
            for (n, (sample, window)) in frame.iter().zip(&window).enumerate() {
                output[at + n] += sample * window / WINDOW as f32;
                weight[at + n] += window * window;
            }
        }
        let inside = WINDOW / 2..(WINDOW / 2 + sound.frames * HOP).min(output.len());
        Ok(inside.map(|n| output[n] / weight[n].max(1e-11)).collect())
    }
}

/// What the network says: five spectra, each `BINS` × `frames`, and the pitch.
struct Sound {
    frames: usize,
    voiced: Vec<f32>,
    phase: Vec<f32>,
    noise: Vec<f32>,
    rest: Vec<f32>,
    rest_phase: Vec<f32>,
    pitch_hz: Vec<f32>,
}

impl Sound {
    fn new(outputs: Vec<Vec<f32>>) -> Option<Self> {
        let [voiced, phase, noise, rest, rest_phase, pitch_hz] = <[Vec<f32>; 6]>::try_from(outputs).ok()?;
        let frames = pitch_hz.len();
        let whole = [&voiced, &phase, &noise, &rest, &rest_phase].iter().all(|part| part.len() == frames * BINS);
        (whole && frames > 0).then_some(Self { frames, voiced, phase, noise, rest, rest_phase, pitch_hz })
    }

    /// One value of the spectrum, made of the pulses' spectrum and noise.
    fn shape(&self, bin: usize, frame: usize, pulses: Complex32, noise: Complex32) -> Complex32 {
        let at = bin * self.frames + frame;
        let magnitude = |log: f32| log.min(LOG_MAGNITUDE_MAX).exp();
        pulses * Complex32::from_polar(magnitude(self.voiced[at]), PI * self.phase[at].tanh())
            + noise * magnitude(self.noise[at])
            + Complex32::from_polar(magnitude(self.rest[at]), self.rest_phase[at])
    }
}

/// Every harmonic of the pitch below 11 kHz at amplitude 1, by the closed form of the sum of cosines; 0 where unvoiced.
fn pulses(pitch_hz: &[f32]) -> Vec<f32> {
    let last = pitch_hz.len() - 1;
    let mut turns = 0.0f64;
    let mut signal = Vec::with_capacity(pitch_hz.len() * HOP);
    for sample in 0..pitch_hz.len() * HOP {
        // The pitch of a frame holds in its middle; between two middles it is on the line.
        let position = ((sample as f32 + 0.5) / HOP as f32 - 0.5).clamp(0.0, last as f32);
        let left = position as usize;
        let right = (left + 1).min(last);
        let along = position - left as f32;
        let hz = pitch_hz[left] * (1.0 - along) + pitch_hz[right] * along;
        let voiced = hz > VOICED_HZ;
        let hz = hz.max(VOICED_HZ);
        turns = (turns + f64::from(hz / SAMPLE_RATE_HZ)).fract();
        let angle = (turns * std::f64::consts::TAU) as f32;
        let order = (HARMONICS_HZ / hz).floor() + 0.5;
        let below = 2.0 * (angle * 0.5).sin();
        let sum = if below.abs() <= 2e-3 { order } else { (order * angle).sin() / below };
        signal.push(if voiced { sum - 0.5 } else { 0.0 });
    }
    signal
}

/// The signal with half a window mirrored at both ends.
fn mirrored(signal: &[f32]) -> Vec<f32> {
    let half = WINDOW / 2;
    let last = signal.len() - 1;
    let before = (1..=half).rev().map(|n| signal[n.min(last)]);
    let after = (1..=half).map(|n| signal[last.saturating_sub(n)]);
    before.chain(signal.iter().copied()).chain(after).collect()
}

/// The part with sound in it and a little silence at both ends: pauses are for the conversation to make.
fn trimmed(sound: &[f32]) -> &[f32] {
    let loud = |sample: &f32| sample.abs() > SILENCE;
    let Some(first) = sound.iter().position(loud) else { return sound };
    let last = sound.iter().rposition(loud).unwrap_or(first);
    &sound[first.saturating_sub(LEAD_IN)..(last + LEAD_OUT).min(sound.len())]
}

/// To 16 bit, with both ends faded so that sentences join without a click.
fn finish(sound: &[f32]) -> Vec<i16> {
    let mut sound = trimmed(sound).to_vec();
    let fade = FADE.min(sound.len() / 2);
    let length = sound.len();
    for n in 0..fade {
        let gain = n as f32 / fade as f32;
        sound[n] *= gain;
        sound[length - 1 - n] *= gain;
    }
    sound.into_iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16).collect()
}

/// Gaussian noise from a xorshift generator (Box–Muller).
struct Noise(u64);

impl Noise {
    /// Uniform in (0, 1].
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) as f32 + 1.0) / (1u32 << 24) as f32
    }

    /// Real and imaginary part each of variance 1.
    fn complex(&mut self) -> Complex32 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        Complex32::from_polar(radius, 2.0 * PI * self.uniform())
    }
}
