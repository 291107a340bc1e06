//! One behaviour each.

use super::world::{World, interview, question};
use viva::domain::session::{EndReason, SpeechTag};

#[test]
fn greets_asks_everything_in_order_and_closes() {
    let mut world = World::live(interview(vec![question("What is your name?"), question("What do you like?")]));
    world.until_listening(1);
    world.speak_as_candidate("my name is anna");
    world.until_listening(2);
    world.speak_as_candidate("i like long walks");
    assert_eq!(world.until_ended(), EndReason::Completed);
    assert_eq!(world.tags(), [SpeechTag::Greeting, SpeechTag::Question(1), SpeechTag::Question(2), SpeechTag::Closing]);
    assert_eq!(world.saved, Some(true));
    assert_eq!(world.questions[&1], ("answered", Some("pause"), vec![]));
    assert_eq!(world.questions[&2], ("answered", Some("pause"), vec![]));
    let texts: Vec<String> = world.transcript().into_iter().map(|(_, text, _)| text).collect();
    assert!(texts[0].contains("I am an AI"), "{texts:?}");
    assert_eq!(texts[1..4], ["What is your name?", "my name is anna", "What do you like?"]);
}
