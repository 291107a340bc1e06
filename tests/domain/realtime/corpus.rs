//! Messages as servers write them: GA with its extra fields and nulls, and what other servers do differently.

use viva::wire::realtime::{ServerEvent, ServerMessage};

fn read(text: &str) -> ServerEvent {
    ServerMessage::parse(text).unwrap_or_else(|error| panic!("{error}: {text}")).event
}

#[test]
fn a_session_with_all_its_nulls() {
    let text = r#"{"type":"session.created","event_id":"event_1",
        "session":{"type":"realtime","object":"realtime.session",
        "id":"sess_1","model":"gpt-realtime-2.1","output_modalities":["audio"],"instructions":"","tools":[],
        "tool_choice":"auto","max_output_tokens":"inf","tracing":null,"truncation":"auto","prompt":null,
        "expires_at":1789728574,"include":null,"audio":{"input":{"format":{"type":"audio/pcm","rate":24000},
        "transcription":null,"noise_reduction":null,"turn_detection":{"type":"server_vad","threshold":0.5,
        "prefix_padding_ms":300,"silence_duration_ms":200,"idle_timeout_ms":null,"create_response":true,
        "interrupt_response":true}},
        "output":{"format":{"type":"audio/pcm","rate":24000},"voice":"marin","speed":1.0}}}}"#;
    let ServerEvent::SessionCreated(created) = read(text) else { panic!() };
    let input = created.session.audio.as_ref().and_then(|audio| audio.input.as_ref()).expect("input");
    assert_eq!(input.transcription, Some(None), "null is not absent");
    assert_eq!(created.session.expires_at, Some(1_789_728_574));
    let written = serde_json::to_value(ServerEvent::SessionCreated(created)).expect("json");
    let mut original: serde_json::Value = serde_json::from_str(text).expect("json");
    original.as_object_mut().expect("an object").remove("event_id");
    assert_eq!(written, original);
}

#[test]
fn an_item_whose_words_are_not_known() {
    let text = r#"{"type":"conversation.item.added","event_id":"e","previous_item_id":null,"item":{"id":"item_1",
        "type":"message","status":"completed","role":"user","content":[{"type":"input_audio","transcript":null}]}}"#;
    let ServerEvent::ItemAdded(added) = read(text) else { panic!() };
    assert_eq!(added.item.content.expect("content")[0].transcript, None);
}

#[test]
fn deltas_with_padding_against_eavesdroppers() {
    let text = r#"{"type":"response.output_audio_transcript.delta","event_id":"e","response_id":"r","item_id":"i",
        "output_index":0,"content_index":0,"delta":" there","obfuscation":"aK3b"}"#;
    let ServerEvent::OutputTranscriptDelta(delta) = read(text) else { panic!() };
    assert_eq!(delta.delta, " there");
}

#[test]
fn nulls_where_values_belong() {
    let text = r#"{"type":"response.output_item.added","response_id":"r","output_index":null,
        "item":{"id":"i","type":"message","content":null,"role":null}}"#;
    let ServerEvent::OutputItemAdded(added) = read(text) else { panic!() };
    assert_eq!(added.item.id.as_deref(), Some("i"));
    let text = r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i",
        "transcript":null,"usage":null}"#;
    let ServerEvent::TranscriptionCompleted(done) = read(text) else { panic!() };
    assert_eq!(done.transcript, "");
}

#[test]
fn times_with_a_fraction() {
    let text = r#"{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":1234.6}"#;
    let ServerEvent::SpeechStarted(started) = read(text) else { panic!() };
    assert_eq!(started.audio_start_ms, 1_235);
    let text = r#"{"type":"input_audio_buffer.speech_stopped","item_id":"i","audio_end_ms":-5}"#;
    let ServerEvent::SpeechStopped(stopped) = read(text) else { panic!() };
    assert_eq!(stopped.audio_end_ms, 0);
}

#[test]
fn errors_with_a_code_a_type_or_neither() {
    for (text, code, kind) in [
        (
            r#"{"type":"error","error":{"type":"invalid_request_error","code":"invalid_api_key","message":"m",
                "param":null,"event_id":null}}"#,
            Some("invalid_api_key"),
            "invalid_request_error",
        ),
        (r#"{"type":"error","error":{"type":"insufficient_quota","message":"m"}}"#, None, "insufficient_quota"),
        (r#"{"type":"error","event_id":"e"}"#, None, ""),
    ] {
        let ServerEvent::Error(error) = read(text) else { panic!() };
        assert_eq!((error.error.code.as_deref(), error.error.kind.as_str()), (code, kind));
    }
}

#[test]
fn events_of_other_servers() {
    for text in [
        r#"{"type":"ping","timestamp":1}"#,
        r#"{"type":"conversation.item.input_audio_transcription.updated","item_id":"i","transcript":"so far"}"#,
        r#"{"type":"session.providerData","data":{"deep":[{"er":[]}]}}"#,
    ] {
        assert_eq!(read(text), ServerEvent::Unknown);
    }
}
