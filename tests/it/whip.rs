//! The WHIP-shaped face (RFC 9725) by hand-written requests: each status, and a conversation over it. A client from a
//! registry in a real browser is in `tests/e2e/whip.test.mjs`.

use crate::support::{
    caller::{PATIENCE, scripted_server},
    server::{TestServer, answer, text},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use tokio::{sync::mpsc, time::timeout};
use viva::simulate::peer::{ClientEvent, ClientPeer};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const CANDIDATES: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n\
    a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n";

/// A client that knows no JSON but the one that starts a session.
struct Whip<'a> {
    server: &'a TestServer,
    id: String,
    token: String,
    peer: ClientPeer,
    events: mpsc::Receiver<ClientEvent>,
}

/// What a request was answered.
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answered {
    async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a problem.
    fn problem(&self) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        (self.status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The value of the first such line of a description.
fn line<'a>(sdp: &'a str, name: &str) -> &'a str {
    let found = sdp.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_else(|| panic!("{name} is missing in {sdp}"))
}

impl<'a> Whip<'a> {
    async fn new(server: &'a TestServer) -> Self {
        let (id, token) = server.session("general").await;
        Self::of_session(server, id, token).await
    }

    async fn of_session(server: &'a TestServer, id: String, token: String) -> Self {
        let (peer, events) = ClientPeer::new((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        Self { server, id, token, peer, events }
    }

    fn endpoint(&self) -> String {
        format!("/api/interview/{}/whip", self.id)
    }

    async fn post(&self, kind: &str, body: &str) -> Answered {
        let request = self.server.request(Method::POST, &self.endpoint()).bearer_auth(&self.token);
        Answered::of(request.header("content-type", kind).body(body.to_owned())).await
    }

    async fn patch(&self, location: &str, tag: Option<&str>, body: &str) -> Answered {
        let request = self.server.request(Method::PATCH, location).bearer_auth(&self.token);
        let request = request.header("content-type", FRAGMENT).body(body.to_owned());
        Answered::of(match tag {
            Some(tag) => request.header("if-match", tag),
            None => request,
        })
        .await
    }

    async fn delete(&self, location: &str) -> Answered {
        let request = self.server.request(Method::DELETE, location).bearer_auth(&self.token);
        Answered::of(request.header("if-match", "\"whatever\"")).await
    }

    /// Connects; returns the address of the resource, its entity tag and our answer.
    async fn connect(&self) -> (String, String, String) {
        let made = self.post(SDP, &self.peer.offer(false).await.unwrap()).await;
        assert_eq!((made.status, made.header("content-type")), (201, SDP), "{}", made.body);
        self.peer.accept(&made.body).await.unwrap();
        (made.header("location").to_owned(), made.header("etag").to_owned(), made.body)
    }

    /// Waits for so many packets with a voice in them.
    async fn hear(&mut self, voiced: usize) {
        let hearing = async {
            let mut left = voiced;
            while left > 0 {
                let Some(event) = self.events.recv().await else { panic!("the client is gone") };
                let ClientEvent::Audio(heard) = event else { continue };
                left -= usize::from(heard.pcm.iter().any(|sample| sample.unsigned_abs() > 500));
            }
        };
        timeout(PATIENCE, hearing).await.expect("the interviewer is heard");
    }

    async fn status(&self) -> String {
        let request = self.server.request(Method::GET, &format!("/api/interview/{}/status", self.id));
        let (status, body) = answer(request.bearer_auth(&self.token)).await;
        assert_eq!(status, 200, "{body}");
        text(&body, "status")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_is_held_restarted_and_hung_up() {
    let turn = [("TURN_SERVER", "turn.example.com"), ("TURN_SECRET", "a-secret-of-the-whip-test")];
    let server = scripted_server(&turn).await;
    let mut client = Whip::new(&server).await;
    let made = client.post(SDP, &client.peer.offer(false).await.unwrap()).await;
    assert_eq!((made.status, made.header("content-type")), (201, SDP), "{}", made.body);
    let (location, first) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let name = location.strip_prefix(&format!("{}/", client.endpoint())).expect("below the endpoint");
    assert!(name.len() == 26 && !client.id.contains(name), "{location}");
    assert!(first.starts_with('"') && first.ends_with('"') && first.len() > 20, "{first}");
    let links: Vec<&str> = made.headers.get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
    assert_eq!(links.len(), 3, "{links:?}");
    assert_eq!(links[0], "<stun:turn.example.com:3478>; rel=\"ice-server\"");
    assert!(links[1].starts_with("<turn:turn.example.com:3478?transport=udp>; rel=\"ice-server\"; username=\""));
    assert!(links[2].contains("; credential=\"") && links[2].ends_with("; credential-type=\"password\""));
    client.peer.accept(&made.body).await.unwrap();
    client.hear(20).await;

    let trickled = client.patch(&location, Some(&first), CANDIDATES).await;
    assert_eq!((trickled.status, trickled.header("etag"), trickled.body.as_str()), (204, "", ""));
    // As a client does: its own new credentials to the server, the server's new ones into the answer that it has.
    let offer = client.peer.offer(true).await.unwrap();
    let (ufrag, password) = (line(&offer, "a=ice-ufrag:"), line(&offer, "a=ice-pwd:"));
    let fragment = format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n{CANDIDATES}");
    let restarted = client.patch(&location, Some("*"), &fragment).await;
    assert_eq!((restarted.status, restarted.header("content-type")), (200, FRAGMENT), "{}", restarted.body);
    let second = restarted.header("etag").to_owned();
    assert_ne!(second, first);
    let (new_ufrag, new_password) = (line(&restarted.body, "a=ice-ufrag:"), line(&restarted.body, "a=ice-pwd:"));
    assert_ne!(new_ufrag, line(&made.body, "a=ice-ufrag:"));
    assert!(!line(&restarted.body, "a=candidate:").is_empty());
    let with_new = made
        .body
        .replace(line(&made.body, "a=ice-ufrag:"), new_ufrag)
        .replace(line(&made.body, "a=ice-pwd:"), new_password);
    client.peer.accept(&with_new).await.unwrap();
    client.hear(20).await;
    let stale = client.patch(&location, Some(&first), CANDIDATES).await;
    assert_eq!(stale.problem(), problem(412, "precondition_failed"));
    assert_eq!(client.patch(&location, Some(&second), CANDIDATES).await.status, 204);
    // What is in force already restarts nothing.
    assert_eq!(client.patch(&location, Some("*"), &fragment).await.status, 204);

    let gone = client.delete(&location).await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    assert_eq!(client.delete(&location).await.problem(), problem(404, "not_found"));
    assert_eq!(client.patch(&location, Some(&second), CANDIDATES).await.problem(), problem(404, "not_found"));
    assert_eq!(client.status().await, "reconnecting");
    let mut again = Whip::of_session(&server, client.id.clone(), client.token.clone()).await;
    let (other, tag, _) = again.connect().await;
    assert_ne!(other, location);
    again.hear(5).await;
    // A client that closes its connection and then says so, as most do.
    again.peer.close().await.unwrap();
    assert_eq!(again.delete(&other).await.status, 200);
    assert_eq!(again.delete(&other).await.problem(), problem(404, "not_found"));
    let (status, _) =
        answer(server.request(Method::POST, &format!("/api/interview/{}/end", again.id)).bearer_auth(&again.token))
            .await;
    assert_eq!(status, 200);
    assert_eq!(again.post(SDP, "v=0").await.problem(), problem(409, "session_ended"));
    assert_eq!(again.patch(&other, Some(&tag), CANDIDATES).await.problem(), problem(404, "not_found"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_says_what_is_wrong() {
    let server = scripted_server(&[]).await;
    let client = Whip::new(&server).await;
    let offer = client.peer.offer(false).await.unwrap();
    let (_, audio) = offer.split_once("m=audio").expect("an audio section");
    let (_, channel) = offer.split_once("m=application").expect("a data channel");
    let audio = audio.split("m=").next().unwrap();
    let with = |section: String| offer.replace(&format!("m=application{channel}"), &section);
    let refused = [
        ("application/json", offer.clone(), problem(415, "unsupported_media_type")),
        ("text/plain", offer.clone(), problem(415, "unsupported_media_type")),
        (SDP, String::new(), problem(400, "invalid_sdp")),
        (SDP, "v=0".to_owned(), problem(422, "not_supported")),
        (SDP, "{\"sdp\":\"v=0\"}".to_owned(), problem(400, "invalid_sdp")),
        (SDP, offer.replace("a=ice-pwd", "a=x-pwd"), problem(400, "invalid_sdp")),
        (SDP, offer.replace("opus/48000", "mocked/48000"), problem(422, "not_supported")),
        (SDP, with(format!("m=video{audio}")), problem(422, "not_supported")),
        (SDP, with(format!("m=audio{audio}")), problem(422, "not_supported")),
        (SDP, format!("v=0\r\n{}", "a=x\r\n".repeat(1_001)), problem(400, "invalid_sdp")),
        (SDP, "v".repeat(300 * 1_024), problem(413, "body_too_large")),
    ];
    for (kind, body, wanted) in refused {
        let found = client.post(kind, &body).await;
        assert_eq!(found.problem(), wanted, "{kind} {} {}", body.chars().take(300).collect::<String>(), found.body);
    }
    assert_eq!(client.status().await, "created", "no refusal changed anything");

    let (location, tag, _) = client.connect().await;
    let login = |ufrag: &str, password: &str| format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n");
    let good = login("abcd", &"p".repeat(22));
    let two = format!("{good}m=audio 9 X 0\r\na=mid:0\r\n{}", login("efgh", &"q".repeat(22)));
    let refused = [
        (None, CANDIDATES, problem(428, "precondition_required")),
        (Some("\"another\""), CANDIDATES, problem(412, "precondition_failed")),
        (Some("W/\"another\""), &good, problem(412, "precondition_failed")),
        (Some("*"), "nonsense", problem(400, "invalid_sdp")),
        (Some("*"), "", problem(400, "invalid_sdp")),
        (Some("*"), "a=ice-ufrag:abcd", problem(400, "invalid_sdp")),
        (Some("*"), &two, problem(422, "not_supported")),
    ];
    for (given, body, wanted) in refused {
        assert_eq!(client.patch(&location, given, body).await.problem(), wanted, "{given:?} {body}");
    }
    let weak = format!("W/{tag}");
    let weak = client.patch(&location, Some(&weak), CANDIDATES).await;
    assert_eq!(weak.problem(), problem(412, "precondition_failed"), "a weak tag never matches");
    let several = format!("\"another\", {tag}");
    assert_eq!(client.patch(&location, Some(&several), CANDIDATES).await.status, 204);
    let named = client.patch(&location, Some("*"), "a=ice-options:trickle\r\nnonsense").await;
    assert!(named.body.contains("line 2"), "{}", named.body);
    let as_sdp = server.request(Method::PATCH, &location).bearer_auth(&client.token).header("content-type", SDP);
    let as_sdp = Answered::of(as_sdp.header("if-match", "*").body(offer.clone())).await;
    assert_eq!(as_sdp.problem(), problem(415, "unsupported_media_type"));
    let elsewhere = format!("{}/{}", client.endpoint(), "a".repeat(26));
    assert_eq!(client.patch(&elsewhere, Some("*"), &good).await.problem(), problem(404, "not_found"));
    assert_eq!(client.delete(&elsewhere).await.problem(), problem(404, "not_found"));
    let wrong = server.request(Method::DELETE, &location).bearer_auth("0".repeat(64));
    assert_eq!(Answered::of(wrong).await.status, 401);
    // None of it touched the connection.
    assert_eq!(client.patch(&location, Some(&tag), CANDIDATES).await.status, 204);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_elsewhere_may_use_it_and_no_one_goes_before_consent() {
    let server = scripted_server(&[("API_KEY", "a-platform-key"), ("SECRET_KEY", &"s".repeat(32))]).await;
    let preflight = server.request(Method::OPTIONS, "/api/interview/ses_x/whip").header("origin", "https://a.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    let preflight = preflight.header("access-control-request-headers", "authorization,content-type");
    let preflight = Answered::of(preflight).await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert_eq!(preflight.header("accept-post"), SDP);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert!(preflight.header("access-control-allow-methods").contains("PATCH"));
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    let of_resource = Answered::of(server.request(Method::OPTIONS, "/api/interview/ses_x/whip/y")).await;
    assert_eq!((of_resource.header("accept-patch"), of_resource.header("accept-post")), (FRAGMENT, ""));
    let of_another = Answered::of(server.request(Method::OPTIONS, "/api/interview/ses_x/status")).await;
    assert_eq!(of_another.header("accept-post"), "");

    let as_platform = |method, path: &str| server.request(method, path).header("x-api-key", "a-platform-key");
    let (status, invite) =
        answer(as_platform(Method::POST, "/api/v1/interviews/tryout/invites").json(&json!({}))).await;
    assert_eq!(status, 201, "{invite}");
    let (_, started) = server.post("/api/interview/start", json!({"invite": text(&invite, "code")})).await;
    let (id, token) = (text(&started, "session_id"), text(&started, "token"));
    let client = Whip::of_session(&server, id, token).await;
    let offer = client.peer.offer(false).await.unwrap();
    assert_eq!(client.post(SDP, &offer).await.problem(), problem(409, "consent_required"));
    let version = started["consent"]["version"].clone();
    let agreed = as_platform(Method::POST, &format!("/api/interview/{}/consent", client.id));
    assert_eq!(answer(agreed.json(&json!({"version": version}))).await.0, 200);
    let made = server.request(Method::POST, &client.endpoint()).header("origin", "https://a.example");
    let made = Answered::of(made.bearer_auth(&client.token).header("content-type", SDP).body(offer)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let exposed = made.header("access-control-expose-headers").to_lowercase();
    assert!(["location", "etag", "link", "retry-after"].iter().all(|name| exposed.contains(name)), "{exposed}");
    server.stop().await;
}
