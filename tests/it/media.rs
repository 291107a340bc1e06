//! The media path over real sockets, with the async `webrtc` crate as the candidate's browser.

use std::{
    collections::VecDeque,
    f64::consts::TAU,
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};
use viva::{
    domain::{
        audio::codec::Codec,
        id::{ItemId, SessionId},
        session::{PeerEvent, PlayoutEvent},
    },
    media::{
        Media, MediaConfig, MediaEvent, MediaPorts, MediaSession,
        port::{Downlink, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX, Uplink, UplinkFrame},
    },
    simulate::peer::{ClientEvent, ClientPeer, Heard},
};

mod addresses;
mod codec_free;
mod cycles;
mod flood;
mod front_door;
mod matrix;
mod network;
mod pesq;
mod recorder;
mod siege;
mod tcp;

const WAIT: Duration = Duration::from_secs(10);
const TONE_HZ: f64 = 440.0;
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(WAIT, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

fn start(sessions_max: usize) -> Media {
    let announced = vec![LOOPBACK.ip()];
    let config = MediaConfig { bind: LOOPBACK, tcp: None, announced, only_from: None, shards: 1, sessions_max };
    Media::start(config).unwrap()
}

/// One session's ends.
struct Line {
    session: MediaSession,
    uplink: Uplink,
    downlink: Downlink,
    events: mpsc::Receiver<MediaEvent>,
    /// Playout events that came while another kind was waited for.
    played: VecDeque<PlayoutEvent>,
}

impl Line {
    fn attach(media: &Media) -> Self {
        let (uplink_sender, uplink) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (event_sender, events) = mpsc::channel(256);
        let (downlink, downlink_receiver) = Downlink::channel();
        let ports = MediaPorts { uplink: uplink_sender, downlink: downlink_receiver, events: event_sender };
        let session = media.attach(SessionId::from_random([7; 16]), ports).unwrap();
        Self { session, uplink, downlink, events, played: VecDeque::new() }
    }

    async fn peer_event(&mut self) -> PeerEvent {
        loop {
            match within("a peer event", self.events.recv()).await.unwrap() {
                MediaEvent::Peer(event) => return event,
                MediaEvent::Playout(event) => self.played.push_back(event),
                _ => {}
            }
        }
    }

    async fn expect_peer(&mut self, wanted: impl Fn(&PeerEvent) -> bool) -> PeerEvent {
        loop {
            let event = self.peer_event().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    async fn playout_event(&mut self) -> PlayoutEvent {
        if let Some(event) = self.played.pop_front() {
            return event;
        }
        loop {
            if let MediaEvent::Playout(event) = within("a playout event", self.events.recv()).await.unwrap() {
                return event;
            }
        }
    }

    async fn expect_message(&mut self, wanted: &str) {
        loop {
            if let MediaEvent::Message(message) = within("a message", self.events.recv()).await.unwrap()
                && message == wanted.as_bytes()
            {
                return;
            }
        }
    }

    async fn frame(&mut self) -> UplinkFrame {
        Arc::unwrap_or_clone(within("an uplink frame", self.uplink.recv()).await.unwrap())
    }
}

/// A connected candidate.
struct Caller {
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
}

impl Caller {
    async fn call(line: &mut Line) -> Self {
        Self::call_in(line, Codec::Opus).await
    }

    async fn call_in(line: &mut Line, codec: Codec) -> Self {
        let (peer, events) = ClientPeer::speaking(LOOPBACK, codec).await.unwrap();
        let mut caller = Self { peer, events };
        let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
        caller.peer.accept(&answer).await.unwrap();
        caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
        line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
        line.expect_peer(|event| matches!(event, PeerEvent::ChannelOpen)).await;
        caller
    }

    async fn expect(&mut self, wanted: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
        loop {
            let event = within("a client event", self.events.recv()).await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    }

    async fn heard(&mut self) -> Heard {
        loop {
            if let ClientEvent::Audio(heard) = within("audio", self.events.recv()).await.unwrap() {
                return heard;
            }
        }
    }

    /// Speaks `frames` of the tone in real time; `is_lost` says which packets never arrive.
    async fn speak(&self, frames: usize, is_lost: impl FnMut(usize) -> bool) {
        self.say((0..frames).map(tone), is_lost).await;
    }

    async fn say(&self, frames: impl Iterator<Item = [i16; FRAME_SAMPLES]>, mut is_lost: impl FnMut(usize) -> bool) {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for (frame, pcm) in frames.enumerate() {
            clock.tick().await;
            match is_lost(frame) {
                true => self.peer.lose_frame(&pcm).await.unwrap(),
                false => self.peer.send_frame(&pcm).await.unwrap(),
            }
        }
    }
}

/// The `index`th 20 ms of the tone.
fn tone(index: usize) -> [i16; FRAME_SAMPLES] {
    std::array::from_fn(|at| {
        let seconds = (index * FRAME_SAMPLES + at) as f64 / 24_000.0;
        (8_000.0 * (TAU * TONE_HZ * seconds).sin()) as i16
    })
}

/// 4 s of recorded speech: a tone is no speech, and the codec makes no FEC of it.
fn speech() -> impl Iterator<Item = [i16; FRAME_SAMPLES]> {
    let path = "tests/fixtures/speech/sense_and_sensibility_01_austen_64kb-0870.wav";
    let mut file = hound::WavReader::open(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    assert_eq!(file.spec().sample_rate, 16_000);
    let samples: Vec<f64> = file.samples::<i16>().map(|sample| f64::from(sample.unwrap())).collect();
    let at = move |index: usize| {
        let place = index as f64 * 2.0 / 3.0;
        let (from, part) = (place as usize, place.fract());
        (samples[from] * (1.0 - part) + samples[from + 1] * part) as i16
    };
    (0..200).map(move |frame| std::array::from_fn(|sample| at(frame * FRAME_SAMPLES + sample)))
}

/// Frequency by upward zero crossings, and root mean square.
fn measure(pcm: &[i16]) -> (f64, f64) {
    let crossings = pcm.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    let energy: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (crossings as f64 * 24_000.0 / pcm.len() as f64, (energy / pcm.len() as f64).sqrt())
}

fn assert_tone(pcm: &[i16]) {
    let (frequency_hz, level) = measure(pcm);
    assert!((frequency_hz - TONE_HZ).abs() < 15.0, "{frequency_hz} Hz");
    assert!((3_000.0..9_000.0).contains(&level), "level {level}");
}

/// Nothing is missing between the frames. The audio clock follows the sender's by a millisecond at a time; once it may
/// be put right, when its first packet turns out to have been late.
fn assert_joined(frames: &[UplinkFrame]) {
    assert!(frames.windows(2).all(|pair| pair[1].rtp_time == pair[0].rtp_time + 960));
    let off_ms = |pair: &[UplinkFrame]| pair[1].audio_ms.abs_diff(pair[0].audio_ms + 20);
    let steps = frames.windows(2).filter(|pair| off_ms(pair) > 1).count();
    assert!(steps <= 1, "{:?}", frames.iter().map(|frame| frame.audio_ms).collect::<Vec<_>>());
}

fn seconds_of_tone(seconds: usize) -> Vec<i16> {
    (0..seconds * 50).flat_map(tone).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_flows_both_ways() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let item_id = ItemId::new("item_1");
    // Queued before anyone is there: it plays when the candidate is connected.
    line.downlink.push(&item_id, seconds_of_tone(2)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    let mut caller = Caller::call(&mut line).await;

    caller.speak(100, |_| false).await;
    let frames = {
        let mut frames = Vec::new();
        while frames.len() < 95 {
            frames.push(line.frame().await);
        }
        frames
    };
    assert!(frames.iter().all(|frame| frame.kind == FrameKind::Normal));
    assert_joined(&frames);
    let pcm: Vec<i16> = frames[10..].iter().flat_map(|frame| frame.pcm).collect();
    assert_tone(&pcm);

    let mut heard = Vec::new();
    while heard.len() < 100 {
        heard.push(caller.heard().await);
    }
    let speech: Vec<&Heard> = heard.iter().filter(|heard| measure(&heard.pcm).1 > 1_000.0).collect();
    assert!(speech.len() >= 95, "{} frames of speech", speech.len());
    let pcm: Vec<i16> = speech[5..90].iter().flat_map(|heard| heard.pcm.clone()).collect();
    assert_tone(&pcm);
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    assert!(heard.windows(2).all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(960)));
    assert_eq!(speech.iter().filter(|heard| heard.marker).count(), 1, "one talk spurt");
    // Paced: 80 frames take 1.6 s, no matter that they were queued at once.
    let span = speech[90].at - speech[10].at;
    assert!((1_500..1_750).contains(&span.as_millis()), "{span:?}");

    assert!(matches!(line.playout_event().await, PlayoutEvent::Started { item_id: started, .. } if started == item_id));
    let finished = line.playout_event().await;
    assert!(
        matches!(&finished, PlayoutEvent::Finished { item_id: done, played_ms: 2_000, .. } if *done == item_id),
        "{finished:?}"
    );
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_stops_the_audio_and_says_what_was_heard() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    let (spoken, waiting) = (ItemId::new("spoken"), ItemId::new("waiting"));
    line.downlink.push(&spoken, seconds_of_tone(5)).unwrap();
    line.downlink.push(&waiting, seconds_of_tone(1)).unwrap();
    let mut frames = 0;
    while frames < 50 {
        frames += u64::from(measure(&caller.heard().await.pcm).1 > 1_000.0);
    }
    line.downlink.flush().unwrap();
    let flushed_at = Instant::now();
    line.downlink.push(&spoken, seconds_of_tone(1)).unwrap();
    let last_speech = loop {
        let heard = caller.heard().await;
        if measure(&heard.pcm).1 < 1_000.0 {
            break heard.at;
        }
        frames += 1;
    };
    assert!(last_speech.saturating_duration_since(flushed_at) < Duration::from_millis(60), "stopped too late");
    let mut heard_ms = Vec::new();
    while heard_ms.len() < 2 {
        match line.playout_event().await {
            PlayoutEvent::Interrupted { item_id, heard_ms: heard, .. } => heard_ms.push((item_id, heard)),
            PlayoutEvent::Started { item_id, .. } => assert_eq!(item_id, spoken),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard_ms[1], (waiting, 0));
    assert_eq!(heard_ms[0].0, spoken);
    // What arrived, less the playout delay that nobody measured yet.
    let expected_ms = frames * 20 - 60;
    assert!(heard_ms[0].1.abs_diff(expected_ms) <= 40, "{} of {expected_ms}", heard_ms[0].1);
    // Later audio of the interrupted item is ignored, audio of a new one is not.
    let next = ItemId::new("next");
    line.downlink.push(&next, seconds_of_tone(1)).unwrap();
    line.downlink.finish(&next).unwrap();
    assert!(matches!(line.playout_event().await, PlayoutEvent::Started { item_id, .. } if item_id == next));
    assert!(matches!(line.playout_event().await, PlayoutEvent::Finished { played_ms: 1_000, .. }));
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_flow_both_ways() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let (peer, events) = ClientPeer::new(LOOPBACK).await.unwrap();
    let mut caller = Caller { peer, events };
    let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
    caller.peer.accept(&answer).await.unwrap();
    line.expect_peer(|event| matches!(event, PeerEvent::ChannelOpen)).await;
    caller.expect(|event| matches!(event, ClientEvent::ChannelOpen)).await;
    line.session.send_data(r#"{"id":1}"#).unwrap();
    let message = caller.expect(|event| matches!(event, ClientEvent::Message(_))).await;
    assert!(matches!(message, ClientEvent::Message(text) if text == r#"{"id":1}"#));
    caller.peer.send_text(r#"{"type":"candidate.finished"}"#).await.unwrap();
    loop {
        if let MediaEvent::Message(message) = within("a message", line.events.recv()).await.unwrap() {
            assert_eq!(message, br#"{"type":"candidate.finished"}"#);
            break;
        }
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_who_hangs_up_is_noticed_at_once() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    let at = Instant::now();
    caller.peer.close().await.unwrap();
    line.expect_peer(|event| *event == PeerEvent::Closed).await;
    assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_are_bridged_and_no_time_is_lost() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    let mut seed = 0x5eed_u32;
    let mut lost = 0;
    let speak = caller.say(speech(), |frame| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let is_lost = frame > 10 && frame < 199 && seed >> 24 < 13; // 5 %
        lost += usize::from(is_lost);
        is_lost
    });
    speak.await;
    let mut frames = Vec::new();
    while frames.len() < 200 {
        frames.push(line.frame().await);
    }
    assert!(lost >= 5, "the seed loses too little: {lost}");
    let bridged = frames.iter().filter(|frame| matches!(frame.kind, FrameKind::Fec | FrameKind::Plc)).count();
    let by_fec = frames.iter().filter(|frame| frame.kind == FrameKind::Fec).count();
    assert_eq!(bridged, lost);
    assert!(by_fec * 2 > lost, "{by_fec} of {lost} by FEC");
    assert_joined(&frames);
    let mut is_lossy = false;
    loop {
        if let MediaEvent::Quality(quality) = within("a quality report", line.events.recv()).await.unwrap() {
            assert!(quality.loss_ratio < 0.2, "{quality:?}");
            is_lossy |= quality.loss_ratio > 0.0;
            if let (true, Some(rtt_ms)) = (is_lossy, quality.rtt_ms) {
                assert!(rtt_ms < 100.0, "{quality:?}");
                break;
            }
        }
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ice_restart_keeps_the_peer_and_the_clock() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    caller.speak(20, |_| false).await;
    let before = line.frame().await.audio_ms;
    let first_answer = line.session.answer_sdp().unwrap();
    let offer = caller.peer.offer(true).await.unwrap();
    let answer = line.session.offer(&offer).await.unwrap();
    assert_ne!(ice_ufrag(&answer), ice_ufrag(&first_answer));
    assert_eq!(fingerprint(&answer), fingerprint(&first_answer));
    assert_eq!(line.session.offer(&offer).await.unwrap(), answer, "sent again, answered the same");
    caller.peer.accept(&answer).await.unwrap();
    while line.uplink.try_recv().is_ok() {}
    caller.speak(50, |_| false).await;
    let after = line.frame().await;
    assert!(after.audio_ms > before);
    // The same peer: nobody came or went.
    while let Ok(event) = line.events.try_recv() {
        assert!(!matches!(event, MediaEvent::Peer(PeerEvent::Closed | PeerEvent::Offered)), "{event:?}");
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reloaded_page_takes_the_place_of_the_old_one() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let mut old = Caller::call(&mut line).await;
    old.speak(20, |_| false).await;
    let item_id = ItemId::new("item_1");
    line.downlink.push(&item_id, seconds_of_tone(3)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    let mut heard = 0;
    while heard < 10 {
        heard += usize::from(measure(&old.heard().await.pcm).1 > 1_000.0);
    }
    let before = line.frame().await.audio_ms;
    let mut new = Caller::call(&mut line).await;
    // The old one was told goodbye.
    old.expect(|event| matches!(event, ClientEvent::Closed)).await;
    while line.uplink.try_recv().is_ok() {}
    new.speak(20, |_| false).await;
    let frame = line.frame().await;
    assert!(frame.audio_ms > before, "{} after {before}", frame.audio_ms);
    // The interviewer goes on where it was, in the new page.
    while measure(&new.heard().await.pcm).1 < 1_000.0 {}
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_can_be_called_again() {
    let media = start(1);
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    line.session.close().await;
    line.expect_peer(|event| *event == PeerEvent::Closed).await;
    caller.expect(|event| matches!(event, ClientEvent::Closed)).await;
    let again = Caller::call(&mut line).await;
    again.speak(5, |_| false).await;
    line.frame().await;
    // The only seat is taken until the handle is gone.
    let (uplink, _uplink) = mpsc::channel(1);
    let (events, _events) = mpsc::channel(1);
    let (_downlink, downlink) = Downlink::channel();
    let refused = media.attach(SessionId::from_random([8; 16]), MediaPorts { uplink, downlink, events });
    assert!(refused.is_err());
    drop(line);
    Line::attach(&media);
    media.shutdown().await;
}

fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).unwrap()
}

fn ice_ufrag(sdp: &str) -> &str {
    attribute(sdp, "a=ice-ufrag:")
}

fn fingerprint(sdp: &str) -> &str {
    attribute(sdp, "a=fingerprint:")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_offer_is_told_what_is_wrong() {
    let media = start(4);
    let line = Line::attach(&media);
    let (peer, _events) = ClientPeer::new(LOOPBACK).await.unwrap();
    let good = peer.offer(false).await.unwrap();
    let without = |prefix: &str| {
        let kept = good.lines().filter(|line| !line.starts_with(prefix)).map(|line| format!("{line}\r\n"));
        kept.collect::<String>()
    };
    let cases = [
        ("", "malformed"),
        ("hello", "malformed"),
        ("v=0\r\nthis is no line\r\n", "malformed"),
        (&"v=0\r\n".repeat(20_000), "too large"),
        (&format!("{good}{}", "a=x:y\r\n".repeat(1_000)), "too large"),
        (&format!("{good}{}", "m=audio 9 RTP/AVP 0\r\n".repeat(5)), "too large"),
        (&format!("{good}{}", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(40)), "too large"),
        (&good.replace("m=audio", "m=video"), "no audio"),
        (&good.replace("m=audio 9", "m=audio 0"), "no audio"),
        (&good.replace("a=sendrecv", "a=inactive"), "no audio"),
        (&format!("{good}m=audio 9 RTP/AVP 111\r\na=mid:7\r\n"), "more than one"),
        (&good.replace("opus/48000", "speex/8000"), "neither an opus"),
        (&without("a=fingerprint"), "no dtls"),
        (&good.replace("a=setup:actpass", "a=setup:passive"), "no a=setup that fits"),
        (&without("a=ice-ufrag"), "no ice"),
        (&without("a=ice-pwd"), "no ice"),
    ];
    for (sdp, wanted) in cases {
        let error = line.session.offer(sdp).await.expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{error} for {wanted}");
    }
    assert!(line.session.answer_sdp().is_none());
    assert!(line.session.local_candidates()[0].contains("127.0.0.1"));
    // And a good one is still answered.
    let answer = line.session.offer(&good).await.unwrap();
    assert!(answer.contains("a=ice-lite") && answer.contains("a=setup:passive") && answer.contains("useinbandfec=1"));
    assert_eq!(line.session.local_candidates().len(), 1);
    media.shutdown().await;
}
