//! From text to message. Every mistake says what would be right.

use super::{Dialect, Relay, RelayKind};
use crate::{domain::room::NAME_CHARS_MAX, wire::error_code::ErrorCode};
use serde_json::{Map, Value};

/// Characters of one chat message.
pub const CHAT_CHARS_MAX: usize = 4_000;
/// Bytes of a token in a first message; as much as a header may carry.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Characters of what a guest says to be the guest's user id.
const USER_ID_CHARS_MAX: usize = 128;
/// Bytes of an address of somebody in a room.
const TARGET_BYTES_MAX: usize = 512;

/// What a client sends.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// Envelope only: come into the room with this code.
    Join {
        room_code: String,
        display_name: String,
        user_id: Option<String>,
    },
    /// Envelope only.
    Leave,
    Relay(Relay),
    Chat {
        target: Option<String>,
        text: String,
    },
    Heartbeat,
    /// Who is connected?
    Presence,
    /// Flat only, first message only: the credential that a browser cannot put into a header.
    Authenticate {
        token: String,
    },
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    pub code: ErrorCode,
    /// For the developer of the client.
    pub message: String,
}

impl Mistake {
    fn new(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::InvalidRequest, message: message.into() }
    }
}

/// Reads one text message.
///
/// # Errors
/// [`Mistake`], to be answered with `error`.
pub fn decode(dialect: Dialect, text: &str) -> Result<ClientMessage, Mistake> {
    let Ok(Value::Object(mut message)) = serde_json::from_str::<Value>(text) else {
        return Err(Mistake::new("A message is a JSON object"));
    };
    let Some(Value::String(kind)) = message.remove("type") else {
        return Err(Mistake::new("A message has a type, which is a string"));
    };
    let fields = match dialect {
        Dialect::Flat => message,
        Dialect::Envelope => match message.remove("payload") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(payload)) => payload,
            Some(_) => return Err(Mistake::new("payload is an object")),
        },
    };
    typed(dialect, &kind, fields)
}

fn typed(dialect: Dialect, kind: &str, mut fields: Map<String, Value>) -> Result<ClientMessage, Mistake> {
    match (dialect, kind) {
        (_, "offer") => relay(RelayKind::Offer, fields),
        (_, "answer") => relay(RelayKind::Answer, fields),
        (Dialect::Envelope, "ice_candidate") | (Dialect::Flat, "candidate") => relay(RelayKind::Candidate, fields),
        (_, "chat") => {
            let text = text(&mut fields, "text", CHAT_CHARS_MAX)?.ok_or_else(|| missing("text"))?;
            Ok(ClientMessage::Chat { target: target(&mut fields)?, text })
        }
        (_, "heartbeat") => Ok(ClientMessage::Heartbeat),
        (_, "presence") => Ok(ClientMessage::Presence),
        (Dialect::Envelope, "join") => join(fields),
        (Dialect::Envelope, "leave") => Ok(ClientMessage::Leave),
        (Dialect::Flat, "authenticate" | "auth") => match fields.remove("token") {
            Some(Value::String(token)) if token.len() <= TOKEN_BYTES_MAX => Ok(ClientMessage::Authenticate { token }),
            _ => Err(Mistake::new("token is the access token of a login, as a string")),
        },
        _ => Err(Mistake::new(format!("There is no message of that type here; there are: {}", known(dialect)))),
    }
}

const fn known(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Envelope => "join, leave, offer, answer, ice_candidate, chat, presence, heartbeat",
        Dialect::Flat => "offer, answer, candidate, chat, presence, heartbeat",
    }
}

fn join(mut fields: Map<String, Value>) -> Result<ClientMessage, Mistake> {
    let Some(Value::String(room_code)) = fields.remove("room_code") else { return Err(missing("room_code")) };
    Ok(ClientMessage::Join {
        room_code,
        display_name: text(&mut fields, "display_name", NAME_CHARS_MAX)?.unwrap_or_else(|| "Guest".to_owned()),
        user_id: text(&mut fields, "user_id", USER_ID_CHARS_MAX)?,
    })
}

fn relay(kind: RelayKind, mut fields: Map<String, Value>) -> Result<ClientMessage, Mistake> {
    let target = target(&mut fields)?;
    fields.remove("sender");
    let field = kind.field();
    let usable = match fields.get(field) {
        Some(Value::String(_) | Value::Object(_)) => true,
        // The end of the candidates.
        Some(Value::Null) => kind == RelayKind::Candidate,
        _ => false,
    };
    if !usable {
        return Err(Mistake::new(format!("{field} is missing, or neither a string nor an object")));
    }
    Ok(ClientMessage::Relay(Relay { kind, target, fields }))
}

fn target(fields: &mut Map<String, Value>) -> Result<Option<String>, Mistake> {
    match fields.remove("target") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(target)) if !target.is_empty() && target.len() <= TARGET_BYTES_MAX => Ok(Some(target)),
        Some(_) => Err(Mistake::new("target is the address of a participant, as a string")),
    }
}

fn text(fields: &mut Map<String, Value>, name: &str, chars_max: usize) -> Result<Option<String>, Mistake> {
    let wrong = || Mistake::new(format!("{name} is a string of 1 to {chars_max} printable characters"));
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            let bad = text.trim().is_empty() || text.chars().count() > chars_max || text.chars().any(control);
            if bad { Err(wrong()) } else { Ok(Some(text)) }
        }
        Some(_) => Err(wrong()),
    }
}

fn missing(name: &str) -> Mistake {
    Mistake::new(format!("{name} is missing"))
}
