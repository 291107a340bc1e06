//! Voice sessions: who has which, and when they end.

use super::{at, new_session};
use crate::{
    domain::{
        id::SessionId,
        session::{Change, EndReason, Status},
    },
    store::{NewSession, SqlStore, Store, StoreError},
};

/// The area's checks, on an empty store.
pub async fn check(store: &SqlStore) {
    for (n, user) in [(1, "ann"), (2, "ben"), (3, "ann"), (4, "ann")] {
        assert_eq!(store.create_voice_session(session(n), user.to_owned()).await, Ok(()));
    }
    keeps_and_lists(store).await;
    ends_once(store).await;
    expires_when_its_time_is_over(store).await;
    outlives_the_server(store).await;
}

/// Expires 900 s after it began, at second `n`.
fn session(n: u8) -> NewSession {
    NewSession { session_id: id(n), ..new_session(n) }
}

fn id(n: u8) -> SessionId {
    SessionId::new(format!("chosen-by:client.{n}"))
}

async fn keeps_and_lists(store: &SqlStore) {
    let taken = store.create_voice_session(session(1), "eve".to_owned()).await;
    assert_eq!(taken, Err(StoreError::Exists));
    assert_eq!(store.create_session(new_session(9)).await, Ok(()));
    let of_another_kind = store.create_voice_session(new_session(9), "eve".to_owned()).await;
    assert_eq!(of_another_kind, Err(StoreError::Exists), "an id is taken by any session");
    assert_eq!(store.voice_session(&SessionId::from_random([9; 16])).await, Ok(None), "which is no voice session");
    assert_eq!(store.voice_sessions_of("eve", 10).await, Ok(Vec::new()));

    let found = store.voice_session(&id(1)).await.ok().flatten().expect("it was kept");
    assert_eq!((found.user_id.as_str(), found.ended, found.ended_at), ("ann", false, None));
    assert_eq!((found.created_at, found.expires_at), (at(1), at(901)));
    let listed = async |user: &str, limit| match store.voice_sessions_of(user, limit).await {
        Ok(list) => list.into_iter().map(|session| session.session_id).collect::<Vec<_>>(),
        Err(error) => panic!("voice sessions can be listed: {error}"),
    };
    assert_eq!(listed("ann", 10).await, [id(4), id(3), id(1)], "newest first");
    assert_eq!(listed("ann", 2).await, [id(4), id(3)]);
    assert_eq!(listed("ben", 10).await, [id(2)]);
}

async fn ends_once(store: &SqlStore) {
    let end = |second, reason| store.end_voice_session(&ID_TWO, at(second), reason, None);
    static ID_TWO: std::sync::LazyLock<SessionId> = std::sync::LazyLock::new(|| id(2));
    assert_eq!(end(50, EndReason::CandidateEnded).await, Ok(true));
    assert_eq!(end(60, EndReason::PlatformEnded).await, Ok(false), "an end is an end");
    let record = store.load_session(&id(2)).await.ok().flatten().expect("it is a session like others");
    assert_eq!((record.status, record.end_reason), (Status::Ended, Some(EndReason::CandidateEnded)));
    assert_eq!(record.ended_at, Some(at(50)));
    assert_eq!(store.extend_voice_session(&id(2), at(5_000)).await, Ok(false));
    let late = vec![Change::Item(super::item(1, "last words"))];
    assert_eq!(store.apply(&id(2), 1, at(51), late).await, Ok(()));
    let record = store.load_session(&id(2)).await.ok().flatten().expect("it is there");
    assert_eq!(record.items.len(), 1, "what was on its way is kept");
    let no_voice = store.end_voice_session(&SessionId::from_random([9; 16]), at(1), EndReason::Expired, None).await;
    assert_eq!(no_voice, Ok(false), "an interview is not ended here");
}

async fn expires_when_its_time_is_over(store: &SqlStore) {
    let over = async |second, limit| match store.expired_voice_sessions(at(second), limit).await {
        Ok(list) => list.into_iter().map(|session| session.session_id).collect::<Vec<_>>(),
        Err(error) => panic!("expired sessions can be found: {error}"),
    };
    assert_eq!(over(900, 10).await, []);
    assert_eq!(over(903, 10).await, [id(1), id(3)], "the ended one and the later one are not among them");
    assert_eq!(over(903, 1).await, [id(1)], "in batches");
    assert_eq!(store.extend_voice_session(&id(1), at(2_000)).await, Ok(true));
    let expire = |n, second| {
        let id = id(n);
        async move { store.end_voice_session(&id, at(901), EndReason::Expired, Some(at(second))).await }
    };
    assert_eq!(expire(1, 903).await, Ok(false), "it came back meanwhile");
    assert_eq!(expire(3, 903).await, Ok(true));
    assert_eq!(over(903, 10).await, []);
}

async fn outlives_the_server(store: &SqlStore) {
    let ended = store.recover(at(950)).await.unwrap_or_default();
    assert!(!ended.contains(&id(4)), "a voice session ends by its time, not because a server was restarted");
    assert!(store.voice_session(&id(4)).await.is_ok_and(|found| found.is_some_and(|session| !session.ended)));
}
