//! The ring of provider keys, in virtual time.

use proptest::prelude::*;
use viva::domain::key_ring::{AllOut, COOL_MAX_MS, COOL_MS, Health, KeyRing, OUT_MS, Outcome, PROBE_MS};

/// Picks and reports at once; the index, or how long to wait.
fn call(ring: &mut KeyRing, now_ms: u64, outcome: Outcome) -> Result<usize, u64> {
    let pick = ring.pick(now_ms).map_err(|AllOut { retry_after_ms }| retry_after_ms)?;
    ring.report(pick, outcome, now_ms);
    Ok(pick.index)
}

const THROTTLED: Outcome = Outcome::Throttled { retry_after_ms: None };

#[test]
fn good_keys_take_turns_in_the_configured_order() {
    let mut ring = KeyRing::new(3);
    let order: Vec<_> = (0..7).map(|now| call(&mut ring, now, Outcome::Accepted).unwrap()).collect();
    assert_eq!(order, [0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn a_refused_key_is_out_and_tried_again_by_one_caller_alone() {
    for outcome in [Outcome::Refused, Outcome::Exhausted] {
        let mut ring = KeyRing::new(2);
        assert_eq!(call(&mut ring, 0, outcome), Ok(0));
        for now in 1..5 {
            assert_eq!(call(&mut ring, now, Outcome::Accepted), Ok(1), "only the other one");
        }
        let (first, second) = (ring.pick(OUT_MS).unwrap(), ring.pick(OUT_MS).unwrap());
        assert_eq!((first.index, second.index), (0, 1), "it is tried once");
        assert_eq!(ring.pick(OUT_MS + PROBE_MS - 1).unwrap().index, 1, "and by nobody else meanwhile");
        ring.report(first, Outcome::Accepted, OUT_MS + 10);
        assert_eq!(ring.health().next(), Some(Health::Good), "it is back");
    }
}

#[test]
fn a_failing_provider_costs_no_key() {
    let mut ring = KeyRing::new(1);
    for now in 0..100 {
        assert_eq!(call(&mut ring, now, Outcome::Failed), Ok(0));
    }
    assert_eq!(ring.usable(100), 1);
}

#[test]
fn a_throttled_key_cools_as_long_as_the_provider_says() {
    let mut ring = KeyRing::new(1);
    assert_eq!(call(&mut ring, 1_000, Outcome::Throttled { retry_after_ms: Some(7_000) }), Ok(0));
    assert_eq!(ring.pick(2_000), Err(AllOut { retry_after_ms: 6_000 }));
    assert_eq!(call(&mut ring, 8_000, Outcome::Accepted), Ok(0));
    assert_eq!(ring.health().next(), Some(Health::Good));
}

#[test]
fn without_a_word_from_the_provider_the_pause_doubles_until_a_call_succeeds() {
    let mut ring = KeyRing::new(1);
    let mut now = 0;
    let mut pauses = Vec::new();
    for _ in 0..7 {
        assert_eq!(call(&mut ring, now, THROTTLED), Ok(0));
        let AllOut { retry_after_ms } = ring.pick(now).unwrap_err();
        pauses.push(retry_after_ms);
        now += retry_after_ms;
    }
    assert_eq!(pauses[..3], [COOL_MS, 2 * COOL_MS, 4 * COOL_MS]);
    assert_eq!(pauses[6], COOL_MAX_MS);
    assert_eq!(call(&mut ring, now, Outcome::Accepted), Ok(0));
    assert_eq!(call(&mut ring, now, THROTTLED), Ok(0));
    assert_eq!(ring.pick(now), Err(AllOut { retry_after_ms: COOL_MS }), "it starts again");
}

#[test]
fn calls_on_their_way_together_are_one_throttling() {
    let mut ring = KeyRing::new(1);
    let picks: Vec<_> = (0..10).map(|_| ring.pick(5).unwrap()).collect();
    for pick in picks {
        ring.report(pick, THROTTLED, 50);
    }
    assert_eq!(ring.pick(50), Err(AllOut { retry_after_ms: COOL_MS }));
}

#[test]
fn late_good_news_brings_no_key_back() {
    let mut ring = KeyRing::new(1);
    let (slow, quick) = (ring.pick(0).unwrap(), ring.pick(1).unwrap());
    ring.report(quick, Outcome::Refused, 10);
    ring.report(slow, Outcome::Accepted, 20);
    ring.report(slow, THROTTLED, 21);
    assert_eq!(ring.pick(30), Err(AllOut { retry_after_ms: OUT_MS - 20 }));
}

#[test]
fn without_a_key_there_is_nothing_to_pick() {
    let mut ring = KeyRing::new(0);
    assert!(ring.is_empty() && ring.pick(0).is_err());
}

proptest! {
    /// Whatever happens: only a key whose time has come is given out, and when none is, the wait that is told is the
    /// shortest that is true.
    #[test]
    fn no_key_is_used_before_its_time(
        count in 1usize..5,
        steps in prop::collection::vec((0u64..400_000, 0u8..5, prop::option::of(0u64..90_000)), 1..200),
    ) {
        let mut ring = KeyRing::new(count);
        let mut now = 0;
        for (gap, kind, retry_after_ms) in steps {
            now += gap;
            let until: Vec<u64> = ring.health().map(|health| match health {
                Health::Good => 0,
                Health::Cooling { until_ms } | Health::Out { until_ms } => until_ms,
            }).collect();
            match ring.pick(now) {
                Ok(pick) => {
                    prop_assert!(until[pick.index] <= now);
                    let outcome = match kind {
                        0 => Outcome::Accepted,
                        1 => Outcome::Refused,
                        2 => Outcome::Exhausted,
                        3 => Outcome::Throttled { retry_after_ms },
                        _ => Outcome::Failed,
                    };
                    ring.report(pick, outcome, now);
                }
                Err(AllOut { retry_after_ms }) => {
                    prop_assert_eq!(now + retry_after_ms, until.into_iter().min().unwrap());
                    prop_assert!(ring.pick(now + retry_after_ms).is_ok());
                }
            }
        }
    }
}
