//! What a shard does for a recording: hand over a packet, or count that it could not.

use super::{Take, writer::Entry};
use crate::domain::{
    audio::{TICKS_PER_MS, codec::Codec},
    recording::Side,
};
use bytes::Bytes;
use metrics::Counter;
use std::sync::{
    Arc,
    atomic::Ordering,
    mpsc::{SyncSender, TrySendError},
};

/// One session's, on its shard's thread. Takes no lock that anybody holds for long, allocates nothing, never waits.
pub struct Tap {
    take: Arc<Take>,
    entries: SyncSender<Entry>,
    codec: Codec,
    /// RTP time of what was sent, unwrapped, with its last value on the wire.
    sent: Option<(u64, u32)>,
    /// What is sent next does not follow what was sent before.
    is_sent_fresh: bool,
    /// NTP time of the last sender report that was noted.
    reported: u64,
    dropped: Counter,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").field("session_id", &self.take.session_id).finish_non_exhaustive()
    }
}

impl Tap {
    pub(super) fn new(take: Arc<Take>, entries: SyncSender<Entry>) -> Self {
        let dropped = metrics::counter!("viva_recording_dropped_total");
        Self { take, entries, codec: Codec::Opus, sent: None, is_sent_fresh: true, reported: 0, dropped }
    }

    /// What packets are from now on.
    pub fn speak(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// The candidate's packet, in order. `rtp_time`: unwrapped. `place_ticks`: its place on the session's audio clock.
    /// `is_fresh`: it does not follow the one before.
    pub fn received(&mut self, (rtp_time, place_ticks): (u64, u64), payload: &Bytes, is_fresh: bool, audio_ms: u64) {
        let (side, now_ticks) = (Side::User, audio_ms * TICKS_PER_MS);
        self.hand_over(Entry::Packet {
            key: self.take.key,
            side,
            codec: self.codec,
            rtp_time,
            run_ticks: place_ticks,
            now_ticks,
            is_fresh,
            payload: payload.clone(),
        });
    }

    /// The interviewer's packet, which has left.
    pub fn sent(&mut self, timestamp: u32, payload: Bytes, audio_ms: u64) {
        let rtp_time = match self.sent {
            Some((time, last)) => time + u64::from(timestamp.wrapping_sub(last)),
            None => u64::from(timestamp),
        };
        self.sent = Some((rtp_time, timestamp));
        let is_fresh = std::mem::take(&mut self.is_sent_fresh);
        let (side, now_ticks) = (Side::Assistant, audio_ms * TICKS_PER_MS);
        let (key, codec, run_ticks) = (self.take.key, self.codec, rtp_time);
        self.hand_over(Entry::Packet { key, side, codec, rtp_time, run_ticks, now_ticks, is_fresh, payload });
    }

    /// RTP time stood still, or another peer listens.
    pub fn reanchor_sent(&mut self) {
        self.is_sent_fresh = true;
    }

    /// The candidate's last sender report, if it is new: RTP time on the wire, and NTP time (RFC 3550 section 6.4.1).
    pub fn reported(&mut self, ntp_time: u64, rtp_time: u32, audio_ms: u64) {
        if std::mem::replace(&mut self.reported, ntp_time) != ntp_time {
            self.hand_over(Entry::Report { key: self.take.key, ntp_time, rtp_time, audio_ms });
        }
    }

    fn hand_over(&self, entry: Entry) {
        match self.entries.try_send(entry) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.take.dropped.fetch_add(1, Ordering::Relaxed);
                self.dropped.increment(1);
            }
            Err(TrySendError::Disconnected(_)) => self.take.has_failed.store(true, Ordering::Release),
        }
    }
}
