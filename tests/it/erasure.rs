//! Erasure, retention and holds: what is erased is in no file any more, and what is held stays.

use crate::support::{
    caller::{Caller, PATIENCE, is_my_turn, scripted_server},
    postgres,
    server::{TestServer, text},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, any::AnyConnectOptions};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use viva::{
    config::RetentionDays,
    domain::log::Verdict,
    results::retention::{Keeper, Swept},
    store::{Location, SqlStore, Store, conformance::keeping::whole_session},
};

/// A word that nobody says, and that is nowhere else.
const CANARY: &str = "zanzibarquokka";
/// Bytes that stand for Opus.
const AUDIO: &[u8] = b"OggS\x00\x01opus-payload-of-the-canary\xff\xfe\xfd";

async fn delete(server: &TestServer, path: &str) -> (u16, Value) {
    crate::support::server::answer(server.request(Method::DELETE, path)).await
}

/// The canary in every form in which a copy could hide.
fn forms() -> Vec<Vec<u8>> {
    let mut forms = vec![CANARY.as_bytes().to_vec(), AUDIO.to_vec()];
    forms.push(CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms.push(CANARY.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for shift in 0..3 {
        // What is left of the middle of it, wherever in a longer text it began.
        let encoded = STANDARD.encode([&b"xx"[..shift], CANARY.as_bytes()].concat());
        forms.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
    }
    forms.push(CANARY.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    forms
}

/// Files below `directory` with any form of the canary in them.
fn found_in(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            if forms().iter().any(|form| bytes.windows(form.len()).any(|window| window == form)) {
                found.push(path);
            }
        }
    }
    found
}

/// A server with its data in `directory`.
async fn server_in(directory: &Path) -> TestServer {
    let database = format!("sqlite:///{}", directory.join("viva.db").display());
    let data = directory.join("data").display().to_string();
    scripted_server(&[("DATABASE_URL", database.as_str()), ("VIVA_DATA_DIR", data.as_str())]).await
}

/// A live interview with the canary in every place that the API has for words.
async fn say_the_canary(server: &TestServer, directory: &Path) -> Caller {
    let body = json!({"user_id": format!("user-{CANARY}"), "kind": "tryout", "name": CANARY});
    let (_, started) = server.post("/api/interview/start", body).await;
    let caller = Caller::of_session(server, text(&started, "session_id"), text(&started, "token")).await;
    caller.offer(false).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    let (status, body) =
        caller.post("actions", json!({"type": "candidate.text", "text": format!("I am {CANARY}.")})).await;
    assert_eq!(status, 200, "{body}");
    let said = |event: &Value| event["data"]["content"].as_str().is_some_and(|words| words.contains(CANARY));
    caller.until_event("the answer, saved", |event| said(event) && event["data"]["state"] == "final").await;
    let message = json!({"role": "user", "content": format!("{CANARY} {CANARY}"), "timestamp": "2026-11-21T12:00:00Z"});
    caller.post("transcript", json!({"messages": [message]})).await;
    let folder = directory.join("data/recordings").join(&caller.id);
    fs::create_dir_all(&folder).unwrap();
    for name in ["user.ogg", "assistant.ogg", "stereo.wav"] {
        fs::write(folder.join(name), AUDIO.repeat(100)).unwrap();
    }
    caller
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_session_leaves_no_byte_while_live_or_after_it() {
    for live in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let server = server_in(directory.path()).await;
        let caller = say_the_canary(&server, directory.path()).await;
        let path = format!("/api/interview/{}", caller.id);
        if !live {
            server.post(&format!("{path}/end"), json!({})).await;
            caller.until_event("the end", |event| event["type"] == "session.ended").await;
        }
        assert!(found_in(directory.path()).len() >= 4, "there is something to erase");
        let (status, receipt) = delete(&server, &format!("{path}/data")).await;
        assert_eq!(status, 200, "{receipt}");
        assert_eq!(found_in(directory.path()), Vec::<PathBuf>::new(), "live: {live}");
        assert!(receipt["counts"]["items"].as_u64() >= Some(2) && receipt["counts"]["files"] == 3, "{receipt}");
        assert_eq!(receipt["by"], "local");
        assert_eq!(delete(&server, &format!("{path}/data")).await, (200, receipt.clone()), "again is the same");
        assert_eq!(server.get(&format!("{path}/receipt")).await, (200, receipt.clone()));
        for gone in ["results", "status", "transcript", "transcript.vtt", "export.json"] {
            assert_eq!(server.get(&format!("{path}/{gone}")).await.0, 404, "{gone}");
        }
        let (_, late) = caller.post("transcript", json!({"messages": []})).await;
        assert_eq!(late["code"], "unauthorized", "the token opens nothing");
        let (status, log) = server.get(&format!("{path}/log")).await;
        assert_eq!((status, &log["report"]["verdict"]), (200, &json!("erased")), "{log}");
        assert_eq!(log["report"]["head"], receipt["log_head"]);
        assert!(!log.to_string().contains(CANARY));
        let metrics = server.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        assert!(!metrics.contains(CANARY) && !metrics.contains(&caller.id));
        drop(caller);
        server.stop().await;
        assert_eq!(found_in(directory.path()), Vec::<PathBuf>::new(), "after the end of the server, live: {live}");
    }
}

/// Every column of every table of the database, as text.
async fn postgres_has_the_canary(url: &str) -> Vec<String> {
    let options: AnyConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let select = "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables \
                  WHERE table_schema = current_schema()";
    let tables = sqlx::query(select).fetch_all(&mut connection).await.unwrap();
    let mut found = Vec::new();
    for table in &tables {
        let name: String = table.get("name");
        let select = format!("SELECT count(*) AS n FROM {name} t WHERE CAST(t AS TEXT) LIKE '%{CANARY}%'");
        let row = sqlx::query(AssertSqlSafe(select)).fetch_one(&mut connection).await.unwrap();
        if row.get::<i64, _>("n") > 0 {
            found.push(name);
        }
    }
    assert!(tables.len() > 10);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_has_no_row_of_an_erased_session() {
    let url = postgres::new_database_url().await;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data").display().to_string();
    let server = scripted_server(&[("DATABASE_URL", url.as_str()), ("VIVA_DATA_DIR", data.as_str())]).await;
    let caller = say_the_canary(&server, directory.path()).await;
    assert_eq!(postgres_has_the_canary(&url).await.len(), 2, "sessions and items");
    let (status, receipt) = delete(&server, &format!("/api/interview/{}/data", caller.id)).await;
    assert_eq!(status, 200, "{receipt}");
    assert_eq!(postgres_has_the_canary(&url).await, Vec::<String>::new());
    assert_eq!(found_in(directory.path()), Vec::<PathBuf>::new());
    drop(caller);
    server.stop().await;
}

#[tokio::test]
async fn a_hold_forbids_erasure_and_says_why() {
    let server = TestServer::start(&[]).await;
    let (id, token) = server.session("tryout").await;
    let path = format!("/api/interview/{id}");
    let put =
        |reason: &str| server.request(Method::PUT, &format!("{path}/hold")).json(&json!({"reason": reason})).send();
    assert_eq!(put("  ").await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(put("dispute 2026-14").await.unwrap().status(), StatusCode::OK);
    let (status, problem) = delete(&server, &format!("{path}/data")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("held")));
    assert!(problem["detail"].as_str().unwrap().contains("dispute 2026-14"), "{problem}");
    let (_, status) = server.get(&format!("{path}/status")).await;
    assert_eq!(status["status"], "created", "it was not even ended");
    let (_, results) = server.get(&format!("{path}/results")).await;
    assert!(results["retention"]["held_at"].is_string(), "{}", results["retention"]);
    let candidate = server.request(Method::DELETE, &format!("{path}/hold")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(candidate.status(), StatusCode::NOT_FOUND);
    assert_eq!(delete(&server, &format!("{path}/hold")).await.0, 200);
    assert_eq!(delete(&server, &format!("{path}/hold")).await.0, 409);
    assert_eq!(delete(&server, &format!("{path}/data")).await.0, 200);
    server.stop().await;
}

/// Days in virtual time, over the store that a server would use.
#[tokio::test]
async fn each_class_goes_when_its_time_is_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqlStore::open(&Location::Sqlite(directory.path().join("viva.db"))).await.unwrap());
    let id = whole_session(&store, 1).await;
    let folder = directory.path().join("recordings").join(id.as_str());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("user.ogg"), AUDIO).unwrap();
    let days = RetentionDays { audio: 30, transcript: 180, scores: 730 };
    let keeper = Keeper::new(store.clone(), days, directory.path().to_owned());
    let ended_at = store.load_session(&id).await.unwrap().unwrap().ended_at.unwrap();
    let day = |days: i64| ended_at + jiff::SignedDuration::from_hours(days * 24);
    let nothing = Swept::default();
    for (at, deleted) in [
        (29, nothing),
        (30, Swept { audio: 1, ..nothing }),
        (179, nothing),
        (180, Swept { transcript: 1, ..nothing }),
        (729, nothing),
        (730, Swept { scores: 1, ..nothing }),
        (5_000, nothing),
    ] {
        assert_eq!(keeper.sweep(day(at)).await.unwrap(), deleted, "day {at}");
        assert_eq!(folder.exists(), at < 30);
        let record = store.load_session(&id).await.unwrap().unwrap();
        assert_eq!(record.items.is_empty(), at >= 180, "day {at}");
        assert_eq!(record.user_id.is_none(), at >= 730, "day {at}");
        let (_, report) = keeper.verify(&id).await.unwrap().unwrap();
        assert_eq!(report.verdict, Verdict::Intact, "day {at}: {:?}", report.findings);
    }
    store.close().await;
    let bytes = fs::read(directory.path().join("viva.db")).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"canary sing"), "deleted words are in the file");
}

/// Nothing kept at all: it goes as soon as the results are ready, and the results say so.
#[tokio::test]
async fn zero_days_are_at_once() {
    let server = TestServer::start(&[]).await;
    let body = json!({"kind": "tryout", "retention": {"audio_days": 0, "transcript_days": 0}});
    let (status, interview) = server.post("/api/v1/interviews", body).await;
    assert_eq!(status, 201, "{interview}");
    let body = json!({"user_id": "ann", "interview_id": interview["interview_id"]});
    let (_, started) = server.post("/api/interview/start", body).await;
    let path = format!("/api/interview/{}", text(&started, "session_id"));
    let messages = json!([{"role": "user", "content": CANARY, "timestamp": "2026-11-21T12:00:00Z"}]);
    server.post(&format!("{path}/transcript"), json!({"messages": messages})).await;
    server.post(&format!("{path}/end"), json!({})).await;
    let begun = Instant::now();
    let results = loop {
        let (_, results) = server.get(&format!("{path}/results")).await;
        if results["retention"]["transcript"]["deleted_at"].is_string() {
            break results;
        }
        assert!(begun.elapsed() < PATIENCE, "{results}");
        tokio::task::yield_now().await;
    };
    assert_eq!(results["client_transcript"], Value::Null);
    assert_eq!(results["retention"]["transcript"]["days"], 0);
    assert_eq!(results["retention"]["scores"]["deleted_at"], Value::Null);
    assert_eq!(results["retention"]["scores"]["days"], 730);
    assert_eq!(results["user_id"], "ann", "scores are kept, and whose they are");
    server.stop().await;
}
