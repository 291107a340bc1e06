//! RingRTC's networks in virtual time, for as long as an interview.

use super::trace::{Arrival, number, play, talk, voice};
use viva::domain::{
    audio::{
        FRAME_TICKS,
        clock_map::ClockMap,
        jitter::{JitterBuffer, Packet},
    },
    impairment::{
        HEADER_BYTES, Link,
        profile::{self, Profile},
    },
};

/// Half an hour of packets of 20 ms.
const HALF_AN_HOUR: u32 = 30 * 60 * 50;
const FIVE_MINUTES: u32 = 5 * 60 * 50;
/// A second, in which the clock map finds the network's least delay.
const FIRST_SECOND: u32 = 50;
const BYTES: usize = 100;
/// Packets in the queue of a narrow link.
const NARROW_PACKETS: f64 = 16.0;
const START: (u16, u32) = (60_000, u32::MAX - 5_000_000);

/// When the `n`th packet is sent, on a clock that is off by so many parts in a million.
fn sent_us(n: u32, off_ppm: f64) -> u64 {
    (f64::from(n) * 20_000.0 * (1.0 + off_ppm * 1e-6)) as u64
}

/// A talker's packets behind the network, each with its time on the way in microseconds.
fn through(profile: Profile, packets: u32, off_ppm: f64) -> Vec<(Arrival, u64)> {
    let mut link = Link::new(0x5eed);
    link.follow(0, &profile.script().up);
    let mut arrivals = Vec::new();
    let drain = |link: &mut Link<u32>, until_us: u64, arrivals: &mut Vec<(Arrival, u64)>| {
        while let Some(due_us) = link.poll_timeout().filter(|due_us| *due_us <= until_us) {
            let n = link.poll(due_us).unwrap();
            let packet = Packet {
                ssrc: 1,
                sequence: START.0.wrapping_add(n as u16),
                timestamp: START.1.wrapping_add(n * FRAME_TICKS),
                payload: voice(n),
            };
            arrivals.push((Arrival { at_ms: due_us / 1_000, packet }, due_us - sent_us(n, off_ppm)));
        }
    };
    for n in 0..packets {
        drain(&mut link, sent_us(n, off_ppm), &mut arrivals);
        link.push(sent_us(n, off_ppm), n, BYTES);
    }
    drain(&mut link, u64::MAX, &mut arrivals);
    arrivals
}

#[test]
fn what_is_said_keeps_its_place_for_half_an_hour_of_any_network() {
    for (place, profile) in profile::ALL.into_iter().enumerate() {
        let off_ppm = if place % 2 == 0 { 100.0 } else { -100.0 };
        let arrivals = through(profile, HALF_AN_HOUR, off_ppm);
        let least_ms = arrivals.iter().map(|(_, transit_us)| *transit_us).min().unwrap() as f64 / 1e3;
        let (mut clock, mut worst_ms) = (ClockMap::default(), 0.0_f64);
        for (Arrival { at_ms, packet }, _) in &arrivals {
            clock.note(packet.ssrc, packet.timestamp, *at_ms);
            let n = number(&packet.payload);
            let placed_ms = clock.ticks(packet.timestamp.into()) as f64 / 48.0;
            let error_ms = (placed_ms - least_ms - sent_us(n, off_ppm) as f64 / 1e3).abs();
            worst_ms = if n > FIRST_SECOND { worst_ms.max(error_ms) } else { worst_ms };
        }
        // A queue that never empties is a longer way, to whoever stands at its end.
        let queue_ms = match profile {
            Profile::Rate(rate @ ..=50) => NARROW_PACKETS * ((BYTES + HEADER_BYTES) * 8) as f64 / f64::from(rate),
            _ => 0.0,
        };
        assert!(worst_ms <= 20.0 + queue_ms, "{}: {worst_ms} ms", profile.name());
    }
}

#[test]
fn what_arrives_is_heard_on_any_network() {
    for profile in profile::ALL {
        let trace: Vec<Arrival> = through(profile, FIVE_MINUTES, 0.0).into_iter().map(|(arrival, _)| arrival).collect();
        let mut buffer = JitterBuffer::default();
        let played = play(&mut buffer, &trace, trace.last().unwrap().at_ms);
        let late_percent = buffer.counters().late as f64 * 100.0 / trace.len() as f64;
        let (late_max_percent, held_max_ms) = match profile {
            // Packets that skip the queue of 250 ms wait for those before them.
            Profile::International => (3.0, 500),
            // One in a hundred and fifty is more than 80 ms later than most.
            Profile::Moderate => (1.0, 80),
            _ => (0.2, 80),
        };
        let (name, held_ms) = (profile.name(), played.held_percentile_ms(99));
        assert!(late_percent <= late_max_percent, "{name}: {late_percent} % thrown away");
        assert!(held_ms <= held_max_ms, "{name}: held for {held_ms} ms");
    }
}

#[test]
fn what_skips_the_queue_takes_nobody_s_place() {
    // Every fiftieth packet overtakes the twelve before it; of those one is lost.
    let trace = talk(600, START, |n| match n % 50 {
        40 if n >= 50 => Some(0),
        30 => None,
        _ => Some(250),
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 600 * 20 + 300);
    assert_eq!((buffer.counters().late, buffer.counters().lost), (0, 12));
    assert_eq!(played.numbers().len(), trace.len());
    // The lost ones are waited for, 40 ms the first and then 80; those that skipped are held until their turn.
    let held = |from_ms: u64, to_ms: u64| played.held_ms.iter().filter(|ms| (from_ms..=to_ms).contains(*ms)).count();
    assert_eq!((held(1, 80), held(81, 200), held(201, u64::MAX)), (2 + 11 * 4, 0, 11));
}

#[test]
fn a_network_that_grew_faster_is_believed_after_three_packets() {
    // Slow, then a hole, then fast: 200 ms less.
    let trace = talk(200, START, |n| match n {
        0..100 => Some(250),
        100..115 => None,
        _ => Some(50),
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 4_050);
    assert_eq!((buffer.counters().late, buffer.counters().lost), (0, 15));
    assert_eq!(played.held_ms.iter().copied().max(), Some(40), "until the third came");
}
