//! µ-law packets as Opus packets, so that a recording is one kind of file whatever was spoken. On the writer's thread:
//! the media path passes bytes.

use crate::{
    domain::audio::g711,
    media::opus::{NarrowEncoder, OpusError, PACKET_BYTES_MAX},
};

/// Samples of 8 kHz that an Opus frame may have: 20, 10, 5 and 2.5 ms.
const FRAMES: [usize; 4] = [160, 80, 40, 20];
/// Ticks of 48 kHz in a sample of 8 kHz.
const TICKS_PER_SAMPLE: u64 = 6;

/// One side's.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    encoder: Option<NarrowEncoder>,
}

impl Narrow {
    /// Gives `each` the Opus packets of a µ-law packet, with how many ticks into it each begins. Less than an
    /// Opus frame at its end is left out.
    ///
    /// # Errors
    /// What `each` says, or that the codec refused.
    pub(super) fn translate<E: From<OpusError>>(
        &mut self,
        packet: &[u8],
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            None => self.encoder.insert(NarrowEncoder::new()?),
        };
        let (mut at, mut out) = (0, [0; PACKET_BYTES_MAX]);
        while let Some(count) = FRAMES.into_iter().find(|count| at + count <= packet.len()) {
            let mut samples = [0; FRAMES[0]];
            for (sample, byte) in samples.iter_mut().zip(&packet[at..at + count]) {
                *sample = g711::decode(*byte);
            }
            let length = encoder.encode(&samples[..count], &mut out)?;
            each(at as u64 * TICKS_PER_SAMPLE, &out[..length])?;
            at += count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::audio::opus_packet::packet_ticks, media::opus::Decoder};

    #[test]
    fn the_same_is_heard_and_lasts_as_long() {
        let tone = |index: usize| (std::f64::consts::TAU * 440.0 * index as f64 / 8_000.0).sin() * 10_000.0;
        let bytes: Vec<u8> = (0..8_000).map(|index| g711::encode(tone(index) as i16)).collect();
        let (mut narrow, mut decoder) = (Narrow::default(), Decoder::new().expect("a decoder"));
        let (mut pcm, mut ends) = (Vec::new(), 0);
        for packet in bytes.chunks(240) {
            let begin = ends;
            let done: Result<(), OpusError> = narrow.translate(packet, |offset, opus| {
                assert_eq!(begin + offset, ends);
                ends += u64::from(packet_ticks(opus).expect("an Opus packet"));
                let mut out = [0; 480];
                let count = decoder.decode(opus, &mut out)?;
                pcm.extend_from_slice(&out[..count]);
                Ok(())
            });
            done.expect("encoded");
        }
        assert_eq!((ends, pcm.len()), (48_000, 24_000));
        let energy = pcm[4_800..].iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / 19_200.0;
        assert!((0.9..1.1).contains(&(energy / 5e7)), "{energy}");
        let crossings = pcm[4_800..].windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((350..=354).contains(&crossings), "{crossings} periods of 440 Hz in 0.8 s");
    }
}
