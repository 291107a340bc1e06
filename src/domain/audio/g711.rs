//! µ-law (ITU-T G.711): samples of 8 kHz as bytes, and the way between them and 24 kHz.
//!
//! Where both the candidate's browser and the model speak it, bytes pass as they are. Where only one does, [`Widener`]
//! and [`Narrower`] stand between.

use std::sync::LazyLock;

use super::FRAME_SAMPLES;

/// Samples of 24 kHz for one of 8 kHz.
pub const RATIO: usize = 3;
/// Bytes of one 20 ms frame.
pub const FRAME_BYTES: usize = FRAME_SAMPLES / RATIO;
/// Silence.
pub const SILENCE: u8 = 0xff;

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

/// The byte of a sample.
pub fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // From 7 to 14: the place of the highest bit.
    let top = 31 - magnitude.leading_zeros();
    let segment = top - 7;
    let mantissa = (magnitude >> (top - 4)) & 0x0f;
    !(sign | (segment << 4) as u8 | mantissa as u8)
}

/// The sample of a byte.
pub const fn decode(byte: u8) -> i16 {
    let bits = !byte;
    let magnitude = (((bits & 0x0f) as i32) << 3) + BIAS;
    let magnitude = (magnitude << ((bits >> 4) & 7)) - BIAS;
    (if bits & 0x80 == 0 { magnitude } else { -magnitude }) as i16
}

/// Taps of the interpolation on each side of a sample that is put in.
const WIDEN_SIDE: usize = 8;
const WIDEN_TAPS: usize = 2 * WIDEN_SIDE;

/// For the first and the second sample that are put in between two.
static WIDEN: LazyLock<[[f32; WIDEN_TAPS]; RATIO - 1]> = LazyLock::new(|| {
    std::array::from_fn(|phase| {
        let taps: [f64; WIDEN_TAPS] = std::array::from_fn(|tap| {
            // Oldest sample first; distances in samples of 8 kHz.
            let tap = WIDEN_TAPS - 1 - tap;
            let at = (tap as f64 - WIDEN_SIDE as f64 + 1.0) - (1.0 - (phase + 1) as f64 / RATIO as f64);
            sinc(at) * window(at / WIDEN_SIDE as f64)
        });
        let sum: f64 = taps.iter().sum();
        taps.map(|tap| (tap / sum) as f32)
    })
});

/// From 8 to 24 kHz. Every third sample is one of those that went in, 1 ms later and not changed.
#[derive(Clone, Debug)]
pub struct Widener {
    /// What went in last, newest last.
    past: [f32; WIDEN_TAPS],
}

impl Default for Widener {
    fn default() -> Self {
        Self { past: [0.0; WIDEN_TAPS] }
    }
}

impl Widener {
    /// Fills `out`, three samples for each of `samples`; what is not filled of the longer one is left.
    pub fn widen(&mut self, samples: &[i16], out: &mut [i16]) {
        let phases = &*WIDEN;
        for (&sample, out) in samples.iter().zip(out.chunks_exact_mut(RATIO)) {
            self.past.copy_within(1.., 0);
            self.past[WIDEN_TAPS - 1] = f32::from(sample);
            // The one with as many samples after it as before.
            out[0] = self.past[WIDEN_SIDE - 1] as i16;
            for (out, taps) in out[1..].iter_mut().zip(phases) {
                *out = rounded(weighted(&self.past, taps));
            }
        }
    }

    /// Forgets what went in.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Taps of the low pass before two of three samples are left out.
const NARROW_TAPS: usize = 48;
/// Its edge, as a share of the 24 kHz: 3.6 kHz.
const NARROW_EDGE: f64 = 3_600.0 / 24_000.0;

static NARROW: LazyLock<[f32; NARROW_TAPS]> = LazyLock::new(|| {
    let half = NARROW_TAPS as f64 / 2.0;
    let taps: [f64; NARROW_TAPS] = std::array::from_fn(|tap| {
        let at = tap as f64 - half + 0.5;
        sinc(2.0 * NARROW_EDGE * at) * window(at / half)
    });
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
});

/// From 24 to 8 kHz, without what 8 kHz cannot hold; 1 ms later.
#[derive(Clone, Debug)]
pub struct Narrower {
    /// The end of what went in before, then what goes in now.
    line: [f32; NARROW_TAPS + FRAME_SAMPLES],
}

impl Default for Narrower {
    fn default() -> Self {
        Self { line: [0.0; NARROW_TAPS + FRAME_SAMPLES] }
    }
}

impl Narrower {
    /// One frame as µ-law.
    pub fn narrow(&mut self, pcm: &[i16; FRAME_SAMPLES]) -> [u8; FRAME_BYTES] {
        self.line.copy_within(FRAME_SAMPLES.., 0);
        for (to, from) in self.line[NARROW_TAPS..].iter_mut().zip(pcm) {
            *to = f32::from(*from);
        }
        let taps = &*NARROW;
        std::array::from_fn(|index| {
            let from = index * RATIO + RATIO;
            encode(rounded(weighted(&self.line[from..from + NARROW_TAPS], taps)))
        })
    }
}

/// The bytes from which a [`Widener`] made this frame: nothing is computed that could lose anything.
pub fn unwiden(pcm: &[i16; FRAME_SAMPLES]) -> [u8; FRAME_BYTES] {
    std::array::from_fn(|index| encode(pcm[index * RATIO]))
}

/// Sums that are made side by side: one that waits for the addition before it is several times slower.
const SUMS: usize = 8;

/// The sum of samples, each times its tap; there are whole groups of [`SUMS`].
fn weighted(samples: &[f32], taps: &[f32]) -> f32 {
    let mut sums = [0.0; SUMS];
    for (samples, taps) in samples.chunks_exact(SUMS).zip(taps.chunks_exact(SUMS)) {
        for ((sum, sample), tap) in sums.iter_mut().zip(samples).zip(taps) {
            *sum += sample * tap;
        }
    }
    sums.iter().sum()
}

/// The nearest sample. `f32::round` would be a call of the C library for each.
fn rounded(value: f32) -> i16 {
    (value + 0.5_f32.copysign(value)) as i16
}

fn sinc(at: f64) -> f64 {
    let angle = at * std::f64::consts::PI;
    if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle }
}

/// Hann's, from −1 to 1.
fn window(at: f64) -> f64 {
    if at.abs() >= 1.0 { 0.0 } else { 0.5 + 0.5 * (std::f64::consts::PI * at).cos() }
}

/// How much of the last frame is left in each frame that is concealed, in 1/256: silence after 60 ms.
const CONCEAL_GAINS: [i32; 4] = [230, 128, 48, 0];

/// Reads one stream of µ-law packets as 24 kHz: lost ones are bridged by the last pitch period, fading.
#[derive(Clone, Debug)]
pub struct Decoder {
    widener: Widener,
    /// The last frame as it was heard, 8 kHz.
    last: [i16; FRAME_BYTES],
    concealed: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { widener: Widener::default(), last: [0; FRAME_BYTES], concealed: 0 }
    }
}

impl Decoder {
    /// Decodes a packet; returns the number of samples. What does not fit into `out` is left out.
    pub fn decode(&mut self, packet: &[u8], out: &mut [i16]) -> usize {
        let mut filled = 0;
        for (bytes, out) in packet.chunks(FRAME_BYTES).zip(out.chunks_mut(FRAME_SAMPLES)) {
            let count = bytes.len().min(out.len() / RATIO);
            self.last.copy_within(count.., 0);
            let fresh = FRAME_BYTES - count;
            for (to, byte) in self.last[fresh..].iter_mut().zip(bytes) {
                *to = decode(*byte);
            }
            self.widener.widen(&self.last[fresh..], out);
            filled += count * RATIO;
        }
        self.concealed = 0;
        filled
    }

    /// Fills `out` with what may have been lost.
    pub fn conceal(&mut self, out: &mut [i16]) {
        for out in out.chunks_mut(FRAME_SAMPLES) {
            let gain = CONCEAL_GAINS[self.concealed.min(CONCEAL_GAINS.len() - 1)];
            let period = pitch_period(&self.last);
            let from = FRAME_BYTES - period;
            let source = self.last;
            let next_gain = CONCEAL_GAINS[(self.concealed + 1).min(CONCEAL_GAINS.len() - 1)];
            for index in 0..FRAME_BYTES {
                let share = gain + (next_gain - gain) * index as i32 / FRAME_BYTES as i32;
                // The first frame is faded from what it was, later ones from what they were faded to.
                let share = if self.concealed == 0 { share } else { share * 256 / gain.max(1) };
                self.last[index] = (i32::from(source[from + index % period]) * share.min(256) / 256) as i16;
            }
            self.widener.widen(&self.last[..out.len() / RATIO], out);
            self.concealed += 1;
        }
    }

    /// Forgets what was heard: for a new stream.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Samples after which the end of the frame repeats itself best: 2.5 to 10 ms.
fn pitch_period(frame: &[i16; FRAME_BYTES]) -> usize {
    const LAGS: std::ops::RangeInclusive<usize> = 20..=80;
    const SPAN: usize = 80;
    let end = &frame[FRAME_BYTES - SPAN..];
    let likeness = |lag: usize| -> f64 {
        let before = &frame[FRAME_BYTES - SPAN - lag..FRAME_BYTES - lag];
        let product: i64 = end.iter().zip(before).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum();
        let energy: i64 = before.iter().map(|b| i64::from(*b).pow(2)).sum();
        product as f64 / (energy.max(1) as f64).sqrt()
    };
    LAGS.max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap_or(FRAME_BYTES / 2)
}
