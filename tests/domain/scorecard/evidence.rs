//! What counts as an answer, and when a transcript is too weak to judge by.

use super::said;
use viva::domain::{
    scorecard::{
        evidence::{Heard, Insufficiency, QuestionEvidence},
        words,
    },
    transcript::{Item, ItemState, Role},
};

const ENOUGH: &str = "I built the billing service and ran it for two years.";

fn gather(items: &[Item], concealed_ratio: Option<f64>) -> QuestionEvidence {
    let heard: Vec<Heard<'_>> = items.iter().map(Heard::live).collect();
    QuestionEvidence::gather(1, &heard, concealed_ratio)
}

fn weakness(items: &[Item]) -> Option<Insufficiency> {
    gather(items, Some(0.01)).insufficiency
}

fn in_state(mut item: Item, state: ItemState) -> Item {
    item.state = state;
    item
}

fn lasting(mut item: Item, ms: u64) -> Item {
    item.end_ms = Some(item.start_ms + ms);
    item
}

#[test]
fn answers_are_the_candidates_settled_words_of_this_question_in_their_order() {
    let mut other = said(5, Role::User, "that belongs elsewhere");
    other.question = Some(2);
    let mut greeting = said(6, Role::User, "hello there");
    greeting.question = None;
    let items = [
        said(3, Role::User, "and then the second part"),
        said(0, Role::Assistant, "What did you build?"),
        said(1, Role::User, ENOUGH),
        said(2, Role::Assistant, "And then?"),
        in_state(said(4, Role::User, "I was about to"), ItemState::Interim),
        said(7, Role::User, " … "),
        other,
        greeting,
    ];
    let evidence = gather(&items, None);
    let ids: Vec<&str> = evidence.answers.iter().map(|answer| answer.item_id.as_str()).collect();
    assert_eq!(ids, ["item_1", "item_3"]);
    let turns: Vec<_> = evidence.turns.iter().map(|turn| (turn.item_id.as_deref(), turn.text.as_str())).collect();
    assert_eq!(
        turns,
        [
            (None, "What did you build?"),
            (Some("item_1"), ENOUGH),
            (None, "And then?"),
            (Some("item_3"), "and then the second part"),
        ]
    );
    assert_eq!((evidence.quality.words, evidence.quality.final_items, evidence.quality.interim_items), (16, 2, 1));
}

#[test]
fn a_weak_transcript_is_no_evidence() {
    use Insufficiency::{AudioConcealed, ImplausibleTranscript, NoAnswer, TooFewWords, TooLong, WordsMissing};
    let fine = || said(1, Role::User, ENOUGH);
    let missing = |ms| lasting(in_state(said(2, Role::User, ""), ItemState::Missing), ms);
    let long = "a considerable number of words ".repeat(1_400);
    let cases: Vec<(&str, Vec<Item>, Option<Insufficiency>)> = vec![
        ("enough", vec![fine()], None),
        ("nothing", vec![], Some(NoAnswer)),
        ("only the interviewer", vec![said(0, Role::Assistant, ENOUGH)], Some(NoAnswer)),
        ("a cough", vec![said(1, Role::User, "")], Some(NoAnswer)),
        ("a word", vec![said(1, Role::User, "Billing, mostly.")], Some(TooFewWords)),
        ("the fifth word", vec![said(1, Role::User, "I like to bake bread.")], None),
        ("a short gap", vec![fine(), missing(1_500)], None),
        ("a long gap", vec![fine(), missing(6_000)], Some(WordsMissing)),
        ("only a gap", vec![missing(6_000)], Some(WordsMissing)),
        ("cut off in the middle", vec![in_state(fine(), ItemState::Interim)], Some(WordsMissing)),
        ("words from nowhere", vec![lasting(said(1, Role::User, &long[..4_000]), 3_000)], Some(ImplausibleTranscript)),
        ("words that got lost", vec![lasting(fine(), 900_000)], Some(ImplausibleTranscript)),
        // Eleven words in 100 s: somebody who speaks slowly, or not easily, is judged like everybody else.
        ("slow speech", vec![lasting(fine(), 100_000)], None),
        ("typed", vec![lasting(said(1, Role::User, &long[..4_000]), 0)], None),
        ("very long", vec![lasting(said(1, Role::User, &long), 1_800_000)], Some(TooLong)),
    ];
    for (name, items, expected) in cases {
        assert_eq!(weakness(&items), expected, "{name}");
    }
    assert_eq!(gather(&[fine()], Some(0.11)).insufficiency, Some(AudioConcealed));
    assert_eq!(gather(&[fine()], Some(0.10)).insufficiency, None);
    assert_eq!(gather(&[fine()], Some(f64::NAN)).insufficiency, None, "unknown is not bad");
}

#[test]
fn two_versions_that_disagree_are_no_evidence() {
    let item = said(1, Role::User, ENOUGH);
    let with = |second: &str, shows_second_pass| {
        let heard = [Heard { item: &item, second_pass: Some(second), shows_second_pass }];
        let evidence = QuestionEvidence::gather(1, &heard, None);
        (evidence.insufficiency, evidence.quality.disagreement_permille, evidence.answers[0].text.clone())
    };
    let better = "I built the building service, and ran it for two years!";
    assert_eq!(with(better, false), (None, None, ENOUGH.to_owned()), "what is not shown says nothing");
    assert_eq!(with(better, true), (None, Some(90), better.to_owned()));
    let other = "Eye bill the pillion certain and rang for two ears.";
    assert_eq!(with(other, true).0, Some(Insufficiency::VersionsDisagree));

    // What was not understood live, and then was.
    let item = in_state(said(1, Role::User, ""), ItemState::Missing);
    let heard = [Heard { item: &item, second_pass: Some(ENOUGH), shows_second_pass: true }];
    let evidence = QuestionEvidence::gather(1, &heard, None);
    assert_eq!((evidence.insufficiency, evidence.answers.len(), evidence.quality.missing_items), (None, 1, 0));
}

#[test]
fn words_are_counted_in_scripts_with_and_without_spaces() {
    for (text, words) in [("", 0), ("one two-three", 2), ("— … !", 0), ("私は書きました", 4), ("I use 日本語 daily", 5)]
    {
        assert_eq!(words::count(text), words, "{text}");
    }
    assert_eq!(words::difference_permille("Same words.", "same words"), 0);
    assert_eq!(words::difference_permille("", ""), 0);
    assert_eq!(words::difference_permille("one two three four", "one four"), 500);
    assert_eq!(words::difference_permille("", "one"), 1_000);
}
