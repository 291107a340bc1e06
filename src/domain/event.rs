//! Live events: the one envelope that reaches the page (data channel), Server-Sent Events and gRPC.
//!
//! The JSON names here are the public contract; `proto/viva/v1/events.proto` has the same fields.

use crate::domain::{audio::codec::Codec, transcript::Item};
use serde::{Deserialize, Serialize};

/// Envelope of every live event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Envelope {
    /// Grows by one within a session, from 1.
    pub id: u64,
    /// Milliseconds from the start of the session's audio (0 before it).
    pub at_ms: u64,
    #[serde(flatten)]
    pub event: LiveEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum LiveEvent {
    #[serde(rename = "session.state")]
    State(StateData),
    #[serde(rename = "turn")]
    Turn(TurnData),
    #[serde(rename = "question")]
    Question(QuestionData),
    #[serde(rename = "transcript.item")]
    Item(ItemData),
    #[serde(rename = "quality")]
    Quality(QualityData),
    #[serde(rename = "notice")]
    Notice(NoticeData),
    #[serde(rename = "session.ended")]
    Ended(EndedData),
}

/// `session.state`
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StateData {
    /// `created | connecting | active | reconnecting | closing | ended`
    pub status: &'static str,
    pub end_reason: Option<&'static str>,
    /// Name of the speech engine.
    pub engine: String,
    pub question: QuestionNumber,
    /// `user`, `assistant` or null.
    pub speaker: Option<&'static str>,
    /// The interview closes politely at this `at_ms`.
    pub time_limit_ms: u64,
}

/// Where the interview stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct QuestionNumber {
    /// From 1; 0 before the first question.
    pub number: u32,
    pub total: u32,
}

/// `turn`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TurnData {
    /// Whose turn it is: `user`, `assistant` or null.
    pub speaker: Option<&'static str>,
    /// `listening`, `thinking`, `speaking` or `idle`.
    pub state: &'static str,
}

/// `question`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionData {
    pub number: u32,
    pub total: u32,
    pub text: String,
}

/// `transcript.item`: an upsert by `item_id`; an older `revision` is ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemData {
    pub item_id: String,
    pub role: &'static str,
    pub content: String,
    pub generated_content: String,
    pub start_ms: u64,
    pub end_ms: Option<u64>,
    pub state: &'static str,
    pub question: Option<u32>,
    pub revision: u32,
}

impl From<&Item> for ItemData {
    fn from(item: &Item) -> Self {
        Self {
            item_id: item.item_id.as_str().to_owned(),
            role: item.role.as_str(),
            content: item.content.clone(),
            generated_content: item.generated_content.clone(),
            start_ms: item.start_ms,
            end_ms: item.end_ms,
            state: item.state.as_str(),
            question: item.question,
            revision: item.revision,
        }
    }
}

/// `quality`: of the candidate's microphone as it arrives here, since the report before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct QualityData {
    /// Lost packets over expected ones, 0 to 1.
    pub loss_ratio: f64,
    pub jitter_ms: f64,
    /// `None` until a receiver report came back.
    pub rtt_ms: Option<f64>,
    /// Frames that had to be made up over all frames, 0 to 1.
    pub concealed_ratio: f64,
    /// Estimated mean opinion score of the candidate's voice (ITU-T G.107), 1 to 4.5. `None` while nothing is heard.
    pub mos: Option<f64>,
    /// The same of the interviewer's voice where the candidate hears it. `None` until the client reported.
    pub agent_mos: Option<f64>,
    /// From the last packet with the candidate's voice to the first of the interviewer's answer, the last time.
    pub voice_to_voice_ms: Option<u64>,
    /// What the candidate's side speaks, and is spoken to in.
    pub codec: Codec,
}

/// `notice`: something a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeData {
    pub code: &'static str,
    pub text: String,
    /// `info`, `warning` or `error`.
    pub level: &'static str,
}

/// `session.ended`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndedData {
    pub end_reason: &'static str,
    /// Everything that was acknowledged is durable.
    pub saved: bool,
    /// Path of the results page when the candidate may read it.
    pub results_url: Option<String>,
}

/// What the page sends, over the data channel or `POST …/actions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
pub enum ClientMessage {
    /// "I'm finished": the answer ends now.
    #[serde(rename = "candidate.finished")]
    Finished,
    /// "I need a moment": nobody speaks for a while.
    #[serde(rename = "candidate.wait")]
    Wait,
    /// "Repeat the question".
    #[serde(rename = "candidate.repeat")]
    Repeat,
    /// A typed answer.
    #[serde(rename = "candidate.text")]
    Text { text: String },
    /// The browser's own inbound statistics.
    #[serde(rename = "candidate.stats")]
    Stats(ClientStats),
}

/// `candidate.stats`: the browser's inbound-rtp report (W3C webrtc-stats names), all optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientStats {
    /// Seconds, cumulative.
    pub jitter_buffer_delay: Option<f64>,
    pub jitter_buffer_emitted_count: Option<f64>,
    pub packets_lost: Option<f64>,
    pub packets_received: Option<f64>,
    pub concealed_samples: Option<f64>,
    /// Those of `concealed_samples` that are silence: nothing is sent while the interviewer is silent.
    pub silent_concealed_samples: Option<f64>,
    pub total_samples_received: Option<f64>,
    /// Seconds.
    pub round_trip_time: Option<f64>,
}

impl ClientStats {
    /// Samples that the browser made up of those that were to be heard, and these, cumulative: where nothing is sent,
    /// it fills in silence, which is in neither. NaN for what it does not say.
    pub fn concealed_and_played(&self) -> (f64, f64) {
        let said = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let silent = said(self.silent_concealed_samples);
        (said(self.concealed_samples) - silent, said(self.total_samples_received) - silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_that_a_browser_fills_in_is_no_loss() {
        // As Chromium reports it after 10 s of which 4 s had a voice, 20 ms of them made up.
        let stats = ClientStats {
            concealed_samples: Some(288_960.0),
            silent_concealed_samples: Some(288_000.0),
            total_samples_received: Some(480_000.0),
            ..ClientStats::default()
        };
        assert_eq!(stats.concealed_and_played(), (960.0, 192_000.0));
        let unsaid = ClientStats { silent_concealed_samples: None, ..stats };
        assert!(unsaid.concealed_and_played().0.is_nan(), "how much is silence is not known");
    }
}
