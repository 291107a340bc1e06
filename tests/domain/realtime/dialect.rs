//! The beta dialect against the published shapes of both.

use serde_json::{Value, json};
use viva::wire::realtime::dialect::{client_to_beta, client_to_ga, server_to_beta, server_to_ga};

fn ga_session() -> Value {
    json!({
        "type": "realtime", "model": "m", "instructions": "i", "output_modalities": ["audio"],
        "max_output_tokens": "inf", "tools": [],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "t", "language": "en"},
                "noise_reduction": null,
                "turn_detection": {"type": "server_vad", "create_response": false},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "marin", "speed": 1.0},
        },
    })
}

fn beta_session() -> Value {
    json!({
        "model": "m", "instructions": "i", "modalities": ["text", "audio"],
        "max_response_output_tokens": "inf", "tools": [],
        "input_audio_format": "pcm16", "output_audio_format": "g711_ulaw",
        "input_audio_transcription": {"model": "t", "language": "en"},
        "input_audio_noise_reduction": null,
        "turn_detection": {"type": "server_vad", "create_response": false},
        "voice": "marin", "speed": 1.0,
    })
}

#[test]
fn the_session_is_flat_in_beta_and_back_again() {
    let update = |session: Value| json!({"type": "session.update", "session": session});
    assert_eq!(client_to_beta(update(ga_session())), update(beta_session()));
    assert_eq!(client_to_ga(update(beta_session())), update(ga_session()));
    let updated = |session: Value| json!({"type": "session.updated", "session": session});
    assert_eq!(server_to_beta(updated(ga_session())), Some(updated(beta_session())));
    assert_eq!(server_to_ga(updated(beta_session())), [updated(ga_session())]);
}

#[test]
fn beta_only_fields_do_not_reach_ga() {
    let mut session = beta_session();
    session["temperature"] = json!(0.8);
    session["client_secret"] = json!({"value": "ek_1"});
    let ga = client_to_ga(json!({"type": "session.update", "session": session}));
    assert_eq!(ga["session"], ga_session());
}

#[test]
fn seven_names_differ() {
    for (ga, beta) in [
        ("response.output_audio.delta", "response.audio.delta"),
        ("response.output_audio.done", "response.audio.done"),
        ("response.output_audio_transcript.delta", "response.audio_transcript.delta"),
        ("response.output_audio_transcript.done", "response.audio_transcript.done"),
        ("response.output_text.delta", "response.text.delta"),
        ("response.output_text.done", "response.text.done"),
    ] {
        assert_eq!(server_to_ga(json!({"type": beta, "delta": "x"})), [json!({"type": ga, "delta": "x"})]);
        assert_eq!(server_to_beta(json!({"type": ga, "delta": "x"})), Some(json!({"type": beta, "delta": "x"})));
    }
    let same = json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": 3});
    assert_eq!(server_to_beta(same.clone()), Some(same.clone()));
    assert_eq!(server_to_ga(same.clone()), [same]);
}

#[test]
fn an_item_is_created_in_beta_and_added_and_done_in_ga() {
    let item = |kind: &str| json!({"id": "i", "type": "message", "role": "assistant", "content": [{"type": kind}]});
    let created = json!({"type": "conversation.item.created", "previous_item_id": null, "item": item("audio")});
    let added = json!({"type": "conversation.item.added", "previous_item_id": null, "item": item("output_audio")});
    let mut done = added.clone();
    done["type"] = json!("conversation.item.done");
    assert_eq!(server_to_ga(created.clone()), [added.clone(), done.clone()]);
    assert_eq!(server_to_beta(added), Some(created.clone()));
    assert_eq!(server_to_beta(done), None);
    let mut begun = created;
    begun["item"]["status"] = json!("in_progress");
    assert_eq!(server_to_ga(begun).len(), 1, "not done yet");
}

#[test]
fn a_response_keeps_its_voice_and_its_parts() {
    let ga = json!({"type": "response.done", "response": {
        "id": "r", "output_modalities": ["text"], "max_output_tokens": 5,
        "audio": {"output": {"voice": "cedar", "format": {"type": "audio/pcm", "rate": 24000}}},
        "output": [{"id": "i", "type": "message", "content": [{"type": "output_text", "text": "t"}]}],
    }});
    let beta = json!({"type": "response.done", "response": {
        "id": "r", "modalities": ["text"], "max_output_tokens": 5, "voice": "cedar", "output_audio_format": "pcm16",
        "output": [{"id": "i", "type": "message", "content": [{"type": "text", "text": "t"}]}],
    }});
    assert_eq!(server_to_beta(ga.clone()), Some(beta.clone()));
    assert_eq!(server_to_ga(beta), [ga]);
}

#[test]
fn transcription_sessions_have_their_own_event_in_beta() {
    let ga = json!({"type": "session.update", "session": {
        "type": "transcription", "audio": {"input": {"transcription": {"model": "t"}}},
    }});
    let beta =
        json!({"type": "transcription_session.update", "session": {"input_audio_transcription": {"model": "t"}}});
    assert_eq!(client_to_beta(ga.clone()), beta);
    assert_eq!(client_to_ga(beta), ga);
}

#[test]
fn the_name_of_a_function_is_only_in_ga() {
    let ga = json!({"type": "response.function_call_arguments.done", "name": "f", "arguments": "{}"});
    let beta = json!({"type": "response.function_call_arguments.done", "arguments": "{}"});
    assert_eq!(server_to_beta(ga), Some(beta));
}
