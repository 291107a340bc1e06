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
    rule("POST", "/api/interview/start", Thing::Start, Law::Makers),
    rule("POST", "/api/interview/{session_id}/rtc/offer", Thing::Description, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rtc/answer", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/rtc/ice-candidate", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/ice-servers", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/status", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/consent", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/actions", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/transcript", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/transcript", Thing::Session, Law::Participants),
    rule("POST", "/api/interview/{session_id}/end", Thing::Session, Law::Participants),
    rule("GET", "/api/interview/{session_id}/results", Thing::Session, Law::Readers),
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
        }
    }
}
