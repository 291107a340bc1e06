//! Interviews with a real WebRTC candidate and a Realtime server that does what its script says.

use crate::support::server::{TestServer, text};
use serde_json::{Value, json};
use std::{net::Ipv4Addr, time::Duration};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use viva::{
    domain::audio::FRAME_SAMPLES,
    mock_realtime::{Inject, MockConfig, MockServer, Script},
    simulate::peer::{ClientEvent, ClientPeer},
};

/// Nothing in here may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Realtime server of ours on a free port, and its URL.
async fn realtime_server(script: Value) -> (MockServer, String) {
    let script: Script = serde_json::from_value(script).unwrap();
    let server = MockServer::new(MockConfig { script, ..MockConfig::default() });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    tokio::spawn(server.clone().accept(listener));
    (server, url)
}

/// A candidate that is connected, and what it hears and sees.
struct Candidate {
    id: String,
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
    /// Live events so far.
    seen: Vec<Value>,
    /// Agent packets with a voice in them.
    voiced: usize,
}

impl Candidate {
    async fn join(server: &TestServer, kind: &str) -> Self {
        let (id, token) = server.session(kind).await;
        let (peer, events) = ClientPeer::new((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let offer = peer.offer(false).await.unwrap();
        let request = server.client.post(format!("{}/api/interview/{id}/rtc/offer", server.url)).bearer_auth(token);
        let answer = request.json(&json!({"sdp": offer, "type": "offer"})).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        peer.accept(&text(&answer, "sdp")).await.unwrap();
        Self { id, peer, events, seen: Vec::new(), voiced: 0 }
    }

    /// Sends `frame` every 20 ms until a live event is as wanted; returns its data.
    async fn until(&mut self, frame: &[i16; FRAME_SAMPLES], wanted: impl Fn(&Value) -> bool) -> Value {
        let before = self.seen.len();
        let found = self.attend(frame, |candidate| candidate.seen[before..].last().is_some_and(&wanted)).await;
        found["data"].clone()
    }

    /// Sends silence until so many more agent packets with a voice in them came.
    async fn listen(&mut self, packets: usize) {
        let enough = self.voiced + packets;
        self.attend(&SILENCE, |candidate| candidate.voiced >= enough).await;
    }

    /// Sends `frame` every 20 ms until something heard or seen makes `done` true; returns the last live event.
    async fn attend(&mut self, frame: &[i16; FRAME_SAMPLES], done: impl Fn(&Self) -> bool) -> Value {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                _ = tick.tick() => self.peer.send_frame(frame).await.unwrap(),
                () = tokio::time::sleep_until(deadline) => panic!("it did not come; seen: {:?}", self.seen),
                event = self.events.recv() => {
                    self.take(event);
                    if done(self) {
                        return self.seen.last().cloned().unwrap_or_default();
                    }
                }
            }
        }
    }

    fn take(&mut self, event: Option<ClientEvent>) {
        match event {
            Some(ClientEvent::Message(message)) => self.seen.push(serde_json::from_str(&message).unwrap()),
            Some(ClientEvent::Audio(heard)) => {
                let loud = heard.pcm.iter().any(|sample| sample.unsigned_abs() > 500);
                self.voiced += usize::from(loud);
            }
            Some(ClientEvent::Connected | ClientEvent::ChannelOpen) => {}
            Some(ClientEvent::Closed) | None => panic!("the connection is gone"),
        }
    }
}

const SILENCE: [i16; FRAME_SAMPLES] = [0; FRAME_SAMPLES];

/// Loud enough for any detector of speech by loudness.
fn noise() -> [i16; FRAME_SAMPLES] {
    let mut frame = [0; FRAME_SAMPLES];
    for (at, sample) in frame.iter_mut().enumerate() {
        *sample = ((at as f32 * 0.12).sin() * 9_000.0) as i16;
    }
    frame
}

fn is_turn_of(speaker: &'static str) -> impl Fn(&Value) -> bool {
    move |event| event["type"] == "turn" && event["data"]["speaker"] == speaker
}

fn is_end(event: &Value) -> bool {
    event["type"] == "session.ended"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realtime_server_holds_the_interview() {
    let answer = "I have worked with people for twelve years and would like to go on with that for many more.";
    let (realtime, url) = realtime_server(json!({"default_heard": {"text": answer}})).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url), ("OPENAI_API_KEY", "sk-test-1234567")]).await;
    let mut candidate = Candidate::join(&server, "tryout").await;
    for _ in 0..2 {
        candidate.until(&SILENCE, is_turn_of("user")).await;
        // Speaks for as long as it takes the server to notice, then falls silent.
        let speaking = |event: &Value| event["type"] == "turn" && event["data"]["state"] == "speaking";
        candidate.until(&noise(), speaking).await;
        candidate
            .until(&SILENCE, |event| event["data"]["content"] == answer && event["data"]["state"] == "final")
            .await;
    }
    let end = candidate.until(&SILENCE, is_end).await;
    assert_eq!((&end["end_reason"], &end["saved"]), (&json!("completed"), &json!(true)));
    assert!(candidate.voiced > 100, "{} voiced packets", candidate.voiced);
    let (_, results) = server.get(&format!("/api/interview/{}/results", candidate.id)).await;
    let statuses: Vec<&Value> = results["questions"].as_array().unwrap().iter().map(|q| &q["status"]).collect();
    assert_eq!(statuses, ["answered", "answered"], "{results}");
    let items = results["transcript"].as_array().unwrap();
    assert!(items.iter().filter(|item| item["role"] == "user").all(|item| item["content"] == answer));
    let greeting = items[0]["content"].as_str().unwrap();
    assert!(greeting.contains("AI"), "discloses that it is an AI: {greeting}");
    assert_eq!(realtime.count("session.update"), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_truncates_at_what_was_heard() {
    let (realtime, url) = realtime_server(json!({"default_heard": {"text": "Wait a moment please."}})).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url)]).await;
    let mut candidate = Candidate::join(&server, "general").await;
    // A second of it: what was not heard at all is forgotten instead of truncated.
    candidate.listen(50).await;
    let cut = |event: &Value| {
        let item = &event["data"];
        let (heard, generated) = (item["content"].as_str(), item["generated_content"].as_str());
        event["type"] == "transcript.item"
            && item["role"] == "assistant"
            && item["state"] == "final"
            && heard.map(str::len) < generated.map(str::len)
    };
    let item = candidate.until(&noise(), cut).await;
    let truncated = timeout(PATIENCE, realtime.wait_for_event("conversation.item.truncate", 1)).await.unwrap();
    let heard_ms = item["end_ms"].as_u64().unwrap() - item["start_ms"].as_u64().unwrap();
    let truncated = format!("{truncated:?}");
    assert!(truncated.contains(item["item_id"].as_str().unwrap()), "{truncated}");
    assert!(heard_ms < 20_000, "heard for {heard_ms} ms");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_heard_and_seen_and_nothing_is_lost() {
    let script = json!({"faults": [{"on": "connect", "connection": 2, "do": {"refuse": 401}},
        {"on": "connect", "connection": 3, "do": {"refuse": 401}}]});
    let (realtime, url) = realtime_server(script).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url)]).await;
    let mut candidate = Candidate::join(&server, "general").await;
    // The greeting is over: something was said that must be kept.
    let greeted = |event: &Value| event["type"] == "transcript.item" && event["data"]["state"] == "final";
    let kept = candidate.until(&SILENCE, greeted).await;
    realtime.inject(Inject::Close { code: 1011, reason: "internal error".to_owned() });
    let notice = |event: &Value| event["type"] == "notice" && event["data"]["level"] == "error";
    candidate.until(&SILENCE, notice).await;
    let before = candidate.voiced;
    let end = candidate.until(&SILENCE, is_end).await;
    assert_eq!((&end["end_reason"], &end["saved"]), (&json!("engine_failed"), &json!(true)));
    assert!(candidate.voiced > before + 50, "the apology was heard: {} packets", candidate.voiced - before);
    let (_, results) = server.get(&format!("/api/interview/{}/results", candidate.id)).await;
    let items = results["transcript"].as_array().unwrap();
    assert!(items.iter().any(|item| item["item_id"] == kept["item_id"] && item["content"] == kept["content"]));
    let apology = items.last().unwrap()["content"].as_str().unwrap();
    assert!(apology.contains("saved"), "{apology}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_shows_what_was_interrupted() {
    let server = TestServer::start(&[]).await;
    let (id, _) = server.session("tryout").await;
    // Ended by the stop itself: nobody was connected, so there is nobody to say goodbye to.
    let dir = server.stop().await;
    let again = TestServer::start_in(dir, &[]).await;
    let (status, results) = again.get(&format!("/api/interview/{id}/results")).await;
    assert_eq!((status, &results["status"], &results["end_reason"]), (200, &json!("ended"), &json!("interrupted")));
    again.stop().await;
}
