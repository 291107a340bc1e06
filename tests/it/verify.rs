//! `viva verify` and `GET …/log`: what is intact is called so, and one altered byte is found where it is.

use crate::support::server::TestServer;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{collections::BTreeMap, fs, path::Path, process::Command};
use viva::{
    domain::{
        id::SessionId,
        log::{Cell, Digest, Evidence, Row},
    },
    results::files,
    store::{Location, SqlStore, Store, conformance::keeping::whole_session},
};

struct Said {
    code: Option<i32>,
    text: String,
}

/// Runs the command over the database in this directory.
async fn viva_verify(directory: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_viva"));
    command.env_clear().current_dir(directory).arg("verify").args(arguments);
    command.arg("--database").arg(format!("sqlite:///{}", directory.join("viva.db").display()));
    command.arg("--data-dir").arg(directory.join("data"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Said { code: output.status.code(), text }
}

async fn connection(directory: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(directory.join("viva.db")).connect().await.unwrap()
}

async fn alter(directory: &Path, statement: &str) {
    let mut connection = connection(directory).await;
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    assert_eq!(sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected(), 1);
    connection.close().await.unwrap();
}

/// Two sessions in a database of their own.
async fn two_sessions() -> (tempfile::TempDir, SessionId, SessionId) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&Location::Sqlite(directory.path().join("viva.db"))).await.unwrap();
    let ids = (whole_session(&store, 1).await, whole_session(&store, 2).await);
    store.close().await;
    (directory, ids.0, ids.1)
}

#[tokio::test]
async fn the_command_says_where_and_its_status_says_whether() {
    let (directory, first, second) = two_sessions().await;
    let path = directory.path();
    let intact = viva_verify(path, &["--all"]).await;
    assert_eq!(intact.code, Some(0), "{}", intact.text);
    assert!(intact.text.contains(&format!("{first}: intact (")), "{}", intact.text);
    assert!(intact.text.ends_with("2 sessions checked, 0 differ\n"), "{}", intact.text);
    alter(
        path,
        &format!("UPDATE items SET content = 'the canary Sings' WHERE session_id = '{first}' AND item_id = 'item_1'"),
    )
    .await;
    let differs = viva_verify(path, &[first.as_str()]).await;
    assert_eq!(differs.code, Some(1), "{}", differs.text);
    assert!(differs.text.contains("  item item_1: content differs from log entry "), "{}", differs.text);
    let json = viva_verify(path, &["--all", "--json"]).await;
    assert_eq!(json.code, Some(1));
    let reports: Vec<Value> = json.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: BTreeMap<_, _> =
        reports.iter().map(|report| (report["session_id"].as_str().unwrap(), &report["verdict"])).collect();
    assert_eq!(verdicts[first.as_str()], "differs");
    assert_eq!(verdicts[second.as_str()], "intact");
    let head =
        reports.iter().find(|report| report["verdict"] == "intact").unwrap()["head"].as_str().unwrap().to_owned();
    assert_eq!(viva_verify(path, &[second.as_str(), "--head", &head]).await.code, Some(0));
    let other = "0".repeat(64);
    let forked = viva_verify(path, &[second.as_str(), "--head", &other]).await;
    assert_eq!(forked.code, Some(1), "{}", forked.text);
    assert!(forked.text.contains(&format!("log: never had the head {other}")), "{}", forked.text);
    for (arguments, what) in [
        (&["ses_unknown"][..], "there is no such session"),
        (&[], "name sessions to check, or --all"),
        (&[second.as_str(), "--head", "xyz"], "64 hexadecimal digits"),
    ] {
        let said = viva_verify(path, arguments).await;
        assert_eq!(said.code, Some(2), "{}", said.text);
        assert!(said.text.contains(what), "{}", said.text);
    }
    let nowhere = tempfile::tempdir().unwrap();
    let said = viva_verify(nowhere.path(), &["--all"]).await;
    assert_eq!(said.code, Some(2), "{}", said.text);
    assert!(!nowhere.path().join("viva.db").exists(), "looking makes no database");
}

/// Whoever forces the triggers of the database, or writes past it, is found.
#[tokio::test]
async fn an_entry_that_was_forced_is_named() {
    let (directory, first, _) = two_sessions().await;
    let mut connection = connection(directory.path()).await;
    sqlx::query("DROP TRIGGER session_log_stays").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let update = format!("UPDATE session_log SET at = at + 1 WHERE session_id = '{first}' AND seq = 7");
    alter(directory.path(), &update).await;
    let said = viva_verify(directory.path(), &["--all"]).await;
    assert_eq!(said.code, Some(1), "{}", said.text);
    assert!(said.text.contains("  log entry 7: differs from its hash"), "{}", said.text);
    assert!(said.text.ends_with("2 sessions checked, 1 differ\n"), "{}", said.text);
}

/// SplitMix64: the same bytes in every run.
fn draw(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 31)
}

/// A recording's files against the digests in its row.
#[test]
fn one_altered_byte_of_a_recording_names_its_block() {
    const BLOCK: usize = 64 * 1024;
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("recordings/ses_a");
    fs::create_dir_all(&folder).unwrap();
    let bytes: Vec<u8> = (0..200_000_u64).map(|at| draw(at) as u8).collect();
    let blocks: Vec<String> = bytes.chunks(BLOCK).map(|block| Digest::of(block).to_string()).collect();
    let mut tracks = Vec::new();
    for side in ["user", "assistant"] {
        fs::write(folder.join(format!("{side}.ogg")), &bytes).unwrap();
        tracks.push(json!({"side": side, "bytes": bytes.len(), "blocks": blocks, "sha256": ""}));
    }
    let cells = BTreeMap::from([("tracks".to_owned(), Cell::Text(json!(tracks).to_string()))]);
    let evidence = Evidence {
        session_id: "ses_a".to_owned(),
        entries: Vec::new(),
        head: None,
        salt: None,
        rows: vec![Row { table: "recordings".to_owned(), key: "ses_a".to_owned(), cells }],
    };
    let found = || files::check(directory.path(), &evidence).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found(), Vec::<String>::new());
    for seed in 0..40 {
        let at = (draw(seed) % bytes.len() as u64) as usize;
        let mut altered = bytes.clone();
        altered[at] ^= 1 << (seed % 8);
        fs::write(folder.join("user.ogg"), &altered).unwrap();
        let (from, to) = (at / BLOCK * BLOCK, ((at / BLOCK + 1) * BLOCK).min(bytes.len()) - 1);
        assert_eq!(
            found(),
            [format!("user.ogg: block {} (bytes {from}\u{2013}{to}) differs", at / BLOCK)],
            "byte {at}"
        );
    }
    fs::write(folder.join("user.ogg"), &bytes[..150_000]).unwrap();
    assert_eq!(found().len(), 2, "the block that is cut, and the one that is missing");
    fs::remove_file(folder.join("user.ogg")).unwrap();
    assert_eq!(found(), ["user.ogg: is missing"]);
}

/// Somebody who trusts none of our code checks the chain from what the server gives.
#[tokio::test]
async fn a_log_can_be_checked_by_anybody() {
    let server = TestServer::start(&[]).await;
    let (id, _) = server.session("tryout").await;
    server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    let path = format!("/api/interview/{id}/log");
    let (status, log) = server.get(&path).await;
    assert_eq!((status, &log["report"]["verdict"]), (200, &json!("intact")), "{log}");
    let lines = server.request(reqwest::Method::GET, &format!("{path}?format=jsonl"));
    let lines = lines.send().await.unwrap().text().await.unwrap();
    let mut prev: Vec<u8> = Sha256::digest(format!("viva log 1\n{id}")).to_vec();
    assert_eq!(log["genesis"], hex(&prev));
    let mut hashes = Vec::new();
    for line in lines.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["prev"], hex(&prev));
        // The data has no number that is not whole and no key that is not ASCII: sorted keys are RFC 8785.
        let data = sorted(&entry["data"]);
        let text = format!("[{},{},{},{data}]", entry["seq"], entry["at_ms"], entry["kind"]);
        prev = Sha256::digest([&prev[..], text.as_bytes()].concat()).to_vec();
        assert_eq!(entry["hash"], hex(&prev), "{line}");
        hashes.push(entry["hash"].clone());
    }
    // What follows the end of a session may have been written between the two calls.
    assert!(hashes.len() >= 6 && hashes.contains(&log["report"]["head"]), "{hashes:?}");
    let (_, results) = server.get(&format!("/api/interview/{id}/results")).await;
    assert!(results["log"]["entries"].as_u64().unwrap() >= hashes.len() as u64, "{}", results["log"]);
    let (status, problem) = server.get(&format!("{path}?format=xml")).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("/format")));
    server.stop().await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> =
                fields.iter().map(|(name, value)| (json!(name).to_string(), sorted(value))).collect();
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(sorted).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
