//! What the pages of interviewers begin with: who one is, and the list of one's sessions.

use crate::support::{
    caller::Caller,
    postgres,
    server::{TestServer, answer, text},
    services::{MailServer, six_digits},
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
        "can_mail": false, "is_development": false, "embed_allowed": false,
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
        "can_mail": true, "is_development": true, "embed_allowed": true,
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

async fn invite(server: &TestServer, body: Value) -> (u16, Value) {
    answer(as_user(server, Method::POST, "/api/v1/interviews/general/invites", "ann").json(&body)).await
}

/// Everything in the directory of a server, as one text.
fn kept_in(dir: &std::path::Path) -> Vec<u8> {
    let files = std::fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").path());
    files.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).expect("its bytes")).collect()
}

#[tokio::test]
async fn an_invitation_is_mailed_and_its_address_is_not_kept() {
    let mut mail = MailServer::start().await;
    let port = mail.port.to_string();
    let smtp = [("SMTP_SERVER", "127.0.0.1"), ("SMTP_PORT", &*port), ("EMAIL_USER", "viva@x.test")];
    let variables = [&[("SECRET_KEY", SECRET), ("API_KEY", KEY)][..], &smtp].concat();
    let server = TestServer::start(&variables).await;
    let own = json!({
        "kind": "general", "title": "Round\nBcc: all@x.test", "host": "Example Ltd", "contact": "help@example.com",
    });
    let (status, own) = answer(as_user(&server, Method::POST, "/api/v1/interviews", "ann").json(&own)).await;
    assert_eq!(status, 201, "{own}");
    let path = format!("/api/v1/interviews/{}/invites", text(&own, "interview_id"));
    let body = json!({"email": " Grace.Hopper@Example.com ", "name": "Grace"});
    let (status, made) = answer(as_user(&server, Method::POST, &path, "ann").json(&body)).await;
    assert_eq!((status, &made["mailed"]), (201, &json!(true)), "{made}");
    let mailed = mail.next().await;
    assert_eq!(
        (mailed.to.as_slice(), mailed.from.as_str()),
        (&["grace.hopper@example.com".to_owned()][..], "viva@x.test")
    );
    assert_eq!(mailed.subject, "Your interview with Example Ltd: Round Bcc: all@x.test");
    for part in ["Hello Grace,", "an AI, not a person", &text(&made, "url"), "help@example.com"] {
        assert!(mailed.body.contains(part), "{part} is missing in {}", mailed.body);
    }
    assert!(!made.to_string().contains("hopper"), "{made}");

    let (status, silent) = invite(&server, json!({"name": "Ada"})).await;
    assert_eq!((status, &silent["mailed"]), (201, &json!(false)), "without an address there is no mail");
    for (body, pointer) in [
        (json!({"email": "nobody"}), "/email"),
        (json!({"email": ""}), "/email"),
        (json!({"email": "a@x.test, b@x.test"}), "/email"),
        (json!({"email": "a@x.test\r\nBcc: b@x.test"}), "/email"),
        (json!({"email": "a@x.test", "name": "x".repeat(81)}), "/name"),
        (json!({"email": "a@x.test", "name": "a\nb"}), "/name"),
    ] {
        let (status, refused) = invite(&server, body.clone()).await;
        assert_eq!((status, refused["errors"][0]["pointer"].as_str()), (400, Some(pointer)), "{body}: {refused}");
    }
    let mut statuses = Vec::new();
    for n in 0..60 {
        statuses.push(invite(&server, json!({"email": format!("user{n}@example.com")})).await.0);
    }
    assert!(statuses.contains(&429) && statuses.contains(&201), "nobody writes to everybody: {statuses:?}");
    let dir = server.stop().await;
    let kept = kept_in(dir.path());
    let holds = |text: &str| kept.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    assert!(holds("general") && !holds("grace.hopper") && !holds("user1@example.com"), "an address is on the disk");
}

#[tokio::test]
async fn without_a_way_to_mail_no_invitation_is_left_behind() {
    let off = TestServer::start(&[("SECRET_KEY", SECRET)]).await;
    let (status, refused) = invite(&off, json!({"email": "ada@example.com"})).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("mail_not_configured")), "{refused}");
    assert!(text(&refused, "detail").contains("SMTP_SERVER"));
    off.stop().await;

    let development = TestServer::start(&[]).await;
    let path = "/api/v1/interviews/general/invites";
    let (status, made) = development.post(path, json!({"email": "ada@example.com"})).await;
    assert_eq!((status, &made["mailed"]), (201, &json!(true)));
    let (_, outbox) = development.get("/dev/outbox").await;
    assert!(text(&outbox["mails"][0], "body").contains(&text(&made, "url")), "{outbox}");
    development.stop().await;

    // Takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let smtp = [("SMTP_SERVER", "127.0.0.1"), ("SMTP_PORT", &*port), ("VIVA_REQUESTS_PER_MINUTE", "100000")];
    let full = TestServer::start(&[&[("API_KEY", KEY)][..], &smtp].concat()).await;
    let (mut made, mut refused) = (0, None);
    while refused.is_none() {
        let request = as_platform(&full, Method::POST, path).json(&json!({"email": "ada@example.com"}));
        let response = request.send().await.unwrap();
        match response.status().as_u16() {
            201 => made += 1,
            _ => refused = Some((response.status(), response.headers().get("retry-after").cloned())),
        }
        assert!(made < 1_000, "the queue has a bound");
    }
    let (status, wait) = refused.unwrap();
    assert!(status == 503 && wait.is_some_and(|wait| wait == "30"), "{status}");
    let (mut listed, mut next) = (0, format!("{path}?limit=200"));
    loop {
        let (_, page) = answer(as_platform(&full, Method::GET, &next)).await;
        listed += page["invites"].as_array().expect("invites").len();
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=200&cursor={cursor}");
    }
    assert_eq!(listed, made, "what was refused left nothing behind");
    full.stop().await;
}
