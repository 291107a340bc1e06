//! Budgets: an interview that is spent ends politely, and never in the middle of a sentence.

use super::world::{WORD_MS, World, interview, question};
use std::sync::Arc;
use viva::domain::{
    session::{EndReason, ModelEvent, SpeechTag, StopReason},
    transcript::Role,
    usage::{Budget, Kind, NanoUsd, PriceBook, PriceFile, Source, Usage, UsageTotal},
};

const MODEL: &str = "alpha";

/// A dollar for a million tokens of any audio.
fn budget(limit: &str) -> Budget {
    let file: PriceFile = serde_json::from_value(serde_json::json!({
        "date": "2026-11-21",
        "prices": [{"models": [MODEL], "source": "a page", "date": "2026-11-21",
                    "usd_per_million_tokens": {"input_audio": 1, "output_audio": 1}}],
    }))
    .unwrap();
    let prices = Arc::new(PriceBook::new(file).unwrap());
    Budget { limit: NanoUsd::parse(limit).unwrap(), prices, model: MODEL.to_owned() }
}

/// So many millionths of a dollar.
fn used(millionths: u64) -> ModelEvent {
    ModelEvent::Usage(Usage::new(Source::Realtime, MODEL).and(Kind::OutputAudio, millionths))
}

fn world(limit: &str) -> World {
    let questions = ["What is your name?", "What do you like?", "What else?"].map(question).to_vec();
    let mut world = World::new(interview(questions)).with_budget(budget(limit));
    world.model(ModelEvent::Ready);
    world.connect();
    world
}

/// What a polite end by the budget looks like.
fn ended_politely(world: &World, last_question: u32) {
    assert_eq!((world.ended, world.saved), (Some(EndReason::Budget), Some(true)));
    assert_eq!(world.tags().last(), Some(&SpeechTag::Closing));
    let (role, closing, _) = world.transcript().pop().unwrap();
    assert!(role == Role::Assistant && closing.contains("saved") && closing.ends_with("Goodbye."), "{closing}");
    for number in last_question..=3 {
        assert_eq!(world.questions[&number].1, Some("budget"), "question {number} has a reason");
    }
}

#[test]
fn the_interviewer_finishes_the_sentence_and_says_goodbye() {
    let mut world = world("0.0005");
    world.until_listening(1);
    world.speak_as_candidate("my name is anna");
    world.until_said(SpeechTag::Question(2));
    world.until("question 2 is heard", |world| world.session.question().number == 2);
    let said_before = world.said.len();
    world.model(used(500));
    world.until("the last words", |world| world.said.len() > said_before);
    assert_eq!(world.stops, 0, "nobody is cut");
    let (_, question, _) = world.transcript().pop().unwrap();
    assert_eq!(question, "What do you like?", "the question was heard to its end");
    world.until_ended();
    ended_politely(&world, 2);
}

#[test]
fn the_candidate_finishes_the_answer() {
    let mut world = world("0.0005");
    world.until_listening(1);
    let item_id = world.start_speech();
    world.model(used(600));
    world.pass(10 * WORD_MS);
    assert_eq!(world.tags().last(), Some(&SpeechTag::Question(1)), "the candidate still speaks");
    world.stop_speech(&item_id, Some("my name is anna and i live in a small town"));
    world.until_ended();
    ended_politely(&world, 2);
    assert_eq!(world.questions[&1].0, "answered");
}

#[test]
fn nobody_goes_on_for_ever() {
    let mut world = world("0.0005");
    world.until_listening(1);
    world.start_speech();
    let began = world.now;
    world.model(used(600));
    world.until("the last words", |world| world.tags().last() == Some(&SpeechTag::Closing));
    assert!((19_000..=21_000).contains(&(world.now - began)), "{} ms", world.now - began);
    assert_eq!(world.until_ended(), EndReason::Budget);
}

/// A server that counts nothing: what is heard and said is estimated, at 10 and 20 tokens a second.
#[test]
fn what_is_not_counted_yet_is_estimated() {
    // Greeting and question are some 25 words of 0.4 s: 200 tokens.
    let mut spent = world("0.0003");
    spent.until_listening(1);
    let item_id = spent.start_speech();
    spent.pass(15_000);
    spent.stop_speech(&item_id, Some("that is all"));
    spent.until_ended();
    ended_politely(&spent, 2);
    // The same, counted: what a server counted is not estimated on top of it.
    let mut counted = world("0.0003");
    counted.until_listening(1);
    counted.model(used(10));
    let item_id = counted.start_speech();
    counted.pass(15_000);
    counted.stop_speech(&item_id, Some("that is all"));
    counted.until_listening(2);
}

#[test]
fn a_spent_day_ends_every_interview_the_same_way() {
    let questions = ["What is your name?", "What do you like?", "What else?"].map(question).to_vec();
    let mut world = World::live(interview(questions));
    world.until_listening(1);
    world.end(StopReason::Budget);
    world.until_ended();
    ended_politely(&world, 1);
}

#[test]
fn a_day_that_is_spent_before_anybody_came_is_told_at_once() {
    let mut world = World::new(interview(vec![question("What is your name?")]));
    world.model(ModelEvent::Ready);
    world.end(StopReason::Budget);
    world.pass(1_000);
    assert_eq!(world.ended, None, "whoever comes hears why");
    world.connect();
    assert_eq!(world.until_ended(), EndReason::Budget);
    assert_eq!(world.tags(), [SpeechTag::Greeting, SpeechTag::Closing]);
}

#[test]
fn unknown_prices_do_not_count() {
    let mut world = world("0.0005");
    world.until_listening(1);
    world.model(ModelEvent::Usage(Usage::new(Source::Chat, "somebody-else").and(Kind::InputText, 1_000_000)));
    world.speak_as_candidate("my name is anna");
    world.until_listening(2);
}

#[test]
fn totals_are_kept_and_the_connection_is_counted() {
    let mut world = World::live(interview(vec![question("What is your name?")]));
    world.model(used(10));
    world.until_listening(1);
    world.model(used(5));
    world.pass(1_000);
    let total = |source, kind, quantity| UsageTotal { source, model: MODEL.to_owned(), kind, quantity };
    assert_eq!(world.usage, [total(Source::Realtime, Kind::OutputAudio, 15)]);
    world.speak_as_candidate("my name is anna");
    world.until_ended();
    let connected = world.usage.iter().find(|total| total.source == Source::Connection).unwrap();
    let ended_ms = world.now - world.connected_at.unwrap();
    assert!(connected.kind == Kind::Connected && connected.quantity <= ended_ms, "{connected:?}");
    assert!(connected.quantity + 1_000 > ended_ms, "{connected:?} of {ended_ms}");
}
