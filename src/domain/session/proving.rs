//! The proof of the plan: what was done with each question and why, and what became of the words that are owed.

use super::{
    Effect, EndReason, Session, Speech, SpeechTag, Time, Utterance,
    life::{Disclosure, Noted},
    number_of, phrases,
};
use crate::domain::{
    brief::{Brief, Task},
    id::ItemId,
    interview::Question,
    proof::{Owed, QuestionProof, STEPS_MAX, Step, StepKind, StepReason, Wording},
    session::Change,
};
use std::sync::Arc;

impl Session {
    /// How many follow-ups may be asked.
    pub(super) fn depth(&self, question: &Question) -> usize {
        let written = question.follow_ups.len();
        let wanted = question.probes_max.map_or(written, |probes| probes as usize);
        if self.phrases() { wanted } else { wanted.min(written) }
    }

    /// Does a model word follow-ups? The guard over its words knows English only.
    pub(super) fn phrases(&self) -> bool {
        let language = self.setup.interview.language.split('-').next().unwrap_or_default();
        self.setup.phrasing && language.eq_ignore_ascii_case("en")
    }

    /// The next follow-up of a question: in a model's words where there is one, else in the script's.
    pub(super) fn probe(&self, index: usize) -> Option<Speech> {
        let (question, progress) = self.setup.interview.questions.get(index).zip(self.progress.get(index))?;
        let number = progress.probes().count();
        let written = question.follow_ups.get(number).cloned();
        let words = written.clone().unwrap_or_else(|| phrases::PROBES[number % phrases::PROBES.len()].to_owned());
        let tag = SpeechTag::FollowUp { question: number_of(index), follow_up: number_of(number) };
        if !self.phrases() {
            return Some(Self::exactly(tag, words));
        }
        let brief = self.brief(Task::FollowUp, index, written)?;
        Some(Speech { tag, words, verbatim: false, brief: Some(Arc::new(brief)) })
    }

    /// A word about the answer to this question before the next one, with the next one behind it.
    pub(super) fn lead_in(&mut self, now: Time, index: usize, question: Utterance) -> Utterance {
        let said = !self.record.said(number_of(index)).is_empty();
        let brief = if said && self.phrases() { self.brief(Task::LeadIn, index, None) } else { None };
        let progress = self.progress.get_mut(index).filter(|progress| !progress.acknowledged);
        let (Some(brief), Some(progress)) = (brief, progress) else { return question };
        progress.acknowledged = true;
        let tag = SpeechTag::LeadIn(number_of(index));
        let speech = Speech { tag, words: String::new(), verbatim: false, brief: Some(Arc::new(brief)) };
        let lead_in = Utterance::new(speech, Effect::Nothing, now);
        let lead_in = lead_in.noted(StepKind::Acknowledged, StepReason::AnswerOver);
        Utterance { next: Some(Box::new(question)), ..lead_in }
    }

    fn brief(&self, task: Task, index: usize, aim: Option<String>) -> Option<Brief> {
        let interview = &self.setup.interview;
        let (question, progress) = interview.questions.get(index).zip(self.progress.get(index))?;
        let elsewhere = interview.questions.iter().enumerate().filter(|(other, _)| *other != index);
        let anchors = question.rubric.iter().flat_map(|criterion| criterion.levels.iter().map(|level| &level.anchor));
        Some(Brief {
            task,
            title: interview.title.clone(),
            persona: interview.persona.clone(),
            language: interview.language.clone(),
            manner: interview.instructions.clone(),
            question: question.text.clone(),
            answer: self.record.said(number_of(index)),
            asked: progress.probes().map(|noted| noted.words().to_owned()).collect(),
            aim,
            others: elsewhere.map(|(_, question)| question.text.clone()).collect(),
            unsaid: anchors.cloned().collect(),
        })
    }

    /// The first frame of something was heard: it is a step of its question from now on.
    pub(super) fn note_step(&mut self, (kind, reason): (StepKind, StepReason), speech: &Speech, items: &[ItemId]) {
        let number = match speech.tag {
            SpeechTag::Question(number) | SpeechTag::Repeat(number) | SpeechTag::LeadIn(number) => number,
            SpeechTag::FollowUp { question, .. } => question,
            SpeechTag::Greeting | SpeechTag::Remark | SpeechTag::Closing => return,
        };
        let index = usize::try_from(number).unwrap_or(0).saturating_sub(1);
        let phrased = !speech.verbatim;
        let words = if phrased { self.voice.made(items) } else { speech.words.clone() };
        let (worded_by, stand_in) = if phrased { self.voice.worded(items) } else { (Wording::Script, None) };
        let item_ids = items.iter().map(ToString::to_string).collect();
        let step = Step { kind, reason, at_ms: self.audio_ms, words, item_ids, worded_by, stand_in };
        let Some(progress) = self.progress.get_mut(index).filter(|progress| progress.steps.len() < STEPS_MAX) else {
            return;
        };
        progress.steps.push(Noted { step, script: speech.words.clone(), phrased });
        self.record_question(index);
        if kind == StepKind::Probed {
            self.publish_question();
        }
    }

    /// More is known of the words of an item.
    pub(super) fn refresh_step(&mut self, item_id: &ItemId) {
        let of_item = |noted: &Noted| noted.phrased && noted.step.item_ids.iter().any(|id| id == item_id.as_str());
        let place = self
            .progress
            .iter()
            .enumerate()
            .find_map(|(index, progress)| progress.steps.iter().rposition(of_item).map(|at| (index, at)));
        let Some((index, at)) = place else { return };
        let Some(noted) = self.progress.get_mut(index).and_then(|progress| progress.steps.get_mut(at)) else { return };
        let items: Vec<ItemId> = noted.step.item_ids.iter().map(ItemId::new).collect();
        let (worded_by, stand_in) = self.voice.worded(&items);
        let after = Step { words: self.voice.made(&items), worded_by, stand_in, ..noted.step.clone() };
        if noted.step != after {
            noted.step = after;
            self.record_question(index);
            self.publish_question();
        }
    }

    /// An utterance is over: all its items belong to its step.
    pub(super) fn note_items(&mut self, utterance: &Utterance) {
        let Some(first) = utterance.items.first().filter(|_| utterance.items.len() > 1) else { return };
        let begins = |noted: &Noted| noted.step.item_ids.first().is_some_and(|id| id == first.as_str());
        for index in 0..self.progress.len() {
            let Some(progress) = self.progress.get_mut(index) else { return };
            let Some(noted) = progress.steps.iter_mut().find(|noted| begins(noted)) else { continue };
            noted.step.item_ids = utterance.items.iter().map(ToString::to_string).collect();
            self.record_question(index);
        }
    }

    /// Keeps a question as it is now.
    pub(super) fn record_question(&mut self, index: usize) {
        let Some((question, progress)) = self.setup.interview.questions.get(index).zip(self.progress.get(index)) else {
            return;
        };
        let number = number_of(index);
        let change = Change::Question {
            number,
            status: progress.coverage.as_str(),
            reason: progress.reason,
            follow_ups: progress.probes().map(|noted| noted.step.words.clone()).collect(),
        };
        let proof = QuestionProof {
            steps: progress.steps.iter().map(|noted| noted.step.clone()).collect(),
            time_spent_ms: progress.spent_ms,
            time_box_ms: question.time_box_ms,
            patience_ms: question.patience_ms,
            probes_max: u32::try_from(self.depth(question)).unwrap_or(u32::MAX),
        };
        self.record.question(number, change);
        self.record.proof(number, Change::Proof { number, proof });
    }

    /// The plan leaves a question now; what is not asked takes no time.
    pub(super) fn note_time_spent(&mut self, now: Time, index: usize) {
        if let Some(progress) = self.progress.get_mut(index) {
            progress.spent_ms = progress.asked_at.map(|asked_at| now.0.saturating_sub(asked_at.0));
        }
    }

    /// The candidate heard, or was shown, that an AI speaks; or never will.
    pub(super) fn note_disclosed(&mut self, owed: Owed) {
        if self.plan.disclosure == Owed::Pending {
            self.plan.disclosure = owed;
            self.record.plan(self.plan);
        }
    }

    /// What became of the closing words.
    pub(super) fn note_closing(&mut self, owed: Owed) {
        if self.plan.closing == Owed::Pending {
            self.plan.closing = owed;
            self.record.plan(self.plan);
        }
    }

    /// The interview ends for this reason; a disclosure that was not made is not made any more.
    pub(super) fn no_disclosure(&mut self, reason: EndReason, present: bool) {
        if matches!(self.disclosure, Disclosure::Owed { .. }) {
            self.note_disclosed(why_unsaid(reason, present));
        }
    }

    /// Why no closing words are said.
    pub(super) fn no_closing(&mut self, reason: EndReason, present: bool) {
        self.note_closing(why_unsaid(reason, present));
    }
}

const fn why_unsaid(reason: EndReason, present: bool) -> Owed {
    match reason {
        EndReason::CandidateEnded => Owed::CandidateEnded,
        EndReason::EngineFailed => Owed::EngineFailed,
        _ if present => Owed::Stopped,
        _ => Owed::CandidateGone,
    }
}
