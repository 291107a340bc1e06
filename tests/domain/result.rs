//! The numbers of the results, from transcripts made by hand.

use viva::domain::{
    id::ItemId,
    result::Metrics,
    transcript::{Item, ItemState, Role},
};

fn item(position: u32, role: Role, start_ms: u64, end_ms: u64, content: &str) -> Item {
    Item {
        item_id: ItemId::new(format!("item_{position}")),
        role,
        content: content.to_owned(),
        generated_content: content.to_owned(),
        start_ms,
        end_ms: Some(end_ms),
        state: ItemState::Final,
        question: None,
        revision: 1,
        position,
    }
}

#[test]
fn times_and_delays_are_counted_on_the_audio_clock() {
    let items = [
        // Given out of order on purpose: the audio clock decides.
        item(3, Role::Assistant, 9_000, 10_000, "And now?"),
        item(0, Role::Assistant, 0, 2_000, "Hello."),
        item(1, Role::User, 3_000, 6_000, "one two three four five six"),
        item(2, Role::User, 7_000, 8_500, "seven eight nine"),
    ];
    let metrics = Metrics::of(&items);
    assert_eq!((metrics.user_talk_ms, metrics.assistant_talk_ms), (4_500, 3_000));
    assert_eq!((metrics.response_delay_p50_ms, metrics.response_delay_p95_ms), (Some(500), Some(500)));
    assert_eq!(metrics.words_per_minute, Some(120));
}

#[test]
fn what_is_not_known_is_not_zero() {
    let metrics = Metrics::of(&[item(0, Role::Assistant, 0, 2_000, "Hello.")]);
    assert_eq!((metrics.response_delay_p50_ms, metrics.words_per_minute), (None, None));
    let cough = Metrics::of(&[item(0, Role::User, 0, 900, "")]);
    assert_eq!((cough.user_talk_ms, cough.words_per_minute), (0, None));
}
