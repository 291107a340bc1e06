//! Recordings in virtual time: places, holes, clocks, peaks.

use viva::domain::{
    audio::{TICKS_PER_MS, opus_packet::packet_ticks},
    recording::{ClockSample, Filler, Left, Peaks, Placed, Placement, Side, Warp, opus_head, opus_tags},
};

const FRAME: u64 = 960;
const SECOND: u64 = 1_000 * TICKS_PER_MS;

fn place(placement: &mut Placement, rtp: u64, now: u64) -> Result<Placed, Left> {
    placement.place(rtp, FRAME as u32, now, false)
}

#[test]
fn a_run_begins_where_it_came_and_then_rtp_time_decides() {
    let mut side = Placement::default();
    let first = place(&mut side, 777_000, 2 * SECOND + 50).unwrap();
    assert_eq!((first.position, first.hole_ticks, first.is_anchor), (2 * SECOND + 120, 2 * SECOND + 120, true));
    // Held up on the way: its place stays.
    let second = place(&mut side, 777_000 + FRAME, 2 * SECOND + 9_000).unwrap();
    assert_eq!((second.position, second.hole_ticks, second.is_anchor), (2 * SECOND + 120 + FRAME, 0, false));
    assert_eq!(second.late_ticks, 9_000 - 120 - FRAME as i64);
    // Two packets are missing.
    let after = place(&mut side, 777_000 + 4 * FRAME, 2 * SECOND + 9_000).unwrap();
    assert_eq!((after.position, after.hole_ticks), (2 * SECOND + 120 + 4 * FRAME, 2 * FRAME));
    assert_eq!(side.end_ticks(), 2 * SECOND + 120 + 5 * FRAME);
}

#[test]
fn another_peer_goes_on_where_the_audio_clock_is() {
    let mut side = Placement::default();
    place(&mut side, 5_000_000, 0).unwrap();
    let back = side.place(40, FRAME as u32, 30 * SECOND, true).unwrap();
    assert_eq!((back.position, back.hole_ticks, back.is_anchor), (30 * SECOND, 30 * SECOND - FRAME, true));
    // One that comes back too early for what is there already does not step back.
    let again = side.place(9, FRAME as u32, 30 * SECOND, true).unwrap();
    assert_eq!((again.position, again.hole_ticks), (30 * SECOND + FRAME, 0));
}

#[test]
fn no_sender_makes_a_file_longer_than_real_time() {
    let mut side = Placement::default();
    let mut left = 0;
    // A hundred packets at once claim ten seconds each.
    for packet in 0..100 {
        match place(&mut side, packet * 10 * SECOND, 5 * SECOND) {
            Ok(_) => assert!(side.end_ticks() <= 7 * SECOND + FRAME, "{}", side.end_ticks()),
            Err(why) => {
                assert_eq!(why, Left::Ahead);
                left += 1;
            }
        }
    }
    // And ten thousand are there at once.
    for packet in 0..10_000 {
        let _ = place(&mut side, 1_000 * SECOND + packet * FRAME, 5 * SECOND);
    }
    assert!(side.end_ticks() <= 7 * SECOND + FRAME, "{} s", side.end_ticks() / SECOND);
    assert_eq!(left, 0, "each began a run of its own");
    assert_eq!(place(&mut side, 1_000 * SECOND + 20_000 * FRAME, 5 * SECOND), Err(Left::Ahead));
    assert!(place(&mut side, 1_000 * SECOND + 20_000 * FRAME, 60 * SECOND).is_ok(), "later there is room again");
}

#[test]
fn what_overlaps_is_left_out() {
    let mut side = Placement::default();
    side.place(0, 2_880, 0, false).unwrap();
    assert_eq!(place(&mut side, FRAME, 0), Err(Left::Overlap));
    assert!(place(&mut side, 2_880, 0).is_ok());
}

#[test]
fn holes_are_filled_exactly_with_packets_that_are_valid() {
    // CELT, 20 ms, mono, one frame; and a hybrid packet as a microphone sends it.
    let filler = Filler::new(&[0xf8, 0xff, 0xfe]);
    let before = [0x78, 1, 2, 3];
    for hole in (0..=20_000).step_by(120).chain([3_600 * SECOND]) {
        for before in [None, Some(&before[..])] {
            let mut filled = 0;
            let mut bytes = 0;
            for filling in filler.fill(hole, before) {
                assert_eq!(packet_ticks(&filling.packet).map(u64::from), Some(filling.ticks));
                filled += filling.ticks;
                bytes += filling.packet.len() as u64 + 1;
            }
            assert_eq!(filled, hole);
            assert!(bytes <= 60 + hole / 360, "{bytes} bytes for {hole} ticks");
        }
    }
    let faded: Vec<_> = filler.fill(10 * FRAME, Some(&before)).take(6).map(|filling| filling.packet).collect();
    assert!(faded[..5].iter().all(|packet| packet == &[0x78]), "the decoder fades out for 100 ms: {faded:?}");
    assert_ne!(faded[5], [0x78]);
}

#[test]
fn headers_are_those_of_rfc_7845() {
    assert_eq!(opus_head(), b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
    assert_eq!(opus_tags(), b"OpusTags\x04\x00\x00\x00viva\x00\x00\x00\x00");
    assert_eq!((Side::parse("user"), Side::parse("user.ogg")), (Some(Side::User), None));
}

/// SplitMix64 as a number from 0 to 1.
fn draw(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// What a recorder notes of a candidate whose clock runs slow by `ppm`: one packet every 20 ms, held up by 5 ms and
/// more (now and then by a fifth of a second, for seconds), and of each page the one that came earliest.
fn notes(minutes: u64, ppm: f64) -> Vec<ClockSample> {
    let mut samples: Vec<ClockSample> = Vec::new();
    let mut anchor = None;
    let mut earliest: Option<ClockSample> = None;
    for packet in 0..minutes * 60 * 50 {
        let played = (packet * FRAME) as f64;
        let is_stalled = draw(packet / 150 + 900_000) < 0.05;
        let held_ms = 5.0 - 8.0 * draw(packet + 1).ln() + if is_stalled { 200.0 } else { 0.0 };
        let came = played * (1.0 + ppm * 1e-6) + held_ms * TICKS_PER_MS as f64;
        let origin = *anchor.get_or_insert(came);
        // The audio clock has milliseconds.
        let now = ((came - origin) / TICKS_PER_MS as f64).floor() * TICKS_PER_MS as f64;
        let sample = ClockSample { position: packet * FRAME, late_ticks: now as i64 - played as i64, is_anchor: false };
        if packet == 0 {
            samples.push(ClockSample { is_anchor: true, ..sample });
        } else if earliest.is_none_or(|known| sample.late_ticks < known.late_ticks) {
            earliest = Some(sample);
        }
        if packet % 40 == 39 {
            samples.extend(earliest.take());
        }
    }
    samples
}

#[test]
fn half_an_hour_stays_aligned_although_the_clocks_drift() {
    for ppm in [100.0, -100.0, 20.0, 0.0] {
        let samples = notes(30, ppm);
        let warp = Warp::fit(&samples);
        let end = samples.last().unwrap().position as f64;
        // Where the sound belongs: what all packets are held up by is no part of it.
        let origin_ms = {
            let first = samples[0];
            let earliest = samples.iter().take(40).map(|sample| sample.late_ticks).min().unwrap();
            (earliest - first.late_ticks) as f64 / TICKS_PER_MS as f64
        };
        let mut uncorrected_ms: f64 = 0.0;
        for step in 0..=1_000 {
            let position = end * f64::from(step) / 1_000.0;
            let truth = position * (1.0 + ppm * 1e-6) + origin_ms * TICKS_PER_MS as f64;
            let off_ms = (warp.apply(position) - truth) / TICKS_PER_MS as f64;
            assert!(off_ms.abs() < 20.0, "{ppm}: {off_ms} ms off after {} s", position / SECOND as f64);
            uncorrected_ms = uncorrected_ms.max((position - truth).abs() / TICKS_PER_MS as f64);
        }
        assert!(ppm.abs() < 100.0 || uncorrected_ms > 150.0, "nothing to correct: {uncorrected_ms} ms");
        let drift = warp.summary().drift_ppm.unwrap();
        assert!((drift - ppm).abs() < 5.0, "{drift} for {ppm}");
    }
}

#[test]
fn a_short_run_has_no_drift_of_its_own() {
    let short = Warp::fit(&notes(1, 100.0)[..20]);
    assert_eq!(short.summary().drift_ppm, None);
    assert!(Warp::fit(&[]).apply(12_345.0) == 12_345.0);
    // After a long run it has the long one's: it is the same clock.
    let mut samples = notes(10, 100.0);
    let start = samples.last().unwrap().position + 100 * SECOND;
    let again = notes(1, 100.0).into_iter().take(20).map(|s| ClockSample { position: s.position + start, ..s });
    samples.extend(again);
    let warp = Warp::fit(&samples);
    let grown = (warp.apply((start + 10 * SECOND) as f64) - warp.apply(start as f64)) / (10 * SECOND) as f64;
    assert!((grown - 1.000_1).abs() < 1e-5, "{grown}");
    // A jump of the sender's clock is no drift.
    let jump = [(0, 0), (60, 30)].map(|(at, late)| ClockSample {
        position: at * SECOND,
        late_ticks: (late * SECOND) as i64,
        is_anchor: at == 0,
    });
    assert_eq!(Warp::fit(&jump).summary().drift_ppm, None);
}

#[test]
fn peaks_have_every_20_ms() {
    let mut peaks = Peaks::default();
    peaks.push(&[300, -25_700]);
    peaks.push(&[0; 478]);
    peaks.push(&[32_767; 100]);
    assert_eq!(peaks.pairs, [(-101, 1)]);
    peaks.finish();
    peaks.finish();
    assert_eq!(peaks.pairs, [(-101, 1), (0, 127)]);
}
