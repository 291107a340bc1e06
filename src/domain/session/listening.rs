//! The candidate's side of the floor: what is heard, when an answer is over, and what follows from it.

use super::{
    Activity, Answer, Consent, Disclosure, Effect, Farewell, Floor, Life, ModelCommand, Place, Session, SpeechTag,
    Time, Utterance, floor::Pace, life::Coverage, number_of, phrases,
};
use crate::domain::{
    event::ClientMessage,
    id::ItemId,
    proof::{Owed, StepKind, StepReason},
};

/// The words of an answer are waited for this long after it.
const TRANSCRIPT_MS: u64 = 4_000;
/// "I need a moment" holds the floor this long.
const WAIT_MS: u64 = 60_000;
/// After "I'm finished" without speech, this long is left for speech that is on its way.
const FINISHED_GRACE_MS: u64 = 500;
/// A question that was cut without a word following is resumed after this.
const CUT_SILENCE_MS: u64 = 3_000;
/// Somebody who talks on beyond the time box is cut in on after this.
const TIME_BOX_GRACE_MS: u64 = 60_000;
/// Less than this part of a question heard, in percent, and a short word over it: it is said again.
pub(super) const HEARD_ENOUGH_PERCENT: u64 = 60;
/// Less than this part heard, and no words can be an answer to it.
const HEARD_SOMETHING_PERCENT: u64 = 25;
/// Fewer words than this over a question are no answer.
const INTERJECTION_WORDS: u32 = 3;
/// How often one question is said again because it was cut.
const REPEATS_MAX: u32 = 2;
/// How often the disclosure is said before it is shown instead.
const DISCLOSURES_MAX: u32 = 3;
/// Characters of one typed answer.
const TYPED_CHARS_MAX: usize = 10_000;

impl Session {
    /// May anything be heard of the candidate?
    fn hears(&self) -> bool {
        let closed = matches!(self.life, Life::Closing { stage: Farewell::Saving, .. });
        self.consent == Consent::Given && !closed && matches!(self.life, Life::Active | Life::Closing { .. })
    }

    pub(super) fn on_speech_started(&mut self, now: Time, item_id: ItemId, audio_ms: u64) {
        if !self.hears() {
            return;
        }
        let item = self.record.user_started(&item_id, audio_ms, self.question_number());
        self.publish_item(item);
        if matches!(self.life, Life::Closing { .. }) {
            return;
        }
        if matches!(self.floor, Floor::Interviewer(_)) {
            self.stop_for_speech(now);
        }
        if let Floor::Candidate(answer) = &mut self.floor {
            answer.hold(&item_id);
            answer.activity = Activity::Speaking;
            answer.pace = Pace::Plan;
        }
    }

    /// The model dropped its audio when it heard the candidate; what it had not sent yet is stopped here.
    fn stop_for_speech(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = &self.floor else { return };
        if !utterance.items.is_empty() {
            self.outputs.push_back(super::Output::StopAudio);
        }
        self.cut_short(now);
    }

    pub(super) fn on_speech_stopped(&mut self, now: Time, item_id: ItemId, audio_ms: u64) {
        if !self.hears() {
            return;
        }
        let item = self.record.user_stopped(&item_id, audio_ms);
        if let Some(item) = &item {
            self.note_heard(audio_ms.saturating_sub(item.start_ms));
        }
        self.publish_item(item);
        let silent_ms = self.audio_ms.saturating_sub(audio_ms);
        self.pause(&item_id, Time(now.0.saturating_sub(silent_ms)));
    }

    pub(super) fn on_committed(&mut self, now: Time, item_id: ItemId) {
        if !self.hears() {
            return;
        }
        if self.record.item(&item_id).is_none() {
            let item = self.record.user_started(&item_id, self.audio_ms, self.question_number());
            self.publish_item(item);
        }
        if self.record.item(&item_id).is_some_and(|item| item.end_ms.is_none()) {
            let item = self.record.user_stopped(&item_id, self.audio_ms);
            self.publish_item(item);
        }
        self.pause(&item_id, now);
    }

    fn pause(&mut self, item_id: &ItemId, since: Time) {
        if let Floor::Candidate(answer) = &mut self.floor {
            let known = answer.items.contains(item_id);
            answer.hold(item_id);
            match answer.activity {
                // A stop of an earlier item than the one being said.
                Activity::Speaking if answer.items.last() != Some(item_id) => {}
                Activity::Pausing { .. } if known => {}
                _ => answer.activity = Activity::Pausing { since: since.max(answer.since) },
            }
        }
    }

    pub(super) fn on_user_delta(&mut self, item_id: ItemId, delta: &str) {
        if self.hears() {
            let item = self.record.user_delta(&item_id, delta);
            self.publish_item(item);
        }
    }

    /// Words may still come for what was heard before, whatever became of the peer.
    pub(super) fn on_user_settled(&mut self, item_id: ItemId, text: Option<&str>) {
        if self.consent == Consent::Given {
            self.record.user_settled(&item_id, text, self.audio_ms);
        }
    }

    /// The model lost its ear: what was being said will not be reported to its end.
    pub(super) fn speech_lost(&mut self, now: Time) {
        if let Floor::Candidate(answer) = &mut self.floor
            && answer.activity == Activity::Speaking
        {
            answer.activity = Activity::Pausing { since: now };
        }
    }

    pub(super) fn on_client(&mut self, now: Time, message: ClientMessage) {
        if !self.hears() || !matches!(self.life, Life::Active) {
            return;
        }
        match message {
            ClientMessage::Finished => self.on_finished(now),
            ClientMessage::Wait => self.on_wait(now),
            ClientMessage::Repeat => self.on_repeat(now),
            ClientMessage::Text { text } => self.on_typed(now, &text),
            ClientMessage::Stats(_) => {}
        }
    }

    fn on_finished(&mut self, now: Time) {
        let Floor::Candidate(answer) = &mut self.floor else { return };
        if answer.pace == Pace::Finished {
            return;
        }
        answer.pace = Pace::Finished;
        if !matches!(answer.activity, Activity::Pausing { .. }) {
            answer.activity = Activity::Pausing { since: now };
            self.command(ModelCommand::CommitAudio);
        }
    }

    fn on_wait(&mut self, now: Time) {
        let Floor::Candidate(answer) = &mut self.floor else { return };
        if matches!(answer.pace, Pace::Wait { until } if until.0 + 1_000 > now.0 + WAIT_MS) {
            return;
        }
        answer.pace = Pace::Wait { until: Time(now.0 + WAIT_MS) };
        self.notice("wait_granted", "info", "Take your time. I will wait a minute for you.");
    }

    fn on_repeat(&mut self, now: Time) {
        let Place::Asking { index } = self.place else { return };
        let resume = match &self.floor {
            Floor::Interviewer(utterance) if !self.voice.is_heard(&utterance.items) => return,
            Floor::Candidate(answer) => Some(Box::new(answer.clone())),
            _ => None,
        };
        let utterance = Utterance::new(self.repeat_speech(index, ""), Effect::Nothing, now);
        let mut utterance = utterance.noted(StepKind::Repeated, StepReason::AskedFor);
        utterance.resume = resume;
        self.say(now, utterance);
    }

    fn on_typed(&mut self, now: Time, text: &str) {
        let text: String = text.trim().chars().take(TYPED_CHARS_MAX).collect();
        if text.is_empty() {
            return;
        }
        let item_id = self.make_item_id("typed");
        let item = self.record.user_started(&item_id, self.audio_ms, self.question_number());
        self.publish_item(item);
        self.record.user_settled(&item_id, Some(&text), self.audio_ms);
        self.command(ModelCommand::AddUserText { item_id: item_id.clone(), text });
        if matches!(self.floor, Floor::Interviewer(_)) {
            self.stop_for_speech(now);
        }
        if let Floor::Candidate(answer) = &mut self.floor {
            answer.hold(&item_id);
            if answer.activity != Activity::Speaking {
                answer.activity = Activity::Pausing { since: now };
                answer.pace = Pace::Finished;
            }
        }
    }

    /// When the pause is long enough and the words are known or waited for enough; `None` while somebody speaks.
    pub(super) fn decision_due(&self, answer: &Answer) -> Option<Time> {
        let Activity::Pausing { since } = answer.activity else { return None };
        let patience_ms = match answer.pace {
            Pace::Finished if answer.items.is_empty() => FINISHED_GRACE_MS,
            Pace::Finished => 0,
            Pace::Plan => self.patience_ms(),
            Pace::Wait { until } => until.0.saturating_sub(since.0),
        };
        let mut due = Time(since.0 + patience_ms);
        if let Some(box_end) = self.time_box_end() {
            due = due.min(box_end.max(since));
        }
        if !self.record.settled(&answer.items) {
            due = due.max(Time(since.0 + TRANSCRIPT_MS));
        }
        Some(due)
    }

    /// When silence without a word becomes worth a remark.
    pub(super) fn silence_due(&self, answer: &Answer) -> Option<Time> {
        let Activity::Quiet { since } = answer.activity else { return None };
        let silence_ms = self.setup.interview.limits.silence_ms;
        Some(match answer.pace {
            _ if answer.cut.is_some() => Time(since.0 + CUT_SILENCE_MS),
            Pace::Wait { until } => until,
            Pace::Plan | Pace::Finished => Time(since.0 + silence_ms),
        })
    }

    /// When the question's time is over, with grace for somebody who is speaking.
    pub(super) fn time_box_due(&self, answer: &Answer) -> Option<Time> {
        let end = self.time_box_end()?;
        match answer.activity {
            Activity::Speaking => Some(Time(end.0 + TIME_BOX_GRACE_MS)),
            Activity::Quiet { since } => Some(end.max(since)),
            Activity::Pausing { .. } => None,
        }
    }

    fn time_box_end(&self) -> Option<Time> {
        let Place::Asking { index } = self.place else { return None };
        let question = self.setup.interview.questions.get(index)?;
        Some(Time(self.progress.get(index)?.asked_at?.0 + question.time_box_ms))
    }

    fn patience_ms(&self) -> u64 {
        let index = match self.place {
            Place::Asking { index } => index,
            _ => 0,
        };
        self.setup.interview.questions.get(index).map_or(0, |question| question.patience_ms)
    }

    pub(super) fn time_box_over(&mut self, now: Time) {
        let Floor::Candidate(answer) = &mut self.floor else { return };
        if answer.activity == Activity::Speaking {
            answer.activity = Activity::Pausing { since: now };
            self.command(ModelCommand::CommitAudio);
            return;
        }
        self.move_on(now, "time_box");
    }

    /// Nothing was said: remind once, then move on.
    pub(super) fn silence_over(&mut self, now: Time) {
        let Floor::Candidate(answer) = &mut self.floor else { return };
        if let Some(cut) = answer.cut.take() {
            let cut = *cut;
            self.resume_cut(now, cut);
            return;
        }
        let Place::Asking { index } = self.place else {
            self.ask(now, 0, None);
            return;
        };
        let said = !answer.items.is_empty() && self.record.words(&answer.items, self.audio_ms) > 0;
        let Some(progress) = self.progress.get_mut(index) else { return };
        if said || progress.reminders > 0 {
            self.move_on(now, if said { "pause" } else { "no_answer" });
            return;
        }
        progress.reminders += 1;
        let speech = self.repeat_speech(index, phrases::TAKE_YOUR_TIME);
        let reminder = Utterance::new(speech, Effect::Nothing, now);
        self.follow(now, reminder.noted(StepKind::Reminded, StepReason::Silence));
    }

    /// The answer is over: what comes next?
    pub(super) fn decide(&mut self, now: Time) {
        let Floor::Candidate(answer) = &mut self.floor else { return };
        let words = self.record.words(&answer.items, self.audio_ms);
        if let Some(cut) = answer.cut.take() {
            let cut = *cut;
            if self.decide_cut(now, &cut, words) {
                self.resume_cut(now, cut);
                return;
            }
        }
        let Place::Asking { index } = self.place else {
            self.ask(now, 0, None);
            return;
        };
        let boxed = self.time_box_end().is_some_and(|end| end <= now);
        let Floor::Candidate(answer) = &mut self.floor else { return };
        if words == 0 && answer.pace != Pace::Finished && !boxed {
            // A cough: the silence counts on from where it began.
            answer.activity = Activity::Quiet { since: answer.since };
            return;
        }
        let reason = match answer.pace {
            Pace::Finished => "finished",
            _ if boxed => "time_box",
            _ => "pause",
        };
        if words > 0 && !boxed && self.is_short(index, words) {
            self.follow_up(now, index);
        } else {
            self.move_on(now, reason);
        }
    }

    fn is_short(&self, index: usize, words: u32) -> bool {
        let Some((question, progress)) = self.setup.interview.questions.get(index).zip(self.progress.get(index)) else {
            return false;
        };
        words < question.short_answer_words && progress.probes().count() < self.depth(question)
    }

    /// Must what was cut be said again?
    fn decide_cut(&mut self, now: Time, cut: &Utterance, words: u32) -> bool {
        let heard_percent = self.heard_percent(cut);
        match cut.speech.tag {
            SpeechTag::Greeting => true,
            SpeechTag::Remark | SpeechTag::LeadIn(_) | SpeechTag::Closing => false,
            SpeechTag::Question(_) | SpeechTag::FollowUp { .. } | SpeechTag::Repeat(_) => {
                if words >= INTERJECTION_WORDS && heard_percent < HEARD_SOMETHING_PERCENT {
                    self.belongs_before(now);
                    return true;
                }
                words == 0 && heard_percent < 100 || words < INTERJECTION_WORDS && heard_percent < HEARD_ENOUGH_PERCENT
            }
        }
    }

    /// Nobody can answer what was not heard: these words go on with the answer before.
    fn belongs_before(&mut self, _now: Time) {
        let (Place::Asking { index }, Floor::Candidate(answer)) = (self.place, &self.floor) else { return };
        if index > 0 && self.progress.get(index).is_some_and(|progress| progress.probes().count() == 0) {
            let items = answer.items.clone();
            for item in self.record.reassign(&items, Some(number_of(index - 1))) {
                self.publish_item(Some(item));
            }
        }
    }

    pub(super) fn heard_percent(&self, utterance: &Utterance) -> u64 {
        let heard = u64::from(phrases::count_words(&self.voice.heard(&utterance.items)));
        let mut all = u64::from(phrases::count_words(&utterance.speech.words));
        if !utterance.speech.verbatim {
            let made = self.voice.made(&utterance.items);
            // What a model had not come to yet counts as long as the script's words for it.
            let to_come = if made.contains('?') { 0 } else { all };
            all = u64::from(phrases::count_words(&made)) + to_come;
        }
        let all = all.max(1);
        (heard * 100 / all).min(100)
    }

    /// Goes on after something was cut short by a cough or a word.
    fn resume_cut(&mut self, now: Time, cut: Utterance) {
        if cut.speech.tag == SpeechTag::Greeting {
            self.note_disclosure(&cut);
            self.ask(now, 0, None);
            return;
        }
        let heard = self.voice.is_heard(&cut.items);
        if heard && let Place::Asking { index } = self.place {
            let Some(progress) = self.progress.get_mut(index) else { return };
            if progress.repeats >= REPEATS_MAX {
                let answer = match std::mem::replace(&mut self.floor, Floor::Nobody) {
                    Floor::Candidate(answer) => answer.resumed(now),
                    _ => Answer::new(now),
                };
                self.floor = Floor::Candidate(answer);
                return;
            }
            progress.repeats += 1;
        }
        let again = self.once_more(now, cut, heard, StepReason::Interrupted);
        self.floor = Floor::Nobody;
        self.say(now, again);
    }

    /// Says something after an answer; the candidate who goes on before it is heard has the answer back.
    fn follow(&mut self, now: Time, mut utterance: Utterance) {
        if let Floor::Candidate(answer) = &self.floor {
            utterance.resume = Some(Box::new(answer.clone()));
        }
        self.say(now, utterance);
    }

    /// Asks a question, but never before the candidate knows who asks.
    pub(super) fn ask(&mut self, now: Time, index: usize, closes: Option<&'static str>) {
        if let Disclosure::Owed { cut } = self.disclosure {
            if cut < DISCLOSURES_MAX {
                let speech = Self::exactly(SpeechTag::Greeting, phrases::DISCLOSURE.to_owned());
                self.floor = Floor::Nobody;
                self.say(now, Utterance::new(speech, Effect::Nothing, now));
                return;
            }
            self.disclosure = Disclosure::Given;
            self.note_disclosed(Owed::CutShort);
            self.notice("ai_disclosure", "warning", phrases::DISCLOSURE);
        }
        let Some(question) = self.setup.interview.questions.get(index) else {
            self.complete(now);
            return;
        };
        let speech = Self::exactly(SpeechTag::Question(number_of(index)), question.text.clone());
        let question = Utterance::new(speech, Effect::Ask { index, closes }, now);
        let question = question.noted(StepKind::Asked, StepReason::Plan);
        let next = match (self.place, closes) {
            // Whoever was stopped by the clock is not thanked for stopping.
            (Place::Asking { index: before }, Some("pause" | "finished")) => self.lead_in(now, before, question),
            _ => question,
        };
        self.follow(now, next);
    }

    fn follow_up(&mut self, now: Time, index: usize) {
        let Some(speech) = self.probe(index) else { return };
        let probe = Utterance::new(speech, Effect::FollowUp, now);
        self.follow(now, probe.noted(StepKind::Probed, StepReason::ShortAnswer));
    }

    fn move_on(&mut self, now: Time, reason: &'static str) {
        let Place::Asking { index } = self.place else { return };
        if index + 1 < self.setup.interview.questions.len() {
            self.ask(now, index + 1, Some(reason));
        } else {
            self.close_question(now, index, reason);
            self.complete(now);
        }
    }

    /// The question is done, and this is why.
    pub(super) fn close_question(&mut self, now: Time, index: usize, reason: &'static str) {
        self.note_time_spent(now, index);
        let answered = self.record.answered(number_of(index), self.audio_ms);
        let Some(progress) = self.progress.get_mut(index) else { return };
        progress.coverage = if answered { Coverage::Answered } else { Coverage::Skipped };
        progress.reason = Some(reason);
        self.record_question(index);
    }
}
