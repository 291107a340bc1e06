//! Short-lived state: codes, verifications, counters, presence. Redis where `REDIS_URL` names one that answers, memory
//! otherwise, and memory for as long as Redis does not answer.
//!
//! Nothing here has to outlive a restart; what has to is in the store. [`conformance`] is the suite that every
//! implementation passes.

pub mod conformance;
mod fallback;
mod memory;
mod redis;

pub use self::{fallback::FallbackCache, memory::MemoryCache, redis::RedisCache};

use async_trait::async_trait;
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};

/// Longest key, in bytes. Keys are made by us.
pub const KEY_BYTES_MAX: usize = 256;
/// Largest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// Where short-lived state is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    Memory,
    Redis,
}

impl CacheKind {
    /// Its name in `/health` and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Redis => "redis",
        }
    }
}

/// Why a step did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// As much is kept as may be; later there is room again.
    #[error("the cache is full")]
    Full,
    /// A key or a value beyond its bound: our own mistake.
    #[error("key or value too large")]
    TooLarge,
    /// The value under this key is no number that can be counted on.
    #[error("no number under this key")]
    NoNumber,
    /// The server did not do it. It may have happened all the same.
    #[error("cache unavailable: {0}")]
    Unavailable(String),
    /// `REDIS_URL` cannot be understood. Its text is not repeated: it may hold a password.
    #[error("REDIS_URL cannot be used: {0}")]
    Address(String),
}

/// Values with a life. Every method is one atomic step, also between nodes that share a Redis.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// Keeps `value` under `key` for `ttl`, in place of what was there.
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError>;

    /// Keeps it only where nothing is; says whether it did.
    async fn add(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError>;

    /// What is under `key`.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError>;

    /// What was under `key`: of several that take, one gets it.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError>;

    /// Forgets `key`; says whether something was there.
    async fn delete(&self, key: &str) -> Result<bool, CacheError>;

    /// Forgets `key` if exactly `value` is there; of several that try, one is told `true`.
    async fn delete_if(&self, key: &str, value: &[u8]) -> Result<bool, CacheError>;

    /// Adds `by` to the number under `key`, which starts at 0 and lives for `ttl` from then on. Returns the sum.
    async fn increment(&self, key: &str, by: i64, ttl: Duration) -> Result<i64, CacheError>;

    /// Where it is at the moment.
    fn kind(&self) -> CacheKind;
}

/// Opens what the configuration names, and says in the log which it is. A Redis that does not answer is no error:
/// memory stands in until it does.
///
/// # Errors
/// [`CacheError::Address`].
pub async fn open(redis_url: Option<&SecretString>) -> Result<Arc<dyn Cache>, CacheError> {
    let Some(url) = redis_url else {
        tracing::info!("short-lived state is kept in memory; REDIS_URL is not set");
        return Ok(Arc::new(MemoryCache::default()));
    };
    Ok(FallbackCache::open(RedisCache::new(url)?).await)
}

/// Refuses what no implementation keeps.
fn within_bounds(key: &str, value: &[u8]) -> Result<(), CacheError> {
    if key.len() > KEY_BYTES_MAX || value.len() > VALUE_BYTES_MAX { Err(CacheError::TooLarge) } else { Ok(()) }
}
