//! The code of a room: what people read to each other, and what opens the room.

use std::fmt;

/// Characters of a code.
pub const CODE_CHARS: usize = 6;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Six of `a-z0-9`: about 31 bits. That many can be guessed by a machine, so failed joins are limited per address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomCode([u8; CODE_CHARS]);

impl RoomCode {
    /// No code sorts behind it: the end of a range.
    pub const LAST: Self = Self(*b"zzzzzz");

    /// A code from 64 random bits; all codes are equally likely to within 2⁻³³.
    pub fn from_random(random: u64) -> Self {
        let mut value = random;
        Self(std::array::from_fn(|_| {
            let character = ALPHABET[(value % 36) as usize];
            value /= 36;
            character
        }))
    }

    /// A code as somebody wrote it; upper case is taken too. `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; CODE_CHARS] = text.as_bytes().try_into().ok()?;
        let code = code.map(|byte| byte.to_ascii_lowercase());
        code.iter().all(|byte| ALPHABET.contains(byte)).then_some(Self(code))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code opens a room, so logs do not show it.
impl fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomCode(redacted)")
    }
}
