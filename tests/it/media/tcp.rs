//! Media over TCP: a bridge that turns the candidate's datagrams into frames of one connection, and strangers at the
//! listener. A browser without UDP is in `tests/e2e/tcp.test.mjs`.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    sync::Notify,
    task::JoinHandle,
    time::Instant,
};
use viva::{
    domain::{id::ItemId, session::PeerEvent},
    media::{Media, MediaConfig, TcpListen},
    simulate::peer::{ClientEvent, ClientPeer},
};

use super::{
    Caller, LOOPBACK, Line, assert_tone, attribute, front_door::binding_request, ice_ufrag, measure, seconds_of_tone,
    within,
};

fn start_with_tcp() -> (Media, SocketAddr) {
    let tcp = Some(TcpListen { port: 0, is_required: true });
    let announced = vec![LOOPBACK.ip()];
    let config = MediaConfig { bind: LOOPBACK, tcp, announced, only_from: None, shards: 2, sessions_max: 8 };
    let media = Media::start(config).unwrap();
    let address = media.tcp_addr().unwrap();
    (media, address)
}

/// A client's kernel holds this much and no more, so that a reader who stops is noticed.
const CLIENT_BUFFER_BYTES: u32 = 4_096;

/// The candidate's client has only UDP: what it sends to `front` goes over one TCP connection to the server.
struct Bridge {
    front: SocketAddr,
    /// Nothing is read from the connection meanwhile.
    is_stalled: Arc<AtomicBool>,
    go_on: Arc<Notify>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Bridge {
    async fn to(server: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(CLIENT_BUFFER_BYTES).unwrap();
        let (mut read, mut write) = socket.connect(server).await.unwrap().into_split();
        let front = Arc::new(UdpSocket::bind(LOOPBACK).await.unwrap());
        let address = front.local_addr().unwrap();
        let (is_stalled, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let client = Arc::new(std::sync::Mutex::new(None));
        let inward = tokio::spawn({
            let (front, client) = (Arc::clone(&front), Arc::clone(&client));
            async move {
                let mut buffer = [0; 2_048];
                while let Ok((length, source)) = front.recv_from(&mut buffer).await {
                    *client.lock().unwrap() = Some(source);
                    let framed = [&(length as u16).to_be_bytes(), &buffer[..length]].concat();
                    if write.write_all(&framed).await.is_err() {
                        return;
                    }
                }
            }
        });
        let outward = tokio::spawn({
            let (is_stalled, go_on) = (Arc::clone(&is_stalled), Arc::clone(&go_on));
            async move {
                let mut buffer = [0; 2_048];
                while let Ok(length) = read.read_u16().await {
                    let frame = &mut buffer[..usize::from(length)];
                    read.read_exact(frame).await.unwrap();
                    let to = *client.lock().unwrap();
                    front.send_to(frame, to.expect("nothing comes before the client spoke")).await.unwrap();
                    if is_stalled.load(Ordering::Acquire) {
                        go_on.notified().await;
                    }
                }
            }
        });
        Self { front: address, is_stalled, go_on, tasks: [inward, outward] }
    }

    /// A call whose only way is the bridge.
    async fn call(&self, media: &Media, line: &mut Line) -> Caller {
        let (peer, events) = ClientPeer::new(LOOPBACK).await.unwrap();
        let mut caller = Caller { peer, events };
        let answer = line.session.offer(&caller.peer.offer(false).await.unwrap()).await.unwrap();
        let (port, bridged) = (media.local_addr().port(), self.front.port());
        let over_bridge = answer.replace(&format!(" {port} typ"), &format!(" {bridged} typ"));
        let lines = over_bridge.lines().filter(|line| !line.contains(" tcptype "));
        caller.peer.accept(&lines.map(|line| format!("{line}\r\n")).collect::<String>()).await.unwrap();
        caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
        line.expect_peer(|event| matches!(event, PeerEvent::Connected { .. })).await;
        line.expect_peer(|event| matches!(event, PeerEvent::ChannelOpen)).await;
        caller
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_over_tcp() {
    let (media, address) = start_with_tcp();
    let mut line = Line::attach(&media);
    let early = line.session.local_candidates();
    let bridge = Bridge::to(address).await;
    let mut caller = bridge.call(&media, &mut line).await;
    let answer = line.session.answer_sdp().unwrap();
    let listed: Vec<&str> = answer.lines().filter(|line| line.contains("tcptype")).collect();
    let passive = format!(" tcp 1520435199 127.0.0.1 {} typ host tcptype passive", address.port());
    assert!(!listed.is_empty() && listed.iter().all(|line| line.ends_with(&passive)), "{answer}");
    // But for the foundation, which is the stack's own affair.
    let places = |lines: Vec<String>| lines.iter().map(|line| line.split(' ').skip(1).collect::<String>()).collect();
    let (early, now): (Vec<String>, Vec<String>) = (places(early), places(line.session.local_candidates()));
    assert_eq!(early, now, "what is said before the offer is what the answer says");

    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(2)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    caller.speak(50, |_| false).await;
    let mut pcm = Vec::new();
    while pcm.len() < 40 * 480 {
        pcm.extend(line.frame().await.pcm);
    }
    assert_tone(&pcm[5 * 480..]);
    let mut heard = Vec::new();
    while heard.len() < 60 {
        let packet = caller.heard().await;
        if measure(&packet.pcm).1 > 1_000.0 {
            heard.push(packet);
        }
    }
    assert!(heard.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)), "none is lost");
    caller.peer.send_text("over the same connection").await.unwrap();
    line.expect_message("over the same connection").await;
    media.shutdown().await;
    caller.expect(|event| matches!(event, ClientEvent::Closed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_does_not_pile_up_for_a_client_that_does_not_read() {
    let (media, address) = start_with_tcp();
    let mut line = Line::attach(&media);
    let bridge = Bridge::to(address).await;
    let mut caller = bridge.call(&media, &mut line).await;
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(60)).unwrap();
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    bridge.is_stalled.store(true, Ordering::Release);
    // As long as these 4 s take, the server sends.
    caller.speak(200, |_| false).await;
    while caller.events.try_recv().is_ok() {}
    let before = caller_sequence(&mut caller, &bridge).await;
    let mut last = before;
    let mut largest_gap = 0;
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        let sequence = caller.heard().await.sequence;
        largest_gap = largest_gap.max(sequence.wrapping_sub(last));
        last = sequence;
    }
    assert!(largest_gap > 50, "at most a second of old audio came late: {largest_gap}");
    assert!(last.wrapping_sub(before) > 200, "and then what is being said now");
    media.shutdown().await;
}

/// Lets the bridge go on; the first packet that comes then.
async fn caller_sequence(caller: &mut Caller, bridge: &Bridge) -> u16 {
    bridge.is_stalled.store(false, Ordering::Release);
    bridge.go_on.notify_one();
    caller.heard().await.sequence
}

/// What a connection is told before it is closed.
async fn told(mut stream: TcpStream) -> Vec<u8> {
    let mut told = Vec::new();
    // A reset is an end too: it tells as little.
    let _ = within("the end of the connection", stream.read_to_end(&mut told)).await;
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_is_silent_to_strangers() {
    let (media, address) = start_with_tcp();
    let mut line = Line::attach(&media);
    let bridge = Bridge::to(address).await;
    let mut caller = bridge.call(&media, &mut line).await;
    let answer = line.session.answer_sdp().unwrap();
    let user = format!("{}:stranger", ice_ufrag(&answer));
    let password = attribute(&answer, "a=ice-pwd:").as_bytes();
    let framed = |frame: &[u8]| [&(frame.len() as u16).to_be_bytes(), frame].concat();
    let good = binding_request(Some(&user), &[(0x802a, &[0xff; 8]), (0x0025, &[])], Some(password));
    let wrong = binding_request(Some(&user), &[(0x802a, &[0xff; 8])], Some(b"another password of 22"));
    let strangers = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        framed(&wrong),
        framed(&binding_request(None, &[], None)),
        framed(&good[..good.len() - 4]),
        framed(&[128; 100]),
        framed(&[22; 100]),
        framed(&[]),
        vec![0xff, 0xff],
        [&framed(&wrong)[..], &framed(&good)].concat(),
    ];
    for bytes in strangers {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        if bytes == [0xff, 0xff] {
            stream.shutdown().await.unwrap();
        }
        assert!(told(stream).await.is_empty(), "{bytes:?}");
    }
    // So many of one address may wait for a while; the others are turned away at once. Whoever is known goes on.
    let mut ends = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let stream = TcpStream::connect(address).await.unwrap();
        let since = Instant::now();
        ends.spawn(async move { (told(stream).await, since.elapsed()) });
    }
    let ends = ends.join_all().await;
    assert!(ends.iter().all(|(told, _)| told.is_empty()));
    let turned_away = ends.iter().filter(|(_, after)| *after < Duration::from_secs(3)).count();
    assert_eq!(turned_away, 40 - 32, "{ends:?}");
    let item_id = ItemId::new("item");
    line.downlink.push(&item_id, seconds_of_tone(1)).unwrap();
    while measure(&caller.heard().await.pcm).1 < 1_000.0 {}
    media.shutdown().await;
}
