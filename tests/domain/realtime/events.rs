//! Properties of every event.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use viva::wire::realtime::{
    ClientEvent, ClientMessage, ContentPart, Item, ResponseConfig, ServerEvent, ServerMessage, SessionConfig,
};

/// A value of the kind that a field of this name holds; events are built from field names, so that a new event needs
/// no line here.
fn field(name: &str) -> BoxedStrategy<Value> {
    let text = "\\PC{0,12}".prop_map(Value::from).boxed();
    let number = (0u32..1_000_000).prop_map(Value::from).boxed();
    match name {
        "output_index" | "content_index" | "audio_end_ms" | "audio_start_ms" | "received_at" => number,
        // Quarters: decimal and binary fractions alike.
        "start" | "end" => (0u32..4_000_000).prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)).boxed(),
        "previous_item_id" => option::of(text).prop_map(|id| id.unwrap_or(Value::Null)).boxed(),
        "session" => session().boxed(),
        "item" => item().boxed(),
        "part" => part().boxed(),
        "response" => response().boxed(),
        "error" => error().boxed(),
        "usage" => Just(json!({"type": "duration", "seconds": 1.5})).boxed(),
        "conversation" => Just(json!({"id": "conv_1"})).boxed(),
        "rate_limits" => Just(json!([{"name": "tokens", "limit": 5, "remaining": 4, "reset_seconds": 0.5}])).boxed(),
        _ => text,
    }
}

fn session() -> impl Strategy<Value = Value> {
    let turns = prop_oneof![
        Just(Value::Null),
        Just(json!({"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": null, "create_response": false})),
        Just(json!({"type": "semantic_vad", "eagerness": "low"})),
    ];
    let voice = prop_oneof![Just(json!("marin")), Just(json!({"id": "voice_1"}))];
    (turns, voice, "\\PC{0,20}", any::<bool>()).prop_map(|(turns, voice, instructions, nulls)| {
        let mut session = json!({
            "type": "realtime", "instructions": instructions, "max_output_tokens": "inf", "tools": [],
            "audio": {"input": {"turn_detection": turns}, "output": {"voice": voice, "speed": 1.0}},
        });
        if nulls {
            session["tracing"] = Value::Null;
            session["audio"]["input"]["transcription"] = Value::Null;
        }
        session
    })
}

fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        "\\PC{0,20}".prop_map(|text| json!({"type": "text", "text": text})),
        "\\PC{0,20}".prop_map(|text| json!({"type": "audio", "transcript": text})),
        Just(json!({"type": "input_audio"})),
    ]
}

fn item() -> impl Strategy<Value = Value> {
    let role = prop_oneof![Just("user"), Just("assistant"), Just("system")];
    (role, vec(part(), 0..3)).prop_map(|(role, content)| {
        json!({"id": "item_1", "type": "message", "object": "realtime.item", "role": role, "content": content})
    })
}

fn response() -> impl Strategy<Value = Value> {
    let usage = prop_oneof![
        Just(Value::Null),
        Just(json!({
            "total_tokens": 3, "input_tokens": 1, "output_tokens": 2,
            "input_token_details": {"text_tokens": 1, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": 2, "audio_tokens": 0},
        })),
    ];
    let details = prop_oneof![
        Just(Value::Null),
        Just(json!({"type": "cancelled", "reason": "turn_detected"})),
        Just(json!({"type": "failed", "error": {"type": "server_error", "code": "x"}})),
    ];
    (vec(item(), 0..2), usage, details).prop_map(|(output, usage, details)| {
        json!({
            "object": "realtime.response", "id": "resp_1", "status": "completed", "status_details": details,
            "output": output, "usage": usage, "metadata": {"viva_tag": "greeting"},
        })
    })
}

fn error() -> impl Strategy<Value = Value> {
    let code = option::of("[a-z_]{1,20}");
    (code, "\\PC{0,30}").prop_map(|(code, message)| {
        json!({"type": "invalid_request_error", "code": code, "message": message, "param": null, "event_id": null})
    })
}

/// Every server event with all of its fields: the default of its type names them.
fn server_event() -> impl Strategy<Value = Value> {
    prop::sample::select(ServerEvent::KINDS).prop_flat_map(|kind| {
        let empty: ServerEvent = serde_json::from_value(json!({ "type": kind })).expect("all fields have defaults");
        let Value::Object(fields) = serde_json::to_value(&empty).expect("json") else { panic!("{kind}") };
        let names: Vec<String> = fields.keys().filter(|name| *name != "type").cloned().collect();
        let strategies: Vec<_> = names.iter().map(|name| transcription_error(kind, name)).collect();
        strategies.prop_map(move |values| {
            let mut event: Value = names.iter().cloned().zip(values).collect();
            event["type"] = json!(kind);
            event["event_id"] = json!("event_1");
            event
        })
    })
}

/// The error of a failed transcription has no nulls, unlike that of `error`.
fn transcription_error(kind: &str, name: &str) -> BoxedStrategy<Value> {
    if kind.ends_with("transcription.failed") && name == "error" {
        return Just(json!({"type": "transcription_error", "code": "audio_unintelligible", "message": "m"})).boxed();
    }
    field(name)
}

fn client_event() -> impl Strategy<Value = ClientEvent> {
    let text = || "\\PC{0,30}";
    let items = item().prop_map(|item| serde_json::from_value::<Item>(item).expect("an item"));
    prop_oneof![
        session().prop_map(|session| ClientEvent::SessionUpdate {
            session: Box::new(serde_json::from_value::<SessionConfig>(session).expect("a session")),
        }),
        "[A-Za-z0-9+/]{0,40}".prop_map(|audio| ClientEvent::InputAudioAppend { audio }),
        Just(ClientEvent::InputAudioCommit {}),
        Just(ClientEvent::InputAudioClear {}),
        (option::of(text()), items)
            .prop_map(|(previous_item_id, item)| ClientEvent::ItemCreate { previous_item_id, item }),
        text().prop_map(|item_id| ClientEvent::ItemRetrieve { item_id }),
        text().prop_map(|item_id| ClientEvent::ItemDelete { item_id }),
        (text(), 0u32..9, 0u64..1 << 40).prop_map(|(item_id, content_index, audio_end_ms)| {
            ClientEvent::ItemTruncate { item_id, content_index, audio_end_ms }
        }),
        option::of(text()).prop_map(|instructions| ClientEvent::ResponseCreate {
            response: instructions.map(|instructions| {
                Box::new(ResponseConfig { instructions: Some(instructions), ..ResponseConfig::default() })
            }),
            script: None,
        }),
        option::of(text()).prop_map(|response_id| ClientEvent::ResponseCancel { response_id }),
        Just(ClientEvent::OutputAudioClear {}),
    ]
}

/// Words that look like events, and worse.
fn nonsense() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(ServerEvent::KINDS);
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!([[]])),
        Just(json!({"type": 1})),
        Just(json!(true)),
    ];
    let names = prop::sample::select(vec![
        "session",
        "item",
        "response",
        "delta",
        "part",
        "error",
        "item_id",
        "response_id",
        "audio_start_ms",
        "usage",
    ]);
    prop_oneof![
        "\\PC{0,60}",
        (kind, vec((names, value), 0..4)).prop_map(|(kind, fields)| {
            let mut event = json!({ "type": kind });
            fields.into_iter().for_each(|(name, value)| event[name] = value);
            event.to_string()
        }),
        (server_event(), any::<prop::sample::Index>()).prop_map(|(event, cut)| {
            let text = event.to_string();
            let end = (0..=cut.index(text.len() + 1)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            text[..end].to_owned()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_server_event_is_read_and_written_whole(event in server_event()) {
        let message = ServerMessage::parse(&event.to_string()).expect("an event");
        prop_assert_eq!(message.event_id.as_deref(), Some("event_1"));
        prop_assert_ne!(&message.event, &ServerEvent::Unknown);
        prop_assert_eq!(message.event.kind(), event["type"].as_str().expect("a type"));
        let written = serde_json::to_value(&message).expect("json");
        prop_assert_eq!(&written, &event, "nothing is lost, nothing is added");
    }

    #[test]
    fn a_client_event_is_written_and_read_whole(event in client_event(), id in option::of("[a-z0-9_]{1,20}")) {
        let message = ClientMessage { event_id: id.clone(), event, kind: String::new() };
        let text = serde_json::to_string(&message).expect("json");
        let read = ClientMessage::parse(&text).expect("an event");
        prop_assert_eq!(read.event, message.event);
        prop_assert_eq!(read.event_id, id);
    }

    #[test]
    fn unknown_fields_and_missing_fields_do_no_harm(event in server_event(), drop in any::<prop::sample::Index>()) {
        let mut event = event;
        event["obfuscation"] = json!("xyz");
        let fields = event.as_object_mut().expect("an object");
        let names: Vec<String> = fields.keys().filter(|name| *name != "type").cloned().collect();
        fields.remove(drop.get(&names));
        let message = ServerMessage::parse(&event.to_string()).expect("an event");
        prop_assert_ne!(message.event, ServerEvent::Unknown);
    }

    #[test]
    fn nonsense_never_panics(text in nonsense()) {
        let _ = ServerMessage::parse(&text);
        let _ = ClientMessage::parse(&text);
        let _ = viva::wire::realtime::audio::parse_delta(&text);
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            use viva::wire::realtime::dialect;
            dialect::server_to_ga(value.clone());
            dialect::server_to_beta(value.clone());
            dialect::client_to_ga(value.clone());
            dialect::client_to_beta(value);
        }
    }
}

#[test]
fn an_unknown_event_keeps_its_name() {
    let message = ServerMessage::parse(r#"{"type":"response.new_thing","event_id":"e"}"#).expect("an event");
    assert_eq!((message.event, message.kind.as_str()), (ServerEvent::Unknown, "response.new_thing"));
    let message = ClientMessage::parse(r#"{"type":"session.close"}"#).expect("an event");
    assert_eq!((message.event, message.kind.as_str()), (ClientEvent::Unknown, "session.close"));
}

#[test]
fn what_is_no_event_is_refused() {
    for text in ["", "7", "null", "[]", "{}", r#"{"type":null}"#, r#"{"type":["a"]}"#, r#"{"type":"error""#] {
        assert!(ServerMessage::parse(text).is_err(), "{text}");
        assert!(ClientMessage::parse(text).is_err(), "{text}");
    }
}

#[test]
fn nulls_are_written_only_where_the_service_writes_them() {
    let written = |event: ServerEvent| serde_json::to_value(ServerMessage::new("e".into(), event)).expect("json");
    let part = ContentPart { kind: "input_audio".into(), ..ContentPart::default() };
    let item = Item { kind: "message".into(), content: Some(vec![part]), ..Item::default() };
    let added = written(ServerEvent::ItemAdded(viva::wire::realtime::ItemEvent { previous_item_id: None, item }));
    assert_eq!(
        added,
        json!({
            "event_id": "e", "type": "conversation.item.added", "previous_item_id": null,
            "item": {"type": "message", "content": [{"type": "input_audio"}]},
        })
    );
    let created = written(ServerEvent::ResponseCreated(Default::default()));
    let nulls: Vec<&String> = created["response"]
        .as_object()
        .expect("an object")
        .iter()
        .filter_map(|(name, value)| value.is_null().then_some(name))
        .collect();
    assert_eq!(nulls, ["metadata", "status_details", "usage"]);
}
