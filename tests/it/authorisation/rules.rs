//! Who may do what: one line an operation.

use super::{Expected, Who};

/// What an operation is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Nothing,
    /// The body that starts a session.
    Start,
    /// A session of the owner's.
    Session,
    /// The same, with an offer as its body.
    Description,
    /// A connection of such a session, made by WHIP.
    Whip,
    /// An address and a code that is not its own.
    SignIn,
    /// An address without proof, and a name.
    Unproved,
    /// A connection of a voice session that there is not yet.
    VoiceConnect,
    /// A voice session of the owner's.
    VoiceSession,
    /// The history of the caller's own voice sessions.
    VoiceHistory,
    /// A question of a built-in interview.
    Question,
    /// An interviewer, asked to say nothing.
    Persona,
    /// A scorecard of the owner's for a session that is over.
    Scorecard,
    /// An interview of the owner's.
    Interview,
    /// An invitation to it.
    OwnInvite,
    /// A room that the owner has made.
    Room,
    /// An endpoint of the owner's.
    Webhook,
    /// A delivery to it.
    Delivery,
    /// An invitation that does not exist: its code is the credential, so that anybody gets the same answer.
    Invite,
}

/// One line.
pub struct Rule {
    pub method: &'static str,
    pub path: &'static str,
    pub thing: Thing,
    law: Law,
}

/// Whom a rule lets in, and what the others hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Law {
    /// Credentials are not looked at.
    Anybody,
    /// The code in the path is the credential; an unknown one is not found.
    Code,
    /// Platforms and users make things of their own; a candidate makes nothing.
    Makers,
    /// Platforms alone.
    Platforms,
    /// The platform, the owner and the candidate of this session.
    Participants,
    /// The platform and the owner.
    Readers,
    /// Nobody, whoever asks, without proof of the address that the body names.
    Proved,
    /// It is there in development alone.
    Absent,
    /// Users alone join; a platform has no name to join with.
    Users,
    /// Users who are in the room.
    Members,
    /// The voice contract: platforms and users for themselves; 403 for what is foreign.
    VoiceMakers,
    /// The same for a session that there is.
    VoiceOwner,
}

const fn rule(method: &'static str, path: &'static str, thing: Thing, law: Law) -> Rule {
    Rule { method, path, thing, law }
}

/// Every operation.
pub const RULES: &[Rule] = &[
    rule("GET", "/healthz", Thing::Nothing, Law::Anybody),
    rule("GET", "/readyz", Thing::Nothing, Law::Anybody),
    rule("GET", "/api/interview/health", Thing::Nothing, Law::Anybody),
    rule("GET", "/metrics", Thing::Nothing, Law::Platforms),
    rule("GET", "/api/v1/kinds", Thing::Nothing, Law::Anybody),
    rule("GET", "/api/v1/invites/{code}", Thing::Invite, Law::Code),
    rule("GET", "/api/v1/personas", Thing::Nothing, Law::Makers),
    rule("POST", "/api/v1/personas/{name}/preview", Thing::Persona, Law::Makers),
    rule("GET", "/api/v1/problems", Thing::Nothing, Law::Platforms),
    rule("GET", "/api/v1/me", Thing::Nothing, Law::Makers),
    rule("GET", "/api/v1/sessions", Thing::Nothing, Law::Makers),
    rule("POST", "/api/v1/interviews", Thing::Interview, Law::Makers),
    rule("GET", "/api/v1/interviews", Thing::Interview, Law::Makers),
    rule("GET", "/api/v1/interviews/{interview_id}", Thing::Interview, Law::Readers),
    rule("PATCH", "/api/v1/interviews/{interview_id}", Thing::Interview, Law::Readers),
    rule("DELETE", "/api/v1/interviews/{interview_id}", Thing::Interview, Law::Readers),
    rule("POST", "/api/v1/interviews/{interview_id}/invites", Thing::OwnInvite, Law::Readers),
    rule("GET", "/api/v1/interviews/{interview_id}/invites", Thing::OwnInvite, Law::Readers),
    rule("DELETE", "/api/v1/interviews/{interview_id}/invites/{invite_id}", Thing::OwnInvite, Law::Readers),
    rule("POST", "/api/interview/start", Thing::Start, Law::Makers),
    rule("GET", "/api/interview/usage", Thing::Nothing, Law::Makers),
    rule("POST", "/api/interview/{session_id}/rtc/offer", Thing::Description, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rtc/answer", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rtc/ice-candidate", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/ice-servers", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/whip", Thing::Description, Law::Participants),
    rule("PATCH", "/api/interview/{session_id}/whip/{resource}", Thing::Whip, Law::Participants),
    rule("DELETE", "/api/interview/{session_id}/whip/{resource}", Thing::Whip, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rehearsal", Thing::Session, Law::Participants),
    rule("DELETE", "/api/interview/{session_id}/rehearsal", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rehearsal/offer", Thing::Description, Law::Participants),
    rule("GET", "/api/interview/{session_id}/status", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/consent", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/actions", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/transcript", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/transcript", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/end", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/events", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/results", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/recording", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/recording/user.ogg", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/recording/assistant.ogg", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/recording/stereo.wav", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/recording/peaks.json", Thing::Session, Law::Readers),
    rule("POST", "/api/interview/{session_id}/scorecards", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/scorecards", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/scorecards/{scorecard_id}", Thing::Scorecard, Law::Readers),
    rule("POST", "/api/interview/{session_id}/evaluation", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/evaluation", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/log", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/export.json", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/transcript.vtt", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/transcript.srt", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/transcript.txt", Thing::Session, Law::Readers),
    rule("GET", "/results/{session_id}/print", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/export.csv", Thing::Nothing, Law::Makers),
    rule("DELETE", "/api/interview/{session_id}/data", Thing::Session, Law::Readers),
    rule("GET", "/api/interview/{session_id}/receipt", Thing::Session, Law::Readers),
    rule("PUT", "/api/interview/{session_id}/hold", Thing::Session, Law::Readers),
    rule("DELETE", "/api/interview/{session_id}/hold", Thing::Session, Law::Readers),
    rule("POST", "/api/auth/signup", Thing::SignIn, Law::Anybody),
    rule("POST", "/api/auth/verify-otp", Thing::SignIn, Law::Anybody),
    rule("POST", "/api/auth/set-username", Thing::Unproved, Law::Proved),
    rule("POST", "/api/auth/login", Thing::Unproved, Law::Proved),
    rule("GET", "/dev/outbox", Thing::Nothing, Law::Absent),
    // Without an upgrade it is only said that one is needed; who may converse is said on the socket
    // (tests/it/relay.rs).
    rule("GET", "/v1/realtime", Thing::Nothing, Law::Anybody),
    rule("POST", "/v1/realtime/client_secrets", Thing::Nothing, Law::Makers),
    rule("POST", "/v1/realtime/sessions", Thing::Nothing, Law::Makers),
    rule("GET", "/health", Thing::Nothing, Law::Anybody),
    rule("GET", "/api/statistics", Thing::Nothing, Law::Platforms),
    rule("POST", "/api/rooms", Thing::Room, Law::Makers),
    rule("POST", "/api/rooms/", Thing::Room, Law::Makers),
    rule("GET", "/api/rooms", Thing::Room, Law::Makers),
    rule("GET", "/api/rooms/", Thing::Room, Law::Makers),
    rule("GET", "/api/rooms/{room}", Thing::Room, Law::Readers),
    rule("GET", "/api/rooms/{room}/", Thing::Room, Law::Readers),
    rule("DELETE", "/api/rooms/{room}", Thing::Room, Law::Readers),
    rule("DELETE", "/api/rooms/{room}/", Thing::Room, Law::Readers),
    rule("POST", "/api/rooms/{room}/join", Thing::Room, Law::Users),
    rule("POST", "/api/rooms/{room}/join/", Thing::Room, Law::Users),
    rule("POST", "/api/rooms/{room}/leave", Thing::Room, Law::Members),
    rule("POST", "/api/rooms/{room}/leave/", Thing::Room, Law::Members),
    // Credentials are not looked at: the code, which all of them have here, is the capability.
    rule("GET", "/api/rooms/{room}/ice-servers", Thing::Room, Law::Anybody),
    // Without an upgrade: the same as above (tests/it/signaling.rs has the sockets).
    rule("GET", "/ws", Thing::Nothing, Law::Anybody),
    rule("GET", "/ws/signaling/{room_id}", Thing::Room, Law::Anybody),
    rule("POST", "/api/voice/connect", Thing::VoiceConnect, Law::VoiceMakers),
    rule("GET", "/api/voice/sessions", Thing::VoiceHistory, Law::VoiceMakers),
    rule("GET", "/api/voice/sessions/{sessionId}", Thing::VoiceSession, Law::VoiceOwner),
    rule("POST", "/api/voice/sessions/{sessionId}/end", Thing::VoiceSession, Law::VoiceOwner),
    rule("GET", "/api/voice/sessions/{sessionId}/transcript", Thing::VoiceSession, Law::VoiceOwner),
    rule("POST", "/api/voice/sessions/{sessionId}/transcript", Thing::VoiceSession, Law::VoiceOwner),
    rule("POST", "/api/v1/webhooks", Thing::Webhook, Law::Makers),
    rule("GET", "/api/v1/webhooks", Thing::Nothing, Law::Makers),
    rule("GET", "/api/v1/webhooks/{webhook_id}", Thing::Webhook, Law::Readers),
    rule("PATCH", "/api/v1/webhooks/{webhook_id}", Thing::Webhook, Law::Readers),
    rule("DELETE", "/api/v1/webhooks/{webhook_id}", Thing::Webhook, Law::Readers),
    rule("POST", "/api/v1/webhooks/{webhook_id}/rotate", Thing::Webhook, Law::Readers),
    rule("POST", "/api/v1/webhooks/{webhook_id}/test", Thing::Webhook, Law::Readers),
    rule("POST", "/api/v1/webhooks/{webhook_id}/replay", Thing::Webhook, Law::Readers),
    rule("GET", "/api/v1/webhooks/{webhook_id}/deliveries", Thing::Webhook, Law::Readers),
    rule("POST", "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", Thing::Delivery, Law::Readers),
    rule("GET", "/api/v1/webrtc/turn-credentials", Thing::Nothing, Law::Makers),
    rule("POST", "/api/v1/webrtc/openai-ephemeral-key", Thing::Question, Law::Makers),
];

impl Rule {
    /// What the matrix holds for this line and that column.
    pub fn expected(&self, who: Who) -> Expected {
        let among = |let_in: &[Who], refusal: u16| match who {
            _ if let_in.contains(&who) => Expected::Let,
            Who::Nobody => Expected::Refused(401),
            _ if who.is_forged() => Expected::Refused(401),
            _ => Expected::Refused(refusal),
        };
        match self.law {
            Law::Anybody => Expected::Let,
            Law::Code => Expected::Refused(404),
            Law::Makers => among(&[Who::Platform, Who::Owner, Who::OtherUser], 404),
            Law::Platforms => among(&[Who::Platform], 404),
            Law::Participants => among(&[Who::Platform, Who::Owner, Who::Candidate], 404),
            Law::Readers => among(&[Who::Platform, Who::Owner], 404),
            Law::Proved => Expected::Refused(401),
            Law::Absent => Expected::Refused(404),
            Law::Users if who == Who::Platform => Expected::Refused(401),
            Law::Users => among(&[Who::Owner, Who::OtherUser], 404),
            Law::Members if who == Who::Platform => Expected::Refused(401),
            Law::Members => among(&[Who::Owner], 404),
            Law::VoiceMakers => among(&[Who::Platform, Who::Owner, Who::OtherUser], 403),
            Law::VoiceOwner => among(&[Who::Platform, Who::Owner], 403),
        }
    }
}
