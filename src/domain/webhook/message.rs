//! What is sent: an envelope of ids. Whoever wants the words fetches them, and is asked who they are.

use crate::domain::id::encode_128_bits;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Before a secret (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a key.
pub const SECRET_BYTES_MIN: usize = 24;
pub const SECRET_BYTES_MAX: usize = 64;
/// What of an event's data is passed on. Anything else stays here, whoever put it there.
const PASSED_ON: [&str; 7] =
    ["end_reason", "reason", "state", "duration_ms", "receipt_id", "scorecard_id", "transcript_version"];
/// Characters of a value that is passed on: names and ids, never a sentence.
const VALUE_BYTES_MAX: usize = 128;

/// Why a secret cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("must be whsec_ and base64 behind it")]
    Form,
    #[error("must hold {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes")]
    Length,
}

/// The key of a secret as it is shown, `whsec_…`.
///
/// # Errors
/// [`SecretError`]
pub fn secret_key(text: &str) -> Result<Vec<u8>, SecretError> {
    let encoded = text.strip_prefix(SECRET_PREFIX).ok_or(SecretError::Form)?;
    let key = STANDARD.decode(encoded).map_err(|_| SecretError::Form)?;
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&key.len()) {
        return Err(SecretError::Length);
    }
    Ok(key)
}

/// A key as it is shown.
pub fn secret_text(key: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", STANDARD.encode(key))
}

/// The `webhook-id` of an event: the same on every try and at every endpoint. Event ids may hold a full stop, which the
/// signed text uses between its parts; these never do.
pub fn message_id(event_id: &str) -> String {
    let digest = Sha256::digest(event_id.as_bytes());
    let mut half = [0_u8; 16];
    half.copy_from_slice(&digest[..16]);
    format!("msg_{}", encode_128_bits(half))
}

/// The part of an event's data that may leave: names, ids and numbers under known keys, whoever put there what else.
pub fn passed_on(data: &Value) -> Map<String, Value> {
    let known = PASSED_ON.iter().filter_map(|&name| Some((name, data.get(name)?)));
    known.filter(|(_, value)| is_plain(value)).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub event_type: &'a str,
    pub occurred_at: Timestamp,
    /// `None`: it is about no session.
    pub session_id: Option<&'a str>,
    pub interview_id: Option<&'a str>,
    /// Who was interviewed, in the words of whoever started the session.
    pub user_id: Option<&'a str>,
    /// The event's own.
    pub data: &'a Value,
    /// Where this server is, without a trailing slash.
    pub public_url: &'a str,
}

impl Message<'_> {
    /// The body, the same for the same message.
    pub fn body(&self) -> String {
        let mut data = Map::new();
        for (name, value) in
            [("session_id", self.session_id), ("interview_id", self.interview_id), ("user_id", self.user_id)]
        {
            if let Some(value) = value {
                data.insert(name.to_owned(), value.into());
            }
        }
        data.extend(passed_on(self.data));
        if let Some(links) = self.links() {
            data.insert("links".to_owned(), links);
        }
        let timestamp = self.occurred_at.to_string();
        json!({"type": self.event_type, "timestamp": timestamp, "data": data}).to_string()
    }

    /// Where to fetch what it is about.
    fn links(&self) -> Option<Value> {
        let session_id = self.session_id?;
        if self.event_type == "session.erased" {
            return None;
        }
        let path = format!("{}/api/interview/{session_id}", self.public_url);
        let mut links = json!({
            "status": format!("{path}/status"),
            "results": format!("{path}/results"),
            "page": format!("{}/results/{session_id}", self.public_url),
        });
        if self.event_type == "recording.ready" {
            links["recording"] = format!("{path}/recording").into();
        }
        Some(links)
    }
}

/// A number, a truth value, nothing, or a name.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.len() <= VALUE_BYTES_MAX
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => true,
        Value::Array(_) | Value::Object(_) => false,
    }
}
