//! The session object: as the service begins it, and how an update changes it.

use super::invalid;
use crate::wire::realtime::{
    AudioConfig, AudioFormat, AudioInputConfig, AudioOutputConfig, ErrorBody, SessionConfig, TurnDetection,
};
use serde_json::{Value, json};

/// Which audio formats a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formats {
    /// Whatever has a name.
    Any,
    /// `audio/pcm` at 24 kHz.
    PcmOnly,
}

/// The session as the service begins it.
pub fn default_session(model: &str, session_id: String) -> SessionConfig {
    let input = AudioInputConfig {
        format: Some(AudioFormat::pcm_24k()),
        transcription: Some(None),
        noise_reduction: Some(None),
        turn_detection: Some(Some(server_vad())),
    };
    let output =
        AudioOutputConfig { format: Some(AudioFormat::pcm_24k()), voice: Some(json!("marin")), speed: Some(1.0) };
    SessionConfig {
        kind: Some("realtime".into()),
        object: Some("realtime.session".into()),
        id: Some(session_id),
        model: Some(model.to_owned()),
        output_modalities: Some(vec!["audio".into()]),
        instructions: Some(String::new()),
        audio: Some(AudioConfig { input: Some(input), output: Some(output) }),
        tools: Some(Vec::new()),
        tool_choice: Some(json!("auto")),
        max_output_tokens: Some(json!("inf")),
        tracing: Some(None),
        truncation: Some(json!("auto")),
        prompt: Some(None),
        expires_at: Some(0),
        include: Some(None),
        ..SessionConfig::default()
    }
}

/// As the service begins with it. Its documentation says 500 ms.
fn server_vad() -> TurnDetection {
    TurnDetection {
        kind: "server_vad".into(),
        threshold: Some(0.5),
        prefix_padding_ms: Some(300),
        silence_duration_ms: Some(200),
        idle_timeout_ms: Some(None),
        eagerness: None,
        create_response: Some(true),
        interrupt_response: Some(true),
    }
}

/// Turns weighed by what the voice sounds like.
pub(super) fn semantic_vad() -> TurnDetection {
    TurnDetection {
        kind: "semantic_vad".into(),
        eagerness: Some("auto".into()),
        create_response: Some(true),
        interrupt_response: Some(true),
        ..TurnDetection::default()
    }
}

/// `session.update`: only present fields change, nulls included; what a server decides itself stays.
///
/// # Errors
/// The body of the `error` event; nothing has changed then.
pub fn update_session(
    session: &SessionConfig,
    update: &SessionConfig,
    formats: Formats,
) -> Result<SessionConfig, ErrorBody> {
    check(update, formats)?;
    let unreadable = || invalid("invalid_value", "The session could not be read.", Some("session"));
    let update = SessionConfig { id: None, object: None, model: None, expires_at: None, ..update.clone() };
    let mut merged = serde_json::to_value(session).map_err(|_| unreadable())?;
    let changes = serde_json::to_value(update).map_err(|_| unreadable())?;
    // The fields of one kind of turns mean nothing to the other.
    let kind = changes.pointer("/audio/input/turn_detection/type").cloned();
    if let (Some(kind), Some(turns)) = (kind, merged.pointer_mut("/audio/input/turn_detection"))
        && turns["type"] != kind
    {
        let vad = TurnDetection { silence_duration_ms: Some(500), ..server_vad() };
        let begun = if kind == "server_vad" { vad } else { semantic_vad() };
        *turns = serde_json::to_value(begun).map_err(|_| unreadable())?;
    }
    merge(&mut merged, changes);
    serde_json::from_value(merged).map_err(|_| unreadable())
}

fn check(update: &SessionConfig, formats: Formats) -> Result<(), ErrorBody> {
    if update.kind.is_none() {
        let message = "Missing required parameter: 'session.type'.";
        return Err(invalid("missing_required_parameter", message, Some("session.type")));
    }
    let input = update.audio.as_ref().and_then(|audio| audio.input.as_ref());
    let output = update.audio.as_ref().and_then(|audio| audio.output.as_ref());
    let input_format = input.and_then(|input| input.format.as_ref());
    let output_format = output.and_then(|output| output.format.as_ref());
    for (format, side) in [(input_format, "input"), (output_format, "output")] {
        let Some(format) = format else { continue };
        let param = format!("session.audio.{side}.format");
        if format.rate.is_some_and(|rate| rate != 24_000) {
            let param = format!("{param}.rate");
            return Err(invalid("integer_below_min_value", format!("Invalid '{param}'."), Some(&param)));
        }
        if formats == Formats::PcmOnly && format.kind != "audio/pcm" {
            let message = format!(
                "Invalid value: '{}'. The engine behind this server speaks 'audio/pcm' at 24000 Hz only.",
                format.kind
            );
            return Err(invalid("invalid_value", message, Some(&format!("{param}.type"))));
        }
    }
    let turns = input.and_then(|input| input.turn_detection.as_ref()).and_then(Option::as_ref);
    let known = |turns: &TurnDetection| matches!(turns.kind.as_str(), "server_vad" | "semantic_vad");
    if turns.is_some_and(|turns| !known(turns)) {
        let message = "Invalid value. Supported values are: 'server_vad' and 'semantic_vad'.";
        return Err(invalid("invalid_value", message, Some("session.audio.input.turn_detection.type")));
    }
    Ok(())
}

fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                match fields.get_mut(&name) {
                    Some(field) if field.is_object() && change.is_object() => merge(field, change),
                    _ => drop(fields.insert(name, change)),
                }
            }
        }
        (into, change) => *into = change,
    }
}
