//! The token bucket, on a clock that the test counts.

use viva::domain::limit::{Admission, TokenBucket};

#[test]
fn a_burst_passes_and_then_one_each_refill() {
    let mut bucket = TokenBucket::new(3, 1_000, 0);
    for left in [2, 1, 0] {
        assert_eq!(bucket.take(0), Admission::Granted { remaining: left });
    }
    assert_eq!(bucket.take(400), Admission::Refused { retry_after_ms: 600 });
    assert_eq!(bucket.take(1_000), Admission::Granted { remaining: 0 });
    assert!(matches!(bucket.take(1_001), Admission::Refused { .. }));
}

#[test]
fn it_never_holds_more_than_its_burst_and_time_never_runs_back() {
    let mut bucket = TokenBucket::new(2, 100, 0);
    assert!(bucket.is_full(1_000_000));
    let granted = (0..10).filter(|_| matches!(bucket.take(1_000_000), Admission::Granted { .. })).count();
    assert_eq!(granted, 2);
    assert!(matches!(bucket.take(5), Admission::Refused { .. }), "an older time fills nothing");
}
