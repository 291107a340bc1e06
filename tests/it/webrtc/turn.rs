//! `GET /api/v1/webrtc/turn-credentials`, and the ICE servers of interviews.

use super::{PLATFORM, assert_problem, call, server, strangers};
use crate::support::{
    fake::{Fake, Reply},
    server::{TestServer, answer, text},
    signaling::Peer,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/webrtc/turn-credentials";
const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// The answer that Twilio documents, with the contract's servers in it.
fn documented() -> String {
    let relay =
        |url: &str| json!({"url": url, "username": "twilio_username", "urls": url, "credential": "twilio_credential"});
    let stun = "stun:global.stun.twilio.com:3478?transport=udp";
    json!({
        "username": "twilio_username", "password": "twilio_credential", "account_sid": ACCOUNT, "ttl": "86400",
        "date_created": "Fri, 01 May 2020 01:42:57 +0000", "date_updated": "Fri, 01 May 2020 01:42:57 +0000",
        "ice_servers": [
            {"url": stun, "urls": stun},
            relay("turn:global.turn.twilio.com:3478?transport=udp"),
            relay("turn:global.turn.twilio.com:3478?transport=tcp"),
            relay("turn:global.turn.twilio.com:443?transport=tcp"),
        ],
    })
    .to_string()
}

fn twilio(url: &str) -> [(&str, &str); 3] {
    [("TWILIO_ACCOUNT_SID", ACCOUNT), ("TWILIO_AUTH_TOKEN", "twilio-token-for-tests"), ("TWILIO_API_URL", url)]
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

async fn ann(server: &TestServer) -> (u16, Value) {
    answer(call(server, Method::GET, PATH, "ann")).await
}

#[tokio::test]
async fn twilios_servers_come_in_the_contracts_shape() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let server = server(&twilio(&fake.url)).await;
    let response = call(&server, Method::GET, PATH, "ann").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
    let body: Value = response.json().await.unwrap();
    let relay =
        |url: &str| json!({"url": url, "username": "twilio_username", "urls": url, "credential": "twilio_credential"});
    let expected = json!({
        "iceServers": [
            {"url": "stun:global.stun.twilio.com:3478?transport=udp",
             "urls": "stun:global.stun.twilio.com:3478?transport=udp"},
            relay("turn:global.turn.twilio.com:3478?transport=udp"),
            relay("turn:global.turn.twilio.com:3478?transport=tcp"),
            relay("turn:global.turn.twilio.com:443?transport=tcp"),
        ],
        "ttl": 86_400,
    });
    assert_eq!(body, expected, "the contract's own example");
    let [asked] = fake.asked().try_into().expect("one call");
    assert_eq!(asked.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Tokens.json"));
    assert_eq!(asked.authorization, basic(ACCOUNT, "twilio-token-for-tests"));
    assert_eq!(asked.body, "Ttl=86400");
    server.stop().await;
}

#[tokio::test]
async fn an_api_key_signs_instead_of_the_account() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let variables = [
        ("TWILIO_ACCOUNT_SID", ACCOUNT),
        ("TWILIO_API_KEY", "SK1"),
        ("TWILIO_API_SECRET", "secret-of-the-key"),
        ("TWILIO_API_URL", &fake.url),
    ];
    let server = server(&variables).await;
    assert_eq!(ann(&server).await.0, 200);
    let asked = &fake.asked()[0];
    assert_eq!(asked.authorization, basic("SK1", "secret-of-the-key"));
    assert!(asked.path.contains(ACCOUNT), "the path has the account all the same");
    server.stop().await;
}

#[tokio::test]
async fn a_user_in_a_loop_is_asked_for_once_and_nothing_is_shared() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let server = server(&twilio(&fake.url)).await;
    for _ in 0..5 {
        let (status, body) = ann(&server).await;
        let ttl = body["ttl"].as_u64().expect("seconds");
        assert!(status == 200 && (86_000..=86_400).contains(&ttl), "{body}");
    }
    assert_eq!(fake.asked().len(), 1);
    assert_eq!(answer(call(&server, Method::GET, PATH, "ben")).await.0, 200);
    assert_eq!(fake.asked().len(), 2, "another user has others");
    for calls in [3, 4] {
        let platform = server.request(Method::GET, PATH).header("x-api-key", PLATFORM);
        assert_eq!(answer(platform).await.0, 200);
        assert_eq!(fake.asked().len(), calls, "a platform asks for somebody else each time");
    }
    server.stop().await;
}

/// The code is the capability: a guest has nothing else.
#[tokio::test]
async fn whoever_knows_a_room_gets_servers_and_a_room_asks_twilio_once() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let server = server(&twilio(&fake.url)).await;
    let made = async |body: Value| {
        let request = server.request(Method::POST, "/api/rooms").header("x-api-key", PLATFORM);
        text(&answer(request.json(&body)).await.1, "room_code")
    };
    let ask = |code: &str| answer(server.request(Method::GET, &format!("/api/rooms/{code}/ice-servers")));
    let code = made(json!({"max_participants": 2})).await;
    for _ in 0..3 {
        let (status, body) = ask(&code).await;
        let servers = body["iceServers"].as_array().expect("servers");
        assert_eq!((status, servers.len(), &servers[1]["credential"]), (200, 4, &json!("twilio_credential")), "{body}");
        assert_eq!(body["ice_servers"], body["iceServers"]);
        assert!(body["ttl"].as_u64().is_some_and(|ttl| (14_000..=14_400).contains(&ttl)), "{body}");
    }
    assert_eq!((fake.asked().len(), fake.asked()[0].body.as_str()), (1, "Ttl=14400"));
    assert_eq!(ask(&made(json!({})).await).await.0, 200);
    assert_eq!(fake.asked().len(), 2, "another room has others");
    let _guests = [Peer::in_room(&server.url, &code, "Ann").await, Peer::in_room(&server.url, &code, "Ben").await];
    assert_problem(&ask(&code).await, 409, "room_full");
    let closed = server.request(Method::DELETE, &format!("/api/rooms/{code}")).header("x-api-key", PLATFORM);
    assert_eq!(answer(closed).await.0, 200);
    assert_problem(&ask(&code).await, 409, "room_closed");
    assert_problem(&ask("zzzzzz").await, 404, "not_found");
    assert_problem(&ask("not-a-code").await, 404, "not_found");
    assert_eq!(fake.asked().len(), 2, "nobody is asked for who may not come in");
    server.stop().await;
}

/// Each way to fail: what is answered without and with something to fall back to, and how often Twilio is asked.
#[tokio::test]
async fn whatever_twilio_does_the_answer_is_bounded_and_says_what_to_do() {
    let failing = |status: u16| Reply::Json(status, json!({"code": 20_500, "message": "no"}).to_string());
    let cases = [
        (failing(500), 502, "upstream_failed", 2),
        (failing(401), 502, "upstream_failed", 1),
        (Reply::Later(429, "30", "{}".to_owned()), 502, "upstream_failed", 1),
        (Reply::Later(503, "0", "{}".to_owned()), 502, "upstream_failed", 2),
        (Reply::Json(201, "<html>".to_owned()), 502, "upstream_failed", 1),
        (Reply::Json(201, json!({"ice_servers": [], "ttl": "60"}).to_string()), 502, "upstream_failed", 1),
        (Reply::Endless, 502, "upstream_failed", 1),
        (Reply::Moved("http://127.0.0.1:9/".to_owned()), 502, "upstream_failed", 1),
        (Reply::Silence, 504, "upstream_timeout", 2),
        (Reply::Half, 504, "upstream_timeout", 2),
    ];
    let checks = cases.map(|(reply, status, code, calls)| async move {
        let what = format!("{reply:?}");
        let fake = Fake::always(reply).await;
        let alone = server(&twilio(&fake.url)).await;
        let begun = std::time::Instant::now();
        let answered = ann(&alone).await;
        assert!(begun.elapsed().as_secs() < 8, "{what}: {:?}", begun.elapsed());
        assert_problem(&answered, status, code);
        assert!(text(&answered.1, "detail").contains("TURN_SERVER"), "{what}: the remedy is named");
        assert_eq!(fake.asked().len(), calls, "{what}");
        assert_problem(&ann(&alone).await, status, code);
        assert_eq!(fake.asked().len(), calls, "{what}: Twilio is left alone for a moment");
        let start = alone.request(Method::POST, "/api/interview/start").header("x-api-key", PLATFORM);
        let (started, body) = answer(start.json(&json!({"user_id": "ann"}))).await;
        assert_eq!((started, &body["ice_servers"]), (200, &json!([])), "{what}: an interview begins all the same");
        alone.stop().await;

        let coturn = [("TURN_SERVER", "turn.example"), ("TURN_SECRET", "a-shared-secret-of-coturn")];
        let backed = server(&[&twilio(&fake.url)[..], &coturn].concat()).await;
        let (status, body) = ann(&backed).await;
        assert_eq!(
            (status, body["iceServers"][1]["url"].as_str()),
            (200, Some("turn:turn.example:3478?transport=udp"))
        );
        assert_eq!(body["ttl"], 86_400, "{what}");
        backed.stop().await;
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn a_twilio_that_recovers_within_one_request_is_not_noticed() {
    let fake = Fake::start(|_, before| match before {
        0 => Reply::Json(500, "{}".to_owned()),
        _ => Reply::Json(201, documented()),
    })
    .await;
    let server = server(&twilio(&fake.url)).await;
    assert_eq!(ann(&server).await.0, 200);
    assert_eq!(fake.asked().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn without_twilio_coturn_gets_credentials_that_name_nobody() {
    let variables = [
        ("TURN_SERVER", "turn.example"),
        ("TURN_SECRET", "a-shared-secret-of-coturn"),
        ("VIVA_STUN_URLS", "stun:stun.example:3478"),
    ];
    let server = server(&variables).await;
    let (status, body) = ann(&server).await;
    assert_eq!((status, &body["ttl"]), (200, &json!(86_400)));
    let urls: Vec<&str> =
        body["iceServers"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap()).collect();
    assert_eq!(
        urls,
        [
            "stun:turn.example:3478",
            "stun:stun.example:3478",
            "turn:turn.example:3478?transport=udp",
            "turn:turn.example:3478?transport=tcp"
        ]
    );
    let relay = &body["iceServers"][2];
    assert_eq!(relay["url"], relay["urls"]);
    let username = text(relay, "username");
    let (expires, name) = username.split_once(':').expect("a time and a name");
    let left = expires.parse::<u64>().unwrap() - jsonwebtoken::get_current_timestamp();
    assert!((86_390..=86_400).contains(&left), "{left}");
    assert!(name.starts_with("usr_") && !name.contains("ann"), "{name}");
    let again = ann(&server).await.1;
    assert!(text(&again["iceServers"][2], "username").ends_with(name), "coturn's quota counts a user as one");
    let expected = viva::domain::ice::Credential::new(b"a-shared-secret-of-coturn", name, expires.parse().unwrap());
    assert_eq!(text(relay, "credential"), expected.password);
    let platform = || answer(server.request(Method::GET, PATH).header("x-api-key", PLATFORM));
    let name_of = |body: &Value| text(&body["iceServers"][2], "username");
    assert_ne!(name_of(&platform().await.1), name_of(&platform().await.1), "a platform's users do not share a quota");
    server.stop().await;
}

#[tokio::test]
async fn without_a_relay_there_is_stun_or_nothing() {
    let server = server(&[("VIVA_STUN_URLS", "stun:stun.example:3478")]).await;
    let stun = "stun:stun.example:3478";
    assert_eq!(ann(&server).await, (200, json!({"iceServers": [{"url": stun, "urls": stun}], "ttl": 86_400})));
    server.stop().await;
    let open = TestServer::start(&[]).await;
    assert_eq!(open.get(PATH).await, (200, json!({"iceServers": [], "ttl": 86_400})));
    open.stop().await;
}

#[tokio::test]
async fn an_interview_gets_twilios_servers_and_says_how_long_they_hold() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let server = TestServer::start(&twilio(&fake.url)).await;
    let (id, _) = server.session("tryout").await;
    let (status, body) = server.get(&format!("/api/interview/{id}/ice-servers")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["iceServers"], body["ice_servers"]);
    assert_eq!(body["iceServers"].as_array().map(Vec::len), Some(4));
    assert_eq!(body["iceServers"][1]["username"], "twilio_username");
    // The longest session and ten minutes; Twilio is asked for as much.
    assert!((4_190..=4_200).contains(&body["ttl"].as_u64().unwrap()), "{body}");
    let [asked] = fake.asked().try_into().expect("start and ice-servers give the same");
    assert_eq!(asked.body, "Ttl=4200");
    server.stop().await;
}

#[tokio::test]
async fn strangers_get_nothing() {
    let fake = Fake::always(Reply::Json(201, documented())).await;
    let server = server(&twilio(&fake.url)).await;
    let answers = strangers(&server, || server.request(Method::GET, PATH)).await;
    for (answered, (status, code)) in
        answers.iter().zip([(401, "unauthorized"), (401, "unauthorized"), (401, "unauthorized"), (404, "not_found")])
    {
        assert_problem(answered, status, code);
    }
    assert_eq!(fake.asked().len(), 1, "only for the candidate's own session");
    server.stop().await;
}
