//! Addresses: IPv6, both families on one socket, and a server whose own address is not the one that it announces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::{net::UdpSocket, task::JoinHandle};
use viva::{
    domain::{id::ItemId, session::PeerEvent},
    media::{Media, MediaConfig},
    simulate::peer::{ClientEvent, ClientPeer},
};

use super::{Caller, Line, measure, seconds_of_tone, within};

fn start_at(bind: IpAddr, announced: &[IpAddr]) -> Media {
    let (bind, announced) = (SocketAddr::new(bind, 0), announced.to_vec());
    Media::start(MediaConfig { bind, tcp: None, announced, only_from: None, shards: 1, sessions_max: 4 }).unwrap()
}

/// Addresses of the candidates that an answer lists.
fn listed(answer: &str) -> Vec<String> {
    let candidates = answer.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    let mut found: Vec<String> = candidates.filter_map(|line| line.split(' ').nth(4)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

/// A client of this family is heard and hears.
async fn converses(media: &Media, own: IpAddr, seen: impl Fn(&str) -> String) {
    let mut line = Line::attach(media);
    let (peer, events) = ClientPeer::new(SocketAddr::new(own, 0)).await.unwrap();
    let mut caller = Caller { peer, events };
    let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
    caller.peer.accept(&seen(&answer)).await.unwrap();
    caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
    line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
    line.downlink.push(&ItemId::new("item"), seconds_of_tone(1)).unwrap();
    caller.speak(10, |_| false).await;
    line.frame().await;
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

#[tokio::test(flavor = "multi_thread")]
async fn one_socket_serves_both_families() {
    let media = start_at(Ipv6Addr::UNSPECIFIED.into(), &[V4, V6, V4, Ipv6Addr::UNSPECIFIED.into()]);
    let line = Line::attach(&media);
    let candidates = line.session.local_candidates();
    assert_eq!(candidates.len(), 2, "each once, and no address that is none: {candidates:?}");
    // Each client hears of both addresses, and has a socket of one family.
    converses(&media, V6, |answer| answer.to_owned()).await;
    converses(&media, V4, |answer| answer.to_owned()).await;
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_of_one_family_announces_that_family() {
    let media = start_at(V6, &[V6, V4]);
    converses(&media, V6, |answer| {
        assert_eq!(listed(answer), ["::1"]);
        answer.to_owned()
    })
    .await;
    media.shutdown().await;
}

/// A NAT in front of the server: its outer address is another one, with the same port.
struct Nat {
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Nat {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Nat {
    /// For one client.
    async fn before(server: SocketAddr, outer: IpAddr) -> Self {
        let front = std::sync::Arc::new(UdpSocket::bind(SocketAddr::new(outer, server.port())).await.unwrap());
        let back = std::sync::Arc::new(UdpSocket::bind(SocketAddr::new(server.ip(), 0)).await.unwrap());
        back.connect(server).await.unwrap();
        let client = std::sync::Arc::new(std::sync::Mutex::new(None));
        let inward = {
            let (front, back, client) = (front.clone(), back.clone(), client.clone());
            async move {
                let mut buffer = [0; 2_048];
                while let Ok((length, source)) = front.recv_from(&mut buffer).await {
                    *client.lock().unwrap() = Some(source);
                    back.send(&buffer[..length]).await.unwrap();
                }
            }
        };
        let outward = async move {
            let mut buffer = [0; 2_048];
            while let Ok(length) = back.recv(&mut buffer).await {
                let to = client.lock().unwrap().expect("nothing comes before the client spoke");
                front.send_to(&buffer[..length], to).await.unwrap();
            }
        };
        Self { tasks: vec![tokio::spawn(inward), tokio::spawn(outward)] }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_a_nat_announces_the_outer_address() {
    let outer = IpAddr::V4(Ipv4Addr::new(127, 7, 7, 7));
    let media = start_at(V4, &[outer]);
    let nat = Nat::before(media.local_addr(), outer).await;
    within(
        "a conversation",
        converses(&media, V4, |answer| {
            assert_eq!(listed(answer), ["127.7.7.7"], "the address that is bound is nowhere");
            answer.to_owned()
        }),
    )
    .await;
    drop(nat);
    media.shutdown().await;
}
