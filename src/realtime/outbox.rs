//! What waits to be written to the socket: events in order, and the candidate's voice between them.

use crate::{
    media::port::{FRAME_SAMPLES, UplinkFrame},
    wire::realtime::audio,
};
use bytes::BytesMut;
use std::collections::VecDeque;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Frames that wait while the connection is made or the server reads slowly: 3 s. The oldest is dropped for a new one.
pub const FRAMES_MAX: usize = 150;
/// Frames of one append when it is behind: 500 ms, far below the 15 MiB that a server takes.
const FRAMES_PER_APPEND: usize = 25;
/// Events that wait. A server that does not read this many is gone.
const TEXTS_MAX: usize = 1_024;

enum Waiting {
    Text(String),
    Frame(Box<UplinkFrame>),
}

/// A queue with two kinds of limits. Order is kept, so that a commit follows the audio that it commits.
#[derive(Default)]
pub struct Outbox {
    waiting: VecDeque<Waiting>,
    frames: usize,
    /// Frames dropped because the server was away too long.
    pub dropped: u64,
    buffer: BytesMut,
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
    pub fn push_frame(&mut self, frame: UplinkFrame) {
        if self.frames >= FRAMES_MAX {
            let oldest = self.waiting.iter().position(|waiting| matches!(waiting, Waiting::Frame(_)));
            if let Some(index) = oldest {
                self.waiting.remove(index);
                self.frames -= 1;
                self.dropped += 1;
            }
        }
        self.waiting.push_back(Waiting::Frame(Box::new(frame)));
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
        if voice { !self.waiting.is_empty() } else { self.waiting.len() > self.frames }
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
        // The buffer comes back once the socket has copied the message: no allocation per frame.
        self.buffer.resize(audio::append_len(count * FRAME_SAMPLES), 0);
        let frames = self.waiting.iter().take(count).filter_map(|waiting| match waiting {
            Waiting::Frame(frame) => Some(&frame.pcm[..]),
            Waiting::Text(_) => None,
        });
        let length = audio::write_append(frames, &mut self.buffer)?;
        for waiting in self.waiting.drain(..count) {
            if let Waiting::Frame(frame) = waiting {
                on_frame(&frame);
            }
        }
        self.frames -= count;
        let text = Utf8Bytes::try_from(self.buffer.split_to(length).freeze()).ok()?;
        Some(Message::Text(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{media::port::FrameKind, wire::realtime::ClientEvent};

    fn frame(audio_ms: u64) -> UplinkFrame {
        UplinkFrame { pcm: [audio_ms as i16; FRAME_SAMPLES], rtp_time: 0, audio_ms, kind: FrameKind::Normal }
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
        assert_eq!(samples(&next(&mut outbox)), 25 * FRAME_SAMPLES);
        assert_eq!(samples(&next(&mut outbox)), 5 * FRAME_SAMPLES);
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
}
