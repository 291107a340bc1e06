//! Who may do what: every principal against every action, as DESIGN 6.1 says.

use viva::domain::{
    auth::{Action, Decision, Owner, Principal, SessionStep, Token, may},
    id::SessionId,
};

fn user(sub: &str) -> Principal {
    Principal::User { sub: sub.to_owned(), name: sub.to_owned() }
}

#[test]
fn a_session_opens_to_platform_owner_and_its_own_candidate() {
    let (mine, other) = (SessionId::from_random([1; 16]), SessionId::from_random([2; 16]));
    let owner = Owner::User { sub: "ann".to_owned() };
    let steps = [
        (SessionStep::TakePart, true),
        (SessionStep::Watch, true),
        (SessionStep::End, true),
        (SessionStep::ReadResults { candidate_may_read: true }, true),
        (SessionStep::ReadResults { candidate_may_read: false }, false),
    ];
    for (step, candidate_may) in steps {
        let action = Action::Session { session_id: &mine, owner: &owner, step };
        for principal in [Principal::Local, Principal::Platform, user("ann")] {
            assert_eq!(may(&principal, &action), Decision::Allow, "{principal:?} {step:?}");
        }
        for principal in [user("bob"), user(""), Principal::Candidate { session_id: other.clone() }] {
            assert_eq!(may(&principal, &action), Decision::Deny, "{principal:?} {step:?}");
        }
        let own = may(&Principal::Candidate { session_id: mine.clone() }, &action);
        assert_eq!(own == Decision::Allow, candidate_may, "{step:?}");
    }
}

#[test]
fn a_user_never_owns_what_the_platform_made() {
    let session_id = SessionId::from_random([3; 16]);
    for owner in [Owner::Platform, Owner::Local] {
        let action = Action::Session { session_id: &session_id, owner: &owner, step: SessionStep::Watch };
        assert_eq!(may(&user("platform"), &action), Decision::Deny);
    }
    let candidate = Principal::Candidate { session_id };
    assert_eq!(may(&candidate, &Action::Create), Decision::Deny);
    assert_eq!(candidate.owner(), None);
}

#[test]
fn a_token_is_kept_as_a_hash_that_only_it_matches() {
    let token = Token::from_random([7; 32]);
    assert_eq!(token.expose().len(), 64);
    assert!(token.hash().matches(&Token::parse(token.expose()).unwrap()));
    assert!(!token.hash().matches(&Token::from_random([8; 32])));
    assert!(!format!("{token:?} {:?}", token.hash()).contains(token.expose()));
    for wrong in ["", "abc", &"g".repeat(64), &"A".repeat(64), &"0".repeat(65)] {
        assert!(Token::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn ids_have_one_form() {
    let id = SessionId::from_random([255; 16]);
    assert!(SessionId::is_well_formed(id.as_str()), "{id}");
    for wrong in ["", "ses_", "ses_short", &id.as_str().to_uppercase(), &format!("{id}a"), "../../etc/passwd"] {
        assert!(!SessionId::is_well_formed(wrong), "{wrong}");
    }
}
