//! What is told to the other side about RTP, and what it tells (RFC 3550 section 6.4, RFC 4585 section 6.2.1).

use std::{
    collections::VecDeque,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use rtc::rtcp::{
    self,
    receiver_report::ReceiverReport,
    reception_report::ReceptionReport,
    sender_report::SenderReport,
    source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem},
    transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack},
};

use crate::{
    domain::audio::{TICKS_PER_MS, bit_rate::Report, codec::RtpClock, reception::ReportBlock},
    media::peer::{AudioPacket, PeerStatistics},
};

/// Sender reports of ours that an answer may still refer to.
const REPORTS_MAX: usize = 8;
/// A longer round trip is a wrong report.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_UNIX_S: u64 = 2_208_988_800;
/// Names the source; the same for all sessions, so that it says nothing of anyone (RFC 7022 allows a per-session one).
const CANONICAL_NAME: &[u8] = b"viva";

/// The monotonic clock, as NTP time.
#[derive(Clone, Copy, Debug)]
pub(in crate::media::rtc_peer) struct NtpClock {
    from: Instant,
    /// NTP time then, in 32.32 bits.
    base: u64,
}

impl NtpClock {
    /// Takes the system's time once; later steps of it do not show.
    pub(in crate::media::rtc_peer) fn new() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { from: Instant::now(), base: (NTP_UNIX_S << 32).wrapping_add(fixed(unix)) }
    }

    fn at(self, now: Instant) -> u64 {
        self.base.wrapping_add(fixed(now.saturating_duration_since(self.from)))
    }
}

/// Seconds in 32.32 bits.
fn fixed(duration: Duration) -> u64 {
    (duration.as_secs() << 32) | ((u64::from(duration.subsec_nanos()) << 32) / 1_000_000_000)
}

/// What was sent so far.
#[derive(Debug, Default)]
pub(super) struct Sent {
    packets: u32,
    octets: u32,
    /// RTP time of the last packet, and when it left.
    last: Option<(u32, Instant)>,
}

impl Sent {
    /// `timestamp`: its RTP time on the wire.
    pub(super) fn note(&mut self, packet: &AudioPacket, timestamp: u32, now: Instant) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        self.last = Some((timestamp, now));
    }
}

/// Both sides' reports.
pub(super) struct Feedback {
    ntp: NtpClock,
    /// Middle 32 bits of the NTP time of a sender report of ours, and when it left.
    reports: VecDeque<(u32, Instant)>,
    statistics: PeerStatistics,
}

impl Feedback {
    pub(super) fn new(ntp: NtpClock) -> Self {
        Self { ntp, reports: VecDeque::with_capacity(REPORTS_MAX), statistics: PeerStatistics::default() }
    }

    pub(super) fn statistics(&self) -> PeerStatistics {
        self.statistics
    }

    pub(super) fn note_sender_report(&mut self, report: &SenderReport, clock: &RtpClock) {
        self.statistics.sender_time = Some((report.ntp_time, clock.ticks(report.rtp_time)));
    }

    /// What the other side says of our stream.
    pub(super) fn note_blocks(&mut self, blocks: &[ReceptionReport], ssrc: u32, clock: &RtpClock, now: Instant) {
        for block in blocks.iter().filter(|block| block.ssrc == ssrc) {
            let loss_ratio = f64::from(block.fraction_lost) / 256.0;
            self.statistics.remote_loss_ratio = Some(loss_ratio);
            let reports = &self.reports;
            let Some((_, left)) = reports.iter().find(|(time, _)| *time == block.last_sender_report) else { continue };
            // DLSR counts in 1/65536 s.
            let held_back = Duration::from_secs_f64(f64::from(block.delay) / 65_536.0);
            let round_trip = now.saturating_duration_since(*left).saturating_sub(held_back);
            if round_trip < ROUND_TRIP_MAX {
                self.statistics.round_trip = Some(round_trip);
                self.statistics.report = Some(Report {
                    number: self.statistics.report.map_or(0, |report| report.number) + 1,
                    loss_ratio,
                    round_trip_ms: round_trip.as_millis() as u64,
                    jitter_ms: u64::from(clock.ticks(block.jitter)) / TICKS_PER_MS,
                    sequence: block.last_sequence_number,
                });
            }
        }
    }

    /// The compound packet of this moment: what was sent, if anything was, what came, and who says so.
    pub(super) fn report(
        &mut self,
        ssrc: u32,
        sent: &Sent,
        block: Option<ReportBlock>,
        clock: &RtpClock,
        now: Instant,
    ) -> [Box<dyn rtcp::Packet>; 2] {
        let reports = block.map(|block| reception(block, clock)).into_iter().collect();
        let first: Box<dyn rtcp::Packet> = match sent.last {
            Some((rtp_time, left)) => {
                let since_ticks = now.saturating_duration_since(left).as_micros() as u64 * TICKS_PER_MS / 1_000;
                let rtp_time = rtp_time.wrapping_add(clock.steps(since_ticks as u32));
                Box::new(self.sender_report(ssrc, sent, rtp_time, reports, now))
            }
            None => Box::new(ReceiverReport { ssrc, reports, profile_extensions: Bytes::new() }),
        };
        let name = SourceDescriptionItem { sdes_type: SdesType::SdesCname, text: Bytes::from_static(CANONICAL_NAME) };
        let chunks = vec![SourceDescriptionChunk { source: ssrc, items: vec![name] }];
        [first, Box::new(SourceDescription { chunks })]
    }

    fn sender_report(
        &mut self,
        ssrc: u32,
        sent: &Sent,
        rtp_time: u32,
        reports: Vec<ReceptionReport>,
        now: Instant,
    ) -> SenderReport {
        let ntp_time = self.ntp.at(now);
        if self.reports.len() == REPORTS_MAX {
            self.reports.pop_front();
        }
        self.reports.push_back(((ntp_time >> 16) as u32, now));
        SenderReport {
            ssrc,
            ntp_time,
            rtp_time,
            packet_count: sent.packets,
            octet_count: sent.octets,
            reports,
            profile_extensions: Bytes::new(),
        }
    }
}

fn reception(block: ReportBlock, clock: &RtpClock) -> ReceptionReport {
    ReceptionReport {
        ssrc: block.ssrc,
        fraction_lost: block.fraction_lost,
        total_lost: block.lost,
        last_sequence_number: block.highest,
        jitter: clock.steps(block.jitter_ticks),
        last_sender_report: block.last_sender_report,
        delay: block.delay,
    }
}

/// Asks for these packets, in ascending order, as pairs of a number and a mask of the 16 after it.
pub(super) fn nack(sender_ssrc: u32, media_ssrc: u32, missing: &[u16]) -> TransportLayerNack {
    let mut nacks: Vec<NackPair> = Vec::new();
    for &sequence in missing {
        let offset = nacks.last().map(|pair| sequence.wrapping_sub(pair.packet_id));
        match (nacks.last_mut(), offset) {
            (Some(pair), Some(offset @ 1..=16)) => pair.lost_packets |= 1 << (offset - 1),
            _ => nacks.push(NackPair::new(sequence)),
        }
    }
    TransportLayerNack { sender_ssrc, media_ssrc, nacks }
}
