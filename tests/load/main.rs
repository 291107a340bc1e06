//! Rooms under load: the real binary as a process of its own, the generator in this one. In `make test` the load is
//! small and the bounds are loose, so that a busy machine passes; the figures come from
//! `VIVA_TEST_LOAD=full cargo test --release --test load -- --nocapture`, which holds the bounds of the design on two
//! cores, generator included.

#![allow(clippy::unwrap_used, reason = "a test asserts by it, in its helpers too")]
#![allow(clippy::print_stdout, reason = "the figures are what a full run is for")]

mod http;
mod server;
mod sockets;

use serde_json::json;
use server::{Server, full};
use sockets::Line;
use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::timeout};

/// What a refusal says.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Each of them has the machine for itself.
static ALONE: Mutex<()> = Mutex::const_new(());

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

fn report(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let [p50, p99] = [50, 99].map(|percent| percentile(&times, percent));
    let (count, worst) = (times.len(), times[times.len() - 1]);
    println!("{what}: {count} times, p50 {p50:.2?}, p99 {p99:.2?}, worst {worst:.2?}");
    p99
}

/// What the platform asks for: rooms that are there, and the status of a session.
struct Targets {
    codes: Vec<String>,
    status: String,
}

impl Targets {
    async fn make(server: &Server) -> Arc<Self> {
        let mut line = http::Line::open(server).await;
        let mut codes = Vec::new();
        for n in 0..100 {
            let room = line.json("POST", "/api/rooms", &json!({"owner_id": format!("owner {n}")})).await;
            codes.push(room["room_code"].as_str().unwrap().to_owned());
        }
        let session = line.json("POST", "/api/interview/start", &json!({"user_id": "load"})).await;
        let status = format!("/api/interview/{}/status", session["session_id"].as_str().unwrap());
        Arc::new(Self { codes, status })
    }

    /// 70 % of room details, 15 % of lists, 10 % of session status, 5 % of new rooms.
    async fn ask(&self, http: &mut http::Line, turn: usize) -> u16 {
        match turn % 20 {
            0 => http.status("POST", "/api/rooms", Some(&json!({"ttl_hours": 1}))).await,
            1..=2 => http.status("GET", &self.status, None).await,
            3..=5 => http.status("GET", "/api/rooms?state=open", None).await,
            n => {
                let code = &self.codes[(turn * 7 + n) % self.codes.len()];
                http.status("GET", &format!("/api/rooms/{code}"), None).await
            }
        }
    }
}

/// Asks over so many connections, each as fast as it is answered and again after a refusal when it was told to:
/// status and time of every request.
async fn press(server: &Server, targets: &Arc<Targets>, lines: usize, time: Duration) -> Vec<(u16, Duration)> {
    let started = Instant::now();
    let work = (0..lines).map(|line| {
        let (server, targets) = (server.clone(), targets.clone());
        tokio::spawn(async move {
            let mut http = http::Line::open(&server).await;
            let mut answers = Vec::new();
            while started.elapsed() < time {
                let at = Instant::now();
                let status = targets.ask(&mut http, answers.len() + line).await;
                answers.push((status, at.elapsed()));
                if matches!(status, 429 | 503) {
                    // It was told when to come back (Retry-After: 1), and does.
                    let _ = timeout(RETRY_AFTER, pending::<()>()).await;
                }
            }
            answers
        })
    });
    let mut answers = Vec::new();
    for work in work.collect::<Vec<_>>() {
        answers.extend(work.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rest_answers_fast() {
    let _alone = ALONE.lock().await;
    let (lines, time) = if full() { (16, Duration::from_secs(20)) } else { (8, Duration::from_secs(2)) };
    let server = Server::start();
    let targets = Targets::make(&server).await;
    let answers = press(&server, &targets, lines, time).await;
    let refused = answers.iter().filter(|(status, _)| !matches!(status, 200 | 201)).count();
    assert_eq!(refused, 0, "of {}", answers.len());
    let rate = answers.len() as f64 / time.as_secs_f64();
    println!("REST: {rate:.0} requests a second over {lines} connections");
    let p99 = report("REST", answers.into_iter().map(|(_, time)| time).collect());
    let (least, most) = if full() { (3_000.0, Duration::from_millis(25)) } else { (100.0, Duration::from_secs(1)) };
    assert!(rate >= least && p99 <= most, "{rate:.0} a second at p99 of {p99:?}");
}

/// Far more than it can do at once: it says so to some, and does for the others nearly as much as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_is_refused_and_costs_little() {
    let _alone = ALONE.lock().await;
    let (lines, time) = if full() { (32, Duration::from_secs(10)) } else { (16, Duration::from_secs(2)) };
    let server = Server::start();
    let targets = Targets::make(&server).await;
    let good = |answers: &[(u16, Duration)]| answers.iter().filter(|(status, _)| matches!(status, 200 | 201)).count();
    let best = good(&press(&server, &targets, lines, time).await);
    let pressed = press(&server, &targets, lines * 32, time).await;
    let (kept, refused) = (good(&pressed), pressed.iter().filter(|(status, _)| matches!(status, 429 | 503)).count());
    println!("overload: {kept} done of {} asked, {refused} refused; {best} done without", pressed.len());
    assert_eq!(kept + refused, pressed.len(), "nothing but work done and plain refusals");
    let least = if full() { 0.8 } else { 0.5 };
    assert!(kept as f64 >= best as f64 * least, "{kept} under overload, {best} without");
}

/// Sockets in rooms of ten, nothing to say: what each costs the server's memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_sockets_are_small() {
    const IN_A_ROOM: usize = 10;
    let _alone = ALONE.lock().await;
    let (warm, rooms) = if full() { (10, 500) } else { (10, 40) };
    let server = Server::start();
    let mut http = http::Line::open(&server).await;
    let mut lines = Vec::new();
    let mut before_kib = 0;
    for room in 0..warm + rooms {
        if room == warm {
            before_kib = server.resident_kib();
        }
        let room = http.json("POST", "/api/rooms", &json!({})).await;
        let mut members = Vec::new();
        for _ in 0..IN_A_ROOM {
            members.push(Line::in_room(&server, room["room_code"].as_str().unwrap()).await);
        }
        // Each was told of all who came later: then nothing is under way any more.
        for (at, member) in members.iter_mut().enumerate() {
            for _ in at + 1..IN_A_ROOM {
                member.text().await;
            }
        }
        lines.extend(members);
    }
    let sockets = rooms * IN_A_ROOM;
    let each_kib = (server.resident_kib() - before_kib) as f64 / sockets as f64;
    println!("idle: {sockets} sockets in {rooms} rooms, {each_kib:.1} KiB each");
    assert!(each_kib <= 16.0, "an idle socket costs {each_kib:.1} KiB");
}

/// One member speaks, all others hear: how late the last ones do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_everybody_soon() {
    let _alone = ALONE.lock().await;
    let (members, messages, most) =
        if full() { (1_000, 50, Duration::from_millis(100)) } else { (100, 10, Duration::from_secs(2)) };
    let server = Server::start();
    let mut http = http::Line::open(&server).await;
    let room = http.json_as_user("POST", "/api/rooms", &json!({"name": "Everybody"})).await;
    let code = room["room_code"].as_str().unwrap();
    let mut lines = Vec::new();
    for _ in 0..members {
        lines.push(Line::in_room(&server, code).await);
    }
    let epoch = Instant::now();
    let mut speaker = lines.pop().unwrap();
    // One message that is not timed: with it everybody has read what the others' joining said.
    let (ready, mut all_ready) = tokio::sync::mpsc::channel(members);
    let heard: Vec<_> = lines
        .into_iter()
        .map(|mut line| {
            let ready = ready.clone();
            tokio::spawn(async move {
                while sent_us(&line.text().await).is_none() {}
                ready.send(()).await.unwrap();
                let mut times = Vec::new();
                while times.len() < messages {
                    let text = line.text().await;
                    if let Some(sent_us) = sent_us(&text) {
                        times.push(epoch.elapsed().saturating_sub(Duration::from_micros(sent_us)));
                    }
                }
                times
            })
        })
        .collect();
    let chat = |text: String| json!({"type": "chat", "payload": {"text": text}}).to_string();
    speaker.send(&chat("sent 0".to_owned())).await;
    for _ in 1..members {
        all_ready.recv().await.unwrap();
    }
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..messages {
        pace.tick().await;
        speaker.send(&chat(format!("sent {}", epoch.elapsed().as_micros()))).await;
    }
    let mut times = Vec::new();
    for one in heard {
        times.extend(one.await.unwrap());
    }
    assert_eq!(times.len(), (members - 1) * messages);
    let p99 = report(&format!("a message to {members} members"), times);
    assert!(p99 <= most, "p99 is {p99:?}");
}

/// When a chat of ours was sent, in microseconds.
fn sent_us(text: &str) -> Option<u64> {
    let digits = text.split_once("\"text\":\"sent ")?.1;
    digits.split('"').next()?.parse().ok()
}
