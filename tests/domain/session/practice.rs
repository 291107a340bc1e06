//! Practice: one question, nothing kept, and everybody is told so; and the time that it takes.

use super::world::{World, interview, question};
use viva::domain::{
    event::LiveEvent,
    interview::Interview,
    load::CodecPolicy,
    practice::{Purpose, practice_of},
    session::{EndReason, Input, ModelEvent, PeerEvent, SpeechTag, StopReason},
};

fn practised() -> Interview {
    let mut interview = interview(vec![question("What is your name?"), question("What do you like?")]);
    "Ada".clone_into(&mut interview.persona);
    "en-GB".clone_into(&mut interview.language);
    interview.candidate_may_read_results = true;
    interview.recording = true;
    interview.audio_codec = CodecPolicy::Pcmu;
    interview
}

fn practice() -> World {
    let mut world = World::of(practice_of(&practised()), false, Purpose::Practice);
    world.model(ModelEvent::Ready);
    world.connect();
    world
}

#[test]
fn a_practice_belongs_to_its_interview_and_gives_nothing_of_it_away() {
    let practice = practice_of(&practised());
    assert_eq!(practice.validate(), Ok(()));
    assert_eq!((practice.persona.as_str(), practice.language.as_str()), ("Ada", "en-GB"));
    assert_eq!(practice.audio_codec, CodecPolicy::Pcmu, "it sounds as the interview will");
    assert!(!practice.recording && !practice.candidate_may_read_results);
    assert_eq!(practice.questions.len(), 1);
    assert!(practised().questions.iter().all(|question| question.text != practice.questions[0].text));
}

#[test]
fn it_says_what_it_is_asks_once_and_says_what_comes_next() {
    let mut world = practice();
    world.until_listening(1);
    world.speak_as_candidate("the sea");
    assert_eq!(world.until_ended(), EndReason::Completed);
    assert_eq!(world.tags(), [SpeechTag::Greeting, SpeechTag::Question(1), SpeechTag::Closing], "no follow-up");
    let said = |tag: SpeechTag| world.said.iter().find(|speech| speech.tag == tag).unwrap().words.clone();
    let greeting = said(SpeechTag::Greeting);
    assert!(greeting.contains("Ada") && greeting.contains("AI interviewer"), "{greeting}");
    assert!(greeting.contains("practice, and nothing of it is kept"), "{greeting}");
    assert!(said(SpeechTag::Closing).contains("The interview can begin when you are ready"));
    let Some(LiveEvent::Ended(ended)) = world.events.pop().map(|envelope| envelope.event) else { panic!("no end") };
    assert_eq!((ended.saved, ended.results_url), (false, None));
}

#[test]
fn nothing_is_said_to_be_saved_when_it_ends_early() {
    for stop in [Some(StopReason::Budget), None] {
        let mut world = practice();
        world.until_listening(1);
        match stop {
            Some(reason) => world.end(reason),
            None => world.model(ModelEvent::Failed),
        }
        world.until_ended();
        let heard = world.transcript().into_iter().map(|(_, words, _)| words).chain(world.local.clone());
        let last: Vec<String> = heard.collect();
        assert!(last.iter().all(|words| !words.contains("saved")), "{stop:?}: {last:?}");
        assert_eq!(world.saved, Some(false));
    }
}

#[test]
fn whoever_rehearses_is_waited_for_but_not_without_end() {
    const MINUTE_MS: u64 = 60_000;
    let expired = |starts: u64, apart_ms: u64| {
        let mut world = World::new(practised());
        world.input(Input::Peer(PeerEvent::Offered));
        for _ in 0..starts {
            world.input(Input::Preparing { for_ms: 8 * MINUTE_MS });
            world.pass(apart_ms);
        }
        assert_eq!(world.until_ended(), EndReason::Expired);
        world.now / MINUTE_MS
    };
    assert_eq!(expired(0, 0), 15, "its usual age");
    assert_eq!(expired(1, MINUTE_MS), 15, "early is no longer");
    assert_eq!(expired(3, 5 * MINUTE_MS), 18, "8 minutes from the third, which began after 10");
    assert_eq!(expired(12, 5 * MINUTE_MS), 60, "four times its age at the latest");
}
