//! The hot path: one `input_audio_buffer.append` out and one `response.output_audio.delta` in for every 20 to 100 ms of
//! every session. No JSON tree, no allocation once the buffers have grown.

use crate::wire::realtime::dialect::Dialect;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;
use std::borrow::Cow;

const PREFIX: &[u8] = br#"{"type":"input_audio_buffer.append","audio":""#;
const SUFFIX: &[u8] = br#""}"#;

/// Padding is written; read with or without it, since servers differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Samples turned into bytes at a time: a multiple of 3, so that base 64 needs no padding between pieces.
const PIECE_SAMPLES: usize = 480;
/// Characters of base 64 turned into bytes at a time: a multiple of 4, which is 3 bytes.
const PIECE_CHARS: usize = 1_024;

/// Bytes of the append message of so many samples.
pub const fn append_len(samples: usize) -> usize {
    append_bytes_len(samples * 2)
}

/// Bytes of the append message of so many bytes of audio.
pub const fn append_bytes_len(bytes: usize) -> usize {
    PREFIX.len() + bytes.div_ceil(3) * 4 + SUFFIX.len()
}

/// Writes the append message of audio in the server's own form (µ-law) to the start of `out`, as [`write_append`] does.
///
/// # Errors
/// `None` when `out` is shorter than [`append_bytes_len`].
pub fn write_append_bytes(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    let mut at = put(out, 0, PREFIX)?;
    at += BASE64.encode_slice(bytes, out.get_mut(at..)?).ok()?;
    put(out, at, SUFFIX)
}

/// Writes the append message of `pcm` (24 kHz, mono) to the start of `out` and returns its length. The message is
/// ASCII, ready to be a WebSocket text.
///
/// Pieces may be passed apart (frames of a backlog): all but the last must hold a multiple of 3 samples.
///
/// # Errors
/// `None` when `out` is shorter than [`append_len`] of all samples together, or a piece breaks the rule above.
pub fn write_append<'a>(pcm: impl IntoIterator<Item = &'a [i16]>, out: &mut [u8]) -> Option<usize> {
    let mut at = put(out, 0, PREFIX)?;
    let mut bytes = [0u8; PIECE_SAMPLES * 2];
    let mut padded = false;
    for piece in pcm.into_iter().flat_map(|pcm| pcm.chunks(PIECE_SAMPLES)) {
        if padded {
            return None;
        }
        for (pair, sample) in bytes.chunks_exact_mut(2).zip(piece) {
            pair.copy_from_slice(&sample.to_le_bytes());
        }
        at += BASE64.encode_slice(&bytes[..piece.len() * 2], out.get_mut(at..)?).ok()?;
        padded = !piece.len().is_multiple_of(3);
    }
    put(out, at, SUFFIX)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    let end = at + bytes.len();
    out.get_mut(at..end)?.copy_from_slice(bytes);
    Some(end)
}

/// `response.output_audio.delta` (or the beta's `response.audio.delta`), borrowed from the message.
#[derive(Debug, Deserialize, PartialEq)]
pub struct DeltaRef<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub response_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub item_id: Cow<'a, str>,
    #[serde(default)]
    pub content_index: u32,
    /// Base 64.
    #[serde(borrow, default)]
    pub delta: Cow<'a, str>,
}

const GA_DELTA: &str = "response.output_audio.delta";
const BETA_DELTA: &str = "response.audio.delta";

/// How far into a message its type is looked for before the message is parsed.
const TYPE_WINDOW: usize = 192;

/// Reads an audio delta without building a tree, or says quickly that the message is something else: servers write the
/// type among the first or the last fields, and an audio delta whose type is elsewhere is still read by
/// [`super::ServerMessage::parse`].
pub fn parse_delta(text: &str) -> Option<DeltaRef<'_>> {
    let bytes = text.as_bytes();
    let head = &bytes[..bytes.len().min(TYPE_WINDOW)];
    let tail = &bytes[bytes.len().saturating_sub(TYPE_WINDOW)..];
    if !names_delta(head) && !names_delta(tail) {
        return None;
    }
    let delta: DeltaRef<'_> = serde_json::from_str(text).ok()?;
    (delta.kind == GA_DELTA || delta.kind == BETA_DELTA).then_some(delta)
}

/// `input_audio_buffer.append`, borrowed from the message; the same in both dialects.
#[derive(Debug, Deserialize, PartialEq)]
pub struct AppendRef<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub event_id: Option<Cow<'a, str>>,
    /// Base 64.
    #[serde(borrow)]
    pub audio: Cow<'a, str>,
}

const APPEND: &str = "input_audio_buffer.append";

/// Reads an append without building a tree, or says quickly that the message is something else, as [`parse_delta`]
/// does.
pub fn parse_append(text: &str) -> Option<AppendRef<'_>> {
    let bytes = text.as_bytes();
    let head = &bytes[..bytes.len().min(TYPE_WINDOW)];
    let tail = &bytes[bytes.len().saturating_sub(TYPE_WINDOW)..];
    let names = |window: &[u8]| window.windows(APPEND.len()).any(|part| part == APPEND.as_bytes());
    if !names(head) && !names(tail) {
        return None;
    }
    let append: AppendRef<'_> = serde_json::from_str(text).ok()?;
    (append.kind == APPEND).then_some(append)
}

/// An audio delta under the name that `dialect` has for it: all else of it is the same in both.
pub fn renamed_delta(text: String, dialect: Dialect) -> String {
    let (from, to) = match dialect {
        Dialect::Ga => (BETA_DELTA, GA_DELTA),
        Dialect::Beta => (GA_DELTA, BETA_DELTA),
    };
    match text.find(from) {
        Some(at) => [&text[..at], to, &text[at + from.len()..]].concat(),
        None => text,
    }
}

/// Whether `audio.delta"` is in `window`, which both dialects' names end with.
fn names_delta(window: &[u8]) -> bool {
    const END: &[u8] = b"audio.delta\"";
    window.windows(END.len()).any(|part| part == END)
}

/// Turns the deltas of one item into samples. A delta may end in the middle of a sample: the odd byte waits for the
/// next one.
#[derive(Debug, Default)]
pub struct DeltaDecoder {
    odd: Option<u8>,
}

/// A delta is not base 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audio delta is not base 64")]
pub struct NotBase64;

impl DeltaDecoder {
    /// Appends the samples of `delta` to `pcm`.
    ///
    /// # Errors
    /// [`NotBase64`]; the decoder is then as it was before.
    pub fn decode(&mut self, delta: &str, pcm: &mut Vec<i16>) -> Result<(), NotBase64> {
        let (before, odd) = (pcm.len(), self.odd);
        let decoded = self.decode_pieces(delta.as_bytes(), pcm);
        if decoded.is_err() {
            pcm.truncate(before);
            self.odd = odd;
        }
        decoded
    }

    fn decode_pieces(&mut self, delta: &[u8], pcm: &mut Vec<i16>) -> Result<(), NotBase64> {
        let mut bytes = [0; PIECE_CHARS / 4 * 3 + 1];
        let mut pieces = delta.chunks(PIECE_CHARS).peekable();
        while let Some(piece) = pieces.next() {
            let start = usize::from(self.odd.is_some());
            bytes[0] = self.odd.unwrap_or_default();
            let length = BASE64.decode_slice(piece, &mut bytes[start..]).map_err(|_| NotBase64)?;
            if length != PIECE_CHARS / 4 * 3 && pieces.peek().is_some() {
                return Err(NotBase64); // Padding in the middle.
            }
            let pairs = bytes[..start + length].chunks_exact(2);
            self.odd = pairs.remainder().first().copied();
            pcm.extend(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
        }
        Ok(())
    }
}

/// Appends the bytes of a delta to `bytes`: µ-law has one for each sample.
///
/// # Errors
/// [`NotBase64`]; `bytes` is then as it was before.
pub fn decode_bytes(delta: &str, bytes: &mut Vec<u8>) -> Result<(), NotBase64> {
    let before = bytes.len();
    BASE64.decode_vec(delta, bytes).map_err(|_| {
        bytes.truncate(before);
        NotBase64
    })
}

/// Base 64 of samples, for servers that write deltas themselves.
pub fn encode_pcm(pcm: &[i16]) -> String {
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    BASE64.encode(bytes)
}

/// Base 64 of raw bytes, for a server that splits samples on purpose.
pub fn encode_bytes(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Samples of a whole base 64 text; an odd last byte is dropped.
///
/// # Errors
/// [`NotBase64`]
pub fn decode_pcm(text: &str) -> Result<Vec<i16>, NotBase64> {
    let mut pcm = Vec::new();
    DeltaDecoder::default().decode(text, &mut pcm)?;
    Ok(pcm)
}
