//! `proto/viva/v1/events.proto` compiles and says the same as the JSON that the server sends and reads.

use protox::prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};
use viva::domain::{audio::codec::Codec, event::*};

fn pool() -> DescriptorPool {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let files = protox::compile(["viva/v1/interviews.proto"], [include]).expect("the file compiles");
    DescriptorPool::from_file_descriptor_set(files).expect("its types resolve")
}

fn message(name: &str) -> MessageDescriptor {
    pool().get_message_by_name(&format!("viva.v1.{name}")).unwrap_or_else(|| panic!("no message {name}"))
}

/// One of each event, once with every field set and once with every optional field left out.
fn events() -> Vec<LiveEvent> {
    let question = QuestionNumber { number: 2, total: 3 };
    let mut events = Vec::new();
    for some in [true, false] {
        let text = || some.then(|| "text".to_owned());
        events.extend([
            LiveEvent::State(StateData {
                status: "active",
                end_reason: some.then_some("completed"),
                engine: "builtin".into(),
                question,
                speaker: some.then_some("user"),
                time_limit_ms: 240_000,
            }),
            LiveEvent::Turn(TurnData { speaker: some.then_some("user"), state: "listening" }),
            LiveEvent::Question(QuestionData { number: 2, total: 3, text: "why".into() }),
            LiveEvent::Item(ItemData {
                item_id: "item_1".into(),
                role: "user",
                content: "words".into(),
                generated_content: String::new(),
                start_ms: 1,
                end_ms: some.then_some(2),
                state: "final",
                question: some.then_some(1),
                revision: 1,
            }),
            LiveEvent::Quality(QualityData {
                loss_ratio: 0.1,
                jitter_ms: 2.0,
                rtt_ms: some.then_some(3.0),
                concealed_ratio: 0.2,
                mos: some.then_some(4.1),
                agent_mos: some.then_some(4.2),
                voice_to_voice_ms: some.then_some(800),
                codec: Codec::Pcmu,
            }),
            LiveEvent::Notice(NoticeData { code: "code", text: "text".into(), level: "info" }),
            LiveEvent::Ended(EndedData { end_reason: "completed", saved: true, results_url: text() }),
        ]);
    }
    events
}

/// The oneof field for an event. No wildcard: a new event does not compile until it is here and in the file.
fn field_of(event: &LiveEvent) -> &'static str {
    match event {
        LiveEvent::State(_) => "session_state",
        LiveEvent::Turn(_) => "turn",
        LiveEvent::Question(_) => "question",
        LiveEvent::Item(_) => "transcript_item",
        LiveEvent::Quality(_) => "quality",
        LiveEvent::Notice(_) => "notice",
        LiveEvent::Ended(_) => "session_ended",
    }
}

/// The fields of `value` are exactly those of `message`, in kind as well.
fn check_fields(message: &MessageDescriptor, value: &Value) {
    let object = value.as_object().unwrap_or_else(|| panic!("{} is no object: {value}", message.name()));
    let mut in_json: Vec<_> = object.keys().map(String::as_str).collect();
    let mut in_proto: Vec<_> = message.fields().map(|field| field.name().to_owned()).collect();
    in_json.sort_unstable();
    in_proto.sort_unstable();
    assert_eq!(in_json, in_proto, "fields of {}", message.name());
    for field in message.fields() {
        check_kind(&field, &object[field.name()]);
    }
}

fn check_kind(field: &FieldDescriptor, value: &Value) {
    let fits = match (field.kind(), value) {
        (_, Value::Null) => field.supports_presence(),
        (Kind::Message(inner), Value::Object(_)) => {
            check_fields(&inner, value);
            true
        }
        (Kind::String, Value::String(_)) | (Kind::Bool, Value::Bool(_)) => true,
        (Kind::Uint64 | Kind::Uint32, Value::Number(number)) => number.is_u64(),
        (Kind::Double, Value::Number(number)) => number.is_f64(),
        _ => false,
    };
    assert!(fits, "{} is {:?}, the server sends {value}", field.full_name(), field.kind());
}

#[test]
fn every_event_has_the_fields_that_the_server_sends() {
    let envelope = message("Event");
    for event in events() {
        let field = envelope.get_field_by_name(field_of(&event)).expect("a field for the event");
        let sent = serde_json::to_value(Envelope { id: 1, at_ms: 2, event }).expect("an event is JSON");
        assert_eq!(sent["type"], json!(field.name().replacen("session_", "session.", 1).replacen("_item", ".item", 1)));
        let mut names: Vec<_> = sent.as_object().expect("an object").keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["at_ms", "data", "id", "type"]);
        let Kind::Message(data) = field.kind() else { panic!("{} is no message", field.name()) };
        check_fields(&data, &sent["data"]);
    }
}

#[test]
fn the_envelope_has_no_event_that_the_server_does_not_send() {
    let mut known: Vec<_> = events().iter().map(field_of).collect();
    known.sort_unstable();
    known.dedup();
    let oneof = message("Event").oneofs().next().expect("a oneof");
    let mut in_proto: Vec<_> = oneof.fields().map(|field| field.name().to_owned()).collect();
    in_proto.sort_unstable();
    assert_eq!(known, in_proto);
}

#[test]
fn the_server_reads_every_client_message() {
    let oneof = message("ClientMessage").oneofs().next().expect("a oneof");
    let mut read: Vec<ClientMessage> = Vec::new();
    for field in oneof.fields() {
        let Kind::Message(inner) = field.kind() else { panic!("{} is no message", field.name()) };
        let mut sent = json!({ "type": format!("candidate.{}", field.name()) });
        for part in inner.fields() {
            let value = if part.kind() == Kind::String { json!("text") } else { json!(1.5) };
            sent[part.json_name()] = value;
        }
        read.push(serde_json::from_value(sent).expect("the server reads it"));
    }
    let stats = ClientStats {
        jitter_buffer_delay: Some(1.5),
        jitter_buffer_emitted_count: Some(1.5),
        packets_lost: Some(1.5),
        packets_received: Some(1.5),
        concealed_samples: Some(1.5),
        silent_concealed_samples: Some(1.5),
        total_samples_received: Some(1.5),
        round_trip_time: Some(1.5),
    };
    let all = [
        ClientMessage::Finished,
        ClientMessage::Wait,
        ClientMessage::Repeat,
        ClientMessage::Text { text: "text".into() },
        ClientMessage::Stats(stats),
    ];
    assert_eq!(read, all);
    // No wildcard: a new client message does not compile until it is here.
    for message in all {
        match message {
            ClientMessage::Finished | ClientMessage::Wait | ClientMessage::Repeat => {}
            ClientMessage::Text { text: _ } | ClientMessage::Stats(_) => {}
        }
    }
}

#[test]
fn a_difference_would_be_found() {
    let turn = message("Turn");
    let differs = |value: Value| std::panic::catch_unwind(|| check_fields(&turn, &value)).is_err();
    assert!(!differs(json!({ "speaker": null, "state": "idle" })));
    assert!(differs(json!({ "speaker": null })), "a field is missing");
    assert!(differs(json!({ "speaker": null, "state": "idle", "since_ms": 1 })), "a field is new");
    assert!(differs(json!({ "speaker": null, "state": null })), "a field that is always there is null");
    assert!(differs(json!({ "speaker": 1, "state": "idle" })), "a field has another type");
}
