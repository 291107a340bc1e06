//! The hot path says what the general one says.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use viva::wire::realtime::{
    ClientEvent, ServerEvent, ServerMessage,
    audio::{DeltaDecoder, append_len, decode_pcm, encode_bytes, encode_pcm, parse_delta, write_append},
};

fn append(pcm: &[&[i16]]) -> String {
    let mut buffer = vec![0; append_len(pcm.iter().map(|piece| piece.len()).sum())];
    let length = write_append(pcm.iter().copied(), &mut buffer).expect("room");
    assert_eq!(length, buffer.len(), "the length was foretold");
    String::from_utf8(buffer).expect("ascii")
}

proptest! {
    #[test]
    fn an_append_is_what_serde_writes(pcm in vec(any::<i16>(), 0..3_000)) {
        let event = ClientEvent::InputAudioAppend { audio: encode_pcm(&pcm) };
        let fast: Value = serde_json::from_str(&append(&[&pcm])).expect("json");
        prop_assert_eq!(fast, serde_json::to_value(event).expect("json"));
    }

    #[test]
    fn frames_are_joined_without_a_seam(frames in vec(vec(any::<i16>(), 480..=480), 1..6)) {
        let pieces: Vec<&[i16]> = frames.iter().map(Vec::as_slice).collect();
        let text = append(&pieces);
        let ClientEvent::InputAudioAppend { audio } = serde_json::from_str(&text).expect("an event") else { panic!() };
        prop_assert_eq!(decode_pcm(&audio).expect("base 64"), frames.concat());
    }

    #[test]
    fn a_short_buffer_is_refused(pcm in vec(any::<i16>(), 1..1_000), missing in 1usize..40) {
        let mut buffer = vec![0; append_len(pcm.len()).saturating_sub(missing)];
        prop_assert_eq!(write_append([&pcm[..]], &mut buffer), None);
    }

    #[test]
    fn deltas_may_split_samples_anywhere(
        pcm in vec(any::<i16>(), 0..3_000),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut decoder = DeltaDecoder::default();
        let mut decoded = Vec::new();
        for cut in cuts.windows(2) {
            let delta = encode_bytes(&bytes[cut[0]..cut[1]]);
            // Some servers leave the padding out.
            let delta = if cut[0] % 2 == 0 { delta.trim_end_matches('=') } else { &delta };
            decoder.decode(delta, &mut decoded).expect("base 64");
        }
        prop_assert_eq!(decoded, pcm);
    }

    #[test]
    fn the_fast_parse_agrees_with_the_slow_one(
        name in prop::sample::select(vec![
            "response.output_audio.delta", "response.audio.delta", "response.output_audio.done",
            "response.output_audio_transcript.delta", "response.output_text.delta", "error",
        ]),
        delta in "[A-Za-z0-9+/]{0,400}",
        id in "\\PC{0,20}",
        last: bool,
    ) {
        let mut fields = [
            ("type", json!(name)), ("event_id", json!("e")), ("response_id", json!(id)), ("item_id", json!("i")),
            ("output_index", json!(0)), ("content_index", json!(2)), ("delta", json!(delta)), ("new", json!({})),
        ];
        if last {
            fields.rotate_left(1);
        }
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        let text = format!("{{{}}}", body.join(","));
        let fast = parse_delta(&text);
        prop_assert_eq!(fast.is_some(), name.ends_with("audio.delta"));
        let slow = ServerMessage::parse(&text).expect("an event").event;
        if let (Some(fast), ServerEvent::OutputAudioDelta(slow)) = (fast, slow) {
            prop_assert_eq!(fast.response_id, slow.response_id);
            prop_assert_eq!(fast.item_id, slow.item_id);
            prop_assert_eq!(fast.content_index, slow.content_index);
            prop_assert_eq!(fast.delta, slow.delta);
        }
    }
}

#[test]
fn only_whole_groups_may_stand_before_others() {
    let mut buffer = vec![0; 1_000];
    assert_eq!(write_append([&[1i16, 2][..], &[3][..]], &mut buffer), None);
    assert!(write_append([&[1i16, 2, 3][..], &[4][..]], &mut buffer).is_some());
}

#[test]
fn what_is_not_base_64_leaves_the_decoder_as_it_was() {
    let mut decoder = DeltaDecoder::default();
    let mut pcm = Vec::new();
    decoder.decode(&encode_bytes(&[1]), &mut pcm).expect("base 64");
    assert!(decoder.decode("***", &mut pcm).is_err());
    let long = "A".repeat(1_400);
    for wrong in [format!("{long}***"), format!("{}A=={long}", &long[..1_021]), format!("{}=={long}", &long[..510])] {
        assert!(decoder.decode(&wrong, &mut pcm).is_err(), "{} characters", wrong.len());
    }
    decoder.decode(&encode_bytes(&[2]), &mut pcm).expect("base 64");
    assert_eq!(pcm, [0x0201]);
}

#[test]
fn escaped_slashes_are_read() {
    let text = r#"{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"AA\/\/"}"#;
    let delta = parse_delta(text).expect("a delta");
    assert_eq!(delta.delta, "AA//");
}
