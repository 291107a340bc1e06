//! What is fuzzed, each as a function of bytes that must not panic and whose result must make sense. `cargo fuzz` calls
//! them from `fuzz_targets/`; the test suite replays the corpora, and mutations of them, through the same functions.

use rtc::shared::marshal::Unmarshal;
use serde_json::json;
use viva::{
    domain::audio::jitter::{JitterBuffer, Packet},
    wire::{
        realtime::{
            ClientMessage, ParseError, ServerEvent, ServerMessage, audio,
            dialect::{client_to_ga, server_to_beta},
        },
        red, sdp, sdp_fragment, signaling, stun,
    },
};

/// Steps that one push or pause can bring: more is a loop without end.
const STEPS_MAX: usize = 100_000;

/// What is given any bytes, and must neither panic nor loop.
type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("stun", fuzz_stun),
    ("rtp", fuzz_rtp),
    ("rtcp", fuzz_rtcp),
    ("red", fuzz_red),
    ("sdp", fuzz_sdp),
    ("fragment", fuzz_fragment),
    ("realtime", fuzz_realtime),
    ("signaling", fuzz_signaling),
    ("jitter", fuzz_jitter),
];

/// The front door's first look at a datagram, and the integrity that it must have.
pub fn fuzz_stun(bytes: &[u8]) {
    if let Ok(message) = stun::StunMessage::parse(bytes) {
        assert!(!message.is_authentic(b"a password that no corpus was made with"));
        assert!(message.local_ufrag.is_none_or(|ufrag| ufrag.len() <= 513));
    }
}

/// What the stack makes of a decrypted packet.
pub fn fuzz_rtp(bytes: &[u8]) {
    let mut buffer = bytes;
    if let Ok(packet) = rtc::rtp::Packet::unmarshal(&mut buffer) {
        assert!(packet.payload.len() <= bytes.len());
    }
}

/// The same of a decrypted report.
pub fn fuzz_rtcp(bytes: &[u8]) {
    let mut buffer = bytes;
    if let Ok(packets) = rtc::rtcp::packet::unmarshal(&mut buffer) {
        assert!(packets.len() <= bytes.len());
    }
}

/// Redundant audio: what it says is in the packet is in the packet.
pub fn fuzz_red(bytes: &[u8]) {
    if let Some(redundant) = red::parse(bytes) {
        assert!(bytes.get(redundant.bytes.clone()).is_some(), "{redundant:?}");
        assert!(redundant.copies().all(|(_, copy)| bytes.get(copy.bytes.clone()).is_some()), "{redundant:?}");
    }
}

/// Trickled candidates (RFC 8840).
pub fn fuzz_fragment(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(fragment) = sdp_fragment::parse(&text) {
        assert!(fragment.candidates.iter().all(|line| line.starts_with("candidate:")));
    }
}

/// Offers and answers before the stack sees them.
pub fn fuzz_sdp(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for checked in [sdp::check_offer(&text), sdp::check_answer(&text)].into_iter().flatten() {
        // However lines may end for whoever reads it next; within one the words may stand.
        let mut lines = checked.sdp.split(['\r', '\n']);
        assert!(!lines.any(|line| line.starts_with("a=candidate:")) && checked.ice_password.len() >= 22);
        // What was let in is let in again as it was kept.
        let again = sdp::check_offer(&checked.sdp).or_else(|_| sdp::check_answer(&checked.sdp));
        assert_eq!(again.map(|again| again.sdp).ok().as_deref(), Some(checked.sdp.as_str()));
    }
    assert!(sdp::candidates(&text).iter().all(|line| line.starts_with("candidate:")));
}

/// Events of the Realtime API, both ways and in both dialects.
pub fn fuzz_realtime(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let server = ServerMessage::parse(&text);
    if let Some(delta) = audio::parse_delta(&text) {
        agree(&delta, server.map(|message| message.event));
        let mut pcm = Vec::new();
        let _ = audio::DeltaDecoder::default().decode(&delta.delta, &mut pcm);
        assert!(pcm.len() * 2 <= delta.delta.len());
    }
    if let Some(append) = audio::parse_append(&text) {
        let alone = json!({"type": "input_audio_buffer.append", "event_id": append.event_id, "audio": append.audio});
        assert!(ClientMessage::parse(&alone.to_string()).is_ok(), "the hot path takes what the other refuses");
    }
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
        let _ = ClientMessage::parse(&client_to_ga(value.clone()).to_string());
        let _ = server_to_beta(value);
    }
}

/// The hot path reads less: whatever else is wrong with a message, what it took of it is a delta to the other, and what
/// both read is the same.
fn agree(fast: &audio::DeltaRef<'_>, slow: Result<ServerEvent, ParseError>) {
    let audio::DeltaRef { response_id, item_id, content_index, delta, .. } = fast;
    let alone = json!({
        "type": "response.output_audio.delta", "response_id": response_id, "item_id": item_id,
        "content_index": content_index, "delta": delta,
    });
    let alone = ServerMessage::parse(&alone.to_string()).map(|message| message.event);
    assert!(matches!(alone, Ok(ServerEvent::OutputAudioDelta(_))), "the hot path takes what the other refuses");
    if let Ok(ServerEvent::OutputAudioDelta(slow)) = slow {
        assert_eq!((&*slow.response_id, &*slow.item_id), (&**response_id, &**item_id));
        assert_eq!((slow.content_index, &*slow.delta), (*content_index, &**delta));
    }
}

/// Signalling messages in both dialects.
pub fn fuzz_signaling(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for dialect in [signaling::Dialect::Envelope, signaling::Dialect::Flat] {
        let _ = signaling::decode(dialect, &text);
    }
}

/// Any sequence of packets and pauses: every step has a length that Opus has, and every call ends.
pub fn fuzz_jitter(bytes: &[u8]) {
    let mut buffer: JitterBuffer<Vec<u8>> = JitterBuffer::default();
    let (mut now_ms, mut sequence, mut timestamp) = (1_000u64, 0u16, 0u32);
    for operation in bytes.chunks(4) {
        let &[kind, a, b, c] = operation else { return };
        match kind % 8 {
            // A pause, and what is due in it.
            0 => now_ms += u64::from(a) * 4,
            // Another stream, or a jump of its clock.
            1 => timestamp = timestamp.wrapping_add(u32::from_be_bytes([a, b, c, 0])),
            2 => sequence = sequence.wrapping_add(u16::from_be_bytes([a, b])),
            3 if a == 0 => buffer.reset(),
            _ => {
                // In order, or a little off it, each with its own table of contents.
                sequence = sequence.wrapping_add(1).wrapping_add(u16::from(a % 8)).wrapping_sub(u16::from(b % 8));
                timestamp = timestamp.wrapping_add(960 * (1 + u32::from(a % 8))).wrapping_sub(960 * u32::from(b % 8));
                let payload = vec![c; 1 + usize::from(a) % 60];
                buffer.push(Packet { ssrc: u32::from(kind >> 7), sequence, timestamp, payload }, now_ms);
            }
        }
        let mut steps = 0;
        while let Some(step) = buffer.poll(now_ms) {
            steps += 1;
            assert!(steps < STEPS_MAX, "the buffer never ends");
            assert!(step.ticks > 0 && step.ticks <= 5_760, "{step:?}");
        }
    }
}
