//! What a simulated candidate says.

use crate::domain::audio::FRAME_SAMPLES;
use rubato::{Fft, FixedSync, Resampler};
use std::{path::Path, sync::Arc};

/// One thing to say, as 20 ms frames at 24 kHz.
pub type Clip = Arc<[[i16; FRAME_SAMPLES]]>;

/// What candidates send: 24 kHz.
const SAMPLE_RATE_HZ: usize = 24_000;

/// A WAV file that cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    #[error("wav file: {0}")]
    Wav(#[from] hound::Error),
    #[error("only 16 bit PCM is read")]
    Format,
    #[error("resampling: {0}")]
    Resample(String),
}

/// Reads WAV files of any sample rate; of several channels the first counts.
///
/// # Errors
/// [`ClipError`] of the first file that cannot be read.
pub fn clips(paths: &[impl AsRef<Path>]) -> Result<Vec<Clip>, ClipError> {
    paths.iter().map(|path| clip(path.as_ref())).collect()
}

fn clip(path: &Path) -> Result<Clip, ClipError> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    if spec.bits_per_sample != 16 || spec.sample_format != hound::SampleFormat::Int {
        return Err(ClipError::Format);
    }
    let channels = usize::from(spec.channels.max(1));
    let samples = reader.samples::<i16>().step_by(channels).collect::<Result<Vec<_>, _>>()?;
    let resampled = resample(&samples, spec.sample_rate as usize)?;
    let frames = resampled.chunks(FRAME_SAMPLES).map(|chunk| {
        let mut frame = [0; FRAME_SAMPLES];
        frame[..chunk.len()].copy_from_slice(chunk);
        frame
    });
    Ok(frames.collect())
}

fn resample(samples: &[i16], rate_hz: usize) -> Result<Vec<i16>, ClipError> {
    if rate_hz == SAMPLE_RATE_HZ {
        return Ok(samples.to_vec());
    }
    let wrong = |error: &dyn std::fmt::Display| ClipError::Resample(error.to_string());
    let mut resampler =
        Fft::<f32>::new(rate_hz, SAMPLE_RATE_HZ, 1_024, 1, FixedSync::Input).map_err(|error| wrong(&error))?;
    let input: Vec<f32> = samples.iter().map(|sample| f32::from(*sample)).collect();
    let input = rubato::audioadapter_buffers::direct::InterleavedSlice::new(&input, 1, input.len())
        .map_err(|error| wrong(&error))?;
    let length = samples.len();
    let output = resampler.process_all(&input, length, None).map_err(|error| wrong(&error))?;
    Ok(output.take_data().into_iter().map(|sample| sample.round().clamp(-32_768.0, 32_767.0) as i16).collect())
}
