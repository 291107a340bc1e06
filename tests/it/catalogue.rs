//! Interviews of one's own, invitations, requests made again, and sessions that anybody may start.

use crate::support::{
    postgres,
    server::{TestServer, answer, text},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const KEY: &str = "platform-key-for-tests";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
const INTERVIEWS: &str = "/api/v1/interviews";

async fn shared_server() -> TestServer {
    TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET)]).await
}

fn user(sub: &str) -> String {
    let claims = json!({"sub": sub, "username": sub, "exp": get_current_timestamp() + 600});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    format!("Bearer {}", encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap())
}

fn as_user(server: &TestServer, method: Method, path: &str, sub: &str) -> RequestBuilder {
    server.request(method, path).header("authorization", user(sub))
}

/// Status, one header, body.
async fn with_header(request: RequestBuilder, header: &str) -> (StatusCode, Option<String>, Value) {
    let response = request.send().await.unwrap();
    let value = response.headers().get(header).map(|value| value.to_str().unwrap().to_owned());
    (response.status(), value, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

fn plan() -> Value {
    json!({
        "title": "Backend, first round",
        "persona": "Vera",
        "questions": [
            {"text": "What did you build last?", "follow_ups": ["What was hard?"], "short_answer_words": 9},
            {"text": "What do you want to learn?"},
        ],
    })
}

#[tokio::test]
async fn an_interview_is_written_read_changed_and_deleted_by_its_owner_only() {
    let server = shared_server().await;
    let created = with_header(as_user(&server, Method::POST, INTERVIEWS, "ann").json(&plan()), "etag").await;
    assert_eq!((created.0.as_u16(), created.1.as_deref()), (201, Some("\"1\"")), "{}", created.2);
    let id = text(&created.2, "interview_id");
    let path = format!("{INTERVIEWS}/{id}");
    assert_eq!(created.2["owner_id"], "ann");
    assert_eq!(created.2["questions"][0]["number"], 1);
    assert_eq!(created.2["questions"][1]["patience_ms"], 700, "defaults are shown");
    let (status, read) = answer(as_user(&server, Method::GET, &path, "ann")).await;
    assert_eq!((status, &read), (200, &created.2));
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let foreign = answer(as_user(&server, method.clone(), &path, "bob").json(&json!({"title": "Mine"}))).await;
        let nowhere = format!("{INTERVIEWS}/int_nowhere");
        let unknown = answer(as_user(&server, method, &nowhere, "bob").json(&json!({"title": "Mine"}))).await;
        assert_eq!((foreign.0, unknown.0), (404, 404));
        assert_eq!(foreign.1["detail"], unknown.1["detail"], "foreign and unknown look the same");
    }
    let rename = json!({"title": "Second round"});
    let stale = as_user(&server, Method::PATCH, &path, "ann").header("if-match", "\"7\"").json(&rename);
    assert_eq!(answer(stale).await.1["code"], "precondition_failed");
    let fresh = as_user(&server, Method::PATCH, &path, "ann").header("if-match", "\"1\"").json(&rename);
    let (status, etag, changed) = with_header(fresh, "etag").await;
    assert_eq!((status.as_u16(), etag.as_deref()), (200, Some("\"2\"")));
    assert_eq!((&changed["title"], &changed["persona"]), (&json!("Second round"), &json!("Vera")), "the rest stays");
    let start = json!({"interview_id": id});
    let (status, session) = answer(as_user(&server, Method::POST, "/api/interview/start", "ann").json(&start)).await;
    assert_eq!(status, 200, "{session}");
    let foreign = answer(as_user(&server, Method::POST, "/api/interview/start", "bob").json(&start)).await;
    assert_eq!((foreign.0, &foreign.1["errors"][0]["pointer"]), (400, &json!("/interview_id")));
    assert_eq!(answer(as_user(&server, Method::DELETE, &path, "ann")).await.0, 204);
    assert_eq!(answer(as_user(&server, Method::GET, &path, "ann")).await.0, 404);
    let status = format!("/api/interview/{}/status", text(&session, "session_id"));
    let (code, status) = answer(as_user(&server, Method::GET, &status, "ann")).await;
    assert_eq!((code, &status["title"]), (200, &json!("Second round")), "a session keeps its copy");
    server.stop().await;
}

#[tokio::test]
async fn a_kind_is_a_start_and_bad_interviews_name_every_wrong_field() {
    let server = TestServer::start(&[]).await;
    let (status, body) = server.post(INTERVIEWS, json!({"kind": "tryout", "title": "Ours"})).await;
    assert_eq!((status, &body["title"], &body["kind"]), (201, &json!("Ours"), &json!("tryout")), "{body}");
    let (_, kind) = server.get(&format!("{INTERVIEWS}/tryout")).await;
    assert_eq!((&kind["built_in"], &kind["questions"]), (&json!(true), &body["questions"]));
    let question = |text: &str| json!({"text": text});
    for (body, pointers) in [
        (json!({}), &["/title"][..]),
        (json!({"title": "T"}), &["/questions"]),
        (json!({"kind": "no-such"}), &["/kind"]),
        (json!({"title": "", "questions": []}), &["/title", "/questions"]),
        (json!({"title": "T", "questions": [question("")]}), &["/questions/0/text"]),
        (json!({"title": "T", "questions": [{"text": "Q", "patience_ms": 1}]}), &["/questions/0/patience_ms"]),
        (json!({"title": "T", "questions": [question("Q")], "language": "de"}), &["/language"]),
        (json!({"title": "T", "questions": [question("Q")], "limits": {"silence_ms": 1}}), &["/limits/silence_ms"]),
        (json!({"title": "T", "questions": [question("Q")], "audio_codec": "g729"}), &["/audio_codec"]),
        (json!({"title": 7}), &["/title"]),
    ] {
        let (status, refused) = server.post(INTERVIEWS, body.clone()).await;
        assert_eq!(status, 400, "{body}: {refused}");
        let found: Vec<&str> =
            refused["errors"].as_array().unwrap().iter().filter_map(|error| error["pointer"].as_str()).collect();
        assert_eq!(found, pointers, "{body}");
    }
    server.stop().await;
}

#[tokio::test]
async fn lists_lead_from_page_to_page() {
    let url = postgres::new_database_url().await;
    let server = TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET), ("DATABASE_URL", &url)]).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let (_, body) = answer(as_user(&server, Method::POST, INTERVIEWS, "ann").json(&plan())).await;
        made.push(text(&body, "interview_id"));
    }
    answer(as_user(&server, Method::POST, INTERVIEWS, "bob").json(&plan())).await;
    let mut found = Vec::new();
    let mut path = format!("{INTERVIEWS}?limit=2");
    loop {
        let (status, link, body) = with_header(as_user(&server, Method::GET, &path, "ann"), "link").await;
        assert_eq!(status, 200, "{body}");
        let page = body["interviews"].as_array().unwrap();
        found.extend(page.iter().map(|interview| text(interview, "interview_id")));
        let Some(next) = link else {
            assert!(body["next_cursor"].is_null());
            break;
        };
        assert!(next.contains(body["next_cursor"].as_str().unwrap()) && next.ends_with("rel=\"next\""), "{next}");
        path = next.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    found.sort();
    made.sort();
    assert_eq!(found, made, "each of her own once, and none of his");
    let (_, all) = answer(server.request(Method::GET, INTERVIEWS).header("x-api-key", KEY)).await;
    assert_eq!(all["interviews"].as_array().map(Vec::len), Some(6), "a platform sees all");
    for query in ["limit=0", "limit=201", "limit=x", "cursor=nonsense", "limit="] {
        let (status, body) = answer(as_user(&server, Method::GET, &format!("{INTERVIEWS}?{query}"), "ann")).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("invalid_request")), "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_invitation_says_why_it_does_not_open() {
    let server = shared_server().await;
    let (_, interview) = answer(as_user(&server, Method::POST, INTERVIEWS, "ann").json(&plan())).await;
    let invites = format!("{INTERVIEWS}/{}/invites", text(&interview, "interview_id"));
    let make = |body: Value| answer(as_user(&server, Method::POST, &invites, "ann").json(&body));
    let start = |code: String| server.post("/api/interview/start", json!({"invite": code}));
    let look = async |code: &str| server.get(&format!("/api/v1/invites/{code}")).await;

    let single = text(&make(json!({"attempts": 1})).await.1, "code");
    assert_eq!(look(&single).await.0, 200);
    assert_eq!(start(single.clone()).await.0, 200);
    assert_eq!(start(single.clone()).await.1["code"], "invite_used_up");
    assert_eq!(look(&single).await.1["code"], "invite_used_up");

    let opens_at = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48)).to_string();
    let later = text(&make(json!({"opens_at": opens_at})).await.1, "code");
    let (status, seen) = look(&later).await;
    let opens: jiff::Timestamp = text(&seen, "opens_at").parse().expect("a time");
    assert!(status == 200 && opens > jiff::Timestamp::now(), "{seen}");
    let (status, refused) = start(later).await;
    assert_eq!((status, &refused["code"]), (409, &json!("invite_not_open")), "{refused}");
    server.stop().await;
}

#[tokio::test]
async fn an_invitation_opens_for_its_attempts_until_it_is_closed() {
    let server = shared_server().await;
    let (_, interview) = answer(as_user(&server, Method::POST, INTERVIEWS, "ann").json(&plan())).await;
    let invites = format!("{INTERVIEWS}/{}/invites", text(&interview, "interview_id"));
    let invite = as_user(&server, Method::POST, &invites, "ann").json(&json!({"attempts": 2}));
    let (status, made) = answer(invite).await;
    assert_eq!((status, &made["state"]), (201, &json!("open")), "{made}");
    let code = text(&made, "code");
    assert_eq!(made["url"], format!("{}/i/{code}", server.url));
    let start = || server.post("/api/interview/start", json!({"invite": code}));
    assert_eq!(start().await.0, 200, "without any other credential");
    let (_, list) = answer(as_user(&server, Method::GET, &invites, "ann")).await;
    assert_eq!(list["invites"][0]["attempts_used"], 1);
    assert!(!list.to_string().contains(&code), "a link is shown once");
    assert_eq!(answer(as_user(&server, Method::GET, &invites, "bob")).await.0, 404);
    let one = format!("{invites}/{}", text(&made, "invite_id"));
    assert_eq!(answer(as_user(&server, Method::DELETE, &one, "bob")).await.0, 404);
    assert_eq!(answer(as_user(&server, Method::DELETE, &one, "ann")).await.0, 204);
    assert_eq!(answer(as_user(&server, Method::DELETE, &one, "ann")).await.0, 204, "again changes nothing");
    assert_eq!(start().await.1["code"], "invite_closed");
    let looked_at = server.get(&format!("/api/v1/invites/{code}")).await;
    assert_eq!((looked_at.0, &looked_at.1["code"]), (410, &json!("invite_closed")));
    for (body, pointer) in [
        (json!({"attempts": 0}), "/attempts"),
        (json!({"closes_at": "2020-01-01T00:00:00Z"}), "/closes_at"),
        (json!({"closes_at": "2990-01-01T00:00:00Z"}), "/closes_at"),
        (json!({"opens_at": "tomorrow"}), "/opens_at"),
    ] {
        let (status, refused) = answer(as_user(&server, Method::POST, &invites, "ann").json(&body)).await;
        assert_eq!((status, &refused["errors"][0]["pointer"]), (400, &json!(pointer)), "{refused}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_made_again_is_answered_again_and_not_done_again() {
    let server = shared_server().await;
    let start = |key: &str, user_id: &str| {
        let request = server.request(Method::POST, "/api/interview/start").header("x-api-key", KEY);
        request.header("idempotency-key", key).json(&json!({"user_id": user_id, "kind": "tryout"}))
    };
    let first = with_header(start("one", "ann"), "idempotency-replayed").await;
    let again = with_header(start("one", "ann"), "idempotency-replayed").await;
    assert_eq!((first.0.as_u16(), first.1), (200, None), "{}", first.2);
    assert_eq!((again.0.as_u16(), again.1.as_deref()), (200, Some("true")));
    assert_eq!(first.2, again.2, "the same session, the same token");
    let other = answer(start("one", "bob")).await;
    assert_eq!((other.0, &other.1["code"]), (422, &json!("idempotency_conflict")));
    let next = answer(start("two", "ann")).await;
    assert_ne!(next.1["session_id"], first.2["session_id"]);
    // Many at once: one does it.
    let many = futures_util::future::join_all((0..8).map(|_| answer(start("three", "ann")))).await;
    let mut ids: Vec<&str> = many.iter().filter_map(|(_, body)| body["session_id"].as_str()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{many:?}");
    assert!(many.iter().all(|(status, _)| [200, 409].contains(status)), "{many:?}");
    // A refused request may be made again with the same key.
    assert_eq!(answer(start("four", "")).await.0, 400);
    assert_eq!(answer(start("four", "ann")).await.0, 200);
    let long = "x".repeat(256);
    assert_eq!(answer(start(&long, "ann")).await.1["errors"][0]["pointer"], "/Idempotency-Key");
    // A wrong credential opens no answer of before.
    let thief = start("one", "ann")
        .headers([("x-api-key".parse().unwrap(), "wrong-key".parse().unwrap())].into_iter().collect());
    assert_eq!(answer(thief).await.0, 401);
    let dir = server.stop().await;
    let token = text(&first.2, "token");
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "a token is readable at rest");
    }
}

#[tokio::test]
async fn anybody_starts_where_that_is_allowed_and_knows_the_session_by_its_id() {
    let server = TestServer::start(&[
        ("API_KEY", KEY),
        ("VIVA_PUBLIC_START", "1"),
        ("VIVA_STARTS_PER_MINUTE", "2"),
        ("VIVA_TRUSTED_PROXY_HOPS", "1"),
    ])
    .await;
    let start = |address: &str| {
        let request = server.request(Method::POST, "/api/interview/start").header("x-forwarded-for", address);
        answer(request.json(&json!({"user_id": "test-user"})))
    };
    let (status, session) = start("203.0.113.1").await;
    assert_eq!(status, 200, "{session}");
    let at = |what: &str| format!("/api/interview/{}/{what}", text(&session, "session_id"));
    assert_eq!(server.get(&at("status")).await.0, 200, "the id is the capability");
    assert_eq!(server.get(&at("ice-servers")).await.0, 200);
    assert_eq!(server.get(&at("results")).await.0, 404, "but not for the results");
    let platform = server.request(Method::GET, &at("results")).header("x-api-key", KEY);
    assert_eq!(answer(platform).await.0, 200);
    assert_eq!(server.get(INTERVIEWS).await.0, 401, "and for nothing else");
    assert_eq!(start("203.0.113.1").await.0, 200);
    let (status, refused) = start("203.0.113.1").await;
    assert_eq!((status, &refused["code"]), (429, &json!("rate_limited")));
    assert_eq!(start("6.6.6.6, 203.0.113.1").await.0, 429, "what the client itself forwards is not believed");
    assert_eq!(start("203.0.113.2").await.0, 200, "another address");
    // A session that a platform started stays closed to nobody.
    let started = server.request(Method::POST, "/api/interview/start").header("x-api-key", KEY);
    let (_, private) = answer(started.json(&json!({"user_id": "ann"}))).await;
    assert_eq!(server.get(&format!("/api/interview/{}/status", text(&private, "session_id"))).await.0, 404);
    assert_eq!(server.post(&at("end"), json!({})).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let server = TestServer::start(&[("VIVA_REQUESTS_PER_MINUTE", "3")]).await;
    let mut last = None;
    for _ in 0..4 {
        last = Some(server.request(Method::GET, "/api/v1/kinds").send().await.unwrap());
    }
    let refused = last.unwrap();
    assert_eq!(refused.status(), 429);
    let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
    assert!(header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)));
    assert_eq!(header("ratelimit-policy"), "\"requests\";q=3;w=60");
    assert!(header("ratelimit").starts_with("\"requests\";r=0;t="));
    assert_eq!(server.get("/healthz").await.0, 200, "health is not limited");
    server.stop().await;
}
