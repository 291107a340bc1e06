//! A server's side of a conversation: clients' messages and an engine's news in, events and orders out.

use serde_json::{Value, json};
use viva::{
    domain::{
        id::{ItemId, ResponseId},
        interview::{Interview, Question},
        session::{ModelEvent, ResponseStatus, Script},
        turns::{Detection, Turns},
    },
    wire::realtime::{
        ClientMessage, SessionConfig, audio,
        serve::{Output, Served, Setup},
    },
};

fn interview() -> Interview {
    let question = |text: &str, follow_ups: &[&str]| Question {
        text: text.to_owned(),
        follow_ups: follow_ups.iter().map(|&text| text.to_owned()).collect(),
        short_answer_words: 3,
        patience_ms: 700,
        time_box_ms: 60_000,
        ..Question::default()
    };
    Interview {
        id: "two".to_owned(),
        kind: "two".to_owned(),
        title: "Two".to_owned(),
        description: "Two questions.".to_owned(),
        language: "en".to_owned(),
        persona: "Vera".to_owned(),
        questions: vec![question("What is first?", &["Why?", "Really?"]), question("What is second?", &[])],
        ..Interview::default()
    }
}

/// A conversation, and what it has said and ordered so far.
struct World {
    served: Served,
    events: Vec<Value>,
    orders: Vec<Output>,
}

impl World {
    fn new() -> Self {
        Self::granted(SessionConfig::default())
    }

    fn granted(session: SessionConfig) -> Self {
        let setup = Setup {
            connection: "c".to_owned(),
            model: "a-model".to_owned(),
            expires_at: 60,
            session,
            script: Script::new(interview()),
        };
        let mut this = Self { served: Served::new(setup), events: Vec::new(), orders: Vec::new() };
        this.drain();
        this
    }

    fn drain(&mut self) {
        while let Some(output) = self.served.poll_output() {
            match output {
                Output::Send(message) => self.events.push(serde_json::to_value(&message).unwrap()),
                order => self.orders.push(order),
            }
        }
    }

    fn client(&mut self, event: Value) {
        self.served.on_client(ClientMessage::parse(&event.to_string()).unwrap());
        self.drain();
    }

    fn engine(&mut self, event: ModelEvent) {
        self.served.on_engine(event);
        self.drain();
    }

    /// Types of the events since the last call.
    fn kinds(&mut self) -> Vec<String> {
        self.events.drain(..).map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    fn error(&mut self) -> Value {
        let event = self.events.pop().expect("an event");
        assert_eq!(event["type"], "error", "{event}");
        event["error"].clone()
    }

    fn orders(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.orders)
    }

    /// Somebody speaks, and what was said is known.
    fn hear(&mut self, item: &str, text: &str) {
        let item_id = ItemId::new(item);
        self.engine(ModelEvent::SpeechStarted { item_id: item_id.clone(), audio_ms: 100 });
        self.engine(ModelEvent::SpeechStopped { item_id: item_id.clone(), audio_ms: 900 });
        self.engine(ModelEvent::Committed { item_id: item_id.clone() });
        self.engine(ModelEvent::UserText { item_id, text: text.to_owned() });
    }

    /// The engine says what it was asked to.
    fn speak(&mut self, number: u32, words: &str) {
        self.begin(number, words);
        self.done(number, ResponseStatus::Completed);
    }

    fn begin(&mut self, number: u32, words: &str) {
        let (response_id, item_id) = ids(number);
        self.engine(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: None });
        self.engine(ModelEvent::AgentItem { response_id, item_id: item_id.clone() });
        self.served.on_voice(item_id.as_str(), &[7; 24_000]);
        self.engine(ModelEvent::AgentTextDelta { item_id, delta: words.to_owned() });
    }

    fn done(&mut self, number: u32, status: ResponseStatus) {
        self.engine(ModelEvent::ResponseDone { response_id: ids(number).0, status });
    }
}

fn ids(number: u32) -> (ResponseId, ItemId) {
    (ResponseId::new(format!("resp_{number}")), ItemId::new(format!("agent_{number}")))
}

fn update(session: Value) -> Value {
    let mut session = session;
    session["type"] = json!("realtime");
    json!({"type": "session.update", "session": session})
}

fn speaks(words: &str) -> Vec<Output> {
    vec![Output::Speak(words.to_owned())]
}

#[test]
fn answers_lead_through_the_interview_word_for_word() {
    let mut world = World::new();
    world.hear("user_1", "Hello");
    let greeting = "Hello, I am Vera. Please note that I am an AI interviewer, not a person. \
                    I will ask you two questions. What is first?";
    assert_eq!(world.orders(), speaks(greeting));
    world.speak(1, greeting);
    world.hear("user_2", "Short.");
    assert_eq!(world.orders(), speaks("Why?"));
    world.speak(2, "Why?");
    world.hear("user_3", "");
    assert_eq!(world.orders(), speaks("Why?"), "nothing was said");
    world.speak(3, "Why?");
    world.hear("user_4", "Because it is so.");
    assert_eq!(world.orders(), speaks("What is second?"));
    assert_eq!(world.served.script().question(), Some(2));
    world.speak(4, "What is second?");
    world.hear("user_5", "No.");
    let closing = "That was my last question. Thank you very much for your answers. Goodbye.";
    assert_eq!(world.orders(), speaks(closing), "there is no follow-up");
    world.speak(5, closing);
    world.hear("user_6", "Bye.");
    assert_eq!(world.orders(), speaks("This interview is over. Goodbye."));
}

#[test]
fn a_response_waits_for_the_words_it_answers() {
    let mut world = World::new();
    let item_id = ItemId::new("user_1");
    world.engine(ModelEvent::SpeechStarted { item_id: item_id.clone(), audio_ms: 0 });
    world.engine(ModelEvent::Committed { item_id: item_id.clone() });
    assert_eq!(world.orders(), []);
    // Somebody goes on: the turn is not answered yet.
    let more = ItemId::new("user_2");
    world.engine(ModelEvent::SpeechStarted { item_id: more.clone(), audio_ms: 1_000 });
    world.engine(ModelEvent::UserText { item_id, text: "One".to_owned() });
    assert_eq!(world.orders(), []);
    world.engine(ModelEvent::Committed { item_id: more.clone() });
    world.engine(ModelEvent::UserTextFailed { item_id: more });
    assert_eq!(world.orders().len(), 1, "what cannot be had is not waited for");
}

#[test]
fn words_come_after_the_item_that_they_belong_to() {
    let mut world = World::new();
    world.client(update(json!({"audio": {"input": {"transcription": {"model": "whisper-1"}}}})));
    world.kinds();
    let item_id = ItemId::new("user_1");
    world.engine(ModelEvent::SpeechStarted { item_id: item_id.clone(), audio_ms: 0 });
    world.engine(ModelEvent::UserTextDelta { item_id: item_id.clone(), delta: "One".to_owned() });
    world.engine(ModelEvent::UserTextDelta { item_id: item_id.clone(), delta: " two".to_owned() });
    world.engine(ModelEvent::Committed { item_id: item_id.clone() });
    let delta = world.events.last().unwrap().clone();
    assert_eq!(delta["delta"], "One two", "{delta}");
    world.engine(ModelEvent::UserText { item_id, text: "One two three".to_owned() });
    let wanted = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ];
    assert_eq!(world.kinds(), wanted);
    // Without a transcriber the client is told no words, and the conversation goes on with them all the same.
    world.client(update(json!({"audio": {"input": {"transcription": null}}})));
    world.kinds();
    world.orders();
    world.speak(1, "What is first?");
    world.kinds();
    world.hear("user_2", "It is the one before the second.");
    assert!(!world.kinds().iter().any(|kind| kind.contains("transcription")));
    assert_eq!(world.orders(), speaks("What is second?"));
}

#[test]
fn one_response_at_a_time_and_each_ends_as_it_was_ended() {
    let mut world = World::new();
    world.kinds();
    let create = json!({"type": "response.create", "event_id": "e1"});
    world.client(create.clone());
    world.client(create.clone());
    let busy = world.error();
    assert_eq!(busy["code"], "conversation_already_has_active_response");
    assert_eq!(busy["event_id"], "e1");
    world.begin(1, "Hello");
    world.client(create);
    assert!(world.error()["message"].as_str().unwrap().contains("resp_1"));
    world.orders();
    world.client(json!({"type": "response.cancel", "response_id": "resp_0"}));
    assert_eq!(world.error()["code"], "response_cancel_not_active");
    world.client(json!({"type": "response.cancel", "response_id": "resp_1"}));
    assert_eq!(world.orders(), [Output::Stop]);
    world.done(1, ResponseStatus::Cancelled);
    let done = world.events.last().unwrap().clone();
    assert_eq!(done["response"]["status_details"]["reason"], "client_cancelled");
    world.client(json!({"type": "response.create"}));
    world.begin(2, "Hello");
    world.done(2, ResponseStatus::Cancelled);
    assert_eq!(world.events.last().unwrap()["response"]["status_details"]["reason"], "turn_detected");
    world.client(json!({"type": "response.create"}));
    world.begin(3, "Hello");
    world.done(3, ResponseStatus::Failed);
    let failed = world.events.last().unwrap().clone();
    assert_eq!(failed["response"]["status"], "failed");
    assert_eq!(failed["response"]["output"][0]["status"], "incomplete");
    // Voice that comes late belongs to nobody.
    world.kinds();
    world.served.on_voice("agent_3", &[7; 4_800]);
    world.drain();
    assert_eq!(world.kinds(), Vec::<String>::new());
}

#[test]
fn a_response_outside_the_conversation_leaves_no_item() {
    let mut world = World::new();
    world.kinds();
    world.client(json!({"type": "response.create", "response": {"conversation": "none",
        "output_modalities": ["text"], "metadata": {"topic": "x"}, "instructions": "Say \"\"\"Aside.\"\"\""}}));
    let wanted = [
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ];
    let done = world.events.last().unwrap().clone();
    assert_eq!(world.kinds(), wanted);
    assert_eq!(done["response"]["output"][0]["content"][0], json!({"type": "output_text", "text": "Aside."}));
    assert_eq!(done["response"]["metadata"], json!({"topic": "x"}));
    assert!(done["response"].get("conversation_id").is_none());
    let item_id = done["response"]["output"][0]["id"].clone();
    world.client(json!({"type": "conversation.item.retrieve", "item_id": item_id}));
    assert_eq!(world.error()["code"], "item_retrieve_invalid_item_id");
}

#[test]
fn turns_follow_the_session() {
    let turns = |detection: Detection, interrupts: bool| vec![Output::Turns(Turns { detection, interrupts })];
    let sense = |unfinished_ms| Detection::Sense { silence_ms: 600, unfinished_ms };
    let mut world = World::new();
    assert_eq!(world.served.turns(), Turns { detection: sense(1_200), interrupts: true });
    let mut turn_detection = |value: Value| {
        world.client(update(json!({"audio": {"input": {"turn_detection": value}}})));
        world.orders()
    };
    assert_eq!(turn_detection(json!({"type": "semantic_vad", "eagerness": "low"})), turns(sense(2_500), true));
    assert_eq!(turn_detection(json!({"type": "semantic_vad", "eagerness": "low"})), [], "nothing changed");
    let silence = |silence_ms| Detection::Silence { silence_ms };
    assert_eq!(turn_detection(json!({"type": "server_vad"})), turns(silence(500), true));
    let given = json!({"type": "server_vad", "silence_duration_ms": 800, "interrupt_response": false});
    assert_eq!(turn_detection(given), turns(silence(800), false));
    assert_eq!(turn_detection(Value::Null), turns(Detection::Manual, true));
    assert_eq!(turn_detection(json!({"type": "psychic"})), []);
    assert_eq!(world.error()["param"], "session.audio.input.turn_detection.type");
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut world = World::new();
    world.client(update(json!({"instructions": "Be brief.", "audio": {"output": {"voice": "cedar"}}})));
    let before = world.events.last().unwrap()["session"].clone();
    assert_eq!(before["instructions"], "Be brief.");
    world.client(json!({"type": "session.update", "session": {"instructions": "No type."}}));
    assert_eq!(world.error()["code"], "missing_required_parameter");
    for format in [json!({"type": "audio/pcmu"}), json!({"type": "audio/pcm", "rate": 16_000})] {
        world.client(update(json!({"instructions": "No.", "audio": {"input": {"format": format}}})));
        world.error();
    }
    world.client(json!({"type": "response.create"}));
    world.begin(1, "Hello");
    world.client(update(json!({"instructions": "No.", "audio": {"output": {"voice": "alloy"}}})));
    assert_eq!(world.error()["code"], "cannot_update_voice");
    world.client(update(json!({"model": "another", "id": "mine", "tools": []})));
    assert_eq!(world.events.last().unwrap()["session"], before);
}

#[test]
fn items_are_placed_read_cut_and_deleted() {
    let mut world = World::new();
    let create = |id: &str, after: Option<&str>| {
        let mut event = json!({"type": "conversation.item.create", "item": {"id": id, "type": "message",
            "role": "system", "content": [{"type": "input_text", "text": id}]}});
        if let Some(after) = after {
            event["previous_item_id"] = json!(after);
        }
        event
    };
    world.client(create("a", None));
    world.client(create("b", None));
    assert_eq!(world.events.last().unwrap()["previous_item_id"], "a");
    world.client(create("c", Some("root")));
    assert_eq!(world.events.last().unwrap()["previous_item_id"], Value::Null);
    world.client(create("d", Some("a")));
    world.client(json!({"type": "conversation.item.retrieve", "item_id": "b"}));
    assert_eq!(world.events.last().unwrap()["previous_item_id"], "d", "c a d b");
    world.client(create("a", None));
    assert_eq!(world.error()["code"], "item_create_duplicate_item_id");
    world.client(create("e", Some("nobody")));
    assert_eq!(world.error()["code"], "item_not_found");
    let cut = |item_id: &str, ms: u64| {
        json!({"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0,
            "audio_end_ms": ms})
    };
    world.client(cut("a", 1));
    assert_eq!(world.error()["code"], "unsupported_content_type");

    world.client(json!({"type": "response.create"}));
    world.speak(1, "Hello there");
    world.orders();
    world.client(cut("agent_1", 1_001));
    assert_eq!(world.error()["message"], "Audio content of 1000ms is already shorter than 1001ms");
    world.client(cut("agent_1", 400));
    assert_eq!(world.orders(), [Output::Cut { item_id: "agent_1".to_owned(), heard_ms: 400 }]);
    world.client(cut("agent_1", 401));
    assert_eq!(world.error()["message"], "Audio content of 400ms is already shorter than 401ms");
    world.client(json!({"type": "conversation.item.delete", "item_id": "agent_1"}));
    world.client(json!({"type": "conversation.item.delete", "item_id": "agent_1"}));
    assert_eq!(world.error()["code"], "item_delete_invalid_item_id");
}

#[test]
fn audio_may_be_split_anywhere_and_a_commit_needs_some() {
    let mut world = World::new();
    world.client(json!({"type": "input_audio_buffer.commit"}));
    assert_eq!(world.error()["code"], "input_audio_buffer_commit_empty");
    let pcm: Vec<i16> = (0..4_800).collect();
    let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for piece in bytes.chunks(777) {
        world.client(json!({"type": "input_audio_buffer.append", "audio": audio::encode_bytes(piece)}));
    }
    let heard: Vec<i16> = world
        .orders()
        .into_iter()
        .flat_map(|order| match order {
            Output::Hear(pcm) => pcm,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(heard, pcm);
    assert_eq!(world.served.appended_ms(), 200);
    world.client(json!({"type": "input_audio_buffer.commit"}));
    assert_eq!(world.orders(), [Output::Commit]);
    world.client(json!({"type": "input_audio_buffer.clear"}));
    assert_eq!(world.orders(), [Output::Clear]);
    world.client(json!({"type": "input_audio_buffer.commit"}));
    assert_eq!(world.error()["code"], "input_audio_buffer_commit_empty");
    world.client(json!({"type": "input_audio_buffer.append", "audio": "no base 64!"}));
    assert_eq!(world.error()["param"], "audio");
}

#[test]
fn a_grant_is_the_sessions_beginning() {
    let granted: SessionConfig = serde_json::from_value(json!({"model": "other", "instructions": "Granted.",
        "audio": {"input": {"turn_detection": null}, "output": {"voice": "cedar"}}}))
    .unwrap();
    let world = World::granted(granted);
    let session = &world.events[0]["session"];
    assert_eq!((&session["model"], &session["instructions"]), (&json!("a-model"), &json!("Granted.")));
    assert_eq!(session["audio"]["input"]["turn_detection"], Value::Null);
    assert_eq!(session["audio"]["output"]["voice"], "cedar");
    assert_eq!(world.served.turns().detection, Detection::Manual);
}
