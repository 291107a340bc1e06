//! REST as clients see it: shapes, errors, who may do what, what is refused.

use crate::support::server::{TestServer, answer, text};
use reqwest::{Method, header};
use serde_json::{Value, json};

const KEY: &str = "platform-key-for-tests";

fn assert_problem(answered: &(u16, Value), status: u16, code: &str) {
    let (found, body) = answered;
    assert_eq!((*found, body["code"].as_str()), (status, Some(code)), "{body}");
    for field in ["type", "title", "detail", "error", "request_id"] {
        assert!(body[field].is_string(), "{field} is missing in {body}");
    }
    assert_eq!(body["status"], status);
    assert_eq!(body["detail"], body["error"]);
}

#[tokio::test]
async fn a_session_starts_and_shows_itself() {
    let server = TestServer::start(&[]).await;
    let (status, body) = server.post("/api/interview/start", json!({"user_id": "test-user"})).await;
    assert_eq!(status, 200, "{body}");
    let id = text(&body, "session_id");
    assert!(id.starts_with("ses_") && id.len() == 30, "{id}");
    assert_eq!(body["status"], "created");
    assert_eq!(body["endpoints"]["offer"], format!("/api/interview/{id}/rtc/offer"));
    assert!(text(&body, "page_url").starts_with(&format!("{}/interview/{id}#token=", server.url)));
    let (status, body) = server.get(&format!("/api/interview/{id}/status")).await;
    assert_eq!(status, 200);
    assert_eq!((body["status"].as_str(), body["engine"].as_str()), (Some("created"), Some("builtin")));
    let (status, results) = server.get(&format!("/api/interview/{id}/results")).await;
    assert_eq!((status, results["user_id"].as_str()), (200, Some("test-user")));
    for field in ["evaluation", "recording", "started_at", "ended_at"] {
        assert!(results[field].is_null(), "{field}");
    }
    let (status, body) = server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    assert_eq!((status, body["success"].as_bool()), (200, Some(true)), "{body}");
    let again = server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    assert_eq!(
        (again.0, again.1["status"].as_str(), &again.1["end_reason"]),
        (200, Some("ended"), &body["end_reason"])
    );
    server.stop().await;
}

#[tokio::test]
async fn bad_input_names_the_field_and_the_remedy() {
    let server = TestServer::start(&[]).await;
    let start = "/api/interview/start";
    for (body, pointer) in [
        (json!({}), "/user_id"),
        (json!({"user_id": ""}), "/user_id"),
        (json!({"user_id": 7}), "/user_id"),
        (json!({"user_id": "x".repeat(129)}), "/user_id"),
        (json!({"user_id": "a", "kind": "no-such-kind"}), "/kind"),
        (json!({"user_id": "a", "interview_id": "no-such"}), "/interview_id"),
        (json!({"user_id": "a", "name": "\u{7}"}), "/name"),
    ] {
        let answered = server.post(start, body.clone()).await;
        assert_problem(&answered, 400, "invalid_request");
        assert_eq!(answered.1["errors"][0]["pointer"], pointer, "{body}");
    }
    let (status, _) = server.post(start, json!({"user_id": "a", "unknown_field": {"ignored": true}})).await;
    assert_eq!(status, 200);
    let broken =
        server.request(Method::POST, start).header(header::CONTENT_TYPE, "application/json").body("{\"user_id\":");
    assert_problem(&answer(broken).await, 400, "invalid_request");
    let form = server.request(Method::POST, start).header(header::CONTENT_TYPE, "text/plain").body("user_id=a");
    assert_problem(&answer(form).await, 415, "unsupported_media_type");
    let huge = json!({"user_id": "a", "pad": "x".repeat(300_000)});
    assert_problem(&server.post(start, huge).await, 413, "body_too_large");
    assert_problem(&server.get(start).await, 405, "method_not_allowed");
    assert_problem(&server.get("/nowhere").await, 404, "not_found");
    server.stop().await;
}

#[tokio::test]
async fn bad_offers_and_candidates_are_explained() {
    let server = TestServer::start(&[]).await;
    let (id, _) = server.session("tryout").await;
    let offer = format!("/api/interview/{id}/rtc/offer");
    for sdp in
        ["", "nonsense", "v=0\r\n", &"a=x\r\n".repeat(20_000), "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"]
    {
        let answered = server.post(&offer, json!({"sdp": sdp, "type": "offer"})).await;
        assert_problem(&answered, 400, "invalid_sdp");
    }
    assert_problem(&server.post(&offer, json!({"type": "offer"})).await, 400, "invalid_request");
    assert_problem(&server.post(&offer, json!({"sdp": "v=0", "type": "answer"})).await, 400, "invalid_request");
    let trickle = format!("/api/interview/{id}/rtc/ice-candidate");
    for body in [
        json!({"candidate": {"candidate": "candidate:1 1 udp 1 10.0.0.1 5 typ host", "sdpMid": "0", "sdpMLineIndex": 0}}),
        json!({"candidate": null}),
        json!({"candidate": "candidate:1 1 udp 1 10.0.0.1 5 typ host", "sdpMid": "0", "sdpMLineIndex": 0}),
        json!({"candidates": [{"candidate": ""}]}),
    ] {
        let (status, answered) = server.post(&trickle, body).await;
        assert_eq!(status, 200, "{answered}");
        assert!(answered["candidates"].is_array());
    }
    for body in
        [json!({}), json!({"candidate": 3}), json!({"candidate": {"candidate": "hello"}}), json!({"candidates": {}})]
    {
        assert_problem(&server.post(&trickle, body).await, 400, "invalid_request");
    }
    server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    let late = json!({"candidate": {"candidate": "candidate:1 1 udp 1 10.0.0.1 5 typ host"}});
    assert_problem(&server.post(&trickle, late).await, 409, "session_ended");
    assert_problem(&server.post(&offer, json!({"sdp": "v=0", "type": "offer"})).await, 409, "session_ended");
    server.stop().await;
}

#[tokio::test]
async fn open_mode_serves_this_machine_only() {
    let server = TestServer::start(&[]).await;
    let with =
        |name: &'static str, value: &'static str| answer(server.request(Method::GET, "/healthz").header(name, value));
    assert_problem(&with("host", "evil.example").await, 403, "forbidden_host");
    assert_problem(&with("origin", "https://evil.example").await, 403, "forbidden_host");
    assert_problem(&with("origin", "null").await, 403, "forbidden_host");
    assert_problem(&with("x-forwarded-for", "203.0.113.9").await, 403, "forbidden_host");
    assert_eq!(with("origin", "http://localhost:3000").await.0, 200);
    assert_problem(&with_path(&server, "x-api-key", "guess").await, 401, "not_configured");
    assert_problem(&with_path(&server, "authorization", "Bearer a.b.c").await, 401, "unauthorized");
    server.stop().await;
}

async fn with_path(server: &TestServer, name: &'static str, value: &'static str) -> (u16, Value) {
    answer(server.request(Method::GET, "/metrics").header(name, value)).await
}

/// Every session route × every principal, as DESIGN 6.1 says.
#[tokio::test]
async fn every_route_checks_its_owner() {
    let secret = "a-secret-of-at-least-thirty-two-bytes";
    let server = TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", secret)]).await;
    let platform = |request: reqwest::RequestBuilder| request.header("x-api-key", KEY);
    let start = |who: &'static str| {
        let request =
            server.request(Method::POST, "/api/interview/start").json(&json!({"user_id": who, "kind": "tryout"}));
        answer(platform(request))
    };
    let (mine, other) = (start("ann").await.1, start("bob").await.1);
    let id = text(&mine, "session_id");
    let bearer = |token: &str| format!("Bearer {token}");
    let ann = bearer(&jwt(secret, "ann"));
    let own_start = server
        .request(Method::POST, "/api/interview/start")
        .header("authorization", &ann)
        .json(&json!({"kind": "tryout"}));
    let anns = text(&answer(own_start).await.1, "session_id");
    let routes = [
        (Method::GET, "status", 200),
        (Method::GET, "ice-servers", 200),
        (Method::GET, "transcript", 200),
        (Method::POST, "transcript", 200),
        (Method::POST, "actions", 409),
        (Method::POST, "consent", 200),
        (Method::POST, "rtc/offer", 400),
        (Method::POST, "rtc/answer", 400),
        (Method::POST, "rtc/ice-candidate", 200),
        (Method::GET, "results", 200),
        (Method::POST, "end", 200),
    ];
    let consent_version = text(&mine["consent"], "version");
    let body = json!({
        "messages": [], "type": "candidate.wait", "candidate": null, "version": consent_version, "sdp": null,
    });
    for (method, route, good) in routes {
        let call = |id: &str| {
            let request = server.request(method.clone(), &format!("/api/interview/{id}/{route}"));
            let offer_body = json!({"sdp": "v=0", "type": "offer"});
            match (method == Method::POST, route) {
                (true, "rtc/offer") => request.json(&offer_body),
                (true, _) => request.json(&body),
                (false, _) => request,
            }
        };
        let with = |id: &str, value: String| answer(call(id).header("authorization", value));
        assert_problem(&answer(call(&id)).await, 401, "unauthorized");
        assert_problem(&answer(call(&id).header("x-api-key", "wrong-key")).await, 401, "unauthorized");
        assert_problem(&with(&id, bearer(&"0".repeat(64))).await, 401, "unauthorized");
        assert_problem(&with(&id, bearer(&text(&other, "token"))).await, 404, "not_found");
        assert_problem(&with(&id, ann.clone()).await, 404, "not_found");
        let unknown = format!("ses_{}", "a".repeat(26));
        let (foreign, nothing) = (with(&id, ann.clone()).await.1, with(&unknown, ann.clone()).await.1);
        assert_eq!((&foreign["detail"], &foreign["code"]), (&nothing["detail"], &nothing["code"]));
        let (status, answered) = with(&anns, ann.clone()).await;
        assert_eq!(status, good, "{route} as owner: {answered}");
        if route == "end" {
            continue;
        }
        let (status, answered) = answer(platform(call(&id))).await;
        assert_eq!(status, good, "{route} as platform: {answered}");
        let (status, answered) = with(&id, bearer(&text(&mine, "token"))).await;
        // `tryout` lets its candidate read the results.
        assert_eq!(status, good, "{route} as candidate: {answered}");
    }
    server.stop().await;
}

fn jwt(secret: &str, sub: &str) -> String {
    let claims = json!({"sub": sub, "exp": jsonwebtoken::get_current_timestamp() + 600});
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}

#[tokio::test]
async fn an_invitation_starts_once_per_attempt_and_needs_consent() {
    let server = TestServer::start(&[]).await;
    let code = server.interview_url.as_deref().and_then(|url| url.rsplit('/').next()).expect("a link").to_owned();
    let (status, invite) = server.get(&format!("/api/v1/invites/{code}")).await;
    assert_eq!(status, 200, "{invite}");
    assert!(invite["question_count"].as_u64() > Some(0) && invite["consent"]["text"].is_string());
    let (status, started) = server.post("/api/interview/start", json!({"invite": code})).await;
    assert_eq!((status, started["consent"]["required"].as_bool()), (200, Some(true)), "{started}");
    let (id, token) = (text(&started, "session_id"), text(&started, "token"));
    let call = |path: &str, body: Value| {
        let request = server.request(Method::POST, &format!("/api/interview/{id}/{path}")).json(&body);
        answer(request.header("authorization", format!("Bearer {token}")))
    };
    assert_problem(&call("rtc/offer", json!({"sdp": "v=0", "type": "offer"})).await, 409, "consent_required");
    assert_problem(&call("consent", json!({"version": "some-other-text"})).await, 400, "invalid_request");
    let (status, consent) = call("consent", json!({"version": invite["consent"]["version"]})).await;
    assert_eq!(status, 200, "{consent}");
    assert_eq!(call("consent", json!({"version": invite["consent"]["version"]})).await.1, consent, "asked twice");
    assert_problem(&call("rtc/offer", json!({"sdp": "v=0", "type": "offer"})).await, 400, "invalid_sdp");
    assert_problem(&server.get("/api/v1/invites/unknown").await, 404, "not_found");
    assert_problem(&server.post("/api/interview/start", json!({"invite": "unknown"})).await, 404, "not_found");
    server.stop().await;
}

#[tokio::test]
async fn capacity_is_bounded_and_said() {
    let server = TestServer::start(&[("VIVA_SESSIONS_MAX", "2")]).await;
    let (first, _) = server.session("tryout").await;
    server.session("tryout").await;
    let request = server.request(Method::POST, "/api/interview/start").json(&json!({"user_id": "c"}));
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    let problem: Value = response.json().await.expect("a problem");
    assert_eq!(problem["code"], "at_capacity");
    server.post(&format!("/api/interview/{first}/end"), json!({})).await;
    server.session("tryout").await;
    server.stop().await;
}

#[tokio::test]
async fn every_answer_has_its_security_headers() {
    let server = TestServer::start(&[]).await;
    for path in ["/", "/healthz", "/readyz", "/api/interview/health", "/nowhere", "/i/x", "/results/x"] {
        let response = server.request(Method::GET, path).send().await.expect("an answer");
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(header("x-request-id").starts_with("req_"), "{path}");
        assert!(header("permissions-policy").contains("microphone=(self)"), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_clients_own_transcript_is_kept_apart_and_replaced() {
    let server = TestServer::start(&[]).await;
    let (id, _) = server.session("tryout").await;
    let path = format!("/api/interview/{id}/transcript");
    let message = |content: &str| json!({"role": "user", "content": content, "timestamp": "2026-11-21T12:00:00Z"});
    for body in [json!({"messages": [message("one"), message("two")]}), json!({"messages": [message("three")]})] {
        assert_eq!(server.post(&path, body).await, (200, json!({"success": true, "session_id": id})));
    }
    let (_, both) = server.get(&path).await;
    assert_eq!(both["client_transcript"][0]["content"], "three");
    assert_eq!(both["client_transcript"].as_array().map(Vec::len), Some(1));
    assert_eq!(both["transcript"], json!([]));
    for bad in
        [json!({"messages": [{"role": "robot", "content": "x", "timestamp": "2026-11-21T12:00:00Z"}]}), json!({})]
    {
        assert_problem(&server.post(&path, bad).await, 400, "invalid_request");
    }
    server.stop().await;
}
