//! Jobs and the events of sessions.

use super::{at, new_session};
use crate::{
    domain::session::{Change, EndReason, Status},
    store::{
        SqlStore, Store,
        jobs::NewJob,
        session_events::{AFTER_JOB, SessionEventKind, TELL_JOB},
    },
};
use serde_json::json;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);

/// What a session does is told once each, in the step that made it so, and its end leaves work.
pub async fn check(store: &SqlStore) {
    a_job_is_taken_once_until_its_lease_is_over(store).await;
    a_session_leaves_events_and_work(store).await;
}

async fn a_job_is_taken_once_until_its_lease_is_over(store: &SqlStore) {
    let job = |key: &str, second| NewJob {
        kind: "test",
        key: key.to_owned(),
        session_id: None,
        payload: json!({"n": 1}),
        run_at: at(second),
    };
    for new in [job("late", 100), job("first", 0), job("first", 50)] {
        store.enqueue_job(new).await.expect("kept");
    }
    let claim = |second| store.claim_jobs("test", at(second), LEASE, 10);
    assert_eq!(store.next_job_at().await.expect("read"), Some(at(0)));
    let jobs = claim(1).await.expect("claimed");
    assert_eq!(jobs.iter().map(|job| (job.key.as_str(), job.attempts)).collect::<Vec<_>>(), [("first", 1)]);
    assert_eq!(jobs[0].payload, json!({"n": 1}));
    assert_eq!(claim(60).await.expect("claimed"), [], "taken already");
    let again = claim(62).await.expect("claimed");
    assert_eq!(again[0].attempts, 2, "its lease is over: whoever had it is gone");
    store.return_job(&again[0], Some(at(80)), "not yet").await.expect("returned");
    assert_eq!(claim(70).await.expect("claimed"), []);
    assert_eq!(store.next_job_at().await.expect("read"), Some(at(80)));
    let third = claim(80).await.expect("claimed");
    store.return_job(&third[0], None, "never").await.expect("returned");
    let late = claim(200).await.expect("claimed");
    assert_eq!(late.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["late"], "given up is not taken");
    store.finish_job("test", "late").await.expect("finished");
    assert_eq!(store.open_jobs(None).await.expect("read"), 0);
}

async fn a_session_leaves_events_and_work(store: &SqlStore) {
    let new = new_session(77);
    let id = new.session_id.clone();
    store.create_session(new).await.expect("kept");
    let lost = Change::Status { status: Status::Reconnecting, end_reason: None };
    let ended = Change::Status { status: Status::Ended, end_reason: Some(EndReason::Completed) };
    for (sequence, changes) in [(1, vec![Change::Started]), (2, vec![lost]), (3, vec![ended.clone()]), (4, vec![ended])]
    {
        let second = i64::try_from(sequence).unwrap_or(0);
        store.apply(&id, sequence, at(second), changes).await.expect("applied");
    }
    let ready = || store.record_event(&id, SessionEventKind::ResultsReady, at(9), json!({}));
    assert!(ready().await.expect("kept"));
    assert!(!ready().await.expect("known"), "an event that happens once is kept once");
    let events = store.session_events(&id).await.expect("read");
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["session.started", "session.interrupted", "session.ended", "results.ready"]);
    assert_eq!(events[2].data, json!({"end_reason": "completed"}));
    assert_eq!(store.session_event(&events[0].event_id).await.expect("read").as_ref(), Some(&events[0]));
    let told = store.claim_jobs(TELL_JOB, at(10), LEASE, 10).await.expect("claimed");
    assert_eq!(told.len(), 4, "one job for each");
    let after = store.claim_jobs(AFTER_JOB, at(10), LEASE, 10).await.expect("claimed");
    assert_eq!(after.iter().map(|job| job.session_id.clone()).collect::<Vec<_>>(), [Some(id.clone())]);
    assert_eq!(store.open_jobs(Some(&id)).await.expect("read"), 6, "and what is to be deleted one day");
}
