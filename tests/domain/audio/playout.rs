//! The playout account: what left, what was heard, what was dropped.

use proptest::prelude::*;
use viva::domain::{
    audio::{
        FRAME_SAMPLES, g711,
        playout::{self, AHEAD_MAX, Frame, Sound, Source, Tick},
    },
    id::ItemId,
    session::PlayoutEvent,
};

type Playout = playout::Playout<&'static str>;

fn pcm(value: i16, samples: usize) -> Sound<&'static str> {
    Sound::Pcm(vec![value; samples])
}

fn prepared(speech: &'static str, samples: usize) -> Sound<&'static str> {
    Sound::Prepared { speech, samples }
}

fn item(name: u8) -> ItemId {
    ItemId::new(format!("item_{name}"))
}

fn events(playout: &mut Playout) -> Vec<PlayoutEvent> {
    std::iter::from_fn(|| playout.poll_event()).collect()
}

#[test]
fn items_play_in_order_and_are_accounted_for() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), pcm(1, 700));
    playout.push(&item(2), pcm(2, 480));
    playout.push(&item(1), pcm(1, 500));
    playout.finish(&item(1));
    playout.finish(&item(2));
    let mut played = Vec::new();
    for tick in 0.. {
        match playout.tick(tick * 20, &mut frame) {
            Tick::Frame { .. } => played.push((frame.pcm[0], frame.pcm[479])),
            Tick::Idle => break,
            other => panic!("nothing is missing: {other:?}"),
        }
    }
    // 1200 samples are two frames and a half; the rest of the last one is silence.
    assert_eq!(played, [(1, 1), (1, 1), (1, 0), (2, 2)]);
    let expected = [
        PlayoutEvent::Started { item_id: item(1), audio_ms: 0 },
        PlayoutEvent::Finished { item_id: item(1), audio_ms: 40, played_ms: 50 },
        PlayoutEvent::Started { item_id: item(2), audio_ms: 60 },
        PlayoutEvent::Finished { item_id: item(2), audio_ms: 60, played_ms: 20 },
    ];
    assert_eq!(events(&mut playout), expected);
}

#[test]
fn a_flush_counts_frames_sent_less_the_way_to_the_ear() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), pcm(1, 24_000));
    playout.push(&item(2), pcm(2, 24_000));
    for tick in 0..10 {
        playout.tick(tick * 20, &mut frame);
    }
    playout.flush(200, 90);
    assert_eq!(
        events(&mut playout)[1..],
        [
            PlayoutEvent::Interrupted { item_id: item(1), audio_ms: 200, heard_ms: 110 },
            PlayoutEvent::Interrupted { item_id: item(2), audio_ms: 200, heard_ms: 0 },
        ]
    );
    playout.push(&item(1), pcm(1, 24_000));
    playout.finish(&item(2));
    assert_eq!(playout.tick(220, &mut frame), Tick::Idle, "audio of dropped items is ignored");
    assert_eq!(events(&mut playout), []);
}

#[test]
fn an_item_that_waits_for_audio_holds_the_line_for_a_second() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), pcm(1, 480));
    playout.push(&item(2), pcm(2, 480));
    assert_eq!(playout.tick(0, &mut frame), Tick::Frame { first: true, source: Source::Pcm });
    let starved = (1..).take_while(|tick| playout.tick(tick * 20, &mut frame) == Tick::Starved).count();
    assert_eq!(starved, 50);
    assert_eq!(frame.pcm[0], 2, "then the next one speaks");
}

#[test]
fn an_item_without_audio_finishes_in_its_turn() {
    let mut playout = Playout::default();
    playout.finish(&item(1));
    assert_eq!(playout.tick(40, &mut Frame::default()), Tick::Idle);
    let finished = PlayoutEvent::Finished { item_id: item(1), audio_ms: 40, played_ms: 0 };
    assert_eq!(events(&mut playout), [finished]);
}

#[test]
fn what_is_taken_ahead_counts_when_it_leaves() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    for (value, name) in [(1, 1), (2, 2)] {
        playout.push(&item(name), pcm(value, 100 * FRAME_SAMPLES));
    }
    let taken: Vec<_> = std::iter::from_fn(|| playout.take_ahead(&mut frame)).collect();
    assert_eq!(taken[..2], [(true, Source::Pcm), (false, Source::Pcm)]);
    assert_eq!((taken.len(), playout.queued_samples()), (AHEAD_MAX, 200 * FRAME_SAMPLES));
    assert_eq!(events(&mut playout), [], "nothing has left");
    assert_eq!(playout.tick(0, &mut frame), Tick::Ahead);
    assert_eq!(events(&mut playout), [PlayoutEvent::Started { item_id: item(1), audio_ms: 0 }]);
    assert!(playout.take_ahead(&mut frame).is_some());
    assert_eq!(playout.queued_samples(), 199 * FRAME_SAMPLES, "one has left");
    // One frame was sent and others are encoded: only the one was heard.
    playout.flush(20, 0);
    assert_eq!(
        events(&mut playout),
        [
            PlayoutEvent::Interrupted { item_id: item(1), audio_ms: 20, heard_ms: 20 },
            PlayoutEvent::Interrupted { item_id: item(2), audio_ms: 20, heard_ms: 0 },
        ]
    );
    assert_eq!((playout.tick(20, &mut frame), playout.take_ahead(&mut frame)), (Tick::Idle, None));
}

#[test]
fn an_item_ends_with_its_last_frame_though_it_was_taken_long_before() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), pcm(1, FRAME_SAMPLES + 24));
    playout.finish(&item(1));
    playout.push(&item(2), pcm(2, FRAME_SAMPLES));
    assert_eq!(std::iter::from_fn(|| playout.take_ahead(&mut frame)).count(), 2, "of the item under way alone");
    assert_eq!([0, 20].map(|at| playout.tick(at, &mut frame)), [Tick::Ahead, Tick::Ahead]);
    let expected = [
        PlayoutEvent::Started { item_id: item(1), audio_ms: 0 },
        PlayoutEvent::Finished { item_id: item(1), audio_ms: 20, played_ms: 21 },
    ];
    assert_eq!(events(&mut playout), expected);
    assert_eq!(playout.tick(40, &mut frame), Tick::Frame { first: true, source: Source::Pcm });
}

#[test]
fn prepared_frames_stand_between_others_and_are_heard_as_long() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), pcm(1, 100));
    playout.push(&item(1), prepared("hello", 2 * FRAME_SAMPLES + 48));
    playout.push(&item(1), Sound::Mulaw(vec![7; 2 * g711::FRAME_BYTES]));
    assert_eq!(playout.take_ahead(&mut frame), Some((true, Source::Pcm)), "nothing can be added to it");
    assert_eq!((frame.pcm[99], frame.pcm[100]), (1, 0));
    assert_eq!(playout.take_ahead(&mut frame), None, "what is prepared needs no encoding");
    assert_eq!(playout.tick(0, &mut frame), Tick::Ahead);
    for index in 0..3 {
        let source = Source::Prepared { speech: "hello", frame: index };
        assert_eq!(playout.tick(20, &mut frame), Tick::Frame { first: false, source });
    }
    assert_eq!(playout.tick(80, &mut frame), Tick::Frame { first: false, source: Source::Mulaw });
    assert_eq!(frame.mulaw, [7; g711::FRAME_BYTES]);
    playout.flush(100, 0);
    // 100, 1008 and 480 samples left; what the frames were padded with is not heard.
    let interrupted = PlayoutEvent::Interrupted { item_id: item(1), audio_ms: 100, heard_ms: 66 };
    assert_eq!(events(&mut playout)[1..], [interrupted]);
}

#[test]
fn mulaw_waits_for_a_whole_frame_as_samples_do() {
    let mut playout = Playout::default();
    let mut frame = Frame::default();
    playout.push(&item(1), Sound::Mulaw(vec![1; 100]));
    assert_eq!(playout.tick(0, &mut frame), Tick::Starved);
    playout.push(&item(1), Sound::Mulaw(vec![2; 100]));
    assert_eq!(playout.tick(20, &mut frame), Tick::Frame { first: true, source: Source::Mulaw });
    assert_eq!((frame.mulaw[99], frame.mulaw[100], frame.mulaw[159]), (1, 2, 2));
    playout.finish(&item(1));
    assert_eq!(playout.tick(40, &mut frame), Tick::Frame { first: false, source: Source::Mulaw });
    assert_eq!((frame.mulaw[39], frame.mulaw[40]), (2, g711::SILENCE));
    let finished = PlayoutEvent::Finished { item_id: item(1), audio_ms: 40, played_ms: 25 };
    assert_eq!(events(&mut playout)[1..], [finished]);
}

#[derive(Clone, Debug)]
enum Act {
    Push(u8, usize),
    Prepared(u8, usize),
    Mulaw(u8, usize),
    Ahead,
    Finish(u8),
    Tick,
    Flush(u64),
    Refuse(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6u8, 0..3_000usize).prop_map(|(name, count)| Act::Push(name, count)),
        1 => (0..6u8, 0..3_000usize).prop_map(|(name, count)| Act::Prepared(name, count)),
        1 => (0..6u8, 0..1_000usize).prop_map(|(name, count)| Act::Mulaw(name, count)),
        4 => Just(Act::Ahead),
        2 => (0..6u8).prop_map(Act::Finish),
        8 => Just(Act::Tick),
        1 => (0..500u64).prop_map(Act::Flush),
        1 => (0..6u8).prop_map(Act::Refuse),
    ]
}

/// Whose frame this is: its content says it.
fn owner(source: &Source<&'static str>, frame: &Frame) -> usize {
    match source {
        Source::Pcm => frame.pcm[0] as usize - 1,
        Source::Mulaw => usize::from(frame.mulaw[0]),
        Source::Prepared { speech, .. } => usize::from(speech.as_bytes()[0] - b'0'),
    }
}

const SPEECHES: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

proptest! {
    /// Each item starts at most once and ends exactly once, nobody is said to have heard more than was sent or
    /// received, nothing plays after its end, and what was taken ahead leaves in its order or is dropped.
    #[test]
    fn the_account_balances(acts in prop::collection::vec(act(), 0..400)) {
        let mut playout = Playout::default();
        let mut frame = Frame::default();
        let (mut received, mut sent) = ([0u64; 6], [0u64; 6]);
        let (mut started, mut ended) = ([false; 6], [false; 6]);
        let mut ahead = std::collections::VecDeque::new();
        let index = |id: &ItemId| usize::from(id.as_str().as_bytes()[5] - b'0');
        for (at, act) in acts.into_iter().enumerate() {
            let audio_ms = at as u64 * 20;
            let mut push = |playout: &mut Playout, name: u8, sound: Sound<&'static str>| {
                received[usize::from(name)] += if ended[usize::from(name)] { 0 } else { sound.samples() as u64 };
                playout.push(&item(name), sound);
            };
            match act {
                Act::Push(name, count) => push(&mut playout, name, pcm(i16::from(name) + 1, count)),
                Act::Prepared(name, count) => {
                    push(&mut playout, name, prepared(SPEECHES[usize::from(name)], count));
                }
                Act::Mulaw(name, count) => push(&mut playout, name, Sound::Mulaw(vec![name; count])),
                Act::Finish(name) => playout.finish(&item(name)),
                Act::Ahead => {
                    if let Some((_, source)) = playout.take_ahead(&mut frame) {
                        ahead.push_back(owner(&source, &frame));
                        prop_assert!(ahead.len() <= AHEAD_MAX);
                    }
                }
                Act::Tick => {
                    let name = match playout.tick(audio_ms, &mut frame) {
                        Tick::Frame { source, .. } => Some(owner(&source, &frame)),
                        Tick::Ahead => ahead.pop_front(),
                        Tick::Starved | Tick::Idle => None,
                    };
                    if let Some(name) = name {
                        prop_assert!(!ended[name]);
                        sent[name] += 1;
                    }
                }
                Act::Flush(delay_ms) => {
                    playout.flush(audio_ms, delay_ms);
                    ahead.clear();
                }
                Act::Refuse(name) => playout.refuse(&item(name), audio_ms),
            }
            while let Some(event) = playout.poll_event() {
                match event {
                    PlayoutEvent::Started { item_id, .. } => {
                        prop_assert!(!std::mem::replace(&mut started[index(&item_id)], true));
                        prop_assert_eq!(sent[index(&item_id)], 1);
                    }
                    PlayoutEvent::Finished { item_id, played_ms, .. } => {
                        prop_assert!(!std::mem::replace(&mut ended[index(&item_id)], true));
                        prop_assert_eq!(played_ms, received[index(&item_id)] / 24);
                        prop_assert!(sent[index(&item_id)] * 480 >= received[index(&item_id)]);
                    }
                    PlayoutEvent::Interrupted { item_id, heard_ms, .. } => {
                        prop_assert!(!std::mem::replace(&mut ended[index(&item_id)], true));
                        prop_assert!(heard_ms <= received[index(&item_id)] / 24);
                        prop_assert!(heard_ms <= sent[index(&item_id)] * 20);
                    }
                }
            }
        }
    }
}
