//! The client's end of a conversation: its dialect, its patience, what it may send.

use crate::{
    realtime::{Frame, FrameSink, Frames},
    wire::realtime::{
        ErrorBody, ErrorEvent, ServerEvent, ServerMessage,
        audio::{self, AppendRef},
        dialect::{self, Dialect},
        serve::invalid,
    },
};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Longest message: 15 MiB of base 64, as the service takes in one append, and what is around it.
pub const MESSAGE_BYTES_MAX: usize = (15 << 20) + (64 << 10);
/// Longest message that is not audio.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// Longest event id.
const EVENT_ID_CHARS_MAX: usize = 512;
/// A client that takes nothing for so long is gone.
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// Between pings, as the service does it.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Silence after which a client is gone, answers to pings included.
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// A client that says nothing for so long, though it is there, makes room for others.
const IDLE_MAX: Duration = Duration::from_secs(15 * 60);

/// A client that connected, as the HTTP side hands it over.
pub struct Client {
    pub frames: Frames,
    pub sink: FrameSink,
}

/// Why a conversation is over, as it is told to the client.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Closing {
    pub error: Option<ErrorBody>,
    pub code: u16,
    pub reason: String,
}

impl Closing {
    /// An error and the close that follows it.
    pub(super) fn because(code: u16, error: ErrorBody) -> Self {
        let reason = match &error.code {
            Some(name) => format!("{}.{name}", error.kind),
            None => error.kind.clone(),
        };
        Self { error: Some(error), code, reason }
    }

    pub(super) fn plainly(code: u16, reason: &str) -> Self {
        Self { error: None, code, reason: reason.to_owned() }
    }
}

/// What the client's side brought.
#[derive(Debug)]
pub(super) enum Said {
    /// An event other than audio, in the GA dialect.
    Event(Value),
    /// An `input_audio_buffer.append`, as it came.
    Audio(String),
    /// Something that is no event: the error to tell.
    Bad(ErrorBody),
    /// Nothing that matters.
    Nothing,
    Over(Closing),
    /// The connection is gone: nobody to tell.
    Gone,
}

/// See the module.
pub(super) struct ClientEnd {
    client: Client,
    dialect: Dialect,
    /// The dialect will not change any more.
    settled: bool,
    reject_beta: bool,
    next_event: u64,
    heard: Instant,
    spoke: Instant,
    pinged: Instant,
}

impl ClientEnd {
    /// `beta`: its header says that it speaks the beta dialect.
    pub(super) fn new(client: Client, beta: bool, reject_beta: bool) -> Self {
        let now = Instant::now();
        let dialect = if beta { Dialect::Beta } else { Dialect::Ga };
        Self { client, dialect, settled: beta, reject_beta, next_event: 0, heard: now, spoke: now, pinged: now }
    }

    /// The next thing that the client says. Safe to cancel.
    pub(super) async fn next(&mut self) -> Said {
        let frame = self.client.frames.next().await;
        self.heard = Instant::now();
        match frame {
            Some(Ok(Frame::Text(text))) => {
                self.spoke = self.heard;
                self.read(text)
            }
            Some(Ok(Frame::Binary)) => {
                let message = "Expected a text WebSocket message; binary frames are not supported.";
                Said::Bad(invalid("invalid_event", message, None))
            }
            Some(Ok(Frame::Ping | Frame::Pong)) => Said::Nothing,
            Some(Err(_)) | Some(Ok(Frame::Close { .. })) | None => Said::Gone,
        }
    }

    fn read(&mut self, text: String) -> Said {
        if audio::parse_append(&text).is_some() {
            return Said::Audio(text);
        }
        if text.len() > TEXT_BYTES_MAX {
            return Said::Bad(invalid("message_too_long", "The event is too long.", None));
        }
        let Ok(mut event) = serde_json::from_str::<Value>(&text) else {
            return Said::Bad(invalid("invalid_json", "The message could not be read as JSON.", None));
        };
        let Some(kind) = event.get("type").and_then(Value::as_str).map(str::to_owned) else {
            return Said::Bad(invalid(
                "missing_required_parameter",
                "Missing required parameter: 'type'.",
                Some("type"),
            ));
        };
        let event_id = event.get("event_id").and_then(Value::as_str).unwrap_or_default();
        if event_id.chars().count() > EVENT_ID_CHARS_MAX {
            return Said::Bad(invalid("string_above_max_length", "Invalid 'event_id'.", Some("event_id")));
        }
        let is_update = matches!(kind.as_str(), "session.update" | "transcription_session.update");
        if is_update && !std::mem::replace(&mut self.settled, true) {
            let typed = event.pointer("/session/type").is_some();
            if !typed && !self.reject_beta {
                self.dialect = Dialect::Beta;
            }
        }
        if self.dialect == Dialect::Beta {
            event = dialect::client_to_ga(event);
        }
        Said::Event(event)
    }

    /// When [`Self::on_time`] is due.
    pub(super) fn wakes_at(&self) -> Instant {
        (self.pinged.max(self.heard) + PING_EVERY).min(self.heard + DEAD_AFTER).min(self.spoke + IDLE_MAX)
    }

    /// Looks after a silent client.
    pub(super) async fn on_time(&mut self) -> Said {
        if self.heard.elapsed() >= DEAD_AFTER {
            return Said::Gone;
        }
        if self.spoke.elapsed() >= IDLE_MAX {
            return Said::Over(Closing::plainly(1_001, "Nothing was said for a long time."));
        }
        self.pinged = Instant::now();
        if self.write(Frame::Ping).await { Said::Nothing } else { Said::Gone }
    }

    /// Tells the client an event; false when it is gone.
    pub(super) async fn tell(&mut self, message: &ServerMessage) -> bool {
        if self.dialect == Dialect::Ga {
            let Ok(text) = serde_json::to_string(message) else { return true };
            return self.write(Frame::Text(text)).await;
        }
        // The beta's name is put into the text: no tree for audio.
        if matches!(message.event, ServerEvent::OutputAudioDelta(_)) {
            let Ok(text) = serde_json::to_string(message) else { return true };
            return self.tell_voice(text).await;
        }
        let Ok(value) = serde_json::to_value(message) else { return true };
        self.tell_value(value).await
    }

    /// Tells an audio delta, whatever dialect it is in.
    pub(super) async fn tell_voice(&mut self, text: String) -> bool {
        let text = audio::renamed_delta(text, self.dialect);
        self.write(Frame::Text(text)).await
    }

    /// Tells an event in the GA dialect.
    pub(super) async fn tell_value(&mut self, event: Value) -> bool {
        let event = match self.dialect {
            Dialect::Ga => Some(event),
            Dialect::Beta => dialect::server_to_beta(event),
        };
        match event {
            Some(event) => self.write(Frame::Text(event.to_string())).await,
            None => true,
        }
    }

    /// Tells an error; false when the client is gone.
    pub(super) async fn refuse(&mut self, error: ErrorBody) -> bool {
        self.next_event += 1;
        let event = ServerEvent::Error(ErrorEvent { error });
        let message = ServerMessage::new(format!("event_viva_{}", self.next_event), event);
        self.tell(&message).await
    }

    /// The client has closed or is lost: its close is answered (RFC 6455 section 5.5.1).
    pub(super) async fn leave(mut self) {
        // Whoever is lost needs no answer, and whoever does not read it is not waited for.
        let _ = timeout(WRITE_WITHIN, self.client.sink.flush()).await;
    }

    /// Says goodbye and waits a moment for the answer.
    pub(super) async fn close(mut self, closing: Closing) {
        const GOODBYE_WITHIN: Duration = Duration::from_secs(2);
        let goodbye = async {
            if let Some(error) = closing.error
                && !self.refuse(error).await
            {
                return;
            }
            // A close frame's reason has at most 123 bytes (RFC 6455 section 5.5).
            let reason = closing.reason.chars().filter(char::is_ascii).take(120).collect();
            if self.write(Frame::Close { code: closing.code, reason }).await {
                while let Some(Ok(frame)) = self.client.frames.next().await {
                    if matches!(frame, Frame::Close { .. }) {
                        return;
                    }
                }
            }
        };
        if timeout(GOODBYE_WITHIN, goodbye).await.is_err() {
            tracing::debug!("a client does not answer a close");
        }
    }

    async fn write(&mut self, frame: Frame) -> bool {
        match timeout(WRITE_WITHIN, self.client.sink.send(frame)).await {
            Ok(sent) => sent.is_ok(),
            Err(_) => {
                metrics::counter!("viva_relay_slow_clients_total").increment(1);
                false
            }
        }
    }
}

/// The parts of an append that was found to be one.
pub(super) fn append(text: &str) -> Option<AppendRef<'_>> {
    audio::parse_append(text)
}
