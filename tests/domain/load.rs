//! The overload ladder, in virtual time.

use proptest::prelude::*;
use viva::domain::{
    audio::codec::Codec,
    load::{CodecPolicy, LEVELS, Level, Load},
};

/// Observes the same load every 250 ms from `from_ms` for `for_ms`; returns when it ended.
fn hold(load: &mut Load, from_ms: u64, for_ms: u64, busy_ratio: f64) -> u64 {
    for now_ms in (from_ms..from_ms + for_ms).step_by(250) {
        load.observe(now_ms, busy_ratio, 0.0);
    }
    from_ms + for_ms
}

#[test]
fn each_step_gives_up_one_thing_more() {
    let mut now_ms = 0;
    for (busy_ratio, level) in [0.5, 0.66, 0.73, 0.79, 0.85, 0.95].into_iter().zip(LEVELS) {
        let mut load = Load::default();
        now_ms = hold(&mut load, now_ms, 1_500, busy_ratio);
        assert_eq!(load.level(), level, "at {busy_ratio}");
    }
    let given_up = |level: Level| {
        let light = level.encoder_complexity() == 1;
        let long = level.frames_per_append() == 2;
        [light, level.spares_vad(), long, level.prefers_codec_free(), !level.admits()]
    };
    for (index, level) in LEVELS.into_iter().enumerate() {
        assert_eq!(given_up(level).into_iter().filter(|given_up| *given_up).count(), index);
        assert_eq!((level.number(), Level::of_number(level.number())), (index as u8, level));
    }
    assert_eq!(Level::of_number(200), Level::Refusing);
}

#[test]
fn late_frames_alone_climb_the_ladder() {
    let mut load = Load::default();
    for now_ms in (0..=1_000).step_by(250) {
        load.observe(now_ms, 0.2, 21.0);
    }
    assert_eq!(load.level(), Level::LongAppends);
}

#[test]
fn a_moment_of_load_is_none_and_a_second_of_it_is() {
    let mut load = Load::default();
    let mut now_ms = 0;
    for _ in 0..20 {
        now_ms = hold(&mut load, now_ms, 1_000, 0.99);
        now_ms = hold(&mut load, now_ms, 250, 0.3);
        assert_eq!(load.level(), Level::Full);
    }
    load.observe(now_ms, 0.99, 0.0);
    load.observe(now_ms + 500, 0.80, 0.0);
    assert_eq!(load.observe(now_ms + 1_000, 0.99, 0.0), Level::LongAppends, "what held all the while");
}

#[test]
fn it_comes_back_one_level_at_a_time_and_only_well_below() {
    let mut load = Load::default();
    let mut now_ms = hold(&mut load, 0, 1_500, 0.95);
    assert_eq!((load.level(), load.retry_after_ms()), (Level::Refusing, 10_000));
    now_ms = hold(&mut load, now_ms, 60_000, 0.80);
    assert_eq!(load.level(), Level::Refusing, "less, but not by enough");
    let mut left = Vec::new();
    for _ in 0..5 {
        now_ms = hold(&mut load, now_ms, 10_250, 0.1);
        left.push(load.level());
    }
    assert_eq!(left, LEVELS[..5].iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(load.retry_after_ms(), 0);
}

#[test]
fn a_load_at_the_edge_does_not_swing() {
    let mut load = Load::default();
    let mut changes = 0;
    let mut level = load.level();
    for step in 0..4_000u64 {
        let busy_ratio = if step / 8 % 2 == 0 { 0.70 } else { 0.60 };
        let now = load.observe(step * 250, busy_ratio, 0.0);
        changes += usize::from(now != level);
        level = now;
    }
    assert_eq!((level, changes), (Level::LightEncoder, 1));
}

#[test]
fn measurements_that_are_far_apart_prove_nothing() {
    let mut load = Load::default();
    for now_ms in (0..100_000).step_by(6_000) {
        assert_eq!(load.observe(now_ms, 1.0, 500.0), Level::Full);
    }
    assert_eq!(Load::default().observe(0, f64::NAN, f64::NAN), Level::Full);
}

#[test]
fn g711_is_spoken_when_asked_for_or_as_the_last_thing_before_refusing() {
    use CodecPolicy::{Auto, Opus, Pcmu};
    // The server's policy, the session's wish, and the codec; `None`: as the load and the model have it.
    let table = [
        (Auto, Auto, None),
        (Auto, Opus, Some(Codec::Opus)),
        (Auto, Pcmu, Some(Codec::Pcmu)),
        (Opus, Auto, Some(Codec::Opus)),
        (Opus, Opus, Some(Codec::Opus)),
        (Opus, Pcmu, Some(Codec::Pcmu)),
        (Pcmu, Auto, Some(Codec::Pcmu)),
        (Pcmu, Opus, Some(Codec::Opus)),
        (Pcmu, Pcmu, Some(Codec::Pcmu)),
    ];
    for (policy, wish, said) in table {
        for level in LEVELS {
            for takes in [true, false] {
                let is_last = level >= Level::CodecFree && takes;
                let by_load = if is_last { Codec::Pcmu } else { Codec::Opus };
                let found = policy.codec(wish, level, takes);
                assert_eq!(found, said.unwrap_or(by_load), "{policy:?}, {wish:?}, {level:?}, {takes}");
            }
        }
    }
}

#[test]
fn a_codec_is_wished_for_by_its_name_alone() {
    let read = |word: &str| serde_json::from_str::<CodecPolicy>(word);
    for (word, policy) in [("auto", CodecPolicy::Auto), ("opus", CodecPolicy::Opus), ("pcmu", CodecPolicy::Pcmu)] {
        assert_eq!(read(&format!("\"{word}\"")).unwrap(), policy);
        assert_eq!(serde_json::to_value(policy).unwrap(), word);
    }
    for word in ["\"g729\"", "\"PCMU\"", "\"\"", "null", "0"] {
        assert!(read(word).is_err(), "{word}");
    }
    let names = [Codec::Opus, Codec::Pcmu].map(|codec| serde_json::to_value(codec).unwrap());
    assert_eq!(names, ["opus", "pcmu"]);
}

proptest! {
    /// Whatever is measured: never up without a second of it, never down by more than one in 10 s.
    #[test]
    fn it_never_hurries(measured in prop::collection::vec((0.0..1.2f64, 0.0..80.0f64, 50u64..900), 1..300)) {
        let mut load = Load::default();
        let (mut now_ms, mut level, mut changed_ms) = (0, Level::Full, 0);
        for (busy_ratio, lateness_ms, step_ms) in measured {
            now_ms += step_ms;
            let next = load.observe(now_ms, busy_ratio, lateness_ms);
            if next > level {
                prop_assert!(now_ms - changed_ms >= 1_000);
            }
            if next < level {
                prop_assert_eq!(next.number() + 1, level.number());
                prop_assert!(now_ms - changed_ms >= 10_000);
            }
            if next != level {
                changed_ms = now_ms;
            }
            level = next;
        }
    }
}
