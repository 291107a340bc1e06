//! Identifiers. Each is a newtype around a shared string, so that a clone is cheap and two kinds never mix.

use std::{fmt, sync::Arc};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps an identifier that was made elsewhere.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One run of an interview. 128 random bits behind the prefix `ses_`, so that it cannot be guessed.
    SessionId
);
id!(
    /// A person with an account here. 128 random bits behind the prefix `usr_`.
    UserId
);
id!(
    /// One thing said, in the speech model's words: an item of the conversation.
    ItemId
);
id!(
    /// One reply of the speech model.
    ResponseId
);
id!(
    /// One WebSocket of a room: what others address it by.
    SocketId
);

/// Random bits that make an identifier unguessable, as lower-case base 32 (RFC 4648 alphabet, 26 characters).
///
/// The randomness is the caller's, so that this stays pure.
pub fn encode_128_bits(random: [u8; 16]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut value = u128::from_be_bytes(random);
    let mut text = [0u8; 26];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    text.iter().map(|&byte| byte as char).collect()
}

impl UserId {
    /// A new user id from 128 random bits.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self::new(format!("usr_{}", encode_128_bits(random)))
    }
}

impl SessionId {
    /// A new session id from 128 random bits.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self::new(format!("ses_{}", encode_128_bits(random)))
    }

    /// Whether a client may choose this id, as the voice contract lets it: 1 to 128 of `[A-Za-z0-9._:-]`, and no path
    /// of dots alone. Ids that we make are of this form too.
    pub fn is_client_chosen(text: &str) -> bool {
        (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
            && text.bytes().any(|byte| byte != b'.')
    }

    /// Whether `text` has the form of a session id that we made: what does not is refused before any look-up.
    pub fn is_well_formed(text: &str) -> bool {
        text.strip_prefix("ses_")
            .is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')))
    }
}

impl SocketId {
    /// A new socket id from 128 random bits.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self::new(encode_128_bits(random))
    }
}
