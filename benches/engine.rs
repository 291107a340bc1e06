//! What the built-in engine costs: CPU seconds per second of audio for each of its parts, and the time to the first
//! audio of a speech. Run with `cargo bench --bench engine`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and asserts by unwrapping")]

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use viva::{
    domain::{
        id::SessionId,
        session::{ModelCommand, ModelEvent, Speech, SpeechTag},
    },
    engine::BuiltinEngine,
    media::port::{
        Downlink, DownlinkCommand, DownlinkReceiver, FRAME_MS, FRAME_SAMPLES, FrameKind, UPLINK_FRAMES_MAX,
        UplinkFrame, UplinkSender,
    },
    realtime::{MODEL_QUEUE, Model, ModelPorts, ModelSetup},
};

const SENTENCES: [&str; 5] = [
    "Welcome, and thank you for joining today's interview.",
    "Could you walk me through a project you are proud of, and tell me what your own part in it was?",
    "Which trade-offs did you make between latency and throughput?",
    "Please describe a time when you disagreed with a colleague.",
    "That was the last question. Thank you, and goodbye.",
];

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    println!("| what | CPU s per audio s | wall |\n| --- | --- | --- |");
    let engine = BuiltinEngine::new(None);
    loading(&engine).await?;
    speaking(&engine).await?;
    transcribing(&engine).await?;
    turns(&engine).await?;
    listening(&engine).await?;
    answering(&engine).await?;
    let models_mb = resident_kib()? / 1_024;
    let session_kib = sessions(&engine).await?;
    first_audio().await?;
    println!("\nresident memory with all models: {models_mb} MB; a listening session: {session_kib} KiB");
    Ok(())
}

async fn loading(engine: &BuiltinEngine) -> Result<(), Failure> {
    let (started, before) = (Instant::now(), resident_kib()?);
    engine.phonemes("Hello.").await?;
    let voice = (started.elapsed(), resident_kib()?);
    engine.transcribe(vec![0.0; 16_000]).await?;
    let ears = (started.elapsed() - voice.0, resident_kib()?);
    engine.finished(vec![0.0; 16_000]).await?;
    println!("| load the voice ({} MB) | - | {:.0?} |", (voice.1 - before) / 1_024, voice.0);
    println!("| load the ears and hear 1 s ({} MB) | - | {:.0?} |", (ears.1 - voice.1) / 1_024, ears.0);
    Ok(())
}

async fn speaking(engine: &BuiltinEngine) -> Result<(), Failure> {
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    let mut samples = 0;
    for sentence in SENTENCES {
        samples += engine.speak(sentence).await?.len();
    }
    report("text to speech", samples as f64 / 24_000.0, cpu_seconds()? - cpu, started.elapsed());
    Ok(())
}

async fn transcribing(engine: &BuiltinEngine) -> Result<(), Failure> {
    for (what, clips) in [("speech to text, 3 s", &["0880"][..]), ("speech to text, 7 s", &["0870"][..])] {
        let clip = clip(clips[0])?;
        let (started, cpu) = (Instant::now(), cpu_seconds()?);
        let rounds = 5;
        for _ in 0..rounds {
            engine.transcribe(clip.clone()).await?;
        }
        let audio_s = f64::from(rounds) * clip.len() as f64 / 16_000.0;
        report(what, audio_s, cpu_seconds()? - cpu, started.elapsed());
    }
    Ok(())
}

async fn turns(engine: &BuiltinEngine) -> Result<(), Failure> {
    let clip = clip("0870")?;
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    for _ in 0..10 {
        engine.finished(clip.clone()).await?;
    }
    let each = (cpu_seconds()? - cpu) / 10.0;
    println!("| end of turn, each: {each:.3} CPU s | - | {:.0?} |", started.elapsed() / 10);
    Ok(())
}

/// Resampling, voice detection and the conversation around them, nobody speaking.
async fn listening(engine: &BuiltinEngine) -> Result<(), Failure> {
    let mut session = Session::start(engine, &[]).await?;
    session.silence(1_000).await?;
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    session.silence(120_000).await?;
    report("listening, nobody speaks", 120.0, cpu_seconds()? - cpu, started.elapsed());
    session.close().await
}

/// From `Say` to the first audio in the pacer's mailbox.
async fn first_audio() -> Result<(), Failure> {
    let engine = BuiltinEngine::new(None);
    let started = Instant::now();
    let mut cold = Session::start(&engine, &[]).await?;
    cold.first_audio(SENTENCES[0]).await?;
    println!("| first audio, no model loaded | - | {:.1?} |", started.elapsed());
    let warm = cold.first_audio(SENTENCES[1]).await?;
    println!("| first audio, sentence not known | - | {warm:.1?} |");
    let prepared = cold.first_audio(SENTENCES[1]).await?;
    println!("| first audio, sentence prepared | - | {prepared:.1?} |");
    cold.close().await
}

/// In real time: from the end of the last word to the end of the turn, and to the settled text.
async fn answering(engine: &BuiltinEngine) -> Result<(), Failure> {
    let mut session = Session::start(engine, &[]).await?;
    // 16 to 24 kHz by straight lines: good enough to be understood.
    let clip = clip("0920")?;
    let at = |n: usize| clip.get(n).copied().unwrap_or_default();
    let sample = |n: usize| {
        let (whole, part) = (n * 2 / 3, (n * 2 % 3) as f32 / 3.0);
        ((at(whole) * (1.0 - part) + at(whole + 1) * part) * 32_767.0) as i16
    };
    let (mut stopped_ms, mut committed) = (0, Duration::ZERO);
    let mut ticks = tokio::time::interval(Duration::from_millis(FRAME_MS));
    let started = Instant::now();
    for index in 0.. {
        ticks.tick().await;
        session.frame(std::array::from_fn(|n| sample(index * FRAME_SAMPLES + n))).await?;
        while let Ok(event) = session.events.try_recv() {
            match event {
                ModelEvent::SpeechStopped { audio_ms, .. } => stopped_ms = audio_ms,
                ModelEvent::Committed { .. } => committed = started.elapsed(),
                ModelEvent::UserText { text, .. } => {
                    let word_end = Duration::from_millis(stopped_ms);
                    println!("| last word to end of turn | - | {:.0?} |", committed - word_end);
                    println!(
                        "| last word to text ({} characters) | - | {:.0?} |",
                        text.len(),
                        started.elapsed() - word_end
                    );
                    return session.close().await;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Memory of a session beyond the models, in KiB.
async fn sessions(engine: &BuiltinEngine) -> Result<u64, Failure> {
    let before = resident_kib()?;
    let mut open = Vec::new();
    for _ in 0..300 {
        let mut session = Session::start(engine, &[]).await?;
        session.silence(1_000).await?;
        open.push(session);
    }
    let each = (resident_kib()? - before) / 300;
    for session in open {
        session.close().await?;
    }
    Ok(each)
}

struct Session {
    uplink: UplinkSender,
    downlink: DownlinkReceiver,
    commands: mpsc::Sender<ModelCommand>,
    events: mpsc::Receiver<ModelEvent>,
    tasks: TaskTracker,
    now_ms: u64,
}

impl Session {
    async fn start(engine: &BuiltinEngine, prepare: &[&str]) -> Result<Self, Failure> {
        let (uplink, uplink_end) = mpsc::channel(UPLINK_FRAMES_MAX);
        let (downlink_end, downlink) = Downlink::channel();
        let (commands, commands_end) = mpsc::channel(MODEL_QUEUE);
        let (events_end, mut events) = mpsc::channel(MODEL_QUEUE);
        let tasks = TaskTracker::new();
        let setup = ModelSetup {
            session_id: SessionId::from_random([1; 16]),
            instructions: String::new(),
            voice: None,
            mulaw: false,
            language: "en".into(),
            silence_ms: 600,
            prepare: prepare.iter().map(|&text| text.to_owned()).collect::<Vec<_>>().into(),
            history: Arc::new([]),
        };
        let ports = ModelPorts {
            uplink: uplink_end,
            downlink: downlink_end,
            commands: commands_end,
            events: events_end,
            cancel: CancellationToken::new(),
        };
        engine.converse(setup, ports, &tasks);
        match events.recv().await {
            Some(ModelEvent::Ready) => Ok(Self { uplink, downlink, commands, events, tasks, now_ms: 0 }),
            other => Err(format!("the engine is not ready: {other:?}").into()),
        }
    }

    async fn silence(&mut self, ms: u64) -> Result<(), Failure> {
        for n in 0..ms / FRAME_MS {
            // A quiet room, not digital silence.
            self.frame([(n % 5) as i16 - 2; FRAME_SAMPLES]).await?;
        }
        Ok(())
    }

    async fn frame(&mut self, pcm: [i16; FRAME_SAMPLES]) -> Result<(), Failure> {
        let frame = UplinkFrame {
            pcm,
            rtp_time: self.now_ms * 48,
            audio_ms: self.now_ms,
            kind: FrameKind::Normal,
            mulaw: None,
        };
        self.now_ms += FRAME_MS;
        Ok(self.uplink.send(frame.into()).await?)
    }

    async fn first_audio(&mut self, words: &str) -> Result<Duration, Failure> {
        let started = Instant::now();
        let speech = Speech { tag: SpeechTag::Greeting, words: words.into(), verbatim: true, brief: None };
        self.commands.send(ModelCommand::Say(speech)).await?;
        while !matches!(self.downlink.recv().await, Some(DownlinkCommand::Audio { .. })) {}
        let elapsed = started.elapsed();
        while !matches!(self.events.recv().await, Some(ModelEvent::ResponseDone { .. })) {}
        Ok(elapsed)
    }

    async fn close(self) -> Result<(), Failure> {
        self.commands.send(ModelCommand::Close).await?;
        self.tasks.close();
        self.tasks.wait().await;
        Ok(())
    }
}

fn report(what: &str, audio_s: f64, cpu_s: f64, wall: Duration) {
    println!("| {what} | {:.4} | {wall:.0?} for {audio_s:.1} s |", cpu_s / audio_s);
}

fn clip(name: &str) -> Result<Vec<f32>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
    let mut wav = hound::WavReader::open(folder.join(format!("sense_and_sensibility_01_austen_64kb-{name}.wav")))?;
    let samples: Result<Vec<i16>, _> = wav.samples::<i16>().collect();
    Ok(samples?.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect())
}

/// CPU time of all threads of this process, from the scheduler's own count in nanoseconds.
fn cpu_seconds() -> Result<f64, Failure> {
    let mut total = 0u64;
    for task in fs::read_dir("/proc/self/task")? {
        let Ok(schedstat) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        total += schedstat.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(total as f64 / 1e9)
}

fn resident_kib() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
