//! Redis while it answers, memory while it does not.

use super::{Cache, CacheError, CacheKind, MemoryCache, RedisCache};
use async_trait::async_trait;
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// How often Redis is asked whether it lives.
const CHECK_EVERY: Duration = Duration::from_millis(500);

/// Redis with memory behind it.
pub struct FallbackCache {
    redis: RedisCache,
    memory: MemoryCache,
    answers: AtomicBool,
}

impl FallbackCache {
    /// Asks Redis once, and from then on in the background for as long as somebody holds the cache.
    pub async fn open(redis: RedisCache) -> Arc<Self> {
        let answers = redis.check().await;
        match &answers {
            Ok(()) => tracing::info!("short-lived state is kept in Redis"),
            Err(error) => {
                tracing::warn!(%error, "Redis does not answer: short-lived state is kept in memory until it does");
            }
        }
        let answers = AtomicBool::new(answers.is_ok());
        let cache = Arc::new(Self { redis, memory: MemoryCache::default(), answers });
        tokio::spawn(watch(Arc::downgrade(&cache)));
        cache
    }

    /// Notes what Redis did, and says so when that is news.
    fn note(&self, outcome: Result<(), &CacheError>) {
        let answers = outcome.is_ok();
        if self.answers.swap(answers, Ordering::AcqRel) == answers {
            return;
        }
        match outcome {
            Ok(()) => {
                // A code that a newer one in Redis voids must not come back with the next failure.
                self.memory.clear();
                tracing::info!("Redis answers again: short-lived state is kept there");
            }
            Err(error) => {
                metrics::counter!("viva_cache_redis_lost_total").increment(1);
                tracing::warn!(%error, "Redis was lost: short-lived state is kept in memory until it is back");
            }
        }
    }

    fn answers(&self) -> bool {
        self.answers.load(Ordering::Acquire)
    }
}

async fn watch(cache: Weak<FallbackCache>) {
    let mut ticks = interval(CHECK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(cache) = cache.upgrade() else { return };
        let outcome = cache.redis.check().await;
        cache.note(outcome.as_ref().copied());
    }
}

/// The step in Redis while it answers; in memory when it does not, or when it fails at just this step.
macro_rules! in_redis_or_memory {
    ($self:ident.$step:ident($($argument:expr),*)) => {{
        if $self.answers() {
            match $self.redis.$step($($argument),*).await {
                Err(error @ CacheError::Unavailable(_)) => $self.note(Err(&error)),
                outcome => return outcome,
            }
        }
        $self.memory.$step($($argument),*).await
    }};
}

#[async_trait]
impl Cache for FallbackCache {
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        in_redis_or_memory!(self.put(key, value, ttl))
    }

    async fn add(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        in_redis_or_memory!(self.add(key, value, ttl))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        in_redis_or_memory!(self.get(key))
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        in_redis_or_memory!(self.take(key))
    }

    async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        in_redis_or_memory!(self.delete(key))
    }

    async fn delete_if(&self, key: &str, value: &[u8]) -> Result<bool, CacheError> {
        in_redis_or_memory!(self.delete_if(key, value))
    }

    async fn increment(&self, key: &str, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        in_redis_or_memory!(self.increment(key, by, ttl))
    }

    fn kind(&self) -> CacheKind {
        if self.answers() { CacheKind::Redis } else { CacheKind::Memory }
    }
}
