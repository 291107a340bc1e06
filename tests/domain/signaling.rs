//! Both dialects of signalling: what is read, what is written, and what is said about mistakes.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use viva::{
    domain::{
        id::SocketId,
        room::{Participant, RoomCode},
    },
    wire::{
        error_code::ErrorCode,
        signaling::{CHAT_CHARS_MAX, ClientMessage, Dialect, Notice, Relay, RelayKind, decode, encode},
    },
};

fn read(dialect: Dialect, message: &Value) -> Result<ClientMessage, String> {
    decode(dialect, &message.to_string()).map_err(|mistake| mistake.message)
}

fn written(dialect: Dialect, notice: &Notice<'_>) -> Value {
    serde_json::from_str(&encode(dialect, notice).expect("a message of this dialect")).unwrap()
}

fn participant(socket: Option<&str>, name: &str) -> Participant {
    Participant {
        socket_id: socket.map(SocketId::new),
        display_name: name.into(),
        name: name.into(),
        user_id: Some("u1".into()),
        is_member: true,
        joined_at: Timestamp::from_second(1_766_053_860).unwrap(),
    }
}

fn relay_of(message: ClientMessage) -> Relay {
    match message {
        ClientMessage::Relay(relay) => relay,
        other => panic!("not a relay: {other:?}"),
    }
}

#[test]
fn the_envelope_dialect_is_read() {
    let join = json!({"type": "join", "payload": {
        "room_code": "a7x9k2", "display_name": "John Doe", "user_id": "student_456"}});
    let expected = ClientMessage::Join {
        room_code: "a7x9k2".to_owned(),
        display_name: "John Doe".to_owned(),
        user_id: Some("student_456".to_owned()),
    };
    assert_eq!(read(Dialect::Envelope, &join), Ok(expected));
    let bare = read(Dialect::Envelope, &json!({"type": "join", "payload": {"room_code": "x"}})).unwrap();
    assert!(matches!(bare, ClientMessage::Join { display_name, user_id: None, .. } if display_name == "Guest"));
    assert_eq!(read(Dialect::Envelope, &json!({"type": "leave"})), Ok(ClientMessage::Leave));
    assert_eq!(read(Dialect::Envelope, &json!({"type": "leave", "payload": null})), Ok(ClientMessage::Leave));
    assert_eq!(read(Dialect::Envelope, &json!({"type": "heartbeat"})), Ok(ClientMessage::Heartbeat));
    assert_eq!(read(Dialect::Envelope, &json!({"type": "presence"})), Ok(ClientMessage::Presence));
    let candidate = json!({"type": "ice_candidate", "payload": {
        "target": "s2", "sender": "forged", "candidate": {"candidate": "candidate:1", "sdpMid": "0"}, "extra": [1]}});
    let relay = relay_of(read(Dialect::Envelope, &candidate).unwrap());
    assert_eq!((relay.kind, relay.target.as_deref()), (RelayKind::Candidate, Some("s2")));
    let expected = json!({"candidate": {"candidate": "candidate:1", "sdpMid": "0"}, "extra": [1]});
    assert_eq!(Value::Object(relay.fields), expected, "all but target and sender pass");
}

#[test]
fn the_flat_dialect_is_read() {
    for (kind, field, expected) in [
        ("offer", "sdp", RelayKind::Offer),
        ("answer", "sdp", RelayKind::Answer),
        ("candidate", "candidate", RelayKind::Candidate),
    ] {
        for body in [json!("v=0 or so"), json!({"type": kind, "sdp": "v=0"})] {
            let message = json!({"type": kind, "sender": "me", "target": "bob", field: body});
            let relay = relay_of(read(Dialect::Flat, &message).unwrap());
            assert_eq!((relay.kind, relay.target.as_deref()), (expected, Some("bob")));
            assert_eq!(Value::Object(relay.fields), json!({field: body}));
        }
    }
    let end = relay_of(read(Dialect::Flat, &json!({"type": "candidate", "candidate": null})).unwrap());
    assert_eq!(end.target, None);
    assert_eq!(read(Dialect::Flat, &json!({"type": "heartbeat"})), Ok(ClientMessage::Heartbeat));
    let chat = json!({"type": "chat", "sender": "me", "text": "hello\nthere"});
    let expected = ClientMessage::Chat { target: None, text: "hello\nthere".to_owned() };
    assert_eq!(read(Dialect::Flat, &chat), Ok(expected));
    let token = json!({"type": "authenticate", "token": "a.b.c"});
    assert_eq!(read(Dialect::Flat, &token), Ok(ClientMessage::Authenticate { token: "a.b.c".to_owned() }));
}

#[test]
fn mistakes_say_what_would_be_right() {
    for (dialect, text, hint) in [
        (Dialect::Envelope, "", "JSON object"),
        (Dialect::Envelope, "nonsense", "JSON object"),
        (Dialect::Flat, "[]", "JSON object"),
        (Dialect::Flat, "{}", "has a type"),
        (Dialect::Flat, r#"{"type":3}"#, "has a type"),
        (Dialect::Flat, r#"{"type":"dance"}"#, "candidate, chat"),
        (Dialect::Envelope, r#"{"type":"candidate","payload":{"candidate":""}}"#, "ice_candidate"),
        (Dialect::Envelope, r#"{"type":"join","payload":[]}"#, "payload is an object"),
        (Dialect::Envelope, r#"{"type":"join","payload":{}}"#, "room_code"),
        (Dialect::Envelope, r#"{"type":"join","payload":{"room_code":5}}"#, "room_code"),
        (Dialect::Envelope, r#"{"type":"join","payload":{"room_code":"x","display_name":" "}}"#, "display_name"),
        (Dialect::Envelope, r#"{"type":"join","payload":{"room_code":"x","user_id":7}}"#, "user_id"),
        (Dialect::Flat, r#"{"type":"join","room_code":"x"}"#, "no message of that type"),
        (Dialect::Flat, r#"{"type":"offer","target":"bob"}"#, "sdp"),
        (Dialect::Flat, r#"{"type":"offer","sdp":null}"#, "sdp"),
        (Dialect::Flat, r#"{"type":"candidate","candidate":4}"#, "candidate"),
        (Dialect::Flat, r#"{"type":"offer","sdp":"x","target":""}"#, "target"),
        (Dialect::Flat, r#"{"type":"offer","sdp":"x","target":{}}"#, "target"),
        (Dialect::Flat, r#"{"type":"chat"}"#, "text"),
        (Dialect::Flat, r#"{"type":"authenticate"}"#, "token"),
    ] {
        let mistake = decode(dialect, text).expect_err(text);
        assert!(mistake.message.contains(hint), "{text}: {}", mistake.message);
        assert_eq!(mistake.code, ErrorCode::InvalidRequest);
    }
    let long = json!({"type": "chat", "text": "x".repeat(CHAT_CHARS_MAX + 1)});
    assert!(read(Dialect::Flat, &long).is_err());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(decode(Dialect::Flat, &deep).is_err(), "depth is bounded");
}

#[test]
fn the_envelope_dialect_is_written() {
    let dialect = Dialect::Envelope;
    let (ann, bob) = (participant(Some("s1"), "ann"), participant(Some("s2"), "bob"));
    let absent = participant(None, "away");
    let room_code = RoomCode::parse("a7x9k2").unwrap();
    let socket_id = SocketId::new("s1");
    let ann_body =
        json!({"socket_id": "s1", "display_name": "ann", "user_id": "u1", "joined_at": "2025-12-18T10:31:00Z"});
    for (notice, expected) in [
        (Notice::Connected { socket_id: &socket_id }, json!({"type": "connected", "payload": {"socket_id": "s1"}})),
        (
            Notice::RoomJoined { room_code, socket_id: &SocketId::new("s2"), others: &[&ann, &absent] },
            json!({"type": "room_joined", "payload": {
                "room_code": "a7x9k2", "socket_id": "s2", "participants": [ann_body]}}),
        ),
        (Notice::Joined { room_code, participant: &ann }, json!({"type": "participant_joined", "payload": ann_body})),
        (Notice::Left { room_code, participant: &ann }, json!({"type": "participant_left", "payload": ann_body})),
        (
            Notice::Chat { text: "hi", sender: &ann, target: Some(&bob) },
            json!({"type": "chat", "payload": {"sender": "s1", "target": "s2", "text": "hi", "display_name": "ann"}}),
        ),
        (Notice::HeartbeatResponse, json!({"type": "heartbeat_response", "payload": {}})),
        (
            Notice::Presence { room_code, connected: &[&ann] },
            json!({"type": "presence", "payload": {"room_code": "a7x9k2", "participants": [ann_body]}}),
        ),
        (
            Notice::Error { code: ErrorCode::RoomFull, message: "full" },
            json!({"type": "error", "payload": {"code": "room_full", "message": "full"}}),
        ),
    ] {
        assert_eq!(written(dialect, &notice), expected);
    }
    assert_eq!(encode(dialect, &Notice::Joined { room_code, participant: &absent }), None, "no address, no news");
    assert_eq!(encode(dialect, &Notice::Authenticated { room_code }), None);
}

#[test]
fn the_flat_dialect_is_written() {
    let dialect = Dialect::Flat;
    let (ann, bob) = (participant(Some("s1"), "ann"), participant(None, "bob"));
    let room_code = RoomCode::parse("a7x9k2").unwrap();
    let moved = |kind: &str| json!({"type": kind, "username": "bob", "room_id": "a7x9k2", "display_name": "bob"});
    for (notice, expected) in [
        (Notice::Joined { room_code, participant: &bob }, moved("user_joined")),
        (Notice::Left { room_code, participant: &bob }, moved("user_left")),
        (
            Notice::Chat { text: "hi", sender: &ann, target: None },
            json!({"type": "chat", "sender": "ann", "text": "hi", "display_name": "ann"}),
        ),
        (Notice::HeartbeatResponse, json!({"type": "heartbeat_response"})),
        (
            Notice::Presence { room_code, connected: &[&ann] },
            json!({"type": "presence", "room_id": "a7x9k2", "users": ["ann"]}),
        ),
        (
            Notice::Error { code: ErrorCode::NotFound, message: "gone" },
            json!({"type": "error", "code": "not_found", "message": "gone"}),
        ),
        (Notice::Authenticated { room_code }, json!({"type": "authenticated", "room_id": "a7x9k2"})),
    ] {
        assert_eq!(written(dialect, &notice), expected);
    }
    let socket_id = SocketId::new("s1");
    assert_eq!(encode(dialect, &Notice::Connected { socket_id: &socket_id }), None);
    assert_eq!(encode(dialect, &Notice::RoomJoined { room_code, socket_id: &socket_id, others: &[] }), None);
}

/// What one side says in its dialect, the other hears in its own: addresses translated, descriptions untouched.
#[test]
fn the_dialects_meet() {
    let (guest, user) = (participant(Some("s1"), "s1"), participant(Some("s2"), "bob"));
    let spread = json!({"type": "offer", "payload": {"target": "s2", "type": "offer", "sdp": "v=0\r\n"}});
    let relay = relay_of(read(Dialect::Envelope, &spread).unwrap());
    let heard = written(Dialect::Flat, &Notice::Relayed { relay: &relay, sender: &guest, target: Some(&user) });
    assert_eq!(heard, json!({"type": "offer", "sender": "s1", "target": "bob", "sdp": "v=0\r\n"}));
    let same = written(Dialect::Envelope, &Notice::Relayed { relay: &relay, sender: &guest, target: Some(&user) });
    let expected = json!({"type": "offer", "sdp": "v=0\r\n", "sender": "s1", "target": "s2"});
    assert_eq!(same, json!({"type": "offer", "payload": expected}), "what is beside the description passes too");
    let candidate = json!({"type": "candidate", "target": "s1", "candidate": {"candidate": "x", "sdpMLineIndex": 0}});
    let relay = relay_of(read(Dialect::Flat, &candidate).unwrap());
    let heard = written(Dialect::Envelope, &Notice::Relayed { relay: &relay, sender: &user, target: None });
    let payload = json!({"sender": "s2", "candidate": {"candidate": "x", "sdpMLineIndex": 0}});
    assert_eq!(heard, json!({"type": "ice_candidate", "payload": payload}));
}

proptest! {
    #[test]
    fn no_text_makes_the_decoder_panic(text in ".{0,200}") {
        let _ = decode(Dialect::Flat, &text);
        let _ = decode(Dialect::Envelope, &text);
    }

    #[test]
    fn descriptions_pass_verbatim(sdp in ".{1,300}") {
        let text = json!({"type": "offer", "payload": {"sdp": sdp}}).to_string();
        let relay = relay_of(decode(Dialect::Envelope, &text).unwrap());
        let sender = participant(Some("s1"), "ann");
        let heard = written(Dialect::Flat, &Notice::Relayed { relay: &relay, sender: &sender, target: None });
        prop_assert_eq!(heard["sdp"].as_str(), Some(sdp.as_str()));
    }
}
