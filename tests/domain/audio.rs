//! Jitter buffer, playout account and audio clock, in virtual time.

mod g711;
mod jitter;
mod playout;
mod reception;
mod trace;

use viva::domain::audio::timeline::Timeline;

#[test]
fn the_clock_starts_with_the_media_and_goes_on_across_peers() {
    let mut timeline = Timeline::default();
    assert_eq!(timeline.now(5_000), 0);
    assert_eq!(timeline.start(5_000), 0);
    assert_eq!(timeline.place(5_150, 960), 150);
    assert_eq!(timeline.place(5_171, 960), 170, "frames join, whenever they come");
    assert_eq!(timeline.place(5_172, 480), 190);
    assert_eq!(timeline.place(5_215, 960), 200);
    // Another peer after 10 s.
    assert_eq!(timeline.start(15_000), 10_000);
    assert_eq!(timeline.place(15_040, 960), 10_040);
}

#[test]
fn the_clock_never_steps_back() {
    let mut timeline = Timeline::default();
    timeline.start(0);
    // A burst of late packets runs ahead of the wall clock.
    for frame in 0..50 {
        assert_eq!(timeline.place(10, 960), 10 + frame * 20);
    }
    timeline.reanchor();
    assert_eq!(timeline.place(500, 960), 1_010);
}
