//! ICE fragments (`application/trickle-ice-sdpfrag`, RFC 8840 section 9): what a WHIP client sends of its candidates
//! and of a restart (RFC 9725 section 4.3), and what it is answered. Linear in its length and bounded.

use std::fmt;

/// Limits of a fragment (threat T6).
const BYTES_MAX: usize = 16 * 1024;
const LINES_MAX: usize = 256;
const SECTIONS_MAX: usize = 4;
const CANDIDATES_MAX: usize = 64;
/// RFC 8839 section 5.4: characters of a user name fragment and of a password.
const UFRAG_CHARS: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 22..=256;

/// User name fragment and password of one side of an ICE session.
#[derive(Clone, PartialEq, Eq)]
pub struct IceLogin {
    pub ufrag: String,
    pub password: String,
}

impl fmt::Debug for IceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceLogin").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// What a fragment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SdpFragment {
    /// Of the ICE session that it is about: the one in force, or the one that is to begin.
    pub login: Option<IceLogin>,
    /// `candidate:…` lines as they came.
    pub candidates: Vec<String>,
    /// No more candidates will come.
    pub is_end: bool,
}

/// What is wrong with a fragment. Lines count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpFragmentError {
    #[error("it is too large: at most 16 KiB, 256 lines, 4 sections and 64 candidates")]
    TooLarge,
    #[error("line {0} is neither a=… nor m=…")]
    Line(usize),
    #[error("line {0} is no section: m=<media> <port> <protocol> <format>")]
    Section(usize),
    #[error("line {0}: a user name fragment has 4 to 256 letters, digits, + or /")]
    Ufrag(usize),
    #[error("line {0}: a password has 22 to 256 letters, digits, + or /")]
    Password(usize),
    #[error("line {0} is no candidate (RFC 8839 section 5.1)")]
    Candidate(usize),
    #[error("line {0}: a candidate belongs into a section, after its m= and a=mid")]
    Homeless(usize),
    #[error("a=ice-ufrag and a=ice-pwd go together, and one of them is missing")]
    HalfLogin,
    #[error("it has neither credentials nor candidates nor a=end-of-candidates")]
    Empty,
    /// Well formed, but of a client that does not bundle.
    #[error("its sections have different credentials: all media is bundled here (RFC 9143)")]
    Unbundled,
}

impl SdpFragmentError {
    /// Whether nothing is wrong with it but that it is not supported.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unbundled)
    }
}

/// The lines of one level: the session's, or those after an `m=`.
#[derive(Default)]
struct Level<'a> {
    has_mid: bool,
    ufrag: Option<&'a str>,
    password: Option<&'a str>,
}

/// Reads a fragment.
///
/// # Errors
/// [`SdpFragmentError`], saying what is wrong and where.
pub fn parse(text: &str) -> Result<SdpFragment, SdpFragmentError> {
    if text.len() > BYTES_MAX {
        return Err(SdpFragmentError::TooLarge);
    }
    let mut fragment = SdpFragment::default();
    let mut levels = vec![Level::default()];
    for (index, line) in text.split('\n').map(|line| line.trim_end_matches('\r')).enumerate() {
        if line.is_empty() {
            continue;
        }
        let number = index + 1;
        match line.get(..2) {
            Some("m=") if is_section(&line[2..]) => levels.push(Level::default()),
            Some("m=") => return Err(SdpFragmentError::Section(number)),
            Some("a=") => read_attribute(&line[2..], number, &mut levels, &mut fragment)?,
            _ => return Err(SdpFragmentError::Line(number)),
        }
        if number > LINES_MAX || levels.len() > SECTIONS_MAX + 1 || fragment.candidates.len() > CANDIDATES_MAX {
            return Err(SdpFragmentError::TooLarge);
        }
    }
    fragment.login = login(&levels)?;
    if fragment.login.is_none() && fragment.candidates.is_empty() && !fragment.is_end {
        return Err(SdpFragmentError::Empty);
    }
    Ok(fragment)
}

fn read_attribute<'a>(
    attribute: &'a str,
    number: usize,
    levels: &mut [Level<'a>],
    fragment: &mut SdpFragment,
) -> Result<(), SdpFragmentError> {
    let is_in_section = levels.len() > 1;
    let Some(level) = levels.last_mut() else { return Ok(()) };
    match attribute.split_once(':').unwrap_or((attribute, "")) {
        ("ice-ufrag", value) if is_login(value, &UFRAG_CHARS) => level.ufrag = Some(value),
        ("ice-ufrag", _) => return Err(SdpFragmentError::Ufrag(number)),
        ("ice-pwd", value) if is_login(value, &PASSWORD_CHARS) => level.password = Some(value),
        ("ice-pwd", _) => return Err(SdpFragmentError::Password(number)),
        ("mid", value) => level.has_mid |= !value.is_empty(),
        ("candidate", _) if !is_candidate(attribute) => return Err(SdpFragmentError::Candidate(number)),
        ("candidate", _) if !is_in_section || !level.has_mid => return Err(SdpFragmentError::Homeless(number)),
        ("candidate", _) => fragment.candidates.push(attribute.to_owned()),
        ("end-of-candidates", _) => fragment.is_end = true,
        _ => {} // What is not of ICE is not looked at (RFC 8840 section 9.2).
    }
    Ok(())
}

fn login(levels: &[Level<'_>]) -> Result<Option<IceLogin>, SdpFragmentError> {
    let mut found: Option<(&str, &str)> = None;
    for level in levels {
        let own = match (level.ufrag, level.password) {
            (Some(ufrag), Some(password)) => (ufrag, password),
            (None, None) => continue,
            _ => return Err(SdpFragmentError::HalfLogin),
        };
        if found.is_some_and(|other| other != own) {
            return Err(SdpFragmentError::Unbundled);
        }
        found = Some(own);
    }
    Ok(found.map(|(ufrag, password)| IceLogin { ufrag: ufrag.to_owned(), password: password.to_owned() }))
}

/// `ice-char` of RFC 8839 section 5.4.
fn is_login(value: &str, chars: &std::ops::RangeInclusive<usize>) -> bool {
    chars.contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// `media port proto fmt …` (RFC 8866 section 5.14). Nothing of it says anything here.
fn is_section(media: &str) -> bool {
    let mut words = media.split(' ');
    let kind = words.next().is_some_and(|kind| !kind.is_empty());
    let port = words.next().is_some_and(|port| port.parse::<u16>().is_ok());
    kind && port && words.next().is_some_and(|protocol| !protocol.is_empty()) && words.next().is_some()
}

/// `candidate:foundation component transport priority address port typ type …` (RFC 8839 section 5.1).
fn is_candidate(attribute: &str) -> bool {
    let words: Vec<&str> = attribute.strip_prefix("candidate:").unwrap_or_default().split(' ').collect();
    let [foundation, component, transport, priority, address, port, typ, kind, ..] = words[..] else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    is_word(foundation)
        && component.parse::<u16>().is_ok_and(|component| (1..=256).contains(&component))
        && is_word(transport)
        && priority.parse::<u32>().is_ok()
        && is_word(address)
        && port.parse::<u16>().is_ok()
        && typ == "typ"
        && is_word(kind)
}

/// The answer to a restart: our credentials, and all the candidates that there are. `mid`: the section that everything
/// is bundled on.
pub fn write(login: &IceLogin, mid: &str, candidates: &[String]) -> String {
    let IceLogin { ufrag, password } = login;
    let mut text = format!("a=ice-lite\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n");
    text.push_str("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:");
    text.push_str(mid);
    text.push_str("\r\n");
    for candidate in candidates {
        text.push_str("a=");
        text.push_str(candidate);
        text.push_str("\r\n");
    }
    text.push_str("a=end-of-candidates\r\n");
    text
}
