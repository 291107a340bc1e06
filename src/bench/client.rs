//! One WebRTC client of the load: `str0m`, which is not the stack under test, with DTLS-SRTP, a data channel like the
//! page's, audio that was encoded before, and an ear for the bursts that come back.

use super::{
    BenchError, ciphers,
    journal::{Act, Entry, Journal},
    speech::Track,
    tone::Detector,
};
use crate::{
    domain::audio::{FRAME_TICKS, codec::Codec},
    media::{opus::DECODED_SAMPLES_MAX, voice::VoiceDecoder},
};
use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    config::{CryptoProvider, DtlsCert},
    media::{Direction, MediaKind, Mid, Pt},
    net::{Protocol, Receive},
    rtp::RtpPacket,
};

/// What the page calls its channel.
const CHANNEL: &str = "viva-events";
/// Longest datagram that is read.
pub const DATAGRAM_BYTES_MAX: usize = 2_000;
/// 20 ms.
const FRAME: Duration = Duration::from_millis(20);
/// A packet sent this much after its time is late: then it is the generator that is behind.
const LATE: Duration = Duration::from_millis(5);
/// Longest pause between two packets that is no gap.
const GAP: Duration = Duration::from_millis(100);
/// Mean square below which a decoded frame is silence: the noise under all that is said has ten times as much, and what
/// a decoder leaves behind a silent packet has less.
const SILENT_MEAN_SQUARE: u64 = 100;
/// Duplicates and late packets say nothing of the pace.
const HALF_OF_TICKS: u32 = 1 << 31;
const SAMPLES_PER_MS: f64 = 24.0;

/// What all clients share: ciphers and one certificate, made once.
#[derive(Clone)]
pub struct Stack {
    provider: Arc<CryptoProvider>,
    certificate: DtlsCert,
    codec: Codec,
}

impl Stack {
    /// `codec`: the only one that clients offer.
    ///
    /// # Errors
    /// [`BenchError::Client`] when no certificate can be made.
    pub fn new(codec: Codec) -> Result<Self, BenchError> {
        Ok(Self { provider: ciphers::provider(), certificate: ciphers::certificate()?, codec })
    }

    /// A client with its socket, and its offer.
    ///
    /// # Errors
    /// [`BenchError`] as socket and stack report it.
    pub fn offer(&self, bind: IpAddr) -> Result<(Offered, String), BenchError> {
        let socket = UdpSocket::bind(SocketAddr::new(bind, 0))?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::clone(&self.provider))
            .set_dtls_cert(self.certificate.clone())
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(self.codec == Codec::Opus, false)
            .enable_pcmu(self.codec == Codec::Pcmu, false)
            .clear_extension_map()
            .set_stats_interval(None)
            .build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp").map_err(BenchError::client)?);
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        change.add_channel(CHANNEL.to_owned());
        let (offer, pending) = change.apply().ok_or_else(|| BenchError::Client("no offer could be made".into()))?;
        let codec = self.codec;
        Ok((Offered { rtc, pending, mid, codec, socket, local }, offer.to_sdp_string()))
    }
}

/// A client that waits for its answer.
pub struct Offered {
    rtc: Rtc,
    pending: SdpPendingOffer,
    mid: Mid,
    codec: Codec,
    socket: UdpSocket,
    local: SocketAddr,
}

/// What a client is beside its connection.
pub struct Role {
    /// Number of its session.
    pub number: usize,
    /// What it says, and the packet that it begins with.
    pub track: Arc<Track>,
    pub start: usize,
    /// When its offer was posted.
    pub posted: Instant,
    /// Whether it decodes all that it hears; otherwise only up to the first voice.
    pub decodes: bool,
    /// Whether packets are due all the time, so that any pause is a gap.
    pub continuous: bool,
}

impl Offered {
    /// Takes the answer; the client lives from now on. `via`: send there, whatever candidates the answer has.
    ///
    /// # Errors
    /// [`BenchError`] for an answer that is none, or one without the codec.
    pub fn accept(mut self, answer: &str, via: Option<SocketAddr>, role: Role) -> Result<Client, BenchError> {
        let answer = via.map_or_else(|| answer.to_owned(), |via| sent_via(answer, via));
        let answer = SdpAnswer::from_sdp_string(&answer).map_err(BenchError::client)?;
        self.rtc.sdp_api().accept_answer(self.pending, answer).map_err(BenchError::client)?;
        let payload_type = self.rtc.media(self.mid).and_then(|media| media.remote_pts().first().copied());
        let payload_type = payload_type.ok_or_else(|| BenchError::Client("the answer has no codec".into()))?;
        let now = Instant::now();
        Ok(Client {
            rtc: self.rtc,
            mid: self.mid,
            codec: self.codec,
            payload_type,
            socket: self.socket,
            local: self.local,
            due: now,
            next_send: now,
            next_packet: role.start,
            sequence: 1 + role.number as u64 % 1_000,
            rtp_time: (role.number as u32).wrapping_mul(2_654_435_761),
            decoder: VoiceDecoder::new(self.codec)?,
            detector: Detector::default(),
            pace: Pace::default(),
            seen: Seen { posted: role.posted, ..Seen::new(role.number, role.posted) },
            role,
        })
    }
}

/// The answer with one address in place of every candidate's.
fn sent_via(answer: &str, via: SocketAddr) -> String {
    let mut lines = Vec::new();
    for line in answer.lines() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if line.starts_with("a=candidate:") && words.len() > 5 {
            words[4] = via.ip().to_string();
            words[5] = via.port().to_string();
        }
        let line = words.join(" ");
        // Several candidates would now be one and the same.
        if !(line.starts_with("a=candidate:") && lines.iter().any(|known: &String| known.starts_with("a=candidate:"))) {
            lines.push(line);
        }
    }
    lines.join("\r\n") + "\r\n"
}

/// What a client saw in the window, and how it came up.
#[derive(Clone, Debug)]
pub struct Seen {
    pub number: usize,
    pub posted: Instant,
    pub connected: Option<Instant>,
    /// The first packet with a voice in it.
    pub first_voice: Option<Instant>,
    pub lost: bool,
    pub sent: u64,
    /// Packets that left too late.
    pub sent_late: u64,
    pub received: u64,
    /// How much longer than the fastest each packet was on its way, against its RTP time, in milliseconds.
    pub lateness_ms: Vec<f32>,
    /// Pauses between packets of more than 100 ms.
    pub gaps: u64,
    pub decoded: u64,
    /// Decoded packets of silence.
    pub silent: u64,
}

impl Seen {
    fn new(number: usize, posted: Instant) -> Self {
        Self {
            number,
            posted,
            connected: None,
            first_voice: None,
            lost: false,
            sent: 0,
            sent_late: 0,
            received: 0,
            lateness_ms: Vec::new(),
            gaps: 0,
            decoded: 0,
            silent: 0,
        }
    }
}

/// How evenly packets come.
#[derive(Debug, Default)]
struct Pace {
    last: Option<(Instant, u32)>,
    /// Arrival and RTP time of the first packet, and the smallest transit since, relative to it.
    origin: Option<(Instant, u32)>,
    fastest_ms: f64,
}

impl Pace {
    /// What the packet says of the pace. `None`: an old one, come late.
    fn on_packet(&mut self, at: Instant, rtp_time: u32) -> Option<Beat> {
        let origin = *self.origin.get_or_insert((at, rtp_time));
        if self.last.is_some_and(|(_, newest)| rtp_time.wrapping_sub(newest) >= HALF_OF_TICKS || rtp_time == newest) {
            return None;
        }
        let (pause, step) = self.last.map_or((Duration::ZERO, Duration::ZERO), |(last, newest)| {
            let step_us = u64::from(rtp_time.wrapping_sub(newest)) * 1_000 / 48;
            (at.saturating_duration_since(last), Duration::from_micros(step_us))
        });
        self.last = Some((at, rtp_time));
        let spent_ms = at.saturating_duration_since(origin.0).as_secs_f64() * 1e3;
        let transit_ms = spent_ms - f64::from(rtp_time.wrapping_sub(origin.1)) / 48.0;
        self.fastest_ms = self.fastest_ms.min(transit_ms);
        Some(Beat { lateness_ms: transit_ms - self.fastest_ms, pause, step })
    }
}

/// One packet's place in the pace.
#[derive(Clone, Copy, Debug)]
struct Beat {
    /// How much later than the fastest so far.
    lateness_ms: f64,
    /// Since the packet before.
    pause: Duration,
    /// The same in RTP time.
    step: Duration,
}

impl Beat {
    /// A pause of more than 100 ms; where silence is not sent, one that RTP time does not explain.
    fn is_gap(&self, continuous: bool) -> bool {
        self.pause > GAP && (continuous || self.pause > self.step + GAP - FRAME)
    }
}

/// A client that lives.
pub struct Client {
    rtc: Rtc,
    mid: Mid,
    codec: Codec,
    payload_type: Pt,
    socket: UdpSocket,
    local: SocketAddr,
    /// When the stack wants to know the time.
    due: Instant,
    next_send: Instant,
    next_packet: usize,
    sequence: u64,
    rtp_time: u32,
    decoder: VoiceDecoder,
    detector: Detector<Instant>,
    pace: Pace,
    role: Role,
    pub seen: Seen,
}

/// What a step needs of the run.
pub struct Surroundings<'a> {
    pub journal: &'a Journal,
    /// The time that is measured, once it is known.
    pub window: Option<(Instant, Instant)>,
}

impl Surroundings<'_> {
    fn counts(&self, at: Instant) -> bool {
        self.window.is_some_and(|(from, to)| (from..to).contains(&at))
    }
}

impl Client {
    /// Whether DTLS is up.
    pub fn is_connected(&self) -> bool {
        self.seen.connected.is_some() && !self.seen.lost
    }

    /// Reads all that came, sends what is due. `buffer`: [`DATAGRAM_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`BenchError`]: the client is of no more use.
    pub fn step(&mut self, buffer: &mut [u8], around: &Surroundings<'_>) -> Result<(), BenchError> {
        loop {
            let (length, source) = match self.socket.recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // Nobody listens there (any more): ICE will say so.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error.into()),
            };
            let now = Instant::now();
            let Ok(received) = Receive::new(Protocol::Udp, source, self.local, &buffer[..length]) else { continue };
            self.rtc.handle_input(Input::Receive(now, received)).map_err(BenchError::client)?;
            self.drain(now, around)?;
        }
        let now = Instant::now();
        if self.is_connected() && now >= self.next_send {
            self.say(now, around)?;
        }
        if now >= self.due {
            self.rtc.handle_input(Input::Timeout(now)).map_err(BenchError::client)?;
            self.drain(now, around)?;
        }
        Ok(())
    }

    /// Hangs up.
    pub fn close(mut self) -> Seen {
        self.rtc.disconnect();
        self.seen
    }

    fn say(&mut self, now: Instant, around: &Surroundings<'_>) -> Result<(), BenchError> {
        let packet = Arc::clone(&self.role.track.packets[self.next_packet]);
        let tone = self.role.track.bursts[self.next_packet];
        let (rtp_time, sequence) = (self.rtp_time, self.sequence.into());
        let write = str0m::rtp::RtpWrite::new(self.payload_type, sequence, rtp_time, now, packet);
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(self.mid, None) {
            stream.write_rtp(write);
        }
        self.drain(now, around)?;
        if let Some(tone) = tone {
            let at = Instant::now();
            let entry = Entry { session: self.role.number, tone, act: Act::ClientSent, at, place: Duration::ZERO };
            around.journal.note(entry);
        }
        if around.counts(now) {
            self.seen.sent += 1;
            self.seen.sent_late += u64::from(now.saturating_duration_since(self.next_send) > LATE);
        }
        self.next_packet = (self.next_packet + 1) % self.role.track.packets.len();
        self.sequence += 1;
        self.rtp_time = self.rtp_time.wrapping_add(FRAME_TICKS / self.codec.ticks_per_step());
        // On the clock, whatever was late; a stall of the machine is made up for, packet by packet.
        self.next_send += FRAME;
        Ok(())
    }

    fn drain(&mut self, now: Instant, around: &Surroundings<'_>) -> Result<(), BenchError> {
        loop {
            match self.rtc.poll_output().map_err(BenchError::client)? {
                Output::Timeout(due) => {
                    self.due = due;
                    return Ok(());
                }
                Output::Transmit(transmit) => match self.socket.send_to(&transmit.contents, transmit.destination) {
                    Ok(_) => {}
                    Err(error) if is_passing(&error) => {}
                    Err(error) => return Err(error.into()),
                },
                Output::Event(event) => self.on_event(event, now, around),
            }
        }
    }

    fn on_event(&mut self, event: Event, now: Instant, around: &Surroundings<'_>) {
        match event {
            Event::Connected => {
                self.seen.connected.get_or_insert(now);
                // Spread over the 20 ms, as people are.
                self.next_send = now + Duration::from_micros(self.role.number as u64 * 7_919 % 20_000);
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => self.seen.lost = true,
            Event::RtpPacket(packet) => self.hear(&packet, now, around),
            _ => {}
        }
    }

    fn hear(&mut self, packet: &RtpPacket, now: Instant, around: &Surroundings<'_>) {
        let counts = around.counts(now);
        let rtp_time = packet.header.timestamp.wrapping_mul(self.codec.ticks_per_step());
        let pace = self.pace.on_packet(now, rtp_time);
        if counts {
            self.seen.received += 1;
            if let Some(beat) = pace {
                self.seen.lateness_ms.push(beat.lateness_ms as f32);
                self.seen.gaps += u64::from(beat.is_gap(self.role.continuous));
            }
        }
        if !self.role.decodes && self.seen.first_voice.is_some() {
            return;
        }
        let mut pcm = [0; DECODED_SAMPLES_MAX];
        let Ok(count) = self.decoder.decode(&packet.payload, &mut pcm) else { return };
        let energy: u64 = pcm[..count].iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
        let is_silent = energy < SILENT_MEAN_SQUARE * count as u64;
        if !is_silent {
            self.seen.first_voice.get_or_insert(now);
        }
        if counts {
            self.seen.decoded += 1;
            self.seen.silent += u64::from(is_silent);
        }
        if let Some(burst) = self.detector.push(&pcm[..count], now) {
            let place = Duration::from_secs_f64(burst.place as f64 / SAMPLES_PER_MS / 1e3);
            let session = self.role.number;
            around.journal.note(Entry { session, tone: burst.tone, act: Act::ClientHeard, at: burst.stamp, place });
        }
    }
}

/// Errors of a send that the next one may not have.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_becomes_the_one_address() {
        let answer = "v=0\r\na=candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host\r\na=mid:0\r\n\
                      a=candidate:2 1 udp 2130706430 fe80::1 5000 typ host\r\n";
        let expected = "v=0\r\na=candidate:1 1 udp 2130706431 127.0.0.9 77 typ host\r\na=mid:0\r\n";
        assert_eq!(sent_via(answer, "127.0.0.9:77".parse().expect("an address")), expected);
    }

    #[test]
    fn a_stall_is_a_gap_and_a_lag_stays_late() {
        let begun = Instant::now();
        let mut pace = Pace::default();
        let mut at = |ms: u64, rtp_ms: u32| {
            let came = pace.on_packet(begun + Duration::from_millis(ms), rtp_ms.wrapping_mul(48));
            came.map(|beat| (beat.lateness_ms.round() as i64, beat.pause.as_millis() as u64, beat.is_gap(true)))
        };
        assert_eq!(at(0, 0), Some((0, 0, false)));
        assert_eq!(at(20, 20), Some((0, 20, false)));
        assert_eq!(at(180, 40), Some((140, 160, true)));
        assert_eq!(at(181, 20), None);
        assert_eq!(at(200, 60), Some((140, 20, false)));
        // Faster than the first ever was: the measure moves.
        assert_eq!(at(200, 220), Some((0, 0, false)));
        assert_eq!(at(240, 240), Some((20, 40, false)));
        // Silence that was not sent is none where it need not be.
        let pause = Duration::from_millis(400);
        let quiet = Beat { lateness_ms: 0.0, pause, step: pause };
        assert!(quiet.is_gap(true) && !quiet.is_gap(false) && Beat { step: FRAME, ..quiet }.is_gap(false));
    }
}
