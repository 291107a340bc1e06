//! ICE fragments: what is read, what is written, and what is said about mistakes.

use proptest::prelude::*;
use viva::wire::sdp_fragment::{IceLogin, SdpFragment, SdpFragmentError, parse, write};

const LOGIN: &str = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n";
const SECTION: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
const CANDIDATE: &str = "candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw";
const TCP_CANDIDATE: &str = "candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active";

fn login() -> IceLogin {
    IceLogin { ufrag: "ysXw".to_owned(), password: "vw5LmwG4y/e6dPP/zAP9Gp5k".to_owned() }
}

#[test]
fn a_trickle_a_restart_and_the_end_are_read() {
    let all = format!("{LOGIN}{SECTION}a={CANDIDATE}\r\na={TCP_CANDIDATE}\r\na=end-of-candidates\r\n");
    let candidates = vec![CANDIDATE.to_owned(), TCP_CANDIDATE.to_owned()];
    assert_eq!(parse(&all), Ok(SdpFragment { login: Some(login()), candidates, is_end: true }));
    let restart = SdpFragment { login: Some(login()), ..SdpFragment::default() };
    assert_eq!(parse(LOGIN), Ok(restart.clone()));
    // Line ends of either kind, credentials in the section, and what says nothing about ICE.
    let other = "a=ice-options:trickle ice2\na=group:BUNDLE 0\nm=audio 9 RTP/AVP 0\na=mid:0\na=ice-ufrag:ysXw\n\
        a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k";
    assert_eq!(parse(other), Ok(restart.clone()));
    assert_eq!(parse(&format!("{SECTION}a=end-of-candidates")).map(|fragment| fragment.is_end), Ok(true));
    // The same credentials twice are one.
    assert_eq!(parse(&format!("{LOGIN}{SECTION}{LOGIN}")), Ok(restart));
}

#[test]
fn each_mistake_is_named() {
    use SdpFragmentError as Wrong;
    let in_section = |line: &str| format!("{SECTION}{line}\r\n");
    let cases = [
        (String::new(), Wrong::Empty),
        ("a=ice-options:trickle\r\n".to_owned(), Wrong::Empty),
        ("v=0\r\n".to_owned(), Wrong::Line(1)),
        (format!("{LOGIN}nonsense"), Wrong::Line(3)),
        ("a".to_owned(), Wrong::Line(1)),
        ("ä=1".to_owned(), Wrong::Line(1)),
        ("m=audio\r\n".to_owned(), Wrong::Section(1)),
        ("m=audio x RTP/AVP 0\r\n".to_owned(), Wrong::Section(1)),
        ("a=ice-ufrag:abc\r\n".to_owned(), Wrong::Ufrag(1)),
        ("a=ice-ufrag:ab-cd\r\n".to_owned(), Wrong::Ufrag(1)),
        (format!("a=ice-ufrag:{}\r\n", "a".repeat(257)), Wrong::Ufrag(1)),
        ("a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n".to_owned(), Wrong::Password(2)),
        ("a=ice-ufrag:abcd\r\n".to_owned(), Wrong::HalfLogin),
        (format!("a=ice-pwd:{}\r\n", "p".repeat(22)), Wrong::HalfLogin),
        (format!("a={CANDIDATE}\r\n"), Wrong::Homeless(1)),
        (format!("m=audio 9 RTP/AVP 0\r\na={CANDIDATE}\r\n"), Wrong::Homeless(2)),
        (in_section("a=candidate:1 1 udp 1 192.0.2.1 9 host"), Wrong::Candidate(3)),
        (in_section("a=candidate:1 0 udp 1 192.0.2.1 9 typ host"), Wrong::Candidate(3)),
        (in_section("a=candidate:1 1 udp x 192.0.2.1 9 typ host"), Wrong::Candidate(3)),
        (in_section("a=candidate:1 1 udp 1 192.0.2.1 70000 typ host"), Wrong::Candidate(3)),
        (format!("{LOGIN}{SECTION}a=ice-ufrag:other\r\na=ice-pwd:{}\r\n", "p".repeat(22)), Wrong::Unbundled),
        ("a=x\r\n".repeat(257), Wrong::TooLarge),
        (SECTION.repeat(5), Wrong::TooLarge),
        (format!("{SECTION}{}", format!("a={CANDIDATE}\r\n").repeat(65)), Wrong::TooLarge),
        ("a".repeat(16 * 1024 + 1), Wrong::TooLarge),
    ];
    for (text, wrong) in cases {
        assert_eq!(parse(&text), Err(wrong), "{text}");
        assert_eq!(wrong.is_unsupported(), wrong == Wrong::Unbundled);
    }
}

#[test]
fn a_password_is_not_in_what_is_printed() {
    assert!(!format!("{:?}", parse(LOGIN)).contains("vw5LmwG4y"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,400}") {
        let _ = parse(&text);
    }

    /// Lines that are nearly right go deeper than noise does.
    #[test]
    fn any_lines_are_read_or_refused(lines in prop::collection::vec(
        prop_oneof![
            Just("m=audio 9 RTP/AVP 0".to_owned()), Just("a=mid:0".to_owned()), Just(format!("a={CANDIDATE}")),
            "a=ice-(ufrag|pwd):[a-z+/é]{0,30}", "a=candidate:[0-9a-z. ]{0,60}", "[am]=.{0,20}",
        ], 0..30)) {
        if let Ok(fragment) = parse(&lines.join("\r\n")) {
            prop_assert!(fragment.candidates.len() <= lines.len());
        }
    }

    #[test]
    fn what_is_written_is_read(
        ufrag in "[a-zA-Z0-9+/]{4,32}", password in "[a-zA-Z0-9+/]{22,40}", count in 0_usize..5, mid in "[a-z0-9]{1,4}",
    ) {
        let login = IceLogin { ufrag, password };
        let candidates = vec![CANDIDATE.to_owned(); count];
        let read = parse(&write(&login, &mid, &candidates));
        prop_assert_eq!(read, Ok(SdpFragment { login: Some(login), candidates, is_end: true }));
    }
}
