//! Whether a turn is over: smart-turn listens to the last 8 seconds, for the melody that ends a thought.

use super::{
    error::EngineError,
    models::{File, Models, load_network, node},
    pool::Worker,
    stt::LISTEN_RATE_HZ,
};
use realfft::{RealFftPlanner, RealToComplex};
use rten::{Model, NodeId};
use rten_tensor::{AsView, NdTensor, Tensor};
use std::{f32::consts::TAU, sync::Arc};

/// Samples that the network hears: 8 s.
pub(super) const TURN_SAMPLES: usize = 8 * LISTEN_RATE_HZ;
const TRANSFORM: usize = 400;
const HOP: usize = 160;
const FRAMES: usize = TURN_SAMPLES / HOP;
const BINS: usize = TRANSFORM / 2 + 1;
const MELS: usize = 80;
/// Mel spectra are cut this far below their loudest point (in log10 of power).
const RANGE_LOG10: f32 = 8.0;

/// The network that tells a thought's end from a pause for breath.
pub(super) struct TurnModel {
    network: Model,
    features: NodeId,
    probability: NodeId,
    log_mel: LogMel,
}

/// Whisper's features.
struct LogMel {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    filters: Vec<Filter>,
}

/// One mel band: its weights from bin `from` on.
struct Filter {
    from: usize,
    weights: Vec<f32>,
}

impl TurnModel {
    pub(super) fn load(models: &Models) -> Result<Self, EngineError> {
        let network = load_network(models, File::SmartTurn)?;
        Ok(Self {
            features: node(&network, File::SmartTurn, "input_features")?,
            probability: node(&network, File::SmartTurn, "logits")?,
            log_mel: LogMel::new(),
            network,
        })
    }

    /// Probability (0 to 1) that whoever spoke in `samples` (16 kHz) has finished.
    pub(super) fn finished(&self, samples: &[f32], worker: &Worker) -> Result<f32, EngineError> {
        let features = NdTensor::from_data([1, MELS, FRAMES], self.log_mel.of(&last_8_s(samples))?);
        let inputs = vec![(self.features, features.into())];
        let options = Some(worker.options.clone());
        // The output is called `logits` and is a probability already.
        let [probability] =
            self.network.run_n(inputs, [self.probability], options).map_err(EngineError::run("smart-turn"))?;
        let probability = Tensor::<f32>::try_from(probability).map_err(EngineError::run("smart-turn"))?;
        probability.to_vec().first().copied().ok_or_else(|| EngineError::run("smart-turn")("empty output"))
    }
}

impl LogMel {
    fn new() -> Self {
        Self {
            transform: RealFftPlanner::new().plan_fft_forward(TRANSFORM),
            window: (0..TRANSFORM).map(|n| 0.5 - 0.5 * (TAU * n as f32 / TRANSFORM as f32).cos()).collect(),
            filters: mel_filters(),
        }
    }

    /// `MELS` × `FRAMES` values of 8 s.
    fn of(&self, samples: &[f32]) -> Result<Vec<f32>, EngineError> {
        let half = TRANSFORM / 2;
        let last = samples.len() - 1;
        let at = |n: isize| samples[(n.unsigned_abs()).min(2 * last - n.unsigned_abs().min(2 * last))];
        let mut frame = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut mel = vec![0.0f32; MELS * FRAMES];
        for index in 0..FRAMES {
            let start = (index * HOP) as isize - half as isize;
            for (n, (to, window)) in frame.iter_mut().zip(&self.window).enumerate() {
                *to = at(start + n as isize) * window;
            }
            self.transform.process(&mut frame, &mut spectrum).map_err(EngineError::run("smart-turn"))?;
            for (band, filter) in self.filters.iter().enumerate() {
                let power = spectrum[filter.from..].iter().zip(&filter.weights).map(|(bin, w)| bin.norm_sqr() * w);
                mel[band * FRAMES + index] = power.sum::<f32>().max(1e-10).log10();
            }
        }
        let floor = mel.iter().copied().fold(f32::MIN, f32::max) - RANGE_LOG10;
        mel.iter_mut().for_each(|value| *value = (value.max(floor) + 4.0) / 4.0);
        Ok(mel)
    }
}

/// The last 8 s, filled up with silence in front, brought to mean 0 and variance 1.
fn last_8_s(samples: &[f32]) -> Vec<f32> {
    let tail = &samples[samples.len().saturating_sub(TURN_SAMPLES)..];
    let mut padded = vec![0.0; TURN_SAMPLES - tail.len()];
    padded.extend_from_slice(tail);
    let count = TURN_SAMPLES as f64;
    let mean = padded.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = padded.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / (variance + 1e-7).sqrt();
    padded.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
    padded
}

/// Triangles of equal area on Slaney's mel scale, from 0 to 8 kHz.
fn mel_filters() -> Vec<Filter> {
    let nyquist = LISTEN_RATE_HZ as f32 / 2.0;
    let top = mel_of(nyquist);
    let edges: Vec<f32> = (0..MELS + 2).map(|n| hz_of(top * n as f32 / (MELS + 1) as f32)).collect();
    let triangle = |band: usize| {
        let (low, middle, high) = (edges[band], edges[band + 1], edges[band + 2]);
        let weight = |bin: usize| {
            let hz = nyquist * bin as f32 / (BINS - 1) as f32;
            ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0) * 2.0 / (high - low)
        };
        let from = (0..BINS).find(|&bin| weight(bin) > 0.0).unwrap_or(0);
        let weights = (from..BINS).map(weight).take_while(|&weight| weight > 0.0).collect();
        Filter { from, weights }
    };
    (0..MELS).map(triangle).collect()
}

/// Slaney's scale: straight below 1 kHz, logarithmic above.
fn mel_of(hz: f32) -> f32 {
    if hz < 1_000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1_000.0).ln() * 27.0 / 6.4f32.ln() }
}

fn hz_of(mel: f32) -> f32 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1_000.0 * ((mel - 15.0) * 6.4f32.ln() / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::{FRAMES, LogMel, MELS, last_8_s};
    use std::path::Path;

    /// Against the values that the Python package `transformers` 5.23 (`WhisperFeatureExtractor`, 8 s, normalised)
    /// gives for the same clip.
    #[test]
    fn features_are_those_of_the_reference() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
        let mut wav = hound::WavReader::open(folder.join("sense_and_sensibility_01_austen_64kb-0880.wav")).unwrap();
        let samples: Vec<f32> = wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
        let features = LogMel::new().of(&last_8_s(&samples)).unwrap();
        assert_eq!(features.len(), MELS * FRAMES);
        let near = |got: f32, wanted: f32| assert!((got - wanted).abs() < 2e-3, "{got}, wanted {wanted}");
        near(features[0], 1.108_435_5);
        near(features[40 * FRAMES + 500], -0.028_702_7);
        near(features[40 * FRAMES + 501], 0.534_801_6);
        near(features[40 * FRAMES + 502], 0.498_290_9);
        near(features.iter().sum::<f32>() / features.len() as f32, 0.154_157_7);
        near(features.iter().copied().fold(f32::MIN, f32::max), 1.804_384_8);
    }
}
