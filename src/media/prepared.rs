//! Speech that many sessions will hear: encoded once, and sent to each of them as the same packets.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use bytes::{Bytes, BytesMut};

use super::{
    opus::{Encoder, Mode, OpusError, PACKET_BYTES_MAX},
    port::FRAME_SAMPLES,
};

/// Bytes to begin with for a packet: 48 kb/s.
const PACKET_BYTES_TYPICAL: usize = 128;

/// The packets of one encoder, one behind the other.
struct Packets {
    bytes: Bytes,
    /// Where each ends.
    ends: Box<[u32]>,
}

impl Packets {
    fn encode(pcm: &[i16], mode: Mode) -> Result<Self, OpusError> {
        let mut encoder = Encoder::new(mode)?;
        // Whatever the candidate heard before.
        encoder.stand_apart()?;
        let frames = pcm.len().div_ceil(FRAME_SAMPLES);
        let (mut bytes, mut ends) =
            (BytesMut::with_capacity(frames * PACKET_BYTES_TYPICAL), Vec::with_capacity(frames));
        let mut packet = [0; PACKET_BYTES_MAX];
        for index in 0..frames {
            let mut frame = [0; FRAME_SAMPLES];
            copy_frame(pcm, index, &mut frame);
            let length = encoder.encode(&frame, &mut packet)?;
            bytes.extend_from_slice(&packet[..length]);
            ends.push(bytes.len() as u32);
        }
        Ok(Self { bytes: Bytes::from(bytes.to_vec()), ends: ends.into() })
    }

    fn get(&self, index: usize) -> Option<Bytes> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Some(self.bytes.slice(start..end))
    }

    fn len(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<u32>()
    }
}

/// Words as audio, and as packets once somebody has prepared them. Shared by all sessions that say them.
pub struct PreparedSpeech {
    pcm: Arc<[i16]>,
    /// By the number of the mode.
    packets: [OnceLock<Packets>; Mode::ALL.len()],
    /// A session with such a link spoke these words; always true of a clean one.
    wanted: [AtomicBool; Mode::ALL.len()],
    /// Somebody encodes it, or is about to.
    is_claimed: AtomicBool,
}

impl std::fmt::Debug for PreparedSpeech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedSpeech").field("samples", &self.pcm.len()).finish_non_exhaustive()
    }
}

impl PreparedSpeech {
    /// Nothing is encoded yet: until then every session encodes for itself. `pcm`: 24 kHz, mono.
    pub fn new(pcm: impl Into<Arc<[i16]>>) -> Self {
        Self {
            pcm: pcm.into(),
            packets: Default::default(),
            wanted: Mode::ALL.map(|mode| AtomicBool::new(mode == Mode::Clean)),
            is_claimed: AtomicBool::new(false),
        }
    }

    /// The audio: 24 kHz, mono.
    pub fn pcm(&self) -> &Arc<[i16]> {
        &self.pcm
    }

    /// What it holds in memory, in bytes.
    pub fn size_bytes(&self) -> usize {
        let packets = self.packets.iter().filter_map(OnceLock::get).map(Packets::len).sum::<usize>();
        size_of::<Self>() + size_of_val(&*self.pcm) + packets
    }

    /// Whether a session with a clean link has to encode nothing.
    pub fn is_encoded(&self) -> bool {
        self.pcm.is_empty() || self.slot(Mode::Clean).get().is_some()
    }

    /// Whether something is wanted that is not encoded, and nobody is at it: then the caller is to call
    /// [`prepare`](Self::prepare), or [`release`](Self::release) if it cannot.
    pub fn claim(&self) -> bool {
        !self.lacking().is_empty() && !self.is_claimed.swap(true, Ordering::AcqRel)
    }

    /// Gives the claim back.
    pub fn release(&self) {
        self.is_claimed.store(false, Ordering::Release);
    }

    /// Encodes what is wanted and not there, for whoever has claimed it: always for a clean link; for a lossy or narrow
    /// one once a session had one. Takes 35 to 150 µs a frame: not for a media thread.
    ///
    /// # Errors
    /// [`OpusError`] when the codec refused; every session goes on encoding for itself.
    pub fn prepare(&self) -> Result<(), OpusError> {
        let done = self.lacking().into_iter().try_for_each(|mode| {
            let packets = Packets::encode(&self.pcm, mode)?;
            // The claim kept everybody else away.
            if self.slot(mode).set(packets).is_ok() {
                metrics::counter!("viva_prepared_encodes_total", "mode" => mode.name()).increment(1);
            }
            Ok(())
        });
        self.release();
        done
    }

    /// Whether a session with this encoder can send packets. Asking says that it is wanted.
    pub(super) fn is_ready(&self, mode: Mode) -> bool {
        let is_ready = self.slot(mode).get().is_some();
        if !is_ready {
            self.wanted[mode as usize].store(true, Ordering::Relaxed);
        }
        is_ready
    }

    /// One frame as a packet, without copying it.
    pub(super) fn packet(&self, mode: Mode, frame: usize) -> Option<Bytes> {
        self.slot(mode).get()?.get(frame)
    }

    /// One frame as audio, padded with silence.
    pub(super) fn copy_frame(&self, frame: usize, out: &mut [i16; FRAME_SAMPLES]) {
        copy_frame(&self.pcm, frame, out);
    }

    fn slot(&self, mode: Mode) -> &OnceLock<Packets> {
        &self.packets[mode as usize]
    }

    fn lacking(&self) -> Vec<Mode> {
        let is_due =
            |mode: &Mode| self.wanted[*mode as usize].load(Ordering::Relaxed) && self.slot(*mode).get().is_none();
        Mode::ALL.into_iter().filter(is_due).collect()
    }
}

fn copy_frame(pcm: &[i16], index: usize, out: &mut [i16; FRAME_SAMPLES]) {
    let rest = pcm.get(index * FRAME_SAMPLES..).unwrap_or_default();
    let count = rest.len().min(FRAME_SAMPLES);
    out[..count].copy_from_slice(&rest[..count]);
    out[count..].fill(0);
}
