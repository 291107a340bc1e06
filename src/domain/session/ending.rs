//! Coming, going and ending: the peer, the timers, and the way out.

use super::{
    Effect, EndReason, Farewell, Flight, Floor, Life, ModelCommand, ModelHealth, Output, PeerEvent, Place, Session,
    SpeechTag, Stage, Status, StopReason, Time, Timer, Utterance, life::Coverage, listening::HEARD_ENOUGH_PERCENT,
    number_of, phrases,
};
use crate::domain::{
    event::{EndedData, LiveEvent},
    practice::Purpose,
    proof::{Owed, StepKind, StepReason},
};

/// Bounds of the last words, from the decision to end.
const FAREWELL_MS: u64 = 60_000;
const FAREWELL_DRAIN_MS: u64 = 15_000;
const APOLOGY_MS: u64 = 20_000;
/// The apology waits this long for the store.
const BEFORE_APOLOGY_MS: u64 = 2_000;
/// After closing words were cut, the candidate may speak this long before they are said again.
const CUT_FAREWELL_MS: u64 = 4_000;
/// How often closing words are said again.
const CUT_FAREWELL_MAX: u32 = 2;
/// With rehearsals, a session to which nobody connects expires at so many times its usual age at the latest.
const PREPARING_MAX: u64 = 4;
/// The last words of the candidate are waited for this long.
const TRANSCRIBING_MS: u64 = 3_000;
/// The store may take this long with the end.
const SAVING_MS: u64 = 10_000;

impl Session {
    pub(super) fn on_peer(&mut self, now: Time, event: PeerEvent) {
        match event {
            PeerEvent::Offered => {
                if let Life::Created { expires } = self.life {
                    self.set_life(Life::Connecting { expires });
                }
            }
            PeerEvent::Connected { .. } => self.on_connected(now),
            PeerEvent::Disconnected => {
                if matches!(self.life, Life::Active) {
                    self.notice("connection_unstable", "warning", "Your connection is unstable at the moment.");
                }
            }
            PeerEvent::Closed => self.on_peer_closed(now),
            PeerEvent::ChannelOpen => {}
        }
    }

    /// Whoever rehearses is there, so that a session must not expire meanwhile. The rehearsals of a session are counted
    /// by the shell; this bounds them all together, because a place that nobody takes is one that others wait for.
    pub(super) fn on_preparing(&mut self, now: Time, for_ms: u64) {
        let latest_ms = self.setup.limits.connect_ms.saturating_mul(PREPARING_MAX);
        if let Life::Created { expires } | Life::Connecting { expires } = &mut self.life {
            expires.0 = expires.0.max((now.0 + for_ms).min(latest_ms));
        }
    }

    fn on_connected(&mut self, now: Time) {
        self.connection_began(now);
        match std::mem::replace(&mut self.life, Life::Active) {
            Life::Created { .. } | Life::Connecting { .. } => {
                self.set_life(Life::Active);
                self.media_since = Some(now);
                self.record.started();
                self.playout_from(now);
                if self.model == ModelHealth::Gone {
                    self.apologise(now);
                }
            }
            Life::Reconnecting { until, first_words } => {
                self.set_life(Life::Active);
                self.forgive_absence(now, until);
                self.floor = Floor::Interviewer(*first_words);
                self.notice("welcome_back", "info", "You are connected again. The interview goes on.");
                if self.model == ModelHealth::Gone {
                    self.apologise(now);
                }
            }
            other => self.life = other,
        }
    }

    /// The time away does not count against the question.
    fn forgive_absence(&mut self, now: Time, until: Time) {
        let lost_at = until.0.saturating_sub(self.setup.limits.return_window_ms);
        let away_ms = now.0.saturating_sub(lost_at);
        let Place::Asking { index } = self.place else { return };
        if let Some(asked_at) = self.progress.get_mut(index).and_then(|progress| progress.asked_at.as_mut()) {
            asked_at.0 += away_ms;
        }
    }

    /// What waited for a listener is played from now on.
    fn playout_from(&mut self, now: Time) {
        if let Floor::Interviewer(utterance) = &mut self.floor
            && let Stage::Made { played_by } = &mut utterance.stage
        {
            *played_by = Time(now.0 + self.voice.length_ms(&utterance.items) + 10_000);
        }
    }

    fn on_peer_closed(&mut self, now: Time) {
        match &self.life {
            Life::Active => {}
            Life::Closing { stage: Farewell::Speaking { .. } | Farewell::BeforeApology, .. } => {
                // Nobody is left to hear it.
                self.note_closing(Owed::CandidateGone);
                self.hush(now);
                self.account_for_open(now);
                self.close_peer_side(now);
                return;
            }
            _ => return,
        }
        self.speech_lost(now);
        let first_words = Box::new(self.words_on_return(now));
        self.hush(now);
        self.account_for_open(now);
        self.floor = Floor::Nobody;
        self.connection_over(now);
        self.set_life(Life::Reconnecting { until: Time(now.0 + self.setup.limits.return_window_ms), first_words });
    }

    /// The pacer went with the peer: what was playing was heard until now.
    fn account_for_open(&mut self, _now: Time) {
        for item_id in self.voice.cut_open(self.audio_ms) {
            self.record_spoken(&item_id);
        }
    }

    /// What a candidate who comes back hears first.
    fn words_on_return(&self, now: Time) -> Utterance {
        let welcome = |words: &str| format!("{} {words}", phrases::WELCOME_BACK);
        let pending = match &self.floor {
            Floor::Interviewer(utterance) => Some(utterance.clone()),
            Floor::Candidate(answer) => answer.cut.as_deref().cloned(),
            Floor::Nobody => None,
        };
        if let Some(utterance) = pending {
            let heard = self.voice.is_heard(&utterance.items);
            let mut again = self.once_more(now, utterance, heard, StepReason::Reconnected);
            again.resume = None;
            if !again.speech.words.starts_with(phrases::WELCOME_BACK) {
                again.speech.words = welcome(&again.speech.words);
            }
            return again;
        }
        let Place::Asking { index } = self.place else {
            let speech = Self::exactly(SpeechTag::Greeting, welcome(phrases::DISCLOSURE));
            return Utterance::new(speech, Effect::Nothing, now);
        };
        if let Floor::Candidate(answer) = &self.floor
            && self.record.words(&answer.items, self.audio_ms) > 0
        {
            let speech = Self::exactly(SpeechTag::Remark, welcome(phrases::GO_ON));
            let mut utterance = Utterance::new(speech, Effect::Nothing, now);
            utterance.resume = Some(Box::new(answer.clone()));
            return utterance;
        }
        let again = Utterance::new(self.repeat_speech(index, phrases::WELCOME_BACK), Effect::Nothing, now);
        again.noted(StepKind::Repeated, StepReason::Reconnected)
    }

    pub(super) fn on_end(&mut self, now: Time, reason: StopReason) {
        let end_reason = reason.end_reason();
        if reason == StopReason::Budget {
            return self.spend_no_more();
        }
        if matches!(self.life, Life::Closing { .. }) {
            if matches!(reason, StopReason::Candidate | StopReason::Internal) {
                self.hush(now);
                let candidate = reason == StopReason::Candidate;
                self.skip_farewell(now, if candidate { Owed::CandidateEnded } else { Owed::Stopped });
            }
            if reason == StopReason::Internal
                && let Life::Closing { reason, stage: Farewell::Transcribing, .. } = self.life
            {
                // No time is left: what is not transcribed now is marked as missing.
                self.save_all(now, reason);
            }
            return;
        }
        let words = match reason {
            StopReason::Candidate | StopReason::Internal | StopReason::Budget => None,
            StopReason::Platform => Some(phrases::GOODBYE_PLATFORM),
            StopReason::Drain => Some(phrases::GOODBYE_DRAIN),
        };
        self.close(now, end_reason, words.map(str::to_owned));
    }

    fn skip_farewell(&mut self, now: Time, why: Owed) {
        if let Life::Closing { stage: Farewell::Speaking { .. } | Farewell::BeforeApology, .. } = self.life {
            self.note_closing(why);
            self.close_peer_side(now);
        }
    }

    /// All questions are done.
    pub(super) fn complete(&mut self, now: Time) {
        let words = phrases::closing(&self.setup.interview, self.setup.purpose);
        self.close(now, EndReason::Completed, Some(words));
    }

    /// Begins the ending, with these last words if somebody is there to hear them.
    pub(super) fn close(&mut self, now: Time, reason: EndReason, words: Option<String>) {
        let present = matches!(self.life, Life::Active);
        self.hush(now);
        self.floor = Floor::Nobody;
        self.close_plan(now, reason);
        self.no_disclosure(reason, present);
        let bound_ms = if reason == EndReason::Interrupted { FAREWELL_DRAIN_MS } else { FAREWELL_MS };
        let until = Time(now.0 + bound_ms);
        self.set_life(Life::Closing { reason, stage: Farewell::Speaking { cut: 0 }, until });
        match words {
            Some(words) if present => {
                let speech = Self::exactly(SpeechTag::Closing, words);
                self.say(now, Utterance::new(speech, Effect::Nothing, now));
            }
            _ => {
                self.no_closing(reason, present);
                self.close_peer_side(now);
            }
        }
    }

    /// Every question gets a reason: the one that was being asked, and those that nobody came to.
    fn close_plan(&mut self, now: Time, reason: EndReason) {
        let current = match self.place {
            Place::Asking { index } => Some(index),
            _ => None,
        };
        for index in 0..self.progress.len() {
            let answered = self.record.answered(number_of(index), self.audio_ms);
            let Some(progress) = self.progress.get_mut(index) else { continue };
            if progress.reason.is_some() {
                continue;
            }
            progress.coverage = match progress.coverage {
                Coverage::Asked if answered => Coverage::Answered,
                Coverage::Pending => Coverage::Skipped,
                coverage => coverage,
            };
            progress.reason = Some(reason.as_str());
            self.note_time_spent(now, index);
            self.record_question(index);
        }
        self.place = Place::Farewell { index: current };
    }

    /// Closing words that were cut are said again, a few times, after a moment.
    pub(super) fn closing_was_cut(&mut self, now: Time, utterance: Utterance) {
        let Life::Closing { stage: Farewell::Speaking { cut }, .. } = self.life else { return };
        let enough = self.heard_percent(&utterance) >= HEARD_ENOUGH_PERCENT;
        if enough || self.model == ModelHealth::Gone || cut > CUT_FAREWELL_MAX {
            self.note_closing(if enough { Owed::Spoken } else { Owed::CutShort });
            self.close_peer_side(now);
            return;
        }
        let mut again = utterance.afresh(now);
        again.stage = Stage::Queued { not_before: Time(now.0 + CUT_FAREWELL_MS) };
        self.floor = Floor::Interviewer(again);
    }

    /// The last words are said or given up: wait for what the candidate said last.
    pub(super) fn close_peer_side(&mut self, now: Time) {
        let Life::Closing { reason, .. } = self.life else { return };
        self.floor = Floor::Nobody;
        self.cancel_response(now);
        if self.record.unsettled_users().is_empty() || self.model != ModelHealth::Up {
            self.save_all(now, reason);
            return;
        }
        self.command(ModelCommand::CommitAudio);
        self.life = Life::Closing { reason, stage: Farewell::Transcribing, until: Time(now.0 + TRANSCRIBING_MS) };
    }

    fn save_all(&mut self, now: Time, reason: EndReason) {
        self.account_for_open(now);
        self.record.settle_users(self.audio_ms);
        self.refresh_coverage();
        if self.model != ModelHealth::Gone {
            self.command(ModelCommand::Close);
            self.model = ModelHealth::Gone;
        }
        self.connection_over(now);
        self.record.status(Status::Ended, Some(reason));
        self.life = Life::Closing { reason, stage: Farewell::Saving, until: Time(now.0 + SAVING_MS) };
    }

    /// The last transcript may have shown that there was no answer, or that there was one.
    fn refresh_coverage(&mut self) {
        let Place::Farewell { index: Some(index) } = self.place else { return };
        let answered = self.record.answered(number_of(index), self.audio_ms);
        let Some(progress) = self.progress.get_mut(index) else { return };
        let coverage = match progress.coverage {
            Coverage::Asked | Coverage::Skipped if answered => Coverage::Answered,
            coverage => coverage,
        };
        if progress.coverage != coverage {
            progress.coverage = coverage;
            self.record_question(index);
        }
    }

    fn end(&mut self, saved: bool) {
        let Life::Closing { reason, .. } = self.life else { return };
        self.life = Life::Ended { reason };
        let state = self.state_data();
        self.publish(LiveEvent::State(state));
        let kept = self.setup.purpose == Purpose::Interview;
        let may_read = kept && self.setup.interview.candidate_may_read_results;
        let results_url = may_read.then(|| format!("/results/{}", self.setup.session_id));
        let saved = saved && kept;
        self.publish(LiveEvent::Ended(EndedData { end_reason: reason.as_str(), saved, results_url }));
        self.outputs.push_back(Output::ClosePeer);
        self.outputs.push_back(Output::Ended(reason));
    }

    pub(super) fn on_model_failed(&mut self, now: Time) {
        if self.model == ModelHealth::Gone {
            return;
        }
        self.model = ModelHealth::Gone;
        self.flight = Flight::Clear;
        match self.life {
            Life::Active => self.apologise(now),
            Life::Closing { stage: Farewell::Speaking { .. } | Farewell::Transcribing, .. } => {
                self.note_closing(Owed::EngineFailed);
                self.hush(now);
                self.close_peer_side(now);
            }
            // The candidate who comes hears it then.
            _ => {}
        }
    }

    /// The model is gone for good: say so with the server's own voice, once it is known what is saved.
    fn apologise(&mut self, now: Time) {
        let text = "The interviewer has a technical problem, and the interview has to stop.";
        self.notice("engine_failed", "error", text);
        self.hush(now);
        self.account_for_open(now);
        self.record.settle_users(self.audio_ms);
        self.close_plan(now, EndReason::EngineFailed);
        self.no_disclosure(EndReason::EngineFailed, true);
        self.note_closing(Owed::EngineFailed);
        let until = Time(now.0 + BEFORE_APOLOGY_MS);
        let stage = Farewell::BeforeApology;
        self.set_life(Life::Closing { reason: EndReason::EngineFailed, stage, until });
    }

    fn speak_apology(&mut self, now: Time) {
        let words = match self.setup.purpose {
            Purpose::Practice => phrases::FAILED_PRACTICE,
            Purpose::Interview if self.record.is_saved() => phrases::FAILED_SAVED,
            Purpose::Interview => phrases::FAILED,
        };
        let words = words.to_owned();
        let item_id = self.make_item_id("local");
        self.voice.add(&item_id, &words, None);
        let until = Time(now.0 + APOLOGY_MS);
        let speech = Self::exactly(SpeechTag::Closing, words.clone());
        let mut utterance = Utterance::new(speech, Effect::Nothing, now);
        utterance.items.push(item_id.clone());
        utterance.stage = Stage::Made { played_by: until };
        self.floor = Floor::Interviewer(utterance);
        let stage = Farewell::Speaking { cut: 0 };
        self.life = Life::Closing { reason: EndReason::EngineFailed, stage, until };
        self.outputs.push_back(Output::SpeakLocally { item_id, words });
    }

    pub(super) fn on_persisted(&mut self, now: Time, sequence: u64) {
        for item in self.record.persisted(sequence) {
            self.publish(LiveEvent::Item(item));
        }
        let Life::Closing { stage, .. } = self.life else { return };
        if !self.record.is_saved() {
            return;
        }
        match stage {
            Farewell::BeforeApology => self.speak_apology(now),
            Farewell::Saving => self.end(true),
            Farewell::Speaking { .. } | Farewell::Transcribing => {}
        }
    }

    pub(super) fn on_persist_failed(&mut self) {
        if self.record.persist_failed() {
            let text = "We have trouble saving the interview at the moment. We keep trying.";
            self.notice("save_trouble", "warning", text);
        }
    }

    fn set_life(&mut self, life: Life) {
        self.life = life;
        self.record.status(self.life.status(), None);
    }

    /// Of all that is waited for, what comes first.
    pub(super) fn next_timer(&self) -> Option<(Time, Timer)> {
        let mut timers: [Option<(Time, Timer)>; 7] = [None; 7];
        timers[0] = match &self.life {
            Life::Created { expires } | Life::Connecting { expires } => Some((*expires, Timer::Connect)),
            Life::Reconnecting { until, .. } => Some((*until, Timer::Return)),
            Life::Closing { until, .. } => Some((*until, Timer::Closing)),
            Life::Active => self.media_since.map(|since| (self.longest_until(since), Timer::MaxDuration)),
            Life::Ended { .. } => return None,
        };
        timers[1] = match self.flight {
            Flight::Clear => None,
            Flight::Requested { give_up_at }
            | Flight::Active { give_up_at, .. }
            | Flight::Cancelling { give_up_at } => Some((give_up_at, Timer::Response)),
        };
        timers[2] = match self.model {
            ModelHealth::Troubled { until } => Some((until, Timer::Trouble)),
            _ => None,
        };
        match &self.floor {
            Floor::Interviewer(Utterance { stage: Stage::Queued { not_before }, .. })
                if self.flight == Flight::Clear && self.model == ModelHealth::Up && !self.is_spent() =>
            {
                timers[3] = Some((*not_before, Timer::Retry));
            }
            Floor::Interviewer(Utterance { stage: Stage::Made { played_by }, .. })
                if matches!(self.life, Life::Active | Life::Closing { .. }) =>
            {
                timers[3] = Some((*played_by, Timer::Playout));
            }
            Floor::Candidate(answer) => {
                timers[3] = self.decision_due(answer).map(|due| (due, Timer::Patience));
                timers[4] = self.silence_due(answer).map(|due| (due, Timer::Silence));
                timers[5] = self.time_box_due(answer).map(|due| (due, Timer::TimeBox));
            }
            _ => {}
        }
        timers[6] = self.budget_due().map(|due| (due, Timer::Budget));
        timers.into_iter().flatten().min_by_key(|(due, _)| *due)
    }

    fn longest_until(&self, since: Time) -> Time {
        let limit_ms = self.setup.interview.limits.max_duration_ms.min(self.setup.limits.max_duration_ms);
        Time(since.0 + limit_ms)
    }

    pub(super) fn fire(&mut self, now: Time, timer: Timer) {
        match timer {
            Timer::Connect => {
                let failed = self.model == ModelHealth::Gone;
                let reason = if failed { EndReason::EngineFailed } else { EndReason::Expired };
                self.close(now, reason, None);
            }
            Timer::Return => self.close(now, EndReason::NetworkLost, None),
            Timer::MaxDuration => self.close(now, EndReason::TimeLimit, Some(phrases::GOODBYE_TIME.to_owned())),
            Timer::Silence => self.silence_over(now),
            Timer::Patience => self.decide(now),
            Timer::TimeBox => self.time_box_over(now),
            Timer::Retry => self.pump(now),
            Timer::Response => self.response_stuck(now),
            Timer::Playout => self.playout_stuck(now),
            Timer::Trouble => self.on_model_failed(now),
            Timer::Budget => self.mind_budget(now),
            Timer::Closing => self.closing_stuck(now),
        }
    }

    fn response_stuck(&mut self, now: Time) {
        let cancelling = matches!(self.flight, Flight::Cancelling { .. });
        self.cancel_response(now);
        if cancelling {
            self.flight = Flight::Clear;
        } else {
            self.utterance_failed(now);
        }
    }

    fn playout_stuck(&mut self, now: Time) {
        let Floor::Interviewer(utterance) = &self.floor else { return };
        let items = utterance.items.clone();
        let heard = self.voice.is_heard(&items);
        if !heard && utterance.speech.tag != SpeechTag::Closing {
            self.utterance_failed(now);
            return;
        }
        self.account_for_open(now);
        self.played(now);
    }

    fn closing_stuck(&mut self, now: Time) {
        let Life::Closing { reason, stage, .. } = self.life else { return };
        match stage {
            Farewell::BeforeApology => self.speak_apology(now),
            Farewell::Speaking { .. } => {
                self.note_closing(Owed::EngineFailed);
                self.hush(now);
                self.close_peer_side(now);
            }
            Farewell::Transcribing => self.save_all(now, reason),
            Farewell::Saving => self.end(false),
        }
    }
}
