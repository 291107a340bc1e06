//! The list of sessions that interviewers see.

use super::{at, keeping::whole_session, new_session, scorecards};
use crate::{
    domain::{
        auth::Owner,
        id::{SessionId, UserId},
        scorecard::record::{Author, AuthorKind},
        session::{EndReason, Status},
        sign_in::{EmailAddress, UserName},
    },
    store::{DeskFilter, DeskSession, ListPosition, SqlStore, Store, erasure::NewErasure},
};
use sqlx::{Executor, Row};

/// Panics where the store is wrong.
pub async fn check(store: &SqlStore) {
    a_session_is_listed_with_what_came_of_it(store).await;
    filters_and_pages(store).await;
    if store.kind() == "sqlite" {
        no_list_reads_every_session(store).await;
    }
}

fn anna() -> Owner {
    Owner::User { sub: "anna".to_owned() }
}

fn viewer(id: &str) -> Author {
    Author { kind: AuthorKind::User, id: id.to_owned(), name: id.to_owned() }
}

async fn list(store: &SqlStore, filter: &DeskFilter, reader: &str, after: Option<&DeskSession>) -> Vec<DeskSession> {
    let after = after.map(|last| ListPosition { created_at: last.created_at, id: last.session_id.to_string() });
    store.desk_sessions(filter, &viewer(reader), after.as_ref(), 2).await.expect("the list can be read")
}

async fn a_session_is_listed_with_what_came_of_it(store: &SqlStore) {
    let candidate = UserId::new("candidate-7");
    let address = EmailAddress::parse("ada@example.com").expect("an address");
    store.ensure_user(candidate.clone(), address, at(1)).await.expect("kept");
    store.set_username(candidate, UserName::parse("ada").expect("a name")).await.expect("kept");
    let id = whole_session(store, 9).await;
    let found = list(store, &DeskFilter::default(), "ann", None).await;
    let [one] = found.as_slice() else { panic!("one session: {found:?}") };
    let expected = DeskSession {
        session_id: id.clone(),
        interview_id: "conformance".to_owned(),
        title: "Conformance".to_owned(),
        kind: "conformance".to_owned(),
        user_id: Some("candidate-7".to_owned()),
        username: Some("ada".to_owned()),
        status: Status::Ended,
        end_reason: Some(EndReason::Completed),
        question: 1,
        questions_total: 2,
        created_at: at(9),
        started_at: Some(at(10)),
        ended_at: Some(at(109)),
        is_recorded: true,
        has_own_scorecard: true,
        has_proposal: false,
    };
    assert_eq!(one, &expected);
    let proposed = scorecards::record(&id);
    let mut complete = proposed.proposal.clone();
    complete.settle(1, Vec::new());
    store.advance_proposal(&proposed.proposal_id, complete, at(120)).await.expect("kept");
    let found = list(store, &DeskFilter::default(), "bob", None).await;
    let [one] = found.as_slice() else { panic!("one session: {found:?}") };
    assert!(one.has_proposal && !one.has_own_scorecard, "somebody else scored it: {one:?}");
    let erasure = NewErasure { receipt_id: "receipt".to_owned(), at: at(130), by: "owner", files: 0, file_bytes: 0 };
    store.erase_session(&id, erasure).await.expect("erased");
    assert_eq!(list(store, &DeskFilter::default(), "ann", None).await, [], "an erased session is not listed");
}

async fn filters_and_pages(store: &SqlStore) {
    let id = |n: u8| SessionId::from_random([n; 16]);
    for n in 11..=15 {
        let mut new = new_session(n);
        // Two of the same second.
        new.created_at = at(i64::from(n / 2));
        if n == 13 {
            new.owner = Owner::Platform;
        }
        if n == 14 {
            new.interview.id = "int_other".to_owned();
        }
        store.create_session(new).await.expect("kept");
    }
    let voice = new_session(16);
    store.create_voice_session(voice, "anna".to_owned()).await.expect("kept");
    let all = async |filter: &DeskFilter| {
        let mut ids = Vec::new();
        let mut page = list(store, filter, "ann", None).await;
        while let Some(last) = page.last().cloned() {
            ids.extend(page.iter().map(|session| session.session_id.clone()));
            page = list(store, filter, "ann", Some(&last)).await;
        }
        ids
    };
    let ended = vec![crate::domain::session::Change::Status {
        status: Status::Ended,
        end_reason: Some(EndReason::CandidateEnded),
    }];
    store.apply(&id(12), 1, at(50), ended).await.expect("applied");
    let every = DeskFilter::default();
    assert_eq!(all(&every).await, [id(15), id(14), id(13), id(12), id(11)], "newest first, and no voice session");
    let own = DeskFilter { owner: Some(anna()), ..DeskFilter::default() };
    assert_eq!(all(&own).await, [id(15), id(14), id(12), id(11)]);
    assert_eq!(all(&DeskFilter { ended: Some(true), ..own.clone() }).await, [id(12)]);
    assert_eq!(all(&DeskFilter { ended: Some(false), ..own.clone() }).await, [id(15), id(14), id(11)]);
    let other = Some("int_other".to_owned());
    assert_eq!(all(&DeskFilter { interview_id: other.clone(), ..every.clone() }).await, [id(14)]);
    assert_eq!(all(&DeskFilter { interview_id: other.clone(), ended: Some(false), ..own }).await, [id(14)]);
    let foreign = DeskFilter { owner: Some(Owner::Platform), interview_id: other, ended: None };
    assert_eq!(all(&foreign).await, []);
}

/// A list stays as quick as its page is short, however many sessions there are.
async fn no_list_reads_every_session(store: &SqlStore) {
    let interview_id = Some("int_other".to_owned());
    for filter in [
        DeskFilter::default(),
        DeskFilter { owner: Some(anna()), ..DeskFilter::default() },
        DeskFilter { ended: Some(true), ..DeskFilter::default() },
        DeskFilter { interview_id, ..DeskFilter::default() },
    ] {
        let explain = format!("EXPLAIN QUERY PLAN {}", store.desk_statement(&filter));
        let rows = store.readers().fetch_all(sqlx::AssertSqlSafe(explain)).await.expect("a plan");
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("detail").expect("its step")).collect();
        let scans = plan.iter().filter(|step| step.starts_with("SCAN ") && !step.contains("USING INDEX"));
        assert_eq!(scans.count(), 0, "{plan:#?}");
    }
}
