//! Rate limits per client, in bounded memory.

use crate::domain::limit::{Admission, TokenBucket};
use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Clients remembered; beyond it the fullest buckets, which limit nobody, are forgotten.
const CLIENTS_MAX: usize = 10_000;
/// What somebody waits for whom there is no room to remember.
const NO_ROOM_S: u64 = 60;

/// One token bucket a client.
pub struct PerClient<K> {
    buckets: Mutex<HashMap<K, TokenBucket>>,
    burst: u32,
    refill_ms: u64,
    epoch: Instant,
}

/// One token bucket an address; a bucket stands for the whole network that one customer of a provider gets.
pub type PerAddress = PerClient<IpAddr>;

/// What a client may know about its bucket after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Calls left at once.
    pub calls: u32,
    /// Until the bucket is full again, in seconds.
    pub full_in_s: u64,
}

impl<K: Eq + Hash + Clone> PerClient<K> {
    /// `burst` at once, then one each `refill_ms`.
    pub fn new(burst: u32, refill_ms: u64) -> Self {
        Self { buckets: Mutex::default(), burst, refill_ms, epoch: Instant::now() }
    }

    /// So many in a minute, all of them at once if need be.
    pub fn per_minute(calls: u32) -> Self {
        Self::new(calls, (60_000 / u64::from(calls.max(1))).max(1))
    }

    /// Calls at once.
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Takes one token of a client.
    ///
    /// # Errors
    /// Seconds until there is one.
    pub fn take_of(&self, client: &K) -> Result<Remaining, u64> {
        let now_ms = self.epoch.elapsed().as_millis() as u64;
        // A bucket is never left half changed, so a poisoned lock is still good.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS_MAX && !buckets.contains_key(client) {
            buckets.retain(|_, bucket| !bucket.is_full(now_ms));
            if buckets.len() >= CLIENTS_MAX {
                metrics::counter!("viva_rate_limit_full_total").increment(1);
                return Err(NO_ROOM_S);
            }
        }
        let new = || TokenBucket::new(self.burst, self.refill_ms, now_ms);
        let bucket = buckets.entry(client.clone()).or_insert_with(new);
        match bucket.take(now_ms) {
            Admission::Granted { remaining } => {
                Ok(Remaining { calls: remaining, full_in_s: bucket.full_in_ms(now_ms).div_ceil(1_000) })
            }
            Admission::Refused { retry_after_ms } => Err(retry_after_ms.div_ceil(1_000).max(1)),
        }
    }
}

impl PerAddress {
    /// Whether [`Self::take`] would succeed, without taking anything.
    ///
    /// # Errors
    /// Seconds until it would.
    pub fn check(&self, address: IpAddr) -> Result<(), u64> {
        let now_ms = self.epoch.elapsed().as_millis() as u64;
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        match buckets.get(&network(address)).copied().map(|mut bucket| bucket.take(now_ms)) {
            Some(Admission::Refused { retry_after_ms }) => Err(retry_after_ms.div_ceil(1_000).max(1)),
            Some(Admission::Granted { .. }) | None => Ok(()),
        }
    }

    /// Takes one token of `address`.
    ///
    /// # Errors
    /// Seconds until there is one.
    pub fn take(&self, address: IpAddr) -> Result<Remaining, u64> {
        self.take_of(&network(address))
    }
}

/// An IPv6 customer has a /64 at least (RFC 6177) and could use each address in it once.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_shares_a_bucket_and_another_does_not() {
        let limit = PerAddress::new(2, 3_600_000);
        let of = |text: &str| limit.take(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1").map(|left| left.calls), Ok(1));
        assert_eq!(of("2001:db8::ffff").map(|left| left.calls), Ok(0));
        assert!(of("2001:db8:0:0:5::").is_err());
        assert!(of("2001:db8:0:1::1").is_ok());
        assert!(of("192.0.2.1").is_ok() && of("::ffff:192.0.2.1").is_ok() && of("192.0.2.1").is_err());
    }
}
