//! The conversation in virtual time: what needs hours, or a server that no socket test can pace.

use super::*;
use crate::domain::{
    id::{ResponseId, SessionId},
    session::{ResponseStatus, Speech, SpeechTag},
};
use crate::wire::realtime::audio;
use serde_json::Value;
use std::time::Duration;

struct World {
    conversation: Conversation,
    now_ms: u64,
}

fn setup() -> ModelSetup {
    ModelSetup {
        session_id: SessionId::from_random([1; 16]),
        instructions: "Be kind.".into(),
        language: "de-CH".into(),
        voice: None,
        mulaw: false,
        silence_ms: 500,
        prepare: Arc::from([]),
        history: Arc::from([]),
    }
}

impl World {
    /// A session that is ready, with the actions until then.
    fn ready() -> (Self, Vec<Action>) {
        let conversation = Conversation::new(Arc::new(RealtimeConfig::default()), setup());
        let mut world = Self { conversation, now_ms: 0 };
        let actions = world.connect();
        (world, actions)
    }

    fn connect(&mut self) -> Vec<Action> {
        self.conversation.on_open(self.now_ms);
        let mut actions = self.server(json!({"type": "session.created", "session": {}}));
        let turns = json!({"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 500,
            "create_response": false});
        let session = json!({"audio": {"input": {"turn_detection": turns}}});
        actions.extend(self.server(json!({"type": "session.updated", "session": session})));
        actions
    }

    fn server(&mut self, event: Value) -> Vec<Action> {
        let text = event.to_string();
        match audio::parse_delta(&text) {
            Some(delta) => self.conversation.on_delta(self.now_ms, &delta),
            None => {
                let event = crate::wire::realtime::ServerMessage::parse(&text).expect("an event").event;
                self.conversation.on_event(self.now_ms, event);
            }
        }
        self.actions()
    }

    fn command(&mut self, command: ModelCommand) -> Vec<Action> {
        self.conversation.on_command(self.now_ms, command);
        self.actions()
    }

    /// Time passes; timers fire when they are due.
    fn pass(&mut self, ms: u64) -> Vec<Action> {
        let end_ms = self.now_ms + ms;
        let mut actions = Vec::new();
        while let Some(due_ms) = self.conversation.poll_timeout().filter(|due_ms| *due_ms <= end_ms) {
            self.now_ms = self.now_ms.max(due_ms);
            self.conversation.on_timeout(self.now_ms);
            let fired = self.actions();
            let ended = fired.iter().any(|action| matches!(action, Action::End(_)));
            actions.extend(fired);
            if ended {
                return actions;
            }
        }
        self.now_ms = end_ms;
        actions
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.conversation.poll_action()).collect()
    }

    fn say(&mut self, words: &str) -> Vec<Action> {
        let speech = Speech { tag: SpeechTag::Remark, words: words.into(), verbatim: true, brief: None };
        self.command(ModelCommand::Say(speech))
    }
}

/// The events that were sent, without their ids.
fn sent(actions: &[Action]) -> Vec<Value> {
    let sent = actions.iter().filter_map(|action| match action {
        Action::Send(text) => Some(serde_json::from_str::<Value>(text).expect("json")),
        _ => None,
    });
    sent.map(|mut event| {
        event.as_object_mut().expect("an object").remove("event_id").expect("every event has an id");
        event
    })
    .collect()
}

fn told(actions: &[Action]) -> Vec<ModelEvent> {
    actions
        .iter()
        .filter_map(|action| if let Action::Emit(event) = action { Some(event.clone()) } else { None })
        .collect()
}

fn created(id: &str) -> Value {
    json!({"type": "response.created", "response": {"id": id, "status": "in_progress"}})
}

fn done(id: &str, status: &str) -> Value {
    json!({"type": "response.done", "response": {"id": id, "status": status}})
}

fn delta(response: &str, item: &str, ms: usize) -> Value {
    let delta = audio::encode_pcm(&vec![5; ms * 24]);
    json!({"type": "response.output_audio.delta", "response_id": response, "item_id": item, "delta": delta})
}

#[test]
fn instructions_carry_the_sessions_own_and_the_exact_words() {
    let (mut world, _) = World::ready();
    let sent = sent(&world.say("How are you?"));
    let response = &sent[0]["response"];
    let instructions = response["instructions"].as_str().expect("text");
    assert!(instructions.starts_with("Be kind.\n"), "{instructions}");
    assert!(instructions.ends_with("\"\"\"How are you?\"\"\""), "{instructions}");
    assert_eq!(response["metadata"], json!({"viva_tag": "remark"}));
}

#[test]
fn an_old_connection_is_replaced_when_nobody_speaks() {
    let (mut world, _) = World::ready();
    assert_eq!(world.pass(49 * 60_000), []);
    // Someone speaks from minute 49.9 to minute 52, and words are owed until 52:05.
    world.pass(54_000);
    world.server(json!({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 0}));
    assert_eq!(world.pass(126_000), []);
    world.server(json!({"type": "input_audio_buffer.speech_stopped", "item_id": "u", "audio_end_ms": 9}));
    world.server(json!({"type": "input_audio_buffer.committed", "item_id": "u"}));
    assert_eq!(world.pass(5_000), []);
    world.server(
        json!({"type": "conversation.item.input_audio_transcription.completed", "item_id": "u", "transcript": "t"}),
    );
    assert_eq!(world.pass(2_000), [Action::End(Ending::Recycle)]);
    world.conversation.on_lost();
    let replayed = sent(&world.connect());
    assert_eq!(replayed[1]["item"]["content"][0], json!({"type": "input_text", "text": "t"}));
}

#[test]
fn a_connection_is_not_replaced_while_its_last_reply_still_plays() {
    let (mut world, _) = World::ready();
    world.pass(50 * 60_000 - 100);
    world.say("long");
    world.server(created("r"));
    world.server(delta("r", "a", 20_000));
    world.server(done("r", "completed"));
    assert_eq!(world.pass(19_000), [], "received at once, heard for 20 s");
    assert_eq!(world.pass(5_000), [Action::End(Ending::Recycle)]);
}

#[test]
fn speech_started_silences_first_and_tells_then() {
    let (mut world, _) = World::ready();
    world.say("hello");
    world.server(created("r"));
    world.server(delta("r", "a", 400));
    world.conversation.on_voice_sent(7_000, 24_000);
    let actions =
        world.server(json!({"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 200}));
    // 300 ms of padding are not speech.
    let started = ModelEvent::SpeechStarted { item_id: ItemId::new("u"), audio_ms: 7_500 };
    assert_eq!(actions, [Action::Flush, Action::Emit(started)]);
    assert_eq!(world.server(delta("r", "a", 400)), [], "late");
    let actions = told(&world.server(done("r", "cancelled")));
    let response_id = ResponseId::new("r");
    assert_eq!(
        actions,
        [
            ModelEvent::AgentAudioDone { item_id: ItemId::new("a"), received_ms: 400 },
            ModelEvent::ResponseDone { response_id, status: ResponseStatus::Cancelled },
        ]
    );
}

#[test]
fn a_server_without_half_of_its_events_is_followed() {
    let (mut world, _) = World::ready();
    world.say("hello");
    // No response.created, no output_item.added, no done of audio or words.
    let mut actions = world.server(delta("r", "a", 100));
    actions.extend(world.server(json!({"type": "response.output_audio_transcript.delta", "response_id": "r",
        "item_id": "a", "delta": "hello"})));
    actions.extend(world.server(done("r", "completed")));
    actions.extend(world.server(done("r", "completed")));
    let (item_id, response_id) = (ItemId::new("a"), ResponseId::new("r"));
    let expected = [
        Action::Emit(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: Some(SpeechTag::Remark) }),
        Action::Emit(ModelEvent::AgentItem { response_id: response_id.clone(), item_id: item_id.clone() }),
        Action::Push { item_id: item_id.clone(), pcm: vec![5; 2_400] },
        Action::Emit(ModelEvent::AgentTextDelta { item_id: item_id.clone(), delta: "hello".into() }),
        Action::Emit(ModelEvent::AgentText { item_id: item_id.clone(), text: "hello".into() }),
        Action::Finish(item_id.clone()),
        Action::Emit(ModelEvent::AgentAudioDone { item_id, received_ms: 100 }),
        Action::Emit(ModelEvent::ResponseDone { response_id, status: ResponseStatus::Completed }),
    ];
    assert_eq!(actions, expected);
}

#[test]
fn big_deltas_are_queued_in_small_pieces() {
    let (mut world, _) = World::ready();
    let sizes: Vec<usize> = world
        .server(delta("r", "a", 1_050))
        .iter()
        .filter_map(|action| if let Action::Push { pcm, .. } = action { Some(pcm.len()) } else { None })
        .collect();
    assert_eq!(sizes, [4_800, 4_800, 4_800, 4_800, 4_800, 1_200]);
}

#[test]
fn a_busy_server_is_asked_again() {
    let (mut world, _) = World::ready();
    world.say("hello");
    let busy = json!({"type": "error", "error": {"type": "invalid_request_error",
        "code": "conversation_already_has_active_response", "message": "m"}});
    assert_eq!(world.server(busy), []);
    let again = sent(&world.pass(1_000));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0]["type"], "response.create");
}

#[test]
fn a_response_that_never_starts_fails_after_ten_seconds() {
    let (mut world, _) = World::ready();
    world.say("hello");
    assert_eq!(world.pass(9_900), []);
    let events = told(&world.pass(200));
    assert!(matches!(events[0], ModelEvent::ResponseStarted { tag: Some(SpeechTag::Remark), .. }), "{events:?}");
    assert!(matches!(events[1], ModelEvent::ResponseDone { status: ResponseStatus::Failed, .. }), "{events:?}");
}

#[test]
fn a_response_cancelled_before_it_starts_is_cancelled_when_it_does() {
    let (mut world, _) = World::ready();
    world.say("hello");
    assert_eq!(world.command(ModelCommand::Cancel), []);
    let cancel = sent(&world.server(created("r")));
    assert_eq!(cancel, [json!({"type": "response.cancel", "response_id": "r"})]);
    assert_eq!(world.server(delta("r", "a", 100)), []);
}

#[test]
fn a_silent_update_is_waited_for_five_seconds() {
    let mut world = World { conversation: Conversation::new(Arc::new(RealtimeConfig::default()), setup()), now_ms: 0 };
    world.conversation.on_open(0);
    world.server(json!({"type": "session.created", "session": {}}));
    assert_eq!(world.say("hello"), [], "not before the configuration");
    assert_eq!(world.pass(4_900), []);
    let actions = world.pass(200);
    assert_eq!(told(&actions), [ModelEvent::Ready]);
    assert_eq!(sent(&actions)[0]["type"], "response.create");
}

#[test]
fn a_server_that_never_begins_a_session_is_left() {
    let config = RealtimeConfig { connect_timeout: Duration::from_secs(3), ..RealtimeConfig::default() };
    let mut world = World { conversation: Conversation::new(Arc::new(config), setup()), now_ms: 0 };
    world.conversation.on_open(0);
    assert!(matches!(world.pass(3_000)[..], [Action::End(Ending::Broken(_))]));
}

#[test]
fn what_was_heard_is_replayed_and_not_more() {
    let (mut world, _) = World::ready();
    world.say("x");
    world.server(created("r"));
    world.server(delta("r", "a", 4_000));
    let words = json!({"type": "response.output_audio_transcript.done", "response_id": "r", "item_id": "a",
        "transcript": "one two three four five six seven eight"});
    world.server(words);
    world.server(done("r", "completed"));
    let truncate = sent(&world.command(ModelCommand::Truncate { item_id: ItemId::new("a"), heard_ms: 2_000 }));
    assert_eq!(truncate[0]["audio_end_ms"], 2_000);
    world.conversation.on_lost();
    world.actions();
    let replayed = sent(&world.connect());
    assert_eq!(replayed[1]["item"]["content"][0]["text"], "one two three four");
    assert_eq!(replayed[1]["previous_item_id"], "root");
}

#[test]
fn the_exhausted_account_is_fatal_wherever_it_is_named() {
    for event in [
        json!({"type": "error", "error": {"type": "insufficient_quota", "message": "m"}}),
        json!({"type": "error", "error": {"type": "x", "code": "credit_balance_exhausted", "message": "m"}}),
        json!({"type": "response.done", "response": {"id": "r", "status": "failed", "status_details":
            {"type": "failed", "error": {"type": "insufficient_quota"}}}}),
    ] {
        let (mut world, _) = World::ready();
        let actions = world.server(event.clone());
        assert!(matches!(actions.last(), Some(Action::End(Ending::Fatal(_)))), "{event}: {actions:?}");
    }
}

/// The session in a server's words, with these formats.
fn formats(input: &str, output: &str) -> Value {
    json!({"type": "session.updated", "session": {"audio": {
        "input": {"format": {"type": input}}, "output": {"format": {"type": output}}}}})
}

fn mulaw_world() -> (World, Vec<Action>) {
    let setup = ModelSetup { mulaw: true, ..setup() };
    let mut world = World { conversation: Conversation::new(Arc::new(RealtimeConfig::default()), setup), now_ms: 0 };
    world.conversation.on_open(0);
    let actions = world.server(json!({"type": "session.created", "session": {}}));
    (world, actions)
}

#[test]
fn a_server_that_takes_mulaw_gets_and_gives_it_as_it_is() {
    let (mut world, actions) = mulaw_world();
    let audio = &sent(&actions)[0]["session"]["audio"];
    assert_eq!(audio["input"]["format"], json!({"type": "audio/pcmu"}));
    assert_eq!(audio["output"]["format"], json!({"type": "audio/pcmu"}));
    assert!(!world.conversation.hears_mulaw(), "it has not said so yet");
    world.server(formats("audio/pcmu", "audio/pcmu"));
    assert!(world.conversation.is_ready() && world.conversation.hears_mulaw());
    let bytes: Vec<u8> = (0..2_000).map(|index| index as u8).collect();
    let delta = json!({"type": "response.output_audio.delta", "response_id": "r", "item_id": "a",
        "content_index": 0, "delta": audio::encode_bytes(&bytes)});
    let pushed: Vec<u8> = world
        .server(delta)
        .into_iter()
        .filter_map(|action| match action {
            Action::PushMulaw { bytes, .. } => Some(bytes),
            Action::Push { .. } => panic!("samples"),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(pushed, bytes);
    let done = told(&world.server(done("r", "completed")));
    // 8 bytes are a millisecond.
    assert!(done.contains(&ModelEvent::AgentAudioDone { item_id: ItemId::new("a"), received_ms: 250 }), "{done:?}");
    world.conversation.on_lost();
    world.conversation.on_open(world.now_ms);
    assert!(!world.conversation.hears_mulaw(), "another connection agrees anew");
}

#[test]
fn a_server_without_mulaw_gets_samples() {
    for answer in [
        formats("audio/pcm", "audio/pcm"),
        json!({"type": "session.updated", "session": {}}),
        json!({"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_value",
            "message": "no such format", "param": "session.audio.input.format"}}),
    ] {
        let (mut world, _) = mulaw_world();
        world.server(answer);
        world.server(json!({"type": "session.updated", "session": {}}));
        assert!(world.conversation.is_ready() && !world.conversation.hears_mulaw());
        let actions = world.server(delta("r", "a", 100));
        assert!(actions.iter().any(|action| matches!(action, Action::Push { .. })));
    }
}
