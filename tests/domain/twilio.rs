//! Twilio's answers, as documented and otherwise.

use serde_json::{Value, json};
use viva::wire::twilio::{TwilioTokenError, parse};

fn documented() -> Value {
    json!({
        "username": "u", "password": "p", "account_sid": "AC0", "ttl": "86400",
        "date_created": "Fri, 01 May 2020 01:42:57 +0000", "date_updated": "Fri, 01 May 2020 01:42:57 +0000",
        "ice_servers": [
            {"url": "stun:global.stun.twilio.com:3478", "urls": "stun:global.stun.twilio.com:3478"},
            {"url": "turn:global.turn.twilio.com:3478?transport=udp", "username": "u", "credential": "p",
             "urls": "turn:global.turn.twilio.com:3478?transport=udp"},
            {"url": "turn:global.turn.twilio.com:443?transport=tcp", "username": "u", "credential": "p"},
        ],
    })
}

#[test]
fn the_documented_answer_is_read() {
    let token = parse(documented().to_string().as_bytes()).unwrap();
    assert_eq!(token.ttl_s, Some(86_400));
    let urls: Vec<&str> = token.servers.iter().map(|server| server.urls[0].as_str()).collect();
    assert_eq!(
        urls,
        [
            "stun:global.stun.twilio.com:3478",
            "turn:global.turn.twilio.com:3478?transport=udp",
            "turn:global.turn.twilio.com:443?transport=tcp"
        ]
    );
    let with_credential: Vec<bool> = token.servers.iter().map(|server| server.credential.is_some()).collect();
    assert_eq!(with_credential, [false, true, true]);
}

#[test]
fn several_urls_become_several_entries_and_the_time_may_be_a_number() {
    let body = json!({"ttl": 60, "ice_servers": [
        {"urls": ["turn:a.example", "turns:b.example:443?transport=tcp"], "username": "u", "credential": "p"},
    ]});
    let token = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!((token.ttl_s, token.servers.len()), (Some(60), 2));
}

#[test]
fn what_no_browser_could_use_is_left_out() {
    let mut body = documented();
    let list = body["ice_servers"].as_array_mut().unwrap();
    list.extend([
        json!({"url": "http://evil.example"}),
        json!({"url": "turn:no-credential.example"}),
        json!({"url": "turn:half.example", "username": "u"}),
        json!({"url": "turn:a b", "username": "u", "credential": "p"}),
        json!({"url": "turn:long.example", "username": "u".repeat(513), "credential": "p"}),
        json!({}),
    ]);
    assert_eq!(parse(body.to_string().as_bytes()).unwrap().servers.len(), 3);
}

#[test]
fn what_is_no_answer_is_refused() {
    for text in ["", "null", "[]", "{}", "<html>", "{\"ice_servers\": {}}", "{\"ice_servers\": [], \"ttl\": \"soon\"}"]
    {
        assert_eq!(parse(text.as_bytes()), Err(TwilioTokenError::Shape), "{text}");
    }
    for list in [json!([]), json!([{"url": "stun:s.example"}])] {
        let body = json!({"ice_servers": list, "ttl": "60"}).to_string();
        assert_eq!(parse(body.as_bytes()), Err(TwilioTokenError::NoRelay), "{body}");
    }
}
