//! One end of a call's audio in either codec: for clients, which have no pacer and no jitter buffer.

use crate::{
    domain::audio::{
        FRAME_SAMPLES,
        codec::Codec,
        g711::{self, Narrower},
    },
    media::opus::{Decoder, Encoder, Mode, OpusError},
};

/// Encodes 20 ms frames of 24 kHz.
pub enum VoiceEncoder {
    Opus(Encoder),
    Pcmu(Box<Narrower>),
}

impl VoiceEncoder {
    /// `mode`: of Opus.
    ///
    /// # Errors
    /// [`OpusError`] when the codec cannot be had (memory).
    pub fn new(codec: Codec, mode: Mode) -> Result<Self, OpusError> {
        Ok(match codec {
            Codec::Opus => Self::Opus(Encoder::new(mode)?),
            Codec::Pcmu => Self::Pcmu(Box::default()),
        })
    }

    /// Encodes one frame into `out`, which has room for any packet; returns its length in bytes.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn encode(&mut self, pcm: &[i16; FRAME_SAMPLES], out: &mut [u8]) -> Result<usize, OpusError> {
        match self {
            Self::Opus(encoder) => encoder.encode(pcm, out),
            Self::Pcmu(narrower) => {
                out[..g711::FRAME_BYTES].copy_from_slice(&narrower.narrow(pcm));
                Ok(g711::FRAME_BYTES)
            }
        }
    }
}

/// Decodes packets to 24 kHz.
pub enum VoiceDecoder {
    Opus(Decoder),
    Pcmu(Box<g711::Decoder>),
}

impl VoiceDecoder {
    /// # Errors
    /// [`OpusError`] when the codec cannot be had (memory).
    pub fn new(codec: Codec) -> Result<Self, OpusError> {
        Ok(match codec {
            Codec::Opus => Self::Opus(Decoder::new()?),
            Codec::Pcmu => Self::Pcmu(Box::default()),
        })
    }

    /// Decodes a packet; returns the number of samples.
    ///
    /// # Errors
    /// [`OpusError`] for a packet that is none.
    pub fn decode(&mut self, packet: &[u8], out: &mut [i16]) -> Result<usize, OpusError> {
        match self {
            Self::Opus(decoder) => decoder.decode(packet, out),
            Self::Pcmu(decoder) => Ok(decoder.decode(packet, out)),
        }
    }
}
