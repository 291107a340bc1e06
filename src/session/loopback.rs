//! The device check's other end: what is heard comes back at once, over the whole media path both ways.

use crate::{
    domain::{
        event::{ClientMessage, Envelope, LiveEvent, QualityData},
        id::{ItemId, SessionId},
        session::PeerEvent,
    },
    media::{
        Media, MediaError, MediaEvent, MediaPorts, MediaSession,
        port::{Downlink, DownlinkError, FrameKind, UPLINK_FRAMES_MAX, Uplink, UplinkFrame},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How often the candidate's page hears how the microphone arrives.
const QUALITY_EVERY: Duration = Duration::from_secs(1);
/// More than this is not let wait: a delay that grew would be heard as one of the connection's.
const QUEUED_MS_MAX: u64 = 60;
/// Media events that may wait.
const MEDIA_EVENTS: usize = 64;

/// One candidate's echo.
pub(super) struct Loopback {
    media: Arc<MediaSession>,
    uplink: Uplink,
    events: mpsc::Receiver<MediaEvent>,
    echo: Echo,
    /// The last frame's place on the audio clock.
    audio_ms: u64,
    events_sent: u64,
}

/// The way back.
struct Echo {
    downlink: Downlink,
    /// One that never ends, until a flush makes the next one necessary.
    item_id: ItemId,
    items: u64,
    resyncs: metrics::Counter,
    dropped: metrics::Counter,
}

impl Loopback {
    /// A place on the media path, with nobody connected to it.
    ///
    /// # Errors
    /// [`MediaError`]
    pub(super) fn attach(media: &Media, session_id: SessionId) -> Result<Self, MediaError> {
        let (uplink_sender, uplink) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (downlink, downlink_commands) = Downlink::channel();
        let (media_sender, events) = mpsc::channel(MEDIA_EVENTS);
        let ports = MediaPorts { uplink: uplink_sender, downlink: downlink_commands, events: media_sender };
        let media = Arc::new(media.attach(session_id, ports)?);
        media.report_quality_every(QUALITY_EVERY);
        Ok(Self { media, uplink, events, echo: Echo::new(downlink), audio_ms: 0, events_sent: 0 })
    }

    /// What a peer is connected to.
    pub(super) fn media(&self) -> Arc<MediaSession> {
        self.media.clone()
    }

    /// Echoes until the peer is gone.
    pub(super) async fn run(&mut self) {
        loop {
            tokio::select! {
                biased;
                frame = self.uplink.recv() => match frame {
                    Some(frame) => {
                        self.audio_ms = frame.audio_ms;
                        self.echo.give_back(&frame);
                    }
                    None => return,
                },
                event = self.events.recv() => match event {
                    Some(MediaEvent::Quality(quality)) => self.tell(quality),
                    Some(MediaEvent::Message(message)) => self.take(&message),
                    Some(MediaEvent::Peer(PeerEvent::Closed)) | None => return,
                    Some(MediaEvent::Peer(_) | MediaEvent::Playout(_) | MediaEvent::AudioSoFar(_)) => {}
                },
            }
        }
    }

    fn tell(&mut self, quality: QualityData) {
        self.events_sent += 1;
        let event = LiveEvent::Quality(quality);
        let envelope = Envelope { id: self.events_sent, at_ms: self.audio_ms, event };
        match serde_json::to_vec(&envelope) {
            // Without an open channel there is nobody to tell.
            Ok(json) => {
                let _ = self.media.send_data(json);
            }
            Err(error) => tracing::error!(%error, "a live event cannot be written"),
        }
    }

    /// Of what a page may say only its own figures matter here.
    fn take(&self, message: &[u8]) {
        if let Ok(ClientMessage::Stats(stats)) = serde_json::from_slice(message) {
            self.media.client_stats(stats);
        }
    }
}

impl Echo {
    fn new(downlink: Downlink) -> Self {
        Self {
            downlink,
            item_id: item(0),
            items: 0,
            resyncs: metrics::counter!("viva_loopback_resyncs_total"),
            dropped: metrics::counter!("viva_loopback_dropped_total"),
        }
    }

    fn give_back(&mut self, frame: &UplinkFrame) {
        // Where nothing came there is nothing to give back; what waits gets its time.
        if matches!(frame.kind, FrameKind::Dtx | FrameKind::Silence) {
            return;
        }
        if self.downlink.queued_ms() > QUEUED_MS_MAX && self.downlink.flush().is_ok() {
            // Later audio of an item that was flushed would be ignored.
            self.items += 1;
            self.item_id = item(self.items);
            self.resyncs.increment(1);
        }
        if self.downlink.push(&self.item_id, frame.pcm.to_vec()) == Err(DownlinkError::Full) {
            self.dropped.increment(1);
        }
    }
}

fn item(number: u64) -> ItemId {
    ItemId::new(format!("echo_{number}"))
}
