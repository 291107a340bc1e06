//! One interview as a state machine: who holds the floor, what is asked next, what was said, when and why it ends.
//!
//! Contract: one `handle_input` or `handle_timeout`, then `poll_output` to the end, then wait for the next input or for
//! `poll_timeout`. All times are [`Time`]: milliseconds that the caller counts.

mod ending;
mod floor;
mod input;
mod life;
mod listening;
mod output;
mod phrases;
mod proving;
mod record;
mod script;
mod speaking;
mod spending;
mod status;
mod timer;
mod voice;

pub use input::{Input, ModelEvent, PeerEvent, PlayoutEvent, ResponseStatus, StopReason};
pub use output::{Change, ModelCommand, Output, Speech, SpeechTag};
pub use script::Script;
pub use status::{EndReason, Status};
pub use timer::Timer;

use crate::domain::{
    event::{Envelope, LiveEvent, NoticeData, QuestionData, QuestionNumber, StateData, TurnData},
    id::SessionId,
    interview::Interview,
    practice::Purpose,
    proof::PlanProof,
    transcript::Role,
};
use floor::{Activity, Answer, Effect, Flight, Floor, Stage, Utterance};
use life::{Coverage, Disclosure, Farewell, Life, ModelHealth, Place, Progress};
use record::Record;
use spending::Spending;
use std::collections::VecDeque;
use voice::Voice;

/// Milliseconds on the caller's monotonic clock since the session was created. Not the audio clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

/// What a session needs from the start; it never changes.
#[derive(Clone, Debug)]
pub struct SessionSetup {
    pub session_id: SessionId,
    /// The plan, frozen: later edits of the interview do not reach a session that has begun.
    pub interview: Interview,
    pub purpose: Purpose,
    /// Name of the speech engine, for `session.state`.
    pub engine: String,
    /// The engine words follow-ups for itself when it is given a brief.
    pub phrasing: bool,
    /// The candidate must agree before anything is heard.
    pub consent_required: bool,
    pub limits: SessionLimits,
    /// Makes the ids of typed and locally spoken items.
    pub seed: u64,
}

/// Bounds that the server sets, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// A session to which nobody connects expires at this age.
    pub connect_ms: u64,
    /// A lost candidate may come back within this time.
    pub return_window_ms: u64,
    /// From the first media; the interview's own limit counts where it is shorter.
    pub max_duration_ms: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { connect_ms: 15 * 60_000, return_window_ms: 600_000, max_duration_ms: 90 * 60_000 }
    }
}

/// One run of an interview.
#[derive(Debug)]
pub struct Session {
    setup: SessionSetup,
    life: Life,
    model: ModelHealth,
    place: Place,
    disclosure: Disclosure,
    /// One for each question of the plan.
    progress: Vec<Progress>,
    floor: Floor,
    flight: Flight,
    voice: Voice,
    record: Record,
    plan: PlanProof,
    interruptions: u32,
    spending: Spending,
    /// When media flowed for the first time.
    media_since: Option<Time>,
    consent: Consent,
    outputs: VecDeque<Output>,
    events_published: u64,
    items_made: u32,
    announced_state: Option<StateData>,
    announced_turn: Option<TurnData>,
    /// The session's audio clock at the last input.
    audio_ms: u64,
}

/// Has the candidate agreed?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Owed,
    Given,
}

impl Session {
    /// A session that nobody has connected to. The greeting is asked for as soon as the model is ready.
    pub fn new(setup: SessionSetup, now: Time) -> Self {
        let consent = if setup.consent_required { Consent::Owed } else { Consent::Given };
        let greeting = Self::exactly(SpeechTag::Greeting, phrases::greeting(&setup.interview, setup.purpose));
        Self {
            life: Life::Created { expires: Time(now.0 + setup.limits.connect_ms) },
            model: ModelHealth::Starting,
            place: Place::Greeting,
            disclosure: Disclosure::Owed { cut: 0 },
            progress: vec![Progress::default(); setup.interview.questions.len()],
            floor: Floor::Interviewer(Utterance::new(greeting, Effect::Nothing, now)),
            flight: Flight::Clear,
            voice: Voice::default(),
            record: Record::default(),
            plan: PlanProof::default(),
            interruptions: 0,
            spending: Spending::default(),
            media_since: None,
            consent,
            outputs: VecDeque::new(),
            events_published: 0,
            items_made: 0,
            announced_state: None,
            announced_turn: None,
            audio_ms: 0,
            setup,
        }
    }

    /// Something happened. `audio_ms`: now, on the session's audio clock.
    pub fn handle_input(&mut self, now: Time, audio_ms: u64, input: Input) {
        if matches!(self.life, Life::Ended { .. }) {
            return;
        }
        self.audio_ms = self.audio_ms.max(audio_ms);
        match input {
            Input::Consented => self.consent = Consent::Given,
            Input::Preparing { for_ms } => self.on_preparing(now, for_ms),
            Input::Peer(event) => self.on_peer(now, event),
            Input::Playout(event) => self.on_playout(now, event),
            Input::Model(event) => self.on_model(now, event),
            Input::Client(message) => self.on_client(now, message),
            Input::Quality(quality) => self.publish(LiveEvent::Quality(quality)),
            Input::End(reason) => self.on_end(now, reason),
            Input::Persisted { sequence } => self.on_persisted(now, sequence),
            Input::PersistFailed { .. } => self.on_persist_failed(),
        }
        self.settle(now);
    }

    /// The time of `poll_timeout` has come.
    pub fn handle_timeout(&mut self, now: Time, audio_ms: u64) {
        if matches!(self.life, Life::Ended { .. }) {
            return;
        }
        self.audio_ms = self.audio_ms.max(audio_ms);
        self.settle(now);
    }

    /// The next thing to do; `None` when all is said.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call `handle_timeout` next, and what for.
    pub fn poll_timeout(&self) -> Option<(Time, Timer)> {
        self.next_timer()
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.setup.purpose
    }

    /// Where the session is in its life.
    pub fn status(&self) -> Status {
        self.life.status()
    }

    /// Why it ended or is about to.
    pub fn end_reason(&self) -> Option<EndReason> {
        self.life.end_reason()
    }

    /// Whose turn it is.
    pub fn speaker(&self) -> Option<Role> {
        match (&self.life, &self.floor) {
            (Life::Active | Life::Closing { .. }, Floor::Interviewer(_)) => Some(Role::Assistant),
            (Life::Active, Floor::Candidate(_)) => Some(Role::User),
            _ => None,
        }
    }

    /// Which question is being asked or answered.
    pub fn question(&self) -> QuestionNumber {
        QuestionNumber { number: self.question_number().unwrap_or(0), total: self.total() }
    }

    /// What somebody who starts to watch now must know, in order.
    pub fn snapshot(&self) -> Vec<LiveEvent> {
        let mut events = vec![LiveEvent::State(self.state_data())];
        events.extend(self.question_data().map(LiveEvent::Question));
        events.extend(self.record.announced().into_iter().map(LiveEvent::Item));
        events.push(LiveEvent::Turn(self.turn_data()));
        events
    }

    /// All words that are known ahead, in the order of their use.
    pub fn prepare(&self) -> Vec<String> {
        let SessionSetup { interview, purpose, .. } = &self.setup;
        let mut words = vec![phrases::greeting(interview, *purpose)];
        for question in &interview.questions {
            words.push(question.text.clone());
            words.extend(question.follow_ups.iter().cloned());
        }
        words.push(phrases::closing(interview, *purpose));
        words
    }

    /// System instructions for a model that phrases for itself.
    pub fn instructions(&self) -> String {
        phrases::instructions(&self.setup.interview)
    }

    /// What is due is done, then everyone is told, then the store.
    fn settle(&mut self, now: Time) {
        // Each firing moves its timer; the bound is against a mistake here, not against the outside.
        for _ in 0..32 {
            match self.next_timer() {
                Some((due, timer)) if due <= now => self.fire(now, timer),
                _ => break,
            }
        }
        if matches!(self.life, Life::Closing { stage: Farewell::Transcribing, .. })
            && self.record.unsettled_users().is_empty()
        {
            self.close_peer_side(now);
        }
        self.mind_budget(now);
        self.pump(now);
        self.announce();
        self.save();
    }

    /// Tells everyone where the interview stands, if that changed.
    fn announce(&mut self) {
        if matches!(self.life, Life::Ended { .. }) {
            return;
        }
        let state = self.state_data();
        if self.announced_state.as_ref() != Some(&state) {
            self.announced_state = Some(state.clone());
            self.publish(LiveEvent::State(state));
        }
        let turn = self.turn_data();
        if self.announced_turn != Some(turn) {
            self.announced_turn = Some(turn);
            self.publish(LiveEvent::Turn(turn));
        }
    }

    fn save(&mut self) {
        if !matches!(self.life, Life::Ended { .. })
            && let Some(persist) = self.record.flush()
        {
            self.outputs.push_back(persist);
        }
    }

    fn publish(&mut self, event: LiveEvent) {
        self.events_published += 1;
        let envelope = Envelope { id: self.events_published, at_ms: self.audio_ms, event };
        self.outputs.push_back(Output::Publish(envelope));
    }

    fn publish_item(&mut self, item: Option<crate::domain::event::ItemData>) {
        if let Some(item) = item {
            self.publish(LiveEvent::Item(item));
        }
    }

    fn notice(&mut self, code: &'static str, level: &'static str, text: &str) {
        self.publish(LiveEvent::Notice(NoticeData { code, text: text.to_owned(), level }));
    }

    fn command(&mut self, command: ModelCommand) {
        if !matches!(self.model, ModelHealth::Gone) {
            self.outputs.push_back(Output::Model(command));
        }
    }

    fn total(&self) -> u32 {
        u32::try_from(self.setup.interview.questions.len()).unwrap_or(u32::MAX)
    }

    fn question_number(&self) -> Option<u32> {
        match self.place {
            Place::Greeting | Place::Farewell { index: None } => None,
            Place::Asking { index } | Place::Farewell { index: Some(index) } => Some(number_of(index)),
        }
    }

    fn state_data(&self) -> StateData {
        StateData {
            status: self.status().as_str(),
            end_reason: self.end_reason().map(EndReason::as_str),
            engine: self.setup.engine.clone(),
            question: self.question(),
            speaker: self.speaker().map(Role::as_str),
            time_limit_ms: self.setup.limits.max_duration_ms,
        }
    }

    fn turn_data(&self) -> TurnData {
        let state = match (self.speaker(), &self.floor) {
            (Some(Role::Assistant), Floor::Interviewer(utterance)) if self.voice.is_heard(&utterance.items) => {
                "speaking"
            }
            (Some(Role::Assistant), _) => "thinking",
            (Some(Role::User), Floor::Candidate(Answer { activity: Activity::Speaking, .. })) => "speaking",
            (Some(Role::User), _) => "listening",
            (None, _) => "idle",
        };
        TurnData { speaker: self.speaker().map(Role::as_str), state }
    }

    fn question_data(&self) -> Option<QuestionData> {
        let Place::Asking { index } = self.place else { return None };
        let text = self.ask_text(index)?;
        Some(QuestionData { number: number_of(index), total: self.total(), text })
    }

    /// Words of the latest ask of a question: the question, or the follow-up that came last.
    fn ask_text(&self, index: usize) -> Option<String> {
        let asked = self.progress.get(index)?.probes().next_back().map(|noted| noted.words().to_owned());
        asked.or_else(|| Some(self.setup.interview.questions.get(index)?.text.clone()))
    }

    fn exactly(tag: SpeechTag, words: String) -> Speech {
        Speech { tag, words, verbatim: true, brief: None }
    }

    /// An id of an item that is made here.
    fn make_item_id(&mut self, kind: &str) -> crate::domain::id::ItemId {
        self.items_made += 1;
        crate::domain::id::ItemId::new(format!("{kind}_{:08x}_{}", self.setup.seed as u32, self.items_made))
    }
}

/// Questions are counted from 1.
fn number_of(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

impl Coverage {
    /// The public name; a question that nobody came to is `skipped`.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pending | Self::Skipped => "skipped",
            Self::Asked => "asked",
            Self::Answered => "answered",
        }
    }
}
