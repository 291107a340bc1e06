//! The interviewer's side of the floor: what is said, by whom, and what of it was heard.

use super::{
    Answer, Disclosure, Effect, Farewell, Flight, Floor, Life, ModelCommand, ModelEvent, ModelHealth, Output, Place,
    PlayoutEvent, ResponseStatus, Session, Speech, SpeechTag, Stage, Time, Utterance, life::Coverage, number_of,
    phrases,
};
use crate::domain::{
    event::LiveEvent,
    id::{ItemId, ResponseId},
    proof::{Owed, StepKind, StepReason},
};

/// A response that makes no progress for this long is given up.
const RESPONSE_PROGRESS_MS: u64 = 20_000;
/// A cancelled response that is not reported as done by then is taken to be.
const CANCEL_MS: u64 = 3_000;
/// The pacer may be this late with the end of an item.
const PLAYOUT_SLACK_MS: u64 = 10_000;
/// Attempts at one utterance before the model counts as failed.
const FAILURES_MAX: u32 = 3;
/// Wait before a failed utterance is tried again, times the number of failures.
const RETRY_MS: u64 = 1_000;
/// Trouble that lasts this long is the end.
const TROUBLE_MS: u64 = 60_000;

impl Session {
    pub(super) fn on_model(&mut self, now: Time, event: ModelEvent) {
        match event {
            ModelEvent::Ready => self.model_up(),
            ModelEvent::SpeechStarted { item_id, audio_ms } => self.on_speech_started(now, item_id, audio_ms),
            ModelEvent::SpeechStopped { item_id, audio_ms } => self.on_speech_stopped(now, item_id, audio_ms),
            ModelEvent::Committed { item_id } => self.on_committed(now, item_id),
            ModelEvent::UserTextDelta { item_id, delta } => self.on_user_delta(item_id, &delta),
            ModelEvent::UserText { item_id, text } => self.on_user_settled(item_id, Some(&text)),
            ModelEvent::UserTextFailed { item_id } => self.on_user_settled(item_id, None),
            ModelEvent::ResponseStarted { response_id, tag: _ } => self.on_response_started(now, response_id),
            ModelEvent::AgentItem { response_id, item_id } => self.on_agent_item(now, response_id, item_id),
            ModelEvent::AgentTextDelta { item_id, delta } => {
                self.voice.add_text(&item_id, &delta);
                self.on_agent_progress(now, &item_id);
            }
            ModelEvent::AgentText { item_id, text } => {
                self.voice.set_text(&item_id, &text);
                self.refresh_step(&item_id);
                self.on_agent_progress(now, &item_id);
            }
            ModelEvent::Phrased { item_id, worded_by, stand_in } => {
                self.voice.set_worded(&item_id, worded_by, stand_in);
                self.refresh_step(&item_id);
            }
            ModelEvent::AgentAudioDone { item_id, received_ms } => {
                self.voice.set_received(&item_id, received_ms);
                self.note_spoken(received_ms);
                self.on_agent_progress(now, &item_id);
            }
            ModelEvent::ResponseDone { response_id, status } => self.on_response_done(now, &response_id, status),
            ModelEvent::Usage(usage) => self.on_usage(&usage),
            ModelEvent::Trouble => self.on_trouble(now),
            ModelEvent::Recovered => self.on_recovered(now),
            ModelEvent::Failed => self.on_model_failed(now),
        }
    }

    pub(super) fn on_playout(&mut self, now: Time, event: PlayoutEvent) {
        match event {
            PlayoutEvent::Started { item_id, audio_ms } => self.on_playout_started(now, item_id, audio_ms),
            PlayoutEvent::Finished { item_id, audio_ms, played_ms } => {
                self.voice.finish(&item_id, audio_ms, played_ms);
                self.record_spoken(&item_id);
                self.check_played(now);
            }
            PlayoutEvent::Interrupted { item_id, audio_ms, heard_ms } => {
                self.voice.cut(&item_id, audio_ms, heard_ms);
                self.record_spoken(&item_id);
                self.command(ModelCommand::Truncate { item_id: item_id.clone(), heard_ms });
                if matches!(&self.floor, Floor::Interviewer(utterance) if utterance.items.contains(&item_id)) {
                    self.cut_short(now);
                }
            }
        }
    }

    /// Gives the floor to the interviewer, to say this next. What was decided before and not begun is dropped.
    pub(super) fn say(&mut self, now: Time, utterance: Utterance) {
        self.hush(now);
        self.floor = Floor::Interviewer(utterance);
        self.pump(now);
    }

    /// Sends what is to be said, if the model is free.
    pub(super) fn pump(&mut self, now: Time) {
        if self.flight != Flight::Clear || self.model != ModelHealth::Up || self.is_spent() {
            return;
        }
        let Floor::Interviewer(utterance) = &mut self.floor else { return };
        match utterance.stage {
            Stage::Queued { not_before } if not_before <= now => {}
            _ => return,
        }
        utterance.stage = Stage::Sent;
        self.flight = Flight::Requested { give_up_at: Time(now.0 + RESPONSE_PROGRESS_MS) };
        let speech = utterance.speech.clone();
        self.command(ModelCommand::Say(speech));
    }

    /// Stops whatever the interviewer says: the model's response, and the audio that is queued.
    pub(super) fn hush(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = std::mem::replace(&mut self.floor, Floor::Nobody) else { return };
        if matches!(utterance.stage, Stage::Queued { .. }) && utterance.items.is_empty() {
            return;
        }
        self.cancel_response(now);
        self.outputs.push_back(Output::StopAudio);
    }

    pub(super) fn cancel_response(&mut self, now: Time) {
        if matches!(self.flight, Flight::Requested { .. } | Flight::Active { .. }) {
            self.flight = Flight::Cancelling { give_up_at: Time(now.0 + CANCEL_MS) };
            self.command(ModelCommand::Cancel);
        }
    }

    /// The candidate speaks over the interviewer, or the queue was dropped for it.
    pub(super) fn cut_short(&mut self, now: Time) {
        let Floor::Interviewer(mut utterance) = std::mem::replace(&mut self.floor, Floor::Nobody) else { return };
        self.cancel_response(now);
        self.note_items(&utterance);
        let heard = self.voice.is_heard(&utterance.items);
        if heard {
            self.interruptions += 1;
            self.record.interruptions(self.interruptions);
        }
        if let Life::Closing { stage: Farewell::Speaking { cut }, .. } = &mut self.life {
            *cut += 1;
            self.closing_was_cut(now, utterance);
            return;
        }
        let before_next = !heard || matches!(utterance.speech.tag, SpeechTag::LeadIn(_));
        if before_next && let Some(answer) = utterance.resume.take() {
            // The answer was not over after all: the candidate has the floor back, as if nothing had been decided.
            self.floor = Floor::Candidate(answer.reopened(now));
            return;
        }
        self.floor = Floor::Candidate(Answer { cut: Some(Box::new(utterance)), ..Answer::new(now) });
    }

    fn model_up(&mut self) {
        if self.model == ModelHealth::Starting {
            self.model = ModelHealth::Up;
        }
    }

    fn on_response_started(&mut self, now: Time, response_id: ResponseId) {
        let give_up_at = Time(now.0 + RESPONSE_PROGRESS_MS);
        match self.flight {
            Flight::Requested { .. } => self.flight = Flight::Active { response_id, give_up_at },
            Flight::Active { response_id: ref active, .. } if *active == response_id => {}
            // Nobody asked for it, or it was called off before it began: it must not be heard.
            _ => {
                self.flight = Flight::Cancelling { give_up_at: Time(now.0 + CANCEL_MS) };
                self.command(ModelCommand::Cancel);
            }
        }
    }

    fn on_agent_item(&mut self, now: Time, response_id: ResponseId, item_id: ItemId) {
        if matches!(self.flight, Flight::Requested { .. }) {
            self.on_response_started(now, response_id.clone());
        }
        let question = self.question_number();
        match (&mut self.flight, &mut self.floor) {
            (Flight::Active { response_id: active, give_up_at }, Floor::Interviewer(utterance))
                if *active == response_id && utterance.stage == Stage::Sent =>
            {
                *give_up_at = Time(now.0 + RESPONSE_PROGRESS_MS);
                if !utterance.items.contains(&item_id) {
                    utterance.items.push(item_id.clone());
                }
                let question = question_of(utterance.speech.tag).unwrap_or(question);
                self.voice.add(&item_id, told(&utterance.speech), question);
            }
            _ => self.voice.add(&item_id, "", question),
        }
    }

    fn on_agent_progress(&mut self, now: Time, item_id: &ItemId) {
        if let Flight::Active { give_up_at, .. } = &mut self.flight {
            *give_up_at = Time(now.0 + RESPONSE_PROGRESS_MS);
        }
        self.record_spoken(item_id);
        self.check_played(now);
    }

    fn on_response_done(&mut self, now: Time, response_id: &ResponseId, status: ResponseStatus) {
        match &self.flight {
            Flight::Active { response_id: active, .. } if active != response_id => return,
            Flight::Clear => return,
            Flight::Cancelling { .. } => {
                self.flight = Flight::Clear;
                return;
            }
            Flight::Requested { .. } | Flight::Active { .. } => self.flight = Flight::Clear,
        }
        let Floor::Interviewer(utterance) = &mut self.floor else { return };
        if utterance.stage != Stage::Sent {
            return;
        }
        let whole = matches!(status, ResponseStatus::Completed | ResponseStatus::Incomplete);
        let audible = !utterance.items.is_empty() && self.voice.has_audio(&utterance.items);
        if !audible || !whole && !self.voice.is_heard(&utterance.items) {
            self.utterance_failed(now);
            return;
        }
        let length_ms = self.voice.length_ms(&utterance.items);
        utterance.stage = Stage::Made { played_by: Time(now.0 + length_ms + PLAYOUT_SLACK_MS) };
        self.check_played(now);
    }

    /// The model did not say it: once more after a moment, or never again.
    pub(super) fn utterance_failed(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = &mut self.floor else { return };
        if let Some(next) = utterance.next.take() {
            // It was not owed: what it led to is said.
            let resume = utterance.resume.take();
            let heard = !utterance.items.is_empty();
            self.floor = Floor::Nobody;
            if heard {
                self.outputs.push_back(Output::StopAudio);
            }
            self.say(now, Utterance { resume, ..next.afresh(now) });
            return;
        }
        utterance.failures += 1;
        if utterance.failures >= FAILURES_MAX {
            self.on_model_failed(now);
            return;
        }
        let heard = self.voice.is_heard(&utterance.items);
        if !utterance.items.is_empty() {
            self.outputs.push_back(Output::StopAudio);
        }
        let Floor::Interviewer(utterance) = std::mem::replace(&mut self.floor, Floor::Nobody) else { return };
        let wait_ms = RETRY_MS * u64::from(utterance.failures);
        let mut again = self.once_more(now, utterance, heard, StepReason::EngineTrouble);
        again.stage = Stage::Queued { not_before: Time(now.0 + wait_ms) };
        self.floor = Floor::Interviewer(again);
    }

    /// The utterance to say instead of one that was not heard to its end.
    pub(super) fn once_more(&self, now: Time, mut utterance: Utterance, heard: bool, why: StepReason) -> Utterance {
        if let Some(next) = utterance.next.take() {
            return Utterance { resume: utterance.resume, ..next.afresh(now) };
        }
        let mut again = utterance.afresh(now);
        let Place::Asking { index } = self.place else { return again };
        if heard && matches!(again.speech.tag, SpeechTag::Question(_) | SpeechTag::FollowUp { .. }) {
            let words = self.ask_text(index).unwrap_or_default();
            again.speech = Self::exactly(SpeechTag::Repeat(number_of(index)), words);
            again.effect = Effect::Nothing;
        }
        if heard && matches!(again.speech.tag, SpeechTag::Repeat(_)) {
            again.note = Some((StepKind::Repeated, why));
        }
        again
    }

    fn on_playout_started(&mut self, now: Time, item_id: ItemId, audio_ms: u64) {
        self.adopt(&item_id);
        self.voice.start(&item_id, audio_ms);
        let mut noted = None;
        let effect = match &mut self.floor {
            Floor::Interviewer(utterance) if utterance.items.contains(&item_id) => {
                let note = utterance.note.take();
                noted = note.map(|note| (note, utterance.speech.clone(), utterance.items.clone()));
                utterance.resume = utterance.resume.take().filter(|_| {
                    // A remark or a repeat leaves the answer as it was.
                    matches!(utterance.speech.tag, SpeechTag::Remark | SpeechTag::Repeat(_) | SpeechTag::LeadIn(_))
                });
                std::mem::replace(&mut utterance.effect, Effect::Nothing)
            }
            // It was called off while it was on its way.
            _ => {
                self.outputs.push_back(Output::StopAudio);
                Effect::Nothing
            }
        };
        self.take_effect(now, effect);
        if let Some((note, speech, items)) = noted {
            self.note_step(note, &speech, &items);
        }
        self.record_spoken(&item_id);
    }

    /// The pacer may be ahead of the model's events: an unknown item is that of the response under way.
    fn adopt(&mut self, item_id: &ItemId) {
        if self.voice.knows(item_id) {
            return;
        }
        let question = self.question_number();
        match (&self.flight, &mut self.floor) {
            (Flight::Requested { .. } | Flight::Active { .. }, Floor::Interviewer(utterance))
                if utterance.stage == Stage::Sent =>
            {
                utterance.items.push(item_id.clone());
                let question = question_of(utterance.speech.tag).unwrap_or(question);
                self.voice.add(item_id, told(&utterance.speech), question);
            }
            _ => self.voice.add(item_id, "", question),
        }
    }

    /// What becomes true now that the candidate hears it.
    fn take_effect(&mut self, now: Time, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Ask { index, closes } => {
                if let (Place::Asking { index: before }, Some(reason)) = (self.place, closes) {
                    self.close_question(now, before, reason);
                }
                self.place = Place::Asking { index };
                if let Some(progress) = self.progress.get_mut(index) {
                    progress.coverage = Coverage::Asked;
                    progress.asked_at = Some(now);
                }
                self.record_question(index);
                self.publish_question();
            }
            Effect::FollowUp => {
                let Place::Asking { index } = self.place else { return };
                let Some(progress) = self.progress.get_mut(index) else { return };
                progress.reminders = 0;
            }
        }
    }

    pub(super) fn publish_question(&mut self) {
        if let Some(question) = self.question_data() {
            self.publish(LiveEvent::Question(question));
        }
    }

    /// Puts the item into the transcript as it is now heard.
    pub(super) fn record_spoken(&mut self, item_id: &ItemId) {
        if let Some(view) = self.voice.view(item_id) {
            let item = self.record.agent(item_id, view);
            self.publish_item(item);
        }
    }

    /// Was the utterance played to its end? Then the floor passes on.
    pub(super) fn check_played(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = &self.floor else { return };
        let made = matches!(utterance.stage, Stage::Made { .. });
        if made && self.voice.is_over(&utterance.items) && self.voice.is_heard(&utterance.items) {
            self.played(now);
        }
    }

    pub(super) fn played(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = std::mem::replace(&mut self.floor, Floor::Nobody) else { return };
        self.note_items(&utterance);
        if matches!(self.life, Life::Closing { .. }) {
            self.note_closing(Owed::Spoken);
            self.close_peer_side(now);
            return;
        }
        match utterance.speech.tag {
            SpeechTag::Greeting => {
                self.note_disclosure(&utterance);
                self.ask(now, 0, None);
            }
            SpeechTag::Remark | SpeechTag::Repeat(_) => {
                let answer = utterance.resume.map_or_else(|| Answer::new(now), |answer| answer.resumed(now));
                self.floor = Floor::Candidate(answer);
            }
            SpeechTag::LeadIn(_) => {
                if let Some(next) = utterance.next {
                    self.say(now, Utterance { resume: utterance.resume, ..next.afresh(now) });
                }
            }
            SpeechTag::Question(_) | SpeechTag::FollowUp { .. } | SpeechTag::Closing => {
                self.floor = Floor::Candidate(Answer::new(now));
            }
        }
    }

    /// Did the candidate hear that an AI speaks?
    pub(super) fn note_disclosure(&mut self, greeting: &Utterance) {
        let Disclosure::Owed { cut } = self.disclosure else { return };
        // As long as the pacer has not said how much was heard of a cut item, nothing counts as heard.
        let told = self.voice.is_over(&greeting.items);
        self.disclosure = if told && phrases::discloses(&self.voice.heard(&greeting.items)) {
            self.note_disclosed(Owed::Spoken);
            Disclosure::Given
        } else {
            // What was never begun was not tried.
            Disclosure::Owed { cut: cut + u32::from(self.voice.is_heard(&greeting.items)) }
        };
    }

    fn on_trouble(&mut self, now: Time) {
        if self.model == ModelHealth::Gone || matches!(self.model, ModelHealth::Troubled { .. }) {
            return;
        }
        self.model = ModelHealth::Troubled { until: Time(now.0 + TROUBLE_MS) };
        let text = "The interviewer has a technical problem. Please wait a moment.";
        self.notice("engine_trouble", "warning", text);
    }

    fn on_recovered(&mut self, now: Time) {
        if self.model == ModelHealth::Gone {
            return;
        }
        self.model = ModelHealth::Up;
        self.notice("engine_recovered", "info", "The interviewer is back.");
        // The response of before is gone with its connection; so is speech that was being heard.
        self.flight = Flight::Clear;
        self.speech_lost(now);
        let Floor::Interviewer(utterance) = &self.floor else { return };
        if utterance.stage == Stage::Sent {
            let heard = self.voice.is_heard(&utterance.items);
            self.hush_local();
            let Floor::Interviewer(utterance) = std::mem::replace(&mut self.floor, Floor::Nobody) else { return };
            self.floor = Floor::Interviewer(self.once_more(now, utterance, heard, StepReason::EngineTrouble));
        }
    }

    fn hush_local(&mut self) {
        if matches!(&self.floor, Floor::Interviewer(utterance) if !utterance.items.is_empty()) {
            self.outputs.push_back(Output::StopAudio);
        }
    }

    /// A speech that is not written in the interview, on the current question.
    pub(super) fn repeat_speech(&self, index: usize, before: &str) -> Speech {
        let text = self.ask_text(index).unwrap_or_default();
        let words = if before.is_empty() { text } else { format!("{before} {text}") };
        Self::exactly(SpeechTag::Repeat(number_of(index)), words)
    }
}

/// What the model was told to say, where it is told the words.
fn told(speech: &Speech) -> &str {
    if speech.verbatim { &speech.words } else { "" }
}

/// The question that a speech belongs to: `None` where the tag does not say, `Some(None)` for none.
fn question_of(tag: SpeechTag) -> Option<Option<u32>> {
    match tag {
        SpeechTag::Greeting | SpeechTag::Closing => Some(None),
        SpeechTag::Question(number) | SpeechTag::Repeat(number) | SpeechTag::LeadIn(number) => Some(Some(number)),
        SpeechTag::FollowUp { question, .. } => Some(Some(question)),
        SpeechTag::Remark => None,
    }
}
