//! What the path does to speech, as ITU-T P.862.2 hears it: no worse than the same packets decoded in one place.

#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout_at};
use viva::{
    domain::{
        audio::opus_packet::has_fec,
        id::ItemId,
        impairment::{Conditions, Counts, Link, Phase, Script},
        session::PlayoutEvent,
    },
    media::{
        MediaEvent,
        opus::{Decoder, Encoder, Mode, PACKET_BYTES_MAX},
        port::FRAME_SAMPLES,
    },
    simulate::peer::{ClientEvent, Heard},
};

use super::{Caller, Line, network::start_behind, speech, start, within};
use crate::support::services::python;

type Frame = [i16; FRAME_SAMPLES];

/// How much worse than offline the path may sound, in MOS-LQO.
const WORSE_MAX: f64 = 0.15;
/// How late a microphone may be, and how often the machine may be too busy for it.
const LATE_MAX: Duration = Duration::from_millis(15);
const TAKES_MAX: u32 = 6;
const FRAME: Duration = Duration::from_millis(20);
const LOSSES: [f64; 3] = [0.0, 0.02, 0.1];
/// Silence before and after: nothing of the clip is lost at the ends, where there is nothing to conceal from.
const PAUSE_FRAMES: usize = 15;

/// The clip, with its pauses.
fn said() -> Vec<Frame> {
    let pause = || std::iter::repeat_n([0; FRAME_SAMPLES], PAUSE_FRAMES);
    pause().chain(speech()).chain(pause()).collect()
}

/// Which frames a lossy link loses; none of the pauses.
fn lost(loss: f64, frames: usize) -> Vec<bool> {
    let mut link = Link::new(0x5eed);
    link.follow(0, &[Phase { from_ms: 0, conditions: Conditions { loss, ..Conditions::default() } }]);
    let mut lost = vec![false; frames];
    for (number, is_lost) in lost.iter_mut().enumerate().take(frames - PAUSE_FRAMES).skip(PAUSE_FRAMES) {
        link.push(number as u64, number, 0);
        *is_lost = link.poll(u64::MAX).is_none();
    }
    lost
}

fn encoded(mode: Mode, frames: &[Frame]) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(mode).unwrap();
    let encode = |frame: &Frame| {
        let mut packet = [0; PACKET_BYTES_MAX];
        let length = encoder.encode(frame, &mut packet).unwrap();
        packet[..length].to_vec()
    };
    frames.iter().map(encode).collect()
}

/// Decodes what arrived: a lost frame from the copy in the packet after it, else concealed.
fn decoded(packets: &[Option<Vec<u8>>]) -> Vec<i16> {
    let mut decoder = Decoder::new().unwrap();
    let mut pcm = Vec::new();
    for (number, packet) in packets.iter().enumerate() {
        let mut frame = [0; FRAME_SAMPLES];
        let after = packets.get(number + 1).and_then(Option::as_ref).filter(|after| has_fec(after));
        match (packet, after) {
            (Some(packet), _) => decoder.decode(packet, &mut frame).unwrap(),
            (None, Some(after)) => decoder.decode_fec(after, &mut frame).unwrap(),
            (None, None) => decoder.conceal(&mut frame).unwrap(),
        };
        pcm.extend(frame);
    }
    pcm
}

fn offline(mode: Mode, frames: &[Frame], lost: &[bool]) -> Vec<i16> {
    let packets = encoded(mode, frames);
    let arrived: Vec<_> = packets.into_iter().zip(lost).map(|(packet, is_lost)| (!is_lost).then_some(packet)).collect();
    decoded(&arrived)
}

/// What the model gets of the clip, and how late the microphone was at worst: a machine that is too busy to speak in
/// time leaves gaps that no path could fill.
async fn through_uplink(frames: &[Frame], lost: &[bool]) -> (Vec<i16>, Duration) {
    let media = start(1);
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    let speak = async {
        let (began, mut late) = (Instant::now(), Duration::ZERO);
        for (number, (frame, is_lost)) in frames.iter().zip(lost).enumerate() {
            let due = began + FRAME * number as u32;
            tokio::time::sleep_until(due.into()).await;
            match is_lost {
                true => caller.peer.lose_frame(frame).await.unwrap(),
                false => caller.peer.send_frame(frame).await.unwrap(),
            }
            late = late.max(due.elapsed());
        }
        late
    };
    let listen = async {
        let (mut pcm, mut kinds) = (Vec::new(), BTreeMap::<String, usize>::new());
        while pcm.len() < frames.len() * FRAME_SAMPLES {
            let frame = line.frame().await;
            *kinds.entry(format!("{:?}", frame.kind)).or_default() += 1;
            pcm.extend(frame.pcm);
        }
        println!("up: {kinds:?}");
        pcm
    };
    let (late, pcm) = tokio::join!(speak, listen);
    media.shutdown().await;
    (pcm, late)
}

/// Packets of one item as the candidate got them, in their places.
async fn arrivals(events: &mut mpsc::Receiver<ClientEvent>, frames: usize) -> Vec<Option<Vec<u8>>> {
    let mut packets: Vec<Option<Vec<u8>>> = vec![None; frames];
    let mut first = None;
    let until = Instant::now() + FRAME * frames as u32 + Duration::from_secs(3);
    while let Ok(Some(event)) = timeout_at(until.into(), events.recv()).await {
        let ClientEvent::Audio(Heard { marker, timestamp, packet, .. }) = event else { continue };
        // A talk spurt begins with the item.
        if first.is_none() && !marker {
            continue;
        }
        let place = timestamp.wrapping_sub(*first.get_or_insert(timestamp)) as usize / 960;
        let Some(slot) = packets.get_mut(place) else { break };
        *slot = Some(packet.to_vec());
    }
    assert!(first.is_some(), "the item was not heard");
    packets
}

/// The item as the candidate got it, its packets in their places, and what the network did to it.
async fn through_downlink(frames: &[Frame], loss: f64) -> (Vec<Option<Vec<u8>>>, Counts) {
    let (media, network) = start_behind(1, Script::default()).await;
    let mut line = Line::attach(&media);
    let mut caller = Caller::call(&mut line).await;
    let phase = |from_ms, loss| Phase { from_ms, conditions: Conditions { loss, ..Conditions::default() } };
    if loss > 0.0 {
        network.follow(Script { down: vec![phase(0, loss)], ..Script::default() });
        let_it_be_reported(&mut line).await;
        while caller.events.try_recv().is_ok() {}
    }
    // Nothing of the pauses is lost: the first packet tells where the others belong.
    let (from_ms, to_ms) = (PAUSE_FRAMES as u64 * 10, (frames.len() - PAUSE_FRAMES) as u64 * 20);
    let clip_alone = vec![phase(from_ms, loss), phase(to_ms, 0.0)];
    network.follow(Script { down: clip_alone, ..Script::default() });
    let before = network.report().down;
    let item_id = ItemId::new("clip");
    line.downlink.push(&item_id, frames.iter().flatten().copied().collect()).unwrap();
    line.downlink.finish(&item_id).unwrap();
    let packets = arrivals(&mut caller.events, frames.len()).await;
    media.shutdown().await;
    (packets, network.stop().await.down.since(before))
}

/// The encoder is chosen by what the receiver reports of an item before.
async fn let_it_be_reported(line: &mut Line) {
    let before: Vec<i16> = std::iter::repeat_with(speech).take(4).flatten().flatten().collect();
    line.downlink.push(&ItemId::new("before"), before).unwrap();
    let mut reports = 0;
    while reports < 3 {
        let event = within("a report", line.events.recv()).await.unwrap();
        reports += usize::from(matches!(event, MediaEvent::Quality(_)));
    }
    line.downlink.flush().unwrap();
    while !matches!(line.playout_event().await, PlayoutEvent::Interrupted { .. }) {}
}

fn write(dir: &Path, name: &str, pcm: &[i16]) -> PathBuf {
    let path = dir.join(name);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 24_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    pcm.iter().for_each(|sample| file.write_sample(*sample).unwrap());
    file.finalize().unwrap();
    path
}

/// MOS-LQO of each recording against the first.
fn scores(files: &[PathBuf]) -> Vec<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/pesq_scores.py");
    let output = Command::new(python()).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Scores pairs of path and offline against what was said.
fn judge(direction: &str, said: &[Frame], pairs: &[(f64, Vec<i16>, Vec<i16>)]) {
    let dir = TempDir::new().unwrap();
    let original: Vec<i16> = said.iter().flatten().copied().collect();
    let mut files = vec![write(dir.path(), "said.wav", &original)];
    for (loss, path, offline) in pairs {
        files.push(write(dir.path(), &format!("path-{loss}.wav"), path));
        files.push(write(dir.path(), &format!("offline-{loss}.wav"), offline));
    }
    let scores = scores(&files);
    assert_eq!(scores.len(), 2 * pairs.len());
    for ((loss, ..), score) in pairs.iter().zip(scores.chunks(2)) {
        println!("{direction}, {} % lost: path {:.2}, offline {:.2} MOS-LQO", loss * 100.0, score[0], score[1]);
    }
    for ((loss, ..), score) in pairs.iter().zip(scores.chunks(2)) {
        assert!(score[0] >= score[1] - WORSE_MAX, "{direction}, {loss} lost: {} against {}", score[0], score[1]);
    }
    // It can tell: clean is better than lossy, and both are speech.
    let (clean, lossy) = (scores[0], scores[2 * pairs.len() - 1]);
    assert!(clean > 3.0 && clean > lossy && lossy > 1.2, "clean {clean}, lossy {lossy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_hears_as_well_as_offline() {
    let frames = said();
    let run = async |loss: f64| {
        let lost = lost(loss, frames.len());
        assert_eq!(lost.contains(&true), loss > 0.0);
        for take in 1.. {
            let (path, late) = through_uplink(&frames, &lost).await;
            if late <= LATE_MAX {
                return (loss, path, offline(Mode::Lossy, &frames, &lost));
            }
            assert!(take < TAKES_MAX, "the machine is too busy to speak: {late:?} late");
        }
        unreachable!("it returns or fails")
    };
    let pairs = tokio::join!(run(LOSSES[0]), run(LOSSES[1]), run(LOSSES[2]));
    judge("up", &frames, &[pairs.0, pairs.1, pairs.2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_candidate_hears_as_well_as_offline() {
    let frames = said();
    let run = async |loss: f64| {
        let (packets, counts) = through_downlink(&frames, loss).await;
        let lost: Vec<bool> = packets.iter().map(Option::is_none).collect();
        assert!(loss > 0.0 || counts.lost == 0, "{counts:?}");
        // The server's own choice, by the reports.
        let with_fec = packets.iter().flatten().any(|packet| has_fec(packet));
        let mode = if with_fec { Mode::Lossy } else { Mode::Clean };
        (loss, decoded(&packets), offline(mode, &frames, &lost))
    };
    let pairs = tokio::join!(run(LOSSES[0]), run(LOSSES[1]), run(LOSSES[2]));
    judge("down", &frames, &[pairs.0, pairs.1, pairs.2]);
}
