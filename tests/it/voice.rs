//! Voice sessions: the contract's calls, whose they are, and when they end.

use crate::{
    support::{
        fake::{Fake, Reply},
        server::{TestServer, answer, text},
    },
    webrtc::{PLATFORM, assert_problem, call, server, strangers},
};
use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::Message;

const CONNECT: &str = "/api/voice/connect";
const SESSIONS: &str = "/api/voice/sessions";

async fn connect(server: &TestServer, sub: &str, session_id: &str) -> (u16, Value) {
    let body = json!({"sessionId": session_id, "userId": sub});
    answer(call(server, Method::POST, CONNECT, sub).json(&body)).await
}

async fn opened(server: &TestServer, sub: &str, session_id: &str) -> Value {
    let (status, body) = connect(server, sub, session_id).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn list(server: &TestServer, sub: &str, query: &str) -> Vec<Value> {
    let (status, body) = answer(call(server, Method::GET, &format!("{SESSIONS}{query}"), sub)).await;
    assert_eq!(status, 200, "{body}");
    body.as_array().expect("a bare array").clone()
}

fn ids(sessions: &[Value]) -> Vec<String> {
    sessions.iter().map(|session| text(session, "sessionId")).collect()
}

/// The contract's own calls, as printed, by a developer without configuration.
#[tokio::test]
async fn the_contracts_snippets_work_as_printed() {
    let server = TestServer::start(&[]).await;
    let begun = Timestamp::now();
    let (status, body) = server.post(CONNECT, json!({"sessionId": "test-session", "userId": "test-user"})).await;
    assert_eq!(status, 200, "{body}");
    let fields: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, BTreeSet::from(["wsUrl", "sessionId", "expiresAt"]));
    assert_eq!(body["sessionId"], "test-session");
    let address = text(&body, "wsUrl");
    let expected = format!("ws{}/v1/realtime?model=gpt-realtime-2.1&client_secret=ek_", &server.url[4..]);
    assert!(address.starts_with(&expected), "{address}");
    let lives: jiff::SignedDuration = text(&body, "expiresAt").parse::<Timestamp>().unwrap().duration_since(begun);
    assert!((1_790..=1_800).contains(&lives.as_secs()), "{lives}");

    let messages = json!([
        {"role": "user", "content": "Hello, I need help with my goals", "timestamp": "2024-01-01T12:00:00Z"},
        {"role": "assistant", "content": "I'd be happy to help you with your goals. What specific area would you like \
          to focus on?", "timestamp": "2024-01-01T12:00:05Z"},
    ]);
    let done = (200, json!({"success": true}));
    let path = format!("{SESSIONS}/test-session");
    assert_eq!(server.post(&format!("{path}/transcript"), json!({"messages": messages})).await, done);
    assert_eq!(server.get(&format!("{path}/transcript")).await.1["messages"], messages);
    assert_eq!(answer(server.request(Method::POST, &format!("{path}/end"))).await, done, "with an empty body");
    let (status, list) = server.get(&format!("{SESSIONS}?userId=test-user&limit=10")).await;
    assert_eq!(status, 200, "{list}");
    let [session] = list.as_array().unwrap().as_slice() else { panic!("one session: {list}") };
    assert_eq!(session["sessionId"], "test-session");
    assert_eq!((&session["userId"], &session["status"]), (&json!("test-user"), &json!("ended")));
    let time = |field: &str| text(session, field).parse::<Timestamp>().unwrap();
    assert!(time("createdAt") <= time("endedAt") && time("endedAt") <= Timestamp::now());
    server.stop().await;
}

#[tokio::test]
async fn a_session_is_its_users_and_the_rest_cannot_be_told_apart() {
    let server = server(&[]).await;
    opened(&server, "ann", "anns").await;
    let foreign = connect(&server, "ben", "anns").await;
    assert_problem(&foreign, 403, "forbidden");
    let as_ann = call(&server, Method::POST, CONNECT, "ben").json(&json!({"sessionId": "x", "userId": "ann"}));
    assert_problem(&answer(as_ann).await, 403, "forbidden");
    let others = answer(call(&server, Method::GET, &format!("{SESSIONS}?userId=ann"), "ben")).await;
    assert_problem(&others, 403, "forbidden");
    let calls =
        [(Method::POST, "/end"), (Method::GET, ""), (Method::GET, "/transcript"), (Method::POST, "/transcript")];
    for (method, tail) in &calls {
        let as_ben = async |id: &str| {
            let request = call(&server, method.clone(), &format!("{SESSIONS}/{id}{tail}"), "ben");
            let (status, mut body) = answer(request.json(&json!({"messages": []}))).await;
            body["request_id"] = Value::Null;
            (status, body)
        };
        let foreign = as_ben("anns").await;
        assert_problem(&foreign, 403, "forbidden");
        for unknown in ["nobodys", "not%20an%20id", "..%2f..", &"x".repeat(200)] {
            assert_eq!(as_ben(unknown).await, foreign, "{method} {tail} {unknown}");
        }
    }
    let interview = server.request(Method::POST, "/api/interview/start").header("x-api-key", PLATFORM);
    let started = answer(interview.json(&json!({"user_id": "ann"}))).await.1;
    assert_problem(&connect(&server, "ann", &text(&started, "session_id")).await, 403, "forbidden");

    // A platform acts for any user, and the user has it then.
    let platform = |request: RequestBuilder| answer(request.header("x-api-key", PLATFORM));
    let for_ben = server.request(Method::POST, CONNECT).json(&json!({"sessionId": "bens", "userId": "ben"}));
    assert_eq!(platform(for_ben).await.0, 200);
    assert_eq!(ids(&list(&server, "ben", "").await), ["bens"]);
    let wrong = server.request(Method::POST, CONNECT).json(&json!({"sessionId": "bens", "userId": "ann"}));
    assert_problem(&platform(wrong).await, 403, "forbidden");
    assert_eq!(platform(server.request(Method::GET, &format!("{SESSIONS}/anns"))).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn strangers_get_nothing() {
    let server = server(&[("VIVA_PUBLIC_START", "1")]).await;
    opened(&server, "ann", "anns").await;
    let body = json!({"sessionId": "anns", "userId": "ann", "messages": []});
    let calls = [
        (Method::POST, CONNECT.to_owned()),
        (Method::GET, format!("{SESSIONS}?userId=ann")),
        (Method::GET, format!("{SESSIONS}/anns")),
        (Method::POST, format!("{SESSIONS}/anns/end")),
        (Method::GET, format!("{SESSIONS}/anns/transcript")),
        (Method::POST, format!("{SESSIONS}/anns/transcript")),
    ];
    for (method, path) in &calls {
        let request = || {
            let request = server.request(method.clone(), path);
            if *method == Method::POST { request.json(&body) } else { request }
        };
        let answers = strangers(&server, request).await;
        for (answered, (status, code)) in answers.iter().zip([
            (401, "unauthorized"),
            (401, "unauthorized"),
            (401, "unauthorized"),
            (403, "forbidden"),
        ]) {
            assert_problem(answered, status, code);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn an_own_session_is_connected_again_until_it_has_ended() {
    let server = server(&[]).await;
    let first = opened(&server, "ann", "again").await;
    let second = opened(&server, "ann", "again").await;
    assert_ne!(first["wsUrl"], second["wsUrl"], "a fresh secret");
    let at = |body: &Value| text(body, "expiresAt").parse::<Timestamp>().unwrap();
    assert!(at(&second) >= at(&first));
    assert_eq!(list(&server, "ann", "").await.len(), 1, "it is the same session");
    let end = || answer(call(&server, Method::POST, &format!("{SESSIONS}/again/end"), "ann"));
    assert_eq!(end().await, (200, json!({"success": true})));
    let ended_at = list(&server, "ann", "").await[0]["endedAt"].clone();
    assert_eq!(end().await, (200, json!({"success": true})), "a second time changes nothing");
    assert_eq!(list(&server, "ann", "").await[0]["endedAt"], ended_at);
    assert_problem(&connect(&server, "ann", "again").await, 409, "session_ended");
    // Two at once for one id: one session, two addresses.
    let (one, two) = tokio::join!(connect(&server, "ann", "at-once"), connect(&server, "ann", "at-once"));
    assert_eq!((one.0, two.0), (200, 200), "{one:?} {two:?}");
    let (ann, ben) = tokio::join!(connect(&server, "ann", "contested"), connect(&server, "ben", "contested"));
    assert_eq!(BTreeSet::from([ann.0, ben.0]), BTreeSet::from([200, 403]), "an id has one user");
    server.stop().await;
}

#[tokio::test]
async fn bad_input_names_the_field() {
    let server = server(&[]).await;
    let long = "x".repeat(129);
    for (body, pointer) in [
        (json!({"userId": "ann"}), "/sessionId"),
        (json!({"sessionId": "", "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": long, "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": "a/b", "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": "..", "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": "é", "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": 7, "userId": "ann"}), "/sessionId"),
        (json!({"sessionId": "a"}), "/userId"),
    ] {
        let answered = answer(call(&server, Method::POST, CONNECT, "ann").json(&body)).await;
        assert_problem(&answered, 400, "invalid_request");
        assert_eq!(answered.1["errors"][0]["pointer"], pointer, "{body}");
    }
    for query in ["?limit=0", "?limit=101", "?limit=-1", "?limit=ten", "?limit="] {
        let answered = answer(call(&server, Method::GET, &format!("{SESSIONS}{query}"), "ann")).await;
        assert_problem(&answered, 400, "invalid_request");
        assert_eq!(answered.1["errors"][0]["pointer"], "/limit", "{query}");
    }
    let nobody = answer(server.request(Method::GET, SESSIONS).header("x-api-key", PLATFORM)).await;
    assert_problem(&nobody, 400, "invalid_request");
    opened(&server, "ann", &"x".repeat(128)).await;
    opened(&server, "ann", "ses:A-Z_0.9").await;
    opened(&server, "ann", "talk").await;
    let message = |role: &str, timestamp: &str| json!({"role": role, "content": "hello", "timestamp": timestamp});
    for messages in [
        Value::Null,
        json!("hello"),
        json!([message("robot", "2024-01-01T12:00:00Z")]),
        json!([message("user", "yesterday")]),
        json!([{"role": "user", "timestamp": "2024-01-01T12:00:00Z"}]),
        Value::Array(vec![message("user", "2024-01-01T12:00:00Z"); 2_001]),
    ] {
        let request = call(&server, Method::POST, &format!("{SESSIONS}/talk/transcript"), "ann");
        let answered = answer(request.json(&json!({"messages": messages}))).await;
        assert_problem(&answered, 400, "invalid_request");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_history_is_a_users_own_newest_first_and_ten_long() {
    let server = server(&[]).await;
    for n in 1..=12 {
        opened(&server, "ann", &format!("talk-{n}")).await;
    }
    opened(&server, "ben", "bens").await;
    let newest = |count: usize| (0..count).map(|n| format!("talk-{}", 12 - n)).collect::<Vec<_>>();
    let mut all = ids(&list(&server, "ann", "?limit=100").await);
    assert_eq!(all.len(), 12);
    assert_eq!(ids(&list(&server, "ann", "").await).len(), 10);
    assert_eq!(ids(&list(&server, "ann", "?userId=ann&limit=1").await).len(), 1);
    // Sessions of the same millisecond may stand in either order.
    all.sort();
    let mut expected = newest(12);
    expected.sort();
    assert_eq!(all, expected);
    let time = |session: &Value| text(session, "createdAt").parse::<jiff::Timestamp>().unwrap();
    let times: Vec<_> = list(&server, "ann", "?limit=100").await.iter().map(time).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "{times:?}");
    assert_eq!(ids(&list(&server, "ben", "").await), ["bens"]);
    assert!(list(&server, "ann", "").await.iter().all(|session| session["status"] == "active"));
    server.stop().await;
}

#[tokio::test]
async fn results_and_end_of_the_interview_routes_know_voice_sessions() {
    let server = server(&[]).await;
    opened(&server, "ann", "talk").await;
    let messages = json!([{"role": "user", "content": "hello", "timestamp": "2024-01-01T12:00:00Z"}]);
    let put = call(&server, Method::POST, &format!("{SESSIONS}/talk/transcript"), "ann");
    assert_eq!(answer(put.json(&json!({"messages": messages}))).await.0, 200);
    let as_user = async |method: Method, what: &str, sub: &str| {
        answer(call(&server, method, &format!("/api/interview/talk/{what}"), sub)).await
    };
    let (status, results) = as_user(Method::GET, "results", "ann").await;
    assert_eq!((status, &results["kind"], &results["user_id"]), (200, &json!("voice"), &json!("ann")));
    assert_eq!(results["client_transcript"], messages);
    assert_problem(&as_user(Method::GET, "results", "ben").await, 404, "not_found");
    let (status, ended) = as_user(Method::POST, "end", "ann").await;
    assert_eq!((status, &ended["status"], &ended["end_reason"]), (200, &json!("ended"), &json!("platform_ended")));
    assert_eq!(list(&server, "ann", "").await[0]["status"], "ended");
    server.stop().await;
}

#[tokio::test]
async fn connections_of_one_user_are_limited() {
    let server = server(&[("VIVA_VOICE_CONNECTS_PER_MINUTE", "2")]).await;
    let send = async |sub: &str| {
        let body = json!({"sessionId": format!("talk-of-{sub}"), "userId": sub});
        let response = call(&server, Method::POST, CONNECT, sub).json(&body).send().await.unwrap();
        let field = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), field("ratelimit"), field("ratelimit-policy"), field("retry-after"))
    };
    let policy = Some("\"voice-connects\";q=2;w=60".to_owned());
    let (status, limit, said, _) = send("ann").await;
    assert_eq!((status, said), (200, policy.clone()));
    assert!(limit.is_some_and(|limit| limit.starts_with("\"voice-connects\";r=1;t=")));
    assert_eq!(send("ann").await.0, 200);
    let (status, limit, said, retry_after) = send("ann").await;
    assert_eq!((status, said), (429, policy));
    assert!(limit.is_some_and(|limit| limit.starts_with("\"voice-connects\";r=0;t=")));
    let wait: u64 = retry_after.expect("how long").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(send("ben").await.0, 200, "nobody else is limited by it");
    server.stop().await;
}

#[tokio::test]
async fn direct_mode_gives_the_providers_address_and_a_key_that_expires() {
    let fake = Fake::start(|_, before| match before {
        0 => Reply::Json(400, json!({"error": {"code": "model_not_found"}}).to_string()),
        _ => Reply::Json(200, json!({"value": "ek_of_the_provider", "expires_at": 4_000_000_000_i64}).to_string()),
    })
    .await;
    let server = server(&[
        ("VOICE_CONNECT_MODE", "direct"),
        ("OPENAI_API_KEY", "sk-for-tests"),
        ("OPENAI_BASE_URL", &fake.url),
        ("VIVA_ENGINE", "builtin"),
    ])
    .await;
    assert_problem(&connect(&server, "ann", "talk").await, 502, "upstream_failed");
    assert_eq!(list(&server, "ann", "").await.len(), 0, "a failure leaves nothing behind");
    let body = opened(&server, "ann", "talk").await;
    assert_eq!(body["wsUrl"], "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
    assert_eq!(body["clientSecret"], "ek_of_the_provider");
    assert!(!body.to_string().contains("sk-for-tests"));
    let asked: Value = serde_json::from_str(&fake.asked()[1].body).unwrap();
    assert_eq!(asked["expires_after"]["seconds"], 1_800, "as long as the session");
    server.stop().await;
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Reads until a message that `wanted` takes; what came before it is skipped.
async fn read_until(socket: &mut Socket, what: &str, wanted: impl Fn(&Message) -> bool) -> Message {
    let reading = async {
        loop {
            match socket.next().await {
                Some(Ok(message)) if wanted(&message) => return message,
                Some(Ok(_)) => {}
                other => panic!("the socket ended before {what}: {other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

fn is_event(message: &Message, kind: &str) -> bool {
    message.to_text().is_ok_and(|text| serde_json::from_str::<Value>(text).is_ok_and(|event| event["type"] == kind))
}

/// The address leads to a conversation; the end of the session is its end, and the address leads nowhere then.
#[tokio::test]
async fn the_address_works_until_the_session_ends() {
    let server = server(&[]).await;
    let first = text(&opened(&server, "ann", "talk").await, "wsUrl");
    let address = text(&opened(&server, "ann", "talk").await, "wsUrl");
    for address in [&first, &address] {
        let (mut socket, _) = tokio_tungstenite::connect_async(address).await.expect("a Realtime socket");
        read_until(&mut socket, "session.created", |message| is_event(message, "session.created")).await;
        socket.close(None).await.expect("it is open");
        read_until(&mut socket, "the close", Message::is_close).await;
    }
    let (mut socket, _) = tokio_tungstenite::connect_async(&address).await.expect("a Realtime socket");
    read_until(&mut socket, "session.created", |message| is_event(message, "session.created")).await;
    let status = answer(call(&server, Method::GET, "/api/interview/talk/status", "ann")).await.1;
    assert_eq!(status["status"], "active", "{status}");
    let ended = answer(call(&server, Method::POST, &format!("{SESSIONS}/talk/end"), "ann")).await;
    assert_eq!(ended, (200, json!({"success": true})));
    read_until(&mut socket, "the close", Message::is_close).await;
    let results = answer(call(&server, Method::GET, "/api/interview/talk/results", "ann")).await.1;
    assert_eq!((&results["status"], &results["end_reason"]), (&json!("ended"), &json!("candidate_ended")));
    if let Ok((mut socket, _)) = tokio_tungstenite::connect_async(&address).await {
        let refused = read_until(&mut socket, "a refusal", |message| {
            message.is_close() || is_event(message, "error") || is_event(message, "session.created")
        })
        .await;
        assert!(!is_event(&refused, "session.created"), "an ended session is not opened again");
    }
    server.stop().await;
}

/// A session that nobody ends is over when its time is: before the sweep comes, after it, and at the true moment.
#[tokio::test]
async fn what_is_left_behind_ends_when_its_time_is_over() {
    let server = server(&[]).await;
    opened(&server, "ann", "left").await;
    opened(&server, "ann", "kept").await;
    let dir = server.stop().await;
    let over: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
    let path = dir.path().join("viva.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let update = sqlx::query("UPDATE sessions SET expires_at = ?, created_at = ? WHERE session_id = 'left'");
    let update = update.bind(over.as_millisecond()).bind(over.as_millisecond() - 1_800_000);
    assert_eq!(update.execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;

    let variables = [("API_KEY", PLATFORM), ("SECRET_KEY", crate::webrtc::SECRET)];
    let server = TestServer::start_in(dir, &variables).await;
    let left = answer(call(&server, Method::GET, &format!("{SESSIONS}/left"), "ann")).await.1;
    assert_eq!((&left["status"], &left["endedAt"]), (&json!("ended"), &json!(over.to_string())));
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let results = answer(call(&server, Method::GET, "/api/interview/left/results", "ann")).await.1;
        if results["status"] == "ended" {
            assert_eq!((&results["end_reason"], &results["ended_at"]), (&json!("expired"), &json!(over.to_string())));
            break;
        }
        assert!(Instant::now() < deadline, "it was not swept: {results}");
    }
    assert_problem(&connect(&server, "ann", "left").await, 409, "session_ended");
    let kept = answer(call(&server, Method::GET, &format!("{SESSIONS}/kept"), "ann")).await.1;
    assert_eq!(kept["status"], "active", "a restart ends no voice session");
    assert!(kept.get("endedAt").is_none());
    opened(&server, "ann", "kept").await;
    server.stop().await;
}
