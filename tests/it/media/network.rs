//! Networks that lose, fall silent and rebind, between the candidate and the server.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use viva::{
    domain::{
        audio::opus_packet::has_fec,
        id::ItemId,
        impairment::{Conditions, Phase, Script, profile::Profile},
        session::PeerEvent,
    },
    media::{Media, MediaConfig, MediaEvent},
    simulate::{
        network::{Network, NetworkConfig},
        peer::{ClientEvent, ClientPeer},
    },
};

use super::{Caller, LOOPBACK, Line, measure, seconds_of_tone, speech, within};

/// Where candidates find the network: the server announces it in its own place.
pub(super) const NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const CLIENTS_MAX: usize = 64;
const SEED: u64 = 0x5eed;

/// A server whom candidates find at the network's address.
pub(super) fn behind(sessions_max: usize) -> MediaConfig {
    MediaConfig { bind: LOOPBACK, tcp: None, announced: vec![NETWORK], only_from: None, shards: 1, sessions_max }
}

/// A server and the network before it: whoever calls goes through it, and knows nothing of it.
pub(super) async fn start_behind(sessions_max: usize, script: Script) -> (Media, Network) {
    let config =
        MediaConfig { bind: LOOPBACK, tcp: None, announced: vec![NETWORK], only_from: None, shards: 1, sessions_max };
    let media = Media::start(config).unwrap();
    let network = network_to(&media, NETWORK, script).await;
    (media, network)
}

/// A network of its own for one candidate of a server.
pub(super) async fn network_to(media: &Media, ip: IpAddr, script: Script) -> Network {
    let to = media.local_addr();
    let listen = SocketAddr::new(ip, to.port());
    Network::start(NetworkConfig { listen, to, script, seed: SEED, clients_max: CLIENTS_MAX }).await.unwrap()
}

/// How often the clients of a siege check their path: what a browser does while nothing comes.
const CHECKS_EVERY: Duration = Duration::from_millis(200);

/// Whether tests take the time that `make test-long` gives them.
pub(super) fn is_long() -> bool {
    std::env::var("VIVA_TEST_LONG").is_ok_and(|value| value == "1")
}

/// A call through the network at `ip`, of a client that checks its path often.
pub(super) async fn call_through(line: &mut Line, ip: IpAddr) -> Caller {
    let (peer, events) = ClientPeer::checking(LOOPBACK, CHECKS_EVERY).await.unwrap();
    let mut caller = Caller { peer, events };
    let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
    caller.peer.accept(&at(&answer, ip)).await.unwrap();
    caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
    line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
    caller
}

/// The answer with another network's address in it.
pub(super) fn at(answer: &str, ip: IpAddr) -> String {
    answer.replace(&format!(" {NETWORK} "), &format!(" {ip} "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_behind_a_new_address_is_followed() {
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(60)).unwrap();
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    network.rebind();
    let rebound = Instant::now();
    // Packets to the old address are gone by now; only an authenticated check can bring them to the new one.
    while caller.heard().await.at < rebound + Duration::from_millis(200) {}
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    while line.uplink.try_recv().is_ok() {}
    caller.speak(5, |_| false).await;
    line.frame().await;
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_in_a_tunnel_is_away_and_comes_back() {
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(20)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    caller.speak(5, |_| false).await;
    network.set_dark(true);
    line.expect_peer(|event| *event == PeerEvent::Disconnected).await;
    while line.uplink.try_recv().is_ok() {}
    while caller.events.try_recv().is_ok() {}
    network.set_dark(false);
    caller.speak(20, |_| false).await;
    let back = line.expect_peer(|event| !matches!(event, PeerEvent::ChannelOpen)).await;
    let PeerEvent::Connected { audio_ms } = back else { panic!("{back:?}") };
    assert!(audio_ms > 5_000, "the clock went on: {audio_ms}");
    // This client's clock stood still in the tunnel: that it was not the network that held packets back is known after
    // 100 ms of them.
    let mut heard_ms = Vec::new();
    while heard_ms.last().is_none_or(|heard_ms| heard_ms + 20 < audio_ms) {
        heard_ms.push(line.frame().await.audio_ms);
    }
    assert!(heard_ms.len() <= 8, "back at {audio_ms}, heard at {heard_ms:?}");
    // What was being said waited, and goes on.
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lossy_way_to_the_candidate_gets_error_correction() {
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    let lossy = Phase { from_ms: 0, conditions: Conditions { loss: 0.1, ..Conditions::default() } };
    network.follow(Script { down: vec![lossy], ..Script::default() });
    let pcm: Vec<i16> = speech().flatten().collect();
    // The first item goes out clean: nobody has reported a loss yet.
    line.downlink.push(&ItemId::new("before"), pcm.clone()).unwrap();
    line.downlink.finish(&ItemId::new("before")).unwrap();
    loop {
        let MediaEvent::Quality(_) = within("a report", line.events.recv()).await.unwrap() else { continue };
        break;
    }
    while caller.events.try_recv().is_ok() {}
    let mut loud = 0;
    for index in 0.. {
        let item_id = ItemId::new(format!("after_{index}"));
        line.downlink.push(&item_id, pcm.clone()).unwrap();
        line.downlink.finish(&item_id).unwrap();
        let mut with_fec = 0;
        for _ in 0..150 {
            let heard = caller.heard().await;
            loud += usize::from(measure(&heard.pcm).1 > 500.0);
            with_fec += usize::from(has_fec(&heard.packet));
        }
        if with_fec > 30 {
            break;
        }
        assert!(index < 4, "no error correction in {loud} frames of speech");
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_counts_what_it_does() {
    let (media, network) = start_behind(4, Profile::Loss(10).script()).await;
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    line.downlink.push(&ItemId::new("item"), seconds_of_tone(4)).unwrap();
    caller.speak(100, |_| false).await;
    network.rebind();
    network.set_dark(true);
    caller.speak(20, |_| false).await;
    let report = network.stop().await;
    assert_eq!((report.clients, report.refused, report.rebinds), (1, 0, 1));
    assert!(report.up.pushed >= 120 && report.up.dark >= 15, "{report:?}");
    for counts in [report.up, report.down] {
        let passed = counts.pushed - counts.dark;
        assert_eq!(counts.delivered + counts.lost, passed, "{report:?}");
        assert!((0.01..0.3).contains(&(counts.lost as f64 / passed as f64)), "{report:?}");
    }
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_way_to_the_candidate_gets_a_lower_rate() {
    let (media, network) = start_behind(4, Script::default()).await;
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    // What the round trip is without a queue is known before anything is said.
    for _ in 0..2 {
        while !matches!(within("a report", line.events.recv()).await, Some(MediaEvent::Quality(_))) {}
    }
    let narrow =
        Phase { from_ms: 0, conditions: Conditions { rate_kbit_s: Some(50), held_max: 16, ..Conditions::default() } };
    network.follow(Script { down: vec![narrow], ..Script::default() });
    while caller.events.try_recv().is_ok() {}
    let pcm: Vec<i16> = std::iter::repeat_with(speech).flatten().take(12 * 50).flatten().collect();
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, pcm).unwrap();
    line.downlink.finish(&item_id).unwrap();
    let mut began = None;
    let mut heard = Vec::new();
    // How much later each packet came than the first of them, which found no queue.
    while heard.len() < 100 {
        let packet = caller.heard().await;
        let (at, timestamp) = *began.get_or_insert((packet.at, packet.timestamp));
        let due = Duration::from_millis(u64::from(packet.timestamp.wrapping_sub(timestamp)) / 48);
        let late = packet.at.saturating_duration_since(at).saturating_sub(due);
        let is_low = packet.packet[0] >> 3 < 12;
        assert!(due < Duration::from_secs(8), "nothing was done about a queue of {late:?}");
        if is_low {
            heard.push((packet.sequence, late));
        }
    }
    // 2 s of the lower rate: in the second one the queue is empty, and nothing is lost.
    let rest = &heard[50..];
    let missing = usize::from(rest[49].0.wrapping_sub(rest[0].0)) - 49;
    assert!(missing <= 1, "{missing} packets lost: {rest:?}");
    assert!(rest.iter().all(|(_, late)| *late < Duration::from_millis(400)), "{rest:?}");
    media.shutdown().await;
}
