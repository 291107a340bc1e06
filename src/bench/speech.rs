//! What both sides say: quiet recorded speech over a faint noise (so that no frame of it is silence), with tone bursts.

use super::{
    BenchError,
    tone::{self, BURST_SAMPLES, TONES},
};
use crate::{
    domain::audio::{FRAME_SAMPLES, codec::Codec},
    media::{
        opus::{Mode, PACKET_BYTES_MAX},
        voice::VoiceEncoder,
    },
};
use std::sync::Arc;

/// A 3 s sentence, 16 kHz.
const CLIP: &[u8] = include_bytes!("../../assets/speech/sentence.wav");
/// Amplitude of the loudest sample of the speech.
const PEAK: f64 = 1_500.0;
/// Amplitude of the noise.
const NOISE: i16 = 60;
const FRAMES_PER_SECOND: usize = 50;
/// Between two bursts, in frames: 0.6 to 1.4 s, at random.
const SPACING_FRAMES: std::ops::Range<usize> = 30..70;
/// Frames of a burst.
const BURST_FRAMES: usize = BURST_SAMPLES / FRAME_SAMPLES;

/// 20 ms of sound at 24 kHz.
pub type Frame = [i16; FRAME_SAMPLES];

/// A stream of random numbers that a seed decides (xorshift64*, of Vigna's "An experimental exploration of Marsaglia's
/// xorshift generators").
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// Different seeds give unrelated numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn within(&mut self, range: std::ops::Range<usize>) -> usize {
        range.start + self.draw() as usize % range.len().max(1)
    }
}

/// The sentence, at 24 kHz.
#[derive(Clone, Debug)]
pub struct Sentence(Arc<[i16]>);

impl Sentence {
    /// Reads what is inside the binary.
    ///
    /// # Errors
    /// [`BenchError::Clip`] when the asset is not what it should be.
    pub fn load() -> Result<Self, BenchError> {
        let mut reader = hound::WavReader::new(CLIP)?;
        let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(1).max(1);
        let gain = PEAK / f64::from(peak);
        // 16 kHz to 24 kHz, straight lines between the samples: it is speech to a codec.
        let count = samples.len().saturating_sub(1) * 3 / 2;
        let at = |index: usize| {
            let (from, part) = (index * 2 / 3, (index * 2 % 3) as f64 / 3.0);
            (f64::from(samples[from]) * (1.0 - part) + f64::from(samples[from + 1]) * part) * gain
        };
        Ok(Self((0..count).map(|index| at(index) as i16).collect()))
    }

    /// So many frames of it, over and over, over noise.
    pub fn frames(&self, count: usize, seed: u64) -> Vec<Frame> {
        let mut random = Seeded::new(seed);
        let mut place = random.within(0..self.0.len());
        let mut next = || {
            place = (place + 1) % self.0.len();
            self.0[place] + (random.draw() % (2 * NOISE as u64 + 1)) as i16 - NOISE
        };
        (0..count).map(|_| std::array::from_fn(|_| next())).collect()
    }
}

/// Replaces the sound from this frame on by a burst.
pub fn burst(frames: &mut [Frame], tone: u8) {
    for (at, sample) in frames.iter_mut().take(BURST_FRAMES).flatten().enumerate() {
        *sample = tone::sample(tone, at);
    }
}

/// What a client says: packets, encoded before anything is measured, to be said over and over.
#[derive(Debug)]
pub struct Track {
    pub packets: Vec<Arc<[u8]>>,
    /// The tone of the burst that begins with the packet.
    pub bursts: Vec<Option<u8>>,
}

impl Track {
    /// # Errors
    /// [`BenchError::Codec`]
    pub fn encode(sentence: &Sentence, codec: Codec, seconds: usize, seed: u64) -> Result<Self, BenchError> {
        let count = seconds.max(1) * FRAMES_PER_SECOND;
        let mut frames = sentence.frames(count, seed);
        let mut bursts = vec![None; count];
        let mut random = Seeded::new(!seed);
        let mut at = random.within(SPACING_FRAMES) / 2;
        for tone in (0..TONES).cycle() {
            if at + BURST_FRAMES > count {
                break;
            }
            burst(&mut frames[at..], tone);
            bursts[at] = Some(tone);
            at += random.within(SPACING_FRAMES);
        }
        // As browsers send: voice, 32 kb/s, with in-band FEC.
        let mut encoder = VoiceEncoder::new(codec, Mode::Lossy)?;
        let mut packet = [0; PACKET_BYTES_MAX];
        let mut packets = Vec::with_capacity(count);
        for frame in &frames {
            let length = encoder.encode(frame, &mut packet)?;
            packets.push(packet[..length].into());
        }
        Ok(Self { packets, bursts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::tone::Detector,
        media::{opus::DECODED_SAMPLES_MAX, voice::VoiceDecoder},
    };

    #[test]
    fn the_bursts_of_a_track_are_found_after_the_codec_and_nothing_else_is() {
        find_bursts(Codec::Opus);
        find_bursts(Codec::Pcmu);
    }

    fn find_bursts(codec: Codec) {
        let track = Track::encode(&Sentence::load().expect("a clip"), codec, 6, 3).expect("packets");
        let mut decoder = VoiceDecoder::new(codec).expect("a decoder");
        let (mut pcm, mut detector) = ([0; DECODED_SAMPLES_MAX], Detector::default());
        let mut found = Vec::new();
        for (number, packet) in track.packets.iter().enumerate() {
            let count = decoder.decode(packet, &mut pcm).expect("a packet");
            assert!(pcm[..count].iter().any(|sample| sample.unsigned_abs() > 8), "frame {number} is silence");
            found.extend(detector.push(&pcm[..count], number).map(|burst| (burst.stamp, burst.tone)));
        }
        let sent: Vec<(usize, u8)> =
            track.bursts.iter().enumerate().filter_map(|(number, tone)| tone.map(|tone| (number, tone))).collect();
        assert!((4..=10).contains(&sent.len()), "{sent:?}");
        assert_eq!(found.len(), sent.len(), "{found:?} {sent:?}");
        for ((heard, tone), (said, meant)) in found.iter().zip(&sent) {
            assert!(tone == meant && (*said..=said + 1).contains(heard), "{found:?} {sent:?}");
        }
    }
}
