//! µ-law, and the way between 8 and 24 kHz.

use std::f64::consts::TAU;

use viva::domain::audio::{
    FRAME_SAMPLES,
    codec::Codec,
    g711::{self, Decoder, FRAME_BYTES, Narrower, RATIO, Widener},
};

/// A tone of `rate_hz` samples a second, from sample `from` on.
fn tone(hertz: f64, rate_hz: f64, from: usize, count: usize) -> Vec<i16> {
    let sample = |index: usize| (TAU * hertz * (from + index) as f64 / rate_hz).sin() * 8_000.0;
    (0..count).map(|index| sample(index) as i16).collect()
}

/// How loud a frequency is in `pcm`, against a tone of [`tone`].
fn level(pcm: &[i16], hertz: f64, rate_hz: f64) -> f64 {
    let sum = |phase: f64| -> f64 {
        let wave = |index: usize| (TAU * hertz * index as f64 / rate_hz + phase).sin();
        pcm.iter().enumerate().map(|(index, sample)| wave(index) * f64::from(*sample)).sum()
    };
    (sum(0.0).powi(2) + sum(TAU / 4.0).powi(2)).sqrt() * 2.0 / pcm.len() as f64 / 8_000.0
}

#[test]
fn the_table_is_the_standards() {
    // ITU-T G.711 table 2: the ends of the segments, the smallest steps, and silence.
    let rows = [(0xff, 0), (0xfe, 8), (0xf0, 120), (0xef, 132), (0x80, 32_124), (0x00, -32_124), (0x7e, -8), (0x7f, 0)];
    for (byte, sample) in rows {
        assert_eq!(g711::decode(byte), sample, "{byte:#x}");
    }
    for byte in 0..=255u8 {
        // Two bytes mean 0; only one of them is written.
        assert_eq!(g711::encode(g711::decode(byte)), if byte == 0x7f { 0xff } else { byte });
    }
    for sample in i16::MIN..=i16::MAX {
        let error = (i32::from(g711::decode(g711::encode(sample))) - i32::from(sample)).abs();
        assert!(error <= (i32::from(sample).abs() + 132) / 32 + 1, "{sample}");
    }
}

#[test]
fn bytes_pass_through_a_wider_frame_unchanged() {
    let bytes: Vec<u8> = (0..10 * FRAME_BYTES).map(|index| (index * 97 % 251) as u8).collect();
    let mut decoder = Decoder::default();
    let mut back = Vec::new();
    for packet in bytes.chunks(FRAME_BYTES) {
        let mut pcm = [0; FRAME_SAMPLES];
        assert_eq!(decoder.decode(packet, &mut pcm), FRAME_SAMPLES);
        back.extend(g711::unwiden(&pcm));
    }
    let same = |byte: u8| g711::encode(g711::decode(byte));
    let expected: Vec<u8> = bytes.iter().map(|byte| same(*byte)).collect();
    // 1 ms later.
    assert_eq!(back[8..], expected[..expected.len() - 8]);
}

#[test]
fn a_tone_keeps_its_place_both_ways_and_leaves_no_image() {
    let mut widener = Widener::default();
    let mut wide = vec![0; 24_000];
    widener.widen(&tone(1_000.0, 8_000.0, 0, 8_000), &mut wide);
    let wide = &wide[480..];
    assert!((level(wide, 1_000.0, 24_000.0) - 1.0).abs() < 0.02);
    for image in [7_000.0, 9_000.0] {
        assert!(level(wide, image, 24_000.0) < 0.01, "an image at {image} Hz");
    }
    let bounds = [(1_000.0, 0.97, 1.03), (3_000.0, 0.9, 1.05), (6_000.0, 0.0, 0.02), (10_000.0, 0.0, 0.02)];
    for (hertz, least, most) in bounds {
        let mut narrower = Narrower::default();
        let mut narrow = Vec::new();
        for index in 0..50 {
            let pcm: [i16; FRAME_SAMPLES] =
                tone(hertz, 24_000.0, index * FRAME_SAMPLES, FRAME_SAMPLES).try_into().unwrap();
            narrow.extend(narrower.narrow(&pcm).map(g711::decode));
        }
        let heard = if hertz < 4_000.0 { hertz } else { (8_000.0_f64 - hertz).abs() };
        let loud = level(&narrow[160..], heard, 8_000.0);
        assert!((least..=most).contains(&loud), "{hertz} Hz comes out as {loud}");
    }
}

#[test]
fn a_lost_frame_is_bridged_and_a_longer_loss_fades() {
    let mut decoder = Decoder::default();
    let mut pcm = [0; FRAME_SAMPLES];
    for index in 0..10 {
        let bytes: Vec<u8> =
            tone(250.0, 8_000.0, index * FRAME_BYTES, FRAME_BYTES).into_iter().map(g711::encode).collect();
        decoder.decode(&bytes, &mut pcm);
    }
    let energy = |pcm: &[i16]| pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let before = energy(&pcm);
    let levels: Vec<f64> = (0..5)
        .map(|_| {
            let last = i32::from(pcm[FRAME_SAMPLES - 1]);
            decoder.conceal(&mut pcm);
            assert!((i32::from(pcm[0]) - last).abs() < 2_500, "no click");
            energy(&pcm) / before
        })
        .collect();
    assert!(levels[0] > 0.2 && levels.is_sorted_by(|a, b| a >= b) && levels[4] == 0.0, "{levels:?}");
}

#[test]
fn a_packet_says_how_long_it_is() {
    assert_eq!(Codec::Pcmu.packet_ticks(&[0; 160]), Some(960));
    assert_eq!(Codec::Pcmu.packet_ticks(&[0; 80]), Some(480));
    assert_eq!(Codec::Pcmu.packet_ticks(&[0; 960]), Some(5_760));
    for length in [0, 1, 161, 968] {
        assert_eq!(Codec::Pcmu.packet_ticks(&vec![0; length]), None, "{length}");
    }
    assert!(!Codec::Pcmu.has_fec(&[0x0f, 0xff, 0xff]) && !Codec::Pcmu.is_dtx(&[0]));
    assert!(Codec::Opus.is_dtx(&[0]));
    assert_eq!((RATIO as u32 * 2, Codec::Opus.ticks_per_step()), (Codec::Pcmu.ticks_per_step(), 1));
}
