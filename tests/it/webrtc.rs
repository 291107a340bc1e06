//! Credentials for browsers: TURN by Twilio and coturn, and short-lived keys for the speech model.

mod keys;
mod turn;

use crate::support::server::{TestServer, answer};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
pub const PLATFORM: &str = "platform-key-for-tests";

/// A server with platforms and users, and these variables.
pub async fn server(variables: &[(&str, &str)]) -> TestServer {
    TestServer::start(&[&[("API_KEY", PLATFORM), ("SECRET_KEY", SECRET)], variables].concat()).await
}

/// A user's bearer token.
pub fn user(sub: &str) -> String {
    let claims = json!({"sub": sub, "exp": jsonwebtoken::get_current_timestamp() + 600});
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token");
    format!("Bearer {token}")
}

/// A call as this user.
pub fn call(server: &TestServer, method: Method, path: &str, sub: &str) -> RequestBuilder {
    server.request(method, path).header("authorization", user(sub))
}

pub fn assert_problem(answered: &(u16, Value), status: u16, code: &str) {
    let (found, body) = answered;
    assert_eq!((*found, body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(body["detail"], body["error"], "{body}");
}

/// The answers to nobody, a wrong key, a wrong token and a candidate.
pub async fn strangers(server: &TestServer, request: impl Fn() -> RequestBuilder) -> Vec<(u16, Value)> {
    let start = server.request(Method::POST, "/api/interview/start").header("x-api-key", PLATFORM);
    let (status, started) = answer(start.json(&json!({"user_id": "eve"}))).await;
    assert_eq!(status, 200, "{started}");
    let candidate = format!("Bearer {}", started["token"].as_str().expect("a token"));
    let mut answers = vec![answer(request()).await];
    for (name, value) in
        [("x-api-key", "a-wrong-key"), ("authorization", "Bearer a.b.c"), ("authorization", candidate.as_str())]
    {
        answers.push(answer(request().header(name, value)).await);
    }
    answers
}
