//! A world for one session: a model that speaks what it is told, a pacer that plays it, a store that keeps it. Virtual
//! time: the clock jumps from event to event.

use std::collections::{BTreeMap, VecDeque};
use viva::domain::{
    event::{ClientMessage, Envelope, LiveEvent},
    id::{ItemId, ResponseId, SessionId},
    interview::{Interview, Question},
    practice::Purpose,
    proof::{PlanProof, QuestionProof},
    session::{
        Change, EndReason, Input, ModelCommand, ModelEvent, Output, PeerEvent, PlayoutEvent, ResponseStatus, Session,
        SessionLimits, SessionSetup, Speech, SpeechTag, Status, StopReason, Time,
    },
    transcript::{Item, ItemState, Role},
    usage::{Budget, UsageTotal},
};

/// Milliseconds of one spoken word in this world.
pub const WORD_MS: u64 = 400;

pub fn question(text: &str) -> Question {
    Question { text: text.to_owned(), patience_ms: 700, time_box_ms: 300_000, ..Question::default() }
}

pub fn interview(questions: Vec<Question>) -> Interview {
    Interview {
        id: "test".to_owned(),
        kind: "test".to_owned(),
        title: "Test".to_owned(),
        persona: "Vera".to_owned(),
        questions,
        candidate_may_read_results: true,
        ..Interview::default()
    }
}

/// How the parts around the session behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers at once.
    Prompt,
    /// Takes inputs and says nothing.
    Silent,
}

pub struct World {
    pub session: Session,
    pub now: u64,
    pub model: Behaviour,
    pub store: Behaviour,
    pub connected_at: Option<u64>,
    future: BTreeMap<(u64, u64), Input>,
    scheduled: u64,
    made: u32,
    /// Items in the pacer: item and milliseconds of audio.
    queue: VecDeque<(ItemId, u64)>,
    playing: Option<(ItemId, u64, u64)>,
    pub said: Vec<Speech>,
    pub commands: Vec<ModelCommand>,
    pub events: Vec<Envelope>,
    pub stops: u32,
    pub local: Vec<String>,
    pub persists: Vec<(u64, Vec<Change>)>,
    pub ended: Option<EndReason>,
    pub saved: Option<bool>,
    pub items: BTreeMap<String, Item>,
    pub questions: BTreeMap<u32, (&'static str, Option<&'static str>, Vec<String>)>,
    pub proofs: BTreeMap<u32, QuestionProof>,
    pub plan: PlanProof,
    pub interruptions: u32,
    pub usage: Vec<UsageTotal>,
}

impl World {
    pub fn new(interview: Interview) -> Self {
        Self::with(interview, false)
    }

    pub fn with(interview: Interview, consent_required: bool) -> Self {
        Self::of(interview, consent_required, Purpose::Interview)
    }

    pub fn of(interview: Interview, consent_required: bool, purpose: Purpose) -> Self {
        let setup = SessionSetup {
            session_id: SessionId::from_random([7; 16]),
            interview,
            engine: "test".to_owned(),
            phrasing: false,
            purpose,
            consent_required,
            limits: SessionLimits::default(),
            seed: 7,
        };
        Self {
            session: Session::new(setup, Time(0)),
            now: 0,
            model: Behaviour::Prompt,
            store: Behaviour::Prompt,
            connected_at: None,
            future: BTreeMap::new(),
            scheduled: 0,
            made: 0,
            queue: VecDeque::new(),
            playing: None,
            said: Vec::new(),
            commands: Vec::new(),
            events: Vec::new(),
            stops: 0,
            local: Vec::new(),
            persists: Vec::new(),
            ended: None,
            saved: None,
            items: BTreeMap::new(),
            questions: BTreeMap::new(),
            proofs: BTreeMap::new(),
            plan: PlanProof::default(),
            interruptions: 0,
            usage: Vec::new(),
        }
    }

    /// The same world, where only so much may be spent.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { session: self.session.with_budget(budget), ..self }
    }

    /// A session whose candidate is connected and whose model is ready.
    pub fn live(interview: Interview) -> Self {
        let mut world = Self::new(interview);
        world.model(ModelEvent::Ready);
        world.connect();
        world
    }

    pub fn connect(&mut self) {
        self.input(Input::Peer(PeerEvent::Offered));
        let audio_ms = self.audio_ms();
        self.connected_at.get_or_insert(self.now);
        self.input(Input::Peer(PeerEvent::Connected { audio_ms }));
        self.play_next();
    }

    pub fn audio_ms(&self) -> u64 {
        self.connected_at.map_or(0, |at| self.now - at)
    }

    pub fn input(&mut self, input: Input) {
        let audio_ms = self.audio_ms();
        self.session.handle_input(Time(self.now), audio_ms, input);
        self.drain();
    }

    pub fn model(&mut self, event: ModelEvent) {
        self.input(Input::Model(event));
    }

    pub fn client(&mut self, message: ClientMessage) {
        self.input(Input::Client(message));
    }

    pub fn end(&mut self, reason: StopReason) {
        self.input(Input::End(reason));
    }

    pub fn after(&mut self, delay_ms: u64, input: Input) {
        self.scheduled += 1;
        self.future.insert((self.now + delay_ms, self.scheduled), input);
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_{}", self.made)
    }

    fn drain(&mut self) {
        let mut count = 0;
        while let Some(output) = self.session.poll_output() {
            count += 1;
            assert!(count < 5_000, "one input makes a bounded number of outputs");
            self.perform(output);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Model(command) => {
                self.commands.push(command.clone());
                match command {
                    ModelCommand::Say(speech) => self.speak(speech),
                    ModelCommand::CommitAudio
                    | ModelCommand::Cancel
                    | ModelCommand::Close
                    | ModelCommand::Truncate { .. }
                    | ModelCommand::AddUserText { .. } => {}
                }
            }
            Output::StopAudio => {
                self.stops += 1;
                self.flush();
            }
            Output::SpeakLocally { item_id, words } => {
                let length_ms = words.split_whitespace().count() as u64 * WORD_MS;
                self.local.push(words);
                self.queue.push_back((item_id, length_ms));
                self.play_next();
            }
            Output::Persist { sequence, changes } => self.persist(sequence, changes),
            Output::Publish(envelope) => {
                if let LiveEvent::Ended(data) = &envelope.event {
                    self.saved = Some(data.saved);
                }
                self.events.push(envelope);
            }
            Output::ClosePeer => {}
            Output::Ended(reason) => {
                assert_eq!(self.ended, None, "a session ends once");
                self.ended = Some(reason);
            }
        }
    }

    fn persist(&mut self, sequence: u64, changes: Vec<Change>) {
        for change in &changes {
            match change {
                Change::Item(item) => {
                    self.items.insert(item.item_id.as_str().to_owned(), item.clone());
                }
                Change::Question { number, status, reason, follow_ups } => {
                    self.questions.insert(*number, (status, *reason, follow_ups.clone()));
                }
                Change::Interruptions(count) => self.interruptions = *count,
                Change::Proof { number, proof } => {
                    self.proofs.insert(*number, proof.clone());
                }
                Change::Plan(plan) => self.plan = *plan,
                Change::Status { .. } | Change::Started => {}
                Change::Usage(total) => {
                    self.usage.retain(|kept| {
                        (kept.source, &kept.model, kept.kind) != (total.source, &total.model, total.kind)
                    });
                    self.usage.push(total.clone());
                }
            }
        }
        self.persists.push((sequence, changes));
        if self.store == Behaviour::Prompt {
            self.after(2, Input::Persisted { sequence });
        }
    }

    /// The model makes the audio faster than it is played.
    fn speak(&mut self, speech: Speech) {
        self.said.push(speech.clone());
        if self.model == Behaviour::Silent {
            return;
        }
        let response_id = ResponseId::new(self.fresh("resp"));
        let item_id = ItemId::new(self.fresh("item"));
        let length_ms = speech.words.split_whitespace().count() as u64 * WORD_MS;
        self.queue.push_back((item_id.clone(), length_ms));
        let events = [
            ModelEvent::ResponseStarted { response_id: response_id.clone(), tag: Some(speech.tag) },
            ModelEvent::AgentItem { response_id: response_id.clone(), item_id: item_id.clone() },
            ModelEvent::AgentTextDelta { item_id: item_id.clone(), delta: speech.words.clone() },
            ModelEvent::AgentText { item_id: item_id.clone(), text: speech.words },
            ModelEvent::AgentAudioDone { item_id, received_ms: length_ms },
            ModelEvent::ResponseDone { response_id, status: ResponseStatus::Completed },
        ];
        for event in events {
            self.after(10, Input::Model(event));
        }
        // The pacer begins once the first audio is there.
        self.after(11, Input::Peer(PeerEvent::ChannelOpen));
    }

    fn play_next(&mut self) {
        let connected = matches!(self.session.status(), Status::Active | Status::Closing);
        if self.playing.is_none()
            && connected
            && let Some((item_id, length_ms)) = self.queue.pop_front()
        {
            self.playing = Some((item_id.clone(), self.now, length_ms));
            let audio_ms = self.audio_ms();
            self.input(Input::Playout(PlayoutEvent::Started { item_id, audio_ms }));
        }
    }

    /// Drops what is queued, as the model does when it hears speech.
    pub fn flush(&mut self) {
        let audio_ms = self.audio_ms();
        let mut dropped = Vec::new();
        if let Some((item_id, started, length_ms)) = self.playing.take() {
            dropped.push((item_id, (self.now - started).min(length_ms)));
        }
        dropped.extend(self.queue.drain(..).map(|(item_id, _)| (item_id, 0)));
        for (item_id, heard_ms) in dropped {
            self.after(0, Input::Playout(PlayoutEvent::Interrupted { item_id, audio_ms, heard_ms }));
        }
    }

    /// When something happens next.
    fn next_at(&self) -> Option<u64> {
        let timer = self.session.poll_timeout().map(|(due, _)| due.0.max(self.now));
        let future = self.future.keys().next().map(|(at, _)| *at);
        let played = self.playing.as_ref().map(|(_, started, length_ms)| started + length_ms);
        [timer, future, played].into_iter().flatten().min()
    }

    fn step(&mut self, at: u64) {
        self.now = self.now.max(at);
        if self.future.keys().next().is_some_and(|(due, _)| *due <= self.now) {
            let (_, input) = self.future.pop_first().expect("just seen");
            self.input(input);
        } else if self.playing.as_ref().is_some_and(|(_, started, length_ms)| started + length_ms <= self.now) {
            let (item_id, _, played_ms) = self.playing.take().expect("just seen");
            let audio_ms = self.audio_ms();
            self.input(Input::Playout(PlayoutEvent::Finished { item_id, audio_ms, played_ms }));
        } else {
            let audio_ms = self.audio_ms();
            self.session.handle_timeout(Time(self.now), audio_ms);
            self.drain();
        }
        self.play_next();
    }

    /// Runs until the condition holds; panics when nothing more can happen or ten simulated hours are over.
    pub fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let limit = self.now + 36_000_000;
        let mut steps = 0;
        while !condition(self) {
            let at = self.next_at().unwrap_or_else(|| panic!("nothing more happens before: {what}"));
            steps += 1;
            assert!(at < limit && steps < 100_000, "too long for: {what}");
            self.step(at);
        }
    }

    /// Lets this much time pass.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(at) = self.next_at().filter(|at| *at <= end) {
            self.step(at);
        }
        self.now = end;
    }

    /// Runs until the candidate has the floor on this question.
    pub fn until_listening(&mut self, number: u32) {
        self.until(&format!("listening to question {number}"), |world| {
            world.session.question().number == number && world.session.speaker() == Some(Role::User)
        });
    }

    /// Runs until this was asked for last.
    pub fn until_said(&mut self, tag: SpeechTag) {
        self.until(&format!("{tag:?} is said"), |world| world.said.last().map(|speech| speech.tag) == Some(tag));
    }

    pub fn start_speech(&mut self) -> ItemId {
        let item_id = ItemId::new(self.fresh("user"));
        if self.playing.is_some() || !self.queue.is_empty() {
            self.flush();
        }
        let audio_ms = self.audio_ms();
        self.model(ModelEvent::SpeechStarted { item_id: item_id.clone(), audio_ms });
        item_id
    }

    pub fn stop_speech(&mut self, item_id: &ItemId, text: Option<&str>) {
        let audio_ms = self.audio_ms();
        self.model(ModelEvent::SpeechStopped { item_id: item_id.clone(), audio_ms });
        self.model(ModelEvent::Committed { item_id: item_id.clone() });
        if let Some(text) = text {
            self.model(ModelEvent::UserText { item_id: item_id.clone(), text: text.to_owned() });
        }
    }

    /// Says these words at a normal pace; they are written down at once.
    pub fn speak_as_candidate(&mut self, text: &str) -> ItemId {
        let item_id = self.start_speech();
        self.pass(text.split_whitespace().count().max(1) as u64 * WORD_MS);
        self.stop_speech(&item_id, Some(text));
        item_id
    }

    pub fn tags(&self) -> Vec<SpeechTag> {
        self.said.iter().map(|speech| speech.tag).collect()
    }

    pub fn notices(&self) -> Vec<&'static str> {
        let code = |envelope: &Envelope| match &envelope.event {
            LiveEvent::Notice(notice) => Some(notice.code),
            _ => None,
        };
        self.events.iter().filter_map(code).collect()
    }

    pub fn transcript(&self) -> Vec<(Role, String, ItemState)> {
        let mut items: Vec<&Item> = self.items.values().collect();
        items.sort_by_key(|item| (item.start_ms, item.position));
        items.into_iter().map(|item| (item.role, item.content.clone(), item.state)).collect()
    }

    pub fn until_ended(&mut self) -> EndReason {
        self.until("the end", |world| world.ended.is_some());
        self.ended.expect("just seen")
    }
}
