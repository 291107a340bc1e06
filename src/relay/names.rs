//! Names of models: the client sees those that it asked for, the provider gets those that are configured.

use serde_json::Value;

/// Transcribers that clients still ask for and that nobody runs any more, or not for long.
const RETIRED_TRANSCRIBERS: [&str; 4] =
    ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"];

/// Whether a client that names this transcriber gets the configured one.
pub(super) fn is_retired_transcriber(name: &str) -> bool {
    RETIRED_TRANSCRIBERS.contains(&name)
}

/// The names of one conversation.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// As the client named the model.
    model: String,
    /// The configured transcriber.
    transcriber: String,
    /// As the client named a transcriber that was replaced.
    asked_transcriber: Option<String>,
}

const TRANSCRIBER: &str = "/session/audio/input/transcription/model";

impl Names {
    pub(super) fn new(model: String, transcriber: String) -> Self {
        Self { model, transcriber, asked_transcriber: None }
    }

    /// A client's event for the provider: a model cannot be changed, so none is named.
    pub(super) fn for_provider(&mut self, mut event: Value) -> Value {
        if event["type"] != "session.update" {
            return event;
        }
        if let Some(session) = event.get_mut("session").and_then(Value::as_object_mut) {
            session.remove("model");
        }
        if let Some(transcriber) = event.pointer_mut(TRANSCRIBER) {
            let asked = transcriber.as_str().filter(|name| RETIRED_TRANSCRIBERS.contains(name)).map(str::to_owned);
            if asked.is_some() {
                *transcriber = Value::from(self.transcriber.as_str());
            }
            self.asked_transcriber = asked;
        }
        event
    }

    /// A provider's event for the client.
    pub(super) fn to_client(&self, mut event: Value) -> Value {
        if !matches!(event["type"].as_str(), Some("session.created" | "session.updated")) {
            return event;
        }
        if let Some(session) = event.get_mut("session").and_then(Value::as_object_mut) {
            session.insert("model".to_owned(), Value::from(self.model.as_str()));
        }
        if let (Some(asked), Some(transcriber)) = (&self.asked_transcriber, event.pointer_mut(TRANSCRIBER)) {
            *transcriber = Value::from(asked.as_str());
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_retired_name_is_translated_both_ways() {
        let mut names = Names::new("gpt-4o-realtime-preview-2024-10-01".to_owned(), "gpt-transcribe".to_owned());
        let update = |transcriber: &str| {
            json!({"type": "session.update", "session": {"type": "realtime", "model": "gpt-4o-realtime-preview",
                "audio": {"input": {"transcription": {"model": transcriber}}}}})
        };
        let sent = names.for_provider(update("whisper-1"));
        assert_eq!(sent.pointer(TRANSCRIBER), Some(&json!("gpt-transcribe")));
        assert!(sent["session"].get("model").is_none(), "a model cannot be changed");
        let updated = json!({"type": "session.updated", "session": {"model": "gpt-realtime-2.1",
            "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}});
        let told = names.to_client(updated.clone());
        assert_eq!(told["session"]["model"], "gpt-4o-realtime-preview-2024-10-01");
        assert_eq!(told.pointer(TRANSCRIBER), Some(&json!("whisper-1")));
        assert_eq!(names.for_provider(update("my-own")).pointer(TRANSCRIBER), Some(&json!("my-own")));
        assert_eq!(names.to_client(updated).pointer(TRANSCRIBER), Some(&json!("gpt-transcribe")));
    }
}
