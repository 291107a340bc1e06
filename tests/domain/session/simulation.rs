//! Thousands of random interviews against what must always hold. The outside is hostile: inputs in any order, lost and
//! doubled events, models that fail, stores that fail, candidates that come and go.

use super::world::{WORD_MS, interview, question};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRng},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use viva::domain::{
    event::{ClientMessage, ClientStats, LiveEvent},
    id::{ItemId, ResponseId, SessionId},
    interview::{Interview, Question},
    practice::Purpose,
    session::{
        Change, Input, ModelCommand, ModelEvent, Output, PeerEvent, PlayoutEvent, ResponseStatus, Session,
        SessionLimits, SessionSetup, Speech, SpeechTag, Status, StopReason, Time,
    },
    transcript::{Item, ItemState, Role},
};

/// What the world does next.
#[derive(Clone, Debug)]
enum Move {
    Ready,
    Consent,
    Offer,
    Connect,
    Disconnect,
    Close,
    /// Time passes; timers fire on the way.
    Pass(u64),
    StartSpeech,
    /// Stops, commits and gives the words.
    StopSpeech {
        words: u8,
        commit: bool,
    },
    LateWords {
        words: u8,
    },
    LostWords,
    /// The model goes on with what it was told.
    Respond {
        audio: bool,
        status: ResponseStatus,
    },
    /// Only the beginning of a response.
    BeginResponse,
    ForeignResponse,
    Play,
    FinishPlaying,
    /// The model's flush on speech.
    Flush,
    /// A report of an item that nobody knows.
    StrangeItem(u8),
    Trouble,
    Recovered,
    Failed,
    Persisted,
    PersistFailed,
    Client(ClientMessage),
    End(StopReason),
}

fn any_move() -> impl Strategy<Value = Move> {
    let status = prop_oneof![
        6 => Just(ResponseStatus::Completed),
        1 => Just(ResponseStatus::Cancelled),
        1 => Just(ResponseStatus::Incomplete),
        1 => Just(ResponseStatus::Failed),
    ];
    prop_oneof![
        2 => Just(Move::Ready),
        1 => Just(Move::Consent),
        1 => Just(Move::Offer),
        4 => Just(Move::Connect),
        1 => Just(Move::Disconnect),
        1 => Just(Move::Close),
        8 => (0u64..4_000).prop_map(Move::Pass),
        2 => (4_000u64..90_000).prop_map(Move::Pass),
        7 => Just(Move::StartSpeech),
        9 => (0u8..30, any::<bool>()).prop_map(|(words, commit)| Move::StopSpeech { words, commit }),
        3 => (0u8..30).prop_map(|words| Move::LateWords { words }),
        1 => Just(Move::LostWords),
        18 => (prop::bool::weighted(0.95), status).prop_map(|(audio, status)| Move::Respond { audio, status }),
        3 => Just(Move::BeginResponse),
        1 => Just(Move::ForeignResponse),
        14 => Just(Move::Play),
        14 => Just(Move::FinishPlaying),
        4 => Just(Move::Flush),
        1 => any::<u8>().prop_map(Move::StrangeItem),
        1 => Just(Move::Trouble),
        2 => Just(Move::Recovered),
        1 => prop::bool::weighted(0.1).prop_map(|fails| if fails { Move::Failed } else { Move::Recovered }),
        16 => Just(Move::Persisted),
        2 => Just(Move::PersistFailed),
        4 => any_message().prop_map(Move::Client),
        1 => prop::option::weighted(0.15, any_stop())
            .prop_map(|stop| stop.map_or(Move::Pass(10), Move::End)),
    ]
}

fn any_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        3 => Just(ClientMessage::Finished),
        1 => Just(ClientMessage::Wait),
        2 => Just(ClientMessage::Repeat),
        1 => "[ a-z]{0,40}".prop_map(|text| ClientMessage::Text { text }),
        1 => Just(ClientMessage::Stats(ClientStats::default())),
    ]
}

fn any_stop() -> impl Strategy<Value = StopReason> {
    prop_oneof![
        Just(StopReason::Candidate),
        Just(StopReason::Platform),
        Just(StopReason::Drain),
        Just(StopReason::Internal),
    ]
}

fn plan() -> Interview {
    let asked = |text: &str, follow_ups: &[&str]| Question {
        follow_ups: follow_ups.iter().map(|&text| text.to_owned()).collect(),
        short_answer_words: 6,
        time_box_ms: 60_000,
        ..question(text)
    };
    let mut plan = interview(vec![
        asked("What is your name and where do you come from?", &["And before?", "And before that?"]),
        asked("What do you like to do?", &["Why?"]),
        asked("Where do you want to be in five years?", &[]),
    ]);
    plan.limits.max_duration_ms = 15 * 60_000;
    plan
}

/// The world and the reference: what it knows that must hold.
struct Simulation {
    session: Session,
    now: u64,
    audio_ms: u64,
    made: u32,
    /// Say commands that the model has not finished, newest last: at most one may be open.
    open_say: Option<(Speech, Option<ResponseId>)>,
    /// When it was called off: a model that does not say within three seconds that it stopped is taken to have.
    cancelled_at: Option<u64>,
    pacer: VecDeque<(ItemId, u64)>,
    playing: Option<(ItemId, u64, u64)>,
    speech: Option<ItemId>,
    spoken: Vec<ItemId>,
    tag_of: BTreeMap<ItemId, SpeechTag>,
    started: Vec<SpeechTag>,
    under_way: Option<(u64, Vec<Change>)>,
    last_sequence: u64,
    durable: BTreeMap<ItemId, Item>,
    durable_questions: BTreeMap<u32, (&'static str, Option<&'static str>)>,
    revisions: BTreeMap<String, u32>,
    /// The candidate heard or was shown that an AI speaks.
    disclosed: bool,
    words_of: BTreeMap<ItemId, String>,
    disclosures_started: u32,
    events: u64,
    ended: bool,
    closing_said: bool,
    stop: Option<StopReason>,
}

impl Simulation {
    fn new(consent_required: bool, phrasing: bool) -> Self {
        let setup = SessionSetup {
            session_id: SessionId::from_random([1; 16]),
            interview: plan(),
            engine: "test".to_owned(),
            phrasing,
            purpose: Purpose::Interview,
            consent_required,
            limits: SessionLimits::default(),
            seed: 1,
        };
        Self {
            session: Session::new(setup, Time(0)),
            now: 0,
            audio_ms: 0,
            made: 0,
            open_say: None,
            cancelled_at: None,
            pacer: VecDeque::new(),
            playing: None,
            speech: None,
            spoken: Vec::new(),
            tag_of: BTreeMap::new(),
            started: Vec::new(),
            under_way: None,
            last_sequence: 0,
            durable: BTreeMap::new(),
            durable_questions: BTreeMap::new(),
            revisions: BTreeMap::new(),
            disclosed: false,
            words_of: BTreeMap::new(),
            disclosures_started: 0,
            events: 0,
            ended: false,
            closing_said: false,
            stop: None,
        }
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    fn input(&mut self, input: Input) {
        self.session.handle_input(Time(self.now), self.audio_ms, input);
        self.drain();
    }

    fn model(&mut self, event: ModelEvent) {
        self.input(Input::Model(event));
    }

    fn drain(&mut self) {
        let mut outputs = 0;
        while let Some(output) = self.session.poll_output() {
            outputs += 1;
            assert!(outputs < 200, "outputs of one input are bounded");
            assert!(!self.ended, "nothing follows the end: {output:?}");
            self.perform(output);
        }
        if let Some((due, timer)) = self.session.poll_timeout() {
            assert!(due.0 > self.now, "{timer:?} is due and was not done");
        } else {
            assert_eq!(self.session.status(), Status::Ended, "what lives waits for something");
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Model(ModelCommand::Say(speech)) => {
                let given_up = self.cancelled_at.is_some_and(|at| self.now >= at + 3_000);
                assert!(
                    self.open_say.is_none() || given_up,
                    "one response at a time: {speech:?} over {:?}",
                    self.open_say
                );
                self.closing_said |= speech.tag == SpeechTag::Closing;
                self.cancelled_at = None;
                self.open_say = Some((speech, None));
            }
            Output::Model(ModelCommand::Cancel) => {
                self.cancelled_at.get_or_insert(self.now);
            }
            Output::Model(_) | Output::ClosePeer => {}
            Output::StopAudio => self.flush(),
            Output::SpeakLocally { item_id, .. } => {
                self.closing_said = true;
                self.pacer.push_back((item_id, 4_000));
            }
            Output::Persist { sequence, changes } => {
                assert_eq!(sequence, self.last_sequence + 1, "sequence numbers grow by one");
                assert!(self.under_way.is_none(), "one transaction at a time");
                self.last_sequence = sequence;
                self.under_way = Some((sequence, changes));
            }
            Output::Publish(envelope) => {
                self.events += 1;
                assert_eq!(envelope.id, self.events);
                self.check_event(&envelope.event);
            }
            Output::Ended(_) => self.ended = true,
        }
    }

    fn check_event(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::Item(item) => {
                let before = self.revisions.insert(item.item_id.clone(), item.revision);
                assert!(before.is_none_or(|before| before < item.revision), "revisions grow: {item:?}");
                if item.state != "interim" {
                    let durable = self.durable.get(&ItemId::new(&item.item_id));
                    let kept = durable.is_some_and(|durable| {
                        durable.content == item.content
                            && durable.state.as_str() == item.state
                            && durable.revision == item.revision
                    });
                    assert!(kept, "announced before it was durable: {item:?}, durable {durable:?}");
                }
            }
            LiveEvent::Question(question) if question.number == 1 => {
                assert!(self.disclosures_started > 0, "the disclosure comes before the first question");
            }
            LiveEvent::Notice(notice) => self.disclosed |= notice.code == "ai_disclosure",
            LiveEvent::Ended(data) if data.saved => {
                assert!(self.under_way.is_none(), "saved while a transaction is under way");
                for number in 1..=3 {
                    let reason = self.durable_questions.get(&number).and_then(|(_, reason)| *reason);
                    assert!(reason.is_some(), "question {number} has no reason: {:?}", self.durable_questions);
                }
                for item in self.durable.values() {
                    assert!(item.state != ItemState::Interim || item.role == Role::Assistant, "unsettled: {item:?}");
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self) {
        let Some((sequence, changes)) = self.under_way.take() else { return };
        for change in changes {
            match change {
                Change::Item(item) => self.check_item(item),
                Change::Question { number, status, reason, .. } => {
                    self.durable_questions.insert(number, (status, reason));
                }
                Change::Status { .. }
                | Change::Started
                | Change::Interruptions(_)
                | Change::Proof { .. }
                | Change::Plan(_)
                | Change::Usage(_) => {}
            }
        }
        self.input(Input::Persisted { sequence });
    }

    fn check_item(&mut self, item: Item) {
        if item.role == Role::Assistant {
            let generated: Vec<&str> = item.generated_content.split_whitespace().collect();
            let heard: Vec<&str> = item.content.split_whitespace().collect();
            assert!(generated.starts_with(&heard), "heard more than was made: {item:?}");
        }
        assert!(item.end_ms.is_none_or(|end_ms| end_ms >= item.start_ms), "{item:?}");
        if let Some(before) = self.durable.get(&item.item_id) {
            assert!(before.revision < item.revision, "revisions grow");
            assert_eq!(before.position, item.position);
        }
        self.durable.insert(item.item_id.clone(), item);
    }

    fn flush(&mut self) {
        let mut dropped: Vec<(ItemId, u64)> = Vec::new();
        if let Some((item_id, since, length_ms)) = self.playing.take() {
            self.hear(&item_id, (self.now - since).min(length_ms));
            dropped.push((item_id, (self.now - since).min(length_ms)));
        }
        dropped.extend(self.pacer.drain(..).map(|(item_id, _)| (item_id, 0)));
        for (item_id, heard_ms) in dropped {
            let event = PlayoutEvent::Interrupted { item_id, audio_ms: self.audio_ms, heard_ms };
            self.session.handle_input(Time(self.now), self.audio_ms, Input::Playout(event));
        }
    }

    /// The model answers the open `Say`, with audio or without.
    fn respond(&mut self, audio: bool, status: ResponseStatus) {
        let Some((mut speech, begun)) = self.open_say.clone() else { return };
        if !speech.verbatim {
            // In a model's words.
            let lead_in = matches!(speech.tag, SpeechTag::LeadIn(_));
            speech.words = if lead_in { "Thank you for that." } else { "You said so. And what then?" }.to_owned();
        }
        let response_id = begun.unwrap_or_else(|| ResponseId::new(self.fresh("resp")));
        self.model(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: Some(speech.tag) });
        if audio && self.open_say.is_some() && self.cancelled_at.is_none() {
            let item_id = ItemId::new(self.fresh("item"));
            let length_ms = speech.words.split_whitespace().count() as u64 * WORD_MS;
            self.tag_of.insert(item_id.clone(), speech.tag);
            self.words_of.insert(item_id.clone(), speech.words.clone());
            self.model(ModelEvent::AgentItem { response_id: response_id.clone(), item_id: item_id.clone() });
            self.pacer.push_back((item_id.clone(), length_ms));
            self.model(ModelEvent::AgentText { item_id: item_id.clone(), text: speech.words });
            self.model(ModelEvent::AgentAudioDone { item_id, received_ms: length_ms });
        }
        // The model is free before the session hears of it.
        self.open_say = None;
        self.model(ModelEvent::ResponseDone { response_id, status });
    }

    fn play(&mut self) {
        let live = matches!(self.session.status(), Status::Active | Status::Closing);
        if self.playing.is_some() || !live {
            return;
        }
        let Some((item_id, length_ms)) = self.pacer.pop_front() else { return };
        self.playing = Some((item_id.clone(), self.now, length_ms));
        if let Some(tag) = self.tag_of.get(&item_id).copied() {
            self.check_plan(tag);
        }
        self.input(Input::Playout(PlayoutEvent::Started { item_id, audio_ms: self.audio_ms }));
    }

    /// The candidate heard so much of an item.
    fn hear(&mut self, item_id: &ItemId, heard_ms: u64) {
        let words = self.words_of.get(item_id).map_or("", String::as_str);
        let heard = words.split_whitespace().take(usize::try_from(heard_ms / WORD_MS).unwrap_or(0));
        self.disclosed |= heard.into_iter().any(|word| word == "AI");
    }

    /// What is heard follows the plan.
    fn check_plan(&mut self, tag: SpeechTag) {
        match tag {
            SpeechTag::Greeting => self.disclosures_started += 1,
            SpeechTag::Question(number) => {
                assert!(self.disclosed, "question {number} before the disclosure");
                let asked = |tag: &SpeechTag| matches!(tag, SpeechTag::Question(asked) if *asked + 1 == number);
                assert!(number == 1 || self.started.iter().any(asked), "question {number} out of turn");
            }
            SpeechTag::FollowUp { question, follow_up } => {
                let current = self.started.iter().rev().find_map(|tag| match tag {
                    SpeechTag::Question(number) => Some(*number),
                    _ => None,
                });
                assert_eq!(current, Some(question), "a follow-up belongs to the question before it");
                assert!(follow_up <= 2);
            }
            SpeechTag::Repeat(_) | SpeechTag::Remark | SpeechTag::LeadIn(_) | SpeechTag::Closing => {}
        }
        self.started.push(tag);
    }

    fn finish_playing(&mut self) {
        let Some((item_id, since, length_ms)) = self.playing.take() else { return };
        self.pass((since + length_ms).saturating_sub(self.now));
        self.hear(&item_id, length_ms);
        let event = PlayoutEvent::Finished { item_id, audio_ms: self.audio_ms, played_ms: length_ms };
        self.input(Input::Playout(event));
    }

    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        let mut fired = 0;
        while let Some((due, _)) = self.session.poll_timeout().filter(|(due, _)| due.0 <= end) {
            fired += 1;
            assert!(fired < 1_000, "timers make progress");
            self.advance(due.0.max(self.now));
            self.session.handle_timeout(Time(self.now), self.audio_ms);
            self.drain();
        }
        self.advance(end);
    }

    fn advance(&mut self, to: u64) {
        if matches!(self.session.status(), Status::Active | Status::Closing | Status::Reconnecting) {
            self.audio_ms += to - self.now;
        }
        self.now = to;
    }

    fn stop_speech(&mut self, words: u8, commit: bool) {
        let Some(item_id) = self.speech.take() else { return };
        self.model(ModelEvent::SpeechStopped { item_id: item_id.clone(), audio_ms: self.audio_ms });
        self.model(ModelEvent::Committed { item_id: item_id.clone() });
        if commit {
            let text = vec!["word"; usize::from(words)].join(" ");
            self.model(ModelEvent::UserTextDelta { item_id: item_id.clone(), delta: text.clone() });
            self.model(ModelEvent::UserText { item_id, text });
        }
    }

    fn start_speech(&mut self) {
        let item_id = ItemId::new(self.fresh("user"));
        self.spoken.push(item_id.clone());
        self.speech = Some(item_id.clone());
        self.flush();
        self.drain();
        self.model(ModelEvent::SpeechStarted { item_id, audio_ms: self.audio_ms });
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Ready => self.model(ModelEvent::Ready),
            Move::Consent => self.input(Input::Consented),
            Move::Offer => self.input(Input::Peer(PeerEvent::Offered)),
            Move::Connect => self.input(Input::Peer(PeerEvent::Connected { audio_ms: self.audio_ms })),
            Move::Disconnect => self.input(Input::Peer(PeerEvent::Disconnected)),
            Move::Close => {
                if let Some((item_id, since, length_ms)) = self.playing.take() {
                    self.hear(&item_id, (self.now - since).min(length_ms));
                }
                self.input(Input::Peer(PeerEvent::Closed));
                (self.playing, self.speech) = (None, None);
                self.pacer.clear();
            }
            Move::Pass(ms) => self.pass(ms),
            Move::StartSpeech => self.start_speech(),
            Move::StopSpeech { words, commit } => self.stop_speech(words, commit),
            Move::LateWords { words } => {
                if let Some(item_id) = self.spoken.last().cloned() {
                    let text = vec!["late"; usize::from(words)].join(" ");
                    self.model(ModelEvent::UserText { item_id, text });
                }
            }
            Move::LostWords => {
                if let Some(item_id) = self.spoken.last().cloned() {
                    self.model(ModelEvent::UserTextFailed { item_id });
                }
            }
            Move::Respond { audio, status } => self.respond(audio, status),
            Move::BeginResponse => {
                if let Some((speech, None)) = self.open_say.clone() {
                    let response_id = ResponseId::new(self.fresh("resp"));
                    self.open_say = Some((speech.clone(), Some(response_id.clone())));
                    self.model(ModelEvent::ResponseStarted { response_id, tag: Some(speech.tag) });
                }
            }
            Move::ForeignResponse => {
                if self.open_say.is_none() {
                    let response_id = ResponseId::new(self.fresh("foreign"));
                    self.model(ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: None });
                    self.model(ModelEvent::ResponseDone { response_id, status: ResponseStatus::Cancelled });
                }
            }
            Move::Play => self.play(),
            Move::FinishPlaying => self.finish_playing(),
            Move::Flush => {
                self.flush();
                self.drain();
            }
            Move::StrangeItem(number) => self.strange_item(number),
            Move::Trouble => self.model(ModelEvent::Trouble),
            Move::Recovered => {
                self.open_say = None;
                self.model(ModelEvent::Recovered);
            }
            Move::Failed => self.model(ModelEvent::Failed),
            Move::Persisted => self.keep(),
            Move::PersistFailed => self.input(Input::PersistFailed { sequence: self.last_sequence }),
            Move::Client(message) => self.input(Input::Client(message)),
            Move::End(reason) => {
                if !matches!(self.session.status(), Status::Closing | Status::Ended) {
                    self.stop = Some(reason);
                }
                self.input(Input::End(reason));
            }
        }
    }

    fn strange_item(&mut self, number: u8) {
        let item_id = ItemId::new(format!("strange_{number}"));
        match number % 5 {
            0 => self.model(ModelEvent::Committed { item_id }),
            1 => self.model(ModelEvent::AgentText { item_id, text: "strange".to_owned() }),
            2 => self.input(Input::Playout(PlayoutEvent::Finished { item_id, audio_ms: 5, played_ms: 900 })),
            3 => self.model(ModelEvent::UserText { item_id, text: "strange".to_owned() }),
            _ => self.input(Input::Playout(PlayoutEvent::Interrupted { item_id, audio_ms: 5, heard_ms: 900 })),
        }
    }

    /// Left alone, with a store that works, every session ends.
    fn come_to_an_end(&mut self) {
        let mut rounds = 0;
        while !self.ended {
            rounds += 1;
            assert!(rounds < 10_000, "a session ends by itself");
            self.keep();
            if let Some((due, _)) = self.session.poll_timeout() {
                self.pass(due.0.saturating_sub(self.now));
            }
        }
        assert_eq!(self.session.status(), Status::Ended);
        assert_eq!(self.session.poll_timeout(), None);
        self.make(Move::StartSpeech);
        self.make(Move::Client(ClientMessage::Finished));
        self.make(Move::Connect);
    }
}

/// What a world of this many moves needs: the same seed makes the same interviews, everywhere.
const CASES: u32 = 4_000;
const MOVES: usize = 160;

#[test]
fn whatever_happens_the_promises_hold() {
    let seed = [42; 32];
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let rng = TestRng::from_seed(config.rng_algorithm, &seed);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, rng);
    let moves = prop::collection::vec(any_move(), 20..MOVES);
    let draw = (prop::bool::weighted(0.1), prop::bool::weighted(0.9), any::<bool>(), moves);
    let outcome = runner.run(&draw, |(consent, live, phrasing, moves)| {
        let mut simulation = Simulation::new(consent, phrasing);
        if live {
            simulation.make(Move::Ready);
            simulation.make(Move::Connect);
        }
        for step in moves {
            simulation.make(step);
        }
        simulation.come_to_an_end();
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("seed {seed:?}: {error}");
    }
}

/// The simulation is worth something only if it gets everywhere.
#[test]
fn the_simulation_reaches_every_part_of_an_interview() {
    let config = Config { cases: 1, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(config.rng_algorithm, &[7; 32]);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, rng);
    let moves = prop::collection::vec(any_move(), MOVES);
    let mut tags = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    for round in 0..1_000 {
        let drawn = moves.new_tree(&mut runner).expect("the strategy draws").current();
        let mut simulation = Simulation::new(false, round % 2 == 0);
        simulation.make(Move::Ready);
        simulation.make(Move::Connect);
        for step in drawn {
            simulation.make(step);
        }
        tags.extend(simulation.started.iter().map(|tag| match tag {
            SpeechTag::Question(number) => format!("question {number}"),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        }));
        simulation.come_to_an_end();
        reasons.extend(simulation.session.end_reason().map(|reason| reason.as_str()));
    }
    let expected =
        ["Closing", "FollowUp", "Greeting", "LeadIn", "Remark", "Repeat", "question 1", "question 2", "question 3"];
    assert_eq!(tags.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    for reason in ["completed", "candidate_ended", "platform_ended", "interrupted", "internal", "engine_failed"] {
        assert!(reasons.contains(reason), "{reason} is not reached: {reasons:?}");
    }
    assert!(reasons.contains("time_limit") || reasons.contains("network_lost"), "{reasons:?}");
}
