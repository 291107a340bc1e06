//! A bridge and a mock server with the channels of a session between them.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use viva::{
    domain::{
        id::{ItemId, ResponseId, SessionId},
        session::{ModelCommand, ModelEvent, ResponseStatus, Speech, SpeechTag},
    },
    media::port::{
        Downlink, DownlinkCommand, DownlinkReceiver, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX, UplinkFrame,
        UplinkSender,
    },
    mock_realtime::{MockConfig, MockServer},
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup, RealtimeConfig, RealtimeModel},
};

/// Far longer than anything here takes; only a failure waits for it.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// Fails a test that waits for what never comes.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

pub struct Rig {
    pub mock: MockServer,
    pub uplink: Option<UplinkSender>,
    pub downlink: DownlinkReceiver,
    /// The other end of it, to see whether it is full.
    pub agent: Downlink,
    pub commands: mpsc::Sender<ModelCommand>,
    pub events: mpsc::Receiver<ModelEvent>,
    pub cancel: CancellationToken,
    pub tasks: TaskTracker,
    /// Start of the next frame.
    pub audio_ms: u64,
}

pub fn setup() -> ModelSetup {
    ModelSetup {
        session_id: SessionId::from_random([7; 16]),
        instructions: "You are an interviewer.".into(),
        language: "en-GB".into(),
        voice: None,
        mulaw: false,
        silence_ms: 240,
        prepare: Arc::from([]),
        history: Arc::from([]),
    }
}

/// A configuration that is quick to give up.
pub fn config(url: String) -> RealtimeConfig {
    RealtimeConfig {
        name: "realtime".into(),
        url,
        model: "mock-1".into(),
        voice: Some("cedar".into()),
        give_up_after: Duration::from_secs(6),
        ..RealtimeConfig::default()
    }
}

impl Rig {
    /// A session on a mock server of its own.
    pub async fn start(mock: MockConfig) -> Self {
        Self::start_with(mock, |_, _| ()).await
    }

    pub async fn start_with(mock: MockConfig, edit: impl FnOnce(&mut RealtimeConfig, &mut ModelSetup)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let scheme = if mock.tls.is_some() { "wss" } else { "ws" };
        let host = if mock.tls.is_some() { "localhost" } else { "127.0.0.1" };
        let server = MockServer::new(mock);
        let tasks = TaskTracker::new();
        tasks.spawn(server.clone().accept(listener));
        let (mut config, mut setup) = (config(format!("{scheme}://{host}:{port}/v1/realtime")), setup());
        edit(&mut config, &mut setup);
        Self::connect(server, tasks, config, setup)
    }

    fn connect(mock: MockServer, tasks: TaskTracker, config: RealtimeConfig, setup: ModelSetup) -> Self {
        let (uplink, uplink_end) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (agent, downlink) = Downlink::channel();
        let (commands, commands_end) = mpsc::channel(MODEL_QUEUE);
        let (events_end, events) = mpsc::channel(MODEL_QUEUE);
        let cancel = CancellationToken::new();
        let ports = ModelPorts {
            uplink: uplink_end,
            downlink: agent.clone(),
            commands: commands_end,
            events: events_end,
            cancel: cancel.clone(),
        };
        let model = RealtimeModel::new(config).expect("a valid configuration");
        model.converse(setup, ports, &tasks);
        Self { mock, uplink: Some(uplink), downlink, agent, commands, events, cancel, tasks, audio_ms: 0 }
    }

    pub async fn event(&mut self) -> ModelEvent {
        within("an event", self.events.recv()).await.expect("the model is there")
    }

    /// Skips events until one that `pick` takes.
    pub async fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&ModelEvent) -> Option<T>) -> T {
        let events = &mut self.events;
        within(what, async {
            loop {
                let event = events.recv().await.unwrap_or_else(|| panic!("the model left before {what}"));
                if let Some(found) = pick(&event) {
                    return found;
                }
            }
        })
        .await
    }

    pub async fn ready(&mut self) {
        self.wait("ready", |event| (*event == ModelEvent::Ready).then_some(())).await;
    }

    pub async fn say(&self, tag: SpeechTag, words: &str) {
        let speech = Speech { tag, words: words.into(), verbatim: true, brief: None };
        self.command(ModelCommand::Say(speech)).await;
    }

    pub async fn command(&self, command: ModelCommand) {
        within("a command", self.commands.send(command)).await.expect("the model is there");
    }

    pub async fn done(&mut self) -> (ResponseId, ResponseStatus) {
        self.wait("response done", |event| match event {
            ModelEvent::ResponseDone { response_id, status } => Some((response_id.clone(), *status)),
            _ => None,
        })
        .await
    }

    /// Sends so much voice (or silence), as fast as it is taken.
    pub async fn voice(&mut self, ms: u64, loud: bool) {
        for _ in 0..ms / 20 {
            let mut pcm = [0i16; FRAME_SAMPLES];
            if loud {
                pcm.iter_mut().enumerate().for_each(|(i, s)| *s = if i / 60 % 2 == 0 { 6_000 } else { -6_000 });
            }
            let frame = UplinkFrame { pcm, mulaw: None, rtp_time: 0, audio_ms: self.audio_ms, kind: FrameKind::Normal };
            self.audio_ms += 20;
            let uplink = self.uplink.as_ref().expect("open");
            within("the uplink", uplink.send(frame.into())).await.expect("the model is there");
        }
    }

    /// Everything that the pacer was told so far.
    pub fn pacer(&mut self) -> Vec<DownlinkCommand> {
        let mut told = Vec::new();
        while let Some(command) = self.downlink.try_recv() {
            told.push(command);
        }
        told
    }

    /// Ends the session and waits until its task is gone.
    pub async fn finish(self) {
        let begun = Instant::now();
        self.cancel.cancel();
        self.mock.stop();
        self.tasks.close();
        drop((self.uplink, self.downlink, self.commands, self.events));
        within("the end of all tasks", self.tasks.wait()).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?} to leave", begun.elapsed());
    }
}

/// Samples of an item that the pacer was given, and whether it was finished.
pub fn played(told: &[DownlinkCommand], item: &ItemId) -> (usize, bool) {
    told.iter().fold((0, false), |(samples, finished), command| match command {
        DownlinkCommand::Audio { item_id, pcm } if item_id == item => (samples + pcm.len(), finished),
        DownlinkCommand::Finish { item_id } if item_id == item => (samples, true),
        _ => (samples, finished),
    })
}

/// A script as JSON.
pub fn script(json: serde_json::Value) -> MockConfig {
    MockConfig { script: serde_json::from_value(json).expect("a valid script"), ..MockConfig::default() }
}
