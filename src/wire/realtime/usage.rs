//! Usage as servers report it, as the kinds that have prices. Cached tokens are part of the input tokens there; here
//! every token is counted once. Tokens of which the server does not say what they are stay tokens of no kind.

use super::{InputTokenDetails, TranscriptionUsage, Usage as Reported};
use crate::domain::usage::{Kind, Source, Usage};

/// No transcription is longer, in seconds: a day.
const SECONDS_MAX: f64 = 86_400.0;

impl Reported {
    /// The usage of a response of `model`.
    pub fn of_response(&self, model: &str) -> Usage {
        let usage = input(Usage::new(Source::Realtime, model), self.input_tokens, &self.input_token_details);
        let out = &self.output_token_details;
        let known = out.text_tokens.saturating_add(out.audio_tokens);
        usage
            .and(Kind::OutputText, out.text_tokens)
            .and(Kind::OutputAudio, out.audio_tokens)
            .and(Kind::Output, self.output_tokens.saturating_sub(known))
    }
}

impl TranscriptionUsage {
    /// The usage of a transcription by `model`: seconds or tokens, as the server charges for it.
    pub fn of_transcription(&self, model: &str) -> Usage {
        let usage = Usage::new(Source::Transcription, model);
        if let Some(seconds) = self.seconds.filter(|seconds| *seconds > 0.0) {
            return usage.and(Kind::Heard, (seconds.min(SECONDS_MAX) * 1_000.0).round() as u64);
        }
        let details = self.input_token_details.clone().unwrap_or_default();
        let usage = input(usage, self.input_tokens.unwrap_or_default(), &details);
        usage.and(Kind::OutputText, self.output_tokens.unwrap_or_default())
    }
}

fn input(usage: Usage, total: u64, details: &InputTokenDetails) -> Usage {
    let (text, audio, image) = (details.text_tokens, details.audio_tokens, details.image_tokens.unwrap_or_default());
    let (cached_text, cached_audio, cached_image) = match &details.cached_tokens_details {
        Some(cached) => (
            cached.text_tokens.min(text),
            cached.audio_tokens.min(audio),
            cached.image_tokens.unwrap_or_default().min(image),
        ),
        // Instructions come first in a conversation, and the beginning is what is cached.
        None => {
            let cached = details.cached_tokens.unwrap_or_default();
            let of_text = cached.min(text);
            let of_audio = (cached - of_text).min(audio);
            (of_text, of_audio, (cached - of_text - of_audio).min(image))
        }
    };
    usage
        .and(Kind::InputText, text - cached_text)
        .and(Kind::InputAudio, audio - cached_audio)
        .and(Kind::InputImage, image - cached_image)
        .and(Kind::CachedText, cached_text)
        .and(Kind::CachedAudio, cached_audio)
        .and(Kind::CachedImage, cached_image)
        .and(Kind::Input, total.saturating_sub(text.saturating_add(audio).saturating_add(image)))
}
