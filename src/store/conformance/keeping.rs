//! The log, and what is deleted.

use super::{at, interview, item, new_session, scorecards};
use crate::{
    domain::{
        auth::Owner,
        id::{ItemId, SessionId},
        log::{Finding, Verdict, verify},
        quality::QualitySample,
        recording::ClockFit,
        retention::DataClass,
        second_pass::Version,
        session::{Change, EndReason, Status},
    },
    store::{
        AudioQuality, ClientMessage, Consent, ExportFilter, RecordingRecord, RecordingState, SessionRecord, SqlStore,
        Store, StoreError,
        erasure::{ERASED, Erased, KEPT, NewErasure},
        log::SEALED,
        retention::{Held, Hold},
        second_pass::SecondPass,
        session_events::SessionEventKind,
    },
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, Row, query};

/// A session as it is read, with one item, for tests of what is made of it.
pub fn record(n: u8) -> SessionRecord {
    let new = new_session(n);
    SessionRecord {
        session_id: new.session_id,
        owner: new.owner,
        user_id: new.user_id,
        interview: interview(),
        engine: new.engine,
        token_hash: new.token_hash,
        consent_required: new.consent_required,
        consents: Vec::new(),
        status: Status::Ended,
        end_reason: Some(EndReason::Completed),
        created_at: new.created_at,
        started_at: Some(at(10)),
        ended_at: Some(at(100)),
        expires_at: new.expires_at,
        interruptions: 0,
        sequence: 1,
        items: vec![item(1, "words")],
        questions: Vec::new(),
        client_transcript: None,
        audio_quality: None,
        usage: Vec::new(),
        plan: None,
        second_pass: Vec::new(),
    }
}

/// What a log vouches for is found wherever it is altered; what is to go goes, and what is held stays.
pub async fn check(store: &SqlStore) {
    an_altered_value_is_found_where_it_is(store).await;
    an_altered_log_is_found_where_it_is(store).await;
    a_hold_stops_retention_and_erasure(store).await;
    what_is_due_goes_and_the_rest_stays(store).await;
    an_erased_session_leaves_a_receipt(store).await;
    exports_list_what_is_asked_for(store).await;
    assert_eq!(store.forgotten_tables().await, Ok(Vec::new()), "tables with a session that erasure does not know");
}

/// A session with something in every column, ended at second `100 + n`.
pub async fn whole_session(store: &SqlStore, n: u8) -> SessionId {
    let mut new = new_session(n);
    new.consent = Some(Consent { version: "v1".to_owned(), given_by: "starter".to_owned(), given_at: at(1) });
    let id = new.session_id.clone();
    store.create_session(new).await.expect("kept");
    let question = Change::Question {
        number: 1,
        status: "answered",
        reason: Some("answered"),
        follow_ups: vec!["Why the canary?".to_owned()],
    };
    let changes = vec![
        Change::Started,
        Change::Status { status: Status::Active, end_reason: None },
        Change::Item(item(1, "the canary sings")),
        Change::Item(item(2, "and sings")),
        question,
        Change::Interruptions(2),
    ];
    store.apply(&id, 1, at(10), changes).await.expect("applied");
    let message = ClientMessage { role: "user".to_owned(), content: "canary".to_owned(), timestamp: json!(1) };
    store.put_client_transcript(&id, vec![message]).await.expect("kept");
    let quality = AudioQuality { loss_ratio: Some(0.25), ..AudioQuality::default() };
    store.put_audio_quality(&id, quality).await.expect("kept");
    let sample = QualitySample { at_ms: 2_000, loss_ratio: 0.25, jitter_ms: 1.5, rtt_ms: Some(20.0) };
    store.add_quality_samples(&id, vec![sample]).await.expect("kept");
    store.put_second_pass(&id, second_pass()).await.expect("kept");
    store.put_recording(&id, recording()).await.expect("kept");
    store.begin_proposal(scorecards::record(&id)).await.expect("kept");
    let card =
        crate::store::scorecards::NewScorecard { scorecard_id: format!("sc_{id}"), ..scorecards::card(&id, "ann", 1) };
    store.add_scorecard(card).await.expect("kept");
    let end = Change::Status { status: Status::Ended, end_reason: Some(EndReason::Completed) };
    store.apply(&id, 2, at(100 + i64::from(n)), vec![end]).await.expect("applied");
    store.record_event(&id, SessionEventKind::ResultsReady, at(101), json!({})).await.expect("kept");
    id
}

fn second_pass() -> SecondPass {
    SecondPass {
        item_id: ItemId::new("item_1"),
        content: "the canary sings well".to_owned(),
        engine: "builtin".to_owned(),
        model: "a model".to_owned(),
        heard_ms: 800,
        shown: Version::SecondPass,
        at: at(90),
    }
}

/// Of which no file was written.
fn recording() -> RecordingRecord {
    RecordingRecord {
        state: RecordingState::Partial,
        duration_ms: 12_340,
        tracks: Vec::new(),
        clock: ClockFit { offset_ms: -3.25, drift_ppm: Some(41.5) },
        dropped: 7,
        peaks: Some("peaks.json".to_owned()),
        updated_at: at(91),
    }
}

async fn findings(store: &SqlStore, id: &SessionId) -> Vec<Finding> {
    let evidence = store.evidence(id).await.expect("readable").expect("a session");
    verify(&evidence).findings
}

async fn verdict(store: &SqlStore, id: &SessionId) -> Verdict {
    let evidence = store.evidence(id).await.expect("readable").expect("a session");
    let report = verify(&evidence);
    assert!(report.verdict == Verdict::Differs || report.findings.is_empty());
    report.verdict
}

/// Runs one statement in a step, and says whether the database took it.
async fn alter(store: &SqlStore, statement: String) -> Result<u64, StoreError> {
    let step = store.write(move |db| {
        Box::pin(async move {
            let done = query(AssertSqlSafe(statement)).execute(db).await;
            // Refused by a constraint, which is not what is looked at here.
            done.map(|done| done.rows_affected()).map_err(|_| StoreError::Exists)
        })
    });
    step.await
}

async fn columns(store: &SqlStore, table: &str) -> Vec<String> {
    let select = match store.kind() {
        "postgres" => format!(
            "SELECT CAST(column_name AS TEXT) AS name FROM information_schema.columns WHERE table_name = '{table}'"
        ),
        _ => format!("SELECT name FROM pragma_table_info('{table}')"),
    };
    let rows = query(AssertSqlSafe(select)).fetch_all(store.readers()).await.expect("columns");
    rows.iter().map(|row| row.try_get("name").expect("a name")).collect()
}

/// Every column of every row that the log vouches for is altered, one at a time, and found.
async fn an_altered_value_is_found_where_it_is(store: &SqlStore) {
    let id = whole_session(store, 1).await;
    assert_eq!(verdict(store, &id).await, Verdict::Intact);
    let (mut tried, mut refused) = (0, Vec::new());
    for sealed in SEALED.iter().filter(|sealed| sealed.table != "voice_sessions") {
        let select = format!("SELECT count(*) AS n FROM {} WHERE session_id = '{id}'", sealed.table);
        let row = query(AssertSqlSafe(select)).fetch_one(store.readers()).await.expect("a count");
        assert!(row.try_get::<i64, _>("n").expect("a number") > 0, "{}: nothing to alter", sealed.table);
        for column in columns(store, sealed.table).await {
            if column == "session_id" || sealed.left_out.contains(&column.as_str()) {
                continue;
            }
            let place = format!("{}.{column}", sealed.table);
            let one = format!("SELECT min({}) FROM {} WHERE session_id = '{id}'", sealed.key, sealed.table);
            let row = format!("session_id = '{id}' AND {} = ({one})", sealed.key);
            let keep = format!("CREATE TABLE kept_row AS SELECT * FROM {} WHERE {row}", sealed.table);
            alter(store, keep).await.expect("a copy");
            let changed = altered(store, sealed.table, &column, &row).await;
            if changed {
                tried += 1;
                let found = findings(store, &id).await;
                let named = found.iter().any(|finding| {
                    finding.problem.starts_with(&format!("{column} differs"))
                        || (column == sealed.key && finding.problem == "is not in the log")
                });
                assert!(named, "{place}: {found:?}");
                restore(store, sealed.table, sealed.key, &column, &row, &id).await;
            } else {
                refused.push(place.clone());
            }
            alter(store, "DROP TABLE kept_row".to_owned()).await.expect("dropped");
            assert_eq!(findings(store, &id).await, [], "{place} is as it was");
        }
    }
    assert!(tried >= 60 && refused.is_empty(), "{tried} columns were altered, not {refused:?}");
}

/// Alters one value by as little as its type allows; whether the database let it.
async fn altered(store: &SqlStore, table: &str, column: &str, row: &str) -> bool {
    // In turn for numbers, for bytes, for text, and for what is not there.
    let postgres = store.kind() == "postgres";
    let bytes = if postgres { "set_byte(VALUE, 0, get_byte(VALUE, 0) # 1)" } else { "CAST(x'00' || VALUE AS BLOB)" };
    let kinds = ["VALUE + 1", bytes, "VALUE || ' '", "'x'", "1"];
    let kind = kind_of(store, table, column, row).await;
    let order: &[usize] = match kind {
        "integer" => &[0],
        "blob" => &[1],
        "text" => &[2],
        _ => &[3, 4],
    };
    for at in order {
        let value = kinds[*at].replace("VALUE", column);
        let update = format!("UPDATE {table} SET {column} = {value} WHERE {row}");
        if alter(store, update).await == Ok(1) {
            return true;
        }
    }
    false
}

async fn kind_of(store: &SqlStore, table: &str, column: &str, row: &str) -> &'static str {
    let type_of = if store.kind() == "postgres" {
        format!("CASE WHEN {column} IS NULL THEN 'null' ELSE CAST(pg_typeof({column}) AS TEXT) END")
    } else {
        format!("typeof({column})")
    };
    let select = format!("SELECT {type_of} AS kind FROM {table} WHERE {row}");
    let row = query(AssertSqlSafe(select)).fetch_one(store.readers()).await.expect("a row");
    match row.try_get::<String, _>("kind").expect("a kind").as_str() {
        "integer" | "bigint" => "integer",
        "blob" | "bytea" => "blob",
        "text" => "text",
        _ => "null",
    }
}

/// Puts back what was altered.
async fn restore(store: &SqlStore, table: &str, key: &str, column: &str, row: &str, id: &SessionId) {
    let row = if column == key { format!("session_id = '{id}' AND {}", altered_key(key)) } else { row.to_owned() };
    let put = format!("UPDATE {table} SET {column} = (SELECT {column} FROM kept_row) WHERE {row}");
    assert_eq!(alter(store, put).await, Ok(1), "{table}.{column} can be put back");
}

/// How a key looks that was altered.
fn altered_key(key: &str) -> String {
    match key {
        "number" => "number = (SELECT number + 1 FROM kept_row)".to_owned(),
        key => format!("{key} = (SELECT {key} || ' ' FROM kept_row)"),
    }
}

/// Entries cannot be changed; where somebody who owns the database forces it, the entry is named.
async fn an_altered_log_is_found_where_it_is(store: &SqlStore) {
    let id = whole_session(store, 2).await;
    for statement in [
        format!("UPDATE session_log SET at = at + 1 WHERE session_id = '{id}'"),
        format!("DELETE FROM session_log WHERE session_id = '{id}'"),
    ] {
        assert_eq!(alter(store, statement.clone()).await, Err(StoreError::Exists), "{statement}");
    }
    let off: &[&str] = match store.kind() {
        "postgres" => &["ALTER TABLE session_log DISABLE TRIGGER USER"],
        _ => &["DROP TRIGGER session_log_stays", "DROP TRIGGER session_log_is_kept"],
    };
    for statement in off {
        alter(store, (*statement).to_owned()).await.expect("forced");
    }
    let where_ = format!("WHERE session_id = '{id}' AND seq = 5");
    let blob = if store.kind() == "postgres" { "set_byte(hash, 3, 0)" } else { "CAST(x'00' || hash AS BLOB)" };
    for (column, change, back) in [
        ("at", "at + 1".to_owned(), "at - 1".to_owned()),
        ("kind", "kind || 'x'".to_owned(), "substr(kind, 1, length(kind) - 1)".to_owned()),
        ("data", "data || ' '".to_owned(), "substr(data, 1, length(data) - 1)".to_owned()),
        ("hash", blob.to_owned(), String::new()),
    ] {
        alter(store, format!("UPDATE session_log SET {column} = {change} {where_}")).await.expect("forced");
        let found = findings(store, &id).await;
        assert_eq!(found.first().map(|finding| finding.place.as_str()), Some("log entry 5"), "{column}: {found:?}");
        assert!(found.iter().all(|finding| !finding.place.starts_with("log entry") || finding.place == "log entry 5"));
        if !back.is_empty() {
            alter(store, format!("UPDATE session_log SET {column} = {back} {where_}")).await.expect("forced");
            assert_eq!(findings(store, &id).await, []);
        }
    }
    let other = whole_session(store, 3).await;
    alter(store, format!("DELETE FROM session_log WHERE session_id = '{other}' AND seq = 4")).await.expect("forced");
    assert_eq!(findings(store, &other).await[0].to_string(), "log entry 4: is missing");
    let last = whole_session(store, 4).await;
    let end = format!("(SELECT max(seq) FROM session_log WHERE session_id = '{last}')");
    let cut = format!("DELETE FROM session_log WHERE session_id = '{last}' AND seq = {end}");
    alter(store, cut).await.expect("forced");
    assert_eq!(findings(store, &last).await[0].place, "log head");
    let on = match store.kind() {
        "postgres" => "ALTER TABLE session_log ENABLE TRIGGER USER",
        _ => "CREATE TRIGGER session_log_stays BEFORE UPDATE ON session_log BEGIN SELECT RAISE(ABORT, 'no'); END",
    };
    alter(store, on.to_owned()).await.expect("on again");
}

async fn a_hold_stops_retention_and_erasure(store: &SqlStore) {
    let id = whole_session(store, 5).await;
    let hold = Hold { at: at(200), by: "platform".to_owned(), reason: "a dispute".to_owned() };
    assert_eq!(store.hold_session(&id, hold.clone()).await, Ok(hold.clone()));
    let due = store.due_sessions(DataClass::Transcript, 0, at(10_000), Some(&id), 10).await;
    assert_eq!(due, Ok(Vec::new()));
    assert_eq!(store.delete_class(&id, DataClass::Transcript, at(201)).await, Ok(false));
    assert_eq!(store.erase_session(&id, erasure(5)).await, Ok(Erased::Held(hold.clone())));
    assert_eq!(store.keeping(&id).await.expect("read").expect("kept").hold, Some(hold.clone()));
    assert_eq!(verdict(store, &id).await, Verdict::Intact);
    assert_eq!(store.release_session(&id, "platform", at(202)).await, Ok(Held::Done(hold)));
    assert_eq!(store.release_session(&id, "platform", at(203)).await, Ok(Held::NoHold));
    assert_eq!(store.delete_class(&id, DataClass::Transcript, at(204)).await, Ok(true));
}

fn erasure(n: u8) -> NewErasure {
    NewErasure { receipt_id: format!("era_{n}"), at: at(300), by: "owner", files: 2, file_bytes: 4_096 }
}

async fn what_is_due_goes_and_the_rest_stays(store: &SqlStore) {
    let id = whole_session(store, 6).await;
    let day = 86_400;
    let due = async |class, second| store.due_sessions(class, 2, at(second), Some(&id), 10).await.expect("read").len();
    assert_eq!(due(DataClass::Transcript, 106 + 2 * day - 1).await, 0, "a second before its time");
    assert_eq!(due(DataClass::Transcript, 106 + 2 * day).await, 1);
    assert_eq!(store.delete_class(&id, DataClass::Transcript, at(500)).await, Ok(true));
    assert_eq!(store.delete_class(&id, DataClass::Transcript, at(501)).await, Ok(false), "once");
    assert_eq!(due(DataClass::Transcript, 1_000 * day).await, 0);
    let record = store.load_session(&id).await.expect("read").expect("a session");
    assert!(record.items.is_empty() && record.client_transcript.is_none());
    assert!(record.questions.iter().all(|question| question.follow_ups.is_empty()));
    assert!(record.user_id.is_some(), "as long as anything is kept");
    assert_eq!(verdict(store, &id).await, Verdict::Intact);
    for class in [DataClass::Audio, DataClass::Scores] {
        assert_eq!(store.delete_class(&id, class, at(600)).await, Ok(true));
    }
    assert_eq!(store.load_session(&id).await.expect("read").expect("a session").user_id, None);
    assert_eq!(verdict(store, &id).await, Verdict::Intact);
}

async fn an_erased_session_leaves_a_receipt(store: &SqlStore) {
    let id = whole_session(store, 7).await;
    let Ok(Erased::Done(receipt)) = store.erase_session(&id, erasure(7)).await else { panic!("erased") };
    assert_eq!(store.receipt(&id).await, Ok(Some(receipt.clone())));
    assert_eq!(store.erase_session(&id, erasure(8)).await, Ok(Erased::Already(receipt.clone())));
    assert_eq!((receipt.counts["items"], receipt.counts["files"]), (2, 2));
    assert!(receipt.belongs_to(&new_session(7).owner) && !receipt.belongs_to(&Owner::Platform));
    assert_eq!(verdict(store, &id).await, Verdict::Erased);
    let evidence = store.evidence(&id).await.expect("read").expect("a log");
    assert_eq!(evidence.head, Some(receipt.log));
    assert!(store.load_session(&id).await.expect("read").is_none());
    let events: Vec<_> = store.session_events(&id).await.expect("read").into_iter().map(|event| event.kind).collect();
    assert_eq!(events, ["session.erased"]);
    let late = store.record_event(&id, SessionEventKind::ResultsReady, at(400), json!({})).await;
    assert_eq!(late, Ok(false), "nothing follows an erasure");
    let taken = store.create_session(new_session(7)).await;
    assert_eq!(taken, Err(StoreError::Exists), "the name of an erased session is not given again");
    assert_eq!(verdict(store, &id).await, Verdict::Erased);
    assert_eq!(store.scrub().await, Ok(()));
    for table in ERASED.iter().filter(|table| !["session_events", "jobs"].contains(table)) {
        let select = format!("SELECT count(*) AS n FROM {table} WHERE session_id = '{id}'");
        let row = store.readers().fetch_one(AssertSqlSafe(select)).await.expect("a count");
        assert_eq!(row.try_get::<i64, _>("n").expect("a number"), 0, "{table}");
    }
    assert!(KEPT.iter().all(|(table, why)| !ERASED.contains(table) && !why.is_empty()));
}

async fn exports_list_what_is_asked_for(store: &SqlStore) {
    let (first, second) = (whole_session(store, 8).await, whole_session(store, 9).await);
    let ids = async |filter: ExportFilter, limit| {
        let found = store.sessions_to_export(&filter, None, limit).await.expect("read");
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    let from = |second| ExportFilter { from: Some(at(second)), ..ExportFilter::default() };
    assert_eq!(ids(from(8), 10).await, [second.to_string(), first.to_string()]);
    assert_eq!(ids(ExportFilter { to: Some(at(9)), ..from(8) }, 10).await, [first.to_string()]);
    let of = |id: &str| ExportFilter { interview_id: Some(id.to_owned()), ..from(8) };
    assert_eq!(ids(of("conformance"), 1).await, [second.to_string()]);
    assert_eq!(ids(of("other"), 10).await, Vec::<String>::new());
    let owner = |owner| ExportFilter { owner: Some(owner), ..from(8) };
    assert_eq!(ids(owner(Owner::Platform), 10).await, Vec::<String>::new());
    assert_eq!(ids(owner(new_session(8).owner), 10).await.len(), 2);
    let page = store.sessions_to_export(&from(8), None, 1).await.expect("read");
    let rest = store.sessions_to_export(&from(8), page.last(), 10).await.expect("read");
    assert_eq!(rest.into_iter().map(|found| found.id).collect::<Vec<_>>(), [first.to_string()]);
}
