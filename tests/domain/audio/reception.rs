//! Receiver reports and questions for what is missing, in virtual time.

use viva::domain::audio::reception::Reception;

const SSRC: u32 = 7;

/// Packets of 20 ms from this number on, each at its time; those that `is_lost` says never come.
fn feed(reception: &mut Reception, numbers: impl Iterator<Item = u64>, is_lost: impl Fn(u64) -> bool) {
    for number in numbers.filter(|number| !is_lost(*number)) {
        reception.note_packet(number as u16, (number * 960) as u32, number * 20);
    }
}

#[test]
fn a_clean_stream_reports_no_loss_and_no_jitter() {
    let mut reception = Reception::new(SSRC, 10);
    feed(&mut reception, 10..110, |_| false);
    let block = reception.report(2_200);
    assert_eq!((block.ssrc, block.fraction_lost, block.lost, block.jitter_ticks), (SSRC, 0, 0, 0));
    assert_eq!(block.highest & 0xffff, 109);
    assert_eq!((block.last_sender_report, block.delay), (0, 0), "no sender report came");
}

#[test]
fn loss_is_counted_since_the_last_report_and_since_the_start() {
    let mut reception = Reception::new(SSRC, 0);
    feed(&mut reception, 0..100, |number| number % 4 == 1);
    let first = reception.report(2_000);
    assert_eq!((first.fraction_lost, first.lost), (64, 25), "a quarter");
    feed(&mut reception, 100..200, |_| false);
    let second = reception.report(4_000);
    assert_eq!((second.fraction_lost, second.lost), (0, 25));
}

#[test]
fn sequence_numbers_and_times_wrap() {
    let mut reception = Reception::new(SSRC, 65_530);
    feed(&mut reception, 65_530..65_550, |_| false);
    let block = reception.report(0);
    assert_eq!((block.lost, block.highest & 0xffff), (0, 13));
    assert_eq!(block.highest >> 16, 2, "one cycle more than it began with");
    let mut reception = Reception::new(SSRC, 0);
    for number in 0..200u64 {
        let rtp_time = (u32::MAX - 96_000).wrapping_add((number * 960) as u32);
        reception.note_packet(number as u16, rtp_time, number * 20);
    }
    assert_eq!(reception.report(4_000).jitter_ticks, 0);
}

#[test]
fn jitter_is_that_of_rfc_3550() {
    let mut reception = Reception::new(SSRC, 0);
    // Every other packet is 10 ms late: each step differs by 480 ticks.
    for number in 0..500u64 {
        reception.note_packet(number as u16, (number * 960) as u32, number * 20 + (number % 2) * 10);
    }
    let jitter_ticks = reception.report(10_000).jitter_ticks;
    assert!((470..=480).contains(&jitter_ticks), "{jitter_ticks}");
}

#[test]
fn the_age_of_the_last_sender_report_is_told() {
    let mut reception = Reception::new(SSRC, 0);
    reception.note_packet(0, 0, 0);
    reception.note_sender_report(0x1122_3344_5566_7788, 1_000);
    let block = reception.report(1_500);
    assert_eq!((block.last_sender_report, block.delay), (0x3344_5566, 32_768), "half a second, in 1/65536 s");
}

#[test]
fn what_is_missing_is_asked_for_at_once_and_once_more() {
    let mut reception = Reception::new(SSRC, 0);
    assert!(!reception.note_packet(0, 0, 0));
    assert!(reception.note_packet(3, 3 * 960, 60), "two are missing");
    assert_eq!(reception.ask(60, 30), [1, 2]);
    assert_eq!(reception.ask(61, 30), [0u16; 0], "the answer takes a round trip");
    assert!(!reception.note_packet(1, 960, 85), "one came");
    assert_eq!(reception.ask(90, 30), [2]);
    assert_eq!(reception.ask(130, 30), [0u16; 0], "twice is enough");
    assert!(!reception.has_missing());
}

#[test]
fn nothing_is_asked_for_that_would_come_too_late_or_is_too_much() {
    let mut reception = Reception::new(SSRC, 0);
    reception.note_packet(0, 0, 0);
    assert!(!reception.note_packet(200, 200 * 960, 4_000), "a hole of 4 s is no loss that mending helps");
    assert_eq!(reception.ask(4_000, 30), [0u16; 0]);
    reception.note_packet(202, 202 * 960, 4_040);
    assert_eq!(reception.ask(4_200, 30), [0u16; 0], "its place has been filled since");
    // However much is lost, the list is bounded.
    for number in (210..4_000u64).step_by(10) {
        reception.note_packet(number as u16, (number * 960) as u32, 5_000);
        assert!(reception.ask(5_000, 0).len() <= 32);
    }
}
