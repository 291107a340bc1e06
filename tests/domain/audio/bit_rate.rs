//! The rate of the interviewer's voice, in virtual time, over links of the emulator.

use proptest::prelude::*;
use viva::domain::{
    audio::bit_rate::{BitRate, Report, Step},
    impairment::{Conditions, Link, Phase, profile::Profile},
};

/// Milliseconds between two reports, as a browser sends them, and as it does at its slowest.
const OFTEN_MS: u64 = 2_000;
const SELDOM_MS: u64 = 5_000;
const FRAME_MS: u64 = 20;
/// RTP header and SRTP tag; the link adds those of IP and UDP itself.
const RTP_BYTES: usize = 12 + 16;

/// Bytes of the Opus frames that a step sends: 48, 16 and 10 kbit/s.
fn frame_bytes(step: Step) -> usize {
    match step {
        Step::Usual => 120,
        Step::Low => 40,
        Step::Lowest => 25,
    }
}

/// A stream over a link, and its receiver's reports.
struct Stream {
    rate: BitRate,
    link: Link<(u32, u64)>,
    now_ms: u64,
    /// The way back, in milliseconds.
    back_ms: u64,
    every_ms: u64,
    sent: u32,
    highest: u32,
    expected_before: u32,
    received: u64,
    received_before: u64,
    jitter_ms: f64,
    transit_ms: Option<u64>,
    /// Of the last packet that came, from end to end.
    delay_ms: u64,
    number: u64,
    /// Delay and loss between reports, and the step that held.
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    at_ms: u64,
    step: Step,
    delay_ms: u64,
    loss_ratio: f64,
}

impl Stream {
    fn new(every_ms: u64, phases: &[Phase]) -> Self {
        let mut link = Link::new(0x5eed);
        link.follow(0, phases);
        Self {
            rate: BitRate::default(),
            link,
            now_ms: 0,
            back_ms: 0,
            every_ms,
            sent: 0,
            highest: 0,
            expected_before: 0,
            received: 0,
            received_before: 0,
            jitter_ms: 0.0,
            transit_ms: None,
            delay_ms: 0,
            number: 0,
            seen: Vec::new(),
        }
    }

    /// So long a time in which somebody speaks, or nobody.
    fn pass(&mut self, for_ms: u64, speaks: bool) {
        let until_ms = self.now_ms + for_ms;
        while self.now_ms < until_ms {
            if speaks || self.now_ms.is_multiple_of(400) {
                self.sent += 1;
                let bytes = RTP_BYTES + if speaks { frame_bytes(self.rate.step()) } else { 1 };
                self.link.push(self.now_ms * 1_000, (self.sent, self.now_ms), bytes);
            }
            while let Some((sequence, sent_ms)) = self.link.poll(self.now_ms * 1_000) {
                self.receive(sequence, sent_ms);
            }
            self.now_ms += FRAME_MS;
            if self.now_ms.is_multiple_of(self.every_ms) {
                self.report();
            }
        }
    }

    fn receive(&mut self, sequence: u32, sent_ms: u64) {
        (self.received, self.highest) = (self.received + 1, self.highest.max(sequence));
        self.delay_ms = self.now_ms - sent_ms;
        let moved_ms = self.transit_ms.replace(self.delay_ms).map_or(0, |before| before.abs_diff(self.delay_ms));
        self.jitter_ms += (moved_ms as f64 - self.jitter_ms) / 16.0;
    }

    fn report(&mut self) {
        let expected = f64::from(self.highest - self.expected_before);
        let lost = expected - (self.received - self.received_before) as f64;
        let loss_ratio = if expected > 0.0 { (lost / expected).max(0.0) } else { 0.0 };
        (self.expected_before, self.received_before) = (self.highest, self.received);
        self.number += 1;
        let report = Report {
            number: self.number,
            loss_ratio,
            round_trip_ms: self.delay_ms + self.back_ms,
            jitter_ms: self.jitter_ms as u64,
            sequence: self.highest,
        };
        self.seen.push(Seen { at_ms: self.now_ms, step: self.rate.step(), delay_ms: self.delay_ms, loss_ratio });
        self.rate.note(self.now_ms, &report);
        // Looked at twice it says nothing new.
        assert_eq!(self.rate.note(self.now_ms, &report), None);
    }

    /// An interview: 10 s of the interviewer, 10 s of the candidate.
    fn interview(&mut self, minutes: u64) {
        for _ in 0..minutes * 3 {
            self.pass(10_000, true);
            self.pass(10_000, false);
        }
    }

    fn steps_changed(&self) -> usize {
        self.seen.windows(2).filter(|pair| pair[0].step != pair[1].step).count()
    }
}

fn from(from_ms: u64, conditions: &Conditions) -> Phase {
    Phase { from_ms, conditions: conditions.clone() }
}

fn narrow(rate_kbit_s: u32, held_max: usize) -> Conditions {
    Conditions { rate_kbit_s: Some(rate_kbit_s), held_max, delay_ms: 40, ..Conditions::default() }
}

fn wide() -> Conditions {
    Conditions { delay_ms: 40, ..Conditions::default() }
}

#[test]
fn a_narrow_link_gets_a_lower_rate_and_its_queue_empties() {
    // A short queue loses, a long one delays: of 16 packets, and of 3 s.
    for (held_max, every_ms) in [(16, OFTEN_MS), (16, SELDOM_MS), (150, OFTEN_MS), (150, SELDOM_MS)] {
        let mut stream = Stream::new(every_ms, &[from(0, &wide()), from(20_000, &narrow(50, held_max))]);
        stream.pass(50_000, true);
        let acted = stream.seen.iter().find(|seen| seen.step == Step::Low).unwrap_or_else(|| panic!("{held_max}"));
        let what = format!("{held_max} packets, every {every_ms} ms: {acted:?} {:?}", stream.seen);
        assert!(acted.at_ms <= 20_000 + 3 * every_ms, "{what}");
        // What waits leaves first.
        let rest_ms = acted.at_ms + 10_000..acted.at_ms + 20_000;
        let mut rest = stream.seen.iter().filter(|seen| rest_ms.contains(&seen.at_ms));
        assert!(rest.clone().count() >= 2, "{what}");
        assert!(rest.all(|seen| seen.step > Step::Usual && seen.delay_ms < 200 && seen.loss_ratio < 0.01), "{what}");
    }
}

#[test]
fn a_link_that_carries_less_still_gets_the_lowest_rate() {
    let mut stream = Stream::new(OFTEN_MS, &[from(0, &wide()), from(10_000, &narrow(33, 16))]);
    stream.pass(30_000, true);
    assert_eq!(stream.rate.step(), Step::Lowest);
    let last = stream.seen.last().unwrap();
    assert!(last.delay_ms < 100 && last.loss_ratio < 0.01, "{last:?}");
}

#[test]
fn a_link_that_was_full_from_the_start_is_told_by_what_it_loses() {
    for every_ms in [OFTEN_MS, SELDOM_MS] {
        let mut stream = Stream::new(every_ms, &[from(0, &narrow(50, 16))]);
        stream.pass(40_000, true);
        let acted = stream.seen.iter().find(|seen| seen.step == Step::Low).unwrap();
        assert!(acted.at_ms <= 5 * every_ms, "{acted:?}");
        let mut rest = stream.seen.iter().filter(|seen| (acted.at_ms + 1..acted.at_ms + 20_000).contains(&seen.at_ms));
        assert!(rest.all(|seen| seen.step == Step::Low && seen.delay_ms < 100 && seen.loss_ratio < 0.01));
    }
}

#[test]
fn what_only_loses_or_only_jitters_keeps_its_rate() {
    let never = ["clean", "loss-10", "loss-30", "loss-50", "burst-loss-10", "burst-loss-30", "moderate", "rate-100"];
    // Heavy loss while its delay is at its longest looks like a queue that runs over, now and then.
    let names = never.map(|name| (name, 0.0)).into_iter().chain([("spiky-loss", 0.0), ("international", 0.05)]);
    for (name, share_max) in names {
        for every_ms in [OFTEN_MS, SELDOM_MS] {
            let script = Profile::from_name(name).unwrap().script();
            let mut stream = Stream::new(every_ms, &script.down);
            stream.interview(20);
            let seen = &stream.seen;
            let lowered = seen.iter().filter(|seen| seen.step != Step::Usual).count() as f64 / seen.len() as f64;
            assert!(lowered <= share_max, "{name}, every {every_ms} ms: {lowered}");
        }
    }
}

#[test]
fn after_calm_it_is_tried_again_one_step_at_a_time() {
    let phases = [from(0, &wide()), from(10_000, &narrow(33, 16)), from(30_000, &wide())];
    let mut stream = Stream::new(OFTEN_MS, &phases);
    stream.pass(100_000, true);
    let began_ms = |step| stream.seen.iter().find(|seen| seen.at_ms > 30_000 && seen.step == step).unwrap().at_ms;
    assert_eq!(stream.seen.iter().find(|seen| seen.at_ms >= 30_000).unwrap().step, Step::Lowest);
    let (low_ms, usual_ms) = (began_ms(Step::Low), began_ms(Step::Usual));
    assert!((20_000..=30_000).contains(&(usual_ms - low_ms)), "{low_ms}, {usual_ms}");
    assert!(stream.seen.iter().filter(|seen| seen.at_ms > usual_ms).all(|seen| seen.step == Step::Usual));
}

#[test]
fn silence_proves_nothing() {
    let mut stream = Stream::new(OFTEN_MS, &[from(0, &wide()), from(10_000, &narrow(50, 16))]);
    stream.pass(20_000, true);
    assert_eq!(stream.rate.step(), Step::Low);
    stream.pass(120_000, false);
    assert_eq!(stream.rate.step(), Step::Low, "nobody spoke, and the link was taken for a wide one");
}

#[test]
fn a_link_that_stays_narrow_is_tried_less_and_less_often() {
    for (rate, held_max) in [(50, 16), (50, 150), (33, 16), (20, 16), (20, 150)] {
        let phases = [from(0, &wide()), from(10_000, &narrow(rate, held_max))];
        let mut stream = Stream::new(OFTEN_MS, &phases);
        stream.interview(60);
        let changes = stream.steps_changed();
        let usual =
            stream.seen.iter().filter(|seen| seen.step == Step::Usual).count() as f64 / stream.seen.len() as f64;
        assert!(changes <= 24, "{rate} kbit/s, {held_max} packets: {changes} changes in an hour");
        assert!(usual < 0.1, "{rate} kbit/s, {held_max} packets: {usual} of the time at the usual rate");
    }
}

#[test]
fn a_longer_way_is_no_queue_for_long() {
    // The candidate's network changes: 300 ms more, for good, and as wide as before.
    let long = Conditions { delay_ms: 340, ..Conditions::default() };
    let mut stream = Stream::new(OFTEN_MS, &[from(0, &wide()), from(60_000, &long)]);
    stream.pass(60_000 + 180_000, true);
    assert_eq!(stream.rate.step(), Step::Usual);
    assert!(stream.steps_changed() <= 4, "{:?}", stream.seen);
}

#[test]
fn another_peer_has_another_floor() {
    let mut rate = BitRate::default();
    let report = |number, round_trip_ms| Report { number, round_trip_ms, ..Report::default() };
    for number in 1..=10 {
        assert_eq!(rate.note(number * 2_000, &report(number, 30)), None);
    }
    for number in 1..=9 {
        assert_eq!(rate.note(20_000 + number * 2_000, &report(number, 400)), None, "report {number}");
    }
}

proptest! {
    /// Whatever is reported, it moves one step at a time, and says so.
    #[test]
    fn any_reports_move_it_one_step_at_a_time(
        reports in prop::collection::vec(
            (0..u64::MAX, 0.0..=1.0, 0..u64::MAX / 8, 0..u64::MAX / 8, 0..u32::MAX),
            1..200,
        ),
    ) {
        let mut rate = BitRate::default();
        for (now_ms, loss_ratio, round_trip_ms, jitter_ms, sequence) in reports {
            let before = rate.step();
            let report = Report { number: now_ms % 50, loss_ratio, round_trip_ms, jitter_ms, sequence };
            let told = rate.note(now_ms, &report);
            prop_assert_eq!(told.is_some(), rate.step() != before);
            prop_assert!(told.is_none_or(|step| step == rate.step()));
            prop_assert!((rate.step() as i8 - before as i8).abs() <= 1);
        }
    }
}
