//! The provider's keys: the ring of `domain::key_ring` with the secrets in it, shared by everything that calls the
//! provider, so that what one call learns about a key spares the next.

use crate::domain::key_ring::{AllOut, Health, KeyRing, Outcome, Pick};
use secrecy::SecretString;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// All keys of one provider. Clones are the same ring.
#[derive(Clone, Default)]
pub struct ProviderKeys(Option<Arc<Ring>>);

struct Ring {
    keys: Vec<SecretString>,
    state: Mutex<KeyRing>,
    epoch: Instant,
}

/// A key for one call.
#[derive(Clone)]
pub struct KeyInUse {
    pick: Pick,
    pub secret: SecretString,
}

impl ProviderKeys {
    /// In the configured order.
    pub fn new(keys: Vec<SecretString>) -> Self {
        if keys.is_empty() {
            return Self(None);
        }
        let state = Mutex::new(KeyRing::new(keys.len()));
        let ring = Ring { keys, state, epoch: Instant::now() };
        ring.publish(&ring.lock());
        Self(Some(Arc::new(ring)))
    }

    /// Whether there is none: calls then go without authorization.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many there are, good or not.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |ring| ring.keys.len())
    }

    /// Every key, to check its form.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.0.iter().flat_map(|ring| &ring.keys)
    }

    /// How many could be used now.
    pub fn usable(&self) -> usize {
        self.0.as_ref().map_or(0, |ring| ring.lock().usable(ring.now_ms()))
    }

    /// The key for the next call; `Ok(None)` where there are no keys at all.
    ///
    /// # Errors
    /// All of them are out; so long until one is tried again.
    pub fn pick(&self) -> Result<Option<KeyInUse>, Duration> {
        let Some(ring) = &self.0 else { return Ok(None) };
        let pick = ring.lock().pick(ring.now_ms());
        let pick = pick.map_err(|AllOut { retry_after_ms }| Duration::from_millis(retry_after_ms))?;
        Ok(Some(KeyInUse { pick, secret: ring.keys[pick.index].clone() }))
    }

    /// Tells what came of a call.
    pub fn report(&self, key: &KeyInUse, outcome: Outcome) {
        let Some(ring) = &self.0 else { return };
        let name = match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Refused => "refused",
            Outcome::Exhausted => "exhausted",
            Outcome::Throttled { .. } => "throttled",
            Outcome::Failed => "failed",
        };
        let index = key.pick.index;
        if matches!(outcome, Outcome::Refused | Outcome::Exhausted | Outcome::Throttled { .. }) {
            tracing::warn!(key = index, outcome = name, "a provider key cannot be used for now");
        }
        metrics::counter!("viva_provider_key_calls_total", "key" => index.to_string(), "outcome" => name).increment(1);
        let mut state = ring.lock();
        state.report(key.pick, outcome, ring.now_ms());
        ring.publish(&state);
    }
}

impl Ring {
    fn now_ms(&self) -> u64 {
        self.epoch.elapsed().as_millis() as u64
    }

    /// The health of each key, by its place: never the key.
    fn publish(&self, state: &KeyRing) {
        for (index, health) in state.health().enumerate() {
            let now = match health {
                Health::Good => "good",
                Health::Cooling { .. } => "cooling",
                Health::Out { .. } => "out",
            };
            for name in ["good", "cooling", "out"] {
                let value = if name == now { 1.0 } else { 0.0 };
                metrics::gauge!("viva_provider_key", "key" => index.to_string(), "state" => name).set(value);
            }
        }
    }

    /// The ring is never left half changed, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, KeyRing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ProviderKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderKeys({} redacted)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;

    #[test]
    fn metrics_show_the_health_of_each_key_by_its_place_and_never_a_key() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let keys = ProviderKeys::new(["sk-first", "sk-second"].map(SecretString::from).to_vec());
            let first = keys.pick().expect("a good key").expect("there are keys");
            keys.report(&first, Outcome::Refused);
            let second = keys.pick().expect("another good key").expect("there are keys");
            keys.report(&second, Outcome::Throttled { retry_after_ms: Some(9_000) });
            assert_eq!((keys.len(), keys.usable()), (2, 0));
            let wait = keys.pick().err().expect("all are out");
            assert!(wait > Duration::from_secs(8) && wait <= Duration::from_secs(9), "{wait:?}");
            assert!(!format!("{keys:?}").contains("sk-"));
        });
        let text = recorder.handle().render();
        for line in [
            "viva_provider_key{key=\"0\",state=\"out\"} 1",
            "viva_provider_key{key=\"0\",state=\"good\"} 0",
            "viva_provider_key{key=\"1\",state=\"cooling\"} 1",
            "viva_provider_key_calls_total{key=\"0\",outcome=\"refused\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
        assert!(!text.contains("sk-"));
    }

    #[test]
    fn without_keys_calls_go_without_one() {
        let keys = ProviderKeys::new(Vec::new());
        assert!(keys.is_empty() && keys.pick().is_ok_and(|key| key.is_none()));
    }
}
