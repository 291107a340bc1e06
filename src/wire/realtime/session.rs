//! The session object: configuration as a client sends it, and as a server returns it.

use crate::wire::realtime::lenient::nullable;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Session configuration. In `session.update` only present fields change; `Some(None)` is an explicit null, which
/// clears. Servers return the whole object in `session.created` and `session.updated`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionConfig {
    /// `realtime` or `transcription`; required in every update.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `realtime.session`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Cannot be changed by an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `["audio"]` or `["text"]`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_modalities: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel_tool_calls: Option<bool>,
    /// A number or `"inf"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub tracing: Option<Option<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncation: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub prompt: Option<Option<Value>>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub include: Option<Option<Vec<String>>>,
}

/// `session.audio`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<AudioInputConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<AudioOutputConfig>,
}

/// `session.audio.input`. `turn_detection: Some(None)` is the API's `null`: manual turns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioInputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AudioFormat>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub transcription: Option<Option<TranscriptionConfig>>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub noise_reduction: Option<Option<Value>>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub turn_detection: Option<Option<TurnDetection>>,
}

/// `session.audio.output`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioOutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<AudioFormat>,
    /// A name, or `{"id": "voice_…"}`. Locked after the first audio of the assistant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
}

/// `{"type": "audio/pcm", "rate": 24000}`, `{"type": "audio/pcmu"}`, `{"type": "audio/pcma"}`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioFormat {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
}

const PCMU: &str = "audio/pcmu";

impl AudioFormat {
    /// Signed 16 bit, little endian, mono, 24 kHz: the only PCM that the API takes.
    pub fn pcm_24k() -> Self {
        Self { kind: "audio/pcm".into(), rate: Some(24_000) }
    }

    /// µ-law at 8 kHz (ITU-T G.711).
    pub fn pcmu() -> Self {
        Self { kind: PCMU.into(), rate: None }
    }

    /// Whether it is [`pcmu`](Self::pcmu).
    pub fn is_pcmu(&self) -> bool {
        self.kind == PCMU
    }
}

/// `session.audio.input.transcription`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TranscriptionConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// ISO 639-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// `session.audio.input.turn_detection`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnDetection {
    /// `server_vad` or `semantic_vad`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix_padding_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "nullable")]
    pub idle_timeout_ms: Option<Option<u64>>,
    /// `low`, `medium`, `high`, `auto`; of `semantic_vad`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eagerness: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_response: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupt_response: Option<bool>,
}
