//! The media path over real sockets, with the async `webrtc` crate as the candidate's browser.

use std::{
    f64::consts::TAU,
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};
use viva::{
    domain::{
        id::{ItemId, SessionId},
        session::{PeerEvent, PlayoutEvent},
    },
    media::{
        Media, MediaConfig, MediaEvent, MediaPorts, MediaSession,
        port::{Downlink, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX, UplinkFrame},
    },
    simulate::peer::{ClientEvent, ClientPeer, Heard},
};

const WAIT: Duration = Duration::from_secs(10);
const TONE_HZ: f64 = 440.0;
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(WAIT, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

fn start(sessions_max: usize) -> Media {
    let config = MediaConfig { bind: LOOPBACK, announced: vec![LOOPBACK.ip()], shards: 1, sessions_max };
    Media::start(config).unwrap()
}

/// One session's ends.
struct Line {
    session: MediaSession,
    uplink: mpsc::Receiver<UplinkFrame>,
    downlink: Downlink,
    events: mpsc::Receiver<MediaEvent>,
}

impl Line {
    fn attach(media: &Media) -> Self {
        let (uplink_sender, uplink) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (event_sender, events) = mpsc::channel(256);
        let (downlink, downlink_receiver) = Downlink::channel();
        let ports = MediaPorts { uplink: uplink_sender, downlink: downlink_receiver, events: event_sender };
        let session = media.attach(SessionId::from_random([7; 16]), ports).unwrap();
        Self { session, uplink, downlink, events }
    }

    async fn peer_event(&mut self) -> PeerEvent {
        loop {
            if let MediaEvent::Peer(event) = within("a peer event", self.events.recv()).await.unwrap() {
                return event;
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
        loop {
            if let MediaEvent::Playout(event) = within("a playout event", self.events.recv()).await.unwrap() {
                return event;
            }
        }
    }

    async fn frame(&mut self) -> UplinkFrame {
        within("an uplink frame", self.uplink.recv()).await.unwrap()
    }
}

/// A connected candidate.
struct Caller {
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
}

impl Caller {
    async fn call(line: &mut Line) -> Self {
        let (peer, events) = ClientPeer::new(LOOPBACK).await.unwrap();
        let mut caller = Self { peer, events };
        let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
        caller.peer.accept(&answer).await.unwrap();
        caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
        line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
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
    async fn speak(&self, frames: usize, mut is_lost: impl FnMut(usize) -> bool) {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for frame in 0..frames {
            clock.tick().await;
            let pcm = tone(frame);
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
    assert!(frames.windows(2).all(|pair| pair[1].audio_ms == pair[0].audio_ms + 20));
    assert!(frames.windows(2).all(|pair| pair[1].rtp_time == pair[0].rtp_time + 960));
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
