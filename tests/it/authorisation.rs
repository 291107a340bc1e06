//! The authorisation matrix: every operation of the description × everybody who might ask, as DESIGN 6.1 says. An
//! operation without a rule fails the test, and so does a rule without an operation.

mod rules;

use crate::{
    openapi::{description, operations},
    support::server::{TestServer, answer, text},
};
use reqwest::{Method, RequestBuilder};
use rules::{RULES, Rule, Thing};
use serde_json::{Value, json};
use std::{fmt::Write, net::Ipv4Addr};
use viva::simulate::peer::ClientPeer;

const KEY: &str = "platform-key-for-tests";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

/// Everybody who might ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Nobody,
    WrongKey,
    Platform,
    Owner,
    OtherUser,
    /// Holder of the token of this session.
    Candidate,
    /// Holder of the token of another session.
    OtherCandidate,
    Expired,
    WrongAlgorithm,
    WrongAudience,
}

const EVERYBODY: [Who; 10] = [
    Who::Nobody,
    Who::WrongKey,
    Who::Platform,
    Who::Owner,
    Who::OtherUser,
    Who::Candidate,
    Who::OtherCandidate,
    Who::Expired,
    Who::WrongAlgorithm,
    Who::WrongAudience,
];

impl Who {
    /// Carries something that proves nothing.
    const fn is_forged(self) -> bool {
        matches!(self, Self::WrongKey | Self::Expired | Self::WrongAlgorithm | Self::WrongAudience)
    }

    /// Whose token a user's is.
    const fn subject(self) -> &'static str {
        match self {
            Self::OtherUser => "bob",
            _ => "ann",
        }
    }
}

/// What the paths of the rules lead to: made anew for every cell of the matrix, because calls end and delete.
#[derive(Default)]
pub struct Place {
    /// Value of the path's first parameter.
    id: String,
    /// Value of its second.
    inner_id: String,
    candidate: String,
    other_candidate: String,
    query: String,
    body: Value,
}

#[tokio::test]
async fn every_operation_lets_in_whom_the_rules_say_and_nobody_else() {
    let server = TestServer::start(&[
        ("API_KEY", KEY),
        ("SECRET_KEY", SECRET),
        // Mails may be sent, to nobody.
        ("SMTP_SERVER", "127.0.0.1"),
        ("SMTP_PORT", "9"),
        ("VIVA_SESSIONS_MAX", "5000"),
        ("VIVA_REQUESTS_PER_MINUTE", "100000"),
        ("VIVA_STARTS_PER_MINUTE", "10000"),
        ("VIVA_VOICE_CONNECTS_PER_MINUTE", "10000"),
    ])
    .await;
    let mut report = String::new();
    let mut cells = 0;
    let all = operations(&description(&server).await);
    for (method, path, _) in &all {
        let Some(rule) = RULES.iter().find(|rule| rule.method == method.as_str() && rule.path == path) else {
            let _ = writeln!(report, "{method} {path}: no rule says who may");
            continue;
        };
        for who in EVERYBODY {
            cells += 1;
            if let Err(wrong) = check(&server, rule, who).await {
                let _ = writeln!(report, "{method} {path} as {who:?}: {wrong}");
            }
        }
    }
    for rule in RULES {
        let served = all.iter().any(|(method, path, _)| rule.method == method.as_str() && rule.path == path);
        if !served {
            let _ = writeln!(report, "{} {}: a rule for nothing", rule.method, rule.path);
        }
    }
    server.stop().await;
    assert!(report.is_empty(), "\n{report}");
    assert!(cells >= 100, "only {cells} cells");
}

/// One cell: the status and, for a refusal, that it says what a refusal says.
async fn check(server: &TestServer, rule: &Rule, who: Who) -> Result<(), String> {
    let place = rule.thing.make(server, who).await;
    let method = Method::from_bytes(rule.method.as_bytes()).expect("a method");
    let mut request = server.request(method.clone(), &filled(rule.path, &place));
    if method != Method::GET {
        request = request.json(&place.body);
    }
    let response = with_credential(request, who, &place).send().await.expect("an answer");
    let status = response.status().as_u16();
    // A stream of events has no end.
    let body: Value = if status < 400 { Value::Null } else { response.json().await.unwrap_or_default() };
    let expected = rule.expected(who);
    let fits = match expected {
        Expected::Let => !matches!(status, 401 | 403 | 404 | 405 | 500..),
        Expected::Refused(wanted) => {
            let code = body["code"].as_str();
            status == wanted
                && match wanted {
                    401 => matches!(code, Some("unauthorized" | "not_configured" | "proof_needed")),
                    403 => code == Some("forbidden"),
                    _ => code == Some("not_found"),
                }
        }
    };
    if fits { Ok(()) } else { Err(format!("expected {expected:?}, found {status} {body}")) }
}

/// What the matrix holds.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// The call is judged by its content; nothing says that one may not.
    Let,
    Refused(u16),
}

/// The path with its parameters in their order.
fn filled(path: &str, place: &Place) -> String {
    let mut ids = [&place.id, &place.inner_id].into_iter();
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => ids.next().expect("a path of two parameters at most").as_str(),
        false => part,
    });
    parts.collect::<Vec<_>>().join("/") + &place.query
}

fn with_credential(request: RequestBuilder, who: Who, place: &Place) -> RequestBuilder {
    let later = jsonwebtoken::get_current_timestamp() + 600;
    let claims = json!({"sub": who.subject(), "username": who.subject(), "exp": later});
    match who {
        Who::Nobody => request,
        Who::WrongKey => request.header("x-api-key", "not-the-platform-key"),
        Who::Platform => request.header("x-api-key", KEY),
        Who::Owner | Who::OtherUser => request.bearer_auth(jwt(jsonwebtoken::Algorithm::HS256, &claims)),
        Who::Candidate => request.bearer_auth(&place.candidate),
        Who::OtherCandidate => request.bearer_auth(&place.other_candidate),
        Who::Expired => {
            let claims = json!({"sub": "ann", "exp": later - 3_600});
            request.bearer_auth(jwt(jsonwebtoken::Algorithm::HS256, &claims))
        }
        Who::WrongAlgorithm => request.bearer_auth(jwt(jsonwebtoken::Algorithm::HS512, &claims)),
        Who::WrongAudience => {
            let claims = json!({"sub": "ann", "exp": later, "aud": "somebody-else"});
            request.bearer_auth(jwt(jsonwebtoken::Algorithm::HS256, &claims))
        }
    }
}

fn jwt(algorithm: jsonwebtoken::Algorithm, claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::new(algorithm), claims, &key).expect("a token")
}

/// A call as the owner, for what a cell needs before it.
async fn as_owner(server: &TestServer, method: Method, path: &str, body: Value) -> Value {
    let request = server.request(method, path).json(&body);
    let (status, body) = answer(with_credential(request, Who::Owner, &Place::default())).await;
    assert!((200..300).contains(&status), "{path}: {status} {body}");
    body
}

impl Thing {
    async fn make(self, server: &TestServer, who: Who) -> Place {
        // Two sessions of the owner's: their tokens are the candidates' of every row.
        let start = |kind: &'static str| {
            as_owner(server, Method::POST, "/api/interview/start", json!({"kind": kind, "user_id": "ann"}))
        };
        let (this, other) = (start("general").await, start("general").await);
        let place =
            Place { candidate: text(&this, "token"), other_candidate: text(&other, "token"), ..Place::default() };
        let session_id = text(&this, "session_id");
        match self {
            Self::Nothing => Place { body: json!({}), ..place },
            Self::Start => Place { body: json!({"user_id": who.subject(), "kind": "general"}), ..place },
            Self::Session => {
                let consent = text(&this["consent"], "version");
                // One body for all calls: unknown fields are ignored.
                let body = json!({
                    "messages": [], "scores": [], "type": "candidate.wait", "candidate": null, "version": consent, "reason": "a complaint",
                    "kind": "check",
                });
                Place { id: session_id, body, ..place }
            }
            Self::Description => Place { id: session_id, body: json!({"sdp": "v=0", "type": "offer"}), ..place },
            Self::Whip => whip(server, session_id, place).await,
            Self::SignIn => Place { body: json!({"email": "nobody@example.com", "otp": "000000"}), ..place },
            Self::Unproved => Place { body: json!({"email": "nobody@example.com", "username": "nobody"}), ..place },
            Self::VoiceConnect => {
                let fresh = session_id.trim_start_matches("ses_");
                Place { body: json!({"sessionId": fresh, "userId": who.subject()}), ..place }
            }
            Self::VoiceSession => {
                let fresh = session_id.trim_start_matches("ses_").to_owned();
                let body = json!({"sessionId": fresh, "userId": "ann"});
                as_owner(server, Method::POST, "/api/voice/connect", body).await;
                Place { id: fresh, body: json!({"messages": []}), ..place }
            }
            Self::VoiceHistory => Place { query: format!("?userId={}", who.subject()), ..place },
            Self::Persona => Place { id: "Vera".to_owned(), body: json!({"text": ""}), ..place },
            Self::Question => {
                let body = json!({"interview_id": "general", "question_number": 1, "user_id": who.subject()});
                Place { body, ..place }
            }
            Self::Interview | Self::OwnInvite => {
                let body = json!({"kind": "general", "title": "of the owner"});
                let made = as_owner(server, Method::POST, "/api/v1/interviews", body.clone()).await;
                let id = text(&made, "interview_id");
                if self == Self::Interview {
                    return Place { id, body, ..place };
                }
                let invites = format!("/api/v1/interviews/{id}/invites");
                let invite = as_owner(server, Method::POST, &invites, json!({})).await;
                Place { id, inner_id: text(&invite, "invite_id"), body: json!({}), ..place }
            }
            Self::Scorecard => scorecard(server, session_id, place).await,
            Self::Webhook => webhook(server, false, place).await,
            Self::Delivery => webhook(server, true, place).await,
            Self::Room => {
                let room = as_owner(server, Method::POST, "/api/rooms", json!({"name": "of the owner"})).await;
                Place { id: text(&room, "room_code"), body: json!({}), ..place }
            }
            Self::Invite => Place { id: "0".repeat(64), ..place },
        }
    }
}

/// A connection of the owner's session. Nobody is at its other end, and nobody need be.
async fn whip(server: &TestServer, session_id: String, place: Place) -> Place {
    let (peer, _events) = ClientPeer::new((Ipv4Addr::LOCALHOST, 0).into()).await.expect("a client");
    let offer = peer.offer(false).await.expect("an offer");
    let request = server.request(Method::POST, &format!("/api/interview/{session_id}/whip"));
    let request = request.header("content-type", "application/sdp").body(offer);
    let made = with_credential(request, Who::Owner, &Place::default()).send().await.expect("an answer");
    let location = made.headers()["location"].to_str().expect("a location");
    let inner_id = location.rsplit('/').next().expect("a name").to_owned();
    Place { id: session_id, inner_id, body: json!({}), ..place }
}

/// An endpoint of the owner's, and something delivered to it where that is wanted.
async fn webhook(server: &TestServer, with_delivery: bool, place: Place) -> Place {
    let body = json!({"url": "https://hooks.invalid/", "since": "2026-01-01T00:00:00Z"});
    // One serves many cells: an owner may not have as many as there are cells.
    let list = as_owner(server, Method::GET, "/api/v1/webhooks", json!({})).await;
    let webhook = match list["webhooks"].get(0) {
        Some(webhook) => webhook.clone(),
        None => as_owner(server, Method::POST, "/api/v1/webhooks", body.clone()).await,
    };
    let id = text(&webhook, "webhook_id");
    if !with_delivery {
        return Place { id, body, ..place };
    }
    let test = as_owner(server, Method::POST, &format!("/api/v1/webhooks/{id}/test"), json!({})).await;
    Place { id, inner_id: text(&test, "delivery_id"), body, ..place }
}

/// A score for each criterion of an interview: that nothing was said.
fn scores_of(interview: &Value) -> Vec<Value> {
    let questions = interview["questions"].as_array().expect("questions");
    let of_question = |question: &Value| {
        let number = question["number"].clone();
        let criteria = question["rubric"].as_array().expect("a rubric").clone();
        criteria.into_iter().map(move |one| json!({"question": number, "criterion": one["id"], "level": null}))
    };
    questions.iter().flat_map(of_question).collect()
}

/// A session of the owner's that is over, with a scorecard that whoever may read sees.
async fn scorecard(server: &TestServer, session_id: String, place: Place) -> Place {
    as_owner(server, Method::POST, &format!("/api/interview/{session_id}/end"), json!({})).await;
    let interview = as_owner(server, Method::GET, "/api/v1/interviews/general", Value::Null).await;
    let cards = format!("/api/interview/{session_id}/scorecards");
    let card = as_owner(server, Method::POST, &cards, json!({"scores": scores_of(&interview)})).await;
    let query = "?include=proposal".to_owned();
    Place { id: session_id, inner_id: text(&card, "scorecard_id"), query, ..place }
}
