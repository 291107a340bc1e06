//! G.711 from end to end: what is agreed upon, what passes unchanged, and what is turned into samples and back.

use super::*;
use viva::domain::audio::{g711, playout::Sound};

/// The tone as µ-law.
fn mulaw(frames: usize) -> Vec<u8> {
    (0..frames).flat_map(tone).step_by(g711::RATIO).map(g711::encode).collect()
}

/// The packets of the next talk spurt.
async fn spoken(caller: &mut Caller, frames: usize) -> Vec<Heard> {
    let mut heard = Vec::new();
    while heard.len() < frames {
        let next = caller.heard().await;
        let is_silence = next.packet.iter().all(|byte| *byte == g711::SILENCE);
        if !is_silence {
            heard.push(next);
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_offers_pcmu_alone_is_answered_with_it_and_bytes_pass_as_they_are() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let item_id = ItemId::new("item_1");
    let bytes = mulaw(50);
    line.downlink.offer(&item_id, Sound::Mulaw(bytes.clone())).unwrap();
    line.downlink.finish(&item_id).unwrap();
    let mut caller = Caller::call_in(&mut line, Codec::Pcmu).await;
    let answer = line.session.answer_sdp().unwrap();
    assert!(answer.contains("PCMU/8000") && !answer.contains("opus"), "{answer}");

    let heard = spoken(&mut caller, 50).await;
    let sent: Vec<u8> = heard.iter().flat_map(|heard| heard.packet.to_vec()).collect();
    assert_eq!(sent, bytes, "nothing was decoded on the way");
    assert!(heard.windows(2).all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(160)), "8 kHz");
    assert!(matches!(line.playout_event().await, PlayoutEvent::Started { .. }));
    let finished = line.playout_event().await;
    assert!(matches!(finished, PlayoutEvent::Finished { played_ms: 1_000, .. }), "{finished:?}");

    caller.speak(60, |frame| frame == 30).await;
    let mut frames = Vec::new();
    while frames.len() < 55 {
        frames.push(line.frame().await);
    }
    // Where it was said: the clock of whoever says it may be found out to be a millisecond off.
    assert!(frames.windows(2).all(|pair| (19..=21).contains(&(pair[1].audio_ms - pair[0].audio_ms))));
    assert!(frames.windows(2).all(|pair| pair[1].rtp_time == pair[0].rtp_time + 960), "48 kHz inside");
    assert_eq!(frames.iter().filter(|frame| frame.kind == FrameKind::Plc).count(), 1);
    let narrow: Vec<u8> = frames.iter().flat_map(|frame| frame.mulaw.expect("as it came")).collect();
    let wide: Vec<i16> = frames.iter().flat_map(|frame| frame.pcm).collect();
    assert_tone(&wide[4_800..14_400]);
    let unwidened: Vec<u8> = wide.iter().step_by(g711::RATIO).map(|sample| g711::encode(*sample)).collect();
    assert_eq!(narrow, unwidened);
    media.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_spoken_to_a_candidate_with_pcmu_and_mulaw_to_one_with_opus() {
    let media = start(4);
    for codec in [Codec::Pcmu, Codec::Opus] {
        let mut line = Line::attach(&media);
        line.session.prefer_pcmu();
        let item_id = ItemId::new("item_1");
        let sound = match codec {
            Codec::Pcmu => Sound::Pcm(seconds_of_tone(1)),
            Codec::Opus => Sound::Mulaw(mulaw(50)),
        };
        line.downlink.offer(&item_id, sound).unwrap();
        line.downlink.finish(&item_id).unwrap();
        let mut caller = Caller::call_in(&mut line, codec).await;
        let answer = line.session.answer_sdp().unwrap();
        assert_eq!(answer.contains("opus"), codec == Codec::Opus, "what is preferred cannot be had: {answer}");
        let mut pcm = Vec::new();
        while pcm.len() < 40 * FRAME_SAMPLES {
            let heard = caller.heard().await;
            if measure(&heard.pcm).1 > 1_000.0 {
                pcm.extend(heard.pcm);
            }
        }
        assert_tone(&pcm[5 * FRAME_SAMPLES..]);
    }
    media.shutdown().await;
}

/// What is agreed upon stays through a restart; another page may speak something else.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_codec_and_another_page_brings_its_own() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let caller = Caller::call_in(&mut line, Codec::Pcmu).await;
    let offer = caller.peer.offer(true).await.unwrap();
    let answer = line.session.offer(&offer).await.unwrap();
    assert!(answer.contains("PCMU") && !answer.contains("opus"), "{answer}");
    caller.peer.accept(&answer).await.unwrap();
    let mut other = Caller::call(&mut line).await;
    let item_id = ItemId::new("item_1");
    line.downlink.push(&item_id, seconds_of_tone(1)).unwrap();
    let mut pcm = Vec::new();
    while pcm.len() < 30 * FRAME_SAMPLES {
        let heard = other.heard().await;
        if measure(&heard.pcm).1 > 1_000.0 {
            pcm.extend(heard.pcm);
        }
    }
    assert_tone(&pcm[5 * FRAME_SAMPLES..]);
    other.speak(30, |_| false).await;
    let mut frames = Vec::new();
    while frames.len() < 25 {
        frames.push(line.frame().await);
    }
    assert!(frames[10..].iter().all(|frame| frame.mulaw.is_none()));
    assert_tone(&frames[10..].iter().flat_map(|frame| frame.pcm).collect::<Vec<_>>());
    media.shutdown().await;
}
