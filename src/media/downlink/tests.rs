//! The pacer in virtual time, with the real codec: what it sends is decoded and looked at.

use super::*;
use crate::{
    domain::{
        audio::bit_rate::Report,
        id::ItemId,
        impairment::{Conditions, Link, Phase},
    },
    media::{
        opus::{Decoder, silence_packet},
        port::{Downlink, FRAME_MS},
    },
};
use std::f64::consts::TAU;

/// A pacer, whoever speaks to it, and whoever listens.
struct Line {
    downlink: Downlink,
    pacer: Pacer,
    decoder: Decoder,
    now_ms: u64,
    /// Whether a shard has time between ticks.
    has_time: bool,
}

/// What a tick brought.
#[derive(Debug)]
struct Heard {
    packet: Bytes,
    marker: bool,
    timestamp: u32,
    pcm: [i16; FRAME_SAMPLES],
}

impl Line {
    fn new(has_time: bool) -> Self {
        let (downlink, receiver) = Downlink::channel();
        let pacer = Pacer::new(receiver, silence_packet().unwrap(), 0);
        Self { downlink, pacer, decoder: Decoder::new().unwrap(), now_ms: 0, has_time }
    }

    fn tick(&mut self) -> Option<Heard> {
        self.pacer.take_commands(self.now_ms, 0);
        let packet = self.pacer.tick(self.now_ms).unwrap();
        self.now_ms += FRAME_MS;
        if self.has_time {
            while self.pacer.hunger().is_some() {
                self.pacer.encode_ahead();
            }
        }
        let packet = packet?;
        let mut pcm = [0; FRAME_SAMPLES];
        match self.pacer.codec {
            Codec::Opus => assert_eq!(self.decoder.decode(&packet.payload, &mut pcm).unwrap(), FRAME_SAMPLES),
            Codec::Pcmu => {
                for (byte, three) in packet.payload.iter().zip(pcm.chunks_mut(3)) {
                    three.fill(g711::decode(*byte));
                }
            }
        }
        let (marker, timestamp) = (packet.marker, packet.timestamp);
        Some(Heard { packet: packet.payload, marker, timestamp, pcm })
    }

    /// Everything until the line has been idle for 5 ticks.
    fn hear(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut idle = 0;
        while idle < 5 {
            let is_silent = self.pacer.playout.is_empty();
            let next = self.tick();
            idle = if is_silent && self.pacer.playout.is_empty() { idle + 1 } else { 0 };
            heard.extend(next);
        }
        heard
    }

    fn events(&mut self) -> Vec<PlayoutEvent> {
        std::iter::from_fn(|| self.pacer.poll_event()).collect()
    }
}

fn item(number: usize) -> ItemId {
    ItemId::new(format!("item_{number}"))
}

/// A voiced sound with a fifth of a second of syllable, from `from` on.
fn voice(from: usize, samples: usize) -> Vec<i16> {
    let wave = |index: usize| {
        let at = index as f64 / 24_000.0;
        let syllable = 0.6 + 0.4 * (TAU * 5.0 * at).sin();
        let harmonics = (1..12).map(|n| (TAU * 140.0 * f64::from(n) * at).sin() / f64::from(n)).sum::<f64>();
        (harmonics * syllable * 6_000.0) as i16
    };
    (from..from + samples).map(wave).collect()
}

fn energy(pcm: &[i16]) -> f64 {
    pcm.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / pcm.len() as f64
}

fn samples(heard: &[Heard]) -> Vec<i16> {
    heard.iter().flat_map(|heard| heard.pcm).collect()
}

/// How alike two sounds are at the best of the lags that codecs have, 0 to 1.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let at = |lag: usize| {
        let pairs = || a.iter().zip(&b[lag..]);
        let product: f64 = pairs().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        let energies: [f64; 2] =
            [pairs().map(|(a, _)| f64::from(*a).powi(2)).sum(), pairs().map(|(_, b)| f64::from(*b).powi(2)).sum()];
        product / (energies[0] * energies[1]).sqrt().max(1.0)
    };
    (0..240).map(at).fold(0.0, f64::max)
}

#[test]
fn what_is_encoded_ahead_is_what_a_tick_would_have_encoded() {
    let heard = [true, false].map(|has_time| {
        let mut line = Line::new(has_time);
        line.downlink.push(&item(1), voice(0, 24_000)).unwrap();
        line.downlink.finish(&item(1)).unwrap();
        let heard = line.hear();
        (heard.iter().map(|heard| heard.packet.clone()).collect::<Vec<_>>(), line.events())
    });
    assert_eq!(heard[0], heard[1]);
    assert!(heard[0].0.len() >= 50);
}

#[test]
fn what_there_is_waits_encoded_and_a_tick_encodes_none() {
    let mut line = Line::new(true);
    line.downlink.push(&item(1), voice(0, 100 * FRAME_SAMPLES)).unwrap();
    let first = line.tick().unwrap();
    assert!(first.marker && energy(&first.pcm) > 1e5, "the first frame leaves in the next tick");
    assert_eq!((line.pacer.ready.len(), line.pacer.hunger()), (AHEAD_MAX, None));
    for hunger in [None, None, None, Some(Hunger::Leisurely)] {
        line.has_time = false;
        let waits = line.pacer.ready[0].clone();
        assert_eq!(line.tick().unwrap().packet, waits);
        assert_eq!(line.pacer.hunger(), hunger, "fewer than four frames are not worth it");
    }
    while !line.pacer.ready.is_empty() {
        line.tick();
    }
    assert_eq!(line.pacer.hunger(), Some(Hunger::Urgent));
}

#[test]
fn a_barge_in_drops_what_was_encoded_ahead_and_counts_what_was_sent() {
    let mut line = Line::new(true);
    line.downlink.push(&item(1), voice(0, 24_000)).unwrap();
    for _ in 0..7 {
        assert!(energy(&line.tick().unwrap().pcm) > 1e5);
    }
    assert_eq!(line.pacer.ready.len(), 43);
    line.downlink.flush().unwrap();
    let silent = line.tick().unwrap();
    assert_eq!((silent.packet, line.pacer.ready.len()), (silence_packet().unwrap(), 0));
    let interrupted = PlayoutEvent::Interrupted { item_id: item(1), audio_ms: 140, heard_ms: 140 };
    assert_eq!(line.events()[1..], [interrupted]);
}

/// What is said after a pause, or after something else, is as loud from its first frame on as it should be.
#[test]
fn speech_that_follows_something_else_begins_as_loud_as_it_is() {
    let words = voice(0, 10 * FRAME_SAMPLES);
    for (mode_loss, what) in [(0.0, "clean"), (0.05, "lossy")] {
        let mut alone = Line::new(true);
        alone.pacer.note_loss(mode_loss);
        alone.downlink.push(&item(1), words.clone()).unwrap();
        alone.downlink.finish(&item(1)).unwrap();
        let expected: Vec<f64> = alone.hear()[..10].iter().map(|heard| energy(&heard.pcm)).collect();
        for pause in [0, 3, 70] {
            let mut line = Line::new(true);
            line.pacer.note_loss(mode_loss);
            line.downlink.push(&item(1), voice(5_000, 12_345)).unwrap();
            for _ in 0..13 {
                line.tick();
            }
            line.downlink.flush().unwrap();
            for _ in 0..pause {
                line.tick();
            }
            line.downlink.push(&item(2), words.clone()).unwrap();
            line.downlink.finish(&item(2)).unwrap();
            for (index, expected) in expected.iter().enumerate() {
                let loud = energy(&line.tick().unwrap().pcm);
                let ratio = loud / expected;
                // The first frame holds the end of what was said before.
                let most = if index < 2 { 4.0 } else { 1.5 };
                assert!((0.5..most).contains(&ratio), "{what}, pause {pause}, frame {index}: {ratio}");
            }
        }
    }
}

#[test]
fn prepared_speech_is_encoded_once_for_all_and_sounds_the_same() {
    let pcm = voice(0, 24_000 + 100);
    let speech = Arc::new(PreparedSpeech::new(pcm.clone()));
    assert!(speech.claim());
    speech.prepare().unwrap();
    let mut plain = Line::new(false);
    plain.downlink.push(&item(1), pcm.clone()).unwrap();
    plain.downlink.finish(&item(1)).unwrap();
    let plain = samples(&plain.hear());
    let mut sent = Vec::new();
    for session in 0..5 {
        let mut line = Line::new(true);
        if session > 0 {
            // Each of the others heard something else before, and was interrupted in it.
            line.downlink.push(&item(0), voice(session * 777, 24_000)).unwrap();
            for _ in 0..session * 3 {
                line.tick();
            }
            line.downlink.flush().unwrap();
        }
        line.downlink.push_prepared(&item(1), speech.clone()).unwrap();
        line.downlink.finish(&item(1)).unwrap();
        let heard = line.hear();
        let ended =
            PlayoutEvent::Finished { item_id: item(1), audio_ms: 1_000 + 60 * session as u64, played_ms: 1_004 };
        assert!(line.events().contains(&ended));
        let frames = 24_100usize.div_ceil(FRAME_SAMPLES);
        sent.push(heard[..frames].iter().map(|heard| heard.packet.clone()).collect::<Vec<_>>());
        let said = samples(&heard);
        assert!(likeness(&pcm, &said) > 0.97, "session {session}: {}", likeness(&pcm, &said));
        let (loud, expected) = (energy(&said[..24_000]), energy(&plain[..24_000]));
        assert!((0.95..1.05).contains(&(loud / expected)), "session {session}: {loud} for {expected}");
    }
    // One encoding: the very same bytes in memory.
    let first = sent[0].clone();
    for packets in sent {
        assert!(packets.iter().zip(&first).all(|(a, b)| a.as_ptr() == b.as_ptr() && a.len() == b.len()));
    }
}

#[test]
fn an_interrupted_prepared_item_was_heard_as_far_as_any_other() {
    let pcm = voice(0, 48_000);
    let speech = Arc::new(PreparedSpeech::new(pcm.clone()));
    assert!(speech.claim() && speech.prepare().is_ok());
    let told = [true, false].map(|is_prepared| {
        let mut line = Line::new(true);
        match is_prepared {
            true => line.downlink.push_prepared(&item(1), speech.clone()).unwrap(),
            false => line.downlink.push(&item(1), pcm.clone()).unwrap(),
        }
        line.downlink.finish(&item(1)).unwrap();
        for _ in 0..33 {
            line.tick();
        }
        line.downlink.flush().unwrap();
        assert_eq!(line.tick().unwrap().packet, silence_packet().unwrap());
        line.events()
    });
    assert_eq!(told[0], told[1]);
    assert!(told[0].contains(&PlayoutEvent::Interrupted { item_id: item(1), audio_ms: 660, heard_ms: 660 }));
}

#[test]
fn a_lossy_link_waits_for_packets_of_its_own() {
    let speech = Arc::new(PreparedSpeech::new(voice(0, 4_800)));
    assert!(speech.claim() && speech.prepare().is_ok());
    assert!(!speech.claim(), "nobody needs the other encoder");
    let mut line = Line::new(true);
    line.pacer.note_loss(0.02);
    let said = |line: &mut Line, number| {
        line.downlink.push_prepared(&item(number), speech.clone()).unwrap();
        line.downlink.finish(&item(number)).unwrap();
        line.hear()[..10].iter().map(|heard| heard.packet.clone()).collect::<Vec<_>>()
    };
    let live = said(&mut line, 1);
    assert!(live.iter().all(|packet| packet[0] >> 3 < 16), "SILK or hybrid, encoded here");
    assert!(speech.claim(), "now it is wanted");
    assert!(speech.prepare().is_ok());
    let sent = said(&mut line, 2);
    assert!((0..10).all(|frame| sent[frame].as_ptr() == speech.packet(Mode::Lossy, frame).unwrap().as_ptr()));
}

#[test]
fn a_light_encoder_still_speaks() {
    let mut line = Line::new(true);
    line.pacer.set_level(Level::LightEncoder);
    assert_eq!(line.downlink.level(), Level::LightEncoder);
    let pcm = voice(0, 24_000);
    line.downlink.push(&item(1), pcm.clone()).unwrap();
    line.downlink.finish(&item(1)).unwrap();
    let light = line.hear();
    assert!(likeness(&pcm, &samples(&light)) > 0.95);
    let mut full = Line::new(true);
    full.downlink.push(&item(1), pcm).unwrap();
    full.downlink.finish(&item(1)).unwrap();
    let differs = full.hear().iter().zip(&light).any(|(full, light)| full.packet != light.packet);
    assert!(differs, "the complexity did not reach the encoder");
}

#[test]
fn mulaw_passes_as_it_came_where_the_candidate_speaks_it() {
    let bytes: Vec<u8> = voice(0, 24_000).iter().step_by(3).map(|sample| g711::encode(*sample)).collect();
    let mut line = Line::new(true);
    line.pacer.speak(Codec::Pcmu);
    let idle = line.tick().unwrap();
    assert_eq!(idle.packet[..], MULAW_SILENCE);
    for piece in bytes.chunks(333) {
        line.downlink.offer(&item(1), crate::domain::audio::playout::Sound::Mulaw(piece.to_vec())).unwrap();
    }
    line.downlink.finish(&item(1)).unwrap();
    let heard = line.hear();
    assert_eq!(heard[1].timestamp - heard[0].timestamp, FRAME_TICKS);
    let sent: Vec<u8> = heard[..50].iter().flat_map(|heard| heard.packet.to_vec()).collect();
    assert_eq!(sent, bytes);
    assert!(line.pacer.encoders.clean.is_none(), "nothing was encoded");
}

#[test]
fn where_the_two_sides_differ_the_voice_is_turned_into_the_other_form() {
    let pcm = voice(0, 24_000);
    let mulaw: Vec<u8> = pcm.iter().step_by(3).map(|sample| g711::encode(*sample)).collect();
    let speech = Arc::new(PreparedSpeech::new(pcm.clone()));
    let voices = [
        (Codec::Pcmu, crate::domain::audio::playout::Sound::Pcm(pcm.clone())),
        (Codec::Pcmu, crate::domain::audio::playout::Sound::Prepared { speech, samples: pcm.len() }),
        (Codec::Opus, crate::domain::audio::playout::Sound::Mulaw(mulaw)),
    ];
    for (codec, sound) in voices {
        let mut line = Line::new(true);
        line.pacer.speak(codec);
        line.downlink.offer(&item(1), sound).unwrap();
        line.downlink.finish(&item(1)).unwrap();
        let heard = samples(&line.hear());
        assert!(likeness(&pcm, &heard) > 0.9, "{codec:?}: {}", likeness(&pcm, &heard));
    }
}

#[test]
fn another_codec_drops_what_was_encoded_for_the_first() {
    let mut line = Line::new(true);
    line.downlink.push(&item(1), voice(0, 100 * FRAME_SAMPLES)).unwrap();
    line.tick();
    assert_eq!(line.pacer.ready.len(), AHEAD_MAX);
    line.pacer.speak(Codec::Pcmu);
    for _ in 0..AHEAD_MAX {
        assert_eq!(line.tick().unwrap().packet[..], MULAW_SILENCE);
    }
    let packet = line.tick().unwrap().packet;
    assert!(packet.len() == 160 && packet[..] != MULAW_SILENCE);
}

#[test]
fn an_idle_line_says_that_nothing_follows() {
    let mut line = Line::new(true);
    line.downlink.push(&item(1), voice(0, 4_800)).unwrap();
    line.downlink.finish(&item(1)).unwrap();
    line.hear();
    let idle: Vec<(u32, Bytes)> =
        (0..200).filter_map(|_| line.tick()).map(|heard| (heard.timestamp / FRAME_TICKS, heard.packet)).collect();
    let silence = silence_packet().unwrap();
    let (dense, sparse): (Vec<_>, Vec<_>) = idle.into_iter().partition(|(_, packet)| *packet == silence);
    let last_dense = dense.last().unwrap().0;
    let said: Vec<u32> = sparse.iter().map(|(at, _)| at - last_dense).collect();
    assert_eq!(said[..4], [1, 10, 30, 50], "at once, and every 400 ms");
    for (_, packet) in sparse {
        assert!(Codec::Opus.is_dtx(&packet), "{packet:?}");
        assert_eq!(Codec::Opus.packet_ticks(&packet), Some(FRAME_TICKS));
    }
}

/// A link of the emulator between a pacer and a listener, and what the listener reports every second.
struct Narrow {
    line: Line,
    link: Link<(u16, u64)>,
    number: u64,
    sequence: u32,
    expected: u32,
    /// Since the last report.
    sent: u32,
    received: u32,
    delay_ms: u64,
}

/// Of one second: the longest delay on the way, and the share lost, both of what came.
#[derive(Clone, Copy, Debug)]
struct Second {
    delay_ms: u64,
    loss_ratio: f64,
    step: Step,
}

impl Narrow {
    /// RTP header and SRTP tag.
    const OVERHEAD_BYTES: usize = 12 + 16;

    fn new(phases: &[Phase]) -> Self {
        let mut link = Link::new(7);
        link.follow(0, phases);
        let line = Line::new(true);
        Self { line, link, number: 0, sequence: 0, expected: 0, sent: 0, received: 0, delay_ms: 0 }
    }

    /// One second, at the end of which the receiver reports.
    fn second(&mut self) -> Second {
        let mut longest_ms = 0;
        for _ in 0..50 {
            let now_us = self.line.now_ms * 1_000;
            while let Some((sequence, sent_ms)) = self.link.poll(now_us) {
                self.received += 1;
                self.sequence = self.sequence.max(u32::from(sequence));
                self.delay_ms = self.line.now_ms - sent_ms;
                longest_ms = longest_ms.max(self.delay_ms);
            }
            let sent_ms = self.line.now_ms;
            if let Some(heard) = self.line.tick() {
                self.sent += 1;
                let sequence = self.line.pacer.sequence.wrapping_sub(1);
                self.link.push(now_us, (sequence, sent_ms), heard.packet.len() + Self::OVERHEAD_BYTES);
            }
        }
        let expected = self.sequence - std::mem::replace(&mut self.expected, self.sequence);
        let received = std::mem::take(&mut self.received);
        let loss_ratio = f64::from(expected.saturating_sub(received)) / f64::from(expected.max(1));
        self.number += 1;
        let (round_trip_ms, sequence) = (self.delay_ms, self.sequence);
        let report = Report { number: self.number, loss_ratio, round_trip_ms, jitter_ms: 8, sequence };
        let statistics =
            PeerStatistics { remote_loss_ratio: Some(loss_ratio), report: Some(report), ..PeerStatistics::default() };
        self.line.pacer.note_statistics(self.line.now_ms, &statistics);
        Second { delay_ms: longest_ms, loss_ratio, step: self.line.pacer.rate.step() }
    }

    fn say(&mut self, number: usize, seconds: usize) {
        self.line.downlink.push(&item(number), voice(0, seconds * 24_000)).unwrap();
        self.line.downlink.finish(&item(number)).unwrap();
    }
}

#[test]
fn over_a_link_of_50_kbit_s_what_is_said_arrives_in_time() {
    for (held_max, rest_s) in [(16, 3), (100, 4)] {
        let conditions = Conditions { rate_kbit_s: Some(50), held_max, ..Conditions::default() };
        let mut net = Narrow::new(&[Phase { from_ms: 0, conditions }]);
        // Somebody listens, and nothing is said yet.
        assert!((0..3).all(|_| net.second().delay_ms < 50));
        net.say(1, 14);
        let seconds: Vec<Second> = (0..14).map(|_| net.second()).collect();
        let acted =
            seconds.iter().position(|second| second.step > Step::Usual).unwrap_or_else(|| panic!("{seconds:?}"));
        assert!(acted <= 2, "{held_max}: {seconds:?}");
        // What was encoded before is sent as it is, and what had filled the queue leaves.
        let after = &seconds[acted + rest_s..];
        assert!(
            after.iter().all(|second| second.delay_ms < 400 && second.loss_ratio < 0.03),
            "{held_max}: {seconds:?}"
        );
    }
}

#[test]
fn random_loss_alone_calls_for_error_correction_and_no_lower_rate() {
    let conditions = Conditions { loss: 0.1, delay_ms: 30, ..Conditions::default() };
    let mut net = Narrow::new(&[Phase { from_ms: 0, conditions }]);
    for number in 0..6 {
        net.say(number, 10);
        for _ in 0..11 {
            assert_eq!(net.second().step, Step::Usual);
        }
    }
    assert_eq!(net.line.pacer.encoders.active, Mode::Lossy);
}

/// A step down is taken in the midst of a word, by one and the same encoder or by another; the voice goes on.
#[test]
fn a_lower_rate_in_the_midst_of_a_word_is_smooth() {
    let grown = |number| Report { number, round_trip_ms: if number < 3 { 20 } else { 700 }, ..Report::default() };
    for loss in [0.0, 0.05] {
        let mut line = Line::new(false);
        let note = |line: &mut Line, number| {
            let report = Some(grown(number));
            let statistics = PeerStatistics { remote_loss_ratio: Some(loss), report, ..PeerStatistics::default() };
            line.pacer.note_statistics(number * 2_000, &statistics);
        };
        (1..4).for_each(|number| note(&mut line, number));
        let pcm = voice(0, 24_000);
        line.downlink.push(&item(1), pcm.clone()).unwrap();
        line.downlink.finish(&item(1)).unwrap();
        let mut heard: Vec<Heard> = (0..20).map(|_| line.tick().unwrap()).collect();
        note(&mut line, 4);
        assert_eq!(line.pacer.rate.step(), Step::Low);
        heard.extend(line.hear());
        let bytes = |heard: &[Heard]| heard.iter().map(|heard| heard.packet.len()).sum::<usize>() / heard.len();
        let (before, after) = (bytes(&heard[..20]), bytes(&heard[20..50]));
        assert!(after <= 45 && before >= 60, "{before} bytes, then {after}");
        // Each frame is about as loud as without the step; another encoder begins softly, for its first 20 ms.
        let mut usual = Line::new(false);
        note(&mut usual, 1);
        usual.downlink.push(&item(1), pcm.clone()).unwrap();
        for (frame, heard) in heard[..40].iter().enumerate() {
            let ratio = energy(&heard.pcm) / energy(&usual.tick().unwrap().pcm);
            let least = if frame == 20 && loss == 0.0 { 0.1 } else { 0.4 };
            assert!(frame < 2 || (least..2.5).contains(&ratio), "loss {loss}, frame {frame}: {ratio}");
        }
        assert!(likeness(&pcm[12_000..20_000], &samples(&heard)[12_000..]) > 0.8);
    }
}

#[test]
fn prepared_speech_is_not_sent_at_its_usual_rate_over_a_narrow_link() {
    let speech = Arc::new(PreparedSpeech::new(voice(0, 24_000)));
    assert!(speech.claim() && speech.prepare().is_ok());
    let mut line = Line::new(true);
    let note = |line: &mut Line, number, round_trip_ms| {
        let report = Some(Report { number, round_trip_ms, ..Report::default() });
        let statistics = PeerStatistics { report, ..PeerStatistics::default() };
        line.pacer.note_statistics(number * 2_000, &statistics);
    };
    note(&mut line, 1, 20);
    line.downlink.push_prepared(&item(1), speech.clone()).unwrap();
    line.downlink.finish(&item(1)).unwrap();
    let first: Vec<Heard> = (0..10).map(|_| line.tick().unwrap()).collect();
    assert!((0..10).all(|frame| first[frame].packet.as_ptr() == speech.packet(Mode::Clean, frame).unwrap().as_ptr()));
    (2..4).for_each(|number| note(&mut line, number, 700));
    let rest = line.hear();
    // Two were on their way; what is left of these words is encoded here, in its own time.
    assert!(rest[2..40].iter().all(|heard| heard.packet.len() <= 60 && heard.packet[0] >> 3 < 12));
    assert!(!speech.claim(), "from the middle on nobody can take another's packets");
    let said = |line: &mut Line, number| {
        line.downlink.push_prepared(&item(number), speech.clone()).unwrap();
        line.downlink.finish(&item(number)).unwrap();
        line.hear()
    };
    said(&mut line, 2);
    assert!(speech.claim() && speech.prepare().is_ok(), "now they are wanted");
    let sent = said(&mut line, 3);
    assert!((0..50).all(|frame| sent[frame].packet.as_ptr() == speech.packet(Mode::Low, frame).unwrap().as_ptr()));
}
