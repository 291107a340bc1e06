//! The operating system's randomness, for identifiers, tokens and seeds. The pure half gets it as arguments.

use crate::domain::id::encode_128_bits;

/// Unpredictable bytes.
///
/// # Panics
/// When the operating system has no randomness: no identifier made then would be safe.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// An unpredictable number, for seeds.
pub fn seed() -> u64 {
    u64::from_le_bytes(bytes())
}

/// An id for one request: unguessable is not needed, unique is.
pub fn request_id() -> String {
    format!("req_{}", encode_128_bits(bytes()))
}
