//! Jitter buffer, playout account and audio clock, in virtual time.

mod bit_rate;
mod clock;
mod g711;
mod jitter;
mod matrix;
mod playout;
mod reception;
mod trace;

use viva::domain::audio::timeline::Timeline;

#[test]
fn the_clock_starts_with_the_media_and_goes_on_across_peers() {
    let mut timeline = Timeline::default();
    assert_eq!((timeline.now(5_000), timeline.ticks(5_000 * 48)), (0, 0));
    assert_eq!(timeline.start(5_000), 0);
    assert_eq!(timeline.now(5_150), 150);
    assert_eq!(timeline.ticks(5_150 * 48 + 7), 150 * 48 + 7);
    assert_eq!(timeline.ticks(4_000 * 48), 0, "said before media flowed");
    // Another peer after 10 s.
    assert_eq!(timeline.start(15_000), 10_000);
}
