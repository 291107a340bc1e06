//! The built-in engine behind the relay: a [`Served`] conversation with real ears and a real voice.

use super::client::{self, Closing};
use crate::{
    domain::{
        id::ItemId,
        session::{ModelCommand, ModelEvent, Speech, SpeechTag},
        usage::Usage,
    },
    engine::{AudioOrder, BuiltinEngine, Order, ServePorts},
    media::port::{
        Downlink, DownlinkCommand, DownlinkReceiver, FRAME_MS, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX,
        UplinkFrame, UplinkSender,
    },
    realtime::MODEL_QUEUE,
    wire::realtime::{
        ClientMessage, ErrorBody, ServerMessage,
        serve::{Output, Served, Setup, error_body, invalid},
    },
};
use serde_json::Value;
use std::collections::VecDeque;
use tokio::sync::mpsc;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// Frames that wait for the engine before the client is not read any more: 2 s.
const WAITING_MAX: usize = 100;

/// Items that are remembered: of an older one nothing is on the way any more.
const OPENED_MAX: usize = 16;
/// Pieces of voice that wait for the news of their item.
const EARLY_MAX: usize = 1_024;

/// In order: what is about audio waits for the audio before it.
enum Waiting {
    Frame(Box<[i16; FRAME_SAMPLES]>),
    Order(AudioOrder),
}

/// What the conversation brought.
#[derive(Debug)]
pub(super) enum News {
    Event(Box<ServerMessage>),
    Over(Closing),
}

/// What moved it on.
enum Woken {
    Engine(Option<ModelEvent>),
    Downlink(Option<DownlinkCommand>),
    Sent,
}

/// See the module.
pub(super) struct EngineSide {
    served: Served,
    waiting: VecDeque<Waiting>,
    /// Samples of a frame that is not full.
    partial: Vec<i16>,
    /// End of the last frame that was sent.
    sent_ms: u64,
    news: VecDeque<News>,
    uplink: UplinkSender,
    orders: mpsc::Sender<Order>,
    events: mpsc::Receiver<ModelEvent>,
    downlink: DownlinkReceiver,
    /// Items whose voice is wanted, the newest last.
    opened: VecDeque<ItemId>,
    /// Voice of items that nobody has heard of yet.
    early: Vec<(ItemId, Vec<i16>)>,
    /// What it counted.
    usage: Vec<Usage>,
    /// The engine has left.
    left: bool,
    _cancel: DropGuard,
}

impl EngineSide {
    pub(super) fn start(engine: &BuiltinEngine, setup: Setup, tasks: &TaskTracker) -> Self {
        let prepare = setup.script.prepare().into();
        let served = Served::new(setup);
        let (uplink, uplink_end) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (orders, orders_end) = mpsc::channel(MODEL_QUEUE);
        let (events_end, events) = mpsc::channel(MODEL_QUEUE);
        let (downlink_end, downlink) = Downlink::channel();
        let cancel = CancellationToken::new();
        let ports = ServePorts {
            uplink: uplink_end,
            downlink: downlink_end,
            orders: orders_end,
            events: events_end,
            cancel: cancel.clone(),
        };
        engine.serve(prepare, served.turns(), ports, tasks);
        let mut this = Self {
            served,
            waiting: VecDeque::new(),
            partial: Vec::with_capacity(FRAME_SAMPLES),
            sent_ms: 0,
            news: VecDeque::new(),
            uplink,
            orders,
            events,
            downlink,
            opened: VecDeque::new(),
            early: Vec::new(),
            usage: Vec::new(),
            left: false,
            _cancel: cancel.drop_guard(),
        };
        this.perform();
        this
    }

    pub(super) fn served(&self) -> &Served {
        &self.served
    }

    pub(super) fn news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Whether the client may be read: the engine is not behind.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    pub(super) fn on_audio(&mut self, text: &str) {
        let Some(append) = client::append(text) else { return };
        if let Err(error) = self.served.append(&append.audio) {
            let event_id = append.event_id.map(|id| id.chars().take(512).collect());
            self.served.refuse(ErrorBody { event_id, ..error });
        }
        self.perform();
    }

    pub(super) fn on_event(&mut self, event: &Value) {
        match ClientMessage::parse(&event.to_string()) {
            Ok(message) => self.served.on_client(message),
            Err(_) => {
                let event_id = event.get("event_id").and_then(Value::as_str).map(str::to_owned);
                let error = invalid("invalid_value", "A field of the event is missing or has the wrong type.", None);
                self.served.refuse(ErrorBody { event_id, ..error });
            }
        }
        self.perform();
    }

    /// Moves on by one thing that happens. Safe to cancel.
    pub(super) async fn work(&mut self) {
        let (hears, is_told) = match self.waiting.front() {
            Some(Waiting::Frame(_)) => (true, false),
            Some(Waiting::Order(_)) => (false, true),
            None => (false, false),
        };
        let woken = tokio::select! {
            biased;
            event = self.events.recv(), if !self.left => Woken::Engine(event),
            command = self.downlink.recv(), if !self.left => Woken::Downlink(command),
            permit = self.orders.reserve(), if is_told => {
                if let (Ok(permit), Some(Waiting::Order(order))) = (permit, self.waiting.pop_front()) {
                    permit.send(Order::After { frames: self.sent_ms / FRAME_MS, order });
                }
                Woken::Sent
            }
            permit = self.uplink.reserve(), if hears => {
                if let (Ok(permit), Some(Waiting::Frame(pcm))) = (permit, self.waiting.pop_front()) {
                    let audio_ms = self.sent_ms;
                    self.sent_ms += FRAME_MS;
                    let rtp_time = audio_ms * 48;
                    let kind = FrameKind::Normal;
                    permit.send(UplinkFrame { pcm: *pcm, mulaw: None, rtp_time, audio_ms, kind }.into());
                }
                Woken::Sent
            }
            else => std::future::pending().await,
        };
        match woken {
            Woken::Engine(event) => self.on_engine(event),
            Woken::Downlink(command) => self.on_downlink(command),
            Woken::Sent => {}
        }
        self.perform();
    }

    fn on_engine(&mut self, event: Option<ModelEvent>) {
        // Voice and news come on two ways: the end of a response must not pass the voice that is before it.
        while let Some(command) = self.downlink.try_recv() {
            self.on_downlink(Some(command));
        }
        match event {
            Some(ModelEvent::AgentItem { response_id, item_id }) => {
                self.opened.push_back(item_id.clone());
                if self.opened.len() > OPENED_MAX {
                    self.opened.pop_front();
                }
                self.served.on_engine(ModelEvent::AgentItem { response_id, item_id: item_id.clone() });
                self.catch_up(&item_id);
            }
            Some(ModelEvent::Usage(usage)) => self.usage.push(usage),
            Some(event) => self.served.on_engine(event),
            None => {
                self.left = true;
                self.served.on_engine(ModelEvent::Failed);
            }
        }
    }

    /// What the engine counted since the last call.
    pub(super) fn take_usage(&mut self) -> Vec<Usage> {
        std::mem::take(&mut self.usage)
    }

    /// Voice that came before the news of its item.
    fn catch_up(&mut self, item_id: &ItemId) {
        let (due, early) = std::mem::take(&mut self.early).into_iter().partition(|(of, _)| of == item_id);
        self.early = early;
        let due: Vec<(ItemId, Vec<i16>)> = due;
        due.iter().for_each(|(_, pcm)| self.served.on_voice(item_id.as_str(), pcm));
    }

    fn on_downlink(&mut self, command: Option<DownlinkCommand>) {
        match command {
            Some(DownlinkCommand::Audio { item_id, pcm }) if self.opened.contains(&item_id) => {
                self.served.on_voice(item_id.as_str(), &pcm);
            }
            Some(DownlinkCommand::Audio { item_id, pcm }) if self.early.len() < EARLY_MAX => {
                self.early.push((item_id, pcm));
            }
            Some(DownlinkCommand::Audio { .. }) => {
                metrics::counter!("viva_relay_voice_dropped_total").increment(1);
            }
            Some(DownlinkCommand::Finish { .. } | DownlinkCommand::Flush) => {}
            // Its events say so too, and they are not all read.
            None => {}
        }
    }

    /// Does what the conversation decided.
    fn perform(&mut self) {
        while let Some(output) = self.served.poll_output() {
            match output {
                Output::Send(message) => self.news.push_back(News::Event(message)),
                Output::Hear(pcm) => self.hear(&pcm),
                Output::Turns(turns) => self.waiting.push_back(Waiting::Order(AudioOrder::Turns(turns))),
                Output::Commit => {
                    self.pad();
                    self.waiting.push_back(Waiting::Order(AudioOrder::Commit));
                }
                Output::Clear => {
                    self.partial.clear();
                    self.waiting.push_back(Waiting::Order(AudioOrder::Clear));
                }
                Output::Speak(words) => {
                    self.command(ModelCommand::Say(Speech {
                        tag: SpeechTag::Remark,
                        words,
                        verbatim: true,
                        brief: None,
                    }));
                }
                Output::Stop => self.command(ModelCommand::Cancel),
                Output::Cut { item_id, heard_ms } => {
                    self.command(ModelCommand::Truncate { item_id: ItemId::new(item_id), heard_ms });
                }
                Output::Fail => self.news.push_back(News::Over(Closing::plainly(1_011, "server_error.engine_failed"))),
            }
        }
    }

    fn hear(&mut self, pcm: &[i16]) {
        for piece in pcm.chunks(FRAME_SAMPLES) {
            self.partial.extend_from_slice(piece);
            if self.partial.len() >= FRAME_SAMPLES {
                let mut frame = Box::new([0; FRAME_SAMPLES]);
                frame.copy_from_slice(&self.partial[..FRAME_SAMPLES]);
                self.partial.drain(..FRAME_SAMPLES);
                self.waiting.push_back(Waiting::Frame(frame));
            }
        }
    }

    /// The last frame of a turn is filled up with silence.
    fn pad(&mut self) {
        if !self.partial.is_empty() {
            let silence = vec![0; FRAME_SAMPLES - self.partial.len()];
            self.hear(&silence);
        }
    }

    /// Orders that are not about audio pass what waits.
    fn command(&mut self, command: ModelCommand) {
        if self.orders.try_send(Order::Model(command)).is_err() {
            let error = error_body("server_error", Some("engine_failed"), "The speech engine does not answer.", None);
            self.news.push_back(News::Over(Closing::because(1_011, error)));
        }
    }
}
