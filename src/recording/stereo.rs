//! Both sides on the server's clock, as one stereo wave: the candidate left, the interviewer right.

use super::RecordingError;
use crate::domain::recording::Warp;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};

/// Of everything here.
pub const SAMPLE_RATE_HZ: u32 = 24_000;
/// Samples of a block of both sides: 200 ms.
const BLOCK_SAMPLES: usize = 4_800;
/// Samples that are resampled with one ratio: 50 ms.
const STEP_SAMPLES: usize = 1_200;
/// Ticks of 48 kHz in a sample.
const TICKS_PER_SAMPLE: f64 = 2.0;
/// Where a run begins anew, its audio moves to its place at this rate at most: no more is heard of it.
const STRETCH_MAX: f64 = 0.05;

/// Samples of one side, in order from the beginning of the session's audio.
pub trait Pcm: Send {
    /// The next samples; `None`: it is over.
    fn next_samples(&mut self) -> Option<Vec<i16>>;
}

impl<I: Iterator<Item = super::PcmChunk> + Send> Pcm for I {
    fn next_samples(&mut self) -> Option<Vec<i16>> {
        self.next().map(|chunk| chunk.pcm)
    }
}

/// The candidate's side, moved to the server's clock.
struct Moved {
    from: Box<dyn Pcm>,
    warp: Warp,
    resampler: Async<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
    /// Samples taken in, and where the last of them belongs.
    taken: u64,
    place: f64,
    /// Of the resampler's first output, and of what belongs before the beginning, still to be cut.
    skip: usize,
    is_over: bool,
}

impl Moved {
    fn new(from: Box<dyn Pcm>, warp: Warp) -> Result<Self, RecordingError> {
        let quality = SincInterpolationParameters::new(64, WindowFunction::BlackmanHarris2)
            .oversampling_factor(256)
            .interpolation(SincInterpolationType::Linear);
        let resampler = Async::new_sinc(1.0, 1.0 + 2.0 * STRETCH_MAX, &quality, STEP_SAMPLES, 1, FixedAsync::Input);
        let resampler = resampler.map_err(|error| RecordingError::Resample(error.to_string()))?;
        let place = warp.apply(0.0) / TICKS_PER_SAMPLE;
        let early = (-place).max(0.0).round() as usize;
        Ok(Self {
            from,
            warp,
            output: vec![0.0; resampler.output_frames_max()],
            skip: resampler.output_delay() + early,
            resampler,
            input: Vec::new(),
            taken: 0,
            place,
            is_over: false,
        })
    }

    /// Silence before the first sample.
    fn lead(&self) -> usize {
        self.place.max(0.0).round() as usize
    }

    /// Appends the next 50 ms or so; `false` when it is over.
    fn step(&mut self, out: &mut Vec<i16>) -> Result<bool, RecordingError> {
        while !self.is_over && self.input.len() < STEP_SAMPLES {
            match self.from.next_samples() {
                Some(pcm) => self.input.extend(pcm.iter().map(|&sample| f32::from(sample))),
                None => {
                    self.is_over = true;
                    // What is still inside comes out before it.
                    let inside = self.resampler.output_delay();
                    self.input.resize((self.input.len() + inside).next_multiple_of(STEP_SAMPLES), 0.0);
                }
            }
        }
        if self.input.len() < STEP_SAMPLES {
            return Ok(false);
        }
        let wrong = |error: &dyn std::fmt::Display| RecordingError::Resample(error.to_string());
        self.taken += STEP_SAMPLES as u64;
        let wanted = self.warp.apply(self.taken as f64 * TICKS_PER_SAMPLE) / TICKS_PER_SAMPLE;
        let ratio = ((wanted - self.place) / STEP_SAMPLES as f64).clamp(1.0 - STRETCH_MAX, 1.0 + STRETCH_MAX);
        self.place += ratio * STEP_SAMPLES as f64;
        self.resampler.set_resample_ratio(ratio, false).map_err(|error| wrong(&error))?;
        let room = self.output.len();
        let input = InterleavedSlice::new(&self.input[..STEP_SAMPLES], 1, STEP_SAMPLES);
        let input = input.map_err(|error| wrong(&error))?;
        let mut output = InterleavedSlice::new_mut(&mut self.output, 1, room).map_err(|error| wrong(&error))?;
        let (_, made) = self.resampler.process_into_buffer(&input, &mut output, None).map_err(|error| wrong(&error))?;
        self.input.drain(..STEP_SAMPLES);
        let cut = self.skip.min(made);
        self.skip -= cut;
        let samples = self.output[cut..made].iter();
        out.extend(samples.map(|sample| sample.round().clamp(-32_768.0, 32_767.0) as i16));
        Ok(true)
    }
}

/// So much of the candidate and of the interviewer, of equal length.
pub type Block = (Vec<i16>, Vec<i16>);

/// Blocks of both sides, of equal length; the shorter side ends in silence.
pub struct Stereo {
    moved: Option<Moved>,
    right: Option<Box<dyn Pcm>>,
    left_ready: Vec<i16>,
    right_ready: Vec<i16>,
}

impl std::fmt::Debug for Stereo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stereo").finish_non_exhaustive()
    }
}

impl Stereo {
    /// `left`: the candidate on the candidate's clock, which `warp` leads to the server's. `right`: the interviewer.
    ///
    /// # Errors
    /// [`RecordingError::Resample`]
    pub fn new(left: Option<Box<dyn Pcm>>, warp: Warp, right: Option<Box<dyn Pcm>>) -> Result<Self, RecordingError> {
        let moved = left.map(|left| Moved::new(left, warp)).transpose()?;
        let lead = moved.as_ref().map_or(0, Moved::lead);
        Ok(Self { moved, right, left_ready: vec![0; lead], right_ready: Vec::new() })
    }

    /// The next 200 ms of `(left, right)`; the last block may be shorter, and `None` follows.
    ///
    /// # Errors
    /// [`RecordingError::Resample`]
    pub fn next_block(&mut self) -> Result<Option<Block>, RecordingError> {
        while self.left_ready.len() < BLOCK_SAMPLES {
            let Some(moved) = &mut self.moved else { break };
            if !moved.step(&mut self.left_ready)? {
                self.moved = None;
            }
        }
        while self.right_ready.len() < BLOCK_SAMPLES {
            let Some(right) = &mut self.right else { break };
            match right.next_samples() {
                Some(pcm) => self.right_ready.extend(pcm),
                None => self.right = None,
            }
        }
        let count = self.left_ready.len().max(self.right_ready.len()).min(BLOCK_SAMPLES);
        if count == 0 {
            return Ok(None);
        }
        Ok(Some((cut(&mut self.left_ready, count), cut(&mut self.right_ready, count))))
    }
}

/// Takes the first `count` samples, silence where there are fewer.
fn cut(ready: &mut Vec<i16>, count: usize) -> Vec<i16> {
    let mut block: Vec<i16> = ready.drain(..count.min(ready.len())).collect();
    block.resize(count, 0);
    block
}
