//! ICE servers for browsers: TURN credentials that expire (draft-uberti-behave-turn-rest-00, as coturn's
//! `use-auth-secret` checks them) and the list that the contracts show.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::fmt;

/// The port of STUN and TURN (RFC 8489, section 18.6).
const PORT: u16 = 3478;
/// Entries of one configured list.
const SERVERS_MAX: usize = 16;

/// One entry for `RTCPeerConnection`.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    pub urls: Vec<String>,
    /// User name and password of TURN.
    pub credential: Option<Credential>,
}

/// User name and password that expire together.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub username: String,
    pub password: String,
}

/// What a browser is told to use, as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceServers {
    stun: Vec<String>,
    turn: Vec<String>,
}

/// An entry of `TURN_SERVER` or `VIVA_STUN_URLS` that is no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IceServersError {
    #[error("is neither a host, host:port nor a stun, turn or turns uri: {0}")]
    Entry(String),
    #[error("names more than {SERVERS_MAX} servers")]
    TooMany,
}

/// The same servers, one URL each: what clients need that read `url` instead of `urls`.
pub fn one_url_each(servers: &[IceServer]) -> Vec<IceServer> {
    let split = |server: &IceServer| {
        let credential = server.credential.clone();
        server.urls.clone().into_iter().map(move |url| IceServer { urls: vec![url], credential: credential.clone() })
    };
    servers.iter().flat_map(split).collect()
}

impl IceServers {
    /// Reads `TURN_SERVER` and `VIVA_STUN_URLS`: hosts, `host:port` or URIs, separated by commas. A bare host of
    /// `TURN_SERVER` gives STUN, TURN over UDP and TURN over TCP.
    pub fn parse(turn_server: &str, stun_urls: &str) -> Result<Self, IceServersError> {
        let mut servers = Self::default();
        for entry in entries(turn_server)? {
            servers.add_turn(entry)?;
        }
        for entry in entries(stun_urls)? {
            let url = if is_uri(entry) { entry.to_owned() } else { format!("stun:{}", authority(entry)?) };
            if !url.starts_with("stun:") && !url.starts_with("stuns:") || !is_clean(&url) {
                return Err(IceServersError::Entry(entry.to_owned()));
            }
            servers.stun.push(url);
        }
        Ok(servers)
    }

    fn add_turn(&mut self, entry: &str) -> Result<(), IceServersError> {
        if !is_uri(entry) {
            let authority = authority(entry)?;
            self.stun.push(format!("stun:{authority}"));
            self.turn.push(format!("turn:{authority}?transport=udp"));
            self.turn.push(format!("turn:{authority}?transport=tcp"));
            return Ok(());
        }
        if !is_clean(entry) {
            return Err(IceServersError::Entry(entry.to_owned()));
        }
        let list = if entry.starts_with("turn") { &mut self.turn } else { &mut self.stun };
        list.push(entry.to_owned());
        Ok(())
    }

    /// The list for one session: STUN without, TURN with a credential.
    pub fn for_session(&self, credential: Option<Credential>) -> Vec<IceServer> {
        let mut servers = Vec::new();
        if !self.stun.is_empty() {
            servers.push(IceServer { urls: self.stun.clone(), credential: None });
        }
        if let Some(credential) = credential.filter(|_| !self.turn.is_empty()) {
            servers.push(IceServer { urls: self.turn.clone(), credential: Some(credential) });
        }
        servers
    }

    /// Is there any server at all?
    pub fn is_empty(&self) -> bool {
        self.stun.is_empty() && self.turn.is_empty()
    }

    /// Is there a TURN server to make credentials for?
    pub fn has_turn(&self) -> bool {
        !self.turn.is_empty()
    }
}

impl Credential {
    /// A credential for coturn's `static-auth-secret`. `user`: an id that says nothing about a person (the session's);
    /// `expires_at`: seconds since 1970.
    pub fn new(secret: &[u8], user: &str, expires_at: u64) -> Self {
        let username = format!("{expires_at}:{user}");
        // An HMAC takes a key of any length (RFC 2104, section 2).
        let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(username.as_bytes());
        let password = STANDARD.encode(mac.finalize().into_bytes());
        Self { username, password }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, redacted)", self.username)
    }
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).field("credential", &self.credential).finish()
    }
}

fn entries(list: &str) -> Result<Vec<&str>, IceServersError> {
    let entries: Vec<&str> = list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    if entries.len() > SERVERS_MAX { Err(IceServersError::TooMany) } else { Ok(entries) }
}

/// Whether a browser can use this: a STUN or TURN URI (RFC 7064, RFC 7065) of reasonable length.
pub fn is_ice_url(url: &str) -> bool {
    is_uri(url) && is_clean(url)
}

fn is_uri(entry: &str) -> bool {
    ["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| entry.starts_with(scheme))
}

fn is_clean(text: &str) -> bool {
    text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]?=".contains(&byte))
}

/// `host` or `host:port` with the port made explicit; an IPv6 address stands in brackets.
fn authority(entry: &str) -> Result<String, IceServersError> {
    let wrong = || IceServersError::Entry(entry.to_owned());
    if !is_clean(entry) || entry.contains(['?', '=']) {
        return Err(wrong());
    }
    let after_host = match entry.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(_, after)| after).ok_or_else(wrong)?,
        None => entry.find(':').map_or("", |at| &entry[at..]),
    };
    match after_host.strip_prefix(':') {
        None if after_host.is_empty() => Ok(format!("{entry}:{PORT}")),
        Some(port) if port.parse::<u16>().is_ok_and(|port| port > 0) && after_host.len() < entry.len() => {
            Ok(entry.to_owned())
        }
        _ => Err(wrong()),
    }
}
