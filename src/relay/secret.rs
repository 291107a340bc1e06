//! Client secrets (`ek_…`): short-lived keys that let a browser or an app connect to `/v1/realtime`. 256 random bits,
//! shown once, stored as a hash together with what they open.

use crate::{
    domain::{
        auth::{Owner, Token},
        id::SessionId,
        interview::Interview,
    },
    random,
    store::{SqlStore, StoreError},
    wire::realtime::SessionConfig,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What every client secret begins with, as the service's own do.
pub const PREFIX: &str = "ek_";

/// What a secret opens: one conversation, for somebody.
#[derive(Clone, Debug)]
pub struct Grant {
    /// On whose account it is.
    pub owner: Owner,
    /// Who speaks, in the words of whoever asked for the secret.
    pub user_id: Option<String>,
    /// The session whose record keeps what both sides say; `None` keeps nothing.
    pub session_id: Option<SessionId>,
    /// The session's configuration before the client changes it.
    pub session: SessionConfig,
    /// The interview that the built-in engine holds; `None`: its default kind.
    pub plan: Option<Interview>,
    /// After it nobody can connect with it; a conversation that is open goes on.
    pub expires_at: Timestamp,
}

/// A secret as it is handed out, once.
#[derive(Clone)]
pub struct ClientSecret {
    /// `ek_…`
    pub value: String,
    pub expires_at: Timestamp,
}

/// A grant as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    owner_kind: String,
    owner_subject: String,
    user_id: Option<String>,
    session_id: Option<String>,
    session: SessionConfig,
    plan: Option<Interview>,
}

/// Makes a secret for `grant` and keeps it until the grant expires. Durable when it returns.
///
/// # Errors
/// [`StoreError`]: no secret was made.
pub async fn mint(store: &SqlStore, grant: Grant, now: Timestamp) -> Result<ClientSecret, StoreError> {
    let token = Token::from_random(random::bytes());
    let stored = Stored {
        owner_kind: grant.owner.kind().to_owned(),
        owner_subject: grant.owner.subject().to_owned(),
        user_id: grant.user_id,
        session_id: grant.session_id.map(|id| id.as_str().to_owned()),
        session: grant.session,
        plan: grant.plan,
    };
    let granted = serde_json::to_string(&stored).map_err(|_| StoreError::Damaged("client_secrets.granted"))?;
    let expires_at_ms = grant.expires_at.as_millisecond();
    store.keep_client_secret(token.hash(), granted, expires_at_ms, now.as_millisecond()).await?;
    Ok(ClientSecret { value: format!("{PREFIX}{}", token.expose()), expires_at: grant.expires_at })
}

/// What `value` opens at `now`; `None` for one that is unknown, malformed or expired. May be asked any number of times.
///
/// # Errors
/// [`StoreError`]
pub async fn find(store: &SqlStore, value: &str, now: Timestamp) -> Result<Option<Grant>, StoreError> {
    let Some(token) = value.strip_prefix(PREFIX).and_then(Token::parse) else { return Ok(None) };
    let Some((granted, expires_at_ms)) = store.client_secret(token.hash(), now.as_millisecond()).await? else {
        return Ok(None);
    };
    let damaged = || StoreError::Damaged("client_secrets.granted");
    let stored: Stored = serde_json::from_str(&granted).map_err(|_| damaged())?;
    Ok(Some(Grant {
        owner: Owner::from_stored(&stored.owner_kind, &stored.owner_subject).ok_or_else(damaged)?,
        user_id: stored.user_id,
        session_id: stored.session_id.map(SessionId::new),
        session: stored.session,
        plan: stored.plan,
        expires_at: Timestamp::from_millisecond(expires_at_ms).map_err(|_| damaged())?,
    }))
}
