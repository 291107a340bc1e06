//! Rate limits per client address, in bounded memory.

use crate::domain::limit::{Admission, TokenBucket};
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
    burst: u32,
    refill_ms: u64,
    epoch: Instant,
}

impl PerAddress {
    /// `burst` at once, then one each `refill_ms`.
    pub fn new(burst: u32, refill_ms: u64) -> Self {
        Self { buckets: Mutex::default(), burst, refill_ms, epoch: Instant::now() }
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
        let bucket = buckets.entry(address).or_insert_with(|| TokenBucket::new(self.burst, self.refill_ms, now_ms));
        match bucket.take(now_ms) {
            Admission::Granted { .. } => Ok(()),
            Admission::Refused { retry_after_ms } => Err(retry_after_ms.div_ceil(1_000).max(1)),
        }
    }
}
