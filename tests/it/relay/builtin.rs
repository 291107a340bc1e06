//! The built-in engine behind the relay, with its real ears and its real voice.

use super::rig::{BETA, Client, Shared};
use crate::{
    engine::rig::{CLIPS, clip, edits, words},
    support::server::TestServer,
};
use reqwest::Method;
use serde_json::{Value, json};
use viva::store::conformance;

/// The session update that the voice contract prints.
fn printed_update() -> Value {
    json!({
        "type": "session.update",
        "session": {
            "modalities": ["text", "audio"],
            "instructions":
                "You are a helpful AI coach. Speak naturally and provide supportive guidance.",
            "voice": "alloy",
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": {"model": "whisper-1"}
        }
    })
}

fn ga_update(turn_detection: Value) -> Value {
    json!({"type": "session.update", "session": {"type": "realtime", "audio": {"input": {
        "transcription": {"model": "gpt-transcribe"}, "turn_detection": turn_detection}}}})
}

fn say(words: &str) -> Value {
    let instructions = format!("Say exactly the words between the triple quotes.\n\"\"\"{words}\"\"\"");
    json!({"type": "response.create", "event_id": "mine", "response": {"instructions": instructions,
        "metadata": {"tag": "1"}}})
}

/// Words that were misheard.
fn wrong(heard: &str, wanted: &str) -> usize {
    edits(&words(wanted), &words(heard))
}

fn is_loud(pcm: &[i16]) -> bool {
    let energy = pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len().max(1) as f64;
    energy.sqrt() > 100.0
}

#[tokio::test]
async fn the_contracts_own_client_holds_a_spoken_conversation() {
    let server = TestServer::start(&[]).await;
    let path = "/v1/realtime?model=gpt-4o-realtime-preview-2024-10-01";
    let mut client = Client::connect(&server, path, &[BETA]).await.expect("a conversation");
    let created = client.until("session.created").await;
    assert_eq!(created["session"]["model"], "gpt-4o-realtime-preview-2024-10-01");
    assert_eq!(created["session"]["input_audio_format"], "pcm16");
    client.send(printed_update()).await;
    let updated = client.until("session.updated").await;
    assert_eq!(updated["session"]["input_audio_transcription"]["model"], "whisper-1");
    assert_eq!(updated["session"]["modalities"], json!(["text", "audio"]));
    assert_eq!(updated["session"]["voice"], "alloy");

    let (name, spoken) = CLIPS[1];
    client.speak(&clip(name), true).await;
    let completed = client.until("conversation.item.input_audio_transcription.completed").await;
    let heard = completed["transcript"].as_str().unwrap();
    assert!(wrong(heard, spoken) <= 1, "{heard}");
    let said = client.until("response.audio_transcript.done").await["transcript"].as_str().unwrap().to_owned();
    assert!(said.contains("Please introduce yourself"), "the general interview begins: {said}");
    let done = client.until("response.done").await;
    assert_eq!(done["response"]["status"], "completed");
    assert_eq!(done["response"]["output"][0]["content"][0]["type"], "audio", "the beta's name of it");
    let voice = client.voice();
    assert!(voice.len() > 2 * 24_000 && is_loud(&voice), "{} samples", voice.len());
    let ga_only = ["conversation.item.added", "conversation.item.done", "response.output_audio.delta"];
    assert!(client.kinds().iter().all(|kind| !ga_only.contains(&kind.as_str())), "{:?}", client.kinds());
    client.leave().await;
    server.stop().await;
}

/// A flat first update is the beta dialect's, header or not.
#[tokio::test]
async fn a_flat_update_without_the_header_is_understood() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    assert_eq!(client.until("session.created").await["session"]["type"], "realtime");
    client.send(printed_update()).await;
    assert_eq!(client.until("session.updated").await["session"]["output_audio_format"], "pcm16");
    client.send(json!({"type": "response.create", "response": {"modalities": ["text"]}})).await;
    client.until("response.text.delta").await;
    client.until("response.done").await;
    server.stop().await;
}

#[tokio::test]
async fn a_spoken_turn_has_the_events_of_the_service_in_its_order() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(ga_update(json!({"type": "semantic_vad"}))).await;
    client.until("session.updated").await;
    client.speak(&clip(CLIPS[1].0), true).await;
    client.until("response.done").await;
    let wanted = [
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ];
    let kinds = client.kinds();
    assert_eq!(kinds[..wanted.len()], wanted, "{kinds:?}");
    let end = [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ];
    assert_eq!(kinds[kinds.len() - end.len()..], end, "{kinds:?}");
    let of = |kind: &str| client.events.iter().find(|event| event["type"] == kind).unwrap();
    let started = of("input_audio_buffer.speech_started");
    let committed = of("input_audio_buffer.committed");
    assert_eq!(started["item_id"], committed["item_id"]);
    assert!(of("input_audio_buffer.speech_stopped")["audio_end_ms"].as_u64() > started["audio_start_ms"].as_u64());
    let done = of("response.done");
    assert_eq!(done["response"]["output"][0]["id"], of("response.output_item.added")["item"]["id"]);
    server.stop().await;
}

#[tokio::test]
async fn without_turn_detection_only_a_commit_makes_a_turn() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(ga_update(Value::Null)).await;
    let updated = client.until("session.updated").await;
    assert_eq!(updated["session"]["audio"]["input"]["turn_detection"], Value::Null);
    client.send(json!({"type": "input_audio_buffer.commit", "event_id": "c0"})).await;
    let error = client.error().await;
    assert_eq!((&error["code"], &error["event_id"]), (&json!("input_audio_buffer_commit_empty"), &json!("c0")));

    // What was cleared is not heard again.
    client.speak(&clip(CLIPS[1].0), false).await;
    client.send(json!({"type": "input_audio_buffer.clear"})).await;
    client.until("input_audio_buffer.cleared").await;
    client.speak(&clip(CLIPS[2].0), true).await;
    client.send(json!({"type": "input_audio_buffer.commit"})).await;
    client.until("input_audio_buffer.committed").await;
    let completed = client.until("conversation.item.input_audio_transcription.completed").await;
    let heard = completed["transcript"].as_str().unwrap();
    assert!(wrong(heard, CLIPS[2].1) <= 1, "{heard}: {:?}", client.kinds());
    assert!(completed["usage"]["seconds"].as_f64().unwrap() > 3.0, "{completed}");
    let kinds = client.kinds();
    assert!(!kinds.iter().any(|kind| kind.contains("speech_") || kind == "response.created"), "{kinds:?}");
    server.stop().await;
}

#[tokio::test]
async fn exact_words_are_spoken_and_can_be_cut() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(say("One two three.")).await;
    // A second one while it is under way.
    client.send(say("Four.")).await;
    let busy = client.error().await;
    assert_eq!(busy["code"], "conversation_already_has_active_response");
    let done = client.until("response.done").await;
    assert_eq!(done["response"]["metadata"], json!({"tag": "1"}));
    let item = &done["response"]["output"][0];
    assert_eq!(item["content"][0]["transcript"], "One two three.");
    let voice_ms = client.voice().len() as u64 / 24;
    assert!((500..6_000).contains(&voice_ms), "{voice_ms} ms");

    let id = item["id"].as_str().unwrap().to_owned();
    let cut =
        |ms: u64| json!({"type": "conversation.item.truncate", "item_id": id, "content_index": 0, "audio_end_ms": ms});
    client.send(cut(voice_ms + 60)).await;
    let wanted = format!("Audio content of {voice_ms}ms is already shorter than {}ms", voice_ms + 60);
    assert_eq!(client.error().await["message"], wanted);
    client.send(cut(400)).await;
    assert_eq!(client.until("conversation.item.truncated").await["audio_end_ms"], 400);
    client.send(json!({"type": "conversation.item.retrieve", "item_id": id})).await;
    let retrieved = client.until("conversation.item.retrieved").await;
    assert!(retrieved["item"]["content"][0].get("transcript").is_none(), "{retrieved}");
    client.send(json!({"type": "conversation.item.delete", "item_id": id})).await;
    client.until("conversation.item.deleted").await;
    client.send(json!({"type": "conversation.item.delete", "item_id": id})).await;
    assert_eq!(client.error().await["code"], "item_delete_invalid_item_id");
    server.stop().await;
}

#[tokio::test]
async fn a_response_is_cancelled_by_the_client_and_by_a_voice() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    client.send(json!({"type": "response.cancel"})).await;
    assert_eq!(client.error().await["code"], "response_cancel_not_active");
    let long = |what: &str| {
        let sentence = |n: u32| format!("The {what} sentence with the number {n} is one that nobody has prepared. ");
        (1..40).map(sentence).collect::<String>()
    };
    client.send(say(&long("first"))).await;
    client.until("response.output_audio.delta").await;
    client.send(json!({"type": "response.cancel"})).await;
    let done = client.until("response.done").await;
    let details = &done["response"]["status_details"];
    assert_eq!((&done["response"]["status"], &details["reason"]), (&json!("cancelled"), &json!("client_cancelled")));
    assert_eq!(done["response"]["output"][0]["status"], "incomplete");

    client.send(say(&long("second"))).await;
    client.until("response.output_audio.delta").await;
    client.speak(&clip(CLIPS[1].0), false).await;
    client.until("input_audio_buffer.speech_started").await;
    let done = client.until("response.done").await;
    assert_eq!(done["response"]["status_details"]["reason"], "turn_detected");
    server.stop().await;
}

#[tokio::test]
async fn typed_answers_lead_through_the_interview() {
    let server = TestServer::start(&[]).await;
    let mut client = Client::local(&server, &[]).await;
    client.until("session.created").await;
    let answer = |text: &str| {
        json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": text}]}})
    };
    let create = json!({"type": "response.create", "response": {"output_modalities": ["text"]}});
    let mut said = Vec::new();
    for text in ["", "Short.", &"word ".repeat(40), ""] {
        if !text.is_empty() {
            client.send(answer(text)).await;
            client.until("conversation.item.done").await;
        }
        client.send(create.clone()).await;
        said.push(client.until("response.output_text.done").await["text"].as_str().unwrap().to_owned());
        client.until("response.done").await;
    }
    assert!(said[0].contains("I am an AI interviewer") && said[0].contains("introduce yourself"), "{said:?}");
    assert_eq!(said[1], "Could you tell me a little more about that?", "a short answer brings a follow-up");
    assert_eq!(said[2], "What are you looking for in your next position?");
    assert_eq!(said[3], said[2], "without an answer the question is said again");
    server.stop().await;
}

#[tokio::test]
async fn what_both_sides_say_is_kept_and_read_in_the_results() {
    let shared = Shared::start(&[]).await;
    let (session_id, secret) = shared.session(Some(conformance::interview())).await;
    let mut client = shared.connect(&secret).await;
    client.until("session.created").await;
    let results = format!("/api/interview/{session_id}/results");
    assert_eq!(shared.server.get(&results).await.1["status"], "active");
    // Switching transcription off would leave a hole in the record.
    client
        .send(json!({"type": "session.update", "session": {"type": "realtime", "audio": {"input": {
        "transcription": null}}}}))
        .await;
    let updated = client.until("session.updated").await;
    assert!(updated["session"]["audio"]["input"]["transcription"].is_object(), "{updated}");
    client.speak(&clip(CLIPS[1].0), true).await;
    client.until("conversation.item.input_audio_transcription.completed").await;
    // Told is kept.
    let transcript = shared.server.get(&results).await.1["transcript"].clone();
    assert_eq!(transcript[0]["role"], "user");
    assert!(wrong(transcript[0]["content"].as_str().unwrap(), CLIPS[1].1) <= 1, "{transcript}");
    let done = client.until("response.done").await;
    let item_id = done["response"]["output"][0]["id"].clone();
    let kept = shared.server.get(&results).await.1;
    assert_eq!(kept["transcript"][1]["item_id"], item_id);
    assert!(kept["transcript"][1]["content"].as_str().unwrap().contains("What is your name?"), "{kept}");
    assert_eq!(kept["questions"][0]["status"], "asked", "{kept}");

    client
        .send(json!({"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0,
        "audio_end_ms": 1500}))
        .await;
    client.until("conversation.item.truncated").await;
    let cut = shared.server.get(&results).await.1["transcript"][1].clone();
    let (heard, generated) = (cut["content"].as_str().unwrap(), cut["generated_content"].as_str().unwrap());
    assert!(heard.len() < generated.len() && generated.starts_with(heard) && !heard.is_empty(), "{cut}");
    assert_eq!(cut["end_ms"].as_u64().unwrap() - cut["start_ms"].as_u64().unwrap(), 1_500);
    client.leave().await;

    // The same session once more: it goes on behind what is there.
    let again = shared.secret(&session_id, Some(conformance::interview())).await;
    let mut client = shared.connect(&again).await;
    client.until("session.created").await;
    client
        .send(json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "I am back."}]}}))
        .await;
    client.until("conversation.item.done").await;
    let transcript = shared.server.get(&results).await.1["transcript"].clone();
    assert_eq!(transcript[2]["content"], "I am back.", "{transcript}");
    let (status, _) = crate::support::server::answer(shared.server.request(Method::GET, &results)).await;
    assert_eq!(status, 200);
    shared.server.stop().await;
}
