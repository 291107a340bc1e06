//! One behaviour each.

use super::world::{Behaviour, WORD_MS, World, interview, question};
use viva::domain::{
    event::{ClientMessage, LiveEvent},
    id::{ItemId, ResponseId},
    interview::{Interview, Question},
    session::{
        Change, EndReason, Input, ModelCommand, ModelEvent, PeerEvent, ResponseStatus, SpeechTag, Status, StopReason,
        Timer,
    },
    transcript::{ItemState, Role},
};

fn two_questions() -> Interview {
    interview(vec![question("What is your name?"), question("What do you like?")])
}

fn with_follow_up() -> Interview {
    let first = Question {
        follow_ups: vec!["Why is that?".to_owned()],
        short_answer_words: 5,
        ..question("What do you like about your work?")
    };
    interview(vec![first, question("What else?")])
}

/// Words long enough to interrupt in the middle.
const LONG: &str =
    "Please tell me about one of the projects that you were most proud of in the last three years of work";

fn long_first() -> Interview {
    interview(vec![question(LONG), question("What else?")])
}

#[test]
fn greets_asks_everything_in_order_and_closes() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("my name is anna");
    world.until_listening(2);
    world.speak_as_candidate("i like long walks");
    assert_eq!(world.until_ended(), EndReason::Completed);
    let tags = [SpeechTag::Greeting, SpeechTag::Question(1), SpeechTag::Question(2), SpeechTag::Closing];
    assert_eq!(world.tags(), tags);
    assert_eq!(world.saved, Some(true));
    assert_eq!(world.questions[&1], ("answered", Some("pause"), vec![]));
    assert_eq!(world.questions[&2], ("answered", Some("pause"), vec![]));
    let texts: Vec<String> = world.transcript().into_iter().map(|(_, text, _)| text).collect();
    assert!(texts[0].contains("I am an AI"), "{texts:?}");
    assert_eq!(texts[1..4], ["What is your name?", "my name is anna", "What do you like?"]);
    assert_eq!(world.session.status(), Status::Ended);
    assert_eq!(world.session.poll_timeout(), None);
}

#[test]
fn the_greeting_is_made_before_anybody_connects_and_begins_with_the_first_media() {
    let mut world = World::new(two_questions());
    world.model(ModelEvent::Ready);
    assert_eq!(world.tags(), [SpeechTag::Greeting]);
    world.pass(5_000);
    assert!(world.items.is_empty() && world.session.speaker().is_none());
    world.connect();
    world.until("the greeting is heard", |world| !world.items.is_empty());
    let greeting = world.items.values().next().unwrap();
    assert_eq!((greeting.start_ms, greeting.role), (0, Role::Assistant));
    assert!(world.said[0].words.contains("Vera") && world.said[0].words.contains("two questions"));
    assert_eq!(world.session.prepare()[..2], [world.said[0].words.clone(), "What is your name?".to_owned()]);
}

#[test]
fn a_short_answer_gets_one_follow_up_and_no_more() {
    let mut world = World::live(with_follow_up());
    world.until_listening(1);
    world.speak_as_candidate("the people");
    world.until("the follow-up", |world| world.tags().contains(&SpeechTag::FollowUp { question: 1, follow_up: 1 }));
    world.until_listening(1);
    world.speak_as_candidate("kind");
    world.until_listening(2);
    assert_eq!(world.questions[&1], ("answered", Some("pause"), vec!["Why is that?".to_owned()]));
}

#[test]
fn a_long_answer_gets_no_follow_up() {
    let mut world = World::live(with_follow_up());
    world.until_listening(1);
    world.speak_as_candidate("i like the people there because they are kind");
    world.until_listening(2);
    assert!(!world.tags().contains(&SpeechTag::FollowUp { question: 1, follow_up: 1 }));
}

#[test]
fn a_pause_shorter_than_patience_does_not_end_an_answer() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("my name is");
    world.pass(600);
    world.speak_as_candidate("anna");
    world.pass(600);
    assert_eq!(world.session.question().number, 1);
    assert_eq!(world.tags().len(), 2);
    world.until_listening(2);
}

#[test]
fn a_late_transcript_is_waited_for_and_a_lost_one_is_counted_by_time() {
    let mut world = World::live(with_follow_up());
    world.until_listening(1);
    let item_id = world.start_speech();
    world.pass(6_000);
    world.stop_speech(&item_id, None);
    world.pass(3_900);
    assert_eq!(world.tags().len(), 2, "the words may still come");
    world.pass(200);
    // Six seconds are fifteen words: not short.
    world.until_listening(2);
    world.model(ModelEvent::UserTextFailed { item_id: item_id.clone() });
    world.pass(100);
    assert_eq!(world.items[item_id.as_str()].state, ItemState::Missing);
}

#[test]
fn late_words_do_not_move_an_item() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    let item_id = world.start_speech();
    world.pass(2_000);
    world.stop_speech(&item_id, None);
    world.until_listening(2);
    world.speak_as_candidate("walks");
    world.model(ModelEvent::UserText { item_id, text: "anna".to_owned() });
    world.pass(100);
    let said: Vec<String> =
        world.transcript().into_iter().filter(|(role, ..)| *role == Role::User).map(|(_, text, _)| text).collect();
    assert_eq!(said, ["anna", "walks"]);
}

#[test]
fn finished_ends_the_answer_without_patience() {
    let mut plan = two_questions();
    plan.questions[0].patience_ms = 20_000;
    let mut world = World::live(plan);
    world.until_listening(1);
    let item_id = world.start_speech();
    world.pass(2_000);
    world.client(ClientMessage::Finished);
    assert!(world.commands.contains(&ModelCommand::CommitAudio));
    world.stop_speech(&item_id, Some("i am anna"));
    world.pass(1);
    assert_eq!(world.tags().last(), Some(&SpeechTag::Question(2)));
    world.until_listening(2);
    assert_eq!(world.questions[&1], ("answered", Some("finished"), vec![]));
    world.client(ClientMessage::Finished);
    world.pass(1_000);
    assert_eq!(world.until_ended(), EndReason::Completed);
    assert_eq!(world.questions[&2], ("skipped", Some("finished"), vec![]));
}

#[test]
fn a_moment_is_granted_for_a_minute() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.client(ClientMessage::Wait);
    assert_eq!(world.notices(), ["wait_granted"]);
    world.pass(59_000);
    assert_eq!(world.tags().len(), 2, "no remark about silence");
    world.pass(2_000);
    assert_eq!(world.tags().last(), Some(&SpeechTag::Repeat(1)));
}

#[test]
fn a_repeat_is_said_and_the_answer_goes_on() {
    let mut world = World::live(with_follow_up());
    world.until_listening(1);
    world.speak_as_candidate("i like the people");
    world.client(ClientMessage::Repeat);
    world.until_listening(1);
    assert_eq!(world.said.last().unwrap().tag, SpeechTag::Repeat(1));
    assert_eq!(world.said.last().unwrap().words, "What do you like about your work?");
    world.speak_as_candidate("and the food");
    world.until_listening(2);
    assert_eq!(world.questions[&1].2, Vec::<String>::new(), "four and three words are not short");
}

#[test]
fn a_typed_answer_counts_like_a_spoken_one() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.client(ClientMessage::Text { text: "  I am Anna. ".to_owned() });
    let typed =
        |command: &ModelCommand| matches!(command, ModelCommand::AddUserText { text, .. } if text == "I am Anna.");
    assert!(world.commands.iter().any(typed));
    world.until_listening(2);
    assert_eq!(world.questions[&1], ("answered", Some("finished"), vec![]));
    assert!(world.transcript().iter().any(|(role, text, _)| *role == Role::User && text == "I am Anna."));
}

#[test]
fn silence_is_met_with_patience_once_and_then_the_question_is_skipped() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.pass(19_900);
    assert_eq!(world.tags().len(), 2);
    world.pass(200);
    assert_eq!(world.said.last().unwrap().words, "Take your time. What is your name?");
    world.until_listening(1);
    world.pass(20_100);
    world.until_listening(2);
    assert_eq!(world.questions[&1], ("skipped", Some("no_answer"), vec![]));
}

#[test]
fn the_time_box_moves_on_at_the_next_pause() {
    let mut plan = two_questions();
    plan.questions[0].time_box_ms = 5_000;
    plan.questions[0].patience_ms = 20_000;
    let mut world = World::live(plan);
    world.until_listening(1);
    let item_id = world.start_speech();
    world.pass(10_000);
    assert_eq!(world.tags().len(), 2, "nobody is cut in on at once");
    world.stop_speech(&item_id, Some("well it is a long story"));
    world.until_listening(2);
    assert_eq!(world.questions[&1], ("answered", Some("time_box"), vec![]));
}

#[test]
fn somebody_who_never_pauses_is_cut_in_on_a_minute_after_the_time_box() {
    let mut plan = two_questions();
    plan.questions[0].time_box_ms = 5_000;
    let mut world = World::live(plan);
    world.until_listening(1);
    world.start_speech();
    world.pass(75_000);
    assert_eq!(world.session.question().number, 2);
    assert!(world.commands.contains(&ModelCommand::CommitAudio));
}

#[test]
fn the_longest_interview_ends_with_words_and_every_question_has_a_reason() {
    let mut plan = two_questions();
    plan.limits.max_duration_ms = 60_000;
    let mut world = World::live(plan);
    world.until_listening(1);
    world.speak_as_candidate("anna");
    world.until_listening(2);
    world.start_speech();
    assert_eq!(world.until_ended(), EndReason::TimeLimit);
    assert_eq!(world.tags().last(), Some(&SpeechTag::Closing));
    assert_eq!(world.questions[&1].1, Some("pause"));
    assert_eq!((world.questions[&2].0, world.questions[&2].1), ("answered", Some("time_limit")));
}

#[test]
fn an_interrupted_question_keeps_what_was_heard_and_is_repeated_after_a_word() {
    let mut world = World::live(long_first());
    world.until("the question is heard", |world| world.session.question().number == 1);
    world.pass(8 * WORD_MS);
    let item_id = world.start_speech();
    world.pass(400);
    let truncated = |command: &ModelCommand| matches!(command, ModelCommand::Truncate { heard_ms: 3_200, .. });
    assert!(world.commands.iter().any(truncated), "{:?}", world.commands);
    world.stop_speech(&item_id, Some("sorry"));
    world.until_said(SpeechTag::Repeat(1));
    assert_eq!(world.interruptions, 1);
    let cut = world.items.values().find(|item| item.generated_content == LONG && item.content != LONG).unwrap();
    assert_eq!(cut.content, "Please tell me about one of the projects");
    assert_eq!(cut.state, ItemState::Final);
}

#[test]
fn an_answer_over_the_end_of_a_question_is_an_answer() {
    let mut world = World::live(long_first());
    world.until("the question is heard", |world| world.session.question().number == 1);
    world.pass(15 * WORD_MS);
    world.speak_as_candidate("the bridge");
    world.until_said(SpeechTag::Question(2));
    world.until_listening(2);
    assert!(!world.tags().contains(&SpeechTag::Repeat(1)));
    assert_eq!(world.questions[&1].0, "answered");
}

#[test]
fn words_over_the_first_syllable_of_a_question_go_with_the_answer_before() {
    let mut world = World::live(interview(vec![question("What is your name?"), question(LONG)]));
    world.until_listening(1);
    world.speak_as_candidate("my name is anna");
    world.until("the next question is heard", |world| world.session.question().number == 2);
    world.pass(WORD_MS);
    let item_id = world.speak_as_candidate("and my second name is maria");
    world.until_said(SpeechTag::Repeat(2));
    world.pass(100);
    assert_eq!(world.items[item_id.as_str()].question, Some(1));
}

#[test]
fn a_cough_repeats_what_it_cut() {
    let mut world = World::live(long_first());
    world.until("the question is heard", |world| world.session.question().number == 1);
    world.pass(15 * WORD_MS);
    world.speak_as_candidate("");
    world.until_said(SpeechTag::Repeat(1));
}

#[test]
fn a_cough_in_an_answer_is_not_an_answer() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("");
    world.pass(5_000);
    assert_eq!((world.session.question().number, world.tags().len()), (1, 2));
    world.until_said(SpeechTag::Repeat(1));
}

#[test]
fn a_disclosure_that_was_not_heard_is_said_again_before_the_first_question() {
    let mut world = World::live(two_questions());
    world.until("the greeting is heard", |world| !world.items.is_empty());
    world.pass(4 * WORD_MS);
    world.speak_as_candidate("hello there how are you");
    world.until_listening(1);
    let tags = [SpeechTag::Greeting, SpeechTag::Greeting, SpeechTag::Question(1)];
    assert_eq!(world.tags(), tags);
    assert!(world.said[1].words.contains("I am an AI"));
}

#[test]
fn a_greeting_cut_after_the_disclosure_goes_on_with_the_first_question() {
    let mut world = World::live(two_questions());
    world.until("the greeting is heard", |world| !world.items.is_empty());
    world.pass(14 * WORD_MS);
    world.speak_as_candidate("hello");
    world.until_listening(1);
    assert_eq!(world.tags(), [SpeechTag::Greeting, SpeechTag::Question(1)]);
}

#[test]
fn who_never_lets_the_disclosure_be_heard_is_shown_it() {
    let mut world = World::live(two_questions());
    for _ in 0..3 {
        world.until("the interviewer is heard", |world| {
            world.events.iter().rev().find_map(|envelope| match &envelope.event {
                LiveEvent::Turn(turn) => Some(turn.state == "speaking" && turn.speaker == Some("assistant")),
                _ => None,
            }) == Some(true)
        });
        world.speak_as_candidate("hello hello hello");
    }
    world.until_listening(1);
    assert!(world.notices().contains(&"ai_disclosure"));
}

#[test]
fn who_goes_on_before_the_next_question_is_heard_keeps_the_floor() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("my name is");
    world.model = Behaviour::Silent;
    world.until("the next question is asked for", |world| world.tags().last() == Some(&SpeechTag::Question(2)));
    world.start_speech();
    assert_eq!(world.commands.last(), Some(&ModelCommand::Cancel));
    assert_eq!((world.session.speaker(), world.session.question().number), (Some(Role::User), 1));
    assert_eq!(world.interruptions, 0);
}

#[test]
fn nothing_is_said_while_a_response_is_under_way() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.model = Behaviour::Silent;
    world.speak_as_candidate("anna");
    world.until_said(SpeechTag::Question(2));
    let response_id = ResponseId::new("slow");
    world.model(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: None });
    world.client(ClientMessage::Repeat);
    world.end(StopReason::Platform);
    assert_eq!(world.tags().len(), 3, "the closing waits");
    assert_eq!(world.commands.last(), Some(&ModelCommand::Cancel));
    world.model(ModelEvent::ResponseDone { response_id, status: ResponseStatus::Cancelled });
    assert_eq!(world.tags().last(), Some(&SpeechTag::Closing));
}

#[test]
fn a_response_that_nobody_asked_for_is_cancelled() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.model(ModelEvent::ResponseStarted { response_id: ResponseId::new("own-idea"), tag: None });
    assert_eq!(world.commands.last(), Some(&ModelCommand::Cancel));
}

#[test]
fn a_settled_item_is_announced_only_after_it_is_durable() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.pass(100);
    world.store = Behaviour::Silent;
    let item_id = world.speak_as_candidate("my name is anna");
    world.until_listening(2);
    let announced = |world: &World| {
        let settled = |envelope: &&viva::domain::event::Envelope| {
            matches!(&envelope.event, LiveEvent::Item(item)
                if item.item_id == item_id.as_str() && item.state == "final")
        };
        world.events.iter().filter(settled).count()
    };
    assert_eq!(announced(&world), 0);
    let under_way = world.persists.last().unwrap().0;
    world.input(Input::PersistFailed { sequence: under_way });
    world.input(Input::PersistFailed { sequence: under_way });
    assert_eq!(world.notices(), ["save_trouble"], "once");
    world.store = Behaviour::Prompt;
    world.input(Input::Persisted { sequence: under_way });
    world.pass(100);
    assert_eq!(announced(&world), 1);
    let in_snapshot = world.session.snapshot().into_iter().any(
        |event| matches!(event, LiveEvent::Item(item) if item.item_id == item_id.as_str() && item.state == "final"),
    );
    assert!(in_snapshot);
}

#[test]
fn only_one_transaction_is_under_way_and_their_numbers_grow() {
    let mut world = World::live(two_questions());
    world.store = Behaviour::Silent;
    let before = world.persists.len();
    world.until_listening(1);
    world.speak_as_candidate("anna");
    world.until_listening(2);
    assert!(world.persists.len() <= before + 1);
    let sequences: Vec<u64> = world.persists.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_lost_candidate_may_come_back_and_hears_the_question_again() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.input(Input::Peer(PeerEvent::Closed));
    assert_eq!(world.session.status(), Status::Reconnecting);
    world.pass(300_000);
    world.connect();
    assert_eq!(world.session.status(), Status::Active);
    world.until_listening(1);
    assert_eq!(world.said.last().unwrap().words, "Welcome back. What is your name?");
    world.speak_as_candidate("anna");
    world.until_listening(2);
}

#[test]
fn who_was_answering_when_lost_is_asked_to_go_on() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("my name is anna and");
    world.input(Input::Peer(PeerEvent::Closed));
    world.pass(10_000);
    world.connect();
    world.until_listening(1);
    assert_eq!(world.said.last().unwrap().tag, SpeechTag::Remark);
    world.pass(25_000);
    world.until_listening(2);
    assert_eq!(world.questions[&1].0, "answered", "what was said before counts");
}

#[test]
fn who_does_not_come_back_ends_the_session() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.input(Input::Peer(PeerEvent::Closed));
    assert_eq!(world.until_ended(), EndReason::NetworkLost);
    assert_eq!(world.questions[&1], ("asked", Some("network_lost"), vec![]));
    assert_eq!(world.questions[&2], ("skipped", Some("network_lost"), vec![]));
}

#[test]
fn a_session_that_nobody_connects_to_expires() {
    let mut world = World::new(two_questions());
    world.model(ModelEvent::Ready);
    assert_eq!(world.session.poll_timeout().map(|(_, timer)| timer), Some(Timer::Response));
    world.input(Input::Peer(PeerEvent::Offered));
    assert_eq!(world.session.status(), Status::Connecting);
    assert_eq!(world.until_ended(), EndReason::Expired);
    assert_eq!(world.now, 900_002);
}

#[test]
fn trouble_is_shown_and_failure_is_spoken_with_the_servers_own_voice() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.speak_as_candidate("anna");
    world.pass(100);
    world.model(ModelEvent::Trouble);
    world.model(ModelEvent::Failed);
    assert_eq!(world.until_ended(), EndReason::EngineFailed);
    assert_eq!(world.notices(), ["engine_trouble", "engine_failed"]);
    assert_eq!(world.local.len(), 1);
    assert!(world.local[0].contains("Your answers so far are saved"));
    assert!(world.transcript().iter().any(|(_, text, _)| text.contains("technical problem")));
}

#[test]
fn nothing_is_called_saved_that_is_not() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.store = Behaviour::Silent;
    world.speak_as_candidate("anna");
    world.model(ModelEvent::Failed);
    assert_eq!(world.until_ended(), EndReason::EngineFailed);
    assert!(!world.local[0].contains("saved"), "{:?}", world.local);
    assert_eq!(world.saved, Some(false));
}

#[test]
fn trouble_that_passes_goes_on_where_it_was() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.model = Behaviour::Silent;
    world.speak_as_candidate("anna");
    world.until("the question is asked for", |world| world.tags().len() == 3);
    world.model(ModelEvent::Trouble);
    world.pass(5_000);
    world.model = Behaviour::Prompt;
    world.model(ModelEvent::Recovered);
    world.until_listening(2);
    assert_eq!(world.tags().len(), 4, "the question is asked for again");
}

#[test]
fn a_model_that_never_answers_is_given_up() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.model = Behaviour::Silent;
    world.speak_as_candidate("anna");
    assert_eq!(world.until_ended(), EndReason::EngineFailed);
    let tried = world.tags().iter().filter(|tag| **tag == SpeechTag::Question(2)).count();
    assert_eq!(tried, 3);
    assert_eq!(world.local.len(), 1);
}

#[test]
fn a_failed_model_before_the_connection_is_told_to_who_connects() {
    let mut world = World::new(two_questions());
    world.model(ModelEvent::Failed);
    assert_eq!(world.session.status(), Status::Created);
    world.connect();
    assert_eq!(world.until_ended(), EndReason::EngineFailed);
    assert_eq!(world.local.len(), 1);
}

#[test]
fn a_drain_says_goodbye_and_the_candidate_ends_at_once() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.end(StopReason::Drain);
    assert_eq!(world.session.status(), Status::Closing);
    assert_eq!(world.until_ended(), EndReason::Interrupted);
    assert_eq!(world.tags().last(), Some(&SpeechTag::Closing));

    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.end(StopReason::Candidate);
    let started = world.now;
    assert_eq!(world.until_ended(), EndReason::CandidateEnded);
    assert!(world.now - started < 100, "nothing is said");
    assert!(!world.tags().contains(&SpeechTag::Closing));
    assert_eq!(world.commands.last(), Some(&ModelCommand::Close));
}

#[test]
fn the_last_words_are_waited_for_when_the_candidate_ends() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    let item_id = world.start_speech();
    world.pass(1_000);
    world.end(StopReason::Candidate);
    assert_eq!(world.commands.last(), Some(&ModelCommand::CommitAudio));
    world.stop_speech(&item_id, Some("goodbye then"));
    assert_eq!(world.until_ended(), EndReason::CandidateEnded);
    assert_eq!(world.items[item_id.as_str()].content, "goodbye then");
    assert_eq!((world.questions[&1].0, world.questions[&1].1), ("answered", Some("candidate_ended")));
}

#[test]
fn closing_words_that_were_cut_are_said_again() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.end(StopReason::Platform);
    world.pass(WORD_MS);
    let item_id = world.start_speech();
    world.pass(400);
    world.stop_speech(&item_id, Some("wait"));
    assert_eq!(world.until_ended(), EndReason::PlatformEnded);
    assert_eq!(world.tags().iter().filter(|tag| **tag == SpeechTag::Closing).count(), 2);
}

#[test]
fn an_end_is_not_called_saved_when_the_store_is_gone() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.store = Behaviour::Silent;
    world.end(StopReason::Candidate);
    assert_eq!(world.until_ended(), EndReason::CandidateEnded);
    assert_eq!(world.saved, Some(false));
}

#[test]
fn nothing_is_heard_before_consent() {
    let mut world = World::with(two_questions(), true);
    world.model(ModelEvent::Ready);
    world.connect();
    world.until_listening(1);
    world.model(ModelEvent::SpeechStarted { item_id: ItemId::new("early"), audio_ms: 1 });
    world.model(ModelEvent::UserText { item_id: ItemId::new("early"), text: "no".to_owned() });
    world.client(ClientMessage::Text { text: "no".to_owned() });
    world.pass(100);
    assert!(world.items.values().all(|item| item.role == Role::Assistant));
    world.input(Input::Consented);
    world.speak_as_candidate("yes");
    world.until_listening(2);
}

#[test]
fn the_end_carries_everything_and_ends_the_status() {
    let mut world = World::live(two_questions());
    world.until_listening(1);
    world.end(StopReason::Internal);
    assert_eq!(world.until_ended(), EndReason::Internal);
    let (_, last) = world.persists.last().unwrap();
    assert!(last.contains(&Change::Status { status: Status::Ended, end_reason: Some(EndReason::Internal) }));
    let ended = world.events.iter().find_map(|envelope| match &envelope.event {
        LiveEvent::Ended(data) => Some(data.clone()),
        _ => None,
    });
    let ended = ended.unwrap();
    assert_eq!((ended.end_reason, ended.saved), ("internal", true));
    assert!(ended.results_url.unwrap().starts_with("/results/ses_"));
    let ids: Vec<u64> = world.events.iter().map(|envelope| envelope.id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    let events = world.events.len();
    world.client(ClientMessage::Finished);
    world.end(StopReason::Candidate);
    assert_eq!(world.events.len(), events, "nothing follows");
}
