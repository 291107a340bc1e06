//! Secrets open what they were made for, until they expire, and expired ones are not kept.

use crate::{
    domain::auth::Token,
    store::{SqlStore, StoreError},
};

/// The area's checks, on an empty store.
pub async fn check(store: &SqlStore) {
    let hash = |n: u8| Token::from_random([n; 32]).hash();
    store.keep_client_secret(hash(1), "one".to_owned(), 1_000, 0).await.expect("room for a secret");
    assert_eq!(store.client_secret(hash(1), 999).await, Ok(Some(("one".to_owned(), 1_000))));
    assert_eq!(store.client_secret(hash(1), 1_000).await, Ok(None), "it has expired");
    assert_eq!(store.client_secret(hash(2), 0).await, Ok(None), "nobody made it");
    let again = store.keep_client_secret(hash(1), "two".to_owned(), 2_000, 0).await;
    assert_eq!(again, Err(StoreError::Exists));
    assert_eq!(store.client_secret(hash(1), 0).await, Ok(Some(("one".to_owned(), 1_000))), "the first one stays");
    store.keep_client_secret(hash(2), "three".to_owned(), 5_000, 1_000).await.expect("room for another");
    assert_eq!(store.client_secret(hash(1), 0).await, Ok(None), "an expired one is forgotten when one is made");
    assert_eq!(store.client_secret(hash(2), 1_000).await, Ok(Some(("three".to_owned(), 5_000))));
}
