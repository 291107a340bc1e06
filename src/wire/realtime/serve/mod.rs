//! What every server of this API does, whatever hears and speaks behind it: the items of a conversation, the order of
//! a response's events, the session object. [`Served`] is a whole conversation; a scripted server uses the parts.
//!
//! Sans-IO: client messages and news of the engine in, [`Output`]s out, no clock.

mod items;
mod ladder;
mod served;
mod session;
mod speech;

pub use items::{Items, Known};
pub use ladder::{Ladder, Manner};
pub use served::{Output, Served, Setup};
pub use session::{Formats, default_session, update_session};

use crate::wire::realtime::{ContentPart, ErrorBody, Item};

/// The body of an `error` event.
pub fn error_body(kind: &str, code: Option<&str>, message: &str, param: Option<&str>) -> ErrorBody {
    ErrorBody {
        kind: kind.to_owned(),
        code: code.map(str::to_owned),
        message: message.to_owned(),
        param: param.map(str::to_owned),
        event_id: None,
    }
}

/// An error that is the client's own.
pub fn invalid(code: &str, message: impl AsRef<str>, param: Option<&str>) -> ErrorBody {
    error_body("invalid_request_error", Some(code), message.as_ref(), param)
}

/// A message item as a server writes it.
pub fn message(id: &str, role: &str, status: &str, content: Vec<ContentPart>) -> Item {
    Item {
        id: Some(id.to_owned()),
        object: Some("realtime.item".into()),
        kind: "message".into(),
        status: Some(status.into()),
        role: Some(role.into()),
        content: Some(content),
        ..Item::default()
    }
}

/// The words that instructions ask for: between the last triple quotes, as our own client writes them.
pub fn words_asked_for(instructions: &str) -> Option<&str> {
    let end = instructions.rfind("\"\"\"")?;
    let start = instructions[..end].rfind("\"\"\"")? + 3;
    Some(instructions[start..end].trim()).filter(|words| !words.is_empty())
}
