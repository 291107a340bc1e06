//! Two versions of an answer: where it is in the recording, and which one is shown.

use viva::domain::{
    id::ItemId,
    second_pass::{Version, answers, choose},
    transcript::{Item, ItemState, Role},
};

fn item(id: &str, role: Role, content: &str, start_ms: u64, end_ms: Option<u64>) -> Item {
    Item {
        item_id: ItemId::new(id),
        role,
        content: content.to_owned(),
        generated_content: content.to_owned(),
        start_ms,
        end_ms,
        state: ItemState::Final,
        question: Some(1),
        revision: 1,
        position: 0,
    }
}

fn live(content: &str) -> Item {
    item("item_1", Role::User, content, 0, Some(10_000))
}

#[test]
fn the_better_version_is_shown() {
    let eight = "I have worked here for about eight years";
    let (second, shown) = (Version::SecondPass, Version::Live);
    for (text, heard_ms, expected) in [
        ("I have worked here for about nine years.", 4_000, second),
        ("", 4_000, shown),
        // More words than anybody says in a second.
        ("one two three four five six seven eight nine ten eleven twelve", 1_000, shown),
        ("I have I have, I HAVE I have worked here", 8_000, shown),
        ("so so so so", 8_000, shown),
        ("no no no, I have worked here", 8_000, second),
        ("for eight", 4_000, shown),
    ] {
        assert_eq!(choose(&live(eight), true, text, heard_ms), expected, "{text}");
    }
    assert_eq!(choose(&live("Yes."), true, "Yes", 600), second);
}

#[test]
fn what_a_larger_transcriber_understood_stays() {
    assert_eq!(choose(&live("I like it"), false, "I liked it", 2_000), Version::Live);
    let missing = Item { state: ItemState::Missing, content: String::new(), ..live("") };
    for is_builtin in [true, false] {
        assert_eq!(choose(&missing, is_builtin, "I liked it", 2_000), Version::SecondPass);
        assert_eq!(choose(&missing, is_builtin, "", 2_000), Version::Live);
    }
}

#[test]
fn answers_have_their_place_and_do_not_overlap() {
    let items = [
        item("c", Role::User, "third", 20_000, Some(22_000)),
        item("a", Role::User, "first", 100, Some(2_000)),
        item("agent", Role::Assistant, "question", 2_500, Some(5_000)),
        item("b", Role::User, "second", 2_400, Some(4_000)),
        item("never_ended", Role::User, "", 30_000, None),
        item("typed", Role::User, "typed", 40_000, Some(40_000)),
        item("endless", Role::User, "on and on", 50_000, Some(50_000_000)),
    ];
    let found: Vec<_> = answers(&items).into_iter().map(|(item, at)| (item.item_id.as_str(), at)).collect();
    let expected = [("a", 0..2_200), ("b", 2_200..4_600), ("c", 19_700..22_600), ("endless", 49_700..49_700 + 600_000)];
    assert_eq!(found, expected);
    let interim = Item { state: ItemState::Interim, ..live("words") };
    assert!(answers(&[interim]).is_empty());
}
