//! The playout account: what left, what was heard, what was dropped.

use proptest::prelude::*;
use viva::domain::{
    audio::{
        FRAME_SAMPLES,
        playout::{Playout, Tick},
    },
    id::ItemId,
    session::PlayoutEvent,
};

fn item(name: u8) -> ItemId {
    ItemId::new(format!("item_{name}"))
}

fn events(playout: &mut Playout) -> Vec<PlayoutEvent> {
    std::iter::from_fn(|| playout.poll_event()).collect()
}

#[test]
fn items_play_in_order_and_are_accounted_for() {
    let mut playout = Playout::default();
    let mut frame = [0; FRAME_SAMPLES];
    playout.push(&item(1), vec![1; 700]);
    playout.push(&item(2), vec![2; 480]);
    playout.push(&item(1), vec![1; 500]);
    playout.finish(&item(1));
    playout.finish(&item(2));
    let mut played = Vec::new();
    for tick in 0.. {
        match playout.tick(tick * 20, &mut frame) {
            Tick::Frame { .. } => played.push((frame[0], frame[479])),
            Tick::Idle => break,
            Tick::Starved => panic!("nothing is missing"),
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
    let mut frame = [0; FRAME_SAMPLES];
    playout.push(&item(1), vec![1; 24_000]);
    playout.push(&item(2), vec![2; 24_000]);
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
    playout.push(&item(1), vec![1; 24_000]);
    playout.finish(&item(2));
    assert_eq!(playout.tick(220, &mut frame), Tick::Idle, "audio of dropped items is ignored");
    assert_eq!(events(&mut playout), []);
}

#[test]
fn an_item_that_waits_for_audio_holds_the_line_for_a_second() {
    let mut playout = Playout::default();
    let mut frame = [0; FRAME_SAMPLES];
    playout.push(&item(1), vec![1; 480]);
    playout.push(&item(2), vec![2; 480]);
    assert_eq!(playout.tick(0, &mut frame), Tick::Frame { first: true });
    let starved = (1..).take_while(|tick| playout.tick(tick * 20, &mut frame) == Tick::Starved).count();
    assert_eq!(starved, 50);
    assert_eq!(frame[0], 2, "then the next one speaks");
}

#[test]
fn an_item_without_audio_finishes_in_its_turn() {
    let mut playout = Playout::default();
    playout.finish(&item(1));
    assert_eq!(playout.tick(40, &mut [0; FRAME_SAMPLES]), Tick::Idle);
    let finished = PlayoutEvent::Finished { item_id: item(1), audio_ms: 40, played_ms: 0 };
    assert_eq!(events(&mut playout), [finished]);
}

#[derive(Clone, Debug)]
enum Act {
    Push(u8, usize),
    Finish(u8),
    Tick,
    Flush(u64),
    Refuse(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..6u8, 0..3_000usize).prop_map(|(name, count)| Act::Push(name, count)),
        2 => (0..6u8).prop_map(Act::Finish),
        8 => Just(Act::Tick),
        1 => (0..500u64).prop_map(Act::Flush),
        1 => (0..6u8).prop_map(Act::Refuse),
    ]
}

proptest! {
    /// Each item starts at most once and ends exactly once, nobody is said to have heard more than was sent or
    /// received, and nothing plays after its end.
    #[test]
    fn the_account_balances(acts in prop::collection::vec(act(), 0..400)) {
        let mut playout = Playout::default();
        let mut frame = [0; FRAME_SAMPLES];
        let (mut received, mut sent) = ([0u64; 6], [0u64; 6]);
        let (mut started, mut ended) = ([false; 6], [false; 6]);
        let index = |id: &ItemId| usize::from(id.as_str().as_bytes()[5] - b'0');
        for (at, act) in acts.into_iter().enumerate() {
            let audio_ms = at as u64 * 20;
            match act {
                Act::Push(name, count) => {
                    // The samples say whose they are.
                    playout.push(&item(name), vec![i16::from(name) + 1; count]);
                    received[usize::from(name)] += if ended[usize::from(name)] { 0 } else { count as u64 };
                }
                Act::Finish(name) => playout.finish(&item(name)),
                Act::Tick => {
                    if let Tick::Frame { first } = playout.tick(audio_ms, &mut frame) {
                        let name = frame[0] as usize - 1;
                        prop_assert!(!ended[name] && first != started[name]);
                        sent[name] += 1;
                    }
                }
                Act::Flush(delay_ms) => playout.flush(audio_ms, delay_ms),
                Act::Refuse(name) => playout.refuse(&item(name), audio_ms),
            }
            while let Some(event) = playout.poll_event() {
                match event {
                    PlayoutEvent::Started { item_id, .. } => {
                        prop_assert!(!std::mem::replace(&mut started[index(&item_id)], true));
                    }
                    PlayoutEvent::Finished { item_id, played_ms, .. } => {
                        prop_assert!(!std::mem::replace(&mut ended[index(&item_id)], true));
                        prop_assert_eq!(played_ms, received[index(&item_id)] / 24);
                        prop_assert_eq!(sent[index(&item_id)], received[index(&item_id)].div_ceil(480));
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
