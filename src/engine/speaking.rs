//! What the interviewer says: sentence by sentence, from the cache or from the workers.

use super::{Shared, error::EngineError, hearing::wait, pool::Lane, tts::Voice};
use crate::{
    domain::{
        id::{ItemId, ResponseId},
        session::{ModelEvent, ResponseStatus, Speech},
        speech_text,
        usage::{Kind, Source, Usage},
    },
    media::port::{Downlink, DownlinkError, SAMPLE_RATE_HZ},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::{collections::VecDeque, sync::Arc};

pub(super) type Pcm = Arc<[i16]>;

/// A response under way.
struct Response {
    response_id: ResponseId,
    item_id: ItemId,
    /// Sentences to come; the first is the one that is being synthesised.
    rest: VecDeque<String>,
    said: String,
    samples: usize,
    job: Option<BoxFuture<'static, Result<Pcm, EngineError>>>,
}

/// The mouth of one session.
pub(super) struct Speaking {
    shared: Arc<Shared>,
    downlink: Downlink,
    response: Option<Response>,
    /// The item whose audio was queued last.
    last_item: Option<ItemId>,
    /// When the audio that was queued will have been heard, on the audio clock.
    until_ms: u64,
}

impl Speaking {
    pub(super) fn new(shared: Arc<Shared>, downlink: Downlink) -> Self {
        Self { shared, downlink, response: None, last_item: None, until_ms: 0 }
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
        let rest = speech_text::sentences(&speech.words).into();
        let (tag, ids) = (Some(speech.tag), (response_id.clone(), item_id.clone()));
        let mut response = Response { response_id, item_id, rest, said: String::new(), samples: 0, job: None };
        response.job = response.rest.front().map(|sentence| synthesise(&self.shared, sentence, Lane::Speak));
        self.response = Some(response);
        let mut events = vec![
            ModelEvent::ResponseStarted { response_id: ids.0.clone(), tag },
            ModelEvent::AgentItem { response_id: ids.0, item_id: ids.1 },
        ];
        if self.response.as_ref().is_some_and(|response| response.job.is_none()) {
            events.extend(self.finish(ResponseStatus::Completed));
        }
        events
    }

    /// Waits for the next sentence; for ever if nothing is being said.
    pub(super) async fn sentence(&mut self) -> Result<Pcm, EngineError> {
        wait(self.response.as_mut().and_then(|response| response.job.as_mut())).await
    }

    /// Queues a sentence and asks for the next.
    pub(super) fn take(&mut self, sentence: Result<Pcm, EngineError>, now_ms: u64) -> Vec<ModelEvent> {
        let Some(response) = self.response.as_mut() else { return Vec::new() };
        response.job = None;
        let Some(words) = response.rest.pop_front() else { return Vec::new() };
        let pcm = match sentence {
            Ok(pcm) => pcm,
            Err(error) => {
                tracing::warn!(%error, "cannot speak");
                return self.finish(ResponseStatus::Failed);
            }
        };
        if !pcm.is_empty()
            && let Err(error) = self.downlink.push(&response.item_id, pcm.to_vec())
        {
            let status = match error {
                DownlinkError::Full => ResponseStatus::Failed,
                DownlinkError::Closed => ResponseStatus::Cancelled,
            };
            return self.finish(status);
        }
        response.samples += pcm.len();
        self.last_item = Some(response.item_id.clone());
        self.until_ms = self.until_ms.max(now_ms) + samples_ms(pcm.len());
        let space = if response.said.is_empty() { "" } else { " " };
        let delta = format!("{space}{}", speech_text::written_form(&words));
        response.said.push_str(&delta);
        let mut events = vec![ModelEvent::AgentTextDelta { item_id: response.item_id.clone(), delta }];
        match response.rest.front() {
            Some(next) => response.job = Some(synthesise(&self.shared, next, Lane::Speak)),
            None => events.extend(self.finish(ResponseStatus::Completed)),
        }
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
        let Some(Response { response_id, item_id, said, samples, .. }) = self.response.take() else {
            return Vec::new();
        };
        if status != ResponseStatus::Cancelled && samples > 0 {
            // A pacer that cannot hear this is gone, and so is the session.
            let _ = self.downlink.finish(&item_id);
        }
        vec![
            ModelEvent::AgentText { item_id: item_id.clone(), text: said },
            ModelEvent::AgentAudioDone { item_id, received_ms: samples_ms(samples) },
            ModelEvent::Usage(Usage::new(Source::Engine, Voice::MODEL).and(Kind::Spoken, samples_ms(samples))),
            ModelEvent::ResponseDone { response_id, status },
        ]
    }
}

fn samples_ms(samples: usize) -> u64 {
    samples as u64 * 1_000 / u64::from(SAMPLE_RATE_HZ)
}

/// One sentence as audio: from the cache, or synthesised and kept there.
pub(super) fn synthesise(shared: &Shared, sentence: &str, lane: Lane) -> BoxFuture<'static, Result<Pcm, EngineError>> {
    if let Some(pcm) = shared.cache.get(Voice::NAME, sentence) {
        return async move { Ok(pcm) }.boxed();
    }
    let (models, cache, sentence) = (shared.models.clone(), shared.cache.clone(), sentence.to_owned());
    let job = shared.pool.run(lane, move |worker| {
        let started = std::time::Instant::now();
        // Somebody else may have said it while this job waited.
        if let Some(pcm) = cache.get(Voice::NAME, &sentence) {
            return Ok(pcm);
        }
        let pcm: Pcm = models.voice()?.speak(&sentence, worker)?.into();
        metrics::histogram!("viva_engine_speak_seconds").record(started.elapsed().as_secs_f64());
        cache.put(Voice::NAME, &sentence, pcm.clone());
        Ok(pcm)
    });
    job.boxed()
}
