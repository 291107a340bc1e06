//! The WebRTC stack: webrtc-rs's sans-I/O core. Only this file and its folder name `rtc`.

mod flow;
mod keys;

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::{
    crypto::{RTCCryptoProvider, SignatureScheme, default_provider},
    data_channel::RTCDataChannelId,
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    ice::mdns::MulticastDnsMode,
    interceptor::Registry,
    media_stream::MediaStreamTrack,
    peer_connection::{
        RTCPeerConnection, RTCPeerConnectionBuilder,
        certificate::{CertificateParams, RTCCertificate},
        configuration::{
            RTCConfigurationBuilder, RTCOfferOptions,
            media_engine::{MIME_TYPE_OPUS, MIME_TYPE_PCMU, MediaEngine},
            setting_engine::{SctpMaxMessageSize, SettingEngine, SettingEngineBuilder},
        },
        event::{RTCDataChannelEvent, RTCPeerConnectionEvent},
        message::{RTCMessage, TaggedRTCMessage},
        sdp::RTCSessionDescription,
        state::{RTCIceConnectionState, RTCPeerConnectionState},
        transport::{
            CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCDtlsTransportState, RTCIceCandidate,
            RTCIceCandidateInit,
        },
    },
    rtp_transceiver::{
        RTCRtpSenderId,
        rtp_sender::{
            RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
            RtpCodecKind,
        },
    },
    sansio::Protocol,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol},
};

use self::{
    flow::{Flow, NtpClock, RtpPacket},
    keys::KeyTap,
};
use super::{
    candidates::udp_candidate,
    peer::{Answer, AudioPacket, IceCredentials, Peer, PeerError, PeerOutput, PeerStatistics, ReceivedAudio, Transmit},
    sdp::{Offer, finish_local, redundancy, with_candidates, with_tcp},
};
use crate::domain::audio::codec::Codec;

/// The channel that the browser opens.
const CHANNEL_LABEL: &str = "viva-events";
/// Bytes of messages that may wait for a browser that does not read.
const CHANNEL_BUFFER_BYTES: usize = 256 * 1024;
/// Largest message either way (threat T7): the stack keeps a buffer of this size for each peer. The longest that we
/// send is an event with a whole turn: a quarter of an hour of speech.
const MESSAGE_BYTES_MAX: u32 = 32 * 1024;
/// The receive window.
const WINDOW_BYTES: u32 = 64 * 1024;
/// Packets that a replay check remembers (threat T5).
const REPLAY_WINDOW: usize = 256;
/// Our codec parameters: FEC asked for, mono, no less than 10 ms a packet.
const OPUS_FORMAT: &str = "minptime=10;useinbandfec=1";
const OPUS_PAYLOAD_TYPE: u8 = 111;
const MIME_TYPE_RED: &str = "audio/red";
/// RFC 3551 table 4.
const PCMU_PAYLOAD_TYPE: u8 = 0;
/// DTLS datagrams that are kept until there is a path: one flight.
const EARLY_MAX: usize = 8;
/// First octet of a DTLS record (RFC 7983).
const DTLS_FIRST: std::ops::RangeInclusive<u8> = 20..=63;
/// First octet of a STUN message (RFC 7983).
const STUN_FIRST: std::ops::RangeInclusive<u8> = 0..=3;

/// What all peers of the process share.
#[derive(Clone)]
pub struct RtcStack {
    certificate: RTCCertificate,
    /// Addresses that answers announce.
    announced: Arc<[SocketAddr]>,
    /// Lines of the passive TCP candidates. The stack knows nothing of them: to it, a path over TCP is like any other.
    tcp_candidates: Arc<[String]>,
    provider: Arc<dyn RTCCryptoProvider>,
    ntp: NtpClock,
}

impl RtcStack {
    /// Makes the process's DTLS certificate. `tcp_candidates`: lines that our descriptions list besides.
    ///
    /// # Errors
    /// [`PeerError::Stack`] when no key can be made.
    pub fn new(announced: Vec<SocketAddr>, tcp_candidates: &[String]) -> Result<Self, PeerError> {
        let provider = default_provider().map_err(stack)?;
        let params = CertificateParams::new(vec!["viva".to_owned()]).map_err(stack)?;
        let certificate =
            RTCCertificate::generate(provider.crypto(), SignatureScheme::EcdsaP256Sha256, params).map_err(stack)?;
        let tcp_candidates = tcp_candidates.into();
        Ok(Self { certificate, announced: announced.into(), tcp_candidates, provider, ntp: NtpClock::new() })
    }

    /// Makes a peer that answers `offer` with this codec and no other.
    ///
    /// # Errors
    /// [`PeerError::Description`] for an offer that cannot be answered, [`PeerError::Stack`] otherwise.
    pub fn accept(&self, offer: &Offer, codec: Codec, now: Instant) -> Result<(RtcPeer, Answer), PeerError> {
        let redundant = redundancy(&offer.sdp, OPUS_FORMAT).filter(|_| codec == Codec::Opus);
        let mut peer = self.peer((codec, redundant), now)?;
        let answer = peer.negotiate(offer, now)?;
        Ok((peer, answer))
    }

    /// Makes a peer that offers, and its offer. It opens `viva-events` itself.
    ///
    /// # Errors
    /// [`PeerError::Stack`]
    pub fn offer(&self, now: Instant) -> Result<(RtcPeer, String), PeerError> {
        let mut peer = self.peer((Codec::Opus, None), now)?;
        peer.connection.create_data_channel(CHANNEL_LABEL, None).map_err(stack)?;
        let offer = peer.connection.create_offer(None).map_err(stack)?;
        peer.set_local_offer(offer, now)?;
        let local = peer.connection.local_description().ok_or(PeerError::NotOpen)?;
        let (sdp, _, _) = finish_local(&local.sdp).ok_or_else(|| stack("the offer lacks credentials"))?;
        Ok((peer, with_tcp(&sdp, &self.tcp_candidates)))
    }

    /// `redundant`: payload type of the redundant audio that was offered.
    fn peer(&self, (codec, redundant): (Codec, Option<u8>), now: Instant) -> Result<RtcPeer, PeerError> {
        let mut media = MediaEngine::default();
        media.register_codec(parameters(codec), RtpCodecKind::Audio).map_err(stack)?;
        if let Some(payload_type) = redundant {
            media.register_codec(red_parameters(payload_type), RtpCodecKind::Audio).map_err(stack)?;
        }
        let ssrc = getrandom::u32().map_err(stack)?;
        let tap = Arc::new(KeyTap::new(Arc::clone(&self.provider)));
        let configuration = RTCConfigurationBuilder::new().with_certificates(vec![self.certificate.clone()]).build();
        let mut connection = RTCPeerConnectionBuilder::new()
            .with_configuration(configuration)
            .with_setting_engine(settings(tap.clone()))
            .with_media_engine(media)
            // Media takes another way: see `flow`.
            .with_interceptor_registry(Registry::new())
            .build(now)
            .map_err(stack)?;
        let sender = connection.add_track(audio_track(ssrc, codec)).map_err(stack)?;
        Ok(RtcPeer {
            connection,
            sender,
            ssrc,
            tap,
            ntp: self.ntp,
            flow: None,
            asks_again: false,
            codec,
            payload_type: parameters(codec).payload_type,
            redundant,
            announced: Arc::clone(&self.announced),
            tcp_candidates: Arc::clone(&self.tcp_candidates),
            channel: None,
            has_path: false,
            early: VecDeque::new(),
            fed: now,
            is_connected: false,
            is_closed: false,
            pending: None,
            stage: Stage::Events,
            staged: None,
        })
    }
}

fn settings(provider: Arc<dyn RTCCryptoProvider>) -> SettingEngine {
    // The stack's own consent timers are off (zero): the session counts authenticated checks itself.
    let off = Some(Duration::ZERO);
    SettingEngineBuilder::new()
        .with_crypto_provider(provider)
        .with_lite(true)
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_timeouts(off, off, Some(Duration::from_secs(2)))
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ])
        .with_srtp_replay_protection_window(REPLAY_WINDOW)
        .with_srtcp_replay_protection_window(REPLAY_WINDOW)
        .with_dtls_replay_protection_window(REPLAY_WINDOW)
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MESSAGE_BYTES_MAX))
        .with_sctp_max_receive_buffer_size(WINDOW_BYTES)
        .build()
}

/// What is negotiated of a codec.
fn parameters(codec: Codec) -> RTCRtpCodecParameters {
    let (mime_type, clock_rate, channels, format, payload_type) = match codec {
        Codec::Opus => (MIME_TYPE_OPUS, 48_000, 2, OPUS_FORMAT, OPUS_PAYLOAD_TYPE),
        Codec::Pcmu => (MIME_TYPE_PCMU, 8_000, 0, "", PCMU_PAYLOAD_TYPE),
    };
    let rtp_codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: format.to_owned(),
        rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
    };
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

/// Redundant audio (RFC 2198); its format, which names the codecs inside, is the offer's.
fn red_parameters(payload_type: u8) -> RTCRtpCodecParameters {
    let mut red = parameters(Codec::Opus);
    red.payload_type = payload_type;
    MIME_TYPE_RED.clone_into(&mut red.rtp_codec.mime_type);
    red.rtp_codec.sdp_fmtp_line.clear();
    red
}

fn is_red(codec: &RTCRtpCodecParameters) -> bool {
    codec.rtp_codec.mime_type.eq_ignore_ascii_case(MIME_TYPE_RED)
}

fn audio_track(ssrc: u32, codec: Codec) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: parameters(codec).rtp_codec,
        ..Default::default()
    };
    let (stream_id, track_id) = ("viva".to_owned(), "interviewer".to_owned());
    MediaStreamTrack::new(stream_id, track_id.clone(), track_id, RtpCodecKind::Audio, vec![encoding])
}

/// One peer of the stack.
pub struct RtcPeer {
    connection: RTCPeerConnection,
    sender: RTCRtpSenderId,
    ssrc: u32,
    tap: Arc<KeyTap>,
    ntp: NtpClock,
    /// Once DTLS is up.
    flow: Option<Flow>,
    /// Generic NACK was negotiated.
    asks_again: bool,
    codec: Codec,
    payload_type: u8,
    /// Payload type of redundant audio, where it was offered.
    redundant: Option<u8>,
    announced: Arc<[SocketAddr]>,
    tcp_candidates: Arc<[String]>,
    channel: Option<RTCDataChannelId>,
    /// ICE has a path: only then does the stack listen to DTLS.
    has_path: bool,
    /// DTLS that came sooner: the other side sends it as soon as its own check succeeds, and again only after a second.
    early: VecDeque<(SocketAddr, BytesMut)>,
    /// When the stack was last given a datagram.
    fed: Instant,
    is_connected: bool,
    is_closed: bool,
    /// Found outside `poll`.
    pending: Option<PeerOutput>,
    stage: Stage,
    /// An offer that restarts ICE once it is answered.
    staged: Option<RTCSessionDescription>,
}

/// How far a round of polling is.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Events,
    Reads,
    Writes,
}

impl RtcPeer {
    fn negotiate(&mut self, offer: &Offer, now: Instant) -> Result<Answer, PeerError> {
        let remote = RTCSessionDescription::offer(offer.sdp.clone()).map_err(description)?;
        self.connection.set_remote_description(now, remote).map_err(description)?;
        self.staged = None;
        self.add_candidates()?;
        let answer = self.connection.create_answer(None).map_err(description)?;
        self.connection.set_local_description(now, answer).map_err(description)?;
        self.end_gathering()?;
        self.conclude(offer)
    }

    fn set_local_offer(&mut self, offer: RTCSessionDescription, now: Instant) -> Result<(), PeerError> {
        self.add_candidates()?;
        self.connection.set_local_description(now, offer).map_err(stack)?;
        self.end_gathering()
    }

    fn add_candidates(&mut self) -> Result<(), PeerError> {
        for address in self.announced.iter() {
            self.connection.add_local_candidate(host_candidate(*address)?).map_err(stack)?;
        }
        Ok(())
    }

    fn end_gathering(&mut self) -> Result<(), PeerError> {
        // The empty candidate ends it.
        self.connection.add_local_candidate(RTCIceCandidateInit::default()).map_err(stack)
    }

    /// Both descriptions are set: what the other layers need of them.
    fn conclude(&mut self, remote: &Offer) -> Result<Answer, PeerError> {
        if let Some(mut sender) = self.connection.rtp_sender(self.sender)
            && let Some(codec) = sender.get_parameters().rtp_parameters.codecs.iter().find(|codec| !is_red(codec))
        {
            self.payload_type = codec.payload_type;
        }
        let local = self.connection.local_description().ok_or(PeerError::NotOpen)?;
        let refused = || PeerError::Description("our description lacks credentials".to_owned());
        let (sdp, local_ufrag, local_password) = finish_local(&local.sdp).ok_or_else(refused)?;
        self.asks_again = has_nack(&sdp, self.payload_type) && has_nack(&remote.sdp, self.payload_type);
        if let Some(flow) = &mut self.flow {
            flow.set_asks_again(self.asks_again);
        }
        let sdp = with_tcp(&sdp, &self.tcp_candidates);
        let remote_password = remote.ice_password.clone();
        Ok(Answer { sdp, credentials: IceCredentials { local_ufrag, local_password, remote_password } })
    }

    /// The announced address of the same family: what the stack takes for the local end.
    fn local_address(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.announced.iter().find(|address| address.is_ipv4() == peer.is_ipv4()).copied()
    }

    fn handle_event(&mut self, event: RTCPeerConnectionEvent) -> Option<PeerOutput> {
        match event {
            RTCPeerConnectionEvent::OnIceConnectionStateChangeEvent(
                RTCIceConnectionState::Connected | RTCIceConnectionState::Completed,
            ) => {
                self.has_path = true;
                None
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Connected) => {
                self.is_connected = true;
                Some(PeerOutput::Connected)
            }
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(
                RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed,
            ) => self.mark_closed(),
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                let is_ours = self.connection.data_channel(id).is_some_and(|channel| channel.label() == CHANNEL_LABEL);
                if !is_ours {
                    return None;
                }
                self.channel = Some(id);
                Some(PeerOutput::ChannelOpen)
            }
            RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(id)) => {
                self.channel.take_if(|open| *open == id);
                None
            }
            _ => None,
        }
    }

    fn take_early(&mut self) -> Option<(SocketAddr, BytesMut)> {
        if self.has_path { self.early.pop_front() } else { None }
    }

    fn feed(&mut self, source: SocketAddr, datagram: BytesMut, now: Instant) {
        self.fed = now;
        let Some(local_addr) = self.local_address(source) else { return };
        let is_dtls = datagram.first().is_some_and(|first| DTLS_FIRST.contains(first));
        let transport =
            TransportContext { local_addr, peer_addr: source, transport_protocol: TransportProtocol::UDP, ecn: None };
        // An error concerns this datagram alone: it is as good as lost.
        let _ = self.connection.handle_read(TaggedBytesMut { now, transport, message: datagram });
        if is_dtls {
            self.begin_flow(now);
            if self.is_dtls_closed() {
                self.pending = self.mark_closed();
            }
        }
    }

    /// Takes over media once the handshake has made the keys.
    fn begin_flow(&mut self, now: Instant) {
        if self.flow.is_some() {
            return;
        }
        let Some(keys) = self.tap.take() else { return };
        match Flow::new(Arc::clone(&self.tap), keys, self.ssrc, (self.ntp, self.codec), now) {
            Ok(mut flow) => {
                flow.set_asks_again(self.asks_again);
                self.flow = Some(flow);
            }
            Err(error) => tracing::error!(%error, "media keys were not taken"),
        }
    }

    fn mark_closed(&mut self) -> Option<PeerOutput> {
        let is_new = !std::mem::replace(&mut self.is_closed, true);
        is_new.then_some(PeerOutput::Closed)
    }

    fn handle_message(&self, message: RTCMessage) -> Option<PeerOutput> {
        match message {
            RTCMessage::DataChannelMessage(id, message) if self.channel == Some(id) => {
                Some(PeerOutput::Message(message.data))
            }
            _ => None,
        }
    }

    /// The stack raises no event when the other side says goodbye, but its DTLS state tells.
    fn is_dtls_closed(&mut self) -> bool {
        let sender = self.connection.rtp_sender(self.sender);
        let state = sender.and_then(|sender| sender.transport().map(|transport| transport.state()));
        matches!(state, Some(RTCDtlsTransportState::Closed | RTCDtlsTransportState::Failed))
    }
}

impl Peer for RtcPeer {
    fn reoffer(&mut self, offer: &Offer, now: Instant) -> Result<Answer, PeerError> {
        self.negotiate(offer, now)
    }

    fn restart_offer(&mut self) -> Result<String, PeerError> {
        // Staged: only setting the description, which waits for the answer, gives up the path in use.
        let offer = self.connection.create_offer(Some(RTCOfferOptions { ice_restart: true })).map_err(stack)?;
        let lines: Vec<String> = self.announced.iter().map(|address| udp_candidate(*address)).collect();
        let whole = with_candidates(&offer.sdp, &lines);
        let (sdp, _, _) = finish_local(&whole).ok_or_else(|| stack("the offer lacks credentials"))?;
        self.staged = Some(offer);
        Ok(with_tcp(&sdp, &self.tcp_candidates))
    }

    fn accept_answer(&mut self, answer: &Offer, now: Instant) -> Result<Answer, PeerError> {
        if let Some(offer) = self.staged.take() {
            self.set_local_offer(offer, now)?;
        }
        let remote = RTCSessionDescription::answer(answer.sdp.clone()).map_err(description)?;
        self.connection.set_remote_description(now, remote).map_err(description)?;
        self.conclude(answer)
    }

    fn handle_datagram(&mut self, source: SocketAddr, datagram: BytesMut, now: Instant) {
        let is_dtls = datagram.first().is_some_and(|first| DTLS_FIRST.contains(first));
        if is_dtls && !self.has_path && self.early.len() < EARLY_MAX {
            self.early.push_back((source, datagram));
            return;
        }
        self.feed(source, datagram, now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        let _ = self.connection.handle_timeout(now);
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.connection.poll_timeout()
    }

    fn poll(&mut self) -> Option<PeerOutput> {
        // Each of the stack's polls walks all its layers: once a round each, in this order.
        loop {
            match self.stage {
                Stage::Events => match self.connection.poll_event() {
                    Some(event) => {
                        if let Some(output) = self.handle_event(event) {
                            return Some(output);
                        }
                    }
                    None => self.stage = Stage::Reads,
                },
                Stage::Reads => match self.connection.poll_read() {
                    Some(TaggedRTCMessage { message, .. }) => {
                        if let Some(output) = self.handle_message(message) {
                            return Some(output);
                        }
                    }
                    None => self.stage = Stage::Writes,
                },
                Stage::Writes => match self.connection.poll_write() {
                    Some(write) => return Some(transmit(write)),
                    None => {
                        self.stage = Stage::Events;
                        let Some((source, datagram)) = self.take_early() else {
                            return self.pending.take();
                        };
                        self.feed(source, datagram, self.fed);
                    }
                },
            }
        }
    }

    fn handle_media(&mut self, datagram: &[u8], now: Instant, out: &mut Transmit<'_>) -> Option<ReceivedAudio> {
        let RtpPacket { payload_type, packet } = self.flow.as_mut()?.receive(datagram, now, out)?;
        let is_redundant = self.redundant == Some(payload_type);
        (is_redundant || payload_type == self.payload_type).then_some(ReceivedAudio { packet, is_redundant })
    }

    fn send_reports(&mut self, now: Instant, out: &mut Transmit<'_>) {
        if let Some(flow) = self.flow.as_mut().filter(|flow| flow.poll_timeout() <= now) {
            flow.handle_timeout(now, out);
        }
    }

    fn send_audio(&mut self, packet: &AudioPacket, now: Instant, out: &mut Transmit<'_>) -> Result<(), PeerError> {
        let flow = self.flow.as_mut().filter(|_| self.is_connected && !self.is_closed).ok_or(PeerError::NotOpen)?;
        out(&flow.protect(packet, self.payload_type, now)?);
        Ok(())
    }

    fn send_data(&mut self, message: &str, now: Instant) -> Result<(), PeerError> {
        let id = self.channel.ok_or(PeerError::NotOpen)?;
        let mut channel = self.connection.data_channel(id).ok_or(PeerError::NotOpen)?;
        if channel.outstanding_bytes() + message.len() > CHANNEL_BUFFER_BYTES {
            return Err(PeerError::Full);
        }
        channel.send_text(now, message).map_err(stack)
    }

    fn codec(&self) -> Codec {
        self.codec
    }

    fn statistics(&self) -> PeerStatistics {
        let statistics = self.flow.as_ref().map_or_else(PeerStatistics::default, Flow::statistics);
        PeerStatistics { sends_again: self.asks_again, ..statistics }
    }

    fn close(&mut self, _now: Instant) {
        self.is_closed = true;
        let _ = self.connection.close();
    }
}

fn transmit(write: TaggedBytesMut) -> PeerOutput {
    let TaggedBytesMut { transport, message, .. } = write;
    match message.first().is_some_and(|first| STUN_FIRST.contains(first)) {
        true => PeerOutput::TransmitStun { to: transport.peer_addr, datagram: message },
        false => PeerOutput::Transmit { datagram: message },
    }
}

/// Whether a description lets packets of this type be asked for again (RFC 4585 section 4.2).
fn has_nack(sdp: &str, payload_type: u8) -> bool {
    let feedback = |line: &str| {
        line.strip_prefix("a=rtcp-fb:")
            .and_then(|rest| rest.split_once(' '))
            .is_some_and(|(of, kind)| kind.trim_end() == "nack" && (of == "*" || of.parse() == Ok(payload_type)))
    };
    sdp.lines().any(feedback)
}

fn host_candidate(address: SocketAddr) -> Result<RTCIceCandidateInit, PeerError> {
    let ip: IpAddr = address.ip();
    let base_config = CandidateConfig {
        network: "udp".to_owned(),
        address: ip.to_string(),
        port: address.port(),
        component: 1,
        ..Default::default()
    };
    let candidate = CandidateHostConfig { base_config, ..Default::default() }.new_candidate_host().map_err(stack)?;
    RTCIceCandidate::from(&candidate).to_json().map_err(stack)
}

fn stack(error: impl std::fmt::Display) -> PeerError {
    PeerError::Stack(error.to_string())
}

fn description(error: impl std::fmt::Display) -> PeerError {
    PeerError::Description(error.to_string())
}
