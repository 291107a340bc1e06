//! A WebRTC client with a microphone and a speaker made of PCM. Built on the async `webrtc` crate, that is, not on the
//! loop that it talks to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::{Mutex, mpsc, watch};
use webrtc::{
    data_channel::{DataChannel, DataChannelEvent},
    media_stream::{
        MediaStreamTrack,
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder, configure_rtcp_reports,
    },
};

use crate::{
    domain::audio::{FRAME_SAMPLES, FRAME_TICKS, codec::Codec},
    media::{
        opus::{DECODED_SAMPLES_MAX, Mode, PACKET_BYTES_MAX},
        voice::{VoiceDecoder, VoiceEncoder},
    },
};

const OPUS_PAYLOAD_TYPE: u8 = 111;
const PCMU_PAYLOAD_TYPE: u8 = 0;
const CHANNEL_LABEL: &str = "viva-events";
/// Events that may wait for a slow reader: 10 s of audio and more.
const EVENTS_MAX: usize = 1_024;
/// How often a client checks its path, unless told otherwise.
const CHECKS_EVERY: Duration = Duration::from_secs(2);

/// What a client hears and sees.
#[derive(Clone, Debug)]
pub enum ClientEvent {
    /// DTLS is up.
    Connected,
    /// A packet of the interviewer's audio.
    Audio(Heard),
    /// `viva-events` is open.
    ChannelOpen,
    /// A message on it.
    Message(String),
    /// The other side is gone.
    Closed,
}

/// A received packet.
#[derive(Clone, Debug)]
pub struct Heard {
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    /// The packet as it came.
    pub packet: Bytes,
    /// The same decoded: 24 kHz, mono.
    pub pcm: Vec<i16>,
    pub at: Instant,
}

/// The client failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("webrtc: {0}")]
    Webrtc(String),
    #[error("codec: {0}")]
    Codec(#[from] crate::media::opus::OpusError),
    #[error("random: {0}")]
    Random(#[from] getrandom::Error),
    #[error("no description")]
    NoDescription,
}

impl From<webrtc::error::Error> for ClientError {
    fn from(error: webrtc::error::Error) -> Self {
        Self::Webrtc(error.to_string())
    }
}

struct Microphone {
    encoder: VoiceEncoder,
    codec: Codec,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

/// One client.
pub struct ClientPeer {
    connection: Arc<dyn PeerConnection>,
    track: Arc<TrackLocalStaticRTP>,
    channel: Arc<dyn DataChannel>,
    microphone: Mutex<Microphone>,
    gathered: watch::Receiver<bool>,
}

struct Handler {
    codec: Codec,
    events: mpsc::Sender<ClientEvent>,
    gathered: watch::Sender<bool>,
    /// An ICE restart announces the track again.
    has_track: AtomicBool,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered.send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let event = match state {
            RTCPeerConnectionState::Connected => ClientEvent::Connected,
            RTCPeerConnectionState::Closed | RTCPeerConnectionState::Failed => ClientEvent::Closed,
            _ => return,
        };
        let _ = self.events.send(event).await; // Nobody listens any more.
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        tokio::spawn(read_channel(channel, self.events.clone()));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        if !self.has_track.swap(true, Ordering::AcqRel) {
            tokio::spawn(listen(track, self.codec, self.events.clone()));
        }
    }
}

async fn listen(track: Arc<dyn TrackRemote>, codec: Codec, events: mpsc::Sender<ClientEvent>) {
    let Ok(mut decoder) = VoiceDecoder::new(codec) else { return };
    let mut pcm = [0; DECODED_SAMPLES_MAX];
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
        let Ok(count) = decoder.decode(&packet.payload, &mut pcm) else { continue };
        let heard = Heard {
            payload_type: packet.header.payload_type,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            pcm: pcm[..count].to_vec(),
            packet: packet.payload,
            at: Instant::now(),
        };
        if events.send(ClientEvent::Audio(heard)).await.is_err() {
            return;
        }
    }
}

async fn read_channel(channel: Arc<dyn DataChannel>, events: mpsc::Sender<ClientEvent>) {
    while let Some(event) = channel.poll().await {
        let event = match event {
            DataChannelEvent::OnOpen => ClientEvent::ChannelOpen,
            DataChannelEvent::OnMessage(message) => {
                ClientEvent::Message(String::from_utf8_lossy(&message.data).into_owned())
            }
            // The stack raises nothing else when the other side says goodbye.
            DataChannelEvent::OnClose => ClientEvent::Closed,
            _ => continue,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

impl ClientPeer {
    /// A client whose socket is at `bind`, and what it hears and sees.
    ///
    /// # Errors
    /// [`ClientError`] when the stack or the codec cannot be had.
    pub async fn new(bind: SocketAddr) -> Result<(Self, mpsc::Receiver<ClientEvent>), ClientError> {
        Self::with(bind, Codec::Opus, CHECKS_EVERY).await
    }

    /// The same with this codec and no other.
    ///
    /// # Errors
    /// As [`ClientPeer::new`].
    pub async fn speaking(bind: SocketAddr, codec: Codec) -> Result<(Self, mpsc::Receiver<ClientEvent>), ClientError> {
        Self::with(bind, codec, CHECKS_EVERY).await
    }

    /// The same, with a check of the path (RFC 7675) each `checks_every`: what a new address is found by.
    ///
    /// # Errors
    /// As [`ClientPeer::new`].
    pub async fn checking(
        bind: SocketAddr,
        checks_every: Duration,
    ) -> Result<(Self, mpsc::Receiver<ClientEvent>), ClientError> {
        Self::with(bind, Codec::Opus, checks_every).await
    }

    async fn with(
        bind: SocketAddr,
        codec: Codec,
        checks_every: Duration,
    ) -> Result<(Self, mpsc::Receiver<ClientEvent>), ClientError> {
        let (events, receiver) = mpsc::channel(EVENTS_MAX);
        let (gathered_sender, gathered) = watch::channel(false);
        let has_track = AtomicBool::new(false);
        let handler = Handler { codec, events: events.clone(), gathered: gathered_sender, has_track };
        let mut media = MediaEngine::default();
        media.register_codec(parameters(codec), RtpCodecKind::Audio)?;
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .with_ice_timeouts(None, None, Some(checks_every))
            .build();
        let connection: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_setting_engine(settings)
                .with_media_engine(media)
                .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
                .with_handler(Arc::new(handler))
                .with_udp_addrs(vec![bind])
                .build()
                .await?,
        );
        let ssrc = getrandom::u32()?;
        let track = Arc::new(TrackLocalStaticRTP::new(audio_track(ssrc, codec)));
        connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
        let channel = connection.create_data_channel(CHANNEL_LABEL, None).await?;
        tokio::spawn(read_channel(Arc::clone(&channel), events));
        let start = getrandom::u32()?;
        let encoder = VoiceEncoder::new(codec, Mode::Lossy)?;
        let timestamp = start.rotate_left(16);
        let microphone = Microphone { encoder, codec, sequence: start as u16, timestamp, ssrc };
        let client = Self { connection, track, channel, microphone: Mutex::new(microphone), gathered };
        Ok((client, receiver))
    }

    /// An offer with its candidates; `restart` asks for new ICE credentials.
    ///
    /// # Errors
    /// [`ClientError`] as the stack reports it.
    pub async fn offer(&self, restart: bool) -> Result<String, ClientError> {
        if restart {
            self.connection.restart_ice().await?;
        }
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer).await?;
        let mut gathered = self.gathered.clone();
        gathered.wait_for(|done| *done).await.map_err(|_| ClientError::NoDescription)?;
        let local = self.connection.local_description().await.ok_or(ClientError::NoDescription)?;
        Ok(local.sdp)
    }

    /// The answer to an offer of the server's, with its candidates.
    ///
    /// # Errors
    /// [`ClientError`] as the stack reports it.
    pub async fn answer(&self, offer: &str) -> Result<String, ClientError> {
        let offer = RTCSessionDescription::offer(offer.to_owned())?;
        self.connection.set_remote_description(offer).await?;
        let answer = self.connection.create_answer(None).await?;
        self.connection.set_local_description(answer).await?;
        let mut gathered = self.gathered.clone();
        gathered.wait_for(|done| *done).await.map_err(|_| ClientError::NoDescription)?;
        let local = self.connection.local_description().await.ok_or(ClientError::NoDescription)?;
        Ok(local.sdp)
    }

    /// Takes the answer.
    ///
    /// # Errors
    /// [`ClientError`] as the stack reports it.
    pub async fn accept(&self, answer: &str) -> Result<(), ClientError> {
        let answer = RTCSessionDescription::answer(answer.to_owned())?;
        Ok(self.connection.set_remote_description(answer).await?)
    }

    /// Encodes 20 ms of microphone and sends them now; the caller paces.
    ///
    /// # Errors
    /// [`ClientError`] as codec and stack report it.
    pub async fn send_frame(&self, pcm: &[i16; FRAME_SAMPLES]) -> Result<(), ClientError> {
        let packet = self.record(pcm).await?;
        Ok(self.track.write_rtp(packet).await?)
    }

    /// Encodes 20 ms of microphone and loses the packet on the way.
    ///
    /// # Errors
    /// [`ClientError`] as the codec reports it.
    pub async fn lose_frame(&self, pcm: &[i16; FRAME_SAMPLES]) -> Result<(), ClientError> {
        self.record(pcm).await.map(drop)
    }

    /// Sends a message on `viva-events`.
    ///
    /// # Errors
    /// [`ClientError`] as the stack reports it.
    pub async fn send_text(&self, text: &str) -> Result<(), ClientError> {
        Ok(self.channel.send_text(text).await?)
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// [`ClientError`] as the stack reports it.
    pub async fn close(&self) -> Result<(), ClientError> {
        Ok(self.connection.close().await?)
    }

    async fn record(&self, pcm: &[i16; FRAME_SAMPLES]) -> Result<rtc::rtp::Packet, ClientError> {
        let mut microphone = self.microphone.lock().await;
        let mut payload = [0; PACKET_BYTES_MAX];
        let length = microphone.encoder.encode(pcm, &mut payload)?;
        let header = rtc::rtp::header::Header {
            version: 2,
            payload_type: parameters(microphone.codec).payload_type,
            sequence_number: microphone.sequence,
            timestamp: microphone.timestamp,
            ssrc: microphone.ssrc,
            ..Default::default()
        };
        microphone.sequence = microphone.sequence.wrapping_add(1);
        microphone.timestamp = microphone.timestamp.wrapping_add(FRAME_TICKS / microphone.codec.ticks_per_step());
        Ok(rtc::rtp::Packet { header, payload: Bytes::copy_from_slice(&payload[..length]) })
    }
}

impl std::fmt::Debug for ClientPeer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientPeer").finish_non_exhaustive()
    }
}

fn parameters(codec: Codec) -> RTCRtpCodecParameters {
    let (clock_rate, channels, format, payload_type) = match codec {
        Codec::Opus => (48_000, 2, "minptime=10;useinbandfec=1", OPUS_PAYLOAD_TYPE),
        Codec::Pcmu => (8_000, 0, "", PCMU_PAYLOAD_TYPE),
    };
    let rtp_codec = RTCRtpCodec {
        mime_type: format!("audio/{}", codec.name()),
        clock_rate,
        channels,
        sdp_fmtp_line: format.to_owned(),
        rtcp_feedback: vec![],
    };
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

fn audio_track(ssrc: u32, codec: Codec) -> MediaStreamTrack {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: parameters(codec).rtp_codec,
        ..Default::default()
    };
    let name = || "microphone".to_owned();
    MediaStreamTrack::new("candidate".to_owned(), name(), name(), RtpCodecKind::Audio, vec![encoding])
}
