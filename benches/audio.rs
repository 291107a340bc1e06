//! One session's audio path: what each stage costs alone, and what the whole costs, in one run.
//!
//! `cargo bench --bench audio`. The stages are those of `viva bench` (the floor), and the recorder's. The whole is the
//! CPU time of a Viva in a process of its own, WebRTC stack, WebSocket and pacing included, while real clients on
//! another stack hold sessions against it: talking all the time, and with the agent speaking 40 % of the time.
//! `VIVA_BENCH_SESSIONS` (10) and `VIVA_BENCH_SECONDS` (15) say how many and how long.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and asserts by unwrapping")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use viva::{
    bench::{Bench, Mode, Options, Server, floor::Floor, report::Report},
    domain::{
        audio::{FRAME_SAMPLES, FRAME_TICKS},
        id::SessionId,
    },
    media::{
        opus::{Encoder, Mode as Codec, PACKET_BYTES_MAX},
        port::SAMPLE_RATE_HZ,
        recorder::Recorder,
    },
};

type Frame = [i16; FRAME_SAMPLES];

const FRAMES: usize = 1_000;
const BATCHES: usize = 5;

fn main() {
    let (hand_over_us, written_us) = record(&speech());
    print("recording: a packet handed over", hand_over_us);
    if let Some(written_us) = written_us {
        print("recording: a packet written, in its own thread", written_us);
    }
    let floor = Floor::measure().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let measurements = [Mode::Talk, Mode::Turn].map(|mode| runtime.block_on(whole(mode)));
    let report = Report::new("own".into(), floor, measurements.into(), None);
    println!("{}", report.text());
    for measured in &report.measurements {
        let (name, ratio) = (measured.measurement.mode.name(), measured.cpu_over_floor.unwrap());
        println!("{:>54}  {ratio:.2}", format!("whole / floor, {name}"));
    }
}

/// A Viva of its own, with so many sessions.
async fn whole(mode: Mode) -> viva::bench::Measurement {
    let number = |name: &str, usual: usize| std::env::var(name).map_or(usual, |number| number.parse().unwrap());
    let sessions = number("VIVA_BENCH_SESSIONS", 10);
    let program = PathBuf::from(env!("CARGO_BIN_EXE_viva"));
    let mut options = Options::new(Server::Own { program }, mode, sessions);
    options.window = Duration::from_secs(number("VIVA_BENCH_SECONDS", 15) as u64);
    let bench = Bench::start(options).await.unwrap();
    let measurement = bench.measure(sessions).await.unwrap();
    bench.finish().await;
    measurement
}

fn print(what: &str, microseconds: f64) {
    println!("{what:>54}  {microseconds:>7.2} µs a frame");
}

/// 20 s of recorded speech at 24 kHz.
fn speech() -> Vec<Frame> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
    let mut samples = Vec::new();
    for clip in ["0870", "0880", "0890", "0920"] {
        let path = root.join(format!("sense_and_sensibility_01_austen_64kb-{clip}.wav"));
        let mut file = hound::WavReader::open(path).expect("the speech fixtures are there");
        samples.extend(file.samples::<i16>().map(|sample| f64::from(sample.expect("the fixtures are whole"))));
    }
    let at = |index: usize| {
        let place = index as f64 * 16_000.0 / f64::from(SAMPLE_RATE_HZ);
        let from = place as usize % (samples.len() - 1);
        (samples[from] * (1.0 - place.fract()) + samples[from + 1] * place.fract()) as i16
    };
    (0..FRAMES).map(|frame| std::array::from_fn(|sample| at(frame * FRAME_SAMPLES + sample))).collect()
}

/// The fastest of several batches, in microseconds a frame.
fn fastest(mut batch: impl FnMut()) -> f64 {
    let times = (0..BATCHES).map(|_| {
        let start = Instant::now();
        batch();
        start.elapsed().as_secs_f64() * 1e6 / FRAMES as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn encoded(speech: &[Frame], mode: Codec) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(mode).expect("an encoder is made");
    let mut packet = [0; PACKET_BYTES_MAX];
    let encode = |frame: &Frame| {
        let length = encoder.encode(frame, &mut packet).expect("speech is encoded");
        packet[..length].to_vec()
    };
    speech.iter().map(encode).collect()
}

/// What a recorded packet costs its shard, and what it costs the recorder's threads; on Linux only the latter.
fn record(speech: &[Frame]) -> (f64, Option<f64>) {
    let directory = tempfile::tempdir().expect("a directory is made");
    let recorder = Recorder::start(directory.path().to_owned()).expect("a recorder starts");
    let packets: Vec<bytes::Bytes> = encoded(speech, Codec::Clean).into_iter().map(bytes::Bytes::from).collect();
    let session_id = SessionId::from_random([1; 16]);
    let (mut tap, guard) = recorder.begin(session_id.clone());
    let before = threads_cpu("viva-record");
    let mut number = 0;
    let hand_over_us = fastest(|| {
        for packet in &packets {
            let ticks = number * u64::from(FRAME_TICKS);
            tap.received((ticks, ticks), packet, number == 0, number * 20);
            number += 1;
        }
    });
    drop(guard);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(recorder.settled(&session_id));
    let spent = before.zip(threads_cpu("viva-record")).map(|(before, after)| after - before);
    let written_us = spent.map(|spent| spent.as_secs_f64() * 1e6 / number as f64);
    recorder.shutdown();
    (hand_over_us, written_us)
}

/// CPU time so far of the threads whose names begin so.
fn threads_cpu(name: &str) -> Option<Duration> {
    let mut spent = Duration::ZERO;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let path = task.ok()?.path();
        if std::fs::read_to_string(path.join("comm")).ok()?.starts_with(name) {
            let account = std::fs::read_to_string(path.join("schedstat")).ok()?;
            spent += Duration::from_nanos(account.split(' ').next()?.parse().ok()?);
        }
    }
    Some(spent)
}
