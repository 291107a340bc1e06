//! Where a delivery may go. An address is read by a grammar much narrower than a browser's: what two readers might
//! understand differently is refused, so that nobody is shown one host and connected to another.

use crate::domain::special_address::special;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Bytes of an address.
pub const URL_BYTES_MAX: usize = 2048;
/// Ports that a delivery may go to; any, where the operator allows the address.
const PORTS: [u16; 2] = [443, 8443];
/// Characters of a host name (RFC 1035, section 3.1, without the final dot).
const NAME_BYTES_MAX: usize = 253;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Https,
    Http,
}

/// Who is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// In lower case.
    Name(String),
    Address(IpAddr),
}

/// An address that means one thing to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    url: String,
}

/// Why a text is no address of a webhook. The text is for whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("must have at most {URL_BYTES_MAX} characters")]
    TooLong,
    #[error("must start with https://")]
    Scheme,
    #[error("may hold only visible ASCII characters; write other ones percent-encoded")]
    Character,
    #[error("has a host that is no plain host name; write international names in their ASCII form (xn--…)")]
    Host,
    #[error("must write an IPv4 address as four decimal numbers")]
    Ipv4,
    #[error("must write an IPv6 address plainly in brackets, without a zone")]
    Ipv6,
    #[error("must not hold a user name or password")]
    UserInfo,
    #[error("must have a port from 1 to 65535, or none")]
    Port,
    #[error("must not have a fragment (#)")]
    Fragment,
}

/// Why nothing is delivered to where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("must be https; http is for the addresses of VIVA_WEBHOOK_ALLOW")]
    PlainHttp,
    #[error("must use port 443 or 8443; other ports are for the addresses of VIVA_WEBHOOK_ALLOW")]
    Port,
    #[error("leads to an address that is not public ({0}); the operator may name it in VIVA_WEBHOOK_ALLOW")]
    Special(&'static str),
    #[error("leads to this machine itself; the operator may name its address in VIVA_WEBHOOK_ALLOW")]
    OwnMachine,
    #[error("leads nowhere: the name has no address")]
    NoAddress,
}

impl Target {
    /// Reads an absolute URL.
    ///
    /// # Errors
    /// [`TargetError`], the first thing that is wrong.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        if url.len() > URL_BYTES_MAX {
            return Err(TargetError::TooLong);
        }
        if !url.bytes().all(is_url_byte) {
            return Err(TargetError::Character);
        }
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, rest),
            _ => return Err(TargetError::Scheme),
        };
        if rest.contains('#') {
            return Err(TargetError::Fragment);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetError::UserInfo);
        }
        if !escapes_are_whole(path) {
            return Err(TargetError::Character);
        }
        let (host, port) = split_port(authority)?;
        let host = host_of(host)?;
        let default = if scheme == Scheme::Https { 443 } else { 80 };
        let port = port.unwrap_or(default);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let shown_port = if port == default { String::new() } else { format!(":{port}") };
        let url = format!("{}://{host}{shown_port}{path}", scheme.as_str());
        Ok(Self { scheme, host, port, url })
    }

    /// In its plain form.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub const fn host(&self) -> &Host {
        &self.host
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// This target at one of its addresses.
    pub const fn at(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port)
    }
}

impl Scheme {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Host {
    /// As it stands in an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Where deliveries may go: to public addresses, and to those that the operator allows.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    allowed: Vec<IpAddr>,
}

impl Egress {
    /// Public addresses and these.
    pub fn new(allowed: &[IpAddr]) -> Self {
        Self { allowed: allowed.iter().map(IpAddr::to_canonical).collect() }
    }

    /// The same for endpoints of users, who are not the operator: never this machine, whatever listens on it.
    pub fn for_users(&self) -> Self {
        let inner = |address: &&IpAddr| !address.is_loopback() && !address.is_unspecified();
        Self { allowed: self.allowed.iter().filter(inner).copied().collect() }
    }

    /// What can be said of a target before its name is resolved.
    ///
    /// # Errors
    /// [`Refusal`], where no address could make it right.
    pub fn check_form(&self, target: &Target) -> Result<(), Refusal> {
        match target.host {
            Host::Address(address) => self.check(target, &[address], |_| false),
            Host::Name(_) if self.allowed.is_empty() => plain_form(target),
            Host::Name(_) => Ok(()),
        }
    }

    /// Whether a delivery may be made to a target with these addresses: all of them must be good, because a connection
    /// may be made to any. `is_own`: whether an address is this machine's.
    ///
    /// # Errors
    /// [`Refusal`] for the first address that is not.
    pub fn check(&self, target: &Target, addresses: &[IpAddr], is_own: impl Fn(IpAddr) -> bool) -> Result<(), Refusal> {
        for &address in addresses {
            if self.allowed.contains(&address) {
                continue;
            }
            // Said first of an inner address: no port makes it right.
            if let Some(what) = special(address) {
                return Err(Refusal::Special(what));
            }
            if is_own(address) {
                return Err(Refusal::OwnMachine);
            }
            plain_form(target)?;
        }
        if addresses.is_empty() { Err(Refusal::NoAddress) } else { Ok(()) }
    }
}

fn plain_form(target: &Target) -> Result<(), Refusal> {
    if target.scheme == Scheme::Http {
        return Err(Refusal::PlainHttp);
    }
    if !PORTS.contains(&target.port) {
        return Err(Refusal::Port);
    }
    Ok(())
}

/// Visible ASCII without what RFC 3986 (section 2) has no place for. A backslash is a slash to some.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

/// Every `%` begins a byte in hexadecimal (RFC 3986, section 2.1).
fn escapes_are_whole(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), TargetError> {
    let after_host = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1).ok_or(TargetError::Ipv6)?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(after_host);
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').ok_or(TargetError::Host)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let port = plain.then(|| digits.parse().ok()).flatten().ok_or(TargetError::Port)?;
    Ok((host, Some(port)))
}

fn host_of(text: &str) -> Result<Host, TargetError> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(TargetError::Ipv6)?;
        let address: Ipv6Addr = inner.parse().map_err(|_| TargetError::Ipv6)?;
        return Ok(Host::Address(address.into()));
    }
    let name = text.to_ascii_lowercase();
    // What ends in a number is an IPv4 address to some readers (WHATWG URL, "ends in a number").
    if name.rsplit('.').next().is_some_and(is_number) {
        let address: Ipv4Addr = name.parse().map_err(|_| TargetError::Ipv4)?;
        return Ok(Host::Address(address.into()));
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > NAME_BYTES_MAX || !name.split('.').all(is_label) {
        return Err(TargetError::Host);
    }
    Ok(Host::Name(name))
}

/// A decimal, octal or hexadecimal number.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}
