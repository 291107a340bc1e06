//! What is asked, and the dialects in which endpoints want it.

use serde_json::{Value, json};
use std::time::Duration;

/// Who says something in the conversation that the model is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatRole {
    System,
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    pub role: ChatRole,
    pub content: String,
}

/// One question to a chat endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    pub messages: Vec<ChatMessage>,
    /// Tokens of the answer.
    pub max_tokens: u32,
    pub temperature: f32,
    pub seed: Option<u64>,
    /// The answer is to be JSON of this schema: a name (letters, digits, `_`, `-`) and the schema. Endpoints that know
    /// no schemas are told in words, so the answer is still to be checked.
    pub json_schema: Option<(String, Value)>,
    /// The answer is worth nothing later than this, retries included.
    pub deadline: Duration,
}

/// How an endpoint takes an answer's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonForm {
    /// `response_format` with a schema.
    #[default]
    Schema,
    /// `response_format: json_object`, the schema in words.
    Object,
    /// In words only.
    Words,
}

/// What an endpoint understands; found out by what it refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    pub json_form: JsonForm,
    /// `max_completion_tokens` in place of `max_tokens`.
    pub completion_tokens: bool,
    pub without_temperature: bool,
    pub without_seed: bool,
    pub without_stream_options: bool,
}

impl ChatRole {
    const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl ChatMessage {
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: ChatRole::System, content: content.into() }
    }

    pub fn user(content: impl Into<String>) -> Self {
        Self { role: ChatRole::User, content: content.into() }
    }
}

impl ChatRequest {
    /// The body of the request, in this dialect.
    pub fn body(&self, model: &str, stream: bool, dialect: Dialect) -> Value {
        let mut messages: Vec<Value> = self
            .messages
            .iter()
            .map(|message| json!({ "role": message.role.as_str(), "content": message.content }))
            .collect();
        let tokens = if dialect.completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        let mut body = json!({ "model": model, "stream": stream, tokens: self.max_tokens });
        if !dialect.without_temperature {
            body["temperature"] = json!((f64::from(self.temperature) * 100.0).round() / 100.0);
        }
        if let Some(seed) = self.seed.filter(|_| !dialect.without_seed) {
            // JSON numbers of some endpoints are signed.
            body["seed"] = json!(seed & (u64::MAX >> 1));
        }
        if stream && !dialect.without_stream_options {
            body["stream_options"] = json!({ "include_usage": true });
        }
        if let Some((name, schema)) = &self.json_schema {
            match dialect.json_form {
                JsonForm::Schema => {
                    let schema = json!({ "name": name, "strict": true, "schema": schema });
                    body["response_format"] = json!({ "type": "json_schema", "json_schema": schema });
                }
                JsonForm::Object => body["response_format"] = json!({ "type": "json_object" }),
                JsonForm::Words => {}
            }
            if dialect.json_form != JsonForm::Schema {
                let words = format!("Answer with one JSON object and nothing else. Its JSON Schema is:\n{schema}");
                messages.push(json!({ "role": "system", "content": words }));
            }
        }
        body["messages"] = Value::Array(messages);
        body
    }
}

impl Dialect {
    /// The dialect to try after a refusal (status 400 or 422) that says this; `None` when the refusal names nothing
    /// that could be left out. Every step leaves out more, so this ends.
    pub fn after(self, refusal: &str) -> Option<Self> {
        let refusal = refusal.to_lowercase();
        let names = |what: &str| refusal.contains(what);
        if !self.completion_tokens && names("max_completion_tokens") {
            return Some(Self { completion_tokens: true, ..self });
        }
        if !self.completion_tokens && names("max_tokens") && (names("unsupported") || names("not supported")) {
            return Some(Self { completion_tokens: true, ..self });
        }
        if !self.without_stream_options && names("stream_options") {
            return Some(Self { without_stream_options: true, ..self });
        }
        if !self.without_temperature && names("temperature") {
            return Some(Self { without_temperature: true, ..self });
        }
        if !self.without_seed && names("seed") {
            return Some(Self { without_seed: true, ..self });
        }
        let form = names("response_format") || names("json_schema") || names("json_object") || names("grammar");
        let json_form = match self.json_form {
            JsonForm::Schema if form => JsonForm::Object,
            JsonForm::Object if form => JsonForm::Words,
            _ => return None,
        };
        Some(Self { json_form, ..self })
    }
}
