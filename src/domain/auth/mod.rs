//! Who may do what (DESIGN 6.1). One question, [`may`], is asked on every route; the answer for a foreign thing and for
//! an unknown one is the same, so that nobody learns what exists.

mod token;

pub use token::{Token, TokenHash};

use crate::domain::id::SessionId;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Open mode, without a credential: the developer at this machine.
    Local,
    /// An API key.
    Platform,
    /// A bearer token of a person.
    User {
        /// Who it is, for us.
        sub: String,
        /// Who it is, for others: the user name, or `sub` where the token has none.
        name: String,
    },
    /// The random token of one session.
    Candidate { session_id: SessionId },
    /// Nobody, where anybody may start a session (`VIVA_PUBLIC_START`). The id of such a session is the capability for
    /// it.
    Nobody,
}

/// Who something belongs to. Stored with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    Local,
    Platform,
    User {
        sub: String,
    },
    /// Started by nobody in particular: whoever knows its id takes part, platforms read the results.
    Public,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Start a session, make or list interviews and invites of one's own.
    Create,
    /// Something on one session.
    Session { session_id: &'a SessionId, owner: &'a Owner, step: SessionStep },
    /// Something on an interview or an invite.
    Interview { owner: &'a Owner },
}

/// What is done with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStep {
    /// Offer, answer, ICE, actions, consent, the client's copy of the transcript.
    TakePart,
    /// Status, live events, transcript.
    Watch,
    /// The results. `candidate_may_read`: what the interview says.
    ReadResults {
        candidate_may_read: bool,
    },
    End,
    /// Erase it, hold it, read its log and everything that is kept of it.
    Keep,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Answered as if the thing did not exist.
    Deny,
}

/// May this principal do this?
pub fn may(principal: &Principal, action: &Action<'_>) -> Decision {
    let allowed = match (principal, action) {
        (Principal::Local | Principal::Platform, _) => true,
        (Principal::User { .. }, Action::Create) => true,
        (Principal::User { sub, .. }, Action::Session { owner, .. } | Action::Interview { owner }) => {
            matches!(owner, Owner::User { sub: owner } if owner == sub)
        }
        (Principal::Candidate { session_id: own }, Action::Session { session_id, step, .. }) => {
            own == *session_id
                && match step {
                    SessionStep::TakePart | SessionStep::Watch | SessionStep::End => true,
                    SessionStep::ReadResults { candidate_may_read } => *candidate_may_read,
                    SessionStep::Keep => false,
                }
        }
        (Principal::Nobody, Action::Session { owner, step, .. }) => {
            matches!(owner, Owner::Public) && !matches!(step, SessionStep::ReadResults { .. } | SessionStep::Keep)
        }
        (Principal::Candidate { .. } | Principal::Nobody, Action::Create | Action::Interview { .. }) => false,
    };
    if allowed { Decision::Allow } else { Decision::Deny }
}

impl Principal {
    /// Who owns what this principal makes. A candidate makes nothing.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Local => Some(Owner::Local),
            Self::Platform => Some(Owner::Platform),
            Self::User { sub, .. } => Some(Owner::User { sub: sub.clone() }),
            Self::Candidate { .. } | Self::Nobody => None,
        }
    }
}

impl Owner {
    /// Stored name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Platform => "platform",
            Self::User { .. } => "user",
            Self::Public => "public",
        }
    }

    /// Stored subject, empty where there is only one of the kind.
    pub fn subject(&self) -> &str {
        match self {
            Self::Local | Self::Platform | Self::Public => "",
            Self::User { sub } => sub,
        }
    }

    /// The owner with this stored kind and subject.
    pub fn from_stored(kind: &str, subject: &str) -> Option<Self> {
        match kind {
            "local" => Some(Self::Local),
            "platform" => Some(Self::Platform),
            "public" => Some(Self::Public),
            "user" => Some(Self::User { sub: subject.to_owned() }),
            _ => None,
        }
    }
}
