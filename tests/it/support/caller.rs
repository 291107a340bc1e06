//! A candidate with a real WebRTC client that says what it is told to, and otherwise nothing: it offers or answers,
//! stays, and keeps what it hears.

use super::server::{TestServer, answer, text};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use viva::{
    domain::audio::FRAME_SAMPLES,
    mock_realtime::{MockConfig, MockServer, Script},
    simulate::peer::{ClientEvent, ClientPeer},
};

/// Nothing in here may take longer.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// 20 ms of a voice.
pub type Frame = [i16; FRAME_SAMPLES];
const SILENCE: Frame = [0; FRAME_SAMPLES];

/// A Viva whose speech model is a scripted Realtime server.
pub async fn scripted_server(variables: &[(&str, &str)]) -> TestServer {
    let script: Script = serde_json::from_value(json!({"default_heard": {"text": "Fine."}})).unwrap();
    let realtime = MockServer::new(MockConfig { script, ..MockConfig::default() });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    tokio::spawn(realtime.accept(listener));
    let mut all = vec![("OPENAI_REALTIME_API_URL", url.as_str())];
    all.extend_from_slice(variables);
    TestServer::start(&all).await
}

/// What the client saw and heard so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub messages: Vec<Value>,
    pub connected: usize,
    pub closed: usize,
    /// Agent packets with a voice in them.
    pub voiced: usize,
    /// Every agent packet, and whether there was a voice in it.
    pub heard: Vec<(Instant, bool)>,
}

/// A candidate.
pub struct Caller {
    pub id: String,
    token: String,
    url: String,
    client: reqwest::Client,
    peer: Arc<ClientPeer>,
    words: Arc<Mutex<VecDeque<Frame>>>,
    /// When a frame that is no silence left.
    spoken: Arc<Mutex<Vec<Instant>>>,
    seen: Arc<Mutex<Seen>>,
    changed: watch::Receiver<()>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Caller {
    /// A candidate of a new session that is not connected yet.
    pub async fn new(server: &TestServer, kind: &str) -> Self {
        let (id, token) = server.session(kind).await;
        Self::of_session(server, id, token).await
    }

    /// Another client of a session, as after a reload.
    pub async fn again(&self, server: &TestServer) -> Self {
        Self::of_session(server, self.id.clone(), self.token.clone()).await
    }

    /// The candidate of this session, not connected yet.
    pub async fn of_session(server: &TestServer, id: String, token: String) -> Self {
        let (peer, events) = ClientPeer::new((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let (peer, seen) = (Arc::new(peer), Arc::new(Mutex::new(Seen::default())));
        let (change, changed) = watch::channel(());
        let listening = tokio::spawn(listen(events, seen.clone(), change));
        let (words, spoken) = (Arc::default(), Arc::default());
        let speaking = tokio::spawn(speak(peer.clone(), Arc::clone(&words), Arc::clone(&spoken)));
        let (url, client) = (server.url.clone(), server.client.clone());
        Self { id, token, url, client, peer, words, spoken, seen, changed, tasks: [listening, speaking] }
    }

    /// `POST` to a path of this session.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.client.request(Method::POST, format!("{}/api/interview/{}/{path}", self.url, self.id));
        answer(request.bearer_auth(&self.token).json(&body)).await
    }

    /// Connects with an offer of its own.
    pub async fn offer(&self, restart: bool) {
        self.offer_to("rtc/offer", restart).await;
    }

    /// The same, to what is rehearsed.
    pub async fn offer_to(&self, path: &str, restart: bool) {
        let offer = self.peer.offer(restart).await.unwrap();
        let (status, answered) = self.post(path, json!({"sdp": offer, "type": "offer"})).await;
        assert_eq!(status, 200, "{answered}");
        self.peer.accept(&text(&answered, "sdp")).await.unwrap();
    }

    /// Says this after what is still to be said; a frame leaves every 20 ms.
    pub fn say(&self, frames: impl IntoIterator<Item = Frame>) {
        self.words.lock().unwrap().extend(frames);
    }

    /// When the frames left that were no silence.
    pub fn spoken(&self) -> Vec<Instant> {
        self.spoken.lock().unwrap().clone()
    }

    /// Sends a message on the data channel.
    pub async fn send(&self, message: Value) {
        self.peer.send_text(&message.to_string()).await.unwrap();
    }

    /// Hangs up.
    pub async fn hang_up(&self) {
        self.peer.close().await.unwrap();
    }

    /// Asks for an offer; returns its description.
    pub async fn be_offered(&self, body: Value) -> String {
        let (status, offered) = self.post("rtc/offer", body).await;
        assert_eq!((status, &offered["type"], &offered["session_id"]), (200, &json!("offer"), &json!(self.id)));
        text(&offered, "sdp")
    }

    /// The client's answer to an offer, not sent yet.
    pub async fn answer_to(&self, offer: &str) -> String {
        self.peer.answer(offer).await.unwrap()
    }

    /// Waits until what was seen is as wanted; returns it.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let mut changed = self.changed.clone();
        let waiting = async {
            loop {
                changed.mark_unchanged();
                let seen = self.seen.lock().unwrap().clone();
                if wanted(&seen) {
                    return seen;
                }
                changed.changed().await.unwrap();
            }
        };
        let found = timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("{what} did not come: {:?}", self.seen.lock().unwrap()))
    }

    /// Waits for a live event.
    pub async fn until_event(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Seen {
        self.until(what, |seen| seen.messages.iter().any(&wanted)).await
    }
}

async fn speak(peer: Arc<ClientPeer>, words: Arc<Mutex<VecDeque<Frame>>>, spoken: Arc<Mutex<Vec<Instant>>>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    loop {
        tick.tick().await;
        let frame = words.lock().unwrap().pop_front().unwrap_or(SILENCE);
        if frame != SILENCE {
            spoken.lock().unwrap().push(Instant::now());
        }
        // Before the connection is up there is nothing to send over.
        let _ = peer.send_frame(&frame).await;
    }
}

async fn listen(mut events: mpsc::Receiver<ClientEvent>, seen: Arc<Mutex<Seen>>, change: watch::Sender<()>) {
    while let Some(event) = events.recv().await {
        {
            let mut seen = seen.lock().unwrap();
            match event {
                ClientEvent::Message(message) => seen.messages.push(serde_json::from_str(&message).unwrap()),
                ClientEvent::Audio(heard) => {
                    let is_loud = heard.pcm.iter().any(|sample| sample.unsigned_abs() > 500);
                    seen.voiced += usize::from(is_loud);
                    seen.heard.push((heard.at, is_loud));
                }
                ClientEvent::Connected => seen.connected += 1,
                ClientEvent::Closed => seen.closed += 1,
                ClientEvent::ChannelOpen => {}
            }
        }
        change.send_replace(());
    }
}

/// Is it the turn of the candidate?
pub fn is_my_turn(event: &Value) -> bool {
    event["type"] == "turn" && event["data"]["speaker"] == "user"
}

/// Is it over?
pub fn is_end(event: &Value) -> bool {
    event["type"] == "session.ended"
}
