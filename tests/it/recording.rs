//! Recordings from the consent to the export, and what a kill or a full disk leaves of them.

mod crash;
mod export;

use crate::support::server::{TestServer, answer, text};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fs, net::Ipv4Addr, path::Path, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc};
use viva::{
    domain::{audio::FRAME_SAMPLES, id::SessionId, recording::Side},
    mock_realtime::{MockConfig, MockServer, Script},
    recording,
    simulate::peer::{ClientEvent, ClientPeer},
};

/// Nothing in here may take longer.
const PATIENCE: Duration = Duration::from_secs(90);
const SILENCE: [i16; FRAME_SAMPLES] = [0; FRAME_SAMPLES];

/// A tone, loud enough for any detector of speech by loudness.
fn tone() -> [i16; FRAME_SAMPLES] {
    std::array::from_fn(|at| ((at as f32 * 0.12).sin() * 9_000.0) as i16)
}

fn is_loud(window: &[i16]) -> bool {
    let energy: f64 = window.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    energy > 400.0 * 400.0 * window.len() as f64
}

/// Milliseconds of the windows of 10 ms in which it is loud.
fn loud_ms(pcm: &[i16]) -> Vec<u64> {
    let windows = pcm.chunks(240).enumerate();
    windows.filter(|(_, window)| is_loud(window)).map(|(at, _)| at as u64 * 10).collect()
}

fn decoded(data_dir: &Path, id: &str, side: Side) -> Vec<i16> {
    let chunks = recording::open_side(data_dir, &SessionId::new(id), side).unwrap();
    chunks.flat_map(|chunk| chunk.pcm).collect()
}

/// A server whose speech model is a script, with a directory of its own for data.
async fn server(data_dir: &Path) -> TestServer {
    let script: Script = serde_json::from_value(json!({"default_heard": {"text": ANSWER}})).unwrap();
    let model = MockServer::new(MockConfig { script, ..MockConfig::default() });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    tokio::spawn(model.accept(listener));
    TestServer::start(&[("OPENAI_REALTIME_API_URL", &url), ("VIVA_DATA_DIR", data_dir.to_str().unwrap())]).await
}

const ANSWER: &str = "I built a thing that many people use, and I would build it in the same way once more.";

/// An invitation to an interview of one question that is recorded; returns its code.
async fn invitation(server: &TestServer) -> String {
    let plan = json!({"title": "Recorded", "recording": true, "questions": [{"text": "What did you build last?"}]});
    let (status, made) = server.post("/api/v1/interviews", plan).await;
    assert_eq!((status, &made["recording"]), (201, &json!(true)), "{made}");
    let (status, invite) =
        server.post(&format!("/api/v1/interviews/{}/invites", text(&made, "interview_id")), json!({})).await;
    assert_eq!(status, 201, "{invite}");
    text(&invite, "code")
}

/// A candidate with a token.
struct Candidate {
    id: String,
    token: String,
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
    seen: Vec<Value>,
}

impl Candidate {
    async fn start(server: &TestServer, code: &str) -> Self {
        let (status, started) = server.post("/api/interview/start", json!({"invite": code})).await;
        assert_eq!(status, 200, "{started}");
        assert_eq!((&started["recording"], &started["consent"]["required"]), (&json!(true), &json!(true)));
        let (peer, events) = ClientPeer::new((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        Self { id: text(&started, "session_id"), token: text(&started, "token"), peer, events, seen: Vec::new() }
    }

    async fn post(&self, server: &TestServer, what: &str, body: &Value) -> (u16, Value) {
        let path = format!("/api/interview/{}/{what}", self.id);
        answer(server.request(Method::POST, &path).bearer_auth(&self.token).json(body)).await
    }

    async fn consent(&self, server: &TestServer) {
        let path = format!("/api/interview/{}/status", self.id);
        let (_, status) = answer(server.request(Method::GET, &path).bearer_auth(&self.token)).await;
        assert_eq!(status["recording"], true, "said before consent");
        assert!(text(&status["consent"], "text").contains("is recorded"), "{status}");
        let version = json!({"version": text(&status["consent"], "version")});
        assert_eq!(self.post(server, "consent", &version).await.0, 200);
    }

    /// Offers, and is connected if the offer is taken.
    async fn connect(&self, server: &TestServer) -> (u16, Value) {
        let offer = self.peer.offer(false).await.unwrap();
        let (status, body) = self.post(server, "rtc/offer", &json!({"sdp": offer, "type": "offer"})).await;
        if status == 200 {
            self.peer.accept(&text(&body, "sdp")).await.unwrap();
        }
        (status, body)
    }

    /// Sends `frame` every 20 ms until a live event is as wanted.
    async fn until(&mut self, frame: &[i16; FRAME_SAMPLES], wanted: impl Fn(&Value) -> bool) {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                _ = tick.tick() => self.peer.send_frame(frame).await.unwrap(),
                () = tokio::time::sleep_until(deadline) => panic!("it did not come; seen: {:?}", self.seen),
                event = self.events.recv() => match event {
                    Some(ClientEvent::Message(message)) => {
                        let event: Value = serde_json::from_str(&message).unwrap();
                        let is_wanted = wanted(&event);
                        self.seen.push(event);
                        if is_wanted {
                            return;
                        }
                    }
                    Some(ClientEvent::Closed) | None => panic!("the connection is gone: {:?}", self.seen),
                    Some(_) => {}
                }
            }
        }
    }

    /// Answers the one question and hears the goodbye.
    async fn hold(&mut self) {
        self.until(&SILENCE, |event| event["type"] == "turn" && event["data"]["speaker"] == "user").await;
        let speaking = |event: &Value| event["type"] == "turn" && event["data"]["state"] == "speaking";
        self.until(&tone(), speaking).await;
        self.until(&SILENCE, |event| event["type"] == "session.ended").await;
    }
}

/// The results, once the recording in them is finished.
async fn finished(server: &TestServer, id: &str) -> Value {
    let path = format!("/api/interview/{id}/results");
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        tick.tick().await;
        let (status, results) = server.get(&path).await;
        assert_eq!(status, 200, "{results}");
        if results["recording"]["finished_at"].is_string() {
            return results;
        }
        assert!(tokio::time::Instant::now() < deadline, "not finished: {}", results["recording"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_recorded_from_consent_to_goodbye() {
    let data = TempDir::new().unwrap();
    let server = server(data.path()).await;
    let code = invitation(&server).await;
    let (_, invite) = server.get(&format!("/api/v1/invites/{code}")).await;
    assert_eq!(invite["recording"], true, "the page can say so before anything begins");
    let mut candidate = Candidate::start(&server, &code).await;
    let recording_path = format!("/api/interview/{}/recording", candidate.id);
    let (status, body) = candidate.connect(&server).await;
    assert_eq!((status, &body["code"]), (409, &json!("consent_required")));
    assert!(fs::read_dir(data.path()).unwrap().next().is_none(), "nothing is written before consent");
    candidate.consent(&server).await;
    assert_eq!(candidate.connect(&server).await.0, 200);
    let (status, live) = server.get(&recording_path).await;
    assert_eq!((status, &live["state"], &live["tracks"]), (200, &json!("recording"), &json!([])));
    let (status, early) = server.get(&format!("{recording_path}/user.ogg")).await;
    assert_eq!((status, &early["code"]), (409, &json!("conflict")));
    candidate.hold().await;

    let results = finished(&server, &candidate.id).await;
    let recording = &results["recording"];
    assert_eq!((&recording["state"], &recording["dropped_packets"]), (&json!("ready"), &json!(0)), "{recording}");
    assert_eq!(server.get(&recording_path).await.1, *recording, "the same by itself");
    marks_agree(data.path(), &results);
    ranges(&server, &recording["tracks"][0]).await;
    exports(&server, &results).await;
    // The candidate does not read results of this interview, nor anything that was heard.
    for path in [recording_path.clone(), format!("{recording_path}/stereo.wav")] {
        let (status, _) = answer(server.request(Method::GET, &path).bearer_auth(&candidate.token)).await;
        assert_eq!(status, 404, "{path}");
    }
    let (other, _) = server.session("tryout").await;
    let (status, none) = server.get(&format!("/api/interview/{other}/recording")).await;
    assert_eq!((status, &none["code"]), (409, &json!("conflict")), "not recorded");
    assert_eq!(fs::read_dir(data.path().join("recordings")).unwrap().count(), 1, "only what is recorded is there");
    server.stop().await;
}

/// Transcript and audio agree within 100 ms.
fn marks_agree(data_dir: &Path, results: &Value) {
    let id = text(results, "session_id");
    let items = results["transcript"].as_array().unwrap();
    let near = |marks: &[u64], at_ms: u64| marks.iter().any(|mark| mark.abs_diff(at_ms) <= 100);
    for (side, role) in [(Side::User, "user"), (Side::Assistant, "assistant")] {
        let marks = loud_ms(&decoded(data_dir, &id, side));
        let of_side: Vec<_> = items.iter().filter(|item| item["role"] == role).collect();
        assert!(!of_side.is_empty(), "{role} said something: {items:?}");
        for item in &of_side {
            let start_ms = item["start_ms"].as_u64().unwrap();
            assert!(near(&marks, start_ms), "{role} begins at {start_ms} ms, but not on the record");
        }
        let first_ms = of_side[0]["start_ms"].as_u64().unwrap();
        let heard_ms = marks[0];
        assert!(heard_ms.abs_diff(first_ms) <= 100, "{role}: transcript {first_ms} ms, audio {heard_ms} ms");
        if role == "assistant" {
            let last_ms = of_side.iter().filter_map(|item| item["end_ms"].as_u64()).max().unwrap();
            let heard_ms = *marks.last().unwrap();
            // A word of the scripted voice ends in a silence of 70 ms, and begins and ends softly.
            assert!(heard_ms.abs_diff(last_ms) <= 200, "the last word ends at {last_ms} ms, audio {heard_ms} ms");
        }
    }
}

async fn fetch(server: &TestServer, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let request = server.request(Method::GET, path);
    headers.iter().fold(request, |request, (name, value)| request.header(name, *value)).send().await.unwrap()
}

fn field<'a>(response: &'a Response, name: &header::HeaderName) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// What a player asks for when somebody jumps about in a file (RFC 9110 sections 13 and 14).
async fn ranges(server: &TestServer, track: &Value) {
    let path = text(track, "url");
    let bytes = track["bytes"].as_u64().unwrap();
    let whole = fetch(server, &path, &[]).await;
    assert_eq!((whole.status(), field(&whole, &header::CONTENT_TYPE)), (200.try_into().unwrap(), "audio/ogg"));
    assert_eq!(field(&whole, &header::ACCEPT_RANGES), "bytes");
    assert!(field(&whole, &header::CONTENT_DISPOSITION).contains("user.ogg"));
    let tag = field(&whole, &header::ETAG).to_owned();
    let body = whole.bytes().await.unwrap();
    assert_eq!(body.len() as u64, bytes);
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(track["sha256"], digest);

    let first = fetch(server, &path, &[(header::RANGE, "bytes=0-3")]).await;
    assert_eq!((first.status().as_u16(), field(&first, &header::ETAG)), (206, tag.as_str()));
    assert_eq!(field(&first, &header::CONTENT_RANGE), format!("bytes 0-3/{bytes}"));
    assert_eq!(first.bytes().await.unwrap().as_ref(), b"OggS");
    let last = fetch(server, &path, &[(header::RANGE, "bytes=-10")]).await;
    assert_eq!(last.status(), 206);
    assert_eq!(last.bytes().await.unwrap(), body.slice(body.len() - 10..));
    let rest =
        fetch(server, &path, &[(header::RANGE, &format!("bytes={}-", bytes - 5)), (header::IF_RANGE, &tag)]).await;
    assert_eq!((rest.status().as_u16(), rest.bytes().await.unwrap().len()), (206, 5));
    let changed = fetch(server, &path, &[(header::RANGE, "bytes=0-3"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!((changed.status().as_u16(), changed.content_length()), (200, Some(bytes)));
    let several = fetch(server, &path, &[(header::RANGE, "bytes=0-1,4-5")]).await;
    assert_eq!((several.status().as_u16(), several.content_length()), (200, Some(bytes)), "answered with everything");
    let beyond = fetch(server, &path, &[(header::RANGE, &format!("bytes={bytes}-"))]).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(field(&beyond, &header::CONTENT_RANGE), format!("bytes */{bytes}"));
    assert_eq!(beyond.json::<Value>().await.unwrap()["code"], "range_not_satisfiable");
    let known = fetch(server, &path, &[(header::IF_NONE_MATCH, &format!("\"x\", {tag}"))]).await;
    assert_eq!((known.status().as_u16(), field(&known, &header::ETAG)), (304, tag.as_str()));
    let head = server.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!((head.status().as_u16(), field(&head, &header::CONTENT_LENGTH)), (200, bytes.to_string().as_str()));
}

/// The wave and its peaks show the same as the transcript.
async fn exports(server: &TestServer, results: &Value) {
    let recording = &results["recording"];
    let duration_ms = recording["duration_ms"].as_u64().unwrap();
    let url = text(recording, "wav_url");
    let wave = fetch(server, &url, &[]).await;
    assert_eq!((wave.status().as_u16(), field(&wave, &header::CONTENT_TYPE)), (200, "audio/wav"));
    let tag = field(&wave, &header::ETAG).to_owned();
    let bytes = wave.bytes().await.unwrap();
    let mut wav = hound::WavReader::new(bytes.as_ref()).unwrap();
    let spec = wav.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 24_000, 16));
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    assert!((samples.len() as u64 / 48).abs_diff(duration_ms) <= 100, "{} of {duration_ms} ms", samples.len() / 48);
    for (channel, role) in [(0, "user"), (1, "assistant")] {
        let pcm: Vec<i16> = samples.iter().skip(channel).step_by(2).copied().collect();
        let items = results["transcript"].as_array().unwrap();
        let first = items.iter().find(|item| item["role"] == role).unwrap()["start_ms"].as_u64().unwrap();
        let heard = loud_ms(&pcm)[0];
        assert!(heard.abs_diff(first) <= 100, "{role} begins at {first} ms, in the wave at {heard} ms");
    }
    let again = fetch(server, &url, &[(header::RANGE, "bytes=0-3"), (header::IF_RANGE, &tag)]).await;
    assert_eq!((again.status().as_u16(), again.bytes().await.unwrap().as_ref()), (206, &b"RIFF"[..]));

    let (status, peaks) = server.get(&text(recording, "peaks_url")).await;
    assert_eq!((status, &peaks["version"], &peaks["channels"]), (200, &json!(2), &json!(2)));
    let (length, data) = (peaks["length"].as_u64().unwrap(), peaks["data"].as_array().unwrap());
    assert_eq!(data.len() as u64, 4 * length);
    assert!((length * 20).abs_diff(duration_ms) <= 120, "{length} pairs for {duration_ms} ms");
    let highest = |channel: usize| data.iter().skip(2 * channel + 1).step_by(4).filter_map(Value::as_i64).max();
    assert!(highest(0) > Some(20) && highest(1) > Some(20), "both sides are to be seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_disk_the_interview_is_held_all_the_same() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    fs::write(&data, "a file where the directory should be").unwrap();
    let server = server(&data).await;
    let code = invitation(&server).await;
    let mut candidate = Candidate::start(&server, &code).await;
    candidate.consent(&server).await;
    assert_eq!(candidate.connect(&server).await.0, 200);
    candidate.hold().await;
    let results = finished(&server, &candidate.id).await;
    assert_eq!(results["end_reason"], "completed");
    assert!(results["transcript"].as_array().unwrap().iter().any(|item| item["content"] == ANSWER), "{results}");
    assert_eq!((&results["recording"]["state"], &results["recording"]["tracks"]), (&json!("failed"), &json!([])));
    let (status, _) = server.get(&format!("/api/interview/{}/recording/stereo.wav", candidate.id)).await;
    assert_eq!(status, 409);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_server_left_is_finished_by_the_next() {
    let data = TempDir::new().unwrap();
    let server = server(data.path()).await;
    let code = invitation(&server).await;
    let mut candidate = Candidate::start(&server, &code).await;
    candidate.consent(&server).await;
    assert_eq!(candidate.connect(&server).await.0, 200);
    candidate.until(&tone(), |event| event["type"] == "turn" && event["data"]["state"] == "speaking").await;
    let dir = server.stop().await;
    let next = TestServer::start_in(dir, &[("VIVA_DATA_DIR", data.path().to_str().unwrap())]).await;
    let results = finished(&next, &candidate.id).await;
    assert_eq!(results["status"], "ended");
    let state = text(&results["recording"], "state");
    assert!(["ready", "partial"].contains(&state.as_str()), "{state}");
    assert!(!loud_ms(&decoded(data.path(), &candidate.id, Side::User)).is_empty(), "what was said is there");
    next.stop().await;
}
