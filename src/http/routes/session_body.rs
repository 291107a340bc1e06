//! What is sent to the session routes, and what they answer, as the API's description shows it.

use crate::{
    domain::{
        event::{QualityData, QuestionNumber},
        load::CodecPolicy,
        session::{EndReason, Status},
        transcript::Role,
    },
    http::routes::live_body::IceServerBody,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of `POST /api/interview/start`.
#[derive(Deserialize, ToSchema)]
pub struct Start {
    /// Who is interviewed, in your own words; for a user's token it is the user. Needed without an invitation.
    #[schema(min_length = 1, max_length = 128, example = "test-user")]
    pub user_id: Option<String>,
    /// The interview to hold; `kind` goes before it.
    #[schema(example = "general")]
    pub interview_id: Option<String>,
    /// One of the built-in interviews of `GET /api/v1/kinds`; `general` when neither is given.
    #[schema(example = "tryout")]
    pub kind: Option<String>,
    /// The candidate's name.
    #[schema(min_length = 1, max_length = 80, example = "Ada")]
    pub name: Option<String>,
    /// The code of an invitation link, in place of a credential.
    #[schema(example = json!(null))]
    pub invite: Option<String>,
    /// What this session speaks with the candidate's browser, in place of what the interview says. Not with an
    /// invitation.
    pub audio_codec: Option<CodecPolicy>,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub struct Started {
    #[schema(example = "ses_01k0000000000000000000000a")]
    pub session_id: String,
    #[schema(value_type = Status)]
    pub status: &'static str,
    /// The candidate's token for this session, shown once: `Authorization: Bearer …`.
    pub token: String,
    /// For `RTCPeerConnection`.
    pub ice_servers: Vec<IceServerBody>,
    /// When it ends if nobody connects.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Where the candidate's browser goes.
    pub page_url: String,
    /// The sound of it is recorded; the candidate is told before agreeing.
    pub recording: bool,
    pub consent: ConsentText,
    pub endpoints: Endpoints,
}

/// The text that a candidate agrees to.
#[derive(Serialize, ToSchema)]
pub struct ConsentText {
    /// No media is processed before the candidate agreed.
    pub required: bool,
    pub version: &'static str,
    pub text: &'static str,
}

/// Paths of this session, below the server's address.
#[derive(Serialize, ToSchema)]
pub struct Endpoints {
    pub offer: String,
    pub answer: String,
    pub ice_candidate: String,
    pub ice_servers: String,
    pub status: String,
    pub transcript: String,
    pub results: String,
    pub end: String,
    pub actions: String,
    pub events: String,
    pub consent: String,
    /// The same by WHIP (RFC 9725), for clients that speak no JSON.
    pub whip: String,
}

/// Body of `POST …/consent`.
#[derive(Deserialize, ToSchema)]
pub struct ConsentBody {
    /// Version of the text that was shown.
    #[schema(example = "2026-11-21")]
    pub version: String,
}

/// Consent as it is kept.
#[derive(Serialize, ToSchema)]
pub struct ConsentKept {
    pub session_id: String,
    pub consent: ConsentGiven,
}

/// Which text, and when.
#[derive(Serialize, ToSchema)]
pub struct ConsentGiven {
    pub version: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
}

/// What a session is doing; null where nothing is known.
#[derive(Serialize, ToSchema)]
pub struct SessionStatus {
    pub session_id: String,
    #[schema(value_type = Status)]
    pub status: &'static str,
    #[schema(value_type = Option<EndReason>, required)]
    pub end_reason: Option<&'static str>,
    pub question: QuestionNumber,
    /// Whose turn it is: `user`, `assistant` or null.
    #[schema(value_type = Option<Role>, required)]
    pub speaker: Option<&'static str>,
    /// Of the candidate's microphone as it arrives.
    #[schema(required)]
    pub quality: Option<QualityData>,
    pub engine: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When media flowed for the first time.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub title: String,
    pub description: String,
    pub question_count: usize,
    pub duration_minutes: u64,
    /// After this long from the first media it closes politely, in milliseconds.
    pub time_limit_ms: u64,
    /// Who invites; empty where the author did not say.
    pub host: String,
    /// Where the candidate finds help; empty where the author did not say.
    pub contact: String,
    /// What happens after the interview; empty where the author did not say.
    pub next_steps: String,
    pub recording: bool,
    pub candidate_may_read_results: bool,
    pub consent: ConsentState,
    /// Path of the page with the results, when the candidate may read it.
    #[schema(required)]
    pub results_url: Option<String>,
}

/// The text, whether it is needed, and when it was agreed to.
#[derive(Serialize, ToSchema)]
pub struct ConsentState {
    pub required: bool,
    pub version: &'static str,
    pub text: &'static str,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    pub given_at: Option<Timestamp>,
}

/// One message of the client's own copy of the conversation.
#[derive(Deserialize, ToSchema)]
pub struct ClientTranscriptMessage {
    pub role: Role,
    pub content: String,
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T12:00:00Z")]
    pub timestamp: Timestamp,
}

/// Body of `POST …/transcript`.
#[derive(Deserialize, ToSchema)]
pub struct ClientTranscript {
    #[schema(max_items = 2000)]
    pub messages: Vec<ClientTranscriptMessage>,
}

/// It was done.
#[derive(Serialize, ToSchema)]
pub struct Done {
    pub success: bool,
    pub session_id: String,
}

/// How a session ended.
#[derive(Serialize, ToSchema)]
pub struct Ended {
    pub success: bool,
    pub session_id: String,
    #[schema(value_type = Status)]
    pub status: &'static str,
    #[schema(value_type = Option<EndReason>, required)]
    pub end_reason: Option<&'static str>,
}

/// What was said: by the server's ears, and as the client sent it.
#[derive(Serialize, ToSchema)]
pub struct Transcripts {
    pub session_id: String,
    pub transcript: Vec<crate::results::ResultItem>,
    #[schema(required)]
    pub client_transcript: Option<Vec<crate::store::ClientMessage>>,
}
