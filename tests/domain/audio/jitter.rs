//! The jitter buffer against the networks of the design, and against anything at all.

use super::trace::{Arrival, Random, celt, number, play, talk};
use proptest::prelude::*;
use viva::domain::audio::{
    FRAME_TICKS,
    jitter::{Counters, JitterBuffer, Packet, Source},
};

const PACKETS: u32 = 3_000;
const END_MS: u64 = PACKETS as u64 * 20 + 150;

/// Every packet that came is played once and in order, nothing is thrown away, and no time is lost or added.
fn assert_whole(buffer: &JitterBuffer<Vec<u8>>, played: &super::trace::Played, trace: &[Arrival]) {
    let counters = buffer.counters();
    assert_eq!(counters.late, 0, "packets thrown away");
    let mut came: Vec<u32> = trace.iter().map(|arrival| number(&arrival.packet.payload)).collect();
    came.sort_unstable();
    assert_eq!(played.numbers(), came);
    let span = u64::from(came.last().unwrap() - came[0] + 1) * u64::from(FRAME_TICKS);
    assert_eq!(played.ticks(), span);
    for pair in played.steps.windows(2) {
        assert_eq!(pair[1].1.rtp_time, pair[0].1.rtp_time + u64::from(pair[0].1.ticks));
    }
    assert_eq!(counters.lost, span / u64::from(FRAME_TICKS) - came.len() as u64);
}

#[test]
fn a_clean_network_adds_nothing() {
    let mut random = Random::new(1);
    let trace = talk(PACKETS, (60_000, u32::MAX - 50_000), |n| {
        let is_lost = n != 0 && n != PACKETS - 1 && random.unit() < 0.0014;
        (!is_lost).then(|| 20 + random.within(0, 5))
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, END_MS);
    assert_whole(&buffer, &played, &trace);
    assert!(played.held_mean_ms() < 0.5, "{}", played.held_mean_ms());
    assert_eq!(played.held_percentile_ms(99), 0);
}

#[test]
fn spikes_of_a_radio_network_add_nothing_but_themselves() {
    let mut random = Random::new(2);
    let (mut sent_ms, mut earliest_ms) = (0, 0);
    let trace = talk(PACKETS, (7, 7), |n| {
        let spike_ms = if random.unit() < 0.01 { random.within(60, 180) } else { 0 };
        // A spike holds up everything behind it.
        earliest_ms = earliest_ms.max(sent_ms + 20 + spike_ms);
        let delay_ms = earliest_ms - sent_ms;
        sent_ms += 20;
        let is_lost = n != 0 && n != PACKETS - 1 && random.unit() < 0.006;
        (!is_lost).then_some(delay_ms)
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, END_MS);
    assert_whole(&buffer, &played, &trace);
    assert!(played.held_mean_ms() < 1.0, "{}", played.held_mean_ms());
    assert!(played.held_percentile_ms(99) <= 40);
}

#[test]
fn reordering_within_the_wait_loses_nothing() {
    let mut random = Random::new(3);
    let trace = talk(PACKETS, (65_000, 12), |n| {
        let is_lost = n != 0 && n != PACKETS - 1 && random.unit() < 0.012;
        let detour_ms = if n != 0 && random.unit() < 0.03 { random.within(20, 55) } else { 0 };
        (!is_lost).then_some(20 + detour_ms)
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, END_MS);
    assert_whole(&buffer, &played, &trace);
    assert!(played.held_mean_ms() < 3.0, "{}", played.held_mean_ms());
    assert!(played.held_percentile_ms(99) <= 40);
}

#[test]
fn bursts_of_loss_are_bridged_by_the_next_packet_first() {
    let mut random = Random::new(4);
    let mut is_bad = false;
    let trace = talk(PACKETS, (1, 1), |n| {
        is_bad = random.unit() < if is_bad { 0.3 } else { 0.08 };
        (!is_bad || n == 0 || n == PACKETS - 1).then_some(20)
    });
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, END_MS);
    assert_whole(&buffer, &played, &trace);
    let fec = played.count(|source| matches!(source, Source::Fec(_)));
    let concealed = played.count(|source| matches!(source, Source::Conceal));
    assert_eq!((fec + concealed) as u64, buffer.counters().lost);
    assert!(fec as f64 / (fec + concealed) as f64 > 0.6, "{fec} by FEC, {concealed} concealed");
}

#[test]
fn without_a_copy_in_the_next_packet_the_decoder_conceals() {
    let mut trace = talk(10, (1, 1), |n| (n != 4).then_some(20));
    for (n, arrival) in trace.iter_mut().enumerate() {
        arrival.packet.payload = celt(n as u32);
    }
    let played = play(&mut JitterBuffer::default(), &trace, 300);
    assert_eq!(played.count(|source| matches!(source, Source::Conceal)), 1);
    assert_eq!(played.count(|source| matches!(source, Source::Fec(_))), 0);
}

#[test]
fn a_long_hole_is_concealed_for_100_ms_and_then_silent() {
    // Twenty lost, but the packets after them come at once: no stall, only a hole.
    let trace = talk(40, (1, 1), |n| match n {
        10..30 => None,
        n => Some(if n < 10 { 20 + 400 } else { 20 }),
    });
    let played = play(&mut JitterBuffer::default(), &trace, 900);
    assert_eq!(played.count(|source| matches!(source, Source::Conceal)), 5);
    assert_eq!(played.count(|source| matches!(source, Source::Silence)), 14);
    assert_eq!(played.count(|source| matches!(source, Source::Fec(_))), 1);
    assert_eq!(played.ticks(), 40 * u64::from(FRAME_TICKS));
}

#[test]
fn a_stall_lets_time_pass_and_then_plays_everything() {
    // From 1 s on nothing comes for a second; then all of it does.
    let trace = talk(150, (1, 1), |n| Some(if (50..100).contains(&n) { 20 + 2_000 - u64::from(n) * 20 } else { 20 }));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 3_000);
    let Counters { late, lost, inserted_ticks, .. } = buffer.counters();
    assert_eq!((late, lost), (0, 0));
    assert_eq!(played.numbers(), (0..150).collect::<Vec<_>>(), "nothing is thrown away");
    let silence = played.count(|source| matches!(source, Source::Silence)) as u64;
    assert!((40..=42).contains(&silence), "{silence} frames: the stall less 200 ms");
    assert_eq!(inserted_ticks, silence * u64::from(FRAME_TICKS));
    // What was put in is taken out again where the talker is silent, 500 ms of it.
    let repaid = std::iter::from_fn(|| buffer.repay(FRAME_TICKS).then_some(())).count();
    assert_eq!(repaid, 25);
}

#[test]
fn a_stall_whose_packets_are_lost_adds_no_time() {
    let trace = talk(150, (1, 1), |n| (!(50..100).contains(&n)).then_some(20));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 3_000);
    assert_eq!(played.ticks(), 150 * u64::from(FRAME_TICKS));
    assert_eq!(buffer.counters().lost, 50);
    assert_eq!(buffer.counters().inserted_ticks, 0);
}

#[test]
fn a_sender_that_is_silent_on_purpose_loses_nothing() {
    // Half a second of speech, then "silence" every 400 ms, then speech again: no sequence number is missing.
    let mut trace = Vec::new();
    let mut add = |at: u32, payload: Vec<u8>| {
        let sequence = trace.len() as u16;
        let packet = Packet { ssrc: 1, sequence, timestamp: at * FRAME_TICKS, payload };
        trace.push(Arrival { at_ms: u64::from(at) * 20 + 20, packet });
    };
    (0..25).for_each(|at| add(at, super::trace::voice(at)));
    [25, 45, 65].into_iter().for_each(|at| add(at, vec![15 << 3]));
    (80..100).for_each(|at| add(at, super::trace::voice(at)));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 2_050);
    assert_eq!(buffer.counters().lost, 0);
    assert_eq!(played.ticks(), 100 * u64::from(FRAME_TICKS));
    assert_eq!(played.count(|source| matches!(source, Source::Dtx)), 55);
    assert_eq!(played.count(|source| matches!(source, Source::Packet(_))), 45);
    // The listener is never more than the wait and a frame behind the clock.
    let mut audio_ms = 0;
    for (now_ms, step) in &played.steps {
        assert!(now_ms - audio_ms <= 20 + 60 + 20, "behind at {now_ms}");
        audio_ms += u64::from(step.ticks) / 48;
    }
}

#[test]
fn a_burst_longer_than_the_ring_is_played() {
    // 200 packets arrive at once, one of them lost: the ring holds 64.
    let trace = talk(200, (1, 1), |n| (n != 3).then_some(5_000 - u64::from(n) * 20));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 5_100);
    assert_eq!(played.numbers().len(), 199);
    assert_eq!(played.ticks(), 200 * u64::from(FRAME_TICKS));
}

#[test]
fn another_stream_begins_anew() {
    let mut trace = talk(20, (1, 1), |_| Some(20));
    let mut other = talk(20, (40_000, 90_000_000), |n| Some(420 + 20 - u64::from(n == 0)));
    other.iter_mut().for_each(|arrival| arrival.packet.ssrc = 2);
    trace.append(&mut other);
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 900);
    assert_eq!(played.numbers().len(), 40);
    assert_eq!(buffer.counters().resets, 1);
    assert_eq!(played.steps.iter().filter(|(_, step)| step.discontinuity).count(), 2);
}

#[test]
fn duplicates_and_stragglers_are_counted() {
    let mut trace = talk(10, (1, 1), |_| Some(20));
    let straggler = Arrival { at_ms: 230, ..trace[2].clone() };
    trace.push(straggler);
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 300);
    assert_eq!(played.numbers().len(), 10);
    assert_eq!(buffer.counters().late, 1);
}

/// How one packet fares.
#[derive(Clone, Debug)]
enum Fate {
    Arrives { delay_ms: u64 },
    ArrivesTwice { delay_ms: u64, again_ms: u64 },
    Lost,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => (0..30u64).prop_map(|delay_ms| Fate::Arrives { delay_ms }),
        2 => (0..900u64).prop_map(|delay_ms| Fate::Arrives { delay_ms }),
        1 => (0..200u64, 0..200u64).prop_map(|(delay_ms, again_ms)| Fate::ArrivesTwice { delay_ms, again_ms }),
        2 => Just(Fate::Lost),
    ]
}

proptest! {
    /// Whatever the network does to a talker, order and time are kept, and every tick is accounted for.
    #[test]
    fn time_is_kept(fates in prop::collection::vec(fate(), 1..300), start in any::<(u16, u32)>()) {
        let count = fates.len() as u32;
        let mut trace = talk(count, start, |n| match fates[n as usize] {
            _ if n == 0 => Some(0),
            Fate::Arrives { delay_ms } | Fate::ArrivesTwice { delay_ms, .. } => Some(delay_ms),
            Fate::Lost => None,
        });
        for (n, fate) in fates.iter().enumerate() {
            let Fate::ArrivesTwice { again_ms, .. } = fate else { continue };
            let twin = trace.iter().find(|arrival| number(&arrival.packet.payload) == n as u32).cloned();
            trace.extend(twin.map(|twin| Arrival { at_ms: twin.at_ms + again_ms, ..twin }));
        }
        trace.sort_by_key(|arrival| arrival.at_ms);
        // A last packet, on time, after everything: no fill is left open.
        let end_ms = trace.last().map_or(0, |arrival| arrival.at_ms) + 100;
        let last = end_ms.div_ceil(20) as u32;
        let packet = Packet {
            ssrc: 1,
            sequence: start.0.wrapping_add(last as u16),
            timestamp: start.1.wrapping_add(last * FRAME_TICKS),
            payload: super::trace::voice(last),
        };
        trace.push(Arrival { at_ms: u64::from(last) * 20, packet });
        let mut buffer = JitterBuffer::default();
        let played = play(&mut buffer, &trace, u64::from(last) * 20 + 60);
        let numbers = played.numbers();
        prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "out of order or twice");
        prop_assert_eq!(numbers.last(), Some(&last));
        let Counters { inserted_ticks, repaid_ticks, .. } = buffer.counters();
        let span = u64::from(last + 1) * u64::from(FRAME_TICKS);
        prop_assert_eq!(played.ticks() + repaid_ticks, span + inserted_ticks);
        for (_, step) in &played.steps {
            prop_assert!(!step.discontinuity || step.rtp_time == played.steps[0].1.rtp_time);
        }
    }

    /// Nothing that arrives breaks it: random streams, numbers, times and bytes.
    #[test]
    fn nothing_breaks_it(
        packets in prop::collection::vec(
            (0..3u32, any::<u16>(), any::<u32>(), prop::collection::vec(any::<u8>(), 0..8), 0..400u64), 0..300),
        is_near in any::<bool>(),
    ) {
        let mut buffer = JitterBuffer::default();
        let mut now_ms = 0;
        for (ssrc, sequence, timestamp, payload, wait_ms) in packets {
            now_ms += wait_ms;
            let near = (sequence % 100, timestamp % 96_000);
            let (sequence, timestamp) = if is_near { near } else { (sequence, timestamp) };
            buffer.push(Packet { ssrc: ssrc / 2, sequence, timestamp, payload }, now_ms);
            let mut steps = 0;
            while let Some(step) = buffer.poll(now_ms) {
                prop_assert!(step.ticks > 0 && step.ticks <= 5_760);
                steps += 1;
                prop_assert!(steps < 5_000, "it does not come to rest");
            }
            if let Some(due_ms) = buffer.poll_timeout() {
                prop_assert!(due_ms > now_ms, "due in the past: {due_ms} at {now_ms}");
            }
        }
    }
}
