//! The cache: the conformance suite over memory and over a real Redis, and what happens when Redis comes and goes.

use crate::support::services::Redis;
use secrecy::SecretString;
use std::time::{Duration, Instant};
use viva::cache::{self, Cache, CacheError, CacheKind, FallbackCache, MemoryCache, RedisCache, conformance};

const LONG: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(20);

fn redis_cache(redis: &Redis) -> RedisCache {
    RedisCache::new(&SecretString::from(redis.url())).unwrap()
}

async fn until(cache: &dyn Cache, kind: CacheKind) {
    let started = Instant::now();
    while cache.kind() != kind {
        assert!(started.elapsed() < WITHIN, "it is {} in time", kind.name());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn memory_passes_the_suite() {
    conformance::check_all(&MemoryCache::default()).await;
}

#[tokio::test]
async fn redis_passes_the_suite() {
    let redis = Redis::start().await;
    conformance::check_all(&redis_cache(&redis)).await;
    // A key without a life would stay for good.
    let cache = redis_cache(&redis);
    assert_eq!(cache.increment("counted", 1, LONG).await, Ok(1));
    assert_eq!(cache.put("kept", b"x", LONG).await, Ok(()));
    let mut connection = ::redis::Client::open(redis.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(keys.len() >= 2 && keys.iter().all(|key| key.starts_with("viva:")), "{keys:?}");
    for key in keys {
        let life_ms: i64 = ::redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        assert!((1..=60_000).contains(&life_ms), "{key} lives {life_ms} ms");
    }
}

/// The suite in Redis, in memory while it is away, and in Redis again.
#[tokio::test]
async fn memory_stands_in_while_redis_is_away() {
    let mut redis = Redis::start().await;
    let cache = FallbackCache::open(redis_cache(&redis)).await;
    assert_eq!(cache.kind(), CacheKind::Redis);
    conformance::check_all(&*cache).await;
    assert_eq!(cache.put("before", b"in Redis", LONG).await, Ok(()));
    redis.stop().await;
    // Whoever asks first is answered too, although nobody knew that Redis had gone.
    assert_eq!(cache.put("meanwhile", b"in memory", LONG).await, Ok(()));
    assert_eq!(cache.get("meanwhile").await, Ok(Some(b"in memory".to_vec())));
    assert_eq!(cache.get("before").await, Ok(None));
    until(&*cache, CacheKind::Memory).await;
    let started = Instant::now();
    conformance::check_all(&*cache).await;
    assert!(started.elapsed() < WITHIN, "nobody waits for a Redis that is away");
    redis.start_again().await;
    until(&*cache, CacheKind::Redis).await;
    conformance::check_all(&*cache).await;
    assert_eq!(cache.put("after", b"in Redis", LONG).await, Ok(()));
    redis.stop().await;
    until(&*cache, CacheKind::Memory).await;
    assert_eq!(cache.get("meanwhile").await, Ok(None), "memory of an earlier failure does not come back");
}

#[tokio::test]
async fn a_redis_that_is_away_at_the_start_is_used_when_it_comes() {
    let mut redis = Redis::start().await;
    redis.stop().await;
    let cache = cache::open(Some(&SecretString::from(redis.url()))).await.unwrap();
    assert_eq!(cache.kind(), CacheKind::Memory);
    conformance::check_all(&*cache).await;
    redis.start_again().await;
    until(&*cache, CacheKind::Redis).await;
    assert_eq!(cache.put("a", b"b", LONG).await, Ok(()));
    assert_eq!(redis_cache(&redis).get("a").await, Ok(Some(b"b".to_vec())), "it is really there");
}

#[tokio::test]
async fn without_an_address_it_is_memory_and_a_wrong_one_is_named_without_its_password() {
    assert_eq!(cache::open(None).await.unwrap().kind(), CacheKind::Memory);
    let wrong = SecretString::from("redis://:hunter2-in-here@127.0.0.1:notaport/0");
    match cache::open(Some(&wrong)).await {
        Err(error @ CacheError::Address(_)) => assert!(!error.to_string().contains("hunter2"), "{error}"),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("no port has that name"),
    }
}

#[tokio::test]
async fn a_full_memory_refuses_and_forgets_nobody() {
    let cache = MemoryCache::with_capacity(3);
    for key in ["a", "b", "c"] {
        assert_eq!(cache.put(key, key.as_bytes(), LONG).await, Ok(()));
    }
    assert_eq!(cache.put("d", b"d", LONG).await, Err(CacheError::Full));
    assert_eq!(cache.add("d", b"d", LONG).await, Err(CacheError::Full));
    assert_eq!(cache.increment("d", 1, LONG).await, Err(CacheError::Full));
    assert_eq!(cache.put("a", b"new", LONG).await, Ok(()), "what is there may change");
    assert_eq!(cache.get("b").await, Ok(Some(b"b".to_vec())));
    assert_eq!(cache.delete("c").await, Ok(true));
    assert_eq!(cache.put("d", b"d", LONG).await, Ok(()), "there is room again");
}
