//! The PCM seam between the media path and a speech model. Both sides import this; neither imports the other.

use crate::domain::id::ItemId;
use tokio::sync::mpsc;

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

/// Sending end of the interviewer's voice. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Downlink {
    commands: mpsc::Sender<DownlinkCommand>,
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
    pub fn channel() -> (Self, mpsc::Receiver<DownlinkCommand>) {
        let (commands, receiver) = mpsc::channel(DOWNLINK_COMMANDS_MAX);
        (Self { commands }, receiver)
    }

    /// Queues audio of an item.
    pub fn push(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        self.send(DownlinkCommand::Audio { item_id: item_id.clone(), pcm })
    }

    /// Waits for room, then queues audio of an item: for callers that may be held back.
    pub async fn push_waiting(&self, item_id: &ItemId, pcm: Vec<i16>) -> Result<(), DownlinkError> {
        let command = DownlinkCommand::Audio { item_id: item_id.clone(), pcm };
        self.commands.send(command).await.map_err(|_| DownlinkError::Closed)
    }

    /// Says that an item is complete.
    pub fn finish(&self, item_id: &ItemId) -> Result<(), DownlinkError> {
        self.send(DownlinkCommand::Finish { item_id: item_id.clone() })
    }

    /// Drops all queued audio; what is dropped is reported as `PlayoutEvent::Interrupted`.
    pub fn flush(&self) -> Result<(), DownlinkError> {
        self.send(DownlinkCommand::Flush)
    }

    fn send(&self, command: DownlinkCommand) -> Result<(), DownlinkError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DownlinkError::Full,
            mpsc::error::TrySendError::Closed(_) => DownlinkError::Closed,
        })
    }
}
