//! Networks that lose, fall silent and rebind: a relay between the candidate and the server.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{net::UdpSocket, sync::RwLock, task::JoinHandle};
use viva::{
    domain::{audio::opus_packet::has_fec, id::ItemId, session::PeerEvent},
    media::{Media, MediaEvent},
    simulate::peer::{ClientEvent, ClientPeer},
};

use super::{Caller, LOOPBACK, Line, measure, seconds_of_tone, speech, start, within};

/// What the network does.
#[derive(Default)]
struct Weather {
    /// Nothing passes, either way.
    is_dark: AtomicBool,
    /// Of the server's media, so many packets in 256 are lost.
    lost_in_256: AtomicU32,
}

/// A relay: the candidate talks to `front`, the server sees the address of `back`.
struct Relay {
    front: SocketAddr,
    back: Arc<RwLock<Arc<UdpSocket>>>,
    weather: Arc<Weather>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn socket_to(server: SocketAddr) -> Arc<UdpSocket> {
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.connect(server).await.unwrap();
    Arc::new(socket)
}

impl Relay {
    async fn to(server: SocketAddr) -> Self {
        let front = Arc::new(UdpSocket::bind(LOOPBACK).await.unwrap());
        let back = Arc::new(RwLock::new(socket_to(server).await));
        let weather = Arc::new(Weather::default());
        let client = Arc::new(RwLock::new(None));
        let inward = tokio::spawn({
            let (front, back, weather) = (Arc::clone(&front), Arc::clone(&back), Arc::clone(&weather));
            let client = Arc::clone(&client);
            async move {
                let mut buffer = [0; 2_048];
                while let Ok((length, source)) = front.recv_from(&mut buffer).await {
                    *client.write().await = Some(source);
                    if !weather.is_dark.load(Ordering::Relaxed) {
                        let _ = back.read().await.send(&buffer[..length]).await;
                    }
                }
            }
        });
        let mut relay = Self { front: front.local_addr().unwrap(), back, weather, tasks: vec![inward] };
        relay.carry_back(front, client).await;
        relay
    }

    async fn carry_back(&mut self, front: Arc<UdpSocket>, client: Arc<RwLock<Option<SocketAddr>>>) {
        let (back, weather) = (Arc::clone(&self.back), Arc::clone(&self.weather));
        self.tasks.push(tokio::spawn(async move {
            let mut buffer = [0; 2_048];
            let mut seed = 1u32;
            loop {
                let socket = Arc::clone(&*back.read().await);
                // The wait ends now and then, so that another socket is taken up.
                let wait = Duration::from_millis(50);
                let Ok(Ok(length)) = tokio::time::timeout(wait, socket.recv(&mut buffer)).await else { continue };
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let is_media = (128..192).contains(&buffer[0]);
                let is_lost = is_media && seed >> 24 < weather.lost_in_256.load(Ordering::Relaxed);
                if let (Some(client), false) =
                    (*client.read().await, is_lost || weather.is_dark.load(Ordering::Relaxed))
                {
                    let _ = front.send_to(&buffer[..length], client).await;
                }
            }
        }));
    }

    /// From now on the server sees another address: the NAT forgot the old one.
    async fn rebind(&self, server: SocketAddr) {
        *self.back.write().await = socket_to(server).await;
    }

    /// A call through the relay.
    async fn call(&self, media: &Media, line: &mut Line) -> Caller {
        let (peer, events) = ClientPeer::new(LOOPBACK).await.unwrap();
        let mut caller = Caller { peer, events };
        let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
        let (port, relayed) = (media.local_addr().port(), self.front.port());
        caller.peer.accept(&answer.replace(&format!(" {port} typ"), &format!(" {relayed} typ"))).await.unwrap();
        caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
        line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
        caller
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_behind_a_new_address_is_followed() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let relay = Relay::to(media.local_addr()).await;
    let mut caller = relay.call(&media, &mut line).await;
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(60)).unwrap();
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    relay.rebind(media.local_addr()).await;
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
    let media = start(4);
    let mut line = Line::attach(&media);
    let relay = Relay::to(media.local_addr()).await;
    let mut caller = relay.call(&media, &mut line).await;
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(20)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    caller.speak(5, |_| false).await;
    relay.weather.is_dark.store(true, Ordering::Relaxed);
    line.expect_peer(|event| *event == PeerEvent::Disconnected).await;
    while line.uplink.try_recv().is_ok() {}
    while caller.events.try_recv().is_ok() {}
    relay.weather.is_dark.store(false, Ordering::Relaxed);
    caller.speak(5, |_| false).await;
    let back = line.expect_peer(|event| !matches!(event, PeerEvent::ChannelOpen)).await;
    let PeerEvent::Connected { audio_ms } = back else { panic!("{back:?}") };
    assert!(audio_ms > 5_000, "the clock went on: {audio_ms}");
    assert!(line.frame().await.audio_ms >= audio_ms - 20);
    // What was being said waited, and goes on.
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lossy_way_to_the_candidate_gets_error_correction() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let relay = Relay::to(media.local_addr()).await;
    relay.weather.lost_in_256.store(26, Ordering::Relaxed);
    let mut caller = relay.call(&media, &mut line).await;
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
