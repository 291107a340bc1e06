//! The clock map: what was said keeps its place in time, whatever the network and the sender's sound card do.

use super::trace::{Arrival, NETWORKS, Network, Random, number, play_with, talk};
use viva::domain::audio::{
    FRAME_TICKS,
    clock_map::ClockMap,
    jitter::{JitterBuffer, Source},
};

/// An interview's length in packets of 20 ms.
const HALF_AN_HOUR: u32 = 30 * 60 * 50;

/// The greatest distance, in milliseconds, between when something was said and where the map has it. The network's
/// shortest delay is 20 ms.
fn worst_error_ms(trace: &[Arrival], said_ms: impl Fn(u32) -> f64) -> f64 {
    let mut buffer: JitterBuffer<Vec<u8>> = JitterBuffer::default();
    let mut clock = ClockMap::default();
    let mut worst_ms: f64 = 0.0;
    let mut check = |clock: &ClockMap, rtp_time: u64, number: u32| {
        let placed_ms = clock.ticks(rtp_time) as f64 / 48.0;
        worst_ms = worst_ms.max((placed_ms - 20.0 - said_ms(number)).abs());
    };
    for arrival in trace {
        let packet = &arrival.packet;
        clock.note(packet.ssrc, packet.timestamp, arrival.at_ms);
        while let Some(due_ms) = buffer.poll_timeout().filter(|due_ms| *due_ms < arrival.at_ms) {
            while let Some(step) = buffer.poll(due_ms) {
                let (Source::Packet(payload) | Source::Rebuilt(payload)) = &step.source else { continue };
                check(&clock, step.rtp_time, number(payload));
            }
        }
        buffer.push(packet.clone(), arrival.at_ms);
        while let Some(step) = buffer.poll(arrival.at_ms) {
            let (Source::Packet(payload) | Source::Rebuilt(payload)) = &step.source else { continue };
            check(&clock, step.rtp_time, number(payload));
        }
    }
    worst_ms
}

/// When the `n`th packet is sent, on a clock that is off by so many parts in a million.
fn sent_ms(n: u32, off_ppm: f64) -> f64 {
    f64::from(n) * 20.0 * (1.0 + off_ppm * 1e-6)
}

/// Half an hour of a talker through one of the networks, with a stall for each `(from packet, for ms)`.
fn half_an_hour(network: Network, off_ppm: f64, stalls: &[(u32, u64)]) -> Vec<Arrival> {
    let mut delays = network.delays(HALF_AN_HOUR - 1);
    let mut trace = talk(HALF_AN_HOUR, (60_000, u32::MAX - 5_000_000), |n| {
        let delay_ms = delays(n)?;
        let held_ms = stalls.iter().find_map(|(from, for_ms)| {
            let passed_ms = u64::from(n.checked_sub(*from)?) * 20;
            for_ms.checked_sub(passed_ms)
        });
        Some(delay_ms + held_ms.unwrap_or(0))
    });
    for arrival in &mut trace {
        let n = number(&arrival.packet.payload);
        let shift_ms = sent_ms(n, off_ppm) - f64::from(n) * 20.0;
        arrival.at_ms = (arrival.at_ms as f64 + shift_ms).round() as u64;
    }
    trace.sort_by_key(|arrival| arrival.at_ms);
    trace
}

#[test]
fn a_sound_card_that_is_off_is_followed_for_half_an_hour() {
    for network in NETWORKS {
        for off_ppm in [-100.0, 100.0] {
            let trace = half_an_hour(network, off_ppm, &[]);
            let worst_ms = worst_error_ms(&trace, |n| sent_ms(n, off_ppm));
            assert!(worst_ms <= 20.0, "{network:?} at {off_ppm} ppm: {worst_ms} ms");
        }
    }
}

#[test]
fn what_comes_late_after_a_stall_is_where_it_was_said() {
    let stalls = [(500, 300), (3_000, 1_000), (20_000, 5_000), (50_000, 20_000)];
    for network in NETWORKS {
        let trace = half_an_hour(network, 100.0, &stalls);
        let worst_ms = worst_error_ms(&trace, |n| sent_ms(n, 100.0));
        assert!(worst_ms <= 20.0, "{network:?}: {worst_ms} ms");
    }
}

#[test]
fn what_the_model_hears_is_the_time_that_passed_and_the_fills() {
    let stalls = [(500, 300), (3_000, 1_000), (20_000, 5_000)];
    let trace = half_an_hour(Network::Bursts, 0.0, &stalls);
    let mut buffer = JitterBuffer::default();
    let end_ms = trace.last().unwrap().at_ms;
    let played = play_with(&mut buffer, &trace, end_ms, |_, _, _| {});
    let counters = buffer.counters();
    let span = u64::from(HALF_AN_HOUR) * u64::from(FRAME_TICKS);
    assert_eq!(played.ticks() + counters.repaid_ticks, span + counters.inserted_ticks);
    assert_eq!(counters.late, 0);
}

#[test]
fn a_map_that_began_with_a_late_packet_is_put_right_by_the_next() {
    let mut clock = ClockMap::default();
    clock.note(1, 0, 400);
    assert_eq!(clock.ticks(0), 400 * 48);
    clock.note(1, 960, 40);
    assert_eq!(clock.ticks(0), 20 * 48);
    // A minute later, and across the wrap of a time on the wire.
    assert_eq!(clock.ticks(60 * 48_000), 60_020 * 48);
    assert_eq!(clock.ticks(u64::from(u32::MAX) + 1 + 960), 40 * 48);
}

#[test]
fn a_clock_that_stood_still_begins_anew_and_late_packets_do_not() {
    let mut clock = ClockMap::default();
    (0..100u32).for_each(|n| clock.note(1, n * 960, u64::from(n) * 20));
    assert!(clock.take_step(), "it begins");
    // The microphone was off for a minute, and its clock with it.
    (100..110u32).for_each(|n| clock.note(1, n * 960, u64::from(n) * 20 + 60_000));
    assert!(clock.take_step());
    assert_eq!(clock.ticks(105 * 960), (105 * 20 + 60_000) * 48);
    // Three seconds come within half a second.
    (110..260u32).for_each(|n| clock.note(1, n * 960, 65_200 + u64::from(n - 110) * 3));
    assert!(!clock.take_step());
    assert_eq!(clock.ticks(150 * 960), (150 * 20 + 60_000) * 48);
    // Another sender.
    clock.note(2, 5, 70_000);
    assert!(clock.take_step());
    assert_eq!(clock.ticks(5), 70_000 * 48);
}

#[test]
fn a_network_that_grows_slower_does_not_move_what_is_said() {
    let mut clock = ClockMap::default();
    let mut random = Random::new(9);
    for n in 0..1_500u32 {
        let delay_ms = if n < 500 { 20 } else { 220 };
        clock.note(1, n * 960, u64::from(n) * 20 + delay_ms + random.within(0, 3));
    }
    let moved_ms = clock.ticks(1_500 * 960) as f64 / 48.0 - 30_020.0;
    assert!((0.0..=20.0).contains(&moved_ms), "{moved_ms}");
}
