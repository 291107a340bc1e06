//! The PCM seam between the media path and a speech model. Both sides import this; neither imports the other.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

pub use super::prepared::PreparedSpeech;
use crate::domain::{
    audio::{g711, playout::Sound},
    id::ItemId,
    load::Level,
};

/// PCM everywhere is 24 kHz, mono, signed 16 bit.
pub const SAMPLE_RATE_HZ: u32 = 24_000;
/// Samples of one 20 ms frame.
pub const FRAME_SAMPLES: usize = 480;
/// Milliseconds of one frame.
pub const FRAME_MS: u64 = 20;

/// How a frame came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Decoded from its own packet.
    Normal,
    /// Rebuilt from the forward error correction in the packet after it.
    Fec,
    /// Concealed by the decoder.
    Plc,
    /// The sender was silent on purpose (discontinuous transmission).
    Dtx,
    /// Nothing came; silence fills the time.
    Silence,
}

/// 20 ms of the candidate's voice.
#[derive(Clone, Debug)]
pub struct UplinkFrame {
    pub pcm: [i16; FRAME_SAMPLES],
    /// The same as it came, where the candidate's side speaks µ-law.
    pub mulaw: Option<[u8; g711::FRAME_BYTES]>,
    /// RTP time of the first sample (48 kHz, extended to 64 bit, RFC 3550 unwrapped).
    pub rtp_time: u64,
    /// Start of the frame on the session's audio clock.
    pub audio_ms: u64,
    pub kind: FrameKind,
}

/// Sending end of the candidate's voice. Frames are passed on as pointers: the queue makes room for 32 at a time.
pub type UplinkSender = mpsc::Sender<Arc<UplinkFrame>>;
/// Receiving end of the candidate's voice.
pub type Uplink = mpsc::Receiver<Arc<UplinkFrame>>;

/// Frames that may wait for a slow model: 5 s. When it is full the newest frame is dropped and counted.
pub const UPLINK_FRAMES_MAX: usize = 250;

/// The interviewer's voice, as a model hands it over.
pub type Voice = Sound<Arc<PreparedSpeech>>;

/// What a pacer is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// More audio of an item; the first of an unknown item puts it at the end of the queue.
    Speak { item_id: ItemId, voice: Voice },
    /// No more audio of this item will come.
    Finish { item_id: ItemId },
    /// Drop everything queued, and ignore later audio of the items dropped.
    Flush,
}

/// The same for a listener that wants samples, whatever form the audio came in.
#[derive(Debug)]
pub enum DownlinkCommand {
    /// More audio of an item; the first of an unknown item puts it at the end of the queue.
    Audio { item_id: ItemId, pcm: Vec<i16> },
    /// No more audio of this item will come.
    Finish { item_id: ItemId },
    /// Drop everything queued, and ignore later audio of the items dropped.
    Flush,
}

/// Commands that may wait for the pacer.
pub const DOWNLINK_COMMANDS_MAX: usize = 1_024;
/// Samples of agent audio that may be queued for one session: 5 minutes.
pub const DOWNLINK_SAMPLES_MAX: usize = 5 * 60 * SAMPLE_RATE_HZ as usize;

/// A command, and how many flushes its sender had made: a later flush makes it stale.
#[derive(Debug)]
struct Sent {
    epoch: u64,
    order: Order,
}

/// What the two ends know of each other beside the queue.
#[derive(Debug, Default)]
struct Known {
    /// Flushes so far. Beside the queue, so that a flush gets through a full one.
    epoch: AtomicU64,
    /// What waits for its time, as the pacer saw it last.
    queued_samples: AtomicUsize,
    /// What the media path has given up, as a level's number.
    level: AtomicU8,
}

/// Sending end of the interviewer's voice. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Downlink {
    orders: mpsc::Sender<Sent>,
    known: Arc<Known>,
}

/// Receiving end of the interviewer's voice: the pacer's.
#[derive(Debug)]
pub struct DownlinkReceiver {
    orders: mpsc::Receiver<Sent>,
    known: Arc<Known>,
    /// Flushes that were handed out.
    seen: u64,
    /// Taken from the queue, but behind a flush that is handed out first.
    held: Option<Sent>,
}

/// The pacer cannot take more, or the session is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownlinkError {
    #[error("downlink queue is full")]
    Full,
    #[error("session is gone")]
    Closed,
}

impl Downlink {
    /// A pacer's mailbox and the handle to it.
    pub fn channel() -> (Self, DownlinkReceiver) {
        let (sender, orders) = mpsc::channel(DOWNLINK_COMMANDS_MAX);
        let known = Arc::new(Known::default());
        let downlink = Self { orders: sender, known: Arc::clone(&known) };
        (downlink, DownlinkReceiver { orders, known, seen: 0, held: None })
    }

    /// Audio that waits for its time, in milliseconds, as the pacer saw it within the last 20 ms; what it has not
    /// taken yet is not in it.
    pub fn queued_ms(&self) -> u64 {
        self.known.queued_samples.load(Ordering::Relaxed) as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)
    }

    /// What the media path has given up because there is too much to do.
    pub fn level(&self) -> Level {
        Level::of_number(self.known.level.load(Ordering::Relaxed))
    }

    /// Queues audio of an item.
    ///
    /// # Errors
    /// [`DownlinkError::Full`] when the audio was not taken, [`DownlinkError::Closed`] when nobody will play it.
    pub fn push(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        self.send(Order::Speak { item_id: item_id.clone(), voice: Sound::Pcm(pcm) })
    }

    /// Queues speech that other sessions say too: its packets are sent as they are, once they are there.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_prepared(&self, item_id: &ItemId, speech: Arc<PreparedSpeech>) -> Result<(), DownlinkError> {
        let samples = speech.pcm().len();
        self.send(Order::Speak { item_id: item_id.clone(), voice: Sound::Prepared { speech, samples } })
    }

    /// Queues audio of an item, or gives it back when there is no room.
    ///
    /// # Errors
    /// As [`push`](Self::push), with the audio that was not taken; [`DownlinkError::Closed`] gives nothing back.
    pub fn offer(&self, item_id: &ItemId, voice: Voice) -> Result<(), (DownlinkError, Option<Voice>)> {
        let sent = self.stamped(Order::Speak { item_id: item_id.clone(), voice });
        self.orders.try_send(sent).map_err(|error| match error {
            mpsc::error::TrySendError::Full(Sent { order: Order::Speak { voice, .. }, .. }) => {
                (DownlinkError::Full, Some(voice))
            }
            _ => (DownlinkError::Closed, None),
        })
    }

    /// Waits until a command can be queued.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when nobody will play it.
    pub async fn room(&self) -> Result<(), DownlinkError> {
        self.orders.reserve().await.map(drop).map_err(|_| DownlinkError::Closed)
    }

    /// Waits for room, then queues audio of an item: for callers that may be held back. A flush while it waits makes it
    /// stale.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when nobody will play it.
    pub async fn push_waiting(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        let sent = self.stamped(Order::Speak { item_id: item_id.clone(), voice: Sound::Pcm(pcm) });
        self.orders.send(sent).await.map_err(|_| DownlinkError::Closed)
    }

    /// Says that an item is complete.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&self, item_id: &ItemId) -> Result<(), DownlinkError> {
        self.send(Order::Finish { item_id: item_id.clone() })
    }

    /// Drops all audio that was queued before; what is dropped is reported as `PlayoutEvent::Interrupted`. Never lost,
    /// however full the queue is.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when there is no pacer.
    pub fn flush(&self) -> Result<(), DownlinkError> {
        self.known.epoch.fetch_add(1, Ordering::AcqRel);
        // The command only wakes a receiver that waits; the count is what flushes.
        match self.send(Order::Flush) {
            Err(DownlinkError::Closed) => Err(DownlinkError::Closed),
            _ => Ok(()),
        }
    }

    fn stamped(&self, order: Order) -> Sent {
        Sent { epoch: self.known.epoch.load(Ordering::Acquire), order }
    }

    fn send(&self, order: Order) -> Result<(), DownlinkError> {
        self.orders.try_send(self.stamped(order)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DownlinkError::Full,
            mpsc::error::TrySendError::Closed(_) => DownlinkError::Closed,
        })
    }
}

/// An order as the pacer takes it.
#[derive(Debug)]
pub(crate) enum Taken {
    Fresh(Order),
    /// A flush overtook it: its item is not to be heard.
    Stale(Order),
}

impl DownlinkReceiver {
    /// Tells the sender how much audio waits for its time.
    pub(crate) fn note_queued(&self, samples: usize) {
        self.known.queued_samples.store(samples, Ordering::Relaxed);
    }

    /// Tells the sender what was given up.
    pub(crate) fn note_level(&self, level: Level) {
        self.known.level.store(level.number(), Ordering::Relaxed);
    }

    /// Whether a flush came that was not handed out yet; asking hands it out.
    pub(crate) fn take_flush(&mut self) -> bool {
        let epoch = self.known.epoch.load(Ordering::Acquire);
        let is_new = epoch != self.seen;
        self.seen = epoch;
        is_new
    }

    /// The next order, stale or not, without waiting; flushes come in their place.
    pub(crate) fn take(&mut self) -> Option<Taken> {
        loop {
            if self.take_flush() {
                return Some(Taken::Fresh(Order::Flush));
            }
            let sent = match self.held.take() {
                Some(sent) => sent,
                None => self.orders.try_recv().ok()?,
            };
            if let Some(taken) = self.classify(sent) {
                return Some(taken);
            }
        }
    }

    /// The next command, without waiting; `None` when there is none. Stale ones are left out.
    pub fn try_recv(&mut self) -> Option<DownlinkCommand> {
        loop {
            if let Taken::Fresh(order) = self.take()? {
                return Some(order.into_samples());
            }
        }
    }

    /// The next command; `None` when every [`Downlink`] is gone. Stale ones are left out.
    pub async fn recv(&mut self) -> Option<DownlinkCommand> {
        loop {
            if let Some(command) = self.try_recv() {
                return Some(command);
            }
            // Held, so that a flush that came meanwhile goes first, and that a cancelled wait loses nothing.
            self.held = Some(self.orders.recv().await?);
        }
    }

    /// `None`: it only woke us, or it is held back behind a flush.
    fn classify(&mut self, sent: Sent) -> Option<Taken> {
        if matches!(sent.order, Order::Flush) {
            return None;
        }
        if sent.epoch > self.seen {
            self.held = Some(sent);
            return None;
        }
        let is_stale = sent.epoch < self.seen;
        Some(if is_stale { Taken::Stale(sent.order) } else { Taken::Fresh(sent.order) })
    }
}

impl Order {
    fn into_samples(self) -> DownlinkCommand {
        match self {
            Self::Speak { item_id, voice } => DownlinkCommand::Audio { item_id, pcm: samples(voice) },
            Self::Finish { item_id } => DownlinkCommand::Finish { item_id },
            Self::Flush => DownlinkCommand::Flush,
        }
    }
}

fn samples(voice: Voice) -> Vec<i16> {
    match voice {
        Sound::Pcm(pcm) => pcm,
        Sound::Prepared { speech, .. } => speech.pcm().to_vec(),
        Sound::Mulaw(bytes) => {
            let narrow: Vec<i16> = bytes.into_iter().map(g711::decode).collect();
            let mut pcm = vec![0; narrow.len() * g711::RATIO];
            g711::Widener::default().widen(&narrow, &mut pcm);
            pcm
        }
    }
}
