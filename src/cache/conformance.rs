//! What every cache does. The suite takes the cache that it judges, and keys of its own.

use super::{Cache, CacheError, KEY_BYTES_MAX, VALUE_BYTES_MAX};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(120);
/// How long something that expires after [`SHORT`] may still be seen, on a busy machine.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Panics where the cache is wrong.
pub async fn check_all(cache: &dyn Cache) {
    keeps_and_forgets(cache).await;
    adds_only_where_nothing_is(cache).await;
    counts(cache).await;
    one_of_many_takes(cache).await;
    forgets_by_time(cache).await;
    refuses_what_is_too_large(cache).await;
}

async fn keeps_and_forgets(cache: &dyn Cache) {
    assert_eq!(cache.get("a").await, Ok(None));
    assert_eq!(cache.put("a", b"one\0\xff", LONG).await, Ok(()));
    assert_eq!(cache.get("a").await, Ok(Some(b"one\0\xff".to_vec())), "bytes, not text");
    assert_eq!(cache.put("a", b"", LONG).await, Ok(()));
    assert_eq!(cache.get("a").await, Ok(Some(Vec::new())), "nothing is a value");
    assert_eq!(cache.take("a").await, Ok(Some(Vec::new())));
    assert_eq!(cache.take("a").await, Ok(None));
    assert_eq!(cache.put("a", b"two", LONG).await, Ok(()));
    assert_eq!(cache.delete("a").await, Ok(true));
    assert_eq!(cache.delete("a").await, Ok(false));
    assert_eq!(cache.put("a", b"three", LONG).await, Ok(()));
    assert_eq!(cache.delete_if("a", b"four").await, Ok(false));
    assert_eq!(cache.delete_if("a", b"three").await, Ok(true));
    assert_eq!(cache.delete_if("a", b"three").await, Ok(false));
    assert_eq!(cache.delete_if("a", b"").await, Ok(false), "what is not there is not the empty value");
}

async fn adds_only_where_nothing_is(cache: &dyn Cache) {
    assert_eq!(cache.add("b", b"first", LONG).await, Ok(true));
    assert_eq!(cache.add("b", b"second", LONG).await, Ok(false));
    assert_eq!(cache.get("b").await, Ok(Some(b"first".to_vec())));
}

async fn counts(cache: &dyn Cache) {
    assert_eq!(cache.increment("c", 1, LONG).await, Ok(1));
    assert_eq!(cache.increment("c", 5, LONG).await, Ok(6));
    assert_eq!(cache.increment("c", -2, LONG).await, Ok(4));
    assert_eq!(cache.get("c").await, Ok(Some(b"4".to_vec())));
    assert_eq!(cache.put("c", b"words", LONG).await, Ok(()));
    assert_eq!(cache.increment("c", 1, LONG).await, Err(CacheError::NoNumber));
    let many = (0..64).map(|_| cache.increment("d", 1, LONG));
    let mut sums: Vec<i64> = futures_util::future::join_all(many).await.into_iter().flatten().collect();
    sums.sort_unstable();
    assert_eq!(sums, (1..=64).collect::<Vec<_>>(), "each number is given once");
}

async fn one_of_many_takes(cache: &dyn Cache) {
    assert_eq!(cache.put("e", b"once", LONG).await, Ok(()));
    let taken = futures_util::future::join_all((0..32).map(|_| cache.take("e"))).await;
    assert_eq!(taken.iter().filter(|value| matches!(value, Ok(Some(_)))).count(), 1);
    assert_eq!(cache.put("e", b"once", LONG).await, Ok(()));
    let deleted = futures_util::future::join_all((0..32).map(|_| cache.delete_if("e", b"once"))).await;
    assert_eq!(deleted.iter().filter(|value| **value == Ok(true)).count(), 1);
    let added = futures_util::future::join_all((0..32).map(|_| cache.add("f", b"x", LONG))).await;
    assert_eq!(added.iter().filter(|value| **value == Ok(true)).count(), 1);
}

async fn forgets_by_time(cache: &dyn Cache) {
    let started = Instant::now();
    assert_eq!(cache.put("g", b"soon gone", SHORT).await, Ok(()));
    assert_eq!(cache.increment("h", 7, SHORT).await, Ok(7));
    assert_eq!(cache.increment("h", 1, LONG).await, Ok(8), "the first life holds");
    until_gone(cache, "g").await;
    assert!(started.elapsed() >= SHORT, "not before its time");
    until_gone(cache, "h").await;
    assert_eq!(cache.increment("h", 1, LONG).await, Ok(1), "it starts again");
    assert_eq!(cache.add("g", b"again", LONG).await, Ok(true));
    // A new life takes the place of the old one.
    assert_eq!(cache.put("i", b"x", SHORT).await, Ok(()));
    assert_eq!(cache.put("i", b"y", LONG).await, Ok(()));
    assert_eq!(cache.put("j", b"x", SHORT).await, Ok(()));
    until_gone(cache, "j").await;
    assert_eq!(cache.get("i").await, Ok(Some(b"y".to_vec())));
}

async fn until_gone(cache: &dyn Cache, key: &str) {
    let started = Instant::now();
    while cache.get(key).await != Ok(None) {
        assert!(started.elapsed() < GONE_WITHIN, "{key} expires");
        tokio::task::yield_now().await;
    }
}

async fn refuses_what_is_too_large(cache: &dyn Cache) {
    let key = "k".repeat(KEY_BYTES_MAX + 1);
    let value = vec![0; VALUE_BYTES_MAX + 1];
    assert_eq!(cache.put(&key, b"", LONG).await, Err(CacheError::TooLarge));
    assert_eq!(cache.add("k", &value, LONG).await, Err(CacheError::TooLarge));
    assert_eq!(cache.increment(&key, 1, LONG).await, Err(CacheError::TooLarge));
    assert_eq!(cache.put("k", &value[1..], LONG).await, Ok(()));
    assert_eq!(cache.get("k").await.map(|found| found.map(|value| value.len())), Ok(Some(VALUE_BYTES_MAX)));
}
