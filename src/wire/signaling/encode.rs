//! From notice to text.

use super::{Dialect, Relay};
use crate::{
    domain::{id::SocketId, room::Participant, room::RoomCode},
    wire::error_code::ErrorCode,
};
use serde_json::{Map, Value, json};

/// What a client is told.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// Envelope only: the socket's own address.
    Connected {
        socket_id: &'a SocketId,
    },
    /// Envelope only: the join worked; `others` were here before, connected.
    RoomJoined {
        room_code: RoomCode,
        socket_id: &'a SocketId,
        others: &'a [&'a Participant],
    },
    /// Flat only: the token of the first message was good.
    Authenticated {
        room_code: RoomCode,
    },
    /// Somebody came. One without a socket is news in the flat dialect only, where names are addresses.
    Joined {
        room_code: RoomCode,
        participant: &'a Participant,
    },
    /// Somebody left.
    Left {
        room_code: RoomCode,
        participant: &'a Participant,
    },
    /// Something that `sender` sent, to `target` alone or to all.
    Relayed {
        relay: &'a Relay,
        sender: &'a Participant,
        target: Option<&'a Participant>,
    },
    Chat {
        text: &'a str,
        sender: &'a Participant,
        target: Option<&'a Participant>,
    },
    HeartbeatResponse,
    /// Who is connected, the asker included.
    Presence {
        room_code: RoomCode,
        connected: &'a [&'a Participant],
    },
    Error {
        code: ErrorCode,
        message: &'a str,
    },
}

/// The text of a notice; `None` where the dialect has no such message.
pub fn encode(dialect: Dialect, notice: &Notice<'_>) -> Option<String> {
    let (kind, fields) = match dialect {
        Dialect::Envelope => envelope(notice)?,
        Dialect::Flat => flat(notice)?,
    };
    let message = match dialect {
        Dialect::Envelope => json!({"type": kind, "payload": fields}),
        Dialect::Flat => {
            let mut message = fields;
            // A client may have sent a whole description as the fields; the type of the message is the server's.
            message.insert("type".to_owned(), kind.into());
            Value::Object(message)
        }
    };
    Some(message.to_string())
}

fn envelope(notice: &Notice<'_>) -> Option<(&'static str, Map<String, Value>)> {
    let dialect = Dialect::Envelope;
    Some(match notice {
        Notice::Connected { socket_id } => ("connected", object(json!({"socket_id": socket_id.as_str()}))),
        Notice::RoomJoined { room_code, socket_id, others } => {
            let participants: Vec<Value> = others.iter().filter_map(|one| person(one)).map(Value::Object).collect();
            let fields = json!({
                "room_code": room_code.as_str(),
                "socket_id": socket_id.as_str(),
                "participants": participants,
            });
            ("room_joined", object(fields))
        }
        Notice::Joined { participant, .. } => ("participant_joined", person(participant)?),
        Notice::Left { participant, .. } => ("participant_left", person(participant)?),
        Notice::Relayed { relay, sender, target } => {
            (relay.kind.name(dialect), relayed(dialect, relay, sender, *target))
        }
        Notice::Chat { text, sender, target } => ("chat", chat(dialect, text, sender, *target)),
        Notice::HeartbeatResponse => ("heartbeat_response", Map::new()),
        Notice::Presence { room_code, connected } => {
            let participants: Vec<Value> = connected.iter().filter_map(|one| person(one)).map(Value::Object).collect();
            ("presence", object(json!({"room_code": room_code.as_str(), "participants": participants})))
        }
        Notice::Error { code, message } => ("error", object(json!({"code": code.row().name, "message": message}))),
        Notice::Authenticated { .. } => return None,
    })
}

fn flat(notice: &Notice<'_>) -> Option<(&'static str, Map<String, Value>)> {
    let dialect = Dialect::Flat;
    let moved = |room_code: &RoomCode, participant: &Participant| {
        object(json!({
            "username": &*participant.name,
            "room_id": room_code.as_str(),
            "display_name": &*participant.display_name,
        }))
    };
    Some(match notice {
        Notice::Authenticated { room_code } => ("authenticated", object(json!({"room_id": room_code.as_str()}))),
        Notice::Joined { room_code, participant } => ("user_joined", moved(room_code, participant)),
        Notice::Left { room_code, participant } => ("user_left", moved(room_code, participant)),
        Notice::Relayed { relay, sender, target } => {
            (relay.kind.name(dialect), relayed(dialect, relay, sender, *target))
        }
        Notice::Chat { text, sender, target } => ("chat", chat(dialect, text, sender, *target)),
        Notice::HeartbeatResponse => ("heartbeat_response", Map::new()),
        Notice::Presence { room_code, connected } => {
            let users: Vec<&str> = connected.iter().map(|one| &*one.name).collect();
            ("presence", object(json!({"room_id": room_code.as_str(), "users": users})))
        }
        Notice::Error { code, message } => ("error", object(json!({"code": code.row().name, "message": message}))),
        Notice::Connected { .. } | Notice::RoomJoined { .. } => return None,
    })
}

fn relayed(dialect: Dialect, relay: &Relay, sender: &Participant, target: Option<&Participant>) -> Map<String, Value> {
    let mut fields = relay.fields.clone();
    addressed(&mut fields, dialect, sender, target);
    fields
}

fn chat(dialect: Dialect, text: &str, sender: &Participant, target: Option<&Participant>) -> Map<String, Value> {
    let mut fields = object(json!({"text": text, "display_name": &*sender.display_name}));
    addressed(&mut fields, dialect, sender, target);
    fields
}

fn addressed(fields: &mut Map<String, Value>, dialect: Dialect, sender: &Participant, target: Option<&Participant>) {
    fields.insert("sender".to_owned(), dialect.address(sender).into());
    if let Some(target) = target {
        fields.insert("target".to_owned(), dialect.address(target).into());
    }
}

/// A participant as the envelope dialect shows it; `None` for one without a socket.
fn person(participant: &Participant) -> Option<Map<String, Value>> {
    let socket_id = participant.socket_id.as_ref()?;
    Some(object(json!({
        "socket_id": socket_id.as_str(),
        "display_name": &*participant.display_name,
        "user_id": participant.user_id.as_deref(),
        "joined_at": participant.joined_at.to_string(),
    })))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
