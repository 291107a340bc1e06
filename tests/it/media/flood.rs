//! 20,000 packets a second of strangers against 20 calls.

#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    net::{SocketAddr, UdpSocket as StdUdpSocket},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};
use viva::{
    config::LogConfig,
    domain::{id::ItemId, session::PeerEvent},
    media::{Media, MediaEvent, port::FrameKind},
    simulate::peer::ClientEvent,
    telemetry,
};

use super::{
    Caller, Line, attribute,
    front_door::binding_request,
    ice_ufrag,
    network::is_long,
    seconds_of_tone,
    siege::{Speaker, percentile, rounds},
    start, within,
};

const CALLS: usize = 20;
const PACKETS_PER_SECOND: u64 = 20_000;
const STRANGERS: usize = 8;
const LOG_LINES_PER_SECOND: usize = 10;
/// What lets a process know that it has a test to itself.
const ALONE: &str = "VIVA_TEST_ALONE";
/// Around what is logged of the siege; they show that there is a log.
const BEGUN: &str = "the siege begins";
const ENDED: &str = "the siege ends";

/// Runs one test again in a process of its own, where the log, the memory and the descriptors are its alone, and gives
/// what it logged; `None` in that process.
fn alone(name: &str) -> Option<String> {
    if std::env::var_os(ALONE).is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([name, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
    let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{logged}");
    Some(logged.into_owned())
}

/// What strangers send who know every session's user name and no password.
fn ammunition(ufrags: &[String]) -> Vec<Vec<u8>> {
    let (tie, zero): (&[u8], &[u8]) = (&[0xff; 8], &[0; 8]);
    let mut packets = vec![
        vec![0xff; 1_200],
        vec![0; 20],
        vec![0x40, 0, 0, 4, 1, 2, 3, 4],
        binding_request(None, &[(0x8029, zero)], None),
        binding_request(None, &[(0x802a, tie)], None),
        binding_request(Some("nobody:stranger"), &[(0x0025, &[])], Some(b"no password of anybody")),
        // A ClientHello's start, SRTP, SRTCP.
        [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..], &[1, 0, 0, 0]].concat(),
        [&[0x80, 111, 0, 1][..], &[0x5a; 120]].concat(),
        [&[0x80, 200, 0, 6][..], &[0x5a; 60]].concat(),
    ];
    for ufrag in ufrags {
        let user = format!("{ufrag}:stranger");
        // The right name and a wrong key; and a conflict of roles without any key.
        packets.push(binding_request(Some(&user), &[(0x802a, tie), (0x0025, &[])], Some(b"no password of anybody")));
        packets.push(binding_request(Some(&user), &[(0x8029, zero)], None));
    }
    packets
}

/// Strangers who shoot for so long, and how often they did; they read what comes back.
fn shoot(to: SocketAddr, packets: &[Vec<u8>], duration: Duration) -> u64 {
    let socket = || {
        let socket = StdUdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        socket
    };
    let mut buffer = [0; 2_048];
    let sockets: Vec<StdUdpSocket> = (0..STRANGERS).map(|_| socket()).collect();
    let began = Instant::now();
    let (mut sent, mut packet) = (0, packets.iter().cycle());
    while began.elapsed() < duration {
        let due = began.elapsed().as_micros() as u64 * PACKETS_PER_SECOND / 1_000_000;
        while sent < due {
            // A full buffer drops it, as the network would.
            let _ = sockets[sent as usize % STRANGERS].send_to(packet.next().unwrap(), to);
            sent += 1;
        }
        // An answer is waited for a millisecond at a time, which is the pace of the attack too.
        let answer = sockets[0].recv(&mut buffer);
        assert!(answer.is_err(), "{answer:?} bytes to a stranger");
    }
    for socket in &sockets {
        let answer = socket.recv(&mut buffer);
        assert!(answer.is_err(), "{answer:?} bytes to a stranger");
    }
    sent
}

/// How late each packet of the interviewer came, against the earliest of its call.
async fn lateness(mut events: mpsc::Receiver<ClientEvent>, until: Instant) -> Vec<(Instant, Duration)> {
    let mut heard = Vec::new();
    let listen = async {
        while let Some(event) = events.recv().await {
            if let ClientEvent::Audio(packet) = event {
                heard.push((packet.at, packet.timestamp));
            }
        }
    };
    let _ = timeout(until.saturating_duration_since(Instant::now()), listen).await;
    let Some(&(first_at, first_time)) = heard.first() else { return Vec::new() };
    // Microseconds behind the schedule that the first packet sets.
    let behind = |&(at, time): &(Instant, u32)| {
        let elapsed_us = at.duration_since(first_at).as_micros() as i64;
        elapsed_us - i64::from(time.wrapping_sub(first_time)) * 1_000 / 48
    };
    let earliest = heard.iter().map(behind).min().unwrap_or(0);
    heard.iter().map(|packet| (packet.0, Duration::from_micros((behind(packet) - earliest) as u64))).collect()
}

/// The calls stand, both ways.
async fn assert_alive(lines: &mut [Line]) {
    for line in lines {
        while let Ok(event) = line.events.try_recv() {
            let is_over = matches!(event, MediaEvent::Peer(PeerEvent::Closed | PeerEvent::Disconnected));
            assert!(!is_over, "{event:?}");
        }
        while line.uplink.try_recv().is_ok() {}
        while line.frame().await.kind != FrameKind::Normal {}
    }
}

async fn besiege(media: Media) {
    let flood_for = Duration::from_secs(rounds(5, 60) as u64);
    let calm_for = Duration::from_secs(2);
    let (mut lines, mut callers) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let mut line = Line::attach(&media);
        callers.push(Caller::call(&mut line).await);
        line.downlink.push(&ItemId::new("item"), seconds_of_tone(flood_for.as_secs() as usize + 20)).unwrap();
        lines.push(line);
    }
    let ufrags: Vec<String> =
        lines.iter().map(|line| ice_ufrag(&line.session.answer_sdp().unwrap()).to_owned()).collect();
    let flood_at = Instant::now() + calm_for;
    let (mut speakers, mut listeners) = (Vec::new(), Vec::new());
    let offer = callers[0].peer.offer(false).await.unwrap();
    for Caller { peer, events } in callers {
        speakers.push(Speaker::start(Arc::new(peer)));
        listeners.push(tokio::spawn(lateness(events, flood_at + flood_for)));
    }
    let (to, packets) = (media.local_addr(), ammunition(&ufrags));
    tokio::time::sleep_until(flood_at.into()).await;
    let sent = tokio::task::spawn_blocking(move || shoot(to, &packets, flood_for)).await.unwrap();
    assert_alive(&mut lines).await;
    let (mut calm, mut under_fire) = (Vec::new(), Vec::new());
    for listener in listeners {
        for (at, late) in listener.await.unwrap() {
            if at < flood_at { calm.push(late) } else { under_fire.push(late) }
        }
    }
    let expected = CALLS * flood_for.as_secs() as usize * 50;
    assert!(under_fire.len() * 100 >= expected * 95, "{} of {expected} packets heard", under_fire.len());
    let (before, during) = (percentile(&calm, 99), percentile(&under_fire, 99));
    println!("{sent} packets in {flood_for:?}: lateness p99 {before:?} before, {during:?} under fire");
    let rate = sent / flood_for.as_secs();
    assert!(rate * 10 >= PACKETS_PER_SECOND * 9, "{rate} packets/s are no flood");
    // Short, it runs beside other tests.
    let added_max = if is_long() { Duration::from_millis(20) } else { Duration::from_millis(150) };
    assert!(during <= before + added_max, "{before:?} before, {during:?} under fire");
    tracing::info!("{ENDED}");
    assert_answered(&media, &offer, &lines[0]).await;
    media.shutdown().await;
}

/// The strangers' checks are well made: with the right key there is an answer.
async fn assert_answered(media: &Media, offer: &str, line: &Line) {
    let answer = line.session.answer_sdp().unwrap();
    let user = format!("{}:{}", ice_ufrag(&answer), ice_ufrag(offer));
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let right =
        binding_request(Some(&user), &[(0x802a, &[0xff; 8])], Some(attribute(&answer, "a=ice-pwd:").as_bytes()));
    socket.send_to(&right, media.local_addr()).await.unwrap();
    within("an answer to a right check", socket.recv(&mut [0; 2_048])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_loses_nobody_and_is_not_logged() {
    let Some(logged) = alone("media::flood::a_flood_of_strangers_loses_nobody_and_is_not_logged") else {
        telemetry::start_logs(&LogConfig { filter: "info".to_owned(), json: false });
        tracing::info!("{BEGUN}");
        return besiege(start(CALLS)).await;
    };
    let of_siege = logged.split_once(BEGUN).and_then(|(_, after)| after.split_once(ENDED));
    let (logged, _) = of_siege.expect("the log has both its marks");
    let lines = logged.lines().count();
    assert!(lines <= LOG_LINES_PER_SECOND * rounds(5, 60), "{lines} lines: {logged}");
}
