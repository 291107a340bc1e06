//! The beta dialect, at the edge only. OpenAI removed it on 2026-05-12; other servers and old clients still speak it.
//!
//! Inside Viva everything is GA. These functions map one event, as JSON, to the other dialect: seven event names, the
//! flat session object, the names of content parts. Everything else is the same in both, and passes untouched.

use serde_json::{Map, Value, json};

/// What a peer speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    #[default]
    Ga,
    Beta,
}

/// The names that differ: GA, beta.
const EVENT_NAMES: [(&str, &str); 7] = [
    ("response.output_audio.delta", "response.audio.delta"),
    ("response.output_audio.done", "response.audio.done"),
    ("response.output_audio_transcript.delta", "response.audio_transcript.delta"),
    ("response.output_audio_transcript.done", "response.audio_transcript.done"),
    ("response.output_text.delta", "response.text.delta"),
    ("response.output_text.done", "response.text.done"),
    ("conversation.item.added", "conversation.item.created"),
];

/// Audio formats: beta's name, GA's type and rate.
const FORMATS: [(&str, &str, Option<u32>); 3] =
    [("pcm16", "audio/pcm", Some(24_000)), ("g711_ulaw", "audio/pcmu", None), ("g711_alaw", "audio/pcma", None)];

/// A beta server's event as GA events: one, or two for `conversation.item.created`, which GA splits.
pub fn server_to_ga(mut event: Value) -> Vec<Value> {
    let kind = kind_of(&event).to_owned();
    if let Some((ga, _)) = EVENT_NAMES.iter().find(|(_, beta)| *beta == kind) {
        event["type"] = json!(ga);
    }
    match kind.as_str() {
        "session.created" | "session.updated" => map_field(&mut event, "session", |s| session_to_ga(s, "realtime")),
        "transcription_session.updated" => {
            event["type"] = json!("session.updated");
            map_field(&mut event, "session", |s| session_to_ga(s, "transcription"));
        }
        "response.created" | "response.done" => map_field(&mut event, "response", response_to_ga),
        _ => {}
    }
    map_field(&mut event, "item", item_to_ga);
    if kind != "conversation.item.created" {
        return vec![event];
    }
    let mut done = event.clone();
    done["type"] = json!("conversation.item.done");
    let complete = done["item"]["status"] != "in_progress";
    if complete { vec![event, done] } else { vec![event] }
}

/// A GA server's event for a beta client: `None` when the beta has nothing like it.
pub fn server_to_beta(mut event: Value) -> Option<Value> {
    let kind = kind_of(&event).to_owned();
    if kind == "conversation.item.done" {
        return None;
    }
    if let Some((_, beta)) = EVENT_NAMES.iter().find(|(ga, _)| *ga == kind) {
        event["type"] = json!(beta);
    }
    match kind.as_str() {
        "session.created" | "session.updated" => {
            if kind == "session.updated" && event["session"]["type"] == "transcription" {
                event["type"] = json!("transcription_session.updated");
            }
            map_field(&mut event, "session", session_to_beta);
        }
        "response.created" | "response.done" => map_field(&mut event, "response", response_to_beta),
        "response.function_call_arguments.done" => {
            event.as_object_mut().and_then(|fields| fields.remove("name"));
        }
        _ => {}
    }
    map_field(&mut event, "item", item_to_beta);
    Some(event)
}

/// A GA client's event for a beta server.
pub fn client_to_beta(mut event: Value) -> Value {
    match kind_of(&event) {
        "session.update" => {
            if event["session"]["type"] == "transcription" {
                event["type"] = json!("transcription_session.update");
            }
            map_field(&mut event, "session", session_to_beta);
        }
        "response.create" => map_field(&mut event, "response", response_to_beta),
        "conversation.item.create" => map_field(&mut event, "item", item_to_beta),
        _ => {}
    }
    event
}

/// A beta client's event as a GA event.
pub fn client_to_ga(mut event: Value) -> Value {
    match kind_of(&event) {
        "session.update" => map_field(&mut event, "session", |s| session_to_ga(s, "realtime")),
        "transcription_session.update" => {
            event["type"] = json!("session.update");
            map_field(&mut event, "session", |s| session_to_ga(s, "transcription"));
        }
        "response.create" => map_field(&mut event, "response", response_to_ga),
        "conversation.item.create" => map_field(&mut event, "item", item_to_ga),
        _ => {}
    }
    event
}

fn kind_of(event: &Value) -> &str {
    event.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Replaces an object field of an event; anything else stays as it is.
fn map_field(event: &mut Value, name: &str, map: impl FnOnce(Map<String, Value>) -> Map<String, Value>) {
    if let Some(Value::Object(fields)) = event.get_mut(name) {
        *fields = map(std::mem::take(fields));
    }
}

/// Puts `value` at `path` of nested objects, making those that lack.
fn put(fields: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        fields.insert((*first).to_owned(), value);
        return;
    }
    let inner = fields.entry((*first).to_owned()).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// Takes the value at `path` of nested objects.
fn take(fields: &mut Map<String, Value>, path: &[&str]) -> Option<Value> {
    match path {
        [] => None,
        [last] => fields.remove(*last),
        [first, rest @ ..] => take(fields.get_mut(*first)?.as_object_mut()?, rest),
    }
}

/// Session fields that only moved: beta, GA.
const MOVED: [(&str, &[&str]); 5] = [
    ("voice", &["audio", "output", "voice"]),
    ("speed", &["audio", "output", "speed"]),
    ("input_audio_transcription", &["audio", "input", "transcription"]),
    ("input_audio_noise_reduction", &["audio", "input", "noise_reduction"]),
    ("turn_detection", &["audio", "input", "turn_detection"]),
];

/// Session fields that hold an audio format: beta, GA.
const MOVED_FORMATS: [(&str, &[&str]); 2] =
    [("input_audio_format", &["audio", "input", "format"]), ("output_audio_format", &["audio", "output", "format"])];

fn session_to_ga(mut session: Map<String, Value>, kind: &str) -> Map<String, Value> {
    session.entry("type").or_insert_with(|| json!(kind));
    for (beta, ga) in MOVED {
        if let Some(value) = session.remove(beta) {
            put(&mut session, ga, value);
        }
    }
    for (beta, ga) in MOVED_FORMATS {
        if let Some(value) = session.remove(beta) {
            put(&mut session, ga, format_to_ga(value));
        }
    }
    if let Some(value) = session.remove("max_response_output_tokens") {
        session.insert("max_output_tokens".into(), value);
    }
    modalities_to_ga(&mut session);
    session.remove("temperature");
    session.remove("client_secret");
    session
}

/// A GA session in the beta's flat shape.
pub fn session_to_beta(mut session: Map<String, Value>) -> Map<String, Value> {
    session.remove("type");
    for (beta, ga) in MOVED {
        if let Some(value) = take(&mut session, ga) {
            session.insert(beta.into(), value);
        }
    }
    for (beta, ga) in MOVED_FORMATS {
        if let Some(value) = take(&mut session, ga) {
            session.insert(beta.into(), format_to_beta(value));
        }
    }
    session.remove("audio");
    if let Some(value) = session.remove("max_output_tokens") {
        session.insert("max_response_output_tokens".into(), value);
    }
    modalities_to_beta(&mut session);
    session
}

fn response_to_ga(mut response: Map<String, Value>) -> Map<String, Value> {
    if let Some(voice) = response.remove("voice") {
        put(&mut response, &["audio", "output", "voice"], voice);
    }
    if let Some(format) = response.remove("output_audio_format") {
        put(&mut response, &["audio", "output", "format"], format_to_ga(format));
    }
    if let Some(value) = response.remove("max_response_output_tokens") {
        response.insert("max_output_tokens".into(), value);
    }
    response.remove("temperature");
    modalities_to_ga(&mut response);
    map_items(&mut response, item_to_ga);
    response
}

fn response_to_beta(mut response: Map<String, Value>) -> Map<String, Value> {
    if let Some(voice) = take(&mut response, &["audio", "output", "voice"]) {
        response.insert("voice".into(), voice);
    }
    if let Some(format) = take(&mut response, &["audio", "output", "format"]) {
        response.insert("output_audio_format".into(), format_to_beta(format));
    }
    response.remove("audio");
    modalities_to_beta(&mut response);
    map_items(&mut response, item_to_beta);
    response
}

fn map_items(response: &mut Map<String, Value>, map: fn(Map<String, Value>) -> Map<String, Value>) {
    for list in ["output", "input"] {
        let items = response.get_mut(list).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
            *item = map(std::mem::take(item));
        }
    }
}

fn modalities_to_ga(fields: &mut Map<String, Value>) {
    if let Some(value) = fields.remove("modalities") {
        let speaks = value.as_array().is_some_and(|list| list.contains(&json!("audio")));
        fields.insert("output_modalities".into(), if speaks { json!(["audio"]) } else { json!(["text"]) });
    }
}

fn modalities_to_beta(fields: &mut Map<String, Value>) {
    if let Some(value) = fields.remove("output_modalities") {
        let speaks = value.as_array().is_some_and(|list| list.contains(&json!("audio")));
        fields.insert("modalities".into(), if speaks { json!(["text", "audio"]) } else { json!(["text"]) });
    }
}

fn format_to_ga(format: Value) -> Value {
    let known = FORMATS.iter().find(|(beta, ..)| format == *beta);
    match known {
        Some((_, kind, Some(rate))) => json!({"type": kind, "rate": rate}),
        Some((_, kind, None)) => json!({"type": kind}),
        None => format,
    }
}

fn format_to_beta(format: Value) -> Value {
    let known = FORMATS.iter().find(|(_, kind, _)| format["type"] == *kind);
    known.map_or(format, |(beta, ..)| json!(beta))
}

/// What the assistant's parts are called: GA, beta. `input_text` and `input_audio` are the same in both.
const PART_NAMES: [(&str, &str); 2] = [("output_text", "text"), ("output_audio", "audio")];

fn item_to_ga(item: Map<String, Value>) -> Map<String, Value> {
    rename_parts(item, |kind| PART_NAMES.iter().find(|(_, beta)| *beta == kind).map(|(ga, _)| *ga))
}

fn item_to_beta(item: Map<String, Value>) -> Map<String, Value> {
    rename_parts(item, |kind| PART_NAMES.iter().find(|(ga, _)| *ga == kind).map(|(_, beta)| *beta))
}

fn rename_parts(mut item: Map<String, Value>, name: impl Fn(&str) -> Option<&'static str>) -> Map<String, Value> {
    let parts = item.get_mut("content").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(renamed) = part.get("type").and_then(Value::as_str).and_then(&name) {
            part.insert("type".into(), json!(renamed));
        }
    }
    item
}
