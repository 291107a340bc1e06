//! The candidate's side: speech, turns, and words that may come late, twice or never.

use crate::{
    domain::{id::ItemId, session::ModelEvent},
    realtime::conversation::{Action, Conversation},
};
use std::collections::VecDeque;

/// Turns whose words are awaited at once.
const AWAITED_MAX: usize = 64;

/// What is known of the candidate's turn.
#[derive(Debug, Default)]
pub struct Listening {
    timeout_ms: u64,
    speaking: Option<ItemId>,
    /// Turns whose words have not come, with the time at which they are given up.
    awaited: VecDeque<(ItemId, u64)>,
}

impl Listening {
    pub fn new(timeout_ms: u64) -> Self {
        Self { timeout_ms, ..Self::default() }
    }

    pub fn on_stopped(&mut self, item_id: ItemId, audio_ms: u64, actions: &mut VecDeque<Action>) {
        self.speaking = None;
        actions.push_back(Action::Emit(ModelEvent::SpeechStopped { item_id, audio_ms }));
    }

    pub fn on_committed(&mut self, now_ms: u64, item_id: ItemId, actions: &mut VecDeque<Action>) {
        self.speaking = None;
        if self.awaited.len() >= AWAITED_MAX
            && let Some((oldest, _)) = self.awaited.pop_front()
        {
            actions.push_back(Action::Emit(ModelEvent::UserTextFailed { item_id: oldest }));
        }
        self.awaited.push_back((item_id.clone(), now_ms + self.timeout_ms));
        actions.push_back(Action::Emit(ModelEvent::Committed { item_id }));
    }

    /// The words came.
    pub fn on_settled(&mut self, item_id: &ItemId) {
        self.awaited.retain(|(awaited, _)| awaited != item_id);
    }

    /// The words will not come.
    pub fn on_failed(&mut self, item_id: ItemId, actions: &mut VecDeque<Action>) {
        self.on_settled(&item_id);
        actions.push_back(Action::Emit(ModelEvent::UserTextFailed { item_id }));
    }

    pub fn is_idle(&self) -> bool {
        self.speaking.is_none() && self.awaited.is_empty()
    }

    /// The connection is gone, and with it every word that it owed.
    pub fn on_lost(&mut self, heard_ms: u64, actions: &mut VecDeque<Action>) {
        if let Some(item_id) = self.speaking.take() {
            let stopped = ModelEvent::SpeechStopped { item_id: item_id.clone(), audio_ms: heard_ms };
            actions.push_back(Action::Emit(stopped));
            self.awaited.push_back((item_id, 0));
        }
        for (item_id, _) in self.awaited.drain(..) {
            actions.push_back(Action::Emit(ModelEvent::UserTextFailed { item_id }));
        }
    }

    pub fn poll_timeout(&self) -> Option<u64> {
        self.awaited.front().map(|(_, until_ms)| *until_ms)
    }

    pub fn on_timeout(&mut self, now_ms: u64, actions: &mut VecDeque<Action>) {
        while let Some((item_id, _)) = self.awaited.pop_front_if(|(_, until_ms)| now_ms >= *until_ms) {
            actions.push_back(Action::Emit(ModelEvent::UserTextFailed { item_id }));
        }
    }
}

impl Conversation {
    /// The candidate speaks: the interviewer falls silent at once, whether the server still generates or not.
    pub(super) fn on_speech_started(&mut self, item_id: &str, audio_start_ms: u64) {
        let item_id = ItemId::new(item_id);
        self.actions.push_back(Action::Flush);
        if let Some(response_id) = self.saying.active() {
            self.agent.mute(response_id.clone());
        }
        self.listening.speaking = Some(item_id.clone());
        // At the very start of the audio there was nothing to pad with.
        let offset_ms = if audio_start_ms == 0 { 0 } else { audio_start_ms + self.padding_ms };
        let audio_ms = self.timeline.session_ms(offset_ms);
        self.emit(ModelEvent::SpeechStarted { item_id, audio_ms });
    }
}
