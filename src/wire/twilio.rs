//! Twilio's answer to a request for ICE servers (Network Traversal Service, `Tokens.json`).

use crate::domain::ice::{Credential, IceServer, is_ice_url};
use serde::Deserialize;

/// Servers of one answer.
const SERVERS_MAX: usize = 32;
/// Characters of a user name or password.
const CREDENTIAL_CHARS_MAX: usize = 512;

/// What was answered: each entry with one URL, as the contracts show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioToken {
    pub servers: Vec<IceServer>,
    /// How long the credentials hold, in seconds; `None` when the answer does not say.
    pub ttl_s: Option<u64>,
}

/// An answer that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TwilioTokenError {
    #[error("is not the documented json")]
    Shape,
    #[error("names no relay with a credential")]
    NoRelay,
}

#[derive(Deserialize)]
struct Body {
    ice_servers: Vec<Entry>,
    ttl: Option<Ttl>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ttl {
    Number(u64),
    Text(String),
}

/// Entries have `url`, `urls` or both.
#[derive(Deserialize)]
struct Entry {
    url: Option<String>,
    urls: Option<Urls>,
    username: Option<String>,
    credential: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Urls {
    One(String),
    Many(Vec<String>),
}

/// Reads an answer. Entries that no browser could use are left out, for one of them would make it refuse the list.
///
/// # Errors
/// [`TwilioTokenError`]
pub fn parse(body: &[u8]) -> Result<TwilioToken, TwilioTokenError> {
    let body: Body = serde_json::from_slice(body).map_err(|_| TwilioTokenError::Shape)?;
    let ttl_s = match body.ttl {
        None => None,
        Some(Ttl::Number(seconds)) => Some(seconds),
        Some(Ttl::Text(text)) => Some(text.trim().parse().map_err(|_| TwilioTokenError::Shape)?),
    };
    let servers: Vec<IceServer> = body.ice_servers.into_iter().flat_map(servers).take(SERVERS_MAX).collect();
    if servers.iter().any(|server| server.credential.is_some()) {
        Ok(TwilioToken { servers, ttl_s })
    } else {
        Err(TwilioTokenError::NoRelay)
    }
}

fn servers(entry: Entry) -> Vec<IceServer> {
    let urls = match (entry.urls, entry.url) {
        (Some(Urls::Many(urls)), _) => urls,
        (Some(Urls::One(url)), _) | (None, Some(url)) => vec![url],
        (None, None) => Vec::new(),
    };
    let usable = |text: &String| !text.is_empty() && text.chars().count() <= CREDENTIAL_CHARS_MAX;
    let credential = match (entry.username.filter(usable), entry.credential.filter(usable)) {
        (Some(username), Some(password)) => Some(Credential { username, password }),
        _ => None,
    };
    let server = |url: String| {
        let relay = url.starts_with("turn");
        let credential = credential.clone().filter(|_| relay);
        let usable = is_ice_url(&url) && relay == credential.is_some();
        usable.then(|| IceServer { urls: vec![url], credential })
    };
    urls.into_iter().filter_map(server).collect()
}
