//! An open socket: what comes is read, what waits is written, and silence is noticed.

use crate::{
    domain::session::ModelCommand,
    media::port::{DownlinkError, UplinkFrame},
    realtime::{
        client::{Bridge, CLOSE_WITHIN, tell},
        connect::{self, Socket},
        failure::{self, Ending},
    },
    wire::realtime::{
        ParseError, ServerEvent, ServerMessage, audio,
        dialect::{self, Dialect},
    },
};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::poll_fn,
    stream::{SelectAll, SplitSink, SplitStream, select_all},
};
use std::{
    pin::{Pin, pin},
    sync::Arc,
};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// What can wake the task.
#[allow(clippy::large_enum_variant, reason = "lives for one turn of the loop, on the stack")]
enum Woken {
    Cancelled,
    Command(Option<ModelCommand>),
    /// The session took an event, or is gone.
    Told(bool),
    Frame(Option<Arc<UplinkFrame>>),
    /// The socket takes a message, or was flushed.
    Writable(Result<(), Error>),
    Message(Option<Result<Message, Error>>),
    Room(Result<(), DownlinkError>),
    Time,
}

/// The socket and what is known of it.
struct Pipe {
    sink: SplitSink<Socket, Message>,
    /// One stream, which is asked only after it woke the task: the library clears a read buffer each time.
    stream: SelectAll<SplitStream<Socket>>,
    heard: Instant,
    pinged: bool,
    /// Something was written and may not have left.
    unflushed: bool,
}

impl Bridge {
    /// Works on an open socket until it ends.
    pub(super) async fn pump(&mut self, socket: Socket) -> Ending {
        self.conversation.on_open(self.now_ms());
        let (sink, stream) = socket.split();
        let stream = select_all([stream]);
        let mut pipe = Pipe { sink, stream, heard: Instant::now(), pinged: false, unflushed: false };
        let cancel = self.ports.cancel.clone();
        let mut cancelled = pin!(cancel.cancelled());
        let mut wake = pin!(sleep_until(Instant::now()));
        loop {
            self.apply();
            if let Some(ending) = self.ending.take() {
                return self.close(pipe, ending).await;
            }
            if self.is_held_back() {
                // Not reading is our doing: the server is not judged by it.
                pipe.heard = Instant::now();
            }
            self.set_alarm(wake.as_mut(), &pipe);
            let held_back = self.is_held_back();
            self.outbox.is_mulaw = self.conversation.hears_mulaw();
            self.outbox.frames_per_append = self.ports.downlink.level().frames_per_append();
            let output = self.outbox.has_output(self.conversation.is_ready());
            let woken = tokio::select! {
                biased;
                () = &mut cancelled => Woken::Cancelled,
                command = self.ports.commands.recv() => Woken::Command(command),
                told = tell(&self.ports.events, &mut self.events), if !self.events.is_empty() => Woken::Told(told),
                frame = self.ports.uplink.recv(), if self.uplink_open => Woken::Frame(frame),
                ready = writable(&mut pipe.sink, output), if output || pipe.unflushed => Woken::Writable(ready),
                message = pipe.stream.next(), if !held_back => Woken::Message(message),
                room = self.ports.downlink.room(), if held_back => Woken::Room(room),
                () = &mut wake => Woken::Time,
            };
            if let Some(ending) = self.on_woken(&mut pipe, woken, output) {
                self.ending = Some(ending);
            }
        }
    }

    fn on_woken(&mut self, pipe: &mut Pipe, woken: Woken, output: bool) -> Option<Ending> {
        match woken {
            Woken::Cancelled => return Some(Ending::Gone),
            Woken::Told(told) => self.on_told(told),
            Woken::Command(command) => self.on_command(command),
            Woken::Frame(frame) => {
                self.on_frame(frame);
                return self.write_now(pipe);
            }
            Woken::Room(room) => self.on_room(room),
            Woken::Writable(ready) => return self.write(pipe, ready, output),
            Woken::Message(message) => return self.read(pipe, message),
            Woken::Time => return self.on_alarm(pipe),
        }
        None
    }

    /// When the task must wake by itself. The timer is touched only when that changed.
    fn set_alarm(&self, alarm: Pin<&mut Sleep>, pipe: &Pipe) {
        let silence = pipe.heard + if pipe.pinged { self.config.dead_after } else { self.config.dead_after / 3 };
        let timeout = self.conversation.poll_timeout().map(|ms| self.instant(ms));
        let at = timeout.map_or(silence, |timeout| timeout.min(silence));
        // A timer that fires early costs one turn of the loop; moving it for every message costs more.
        if alarm.deadline() > at || alarm.is_elapsed() {
            alarm.reset(at);
        }
    }

    fn on_alarm(&mut self, pipe: &mut Pipe) -> Option<Ending> {
        let silent = pipe.heard.elapsed();
        if silent >= self.config.dead_after {
            return Some(Ending::Broken("no sign of life".into()));
        }
        if silent >= self.config.dead_after / 3 && !pipe.pinged {
            pipe.pinged = true;
            pipe.unflushed = true;
            if let Err(error) = pipe.sink.start_send_unpin(Message::Ping(Default::default())) {
                return Some(Ending::Broken(connect::describe(&error)));
            }
        }
        self.conversation.on_timeout(self.now_ms());
        None
    }

    /// Writes what waits, as far as the socket takes it at once: a frame costs no further turns of the loop then.
    fn write_now(&mut self, pipe: &mut Pipe) -> Option<Ending> {
        while self.outbox.has_output(self.conversation.is_ready()) {
            // Whoever has to wait does so in the loop, with a waker that counts.
            let ready = writable(&mut pipe.sink, true).now_or_never()?;
            if let Some(ending) = self.write(pipe, ready, true) {
                return Some(ending);
            }
        }
        let flushed = pipe.unflushed.then(|| writable(&mut pipe.sink, false).now_or_never()).flatten()?;
        self.write(pipe, flushed, false)
    }

    fn write(&mut self, pipe: &mut Pipe, ready: Result<(), Error>, output: bool) -> Option<Ending> {
        let voice = self.conversation.is_ready();
        let conversation = &mut self.conversation;
        let sent = ready.and_then(|()| {
            pipe.unflushed = output;
            let on_frame = |frame: &UplinkFrame| conversation.on_voice_sent(frame.audio_ms, frame.pcm.len());
            let message = if output { self.outbox.pop(voice, on_frame) } else { None };
            message.map_or(Ok(()), |message| pipe.sink.start_send_unpin(message))
        });
        sent.err().map(|error| Ending::Broken(connect::describe(&error)))
    }

    fn read(&mut self, pipe: &mut Pipe, message: Option<Result<Message, Error>>) -> Option<Ending> {
        pipe.heard = Instant::now();
        pipe.pinged = false;
        match message {
            Some(Ok(Message::Text(text))) => self.on_text(&text),
            // The answer is queued by the socket, and leaves with the next flush.
            Some(Ok(Message::Ping(_))) => pipe.unflushed = true,
            Some(Ok(Message::Close(frame))) => return Some(self.on_close(frame)),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Some(Ending::Broken(connect::describe(&error))),
            None => return Some(self.on_close(None)),
        }
        None
    }

    fn on_close(&self, frame: Option<CloseFrame>) -> Ending {
        let (code, reason) = frame.map_or((None, Utf8Bytes::default()), |frame| (Some(frame.code), frame.reason));
        failure::on_close(code, &reason, self.conversation.last_error())
    }

    fn on_text(&mut self, text: &str) {
        let now_ms = self.now_ms();
        if let Some(delta) = audio::parse_delta(text) {
            return self.conversation.on_delta(now_ms, &delta);
        }
        match self.parse(text) {
            Ok(events) => events.into_iter().for_each(|event| self.conversation.on_event(now_ms, event)),
            Err(error) => tracing::warn!(session = %self.session, %error, bytes = text.len(), "a message is skipped"),
        }
    }

    fn parse(&self, text: &str) -> Result<Vec<ServerEvent>, ParseError> {
        if self.config.dialect == Dialect::Ga {
            return Ok(vec![ServerMessage::parse(text)?.event]);
        }
        let events = dialect::server_to_ga(serde_json::from_str(text)?);
        events.into_iter().map(|event| Ok(ServerMessage::parse(&event.to_string())?.event)).collect()
    }

    /// Says goodbye if the server still listens. What waits is sent first: the last words of a session may be among it.
    async fn close(&mut self, mut pipe: Pipe, ending: Ending) -> Ending {
        let polite = async {
            while let Some(message) = self.outbox.pop(false, |_| ()) {
                pipe.sink.feed(message).await?;
            }
            let frame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
            pipe.sink.send(Message::Close(Some(frame))).await?;
            while let Some(message) = pipe.stream.next().await {
                message?;
            }
            Ok::<(), Error>(())
        };
        if !matches!(ending, Ending::Broken(_)) {
            // A server that does not answer is left behind.
            let _ = timeout(CLOSE_WITHIN, polite).await;
        }
        ending
    }
}

/// Waits until the socket takes another message, or, without one, until all has left.
async fn writable(sink: &mut SplitSink<Socket, Message>, output: bool) -> Result<(), Error> {
    if output { poll_fn(|cx| sink.poll_ready_unpin(cx)).await } else { sink.flush().await }
}
