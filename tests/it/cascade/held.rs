//! A whole interview: the session's core, the engine with its real voice, a chat endpoint, and a candidate who types.
//! The pacer plays at once and the clocks jump by what was played, so only the endpoint takes time.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use viva::{
    domain::{
        event::{ClientMessage, LiveEvent},
        id::{ItemId, SessionId},
        interview::{Interview, Question},
        practice::Purpose,
        proof::{PlanProof, QuestionProof},
        session::{
            Change, EndReason, Input, ModelCommand, ModelEvent, Output, PeerEvent, PlayoutEvent, Session,
            SessionLimits, SessionSetup, SpeechTag, Time,
        },
        transcript::Role,
        usage::UsageTotal,
    },
    engine::BuiltinEngine,
    media::port::{Downlink, DownlinkCommand, DownlinkReceiver, UPLINK_FRAMES_MAX, UplinkSender},
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup},
};

/// No interview here takes longer on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);
const ANSWERS_MAX: usize = 40;

/// What was held.
pub struct Held {
    /// What the interviewer said, in order.
    pub said: Vec<(SpeechTag, String)>,
    pub proofs: BTreeMap<u32, QuestionProof>,
    pub plan: PlanProof,
    pub reason: EndReason,
    pub saved: bool,
    /// From the end of each answer to the first sound after it.
    pub waits: Vec<Duration>,
    /// When the first audio of each item came.
    pub sounds: Vec<(SpeechTag, Instant)>,
    pub usage: Vec<UsageTotal>,
}

pub fn interview() -> Interview {
    let question = |text: &str, follow_ups: &[&str], probes_max| Question {
        text: text.to_owned(),
        follow_ups: follow_ups.iter().map(|&text| text.to_owned()).collect(),
        short_answer_words: 100,
        probes_max,
        ..Question::default()
    };
    Interview {
        id: "cascade".to_owned(),
        kind: "cascade".to_owned(),
        title: "Back-end engineer".to_owned(),
        persona: "Vera".to_owned(),
        questions: vec![
            question("Which project are you proud of?", &["What was your own part in it?"], Some(2)),
            question("How do you handle disagreement with colleagues?", &["What came of it?"], None),
        ],
        ..Interview::default()
    }
}

struct Run {
    session: Session,
    begun: Instant,
    skipped_ms: u64,
    inbox: VecDeque<Input>,
    commands: mpsc::Sender<ModelCommand>,
    tags: BTreeMap<String, SpeechTag>,
    asked: Option<SpeechTag>,
    sounded: BTreeMap<String, u64>,
    answered: usize,
    /// The candidate has answered and hears nothing yet.
    waits_since: Option<Instant>,
    held: Held,
    over: bool,
}

/// Holds an interview. `answer`: what the candidate says to a question (from 1), by how often it was answered before.
pub async fn hold(engine: &BuiltinEngine, interview: Interview, answer: impl Fn(u32, usize) -> String) -> Held {
    let ports = Ends::open(engine, &interview);
    let Ends { mut events, mut downlink, commands, tasks, cancel, _uplink } = ports;
    let mut run = Run::new(engine, interview, commands);
    run.inbox.extend([Input::Peer(PeerEvent::Offered), Input::Peer(PeerEvent::Connected { audio_ms: 0 })]);
    let mut answers: BTreeMap<u32, usize> = BTreeMap::new();
    let held = async {
        run.settle().await;
        while !run.over {
            let due = run.session.poll_timeout().map_or(1_000, |(due, _)| due.0.saturating_sub(run.now_ms()).max(1));
            tokio::select! {
                biased;
                Some(event) = events.recv() => run.event(event),
                Some(command) = downlink.recv() => run.play(command),
                _ = timeout(Duration::from_millis(due), std::future::pending::<()>()) => {
                    let now_ms = run.now_ms();
                    run.session.handle_timeout(Time(now_ms), now_ms);
                }
            }
            run.settle().await;
            if run.session.speaker() == Some(Role::User) && !run.over {
                let number = run.session.question().number;
                let count = answers.entry(number).or_default();
                let text = answer(number, *count);
                *count += 1;
                run.answered += 1;
                assert!(run.answered <= ANSWERS_MAX, "the interview does not get on: {:?}", run.held.said);
                run.waits_since = Some(Instant::now());
                run.inbox.push_back(Input::Client(ClientMessage::Text { text }));
                run.settle().await;
            }
        }
    };
    timeout(PATIENCE, held).await.expect("the interview ends in time");
    cancel.cancel();
    tasks.close();
    timeout(PATIENCE, tasks.wait()).await.expect("the engine lets go");
    run.held
}

/// The outer ends of a conversation's channels.
struct Ends {
    events: mpsc::Receiver<ModelEvent>,
    downlink: DownlinkReceiver,
    commands: mpsc::Sender<ModelCommand>,
    tasks: TaskTracker,
    cancel: CancellationToken,
    _uplink: UplinkSender,
}

impl Ends {
    fn open(engine: &BuiltinEngine, interview: &Interview) -> Self {
        let (_uplink, uplink) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (downlink_end, downlink) = Downlink::channel();
        let (commands, commands_end) = mpsc::channel(MODEL_QUEUE);
        let (events_end, events) = mpsc::channel(MODEL_QUEUE);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let setup = ModelSetup {
            session_id: SessionId::from_random([7; 16]),
            instructions: String::new(),
            language: interview.language.clone(),
            voice: None,
            mulaw: false,
            silence_ms: 600,
            prepare: Arc::new([]),
            history: Arc::new([]),
        };
        let (commands_end, events_end) = (commands_end, events_end);
        let ports = ModelPorts {
            uplink,
            downlink: downlink_end,
            commands: commands_end,
            events: events_end,
            cancel: cancel.clone(),
        };
        engine.converse(setup, ports, &tasks);
        Self { events, downlink, commands, tasks, cancel, _uplink }
    }
}

impl Run {
    fn new(engine: &BuiltinEngine, interview: Interview, commands: mpsc::Sender<ModelCommand>) -> Self {
        let setup = SessionSetup {
            session_id: SessionId::from_random([7; 16]),
            interview,
            engine: "builtin".to_owned(),
            phrasing: engine.phrases(),
            purpose: Purpose::Interview,
            consent_required: false,
            limits: SessionLimits::default(),
            seed: 7,
        };
        Self {
            session: Session::new(setup, Time(0)),
            begun: Instant::now(),
            skipped_ms: 0,
            inbox: VecDeque::new(),
            commands,
            tags: BTreeMap::new(),
            asked: None,
            sounded: BTreeMap::new(),
            answered: 0,
            waits_since: None,
            held: Held {
                said: Vec::new(),
                proofs: BTreeMap::new(),
                plan: PlanProof::default(),
                reason: EndReason::Internal,
                saved: false,
                waits: Vec::new(),
                sounds: Vec::new(),
                usage: Vec::new(),
            },
            over: false,
        }
    }

    fn now_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64 + self.skipped_ms
    }

    fn event(&mut self, event: ModelEvent) {
        match &event {
            ModelEvent::ResponseStarted { tag, .. } => self.asked = *tag,
            ModelEvent::AgentItem { item_id, .. } => {
                let tag = self.asked.expect("the engine echoes tags");
                self.tags.insert(item_id.to_string(), tag);
            }
            ModelEvent::AgentText { item_id, text } if !text.is_empty() => {
                self.held.said.push((self.tags[item_id.as_str()], text.clone()));
            }
            _ => {}
        }
        self.inbox.push_back(Input::Model(event));
    }

    /// The pacer: an item is played as fast as it comes.
    fn play(&mut self, command: DownlinkCommand) {
        match command {
            DownlinkCommand::Audio { item_id, pcm } => {
                let ms = pcm.len() as u64 / 24;
                self.skipped_ms += ms;
                let played = self.sounded.entry(item_id.to_string()).or_insert(0);
                let first = *played == 0;
                *played += ms;
                if first {
                    self.sound(&item_id);
                }
            }
            DownlinkCommand::Finish { item_id } => {
                let played_ms = self.sounded.get(item_id.as_str()).copied().unwrap_or(0);
                let audio_ms = self.now_ms();
                self.inbox.push_back(Input::Playout(PlayoutEvent::Finished { item_id, audio_ms, played_ms }));
            }
            DownlinkCommand::Flush => {}
        }
    }

    fn sound(&mut self, item_id: &ItemId) {
        let now = Instant::now();
        if let Some(since) = self.waits_since.take() {
            self.held.waits.push(now - since);
        }
        self.held.sounds.push((self.tags.get(item_id.as_str()).copied().unwrap_or(SpeechTag::Remark), now));
        let audio_ms = self.now_ms();
        self.inbox.push_back(Input::Playout(PlayoutEvent::Started { item_id: item_id.clone(), audio_ms }));
    }

    async fn settle(&mut self) {
        loop {
            while let Some(output) = self.session.poll_output() {
                self.perform(output).await;
            }
            let Some(input) = self.inbox.pop_front() else { return };
            let now_ms = self.now_ms();
            self.session.handle_input(Time(now_ms), now_ms, input);
        }
    }

    async fn perform(&mut self, output: Output) {
        match output {
            Output::Model(command) => {
                // An engine that was told to close takes nothing more.
                let _ = self.commands.send(command).await;
            }
            Output::Persist { sequence, changes } => {
                changes.into_iter().for_each(|change| self.keep(change));
                self.inbox.push_back(Input::Persisted { sequence });
            }
            Output::Publish(envelope) => {
                if let LiveEvent::Ended(ended) = &envelope.event {
                    self.held.saved = ended.saved;
                }
            }
            Output::Ended(reason) => {
                self.held.reason = reason;
                self.over = true;
            }
            Output::StopAudio | Output::SpeakLocally { .. } | Output::ClosePeer => {}
        }
    }

    fn keep(&mut self, change: Change) {
        match change {
            Change::Proof { number, proof } => {
                self.held.proofs.insert(number, proof);
            }
            Change::Plan(plan) => self.held.plan = plan,
            Change::Usage(total) => {
                self.held
                    .usage
                    .retain(|kept| (kept.source, &kept.model, kept.kind) != (total.source, &total.model, total.kind));
                self.held.usage.push(total);
            }
            _ => {}
        }
    }
}
