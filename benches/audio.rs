//! One session's audio path: what each stage costs, and what the whole costs, in one run.
//!
//! `cargo bench --bench audio`. The stages are timed alone, the minimum of several batches of 20 s of speech. The whole
//! is the CPU time of the media threads (Linux's account of them) while real WebRTC clients talk and listen at the same
//! time in this process; the clients' own CPU is not in it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and asserts by unwrapping")]

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use viva::{
    domain::{
        audio::{
            FRAME_TICKS,
            jitter::{JitterBuffer, Packet},
        },
        id::{ItemId, SessionId},
    },
    media::{
        Media, MediaConfig, MediaPorts, MediaSession,
        opus::{DECODED_SAMPLES_MAX, Decoder, Encoder, Mode, PACKET_BYTES_MAX},
        port::{Downlink, FRAME_SAMPLES, SAMPLE_RATE_HZ, UPLINK_FRAMES_MAX},
        recorder::Recorder,
    },
    simulate::peer::{ClientEvent, ClientPeer},
};

type Frame = [i16; FRAME_SAMPLES];

const FRAMES: usize = 1_000;
const BATCHES: usize = 5;
const SESSIONS: usize = 4;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
const FRAMES_PER_SECOND: f64 = 50.0;

fn main() {
    let speech = speech();
    let decode_us = decode(&speech);
    let clean_us = encode(&speech, Mode::Clean);
    let lossy_us = encode(&speech, Mode::Lossy);
    let jitter_us = jitter();
    print("decode to 24 kHz, voice with FEC", decode_us);
    print("encode, CELT 48 kb/s", clean_us);
    print("encode, voice with FEC 32 kb/s", lossy_us);
    print("jitter buffer", jitter_us);
    let (hand_over_us, written_us) = record(&speech);
    print("recording: a packet handed over", hand_over_us);
    if let Some(written_us) = written_us {
        print("recording: a packet written, in its own thread", written_us);
    }
    let stages_us = decode_us + clean_us + jitter_us;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    match runtime.block_on(whole(&speech)) {
        Some(whole_us) => {
            print("sum of the stages, full duplex on a clean link", stages_us);
            print("whole path with DTLS-SRTP, ICE, sockets and pacing", whole_us);
            show(&format!("{:>54}  {:.2}", "whole / stages", whole_us / stages_us));
            show(&format!("{:>54}  {:.2} ms", "a session-second", whole_us * FRAMES_PER_SECOND / 1e3));
        }
        None => show("the whole path is measured on Linux only"),
    }
}

fn print(what: &str, microseconds: f64) {
    show(&format!("{what:>54}  {microseconds:>7.2} µs a frame"));
}

#[expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]
fn show(line: &str) {
    println!("{line}");
}

/// 20 s of recorded speech at 24 kHz.
fn speech() -> Vec<Frame> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
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

fn encoded(speech: &[Frame], mode: Mode) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(mode).expect("an encoder is made");
    let mut packet = [0; PACKET_BYTES_MAX];
    let encode = |frame: &Frame| {
        let length = encoder.encode(frame, &mut packet).expect("speech is encoded");
        packet[..length].to_vec()
    };
    speech.iter().map(encode).collect()
}

fn encode(speech: &[Frame], mode: Mode) -> f64 {
    let mut encoder = Encoder::new(mode).expect("an encoder is made");
    let mut packet = [0; PACKET_BYTES_MAX];
    fastest(|| {
        for frame in speech {
            black_box(encoder.encode(frame, &mut packet).expect("speech is encoded"));
        }
    })
}

fn decode(speech: &[Frame]) -> f64 {
    let packets = encoded(speech, Mode::Lossy);
    let mut decoder = Decoder::new().expect("a decoder is made");
    let mut pcm = [0; DECODED_SAMPLES_MAX];
    fastest(|| {
        for packet in &packets {
            black_box(decoder.decode(packet, &mut pcm).expect("speech is decoded"));
        }
    })
}

fn jitter() -> f64 {
    let payload: bytes::Bytes = vec![15 << 3; 80].into();
    let mut buffer = JitterBuffer::default();
    let mut number = 0u32;
    fastest(|| {
        for _ in 0..FRAMES {
            let (sequence, timestamp) = (number as u16, number.wrapping_mul(FRAME_TICKS));
            let now_ms = u64::from(number) * 20;
            number += 1;
            buffer.push(Packet { ssrc: 1, sequence, timestamp, payload: payload.clone() }, now_ms);
            while let Some(step) = buffer.poll(now_ms) {
                black_box(step);
            }
        }
    })
}

/// What a recorded packet costs its shard, and what it costs the recorder's threads; on Linux only the latter.
fn record(speech: &[Frame]) -> (f64, Option<f64>) {
    let directory = tempfile::tempdir().expect("a directory is made");
    let recorder = Recorder::start(directory.path().to_owned()).expect("a recorder starts");
    let packets: Vec<bytes::Bytes> = encoded(speech, Mode::Clean).into_iter().map(bytes::Bytes::from).collect();
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

/// CPU of the media threads in microseconds for each session and 20 ms, everyone talking and listening.
async fn whole(speech: &[Frame]) -> Option<f64> {
    media_cpu()?;
    let bind = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let config = MediaConfig { bind, announced: vec![bind.ip()], only_from: None, shards: 1, sessions_max: SESSIONS };
    let media = Media::start(config).expect("media starts");
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(connect(&media, speech).await);
    }
    tokio::time::sleep(WARM_UP).await;
    let (from, start) = (media_cpu()?, Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (spent, seconds) = (media_cpu()? - from, start.elapsed().as_secs_f64());
    drop(sessions);
    media.shutdown().await;
    Some(spent.as_secs_f64() * 1e6 / (seconds * FRAMES_PER_SECOND * SESSIONS as f64))
}

/// A connected session that is talked to and talks all the time.
async fn connect(media: &Media, speech: &[Frame]) -> MediaSession {
    let (uplink, frames) = mpsc::channel(UPLINK_FRAMES_MAX);
    let (events, told) = mpsc::channel(64);
    let (downlink, receiver) = Downlink::channel();
    let ports = MediaPorts { uplink, downlink: receiver, events };
    let session = media.attach(SessionId::new("bench"), ports).expect("there is a seat");
    tokio::spawn(drain(frames));
    tokio::spawn(drain(told));
    let bind = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let (peer, mut heard) = ClientPeer::new(bind).await.expect("a client is made");
    let answer = session.offer(&peer.offer(false).await.expect("an offer")).await.expect("an answer");
    peer.accept(&answer).await.expect("the answer is taken");
    while !matches!(heard.recv().await, Some(ClientEvent::Connected) | None) {}
    tokio::spawn(drain(heard));
    let item_id = ItemId::new("speech");
    let pcm: Vec<i16> = speech.iter().flatten().copied().collect();
    downlink.push(&item_id, pcm).expect("the queue takes it");
    let speech = speech.to_vec();
    tokio::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        for frame in &speech {
            clock.tick().await;
            if peer.send_frame(frame).await.is_err() {
                return;
            }
        }
        drop(downlink);
    });
    session
}

async fn drain<T>(mut receiver: mpsc::Receiver<T>) {
    while receiver.recv().await.is_some() {}
}

/// CPU time so far of the threads that Viva's media path named.
fn media_cpu() -> Option<Duration> {
    threads_cpu("viva-")
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
