//! What the store must do for rooms.

use super::at;
use crate::{
    domain::{
        auth::Owner,
        room::{RoomCode, RoomTerms},
    },
    store::{RoomTallies, SqlStore, StoreError, StoredMember, StoredRoom},
};

fn terms(n: u64, owner: Owner) -> RoomTerms {
    RoomTerms {
        code: RoomCode::from_random(n),
        owner,
        owner_id: Some(format!("owner {n}")),
        name: Some("Größe 🙂".to_owned()),
        description: None,
        created_at: at(1),
        expires_at: Some(at(3_600)),
        participants_max: Some(30),
    }
}

fn member(user: &str, second: i64) -> StoredMember {
    StoredMember { user_id: user.to_owned(), display_name: user.to_uppercase(), joined_at: at(second) }
}

async fn loaded(store: &SqlStore) -> (Vec<StoredRoom>, RoomTallies) {
    match store.load_rooms().await {
        Ok(loaded) => loaded,
        Err(error) => panic!("rooms can be loaded: {error}"),
    }
}

/// Over an empty store.
pub async fn check(store: &SqlStore) {
    keeps_rooms_and_members(store).await;
    closes_once_and_counts_upwards(store).await;
    forgets_and_tallies(store).await;
}

async fn keeps_rooms_and_members(store: &SqlStore) {
    assert_eq!(loaded(store).await, (Vec::new(), RoomTallies::default()));
    let of_platform = terms(1, Owner::Platform);
    let of_user =
        RoomTerms { expires_at: None, participants_max: None, ..terms(2, Owner::User { sub: "ann".to_owned() }) };
    assert_eq!(store.create_room(of_platform.clone(), None).await, Ok(()));
    assert_eq!(store.create_room(of_user.clone(), Some(member("ann", 1))).await, Ok(()));
    assert_eq!(store.create_room(of_platform.clone(), None).await, Err(StoreError::Exists));
    assert_eq!(store.join_room(of_user.code, member("bob", 2), 2).await, Ok(()));
    assert_eq!(store.join_room(of_user.code, member("cleo", 3), 3).await, Ok(()));
    assert_eq!(store.join_room(of_user.code, member("bob", 4), 3).await, Ok(()), "joining again changes nothing");
    assert_eq!(store.leave_room(of_user.code, "cleo").await, Ok(()));
    assert_eq!(store.leave_room(of_user.code, "cleo").await, Ok(()), "and so does leaving again");
    let (rooms, _) = loaded(store).await;
    let found = |code| rooms.iter().find(|room| room.terms.code == code).cloned();
    let expected = StoredRoom { terms: of_platform, closed_at: None, participants_total: 0, members: Vec::new() };
    assert_eq!(found(expected.terms.code), Some(expected));
    let members = vec![member("ann", 1), member("bob", 2)];
    let expected = StoredRoom { terms: of_user, closed_at: None, participants_total: 3, members };
    assert_eq!(found(expected.terms.code), Some(expected));
}

async fn closes_once_and_counts_upwards(store: &SqlStore) {
    let (first, second) = (RoomCode::from_random(1), RoomCode::from_random(2));
    assert_eq!(store.close_room(first, at(9)).await, Ok(()));
    assert_eq!(store.close_room(first, at(10)).await, Err(StoreError::Unknown));
    assert_eq!(store.put_room_totals(vec![(first, 7), (second, 1)]).await, Ok(()));
    let (rooms, _) = loaded(store).await;
    let of =
        |code| rooms.iter().find(|room| room.terms.code == code).map(|room| (room.closed_at, room.participants_total));
    assert_eq!(of(first), Some((Some(at(9)), 7)));
    assert_eq!(of(second), Some((None, 3)), "a count never goes down");
}

async fn forgets_and_tallies(store: &SqlStore) {
    let (first, second) = (RoomCode::from_random(1), RoomCode::from_random(2));
    let add = RoomTallies { closed: 1, expired: 0, participants: 7 };
    assert_eq!(store.forget_rooms(vec![first], add).await, Ok(()));
    let add = RoomTallies { closed: 0, expired: 1, participants: 3 };
    assert_eq!(store.forget_rooms(vec![second], add).await, Ok(()));
    let expected = RoomTallies { closed: 1, expired: 1, participants: 10 };
    assert_eq!(loaded(store).await, (Vec::new(), expected));
}
