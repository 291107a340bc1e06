//! The jitter buffer against the networks of the design, and against anything at all.

use super::trace::{Arrival, Network, celt, number, play, play_with, talk, voice};
use proptest::prelude::*;
use viva::domain::audio::{
    FRAME_TICKS,
    jitter::{Counters, JitterBuffer, Packet, Source, Stalls},
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

/// Plays one of the networks of the design; everything that came must be in it.
fn through(network: Network, start: (u16, u32)) -> (JitterBuffer<Vec<u8>>, super::trace::Played) {
    let trace = talk(PACKETS, start, network.delays(PACKETS - 1));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, END_MS);
    assert_whole(&buffer, &played, &trace);
    (buffer, played)
}

/// Concealed frames of all, in percent; FEC counted in.
fn concealed_percent(buffer: &JitterBuffer<Vec<u8>>) -> f64 {
    buffer.counters().lost as f64 * 100.0 / f64::from(PACKETS)
}

#[test]
fn a_clean_network_adds_nothing() {
    let (buffer, played) = through(Network::Clean, (60_000, u32::MAX - 50_000));
    assert!(played.held_mean_ms() < 0.2, "{}", played.held_mean_ms());
    assert_eq!(played.held_percentile_ms(99), 0);
    assert!(concealed_percent(&buffer) < 0.4);
}

#[test]
fn spikes_of_a_radio_network_add_nothing_but_themselves() {
    let (buffer, played) = through(Network::Spikes, (7, 7));
    assert!(played.held_mean_ms() < 0.8, "{}", played.held_mean_ms());
    assert!(played.held_percentile_ms(99) <= 40);
    assert!(concealed_percent(&buffer) < 1.0);
}

#[test]
fn reordering_within_the_wait_loses_nothing() {
    let (buffer, played) = through(Network::Reordered, (65_000, 12));
    assert!(played.held_mean_ms() < 2.0, "{}", played.held_mean_ms());
    assert!(played.held_percentile_ms(99) <= 40);
    assert!(concealed_percent(&buffer) < 1.8);
}

#[test]
fn bursts_of_loss_are_bridged_by_the_next_packet_first() {
    let (buffer, played) = through(Network::Bursts, (1, 1));
    let fec = played.count(|source| matches!(source, Source::Fec(_)));
    let concealed = played.count(|source| matches!(source, Source::Conceal));
    assert_eq!((fec + concealed) as u64, buffer.counters().lost);
    assert!(fec as f64 / (fec + concealed) as f64 > 0.6, "{fec} by FEC, {concealed} concealed");
    assert!(played.held_mean_ms() < 6.0, "{}", played.held_mean_ms());
    assert!(played.held_percentile_ms(99) <= 40);
}

/// A talker whose packets all carry copies of the `copies` packets before them.
fn redundant(copies: u16) -> impl FnMut(&mut JitterBuffer<Vec<u8>>, &Arrival, u64) {
    move |buffer, arrival, now_ms| {
        let Packet { ssrc, sequence, timestamp, payload } = &arrival.packet;
        for distance in (1..=copies).take_while(|distance| u32::from(*distance) <= number(payload)) {
            let earlier = u32::from(distance);
            let copy = Packet {
                ssrc: *ssrc,
                sequence: sequence.wrapping_sub(distance),
                timestamp: timestamp.wrapping_sub(earlier * FRAME_TICKS),
                payload: voice(number(payload) - earlier),
            };
            buffer.push_copy(copy, now_ms);
        }
    }
}

#[test]
fn copies_in_later_packets_take_the_place_of_lost_ones_at_once() {
    for (copies, rebuilt_min) in [(1, 0.6), (2, 0.85)] {
        let trace = talk(PACKETS, (65_500, u32::MAX - 500_000), Network::Bursts.delays(PACKETS - 1));
        let mut buffer = JitterBuffer::default();
        let played = play_with(&mut buffer, &trace, END_MS, redundant(copies));
        let Counters { lost, rebuilt, late, received, .. } = buffer.counters();
        assert_eq!((received, late), (trace.len() as u64, 0));
        assert_eq!(received + rebuilt + lost, u64::from(PACKETS));
        assert!(rebuilt as f64 > rebuilt_min * (rebuilt + lost) as f64, "{rebuilt} rebuilt, {lost} lost");
        let numbers = played.numbers();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "out of order or twice");
        assert_eq!(numbers.len() as u64, received + rebuilt);
        assert_eq!(played.ticks(), u64::from(PACKETS) * u64::from(FRAME_TICKS));
    }
}

#[test]
fn an_original_that_comes_after_its_copy_is_a_duplicate_and_no_loss() {
    let trace = talk(50, (1, 1), |n| Some(if n == 20 { 65 } else { 20 }));
    let mut buffer = JitterBuffer::default();
    let played = play_with(&mut buffer, &trace, 1_100, redundant(1));
    let Counters { lost, rebuilt, late, duplicate, .. } = buffer.counters();
    assert_eq!((lost, rebuilt, late, duplicate), (0, 1, 0, 1));
    assert_eq!(played.held_ms.iter().sum::<u64>(), 0);
}

#[test]
fn a_copy_that_fits_nowhere_is_left_out() {
    let trace = talk(10, (1, 1), |n| (n != 4).then_some(20));
    let mut buffer = JitterBuffer::default();
    let played = play_with(&mut buffer, &trace, 250, |buffer, arrival, now_ms| {
        let Packet { ssrc, sequence, timestamp, .. } = arrival.packet;
        // Its time is that of the packet itself, and another stream's.
        let copy = Packet { ssrc, sequence: sequence.wrapping_sub(1), timestamp, payload: voice(99) };
        buffer.push_copy(copy.clone(), now_ms);
        buffer.push_copy(Packet { ssrc: 9, ..copy.clone() }, now_ms);
        buffer.push_copy(Packet { payload: Vec::new(), ..copy }, now_ms);
    });
    assert_eq!((buffer.counters().rebuilt, buffer.counters().lost), (0, 1));
    assert!(!played.numbers().contains(&99));
}

#[test]
fn a_gap_waits_as_long_as_packets_were_overtaken() {
    // Every tenth packet is 65 ms late: the first is given up on, and then the wait is long enough.
    let trace = talk(600, (1, 1), |n| Some(if n % 10 == 5 { 90 } else { 20 }));
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 600 * 20 + 50);
    assert_eq!(buffer.counters().late, 1);
    assert_eq!(played.numbers().len(), 599);
    assert_eq!(buffer.gap_wait_ms(12_000), 55, "50 ms after the packet behind it, and 5");
    assert_eq!(buffer.gap_wait_ms(60_000), 40, "forgotten");
}

#[test]
fn after_half_a_calm_minute_a_copy_in_the_next_packet_is_not_waited_for() {
    // One lost in the first second, one after 35 s.
    let trace = talk(1_800, (1, 1), |n| (n != 50 && n != 1_750).then_some(20));
    let played = play(&mut JitterBuffer::default(), &trace, 37_000);
    let held: Vec<u64> = played.held_ms.iter().copied().filter(|held_ms| *held_ms > 0).collect();
    assert_eq!(held, [40, 20], "only the first gap waited");
}

#[test]
fn what_is_surely_lost_is_not_waited_for() {
    let trace = talk(100, (1, 1), |n| (!(50..54).contains(&n)).then_some(20));
    let played = play(&mut JitterBuffer::default(), &trace, 2_100);
    assert_eq!(played.held_ms.iter().sum::<u64>(), 0);
    assert_eq!(played.ticks(), 100 * u64::from(FRAME_TICKS));
}

/// A talker whose lost packets come again, asked for as soon as a later one came, `round_trip_ms` after that.
fn with_retransmission(round_trip_ms: u64, lost: &[u32]) -> (JitterBuffer<Vec<u8>>, Vec<u32>) {
    let mut trace = talk(200, (65_500, 1), |n| {
        let after = (n..).find(|after| !lost.contains(after)).unwrap();
        Some(20 + if after == n { 0 } else { u64::from(after - n) * 20 + round_trip_ms })
    });
    // Nothing in the next packet helps.
    trace.iter_mut().for_each(|arrival| arrival.packet.payload = celt(number(&arrival.packet.payload)));
    let mut buffer = JitterBuffer::default();
    buffer.set_round_trip(Some(round_trip_ms));
    let played = play(&mut buffer, &trace, 4_100);
    (buffer, played.numbers())
}

#[test]
fn what_was_asked_for_is_waited_for_where_it_can_come_in_time() {
    let lost = [20, 60, 61, 62, 100];
    let (buffer, numbers) = with_retransmission(60, &lost);
    assert_eq!(numbers, (0..200).collect::<Vec<_>>(), "longer than a gap waits by itself");
    let Counters { retransmitted, lost: missing, late, .. } = buffer.counters();
    assert_eq!((retransmitted, missing, late), (5, 0, 0));
    assert_eq!(buffer.gap_wait_ms(4_000), 40, "packets sent again say nothing of the network's order");

    let (buffer, numbers) = with_retransmission(75, &lost);
    assert_eq!((numbers.len(), buffer.counters().late), (195, 5), "too far away");
    assert_eq!(buffer.gap_wait_ms(4_000), 40);
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
    let silence = played.count(|source| matches!(source, Source::Stall)) as u64;
    assert!((40..=42).contains(&silence), "{silence} frames: the stall less 200 ms");
    assert_eq!(inserted_ticks, silence * u64::from(FRAME_TICKS));
    assert_eq!(stalls_of(&buffer), (0, 0, silence), "late, and not lost");
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
    let stalled = played.count(|source| matches!(source, Source::Stall)) as u64;
    assert!((39..=42).contains(&stalled), "{stalled}");
    assert_eq!(stalls_of(&buffer), (stalled, 0, 0), "lost, once the numbers tell");
}

#[test]
fn a_sender_that_pauses_loses_nothing_and_nothing_is_told_before_it_is_known() {
    // A second of speech, a second in which the sender's clock goes on and nothing is sent, and speech again.
    let mut trace = talk(50, (1, 1), |_| Some(20));
    for n in 50..100u32 {
        let timestamp = 1 + (n + 50) * FRAME_TICKS;
        let packet = Packet { ssrc: 1, sequence: 1 + n as u16, timestamp, payload: voice(n) };
        trace.push(Arrival { at_ms: u64::from(n + 50) * 20 + 20, packet });
    }
    let mut buffer = JitterBuffer::default();
    let paused = play(&mut buffer, &trace[..50], 1_900);
    assert!(paused.count(|source| matches!(source, Source::Stall)) > 30);
    assert_eq!(stalls_of(&buffer), (0, 0, 0), "nobody knows yet");
    let mut buffer = JitterBuffer::default();
    let played = play(&mut buffer, &trace, 3_000);
    let stalled = played.count(|source| matches!(source, Source::Stall)) as u64;
    assert!((39..=42).contains(&stalled), "{stalled}");
    assert_eq!(stalls_of(&buffer), (0, stalled, 0));
    assert_eq!((buffer.counters().lost, buffer.counters().inserted_ticks), (0, 0));
}

/// Frames of stalls that were lost, in which the sender paused, and that came later.
fn stalls_of(buffer: &JitterBuffer<Vec<u8>>) -> (u64, u64, u64) {
    let Stalls { lost_ticks, paused_ticks, late_ticks } = buffer.counters().stalls;
    let frames = |ticks: u64| ticks / u64::from(FRAME_TICKS);
    (frames(lost_ticks), frames(paused_ticks), frames(late_ticks))
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
    let played = play(&mut buffer, &trace, 5_850);
    assert_eq!(played.numbers().len(), 199);
    assert_eq!(played.ticks(), 200 * u64::from(FRAME_TICKS));
    assert_eq!(buffer.counters().late, 0);
    // Half a second passes at once, the rest at five times real time.
    let last_ms = played.steps.last().unwrap().0;
    let expected_ms = 5_000 + (200 - 25) * 20 / 5;
    assert!(last_ms.abs_diff(expected_ms) <= 8, "{last_ms} instead of {expected_ms}");
}

#[test]
fn stalls_of_any_length_lose_nothing_and_end_at_the_pace_of_the_burst() {
    for stall_ms in [300u64, 1_000, 5_000, 20_000] {
        let frames = (stall_ms / 20) as u32;
        let held = 50..50 + frames;
        let packets = frames + frames / 4 + 150;
        let trace = talk(packets, (65_000, 7), |n| {
            Some(if held.contains(&n) { 20 + stall_ms - u64::from(n - 50) * 20 } else { 20 })
        });
        let mut buffer = JitterBuffer::default();
        let played = play(&mut buffer, &trace, u64::from(packets) * 20 + 100);
        let Counters { late, lost, inserted_ticks, .. } = buffer.counters();
        assert_eq!((late, lost), (0, 0), "a stall of {stall_ms} ms");
        assert_eq!(played.numbers(), (0..packets).collect::<Vec<_>>());
        let silence = played.count(|source| matches!(source, Source::Stall)) as u64;
        assert_eq!(inserted_ticks, silence * u64::from(FRAME_TICKS));
        let expected = (stall_ms.saturating_sub(200) / 20) as i64;
        assert!((silence as i64 - expected).abs() <= 2, "{silence} of {expected} silent frames");
        // Nothing but what is said now is left once five times real time has caught up.
        let caught_up_ms = 1_000 + stall_ms + stall_ms / 4 + 100;
        let (_, behind) = played.steps.iter().rfind(|(now_ms, _)| *now_ms <= caught_up_ms).unwrap();
        let Source::Packet(payload) = &behind.source else { panic!("{behind:?}") };
        assert!(u64::from(number(payload)) * 20 + 60 >= caught_up_ms.min(trace.last().unwrap().at_ms), "{stall_ms}");
        // And half a second of it may be taken out again.
        let repaid = std::iter::from_fn(|| buffer.repay(FRAME_TICKS).then_some(())).count() as u64;
        assert_eq!(repaid, silence.min(25));
    }
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
    assert_eq!((buffer.counters().late, buffer.counters().duplicate), (0, 1));
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
        let end_ms = trace.last().map_or(0, |arrival| arrival.at_ms) + 300;
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

    /// Whatever is done to it: it comes to rest, is never due in the past, and what it plays is in order.
    #[test]
    fn nothing_breaks_it(
        operations in prop::collection::vec(operation(), 0..operations_max()),
        is_near in any::<bool>(),
        round_trip_ms in prop::option::of(0..200u64),
    ) {
        let mut buffer = JitterBuffer::default();
        buffer.set_round_trip(round_trip_ms);
        let (mut now_ms, mut at) = (0, None);
        for (packet, wait_ms, is_copy) in operations {
            now_ms += wait_ms;
            let near = (packet.sequence % 100, packet.timestamp % 96_000);
            let (sequence, timestamp) = if is_near { near } else { (packet.sequence, packet.timestamp) };
            let packet = Packet { sequence, timestamp, ..packet };
            if is_copy { buffer.push_copy(packet, now_ms) } else { buffer.push(packet, now_ms) }
            let mut steps = 0;
            while let Some(step) = buffer.poll(now_ms) {
                prop_assert!(step.ticks > 0 && step.ticks <= 5_760);
                prop_assert!(step.discontinuity || at.is_none_or(|at| step.rtp_time >= at), "out of order");
                at = matches!(step.source, Source::Packet(_) | Source::Rebuilt(_)).then_some(step.rtp_time).or(at);
                at = if step.discontinuity { Some(step.rtp_time) } else { at };
                steps += 1;
                prop_assert!(steps < 1_500, "more than its pace allows");
            }
            if let Some(due_ms) = buffer.poll_timeout() {
                prop_assert!(due_ms > now_ms, "due in the past: {due_ms} at {now_ms}");
            }
        }
    }
}

fn operation() -> impl Strategy<Value = (Packet<Vec<u8>>, u64, bool)> {
    let payload = prop::collection::vec(any::<u8>(), 0..8);
    (0..3u32, any::<u16>(), any::<u32>(), payload, 0..400u64, any::<bool>()).prop_map(
        |(ssrc, sequence, timestamp, payload, wait_ms, is_copy)| {
            let wait_ms = wait_ms.saturating_sub(200);
            (Packet { ssrc: ssrc / 2, sequence, timestamp, payload }, wait_ms, is_copy)
        },
    )
}

/// Proptest makes 256 such sequences: over a million operations in the long run.
fn operations_max() -> usize {
    if std::env::var_os("VIVA_TEST_LONG").is_some() { 10_000 } else { 300 }
}

/// What the buffer holds is made before the first packet: from then on no packet costs memory.
#[test]
fn a_packet_costs_no_memory() {
    // The payloads are the caller's; `Bytes` of the network's buffer in the server.
    let packets = 20_000;
    let trace = talk(packets, (1, 1), Network::Bursts.delays(packets - 1));
    let mut buffer: JitterBuffer<&[u8]> = JitterBuffer::default();
    let mut played = 0;
    let made = allocation_counter::measure(|| {
        for arrival in &trace {
            let Packet { ssrc, sequence, timestamp, payload } = &arrival.packet;
            let (sequence, timestamp) = (*sequence, *timestamp);
            buffer.push(Packet { ssrc: *ssrc, sequence, timestamp, payload: payload.as_slice() }, arrival.at_ms);
            while buffer.poll(arrival.at_ms).is_some() {
                played += 1;
            }
        }
    });
    assert_eq!(made.count_total, 0, "{made:?}");
    assert!(played > packets - 10, "{played}");
}
