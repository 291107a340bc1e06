//! One session's media: its peer, both directions of its audio, and what it tells the session.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{
    MediaEvent, MediaPorts,
    downlink::{Hunger, Pacer},
    front_door::{Admitted, Arrival, Path, PeerId, Transport},
    opus::OpusError,
    outbox::Outbox,
    peer::{Answer, Peer, PeerError, PeerOutput},
    recorder::Tap,
    scoring::Scoring,
    sdp::Offer,
    uplink::Uplink,
};
use crate::domain::{
    audio::timeline::Timeline,
    load::Level,
    quality::meter::Measured,
    session::{PeerEvent, PlayoutEvent},
};

/// Silence of the network after which the candidate counts as away.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
/// The path that media takes gives way to another one after so long a silence.
const PATH_SILENT_AFTER: Duration = Duration::from_millis(500);
/// Consent ends so long after the last authenticated check (RFC 7675 section 5.1).
const CONSENT_FOR: Duration = Duration::from_secs(30);
/// A peer that is not connected by then never will be (threat T7).
const SETUP_FOR: Duration = Duration::from_secs(15);
/// A peer that another one took the place of is still there so long: what it was told last is sent again if it got
/// lost, for which SCTP waits a second (RFC 9260 section 16).
const LEAVING_FOR: Duration = Duration::from_millis(1_500);
/// How often quality is reported, unless a session asks for it more often.
const QUALITY_EVERY: Duration = Duration::from_secs(2);
/// From the network to the ear, until the browser says.
pub(super) const PLAYOUT_DELAY_DEFAULT_MS: u64 = 60;
/// Events that may wait for a session that does not read.
const PENDING_EVENTS_MAX: usize = 1_024;
/// A jitter-buffer deadline this near is watched every millisecond.
const GAP_SOON_MS: u64 = 50;
/// Largest message taken from the page.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// What the session's handle and its shard share without a message.
#[derive(Debug)]
pub(super) struct CallShared {
    /// The handle is gone.
    pub detached: AtomicBool,
    /// The browser's own jitter-buffer delay, in milliseconds.
    pub remote_delay_ms: AtomicU64,
    /// A peer is there: connecting, connected or away.
    pub has_peer: AtomicBool,
    /// Audio that the browser had to make up over all it played, in millionths; `u64::MAX`: it did not say.
    pub remote_concealed_ppm: AtomicU64,
    /// How often quality is reported, in milliseconds.
    pub quality_every_ms: AtomicU64,
}

impl Default for CallShared {
    fn default() -> Self {
        Self {
            detached: AtomicBool::new(false),
            remote_delay_ms: AtomicU64::new(PLAYOUT_DELAY_DEFAULT_MS),
            has_peer: AtomicBool::new(false),
            remote_concealed_ppm: AtomicU64::new(u64::MAX),
            quality_every_ms: AtomicU64::new(QUALITY_EVERY.as_millis() as u64),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    Connecting,
    Connected,
    Away,
}

/// A peer that is there.
struct Link {
    peer: Box<dyn Peer>,
    id: PeerId,
    state: LinkState,
    /// Where the last authenticated check came from: media goes there and nowhere else.
    path: Option<Path>,
    /// When that path was last heard.
    path_heard: Instant,
    /// Where the check came from that the peer answers next.
    checked: Option<Path>,
    /// The last check that nominated its path, until there is a connection.
    nomination: Option<(Path, BytesMut)>,
    deadline: Option<Instant>,
    since: Instant,
    last_check: Instant,
    /// The last authenticated packet of any kind.
    last_heard: Instant,
}

impl Link {
    /// The way that an answer to a check takes: back where it came from.
    fn stun_path(&self, to: SocketAddr) -> Path {
        let known = [self.checked, self.path].into_iter().flatten().find(|path| path.peer == to);
        known.unwrap_or(Path { peer: to, transport: Transport::Udp })
    }

    /// Sends what the peer still has to send and leaves all else; whether it is closed.
    fn send_rest(&mut self, out: &Outbox) -> bool {
        let mut is_closed = false;
        while let Some(output) = self.peer.poll() {
            match (output, self.path) {
                (PeerOutput::Transmit { datagram }, Some(path)) => out.send(&datagram, path),
                (PeerOutput::TransmitStun { to, datagram }, _) => out.send(&datagram, self.stun_path(to)),
                (PeerOutput::Closed, _) => is_closed = true,
                _ => {}
            }
        }
        is_closed
    }
}

/// A peer that is no more spoken with, and only hears why.
struct Leaving {
    link: Link,
    until: Instant,
}

/// One session's media.
pub(super) struct Call {
    shared: Arc<CallShared>,
    /// The shard's clock starts here.
    epoch: Instant,
    events: mpsc::Sender<MediaEvent>,
    pending: VecDeque<MediaEvent>,
    timeline: Timeline,
    uplink: Uplink,
    pacer: Pacer,
    link: Option<Link>,
    leaving: Option<Leaving>,
    /// Both directions are recorded.
    tap: Option<Box<Tap>>,
    round_trip: Option<Duration>,
    quality_at: Instant,
    scoring: Scoring,
    /// It stands in line to encode ahead.
    is_in_line: bool,
    /// The session went away without saying so.
    is_deaf: bool,
}

impl Call {
    /// # Errors
    /// [`OpusError`] when no decoder can be had.
    pub(super) fn new(
        ports: MediaPorts,
        shared: Arc<CallShared>,
        silence: Bytes,
        random: u64,
        epoch: Instant,
    ) -> Result<Self, OpusError> {
        Ok(Self {
            shared,
            epoch,
            events: ports.events,
            pending: VecDeque::new(),
            timeline: Timeline::default(),
            uplink: Uplink::new(ports.uplink)?,
            pacer: Pacer::new(ports.downlink, silence, random),
            link: None,
            leaving: None,
            tap: None,
            round_trip: None,
            quality_at: epoch,
            scoring: Scoring::new(),
            is_in_line: false,
            is_deaf: false,
        })
    }

    /// Records both directions from now on.
    pub(super) fn record(&mut self, mut tap: Box<Tap>) {
        tap.speak(self.pacer.codec());
        self.tap = Some(tap);
    }

    /// Whether a peer is there.
    pub(super) fn has_link(&self) -> bool {
        self.link.is_some() || self.leaving.is_some()
    }

    /// The peers whose datagrams are taken: the one that is there, and one that is on its way out.
    pub(super) fn peers(&self) -> [Option<PeerId>; 2] {
        [self.link.as_ref().map(|link| link.id), self.leaving.as_ref().map(|leaving| leaving.link.id)]
    }

    /// Whether the handle is gone.
    pub(super) fn is_detached(&self) -> bool {
        self.is_deaf || self.shared.detached.load(Ordering::Acquire)
    }

    /// Puts a peer in place; the former one is told goodbye, after these words if there are any, and the session's
    /// audio goes on.
    pub(super) fn install(
        &mut self,
        peer: Box<dyn Peer>,
        id: PeerId,
        last_words: Option<&str>,
        now: Instant,
        out: &Outbox,
    ) {
        if !last_words.is_some_and(|words| self.dismiss(words, now, out)) {
            self.drop_link(now, out);
        }
        let codec = peer.codec();
        self.link = Some(Link {
            peer,
            id,
            state: LinkState::Connecting,
            path: None,
            path_heard: now,
            checked: None,
            nomination: None,
            deadline: None,
            since: now,
            last_check: now,
            last_heard: now,
        });
        self.shared.has_peer.store(true, Ordering::Release);
        self.uplink.reset();
        self.uplink.speak(codec);
        self.pacer.speak(codec);
        if let Some(tap) = &mut self.tap {
            tap.speak(codec);
        }
        self.reanchor();
        self.report(MediaEvent::Peer(PeerEvent::Offered));
        self.drain(now, out);
    }

    /// Answers an offer of the same peer.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] when no peer is there, otherwise as [`Peer::reoffer`].
    pub(super) fn reoffer(&mut self, offer: &Offer, now: Instant, out: &Outbox) -> Result<(PeerId, Answer), PeerError> {
        let link = self.link.as_mut().ok_or(PeerError::NotOpen)?;
        let answer = link.peer.reoffer(offer, now)?;
        link.last_check = now; // The new checks have their time.
        let id = link.id;
        self.drain(now, out);
        Ok((id, answer))
    }

    /// An offer of ours that restarts ICE of the peer that is there.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] when no peer is there, otherwise as [`Peer::restart_offer`].
    pub(super) fn restart_offer(&mut self) -> Result<String, PeerError> {
        self.link.as_mut().ok_or(PeerError::NotOpen)?.peer.restart_offer()
    }

    /// Takes the answer to it.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] when no peer is there, otherwise as [`Peer::accept_answer`].
    pub(super) fn accept_answer(
        &mut self,
        answer: &Offer,
        now: Instant,
        out: &Outbox,
    ) -> Result<(PeerId, Answer), PeerError> {
        let link = self.link.as_mut().ok_or(PeerError::NotOpen)?;
        let concluded = link.peer.accept_answer(answer, now)?;
        link.last_check = now; // The new checks have their time.
        let id = link.id;
        self.drain(now, out);
        Ok((id, concluded))
    }

    /// Takes a datagram that the front door let in.
    pub(super) fn handle_arrival(&mut self, arrival: Arrival, out: &Outbox) {
        let now = arrival.at;
        if self.leaving.as_ref().is_some_and(|leaving| leaving.link.id == arrival.peer) {
            return self.hear_leaving(arrival, out);
        }
        let Some(link) = self.link.as_mut().filter(|link| link.id == arrival.peer) else { return };
        if let Admitted::Check { nominates } = arrival.kind {
            link.last_check = now;
            link.last_heard = now;
            link.checked = Some(arrival.path);
            let is_silent = now.saturating_duration_since(link.path_heard) > PATH_SILENT_AFTER;
            if nominates || is_silent || link.path.is_none() {
                link.path = Some(arrival.path);
            }
        }
        if link.path == Some(arrival.path) {
            link.path_heard = now;
        }
        if arrival.is_protected_media() {
            self.hear(&arrival.datagram, now, out);
        } else {
            if link.state == LinkState::Connecting && arrival.kind == (Admitted::Check { nominates: true }) {
                link.nomination = Some((arrival.path, arrival.datagram.clone()));
            }
            link.peer.handle_datagram(arrival.path.peer, arrival.datagram, now);
            self.drain(now, out);
            if arrival.kind == Admitted::CheckAnswer {
                self.nominate_again(now, out);
            }
        }
        self.come_back(now);
    }

    /// The stack forgets a nomination that comes before its own check of that pair was answered, and the other side
    /// sends the next one half a second later: what it sent is shown to the stack again.
    fn nominate_again(&mut self, now: Instant, out: &Outbox) {
        let Some(link) = self.link.as_mut().filter(|link| link.state == LinkState::Connecting) else { return };
        if let Some((path, datagram)) = link.nomination.clone() {
            link.checked = Some(path);
            link.peer.handle_datagram(path.peer, datagram, now);
            self.drain(now, out);
        }
    }

    /// Takes a datagram of SRTP or SRTCP.
    fn hear(&mut self, datagram: &[u8], now: Instant, out: &Outbox) {
        let now_ms = self.clock_ms(now);
        let Some(link) = self.link.as_mut() else { return };
        let path = link.path;
        let Some(packet) = link.peer.handle_media(datagram, now, &mut |datagram| out.send_if(datagram, path)) else {
            return;
        };
        link.last_heard = now;
        self.uplink.push(packet, now_ms);
        if link.state == LinkState::Connected {
            self.uplink.advance(now_ms, &self.timeline, self.tap.as_deref_mut());
        }
    }

    /// Releases what the jitter buffer holds back; whether it still waits for something soon.
    pub(super) fn release_uplink(&mut self, now: Instant) -> bool {
        if self.is_connected() {
            self.uplink.advance(self.clock_ms(now), &self.timeline, self.tap.as_deref_mut());
        }
        self.is_waiting(now)
    }

    /// Whether the jitter buffer waits for something soon: a gap does; a stall is looked at every 20 ms anyway.
    pub(super) fn is_waiting(&self, now: Instant) -> bool {
        let soon_ms = self.clock_ms(now) + GAP_SOON_MS;
        self.is_connected() && self.uplink.deadline_ms().is_some_and(|deadline_ms| deadline_ms < soon_ms)
    }

    /// The call's 20 ms: timers, commands, one frame out, events.
    pub(super) fn step(&mut self, now: Instant, is_late: bool, out: &Outbox) {
        self.check_link(now, out);
        self.check_leaving(now, out);
        self.release_uplink(now);
        let audio_ms = self.timeline.now(self.clock_ms(now));
        self.pacer.take_commands(audio_ms, self.playout_delay_ms());
        if is_late {
            self.reanchor();
        }
        if self.is_connected() {
            self.send_frame(audio_ms, now, out);
        }
        while let Some(event) = self.pacer.poll_event() {
            if matches!(event, PlayoutEvent::Started { .. })
                && let Some(delay_ms) = self.uplink.note_answer(self.clock_ms(now))
            {
                self.scoring.note_answer(delay_ms);
            }
            self.report(MediaEvent::Playout(event));
        }
        if now >= self.quality_at && self.is_connected() {
            self.report_quality(now);
        }
        self.retry_events();
    }

    /// Whether it has to stand in line to encode ahead, where it does not stand yet.
    pub(super) fn queue_up(&mut self) -> Option<Hunger> {
        let hunger = self.pacer.hunger().filter(|_| !self.is_in_line && self.is_connected())?;
        self.is_in_line = true;
        Some(hunger)
    }

    /// Its turn: encodes what will be sent next.
    pub(super) fn encode_ahead(&mut self) {
        self.is_in_line = false;
        self.pacer.encode_ahead();
    }

    /// What is given up because there is too much to do.
    pub(super) fn set_level(&mut self, level: Level) {
        self.pacer.set_level(level);
    }

    /// Sends a message to the page.
    ///
    /// # Errors
    /// [`PeerError::NotOpen`] without an open channel, [`PeerError::Full`] when the browser does not read.
    pub(super) fn send_data(&mut self, message: &str, now: Instant, out: &Outbox) -> Result<(), PeerError> {
        let link = self.link.as_mut().ok_or(PeerError::NotOpen)?;
        link.peer.send_data(message, now)?;
        self.drain(now, out);
        Ok(())
    }

    /// Says goodbye and frees the peer; the session stays.
    pub(super) fn close_peer(&mut self, now: Instant, out: &Outbox) {
        self.drop_leaving(now, out);
        if self.drop_link(now, out) {
            self.report(MediaEvent::Peer(PeerEvent::Closed));
        }
    }

    fn is_connected(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.state == LinkState::Connected)
    }

    fn clock_ms(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.epoch).as_millis() as u64
    }

    /// How long a frame that leaves now takes to the candidate's ear.
    fn playout_delay_ms(&self) -> u64 {
        let network_ms = self.round_trip.map_or(0, |round_trip| round_trip.as_millis() as u64 / 2);
        network_ms + self.shared.remote_delay_ms.load(Ordering::Relaxed)
    }

    /// What is sent next does not follow what was sent before.
    fn reanchor(&mut self) {
        self.pacer.reanchor();
        if let Some(tap) = &mut self.tap {
            tap.reanchor_sent();
        }
    }

    fn send_frame(&mut self, audio_ms: u64, now: Instant, out: &Outbox) {
        match self.pacer.tick(audio_ms) {
            Ok(Some(packet)) => {
                let Some(link) = self.link.as_mut() else { return };
                let (timestamp, payload) = (packet.timestamp, self.tap.as_ref().map(|_| packet.payload.clone()));
                let path = link.path;
                match link.peer.send_audio(&packet, now, &mut |datagram| out.send_if(datagram, path)) {
                    Ok(()) => {
                        if let (Some(tap), Some(payload)) = (&mut self.tap, payload) {
                            tap.sent(timestamp, payload, audio_ms);
                        }
                    }
                    // Not open is not ready yet; the frame is lost as any packet may be.
                    Err(error) => tracing::debug!(%error, "audio was not sent"),
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "audio was not encoded"),
        }
    }

    /// Takes everything that the peer has to say.
    fn drain(&mut self, now: Instant, out: &Outbox) {
        let mut is_closed = false;
        while let Some(link) = self.link.as_mut() {
            let Some(output) = link.peer.poll() else {
                // A deadline may be past already: never sooner than the next millisecond.
                let deadline = link.peer.poll_timeout();
                link.deadline = deadline.map(|deadline| deadline.max(now + Duration::from_millis(1)));
                break;
            };
            match output {
                PeerOutput::TransmitStun { to, datagram } => out.send(&datagram, link.stun_path(to)),
                PeerOutput::Transmit { datagram } => {
                    if let Some(path) = link.path {
                        out.send(&datagram, path);
                    }
                }
                PeerOutput::Message(message) => {
                    link.last_heard = now;
                    if message.len() <= MESSAGE_BYTES_MAX {
                        self.report(MediaEvent::Message(message.to_vec()));
                    }
                }
                PeerOutput::ChannelOpen => self.report(MediaEvent::Peer(PeerEvent::ChannelOpen)),
                PeerOutput::Connected => {
                    if link.state == LinkState::Connecting {
                        link.last_heard = now;
                        self.connect(now);
                    }
                }
                PeerOutput::Closed => is_closed = true,
            }
        }
        if is_closed {
            self.close_peer(now, out);
        }
    }

    fn connect(&mut self, now: Instant) {
        let Some(link) = self.link.as_mut() else { return };
        link.state = LinkState::Connected;
        link.nomination = None;
        let now_ms = self.clock_ms(now);
        let audio_ms = self.timeline.start(now_ms);
        self.reanchor();
        self.quality_at = now + self.quality_every();
        self.report(MediaEvent::Peer(PeerEvent::Connected { audio_ms }));
    }

    /// Media or a check of a peer that was away: it is back.
    fn come_back(&mut self, now: Instant) {
        let is_back = self.link.as_ref().is_some_and(|link| link.state == LinkState::Away && link.last_heard == now);
        if is_back {
            self.connect(now);
        }
    }

    fn check_link(&mut self, now: Instant, out: &Outbox) {
        let Some(link) = self.link.as_mut() else { return };
        if link.deadline.is_some_and(|deadline| deadline <= now) {
            link.peer.handle_timeout(now);
            self.drain(now, out);
        }
        let Some(link) = self.link.as_mut() else { return };
        let path = link.path;
        link.peer.send_reports(now, &mut |datagram| out.send_if(datagram, path));
        let is_over = match link.state {
            LinkState::Connecting => now.duration_since(link.since) > SETUP_FOR,
            _ => now.duration_since(link.last_check) > CONSENT_FOR,
        };
        if is_over {
            return self.close_peer(now, out);
        }
        if link.state == LinkState::Connected && now.duration_since(link.last_heard) > DISCONNECTED_AFTER {
            link.state = LinkState::Away;
            self.uplink.reset();
            self.report(MediaEvent::Peer(PeerEvent::Disconnected));
        }
    }

    /// `false` when no peer was there.
    fn drop_link(&mut self, now: Instant, out: &Outbox) -> bool {
        let Some(mut link) = self.link.take() else { return false };
        self.shared.has_peer.store(false, Ordering::Release);
        link.peer.close(now);
        link.send_rest(out);
        self.uplink.reset();
        true
    }

    /// Tells the peer that is there why it has to go, and keeps it for as long as that may take. `false`: it cannot
    /// be told.
    fn dismiss(&mut self, last_words: &str, now: Instant, out: &Outbox) -> bool {
        self.drop_leaving(now, out);
        let is_told = self.link.as_mut().is_some_and(|link| link.peer.send_data(last_words, now).is_ok());
        if let Some(mut link) = self.link.take_if(|_| is_told) {
            link.send_rest(out);
            self.leaving = Some(Leaving { link, until: now + LEAVING_FOR });
        }
        is_told
    }

    /// Whoever is leaving may acknowledge what it heard, or say goodbye itself; nothing else is taken from it.
    fn hear_leaving(&mut self, arrival: Arrival, out: &Outbox) {
        let Some(leaving) = self.leaving.as_mut() else { return };
        if matches!(arrival.kind, Admitted::Check { .. }) {
            leaving.link.checked = Some(arrival.path);
        }
        leaving.link.peer.handle_datagram(arrival.path.peer, arrival.datagram, arrival.at);
        if leaving.link.send_rest(out) {
            self.drop_leaving(arrival.at, out);
        }
    }

    fn check_leaving(&mut self, now: Instant, out: &Outbox) {
        let Some(leaving) = self.leaving.as_mut() else { return };
        if leaving.link.peer.poll_timeout().is_some_and(|due| due <= now) {
            leaving.link.peer.handle_timeout(now);
        }
        if leaving.link.send_rest(out) || now >= leaving.until {
            self.drop_leaving(now, out);
        }
    }

    fn drop_leaving(&mut self, now: Instant, out: &Outbox) {
        if let Some(mut leaving) = self.leaving.take() {
            leaving.link.peer.close(now);
            leaving.link.send_rest(out);
        }
    }

    fn quality_every(&self) -> Duration {
        Duration::from_millis(self.shared.quality_every_ms.load(Ordering::Relaxed))
    }

    fn report_quality(&mut self, now: Instant) {
        self.quality_at = now + self.quality_every();
        let Some(link) = self.link.as_ref() else { return };
        let statistics = link.peer.statistics();
        self.round_trip = statistics.round_trip.or(self.round_trip);
        self.uplink.set_round_trip(self.round_trip.filter(|_| statistics.sends_again));
        let audio_ms = self.timeline.now(self.clock_ms(now));
        if let (Some(tap), Some((ntp_time, rtp_time))) = (&mut self.tap, statistics.sender_time) {
            tap.reported(ntp_time, rtp_time, audio_ms);
        }
        self.pacer.note_statistics(self.clock_ms(now), &statistics);
        let said_ppm = self.shared.remote_concealed_ppm.load(Ordering::Relaxed);
        let said_ratio = (said_ppm != u64::MAX).then(|| said_ppm as f64 / 1e6);
        let (quality, whole) = self.scoring.report(Measured {
            packets: self.uplink.counters(),
            frames: self.uplink.frame_counts(),
            jitter_ms: self.uplink.jitter_ms(),
            rtt_ms: self.round_trip.map(|round_trip| round_trip.as_secs_f64() * 1e3),
            agent_concealed_ratio: said_ratio.or(statistics.remote_loss_ratio),
            agent_buffer_ms: self.shared.remote_delay_ms.load(Ordering::Relaxed),
            codec: self.pacer.codec(),
        });
        self.report(MediaEvent::AudioSoFar(whole));
        self.report(MediaEvent::Quality(quality));
    }

    /// Tells the session. What cannot be told now is told later; only messages and quality are ever dropped.
    fn report(&mut self, event: MediaEvent) {
        if self.pending.is_empty() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => self.hold(event),
                Err(TrySendError::Closed(_)) => self.is_deaf = true,
            }
        } else {
            self.hold(event);
        }
    }

    fn hold(&mut self, event: MediaEvent) {
        let is_edge = matches!(event, MediaEvent::Peer(_) | MediaEvent::Playout(_));
        if is_edge && self.pending.len() < PENDING_EVENTS_MAX {
            self.pending.push_back(event);
        } else {
            // So many edges unread: the session is dead, and its media ends with it.
            self.is_deaf |= is_edge;
            metrics::counter!("viva_media_events_dropped_total").increment(1);
        }
    }

    fn retry_events(&mut self) {
        while let Some(event) = self.pending.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.pending.push_front(event),
                Err(TrySendError::Closed(_)) => {
                    self.is_deaf = true;
                    return self.pending.clear();
                }
            }
        }
    }
}
