//! People with an account.

use super::at;
use crate::{
    domain::{
        id::UserId,
        sign_in::{EmailAddress, UserName},
    },
    store::{SqlStore, StoreError, User},
};

/// Panics where the store is wrong.
pub async fn check(store: &SqlStore) {
    an_address_has_one_user(store).await;
    a_name_has_one_user(store).await;
}

fn id(n: u8) -> UserId {
    UserId::from_random([n; 16])
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap_or_else(|_| panic!("{text} is an address"))
}

fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap_or_else(|_| panic!("{text} is a name"))
}

async fn find(store: &SqlStore, email: &str) -> Option<User> {
    store.user_by_email(&address(email)).await.unwrap_or_else(|error| panic!("users can be read: {error}"))
}

async fn an_address_has_one_user(store: &SqlStore) {
    assert_eq!(find(store, "ann@example.com").await, None);
    assert_eq!(store.ensure_user(id(1), address("Ann@Example.com"), at(1)).await, Ok(id(1)));
    assert_eq!(store.ensure_user(id(2), address("ann@example.com"), at(2)).await, Ok(id(1)), "the first one stays");
    let ann = User { user_id: id(1), email: address("ann@example.com"), username: None, created_at: at(1) };
    assert_eq!(find(store, "ANN@example.com").await.as_ref(), Some(&ann));
    assert_eq!(store.user(&id(1)).await, Ok(Some(ann)));
    assert_eq!(store.user(&id(2)).await, Ok(None));
    let at_once = (10..30).map(|n| store.ensure_user(id(n), address("crowd@example.com"), at(3)));
    let mut ids: Vec<_> = futures_util::future::join_all(at_once).await.into_iter().flatten().collect();
    assert_eq!(ids.len(), 20);
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

async fn a_name_has_one_user(store: &SqlStore) {
    assert_eq!(store.ensure_user(id(3), address("bob@example.com"), at(4)).await, Ok(id(3)));
    assert_eq!(store.set_username(id(1), name("Ann")).await, Ok(()));
    assert_eq!(store.set_username(id(1), name("Ann")).await, Ok(()), "one's own name is not taken");
    assert_eq!(store.set_username(id(3), name("aNN")).await, Err(StoreError::Exists));
    assert_eq!(store.set_username(id(99), name("nobody")).await, Err(StoreError::Unknown));
    assert_eq!(find(store, "ann@example.com").await.and_then(|user| user.username), Some(name("Ann")));
    assert_eq!(find(store, "bob@example.com").await.and_then(|user| user.username), None, "a refusal changes nothing");
    assert_eq!(store.set_username(id(1), name("ann-2")).await, Ok(()));
    assert_eq!(store.set_username(id(3), name("ANN")).await, Ok(()), "a name that was given up is free");
    // Two for one name.
    let (one, two) =
        futures_util::join!(store.set_username(id(1), name("Both")), store.set_username(id(3), name("both")));
    assert!([&one, &two].contains(&&Ok(())) && [one, two].contains(&Err(StoreError::Exists)));
}
