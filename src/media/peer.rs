//! The seam to the WebRTC stack: all that the media path asks of one, so that another could take its place.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};

use super::sdp::Offer;
use crate::domain::audio::{bit_rate::Report, codec::Codec, jitter::Packet};

/// What a peer has to say.
#[derive(Debug)]
pub enum PeerOutput {
    /// A STUN message: it answers the check that came from `to`.
    TransmitStun { to: SocketAddr, datagram: BytesMut },
    /// DTLS: it goes where the last authenticated check came from.
    Transmit { datagram: BytesMut },
    /// A message on `viva-events`.
    Message(BytesMut),
    /// `viva-events` is open.
    ChannelOpen,
    /// DTLS is up: media may flow. Again after an ICE restart.
    Connected,
    /// The other side said goodbye, or the stack gave up.
    Closed,
}

/// A packet of the candidate's voice, decrypted.
#[derive(Clone, Debug)]
pub struct ReceivedAudio {
    pub packet: Packet<Bytes>,
    /// The payload holds copies of earlier packets too (RFC 2198); otherwise it is of the codec agreed upon.
    pub is_redundant: bool,
}

/// An audio packet to send.
#[derive(Clone, Debug)]
pub struct AudioPacket {
    pub sequence: u16,
    /// 48 kHz, whatever the codec counts in.
    pub timestamp: u32,
    /// First packet of a talk spurt (RFC 3551 section 4.1).
    pub marker: bool,
    pub payload: Bytes,
}

/// What the other side reported of our audio.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeerStatistics {
    /// `None` until a receiver report came.
    pub round_trip: Option<Duration>,
    /// Packets of ours that it lost over those expected, in its last report: 0 to 1.
    pub remote_loss_ratio: Option<f64>,
    /// Its last report that told the round trip.
    pub report: Option<Report>,
    /// Of its last sender report: NTP time in 32.32 bits, and the same instant in RTP time.
    pub sender_time: Option<(u64, u32)>,
    /// It agreed to send packets again that it is asked for (RFC 4585 section 6.2.1).
    pub sends_again: bool,
}

/// Credentials of a description of ours, for the front door (RFC 8445 section 5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    pub local_ufrag: String,
    pub local_password: String,
    /// The peer's: it signs its answers to our triggered checks.
    pub remote_password: String,
}

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceCredentials").field("local_ufrag", &self.local_ufrag).finish_non_exhaustive()
    }
}

/// Our side of a negotiation that is complete.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Our description: an answer, or an offer that was answered.
    pub sdp: String,
    pub credentials: IceCredentials,
}

/// The stack refused.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The description is not one it can answer.
    #[error("description refused: {0}")]
    Description(String),
    /// The channel or the stream is not open.
    #[error("not open")]
    NotOpen,
    /// More is queued than may be.
    #[error("send buffer is full")]
    Full,
    /// Whatever else it reports.
    #[error("webrtc stack: {0}")]
    Stack(String),
}

/// Takes a datagram of SRTP or SRTCP for the peer, at once: it goes where the last authenticated check came from.
pub type Transmit<'a> = dyn FnMut(&[u8]) + 'a;

/// One WebRTC peer without sockets and clock. After any call but those of media, [`Peer::poll`] until it returns
/// `None`.
pub trait Peer: Send {
    /// Answers a new offer of the same peer: an ICE restart.
    ///
    /// # Errors
    /// [`PeerError::Description`]; the peer goes on as before.
    fn reoffer(&mut self, offer: &Offer, now: Instant) -> Result<Answer, PeerError>;

    /// Makes an offer that restarts ICE. The peer goes on as before until it is answered; it may never be.
    ///
    /// # Errors
    /// [`PeerError::Stack`]
    fn restart_offer(&mut self) -> Result<String, PeerError>;

    /// Takes the answer to the last offer of ours.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] without such an offer, [`PeerError::Description`] for an answer that does not fit it.
    fn accept_answer(&mut self, answer: &Offer, now: Instant) -> Result<Answer, PeerError>;

    /// Takes a datagram of SRTP or SRTCP that the front door let in (first octet 128 to 191, RFC 7983); returns the
    /// audio in it. Needs no poll.
    fn handle_media(&mut self, datagram: &[u8], now: Instant, out: &mut Transmit<'_>) -> Option<ReceivedAudio>;

    /// Sends what is due beside audio: reports, and questions for what is missing. To be called every 20 ms; needs no
    /// poll.
    fn send_reports(&mut self, now: Instant, out: &mut Transmit<'_>);

    /// Takes any other datagram that the front door let in.
    fn handle_datagram(&mut self, source: SocketAddr, datagram: BytesMut, now: Instant);

    /// Takes the passing of time.
    fn handle_timeout(&mut self, now: Instant);

    /// When [`Peer::handle_timeout`] is due. May be past; the caller clamps.
    fn poll_timeout(&mut self) -> Option<Instant>;

    /// The next output.
    fn poll(&mut self) -> Option<PeerOutput>;

    /// Sends one packet of audio. Needs no poll.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] while media may not flow, [`PeerError::Stack`] otherwise.
    fn send_audio(&mut self, packet: &AudioPacket, now: Instant, out: &mut Transmit<'_>) -> Result<(), PeerError>;

    /// Sends a text message on `viva-events`.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] before the browser opened it, [`PeerError::Full`] when it does not read.
    fn send_data(&mut self, message: &str, now: Instant) -> Result<(), PeerError>;

    /// What was agreed upon.
    fn codec(&self) -> Codec;

    /// What the other side reported.
    fn statistics(&self) -> PeerStatistics;

    /// Says goodbye (DTLS close_notify); poll for the last transmits, then drop.
    fn close(&mut self, now: Instant);
}
