//! Sign-in by a code that is mailed (DESIGN 6.4): what an address, a user name and a code look like, what is kept of a
//! code, and what a try is worth. Clock, chance and storage are the caller's.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// Life of a code, in milliseconds.
pub const CODE_LIFE_MS: u64 = 5 * 60 * 1_000;
/// Life of a proved address, in milliseconds.
pub const VERIFICATION_LIFE_MS: u64 = 10 * 60 * 1_000;
/// Guesses at one code that are looked at; right ones are given back.
pub const TRIES_MAX: i64 = 5;
/// Codes mailed to one address in one [`WINDOW_MS`].
pub const CODES_PER_WINDOW: i64 = 5;
/// Tries for one address in one [`WINDOW_MS`], whatever codes they are for.
pub const TRIES_PER_WINDOW: i64 = 25;
/// What the two limits above count in, in milliseconds.
pub const WINDOW_MS: u64 = 60 * 60 * 1_000;

const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_PART_BYTES_MAX: usize = 64;
const NAME_CHARS_MIN: usize = 3;
const NAME_CHARS_MAX: usize = 32;

/// An e-mail address in the form in which it is compared: trimmed and in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why something is no address for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address such as name@example.com, in ASCII")]
pub struct NotAnAddress;

impl EmailAddress {
    /// Reads the common form of RFC 5321: a dot-atom, `@`, a host name. No quotes, comments or literals, so that
    /// nothing that is written into a header can end it.
    ///
    /// # Errors
    /// [`NotAnAddress`].
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        let (local, host) = text.rsplit_once('@').ok_or(NotAnAddress)?;
        let is_atom = |part: &str| !part.is_empty() && part.bytes().all(is_atom_byte);
        let is_label = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let formed = text.len() <= ADDRESS_BYTES_MAX
            && local.len() <= LOCAL_PART_BYTES_MAX
            && local.split('.').all(is_atom)
            && host.split('.').all(is_label);
        if formed { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAnAddress) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `atext` of RFC 5322.
fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(redacted)")
    }
}

/// A user name as its owner writes it. Two names that differ in case alone are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// Why something is no user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 3 to 32 characters of a-z, A-Z, 0-9, dot, underscore and hyphen, and a letter or digit at both ends"
)]
pub struct NotAName;

impl UserName {
    /// Reads one. ASCII only: names that look alike and differ would let one person pass for another.
    ///
    /// # Errors
    /// [`NotAName`].
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let bytes = text.as_bytes();
        let formed = (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
        if formed { Ok(Self(text.to_owned())) } else { Err(NotAName) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What must be unique.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Six digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A code from 64 random bits: each is as likely as any other, to one part in 10^13.
    pub fn from_random(random: [u8; 8]) -> Self {
        Self(format!("{:06}", u64::from_le_bytes(random) % 1_000_000))
    }

    /// A code as somebody typed it; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// The digits, for the one mail that carries them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(redacted)")
    }
}

/// Which code of an address it is. 128 random bits.
pub type CodeId = [u8; 16];

/// Seals codes and hides addresses with a key of the server: whoever reads what is kept can neither see whose it is nor
/// try the million codes against it.
#[derive(Clone)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// A key of its own, made from the server's secret.
    pub fn derive(secret: &[u8]) -> Self {
        Self(mac(secret, &[b"viva sign-in, version 1"]))
    }

    /// What an address is kept under: 64 hexadecimal digits.
    pub fn address_key(&self, address: &EmailAddress) -> String {
        let hidden = mac(&self.0, &[b"address", address.as_str().as_bytes()]);
        hidden.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is kept of a code.
    pub fn seal(&self, id: CodeId, address: &EmailAddress, code: &Code) -> SealedCode {
        SealedCode { id, seal: mac(&self.0, &[b"code", &id, address.as_str().as_bytes(), code.0.as_bytes()]) }
    }
}

/// HMAC-SHA256 over the parts, each behind its length, so that no two lists of parts read the same.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// A code as it is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedCode {
    pub id: CodeId,
    seal: [u8; 32],
}

impl SealedCode {
    /// Bytes of one that is kept.
    pub const BYTES: usize = 48;

    /// The bytes to keep.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.id);
        bytes[16..].copy_from_slice(&self.seal);
        bytes
    }

    /// What was kept; `None` if that is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, seal) = bytes.split_at_checked(16)?;
        Some(Self { id: id.try_into().ok()?, seal: seal.try_into().ok()? })
    }

    /// Is it this code, for this address? Takes the same time whatever the answer.
    pub fn is(&self, key: &SealingKey, address: &EmailAddress, code: &Code) -> bool {
        key.seal(self.id, address, code).seal.ct_eq(&self.seal).into()
    }
}

impl fmt::Debug for SealedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCode(redacted)")
    }
}

/// What a try is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    Right,
    /// Looked at, and wrong.
    Wrong,
    /// Too many before it: not looked at.
    UsedUp,
}

/// Judges the try with this number (from 1 on, counted before it is looked at, so that tries at the same time have
/// different numbers). `is_right` is asked only if it may be.
pub fn judge(number: i64, is_right: impl FnOnce() -> bool) -> Try {
    match number {
        1..=TRIES_MAX if is_right() => Try::Right,
        1..=TRIES_MAX => Try::Wrong,
        _ => Try::UsedUp,
    }
}

/// What is counted per hour: the number of the window, and the seconds until the next one.
pub fn window(now_ms: u64) -> (u64, u64) {
    (now_ms / WINDOW_MS, (WINDOW_MS - now_ms % WINDOW_MS).div_ceil(1_000))
}
