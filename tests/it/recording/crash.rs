//! What a kill, or a disk without room, leaves of a recording. The recorder is in this test binary itself, started
//! again as [`recorder_process`].

use super::{is_loud, loud_ms};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use viva::{
    domain::{id::SessionId, recording::Side},
    media::{
        opus::{Encoder, Mode, PACKET_BYTES_MAX},
        recorder::{Recorder, directory, track_name},
    },
    recording::{self, files},
};

/// Set for the recorder: where it records.
const DATA_DIR: &str = "VIVA_TEST_RECORDER_DATA_DIR";
/// Milliseconds that it records if nobody kills it.
const LENGTH_MS: u64 = 8_000;

fn session_id() -> SessionId {
    SessionId::from_random([3; 16])
}

/// Not a test of its own: what the tests below start again. Does nothing in a normal run.
#[tokio::test]
async fn recorder_process() {
    let Some(data_dir) = std::env::var_os(DATA_DIR) else { return };
    let recorder = Recorder::start(data_dir.into()).unwrap();
    let (mut tap, guard) = recorder.begin(session_id());
    let mut encoder = Encoder::new(Mode::Clean).unwrap();
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    say("\n");
    for frame in 0..LENGTH_MS / 20 {
        clock.tick().await;
        let pcm = std::array::from_fn(|at| ((at as f32 * 0.12).sin() * 9_000.0) as i16);
        let mut packet = [0; PACKET_BYTES_MAX];
        let length = encoder.encode(&pcm, &mut packet).unwrap();
        let packet = bytes::Bytes::copy_from_slice(&packet[..length]);
        tap.received((frame * 960, frame * 960), &packet, frame == 0, frame * 20);
        tap.sent((frame * 960) as u32, packet, frame * 20);
        say(&format!("recorded {}\n", frame * 20 + 20));
    }
    drop(guard);
    recorder.settled(&session_id()).await;
    say(if recorder.has_failed(&session_id()) { "failed\n" } else { "whole\n" });
    recorder.shutdown();
}

/// One write to the pipe, past the test harness.
fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    output.write_all(line.as_bytes()).and_then(|()| output.flush()).expect("the parent holds the pipe open");
}

const RECORDER: [&str; 4] = ["--exact", "recording::crash::recorder_process", "--nocapture", "--test-threads=1"];

fn recorder(mut command: Command, data_dir: &Path) -> Child {
    command.env(DATA_DIR, data_dir).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Milliseconds of a line that says how much was recorded.
fn recorded_ms(line: &str) -> Option<u64> {
    line.trim().strip_prefix("recorded ")?.parse().ok()
}

fn decoded(data_dir: &Path, side: Side) -> Vec<i16> {
    recording::open_side(data_dir, &session_id(), side).unwrap().flat_map(|chunk| chunk.pcm).collect()
}

#[test]
fn a_killed_recording_plays_to_within_a_second_of_the_kill() {
    // All at once: they are killed at different points of a page.
    let mut killed: Vec<_> = (0..4)
        .map(|at| {
            let dir = TempDir::new().unwrap();
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(RECORDER);
            let mut child = recorder(command, dir.path());
            let output = BufReader::new(child.stdout.take().unwrap());
            (dir, child, output, 1_500 + at * 370)
        })
        .collect();
    for (dir, child, output, at_ms) in &mut killed {
        let mut last_ms = 0;
        let mut line = String::new();
        while last_ms < *at_ms && output.read_line(&mut line).unwrap() > 0 {
            last_ms = recorded_ms(&line).unwrap_or(last_ms);
            line.clear();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said between the last line that was read and the kill.
        while output.read_line(&mut line).unwrap() > 0 {
            last_ms = recorded_ms(&line).unwrap_or(last_ms);
            line.clear();
        }
        check_killed(dir.path(), last_ms);
    }
}

fn check_killed(data_dir: &Path, last_ms: u64) {
    let place = directory(data_dir, &session_id()).unwrap();
    for side in Side::ALL {
        let path = place.join(track_name(side));
        // As the kill left it, before anything mends it.
        if let Ok(played) = Command::new("ffmpeg").args(["-v", "quiet", "-i"]).arg(&path).args(RAW).output() {
            let played_ms = played.stdout.len() as u64 / 48;
            assert!(played_ms + 1_000 >= last_ms, "ffmpeg plays {played_ms} of {last_ms} ms");
        }
        let track = files::finish_track(&place, side).unwrap().unwrap();
        assert!(track.duration_ms + 1_000 >= last_ms, "{} of {last_ms} ms", track.duration_ms);
        let pcm = decoded(data_dir, side);
        assert!((pcm.len() as u64 / 24).abs_diff(track.duration_ms) <= 1);
        assert!(pcm.chunks(2_400).all(is_loud), "it plays to its end");
        // Half a page more, as a kill in the middle of a write leaves it.
        let whole = fs::read(&path).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(&whole[..whole.len() / 3]).unwrap();
        let cut = whole.len() - 10;
        fs::write(&path, &whole[..cut]).unwrap();
        let mended = files::finish_track(&place, side).unwrap().unwrap();
        assert!(mended.duration_ms + 1_000 >= track.duration_ms && mended.bytes < cut as u64, "{mended:?}");
        assert_eq!(fs::metadata(&path).unwrap().len(), mended.bytes, "the torn page is gone");
        let loud_ms = loud_ms(&decoded(data_dir, side)).len() as u64 * 10;
        assert!(loud_ms.abs_diff(mended.duration_ms) <= 20, "{loud_ms} ms are loud: {mended:?}");
    }
    let told = files::read_timeline(&place).unwrap();
    assert!(told.ended.is_none(), "it was cut off: {told:?}");
    files::make_peaks(&place).unwrap();
    assert!(fs::read_to_string(place.join(files::PEAKS)).unwrap().len() > 500);
}

const RAW: [&str; 7] = ["-f", "s16le", "-ar", "24000", "-ac", "1", "-"];

#[test]
fn a_disk_without_room_fails_the_recording_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    // No file may grow beyond some kilobytes: a write fails then, as on a full disk.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 32; exec \"$0\" \"$@\""]);
    shell.arg(std::env::current_exe().unwrap()).args(RECORDER);
    let mut child = recorder(shell, dir.path());
    let output = BufReader::new(child.stdout.take().unwrap());
    let said: Vec<String> = output.lines().map(Result::unwrap).collect();
    assert!(child.wait().unwrap().success());
    assert_eq!(said.iter().filter_map(|line| recorded_ms(line)).max(), Some(LENGTH_MS), "it goes on to the end");
    assert!(said.iter().any(|line| line == "failed"), "{:?}", said.last());
    let place = directory(dir.path(), &session_id()).unwrap();
    let track = files::finish_track(&place, Side::User).unwrap().unwrap();
    assert!((500..LENGTH_MS).contains(&track.duration_ms), "{track:?}");
    assert!(decoded(dir.path(), Side::User).chunks(2_400).all(is_loud), "what was written before plays");
}
