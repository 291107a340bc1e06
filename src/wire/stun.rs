//! The front door's reading of STUN (RFC 8489) as ICE uses it (RFC 8445 section 7): bounded, without allocation, and
//! verified before anything behind it sees a byte.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

const HEADER_BYTES: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;

const ATTRIBUTE_USERNAME: u16 = 0x0006;
const ATTRIBUTE_MESSAGE_INTEGRITY: u16 = 0x0008;
const ATTRIBUTE_USE_CANDIDATE: u16 = 0x0025;
const ATTRIBUTE_FINGERPRINT: u16 = 0x8028;
const ATTRIBUTE_ICE_CONTROLLED: u16 = 0x8029;

const INTEGRITY_BYTES: usize = 20;
const FINGERPRINT_BYTES: usize = 4;
/// RFC 8489 section 14.7.
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// More attributes than any ICE agent sends.
const ATTRIBUTES_MAX: usize = 24;
/// RFC 8445 section 5.3: 256 characters each side of the colon.
const USERNAME_BYTES_MAX: usize = 513;

/// What kind of message it is. Everything else is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StunKind {
    BindingRequest,
    /// The answer to a triggered check of ours.
    BindingSuccess,
}

/// A well-formed message whose fingerprint is right and whose integrity is still to be verified.
#[derive(Clone, Copy, Debug)]
pub struct StunMessage<'a> {
    pub kind: StunKind,
    /// Fragment of USERNAME before the colon: names the receiver, that is one of our sessions.
    pub local_ufrag: Option<&'a str>,
    /// The peer chooses this pair (RFC 8445 section 7.3.1.5).
    pub use_candidate: bool,
    /// The peer claims the controlled role, which is ours (ICE-lite, RFC 8445 section 6.1.1).
    pub claims_controlled: bool,
    bytes: &'a [u8],
    integrity_at: usize,
}

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StunError {
    #[error("malformed stun message")]
    Malformed,
    #[error("stun message of an unused kind")]
    Kind,
    #[error("stun message without integrity")]
    NoIntegrity,
    #[error("stun message without a right fingerprint")]
    Fingerprint,
}

impl<'a> StunMessage<'a> {
    /// Reads a datagram that is to be one whole message.
    ///
    /// # Errors
    /// [`StunError`] for whatever an ICE agent would not send: the caller drops it without an answer.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        let kind = match (read_u16(bytes, 0)?, bytes.get(4..8).ok_or(StunError::Malformed)?) {
            (_, cookie) if cookie != MAGIC_COOKIE => return Err(StunError::Malformed),
            (BINDING_REQUEST, _) => StunKind::BindingRequest,
            (BINDING_SUCCESS, _) => StunKind::BindingSuccess,
            _ => return Err(StunError::Kind),
        };
        let length = usize::from(read_u16(bytes, 2)?);
        if !length.is_multiple_of(4) || bytes.len() != HEADER_BYTES + length {
            return Err(StunError::Malformed);
        }
        let mut message =
            Self { kind, local_ufrag: None, use_candidate: false, claims_controlled: false, bytes, integrity_at: 0 };
        message.read_attributes()?;
        Ok(message)
    }

    /// Whether MESSAGE-INTEGRITY was made with this password (RFC 8489 section 14.5, short-term credentials).
    pub fn is_authentic(&self, password: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(password) else { return false };
        // The length counts up to and with MESSAGE-INTEGRITY, as if nothing followed.
        let length = (self.integrity_at + 4 + INTEGRITY_BYTES - HEADER_BYTES) as u16;
        mac.update(&self.bytes[..2]);
        mac.update(&length.to_be_bytes());
        mac.update(&self.bytes[4..self.integrity_at]);
        let given = &self.bytes[self.integrity_at + 4..self.integrity_at + 4 + INTEGRITY_BYTES];
        mac.finalize().into_bytes().ct_eq(given).into()
    }

    fn read_attributes(&mut self) -> Result<(), StunError> {
        let mut at = HEADER_BYTES;
        let mut has_fingerprint = false;
        for _ in 0..ATTRIBUTES_MAX {
            if at == self.bytes.len() {
                break;
            }
            if has_fingerprint {
                return Err(StunError::Malformed); // It is the last one by definition.
            }
            let kind = read_u16(self.bytes, at)?;
            let length = usize::from(read_u16(self.bytes, at + 2)?);
            let value = self.bytes.get(at + 4..at + 4 + length).ok_or(StunError::Malformed)?;
            if self.integrity_at == 0 {
                self.read_protected(kind, value, at)?;
            } else if kind == ATTRIBUTE_FINGERPRINT {
                check_fingerprint(&self.bytes[..at], value)?;
                has_fingerprint = true;
            } else {
                return Err(StunError::Malformed); // Unprotected: nobody has business here.
            }
            at += 4 + length.next_multiple_of(4);
        }
        match (at == self.bytes.len(), self.integrity_at, has_fingerprint) {
            (false, ..) => Err(StunError::Malformed),
            (_, 0, _) => Err(StunError::NoIntegrity),
            (_, _, false) => Err(StunError::Fingerprint),
            _ => Ok(()),
        }
    }

    fn read_protected(&mut self, kind: u16, value: &'a [u8], at: usize) -> Result<(), StunError> {
        match kind {
            ATTRIBUTE_USERNAME if self.local_ufrag.is_none() && value.len() <= USERNAME_BYTES_MAX => {
                let text = std::str::from_utf8(value).map_err(|_| StunError::Malformed)?;
                self.local_ufrag = Some(text.split_once(':').ok_or(StunError::Malformed)?.0);
            }
            ATTRIBUTE_USERNAME => return Err(StunError::Malformed),
            ATTRIBUTE_USE_CANDIDATE => self.use_candidate = true,
            ATTRIBUTE_ICE_CONTROLLED => self.claims_controlled = true,
            ATTRIBUTE_MESSAGE_INTEGRITY if value.len() == INTEGRITY_BYTES => self.integrity_at = at,
            ATTRIBUTE_MESSAGE_INTEGRITY => return Err(StunError::Malformed),
            ATTRIBUTE_FINGERPRINT => return Err(StunError::NoIntegrity),
            _ => {}
        }
        Ok(())
    }
}

fn read_u16(bytes: &[u8], at: usize) -> Result<u16, StunError> {
    let pair = bytes.get(at..at + 2).ok_or(StunError::Malformed)?;
    Ok(u16::from_be_bytes([pair[0], pair[1]]))
}

fn check_fingerprint(before: &[u8], value: &[u8]) -> Result<(), StunError> {
    let given: [u8; FINGERPRINT_BYTES] = value.try_into().map_err(|_| StunError::Malformed)?;
    let is_right = crc32(before) ^ FINGERPRINT_XOR == u32::from_be_bytes(given);
    is_right.then_some(()).ok_or(StunError::Fingerprint)
}

/// CRC-32 of ITU-T V.42, as FINGERPRINT uses it.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc32_table();
    !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

const fn crc32_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = index as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 section 2.1: sample request with username "evtj:h6vY" and password "VOkJxbRl1RmTxUk/WvJxBt".
    const SAMPLE_REQUEST: [u8; 108] = [
        0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
        0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
        0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
        0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
        0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
        0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
    ];
    const SAMPLE_PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

    #[test]
    fn reads_the_sample_of_rfc_5769() {
        let message = StunMessage::parse(&SAMPLE_REQUEST).unwrap();
        assert_eq!(message.kind, StunKind::BindingRequest);
        assert_eq!(message.local_ufrag, Some("evtj"));
        assert!(message.claims_controlled);
        assert!(!message.use_candidate);
        assert!(message.is_authentic(SAMPLE_PASSWORD));
        assert!(!message.is_authentic(b"another password"));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        for bit in 0..SAMPLE_REQUEST.len() * 8 {
            let mut bytes = SAMPLE_REQUEST;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let passes = StunMessage::parse(&bytes).is_ok_and(|message| message.is_authentic(SAMPLE_PASSWORD));
            assert!(!passes, "bit {bit}");
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        for length in 0..SAMPLE_REQUEST.len() {
            assert!(StunMessage::parse(&SAMPLE_REQUEST[..length]).is_err(), "length {length}");
        }
    }
}
