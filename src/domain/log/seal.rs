//! Digests of rows that say nothing without the session's salt.

use super::Digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use std::{collections::BTreeMap, fmt};

/// The value of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A row of a session, with the columns that are sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub table: String,
    /// What tells it from other rows of its session in its table.
    pub key: String,
    pub cells: BTreeMap<String, Cell>,
}

/// The key of a session's digests. Without it a digest cannot be tried against guessed words.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt")
    }
}

impl Salt {
    /// From the operating system's randomness.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As it is stored.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// To be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the first entry of the log says of it.
    pub fn commitment(&self) -> String {
        Digest::of(&self.0).to_string()
    }

    /// Which row it is.
    pub fn row(&self, table: &str, key: &str) -> String {
        self.digest(&["row", table, key], b"")
    }

    /// What a column of a row holds.
    pub fn cell(&self, row: &Row, column: &str, cell: &Cell) -> String {
        let (tag, bytes): (&str, Vec<u8>) = match cell {
            Cell::Null => ("null", Vec::new()),
            Cell::Integer(value) => ("integer", value.to_string().into_bytes()),
            Cell::Real(value) => ("real", value.to_bits().to_be_bytes().to_vec()),
            Cell::Text(value) => ("text", value.clone().into_bytes()),
            Cell::Blob(value) => ("blob", value.clone()),
        };
        self.digest(&["cell", &row.table, &row.key, column, tag], &bytes)
    }

    /// The data of an entry that seals these columns of a row; none: all that it has.
    pub fn seal(&self, row: &Row, columns: &[&str]) -> Value {
        let wanted = |name: &str| columns.is_empty() || columns.contains(&name);
        let cells = row.cells.iter().filter(|(name, _)| wanted(name));
        let digests: Map<String, Value> =
            cells.map(|(name, cell)| (name.clone(), self.cell(row, name, cell).into())).collect();
        json!({"table": row.table, "row": self.row(&row.table, &row.key), "columns": digests})
    }

    /// HMAC-SHA256 over parts that cannot run into each other.
    fn digest(&self, parts: &[&str], value: &[u8]) -> String {
        // Any length is a key for HMAC (RFC 2104); should it not be, nothing of the value may show.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.update(value);
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}
