//! Webhooks: where they may go, what they say, when they are tried again.

mod hostile;

use hostile::HOSTILE;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{net::IpAddr, time::Duration};
use viva::domain::{
    special_address::special,
    webhook::{
        EVENT_TYPES, Egress, FAILING_MAX, Host, Message, Outcome, RETRY_AFTER_MAX, Refusal, SecretError, Step,
        TRIES_MAX, Target, TargetError, TryError, URL_BYTES_MAX, after_try, message_id, secret_key, secret_text,
        wait_after,
    },
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn nobody(_: IpAddr) -> bool {
    false
}

/// Refused by its form alone, before any name is resolved.
fn refused(url: &str) -> bool {
    Target::parse(url).map_or(true, |target| Egress::default().check_form(&target).is_err())
}

#[test]
fn every_hostile_form_is_refused_before_a_name_is_asked_for() {
    assert!(HOSTILE.len() >= 150, "only {} forms", HOSTILE.len());
    let let_through: Vec<&&str> = HOSTILE.iter().filter(|url| !refused(url)).collect();
    assert!(let_through.is_empty(), "{let_through:#?}");
    let mut sorted = HOSTILE.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), HOSTILE.len(), "each form once");
}

#[test]
fn plain_addresses_are_taken_in_one_form() {
    for (url, plain) in [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("HTTPS://Hooks.Example.COM:443/A?b=c", "https://hooks.example.com/A?b=c"),
        ("https://hooks.example.com:8443/x", "https://hooks.example.com:8443/x"),
        ("https://hooks.example.com?token=a%2Fb", "https://hooks.example.com/?token=a%2Fb"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://my_service.example/", "https://my_service.example/"),
        ("https://8.8.8.8/hook", "https://8.8.8.8/hook"),
        ("https://[2606:4700::1111]/hook", "https://[2606:4700::1111]/hook"),
        ("https://1password.example/", "https://1password.example/"),
        ("https://example.com/a@b:c//d/../e", "https://example.com/a@b:c//d/../e"),
    ] {
        let target = Target::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(target.url(), plain);
        assert_eq!(Egress::default().check_form(&target), Ok(()), "{url}");
        assert_eq!(Target::parse(plain).as_ref(), Ok(&target), "its plain form is itself");
    }
    let long = |bytes: usize| format!("https://example.com/{}", "a".repeat(bytes - "https://example.com/".len()));
    assert!(Target::parse(&long(URL_BYTES_MAX)).is_ok());
    assert_eq!(Target::parse(&long(URL_BYTES_MAX + 1)), Err(TargetError::TooLong));
}

#[test]
fn one_inner_address_among_public_ones_is_enough_to_refuse() {
    let target = Target::parse("https://hooks.example.com/").unwrap();
    let egress = Egress::default();
    let check = |addresses: &[&str]| {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| ip(text)).collect();
        egress.check(&target, &addresses, nobody)
    };
    assert_eq!(check(&["8.8.8.8", "2606:4700::1111"]), Ok(()));
    assert_eq!(check(&["8.8.8.8", "10.0.0.1"]), Err(Refusal::Special("a private network")));
    assert_eq!(check(&["2606:4700::1111", "::1"]), Err(Refusal::Special("loopback")));
    assert_eq!(check(&["::ffff:8.8.8.8"]), Err(Refusal::Special("IPv4-mapped")));
    assert_eq!(check(&[]), Err(Refusal::NoAddress));
    let own = ip("8.8.4.4");
    assert_eq!(egress.check(&target, &[ip("8.8.8.8"), own], |it| it == own), Err(Refusal::OwnMachine));
}

#[test]
fn the_operator_may_allow_inner_addresses_and_users_never_this_machine() {
    let egress = Egress::new(&[ip("127.0.0.1"), ip("10.1.2.3"), ip("::ffff:10.9.9.9")]);
    let check =
        |egress: &Egress, url: &str, address: &str| egress.check(&Target::parse(url).unwrap(), &[ip(address)], nobody);
    assert_eq!(check(&egress, "http://127.0.0.1:3000/x", "127.0.0.1"), Ok(()));
    assert_eq!(check(&egress, "http://receiver.corp:9/x", "10.1.2.3"), Ok(()));
    assert_eq!(check(&egress, "http://receiver.corp:9/x", "10.9.9.9"), Ok(()), "named as mapped, meant as IPv4");
    assert_eq!(check(&egress, "http://receiver.corp/", "10.1.2.4"), Err(Refusal::Special("a private network")));
    assert_eq!(check(&egress, "http://receiver.corp/", "8.8.8.8"), Err(Refusal::PlainHttp));
    assert_eq!(check(&egress, "https://receiver.corp:444/", "8.8.8.8"), Err(Refusal::Port));
    assert_eq!(check(&egress, "https://receiver.corp:8443/", "8.8.8.8"), Ok(()));
    let users = egress.for_users();
    assert_eq!(check(&users, "http://127.0.0.1:3000/x", "127.0.0.1"), Err(Refusal::Special("loopback")));
    assert_eq!(check(&users, "http://receiver.corp:9/x", "10.1.2.3"), Ok(()));
}

#[test]
fn every_range_that_turn_denies_is_special_here_too() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/turnserver.conf");
    let text = std::fs::read_to_string(file).unwrap();
    let ranges = text.lines().filter_map(|line| line.strip_prefix("denied-peer-ip="));
    let mut seen = 0;
    for range in ranges {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        for address in [first, last] {
            assert!(special(ip(address)).is_some(), "{address} of {range}");
        }
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} ranges");
}

#[test]
fn special_begins_and_ends_where_it_should() {
    for (inside, outside) in [
        ("10.0.0.0", "9.255.255.255"),
        ("10.255.255.255", "11.0.0.0"),
        ("100.64.0.0", "100.63.255.255"),
        ("100.127.255.255", "100.128.0.0"),
        ("127.255.255.255", "128.0.0.1"),
        ("169.254.169.254", "169.253.255.255"),
        ("172.31.255.255", "172.32.0.0"),
        ("192.168.0.0", "192.167.255.255"),
        ("198.19.255.255", "198.20.0.0"),
        ("224.0.0.0", "223.255.255.255"),
        ("168.63.129.16", "168.63.129.17"),
        ("1fff:ffff::", "2000::"),
        ("4000::", "3ffe:ffff::"),
        ("2001:1ff::", "2001:200::"),
        ("2001:db8:ffff::", "2001:db9::"),
        ("2002::", "2003::"),
        ("3fff:fff::", "3fff:1000::"),
        ("2620:4f:8000:1::", "2620:4f:8001::"),
    ] {
        assert!(special(ip(inside)).is_some(), "{inside}");
        assert_eq!(special(ip(outside)), None, "{outside}");
    }
    for (address, what) in [
        ("0.0.0.0", "this network"),
        ("255.255.255.255", "reserved or broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:169.254.169.254", "IPv4-mapped"),
        ("64:ff9b::a00:1", "NAT64"),
        ("64:ff9b:1::a00:1", "NAT64"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2002:7f00:1::", "6to4"),
        ("fd00:ec2::254", "a private network"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2606:4700::5efe:a00:1", "ISATAP"),
        ("2606:4700::200:5efe:a00:1", "ISATAP"),
    ] {
        assert_eq!(special(ip(address)), Some(what), "{address}");
    }
}

proptest! {
    /// Whatever is read means the same when it is read again, and never holds what two readers may take differently.
    #[test]
    fn what_is_read_is_plain(url in r"(?i)https?://[ -~]{0,60}") {
        if let Ok(target) = Target::parse(&url) {
            prop_assert_eq!(Target::parse(target.url()), Ok(target.clone()));
            let authority = target.url().split("://").nth(1).unwrap().split(['/', '?']).next().unwrap().to_owned();
            prop_assert!(!authority.contains(['@', '\\', '%', '#', ' ']), "{}", authority);
            prop_assert!(authority.starts_with(&target.host().to_string()), "{}", authority);
        }
    }

    /// No address of an inner IPv4 network gets through, whatever IPv6 clothes it wears.
    #[test]
    fn an_inner_address_in_any_clothes_is_special(low in 0_u32..0x0100_0000) {
        let inner = std::net::Ipv4Addr::from_bits(0x0a00_0000 | low);
        let [a, b] = [(inner.to_bits() >> 16) as u16, inner.to_bits() as u16];
        for clothes in [
            inner.to_ipv6_mapped(),
            inner.to_ipv6_compatible(),
            [0x64, 0xff9b, 0, 0, 0, 0, a, b].into(),
            [0x2002, a, b, 0, 0, 0, 0, 1].into(),
            [0x2001, 0, 0, 0, 0, 0, !a, !b].into(),
            [0x2606, 0x4700, 0, 0, 0, 0x5efe, a, b].into(),
        ] {
            prop_assert!(special(clothes.into()).is_some(), "{}", clothes);
        }
    }

    /// A wait is never shorter than the schedule's and the endpoint's wish, and never much longer.
    #[test]
    fn waits_keep_their_bounds(failures in 0_u32..12, seed: u64, asked_s in 0_u64..200_000) {
        let asked = Duration::from_secs(asked_s);
        let wait = wait_after(failures, seed, Some(asked));
        prop_assert_eq!(wait.is_some(), (1..TRIES_MAX).contains(&failures));
        if let Some(wait) = wait {
            let plain = wait_after(failures, 0, None).unwrap();
            prop_assert!(wait >= plain && wait >= asked.min(RETRY_AFTER_MAX));
            prop_assert!(wait <= (plain + plain / 5).max(asked.min(RETRY_AFTER_MAX)));
        }
    }
}

#[test]
fn a_delivery_is_tried_for_three_days() {
    let waits: Vec<u64> = (1..TRIES_MAX).map(|n| wait_after(n, 0, None).unwrap().as_secs()).collect();
    assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    assert_eq!(wait_after(TRIES_MAX, 0, None), None);
    let days = Duration::from_secs(waits.iter().sum());
    assert!(days > Duration::from_secs(3 * 86_400) && days < FAILING_MAX);
    let spread: std::collections::BTreeSet<_> = (0..50).map(|seed| wait_after(2, seed * 7, None)).collect();
    assert!(spread.len() > 20, "what failed together does not come back together");
}

#[test]
fn only_200_to_299_is_a_success() {
    let step = |status| after_try(&Outcome::of_status(status, None), 1, false, 0);
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(step(status), Step::Delivered, "{status}");
    }
    for status in [100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503, 599] {
        assert_eq!(step(status), Step::Again(Duration::from_secs(5)), "{status}");
    }
    assert_eq!(Outcome::of_status(302, None).error, Some(TryError::Redirect));
    assert_eq!(step(410), Step::SwitchOff);
    let slow = Outcome::of_status(503, Some(Duration::from_secs(600)));
    assert_eq!(after_try(&slow, 1, false, 0), Step::Again(Duration::from_secs(600)));
    let endless = Outcome::of_status(429, Some(Duration::from_secs(u64::MAX)));
    assert_eq!(after_try(&endless, 1, false, 0), Step::Again(RETRY_AFTER_MAX));
    assert_eq!(after_try(&Outcome::failed(TryError::Dns), TRIES_MAX, false, 0), Step::GiveUp);
    assert_eq!(after_try(&Outcome::failed(TryError::Dns), 1, true, 0), Step::GiveUp, "a test is tried once");
    let names: std::collections::BTreeSet<_> = TryError::ALL.iter().map(|error| error.as_str()).collect();
    assert_eq!(names.len(), TryError::ALL.len());
}

fn message<'a>(event_type: &'a str, data: &'a Value) -> Message<'a> {
    Message {
        event_type,
        occurred_at: Timestamp::from_second(1_790_000_000).unwrap(),
        session_id: Some("ses_a"),
        interview_id: Some("general"),
        user_id: Some("candidate-7"),
        data,
        public_url: "https://viva.example",
    }
}

#[test]
fn a_message_holds_ids_and_no_words() {
    let data = json!({
        "end_reason": "completed", "duration_ms": 61_000, "transcript": "I was born in Linz", "owner": {"kind": "user"},
        "reason": "because I said so, twice", "state": ["nested"],
    });
    let body: Value = serde_json::from_str(&message("session.ended", &data).body()).unwrap();
    assert_eq!(
        body,
        json!({
            "type": "session.ended",
            "timestamp": "2026-09-21T14:13:20Z",
            "data": {
                "session_id": "ses_a", "interview_id": "general", "user_id": "candidate-7",
                "end_reason": "completed", "duration_ms": 61_000,
                "links": {
                    "status": "https://viva.example/api/interview/ses_a/status",
                    "results": "https://viva.example/api/interview/ses_a/results",
                    "page": "https://viva.example/results/ses_a",
                },
            },
        })
    );
    let recording = message("recording.ready", &data).body();
    assert!(recording.contains("https://viva.example/api/interview/ses_a/recording"), "{recording}");
    let erased = Message { user_id: None, ..message("session.erased", &data) }.body();
    assert!(!erased.contains("links") && !erased.contains("candidate-7"), "{erased}");
    let test = Message { session_id: None, interview_id: None, user_id: None, ..message("webhook.test", &Value::Null) };
    assert_eq!(serde_json::from_str::<Value>(&test.body()).unwrap()["data"], json!({}));
    assert_eq!(message("session.ended", &data).body(), message("session.ended", &data).body(), "always the same");
    assert!(EVENT_TYPES.iter().all(|name| name.bytes().all(|byte| byte == b'.' || byte.is_ascii_lowercase())));
}

#[test]
fn a_message_id_is_the_events_and_holds_no_full_stop() {
    let id = message_id("evt_my.own.session:1_session_ended");
    assert_eq!(id, message_id("evt_my.own.session:1_session_ended"));
    assert_ne!(id, message_id("evt_my.own.session:1_session_started"));
    assert!(id.strip_prefix("msg_").is_some_and(|rest| rest.len() == 26 && !rest.contains('.')), "{id}");
}

#[test]
fn secrets_have_24_to_64_bytes() {
    for bytes in [24, 32, 64] {
        let key = vec![7; bytes];
        assert_eq!(secret_key(&secret_text(&key)), Ok(key));
    }
    for bytes in [0, 23, 65] {
        assert_eq!(secret_key(&secret_text(&vec![7; bytes])), Err(SecretError::Length));
    }
    for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZI"]
    {
        assert!(secret_key(text).is_err(), "{text}");
    }
    assert!(matches!(Target::parse("https://a.example/").unwrap().host(), Host::Name(name) if name == "a.example"));
}
