//! A provider behind the relay. Audio passes as it is; other events are read, because names are translated and words
//! are kept.

use super::{
    client::{self, Closing},
    names::Names,
};
use crate::{
    realtime::{Frame, FrameSink, Frames, Lost, RawServer},
    wire::realtime::{
        SessionConfig,
        audio::{self, DeltaRef},
        dialect::{self, Dialect},
        serve::error_body,
    },
};
use futures_util::{StreamExt, future::poll_fn};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// Messages that wait for the provider before the client is not read any more.
const WAITING_MAX: usize = 16;
/// Codes with which a provider refuses its key or its account: none of the client's business.
const OURS: [&str; 8] = [
    "invalid_api_key",
    "insufficient_quota",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "account_deactivated",
    "invalid_model",
    "beta_api_shape_disabled",
];

/// What the provider brought.
#[derive(Debug)]
pub(super) enum News {
    /// An event other than audio, in the GA dialect.
    Event(Value),
    /// An audio delta, in whatever dialect; whose it is and how much base 64 it has.
    Voice {
        text: String,
        item_id: String,
        base64_len: usize,
    },
    Over(Closing),
}

/// What moved it on.
enum Woken {
    Writable(Result<(), Lost>),
    Frame(Option<Result<Frame, Lost>>),
    Silence,
}

/// See the module.
pub(super) struct UpstreamSide {
    frames: Frames,
    sink: FrameSink,
    dialect: Dialect,
    names: Names,
    waiting: VecDeque<Frame>,
    unflushed: bool,
    news: VecDeque<News>,
    heard: Instant,
    pinged: bool,
    dead_after: Duration,
    ended: bool,
}

impl UpstreamSide {
    /// Opens the provider's socket and configures its session before the client is told of one.
    ///
    /// # Errors
    /// What to tell the client.
    pub(super) async fn open(server: &RawServer, names: Names, session: SessionConfig) -> Result<Self, Closing> {
        let (frames, sink) = server.open().await.map_err(|lost| unreachable_provider(&lost))?;
        let mut this = Self {
            frames,
            sink,
            dialect: server.dialect(),
            names,
            waiting: VecDeque::new(),
            unflushed: false,
            news: VecDeque::new(),
            heard: Instant::now(),
            pinged: false,
            dead_after: server.dead_after(),
            ended: false,
        };
        match timeout(server.connect_timeout(), this.configure(session)).await {
            Ok(configured) => configured?,
            Err(_) => return Err(unreachable_provider(&Lost("no session in time".to_owned()))),
        }
        Ok(this)
    }

    async fn configure(&mut self, session: SessionConfig) -> Result<(), Closing> {
        let created = self.wait_for("session.created").await?;
        let session = SessionConfig { kind: Some("realtime".into()), model: None, ..session };
        let bare = SessionConfig { kind: Some("realtime".into()), ..SessionConfig::default() };
        let event = if session == bare {
            created
        } else {
            let session = serde_json::to_value(session).unwrap_or_default();
            self.on_event(json!({"type": "session.update", "session": session}));
            let mut updated = self.wait_for("session.updated").await?;
            updated["type"] = json!("session.created");
            updated
        };
        self.news.push_front(News::Event(event));
        Ok(())
    }

    /// The first event of this kind; what comes before it waits for the client.
    async fn wait_for(&mut self, kind: &str) -> Result<Value, Closing> {
        let mut seen = 0;
        loop {
            while let Some(news) = self.news.get(seen) {
                match news {
                    News::Event(event) if event["type"] == kind => {
                        let Some(News::Event(event)) = self.news.remove(seen) else { continue };
                        return Ok(event);
                    }
                    News::Over(closing) => return Err(closing.clone()),
                    // A provider that dislikes a field goes on with its defaults.
                    News::Event(event) if event["type"] == "error" && kind == "session.updated" => {
                        tracing::warn!(code = event["error"]["code"].as_str(), "the provider refuses a session");
                        self.news.remove(seen);
                        return Ok(json!({"type": kind, "session": {"type": "realtime"}}));
                    }
                    _ => seen += 1,
                }
            }
            self.work().await;
        }
    }

    pub(super) fn news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Whether the client may be read: the provider keeps up.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    pub(super) fn on_audio(&mut self, text: String) {
        if client::append(&text).is_some() {
            self.waiting.push_back(Frame::Text(text));
        }
    }

    /// An event of the client, in the GA dialect.
    pub(super) fn on_event(&mut self, event: Value) {
        let event = self.names.for_provider(event);
        let event = if self.dialect == Dialect::Beta { dialect::client_to_beta(event) } else { event };
        self.waiting.push_back(Frame::Text(event.to_string()));
    }

    /// Moves on by one thing that happens. Safe to cancel.
    pub(super) async fn work(&mut self) {
        if self.ended {
            return std::future::pending().await;
        }
        let Self { frames, sink, waiting, unflushed, heard, pinged, dead_after, .. } = self;
        let wakes_at = *heard + if *pinged { *dead_after } else { *dead_after / 3 };
        let (writes, flushes) = (!waiting.is_empty(), *unflushed);
        let writable = poll_fn(|cx| if writes { sink.as_mut().poll_ready(cx) } else { sink.as_mut().poll_flush(cx) });
        let woken = tokio::select! {
            biased;
            ready = writable, if writes || flushes => Woken::Writable(ready),
            frame = frames.next() => Woken::Frame(frame),
            () = sleep_until(wakes_at) => Woken::Silence,
        };
        match woken {
            Woken::Writable(ready) => self.write(ready),
            Woken::Frame(frame) => self.on_frame(frame),
            Woken::Silence => self.on_silence(),
        }
    }

    /// The socket takes a message, or has nothing more to flush.
    fn write(&mut self, ready: Result<(), Lost>) {
        let message = self.waiting.pop_front();
        self.unflushed = message.is_some();
        let sent = ready.and_then(|()| match message {
            Some(frame) => self.sink.as_mut().start_send(frame),
            None => Ok(()),
        });
        self.check(sent);
    }

    fn check(&mut self, sent: Result<(), Lost>) {
        if let Err(lost) = sent {
            self.lose(&lost);
        }
    }

    fn on_silence(&mut self) {
        if self.pinged {
            return self.lose(&Lost("no sign of life".to_owned()));
        }
        self.pinged = true;
        self.waiting.push_back(Frame::Ping);
    }

    fn on_frame(&mut self, frame: Option<Result<Frame, Lost>>) {
        self.heard = Instant::now();
        self.pinged = false;
        match frame {
            Some(Ok(Frame::Text(text))) => self.on_text(text),
            // The answer to a ping leaves with the next flush.
            Some(Ok(Frame::Ping)) => self.unflushed = true,
            Some(Ok(Frame::Binary | Frame::Pong)) => {}
            Some(Ok(Frame::Close { code, reason })) => self.on_close(code, &reason),
            Some(Err(lost)) => self.lose(&lost),
            None => self.lose(&Lost("it ended".to_owned())),
        }
    }

    fn on_text(&mut self, text: String) {
        if let Some(DeltaRef { item_id, delta, .. }) = audio::parse_delta(&text) {
            let (item_id, base64_len) = (item_id.into_owned(), delta.len());
            return self.news.push_back(News::Voice { text, item_id, base64_len });
        }
        let Ok(event) = serde_json::from_str::<Value>(&text) else {
            metrics::counter!("viva_relay_unreadable_total").increment(1);
            return;
        };
        let events = match self.dialect {
            Dialect::Ga => vec![event],
            Dialect::Beta => dialect::server_to_ga(event),
        };
        for event in events {
            let event = self.names.to_client(without_our_secrets(event));
            self.news.push_back(News::Event(event));
        }
    }

    fn on_close(&mut self, code: u16, reason: &str) {
        if code == 1_001 && reason.contains("maximum duration") {
            self.ended = true;
            return self.news.push_back(News::Over(Closing::plainly(1_001, reason)));
        }
        self.lose(&Lost(format!("close {code}")));
    }

    fn lose(&mut self, lost: &Lost) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        tracing::warn!(%lost, "a provider's connection is lost");
        metrics::counter!("viva_relay_upstream_lost_total").increment(1);
        let message = "The connection to the speech model was lost.";
        let error = error_body("server_error", Some("upstream_lost"), message, None);
        self.news.push_back(News::Over(Closing::because(1_011, error)));
    }
}

fn unreachable_provider(lost: &Lost) -> Closing {
    tracing::error!(%lost, "the provider cannot be reached");
    let message = "The speech model cannot be reached at the moment.";
    Closing::because(1_011, error_body("server_error", Some("upstream_unavailable"), message, None))
}

/// What a provider says of our key or account is for the log; the client learns that it cannot be served.
fn without_our_secrets(mut event: Value) -> Value {
    if event["type"] != "error" {
        return event;
    }
    let error = &event["error"];
    let names = |field: &str| error[field].as_str().is_some_and(|name| OURS.contains(&name));
    let leaks = error["message"].as_str().is_some_and(|message| message.contains("sk-"));
    if names("code") || names("type") || leaks {
        tracing::error!(code = error["code"].as_str(), "the provider refuses us");
        event["error"] = json!({
            "type": "server_error",
            "code": "upstream_refused",
            "message": "The speech model does not serve this server at the moment.",
            "param": null,
            "event_id": null,
        });
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_words_about_our_key_stay_here() {
        let refused = json!({"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_api_key",
            "message": "Incorrect API key provided: sk-abc***xyz."}});
        let told = without_our_secrets(refused).to_string();
        assert!(!told.contains("sk-") && told.contains("upstream_refused"), "{told}");
        let other = json!({"type": "error", "error": {"code": "invalid_value", "message": "No."}});
        assert_eq!(without_our_secrets(other.clone()), other);
    }
}
