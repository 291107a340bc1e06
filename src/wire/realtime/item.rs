//! Items of a conversation.

use serde::{Deserialize, Serialize};

/// An item of the conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// At most 32 characters when the client chooses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `message`, `function_call`, `function_call_output`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `realtime.item`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// `completed`, `incomplete`, `in_progress`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `user`, `assistant`, `system`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Vec<ContentPart>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

impl Item {
    /// A message of text: `input_text` of a user or system, `output_text` of the assistant.
    pub fn text_message(role: &str, id: Option<String>, text: String) -> Self {
        let kind = if role == "assistant" { "output_text" } else { "input_text" };
        Self {
            id,
            kind: "message".into(),
            role: Some(role.into()),
            content: Some(vec![ContentPart { kind: kind.into(), text: Some(text), ..ContentPart::default() }]),
            ..Self::default()
        }
    }
}

/// A part of an item: `input_text`, `input_audio`, `input_image`, `output_text`, `output_audio`; in
/// `response.content_part.*` events it is `audio` or `text`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContentPart {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Base 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
}
