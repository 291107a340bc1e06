//! What goes into the store and comes out of it.

use super::second_pass::SecondPass;
use crate::domain::{
    audio::codec::Codec,
    auth::{Owner, TokenHash},
    id::SessionId,
    interview::Interview,
    proof::{PlanProof, QuestionProof},
    quality::{FrameCounts, meter::SessionQuality},
    second_pass::Version,
    session::{EndReason, Status},
    transcript::Item,
    usage::UsageTotal,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub session_id: SessionId,
    pub owner: Owner,
    /// Who is interviewed, in the words of who started it.
    pub user_id: Option<String>,
    /// The plan, frozen.
    pub interview: Interview,
    /// Name of the speech engine.
    pub engine: String,
    pub token_hash: TokenHash,
    pub consent_required: bool,
    /// Consent that was obtained before.
    pub consent: Option<Consent>,
    pub created_at: Timestamp,
    /// When it ends if nobody connects.
    pub expires_at: Timestamp,
}

/// That somebody agreed to be interviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Version of the text that was shown.
    pub version: String,
    /// `candidate`, or who vouches for it.
    pub given_by: String,
    pub given_at: Timestamp,
}

/// One message of the client's own copy of the transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClientMessage {
    pub role: String,
    pub content: String,
    /// As the client sent it: text or number.
    #[serde(default)]
    pub timestamp: serde_json::Value,
}

/// The candidate's audio as it arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AudioQuality {
    /// Lost packets over expected ones, 0 to 1.
    pub loss_ratio: Option<f64>,
    pub jitter_ms: Option<f64>,
    /// Concealed frames over all frames, 0 to 1.
    pub concealed_ratio: Option<f64>,
    #[serde(default)]
    pub rtt_ms: Option<f64>,
    /// Estimated mean opinion score of the candidate's voice (ITU-T G.107), 1 to 4.5.
    #[serde(default)]
    pub mos: Option<f64>,
    /// The same of the interviewer's voice where the candidate heard it.
    #[serde(default)]
    pub agent_mos: Option<f64>,
    /// From the last packet with the candidate's voice to the first of the interviewer's answer: half of the answers
    /// were not later, and 95 of 100.
    #[serde(default)]
    pub voice_to_voice_p50_ms: Option<u64>,
    #[serde(default)]
    pub voice_to_voice_p95_ms: Option<u64>,
    /// The candidate's voice in frames of 20 ms.
    #[serde(default)]
    pub frames: Option<FrameCounts>,
    /// What was spoken with the candidate's side, last.
    #[serde(default)]
    pub codec: Option<Codec>,
}

impl From<&SessionQuality> for AudioQuality {
    fn from(whole: &SessionQuality) -> Self {
        Self {
            loss_ratio: whole.loss_ratio,
            jitter_ms: whole.jitter_ms,
            concealed_ratio: (whole.frames.total > 0).then(|| whole.frames.concealed_ratio()),
            rtt_ms: whole.rtt_ms,
            mos: whole.mos,
            agent_mos: whole.agent_mos,
            voice_to_voice_p50_ms: whole.voice_to_voice_p50_ms,
            voice_to_voice_p95_ms: whole.voice_to_voice_p95_ms,
            frames: Some(whole.frames),
            codec: Some(whole.codec),
        }
    }
}

/// Everything about a session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    pub session_id: SessionId,
    pub owner: Owner,
    pub user_id: Option<String>,
    pub interview: Interview,
    pub engine: String,
    pub token_hash: TokenHash,
    pub consent_required: bool,
    /// In the order in which they were given.
    pub consents: Vec<Consent>,
    pub status: Status,
    pub end_reason: Option<EndReason>,
    pub created_at: Timestamp,
    /// Media flowed for the first time.
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub interruptions: u32,
    /// The last step of the session core that is in here.
    pub sequence: u64,
    /// Ordered by `(start_ms, position)`.
    pub items: Vec<Item>,
    /// The questions that were come to, by number.
    pub questions: Vec<QuestionRecord>,
    /// What became of the words that every interview owes; `None` before any was said.
    pub plan: Option<PlanProof>,
    pub client_transcript: Option<Vec<ClientMessage>>,
    pub audio_quality: Option<AudioQuality>,
    /// What it used so far.
    pub usage: Vec<UsageTotal>,
    /// The answers that were heard once more.
    pub second_pass: Vec<SecondPass>,
}

/// How far a question came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRecord {
    /// From 1.
    pub number: u32,
    /// `answered`, `asked` or `skipped`.
    pub status: String,
    pub reason: Option<String>,
    /// Follow-ups that were asked.
    pub follow_ups: Vec<String>,
    /// What was done with it and why; `None` for sessions of before this was kept.
    pub proof: Option<QuestionProof>,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    pub session_id: SessionId,
    pub user_id: Option<String>,
    pub status: Status,
    pub end_reason: Option<EndReason>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The session that the page before ended with.
    pub after: Option<SessionId>,
    /// At most this many; more than 200 counts as 200.
    pub limit: u32,
}

/// An invite that is made.
#[derive(Clone, Debug)]
pub struct NewInvite {
    pub invite_id: String,
    pub code_hash: TokenHash,
    pub owner: Owner,
    pub interview: Interview,
    /// How often a session may be started with it.
    pub attempts_limit: u32,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    pub created_at: Timestamp,
}

/// An invite as it is now.
#[derive(Clone, Debug)]
pub struct Invite {
    pub invite_id: String,
    pub owner: Owner,
    pub interview: Interview,
    pub attempts_limit: u32,
    pub attempts_used: u32,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
}

/// What came of using an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteUse {
    /// The session is kept, one attempt is gone.
    Started,
    /// No invite has this code.
    NoSuchInvite,
    /// The window has not opened yet.
    NotOpenYet,
    /// The window is over.
    Over,
    /// All attempts are used.
    UsedUp,
}

impl SessionRecord {
    /// The words of an item in the version that is shown: what is scored, quoted and exported.
    pub fn shown_words<'a>(&'a self, item: &'a Item) -> &'a str {
        let shown = |pass: &&SecondPass| pass.item_id == item.item_id && pass.shown == Version::SecondPass;
        self.second_pass.iter().find(shown).map_or(&item.content, |pass| &pass.content)
    }
}
