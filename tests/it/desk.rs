//! What the pages of interviewers begin with: who one is, and the list of one's sessions.

use crate::support::{
    caller::Caller,
    postgres,
    server::{TestServer, answer, text},
    services::six_digits,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const KEY: &str = "platform-key-for-tests";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
const SESSIONS: &str = "/api/v1/sessions";

fn bearer(sub: &str, name: &str) -> String {
    let claims = json!({"sub": sub, "username": name, "exp": get_current_timestamp() + 600});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    format!("Bearer {}", encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap())
}

fn as_user(server: &TestServer, method: Method, path: &str, sub: &str) -> RequestBuilder {
    server.request(method, path).header("authorization", bearer(sub, sub))
}

fn as_platform(server: &TestServer, method: Method, path: &str) -> RequestBuilder {
    server.request(method, path).header("x-api-key", KEY)
}

#[tokio::test]
async fn everybody_is_told_who_they_are() {
    let server = TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET)]).await;
    let (status, body) = answer(as_user(&server, Method::GET, "/api/v1/me", "usr_ann")).await;
    let expected = json!({
        "principal": "user", "user_id": "usr_ann", "name": "usr_ann", "email": null, "can_sign_in": false,
        "is_development": false, "embed_allowed": false,
    });
    assert_eq!((status, body), (200, expected));
    let (status, body) = answer(as_platform(&server, Method::GET, "/api/v1/me")).await;
    assert_eq!((status, &body["principal"], &body["name"]), (200, &json!("platform"), &Value::Null));
    assert_eq!(server.get("/api/v1/me").await.0, 401);
    server.stop().await;

    let origins = [("VIVA_EMBED_ORIGINS", "https://jobs.example")];
    let open = TestServer::start(&origins).await;
    let (status, body) = open.get("/api/v1/me").await;
    let expected = json!({
        "principal": "local", "user_id": null, "name": null, "email": null, "can_sign_in": true,
        "is_development": true, "embed_allowed": true,
    });
    assert_eq!((status, body), (200, expected));
    let email = json!({"email": "ann@example.com"});
    assert_eq!(open.post("/api/auth/signup", email.clone()).await.0, 200);
    let (_, outbox) = open.get("/dev/outbox").await;
    let otp = six_digits(&text(&outbox["mails"][0], "body")).expect("a code");
    assert_eq!(open.post("/api/auth/verify-otp", json!({"email": "ann@example.com", "otp": otp})).await.0, 200);
    let name = json!({"email": "ann@example.com", "username": "Ann"});
    assert_eq!(open.post("/api/auth/set-username", name).await.0, 200);
    let (_, login) = open.post("/api/auth/login", email).await;
    let me = open.request(Method::GET, "/api/v1/me").bearer_auth(text(&login, "access_token"));
    let (status, body) = answer(me).await;
    assert_eq!((status, &body["name"], &body["email"]), (200, &json!("Ann"), &json!("ann@example.com")), "{body}");
    open.stop().await;
}

#[tokio::test]
async fn sessions_are_listed_page_by_page_by_interview_and_by_state() {
    let url = postgres::new_database_url().await;
    let server = TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET), ("DATABASE_URL", &url)]).await;
    let start = async |sub: &str, kind: &str| {
        let request = as_user(&server, Method::POST, "/api/interview/start", sub);
        let (status, body) = answer(request.json(&json!({"kind": kind}))).await;
        assert_eq!(status, 200, "{body}");
        text(&body, "session_id")
    };
    let mut made = Vec::new();
    for kind in ["general", "tryout", "general", "reading", "general"] {
        made.push(start("ann", kind).await);
    }
    let foreign = start("bob", "general").await;
    let voice = json!({"sessionId": "a-voice-session-of-ann-0001", "userId": "ann"});
    let (status, body) = answer(as_user(&server, Method::POST, "/api/voice/connect", "ann").json(&voice)).await;
    assert_eq!(status, 200, "{body}");
    let end = format!("/api/interview/{}/end", made[2]);
    assert_eq!(answer(as_user(&server, Method::POST, &end, "ann").json(&json!({}))).await.0, 200);

    let all = async |query: &str| {
        let (mut ids, mut path) = (Vec::new(), format!("{SESSIONS}?limit=2{query}"));
        loop {
            let response = as_user(&server, Method::GET, &path, "ann").send().await.unwrap();
            let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
            let body: Value = response.json().await.unwrap();
            ids.extend(body["sessions"].as_array().expect("sessions").iter().map(|one| text(one, "session_id")));
            let Some(link) = link else {
                assert!(body["next_cursor"].is_null(), "{body}");
                return ids;
            };
            assert!(link.contains(&text(&body, "next_cursor")), "{link}");
            path = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
        }
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let of = |numbers: &[usize]| sorted(numbers.iter().map(|&n| made[n].clone()).collect());
    assert_eq!(sorted(all("").await), of(&[0, 1, 2, 3, 4]), "one's own interviews");
    assert_eq!(sorted(all("&state=live").await), of(&[0, 1, 3, 4]));
    assert_eq!(all("&state=ended").await, of(&[2]));
    assert_eq!(sorted(all("&interview_id=general&state=live").await), of(&[0, 4]), "the next page is filtered too");
    assert_eq!(all("&interview_id=no-such").await, Vec::<String>::new());

    let (_, platform) = answer(as_platform(&server, Method::GET, SESSIONS)).await;
    let seen: Vec<&Value> = platform["sessions"].as_array().unwrap().iter().collect();
    assert!(seen.len() == 6 && seen.iter().any(|one| one["session_id"] == foreign.as_str()), "{platform}");
    let ended = seen.iter().find(|one| one["session_id"] == made[2].as_str()).expect("it is there");
    assert_eq!(
        (&ended["status"], &ended["end_reason"], &ended["kind"], &ended["user_id"], &ended["name"]),
        (&json!("ended"), &json!("platform_ended"), &json!("general"), &json!("ann"), &Value::Null)
    );
    assert!(ended["ended_at"].is_string() && ended["started_at"].is_null(), "{ended}");
    for query in ["state=no", "limit=0", "cursor=x", "interview_id=", "interview_id=a%20b", "interview_id=%3E"] {
        let (status, body) = answer(as_user(&server, Method::GET, &format!("{SESSIONS}?{query}"), "ann")).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("invalid_request")), "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_live_session_shows_what_goes_on() {
    let server = crate::support::caller::scripted_server(&[]).await;
    let caller = Caller::new(&server, "general").await;
    let listed = async || {
        let (status, body) = server.get(&format!("{SESSIONS}?state=live")).await;
        assert_eq!(status, 200, "{body}");
        body["sessions"][0].clone()
    };
    let waiting = listed().await;
    assert_eq!((&waiting["session_id"], &waiting["status"]), (&json!(caller.id), &json!("created")));
    assert_eq!(waiting["question"]["number"], 0);
    caller.offer(false).await;
    caller.until_event("the first question", |event| event["type"] == "question").await;
    let going = listed().await;
    assert_eq!((&going["status"], &going["question"]["number"]), (&json!("active"), &json!(1)), "{going}");
    let total = going["question"]["total"].as_u64().unwrap();
    assert!(total > 1 && going["started_at"].is_string() && going["ended_at"].is_null(), "{going}");
    server.stop().await;
}
