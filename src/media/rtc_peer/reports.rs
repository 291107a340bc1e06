//! What the other side reports of our audio (RFC 3550 section 6.4). The stack's own statistics leave out the round
//! trip, and the reports that come inside sender reports, which is where a browser that speaks puts them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::{self, receiver_report::ReceiverReport, reception_report::ReceptionReport, sender_report::SenderReport},
    sansio::Protocol,
    shared::error::Error,
};

use crate::media::peer::PeerStatistics;

/// Sender reports of ours that an answer may still refer to.
const SENT_MAX: usize = 8;
/// A longer round trip is a wrong report.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Heard {
    /// Middle 32 bits of the NTP time of a sender report of ours, and when it left.
    sent: VecDeque<(u32, Instant)>,
    statistics: PeerStatistics,
}

/// What was reported; shared by the peer and its tap. Both live on one thread: the lock is never waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Reports {
    heard: Arc<Mutex<Heard>>,
}

impl Reports {
    /// The last report.
    pub(super) fn statistics(&self) -> PeerStatistics {
        self.lock().statistics
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_sent(&self, packets: &[Box<dyn rtcp::Packet>], now: Instant) {
        let reports = packets.iter().filter_map(|packet| packet.as_any().downcast_ref::<SenderReport>());
        for report in reports {
            let mut heard = self.lock();
            if heard.sent.len() == SENT_MAX {
                heard.sent.pop_front();
            }
            heard.sent.push_back(((report.ntp_time >> 16) as u32, now));
        }
    }

    fn note_received(&self, packets: &[Box<dyn rtcp::Packet>], ssrc: u32, now: Instant) {
        for packet in packets {
            let blocks = match packet.as_any().downcast_ref::<SenderReport>() {
                Some(report) => {
                    self.lock().statistics.sender_time = Some((report.ntp_time, report.rtp_time));
                    &report.reports
                }
                None => match packet.as_any().downcast_ref::<ReceiverReport>() {
                    Some(report) => &report.reports,
                    None => continue,
                },
            };
            blocks.iter().filter(|block| block.ssrc == ssrc).for_each(|block| self.note_block(block, now));
        }
    }

    fn note_block(&self, block: &ReceptionReport, now: Instant) {
        let mut heard = self.lock();
        heard.statistics.remote_loss_ratio = Some(f64::from(block.fraction_lost) / 256.0);
        let Some((_, left)) = heard.sent.iter().find(|(time, _)| *time == block.last_sender_report) else { return };
        // DLSR counts in 1/65536 s.
        let held_back = Duration::from_secs_f64(f64::from(block.delay) / 65_536.0);
        let round_trip = now.saturating_duration_since(*left).saturating_sub(held_back);
        if round_trip < ROUND_TRIP_MAX {
            heard.statistics.round_trip = Some(round_trip);
        }
    }
}

/// An interceptor next to the network: it changes nothing and reads the reports that pass.
pub(super) struct ReportTap {
    reports: Reports,
    ssrc: u32,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl ReportTap {
    /// `ssrc`: of the stream that is reported on.
    pub(super) fn new(reports: Reports, ssrc: u32) -> Self {
        Self { reports, ssrc, reads: VecDeque::new(), writes: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for ReportTap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &packet.message.packet {
            self.reports.note_received(packets, self.ssrc, packet.now);
        }
        self.reads.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &packet.message.packet {
            self.reports.note_sent(packets, packet.now);
        }
        self.writes.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for ReportTap {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
