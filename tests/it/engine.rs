//! The built-in engine with its real models: it hears recorded people, speaks, is interrupted, and fails cleanly.

pub(crate) mod rig;

use rig::{CLIPS, DEADLINE, Rig, clip, clip_16_khz, edits, to_16_khz, user_text, words};
use std::{path::Path, sync::LazyLock};
use tokio::time::timeout;
use viva::{
    domain::{
        session::{ModelCommand, ModelEvent, ResponseStatus},
        usage::{Kind, Source, Usage},
    },
    engine::{BuiltinEngine, EngineError},
    media::port::{DownlinkCommand, FRAME_SAMPLES, FrameKind},
};

/// One engine for all tests: the models are loaded once.
static ENGINE: LazyLock<BuiltinEngine> = LazyLock::new(|| BuiltinEngine::new(None));

/// Sentences that an interviewer says.
const INTERVIEW: [&str; 4] = [
    "Welcome, and thank you for joining today's interview.",
    "Could you walk me through a project you are proud of?",
    "Please describe a time when you disagreed with a colleague.",
    "Your answers are saved, and you may leave this page.",
];

#[tokio::test]
async fn the_four_clips_have_at_most_one_wrong_word() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    let (mut wrong, mut total) = (0, 0);
    for (name, wanted) in CLIPS {
        let begun_ms = rig.now_ms;
        rig.feed(&clip(name)).await;
        rig.silence(2_600).await;
        // The answer may come in several utterances; the silence has ended the last of them.
        let mut heard = Vec::new();
        let mut open = 0;
        while open > 0 || heard.is_empty() || !rig.events.is_empty() {
            match rig.event().await {
                ModelEvent::SpeechStarted { audio_ms, .. } => {
                    assert!(
                        audio_ms + 300 >= begun_ms && audio_ms < rig.now_ms,
                        "{audio_ms} in {begun_ms}..{}",
                        rig.now_ms
                    );
                    open += 1;
                }
                ModelEvent::UserText { text, .. } => {
                    open -= 1;
                    heard.extend(words(&text));
                }
                ModelEvent::UserTextFailed { .. } => panic!("nothing may fail here"),
                _ => {}
            }
        }
        let wanted = words(wanted);
        total += wanted.len();
        wrong += edits(&wanted, &heard);
        println!("{name}: {} wrong of {}: {}", edits(&wanted, &heard), wanted.len(), heard.join(" "));
    }
    assert_eq!(total, 62);
    assert!(wrong <= 1, "{wrong} of {total} words wrong");
}

#[tokio::test]
async fn an_utterance_has_its_events_in_order() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    rig.silence(1_000).await;
    rig.feed(&clip("0880")).await;
    rig.silence(2_600).await;
    let events = rig.events_until(|event| user_text(event).is_some()).await;
    let ModelEvent::SpeechStarted { item_id, audio_ms: started_ms } = &events[0] else { panic!("{events:?}") };
    let place = |found: fn(&ModelEvent) -> bool| events.iter().position(found).expect("the event is there");
    let stopped = place(|event| matches!(event, ModelEvent::SpeechStopped { .. }));
    let committed = place(|event| matches!(event, ModelEvent::Committed { .. }));
    assert_eq!(committed, stopped + 1);
    let ModelEvent::SpeechStopped { item_id: stopped_id, audio_ms: stopped_ms } = &events[stopped] else { panic!() };
    assert_eq!((stopped_id, &events[committed]), (item_id, &ModelEvent::Committed { item_id: item_id.clone() }));
    // The clip is 2.99 s long and begins and ends with a little silence.
    assert!((700..1_700).contains(started_ms), "{started_ms}");
    assert!((3_000..4_100).contains(stopped_ms), "{stopped_ms}");
    let shown: String = events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::UserTextDelta { delta, .. } => Some(delta.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(words(&shown), words(user_text(&events[events.len() - 1]).expect("text").1));
}

/// White noise (−1 to 1), and pink noise made of it by Voss's method: rows that change ever more rarely.
struct Noise {
    state: u64,
    count: u32,
    rows: [f32; 12],
}

impl Default for Noise {
    fn default() -> Self {
        Self { state: 0x1234_5678_9abc_def1, count: 0, rows: [0.0; 12] }
    }
}

impl Noise {
    fn white(&mut self) -> f32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    }

    fn next(&mut self, pink: bool) -> f32 {
        let white = self.white();
        if !pink {
            return white;
        }
        self.count += 1;
        let row = self.count.trailing_zeros().min(11) as usize;
        self.rows[row] = white;
        self.rows.iter().sum::<f32>() / 6.0
    }
}

#[tokio::test]
async fn silence_and_noise_are_no_utterance() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    rig.silence(5_000).await;
    // Noise of all levels and colours that sets in out of silence.
    let mut noise = Noise::default();
    for level in [100.0, 300.0, 1_000.0, 2_000.0, 8_000.0] {
        for pink in [false, true] {
            for _ in 0..150 {
                let frame = std::array::from_fn(|_| (noise.next(pink) * level) as i16);
                rig.feed_frame(frame, FrameKind::Normal).await;
            }
            rig.silence(500).await;
        }
    }
    rig.silence(3_000).await;
    // A command comes back behind everything that was fed before it.
    rig.commands.send(ModelCommand::CommitAudio).await.expect("sent");
    let item_id = viva::domain::id::ItemId::new("item_typed");
    let typed = ModelCommand::AddUserText { item_id: item_id.clone(), text: "typed".into() };
    rig.commands.send(typed).await.expect("sent");
    assert_eq!(rig.event().await, ModelEvent::Committed { item_id: item_id.clone() });
    assert_eq!(rig.event().await, ModelEvent::UserText { item_id, text: "typed".into() });
}

#[tokio::test]
async fn what_is_spoken_can_be_understood() {
    let (mut wrong, mut total) = (0, 0);
    for sentence in INTERVIEW {
        let pcm = ENGINE.speak(sentence).await.expect("speech");
        assert!(pcm.len() > 24_000, "{} samples", pcm.len());
        let heard = ENGINE.transcribe(to_16_khz(&pcm)).await.expect("transcript");
        let wanted = words(sentence);
        total += wanted.len();
        wrong += edits(&wanted, &words(&heard));
        println!("{sentence} -> {heard}");
    }
    assert!(wrong * 20 <= total, "{wrong} of {total} words wrong");
}

#[tokio::test]
async fn a_speech_has_its_events_in_order_and_sounds_like_its_length() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    rig.say("Hello there. Shall we [begin](/bəɡˈɪn/)?").await;
    let events = rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    let [
        ModelEvent::ResponseStarted { response_id, tag: Some(_) },
        ModelEvent::AgentItem { response_id: same, item_id },
        ModelEvent::AgentTextDelta { delta: first, .. },
        ModelEvent::AgentTextDelta { delta: second, .. },
        ModelEvent::AgentText { text, .. },
        ModelEvent::AgentAudioDone { received_ms, .. },
        ModelEvent::Usage(usage),
        ModelEvent::ResponseDone { status: ResponseStatus::Completed, .. },
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((response_id, first.as_str(), second.as_str()), (same, "Hello there.", " Shall we begin?"));
    assert_eq!(text, "Hello there. Shall we begin?");
    let queued = rig.queued();
    let samples: usize = queued
        .iter()
        .map(|command| match command {
            DownlinkCommand::Audio { item_id: item, pcm } if item == item_id => pcm.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(*received_ms, samples as u64 / 24);
    assert_eq!(*usage, Usage::new(Source::Engine, "hibari").and(Kind::Spoken, *received_ms));
    assert!((800..5_000).contains(received_ms), "{received_ms}");
    assert!(matches!(queued.last(), Some(DownlinkCommand::Finish { item_id: last }) if last == item_id));
}

#[tokio::test]
async fn a_candidate_who_interrupts_is_heard_and_the_audio_stops_within_a_frame() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    rig.say(&INTERVIEW.join(" ")).await;
    rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    rig.queued();
    // The agent has some ten seconds to say; after one second somebody speaks, frame by frame.
    rig.silence(1_000).await;
    for chunk in clip("0920").chunks_exact(FRAME_SAMPLES) {
        let mut frame = [0; FRAME_SAMPLES];
        frame.copy_from_slice(chunk);
        rig.feed_frame(frame, FrameKind::Normal).await;
    }
    let flushed = timeout(DEADLINE, rig.downlink.recv()).await.expect("in time");
    assert!(matches!(flushed, Some(DownlinkCommand::Flush)), "{flushed:?}");
    let ModelEvent::SpeechStarted { audio_ms, .. } = rig.event().await else { panic!("speech is noticed first") };
    assert!((900..3_000).contains(&audio_ms), "{audio_ms}");
    rig.silence(2_600).await;
    let events = rig.events_until(|event| user_text(event).is_some()).await;
    let heard = user_text(events.last().expect("text")).expect("text").1.to_owned();
    assert!(edits(&words(CLIPS[3].1), &words(&heard)) <= 1, "{heard}");
    assert!(rig.queued().is_empty(), "no audio after the interruption");
}

#[tokio::test]
async fn a_cancelled_speech_ends_at_once() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    let long: Vec<String> = (0..40).map(|n| format!("This is sentence number {n} of a long story.")).collect();
    rig.say(&long.join(" ")).await;
    rig.events_until(|event| matches!(event, ModelEvent::AgentTextDelta { .. })).await;
    rig.commands.send(ModelCommand::Cancel).await.expect("sent");
    let events = rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    let cancelled = ResponseStatus::Cancelled;
    assert!(matches!(events.last(), Some(ModelEvent::ResponseDone { status, .. }) if *status == cancelled));
    let queued = rig.queued();
    assert!(matches!(queued.last(), Some(DownlinkCommand::Flush)), "the flush is the last word");
    // The next speech is not hurt.
    rig.say("Goodbye.").await;
    let events = rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    let completed = ResponseStatus::Completed;
    assert!(matches!(events.last(), Some(ModelEvent::ResponseDone { status, .. }) if *status == completed));
}

#[tokio::test]
async fn commit_ends_the_answer_without_waiting_for_silence() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    rig.feed(&clip("0880")).await;
    rig.commands.send(ModelCommand::CommitAudio).await.expect("sent");
    let events = rig.events_until(|event| user_text(event).is_some()).await;
    let heard = user_text(events.last().expect("text")).expect("text").1.to_owned();
    assert!(edits(&words(CLIPS[1].1), &words(&heard)) <= 1, "{heard}");
}

#[tokio::test]
async fn a_finished_sentence_sounds_finished_and_half_of_it_does_not() {
    for name in ["0890", "0920"] {
        let whole = clip_16_khz(name);
        let half = whole[..whole.len() / 2].to_vec();
        let (whole, half) =
            (ENGINE.finished(whole).await.expect("answer"), ENGINE.finished(half).await.expect("answer"));
        assert!(whole > 0.8 && half < 0.3, "{name}: {whole} and {half}");
    }
}

#[tokio::test]
async fn short_answers_are_heard() {
    let mut wrong = 0;
    for answer in ["Yes.", "No, not really.", "I don't know.", "Three years."] {
        let mut rig = Rig::started(&ENGINE, &[]).await;
        rig.silence(1_000).await;
        rig.feed(&ENGINE.speak(answer).await.expect("speech")).await;
        rig.silence(2_600).await;
        let events = rig.events_until(|event| user_text(event).is_some()).await;
        let heard = user_text(events.last().expect("text")).expect("text").1.to_owned();
        println!("{answer} -> {heard}");
        let spoken = words(&heard.replace('3', "three"));
        wrong += edits(&words(answer), &spoken);
    }
    assert!(wrong <= 1, "{wrong} words wrong");
}

#[tokio::test]
async fn a_long_answer_is_cut_into_chunks_and_no_word_is_lost() {
    let mut rig = Rig::started(&ENGINE, &[]).await;
    // Without a pause that could end the turn: 250 ms between the clips, twice over.
    let mut wanted = Vec::new();
    for (name, text) in CLIPS.iter().chain(&CLIPS[..2]) {
        rig.feed(&clip(name)).await;
        wanted.extend(words(text));
    }
    assert!(rig.now_ms > 30_000, "{}", rig.now_ms);
    rig.silence(2_600).await;
    let (mut heard, mut open, mut deltas) = (Vec::new(), 0, 0);
    while open > 0 || heard.is_empty() || !rig.events.is_empty() {
        match rig.event().await {
            ModelEvent::SpeechStarted { .. } => open += 1,
            ModelEvent::UserTextDelta { .. } => deltas += 1,
            ModelEvent::UserText { text, .. } => {
                open -= 1;
                heard.extend(words(&text));
            }
            ModelEvent::UserTextFailed { .. } => panic!("nothing may fail here"),
            _ => {}
        }
    }
    let wrong = edits(&wanted, &heard);
    assert!(wrong * 20 <= wanted.len(), "{wrong} of {} words wrong: {}", wanted.len(), heard.join(" "));
    assert!(deltas >= 3, "captions come while the answer goes on: {deltas}");
}

#[tokio::test]
async fn two_sessions_listen_and_speak_at_once() {
    let one = async {
        let mut rig = Rig::started(&ENGINE, &[]).await;
        rig.feed(&clip("0880")).await;
        rig.silence(2_600).await;
        let events = rig.events_until(|event| user_text(event).is_some()).await;
        user_text(&events[events.len() - 1]).expect("text").1.to_owned()
    };
    let other = async {
        let mut rig = Rig::started(&ENGINE, &[]).await;
        rig.say(INTERVIEW[1]).await;
        let events = rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
        let ModelEvent::ResponseDone { status, .. } = events[events.len() - 1] else { panic!("{events:?}") };
        status
    };
    let (heard, status) = tokio::join!(one, other);
    assert!(edits(&words(CLIPS[1].1), &words(&heard)) <= 1, "{heard}");
    assert_eq!(status, ResponseStatus::Completed);
}

#[tokio::test]
async fn a_cancelled_or_closed_conversation_returns() {
    let rig = Rig::started(&ENGINE, &[]).await;
    rig.cancel.cancel();
    rig.tasks.close();
    timeout(DEADLINE, rig.tasks.wait()).await.expect("cancelled");
    let rig = Rig::started(&ENGINE, &["Words for later."]).await;
    rig.commands.send(ModelCommand::Close).await.expect("sent");
    rig.tasks.close();
    timeout(DEADLINE, rig.tasks.wait()).await.expect("closed");
}

#[tokio::test]
async fn phonemes_agree_with_the_reference() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/hibari/phoneme-goldens.tsv");
    let goldens = std::fs::read_to_string(goldens).expect("goldens");
    let (mut exact, mut wrong, mut characters, mut lines) = (0, 0, 0, 0);
    for line in goldens.lines() {
        let (text, wanted) = line.split_once('\t').expect("two columns");
        let got = ENGINE.phonemes(text).await.expect("phonemes");
        if got != wanted {
            println!("{text}\n  wanted {wanted}\n  got    {got}");
        }
        let (wanted, got): (Vec<char>, Vec<char>) = (wanted.chars().collect(), got.chars().collect());
        lines += 1;
        characters += wanted.len();
        exact += usize::from(wanted == got);
        wrong += edits(&wanted, &got);
    }
    println!("{exact} of {lines} exact, {wrong} of {characters} characters wrong");
    assert_eq!(lines, 70);
    assert!(exact >= 69, "{exact} of {lines}");
    assert!(wrong * 200 <= characters, "{wrong} of {characters} characters wrong");
}

/// A copy of the model files, with one that `spoil` changes.
fn spoilt_models(spoil: impl Fn(&Path)) -> tempfile::TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
    let copy = tempfile::tempdir().expect("folder");
    for folder in ["hibari", "moonshine-base-en", "smart-turn"] {
        std::fs::create_dir(copy.path().join(folder)).expect("folder");
        for entry in std::fs::read_dir(source.join(folder)).expect("models") {
            let name = entry.expect("entry").file_name();
            std::fs::copy(source.join(folder).join(&name), copy.path().join(folder).join(&name)).expect("copy");
        }
    }
    std::fs::copy(source.join("SHA256SUMS"), copy.path().join("SHA256SUMS")).expect("copy");
    spoil(copy.path());
    copy
}

fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).expect("file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("write");
}

#[tokio::test]
async fn without_a_sound_voice_the_conversation_fails_at_the_start() {
    let models = spoilt_models(|folder| flip_a_byte(&folder.join("hibari/hibari.onnx")));
    let engine = BuiltinEngine::new(Some(models.path().to_owned()));
    let mut rig = Rig::start(&engine, &[]);
    assert_eq!(rig.event().await, ModelEvent::Failed);
    assert_eq!(engine.speak("Hello.").await, Err(EngineError::Corrupt { file: "hibari/hibari.onnx" }));
    let report = engine.loaded();
    let voice = report.iter().find(|file| file.file == "hibari/hibari.onnx").expect("listed");
    assert!(!voice.loaded && voice.sha256.len() == 64);
    assert_eq!(voice.error, Some(EngineError::Corrupt { file: "hibari/hibari.onnx" }));
}

#[tokio::test]
async fn without_ears_and_turn_model_the_interview_goes_on_and_items_settle() {
    let models = spoilt_models(|folder| {
        flip_a_byte(&folder.join("moonshine-base-en/decoder.onnx"));
        std::fs::remove_file(folder.join("smart-turn/smart-turn-v3.2-cpu.onnx")).expect("remove");
    });
    let engine = BuiltinEngine::new(Some(models.path().to_owned()));
    let mut rig = Rig::started(&engine, &[]).await;
    rig.feed(&clip("0880")).await;
    rig.silence(1_200).await;
    let events = rig.events_until(|event| matches!(event, ModelEvent::UserTextFailed { .. })).await;
    assert!(events.iter().any(|event| matches!(event, ModelEvent::Committed { .. })), "{events:?}");
    let missing = EngineError::Missing { file: "smart-turn/smart-turn-v3.2-cpu.onnx" };
    assert_eq!(engine.finished(vec![0.0; 16_000]).await, Err(missing));
    rig.say("Thank you.").await;
    rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { status: ResponseStatus::Completed, .. })).await;
}

#[tokio::test]
async fn words_known_ahead_are_ready_when_they_are_asked_for() {
    let engine = BuiltinEngine::new(None);
    let words = ["These words are known ahead. All of them.", "And these."];
    let mut rig = Rig::started(&engine, &words).await;
    timeout(DEADLINE, async {
        while !words.iter().all(|text| engine.has_prepared(text)) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("prepared in time");
    rig.say(words[0]).await;
    rig.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
    assert!(rig.queued().iter().any(|command| matches!(command, DownlinkCommand::Audio { .. })));
    let mut jobs = engine.jobs_begun();
    for _ in 0..3 {
        let mut other = Rig::started(&engine, &[]).await;
        // What a session begins by itself: it looks whether the ears are there, and the sense of turns.
        jobs += 2;
        timeout(DEADLINE, async {
            while engine.jobs_begun() < jobs {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the models are there");
        other.say(words[0]).await;
        other.events_until(|event| matches!(event, ModelEvent::ResponseDone { .. })).await;
        assert!(other.queued().iter().any(|command| matches!(command, DownlinkCommand::Audio { .. })));
        assert_eq!(engine.jobs_begun(), jobs, "nothing was synthesised or encoded for another session");
    }
}
