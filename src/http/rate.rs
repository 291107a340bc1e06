//! Rate limits per client address, in bounded memory.

use crate::domain::limit::TokenBucket;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Addresses remembered; beyond it the fullest buckets, which limit nobody, are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// One token bucket an address.
pub struct PerAddress {
    buckets: Mutex<HashMap<IpAddr, TokenBucket>>,
    capacity: u32,
    per_minute: u32,
    epoch: Instant,
}

impl PerAddress {
    /// `capacity` at once, then `per_minute`.
    pub fn new(capacity: u32, per_minute: u32) -> Self {
        Self { buckets: Mutex::default(), capacity, per_minute, epoch: Instant::now() }
    }

    /// Takes one token of `address`.
    ///
    /// # Errors
    /// Seconds until there is one.
    pub fn take(&self, address: IpAddr) -> Result<(), u64> {
        let now_ms = self.epoch.elapsed().as_millis() as u64;
        // A bucket is never left half changed, so a poisoned lock is still good.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| !bucket.is_full(now_ms));
            if buckets.len() >= ADDRESSES_MAX {
                return Err(60);
            }
        }
        let bucket = buckets.entry(address).or_insert_with(|| TokenBucket::new(self.capacity, self.per_minute, now_ms));
        bucket.take(now_ms).map_err(|wait_ms| wait_ms.div_ceil(1_000).max(1))
    }
}
