//! What the interviewer says: sentence by sentence, from the cache or from the workers; in the script's words, or in
//! those of a chat endpoint as they come.

use super::{
    Shared,
    error::EngineError,
    hearing::wait,
    models::Models,
    phrasing::{Phrased, Phrasing},
    pool::{Lane, Worker},
    tts::Voice,
};
use crate::{
    chat::{Chat, ChatUsage},
    domain::{
        brief::Task,
        id::{ItemId, ResponseId},
        proof::{StandIn, Wording},
        session::{ModelEvent, ResponseStatus, Speech},
        speech_text,
        usage::{Kind, Source, Usage},
    },
    media::port::{Downlink, DownlinkError, PreparedSpeech, SAMPLE_RATE_HZ},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{collections::VecDeque, sync::Arc};
use tokio::time::Instant;

/// A sentence as audio.
pub(super) enum Said {
    /// Others may say it too.
    Shared(Arc<PreparedSpeech>),
    /// Nobody else will.
    Once(Vec<i16>),
}

impl Said {
    fn samples(&self) -> usize {
        match self {
            Self::Shared(speech) => speech.pcm().len(),
            Self::Once(pcm) => pcm.len(),
        }
    }

    fn queue(self, downlink: &Downlink, item_id: &ItemId) -> Result<(), DownlinkError> {
        match self {
            Self::Shared(speech) => downlink.push_prepared(item_id, speech),
            Self::Once(pcm) => downlink.push(item_id, pcm),
        }
    }
}

type Sentence = BoxFuture<'static, Result<Said, EngineError>>;

/// A response under way.
struct Response {
    response_id: ResponseId,
    item_id: ItemId,
    /// Sentences to come; the first is the one that is being synthesised.
    rest: VecDeque<String>,
    said: String,
    samples: usize,
    job: Option<Sentence>,
    /// A model words it, and has not come to the end.
    phrasing: Option<Phrasing>,
    /// The script's words, for the model that fails.
    script: String,
    /// Who worded it, where that was open.
    worded: Option<(Wording, Option<StandIn>)>,
    /// When the first sentence was complete.
    worded_at: Option<Instant>,
}

/// What became known while the interviewer speaks.
pub(super) enum Progress {
    Sentence(Result<Said, EngineError>),
    Phrased(Phrased),
    /// Tokens of a chat endpoint.
    Usage(Option<ChatUsage>),
}

/// The mouth of one session.
pub(super) struct Speaking {
    shared: Arc<Shared>,
    downlink: Downlink,
    chat: Option<Chat>,
    response: Option<Response>,
    /// What the last words of a model cost is not known yet.
    settling: Option<BoxFuture<'static, Option<ChatUsage>>>,
    /// The item whose audio was queued last.
    last_item: Option<ItemId>,
    /// When the audio that was queued will have been heard, on the audio clock.
    until_ms: u64,
}

impl Speaking {
    /// `chat`: words what comes with a brief.
    pub(super) fn new(shared: Arc<Shared>, downlink: Downlink, chat: Option<Chat>) -> Self {
        Self { shared, downlink, chat, response: None, settling: None, last_item: None, until_ms: 0 }
    }

    /// Whether the interviewer can be heard at `now_ms`, or is about to be.
    pub(super) fn is_active(&self, now_ms: u64) -> bool {
        self.response.is_some() || self.until_ms > now_ms
    }

    /// Somebody else stopped the audio of this item; if it was the last, nothing can be heard any more.
    pub(super) fn was_cut(&mut self, item_id: &ItemId) {
        if self.response.is_none() && self.last_item.as_ref() == Some(item_id) {
            self.until_ms = 0;
        }
    }

    /// Begins a response. The first sentence is asked for at once.
    pub(super) fn begin(&mut self, response_id: ResponseId, item_id: ItemId, speech: &Speech) -> Vec<ModelEvent> {
        let phrasing = match (&self.chat, &speech.brief) {
            (Some(chat), Some(brief)) => Some(Phrasing::begin(chat, brief)),
            _ => None,
        };
        let rest = if phrasing.is_some() { Vec::new() } else { speech_text::sentences(&speech.words) };
        let (tag, ids) = (Some(speech.tag), (response_id.clone(), item_id.clone()));
        let mut response = Response {
            response_id,
            item_id,
            rest: rest.into(),
            said: String::new(),
            samples: 0,
            job: None,
            phrasing,
            script: speech.words.clone(),
            worded: None,
            worded_at: None,
        };
        response.synthesise_next(&self.shared);
        self.response = Some(response);
        let mut events = vec![
            ModelEvent::ResponseStarted { response_id: ids.0.clone(), tag },
            ModelEvent::AgentItem { response_id: ids.0, item_id: ids.1 },
        ];
        events.extend(self.finish_if_said());
        events
    }

    /// Waits for what comes next; for ever if nothing is being said. Cancel safe.
    pub(super) async fn progress(&mut self) -> Progress {
        let (job, phrasing) = match &mut self.response {
            Some(response) => (response.job.as_mut(), response.phrasing.as_mut()),
            None => (None, None),
        };
        let phrased = async {
            match phrasing {
                Some(phrasing) => phrasing.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            sentence = wait(job) => Progress::Sentence(sentence),
            phrased = phrased => Progress::Phrased(phrased),
            usage = wait(self.settling.as_mut()) => Progress::Usage(usage),
        }
    }

    /// Goes on with what became known.
    pub(super) fn take(&mut self, progress: Progress, now_ms: u64) -> Vec<ModelEvent> {
        match progress {
            Progress::Sentence(sentence) => self.take_sentence(sentence, now_ms),
            Progress::Phrased(phrased) => self.take_phrased(phrased),
            Progress::Usage(usage) => {
                self.settling = None;
                let model = self.chat.as_ref().map(Chat::model).unwrap_or_default();
                usage.map(|usage| ModelEvent::Usage(tokens(model, usage))).into_iter().collect()
            }
        }
    }

    fn take_phrased(&mut self, phrased: Phrased) -> Vec<ModelEvent> {
        let Some(response) = self.response.as_mut() else { return Vec::new() };
        match phrased {
            Phrased::Sentence(sentence) => {
                response.worded = Some((Wording::Model, None));
                response.worded_at.get_or_insert_with(Instant::now);
                response.rest.push_back(sentence);
            }
            Phrased::Whole => self.settling = response.phrasing.take().map(Phrasing::settle),
            Phrased::Lacking(reason) => {
                let Some(phrasing) = response.phrasing.take() else { return Vec::new() };
                metrics::counter!("viva_phrasing_stand_ins_total", "reason" => reason.as_str()).increment(1);
                // A word of acknowledgement is not owed.
                if phrasing.task() == Task::FollowUp {
                    let (worded_by, _) = response.worded.unwrap_or_default();
                    response.worded = Some((worded_by, Some(reason)));
                    response.rest.extend(speech_text::sentences(&response.script));
                }
                self.settling = Some(phrasing.settle());
            }
        }
        response.synthesise_next(&self.shared);
        self.finish_if_said()
    }

    /// Ends the response when nothing more is to be said.
    fn finish_if_said(&mut self) -> Vec<ModelEvent> {
        let over = |response: &Response| response.job.is_none() && response.phrasing.is_none();
        if self.response.as_ref().is_some_and(over) { self.finish(ResponseStatus::Completed) } else { Vec::new() }
    }

    /// Queues a sentence and asks for the next.
    fn take_sentence(&mut self, sentence: Result<Said, EngineError>, now_ms: u64) -> Vec<ModelEvent> {
        let Some(response) = self.response.as_mut() else { return Vec::new() };
        response.job = None;
        let Some(words) = response.rest.pop_front() else { return Vec::new() };
        let said = match sentence {
            Ok(said) => said,
            Err(error) => {
                tracing::warn!(%error, "cannot speak");
                return self.finish(ResponseStatus::Failed);
            }
        };
        let samples = said.samples();
        if samples > 0
            && let Err(error) = said.queue(&self.downlink, &response.item_id)
        {
            let status = match error {
                DownlinkError::Full => ResponseStatus::Failed,
                DownlinkError::Closed => ResponseStatus::Cancelled,
            };
            return self.finish(status);
        }
        if let Some(worded_at) = response.worded_at.take() {
            metrics::histogram!("viva_phrasing_first_audio_seconds").record(worded_at.elapsed().as_secs_f64());
        }
        response.samples += samples;
        self.last_item = Some(response.item_id.clone());
        self.until_ms = self.until_ms.max(now_ms) + samples_ms(samples);
        let space = if response.said.is_empty() { "" } else { " " };
        let delta = format!("{space}{}", speech_text::written_form(&words));
        response.said.push_str(&delta);
        let mut events = vec![ModelEvent::AgentTextDelta { item_id: response.item_id.clone(), delta }];
        response.synthesise_next(&self.shared);
        events.extend(self.finish_if_said());
        events
    }

    /// Stops: what is queued is dropped at once, a response under way ends as cancelled.
    pub(super) fn stop(&mut self, now_ms: u64) -> Vec<ModelEvent> {
        if !self.is_active(now_ms) {
            return Vec::new();
        }
        if let Err(error) = self.downlink.flush() {
            // The session is gone, and its audio with it.
            tracing::debug!(%error, "cannot stop the audio");
        }
        self.until_ms = 0;
        self.finish(ResponseStatus::Cancelled)
    }

    fn finish(&mut self, status: ResponseStatus) -> Vec<ModelEvent> {
        let Some(Response { response_id, item_id, said, samples, worded, .. }) = self.response.take() else {
            return Vec::new();
        };
        if status != ResponseStatus::Cancelled && samples > 0 {
            // A pacer that cannot hear this is gone, and so is the session.
            let _ = self.downlink.finish(&item_id);
        }
        let worded = worded.filter(|_| samples > 0).map(|(worded_by, stand_in)| {
            let item_id = item_id.clone();
            ModelEvent::Phrased { item_id, worded_by, stand_in }
        });
        let mut events = Vec::from_iter(worded);
        events.extend([
            ModelEvent::AgentText { item_id: item_id.clone(), text: said },
            ModelEvent::AgentAudioDone { item_id, received_ms: samples_ms(samples) },
            ModelEvent::Usage(Usage::new(Source::Engine, Voice::MODEL).and(Kind::Spoken, samples_ms(samples))),
            ModelEvent::ResponseDone { response_id, status },
        ]);
        events
    }
}

impl Response {
    /// Asks for the audio of the next sentence, if there is one and none is being made.
    fn synthesise_next(&mut self, shared: &Shared) {
        if self.job.is_none() {
            // What a model words may hold what the candidate said: it is not kept for others.
            let is_model = self.phrasing.is_some() || matches!(self.worded, Some((Wording::Model, _)));
            self.job = self.rest.front().map(|sentence| match is_model {
                true => synthesise_once(shared, sentence).boxed(),
                false => synthesise(shared, sentence, Lane::Speak).map(|said| said.map(Said::Shared)).boxed(),
            });
        }
    }
}

/// What a chat endpoint says that its words cost.
fn tokens(model: &str, usage: ChatUsage) -> Usage {
    Usage::new(Source::Chat, model)
        .and(Kind::InputText, usage.input_tokens.saturating_sub(usage.cached_tokens))
        .and(Kind::CachedText, usage.cached_tokens)
        .and(Kind::OutputText, usage.output_tokens)
}

fn samples_ms(samples: usize) -> u64 {
    samples as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)
}

/// One sentence as audio: from the cache, or synthesised and kept there.
pub(super) fn synthesise(
    shared: &Shared,
    sentence: &str,
    lane: Lane,
) -> BoxFuture<'static, Result<Arc<PreparedSpeech>, EngineError>> {
    let cached = shared.cache.get(Voice::NAME, sentence);
    let result = if cached.is_some() { "hit" } else { "miss" };
    metrics::counter!("viva_prepared_speech_total", "result" => result).increment(1);
    if let Some(speech) = cached {
        encode(shared, sentence, &speech);
        return async move { Ok(speech) }.boxed();
    }
    let (models, cache, sentence) = (shared.models.clone(), shared.cache.clone(), sentence.to_owned());
    let job = shared.pool.run(lane, move |worker| {
        // Somebody else may have said it while this job waited.
        if let Some(speech) = cache.get(Voice::NAME, &sentence) {
            return Ok(speech);
        }
        let speech = Arc::new(PreparedSpeech::new(speak(&models, &sentence, worker)?));
        cache.put(Voice::NAME, &sentence, speech.clone());
        Ok(speech)
    });
    job.boxed()
}

/// Has a sentence that is kept encoded, once: for all who say it from then on. Nobody waits for it.
pub(super) fn encode(shared: &Shared, sentence: &str, speech: &Arc<PreparedSpeech>) {
    if speech.pcm().is_empty() || !speech.claim() {
        return;
    }
    let (cache, sentence, claimed) = (shared.cache.clone(), sentence.to_owned(), speech.clone());
    let job = move || {
        if let Err(error) = claimed.prepare() {
            tracing::warn!(%error, "a sentence was not encoded ahead");
        }
        cache.put(Voice::NAME, &sentence, claimed);
    };
    if shared.pool.spawn(Lane::Ahead, job).is_err() {
        speech.release();
    }
}

/// One sentence that is not kept.
fn synthesise_once(shared: &Shared, sentence: &str) -> impl Future<Output = Result<Said, EngineError>> + Send + use<> {
    let (models, sentence) = (shared.models.clone(), sentence.to_owned());
    shared.pool.run(Lane::Speak, move |worker| speak(&models, &sentence, worker).map(Said::Once))
}

fn speak(models: &Models, sentence: &str, worker: &Worker) -> Result<Vec<i16>, EngineError> {
    let started = std::time::Instant::now();
    let pcm = models.voice()?.speak(sentence, worker)?;
    metrics::histogram!("viva_engine_speak_seconds").record(started.elapsed().as_secs_f64());
    Ok(pcm)
}
