//! Entries and what binds them.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As it is stored; `None` for what is none.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// One entry, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without holes.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub kind: String,
    /// JSON in its canonical form.
    pub data: String,
    /// Of the hash before it and this entry.
    pub hash: Digest,
}

/// Where a log has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub entries: u64,
    pub hash: Digest,
}

impl Head {
    /// Of a log without entries.
    pub fn new(session_id: &str) -> Self {
        Self { entries: 0, hash: genesis(session_id) }
    }

    /// The entry that follows, and the head after it.
    pub fn append(self, at_ms: i64, kind: &str, data: &Value) -> (Entry, Self) {
        let seq = self.entries + 1;
        let data = canonical(data);
        let hash = entry_hash(&self.hash, seq, at_ms, kind, &data);
        (Entry { seq, at_ms, kind: kind.to_owned(), data, hash }, Self { entries: seq, hash })
    }
}

/// What stands before the first entry: no log continues another session's.
pub fn genesis(session_id: &str) -> Digest {
    Digest::of(format!("viva log 1\n{session_id}").as_bytes())
}

/// SHA-256 over the hash before it and `[seq,at,"kind",data]`.
pub fn entry_hash(prev: &Digest, seq: u64, at_ms: i64, kind: &str, data: &str) -> Digest {
    let kind = Value::from(kind);
    let mut hash = Sha256::new();
    hash.update(prev.0);
    hash.update(format!("[{seq},{at_ms},{kind},{data}]"));
    Digest(hash.finalize().into())
}

/// JSON with sorted keys and without white space. For what the log holds (texts, whole numbers, lists, objects) this is
/// the form of RFC 8785.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|a, b| a.0.cmp(b.0));
            let one =
                |(name, value): &(&String, &Value)| format!("{}:{}", Value::from(name.as_str()), canonical(value));
            format!("{{{}}}", fields.iter().map(one).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
