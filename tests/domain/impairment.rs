//! Bad networks in virtual time: each does what it says, and the same seed does the same.

use viva::domain::impairment::{
    Conditions, Counts, Direction, Gilbert, HEADER_BYTES, Link, Output, Path, Phase, Script, ScriptError, Spread,
    profile::{self, Profile},
};

const PACKETS: u32 = 100_000;
/// One every 20 ms.
const STEP_US: u64 = 20_000;
const BYTES: usize = 100;

/// A packet's number, when it was sent and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trip {
    number: u32,
    sent_us: u64,
    came_us: u64,
}

impl Trip {
    fn took_ms(self) -> f64 {
        (self.came_us - self.sent_us) as f64 / 1e3
    }
}

/// Sends packets `every_us` through a link with these phases and waits for the last.
fn travel(seed: u64, phases: &[Phase], packets: u32, every_us: u64) -> (Vec<Trip>, Counts) {
    let mut link = Link::new(seed);
    link.follow(0, phases);
    let mut trips = Vec::new();
    let drain = |link: &mut Link<(u32, u64)>, until_us: u64, trips: &mut Vec<Trip>| {
        while let Some(came_us) = link.poll_timeout().filter(|due_us| *due_us <= until_us) {
            let (number, sent_us) = link.poll(came_us).unwrap();
            trips.push(Trip { number, sent_us, came_us });
        }
    };
    for number in 0..packets {
        let now_us = u64::from(number) * every_us;
        drain(&mut link, now_us, &mut trips);
        link.push(now_us, (number, now_us), BYTES);
    }
    drain(&mut link, u64::MAX, &mut trips);
    (trips, link.counts())
}

fn under(conditions: Conditions) -> (Vec<Trip>, Counts) {
    travel(7, &[Phase { from_ms: 0, conditions }], PACKETS, STEP_US)
}

/// A share of the packets is what it should be, to five standard deviations of chance.
fn assert_share(count: u64, of: u64, share: f64) {
    let deviation = (share * (1.0 - share) / of as f64).sqrt();
    let found = count as f64 / of as f64;
    assert!((found - share).abs() <= 5.0 * deviation, "{found} is not {share}");
}

fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[test]
fn a_clean_link_changes_nothing() {
    let (trips, counts) = under(Conditions::default());
    assert!(trips.iter().enumerate().all(|(at, trip)| trip.number == at as u32 && trip.took_ms() == 0.0));
    let all = u64::from(PACKETS);
    assert_eq!(counts, Counts { pushed: all, delivered: all, ..Counts::default() });
}

#[test]
fn random_loss_loses_its_share_and_each_packet_for_itself() {
    for share in [0.02, 0.1, 0.5] {
        let (trips, counts) = under(Conditions { loss: share, ..Conditions::default() });
        assert_eq!(counts.delivered + counts.lost, u64::from(PACKETS));
        assert_share(counts.lost, counts.pushed, share);
        // After a loss the next packet is lost as often as any.
        let arrived: std::collections::HashSet<u32> = trips.iter().map(|trip| trip.number).collect();
        let lost = |number: &u32| !arrived.contains(number);
        let after = (1..PACKETS).filter(|number| lost(&(number - 1)));
        let (pairs, both) = (after.clone().count(), after.filter(lost).count());
        assert_share(both as u64, pairs as u64, share);
    }
}

#[test]
fn gilbert_loss_comes_in_bursts() {
    let gilbert = Gilbert { p: 0.03, r: 0.25 };
    let (trips, counts) = under(Conditions { gilbert: Some(gilbert), ..Conditions::default() });
    // The state has a memory of about 1 / (p + r) packets, by which chance has fewer samples.
    let share = gilbert.p / (gilbert.p + gilbert.r);
    let memory = (2.0 / (gilbert.p + gilbert.r) - 1.0).max(1.0);
    assert_share((counts.lost as f64 / memory) as u64, (counts.pushed as f64 / memory) as u64, share);
    let gaps: Vec<u64> =
        trips.windows(2).map(|pair| u64::from(pair[1].number - pair[0].number - 1)).filter(|gap| *gap > 0).collect();
    // Bursts last a geometric number of packets: 1 / r on average.
    let (mean, _) = mean_and_deviation(gaps.iter().map(|gap| *gap as f64));
    let deviation = (1.0 - gilbert.r).sqrt() / gilbert.r / (gaps.len() as f64).sqrt();
    assert!((mean - 1.0 / gilbert.r).abs() < 5.0 * deviation, "bursts of {mean} packets");
    assert!(gaps.iter().any(|gap| *gap >= 10), "and some are long");
}

#[test]
fn pareto_jitter_has_its_mean_its_deviation_and_a_heavy_tail() {
    let (trips, _) = under(Conditions { delay_ms: 100, jitter_ms: 25, ..Conditions::default() });
    let (mean, deviation) = mean_and_deviation(trips.iter().map(|trip| trip.took_ms()));
    // The tail that is cut at four deviations takes 2.5 ms of the mean's and a third of the variance with it.
    assert!((97.0..100.0).contains(&mean), "{mean} ms");
    assert!((16.0..25.0).contains(&deviation), "{deviation} ms");
    let beyond = |ms: f64| trips.iter().filter(|trip| trip.took_ms() > ms).count() as u64;
    // P(x > t) = x⁻³ where t is in deviations: 2 and 3 of them over the mean.
    for deviations in [2.0, 3.0] {
        let drawn: f64 = 1.5 + 0.75_f64.sqrt() * deviations;
        assert_share(beyond(100.0 + 25.0 * deviations), u64::from(PACKETS), drawn.powi(-3));
    }
    assert_eq!(beyond(200.0), 0, "cut at four deviations");
    assert!(trips.iter().all(|trip| trip.took_ms() > 85.0), "nothing is earlier than 0.58 deviations");
    assert!(trips.windows(2).any(|pair| pair[1].number < pair[0].number), "late packets are overtaken");
}

#[test]
fn uniform_jitter_is_bounded() {
    let conditions = Conditions { delay_ms: 50, jitter_ms: 10, spread: Spread::Uniform, ..Conditions::default() };
    let (trips, _) = under(conditions);
    let (mean, deviation) = mean_and_deviation(trips.iter().map(|trip| trip.took_ms()));
    assert!((mean - 50.0).abs() < 0.2 && (deviation - 10.0).abs() < 0.2, "{mean} ± {deviation} ms");
    assert!(trips.iter().all(|trip| (trip.took_ms() - 50.0).abs() < 17.4));
}

#[test]
fn a_link_in_order_keeps_its_order() {
    let conditions = Conditions { delay_ms: 250, jitter_ms: 100, in_order: true, ..Conditions::default() };
    let (trips, counts) = under(conditions);
    assert_eq!(counts.delivered, u64::from(PACKETS));
    assert!(trips.windows(2).all(|pair| pair[0].number < pair[1].number));
}

#[test]
fn reordered_packets_skip_the_delay() {
    let (trips, counts) = under(Conditions { delay_ms: 100, reorder: 0.05, ..Conditions::default() });
    assert_share(counts.reordered, u64::from(PACKETS), 0.05);
    let early = trips.iter().filter(|trip| trip.took_ms() == 0.0).count() as u64;
    assert_eq!(early, counts.reordered);
    assert!(trips.iter().all(|trip| [0.0, 100.0].contains(&trip.took_ms())));
}

#[test]
fn duplicates_come_twice() {
    let (trips, counts) = under(Conditions { duplicate: 0.02, ..Conditions::default() });
    assert_share(counts.duplicated, u64::from(PACKETS), 0.02);
    assert_eq!(trips.len() as u64, u64::from(PACKETS) + counts.duplicated);
}

#[test]
fn a_rate_carries_what_it_says_and_drops_the_tail() {
    // 128 bytes on the wire every 20 ms are 51.2 kbit/s: a link of 25.6 kbit/s carries every other packet.
    assert_eq!(BYTES + HEADER_BYTES, 128);
    let narrow = |rate| Conditions { rate_kbit_s: Some(rate), held_max: 16, ..Conditions::default() };
    let phases = [Phase { from_ms: 0, conditions: narrow(25) }];
    let (trips, counts) = travel(7, &phases, 10_000, STEP_US);
    let seconds = trips.last().unwrap().came_us as f64 / 1e6;
    let carried = trips.len() as f64 * 128.0 * 8.0 / 1e3 / seconds;
    assert!((24.9..25.1).contains(&carried), "{carried} kbit/s");
    assert_eq!(counts.overflowed + counts.delivered, 10_000);
    // A full queue takes 16 packets' time.
    let longest = trips.iter().map(|trip| trip.took_ms()).fold(0.0, f64::max);
    assert!((600.0..=16.0 * 128.0 * 8.0 / 25.0).contains(&longest), "{longest} ms in the queue");
    let (trips, counts) = under(narrow(100));
    assert_eq!(counts.overflowed, 0);
    assert!(trips.iter().all(|trip| trip.took_ms() == 10.24), "128 bytes at 100 kbit/s");
}

#[test]
fn a_script_is_followed_in_time() {
    let dark = Conditions { dark: true, ..Conditions::default() };
    let phases = [
        Phase { from_ms: 1_000, conditions: dark },
        Phase { from_ms: 3_000, conditions: Conditions { delay_ms: 40, ..Conditions::default() } },
    ];
    let (trips, counts) = travel(7, &phases, 200, STEP_US);
    assert_eq!(counts.dark, 100, "2 s of 50 packets");
    assert!(trips.iter().all(|trip| trip.sent_us < 1_000_000 || trip.sent_us >= 3_000_000));
    assert!(trips.iter().all(|trip| trip.took_ms() == if trip.sent_us < 1_000_000 { 0.0 } else { 40.0 }));
}

#[test]
fn the_same_seed_does_the_same_and_another_does_not() {
    let script = Profile::International.script();
    let run = |seed| travel(seed, &script.up, 2_000, STEP_US).0;
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_path_has_two_directions_a_nat_and_a_tunnel() {
    let mut path = Path::new(3);
    let delayed = |delay_ms| vec![Phase { from_ms: 0, conditions: Conditions { delay_ms, ..Conditions::default() } }];
    path.follow(5_000, &Script { up: delayed(10), down: delayed(30), rebinds_ms: vec![20] });
    path.push(5_000, Direction::Up, "up", 1);
    path.push(5_000, Direction::Down, "down", 1);
    let mut seen = Vec::new();
    while let Some(at_us) = path.poll_timeout() {
        assert_eq!(path.poll(at_us - 1), None);
        seen.push((at_us, path.poll(at_us).unwrap()));
    }
    assert_eq!(seen, [(15_000, Output::Up("up")), (25_000, Output::Rebind), (35_000, Output::Down("down"))]);
    path.set_dark(true);
    path.push(40_000, Direction::Up, "dark", 1);
    assert_eq!(path.poll_timeout(), None);
    path.set_dark(false);
    path.push(40_000, Direction::Up, "light", 1);
    assert_eq!(path.poll(50_000), Some(Output::Up("light")));
    let counts = Counts { pushed: 3, delivered: 2, dark: 1, ..Counts::default() };
    assert_eq!((path.counts(Direction::Up), path.counts(Direction::Down).delivered), (counts, 1));
}

#[test]
fn profiles_have_names_and_lose_what_their_names_say() {
    for known in profile::ALL {
        assert_eq!(Profile::from_name(&known.name()), Some(known));
        known.script().check().unwrap();
    }
    for unknown in ["", "loss-0", "loss-100", "loss-x", "burst-loss-81", "rate-0", "rate-", "Moderate"] {
        assert_eq!(Profile::from_name(unknown), None, "{unknown}");
    }
    let lost = |profile: Profile| {
        let (_, counts) = travel(11, &profile.script().up, PACKETS, STEP_US);
        counts.lost as f64 / counts.pushed as f64
    };
    for percent in [10, 20, 30, 40, 50] {
        let share = f64::from(percent) / 100.0;
        assert!((lost(Profile::Loss(percent)) - share).abs() < 0.01, "loss-{percent}");
        assert!((lost(Profile::BurstLoss(percent)) - share).abs() < 0.02, "burst-loss-{percent}");
    }
    assert!((lost(Profile::Moderate) - 0.05).abs() < 0.01);
    assert!((lost(Profile::International) - 0.107).abs() < 0.02);
    // Its bad 10 s are over soon.
    let (_, counts) = travel(11, &Profile::SpikyLoss.script().down, 1_500, STEP_US);
    assert!((60..260).contains(&counts.lost), "{} of 500 in the spike", counts.lost);
    assert_eq!(lost(Profile::Rate(300)), 0.0);
}

#[test]
fn scripts_are_read_from_json_and_checked() {
    let text = r#"{"up": [{"from_ms": 0, "conditions": {"loss": 0.1, "gilbert": {"p": 0.1, "r": 0.5}}},
        {"from_ms": 500, "conditions": {"rate_kbit_s": 64, "spread": "uniform"}}], "rebinds_ms": [100, 200]}"#;
    let script: Script = serde_json::from_str(text).unwrap();
    script.check().unwrap();
    assert_eq!(script.up[1].conditions.rate_kbit_s, Some(64));
    assert_eq!((script.down.len(), script.rebinds_ms.len()), (0, 2));
    assert!(serde_json::from_str::<Script>(r#"{"up": [{"from_ms": 0, "conditions": {"los": 1}}]}"#).is_err());
    let wrong = |conditions| Script::both(conditions).check().unwrap_err();
    let fine = Conditions::default;
    assert_eq!(wrong(Conditions { loss: 1.5, ..fine() }), ScriptError::Share);
    assert_eq!(wrong(Conditions { reorder: f64::NAN, ..fine() }), ScriptError::Share);
    assert_eq!(wrong(Conditions { jitter_ms: 100_000, ..fine() }), ScriptError::Delay);
    assert_eq!(wrong(Conditions { rate_kbit_s: Some(0), ..fine() }), ScriptError::Capacity);
    let phase = |from_ms| Phase { from_ms, conditions: fine() };
    assert_eq!(Script::phases(vec![phase(2), phase(1)]).check(), Err(ScriptError::Order));
    assert_eq!(Script { rebinds_ms: vec![2, 1], ..Script::default() }.check(), Err(ScriptError::Order));
    assert_eq!(Script::phases(vec![phase(0); 1_001]).check(), Err(ScriptError::Length));
}
