//! Calls that come and go by the hundred leave nothing behind. The server is a process of its own, so that the
//! candidates' stack is not measured with it.

#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    collections::HashMap,
    io::{BufRead, Write},
    process::Stdio,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::JoinSet,
};
use viva::{
    domain::session::PeerEvent,
    media::{Media, MediaEvent},
    simulate::peer::{ClientEvent, ClientPeer},
};

use super::{Caller, LOOPBACK, Line, attribute, front_door::binding_request, ice_ufrag, siege::rounds, start, within};

const NAME: &str = "media::cycles::calls_that_come_and_go_leave_nothing_behind";
/// What lets the process know that it is the server.
const SERVER: &str = "VIVA_TEST_CYCLES_SERVER";
/// Calls at the same time, and as many as the server has room for: whatever keeps its seat is missed at once.
const AT_A_TIME: usize = 5;
/// Marks the server's lines among those of the test runner.
const MARK: &str = "@";
/// Memory that a finished call may leave behind, in bytes, beside the noise of the allocator.
const LEFT_PER_CALL_MAX: usize = 64;
const NOISE_MAX: usize = 3 * 1_024 * 1_024;

/// What the server's process holds.
#[derive(Debug, PartialEq)]
struct Holding {
    rss_bytes: usize,
    descriptors: usize,
    /// Media threads; the runtime's come and go.
    threads: usize,
}

fn holding() -> Holding {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let number = |name: &str| -> usize {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let ours = |name: &str| name.starts_with("viva-");
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.flat_map(|task| std::fs::read_to_string(task.path().join("comm")));
    Holding { rss_bytes: number("VmRSS:") * 1_024, descriptors, threads: names.filter(|name| ours(name)).count() }
}

/// The server: `call`, `end` and `usage` on standard input, answers on standard output.
fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let media = runtime.block_on(async { start(AT_A_TIME) });
    let mut lines: HashMap<u64, Line> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let answer = runtime.block_on(obey(&media, &mut lines, &order));
        let mut out = std::io::stdout().lock();
        writeln!(out, "{MARK}{answer}").unwrap();
        out.flush().unwrap();
    }
    runtime.block_on(media.shutdown());
}

async fn obey(media: &Media, lines: &mut HashMap<u64, Line>, order: &Value) -> Value {
    let id = order["id"].as_u64().unwrap_or(0);
    match order["type"].as_str().unwrap() {
        "port" => json!(media.local_addr().port()),
        "call" => {
            // A seat is free once the shard has let the last call go.
            let line = Line::attach(media);
            let answer = line.session.offer(order["sdp"].as_str().unwrap()).await.unwrap();
            lines.insert(id, line);
            json!(answer)
        }
        "end" => {
            let mut line = lines.remove(&id).unwrap();
            loop {
                match within("the goodbye", line.events.recv()).await.unwrap() {
                    MediaEvent::Peer(PeerEvent::Closed) => return json!("ended"),
                    _ => continue,
                }
            }
        }
        _ => {
            let Holding { rss_bytes, descriptors, threads } = holding();
            json!({"rss_bytes": rss_bytes, "descriptors": descriptors, "threads": threads})
        }
    }
}

/// The server as the candidates see it.
struct Server {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([NAME, "--exact", "--nocapture"]).env(SERVER, "1").kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, answers: BufReader::new(answers).lines() }
    }

    async fn ask(&mut self, order: Value) -> Value {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.unwrap();
        loop {
            let line = within("an answer of the server", self.answers.next_line()).await.unwrap().unwrap();
            // The runner's own words may stand before it on the line.
            if let Some((_, answer)) = line.split_once(MARK)
                && let Ok(answer) = serde_json::from_str(answer)
            {
                return answer;
            }
        }
    }

    async fn holding(&mut self) -> Holding {
        let answer = self.ask(json!({"type": "usage"})).await;
        let number = |name: &str| answer[name].as_u64().unwrap() as usize;
        Holding { rss_bytes: number("rss_bytes"), descriptors: number("descriptors"), threads: number("threads") }
    }

    async fn stop(mut self) {
        drop(self.orders);
        assert!(within("the end of the server", self.child.wait()).await.unwrap().success());
    }
}

/// So many calls come, connect, say something and go. The last offer and its answer.
async fn cycle(server: &mut Server, calls: usize) -> (String, String) {
    let mut last = (String::new(), String::new());
    for _ in 0..calls / AT_A_TIME {
        let mut connecting = JoinSet::new();
        for id in 0..AT_A_TIME {
            let (peer, events) = ClientPeer::new(LOOPBACK).await.unwrap();
            let sdp = peer.offer(false).await.unwrap();
            let answer = server.ask(json!({"type": "call", "id": id, "sdp": sdp})).await;
            last = (sdp, answer.as_str().unwrap().to_owned());
            peer.accept(&last.1).await.unwrap();
            let mut caller = Caller { peer, events };
            connecting.spawn(async move {
                caller.expect(|event| matches!(event, ClientEvent::Connected)).await;
                caller.speak(2, |_| false).await;
                caller
            });
        }
        while let Some(caller) = connecting.join_next().await {
            caller.unwrap().peer.close().await.unwrap();
        }
        for id in 0..AT_A_TIME {
            server.ask(json!({"type": "end", "id": id})).await;
        }
    }
    last
}

/// Whether a check with the credentials of an offer and its answer is answered: whether its route is there.
async fn is_routed(port: u16, offer: &str, answer: &str) -> bool {
    let user = format!("{}:{}", ice_ufrag(answer), ice_ufrag(offer));
    let password = attribute(answer, "a=ice-pwd:").as_bytes();
    let check = binding_request(Some(&user), &[(0x802a, &[0xff; 8])], Some(password));
    let socket = tokio::net::UdpSocket::bind(LOOPBACK).await.unwrap();
    socket.send_to(&check, ("127.0.0.1", port)).await.unwrap();
    let answered = socket.recv(&mut [0; 2_048]).await;
    answered.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_and_go_leave_nothing_behind() {
    if std::env::var_os(SERVER).is_some() {
        return tokio::task::spawn_blocking(serve).await.unwrap();
    }
    let calls = rounds(100, 2_000);
    let mut server = Server::start();
    let port = server.ask(json!({"type": "port"})).await.as_u64().unwrap() as u16;
    // The first tenth, and at least 50, fill what is kept for ever: arenas, pools and caches.
    cycle(&mut server, (calls / 10).max(50)).await;
    let before = server.holding().await;
    let ended = cycle(&mut server, calls).await;
    let after = server.holding().await;
    println!("{calls} calls: {before:?} before, {after:?} after");
    assert_eq!((after.descriptors, after.threads), (before.descriptors, before.threads));
    let left = after.rss_bytes.saturating_sub(before.rss_bytes);
    assert!(left <= NOISE_MAX + LEFT_PER_CALL_MAX * calls, "{left} bytes left behind by {calls} calls");
    assert_no_route(&mut server, port, &ended).await;
    server.stop().await;
}

/// A call that is there is answered; one that ended is not.
async fn assert_no_route(server: &mut Server, port: u16, (offer, answer): &(String, String)) {
    let (peer, _events) = ClientPeer::new(LOOPBACK).await.unwrap();
    let sdp = peer.offer(false).await.unwrap();
    let live = server.ask(json!({"type": "call", "id": 0, "sdp": sdp})).await;
    let live = live.as_str().unwrap();
    assert!(within("an answer to a right check", is_routed(port, &sdp, live)).await);
    // The server takes packets in order: had it an answer for the first, it would come before the second's.
    let stranger = is_routed(port, offer, answer);
    tokio::pin!(stranger);
    tokio::select! {
        biased;
        _ = &mut stranger => panic!("the route of a call that ended is still there"),
        is_there = within("an answer after it", is_routed(port, &sdp, live)) => assert!(is_there),
    }
}
