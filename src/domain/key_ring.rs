//! Several keys of one provider, used in turn: which one is next, which are out, and when to try again. On the
//! caller's clock; the keys themselves are elsewhere, here they are numbers.
//!
//! A key that the provider refuses, or whose quota is spent, is out for [`OUT_MS`] and then tried once: somebody may
//! have paid meanwhile. A throttled key cools down. A failing provider says nothing about a key.

/// How long a refused or exhausted key is left alone, in milliseconds.
pub const OUT_MS: u64 = 600_000;
/// While one caller tries a key again, others do not, for so long.
pub const PROBE_MS: u64 = 30_000;
/// First cool-down of a throttled key whose provider does not say how long; it doubles up to [`COOL_MAX_MS`].
pub const COOL_MS: u64 = 10_000;
/// Longest cool-down of our own making.
pub const COOL_MAX_MS: u64 = 300_000;
/// Longest cool-down that a provider may ask for.
pub const RETRY_AFTER_MAX_MS: u64 = 3_600_000;

/// The keys, by their place in the configuration.
#[derive(Clone, Debug)]
pub struct KeyRing {
    keys: Vec<Key>,
    next: usize,
}

#[derive(Clone, Copy, Debug)]
struct Key {
    health: Health,
    /// When `health` became so.
    since_ms: u64,
    /// Cool-downs in a row.
    throttles: u32,
}

/// How a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Good,
    /// Asked too often; usable again at `until_ms`.
    Cooling {
        until_ms: u64,
    },
    /// Refused or without quota; tried again at `until_ms`.
    Out {
        until_ms: u64,
    },
}

/// A key to use for one call. What came of it goes back by [`KeyRing::report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Place in the configuration, from 0.
    pub index: usize,
    at_ms: u64,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the key.
    Accepted,
    /// 401, 403: the key is wrong or may not do this.
    Refused,
    /// The quota is spent, the account is closed.
    Exhausted,
    /// 429, with what `Retry-After` said.
    Throttled { retry_after_ms: Option<u64> },
    /// 5xx, no answer, nonsense: not the key's fault.
    Failed,
}

/// No key can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllOut {
    /// Until the first one may be tried again.
    pub retry_after_ms: u64,
}

impl KeyRing {
    /// `count` good keys.
    pub fn new(count: usize) -> Self {
        Self { keys: vec![Key { health: Health::Good, since_ms: 0, throttles: 0 }; count], next: 0 }
    }

    /// How many keys there are, good or not.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next usable key in the configured order, after the one that was picked last.
    ///
    /// # Errors
    /// [`AllOut`]
    pub fn pick(&mut self, now_ms: u64) -> Result<Pick, AllOut> {
        let count = self.keys.len();
        let found = (0..count).map(|offset| (self.next + offset) % count).find(|&index| self.is_usable(index, now_ms));
        let Some(index) = found else { return Err(AllOut { retry_after_ms: self.first_return_ms(now_ms) }) };
        self.next = (index + 1) % count;
        if let Health::Out { until_ms } = &mut self.keys[index].health {
            *until_ms = now_ms + PROBE_MS;
        }
        Ok(Pick { index, at_ms: now_ms })
    }

    /// Tells what came of a call with `pick`. Late news is fine: that a key worked before it was refused changes
    /// nothing.
    pub fn report(&mut self, pick: Pick, outcome: Outcome, now_ms: u64) {
        let Some(key) = self.keys.get_mut(pick.index) else { return };
        let health = match outcome {
            Outcome::Failed => return,
            Outcome::Accepted if key.health == Health::Good || key.since_ms < pick.at_ms => {
                key.throttles = 0;
                Health::Good
            }
            Outcome::Accepted => return,
            Outcome::Refused | Outcome::Exhausted => Health::Out { until_ms: now_ms + OUT_MS },
            Outcome::Throttled { retry_after_ms } => match key.cool(retry_after_ms, now_ms) {
                Some(health) => health,
                None => return,
            },
        };
        *key = Key { health, since_ms: now_ms, ..*key };
    }

    /// How each key is at `now_ms`, in the configured order. One whose time is over is shown as it was until a call
    /// with it succeeded.
    pub fn health(&self) -> impl Iterator<Item = Health> {
        self.keys.iter().map(|key| key.health)
    }

    /// Keys that could be picked now.
    pub fn usable(&self, now_ms: u64) -> usize {
        (0..self.keys.len()).filter(|&index| self.is_usable(index, now_ms)).count()
    }

    fn is_usable(&self, index: usize, now_ms: u64) -> bool {
        match self.keys[index].health {
            Health::Good => true,
            Health::Cooling { until_ms } | Health::Out { until_ms } => until_ms <= now_ms,
        }
    }

    fn first_return_ms(&self, now_ms: u64) -> u64 {
        let until = self.keys.iter().map(|key| match key.health {
            Health::Good => now_ms,
            Health::Cooling { until_ms } | Health::Out { until_ms } => until_ms,
        });
        until.min().map_or(OUT_MS, |until_ms| until_ms.saturating_sub(now_ms))
    }
}

impl Key {
    /// The health of a key that was throttled; `None` if nothing changes.
    fn cool(&mut self, retry_after_ms: Option<u64>, now_ms: u64) -> Option<Health> {
        // Out is stronger: that the next call of many was only throttled is no news.
        if matches!(self.health, Health::Out { until_ms } if until_ms > now_ms + PROBE_MS) {
            return None;
        }
        let running_ms = match self.health {
            Health::Cooling { until_ms } if until_ms > now_ms => Some(until_ms),
            _ => None,
        };
        let cool_ms = match retry_after_ms {
            Some(asked_ms) => asked_ms.min(RETRY_AFTER_MAX_MS),
            None => COOL_MS.saturating_mul(1 << self.throttles.min(16)).min(COOL_MAX_MS),
        };
        // Calls that were on their way together are one throttling.
        if running_ms.is_none() {
            self.throttles = self.throttles.saturating_add(1);
        } else if retry_after_ms.is_none() {
            return None;
        }
        Some(Health::Cooling { until_ms: running_ms.unwrap_or(0).max(now_ms + cool_ms) })
    }
}
