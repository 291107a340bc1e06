//! The cache in this process: a bounded map that forgets by time.

use super::{Cache, CacheError, CacheKind, within_bounds};
use async_trait::async_trait;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Values kept at the same time. A full cache refuses new ones rather than forgetting old ones: a flood must neither
/// take somebody's code away nor reset the counter that limits guessing.
const ENTRIES_MAX: usize = 100_000;

/// Values in memory. Expired ones go whenever anything is touched.
pub struct MemoryCache {
    kept: Mutex<Kept>,
    entries_max: usize,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<Arc<str>, Entry>,
    /// The same keys by their end, so that what has expired is found without looking at the rest.
    ends: BTreeSet<(Instant, Arc<str>)>,
}

struct Entry {
    value: Vec<u8>,
    ends_at: Instant,
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::with_capacity(ENTRIES_MAX)
    }
}

impl MemoryCache {
    /// One for at most `entries_max` values.
    pub fn with_capacity(entries_max: usize) -> Self {
        Self { kept: Mutex::default(), entries_max }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut kept = self.kept();
        *kept = Kept::default();
    }

    /// The values that have not expired.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // No step leaves it half changed, so a poisoned lock is still good.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.expire(Instant::now());
        kept
    }

    fn store(&self, kept: &mut Kept, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), CacheError> {
        if kept.entries.len() >= self.entries_max && !kept.entries.contains_key(key) {
            metrics::counter!("viva_cache_full_total").increment(1);
            return Err(CacheError::Full);
        }
        kept.put(key, value, Instant::now() + ttl);
        Ok(())
    }
}

impl Kept {
    fn expire(&mut self, now: Instant) {
        while self.ends.first().is_some_and(|(ends_at, _)| *ends_at <= now) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.entries.remove(&key);
            }
        }
    }

    fn put(&mut self, key: &str, value: Vec<u8>, ends_at: Instant) {
        self.remove(key);
        let key: Arc<str> = Arc::from(key);
        self.ends.insert((ends_at, key.clone()));
        self.entries.insert(key, Entry { value, ends_at });
    }

    fn remove(&mut self, key: &str) -> Option<Vec<u8>> {
        let (key, entry) = self.entries.remove_entry(key)?;
        self.ends.remove(&(entry.ends_at, key));
        Some(entry.value)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        within_bounds(key, value)?;
        self.store(&mut self.kept(), key, value.to_vec(), ttl)
    }

    async fn add(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        within_bounds(key, value)?;
        let mut kept = self.kept();
        if kept.entries.contains_key(key) {
            return Ok(false);
        }
        self.store(&mut kept, key, value.to_vec(), ttl).map(|()| true)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(self.kept().entries.get(key).map(|entry| entry.value.clone()))
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        Ok(self.kept().remove(key))
    }

    async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        Ok(self.kept().remove(key).is_some())
    }

    async fn delete_if(&self, key: &str, value: &[u8]) -> Result<bool, CacheError> {
        let mut kept = self.kept();
        let is_it = kept.entries.get(key).is_some_and(|entry| entry.value == value);
        if is_it {
            kept.remove(key);
        }
        Ok(is_it)
    }

    async fn increment(&self, key: &str, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        within_bounds(key, &[])?;
        let mut kept = self.kept();
        let Some(entry) = kept.entries.get_mut(key) else {
            return self.store(&mut kept, key, by.to_string().into_bytes(), ttl).map(|()| by);
        };
        let number = std::str::from_utf8(&entry.value).ok().and_then(|text| text.parse::<i64>().ok());
        let sum = number.and_then(|number| number.checked_add(by)).ok_or(CacheError::NoNumber)?;
        entry.value = sum.to_string().into_bytes();
        Ok(sum)
    }

    fn kind(&self) -> CacheKind {
        CacheKind::Memory
    }
}
