//! What waits to be written to the socket: events in order, and the candidate's voice between them.

use crate::{
    domain::audio::g711::Narrower,
    media::port::{FRAME_SAMPLES, UplinkFrame},
    wire::realtime::audio,
};
use bytes::BytesMut;
use std::{collections::VecDeque, sync::Arc};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Frames that wait while the connection is made or the server reads slowly: 3 s. The oldest is dropped for a new one.
pub const FRAMES_MAX: usize = 150;
/// Frames of one append when it is behind: 200 ms. The buffers that it passes through, here and in the socket, keep its
/// size ever after.
const FRAMES_PER_APPEND: usize = 10;
/// Events that wait. A server that does not read this many is gone.
const TEXTS_MAX: usize = 1_024;

enum Waiting {
    Text(String),
    Frame(Arc<UplinkFrame>),
}

/// A queue with two kinds of limits. Order is kept, so that a commit follows the audio that it commits.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<Waiting>,
    frames: usize,
    /// Frames dropped because the server was away too long.
    pub dropped: u64,
    /// The server takes µ-law.
    pub is_mulaw: bool,
    /// Frames that an append should hold at least, as long as nothing waits behind them.
    pub frames_per_append: usize,
    buffer: BytesMut,
    /// µ-law on its way into the message.
    bytes: Vec<u8>,
    /// For a candidate who does not speak µ-law; made when first needed.
    narrower: Option<Box<Narrower>>,
}

/// Too many events wait.
#[derive(Debug, PartialEq, Eq)]
pub struct Overflow;

impl Outbox {
    /// Queues an event.
    pub fn push_text(&mut self, text: String) -> Result<(), Overflow> {
        if self.waiting.len() - self.frames >= TEXTS_MAX {
            return Err(Overflow);
        }
        self.waiting.push_back(Waiting::Text(text));
        Ok(())
    }

    /// Queues voice; when 3 s wait already, the oldest frame is dropped and counted.
    pub fn push_frame(&mut self, frame: Arc<UplinkFrame>) {
        if self.frames >= FRAMES_MAX {
            let oldest = self.waiting.iter().position(|waiting| matches!(waiting, Waiting::Frame(_)));
            if let Some(index) = oldest {
                self.waiting.remove(index);
                self.frames -= 1;
                self.dropped += 1;
            }
        }
        self.waiting.push_back(Waiting::Frame(frame));
        self.frames += 1;
    }

    /// A new connection: events of the old one mean nothing to it, the voice does.
    pub fn clear_texts(&mut self) {
        self.waiting.retain(|waiting| matches!(waiting, Waiting::Frame(_)));
    }

    /// The next message. `voice`: whether the server is ready for audio; if not, only events that wait before it go.
    /// Frames that follow each other become one append; each is reported to `on_frame`.
    pub fn pop(&mut self, voice: bool, on_frame: impl FnMut(&UplinkFrame)) -> Option<Message> {
        if let Some(Waiting::Text(_)) = self.waiting.front() {
            return match self.waiting.pop_front() {
                Some(Waiting::Text(text)) => Some(Message::text(text)),
                _ => None,
            };
        }
        if !voice {
            return self.pop_first_text();
        }
        self.pop_append(on_frame)
    }

    /// Whether [`Self::pop`] would return something.
    pub fn has_output(&self, voice: bool) -> bool {
        let has_text = self.waiting.len() > self.frames;
        has_text || (voice && self.frames >= self.frames_per_append.max(1))
    }

    /// Before the session is configured, its configuration must pass the voice that waits.
    fn pop_first_text(&mut self) -> Option<Message> {
        let index = self.waiting.iter().position(|waiting| matches!(waiting, Waiting::Text(_)))?;
        match self.waiting.remove(index) {
            Some(Waiting::Text(text)) => Some(Message::text(text)),
            _ => None,
        }
    }

    fn pop_append(&mut self, mut on_frame: impl FnMut(&UplinkFrame)) -> Option<Message> {
        let run = self.waiting.iter().take(FRAMES_PER_APPEND);
        let count = run.take_while(|waiting| matches!(waiting, Waiting::Frame(_))).count();
        if count == 0 {
            return None;
        }
        let length = if self.is_mulaw { self.write_mulaw(count)? } else { self.write_samples(count)? };
        for waiting in self.waiting.drain(..count) {
            if let Waiting::Frame(frame) = waiting {
                on_frame(&frame);
            }
        }
        self.frames -= count;
        let text = Utf8Bytes::try_from(self.buffer.split_to(length).freeze()).ok()?;
        Some(Message::Text(text))
    }

    /// The append of the first frames.
    fn write_samples(&mut self, count: usize) -> Option<usize> {
        // The buffer comes back once the socket has copied the message: no allocation per frame.
        self.buffer.resize(audio::append_len(count * FRAME_SAMPLES), 0);
        let frames = self.waiting.iter().take(count).filter_map(Waiting::frame);
        audio::write_append(frames.map(|frame| &frame.pcm[..]), &mut self.buffer)
    }

    /// The same as µ-law: as it came, if it came so.
    fn write_mulaw(&mut self, count: usize) -> Option<usize> {
        self.bytes.clear();
        for frame in self.waiting.iter().take(count).filter_map(Waiting::frame) {
            match &frame.mulaw {
                Some(bytes) => self.bytes.extend_from_slice(bytes),
                None => self.bytes.extend_from_slice(&self.narrower.get_or_insert_default().narrow(&frame.pcm)),
            }
        }
        self.buffer.resize(audio::append_bytes_len(self.bytes.len()), 0);
        audio::write_append_bytes(&self.bytes, &mut self.buffer)
    }
}

impl Waiting {
    fn frame(&self) -> Option<&UplinkFrame> {
        match self {
            Self::Frame(frame) => Some(frame),
            Self::Text(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::audio::g711, media::port::FrameKind, wire::realtime::ClientEvent};

    fn frame(audio_ms: u64) -> Arc<UplinkFrame> {
        let pcm = [audio_ms as i16; FRAME_SAMPLES];
        UplinkFrame { pcm, mulaw: None, rtp_time: 0, audio_ms, kind: FrameKind::Normal }.into()
    }

    fn samples(message: &Message) -> usize {
        match serde_json::from_str(message.to_text().expect("text")).expect("event") {
            ClientEvent::InputAudioAppend { audio } => audio::decode_pcm(&audio).expect("base 64").len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn frames_behind_are_joined_and_order_is_kept() {
        let mut outbox = Outbox::default();
        (0..30).for_each(|i| outbox.push_frame(frame(i * 20)));
        outbox.push_text("commit".into()).expect("room");
        outbox.push_frame(frame(600));
        let mut sent = Vec::new();
        let mut next = |outbox: &mut Outbox| outbox.pop(true, |frame| sent.push(frame.audio_ms)).expect("output");
        (0..3).for_each(|_| assert_eq!(samples(&next(&mut outbox)), FRAMES_PER_APPEND * FRAME_SAMPLES));
        assert_eq!(next(&mut outbox), Message::text("commit"));
        assert_eq!(samples(&next(&mut outbox)), FRAME_SAMPLES);
        assert!(!outbox.has_output(true));
        assert_eq!(sent, (0..31).map(|i| i * 20).collect::<Vec<_>>());
    }

    #[test]
    fn three_seconds_wait_and_the_oldest_go() {
        let mut outbox = Outbox::default();
        (0..200).for_each(|i| outbox.push_frame(frame(i * 20)));
        assert_eq!(outbox.dropped, 50);
        let mut first = None;
        outbox.pop(true, |frame| first = first.or(Some(frame.audio_ms)));
        assert_eq!(first, Some(1_000));
    }

    #[test]
    fn configuration_passes_the_voice() {
        let mut outbox = Outbox::default();
        outbox.push_frame(frame(0));
        assert!(!outbox.has_output(false));
        outbox.push_text("session.update".into()).expect("room");
        assert_eq!(outbox.pop(false, |_| ()), Some(Message::text("session.update")));
        assert_eq!(outbox.pop(false, |_| ()), None);
        assert!(outbox.has_output(true));
    }

    #[test]
    fn events_are_bounded() {
        let mut outbox = Outbox::default();
        (0..TEXTS_MAX).for_each(|_| outbox.push_text(String::new()).expect("room"));
        assert_eq!(outbox.push_text(String::new()), Err(Overflow));
    }

    #[test]
    fn mulaw_leaves_as_it_came_and_samples_are_turned_into_it() {
        let mut outbox = Outbox { is_mulaw: true, ..Outbox::default() };
        for value in [1, 2, 3] {
            let unwrapped = Arc::unwrap_or_clone(frame(0));
            outbox.push_frame(UplinkFrame { mulaw: Some([value; 160]), ..unwrapped }.into());
        }
        let bytes = |message: &Message| match serde_json::from_str(message.to_text().expect("text")).expect("event") {
            ClientEvent::InputAudioAppend { audio } => {
                let mut bytes = Vec::new();
                audio::decode_bytes(&audio, &mut bytes).expect("base 64");
                bytes
            }
            other => panic!("{other:?}"),
        };
        let sent = bytes(&outbox.pop(true, |_| ()).expect("output"));
        assert_eq!(sent, [[1; 160], [2; 160], [3; 160]].concat());
        outbox.push_frame(frame(8_000));
        let sent = bytes(&outbox.pop(true, |_| ()).expect("output"));
        let settled = g711::decode(sent[159]);
        assert!(sent.len() == 160 && (7_700..8_300).contains(&settled), "a steady 8,000 is {settled}");
    }

    #[test]
    fn frames_wait_for_company_unless_something_waits_behind_them() {
        let mut outbox = Outbox { frames_per_append: 2, ..Outbox::default() };
        outbox.push_frame(frame(0));
        assert!(!outbox.has_output(true));
        outbox.push_frame(frame(20));
        assert!(outbox.has_output(true));
        assert_eq!(samples(&outbox.pop(true, |_| ()).expect("output")), 2 * FRAME_SAMPLES);
        outbox.push_frame(frame(40));
        outbox.push_text("commit".into()).expect("room");
        assert!(outbox.has_output(true));
        assert_eq!(samples(&outbox.pop(true, |_| ()).expect("output")), FRAME_SAMPLES);
    }
}
