//! What a session sees when the server misbehaves.

use super::rig::{Rig, script, within};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;
use viva::{
    domain::session::{ModelEvent, ResponseStatus, SpeechTag},
    mock_realtime::{Inject, MockConfig, Received},
    realtime::ProviderKeys,
    wire::realtime::ClientEvent,
};

/// A script with faults only.
fn faults(faults: Value) -> MockConfig {
    script(json!({ "faults": faults }))
}

/// Waits for the end, and returns what was told before it.
async fn failed(rig: &mut Rig) -> Vec<ModelEvent> {
    let mut before = Vec::new();
    rig.wait("failed", |event| {
        before.push(event.clone());
        (*event == ModelEvent::Failed).then_some(())
    })
    .await;
    before
}

fn connections(record: &[Received]) -> usize {
    record.iter().filter(|received| matches!(received, Received::Opened { .. })).count()
}

#[tokio::test]
async fn a_wrong_key_fails_at_once() {
    let mock = MockConfig { api_key: Some("right".into()), ..MockConfig::default() };
    let mut rig = Rig::start_with(mock, |config, _| config.keys = keys(&["wrong"])).await;
    assert_eq!(failed(&mut rig).await, [ModelEvent::Failed], "no trouble is told, no retry is made");
    assert_eq!(connections(&rig.mock.received()), 1);
    rig.finish().await;
}

#[tokio::test]
async fn the_right_key_is_sent_as_a_bearer_token() {
    let mock = MockConfig { api_key: Some("right".into()), ..MockConfig::default() };
    let mut rig = Rig::start_with(mock, |config, _| config.keys = keys(&["right"])).await;
    rig.ready().await;
    rig.finish().await;
}

/// A refusal at the upgrade or after it costs the key, not the session.
#[tokio::test]
async fn another_key_of_the_ring_is_taken_when_one_is_refused() {
    let mock = MockConfig { api_key: Some("right".into()), ..MockConfig::default() };
    let ring = keys(&["wrong", "also-wrong", "right"]);
    let shared = ring.clone();
    let mut rig = Rig::start_with(mock, |config, _| config.keys = shared).await;
    rig.ready().await;
    assert_eq!(connections(&rig.mock.received()), 3);
    assert_eq!(ring.usable(), 1, "the wrong ones are out for everybody");
    rig.finish().await;
}

fn keys(texts: &[&str]) -> ProviderKeys {
    ProviderKeys::new(texts.iter().map(|text| SecretString::from(*text)).collect())
}

#[tokio::test]
async fn refusals_that_no_retry_helps_are_failures() {
    for fault in [
        json!({"on": "connect", "do": {"refuse": 401}}),
        json!({"on": "connect", "do": {"refuse": 403}}),
        json!({"on": "open", "do": {"error_close": {"code": "invalid_model", "close": 4000}}}),
        json!({"on": "session.update", "do": {"error":
            {"code": "insufficient_quota", "kind": "insufficient_quota", "message": "no credit", "param": null}}}),
        json!({"on": "response.create", "do": {"fail_response": "billing_hard_limit_reached"}}),
    ] {
        let mut rig = Rig::start(faults(json!([fault]))).await;
        rig.say(SpeechTag::Greeting, "Hello").await;
        let before = failed(&mut rig).await;
        assert!(!before.contains(&ModelEvent::Trouble), "{fault}: {before:?}");
        rig.finish().await;
    }
}

#[tokio::test]
async fn a_beta_client_is_refused_as_the_service_does() {
    let dialect = viva::wire::realtime::dialect::Dialect::Beta;
    let mut rig = Rig::start_with(MockConfig::default(), |config, _| config.dialect = dialect).await;
    assert_eq!(failed(&mut rig).await, [ModelEvent::Failed]);
    rig.finish().await;
}

#[tokio::test]
async fn a_lost_connection_is_replaced_and_told_what_was_said() {
    let heard = json!([{"text": "I build bridges."}]);
    let mut rig = Rig::start(script(json!({"heard": heard, "audio": {"pace_percent": 0}}))).await;
    rig.say(SpeechTag::Question(1), "What do you do?").await;
    rig.done().await;
    rig.voice(600, true).await;
    rig.voice(600, false).await;
    rig.wait("words", |event| matches!(event, ModelEvent::UserText { .. }).then_some(())).await;
    rig.mock.inject(Inject::Drop);
    rig.wait("trouble", |event| (*event == ModelEvent::Trouble).then_some(())).await;
    rig.wait("recovered", |event| (*event == ModelEvent::Recovered).then_some(())).await;
    let said = within(
        "the replay",
        rig.mock.wait_for(|record| {
            let items = record.iter().filter_map(|received| match received {
                Received::Event { connection: 2, message } => match &message.event {
                    ClientEvent::ItemCreate { item, .. } => {
                        Some((item.role.clone()?, item.content.as_ref()?[0].text.clone()?))
                    }
                    _ => None,
                },
                _ => None,
            });
            let items: Vec<_> = items.collect();
            (items.len() == 2).then_some(items)
        }),
    )
    .await;
    let expected = [("assistant", "What do you do?"), ("user", "I build bridges.")];
    assert_eq!(said, expected.map(|(role, text)| (role.to_owned(), text.to_owned())));
    rig.say(SpeechTag::Question(2), "And why?").await;
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    rig.finish().await;
}

#[tokio::test]
async fn a_connection_lost_in_mid_sentence_settles_what_was_under_way() {
    let mut rig = Rig::start(script(json!({"audio": {"pace_percent": 100}}))).await;
    rig.ready().await;
    rig.say(SpeechTag::Question(1), &"word ".repeat(50)).await;
    within("agent audio", rig.downlink.recv()).await.expect("audio");
    rig.mock.inject(Inject::Close { code: 1011, reason: "server error".into() });
    let mut order = Vec::new();
    rig.wait("recovered", |event| {
        match event {
            ModelEvent::AgentText { .. } => order.push("text"),
            ModelEvent::AgentAudioDone { received_ms, .. } if *received_ms > 0 => order.push("audio"),
            ModelEvent::ResponseDone { status: ResponseStatus::Failed, .. } => order.push("failed"),
            ModelEvent::Trouble => order.push("trouble"),
            _ => {}
        }
        (*event == ModelEvent::Recovered).then_some(())
    })
    .await;
    assert_eq!(order, ["text", "audio", "failed", "trouble"]);
    rig.finish().await;
}

#[tokio::test]
async fn what_was_only_asked_for_is_asked_again() {
    let mock = faults(json!([{"on": "response.create", "connection": 1, "do": "drop"}]));
    let mut rig = Rig::start(mock).await;
    rig.say(SpeechTag::Question(4), "Still there?").await;
    let tag = rig.wait("started", |event| match event {
        ModelEvent::ResponseStarted { tag, .. } => Some(*tag),
        _ => None,
    });
    assert_eq!(tag.await, Some(SpeechTag::Question(4)));
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    assert_eq!(connections(&rig.mock.received()), 2);
    rig.finish().await;
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up() {
    let mut rig = Rig::start_with(faults(json!([{"on": "connect", "do": {"refuse": 503}}])), |config, _| {
        config.give_up_after = Duration::from_secs(2);
    })
    .await;
    assert_eq!(failed(&mut rig).await, [ModelEvent::Trouble, ModelEvent::Failed]);
    rig.finish().await;
}

#[tokio::test]
async fn voice_waits_for_a_server_that_is_away() {
    let mock = faults(json!([{"on": "connect", "connection": 1, "do": {"refuse": 503}}]));
    let mut rig = Rig::start(mock).await;
    rig.wait("trouble", |event| (*event == ModelEvent::Trouble).then_some(())).await;
    // 4 s of voice, of which 3 are kept; the newest.
    rig.voice(4_000, true).await;
    rig.ready().await;
    let start_ms = rig
        .wait("speech started", |event| match event {
            ModelEvent::SpeechStarted { audio_ms, .. } => Some(*audio_ms),
            _ => None,
        })
        .await;
    assert!((1_000..1_400).contains(&start_ms), "{start_ms}");
    let sizes = within(
        "all voice",
        rig.mock.wait_for(|record| {
            let sizes: Vec<usize> = record
                .iter()
                .filter_map(|r| if let Received::Audio { samples, .. } = r { Some(*samples) } else { None })
                .collect();
            (sizes.iter().sum::<usize>() == 3_000 * 24).then_some(sizes)
        }),
    )
    .await;
    assert!(sizes.len() <= 16, "a backlog is sent in pieces of 200 ms: {sizes:?}");
    rig.finish().await;
}

#[tokio::test]
async fn an_expired_session_is_replaced_without_alarm() {
    // A connection is replaced on purpose once it is old enough and nobody speaks.
    let mut rig = Rig::start_with(MockConfig::default(), |config, _| {
        config.recycle_after = Duration::from_millis(50);
    })
    .await;
    rig.ready().await;
    within("another connection", rig.mock.wait_for(|record| (connections(record) >= 2).then_some(()))).await;
    rig.say(SpeechTag::Remark, "Here again").await;
    let mut seen = Vec::new();
    rig.wait("done", |event| {
        seen.push(event.clone());
        matches!(event, ModelEvent::ResponseDone { .. }).then_some(())
    })
    .await;
    assert!(!seen.contains(&ModelEvent::Trouble), "{seen:?}");
    rig.finish().await;
}

#[tokio::test]
async fn a_refused_configuration_is_tried_once_more_and_smaller() {
    let refusal = json!({"error": {"code": "invalid_value", "kind": "invalid_request_error",
        "message": "no such voice", "param": "session.audio.output.voice"}});
    let mut rig = Rig::start(faults(json!([{"on": "session.update", "nth": 1, "do": refusal}]))).await;
    rig.ready().await;
    let second = within("a second update", rig.mock.wait_for_event("session.update", 2)).await;
    let ClientEvent::SessionUpdate { session } = second.event else { panic!("not an update") };
    let audio = session.audio.expect("audio");
    assert_eq!(audio.output, None);
    let turns = audio.input.and_then(|input| input.turn_detection).flatten().expect("turn detection");
    assert_eq!(turns.create_response, Some(false));
    rig.finish().await;

    let both =
        json!([{"on": "session.update", "nth": 1, "do": refusal}, {"on": "session.update", "nth": 2, "do": refusal}]);
    let mut rig = Rig::start(faults(both)).await;
    assert_eq!(failed(&mut rig).await, [ModelEvent::Failed]);
    rig.finish().await;
}

#[tokio::test]
async fn words_come_late_twice_or_never() {
    let heard = json!([
        {"text": "late", "delay_ms": 300},
        {"text": "twice", "outcome": "duplicate"},
        {"outcome": "failed"},
        {"outcome": "missing"},
    ]);
    let mut rig = Rig::start_with(script(json!({ "heard": heard })), |config, _| {
        config.transcription_timeout = Duration::from_millis(200);
    })
    .await;
    rig.ready().await;
    let mut items = Vec::new();
    for _ in 0..4 {
        rig.voice(600, true).await;
        rig.voice(600, false).await;
        let item = rig.wait("committed", |event| match event {
            ModelEvent::Committed { item_id } => Some(item_id.clone()),
            _ => None,
        });
        items.push(item.await);
        let item = items.last().expect("pushed");
        let mut told = Vec::new();
        let wanted = if items.len() < 3 { 2 } else { 1 };
        rig.wait("words", |event| {
            match event {
                ModelEvent::UserText { item_id, text } if item_id == item => told.push(text.clone()),
                ModelEvent::UserTextFailed { item_id } if item_id == item => told.push("failed".into()),
                _ => {}
            }
            (told.len() == wanted).then_some(())
        })
        .await;
        match items.len() {
            // Given up, then there after all.
            1 => assert_eq!(told, ["failed", "late"]),
            // The same words again say nothing new; other words replace them.
            2 => assert_eq!(told, ["twice", "twice Really."]),
            _ => assert_eq!(told, ["failed"]),
        }
    }
    rig.finish().await;
}

#[tokio::test]
async fn nonsense_is_skipped() {
    let mut rig = Rig::start(MockConfig::default()).await;
    rig.ready().await;
    for text in [
        "not json",
        "[]",
        "{\"type\":7}",
        "{\"type\":\"session.updated\",\"session\":[]}",
        "{\"type\":\"response.done\",\"response\":null}",
        "{\"type\":\"response.output_audio.delta\",\"item_id\":\"x\",\"response_id\":\"y\",\"delta\":\"***\"}",
        "{\"type\":\"response.created\"}",
        "{\"type\":\"some.news\",\"deep\":[[[[]]]]}",
        "{\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"message\":\"oh\"}}",
    ] {
        rig.mock.inject(Inject::Text(text.into()));
    }
    rig.say(SpeechTag::Remark, "Still here").await;
    let started = rig.wait("our response", |event| match event {
        ModelEvent::ResponseStarted { tag: Some(SpeechTag::Remark), .. } => Some(()),
        ModelEvent::Trouble | ModelEvent::Failed => panic!("{event:?}"),
        _ => None,
    });
    started.await;
    rig.finish().await;
}

#[tokio::test]
async fn a_message_beyond_the_limit_costs_the_connection_only() {
    let mock = faults(json!([{"on": "response.create", "connection": 1, "do": {"huge": 17 << 20}}]));
    let mut rig = Rig::start(mock).await;
    rig.say(SpeechTag::Remark, "Something long").await;
    rig.wait("trouble", |event| (*event == ModelEvent::Trouble).then_some(())).await;
    rig.wait("recovered", |event| (*event == ModelEvent::Recovered).then_some(())).await;
    rig.say(SpeechTag::Remark, "Something short").await;
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    rig.finish().await;
}

#[tokio::test]
async fn a_dead_socket_is_noticed() {
    let mock = script(json!({
        "ping_every_ms": 3_600_000,
        "faults": [{"on": "response.create", "connection": 1, "do": "stall"}],
    }));
    let mut rig = Rig::start_with(mock, |config, _| config.dead_after = Duration::from_millis(600)).await;
    rig.say(SpeechTag::Remark, "Hello").await;
    rig.wait("trouble", |event| (*event == ModelEvent::Trouble).then_some(())).await;
    assert_eq!(rig.done().await.1, ResponseStatus::Completed);
    rig.finish().await;
}

#[tokio::test]
async fn a_quiet_server_that_answers_pings_is_alive() {
    let mock = script(json!({"ping_every_ms": 3_600_000}));
    let mut rig = Rig::start_with(mock, |config, _| config.dead_after = Duration::from_millis(150)).await;
    rig.ready().await;
    // Ten times the limit without an event: only answered pings keep it.
    let quiet = tokio::time::timeout(Duration::from_millis(1_500), rig.events.recv()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    assert_eq!(connections(&rig.mock.received()), 1);
    rig.finish().await;
}

#[tokio::test]
async fn a_server_that_reads_slowly_gets_everything() {
    let mock = faults(json!([{"on": "input_audio_buffer.append", "nth": 2, "do": {"stop_reading": {"for_ms": 700}}}]));
    let mut rig = Rig::start(mock).await;
    rig.ready().await;
    rig.voice(2_800, true).await;
    within(
        "all voice",
        rig.mock.wait_for(|record| {
            let samples: usize =
                record.iter().map(|r| if let Received::Audio { samples, .. } = r { *samples } else { 0 }).sum();
            (samples == 2_800 * 24).then_some(())
        }),
    )
    .await;
    rig.finish().await;
}
