//! TURN credentials and the list that browsers get.

use viva::domain::ice::{Credential, IceServers};

#[test]
fn a_credential_is_what_coturn_computes() {
    // The vector was made with coturn's own rule: base 64 of HMAC-SHA1 over the whole user name.
    let credential = Credential::new(b"s3cret-for-test", "sess-1", 1_795_252_727);
    assert_eq!(credential.username, "1795252727:sess-1");
    assert_eq!(credential.password, "276sdtnoF1vV8/jMUlkbXPS6Q4Y=");
    assert!(!format!("{credential:?}").contains("276sdtno"), "a secret is not printed");
}

#[test]
fn a_bare_host_gives_stun_and_turn_over_both_transports() {
    let servers = IceServers::parse("turn.example", "stun:stun.example:3478").unwrap();
    let list = servers.for_session(Some(Credential::new(b"secret", "ses_1", 10)));
    assert_eq!(list[0].urls, ["stun:turn.example:3478", "stun:stun.example:3478"]);
    assert_eq!(list[1].urls, ["turn:turn.example:3478?transport=udp", "turn:turn.example:3478?transport=tcp"]);
    assert!(list[0].credential.is_none() && list[1].credential.is_some());
}

#[test]
fn a_relay_without_a_credential_is_not_offered() {
    let servers = IceServers::parse("turns:turn.example:443?transport=tcp", "").unwrap();
    assert!(servers.has_turn());
    assert!(servers.for_session(None).is_empty());
}

#[test]
fn what_is_no_server_is_refused() {
    let many = vec!["host"; 17].join(",");
    for entry in ["turn example", "host:port:more", "turn.example\"", "http://turn.example", many.as_str()] {
        assert!(IceServers::parse(entry, "").is_err(), "{entry}");
    }
    assert!(IceServers::parse("", "turn:turn.example:3478").is_err(), "a relay is no STUN server");
}
