//! Who may connect, what is refused, and what hostile frames do.

use super::rig::{BETA, Client, Shared};
use crate::support::server::TestServer;
use jiff::{Timestamp, ToSpan};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};
use viva::{
    domain::{auth::Owner, id::SessionId},
    relay::secret::{self, Grant},
    store::Store,
    wire::realtime::SessionConfig,
};

const PATH: &str = "/v1/realtime?model=gpt-realtime";
const KEY: &str = "a-platform-key-1";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

fn jwt(sub: &str, lives_s: i64) -> String {
    let claims = json!({"sub": sub, "exp": Timestamp::now().as_second() + lives_s});
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// What a client is told that is turned away: the error's code, and the close.
async fn turned_away(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> (Value, u16, String) {
    let mut client = Client::connect(server, path, headers).await.expect("the upgrade");
    let error = client.error().await;
    let (code, reason) = client.closed().await;
    (error["code"].clone(), code, reason)
}

async fn let_in(server: &TestServer, path: &str, headers: &[(&str, &str)]) {
    let mut client = Client::connect(server, path, headers).await.expect("the upgrade");
    client.until("session.created").await;
    client.leave().await;
}

#[tokio::test]
async fn every_kind_of_credential_opens_and_no_wrong_one() {
    let server = TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET)]).await;
    let ann = format!("Bearer {}", jwt("ann", 600));
    let key = format!("Bearer {KEY}");
    for header in [("authorization", ann.as_str()), ("authorization", &key), ("x-api-key", KEY)] {
        let_in(&server, PATH, &[header]).await;
    }
    let minted = server.request(Method::POST, "/v1/realtime/client_secrets").header("authorization", &key);
    let (status, body) = crate::support::server::answer(minted.json(&json!({}))).await;
    assert_eq!(status, 200, "{body}");
    let ek = body["value"].as_str().unwrap();
    let_in(&server, PATH, &[("authorization", &format!("Bearer {ek}"))]).await;
    let_in(&server, &format!("{PATH}&client_secret={ek}"), &[]).await;
    let protocols = format!("realtime, openai-insecure-api-key.{ek}");
    let_in(&server, PATH, &[("sec-websocket-protocol", &protocols)]).await;

    let wrong = (json!("invalid_api_key"), 3_000, "invalid_request_error.invalid_api_key".to_owned());
    let expired = format!("Bearer {}", jwt("ann", -600));
    let unknown = format!("Bearer ek_{}", "0".repeat(64));
    let candidate = format!("Bearer {}", "0".repeat(64));
    for value in [expired.as_str(), &unknown, &candidate, "Bearer a.b.c", "Bearer ek_", &key[..9]] {
        assert_eq!(turned_away(&server, PATH, &[("authorization", value)]).await, wrong, "{value}");
    }
    assert_eq!(turned_away(&server, PATH, &[("x-api-key", "another-key-1")]).await, wrong);
    assert_eq!(turned_away(&server, &format!("{PATH}&client_secret=ek_1"), &[]).await, wrong);
    let none = (Value::Null, 3_000, "invalid_request_error".to_owned());
    assert_eq!(turned_away(&server, PATH, &[]).await, none);
    assert_eq!(turned_away(&server, PATH, &[("authorization", "Basic abc")]).await, none);
    let no_model = (json!("missing_model"), 4_000, "invalid_request_error.missing_model".to_owned());
    assert_eq!(turned_away(&server, "/v1/realtime", &[("x-api-key", KEY)]).await, no_model);
    let (code, close, _) = turned_away(&server, "/v1/realtime?model=", &[("x-api-key", KEY)]).await;
    assert_eq!((code, close), (json!("invalid_model"), 4_000));
    server.stop().await;
}

#[tokio::test]
async fn the_keys_of_both_endpoints_open_and_expire() {
    let shared = Shared::start(&[]).await;
    let server = &shared.server;
    let (status, body) = server
        .post(
            "/v1/realtime/client_secrets",
            json!({"expires_after": {"anchor": "created_at", "seconds": 20},
            "session": {"type": "realtime", "model": "gpt-realtime-2", "audio": {"output": {"voice": "cedar"}}}}),
        )
        .await;
    assert_eq!(status, 200, "{body}");
    let left_s = body["expires_at"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((15..=20).contains(&left_s), "{left_s}");
    assert_eq!(body["session"]["audio"]["output"]["voice"], "cedar");
    assert!(body["session"]["id"].as_str().unwrap().starts_with("sess_"));
    // The key knows the model: the address need not name one.
    let header = format!("Bearer {}", body["value"].as_str().unwrap());
    let mut client = Client::connect(server, "/v1/realtime", &[("authorization", &header)]).await.unwrap();
    let created = client.until("session.created").await;
    assert_eq!(created["session"]["model"], "gpt-realtime-2");
    assert_eq!(created["session"]["audio"]["output"]["voice"], "cedar");

    let beta = json!({"model": "gpt-4o-realtime-preview", "voice": "alloy", "modalities": ["text", "audio"],
        "input_audio_format": "pcm16", "turn_detection": null});
    let (status, body) = server.post("/v1/realtime/sessions", beta).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&body["object"], &body["voice"]), (&json!("realtime.session"), &json!("alloy")));
    assert_eq!(body["input_audio_format"], "pcm16");
    let header = format!("Bearer {}", body["client_secret"]["value"].as_str().unwrap());
    let_in(server, PATH, &[("authorization", &header), BETA]).await;

    let bad = [
        (json!({"expires_after": {"seconds": 9}}), "/expires_after/seconds"),
        (json!({"expires_after": {"seconds": 7_201}}), "/expires_after/seconds"),
        (json!({"expires_after": {"anchor": "later"}}), "/expires_after/anchor"),
        (
            json!({"session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16_000}}}}}),
            "/session/audio/input/format/rate",
        ),
        (
            json!({"session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}}),
            "/session/audio/input/format/type",
        ),
        (json!({"session": {"model": ""}}), "/session/model"),
        (json!({"session": {"instructions": 7}}), "/session"),
        (json!({"session": 7}), "/session"),
    ];
    for (body, pointer) in bad {
        let (status, answer) = server.post("/v1/realtime/client_secrets", body.clone()).await;
        assert_eq!((status, &answer["errors"][0]["pointer"]), (400, &json!(pointer)), "{body} {answer}");
    }

    let now = Timestamp::now();
    let grant = Grant {
        owner: Owner::Local,
        user_id: None,
        session_id: None,
        session: SessionConfig::default(),
        plan: None,
        expires_at: now - 1.seconds(),
    };
    let old = secret::mint(&shared.store, grant, now - 60.seconds()).await.unwrap();
    let header = format!("Bearer {}", old.value);
    assert_eq!(turned_away(server, PATH, &[("authorization", &header)]).await.0, "invalid_api_key");
    shared.server.stop().await;
}

/// The status of a refused upgrade.
async fn refused(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> u16 {
    match Client::connect(server, path, headers).await {
        Err(Error::Http(response)) => {
            assert!(response.headers().contains_key("retry-after"));
            response.status().as_u16()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was let in"),
    }
}

#[tokio::test]
async fn places_are_limited_in_all_and_for_each_user() {
    let variables = [("API_KEY", KEY), ("SECRET_KEY", SECRET), ("VIVA_SOCKETS_MAX", "10")];
    let server = TestServer::start(&variables).await;
    let ann = format!("Bearer {}", jwt("ann", 600));
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(Client::connect(&server, PATH, &[("authorization", &ann)]).await.expect("a place"));
    }
    assert_eq!(refused(&server, PATH, &[("authorization", &ann)]).await, 429);
    for _ in 0..2 {
        clients.push(Client::connect(&server, PATH, &[("x-api-key", KEY)]).await.expect("a place"));
    }
    assert_eq!(refused(&server, PATH, &[("x-api-key", KEY)]).await, 503);
    for client in &mut clients {
        client.until("session.created").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn beta_clients_are_refused_where_it_is_configured() {
    let server = TestServer::start(&[("VIVA_REJECT_BETA", "1")]).await;
    let (code, close, reason) = turned_away(&server, PATH, &[BETA]).await;
    assert_eq!((code, close), (json!("beta_api_shape_disabled"), 4_000));
    assert_eq!(reason, "invalid_request_error.beta_api_shape_disabled");
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(json!({"type": "session.update", "session": {"voice": "alloy"}})).await;
    let error = client.error().await;
    assert_eq!((&error["code"], &error["param"]), (&json!("missing_required_parameter"), &json!("session.type")));
    server.stop().await;
}

/// Texts that are no event, or a wrong one, and the error's code.
const HOSTILE: &[(&str, &str)] = &[
    ("", "invalid_json"),
    ("{", "invalid_json"),
    ("[]", "missing_required_parameter"),
    ("7", "missing_required_parameter"),
    (r#"{"type":7}"#, "missing_required_parameter"),
    (r#"{"type":"session.close"}"#, "invalid_value"),
    (r#"{"type":"output_audio_buffer.clear"}"#, "invalid_value"),
    (r#"{"type":"input_audio_buffer.append"}"#, "invalid_value"),
    (r#"{"type":"input_audio_buffer.append","audio":7}"#, "invalid_value"),
    (r#"{"type":"input_audio_buffer.append","audio":"!!"}"#, "invalid_value"),
    (r#"{"type":"conversation.item.create"}"#, "invalid_value"),
    (
        concat!(
            r#"{"type":"conversation.item.create","item":{"type":"message","role":"assistant","#,
            r#""content":[{"type":"output_audio","audio":"AA=="}]}}"#
        ),
        "invalid_value",
    ),
    (r#"{"type":"conversation.item.retrieve","item_id":"none"}"#, "item_retrieve_invalid_item_id"),
    (r#"{"type":"conversation.item.truncate","item_id":"none","audio_end_ms":1e300}"#, "item_truncate_invalid_item_id"),
    (
        concat!(
            r#"{"type":"session.update","session":{"type":"realtime","audio":{"input":"#,
            r#"{"format":{"type":"audio/pcm","rate":16000}}}}}"#
        ),
        "integer_below_min_value",
    ),
    (
        concat!(
            r#"{"type":"session.update","session":{"type":"realtime","audio":{"input":"#,
            r#"{"format":{"type":"audio/pcmu"}}}}}"#
        ),
        "invalid_value",
    ),
    (
        concat!(
            r#"{"type":"session.update","session":{"type":"realtime","audio":{"input":"#,
            r#"{"turn_detection":{"type":"psychic"}}}}}"#
        ),
        "invalid_value",
    ),
    (r#"{"type":"session.update","session":7}"#, "invalid_value"),
    (r#"{"type":"session.update"}"#, "invalid_value"),
];

#[tokio::test]
async fn hostile_frames_are_answered_and_harm_nobody() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    for (text, code) in HOSTILE {
        client.send_text((*text).to_owned()).await;
        assert_eq!(client.error().await["code"], *code, "{text}");
    }
    let long_id = json!({"type": "response.cancel", "event_id": "x".repeat(513)});
    client.send(long_id).await;
    assert_eq!(client.error().await["code"], "string_above_max_length");
    let deep = format!(r#"{{"type":"session.update","session":{}{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    client.send_text(deep).await;
    assert_eq!(client.error().await["code"], "invalid_json");
    let long = json!({"type": "session.update", "session": {"type": "realtime", "instructions": "x".repeat(2 << 20)}});
    client.send(long).await;
    assert_eq!(client.error().await["code"], "message_too_long");
    client.send_message(Message::binary(vec![0; 100])).await;
    assert_eq!(client.error().await["code"], "invalid_event");
    // It goes on as if nothing had been.
    client.send(json!({"type": "response.create", "response": {"output_modalities": ["text"]}})).await;
    client.until("response.done").await;
    // More than any event may have: the connection ends, the server does not.
    client.try_send(Message::text("x".repeat(17 << 20))).await;
    assert!(client.next().await.is_none());
    let_in(&server, PATH, &[]).await;
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_is_over_or_unknown_is_not_joined() {
    let shared = Shared::start(&[]).await;
    let (session_id, secret) = shared.session(None).await;
    let other = shared.secret(&SessionId::from_random([9; 16]), None).await;
    let mut client = shared.connect(&other).await;
    assert_eq!(client.error().await["code"], "session_ended");
    assert_eq!(client.closed().await.0, 4_000);
    // The newer connection wins.
    let mut first = shared.connect(&secret).await;
    first.until("session.created").await;
    let mut second = shared.connect(&secret).await;
    second.until("session.created").await;
    assert_eq!(first.closed().await.0, 1_000);
    second.leave().await;
    let end = viva::domain::session::Change::Status {
        status: viva::domain::session::Status::Ended,
        end_reason: Some(viva::domain::session::EndReason::PlatformEnded),
    };
    shared.store.apply(&session_id, 1_000_000, Timestamp::now(), vec![end]).await.unwrap();
    let mut client = shared.connect(&secret).await;
    assert_eq!(client.error().await["code"], "session_ended");
    shared.server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    let (error, _) = tokio::join!(
        async {
            let error = client.error().await;
            assert_eq!(client.closed().await.0, 1_001);
            error
        },
        server.stop()
    );
    assert_eq!(error["code"], "server_draining");
}

#[tokio::test]
async fn a_conversation_ends_at_its_maximum_duration() {
    let server = TestServer::start(&[("VIVA_SESSION_MINUTES_MAX", "1")]).await;
    let mut client = Client::local(&server, &[]).await;
    let created = client.until("session.created").await;
    let left_s = created["session"]["expires_at"].as_i64().unwrap() - Timestamp::now().as_second();
    assert!((50..=60).contains(&left_s), "{left_s}");
    server.stop().await;
}
