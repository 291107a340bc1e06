//! What a session speaks with its candidate's browser, as whoever made it asked for: on the wire, towards the speech
//! model, and in what is said of it. All of it on one server that has no wish of its own.

use crate::support::{
    caller::PATIENCE,
    server::{TestServer, answer, text},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use viva::{
    domain::audio::codec::Codec,
    mock_realtime::{MockConfig, MockServer, Received, Script},
    simulate::peer::{ClientEvent, ClientPeer},
};

const INTERVIEWS: &str = "/api/v1/interviews";
const START: &str = "/api/interview/start";
/// Payload types of the wire: PCMU's is static (RFC 3551 section 6), Opus' is the client's.
const OPUS: u8 = 111;
const PCMU: u8 = 0;

/// A scripted Realtime server, to ask what it was asked for.
struct Upstream {
    mock: MockServer,
    url: String,
    connection: u32,
}

impl Upstream {
    async fn start() -> Self {
        let script: Script = serde_json::from_value(json!({"default_heard": {"text": "Fine."}})).unwrap();
        let mock = MockServer::new(MockConfig { script, ..MockConfig::default() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
        tokio::spawn(mock.clone().accept(listener));
        Self { mock, url, connection: 0 }
    }

    /// The formats that the next connection's first `session.update` asks for, both ways.
    async fn formats(&mut self) -> [String; 2] {
        let last = self.connection;
        let first = |record: &[Received]| {
            record.iter().find_map(|received| match received {
                Received::Event { connection, message } if *connection > last && message.kind == "session.update" => {
                    Some((*connection, serde_json::to_value(message).unwrap()))
                }
                _ => None,
            })
        };
        let (connection, update) = timeout(PATIENCE, self.mock.wait_for(first)).await.expect("a session.update");
        self.connection = connection;
        let audio = &update["session"]["audio"];
        ["input", "output"].map(|way| text(&audio[way]["format"], "type"))
    }
}

/// How a client comes to its session's media.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Offer,
    Whip,
    Practice,
}

/// A candidate with a real WebRTC client.
struct Candidate {
    id: String,
    token: String,
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
}

impl Candidate {
    async fn new(started: &(u16, Value), codec: Codec) -> Self {
        let (status, body) = started;
        assert_eq!(*status, 200, "{body}");
        let (peer, events) = ClientPeer::speaking((Ipv4Addr::LOCALHOST, 0).into(), codec).await.unwrap();
        Self { id: text(body, "session_id"), token: text(body, "token"), peer, events }
    }

    fn request(&self, server: &TestServer, path: &str) -> reqwest::RequestBuilder {
        server.request(Method::POST, &format!("/api/interview/{}/{path}", self.id)).bearer_auth(&self.token)
    }

    async fn post(&self, server: &TestServer, path: &str, body: Value) -> Value {
        let (status, answered) = answer(self.request(server, path).json(&body)).await;
        assert!((200..300).contains(&status), "{path}: {answered}");
        answered
    }

    /// Connects; `has_both`: as browsers do, which offer Opus first and PCMU too.
    async fn connect(&self, server: &TestServer, way: Way, has_both: bool) {
        let offer = self.peer.offer(false).await.unwrap();
        let offer = if has_both { with_both(&offer) } else { offer };
        let answered = match way {
            Way::Whip => {
                let request = self.request(server, "whip").header("content-type", "application/sdp");
                let made = request.body(offer).send().await.unwrap();
                assert_eq!(made.status(), 201);
                made.text().await.unwrap()
            }
            Way::Offer | Way::Practice => {
                let path = if way == Way::Practice { "rehearsal/offer" } else { "rtc/offer" };
                text(&self.post(server, path, json!({"sdp": offer, "type": "offer"})).await, "sdp")
            }
        };
        self.peer.accept(&answered).await.unwrap();
    }

    /// The payload type of the first packet, and the codec that the second report on quality names.
    async fn sees(&mut self) -> (u8, String) {
        let seeing = async {
            let (mut payload_type, mut reports) = (None, 0);
            loop {
                match self.events.recv().await.expect("the client is there") {
                    ClientEvent::Audio(heard) => payload_type = payload_type.or(Some(heard.payload_type)),
                    ClientEvent::Message(message) => {
                        let event: Value = serde_json::from_str(&message).unwrap();
                        reports += usize::from(event["type"] == "quality");
                        if let (Some(payload_type), true) = (payload_type, event["type"] == "quality" && reports > 1) {
                            return (payload_type, text(&event["data"], "codec"));
                        }
                    }
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, seeing).await.expect("sound and reports")
    }
}

/// The same offer with Opus and PCMU, whichever of them it has.
fn with_both(offer: &str) -> String {
    let known = [(OPUS, "opus/48000/2"), (PCMU, "PCMU/8000")];
    let mut lines = Vec::new();
    for line in offer.lines() {
        if line.starts_with("m=audio ") {
            let fields: Vec<&str> = line.split(' ').take(3).collect();
            lines.push(format!("{} {OPUS} {PCMU}", fields.join(" ")));
            continue;
        }
        lines.push(line.to_owned());
        for (payload_type, name) in known {
            let is_there = offer.contains(&format!("a=rtpmap:{payload_type} "));
            if line.starts_with("a=rtpmap:") && !is_there {
                lines.push(format!("a=rtpmap:{payload_type} {name}"));
            }
        }
    }
    lines.join("\r\n") + "\r\n"
}

/// One session: how it came about, what its client has, and what is to be found.
struct Case {
    name: &'static str,
    start: Value,
    way: Way,
    client: Codec,
    has_both: bool,
    upstream: &'static str,
    wire: u8,
}

/// An interview that wishes for G.711; its id, and the code of an invitation to it.
async fn narrow_interview(server: &TestServer) -> (String, String) {
    let body = json!({"title": "Narrow", "questions": [{"text": "What do you do?"}], "audio_codec": "pcmu"});
    let (status, made) = server.post(INTERVIEWS, body).await;
    assert_eq!((status, &made["audio_codec"]), (201, &json!("pcmu")), "{made}");
    let id = text(&made, "interview_id");
    let path = format!("{INTERVIEWS}/{id}");
    let (_, renamed) = answer(server.request(Method::PATCH, &path).json(&json!({"title": "Telephone"}))).await;
    assert_eq!((&renamed["title"], &renamed["audio_codec"]), (&json!("Telephone"), &json!("pcmu")), "it stays");
    let (status, invite) = server.post(&format!("{path}/invites"), json!({"attempts": 1})).await;
    assert_eq!(status, 201, "{invite}");
    (id, text(&invite, "code"))
}

fn cases(narrow: &str, code: &str) -> Vec<Case> {
    let direct = |body: Value| {
        let mut start = json!({"user_id": "ann"});
        start.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        start
    };
    let spoken = |name, start, codec| Case {
        name,
        start,
        way: Way::Offer,
        client: codec,
        has_both: true,
        upstream: if codec == Codec::Pcmu { "audio/pcmu" } else { "audio/pcm" },
        wire: if codec == Codec::Pcmu { PCMU } else { OPUS },
    };
    let of_narrow = || direct(json!({"interview_id": narrow}));
    let whip = Case { way: Way::Whip, ..spoken("by invitation", json!({"invite": code}), Codec::Pcmu) };
    let practice = Case { way: Way::Practice, ..spoken("practised", of_narrow(), Codec::Pcmu) };
    let unable = Case { client: Codec::Opus, has_both: false, wire: OPUS, ..spoken("none", of_narrow(), Codec::Pcmu) };
    vec![
        spoken("as the interview says", of_narrow(), Codec::Pcmu),
        spoken("as nobody says", direct(json!({"kind": "tryout"})), Codec::Opus),
        spoken("as the starter says", direct(json!({"kind": "tryout", "audio_codec": "pcmu"})), Codec::Pcmu),
        spoken(
            "as the starter says instead",
            direct(json!({"interview_id": narrow, "audio_codec": "opus"})),
            Codec::Opus,
        ),
        whip,
        practice,
        unable,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_session_speaks_what_it_was_made_with() {
    let mut upstream = Upstream::start().await;
    let url = upstream.url.clone();
    let variables = [("OPENAI_REALTIME_API_URL", url.as_str())];
    let server = TestServer::start(&variables).await;
    let (narrow, code) = narrow_interview(&server).await;
    let mut candidates = Vec::new();
    for case in cases(&narrow, &code) {
        let candidate = Candidate::new(&server.post(START, case.start.clone()).await, case.client).await;
        let mut asked = upstream.formats().await;
        if case.start["invite"].is_string() {
            let (_, status) = server.get(&format!("/api/interview/{}/status", candidate.id)).await;
            candidate.post(&server, "consent", json!({"version": status["consent"]["version"]})).await;
        }
        if case.way == Way::Practice {
            candidate.post(&server, "rehearsal", json!({"kind": "practice"})).await;
            asked = upstream.formats().await;
        }
        assert_eq!(asked, [case.upstream; 2], "{}", case.name);
        candidates.push((case, candidate));
    }
    // Only now: what a busy machine makes late would decide for whom nobody asked anything, or refuse the next one.
    for (case, candidate) in &candidates {
        candidate.connect(&server, case.way, case.has_both).await;
    }
    for (case, candidate) in &mut candidates {
        let word = if case.wire == PCMU { "pcmu" } else { "opus" };
        assert_eq!(candidate.sees().await, (case.wire, word.to_owned()), "{}", case.name);
        let (_, status) = server.get(&format!("/api/interview/{}/status", candidate.id)).await;
        let said = if case.way == Way::Practice { Value::Null } else { json!(word) };
        assert_eq!(status["quality"]["codec"], said, "{}: {status}", case.name);
    }
    // It is kept: ended with the server, and read on the next one. Nobody waits for clients that hung up.
    for (_, candidate) in &candidates {
        candidate.peer.close().await.unwrap();
    }
    let server = TestServer::start_in(server.stop().await, &variables).await;
    for (case, candidate) in &candidates {
        let (_, results) = server.get(&format!("/api/interview/{}/results", candidate.id)).await;
        let said = match case.way {
            Way::Practice => Value::Null,
            _ => json!(if case.wire == PCMU { "pcmu" } else { "opus" }),
        };
        assert_eq!(results["audio_quality"]["codec"], said, "{}: {results}", case.name);
    }
    server.stop().await;
}

#[tokio::test]
async fn another_word_is_refused_with_the_words_that_there_are() {
    let server = TestServer::start(&[]).await;
    let (_, code) = narrow_interview(&server).await;
    for (body, remedy) in [
        (json!({"user_id": "ann", "kind": "tryout", "audio_codec": "g729"}), "`auto`, `opus`, `pcmu`"),
        (json!({"invite": code, "audio_codec": "opus"}), "leave it out"),
    ] {
        let (status, refused) = server.post(START, body).await;
        assert_eq!((status, &refused["errors"][0]["pointer"]), (400, &json!("/audio_codec")), "{refused}");
        let detail = text(&refused["errors"][0], "detail");
        assert!(detail.contains(remedy), "{detail}");
    }
    let (status, invited) = server.get(&format!("/api/v1/invites/{code}")).await;
    assert_eq!(status, 200, "what was refused took no attempt: {invited}");
    server.stop().await;
}
