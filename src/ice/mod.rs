//! ICE servers for candidates: coturn's shared secret turned into one short-lived credential a session.

use crate::domain::{
    ice::{Credential, IceServer, IceServers},
    id::SessionId,
};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// What candidates may be given. TURN is used only with a secret.
#[derive(Clone, Debug, Default)]
pub struct IcePlan {
    servers: IceServers,
    turn_secret: Option<SecretString>,
    ttl: Duration,
}

/// Added to the longest session, so that a credential never ends before its interview.
const TTL_MARGIN: Duration = Duration::from_secs(600);

impl IcePlan {
    /// `turn_secret`: the value of coturn's `static-auth-secret`.
    pub fn new(servers: IceServers, turn_secret: Option<SecretString>, session_duration_max: Duration) -> Self {
        Self { servers, turn_secret, ttl: session_duration_max + TTL_MARGIN }
    }

    /// How long a credential holds, in seconds.
    pub fn ttl_s(&self) -> u64 {
        self.ttl.as_secs()
    }

    /// Whether candidates are given a relay.
    pub fn has_turn(&self) -> bool {
        self.servers.has_turn() && self.turn_secret.is_some()
    }

    /// The servers for one session. The credential names the session and nobody's address.
    pub fn for_session(&self, session_id: &SessionId, now_s: u64) -> Vec<IceServer> {
        let credential = self.turn_secret.as_ref().map(|secret| {
            Credential::new(secret.expose_secret().as_bytes(), session_id.as_str(), now_s + self.ttl_s())
        });
        self.servers.for_session(credential)
    }
}
