//! What must be true of a description before the stack sees it, and what is taken out of it. Linear in its length.

use crate::domain::audio::codec::Codec;

/// Limits of a description (threat T6).
const BYTES_MAX: usize = 64 * 1024;
const LINES_MAX: usize = 1_000;
const MEDIA_MAX: usize = 4;
const CANDIDATES_MAX: usize = 32;

/// Why an offer was not answered, or an answer not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    #[error("description is too large: at most 64 KiB, 1000 lines, 4 media sections and 32 candidates")]
    TooLarge,
    #[error("description is malformed: {0}")]
    Malformed(String),
    #[error("description has no audio section that may be used")]
    NoAudio,
    #[error("description has more than one audio section")]
    SeveralAudio,
    #[error("description has neither an opus/48000 nor a PCMU/8000 codec")]
    NoCodec,
    /// Only where an offer is answered wholly or not at all.
    #[error("description has a section that is neither audio nor a data channel")]
    OtherMedia,
    #[error("description has no dtls fingerprint, or no a=setup that fits")]
    NoDtls,
    #[error("description has no ice user name or password")]
    NoIce,
    /// The session was detached, or its media thread is gone.
    #[error("session has no media")]
    Gone,
    /// An answer, but no offer of the server that it could answer.
    #[error("no offer of the server is open")]
    NotOffered,
    /// A restart was asked for, but nobody is connected.
    #[error("no peer is there to restart")]
    NoPeer,
    /// The media thread did not take or answer the offer in time.
    #[error("media is overloaded")]
    Busy,
    /// The stack refused what looked right.
    #[error("description was refused: {0}")]
    Refused(String),
}

/// A description of the other side that may be used: its offer, or its answer to ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The description without its candidates: ICE-lite never needs them, and they could name anyone's address.
    pub sdp: String,
    /// The DTLS fingerprint, lower case: the same peer has the same one.
    pub fingerprint: String,
    pub ice_ufrag: String,
    pub ice_password: String,
    has_opus: bool,
    has_pcmu: bool,
}

impl Offer {
    /// What to speak with whoever made it: what is preferred, if both can.
    pub fn choose(&self, preferred: Codec) -> Codec {
        match preferred {
            Codec::Pcmu if self.has_pcmu => Codec::Pcmu,
            Codec::Opus | Codec::Pcmu if self.has_opus => Codec::Opus,
            _ => Codec::Pcmu,
        }
    }
}

#[derive(Default)]
struct Section<'a> {
    is_audio: bool,
    is_rejected: bool,
    is_silent: bool,
    has_opus: bool,
    has_pcmu: bool,
    has_mid: bool,
    fingerprint: Option<&'a str>,
    setup: Option<&'a str>,
    ufrag: Option<&'a str>,
    password: Option<&'a str>,
}

/// Checks an offer against the limits and for what a conversation needs.
///
/// # Errors
/// [`OfferError`], saying what is wrong.
pub fn check_offer(sdp: &str) -> Result<Offer, OfferError> {
    // An offer of `passive` would have us begin DTLS with whoever offered.
    check(sdp, &["actpass", "active"])
}

fn check(sdp: &str, setups: &[&str]) -> Result<Offer, OfferError> {
    if sdp.len() > BYTES_MAX {
        return Err(OfferError::TooLarge);
    }
    if !sdp.starts_with("v=0") {
        return Err(OfferError::Malformed("it does not begin with v=0".to_owned()));
    }
    let mut kept = String::with_capacity(sdp.len() + 2);
    let mut sections = vec![Section::default()];
    let (mut lines, mut candidates) = (0, 0);
    for line in sdp.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
        lines += 1;
        candidates += usize::from(line.starts_with("a=candidate:"));
        if lines > LINES_MAX || sections.len() > MEDIA_MAX + 1 || candidates > CANDIDATES_MAX {
            return Err(OfferError::TooLarge);
        }
        if !line.as_bytes().get(..2).is_some_and(|head| head[0].is_ascii_lowercase() && head[1] == b'=') {
            return Err(OfferError::Malformed(format!("line {lines} is not of the form x=value")));
        }
        // RFC 8866 section 9: whoever takes one for the end of a line would read another description than we did.
        if line.bytes().any(|byte| matches!(byte, b'\r' | 0)) {
            return Err(OfferError::Malformed(format!("line {lines} has a CR or NUL in it")));
        }
        read_line(line, &mut sections);
        if !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates") {
            kept.push_str(line);
            kept.push_str("\r\n");
        }
    }
    if sections.len() > MEDIA_MAX + 1 {
        return Err(OfferError::TooLarge);
    }
    let (session, media) = sections.split_first().ok_or(OfferError::NoAudio)?;
    conclude(kept, session, media, setups)
}

fn read_line<'a>(line: &'a str, sections: &mut Vec<Section<'a>>) {
    if let Some(media) = line.strip_prefix("m=") {
        let mut words = media.split(' ');
        let is_audio = words.next() == Some("audio");
        let is_rejected = words.next() == Some("0");
        // Behind the transport: payload types, of which 0 needs no `a=rtpmap` (RFC 3551 table 4).
        let has_pcmu = words.skip(1).any(|payload_type| payload_type == "0");
        sections.push(Section { is_audio, is_rejected, has_pcmu, ..Section::default() });
        return;
    }
    let Some(section) = sections.last_mut() else { return };
    let Some(attribute) = line.strip_prefix("a=") else { return };
    match attribute.split_once(':').unwrap_or((attribute, "")) {
        ("inactive", _) => section.is_silent = true,
        ("mid", _) => section.has_mid = true,
        ("rtpmap", value) => {
            let codec = value.split_once(' ').map_or("", |(_, codec)| codec);
            section.has_opus |= codec.get(..10).is_some_and(|name| name.eq_ignore_ascii_case("opus/48000"));
            // One channel, said or not (RFC 4566 section 6).
            section.has_pcmu |= ["PCMU/8000", "PCMU/8000/1"].iter().any(|name| codec.eq_ignore_ascii_case(name));
        }
        ("fingerprint", value) => section.fingerprint = Some(value),
        ("setup", value) => section.setup = Some(value),
        ("ice-ufrag", value) => section.ufrag = Some(value),
        ("ice-pwd", value) => section.password = Some(value),
        _ => {}
    }
}

fn conclude(sdp: String, session: &Section<'_>, media: &[Section<'_>], setups: &[&str]) -> Result<Offer, OfferError> {
    let mut usable = media.iter().filter(|section| section.is_audio && !section.is_rejected && !section.is_silent);
    let audio = usable.next().ok_or(OfferError::NoAudio)?;
    if usable.next().is_some() {
        return Err(OfferError::SeveralAudio);
    }
    if !audio.has_opus && !audio.has_pcmu {
        return Err(OfferError::NoCodec);
    }
    if !audio.has_mid {
        return Err(OfferError::Malformed("the audio section has no a=mid".to_owned()));
    }
    let fingerprint = audio.fingerprint.or(session.fingerprint).ok_or(OfferError::NoDtls)?;
    if !audio.setup.or(session.setup).is_some_and(|setup| setups.contains(&setup)) {
        return Err(OfferError::NoDtls);
    }
    let ice_ufrag = audio.ufrag.or(session.ufrag).ok_or(OfferError::NoIce)?;
    let ice_password = audio.password.or(session.password).ok_or(OfferError::NoIce)?;
    // RFC 8839 section 5.4: 4 to 256 and 22 to 256 characters.
    if !(4..=256).contains(&ice_ufrag.len()) || !(22..=256).contains(&ice_password.len()) {
        return Err(OfferError::NoIce);
    }
    Ok(Offer {
        fingerprint: fingerprint.to_ascii_lowercase(),
        ice_ufrag: ice_ufrag.to_owned(),
        ice_password: ice_password.to_owned(),
        has_opus: audio.has_opus,
        has_pcmu: audio.has_pcmu,
        sdp,
    })
}

/// Checks an answer to an offer of ours, as [`check_offer`] does: it chooses a side of DTLS (some stacks take
/// the passive one against a lite agent), and is no lite agent itself, because then nobody would check the path.
///
/// # Errors
/// [`OfferError`], saying what is wrong.
pub fn check_answer(sdp: &str) -> Result<Offer, OfferError> {
    let answer = check(sdp, &["active", "passive"])?;
    if answer.sdp.lines().any(|line| line == "a=ice-lite") {
        return Err(OfferError::Malformed("both sides are ice-lite".to_owned()));
    }
    Ok(answer)
}

/// The same description with other ICE credentials: what a client that restarts ICE would offer.
pub fn with_login(sdp: &str, ufrag: &str, password: &str) -> String {
    let mut out = String::with_capacity(sdp.len() + 64);
    for line in sdp.lines() {
        let (name, value) = match line.split_once(':') {
            Some((name @ "a=ice-ufrag", _)) => (name, ufrag),
            Some((name @ "a=ice-pwd", _)) => (name, password),
            _ => (line, ""),
        };
        out.push_str(name);
        if !value.is_empty() {
            out.push(':');
            out.push_str(value);
        }
        out.push_str("\r\n");
    }
    out
}

/// Whether a section asks for something that is no conversation.
pub fn has_other_media(sdp: &str) -> bool {
    let mut sections = sdp.lines().filter_map(|line| line.strip_prefix("m="));
    sections.any(|media| {
        let mut words = media.split(' ');
        !matches!(words.next(), Some("audio" | "application")) && words.next() != Some("0")
    })
}

/// Payload type of the redundant audio (RFC 2198) that an offer has for its Opus, if both can be had: the stack gives
/// up a codec whose parameters differ from ours in favour of one whose do not.
pub fn redundancy(sdp: &str, opus_format: &str) -> Option<u8> {
    let payload_type = |codec: &str| {
        sdp.lines().find_map(|line| {
            let (number, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
            name.get(..codec.len()).filter(|name| name.eq_ignore_ascii_case(codec)).map(|_| number)
        })
    };
    let format = |number: &str| {
        let mut formats = sdp.lines().filter_map(|line| line.strip_prefix("a=fmtp:")?.split_once(' '));
        formats.find_map(|(of, format)| (of == number).then_some(format))
    };
    let (opus, red) = (payload_type("opus/48000/2")?, payload_type("red/48000/2")?);
    let is_of_opus = format(red)?.split('/').all(|number| number == opus);
    let value = |parameters: &'_ str, key: &str| {
        let mut pairs = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        pairs.find_map(|(name, value)| (name == key).then(|| value.to_owned()))
    };
    let offered = format(opus).unwrap_or("");
    let differs = ["minptime", "useinbandfec"]
        .iter()
        .any(|key| value(offered, key).zip(value(opus_format, key)).is_some_and(|(theirs, ours)| theirs != ours));
    if is_of_opus && !differs { red.parse().ok() } else { None }
}

/// Puts candidates of ours into the audio section of an offer that was made before the stack gathered any.
pub fn with_candidates(sdp: &str, candidates: &[String]) -> String {
    let has_own = sdp.lines().any(|line| line.starts_with("a=candidate:"));
    let mut out = String::with_capacity(sdp.len() + 512);
    for line in sdp.lines() {
        out.push_str(line);
        out.push_str("\r\n");
        if !has_own && line.starts_with("a=ice-pwd:") {
            for candidate in candidates {
                out.push_str("a=");
                out.push_str(candidate);
                out.push_str("\r\n");
            }
            out.push_str("a=end-of-candidates\r\n");
        }
    }
    out
}

/// Puts passive TCP candidates of ours behind the others, in each section that lists any.
pub fn with_tcp(sdp: &str, candidates: &[String]) -> String {
    if candidates.is_empty() {
        return sdp.to_owned();
    }
    let mut out = String::with_capacity(sdp.len() + 512);
    let mut lines = sdp.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push_str("\r\n");
        let is_candidate = |line: &str| line.starts_with("a=candidate:");
        if is_candidate(line) && !lines.peek().is_some_and(|next| is_candidate(next)) {
            for candidate in candidates {
                out.push_str("a=");
                out.push_str(candidate);
                out.push_str("\r\n");
            }
        }
    }
    out
}

/// Takes the second component's candidates out of a description of ours (RTCP is multiplexed, RFC 5761), and reads its
/// credentials.
pub fn finish_local(sdp: &str) -> Option<(String, String, String)> {
    let mut kept = String::with_capacity(sdp.len());
    let (mut ufrag, mut password) = (None, None);
    for line in sdp.lines() {
        if let Some(candidate) = line.strip_prefix("a=candidate:")
            && candidate.split(' ').nth(1) != Some("1")
        {
            continue;
        }
        ufrag = ufrag.or(line.strip_prefix("a=ice-ufrag:"));
        password = password.or(line.strip_prefix("a=ice-pwd:"));
        kept.push_str(line);
        kept.push_str("\r\n");
    }
    let (ufrag, password) = (ufrag?.to_owned(), password?.to_owned());
    Some((kept, ufrag, password))
}

/// The candidates that a description lists, without the `a=`.
pub fn candidates(sdp: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in sdp.lines().filter(|line| line.starts_with("a=candidate:")) {
        let candidate = line.trim_start_matches("a=").to_owned();
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(payload_types: &str, maps: &[&str]) -> Result<Offer, OfferError> {
        let maps: String = maps.iter().map(|map| format!("a=rtpmap:{map}\r\n")).collect();
        check_offer(&format!(
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF {payload_types}\r\na=mid:0\r\na=setup:actpass\r\n\
             a=fingerprint:sha-256 00\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n{maps}"
        ))
    }

    #[test]
    fn what_is_preferred_is_chosen_where_it_is_offered() {
        let table: [(&str, &[&str], [Codec; 2]); 4] = [
            ("111 0", &["111 opus/48000/2", "0 PCMU/8000"], [Codec::Opus, Codec::Pcmu]),
            // A static payload type needs no map (RFC 3551).
            ("111 0 8", &["111 opus/48000/2"], [Codec::Opus, Codec::Pcmu]),
            ("96 8", &["96 OPUS/48000/2", "8 PCMA/8000"], [Codec::Opus, Codec::Opus]),
            ("8 0", &["8 PCMA/8000"], [Codec::Pcmu, Codec::Pcmu]),
        ];
        for (payload_types, maps, chosen) in table {
            let offer = offer(payload_types, maps).expect("it can be answered");
            assert_eq!([Codec::Opus, Codec::Pcmu].map(|preferred| offer.choose(preferred)), chosen, "{payload_types}");
        }
        assert!(offer("96", &["96 PCMU/8000/2"]).is_err(), "two channels are another codec");
        assert_eq!(offer("8 9", &["8 PCMA/8000", "9 G722/8000"]), Err(OfferError::NoCodec));
    }

    #[test]
    fn no_line_ends_where_only_some_say_that_it_does() {
        for hidden in ["0 PCMU/8000\ra=candidate:1 1 udp 1 192.0.2.1 9 typ host", "0 PCMU/8000\0"] {
            let refused = offer("111 0", &["111 opus/48000/2", hidden]);
            assert!(matches!(refused, Err(OfferError::Malformed(_))), "{refused:?}");
        }
    }

    const FORMAT: &str = "minptime=10;useinbandfec=1";

    fn offer_with_red(opus_format: &str, red_format: &str) -> String {
        format!(
            "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 {red_format}\r\n\
             a=rtpmap:111 opus/48000/2\r\na=fmtp:111 {opus_format}\r\n"
        )
    }

    #[test]
    fn redundancy_is_taken_where_opus_is_too() {
        assert_eq!(redundancy(&offer_with_red("minptime=10;useinbandfec=1;usedtx=0", "111/111"), FORMAT), Some(63));
        assert_eq!(redundancy(&offer_with_red("usedtx=0", "111/111/111"), FORMAT), Some(63));
        assert_eq!(
            redundancy(&offer_with_red("minptime=20", "111/111"), FORMAT),
            None,
            "Opus would be given up for it"
        );
        assert_eq!(redundancy(&offer_with_red(FORMAT, "9/9"), FORMAT), None, "redundancy of something else");
        assert_eq!(redundancy("a=rtpmap:111 opus/48000/2\r\n", FORMAT), None);
    }
}
