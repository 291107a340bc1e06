//! Interviews that people wrote, invites to them, and requests that may be made again.

use super::{at, interview};
use crate::{
    domain::auth::{Owner, Token},
    store::{
        Begun, Changed, InterviewRecord, InviteUse, ListPosition, NewInvite, NewSession, SqlStore, Store, StoreError,
    },
};

fn anna() -> Owner {
    Owner::User { sub: "anna".to_owned() }
}

fn record(n: u8, owner: Owner) -> InterviewRecord {
    let mut interview = interview();
    interview.id = format!("int_{n}");
    let created_at = at(i64::from(n / 2));
    InterviewRecord { owner, interview, version: 1, created_at, updated_at: created_at }
}

/// Runs the checks of this area on an empty store.
pub async fn check(store: &SqlStore) {
    interviews_are_kept_listed_and_changed(store).await;
    an_invite_closes_with_its_interview(store).await;
    a_request_is_answered_once(store).await;
}

async fn interviews_are_kept_listed_and_changed(store: &SqlStore) {
    for n in 1..=5 {
        let owner = if n == 3 { Owner::Platform } else { anna() };
        assert_eq!(store.create_interview(record(n, owner)).await, Ok(()));
    }
    assert_eq!(store.create_interview(record(1, anna())).await, Err(StoreError::Exists));
    assert_eq!(store.find_interview("int_4").await, Ok(Some(record(4, anna()))));
    assert_eq!(store.find_interview("int_9").await, Ok(None));
    let ids = async |owner: Option<&Owner>, after: Option<(i64, &str)>, limit| {
        let after = after.map(|(second, id)| ListPosition { created_at: at(second), id: id.to_owned() });
        match store.list_interviews(owner, after.as_ref(), limit).await {
            Ok(found) => found.into_iter().map(|record| record.interview.id).collect::<Vec<_>>(),
            Err(error) => panic!("interviews can be listed: {error}"),
        }
    };
    assert_eq!(ids(Some(&anna()), None, 10).await, ["int_5", "int_4", "int_2", "int_1"]);
    assert_eq!(ids(Some(&anna()), Some((2, "int_5")), 2).await, ["int_4", "int_2"], "same second, by id");
    assert_eq!(ids(None, None, 2).await, ["int_5", "int_4"]);
    let mut changed = record(4, anna()).interview;
    changed.title = "Another title".to_owned();
    let replace = |expected| store.replace_interview(changed.clone(), expected, at(50));
    assert_eq!(replace(Some(2)).await, Ok(Changed::OtherVersion { version: 1 }));
    assert_eq!(replace(Some(1)).await, Ok(Changed::Done { version: 2 }));
    assert_eq!(replace(None).await, Ok(Changed::Done { version: 3 }));
    let kept = store.find_interview("int_4").await.ok().flatten().map(|kept| (kept.interview.title, kept.updated_at));
    assert_eq!(kept, Some(("Another title".to_owned(), at(50))));
    assert_eq!(store.delete_interview("int_4", Some(1), at(60)).await, Ok(Changed::OtherVersion { version: 3 }));
    assert_eq!(store.delete_interview("int_4", None, at(60)).await, Ok(Changed::Done { version: 3 }));
    assert_eq!(store.delete_interview("int_4", None, at(60)).await, Ok(Changed::Unknown));
    assert_eq!(store.find_interview("int_4").await, Ok(None));
}

async fn an_invite_closes_with_its_interview(store: &SqlStore) {
    let invite = |n: u8| NewInvite {
        invite_id: format!("inv_{n}"),
        code_hash: Token::from_random([n; 32]).hash(),
        owner: anna(),
        interview: record(5, anna()).interview,
        attempts_limit: 3,
        opens_at: at(0),
        closes_at: at(1_000),
        created_at: at(i64::from(n)),
    };
    for n in 1..=3 {
        assert_eq!(store.create_invite(invite(n)).await, Ok(()));
    }
    let listed = async |after: Option<ListPosition>| match store.list_invites("int_5", after.as_ref(), 2).await {
        Ok(found) => found.into_iter().map(|record| record.invite.invite_id).collect::<Vec<_>>(),
        Err(error) => panic!("invites can be listed: {error}"),
    };
    assert_eq!(listed(None).await, ["inv_3", "inv_2"]);
    let after = ListPosition { created_at: at(2), id: "inv_2".to_owned() };
    assert_eq!(listed(Some(after)).await, ["inv_1"]);
    let started = |n: u8, second| NewSession { created_at: at(second), ..super::new_session(n) };
    let uses = async |code: u8, session| store.use_invite(Token::from_random([code; 32]).hash(), session).await;
    assert_eq!(uses(1, started(101, 100)).await, Ok(InviteUse::Started));
    assert_eq!(store.close_invite("int_5", "inv_1", at(200)).await, Ok(true));
    assert_eq!(store.close_invite("int_5", "inv_1", at(300)).await, Ok(true), "again is no error");
    assert_eq!(store.close_invite("int_1", "inv_1", at(300)).await, Ok(false), "of another interview");
    assert_eq!(uses(1, started(102, 200)).await, Ok(InviteUse::Over));
    assert_eq!(uses(2, started(103, 200)).await, Ok(InviteUse::Started));
    assert_eq!(store.delete_interview("int_5", None, at(300)).await, Ok(Changed::Done { version: 1 }));
    assert_eq!(uses(2, started(104, 300)).await, Ok(InviteUse::Over), "its interview is gone");
}

async fn a_request_is_answered_once(store: &SqlStore) {
    let begin = |request: u8, second| store.begin_request([1; 32], [request; 32], at(second));
    assert_eq!(begin(7, 0).await, Ok(Begun::New));
    assert_eq!(begin(7, 1).await, Ok(Begun::UnderWay));
    assert_eq!(begin(8, 1).await, Ok(Begun::OtherRequest));
    assert_eq!(store.finish_request([1; 32], b"answer".to_vec()).await, Ok(()));
    assert_eq!(begin(7, 100).await, Ok(Begun::Answered(b"answer".to_vec())));
    assert_eq!(store.forget_request([1; 32]).await, Ok(()));
    assert_eq!(begin(7, 100).await, Ok(Begun::Answered(b"answer".to_vec())), "an answer is not forgotten");
    assert_eq!(begin(7, 100 + 24 * 3_600).await, Ok(Begun::New), "after a day");
    assert_eq!(store.forget_request([1; 32]).await, Ok(()));
    assert_eq!(begin(9, 101 + 24 * 3_600).await, Ok(Begun::New), "one that did nothing is forgotten");
    assert_eq!(begin(9, 170 + 24 * 3_600).await, Ok(Begun::New), "one that was lost may be made again");
}
