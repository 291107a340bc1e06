//! `POST /api/v1/webrtc/openai-ephemeral-key`: the ring of keys, the provider's faults, and what a key is for.

use super::{PLATFORM, assert_problem, call, server, strangers};
use crate::support::{
    fake::{Asked, Fake, Reply},
    server::{TestServer, answer, text},
};
use reqwest::Method;
use serde_json::{Value, json};
use viva::{
    relay::secret,
    store::{Location, SqlStore},
};

const PATH: &str = "/api/v1/webrtc/openai-ephemeral-key";

fn provider(url: &str) -> [(&str, &str); 3] {
    [
        ("OPENAI_API_KEYS", "sk-one-for-tests, sk-two-for-tests"),
        ("OPENAI_BASE_URL", url),
        // The interviews of these tests need no provider.
        ("VIVA_ENGINE", "builtin"),
    ]
}

/// The documented answer, with the session that was asked for in it.
fn documented(asked: &Asked, value: &str) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).expect("JSON");
    let mut session = body["session"].clone();
    session["id"] = "sess_of_the_provider".into();
    session["object"] = "realtime.session".into();
    session["max_output_tokens"] = "inf".into();
    session["expires_at"] = 0.into();
    let expires_at = jsonwebtoken::get_current_timestamp() + body["expires_after"]["seconds"].as_u64().unwrap();
    Reply::Json(200, json!({"value": value, "expires_at": expires_at, "session": session}).to_string())
}

fn refusal(status: u16, code: &str) -> Reply {
    let error = json!({"message": "Incorrect API key provided: sk-one", "type": code, "code": code, "param": null});
    Reply::Json(status, json!({"error": error}).to_string())
}

async fn ask(server: &TestServer, sub: &str, body: Value) -> (u16, Value) {
    let answered = answer(call(server, Method::POST, PATH, sub).json(&body)).await;
    assert!(!answered.1.to_string().contains("sk-"), "a provider's key leaves: {}", answered.1);
    answered
}

async fn first_question(server: &TestServer) -> (u16, Value) {
    ask(server, "ann", json!({"interview_id": "general", "question_number": 1})).await
}

#[tokio::test]
async fn the_contracts_answer_is_minted_at_the_provider() {
    let fake = Fake::start(|asked, _| documented(asked, "ek_minted")).await;
    let server = server(&provider(&fake.url)).await;
    let (status, body) =
        ask(&server, "ann", json!({"interview_id": "software-engineer", "question_number": 2, "extra": true})).await;
    assert_eq!(status, 200, "{body}");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut found = keys(&body);
    found.sort();
    assert_eq!(
        found,
        ["expiresAt", "id", "instructions", "interviewId", "questionNumber", "realtimeSession", "ttl", "userId"]
    );
    assert_eq!(body["id"], "sess_software-engineer_ann_2");
    assert_eq!((&body["interviewId"], &body["userId"]), (&json!("software-engineer"), &json!("ann")));
    assert_eq!((&body["questionNumber"], &body["ttl"]), (&json!(2), &json!(3_600)));
    let expires: jiff::Timestamp = text(&body, "expiresAt").parse().unwrap();
    let session = &body["realtimeSession"];
    assert_eq!(session["client_secret"], json!({"value": "ek_minted", "expires_at": expires.as_second()}));
    for (field, value) in [
        ("id", json!("sess_of_the_provider")),
        ("object", json!("realtime.session")),
        ("model", json!("gpt-realtime-2.1")),
        ("modalities", json!(["audio", "text"])),
        ("voice", json!("cedar")),
        ("temperature", json!(0.8)),
        ("max_response_output_tokens", json!("inf")),
        ("type", json!("realtime")),
        ("output_modalities", json!(["audio"])),
    ] {
        assert_eq!(session[field], value, "{field}");
    }
    let instructions = text(&body, "instructions");
    assert!(instructions.contains("You are Robin") && instructions.contains("question 2 of"), "{instructions}");
    let [asked] = fake.asked().try_into().expect("one call");
    assert_eq!(
        (asked.path.as_str(), asked.authorization.as_str()),
        ("/realtime/client_secrets", "Bearer sk-one-for-tests")
    );
    let sent: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(sent["expires_after"], json!({"anchor": "created_at", "seconds": 3_600}));
    assert_eq!(
        (&sent["session"]["type"], &sent["session"]["instructions"]),
        (&json!("realtime"), &json!(instructions))
    );
    assert_eq!(sent["session"]["audio"]["output"]["voice"], "cedar");
    server.stop().await;
}

#[tokio::test]
async fn keys_take_turns_and_a_refused_or_spent_one_is_left_out() {
    for refused in [refusal(401, "invalid_api_key"), refusal(403, "forbidden"), refusal(429, "insufficient_quota")] {
        let fake = Fake::start(move |asked, before| match asked.authorization.as_str() {
            "Bearer sk-one-for-tests" if before > 1 => refused.clone(),
            _ => documented(asked, "ek_minted"),
        })
        .await;
        let server = server(&provider(&fake.url)).await;
        for _ in 0..6 {
            assert_eq!(first_question(&server).await.0, 200);
        }
        let order: Vec<String> = fake.asked().iter().map(|asked| asked.authorization[10..13].to_owned()).collect();
        assert_eq!(order, ["one", "two", "one", "two", "two", "two", "two"], "one is asked once more and then no more");
        server.stop().await;
    }
}

#[tokio::test]
async fn when_all_keys_are_throttled_the_answer_says_for_how_long() {
    let fake =
        Fake::always(Reply::Later(429, "40", json!({"error": {"code": "rate_limit_exceeded"}}).to_string())).await;
    let server = server(&provider(&fake.url)).await;
    for _ in 0..3 {
        let request = call(&server, Method::POST, PATH, "ann");
        let response = request.json(&json!({"interview_id": "general", "question_number": 1})).send().await.unwrap();
        let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((38..=40).contains(&wait), "{wait}");
        let status = response.status().as_u16();
        assert_problem(&(status, response.json().await.unwrap()), 503, "upstream_unavailable");
    }
    assert_eq!(fake.asked().len(), 2, "each key once, and then not before its time");
    server.stop().await;
}

/// Each fault that is not a key's: how often it is tried, with the same key, and what is answered.
#[tokio::test]
async fn a_failing_provider_costs_tries_and_no_key() {
    let cases = [
        (Reply::Json(500, "{}".to_owned()), 502, "upstream_failed", 3),
        (refusal(400, "model_not_found"), 502, "upstream_failed", 1),
        (refusal(404, "model_not_found"), 502, "upstream_failed", 1),
        (Reply::Moved("http://127.0.0.1:9/".to_owned()), 502, "upstream_failed", 1),
        (Reply::Json(200, "<html>".to_owned()), 502, "upstream_failed", 1),
        (Reply::Json(200, json!({"value": "", "expires_at": 1}).to_string()), 502, "upstream_failed", 1),
        (
            Reply::Json(200, json!({"value": "sk-one-for-tests", "expires_at": 1}).to_string()),
            502,
            "upstream_failed",
            1,
        ),
        (Reply::Endless, 502, "upstream_failed", 1),
        (Reply::Silence, 504, "upstream_timeout", 3),
        (Reply::Half, 504, "upstream_timeout", 3),
    ];
    let checks = cases.map(|(reply, status, code, calls)| async move {
        let what = format!("{reply:?}");
        let fake = Fake::always(reply).await;
        let server = server(&provider(&fake.url)).await;
        let begun = std::time::Instant::now();
        assert_problem(&first_question(&server).await, status, code);
        assert!(begun.elapsed().as_secs() < 15, "{what}: {:?}", begun.elapsed());
        let asked = fake.asked();
        assert_eq!(asked.len(), calls, "{what}");
        assert!(asked.iter().all(|asked| asked.authorization == "Bearer sk-one-for-tests"), "{what}: one key");
        server.stop().await;
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn a_fault_that_passes_is_not_noticed_and_an_older_server_is_understood() {
    let fake = Fake::start(|asked, before| match before {
        0 => Reply::Json(503, "{}".to_owned()),
        1 => documented(asked, "ek_minted"),
        _ => Reply::Json(
            200,
            json!({"id": "sess_old", "model": "old", "modalities": ["text"],
                "client_secret": {"value": "ek_old", "expires_at": 4_000_000_000_i64}})
            .to_string(),
        ),
    })
    .await;
    let server = server(&provider(&fake.url)).await;
    assert_eq!(first_question(&server).await.0, 200);
    let (status, body) = first_question(&server).await;
    assert_eq!((status, &body["realtimeSession"]["client_secret"]["value"]), (200, &json!("ek_old")));
    assert_eq!(body["realtimeSession"]["modalities"], json!(["audio", "text"]));
    assert_eq!(body["ttl"], 3_600, "never more than was asked for");
    server.stop().await;
}

#[tokio::test]
async fn only_questions_of_ones_own_plan() {
    let fake = Fake::start(|asked, _| documented(asked, "ek_minted")).await;
    let server = server(&provider(&fake.url)).await;
    for (body, pointer) in [
        (json!({"question_number": 1}), "/interview_id"),
        (json!({"interview_id": "", "question_number": 1}), "/interview_id"),
        (json!({"interview_id": 7, "question_number": 1}), "/interview_id"),
        (json!({"interview_id": "general"}), "/question_number"),
        (json!({"interview_id": "general", "question_number": 0}), "/question_number"),
        (json!({"interview_id": "general", "question_number": 6}), "/question_number"),
        (json!({"interview_id": "general", "question_number": -1}), "/question_number"),
        (json!({"interview_id": "general", "question_number": "1"}), "/question_number"),
        (json!({"interview_id": "general", "question_number": 1.5}), "/question_number"),
        (json!({"interview_id": "general", "question_number": 4_294_967_296_u64}), "/question_number"),
        (json!({"interview_id": "general", "question_number": 1, "user_id": "ben"}), "/user_id"),
    ] {
        let answered = ask(&server, "ann", body.clone()).await;
        assert_problem(&answered, 400, "invalid_request");
        assert_eq!(answered.1["errors"][0]["pointer"], pointer, "{body}");
    }
    let unknown = ask(&server, "ann", json!({"interview_id": "no-such", "question_number": 1})).await;
    assert_problem(&unknown, 404, "not_found");
    let body = json!({"interview_id": "general", "question_number": 1});
    let answers = strangers(&server, || server.request(Method::POST, PATH).json(&body)).await;
    for (answered, (status, code)) in
        answers.iter().zip([(401, "unauthorized"), (401, "unauthorized"), (401, "unauthorized"), (404, "not_found")])
    {
        assert_problem(answered, status, code);
    }
    assert_eq!(fake.asked().len(), 0, "nothing of this costs a call");
    let for_somebody = json!({"interview_id": "general", "question_number": 1, "user_id": "candidate-7"});
    let platform = server.request(Method::POST, PATH).header("x-api-key", PLATFORM).json(&for_somebody);
    assert_eq!(answer(platform).await.1["id"], "sess_general_candidate-7_1");
    server.stop().await;
}

#[tokio::test]
async fn ones_own_interview_and_nobody_elses() {
    let fake = Fake::start(|asked, _| documented(asked, "ek_minted")).await;
    let server = server(&provider(&fake.url)).await;
    let body = json!({"title": "Baker", "persona": "Grace", "instructions": "Ask about bread.", "questions": [
        {"text": "Which flour?", "follow_ups": ["Why that one?"]}, {"text": "Which oven?"},
    ]});
    let (status, made) = answer(call(&server, Method::POST, "/api/v1/interviews", "ann").json(&body)).await;
    assert_eq!(status, 201, "{made}");
    let id = made["interview_id"].as_str().or(made["id"].as_str()).expect("an id").to_owned();
    let wanted = json!({"interview_id": id, "question_number": 1});
    let (status, body) = ask(&server, "ann", wanted.clone()).await;
    assert_eq!((status, &body["interviewId"], &body["id"]), (200, &json!(id), &json!(format!("sess_{id}_ann_1"))));
    let instructions = text(&body, "instructions");
    for part in ["You are Grace", "Which flour?", "Why that one?", "Ask about bread."] {
        assert!(instructions.contains(part), "{part} is missing in: {instructions}");
    }
    assert_eq!(body["realtimeSession"]["voice"], "coral");
    let foreign = ask(&server, "ben", wanted.clone()).await;
    let unknown = ask(&server, "ben", json!({"interview_id": "no-such", "question_number": 1})).await;
    assert_problem(&foreign, 404, "not_found");
    assert_eq!((&foreign.1["detail"], foreign.0), (&unknown.1["detail"], unknown.0), "they cannot be told apart");
    let outside = ask(&server, "ann", json!({"interview_id": id, "question_number": 3})).await;
    assert_eq!(outside.1["errors"][0]["pointer"], "/question_number");
    server.stop().await;
}

#[tokio::test]
async fn without_a_providers_key_it_opens_vivas_own_engine_for_that_question() {
    let server = TestServer::start(&[]).await;
    let (status, body) = server.post(PATH, json!({"interview_id": "general", "question_number": 3})).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&body["id"], &body["ttl"]), (&json!("sess_general_local_3"), &json!(3_600)));
    let session = &body["realtimeSession"];
    assert_eq!((&session["voice"], &session["object"]), (&json!("heart"), &json!("realtime.session")));
    let value = text(&session["client_secret"], "value");
    assert!(value.starts_with("ek_"), "{value}");
    let dir = server.stop().await;
    let store = SqlStore::open(&Location::Sqlite(dir.path().join("viva.db"))).await.unwrap();
    let now = jiff::Timestamp::now();
    let grant = secret::find(&store, &value, now).await.unwrap().expect("it opens");
    let plan = grant.plan.expect("a plan");
    assert_eq!(plan.questions.len(), 1);
    assert!(text(&body, "instructions").contains(&plan.questions[0].text));
    assert_eq!((grant.user_id.as_deref(), grant.session_id), (Some("local"), None));
    let later = now + jiff::SignedDuration::from_mins(61);
    assert!(secret::find(&store, &value, later).await.unwrap().is_none(), "for an hour");
}
