//! One conversation with the engine, fed with 20 ms frames as fast as it takes them.

use hound::WavReader;
use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::direct::InterleavedSlice};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use viva::{
    domain::{
        id::{ItemId, SessionId},
        session::{ModelCommand, ModelEvent, Speech, SpeechTag},
    },
    engine::BuiltinEngine,
    media::port::{
        Downlink, DownlinkCommand, DownlinkReceiver, FRAME_MS, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX,
        UplinkFrame, UplinkSender,
    },
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup},
};

/// Long enough for a busy machine, short enough to end a broken test.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The four recorded clips and their words.
pub const CLIPS: [(&str, &str); 4] = [
    (
        "0870",
        concat!(
            "and mister john dashwood had then leisure to consider how much there might be prudently ",
            "in his power to do for them"
        ),
    ),
    ("0880", "he was not an ill disposed young man"),
    ("0890", "unless to be rather cold hearted and rather selfish is to be ill disposed"),
    ("0920", "had he married a more amiable woman he might have been made still more respectable than he was"),
];

pub struct Rig {
    uplink: UplinkSender,
    pub downlink: DownlinkReceiver,
    pub commands: mpsc::Sender<ModelCommand>,
    pub events: mpsc::Receiver<ModelEvent>,
    pub cancel: CancellationToken,
    pub tasks: TaskTracker,
    pub now_ms: u64,
}

impl Rig {
    pub fn start(engine: &BuiltinEngine, prepare: &[&str]) -> Self {
        let (uplink, uplink_end) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (downlink_end, downlink) = Downlink::channel();
        let (commands, commands_end) = mpsc::channel(MODEL_QUEUE);
        let (events_end, events) = mpsc::channel(MODEL_QUEUE);
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let setup = ModelSetup {
            session_id: SessionId::from_random([7; 16]),
            instructions: String::new(),
            language: "en".into(),
            voice: None,
            mulaw: false,
            silence_ms: 600,
            prepare: prepare.iter().map(|&text| text.to_owned()).collect::<Vec<_>>().into(),
            history: Arc::new([]),
        };
        let ports = ModelPorts {
            uplink: uplink_end,
            downlink: downlink_end,
            commands: commands_end,
            events: events_end,
            cancel: cancel.clone(),
        };
        engine.converse(setup, ports, &tasks);
        Self { uplink, downlink, commands, events, cancel, tasks, now_ms: 0 }
    }

    pub async fn started(engine: &BuiltinEngine, prepare: &[&str]) -> Self {
        let mut rig = Self::start(engine, prepare);
        assert_eq!(rig.event().await, ModelEvent::Ready);
        rig
    }

    pub async fn event(&mut self) -> ModelEvent {
        let event = timeout(DEADLINE, self.events.recv()).await.expect("an event in time");
        event.expect("the conversation goes on")
    }

    /// Events until one that `last` accepts, and that one.
    pub async fn events_until(&mut self, last: impl Fn(&ModelEvent) -> bool) -> Vec<ModelEvent> {
        let mut events = Vec::new();
        loop {
            events.push(self.event().await);
            if events.last().is_some_and(&last) {
                return events;
            }
        }
    }

    pub async fn feed_frame(&mut self, pcm: [i16; FRAME_SAMPLES], kind: FrameKind) {
        let frame = UplinkFrame { pcm, mulaw: None, rtp_time: self.now_ms * 48, audio_ms: self.now_ms, kind };
        self.now_ms += FRAME_MS;
        timeout(DEADLINE, self.uplink.send(frame.into())).await.expect("the engine takes frames").expect("it lives");
    }

    pub async fn feed(&mut self, pcm: &[i16]) {
        for chunk in pcm.chunks(FRAME_SAMPLES) {
            let mut frame = [0; FRAME_SAMPLES];
            frame[..chunk.len()].copy_from_slice(chunk);
            self.feed_frame(frame, FrameKind::Normal).await;
        }
    }

    pub async fn silence(&mut self, ms: u64) {
        for n in 0..ms / FRAME_MS {
            let kind = if n % 2 == 0 { FrameKind::Dtx } else { FrameKind::Silence };
            self.feed_frame([0; FRAME_SAMPLES], kind).await;
        }
    }

    pub async fn say(&self, words: &str) {
        let speech = Speech { tag: SpeechTag::Greeting, words: words.into(), verbatim: true, brief: None };
        self.commands.send(ModelCommand::Say(speech)).await.expect("the conversation goes on");
    }

    /// Everything that was queued for the pacer so far.
    pub fn queued(&mut self) -> Vec<DownlinkCommand> {
        std::iter::from_fn(|| self.downlink.try_recv()).collect()
    }
}

/// A clip as the microphone would send it: 24 kHz.
pub fn clip(name: &str) -> Vec<i16> {
    to_24_khz(&clip_16_khz(name))
}

pub fn clip_16_khz(name: &str) -> Vec<f32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
    let path = folder.join(format!("sense_and_sensibility_01_austen_64kb-{name}.wav"));
    let mut wav = WavReader::open(path).expect("fixture");
    assert_eq!(wav.spec().sample_rate, 16_000);
    wav.samples::<i16>().map(|sample| f32::from(sample.expect("sample")) / 32_768.0).collect()
}

pub fn to_24_khz(samples: &[f32]) -> Vec<i16> {
    resample(samples, 16_000, 24_000).iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16).collect()
}

pub fn to_16_khz(pcm: &[i16]) -> Vec<f32> {
    let samples: Vec<f32> = pcm.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    resample(&samples, 24_000, 16_000)
}

fn resample(samples: &[f32], from: usize, to: usize) -> Vec<f32> {
    let mut resampler = Fft::<f32>::new(from, to, 480, 1, FixedSync::Both).expect("rates");
    let input = InterleavedSlice::new(samples, 1, samples.len()).expect("mono");
    resampler.process_all(&input, samples.len(), None).expect("resampling").take_data()
}

/// Words for comparison: lower case, hyphens to spaces, no punctuation, `mr` = `mister`.
pub fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['-', '\u{2014}'], " ");
    let text: String = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace() || *c == '\'').collect();
    text.split_whitespace().map(|word| if word == "mr" { "mister".into() } else { word.to_owned() }).collect()
}

/// Substitutions, insertions and deletions from one sequence to the other.
pub fn edits<T: PartialEq>(wanted: &[T], got: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=got.len()).collect();
    for (i, want) in wanted.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, have) in got.iter().enumerate() {
            let replaced = diagonal + usize::from(want != have);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[got.len()]
}

/// The settled text of an event.
pub fn user_text(event: &ModelEvent) -> Option<(&ItemId, &str)> {
    match event {
        ModelEvent::UserText { item_id, text } => Some((item_id, text)),
        _ => None,
    }
}
