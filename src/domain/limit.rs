//! How often somebody may do something: a token bucket, on the caller's clock.

/// A bucket that fills by one token each `refill_ms` up to `burst`. One call takes one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    burst: u32,
    refill_ms: u64,
    /// Milliseconds worth of tokens that are in the bucket, as of `updated_ms`.
    level_ms: u64,
    updated_ms: u64,
}

/// What a caller may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Go on; so many calls are left at once.
    Granted { remaining: u32 },
    /// Too often; the next call may be in so many milliseconds.
    Refused { retry_after_ms: u64 },
}

impl TokenBucket {
    /// A full bucket. A burst or a time of 0 counts as 1.
    pub fn new(burst: u32, refill_ms: u64, now_ms: u64) -> Self {
        let (burst, refill_ms) = (burst.max(1), refill_ms.max(1));
        Self { burst, refill_ms, level_ms: refill_ms.saturating_mul(u64::from(burst)), updated_ms: now_ms }
    }

    /// Takes a token, if there is one. A clock that goes backwards fills nothing.
    pub fn take(&mut self, now_ms: u64) -> Admission {
        self.refill(now_ms);
        if self.level_ms < self.refill_ms {
            return Admission::Refused { retry_after_ms: self.refill_ms - self.level_ms };
        }
        self.level_ms -= self.refill_ms;
        Admission::Granted { remaining: u32::try_from(self.level_ms / self.refill_ms).unwrap_or(self.burst) }
    }

    /// Is it as full as a new one? Then there is nothing to remember.
    pub fn is_full(&mut self, now_ms: u64) -> bool {
        self.refill(now_ms);
        self.level_ms == self.capacity_ms()
    }

    /// Until it is full again, in milliseconds.
    pub fn full_in_ms(&mut self, now_ms: u64) -> u64 {
        self.refill(now_ms);
        self.capacity_ms() - self.level_ms
    }

    /// Calls at once.
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    fn capacity_ms(&self) -> u64 {
        self.refill_ms.saturating_mul(u64::from(self.burst))
    }

    fn refill(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.updated_ms);
        self.level_ms = self.level_ms.saturating_add(passed_ms).min(self.capacity_ms());
        self.updated_ms = self.updated_ms.max(now_ms);
    }
}
