//! Sign-in over HTTP, with a real mail server and with the outbox of development.

use crate::support::{
    server::{TestServer, answer, text},
    services::{MailServer, Redis, six_digits},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
const ANN: &str = "ann@example.com";

/// A server that signs people in by this mail server.
async fn server_with(mail: &MailServer, more: &[(&str, &str)]) -> TestServer {
    let port = mail.port.to_string();
    let mut variables =
        vec![("SECRET_KEY", SECRET), ("SMTP_SERVER", "127.0.0.1"), ("SMTP_PORT", &port), ("EMAIL_USER", "viva@x.test")];
    variables.extend_from_slice(more);
    TestServer::start(&variables).await
}

async fn auth(server: &TestServer, step: &str, body: Value) -> (u16, Value) {
    server.post(&format!("/api/auth/{step}"), body).await
}

#[track_caller]
fn assert_code(answered: &(u16, Value), status: u16, code: &str) {
    assert_eq!((answered.0, answered.1["code"].as_str()), (status, Some(code)), "{}", answered.1);
    assert!(answered.1["detail"].is_string());
}

/// Signs an address up and returns the code that came by mail.
async fn mailed_code(server: &TestServer, mail: &mut MailServer, email: &str) -> String {
    let (status, body) = auth(server, "signup", json!({"email": email})).await;
    assert_eq!((status, body), (200, json!({"message": "OTP sent to your email"})));
    let mail = mail.next().await;
    assert_eq!((mail.to.as_slice(), mail.from.as_str()), ([email.to_lowercase()].as_slice(), "viva@x.test"));
    mail.code()
}

/// Proves an address; returns the token of the verification.
async fn verified(server: &TestServer, mail: &mut MailServer, email: &str) -> String {
    let code = mailed_code(server, mail, email).await;
    let (status, body) = auth(server, "verify-otp", json!({"email": email, "otp": code})).await;
    assert_eq!((status, body["message"].as_str()), (200, Some("OTP verified successfully")), "{body}");
    text(&body, "verification_token")
}

/// A code that is not `code`.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn the_contracts_flow_works_as_printed_in_open_mode() {
    let server = TestServer::start(&[]).await;
    let body = json!({"email": "User@Example.com"});
    assert_eq!(auth(&server, "signup", body.clone()).await, (200, json!({"message": "OTP sent to your email"})));
    let (status, outbox) = server.get("/dev/outbox").await;
    assert_eq!((status, outbox["mails"][0]["to"].as_str()), (200, Some("user@example.com")), "{outbox}");
    let code = six_digits(&text(&outbox["mails"][0], "body")).expect("a code");
    assert_code(&auth(&server, "login", body.clone()).await, 401, "proof_needed");
    let (status, answered) = auth(&server, "verify-otp", json!({"email": "user@example.com", "otp": code})).await;
    assert_eq!((status, answered["message"].as_str()), (200, Some("OTP verified successfully")));
    let named = auth(&server, "set-username", json!({"email": "user@example.com", "username": "uniqueusername"})).await;
    assert_eq!(named, (200, json!({"message": "Username set successfully"})));
    let (_, outbox) = server.get("/dev/outbox").await;
    assert!(text(&outbox["mails"][0], "body").contains("uniqueusername"), "the name is mailed: {outbox}");
    let (status, login) = auth(&server, "login", json!({"email": "user@example.com"})).await;
    assert_eq!((status, login["token_type"].as_str(), login.as_object().unwrap().len()), (200, Some("bearer"), 2));
    let token = text(&login, "access_token");
    assert_eq!(claims(&token)["username"], "uniqueusername");
    let with = |token: &str| {
        let request = server.request(Method::POST, "/api/interview/start").json(&json!({"kind": "tryout"}));
        answer(request.header("authorization", format!("Bearer {token}")))
    };
    assert_eq!(with(&token).await.0, 200, "a session of the user's own");
    // What is no proof is no open door either.
    for body in [
        json!({"email": "user@example.com", "verification_token": "0".repeat(64)}),
        json!({"email": "user@example.com", "otp": wrong(&code)}),
        json!({"email": "nobody@example.com"}),
    ] {
        assert_code(&auth(&server, "login", body).await, 401, "proof_needed");
    }
    let outbox = answer(server.request(Method::GET, "/dev/outbox").header("authorization", format!("Bearer {token}")));
    assert_code(&outbox.await, 404, "not_found");
    server.stop().await;
}

#[tokio::test]
async fn an_account_is_made_named_and_used_by_mail() {
    let mut mail = MailServer::start().await;
    let variables = [("ALGORITHM", "HS384"), ("ACCESS_TOKEN_EXPIRE_MINUTES", "7")];
    let server = server_with(&mail, &variables).await;
    let token = verified(&server, &mut mail, "Ann@Example.com").await;
    let login = json!({"email": ANN, "verification_token": token});
    assert_code(&auth(&server, "login", login.clone()).await, 409, "conflict");
    let name = json!({"email": ANN, "username": "Ann", "verification_token": token});
    assert_eq!(auth(&server, "set-username", name).await, (200, json!({"message": "Username set successfully"})));
    let mailed = mail.next().await;
    assert!(mailed.subject == "Your user name" && mailed.body.contains(" Ann."), "{mailed:?}");
    let (status, answered) = auth(&server, "login", login.clone()).await;
    assert_eq!((status, answered["token_type"].as_str()), (200, Some("bearer")), "{answered}");
    let bearer = text(&answered, "access_token");
    let claims = claims(&bearer);
    assert!(text(&claims, "sub").starts_with("usr_") && text(&claims, "sub").len() == 30, "{claims}");
    assert_eq!(claims["username"], "Ann");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 7 * 60);
    let header = URL_SAFE_NO_PAD.decode(bearer.split('.').next().unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["alg"], "HS384");
    // The proof is used up.
    assert_code(&auth(&server, "login", login).await, 401, "proof_needed");
    // The bearer token renames its own user and nobody else.
    let rename = |email: &str, name: &str, bearer: &str| {
        let request = server.request(Method::POST, "/api/auth/set-username");
        let request = request.json(&json!({"email": email, "username": name}));
        answer(request.header("authorization", format!("Bearer {bearer}")))
    };
    assert_eq!(rename(ANN, "Annie", &bearer).await.0, 200);
    assert!(mail.next().await.body.contains("Annie"));
    assert_code(&rename("bob@example.com", "Robert", &bearer).await, 401, "proof_needed");
    assert_code(&rename(ANN, "Annie", &format!("{bearer}x")).await, 401, "unauthorized");
    // Somebody else wants that name.
    let token = verified(&server, &mut mail, "bob@example.com").await;
    let taken = json!({"email": "bob@example.com", "username": "aNNIE", "verification_token": token});
    assert_code(&auth(&server, "set-username", taken).await, 409, "name_taken");
    let free = json!({"email": "bob@example.com", "username": "ann", "verification_token": token});
    assert_eq!(auth(&server, "set-username", free).await.0, 200, "a name that was given up is free");
    server.stop().await;
}

#[tokio::test]
async fn the_cookie_and_the_same_code_are_proofs_too() {
    let mut mail = MailServer::start().await;
    let server = server_with(&mail, &[]).await;
    let code = mailed_code(&server, &mut mail, ANN).await;
    let proof = json!({"email": ANN, "otp": code, "username": "ann-1"});
    assert_code(&auth(&server, "set-username", proof.clone()).await, 401, "proof_needed");
    let verify = server.request(Method::POST, "/api/auth/verify-otp").json(&json!({"email": ANN, "otp": code}));
    let response = verify.send().await.unwrap();
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["viva_verification=", "; Path=/api/auth", "; HttpOnly", "; SameSite=Strict", "; Max-Age=600"] {
        assert!(cookie.contains(part), "{part} is missing in {cookie}");
    }
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(auth(&server, "set-username", proof.clone()).await.0, 200, "the same code again");
    assert_code(&auth(&server, "verify-otp", proof).await, 400, "wrong_code");
    let login = |email: &str| {
        let request = server.request(Method::POST, "/api/auth/login").json(&json!({"email": email}));
        request.header(header::COOKIE, format!("theme=dark; {cookie}; x")).send()
    };
    let foreign = login("bob@example.com").await.unwrap();
    assert_eq!(foreign.status(), 401, "a proof of another address");
    let response = login(ANN).await.unwrap();
    assert_eq!(response.status(), 200);
    let cleared = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cleared.starts_with("viva_verification=;") && cleared.contains("Max-Age=0"), "{cleared}");
    assert_eq!(login(ANN).await.unwrap().status(), 401, "it was used up");
    server.stop().await;
}

#[tokio::test]
async fn a_new_code_voids_the_old_and_one_proof_logs_in_once() {
    let mut mail = MailServer::start().await;
    let server = server_with(&mail, &[]).await;
    let old = mailed_code(&server, &mut mail, ANN).await;
    let mut new = mailed_code(&server, &mut mail, ANN).await;
    if new == old {
        new = mailed_code(&server, &mut mail, ANN).await;
    }
    assert_code(&auth(&server, "verify-otp", json!({"email": ANN, "otp": old})).await, 400, "wrong_code");
    let (_, answered) = auth(&server, "verify-otp", json!({"email": ANN, "otp": new})).await;
    let token = text(&answered, "verification_token");
    let proof = json!({"email": ANN, "username": "ann-1", "verification_token": token});
    assert_eq!(auth(&server, "set-username", proof.clone()).await.0, 200);
    let at_once = futures_util::future::join_all((0..8).map(|_| auth(&server, "login", proof.clone()))).await;
    assert_eq!(at_once.iter().filter(|answered| answered.0 == 200).count(), 1, "{at_once:?}");
    server.stop().await;
}

#[tokio::test]
async fn bad_input_names_its_field() {
    let server = TestServer::start(&[]).await;
    let token = "0".repeat(64);
    for (step, body, pointer) in [
        ("signup", json!({}), "/email"),
        ("signup", json!({"email": 7}), "/email"),
        ("signup", json!({"email": "a@b@c"}), "/email"),
        ("signup", json!({"email": "a@b.c\r\nBcc: x@y.z"}), "/email"),
        ("verify-otp", json!({"email": ANN}), "/otp"),
        ("verify-otp", json!({"email": ANN, "otp": 123_456}), "/otp"),
        ("verify-otp", json!({"email": ANN, "otp": "12345"}), "/otp"),
        ("set-username", json!({"email": ANN}), "/username"),
        ("set-username", json!({"email": ANN, "username": "ab"}), "/username"),
        ("set-username", json!({"email": ANN, "username": "a b c"}), "/username"),
        ("set-username", json!({"email": ANN, "username": "abc", "verification_token": "x"}), "/verification_token"),
        ("login", json!({"email": ""}), "/email"),
        ("login", json!({"email": ANN, "otp": "x", "verification_token": token}), "/otp"),
    ] {
        let answered = auth(&server, step, body.clone()).await;
        assert_code(&answered, 400, "invalid_request");
        let found = answered.1["errors"][0]["pointer"].as_str();
        assert!(found == Some(pointer) || found == Some(""), "{step} {body}: {}", answered.1);
    }
    server.stop().await;
}

#[tokio::test]
async fn sign_in_that_is_not_configured_says_so_and_there_is_no_outbox() {
    let body = json!({"email": ANN, "otp": "123456", "username": "ann"});
    for variables in [
        &[("API_KEY", "platform-key-for-tests")][..],
        &[("SECRET_KEY", SECRET)],
        &[("API_KEY", "platform-key-for-tests"), ("SMTP_SERVER", "127.0.0.1")],
    ] {
        let server = TestServer::start(variables).await;
        for step in ["signup", "verify-otp", "set-username", "login"] {
            assert_code(&auth(&server, step, body.clone()).await, 401, "not_configured");
        }
        let request = server.request(Method::GET, "/dev/outbox").header("x-api-key", "platform-key-for-tests");
        assert_code(&answer(request).await, 404, "not_found");
        server.stop().await;
    }
    let open_with_mail = TestServer::start(&[("SMTP_SERVER", "127.0.0.1")]).await;
    assert_code(&open_with_mail.get("/dev/outbox").await, 404, "not_found");
    open_with_mail.stop().await;
}

/// 64 guess at once; whatever their order, five are looked at, and then the code is worth nothing.
async fn guessers(variables: &[(&str, &str)]) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // The test's runtime has one thread, on which the server runs too.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let tries = |outcome: &str| -> u64 {
        let name = format!("viva_sign_in_tries_total{{outcome=\"{outcome}\"}} ");
        handle.render().lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
    };
    let server = TestServer::start(variables).await;
    assert_eq!(auth(&server, "signup", json!({"email": ANN})).await.0, 200);
    let (_, outbox) = server.get("/dev/outbox").await;
    let code = six_digits(&text(&outbox["mails"][0], "body")).expect("a code");
    let guess = |n: u32| {
        let otp = format!("{:06}", (code.parse::<u32>().unwrap() + n) % 1_000_000);
        auth(&server, "verify-otp", json!({"email": ANN, "otp": otp}))
    };
    let answers = futures_util::future::join_all((1..=64).map(guess)).await;
    for (status, body) in &answers {
        assert!(matches!(status, 400 | 429), "{body}");
    }
    assert_eq!((tries("wrong"), tries("right")), (5, 0), "five were looked at");
    assert!(tries("used_up") >= 5, "and the others came to it: {}", tries("used_up"));
    let mut bodies: Vec<_> =
        answers.iter().filter(|answered| answered.0 == 400).map(|(_, body)| body.clone()).collect();
    bodies.iter_mut().for_each(|body| drop(body.as_object_mut().unwrap().remove("request_id")));
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "nobody learns which of them were: {bodies:?}");
    let late = guess(0).await;
    assert!(matches!(late.0, 400 | 429), "the right code comes too late: {}", late.1);
    assert_eq!(tries("right"), 0);
    server.stop().await;
}

#[tokio::test]
async fn sixty_four_guessers_get_five_tries_in_memory() {
    guessers(&[]).await;
}

#[tokio::test]
async fn sixty_four_guessers_get_five_tries_in_redis() {
    let redis = Redis::start().await;
    guessers(&[("REDIS_URL", &redis.url())]).await;
}

#[tokio::test]
async fn codes_and_tries_are_limited_by_address() {
    let server = TestServer::start(&[]).await;
    for n in 1..=6 {
        let response =
            server.request(Method::POST, "/api/auth/signup").json(&json!({"email": ANN})).send().await.unwrap();
        assert_eq!(response.status(), if n <= 5 { 200 } else { 429 }, "code {n}");
        if n == 6 {
            let wait_s: u64 = response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            assert!((1..=3_600).contains(&wait_s), "{wait_s}");
        }
    }
    assert_eq!(auth(&server, "signup", json!({"email": "bob@example.com"})).await.0, 200, "each has its own");
    let mut statuses = Vec::new();
    for n in 0..60 {
        statuses.push(auth(&server, "signup", json!({"email": format!("user{n}@example.com")})).await.0);
    }
    assert!(statuses.contains(&429), "and one client does not ask for everybody: {statuses:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_mail_server_that_is_slow_away_or_refuses_changes_no_answer() {
    // Takes the connection and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port().to_string();
    let closed_port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    for port in [silent_port, closed_port] {
        let variables = [("SECRET_KEY", SECRET), ("SMTP_SERVER", "127.0.0.1"), ("SMTP_PORT", &*port)];
        let server = TestServer::start(&variables).await;
        let started = Instant::now();
        for n in 0..10 {
            let (status, body) = auth(&server, "signup", json!({"email": format!("user{n}@example.com")})).await;
            assert_eq!((status, body), (200, json!({"message": "OTP sent to your email"})));
        }
        assert!(started.elapsed().as_secs() < 5, "nobody waits for the mail server: {:?}", started.elapsed());
        server.stop().await;
    }
    let mut refuses = MailServer::start_with(json!({"refuse": "unknown@example.com"})).await;
    let server = server_with(&refuses, &[]).await;
    let refused = auth(&server, "signup", json!({"email": "unknown@example.com"})).await;
    assert_eq!(refused, (200, json!({"message": "OTP sent to your email"})));
    mailed_code(&server, &mut refuses, ANN).await;
    server.stop().await;
}

#[tokio::test]
async fn viva_signs_in_at_the_mail_server_only_with_a_password() {
    let mut mail = MailServer::start_with(json!({"user": "viva@x.test", "password": "mail-password"})).await;
    let server = server_with(&mail, &[("EMAIL_PASSWORD", "mail-password")]).await;
    assert_eq!(auth(&server, "signup", json!({"email": ANN})).await.0, 200);
    assert_eq!(mail.next().await.user.as_deref(), Some("viva@x.test"));
    server.stop().await;
    let mut open = MailServer::start().await;
    let server = server_with(&open, &[]).await;
    assert_eq!(auth(&server, "signup", json!({"email": ANN})).await.0, 200);
    assert_eq!(open.next().await.user, None);
    server.stop().await;
}

/// In a process of its own, because only there the test's certificate can be trusted.
#[tokio::test]
async fn mail_goes_over_tls_where_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut mail = MailServer::start_with(json!({"cert": cert, "key": key, "require_tls": true})).await;
    let mut viva = Command::new(env!("CARGO_BIN_EXE_viva"))
        .current_dir(dir.path())
        .env_clear()
        .envs([("SSL_CERT_FILE", cert.to_str().unwrap()), ("SECRET_KEY", SECRET), ("VIVA_HOST", "127.0.0.1")])
        .envs([("PORT", "0"), ("SMTP_SERVER", "localhost"), ("SMTP_PORT", &*mail.port.to_string())])
        .env("VIVA_SMTP_TLS", "required")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(viva.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split("url=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a ready line").to_owned();
    let request = reqwest::Client::new().post(format!("{url}/api/auth/signup")).json(&json!({"email": ANN}));
    assert_eq!(answer(request).await.0, 200);
    let taken = mail.next().await;
    assert!(taken.tls && taken.to == [ANN], "{taken:?}");
    viva.kill().unwrap();
    viva.wait().unwrap();
}
