//! The Realtime wire's hot path, microseconds a message, beside the same work through serde_json in the same run.
//!
//! `cargo bench --bench wire`. Each figure is the least of several batches: what the code costs undisturbed.

#![allow(clippy::print_stdout, reason = "a benchmark's figures are for a person")]

use serde_json::{Value, json};
use std::{hint::black_box, time::Instant};
use viva::wire::realtime::{
    ClientEvent, ServerEvent, ServerMessage,
    audio::{DeltaDecoder, append_len, decode_pcm, encode_pcm, parse_delta, write_append},
};

const BATCHES: usize = 25;
const MESSAGES: usize = 2_000;
const FRAME_SAMPLES: usize = 480;
/// A delta of 100 ms, as the service sends them.
const DELTA_SAMPLES: usize = 2_400;

/// Least microseconds that one call takes.
fn measure(mut work: impl FnMut()) -> f64 {
    let batch = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        (0..MESSAGES).for_each(|_| work());
        begun.elapsed().as_secs_f64() * 1e6 / MESSAGES as f64
    };
    (0..BATCHES).map(|_| batch(&mut work)).fold(f64::INFINITY, f64::min)
}

fn report(name: &str, ours_us: f64, others: &[(&str, f64)]) {
    let others: Vec<String> =
        others.iter().map(|(what, us)| format!("{what} {us:.3} ({:.1}x)", us / ours_us)).collect();
    println!("{name:<28} {ours_us:.3} us   {}", others.join("   "));
}

fn voice(samples: usize) -> Vec<i16> {
    (0..samples).map(|at| ((at as f32 * 0.05).sin() * 9_000.0) as i16).collect()
}

fn append() {
    let pcm = voice(FRAME_SAMPLES);
    let mut buffer = vec![0u8; append_len(FRAME_SAMPLES)];
    let ours = measure(|| {
        black_box(write_append([black_box(&pcm[..])], &mut buffer));
    });
    let typed = measure(|| {
        let event = ClientEvent::InputAudioAppend { audio: encode_pcm(black_box(&pcm)) };
        black_box(serde_json::to_string(&event).ok());
    });
    let tree = measure(|| {
        let event = json!({"type": "input_audio_buffer.append", "audio": encode_pcm(black_box(&pcm))});
        black_box(event.to_string());
    });
    report("append of 20 ms", ours, &[("serde types", typed), ("serde_json tree", tree)]);
}

fn delta() {
    let text = json!({
        "type": "response.output_audio.delta", "event_id": "event_1234567890abcdef", "response_id": "resp_1234567890",
        "item_id": "item_1234567890", "output_index": 0, "content_index": 0, "delta": encode_pcm(&voice(DELTA_SAMPLES)),
    });
    // In the service's order: the type first.
    let rest = text.to_string().replace(r#","type":"response.output_audio.delta""#, "");
    let text = format!(r#"{{"type":"response.output_audio.delta",{}"#, &rest[1..]);
    let mut decoder = DeltaDecoder::default();
    let mut pcm = Vec::new();
    let ours = measure(|| {
        pcm.clear();
        if let Some(delta) = parse_delta(black_box(&text)) {
            black_box(decoder.decode(&delta.delta, &mut pcm).is_ok());
        }
    });
    assert_eq!(pcm.len(), DELTA_SAMPLES);
    let typed = measure(|| {
        if let Ok(ServerMessage { event: ServerEvent::OutputAudioDelta(delta), .. }) =
            ServerMessage::parse(black_box(&text))
        {
            black_box(decode_pcm(&delta.delta).ok());
        }
    });
    let tree = measure(|| {
        let event: Option<Value> = serde_json::from_str(black_box(&text)).ok();
        black_box(event.and_then(|event| decode_pcm(event["delta"].as_str()?).ok()));
    });
    report("delta of 100 ms", ours, &[("serde types", typed), ("serde_json tree", tree)]);
    let parse = measure(|| {
        black_box(parse_delta(black_box(&text)));
    });
    report("  of it, the parse", parse, &[]);
}

fn other() {
    let text = json!({
        "type": "response.output_audio_transcript.delta", "event_id": "event_1234567890abcdef",
        "response_id": "resp_1234567890", "item_id": "item_1234567890", "output_index": 0, "content_index": 0,
        "delta": " there", "obfuscation": "aK3bQz81",
    })
    .to_string();
    let ours = measure(|| {
        black_box(parse_delta(black_box(&text)));
        black_box(ServerMessage::parse(&text).ok());
    });
    let tree = measure(|| {
        black_box(serde_json::from_str::<Value>(black_box(&text)).ok());
    });
    report("transcript delta", ours, &[("serde_json tree", tree)]);
}

fn main() {
    append();
    delta();
    other();
}
