//! Sign-in without clock or storage: addresses, names, codes, and what a try is worth.

use std::cell::Cell;
use viva::domain::sign_in::{
    Code, EmailAddress, SealedCode, SealingKey, TRIES_MAX, Try, UserName, WINDOW_MS, judge, window,
};

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

#[test]
fn an_address_has_one_form() {
    for (written, kept) in [
        ("user@example.com", "user@example.com"),
        (" Ann.Example+viva@Mail.Example.COM ", "ann.example+viva@mail.example.com"),
        ("o'brien_{x}@localhost", "o'brien_{x}@localhost"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
    ] {
        assert_eq!(address(written).as_str(), kept);
    }
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_host = format!("a@{}.example", "b".repeat(64));
    let long = format!("a@{}example", "bcdefghij.".repeat(26));
    for wrong in [
        "",
        "@",
        "a@",
        "@b",
        "ab",
        "a@b@c",
        "a b@c.example",
        "a@b c.example",
        "a@b..c",
        ".a@b.c",
        "a.@b.c",
        "a..b@c.d",
        "a@-b.c",
        "a@b-.c",
        "a@b.c.",
        "a@b_c.example",
        "\"a b\"@c.example",
        "a@[127.0.0.1]",
        "a@b.c\r\nBcc: x@y.z",
        "a\n@b.c",
        "a\0@b.c",
        "ä@b.c",
        "a@bücher.example",
        "Ann <a@b.c>",
        "a@b.c,d@e.f",
        "a@b.c;",
        "mailto:a@b.c ,",
        &long_local,
        &long_host,
        &long,
    ] {
        assert!(EmailAddress::parse(wrong).is_err(), "{wrong:?}");
    }
    assert!(!format!("{:?}", address("user@example.com")).contains("user"));
}

#[test]
fn a_name_is_short_plain_and_the_same_in_any_case() {
    for good in ["ann", "Ann-Example", "a.b_c", "x2y", "a".repeat(32).as_str()] {
        assert_eq!(UserName::parse(good).unwrap().as_str(), good);
    }
    assert_eq!(UserName::parse("Ann").unwrap().folded(), UserName::parse("aNN").unwrap().folded());
    let long = "a".repeat(33);
    for wrong in ["", "ab", &long, "-ab", "ab-", ".ab", "a b", " ab ", "аnn", "ann\u{200b}x", "a/b", "a@b", "ann\n"] {
        assert!(UserName::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn codes_have_six_digits_and_none_is_favoured() {
    assert_eq!(Code::from_random([0; 8]).expose(), "000000");
    assert_eq!(Code::from_random(999_999u64.to_le_bytes()).expose(), "999999");
    assert_eq!(Code::from_random(1_000_042u64.to_le_bytes()).expose(), "000042");
    let mut first = [0; 10];
    for n in 0..100_000u64 {
        // A multiplicative sequence stands for chance.
        let code = Code::from_random(n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        assert_eq!(Code::parse(code.expose()), Some(code.clone()));
        first[usize::from(code.expose().as_bytes()[0] - b'0')] += 1;
    }
    assert!(first.iter().all(|&count| (9_000..11_000).contains(&count)), "{first:?}");
    for wrong in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "+12345", "12 456"] {
        assert_eq!(Code::parse(wrong), None, "{wrong:?}");
    }
    assert!(!format!("{:?}", Code::from_random([1; 8])).contains(Code::from_random([1; 8]).expose()));
}

#[test]
fn a_sealed_code_opens_to_its_own_code_address_and_key_alone() {
    let (key, other_key) = (SealingKey::derive(b"one secret"), SealingKey::derive(b"another secret"));
    let (ann, bob) = (address("ann@example.com"), address("bob@example.com"));
    let (code, other) = (Code::from_random([1; 8]), Code::from_random([2; 8]));
    let sealed = key.seal([7; 16], &ann, &code);
    assert!(sealed.is(&key, &ann, &code));
    assert!(!sealed.is(&key, &ann, &other) && !sealed.is(&key, &bob, &code) && !sealed.is(&other_key, &ann, &code));
    let bytes = sealed.to_bytes();
    assert_eq!(SealedCode::from_bytes(&bytes), Some(sealed));
    assert!(!SealedCode::from_bytes(&[&[8; 16], &bytes[16..]].concat()).unwrap().is(&key, &ann, &code));
    for wrong in [&bytes[..47], &bytes[..15], &[], &[0; 49]] {
        assert_eq!(SealedCode::from_bytes(wrong), None);
    }
    assert_eq!(key.address_key(&ann), key.address_key(&address("ANN@example.com")));
    assert_ne!(key.address_key(&ann), key.address_key(&bob));
    assert_ne!(key.address_key(&ann), other_key.address_key(&ann));
    let known = code.expose().as_bytes();
    assert!(!bytes.windows(known.len()).any(|part| part == known));
}

#[test]
fn five_tries_are_looked_at_and_no_sixth() {
    let looked = Cell::new(0);
    let look = |right: bool| {
        looked.set(looked.get() + 1);
        right
    };
    for number in 1..=TRIES_MAX {
        assert_eq!(judge(number, || look(false)), Try::Wrong);
        assert_eq!(judge(number, || look(true)), Try::Right);
    }
    for number in [TRIES_MAX + 1, 64, i64::MAX, 0, -1, i64::MIN] {
        assert_eq!(judge(number, || look(true)), Try::UsedUp, "{number}");
    }
    assert_eq!(looked.get(), 2 * TRIES_MAX);
}

#[test]
fn windows_are_an_hour_and_say_when_they_end() {
    assert_eq!(window(0), (0, 3_600));
    assert_eq!(window(WINDOW_MS - 1), (0, 1));
    assert_eq!(window(WINDOW_MS), (1, 3_600));
    assert_eq!(window(WINDOW_MS + 1_500), (1, 3_599));
}
