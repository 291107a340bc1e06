//! ICE servers for candidates and users: Twilio's when an account is configured, else coturn's shared secret turned
//! into short-lived credentials, else STUN alone.

mod twilio;

pub use twilio::{Twilio, TwilioError};

use crate::{
    config::TwilioConfig,
    domain::{
        ice::{Credential, IceServer, IceServers},
        id::SessionId,
        room::RoomCode,
    },
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
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

    /// How long a session's credential holds, in seconds.
    pub fn ttl_s(&self) -> u64 {
        self.ttl.as_secs()
    }

    /// Whether there is a relay of our own.
    pub fn has_turn(&self) -> bool {
        self.servers.has_turn() && self.turn_secret.is_some()
    }

    /// Whether there is any server to name.
    fn is_empty(&self) -> bool {
        self.servers.for_session(None).is_empty() && !self.has_turn()
    }

    /// The servers, with a credential that names `user`: an id that says nothing about a person.
    fn servers(&self, user: &str, ttl_s: u64) -> Vec<IceServer> {
        let now_s = Timestamp::now().as_second().max(0) as u64;
        let credential = self
            .turn_secret
            .as_ref()
            .map(|secret| Credential::new(secret.expose_secret().as_bytes(), user, now_s + ttl_s));
        self.servers.for_session(credential)
    }
}

/// ICE servers, and how long their credentials hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceGrant {
    pub servers: Vec<IceServer>,
    /// In seconds from now.
    pub ttl_s: u64,
}

/// For whom servers are asked.
#[derive(Clone, Copy, Debug)]
pub enum IceUser<'a> {
    /// One interview.
    Session(&'a SessionId),
    /// One person. What is asked of Twilio is kept for them for a moment.
    Person { sub: &'a str },
    /// A platform or the local developer, for somebody whom we do not know: nothing is kept, nothing shared.
    /// `nonce`: random, for the name of the credential.
    Somebody { nonce: &'a str },
    /// Somebody in a room. Credentials are named by `nonce`, since a relay's quota counts by name; what is asked of
    /// Twilio is kept for the whole room, so that asking often with one code costs the account nothing.
    Room { code: RoomCode, nonce: &'a str },
}

impl IceUser<'_> {
    /// A name for credentials that says nothing about a person; coturn's quota counts by it.
    fn name(&self) -> String {
        match self {
            Self::Session(session_id) => session_id.to_string(),
            Self::Person { sub } => {
                let digest = Sha256::digest(sub.as_bytes());
                let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
                format!("usr_{hex}")
            }
            Self::Somebody { nonce } | Self::Room { nonce, .. } => format!("tmp_{nonce}"),
        }
    }

    /// What Twilio's answers for them are kept under. Never the same for two, apart from those in one room.
    fn key(&self) -> Option<String> {
        match self {
            Self::Session(_) | Self::Person { .. } => Some(self.name()),
            Self::Room { code, .. } => Some(format!("room_{code}")),
            Self::Somebody { .. } => None,
        }
    }
}

/// Where ICE servers come from.
#[derive(Debug)]
pub struct IceSource {
    plan: IcePlan,
    twilio: Option<Twilio>,
}

impl IceSource {
    /// # Errors
    /// When no client for Twilio can be built: the system has no trusted roots.
    pub fn new(plan: IcePlan, twilio: Option<&TwilioConfig>) -> Result<Self, reqwest::Error> {
        Ok(Self { plan, twilio: twilio.map(Twilio::new).transpose()? })
    }

    /// How long the credentials of a session hold, in seconds.
    pub fn session_ttl_s(&self) -> u64 {
        self.plan.ttl_s()
    }

    /// Whether candidates are given a relay.
    pub fn has_turn(&self) -> bool {
        self.twilio.is_some() || self.plan.has_turn()
    }

    /// The servers for somebody, with credentials for `ttl_s` seconds. When Twilio fails, our own are given, if there
    /// are any.
    ///
    /// # Errors
    /// [`TwilioError`] when Twilio fails and there is nothing else.
    pub async fn servers(&self, user: IceUser<'_>, ttl_s: u64) -> Result<IceGrant, TwilioError> {
        let own = || IceGrant { servers: self.plan.servers(&user.name(), ttl_s), ttl_s };
        let Some(twilio) = &self.twilio else { return Ok(own()) };
        match twilio.servers(user.key(), ttl_s).await {
            Ok(grant) => Ok(grant),
            Err(error) => {
                tracing::warn!(%error, fallback = !self.plan.is_empty(), "Twilio gave no ICE servers");
                if self.plan.is_empty() { Err(error) } else { Ok(own()) }
            }
        }
    }

    /// The servers for a session, which begins whatever Twilio does: at worst without a relay.
    pub async fn servers_for_start(&self, session_id: &SessionId) -> IceGrant {
        let ttl_s = self.session_ttl_s();
        match self.servers(IceUser::Session(session_id), ttl_s).await {
            Ok(grant) => grant,
            Err(_) => IceGrant { servers: Vec::new(), ttl_s },
        }
    }
}
