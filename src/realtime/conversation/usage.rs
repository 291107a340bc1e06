//! What the server counted: each response and each transcription once.

use super::Conversation;
use crate::{
    domain::session::ModelEvent,
    wire::realtime::{Response, TranscriptionUsage},
};
use std::collections::VecDeque;

/// Transcriptions that are remembered, so that one that comes again is not counted again.
const TRANSCRIBED_MAX: usize = 64;

/// Items whose transcription was counted, oldest first.
#[derive(Debug, Default)]
pub(super) struct Counted(VecDeque<String>);

impl Conversation {
    pub(super) fn count_response(&mut self, response: &Response) {
        let Some(usage) = response.usage.as_ref().map(|usage| usage.of_response(&self.config.model)) else { return };
        if !usage.is_empty() {
            self.emit(ModelEvent::Usage(usage));
        }
    }

    pub(super) fn count_transcription(&mut self, item_id: &str, usage: &TranscriptionUsage) {
        if self.counted.0.iter().any(|counted| counted == item_id) {
            return;
        }
        if self.counted.0.len() >= TRANSCRIBED_MAX {
            self.counted.0.pop_front();
        }
        self.counted.0.push_back(item_id.to_owned());
        let usage = usage.of_transcription(&self.config.transcribe_model);
        if !usage.is_empty() {
            self.emit(ModelEvent::Usage(usage));
        }
    }
}
