//! The codec: the only file that names `opus`.

use crate::media::port::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// Largest packet that an encoder may make (RFC 6716 section 3.2.1).
pub const PACKET_BYTES_MAX: usize = 1_275;
/// Samples of the longest packet (120 ms) at 24 kHz.
pub const DECODED_SAMPLES_MAX: usize = 6 * FRAME_SAMPLES;

/// CELT on a clean link.
const CLEAN_BITRATE: i32 = 48_000;
/// SILK or hybrid with in-band FEC on a lossy one.
const LOSSY_BITRATE: i32 = 32_000;
/// SILK for a link that carries less: a packet of it weighs as much as the headers around it.
const LOW_BITRATE: i32 = 16_000;
const LOWEST_BITRATE: i32 = 10_000;
/// Unless there is too much to do.
pub const COMPLEXITY: u8 = 5;
/// What is only 8 kHz wide needs less.
const NARROW_BITRATE: i32 = 24_000;
const NARROW_COMPLEXITY: i32 = 0;
/// What the lossy encoder is told to expect; it sizes the redundancy.
const EXPECTED_LOSS_PERCENT: i32 = 10;

/// The codec refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("opus: {0}")]
pub struct OpusError(&'static str);

impl From<opus::Error> for OpusError {
    fn from(error: opus::Error) -> Self {
        Self(error.description())
    }
}

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// CELT, 48 kb/s: cheap and good where nothing is lost.
    Clean,
    /// Voice with in-band FEC, 32 kb/s.
    Lossy,
    /// Wideband voice, 16 kb/s: for a narrow link.
    Low,
    /// Voice, 10 kb/s: for a narrower one.
    Lowest,
}

impl Mode {
    /// All of them, by their number.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Lossy, Self::Low, Self::Lowest];

    /// For metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Lossy => "lossy",
            Self::Low => "low",
            Self::Lowest => "lowest",
        }
    }

    const fn bitrate(self) -> i32 {
        match self {
            Self::Clean => CLEAN_BITRATE,
            Self::Lossy => LOSSY_BITRATE,
            Self::Low => LOW_BITRATE,
            Self::Lowest => LOWEST_BITRATE,
        }
    }

    /// One and the same encoder can go on in the other mode.
    pub fn is_akin(self, other: Self) -> bool {
        (self == Self::Clean) == (other == Self::Clean)
    }
}

/// An encoder of 20 ms frames at 24 kHz, mono.
pub struct Encoder {
    inner: opus::Encoder,
    mode: Mode,
    complexity: u8,
    /// The next frame is made without regard to those before.
    is_apart: bool,
}

impl Encoder {
    /// An encoder for one mode.
    ///
    /// # Errors
    /// [`OpusError`] when the codec cannot be had (memory).
    pub fn new(mode: Mode) -> Result<Self, OpusError> {
        let application = match mode {
            Mode::Clean => opus::Application::LowDelay,
            Mode::Lossy | Mode::Low | Mode::Lowest => opus::Application::Voip,
        };
        let mut inner = opus::Encoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono, application)?;
        inner.set_complexity(i32::from(COMPLEXITY))?;
        let mut encoder = Self { inner, mode, complexity: COMPLEXITY, is_apart: false };
        encoder.obey(mode)?;
        Ok(encoder)
    }

    /// The next frame is made in this mode, which has to be [akin](Mode::is_akin); nothing else changes for the ear.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn set_mode(&mut self, mode: Mode) -> Result<(), OpusError> {
        if mode != self.mode {
            self.obey(mode)?;
            self.mode = mode;
        }
        Ok(())
    }

    fn obey(&mut self, mode: Mode) -> Result<(), OpusError> {
        self.inner.set_bitrate(opus::Bitrate::Bits(mode.bitrate()))?;
        if mode == Mode::Clean {
            return Ok(());
        }
        // Copies of frames would take the bits from the words; a narrow link loses less because less is sent.
        let is_lossy = mode == Mode::Lossy;
        self.inner.set_inband_fec(is_lossy)?;
        self.inner.set_packet_loss_perc(if is_lossy { EXPECTED_LOSS_PERCENT } else { 0 })?;
        let widest = if is_lossy { opus::Bandwidth::Fullband } else { opus::Bandwidth::Wideband };
        Ok(self.inner.set_max_bandwidth(widest)?)
    }

    /// Encodes one frame into `out`; returns its length in bytes.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn encode(&mut self, pcm: &[i16; FRAME_SAMPLES], out: &mut [u8]) -> Result<usize, OpusError> {
        let length = self.inner.encode(pcm, out)?;
        if std::mem::take(&mut self.is_apart) {
            self.inner.set_prediction_disabled(false)?;
        }
        Ok(length)
    }

    /// Forgets what was said: the next frame follows silence, or what another encoder made.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        self.inner.reset_state()?;
        self.stand_apart()
    }

    /// Makes the next frame so that it is decoded rightly whatever the decoder heard last. A frame is otherwise coded
    /// as the difference to the one before: a decoder that heard another one plays it far too loud, or too low.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn stand_apart(&mut self) -> Result<(), OpusError> {
        self.inner.set_prediction_disabled(true)?;
        self.is_apart = true;
        Ok(())
    }

    /// How hard to work from the next frame on, from 0 to 10.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn set_complexity(&mut self, complexity: u8) -> Result<(), OpusError> {
        if complexity != self.complexity {
            self.inner.set_complexity(i32::from(complexity))?;
            self.complexity = complexity;
        }
        Ok(())
    }
}

/// An encoder of 8 kHz, mono: for keeping what was not Opus.
pub struct NarrowEncoder {
    inner: opus::Encoder,
}

impl NarrowEncoder {
    /// An encoder.
    ///
    /// # Errors
    /// [`OpusError`] when the codec cannot be had (memory).
    pub fn new() -> Result<Self, OpusError> {
        let mut inner = opus::Encoder::new(8_000, opus::Channels::Mono, opus::Application::LowDelay)?;
        inner.set_complexity(NARROW_COMPLEXITY)?;
        inner.set_bitrate(opus::Bitrate::Bits(NARROW_BITRATE))?;
        Ok(Self { inner })
    }

    /// Encodes 2.5, 5, 10 or 20 ms into `out`; returns the length in bytes.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it, for another length too.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> Result<usize, OpusError> {
        Ok(self.inner.encode(samples, out)?)
    }
}

impl std::fmt::Debug for NarrowEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NarrowEncoder").finish_non_exhaustive()
    }
}

/// A packet of silence, made once a process: what an idle line sends instead of encoding zeros.
///
/// # Errors
/// [`OpusError`] when the codec cannot be had.
pub fn silence_packet() -> Result<bytes::Bytes, OpusError> {
    let mut encoder = Encoder::new(Mode::Clean)?;
    let mut out = [0; PACKET_BYTES_MAX];
    // The first frames still carry the encoder's start; the third is pure silence.
    let mut length = 0;
    for _ in 0..3 {
        length = encoder.encode(&[0; FRAME_SAMPLES], &mut out)?;
    }
    Ok(bytes::Bytes::copy_from_slice(&out[..length]))
}

/// A decoder to 24 kHz mono, whatever was sent.
pub struct Decoder {
    inner: opus::Decoder,
}

impl Decoder {
    /// A decoder.
    ///
    /// # Errors
    /// [`OpusError`] when the codec cannot be had (memory).
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self { inner: opus::Decoder::new(SAMPLE_RATE_HZ, opus::Channels::Mono)? })
    }

    /// Decodes a packet; returns the number of samples.
    ///
    /// # Errors
    /// [`OpusError`] for a packet that is none.
    pub fn decode(&mut self, packet: &[u8], out: &mut [i16]) -> Result<usize, OpusError> {
        Ok(self.inner.decode(packet, out, false)?)
    }

    /// Fills `out` from the copy of the lost frame that `packet` holds.
    ///
    /// # Errors
    /// [`OpusError`] for a packet that is none, or a length that is no multiple of 2.5 ms.
    pub fn decode_fec(&mut self, packet: &[u8], out: &mut [i16]) -> Result<usize, OpusError> {
        Ok(self.inner.decode(packet, out, true)?)
    }

    /// Fills `out` with what the lost audio may have been.
    ///
    /// # Errors
    /// [`OpusError`] for a length that is no multiple of 2.5 ms.
    pub fn conceal(&mut self, out: &mut [i16]) -> Result<usize, OpusError> {
        Ok(self.inner.decode(&[], out, false)?)
    }

    /// Forgets what was heard: for a new stream.
    ///
    /// # Errors
    /// [`OpusError`] as libopus reports it.
    pub fn reset(&mut self) -> Result<(), OpusError> {
        Ok(self.inner.reset_state()?)
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}
