//! Networks that change under a call: new addresses, ICE restarts, black holes; and strangers who shout while one is
//! set up.

#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdUdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use viva::{
    domain::{
        id::ItemId,
        impairment::{Conditions, Script},
        session::PeerEvent,
    },
    media::{
        Media, MediaEvent,
        port::{FrameKind, Uplink},
    },
    simulate::peer::{ClientEvent, ClientPeer},
};

use super::{
    Caller, Line,
    network::{NETWORK, call_through, is_long, network_to, start_behind},
    seconds_of_tone, start, tone,
};

/// What arrives so soon after a change was on its way before it.
const IN_FLIGHT: Duration = Duration::from_millis(40);
const BACK_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

pub(super) fn percentile(values: &[Duration], percent: usize) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() - 1) * percent / 100]
}

/// Speaks in the background until it is dropped.
pub(super) struct Speaker {
    task: JoinHandle<()>,
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Speaker {
    pub(super) fn start(peer: Arc<ClientPeer>) -> Self {
        let task = tokio::spawn(async move {
            let mut clock = tokio::time::interval(Duration::from_millis(20));
            for index in 0.. {
                clock.tick().await;
                // A path that is gone for now takes nothing; the microphone goes on.
                let _ = peer.send_frame(&tone(index % 50)).await;
            }
        });
        Self { task }
    }
}

/// How long after `since` the candidate hears something again.
async fn heard_again(events: &mut mpsc::Receiver<ClientEvent>, since: Instant) -> Duration {
    let heard = async {
        loop {
            match events.recv().await.expect("the client lives") {
                ClientEvent::Audio(heard) if heard.at > since + IN_FLIGHT => return heard.at - since,
                _ => {}
            }
        }
    };
    timeout(BACK_WITHIN, heard).await.expect("the candidate hears again")
}

/// How long after `since` the model hears something again.
async fn understood_again(uplink: &mut Uplink, since: Instant) -> Duration {
    let frame = async {
        loop {
            let frame = uplink.recv().await.expect("the session lives");
            if frame.kind == FrameKind::Normal && since.elapsed() > IN_FLIGHT {
                return since.elapsed();
            }
        }
    };
    timeout(BACK_WITHIN, frame).await.expect("the model hears again")
}

fn assert_back(what: &str, gaps: &[Duration], limit: Duration) {
    let (median, worst) = (percentile(gaps, 50), percentile(gaps, 99));
    println!("{what}: media back after {median:?} (p50), {worst:?} (p99) in {} rounds", gaps.len() / 2);
    assert!(worst <= limit, "{what}: media is back after {worst:?}");
}

/// No peer left, and none was called away.
fn assert_stayed(line: &mut Line) {
    while let Ok(event) = line.events.try_recv() {
        let is_over = matches!(event, MediaEvent::Peer(PeerEvent::Closed | PeerEvent::Disconnected));
        assert!(!is_over, "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn media_is_back_within_a_second_of_a_new_address() {
    let rounds = rounds(10, 100);
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let Caller { peer, mut events } = call_through(&mut line, NETWORK).await;
    let _speaker = Speaker::start(Arc::new(peer));
    line.downlink.push(&ItemId::new("item"), seconds_of_tone(60 + 2 * rounds)).unwrap();
    let mut gaps = Vec::new();
    for round in 1..=rounds {
        network.rebind();
        let applied = async {
            while network.report().rebinds < round as u64 {
                tokio::task::yield_now().await;
            }
        };
        timeout(BACK_WITHIN, applied).await.expect("the address changes");
        let since = Instant::now();
        let (down, up) = tokio::join!(heard_again(&mut events, since), understood_again(&mut line.uplink, since));
        gaps.extend([down, up]);
    }
    assert_stayed(&mut line);
    assert_back("new address", &gaps, Duration::from_secs(1));
    // The addresses did change: whoever does not follow hears nothing.
    assert_eq!(network.stop().await.rebinds, rounds as u64);
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn media_is_back_within_two_seconds_of_an_ice_restart() {
    let rounds = rounds(10, 100);
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let Caller { peer, mut events } = call_through(&mut line, NETWORK).await;
    let peer = Arc::new(peer);
    let _speaker = Speaker::start(Arc::clone(&peer));
    line.downlink.push(&ItemId::new("item"), seconds_of_tone(60 + 2 * rounds)).unwrap();
    let mut gaps = Vec::new();
    for _ in 0..rounds {
        // Why clients restart ICE: their network changed.
        network.rebind();
        let since = Instant::now();
        let answer = line.session.offer(&peer.offer(true).await.unwrap()).await.unwrap();
        peer.accept(&answer).await.unwrap();
        let (down, up) = tokio::join!(heard_again(&mut events, since), understood_again(&mut line.uplink, since));
        gaps.extend([down, up]);
    }
    assert_stayed(&mut line);
    assert_back("ICE restart", &gaps, Duration::from_secs(2));
    assert_eq!(network.stop().await.rebinds, rounds as u64);
    media.shutdown().await;
}

/// What came of a call whose network was dark for so long.
#[derive(Debug, PartialEq)]
enum Fate {
    Back,
    Closed { after: Duration },
}

/// Nothing passes for `dark_for`; nobody offers anew.
async fn black_hole(media: Media, ip: IpAddr, dark_for: Duration) -> Fate {
    let network = network_to(&media, ip, Script::default()).await;
    let mut line = Line::attach(&media);
    let Caller { peer, mut events } = call_through(&mut line, ip).await;
    let _speaker = Speaker::start(Arc::new(peer));
    line.downlink.push(&ItemId::new("item"), seconds_of_tone(100)).unwrap();
    let since = Instant::now();
    heard_again(&mut events, since).await;
    understood_again(&mut line.uplink, since).await;
    network.set_dark(true);
    let dark = Instant::now();
    let closed = async {
        loop {
            match line.events.recv().await {
                Some(MediaEvent::Peer(PeerEvent::Closed)) | None => return dark.elapsed(),
                Some(_) => {}
            }
        }
    };
    if let Ok(after) = timeout(dark_for, closed).await {
        return Fate::Closed { after };
    }
    network.set_dark(false);
    while line.uplink.try_recv().is_ok() {}
    let light = Instant::now();
    tokio::join!(heard_again(&mut events, light), understood_again(&mut line.uplink, light));
    println!("black hole of {dark_for:?}: back {:?} after it", light.elapsed());
    Fate::Back
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_is_survived_until_consent_ends() {
    let media = Media::start(super::network::behind(8)).unwrap();
    let survived: &[u64] = if is_long() { &[5, 15, 25] } else { &[6] };
    let mut holes = JoinSet::new();
    for (place, &seconds) in survived.iter().enumerate() {
        let (media, ip) = (media.clone(), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2 + place as u8)));
        holes.spawn(async move { (seconds, black_hole(media, ip, Duration::from_secs(seconds)).await) });
    }
    if is_long() {
        let (media, ip) = (media.clone(), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)));
        holes.spawn(async move { (35, black_hole(media, ip, Duration::from_secs(35)).await) });
    }
    while let Some(hole) = holes.join_next().await {
        match hole.unwrap() {
            // Consent ends 30 s after the last check (RFC 7675 section 5.1).
            (35, fate) => {
                let Fate::Closed { after } = fate else { panic!("35 s: {fate:?}") };
                assert!((28.0..=32.0).contains(&after.as_secs_f64()), "closed after {after:?}");
            }
            (seconds, fate) => assert_eq!(fate, Fate::Back, "{seconds} s"),
        }
    }
    media.shutdown().await;
}

/// DTLS records (RFC 6347) as somebody writes them who wants a handshake to fail.
fn hostile_hellos() -> Vec<Vec<u8>> {
    let record = |kind: u8, sequence: u8, body: &[u8]| {
        let length = (body.len() as u16).to_be_bytes();
        [&[kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence][..], &length, body].concat()
    };
    // Handshake header: type, length, message sequence, fragment offset, fragment length (24 bits but the sequence).
    let handshake = |kind: u8, length: u32, offset: u32, body: &[u8]| {
        let bits = |value: u32| value.to_be_bytes()[1..].to_vec();
        [vec![kind], bits(length), vec![0, 0], bits(offset), bits(body.len() as u32), body.to_vec()].concat()
    };
    // Version, random, no session, no cookie, suites, no compression.
    let hello = |suites: &[u8]| {
        let length = (suites.len() as u16).to_be_bytes();
        [&[0xfe, 0xfd][..], &[7; 32], &[0, 0], &length, suites, &[1, 0]].concat()
    };
    let null_suite = hello(&[0, 0]);
    let whole = |body: &[u8]| handshake(1, body.len() as u32, 0, body);
    vec![
        record(22, 0, &whole(&null_suite)),
        record(22, 1, &whole(&hello(&[0xc0, 0x2b, 0xc0, 0x2f]))),
        record(22, 2, &whole(&hello(&[]))),
        // A part of a message of 2 MB, and of one that ends before it begins.
        record(22, 3, &handshake(1, 2_000_000, 0, &null_suite)),
        record(22, 4, &handshake(1, 2_000_000, 1_999_000, &null_suite)),
        record(22, 5, &handshake(1, 1, 100, &null_suite)),
        // ServerHello, HelloVerifyRequest, Finished.
        record(22, 6, &handshake(2, 40, 0, &[3; 40])),
        record(22, 7, &handshake(3, 20, 0, &[3; 20])),
        record(22, 8, &handshake(20, 12, 0, &[3; 12])),
        // Fatal alerts: handshake failure and close; ChangeCipherSpec; a record longer than it is.
        record(21, 9, &[2, 40]),
        record(21, 10, &[2, 0]),
        record(20, 11, &[1]),
        vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 12, 0xff, 0xff, 1],
    ]
}

/// Strangers who send hellos to `to`, a few each millisecond, until stopped or `limit` are sent.
fn shout(to: SocketAddr, stop: Arc<AtomicBool>, sent: Arc<AtomicUsize>, limit: usize) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let socket = || {
            let socket = StdUdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
            socket
        };
        let sockets: Vec<StdUdpSocket> = (0..4).map(|_| socket()).collect();
        let hellos = hostile_hellos();
        for (index, hello) in hellos.iter().cycle().enumerate() {
            let is_enough = sent.load(Ordering::Relaxed) >= limit;
            if is_enough && stop.load(Ordering::Relaxed) {
                break;
            }
            if sockets[index % sockets.len()].send_to(hello, to).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
            // An answer is waited for a millisecond at a time, which is their pace too.
            if index % 4 == 0 {
                assert!(sockets[0].recv(&mut [0; 2_048]).is_err(), "a stranger was answered");
            }
        }
        for socket in &sockets {
            assert!(socket.recv(&mut [0; 2_048]).is_err(), "a stranger was answered");
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_hellos_during_set_up_hinder_nobody() {
    let (calls, hellos) = (rounds(4, 20), rounds(50, 1_000));
    let media = start(calls);
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let strangers = shout(media.local_addr(), Arc::clone(&stop), Arc::clone(&sent), hellos);
    let mut lines = Vec::new();
    for _ in 0..calls {
        let mut line = Line::attach(&media);
        let caller = Caller::call(&mut line).await;
        lines.push((line, caller));
    }
    stop.store(true, Ordering::Relaxed);
    tokio::task::spawn_blocking(move || strangers.join().unwrap()).await.unwrap();
    assert!(sent.load(Ordering::Relaxed) >= hellos);
    for (line, caller) in &mut lines {
        caller.speak(3, |_| false).await;
        line.frame().await;
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_begins_on_a_slow_network_that_mixes_its_packets() {
    let slow = Conditions { delay_ms: 250, jitter_ms: 100, duplicate: 0.1, ..Conditions::default() };
    let (media, network) = start_behind(4, Script::both(slow)).await;
    let mut line = Line::attach(&media);
    let (peer, mut events) = ClientPeer::new(super::LOOPBACK).await.unwrap();
    let peer = Arc::new(peer);
    let answer = line.session.offer(&peer.offer(false).await.unwrap()).await.unwrap();
    peer.accept(&answer).await.unwrap();
    let connected = async { while !matches!(events.recv().await, Some(ClientEvent::Connected)) {} };
    // A server that is not connected by then gives up (threat T7).
    timeout(Duration::from_secs(15), connected).await.expect("the handshake gets through");
    let _speaker = Speaker::start(peer);
    line.frame().await;
    assert!(network.stop().await.up.duplicated > 0);
    media.shutdown().await;
}
