//! One side's file, decoded.

use super::{RecordingError, is_absent};
use crate::{
    domain::{audio::opus_packet::packet_ticks, recording::PRE_SKIP_TICKS},
    media::opus::{DECODED_SAMPLES_MAX, Decoder},
};
use ogg::PacketReader;
use std::{fs::File, io::BufReader, path::Path};

/// Samples of a chunk, at least: 1 s.
const CHUNK_SAMPLES: usize = 24_000;
/// Ticks of 48 kHz in a sample.
const TICKS_PER_SAMPLE: usize = 2;
/// Samples in a millisecond.
const SAMPLES_PER_MS: u64 = 24;

/// Audio and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcmChunk {
    /// Place of the first sample on the session's audio clock.
    pub audio_ms: u64,
    /// 24 kHz, mono.
    pub pcm: Vec<i16>,
}

/// Chunks of one side, in order and without gaps. A damaged end counts as the end.
pub struct TrackAudio {
    packets: PacketReader<BufReader<File>>,
    decoder: Decoder,
    /// Samples that went out.
    given: u64,
    /// Of the encoder's look-ahead, still to be cut.
    skip: usize,
    pcm: Vec<i16>,
    is_over: bool,
}

impl std::fmt::Debug for TrackAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrackAudio").field("given", &self.given).finish_non_exhaustive()
    }
}

impl TrackAudio {
    /// # Errors
    /// [`RecordingError::Missing`] when there is no such file or nothing in it.
    pub(super) fn open(path: &Path) -> Result<Self, RecordingError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Err(RecordingError::Missing),
            Err(error) => return Err(error.into()),
        };
        let mut packets = PacketReader::new(BufReader::new(file));
        let is_opus = packets.read_packet().ok().flatten().is_some_and(|head| head.data.starts_with(b"OpusHead"));
        let has_tags = is_opus && packets.read_packet().ok().flatten().is_some();
        if !has_tags {
            return Err(RecordingError::Missing);
        }
        Ok(Self {
            packets,
            decoder: Decoder::new()?,
            given: 0,
            skip: usize::from(PRE_SKIP_TICKS) / TICKS_PER_SAMPLE,
            pcm: Vec::with_capacity(CHUNK_SAMPLES + DECODED_SAMPLES_MAX),
            is_over: false,
        })
    }

    fn decode(&mut self, packet: &[u8]) {
        let Some(ticks) = packet_ticks(packet) else { return };
        let samples = ticks as usize / TICKS_PER_SAMPLE;
        let mut out = [0; DECODED_SAMPLES_MAX];
        if self.decoder.decode(packet, &mut out).is_err() {
            out.fill(0); // No Opus packet, but its time went by.
        }
        let cut = self.skip.min(samples);
        self.skip -= cut;
        self.pcm.extend_from_slice(&out[cut..samples]);
    }

    fn give(&mut self) -> PcmChunk {
        let pcm = std::mem::replace(&mut self.pcm, Vec::with_capacity(CHUNK_SAMPLES + DECODED_SAMPLES_MAX));
        let audio_ms = self.given / SAMPLES_PER_MS;
        self.given += pcm.len() as u64;
        PcmChunk { audio_ms, pcm }
    }
}

impl Iterator for TrackAudio {
    type Item = PcmChunk;

    fn next(&mut self) -> Option<PcmChunk> {
        while !self.is_over && self.pcm.len() < CHUNK_SAMPLES {
            match self.packets.read_packet() {
                Ok(Some(packet)) => self.decode(&packet.data),
                Ok(None) | Err(_) => self.is_over = true,
            }
        }
        (!self.pcm.is_empty()).then(|| self.give())
    }
}
