//! A provider behind the relay: `mock_realtime`, in both dialects, and when it fails.

use super::rig::{BETA, Client, Shared, provider};
use crate::{
    engine::rig::{CLIPS, clip},
    support::server::TestServer,
};
use serde_json::{Value, json};
use viva::{
    mock_realtime::{Inject, MockConfig, Received},
    wire::realtime::dialect::Dialect,
};

const KEY: &str = "sk-the-providers-key";

fn script(json: Value) -> MockConfig {
    MockConfig { script: serde_json::from_value(json).expect("a script"), ..MockConfig::default() }
}

fn keyed(config: MockConfig) -> MockConfig {
    MockConfig { api_key: Some(KEY.to_owned()), ..config }
}

fn flat_update() -> Value {
    json!({"type": "session.update", "session": {"modalities": ["text", "audio"], "voice": "alloy",
        "instructions": "You are a helpful AI coach.", "input_audio_format": "pcm16", "output_audio_format": "pcm16",
        "input_audio_transcription": {"model": "whisper-1"}}})
}

fn ga_update() -> Value {
    json!({"type": "session.update", "session": {"type": "realtime", "audio": {"input": {
        "transcription": {"model": "gpt-4o-transcribe"}}}}})
}

#[tokio::test]
async fn the_contracts_own_client_speaks_with_a_ga_provider() {
    let (mock, url) = provider(keyed(MockConfig::default())).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url), ("OPENAI_API_KEY", KEY)]).await;
    let path = "/v1/realtime?model=gpt-4o-realtime-preview-2024-10-01";
    let mut client = Client::connect(&server, path, &[BETA]).await.expect("a conversation");
    let created = client.until("session.created").await;
    assert_eq!(created["session"]["model"], "gpt-4o-realtime-preview-2024-10-01");
    assert_eq!(created["session"]["input_audio_format"], "pcm16");
    client.send(flat_update()).await;
    let updated = client.until("session.updated").await;
    assert_eq!(updated["session"]["input_audio_transcription"]["model"], "whisper-1");
    client.speak(&clip(CLIPS[1].0), true).await;
    let heard = client.until("conversation.item.input_audio_transcription.completed").await;
    assert_eq!(heard["transcript"], "These are the words that I said.");
    client.completed().await;
    assert!(client.kinds().iter().any(|kind| kind == "response.audio_transcript.done"));
    assert!(client.voice().len() > 24_000, "{}", client.voice().len());
    client.leave().await;

    // The provider saw one GA client with our key and our names.
    let opened = mock.received().into_iter().find_map(|received| match received {
        Received::Opened { target, headers, .. } => Some((target, headers)),
        _ => None,
    });
    let (target, headers) = opened.expect("a connection");
    assert!(target.ends_with("model=gpt-realtime-2.1"), "{target}");
    assert!(!headers.contains_key("openai-beta"));
    let update = mock.wait_for_event("session.update", 1).await;
    let update = serde_json::to_value(&update).unwrap();
    assert_eq!(update["session"]["audio"]["input"]["transcription"]["model"], "gpt-transcribe");
    assert_eq!(update["session"]["audio"]["output"]["format"]["type"], "audio/pcm");
    assert!(client_never_saw_the_key(&mock.received()));
    mock.stop();
    server.stop().await;
}

/// The client's own credential stays here, too.
fn client_never_saw_the_key(received: &[Received]) -> bool {
    received.iter().any(|received| match received {
        Received::Opened { headers, .. } => headers["authorization"] == format!("Bearer {KEY}"),
        _ => false,
    })
}

#[tokio::test]
async fn a_ga_client_speaks_with_a_beta_provider() {
    let config = MockConfig { dialect: Dialect::Beta, ..MockConfig::default() };
    let (mock, url) = provider(config).await;
    let variables = [("OPENAI_REALTIME_API_URL", url.as_str()), ("VIVA_REALTIME_DIALECT", "beta")];
    let server = TestServer::start(&variables).await;
    let mut client = Client::local(&server, &[]).await;
    assert_eq!(client.until("session.created").await["session"]["type"], "realtime");
    client.send(ga_update()).await;
    let updated = client.until("session.updated").await;
    assert_eq!(updated["session"]["audio"]["input"]["transcription"]["model"], "gpt-4o-transcribe");
    client.speak(&clip(CLIPS[1].0), true).await;
    client.until("response.output_audio.delta").await;
    client.until("response.done").await;
    let kinds = client.kinds();
    assert!(kinds.iter().any(|kind| kind == "conversation.item.added"), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind.starts_with("response.audio") || kind == "conversation.item.created"));
    mock.stop();
    server.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_lost_is_an_error_and_a_close() {
    let (mock, url) = provider(MockConfig::default()).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url)]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(json!({"type": "response.create"})).await;
    client.until("response.output_audio.delta").await;
    mock.inject(Inject::Drop);
    let error = client.error().await;
    assert_eq!(error["code"], "upstream_lost");
    assert_eq!(client.closed().await, (1_011, "server_error.upstream_lost".to_owned()));

    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    let reason = "Your session hit the maximum duration of 60 minutes.".to_owned();
    mock.inject(Inject::Close { code: 1_001, reason: reason.clone() });
    assert_eq!(client.closed().await, (1_001, reason));
    mock.stop();

    // Nobody is there any more.
    let mut client = Client::local(&server, &[]).await;
    assert_eq!(client.error().await["code"], "upstream_unavailable");
    assert_eq!(client.closed().await.0, 1_011);
    server.stop().await;
}

#[tokio::test]
async fn a_provider_that_refuses_us_tells_the_client_nothing_of_our_key() {
    let (mock, url) = provider(keyed(MockConfig::default())).await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url), ("OPENAI_API_KEY", "sk-a-wrong-key")]).await;
    let mut client = Client::local(&server, &[]).await;
    let (code, _) = client.closed().await;
    assert_eq!(code, 1_011);
    let told = serde_json::to_string(&client.events).unwrap();
    assert!(told.contains("upstream") && !told.contains("API key") && !told.contains("sk-"), "{told}");
    mock.stop();
    server.stop().await;
}

#[tokio::test]
async fn errors_of_the_provider_reach_the_client_who_caused_them() {
    let (mock, url) = provider(script(json!({"faults": [{"on": "conversation.item.delete", "do": {"error":
        {"code": "item_not_found", "kind": "invalid_request_error", "message": "No such item.", "param": null}}}]})))
    .await;
    let server = TestServer::start(&[("OPENAI_REALTIME_API_URL", &url)]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(json!({"type": "conversation.item.delete", "item_id": "x"})).await;
    assert_eq!(client.error().await["code"], "item_not_found");
    mock.stop();
    server.stop().await;
}

/// An item of the results.
async fn item(shared: &Shared, results: &str, item_id: &Value) -> Value {
    let body = shared.server.get(results).await.1;
    let transcript = body["transcript"].as_array().expect("a transcript");
    transcript.iter().find(|item| item["item_id"] == *item_id).expect("it is kept").clone()
}

#[tokio::test]
async fn what_a_provider_says_and_hears_is_kept() {
    let (mock, url) = provider(script(json!({"replies": ["one two three four five six seven eight"]}))).await;
    let shared = Shared::start(&[("OPENAI_REALTIME_API_URL", &url)]).await;
    let (session_id, secret) = shared.session(None).await;
    let results = format!("/api/interview/{session_id}/results");
    let mut client = shared.connect(&secret).await;
    let created = client.until("session.created").await;
    // The record needs words, so the transcriber is on before the client asks for one.
    assert_eq!(created["session"]["audio"]["input"]["transcription"]["model"], "gpt-transcribe");
    client.speak(&clip(CLIPS[1].0), true).await;
    client.until("conversation.item.input_audio_transcription.completed").await;
    let kept = shared.server.get(&results).await.1;
    assert_eq!(kept["transcript"][0]["content"], "These are the words that I said.");
    let item_id = client.completed().await["response"]["output"][0]["id"].clone();
    let kept = item(&shared, &results, &item_id).await;
    assert_eq!(kept["content"], "one two three four five six seven eight");
    // 8 words of 360 ms each: half of it.
    client
        .send(json!({"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0,
        "audio_end_ms": 1440}))
        .await;
    client.until("conversation.item.truncated").await;
    let cut = item(&shared, &results, &item_id).await;
    assert_eq!(cut["content"], "one two three four", "{cut}");
    assert_eq!(cut["generated_content"], "one two three four five six seven eight");
    mock.stop();
    shared.server.stop().await;
}
