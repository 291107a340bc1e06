//! Every message and every error of both WebSocket dialects, over real sockets.

use crate::support::{
    server::{TestServer, answer, text},
    signaling::{Peer, SECRET, handshake, token},
};
use futures_util::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

const KEY: &str = "platform-key-for-tests";

async fn server() -> TestServer {
    TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET)]).await
}

async fn room(server: &TestServer, body: Value) -> String {
    let (status, room) = answer(server.request(Method::POST, "/api/rooms").header("x-api-key", KEY).json(&body)).await;
    assert_eq!(status, 201, "{room}");
    text(&room, "room_code")
}

async fn user_joins(server: &TestServer, code: &str, name: &str) -> (u16, Value) {
    answer(server.request(Method::POST, &format!("/api/rooms/{code}/join")).bearer_auth(token(name))).await
}

fn envelope(kind: &str, payload: Value) -> Value {
    json!({"type": kind, "payload": payload})
}

async fn assert_error(peer: &mut Peer, code: &str) {
    let message = peer.next().await;
    let body = if message["payload"].is_object() { &message["payload"] } else { &message };
    assert_eq!((message["type"].as_str(), body["code"].as_str()), (Some("error"), Some(code)), "{message}");
    assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{message}");
}

#[tokio::test]
async fn guests_meet_negotiate_and_part() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    let (mut ann, ann_id, joined) = Peer::in_room(&server.url, &code, "Ann").await;
    assert_eq!(joined, json!({"room_code": code, "socket_id": ann_id, "participants": []}));
    let (mut bob, bob_id) = Peer::guest(&server.url).await;
    let payload = json!({"room_code": code.to_uppercase(), "display_name": "Bob", "user_id": "student_456"});
    bob.send(envelope("join", payload)).await;
    let joined = bob.next().await;
    assert_eq!(joined["payload"]["participants"][0]["socket_id"], ann_id, "{joined}");
    let news = ann.next().await;
    assert_eq!(news["type"], "participant_joined");
    for (field, expected) in [("socket_id", bob_id.as_str()), ("display_name", "Bob"), ("user_id", "student_456")] {
        assert_eq!(news["payload"][field], expected, "{news}");
    }
    assert!(news["payload"]["joined_at"].is_string());
    for (kind, field, value) in [
        ("offer", "sdp", json!("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n")),
        ("answer", "sdp", json!({"type": "answer", "sdp": "v=0\r\n"})),
        ("ice_candidate", "candidate", json!({"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0})),
        ("ice_candidate", "candidate", Value::Null),
    ] {
        ann.send(envelope(kind, json!({"target": bob_id, "sender": "forged", field: value}))).await;
        let expected = envelope(kind, json!({"target": bob_id, "sender": ann_id, field: value}));
        assert_eq!(bob.next().await, expected);
        bob.send(envelope(kind, json!({field: value}))).await;
        assert_eq!(ann.next().await, envelope(kind, json!({"sender": bob_id, field: value})), "without target: to all");
    }
    bob.send(envelope("leave", json!({}))).await;
    let news = ann.next().await;
    assert_eq!((news["type"].as_str(), &news["payload"]["socket_id"]), (Some("participant_left"), &json!(bob_id)));
    bob.send(envelope("join", json!({"room_code": code, "display_name": "Bob"}))).await;
    assert_eq!(bob.next().await["type"], "room_joined", "one may come back");
    assert_eq!(ann.next().await["type"], "participant_joined");
    drop(bob);
    assert_eq!(ann.next().await["type"], "participant_left", "a lost socket is a departure");
    server.stop().await;
}

#[tokio::test]
async fn extensions_work_in_the_envelope_dialect() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    let (mut ann, ann_id, _) = Peer::in_room(&server.url, &code, "Ann").await;
    let (mut bob, bob_id, _) = Peer::in_room(&server.url, &code, "Bob").await;
    ann.next().await;
    ann.send(envelope("chat", json!({"text": "hello"}))).await;
    let expected = json!({"sender": ann_id, "text": "hello", "display_name": "Ann"});
    assert_eq!(bob.next().await, envelope("chat", expected));
    bob.send(envelope("heartbeat", json!({}))).await;
    assert_eq!(bob.next().await, envelope("heartbeat_response", json!({})));
    bob.send(envelope("presence", json!({}))).await;
    let presence = bob.next().await;
    let ids: Vec<&Value> =
        presence["payload"]["participants"].as_array().unwrap().iter().map(|one| &one["socket_id"]).collect();
    assert_eq!(ids, [&json!(ann_id), &json!(bob_id)]);
    server.stop().await;
}

#[tokio::test]
async fn mistakes_are_answered_and_the_socket_lives_on() {
    let server = server().await;
    let code = room(&server, json!({"max_participants": 2})).await;
    let (mut ann, _, _) = Peer::in_room(&server.url, &code, "Ann").await;
    for (message, expected) in [
        ("nonsense".to_owned(), "invalid_request"),
        (json!({"type": "dance"}).to_string(), "invalid_request"),
        (envelope("offer", json!({"target": "x"})).to_string(), "invalid_request"),
        (envelope("offer", json!({"target": "nobody", "sdp": "x"})).to_string(), "not_found"),
        (envelope("join", json!({"room_code": code})).to_string(), "conflict"),
        (envelope("chat", json!({"text": ""})).to_string(), "invalid_request"),
    ] {
        ann.send_text(&message).await;
        assert_error(&mut ann, expected).await;
    }
    ann.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_error(&mut ann, "invalid_request").await;
    let (mut bob, _) = Peer::guest(&server.url).await;
    for (message, expected) in [
        (envelope("offer", json!({"sdp": "x"})), "conflict"),
        (envelope("leave", json!({})), "conflict"),
        (envelope("presence", json!({})), "conflict"),
        (envelope("join", json!({"room_code": "zzzzzz"})), "not_found"),
        (envelope("join", json!({"room_code": "room123"})), "not_found"),
        (envelope("join", json!({"room_code": code, "display_name": "x".repeat(81)})), "invalid_request"),
    ] {
        bob.send(message).await;
        assert_error(&mut bob, expected).await;
    }
    bob.send(envelope("join", json!({"room_code": code}))).await;
    assert_eq!(bob.next().await["type"], "room_joined");
    let (mut cleo, _) = Peer::guest(&server.url).await;
    cleo.send(envelope("join", json!({"room_code": code}))).await;
    assert_error(&mut cleo, "room_full").await;
    let closing = server.request(Method::DELETE, &format!("/api/rooms/{code}")).header("x-api-key", KEY);
    assert_eq!(answer(closing).await.0, 200);
    assert_eq!(ann.next().await["type"], "participant_joined");
    assert_error(&mut ann, "room_closed").await;
    assert_eq!(ann.closed().await.map(|frame| u16::from(frame.code)), Some(4410));
    cleo.send(envelope("join", json!({"room_code": code}))).await;
    assert_error(&mut cleo, "room_closed").await;
    server.stop().await;
}

#[tokio::test]
async fn users_signal_in_the_flat_dialect() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    assert_eq!(user_joins(&server, &code, "ann").await.0, 200);
    let mut ann = Peer::member(&server.url, &code, "ann").await;
    ann.send(json!({"type": "heartbeat"})).await;
    assert_eq!(ann.next().await, json!({"type": "heartbeat_response"}), "nothing unasked came before");
    let news = |kind: &str| json!({"type": kind, "username": "bob", "room_id": code, "display_name": "bob"});
    assert_eq!(user_joins(&server, &code, "bob").await.0, 200);
    assert_eq!(ann.next().await, news("user_joined"), "on joining over REST");
    let mut bob = Peer::member(&server.url, &code, "bob").await;
    assert_eq!(ann.next().await, news("user_joined"), "on connecting");
    for (kind, field, value) in [
        ("offer", "sdp", json!("v=0\r\n")),
        ("answer", "sdp", json!({"type": "answer", "sdp": "v=0\r\n"})),
        ("candidate", "candidate", json!({"candidate": "candidate:1", "sdpMid": "0"})),
    ] {
        ann.send(json!({"type": kind, "sender": "forged", "target": "bob", field: value})).await;
        assert_eq!(bob.next().await, json!({"type": kind, "sender": "ann", "target": "bob", field: value}));
    }
    bob.send(json!({"type": "chat", "sender": "bob", "text": "hi"})).await;
    assert_eq!(ann.next().await, json!({"type": "chat", "sender": "bob", "text": "hi", "display_name": "bob"}));
    bob.send(json!({"type": "presence"})).await;
    assert_eq!(bob.next().await, json!({"type": "presence", "room_id": code, "users": ["ann", "bob"]}));
    for (message, expected) in [
        ("[]".to_owned(), "invalid_request"),
        (json!({"type": "join", "room_code": code}).to_string(), "invalid_request"),
        (json!({"type": "offer", "target": "nobody", "sdp": "x"}).to_string(), "not_found"),
        (json!({"type": "authenticate", "token": "a.b.c"}).to_string(), "conflict"),
    ] {
        bob.send_text(&message).await;
        assert_error(&mut bob, expected).await;
    }
    drop(bob);
    assert_eq!(ann.next().await, news("user_left"), "on disconnecting");
    ann.send(json!({"type": "offer", "target": "bob", "sdp": "x"})).await;
    assert_error(&mut ann, "not_connected").await;
    let leaving = server.request(Method::POST, &format!("/api/rooms/{code}/leave")).bearer_auth(token("bob"));
    assert_eq!(answer(leaving).await.0, 200);
    assert_eq!(ann.next().await, news("user_left"), "on leaving over REST");
    let leaving = server.request(Method::POST, &format!("/api/rooms/{code}/leave")).bearer_auth(token("ann"));
    assert_eq!(answer(leaving).await.0, 200);
    assert_eq!(ann.closed().await.map(|frame| u16::from(frame.code)), Some(1000), "who leaves is disconnected");
    server.stop().await;
}

#[tokio::test]
async fn a_second_socket_of_a_user_takes_over() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    for name in ["ann", "bob"] {
        user_joins(&server, &code, name).await;
    }
    let mut ann = Peer::member(&server.url, &code, "ann").await;
    let mut old = Peer::member(&server.url, &code, "bob").await;
    assert_eq!(ann.next().await["type"], "user_joined");
    let mut new = Peer::member(&server.url, &code, "bob").await;
    assert_eq!(ann.next().await["type"], "user_left");
    assert_eq!(ann.next().await["type"], "user_joined");
    assert_eq!(old.closed().await.map(|frame| u16::from(frame.code)), Some(4409));
    ann.send(json!({"type": "offer", "target": "bob", "sdp": "x"})).await;
    assert_eq!(new.next().await["type"], "offer");
    server.stop().await;
}

/// Both dialects meet: a guest is called by its socket id, a user by name.
#[tokio::test]
async fn both_dialects_meet_in_one_room() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    user_joins(&server, &code, "ann").await;
    let mut ann = Peer::member(&server.url, &code, "ann").await;
    let (mut guest, guest_id, joined) = Peer::in_room(&server.url, &code, "Guest").await;
    let ann_id = joined["participants"][0]["socket_id"].as_str().expect("a socket").to_owned();
    assert_eq!(joined["participants"][0]["display_name"], "ann");
    let news = ann.next().await;
    assert_eq!((news["type"].as_str(), &news["username"]), (Some("user_joined"), &json!(guest_id)));
    ann.send(json!({"type": "offer", "target": guest_id, "sdp": "v=0"})).await;
    assert_eq!(guest.next().await, envelope("offer", json!({"sender": ann_id, "target": guest_id, "sdp": "v=0"})));
    guest.send(envelope("answer", json!({"target": ann_id, "type": "answer", "sdp": "v=0"}))).await;
    assert_eq!(ann.next().await, json!({"type": "answer", "sender": guest_id, "target": "ann", "sdp": "v=0"}));
    guest.send(envelope("ice_candidate", json!({"target": ann_id, "candidate": {"candidate": "c"}}))).await;
    let expected = json!({"type": "candidate", "sender": guest_id, "target": "ann", "candidate": {"candidate": "c"}});
    assert_eq!(ann.next().await, expected);
    drop(ann);
    let news = guest.next().await;
    assert_eq!((news["type"].as_str(), &news["payload"]["socket_id"]), (Some("participant_left"), &json!(ann_id)));
    user_joins(&server, &code, "bob").await;
    let _bob = Peer::member(&server.url, &code, "bob").await;
    let news = guest.next().await;
    assert_eq!(
        (news["type"].as_str(), &news["payload"]["user_id"]),
        (Some("participant_joined"), &json!("id-bob")),
        "news of who has a socket, and only then"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_member_proves_to_be_one() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    user_joins(&server, &code, "ann").await;
    let path = format!("/ws/signaling/{code}");
    let bearer = |name: &str| format!("Bearer {}", token(name));
    let refused = async |path: &str, header: &'static str, value: &str| {
        let opened = Peer::open(handshake(&server.url, path, &[(header, value)])).await;
        let (status, body) = opened.err().expect("a refusal");
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let expect = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(refused(&path, "authorization", "Bearer a.b.c").await, expect(401, "unauthorized"));
    assert_eq!(refused(&path, "authorization", "Basic eDp5").await, expect(401, "unauthorized"));
    assert_eq!(refused(&path, "sec-websocket-protocol", "viva.v1, bearer.a.b.c").await, expect(401, "unauthorized"));
    assert_eq!(refused(&path, "authorization", &bearer("bob")).await, expect(404, "not_found"), "not joined");
    assert_eq!(refused("/ws/signaling/zzzzzz", "authorization", &bearer("ann")).await, expect(404, "not_found"));
    let offered = format!("viva.v1, bearer.{}", token("ann"));
    let (mut peer, response) =
        Peer::open(handshake(&server.url, &path, &[("sec-websocket-protocol", &offered)])).await.expect("a socket");
    assert_eq!(response.headers().get("sec-websocket-protocol").map(|value| value.as_bytes()), Some(&b"viva.v1"[..]));
    peer.send(json!({"type": "heartbeat"})).await;
    assert_eq!(peer.next().await["type"], "heartbeat_response");
    let (mut late, _) = Peer::open(handshake(&server.url, &path, &[])).await.expect("a socket");
    late.send(json!({"type": "authenticate", "token": token("ann")})).await;
    assert_eq!(late.next().await, json!({"type": "authenticated", "room_id": code}));
    for (message, close) in [
        (json!({"type": "heartbeat"}), 4401),
        (json!({"type": "authenticate", "token": "a.b.c"}), 4401),
        (json!({"type": "authenticate", "token": token("bob")}), 4404),
    ] {
        let (mut peer, _) = Peer::open(handshake(&server.url, &path, &[])).await.expect("a socket");
        peer.send(message).await;
        assert_eq!(peer.next().await["type"], "error");
        assert_eq!(peer.closed().await.map(|frame| u16::from(frame.code)), Some(close));
    }
    let (mut silent, _) = Peer::open(handshake(&server.url, &path, &[])).await.expect("a socket");
    assert_error(&mut silent, "unauthorized").await;
    assert_eq!(silent.closed().await.map(|frame| u16::from(frame.code)), Some(4408), "5 s without a token");
    let plain = answer(server.request(Method::GET, &path)).await;
    assert_eq!((plain.0, plain.1["code"].as_str()), (400, Some("invalid_request")), "{}", plain.1);
    server.stop().await;
}

#[tokio::test]
async fn who_guesses_codes_is_stopped_and_who_knows_one_is_not_bothered_before() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    let (mut guesser, _) = Peer::guest(&server.url).await;
    let mut tried = 0;
    loop {
        guesser.send(envelope("join", json!({"room_code": format!("zz{tried:04}")}))).await;
        let answered = guesser.next().await["payload"]["code"].as_str().unwrap_or_default().to_owned();
        tried += 1;
        if answered == "rate_limited" {
            break;
        }
        assert_eq!(answered, "not_found");
        assert!(tried < 100, "codes can be guessed without end");
    }
    assert!(tried > 20, "a class that mistypes gets in: {tried}");
    guesser.send(envelope("join", json!({"room_code": code}))).await;
    assert_error(&mut guesser, "rate_limited").await;
    let (status, body) = user_joins(&server, &code, "ann").await;
    assert_eq!((status, body["code"].as_str()), (429, Some("rate_limited")), "REST shares the limit");
    server.stop().await;
}

#[tokio::test]
async fn sockets_are_bounded_in_number_size_and_speed() {
    let server = TestServer::start(&[("API_KEY", KEY), ("VIVA_SOCKETS_MAX", "3")]).await;
    let code = room(&server, json!({})).await;
    let (mut first, _, _) = Peer::in_room(&server.url, &code, "first").await;
    let (mut big, _) = Peer::guest(&server.url).await;
    let (mut fast, _) = Peer::guest(&server.url).await;
    let (status, body) = Peer::open(handshake(&server.url, "/ws", &[])).await.err().expect("a refusal");
    assert_eq!((status, body["code"].as_str()), (503, Some("at_capacity")));
    big.send_text(&"x".repeat(70_000)).await;
    big.closed().await;
    let heartbeat = json!({"type": "heartbeat"}).to_string();
    for _ in 0..1_200 {
        // The server may have hung up in the middle: that is what is asked for.
        if fast.socket.send(Message::text(heartbeat.as_str())).await.is_err() {
            break;
        }
    }
    assert_eq!(fast.closed().await.map(|frame| u16::from(frame.code)), Some(4429));
    first.send(json!({"type": "heartbeat"})).await;
    assert_eq!(first.next().await["type"], "heartbeat_response", "the others notice nothing");
    server.stop().await;
}

#[tokio::test]
async fn a_page_from_elsewhere_does_not_connect() {
    let server = TestServer::start(&[("API_KEY", KEY), ("ALLOWED_ORIGINS", "https://app.example")]).await;
    let with = |origin: &'static str| Peer::open(handshake(&server.url, "/ws", &[("origin", origin)]));
    assert_eq!(with("https://evil.example").await.err().map(|(status, _)| status), Some(403));
    assert!(with("https://app.example").await.is_ok());
    server.stop().await;
    let open = TestServer::start(&[]).await;
    let with = |origin: &'static str| Peer::open(handshake(&open.url, "/ws", &[("origin", origin)]));
    assert_eq!(with("https://evil.example").await.err().map(|(status, _)| status), Some(403));
    assert!(with("http://localhost:3000").await.is_ok());
    open.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = server().await;
    let code = room(&server, json!({})).await;
    let (mut inside, _, _) = Peer::in_room(&server.url, &code, "inside").await;
    let (mut outside, _) = Peer::guest(&server.url).await;
    server.stop().await;
    for peer in [&mut inside, &mut outside] {
        assert_eq!(peer.closed().await.map(|frame| u16::from(frame.code)), Some(1001));
    }
}
