//! RTP and RTCP of one peer, past the stack: SRTP in and out, reports, and packets sent again.
//!
//! The stack would carry each packet through eight layers of queues and its interceptors, which costs about as much as
//! decoding it. Here a packet is unprotected, read and handed on; the stack keeps ICE, DTLS and the data channel.

mod feedback;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{BufMut, Bytes, BytesMut};
use rtc::{
    rtcp::{
        self, receiver_report::ReceiverReport, sender_report::SenderReport,
        transport_feedbacks::transport_layer_nack::TransportLayerNack,
    },
    rtp,
    shared::marshal::{MarshalSize, Unmarshal},
    srtp::{context::Context, option},
};

use self::feedback::{Feedback, Sent};
use super::{
    REPLAY_WINDOW,
    keys::{KeyTap, SrtpKeys},
};
use crate::{
    domain::audio::{
        codec::{Codec, RtpClock},
        jitter::Packet,
        reception::Reception,
    },
    media::peer::{AudioPacket, PeerError, PeerStatistics, Transmit},
};

/// Streams of the peer that may be open at a time. One is; a browser that changes its microphone begins another.
const STREAMS_MAX: usize = 4;
/// Packets that may be sent again: as many as make the time that a gap waits, and a round trip.
const HISTORY: usize = 16;
/// How often the peer is told what came and what was sent (RFC 3550 section 6.2 allows less than 5 s where it costs
/// little; the round trip is measured by it).
const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Length of an RTP header without extensions.
const HEADER_BYTES: usize = 12;
/// Protected packets are never longer: the largest Opus packet, its header and its tag.
const PACKET_BYTES: usize = HEADER_BYTES + 1_275;

/// A stream of the peer, with the context that unprotects it. A context keeps state for each stream that it is shown,
/// authentic or not: one of its own for each, made on trial, keeps forged ones from filling memory.
struct Stream {
    ssrc: u32,
    context: Context,
}

/// The flow of packets of one peer, both ways.
pub(super) struct Flow {
    tap: Arc<KeyTap>,
    keys: SrtpKeys,
    outbound: Context,
    /// The most recent first.
    inbound: Vec<Stream>,
    ssrc: u32,
    plain: BytesMut,
    sent: Sent,
    /// Of the last packets, as they were sent; empty unless the peer may ask for them.
    history: Vec<Option<(u16, Bytes)>>,
    asks_again: bool,
    reception: Option<Reception>,
    feedback: Feedback,
    clock: RtpClock,
    epoch: Instant,
    report_at: Instant,
}

impl Flow {
    /// # Errors
    /// [`PeerError::Stack`] when the keys make no context.
    pub(super) fn new(
        tap: Arc<KeyTap>,
        keys: SrtpKeys,
        ssrc: u32,
        (ntp, codec): (NtpClock, Codec),
        now: Instant,
    ) -> Result<Self, PeerError> {
        let (key, salt) = keys.local();
        let outbound = Context::new(key, salt, keys.profile, None, None, tap.inner()).map_err(super::stack)?;
        Ok(Self {
            outbound,
            tap,
            keys,
            inbound: Vec::new(),
            ssrc,
            plain: BytesMut::with_capacity(PACKET_BYTES),
            sent: Sent::default(),
            history: Vec::new(),
            asks_again: false,
            reception: None,
            feedback: Feedback::new(ntp),
            clock: RtpClock::new(codec),
            epoch: now,
            report_at: now + REPORT_EVERY,
        })
    }

    /// Both sides may ask for packets again (generic NACK, RFC 4585): keeps the last ones, and asks.
    pub(super) fn set_asks_again(&mut self, asks_again: bool) {
        self.asks_again = asks_again;
        self.history.resize(if asks_again { HISTORY } else { 0 }, None);
    }

    /// What the peer reported.
    pub(super) fn statistics(&self) -> PeerStatistics {
        self.feedback.statistics()
    }

    /// Takes a protected packet; what it is an occasion to send goes out at once.
    pub(super) fn receive(&mut self, datagram: &[u8], now: Instant, out: &mut Transmit<'_>) -> Option<RtpPacket> {
        // RFC 5761 section 4: the second octet tells RTCP from RTP.
        match datagram.get(1)? {
            192..=223 => {
                self.receive_control(datagram, now, out);
                None
            }
            _ => self.receive_audio(datagram, now, out),
        }
    }

    fn receive_audio(&mut self, datagram: &[u8], now: Instant, out: &mut Transmit<'_>) -> Option<RtpPacket> {
        let header = rtp::Header::unmarshal(&mut &*datagram).ok()?;
        let mut plain = self.unprotect(header.ssrc, |context| context.decrypt_rtp_with_header(datagram, &header))?;
        let mut payload = plain.split_off(header.marshal_size().min(plain.len())).freeze();
        if header.padding {
            let padding = usize::from(*payload.last()?);
            payload.truncate(payload.len().checked_sub(padding)?);
        }
        self.note_reception(&header, now, out);
        let timestamp = self.clock.ticks(header.timestamp);
        let packet = Packet { ssrc: header.ssrc, sequence: header.sequence_number, timestamp, payload };
        Some(RtpPacket { payload_type: header.payload_type, packet })
    }

    fn note_reception(&mut self, header: &rtp::Header, now: Instant, out: &mut Transmit<'_>) {
        let now_ms = self.clock_ms(now);
        if self.reception.as_ref().is_none_or(|reception| reception.ssrc() != header.ssrc) {
            self.reception = Some(Reception::new(header.ssrc, header.sequence_number));
        }
        let Some(reception) = self.reception.as_mut() else { return };
        let has_gap = reception.note_packet(header.sequence_number, self.clock.ticks(header.timestamp), now_ms);
        if has_gap && self.asks_again {
            self.ask_again(now, out);
        }
    }

    fn receive_control(&mut self, datagram: &[u8], now: Instant, out: &mut Transmit<'_>) {
        let Some(ssrc) = datagram.get(4..8).and_then(|octets| octets.try_into().ok()).map(u32::from_be_bytes) else {
            return;
        };
        let Some(mut plain) = self.unprotect(ssrc, |context| context.decrypt_rtcp(datagram)) else { return };
        let Ok(packets) = rtcp::packet::unmarshal(&mut plain) else { return };
        for packet in &packets {
            let packet = packet.as_any();
            if let Some(report) = packet.downcast_ref::<SenderReport>() {
                let now_ms = self.clock_ms(now);
                if let Some(reception) = self.reception.as_mut().filter(|it| it.ssrc() == report.ssrc) {
                    reception.note_sender_report(report.ntp_time, now_ms);
                }
                self.feedback.note_sender_report(report, &self.clock);
                self.feedback.note_blocks(&report.reports, self.ssrc, &self.clock, now);
            } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                self.feedback.note_blocks(&report.reports, self.ssrc, &self.clock, now);
            } else if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
                self.send_again(nack, out);
            }
        }
    }

    /// Protects a packet; what is returned goes to the peer.
    ///
    /// # Errors
    /// [`PeerError::Stack`] when it cannot be protected: it is lost.
    pub(super) fn protect(&mut self, packet: &AudioPacket, payload_type: u8, now: Instant) -> Result<Bytes, PeerError> {
        let marker = u8::from(packet.marker) << 7;
        self.plain.clear();
        // RFC 3550 section 5.1: version 2, no padding, no extension, no contributors.
        self.plain.put_u8(2 << 6);
        self.plain.put_u8(marker | payload_type);
        self.plain.put_u16(packet.sequence);
        let timestamp = self.clock.wire(packet.timestamp);
        self.plain.put_u32(timestamp);
        self.plain.put_u32(self.ssrc);
        self.plain.put_slice(&packet.payload);
        let datagram = self.outbound.encrypt_rtp(&self.plain).map_err(super::stack)?.freeze();
        self.sent.note(packet, timestamp, now);
        if !self.history.is_empty() {
            self.history[usize::from(packet.sequence) % HISTORY] = Some((packet.sequence, datagram.clone()));
        }
        Ok(datagram)
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub(super) fn poll_timeout(&self) -> Instant {
        let asks = self.asks_again && self.reception.as_ref().is_some_and(Reception::has_missing);
        if asks { self.epoch } else { self.report_at }
    }

    /// Sends the reports that are due, and asks again for what is still missing.
    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut Transmit<'_>) {
        if self.asks_again {
            self.ask_again(now, out);
        }
        if now < self.report_at {
            return;
        }
        self.report_at = now + REPORT_EVERY;
        let now_ms = self.clock_ms(now);
        let block = self.reception.as_mut().map(|reception| reception.report(now_ms));
        let packets = self.feedback.report(self.ssrc, &self.sent, block, &self.clock, now);
        self.send_control(&packets, out);
    }

    fn ask_again(&mut self, now: Instant, out: &mut Transmit<'_>) {
        let now_ms = self.clock_ms(now);
        let round_trip_ms = self.statistics().round_trip.map_or(0, |round_trip| round_trip.as_millis() as u64);
        let Some(reception) = self.reception.as_mut() else { return };
        let missing = reception.ask(now_ms, round_trip_ms);
        if !missing.is_empty() {
            metrics::counter!("viva_nack_sent_total").increment(missing.len() as u64);
            let nack = feedback::nack(self.ssrc, reception.ssrc(), &missing);
            self.send_control(&[Box::new(nack)], out);
        }
    }

    fn send_again(&mut self, nack: &TransportLayerNack, out: &mut Transmit<'_>) {
        if nack.media_ssrc != self.ssrc || self.history.is_empty() {
            return;
        }
        // What is asked for is bounded by what is kept: each packet goes once for each time that it is asked for.
        for sequence in nack.nacks.iter().take(HISTORY).flat_map(|pair| pair.into_iter()).take(HISTORY) {
            if let Some((kept, datagram)) = &self.history[usize::from(sequence) % HISTORY]
                && *kept == sequence
            {
                metrics::counter!("viva_nack_answered_total").increment(1);
                out(datagram);
            }
        }
    }

    fn send_control(&mut self, packets: &[Box<dyn rtcp::Packet>], out: &mut Transmit<'_>) {
        let protected = rtcp::packet::marshal(packets).and_then(|plain| self.outbound.encrypt_rtcp(&plain));
        match protected {
            Ok(datagram) => out(&datagram),
            Err(error) => tracing::debug!(%error, "a report was not sent"),
        }
    }

    /// Runs `open` with the context of this stream; a stream that proves authentic is remembered.
    fn unprotect<E>(&mut self, ssrc: u32, open: impl FnOnce(&mut Context) -> Result<BytesMut, E>) -> Option<BytesMut> {
        if let Some(stream) = self.inbound.iter_mut().find(|stream| stream.ssrc == ssrc) {
            return open(&mut stream.context).ok();
        }
        let (key, salt) = self.keys.remote();
        let replays = Some(option::srtp_replay_protection(REPLAY_WINDOW));
        let control_replays = Some(option::srtcp_replay_protection(REPLAY_WINDOW));
        let mut context =
            Context::new(key, salt, self.keys.profile, replays, control_replays, self.tap.inner()).ok()?;
        let plain = open(&mut context).ok()?;
        self.inbound.insert(0, Stream { ssrc, context });
        self.inbound.truncate(STREAMS_MAX);
        Some(plain)
    }

    fn clock_ms(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.epoch).as_millis() as u64
    }
}

/// An RTP packet, unprotected.
pub(super) struct RtpPacket {
    pub payload_type: u8,
    pub packet: Packet<Bytes>,
}

pub(super) use self::feedback::NtpClock;
