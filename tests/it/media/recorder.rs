//! What is recorded of calls, held against what was said and when.

use super::*;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;
use viva::{
    domain::recording::Side,
    media::recorder::{Line as Note, Recorder, RecordingGuard, TIMELINE, directory},
    recording::{self, files},
};

/// Loud enough to be the tone.
const LOUD: f64 = 1_000.0;
/// 20 ms.
const WINDOW: usize = 480;

fn session_id() -> SessionId {
    SessionId::from_random([7; 16])
}

/// A call that is recorded.
struct Take {
    dir: TempDir,
    recorder: Recorder,
    guard: RecordingGuard,
}

impl Take {
    fn begin(line: &Line) -> Self {
        let dir = TempDir::new().unwrap();
        let recorder = Recorder::start(dir.path().to_owned()).unwrap();
        let (tap, guard) = recorder.begin(session_id());
        line.session.record(tap).unwrap();
        Self { dir, recorder, guard }
    }

    /// Ends it; returns where its files are.
    async fn end(self) -> TempDir {
        drop(self.guard);
        within("the end of the recording", self.recorder.settled(&session_id())).await;
        assert!(!self.recorder.has_failed(&session_id()));
        tokio::task::spawn_blocking(move || self.recorder.shutdown()).await.unwrap();
        self.dir
    }
}

/// A side decoded, whole.
fn decoded(data_dir: &Path, side: Side) -> Vec<i16> {
    let mut pcm = Vec::new();
    for chunk in recording::open_side(data_dir, &session_id(), side).unwrap() {
        assert_eq!(chunk.audio_ms, pcm.len() as u64 / 24, "no chunk leaves anything out");
        pcm.extend(chunk.pcm);
    }
    pcm
}

/// Where it is loud: `(from, to)` in milliseconds, to 20 ms.
fn loud_parts(pcm: &[i16]) -> Vec<(u64, u64)> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    let windows = pcm.chunks(WINDOW).enumerate();
    for from in windows.filter(|(_, window)| measure(window).1 > LOUD).map(|(at, _)| at as u64 * 20) {
        match parts.last_mut() {
            // A frame of the codec may sink in between.
            Some((_, to)) if from <= *to + 60 => *to = from + 20,
            _ => parts.push((from, from + 20)),
        }
    }
    parts
}

/// The same of what the model was given, which is what transcripts go by.
fn loud_frames(frames: &[UplinkFrame]) -> Vec<u64> {
    let mut onsets: Vec<u64> = Vec::new();
    let mut last = None;
    for frame in frames.iter().filter(|frame| measure(&frame.pcm).1 > LOUD) {
        if last.is_none_or(|last| frame.audio_ms > last + 200) {
            onsets.push(frame.audio_ms);
        }
        last = Some(frame.audio_ms);
    }
    onsets
}

/// Half a second of silence before each 300 ms of the tone.
fn bursts(count: usize) -> impl Iterator<Item = [i16; FRAME_SAMPLES]> {
    (0..count * 40 + 25)
        .map(move |frame| if frame % 40 >= 25 && frame < count * 40 { tone(frame) } else { [0; FRAME_SAMPLES] })
}

fn taken(line: &mut Line) -> Vec<UplinkFrame> {
    std::iter::from_fn(|| line.uplink.try_recv().ok()).map(Arc::unwrap_or_clone).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_of_both_sides_are_where_the_transcript_has_them() {
    compare_marks(Codec::Opus).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spoken_in_g711_is_recorded_as_opus_at_the_same_marks() {
    compare_marks(Codec::Pcmu).await;
}

async fn compare_marks(codec: Codec) {
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let caller = Caller::call_in(&mut line, codec).await;
    let item_id = ItemId::new("question");
    line.downlink.push(&item_id, seconds_of_tone(1)).unwrap();
    line.downlink.finish(&item_id).unwrap();
    caller.say(bursts(4), |_| false).await;
    let PlayoutEvent::Started { audio_ms: started_ms, .. } = line.playout_event().await else { panic!("not started") };
    let PlayoutEvent::Finished { audio_ms: ended_ms, .. } = line.playout_event().await else { panic!("not finished") };
    // The recording is closed as a session does it: its peer first.
    line.session.close().await;
    let heard = loud_frames(&taken(&mut line));
    let dir = take.end().await;

    assert_eq!(heard.len(), 4, "{heard:?}");
    let user = loud_parts(&decoded(dir.path(), Side::User));
    assert_eq!(user.len(), 4, "{user:?}");
    for (mark, (from, to)) in heard.iter().zip(&user) {
        assert!(mark.abs_diff(*from) <= 40, "transcript {mark} ms, recording {from} ms");
        assert!((240..=360).contains(&(to - from)), "{user:?}");
    }
    let assistant = loud_parts(&decoded(dir.path(), Side::Assistant));
    let [(from, to)] = assistant[..] else { panic!("{assistant:?}") };
    assert!(from.abs_diff(started_ms) <= 40, "transcript {started_ms} ms, recording {from} ms");
    assert!(to.abs_diff(ended_ms) <= 60, "transcript {ended_ms} ms, recording {to} ms");
    check_files(dir.path());
    media.shutdown().await;
}

/// What must be true of any recording that was ended.
fn check_files(data_dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let place = directory(data_dir, &session_id()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    let lengths: Vec<usize> = Side::ALL.map(|side| decoded(data_dir, side).len()).to_vec();
    assert!(lengths[0].abs_diff(lengths[1]) < 60, "both sides end together: {lengths:?}");
    for side in Side::ALL {
        let path = place.join(viva::media::recorder::track_name(side));
        assert_eq!(mode(&path), 0o600);
        let before = fs::read(&path).unwrap();
        let track = files::finish_track(&place, side).unwrap().unwrap();
        assert_eq!(fs::read(&path).unwrap(), before, "nothing to mend");
        assert_eq!((track.bytes, track.blocks.len()), (before.len() as u64, before.len().div_ceil(65_536)));
        assert!(track.duration_ms.abs_diff(lengths[side.index()] as u64 / 24) <= 1, "{track:?}");
        if let Some(samples) = samples_by_ffmpeg(&path) {
            assert!(samples.abs_diff(lengths[side.index()]) <= 24 * 21, "ffmpeg has {samples} samples of {lengths:?}");
        }
    }
    let notes = notes(&place);
    assert!(matches!(notes[0], Note::Begin { version: 1, .. }));
    assert!(matches!(notes.last(), Some(Note::End(ended)) if ended.dropped == 0 && ended.left_out == 0), "{notes:?}");
}

fn notes(place: &Path) -> Vec<Note> {
    let text = fs::read_to_string(place.join(TIMELINE)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Samples at 24 kHz that a player of somebody else's makes of it; `None` where it is not installed.
fn samples_by_ffmpeg(path: &Path) -> Option<usize> {
    let mut player = Command::new("ffmpeg");
    player.args(["-v", "error", "-i"]).arg(path).args(["-f", "s16le", "-ar", "24000", "-ac", "1", "-"]);
    let played = player.output().ok()?;
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    Some(played.stdout.len() / 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_interviewer_is_cut_on_the_record_too() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let mut caller = Caller::call(&mut line).await;
    let item_id = ItemId::new("long");
    line.downlink.push(&item_id, seconds_of_tone(20)).unwrap();
    let PlayoutEvent::Started { audio_ms: started_ms, .. } = line.playout_event().await else { panic!("not started") };
    let mut frames = 0;
    while frames < 60 {
        frames += usize::from(measure(&caller.heard().await.pcm).1 > LOUD);
    }
    line.downlink.flush().unwrap();
    let PlayoutEvent::Interrupted { audio_ms: cut_ms, .. } = line.playout_event().await else { panic!("not cut") };
    // Silence follows, which is on the record as well.
    while measure(&caller.heard().await.pcm).1 > LOUD {}
    line.session.close().await;
    let dir = take.end().await;
    let assistant = loud_parts(&decoded(dir.path(), Side::Assistant));
    let [(from, to)] = assistant[..] else { panic!("{assistant:?}") };
    assert!(from.abs_diff(started_ms) <= 40, "began at {started_ms} ms, recorded at {from} ms");
    assert!(to.abs_diff(cut_ms) <= 60, "cut at {cut_ms} ms, recorded until {to} ms");
    check_files(dir.path());
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reloaded_page_goes_on_in_the_same_files() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let mut frames = Vec::new();
    for _ in 0..2 {
        let caller = Caller::call(&mut line).await;
        caller.say(bursts(1), |_| false).await;
        frames.extend(taken(&mut line));
        caller.peer.close().await.unwrap();
        line.expect_peer(|event| *event == PeerEvent::Closed).await;
    }
    let dir = take.end().await;
    let heard = loud_frames(&frames);
    let user = loud_parts(&decoded(dir.path(), Side::User));
    assert_eq!((heard.len(), user.len()), (2, 2), "{heard:?} {user:?}");
    for (mark, (from, _)) in heard.iter().zip(&user) {
        assert!(mark.abs_diff(*from) <= 60, "transcript {mark} ms, recording {from} ms");
    }
    let place = directory(dir.path(), &session_id()).unwrap();
    let anchors = notes(&place).into_iter().filter(|note| matches!(note, Note::Anchor(point) if point.side == "user"));
    assert_eq!(anchors.count(), 2, "each page has a clock of its own");
    check_files(dir.path());
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_packets_leave_holes_and_no_time_is_lost() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let caller = Caller::call(&mut line).await;
    // For a second every other packet, and then a whole second: the marks stand on either side.
    let lost = |frame: usize| (frame > 5 && frame < 60 && frame.is_multiple_of(2)) || (70..120).contains(&frame);
    let marks = (0..200).map(|frame| if frame == 65 || frame >= 150 { tone(frame) } else { [0; FRAME_SAMPLES] });
    caller.say(marks, lost).await;
    line.session.close().await;
    let heard = loud_frames(&taken(&mut line));
    let dir = take.end().await;
    let user = loud_parts(&decoded(dir.path(), Side::User));
    let (first, last) = (user.first().unwrap().0, user.last().unwrap().0);
    assert!((last - first).abs_diff(85 * 20) <= 40, "{user:?}");
    assert!(heard.last().unwrap().abs_diff(last) <= 60, "{heard:?} {user:?}");
    check_files(dir.path());
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_does_not_hurt_the_call() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let dir = TempDir::new().unwrap();
    // A file where the directory should be.
    let data_dir = dir.path().join("data");
    fs::write(&data_dir, "in the way").unwrap();
    let recorder = Recorder::start(data_dir).unwrap();
    let (tap, guard) = recorder.begin(session_id());
    line.session.record(tap).unwrap();
    let caller = Caller::call(&mut line).await;
    caller.speak(100, |_| false).await;
    let frames = taken(&mut line);
    assert!(frames.len() >= 95, "{} frames reached the model", frames.len());
    line.session.close().await;
    drop(guard);
    within("the end of the recording", recorder.settled(&session_id())).await;
    assert!(recorder.has_failed(&session_id()));
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_without_a_recording_or_after_it() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let caller = Caller::call(&mut line).await;
    caller.speak(20, |_| false).await;
    let dir = take.end().await;
    let length = decoded(dir.path(), Side::User).len();
    caller.speak(20, |_| false).await;
    assert!(taken(&mut line).len() >= 38, "the call goes on");
    assert_eq!(decoded(dir.path(), Side::User).len(), length);
    assert!(recording::delete(dir.path(), &session_id()).unwrap());
    assert!(!recording::delete(dir.path(), &session_id()).unwrap(), "it is gone already");
    assert_eq!(fs::read_dir(dir.path().join("recordings")).unwrap().count(), 0);
    assert!(recording::delete(dir.path(), &SessionId::new("../..")).is_err(), "an id leads nowhere else");
    media.shutdown().await;
}

/// How long clocks are compared, in seconds; `make test-long` takes three minutes.
const COMPARED_S: &str = "VIVA_TEST_RECORDING_SECONDS";

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_stay_together_in_the_export() {
    let seconds: usize = std::env::var(COMPARED_S).map_or(12, |seconds| seconds.parse().unwrap());
    let media = start(4);
    let mut line = Line::attach(&media);
    let take = Take::begin(&line);
    let caller = Caller::call(&mut line).await;
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    for frame in 0..seconds * 50 {
        clock.tick().await;
        // Every second both speak for 300 ms, at the same time.
        if frame % 50 == 25 {
            let item_id = ItemId::new(format!("mark_{frame}"));
            line.downlink.push(&item_id, (0..15).flat_map(tone).collect()).unwrap();
            line.downlink.finish(&item_id).unwrap();
        }
        let is_mark = (25..40).contains(&(frame % 50));
        caller.peer.send_frame(&if is_mark { tone(frame) } else { [0; FRAME_SAMPLES] }).await.unwrap();
        taken(&mut line);
        while line.events.try_recv().is_ok() {}
    }
    line.session.close().await;
    let dir = take.end().await;
    let place = directory(dir.path(), &session_id()).unwrap();
    let path = files::make_stereo(&place).unwrap();
    let mut wav = hound::WavReader::open(&path).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    let channel = |channel: usize| samples.iter().skip(channel).step_by(2).copied().collect::<Vec<i16>>();
    let (left, right) = (loud_parts(&channel(0)), loud_parts(&channel(1)));
    assert_eq!((left.len(), right.len()), (seconds, seconds), "{left:?} {right:?}");
    let mut apart: Vec<i64> = left.iter().zip(&right).map(|(left, right)| left.0 as i64 - right.0 as i64).collect();
    let half = apart.len() / 2;
    // The middle of each half: a busy machine may be late with one mark, but not with most of them.
    let (first, second) = apart.split_at_mut(half);
    let middle = |apart: &mut [i64]| *apart.select_nth_unstable(apart.len() / 2).1;
    let (early_ms, late_ms) = (middle(first), middle(second));
    assert!(early_ms.abs() <= 60, "{early_ms} ms apart");
    assert!((late_ms - early_ms).abs() <= 20, "from {early_ms} ms apart to {late_ms}");
    media.shutdown().await;
}
