//! A Realtime server's socket as it is, for the relay: whole messages both ways, nothing decided.

use crate::{
    realtime::{
        ConfigError, KeyInUse, RealtimeConfig,
        connect::{self, Connect},
        failure::{self, Ending},
    },
    wire::realtime::dialect::Dialect,
};
use futures_util::{Sink, SinkExt, Stream, StreamExt, future::ready};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// A message of a WebSocket, whatever library it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// Nobody speaks binary on this API.
    Binary,
    Ping,
    Pong,
    Close {
        code: u16,
        reason: String,
    },
}

/// The other side is gone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is lost: {0}")]
pub struct Lost(pub String);

/// Messages from the other side; its end is the connection's.
pub type Frames = Pin<Box<dyn Stream<Item = Result<Frame, Lost>> + Send>>;
/// Messages to the other side.
pub type FrameSink = Pin<Box<dyn Sink<Frame, Error = Lost> + Send>>;

/// A Realtime server that clients are relayed to. Cheap to clone.
#[derive(Clone)]
pub struct RawServer {
    connect: Arc<Connect>,
    connect_timeout: Duration,
    dead_after: Duration,
    dialect: Dialect,
    voice: Option<String>,
}

impl RawServer {
    /// # Errors
    /// [`ConfigError`] for what cannot work: nothing is opened yet.
    pub fn new(config: &RealtimeConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            connect: Arc::new(Connect::new(config)?),
            connect_timeout: config.connect_timeout,
            dead_after: config.dead_after,
            dialect: config.dialect,
            voice: config.voice.clone(),
        })
    }

    /// What it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The configured voice; `None`: the server's default.
    pub fn voice(&self) -> Option<&str> {
        self.voice.as_deref()
    }

    /// How long it may take from the first byte to `session.created`.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Silence after which it is gone, answers to pings included.
    pub fn dead_after(&self) -> Duration {
        self.dead_after
    }

    /// Opens a connection, with the configured credential.
    ///
    /// # Errors
    /// [`Lost`], in words that hold no secret.
    pub async fn open(&self) -> Result<(Frames, FrameSink), Lost> {
        let opened = timeout(self.connect_timeout, self.connect.open()).await;
        let (socket, key) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(Ending::Broken(reason) | Ending::Fatal(reason))) => return Err(Lost(reason)),
            Ok(Err(_)) => return Err(Lost("refused".to_owned())),
            Err(_) => return Err(Lost("connect: timed out".to_owned())),
        };
        let (sink, stream) = socket.split();
        let lost = |error| Lost(connect::describe(&error));
        let (connect, mut new) = (self.connect.clone(), true);
        let frames = stream.map(move |message| {
            let frame = message.map(frame).map_err(lost)?;
            if let Some(key) = &key {
                learn(&connect, key, &frame, &mut new);
            }
            Ok(frame)
        });
        let sink = sink.sink_map_err(lost).with(|frame: Frame| ready(Ok::<_, Lost>(message(frame))));
        Ok((Box::pin(frames), Box::pin(sink)))
    }
}

/// What the server's first words, and its last, say about the key.
fn learn(connect: &Connect, key: &KeyInUse, frame: &Frame, new: &mut bool) {
    match frame {
        Frame::Text(text) if *new => {
            *new = false;
            if text.contains("session.created") {
                connect.accepted(key);
            }
        }
        Frame::Close { code, reason } => {
            connect.judge(Some(key), failure::on_close(Some(CloseCode::from(*code)), reason, None), None);
        }
        _ => {}
    }
}

fn frame(message: Message) -> Frame {
    match message {
        Message::Text(text) => Frame::Text(text.as_str().to_owned()),
        Message::Binary(_) => Frame::Binary,
        Message::Ping(_) => Frame::Ping,
        Message::Pong(_) | Message::Frame(_) => Frame::Pong,
        Message::Close(Some(close)) => Frame::Close { code: close.code.into(), reason: close.reason.as_str().into() },
        Message::Close(None) => Frame::Close { code: 1_005, reason: String::new() },
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Text(text) => Message::text(text),
        Frame::Binary => Message::binary(Vec::new()),
        Frame::Ping => Message::Ping(Default::default()),
        Frame::Pong => Message::Pong(Default::default()),
        Frame::Close { code, reason } => {
            Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() }))
        }
    }
}
