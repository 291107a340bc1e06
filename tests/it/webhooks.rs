//! Webhooks: an event of a session arrives where its owner wants it, signed, once it can, and nowhere else.

mod bounds;
mod dialer;
mod receiver;

use crate::support::server::{TestServer, answer, text};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use receiver::{Does, PATIENCE, Receiver};
use reqwest::Method;
use serde_json::{Value, json};
use std::{net::Ipv4Addr, time::Duration};

const WEBHOOKS: &str = "/api/v1/webhooks";
const KEY: &str = "platform-key-for-tests";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

fn takes() -> Does {
    Does::Answers(200, String::new())
}

/// Open mode, where deliveries may go to 127.0.0.1.
async fn server() -> TestServer {
    TestServer::start(&[("VIVA_WEBHOOK_ALLOW", "127.0.0.1")]).await
}

/// A new endpoint: its id and secret.
async fn endpoint(server: &TestServer, body: Value) -> (String, String) {
    let (status, made) = server.post(WEBHOOKS, body).await;
    assert_eq!(status, 201, "{made}");
    (text(&made, "webhook_id"), text(&made, "secret"))
}

/// A session that begins and ends; its id.
async fn interview(server: &TestServer) -> String {
    let (id, _) = server.session("general").await;
    let (status, body) = server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    assert_eq!(status, 200, "{body}");
    id
}

/// The log of an endpoint, once it is as wanted.
async fn log_until(server: &TestServer, id: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        tick.tick().await;
        let (status, body) = server.get(&format!("{WEBHOOKS}/{id}/deliveries")).await;
        assert_eq!(status, 200, "{body}");
        let log = body["deliveries"].as_array().unwrap().clone();
        if wanted(&log) {
            return log;
        }
        assert!(tokio::time::Instant::now() < deadline, "the log is not as wanted: {body}");
    }
}

/// The delivery of a type in a log.
fn of<'a>(log: &'a [Value], event_type: &str) -> Option<&'a Value> {
    log.iter().find(|delivery| delivery["event_type"] == event_type)
}

fn tried(log: &[Value], event_type: &str) -> bool {
    of(log, event_type).is_some_and(|delivery| delivery["attempts"] != 0)
}

#[tokio::test]
async fn an_endpoint_hears_of_an_interview_in_signed_ids() {
    let server = server().await;
    let mut hook = Receiver::start(takes()).await;
    let (id, secret) =
        endpoint(&server, json!({"url": hook.url(), "events": ["session.ended", "results.ready"]})).await;
    let session = interview(&server).await;
    let mut heard = [hook.next().await, hook.next().await];
    heard.sort_by_key(|taken| taken.json()["type"].to_string());
    let [results, ended] = heard;
    assert_eq!(ended.path, "/hook?from=viva");
    assert_eq!(ended.header("content-type"), "application/json");
    assert!(ended.header("user-agent").starts_with("Viva/"));
    assert!(ended.verified_by(&secret) && results.verified_by(&secret), "the reference library takes them");
    assert!(!ended.verified_by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "and not with another secret");
    let forged = receiver::Taken { body: ended.body.replace("session", "sessioN"), ..ended.clone() };
    assert!(!forged.verified_by(&secret), "nor with other words");
    let body = ended.json();
    assert_eq!(body["type"], "session.ended");
    assert!(text(&body, "timestamp").parse::<jiff::Timestamp>().is_ok());
    let data = &body["data"];
    assert_eq!((data["session_id"].as_str(), data["user_id"].as_str()), (Some(session.as_str()), Some("ann")));
    assert_eq!((data["interview_id"].as_str(), data["end_reason"].as_str()), (Some("general"), Some("platform_ended")));
    let link = text(&data["links"], "results");
    let (status, _) = server.get(link.strip_prefix(&server.url).expect("a link to this server")).await;
    assert_eq!(status, 200, "the link leads to the results");
    assert_eq!(results.json()["type"], "results.ready");
    let log = log_until(&server, &id, |log| log.iter().all(|delivery| delivery["status"] == "delivered")).await;
    assert_eq!(log.len(), 2, "what was not asked for is not told: {log:?}");
    let shown = of(&log, "session.ended").unwrap();
    assert_eq!(shown["message_id"], ended.header("webhook-id"));
    assert_eq!((shown["attempts"].as_u64(), shown["tries"][0]["http_status"].as_u64()), (Some(1), Some(200)));
    assert!(hook.rest().is_empty(), "each once");
    let (_, seen) = server.get(&format!("{WEBHOOKS}/{id}")).await;
    assert!(seen["last_success_at"].is_string() && seen.get("secret").is_none(), "{seen}");
    server.stop().await;
}

#[tokio::test]
async fn a_failure_is_tried_again_as_the_same_message() {
    let server = server().await;
    let mut hook = Receiver::start(Does::Answers(500, "retry-after: 1\r\n".to_owned())).await;
    let (id, secret) = endpoint(&server, json!({"url": hook.url(), "events": ["session.ended"]})).await;
    interview(&server).await;
    let first = hook.next().await;
    hook.now_does(takes());
    let log = log_until(&server, &id, |log| tried(log, "session.ended")).await;
    assert_eq!(
        (log[0]["status"].as_str(), log[0]["tries"][0]["error"].as_str()),
        (Some("pending"), Some("http_status"))
    );
    let (_, failing) = server.get(&format!("{WEBHOOKS}/{id}")).await;
    assert!(failing["failing_since"].is_string(), "{failing}");
    let again = hook.next().await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(again.body, first.body);
    let seconds = |taken: &receiver::Taken| taken.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!((5..=8).contains(&(seconds(&again) - seconds(&first))), "after 5 to 6 s, signed anew");
    assert!(again.verified_by(&secret));
    let log = log_until(&server, &id, |log| log[0]["status"] == "delivered").await;
    assert_eq!(log[0]["tries"].as_array().unwrap().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn nothing_goes_to_a_forbidden_address() {
    let server = server().await;
    let inner = Receiver::start_at(Ipv4Addr::new(127, 0, 0, 2), takes()).await;
    for url in [
        inner.url(),
        inner.url().replace("http:", "https:"),
        format!("http://[::ffff:127.0.0.2]:{}/", inner.port),
        format!("http://0x7f000002:{}/", inner.port),
        format!("http://localhost@127.0.0.2:{}/", inner.port),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "http://hooks.example.com/".to_owned(),
    ] {
        let (status, refused) = server.post(WEBHOOKS, json!({"url": url})).await;
        assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (400, Some("/url")), "{url}: {refused}");
    }
    // An endpoint that leads there by an answer, and one whose address was allowed once.
    let redirecting = Receiver::start(Does::Answers(302, format!("location: {}\r\n", inner.url()))).await;
    let (redirected, _) = endpoint(&server, json!({"url": redirecting.url(), "events": ["session.ended"]})).await;
    let change = server.request(Method::PATCH, &format!("{WEBHOOKS}/{redirected}")).json(&json!({"url": inner.url()}));
    assert_eq!(answer(change).await.0, 400, "nor by a change");
    interview(&server).await;
    let log = log_until(&server, &redirected, |log| tried(log, "session.ended")).await;
    assert_eq!(log[0]["tries"][0]["error"], "redirect");
    assert_eq!(log[0]["tries"][0]["http_status"], 302);
    let dir = server.stop().await;

    let kept = Receiver::start(takes()).await;
    let server = TestServer::start_in(dir, &[("VIVA_WEBHOOK_ALLOW", "127.0.0.1")]).await;
    let (once_allowed, _) = endpoint(&server, json!({"url": kept.url(), "events": ["session.ended"]})).await;
    let dir = server.stop().await;
    let server = TestServer::start_in(dir, &[]).await;
    interview(&server).await;
    let log = log_until(&server, &once_allowed, |log| tried(log, "session.ended")).await;
    assert_eq!(log[0]["tries"][0]["error"], "forbidden_address");
    server.stop().await;
    assert_eq!((inner.connections(), kept.connections()), (0, 0), "not one connection");
}

/// Endpoints that misbehave in every way, and one that does not: it hears of everything at once.
#[tokio::test]
async fn endpoints_that_misbehave_delay_nobody_else() {
    let server = server().await;
    let mut bad = Vec::new();
    for does in [
        Does::Hangs,
        Does::Hangs,
        Does::SaysEndlessly,
        Does::Closes,
        Does::BreaksOff,
        Does::Babbles,
        Does::Answers(500, String::new()),
        Does::Answers(307, "location: http://127.0.0.1:1/\r\n".to_owned()),
    ] {
        let hook = Receiver::start(does.clone()).await;
        let (id, _) = endpoint(&server, json!({"url": hook.url(), "events": ["session.ended"]})).await;
        bad.push((does, hook, id));
    }
    let mut good = Receiver::start(takes()).await;
    endpoint(&server, json!({"url": good.url(), "events": ["session.ended"]})).await;
    let begun = tokio::time::Instant::now();
    for _ in 0..10 {
        let session = interview(&server).await;
        let heard = good.next().await;
        assert_eq!(heard.json()["data"]["session_id"], session.as_str());
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "ten interviews were told in {took:?}");
    for (does, hook, id) in &bad {
        let wanted = match does {
            // Nobody waits 15 s here for a timeout; the connection is open, and never more than two are.
            Does::Hangs => {
                assert!((1..=2).contains(&hook.connections()), "{} connections", hook.connections());
                continue;
            }
            // A head that says 200 has said it.
            Does::SaysEndlessly | Does::BreaksOff => None,
            Does::Closes | Does::Babbles => Some("closed"),
            Does::Answers(307, _) => Some("redirect"),
            Does::Answers(..) => Some("http_status"),
        };
        let log = log_until(&server, id, |log| tried(log, "session.ended")).await;
        let first = log.iter().rev().find(|delivery| delivery["attempts"] != 0).unwrap();
        assert_eq!(first["tries"][0]["error"].as_str(), wanted, "{does:?}: {first}");
    }
    server.stop().await;
}

/// Stopped between the event and its delivery: the next server delivers, as the same message.
#[tokio::test]
async fn a_server_that_stops_leaves_its_deliveries_to_the_next() {
    let server = server().await;
    let mut hook = Receiver::start(Does::Hangs).await;
    let (id, secret) = endpoint(&server, json!({"url": hook.url(), "events": ["session.ended"]})).await;
    interview(&server).await;
    let first = hook.next().await;
    let dir = server.stop().await;
    hook.now_does(takes());
    let server = TestServer::start_in(dir, &[("VIVA_WEBHOOK_ALLOW", "127.0.0.1")]).await;
    let second = hook.next().await;
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert!(second.verified_by(&secret));
    log_until(&server, &id, |log| log[0]["status"] == "delivered").await;
    server.stop().await;
}

#[tokio::test]
async fn gone_switches_off_and_a_replay_brings_what_was_missed() {
    let server = server().await;
    let mut hook = Receiver::start(Does::Answers(410, String::new())).await;
    let (id, _) = endpoint(&server, json!({"url": hook.url(), "events": ["session.ended"]})).await;
    let path = format!("{WEBHOOKS}/{id}");
    let mut other = Receiver::start(takes()).await;
    endpoint(&server, json!({"url": other.url(), "events": ["session.ended"]})).await;
    // Times of events have milliseconds, and an interview may take less than one.
    let begun = (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1)).to_string();
    interview(&server).await;
    let told = hook.next().await;
    log_until(&server, &id, |log| log[0]["status"] == "failed").await;
    let (_, off) = server.get(&path).await;
    assert_eq!((off["enabled"].as_bool(), off["disabled_reason"].as_str()), (Some(false), Some("gone")));
    assert!(text(&off, "notice").contains("410"), "{off}");
    hook.now_does(takes());
    let missed = interview(&server).await;
    // Who hears of it is decided once for all: when another one has heard, this one has not.
    while other.next().await.json()["data"]["session_id"] != missed.as_str() {}
    let refused = server.post(&format!("{path}/replay"), json!({"since": begun})).await;
    assert_eq!((refused.0, refused.1["code"].as_str()), (409, Some("conflict")), "it is off");
    let on = server.request(Method::PATCH, &path).json(&json!({"enabled": true}));
    let (status, on) = answer(on).await;
    assert_eq!((status, on["disabled_reason"].is_null()), (200, true));
    let (status, replayed) = server.post(&format!("{path}/replay"), json!({"since": begun})).await;
    assert_eq!((status, &replayed), (202, &json!({"queued": 2, "more": false})));
    let mut heard = [hook.next().await, hook.next().await];
    heard.sort_by_key(|taken| taken.header("webhook-id") != told.header("webhook-id"));
    assert_eq!(heard[0].header("webhook-id"), told.header("webhook-id"), "the same message");
    assert_eq!(heard[1].json()["data"]["session_id"], missed.as_str(), "and what happened while it was off");
    // One again by hand, though it was delivered.
    let log = log_until(&server, &id, |log| log.iter().all(|delivery| delivery["status"] == "delivered")).await;
    let delivery = text(&log[0], "delivery_id");
    let (status, again) = server.post(&format!("{path}/deliveries/{delivery}/replay"), json!({})).await;
    assert_eq!((status, again["status"].as_str()), (202, Some("pending")));
    assert_eq!(hook.next().await.header("webhook-id"), text(&again, "message_id"));
    let (status, _) = server.post(&format!("{path}/deliveries/dlv_none/replay"), json!({})).await;
    assert_eq!(status, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_rotation_signs_with_both_secrets() {
    let server = server().await;
    let mut hook = Receiver::start(takes()).await;
    let (id, first) = endpoint(&server, json!({"url": hook.url(), "enabled": false})).await;
    let path = format!("{WEBHOOKS}/{id}");
    let test = format!("{path}/test");
    assert_eq!(server.post(&test, json!({})).await.0, 202, "a test goes to one that is off, too");
    let taken = hook.next().await;
    assert_eq!(taken.json()["type"], "webhook.test");
    assert_eq!(taken.header("webhook-signature").split(' ').count(), 1);
    assert!(taken.verified_by(&first));
    let (status, rotated) = server.post(&format!("{path}/rotate"), json!({})).await;
    assert_eq!(status, 200, "{rotated}");
    let second = text(&rotated, "secret");
    assert_ne!(first, second);
    let until: jiff::Timestamp = text(&rotated, "old_secret_until").parse().unwrap();
    let hours = until.duration_since(jiff::Timestamp::now()).as_secs_f64() / 3_600.0;
    assert!((23.9..=24.0).contains(&hours), "{hours} h");
    server.post(&test, json!({})).await;
    let taken = hook.next().await;
    assert_eq!(taken.header("webhook-signature").split(' ').count(), 2);
    assert!(taken.verified_by(&first) && taken.verified_by(&second));
    // A test is tried once, and says what came of it.
    hook.now_does(Does::Answers(500, String::new()));
    server.post(&test, json!({})).await;
    log_until(&server, &id, |log| log[0]["status"] == "failed").await;
    server.stop().await;
}

#[tokio::test]
async fn the_configured_endpoint_hears_of_all_and_is_changed_in_the_configuration() {
    let mut hook = Receiver::start(takes()).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let settings = [
        ("API_KEY", KEY),
        ("VIVA_WEBHOOK_URL", &hook.url()),
        ("VIVA_WEBHOOK_SECRET", secret),
        ("VIVA_WEBHOOK_ALLOW", "127.0.0.1"),
    ];
    let server = TestServer::start(&settings).await;
    let as_platform = |method: Method, path: &str| server.request(method, path).header("x-api-key", KEY);
    let start = as_platform(Method::POST, "/api/interview/start").json(&json!({"user_id": "ann", "kind": "general"}));
    let (_, started) = answer(start).await;
    let id = text(&started, "session_id");
    answer(as_platform(Method::POST, &format!("/api/interview/{id}/end"))).await;
    assert!(hook.next_of("session.ended").await.verified_by(secret));
    let (_, list) = answer(as_platform(Method::GET, WEBHOOKS)).await;
    assert_eq!(list["webhooks"][0]["configured"], true);
    let path = format!("{WEBHOOKS}/whk_configured");
    for request in [
        as_platform(Method::PATCH, &path).json(&json!({"enabled": false})),
        as_platform(Method::DELETE, &path),
        as_platform(Method::POST, &format!("{path}/rotate")),
    ] {
        let (status, body) = answer(request).await;
        assert_eq!((status, body["code"].as_str()), (409, Some("conflict")), "{body}");
    }
    let dir = server.stop().await;
    // Out of the configuration, out of the list.
    let server = TestServer::start_in(dir, &[("API_KEY", KEY)]).await;
    let (_, list) = answer(server.request(Method::GET, WEBHOOKS).header("x-api-key", KEY)).await;
    assert_eq!(list["webhooks"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn a_user_hears_of_their_own_sessions_and_never_reaches_this_machine() {
    let settings = [("API_KEY", KEY), ("SECRET_KEY", SECRET), ("VIVA_WEBHOOK_ALLOW", "127.0.0.1")];
    let server = TestServer::start(&settings).await;
    let request = |method: Method, path: &str, sub: &str| {
        let claims = json!({"sub": sub, "username": sub, "exp": get_current_timestamp() + 600});
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        server.request(method, path).bearer_auth(encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap())
    };
    let hook = Receiver::start(takes()).await;
    let inner = request(Method::POST, WEBHOOKS, "ann").json(&json!({"url": hook.url()}));
    let (status, refused) = answer(inner).await;
    assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (400, Some("/url")), "{refused}");
    let mut ids = Vec::new();
    for sub in ["ann", "bob"] {
        let body = json!({"url": "https://hooks.invalid/", "events": ["session.ended"]});
        let (status, made) = answer(request(Method::POST, WEBHOOKS, sub).json(&body)).await;
        assert_eq!(status, 201, "a name may get its address later: {made}");
        ids.push(text(&made, "webhook_id"));
    }
    let start =
        request(Method::POST, "/api/interview/start", "ann").json(&json!({"user_id": "ann", "kind": "general"}));
    let (_, started) = answer(start).await;
    let session = text(&started, "session_id");
    answer(request(Method::POST, &format!("/api/interview/{session}/end"), "ann")).await;
    let log = async |id: &str, sub: &str| {
        let (status, body) = answer(request(Method::GET, &format!("{WEBHOOKS}/{id}/deliveries"), sub)).await;
        (status, body["deliveries"].as_array().cloned().unwrap_or_default())
    };
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let anns = tokio::time::timeout(PATIENCE, async {
        loop {
            tick.tick().await;
            let (_, found) = log(&ids[0], "ann").await;
            if found.first().is_some_and(|delivery| delivery["attempts"] == 1) {
                return found;
            }
        }
    });
    let anns = anns.await.expect("ann's endpoint is told");
    assert_eq!(anns[0]["session_id"], session.as_str());
    assert_eq!(anns[0]["tries"][0]["error"], "dns");
    assert_eq!(log(&ids[1], "bob").await, (200, Vec::new()), "bob hears nothing of ann's");
    assert_eq!(log(&ids[0], "bob").await.0, 404, "nor reads her log");
    let (_, list) = answer(request(Method::GET, WEBHOOKS, "bob")).await;
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1);
    server.stop().await;
    assert_eq!(hook.connections(), 0);
}

#[tokio::test]
async fn what_is_wrong_with_an_endpoint_is_said_of_its_field() {
    let server = server().await;
    let hook = Receiver::start(takes()).await;
    for (body, pointer) in [
        (json!({}), "/url"),
        (json!({"url": "hooks.example.com"}), "/url"),
        (json!({"url": hook.url(), "events": ["session.sneezed"]}), "/events/0"),
        (json!({"url": hook.url(), "events": ["session.ended", "webhook.test"]}), "/events/1"),
        (json!({"url": hook.url(), "description": "x".repeat(257)}), "/description"),
    ] {
        let (status, refused) = server.post(WEBHOOKS, body).await;
        assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (400, Some(pointer)), "{refused}");
    }
    for n in 0..20 {
        endpoint(&server, json!({"url": hook.url(), "description": n.to_string()})).await;
    }
    let (status, full) = server.post(WEBHOOKS, json!({"url": hook.url()})).await;
    assert_eq!((status, full["code"].as_str()), (409, Some("conflict")), "{full}");
    let (_, first) = server.get(&format!("{WEBHOOKS}?limit=15")).await;
    let cursor = text(&first, "next_cursor");
    let (_, second) = server.get(&format!("{WEBHOOKS}?limit=15&cursor={cursor}")).await;
    let all: Vec<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["webhooks"].as_array().unwrap())
        .filter_map(|webhook| webhook["description"].as_str())
        .collect();
    assert_eq!(all.len(), 20);
    let id = text(&first["webhooks"][0], "webhook_id");
    let (status, wrong) = server.get(&format!("{WEBHOOKS}/{id}/deliveries?status=lost")).await;
    assert_eq!((status, wrong["errors"][0]["pointer"].as_str()), (400, Some("/status")));
    let (status, wrong) = server.post(&format!("{WEBHOOKS}/{id}/replay"), json!({"since": "yesterday"})).await;
    assert_eq!((status, wrong["errors"][0]["pointer"].as_str()), (400, Some("/since")), "{wrong}");
    let deleted = answer(server.request(Method::DELETE, &format!("{WEBHOOKS}/{id}"))).await;
    assert_eq!(deleted.0, 204);
    assert_eq!(server.get(&format!("{WEBHOOKS}/{id}")).await.0, 404);
    server.stop().await;
}
