//! The PCM seam between the media path and a speech model. Both sides import this; neither imports the other.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

use crate::domain::id::ItemId;

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
    /// RTP time of the first sample (48 kHz, extended to 64 bit, RFC 3550 unwrapped).
    pub rtp_time: u64,
    /// Start of the frame on the session's audio clock.
    pub audio_ms: u64,
    pub kind: FrameKind,
}

/// Receiving end of the candidate's voice.
pub type Uplink = mpsc::Receiver<UplinkFrame>;

/// Frames that may wait for a slow model: 5 s. When it is full the newest frame is dropped and counted.
pub const UPLINK_FRAMES_MAX: usize = 250;

/// A command to the pacer of one session.
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
    command: DownlinkCommand,
}

/// Sending end of the interviewer's voice. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Downlink {
    commands: mpsc::Sender<Sent>,
    /// Flushes so far. Beside the queue, so that a flush gets through a full one.
    epoch: Arc<AtomicU64>,
    queued_samples: Arc<AtomicUsize>,
}

/// Receiving end of the interviewer's voice: the pacer's.
#[derive(Debug)]
pub struct DownlinkReceiver {
    commands: mpsc::Receiver<Sent>,
    epoch: Arc<AtomicU64>,
    /// What waits for its time, as the pacer saw it last.
    queued_samples: Arc<AtomicUsize>,
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
        let (sender, receiver) = mpsc::channel(DOWNLINK_COMMANDS_MAX);
        let epoch = Arc::new(AtomicU64::new(0));
        let queued_samples = Arc::new(AtomicUsize::new(0));
        let downlink =
            Self { commands: sender, epoch: Arc::clone(&epoch), queued_samples: Arc::clone(&queued_samples) };
        (downlink, DownlinkReceiver { commands: receiver, epoch, queued_samples, seen: 0, held: None })
    }

    /// Audio that waits for its time, in milliseconds, as the pacer saw it within the last 20 ms; what it has not
    /// taken yet is not in it.
    pub fn queued_ms(&self) -> u64 {
        self.queued_samples.load(Ordering::Relaxed) as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)
    }

    /// Queues audio of an item.
    ///
    /// # Errors
    /// [`DownlinkError::Full`] when the audio was not taken, [`DownlinkError::Closed`] when nobody will play it.
    pub fn push(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        self.send(DownlinkCommand::Audio { item_id: item_id.clone(), pcm })
    }

    /// Queues audio of an item, or gives it back when there is no room.
    ///
    /// # Errors
    /// As [`push`](Self::push), with the audio that was not taken.
    pub fn offer(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), (DownlinkError, Vec<i16>)> {
        let command = DownlinkCommand::Audio { item_id: item_id.clone(), pcm };
        let sent = Sent { epoch: self.epoch.load(Ordering::Acquire), command };
        self.commands.try_send(sent).map_err(|error| match error {
            mpsc::error::TrySendError::Full(Sent { command: DownlinkCommand::Audio { pcm, .. }, .. }) => {
                (DownlinkError::Full, pcm)
            }
            _ => (DownlinkError::Closed, Vec::new()),
        })
    }

    /// Waits until a command can be queued.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when nobody will play it.
    pub async fn room(&self) -> Result<(), DownlinkError> {
        self.commands.reserve().await.map(drop).map_err(|_| DownlinkError::Closed)
    }

    /// Waits for room, then queues audio of an item: for callers that may be held back. A flush while it waits makes it
    /// stale.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when nobody will play it.
    pub async fn push_waiting(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        let command = DownlinkCommand::Audio { item_id: item_id.clone(), pcm };
        let sent = Sent { epoch: self.epoch.load(Ordering::Acquire), command };
        self.commands.send(sent).await.map_err(|_| DownlinkError::Closed)
    }

    /// Says that an item is complete.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&self, item_id: &ItemId) -> Result<(), DownlinkError> {
        self.send(DownlinkCommand::Finish { item_id: item_id.clone() })
    }

    /// Drops all audio that was queued before; what is dropped is reported as `PlayoutEvent::Interrupted`. Never lost,
    /// however full the queue is.
    ///
    /// # Errors
    /// [`DownlinkError::Closed`] when there is no pacer.
    pub fn flush(&self) -> Result<(), DownlinkError> {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        // The command only wakes a receiver that waits; the count is what flushes.
        match self.send(DownlinkCommand::Flush) {
            Err(DownlinkError::Closed) => Err(DownlinkError::Closed),
            _ => Ok(()),
        }
    }

    fn send(&self, command: DownlinkCommand) -> Result<(), DownlinkError> {
        let sent = Sent { epoch: self.epoch.load(Ordering::Acquire), command };
        self.commands.try_send(sent).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DownlinkError::Full,
            mpsc::error::TrySendError::Closed(_) => DownlinkError::Closed,
        })
    }
}

/// A command as the pacer takes it.
#[derive(Debug)]
pub(crate) enum Taken {
    Fresh(DownlinkCommand),
    /// A flush overtook it: its item is not to be heard.
    Stale(DownlinkCommand),
}

impl DownlinkReceiver {
    /// Tells the sender how much audio waits for its time.
    pub(crate) fn note_queued(&self, samples: usize) {
        self.queued_samples.store(samples, Ordering::Relaxed);
    }

    /// Whether a flush came that was not handed out yet; asking hands it out.
    pub(crate) fn take_flush(&mut self) -> bool {
        let epoch = self.epoch.load(Ordering::Acquire);
        let is_new = epoch != self.seen;
        self.seen = epoch;
        is_new
    }

    /// The next command, stale or not, without waiting; flushes come in their place.
    pub(crate) fn take(&mut self) -> Option<Taken> {
        loop {
            if self.take_flush() {
                return Some(Taken::Fresh(DownlinkCommand::Flush));
            }
            let sent = match self.held.take() {
                Some(sent) => sent,
                None => self.commands.try_recv().ok()?,
            };
            if let Some(taken) = self.classify(sent) {
                return Some(taken);
            }
        }
    }

    /// The next command, without waiting; `None` when there is none. Stale ones are left out.
    pub fn try_recv(&mut self) -> Option<DownlinkCommand> {
        loop {
            if let Taken::Fresh(command) = self.take()? {
                return Some(command);
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
            self.held = Some(self.commands.recv().await?);
        }
    }

    /// `None`: it only woke us, or it is held back behind a flush.
    fn classify(&mut self, sent: Sent) -> Option<Taken> {
        if matches!(sent.command, DownlinkCommand::Flush) {
            return None;
        }
        if sent.epoch > self.seen {
            self.held = Some(sent);
            return None;
        }
        let is_stale = sent.epoch < self.seen;
        Some(if is_stale { Taken::Stale(sent.command) } else { Taken::Fresh(sent.command) })
    }
}
