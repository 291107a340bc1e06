//! What a session hears and says through the bridge when nothing goes wrong.

use super::rig::{Rig, config, played, script, within};
use futures_util::FutureExt;
use serde_json::json;
use viva::{
    domain::{
        id::ItemId,
        persona::Voices,
        session::{ModelCommand, ModelEvent, ResponseStatus, SpeechTag},
    },
    media::port::DownlinkCommand,
    mock_realtime::{MockConfig, Mode, Received},
    realtime::{Model, RealtimeConfig, RealtimeModel},
    wire::realtime::{ClientEvent, dialect::Dialect},
};

/// Words, with 360 ms of voice each by default.
const GREETING: &str = "Hello, I am an AI interviewer.";

#[tokio::test]
async fn the_session_is_configured_before_anything_is_said() {
    let mut rig = Rig::start(MockConfig::default()).await;
    rig.say(SpeechTag::Greeting, GREETING).await;
    rig.voice(200, false).await;
    rig.ready().await;
    let update = within("session.update", rig.mock.wait_for_event("session.update", 1)).await;
    let ClientEvent::SessionUpdate { session } = update.event else { panic!("not an update") };
    let text = serde_json::to_value(&session).expect("json");
    assert_eq!(
        text,
        json!({
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "You are an interviewer.",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": {"model": "gpt-transcribe", "language": "en"},
                    "turn_detection": {
                        "type": "server_vad", "silence_duration_ms": 240,
                        "create_response": false, "interrupt_response": true,
                    },
                },
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar"},
            },
        })
    );
    within(
        "audio and a response",
        rig.mock.wait_for(|record| {
            let at = |kind: &str| {
                record.iter().position(|received| match received {
                    Received::Event { message, .. } => message.kind == kind,
                    Received::Audio { .. } => kind == "audio",
                    _ => false,
                })
            };
            let (update, audio, create) = (at("session.update")?, at("audio")?, at("response.create")?);
            assert!(update < audio && update < create);
            Some(())
        }),
    )
    .await;
    let opened = rig.mock.received();
    let Some(Received::Opened { target, headers, .. }) = opened.first() else { panic!("{opened:?}") };
    assert_eq!(target, "/v1/realtime?model=mock-1");
    assert!(!headers.contains_key("authorization"), "there is no key to send");
    rig.finish().await;
}

/// The persona's voice is named; what the operator set goes before it.
#[tokio::test]
async fn the_interviewer_has_the_voice_of_its_persona() {
    for (configured, named) in [(None, Some("marin")), (Some("cedar"), Some("cedar"))] {
        let rig = Rig::start_with(MockConfig::default(), |config, setup| {
            config.voice = configured.map(str::to_owned);
            setup.voice = Some("marin".into());
        });
        let mut rig = rig.await;
        rig.ready().await;
        let update = within("session.update", rig.mock.wait_for_event("session.update", 1)).await;
        let ClientEvent::SessionUpdate { session } = update.event else { panic!("not an update") };
        let text = serde_json::to_value(&session).expect("json");
        assert_eq!(text["audio"]["output"]["voice"].as_str(), named);
        rig.finish().await;
    }
}

/// Only OpenAI is known to have the personas' voices.
#[test]
fn another_server_is_not_asked_for_a_voice_that_it_may_not_have() {
    let voices = Voices { builtin: "heart".into(), openai: "marin".into() };
    let model = |name: &str, voice: Option<&str>| {
        let (name, voice) = (name.to_owned(), voice.map(str::to_owned));
        RealtimeModel::new(RealtimeConfig { name, voice, ..config("ws://127.0.0.1:9/".into()) }).expect("a model")
    };
    assert_eq!(model("openai", None).voice(&voices), Some("marin"));
    assert_eq!(model("realtime", None).voice(&voices), None);
    for name in ["openai", "realtime"] {
        assert_eq!(model(name, Some("cedar")).voice(&voices), Some("cedar"));
    }
}

#[tokio::test]
async fn a_spoken_reply_arrives_whole_and_in_order() {
    let mut rig = Rig::start(script(json!({"audio": {"odd_bytes": true, "pace_percent": 0}}))).await;
    rig.say(SpeechTag::Question(3), GREETING).await;
    rig.ready().await;
    let ModelEvent::ResponseStarted { tag, response_id } = rig.event().await else { panic!("not started") };
    assert_eq!(tag, Some(SpeechTag::Question(3)));
    let ModelEvent::AgentItem { item_id, .. } = rig.event().await else { panic!("no item") };
    let mut deltas = String::new();
    let received_ms = rig
        .wait("audio done", |event| match event {
            ModelEvent::AgentTextDelta { delta, .. } => {
                deltas.push_str(delta);
                None
            }
            ModelEvent::AgentAudioDone { received_ms, .. } => Some(*received_ms),
            _ => None,
        })
        .await;
    assert_eq!(deltas, GREETING);
    assert_eq!(received_ms, 6 * 360);
    let text = rig.wait("text", |event| match event {
        ModelEvent::AgentText { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text.await, GREETING);
    assert_eq!(rig.done().await, (response_id, ResponseStatus::Completed));
    let told = rig.pacer();
    assert_eq!(played(&told, &item_id), (6 * 360 * 24, true));
    assert!(matches!(told.last(), Some(DownlinkCommand::Finish { .. })));
    let energy: f64 = told
        .iter()
        .filter_map(|command| if let DownlinkCommand::Audio { pcm, .. } = command { Some(pcm) } else { None })
        .flatten()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    assert!((energy / (6.0 * 360.0 * 24.0)).sqrt() > 1_000.0, "odd byte splits must not turn voice into noise");
    rig.finish().await;
}

#[tokio::test]
async fn a_turn_is_heard_on_the_sessions_clock() {
    let mut rig = Rig::start(script(json!({"heard": [{"text": "I build bridges."}]}))).await;
    rig.ready().await;
    // The session's audio began two minutes before this connection.
    rig.audio_ms = 120_000;
    rig.voice(1_000, false).await;
    rig.voice(2_000, true).await;
    rig.voice(1_000, false).await;
    let (item, start_ms) = rig
        .wait("speech started", |event| match event {
            ModelEvent::SpeechStarted { item_id, audio_ms } => Some((item_id.clone(), *audio_ms)),
            _ => None,
        })
        .await;
    let end_ms = rig
        .wait("speech stopped", |event| match event {
            ModelEvent::SpeechStopped { audio_ms, .. } => Some(*audio_ms),
            _ => None,
        })
        .await;
    assert!((120_980..=121_020).contains(&start_ms), "start {start_ms}");
    assert!((122_980..=123_020).contains(&end_ms), "end {end_ms}");
    assert_eq!(rig.event().await, ModelEvent::Committed { item_id: item.clone() });
    let words = rig.wait("words", |event| match event {
        ModelEvent::UserText { item_id, text } => Some((item_id.clone(), text.clone())),
        _ => None,
    });
    assert_eq!(words.await, (item, "I build bridges.".into()));
    rig.finish().await;
}

#[tokio::test]
async fn an_interruption_silences_the_agent_and_truncates_what_was_not_heard() {
    let audio = json!({"pace_percent": 200, "late_deltas": 4});
    let mut rig = Rig::start(script(json!({"audio": audio}))).await;
    rig.ready().await;
    rig.say(SpeechTag::Closing, &"word ".repeat(120)).await;
    let item = rig
        .wait("agent item", |event| match event {
            ModelEvent::AgentItem { item_id, .. } => Some(item_id.clone()),
            _ => None,
        })
        .await;
    let first = within("agent audio", rig.downlink.recv()).await;
    assert!(matches!(first, Some(DownlinkCommand::Audio { .. })));
    rig.voice(400, true).await;
    rig.wait("speech started", |event| matches!(event, ModelEvent::SpeechStarted { .. }).then_some(())).await;
    let (_, status) = rig.done().await;
    assert_eq!(status, ResponseStatus::Cancelled);
    let told = rig.pacer();
    let flush = told.iter().position(|command| matches!(command, DownlinkCommand::Flush)).expect("a flush");
    assert_eq!(flush, told.len() - 1, "late deltas of an interrupted response are dropped: {}", told.len() - flush);

    rig.command(ModelCommand::Truncate { item_id: item.clone(), heard_ms: 50 }).await;
    let truncate = within("truncate", rig.mock.wait_for_event("conversation.item.truncate", 1)).await;
    let expected = ClientEvent::ItemTruncate { item_id: item.to_string(), content_index: 0, audio_end_ms: 50 };
    assert_eq!(truncate.event, expected);
    rig.finish().await;
}

#[tokio::test]
async fn truncation_is_clamped_to_what_was_received_and_never_needless() {
    let mut rig = Rig::start(script(json!({"audio": {"pace_percent": 0}}))).await;
    rig.ready().await;
    let mut items = Vec::new();
    for words in ["one two", "three four"] {
        rig.say(SpeechTag::Remark, words).await;
        let item = rig.wait("item", |event| match event {
            ModelEvent::AgentItem { item_id, .. } => Some(item_id.clone()),
            _ => None,
        });
        items.push(item.await);
        rig.done().await;
    }
    // Complete, unknown, and not heard at all.
    rig.command(ModelCommand::Truncate { item_id: items[0].clone(), heard_ms: 720 }).await;
    rig.command(ModelCommand::Truncate { item_id: ItemId::new("unknown"), heard_ms: 10 }).await;
    rig.command(ModelCommand::Truncate { item_id: items[1].clone(), heard_ms: 0 }).await;
    let delete = within("delete", rig.mock.wait_for_event("conversation.item.delete", 1)).await;
    assert_eq!(delete.event, ClientEvent::ItemDelete { item_id: items[1].to_string() });
    assert_eq!(rig.mock.count("conversation.item.truncate"), 0);
    rig.finish().await;
}

#[tokio::test]
async fn one_response_at_a_time() {
    let mut rig = Rig::start(script(json!({"audio": {"pace_percent": 2_000}}))).await;
    for number in 1..=3 {
        rig.say(SpeechTag::Question(number), &format!("Question number {number}")).await;
    }
    for number in 1..=3 {
        let tag = rig.wait("started", |event| match event {
            ModelEvent::ResponseStarted { tag, .. } => Some(*tag),
            _ => None,
        });
        assert_eq!(tag.await, Some(SpeechTag::Question(number)));
        assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_server_that_echoes_no_metadata_is_followed_by_order() {
    let mut rig = Rig::start(script(json!({"echo_metadata": false}))).await;
    rig.say(SpeechTag::Repeat(2), "Once more").await;
    let tag = rig.wait("started", |event| match event {
        ModelEvent::ResponseStarted { tag, .. } => Some(*tag),
        _ => None,
    });
    assert_eq!(tag.await, Some(SpeechTag::Repeat(2)));
    rig.finish().await;
}

#[tokio::test]
async fn cancelling_ends_the_active_response_and_those_that_wait() {
    let mut rig = Rig::start(script(json!({"audio": {"pace_percent": 100}}))).await;
    rig.ready().await;
    rig.say(SpeechTag::Greeting, &"word ".repeat(100)).await;
    rig.say(SpeechTag::Question(1), "Never said").await;
    rig.wait("agent item", |event| matches!(event, ModelEvent::AgentItem { .. }).then_some(())).await;
    rig.command(ModelCommand::Cancel).await;
    assert_eq!(rig.done().await.1, ResponseStatus::Cancelled);
    assert_eq!(rig.done().await.1, ResponseStatus::Cancelled);
    assert_eq!(rig.mock.count("response.create"), 1);
    rig.finish().await;
}

#[tokio::test]
async fn a_turn_is_committed_early_and_typed_answers_are_items() {
    let mut rig = Rig::start(MockConfig::default()).await;
    rig.ready().await;
    rig.voice(600, true).await;
    rig.command(ModelCommand::CommitAudio).await;
    rig.wait("committed", |event| matches!(event, ModelEvent::Committed { .. }).then_some(())).await;
    let typed = ItemId::new("typed_1");
    rig.command(ModelCommand::AddUserText { item_id: typed, text: "I typed this.".into() }).await;
    let create = within("create", rig.mock.wait_for_event("conversation.item.create", 1)).await;
    let ClientEvent::ItemCreate { item, .. } = create.event else { panic!("not a create") };
    assert_eq!(item.id.as_deref(), Some("typed_1"));
    assert_eq!(item.role.as_deref(), Some("user"));
    assert_eq!(item.content.and_then(|parts| parts[0].text.clone()).as_deref(), Some("I typed this."));
    // Nothing to commit: the server's complaint is not a failure.
    rig.command(ModelCommand::CommitAudio).await;
    rig.say(SpeechTag::Remark, "Thank you").await;
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    rig.finish().await;
}

#[tokio::test]
async fn an_earlier_conversation_is_told_to_the_server() {
    let history = [
        (ItemId::new("a1"), false, "Tell me about yourself.".to_owned()),
        (ItemId::new("u1"), true, "I build bridges.".to_owned()),
    ];
    let mut rig = Rig::start_with(MockConfig::default(), |_, setup| setup.history = history.into()).await;
    rig.ready().await;
    let mut told = Vec::new();
    for count in 1..=2 {
        let create = within("create", rig.mock.wait_for_event("conversation.item.create", count)).await;
        let ClientEvent::ItemCreate { previous_item_id, item } = create.event else { panic!("not a create") };
        told.push((previous_item_id, item.role, item.content.map(|parts| parts[0].kind.clone())));
    }
    let expected = [("root", "assistant", "output_text"), ("a1", "user", "input_text")]
        .map(|(previous, role, part)| (Some(previous.to_owned()), Some(role.to_owned()), Some(part.to_owned())));
    assert_eq!(told, expected);
    rig.finish().await;
}

#[tokio::test]
async fn a_beta_server_is_understood() {
    let mock = MockConfig { dialect: Dialect::Beta, ..script(json!({"heard": [{"text": "Yes."}]})) };
    let mut rig = Rig::start_with(mock, |config, _| config.dialect = Dialect::Beta).await;
    rig.say(SpeechTag::Greeting, GREETING).await;
    let item = rig
        .wait("audio done", |event| match event {
            ModelEvent::AgentAudioDone { item_id, received_ms } if *received_ms == 6 * 360 => Some(item_id.clone()),
            _ => None,
        })
        .await;
    rig.done().await;
    assert_eq!(played(&rig.pacer(), &item), (6 * 360 * 24, true));
    rig.voice(600, true).await;
    rig.voice(600, false).await;
    let words = rig.wait("words", |event| match event {
        ModelEvent::UserText { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(words.await, "Yes.");
    rig.finish().await;
}

#[tokio::test]
async fn a_full_pacer_holds_the_server_back_and_nothing_is_lost() {
    let mut rig = Rig::start(script(json!({"audio": {"pace_percent": 0}}))).await;
    rig.ready().await;
    // 252 s of voice at once, in pieces of 100 ms, are more than the pacer's mailbox holds.
    rig.say(SpeechTag::Closing, &"word ".repeat(700)).await;
    let full = async {
        while rig.agent.room().now_or_never().is_some() {
            tokio::task::yield_now().await;
        }
    };
    within("a full mailbox", full).await;
    let mut samples = 0;
    loop {
        match within("agent audio", rig.downlink.recv()).await {
            Some(DownlinkCommand::Audio { pcm, .. }) => samples += pcm.len(),
            Some(DownlinkCommand::Finish { .. }) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(samples, 700 * 360 * 24, "nothing was lost, nothing came twice");
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    rig.finish().await;
}

#[tokio::test]
async fn echo_returns_what_it_hears() {
    let mut rig = Rig::start(MockConfig { mode: Mode::Echo, ..MockConfig::default() }).await;
    rig.ready().await;
    rig.voice(1_000, true).await;
    let mut samples = 0;
    while samples < 1_000 * 24 {
        if let Some(DownlinkCommand::Audio { pcm, .. }) = within("echoed audio", rig.downlink.recv()).await {
            assert!(pcm.iter().all(|sample| sample.abs() == 6_000));
            samples += pcm.len();
        }
    }
    assert_eq!(samples, 1_000 * 24);
    rig.finish().await;
}

#[tokio::test]
async fn talk_speaks_in_real_time_without_being_asked() {
    let mut rig = Rig::start(MockConfig { mode: Mode::Talk, ..MockConfig::default() }).await;
    rig.ready().await;
    let begun = std::time::Instant::now();
    let mut samples = 0;
    while samples < 500 * 24 {
        if let Some(DownlinkCommand::Audio { pcm, .. }) = within("agent audio", rig.downlink.recv()).await {
            samples += pcm.len();
        }
    }
    assert!(begun.elapsed().as_millis() >= 300, "500 ms of voice came in {:?}", begun.elapsed());
    rig.finish().await;
}
