//! Rooms: every rule once, and the invariants under random sequences.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use viva::domain::{
    auth::{Owner, Principal},
    id::{SessionId, SocketId},
    room::{PARTICIPANTS_MAX, Participant, Refusal, Room, RoomCode, RoomState, RoomTerms, Route, Target},
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn socket(n: u32) -> SocketId {
    SocketId::new(format!("socket-{n}"))
}

fn terms(expires_s: Option<i64>, participants_max: Option<u32>) -> RoomTerms {
    RoomTerms {
        code: RoomCode::parse("a7x9k2").unwrap(),
        owner: Owner::User { sub: "olga".to_owned() },
        owner_id: Some("olga".to_owned()),
        name: None,
        description: None,
        created_at: at(0),
        expires_at: expires_s.map(at),
        participants_max,
    }
}

fn open_room() -> Room {
    Room::new(terms(None, None))
}

#[test]
fn a_code_is_six_of_letters_and_digits() {
    for good in ["a7x9k2", "000000", "zzzzzz"] {
        assert_eq!(RoomCode::parse(good).unwrap().as_str(), good);
    }
    assert_eq!(RoomCode::parse("A7X9K2").unwrap().as_str(), "a7x9k2", "people type capitals");
    for bad in ["", "a7x9k", "a7x9k22", "a7x9k-", "a7x9k ", "ä7x9k", "room123", "../../"] {
        assert!(RoomCode::parse(bad).is_none(), "{bad}");
    }
    let codes: HashSet<RoomCode> =
        (0..1_000_u64).map(|n| RoomCode::from_random(n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    assert!(codes.len() > 990, "codes repeat: {}", codes.len());
    assert!(codes.iter().all(|code| RoomCode::parse(code.as_str()) == Some(*code)));
    assert_eq!(format!("{:?}", RoomCode::parse("a7x9k2").unwrap()), "RoomCode(redacted)");
}

#[test]
fn guests_come_and_go_with_their_socket() {
    let mut room = open_room();
    let ann = room.join_guest(at(1), &socket(1), "Ann", Some("student_456")).unwrap();
    assert_eq!((&*ann.name, ann.user_id.as_deref(), ann.is_member), ("socket-1", Some("student_456"), false));
    assert_eq!(room.join_guest(at(1), &socket(1), "Ann", None), Err(Refusal::AlreadyJoined));
    room.join_guest(at(2), &socket(2), "Ann", None).unwrap();
    assert_eq!((room.participant_count(), room.connected_count(), room.participants_total()), (2, 2, 2));
    let gone = room.disconnect(&socket(1)).unwrap();
    assert!(gone.is_gone && gone.participant == ann);
    assert_eq!(room.disconnect(&socket(1)), None);
    assert_eq!((room.participant_count(), room.participants_total()), (1, 2), "who ever joined stays counted");
}

#[test]
fn members_stay_without_a_socket_and_names_are_unique() {
    let mut room = open_room();
    let first = room.join_member(at(1), "u1", "Ann").unwrap().unwrap();
    assert_eq!(room.join_member(at(2), "u1", "Ann"), Ok(None), "joining again changes nothing");
    let second = room.join_member(at(2), "u2", "Ann").unwrap().unwrap();
    assert_eq!((&*first.name, &*second.name, &*second.display_name), ("Ann", "Ann (2)", "Ann"));
    assert_eq!(room.connect_member(at(3), "nobody", &socket(1)), Err(Refusal::NotJoined));
    let (connected, before) = room.connect_member(at(3), "u1", &socket(1)).unwrap();
    assert_eq!((connected.socket_id, before), (Some(socket(1)), None));
    let (_, before) = room.connect_member(at(4), "u1", &socket(2)).unwrap();
    assert_eq!(before.unwrap().socket_id, Some(socket(1)), "the newer socket takes over");
    assert_eq!(room.disconnect(&socket(1)), None, "the older one means nothing any more");
    let left = room.disconnect(&socket(2)).unwrap();
    assert!(!left.is_gone && left.participant.socket_id == Some(socket(2)));
    assert_eq!((room.participant_count(), room.connected_count()), (2, 0));
    assert_eq!(&*room.leave_member("u1").unwrap().name, "Ann");
    assert_eq!(room.leave_member("u1"), None);
    assert_eq!((room.participant_count(), room.participants_total()), (1, 2));
}

#[test]
fn a_membership_that_was_not_saved_never_was() {
    let mut room = open_room();
    room.join_member(at(1), "u1", "Ann").unwrap();
    room.revoke_member("u1");
    room.revoke_member("u1");
    assert_eq!((room.participant_count(), room.participants_total()), (0, 0));
}

#[test]
fn a_room_holds_so_many_and_no_more() {
    let mut room = Room::new(terms(None, Some(2)));
    room.join_guest(at(1), &socket(1), "a", None).unwrap();
    room.join_member(at(1), "u1", "b").unwrap();
    assert_eq!(room.join_guest(at(1), &socket(2), "c", None), Err(Refusal::Full));
    assert_eq!(room.join_member(at(1), "u2", "d"), Err(Refusal::Full));
    assert_eq!(room.join_member(at(1), "u1", "b"), Ok(None), "who is in needs no second place");
    room.connect_member(at(1), "u1", &socket(3)).unwrap();
    room.disconnect(&socket(1));
    room.join_guest(at(1), &socket(2), "c", None).unwrap();
    let mut unlimited = open_room();
    for n in 0..PARTICIPANTS_MAX {
        unlimited.join_guest(at(1), &socket(n), "x", None).unwrap();
    }
    assert_eq!(unlimited.join_guest(at(1), &socket(PARTICIPANTS_MAX), "x", None), Err(Refusal::Full));
}

#[test]
fn a_room_ends_by_its_owner_or_by_its_time() {
    let mut room = Room::new(terms(Some(100), None));
    room.join_guest(at(1), &socket(1), "a", None).unwrap();
    room.join_member(at(1), "u1", "b").unwrap();
    room.connect_member(at(1), "u1", &socket(2)).unwrap();
    assert_eq!((room.state(at(99)), room.state(at(100))), (RoomState::Open, RoomState::Expired));
    assert!(!room.expire(at(99)));
    assert_eq!(room.route(at(100), &socket(1), Target::Others), Err(Refusal::Expired));
    assert!(room.expire(at(100)));
    assert_eq!((room.connected_count(), room.participant_count()), (0, 1), "the member stays on record");
    assert_eq!(room.join_guest(at(100), &socket(3), "c", None), Err(Refusal::Expired));
    assert_eq!(room.join_member(at(100), "u1", "b"), Err(Refusal::Expired));
    assert_eq!(room.connect_member(at(100), "u1", &socket(3)), Err(Refusal::Expired));
    assert_eq!(room.close(at(101)), Ok(()), "also an expired room can be closed");
    assert_eq!((room.state(at(102)), room.close(at(103))), (RoomState::Closed, Err(Refusal::Closed)));
}

#[test]
fn messages_reach_one_or_all_others_by_either_address() {
    let mut room = open_room();
    room.join_guest(at(1), &socket(1), "Ann", None).unwrap();
    room.join_member(at(1), "u1", "bob").unwrap();
    let from = socket(1);
    assert_eq!(room.route(at(2), &from, Target::Name("bob")), Err(Refusal::TargetOffline));
    room.connect_member(at(2), "u1", &socket(2)).unwrap();
    assert_eq!(room.route(at(2), &from, Target::Name("bob")), Ok(Route::To(socket(2))));
    assert_eq!(room.route(at(2), &from, Target::Socket("socket-2")), Ok(Route::To(socket(2))));
    assert_eq!(room.route(at(2), &socket(2), Target::Name("socket-1")), Ok(Route::To(socket(1))));
    assert_eq!(room.route(at(2), &from, Target::Others), Ok(Route::Others));
    assert_eq!(room.route(at(2), &from, Target::Socket("bob")), Err(Refusal::NoSuchTarget));
    assert_eq!(room.route(at(2), &socket(9), Target::Others), Err(Refusal::NotJoined));
}

#[test]
fn who_sees_and_who_closes() {
    let mut room = open_room();
    room.join_member(at(1), "mia", "Mia").unwrap();
    let user = |sub: &str| Principal::User { sub: sub.to_owned(), name: sub.to_owned() };
    let candidate = Principal::Candidate { session_id: SessionId::from_random([1; 16]) };
    for (principal, sees, closes) in [
        (Principal::Local, true, true),
        (Principal::Platform, true, true),
        (user("olga"), true, true),
        (user("mia"), true, false),
        (user("eve"), false, false),
        (candidate, false, false),
        (Principal::Nobody, false, false),
    ] {
        assert_eq!((room.is_visible_to(&principal), room.may_close(&principal)), (sees, closes), "{principal:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Guest(u32),
    Member(u8),
    Connect(u8, u32),
    Disconnect(u32),
    Leave(u8),
    Revoke(u8),
    Send(u32, u32),
    Close,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..12_u32).prop_map(Step::Guest),
        6 => (0..6_u8).prop_map(Step::Member),
        6 => (0..6_u8, 0..12_u32).prop_map(|(user, socket)| Step::Connect(user, socket)),
        6 => (0..12_u32).prop_map(Step::Disconnect),
        3 => (0..6_u8).prop_map(Step::Leave),
        1 => (0..6_u8).prop_map(Step::Revoke),
        6 => (0..12_u32, 0..12_u32).prop_map(|(from, to)| Step::Send(from, to)),
        1 => Just(Step::Close),
        3 => (0..8_i64).prop_map(Step::Wait),
    ]
}

fn take(room: &mut Room, now: Timestamp, step: &Step) {
    let total = room.participants_total();
    match *step {
        Step::Guest(n) => {
            let joined = room.join_guest(now, &socket(n), "guest", None).is_ok();
            assert_eq!(room.participants_total(), total + u64::from(joined));
        }
        Step::Member(n) => {
            // Two users share each name.
            let joined = matches!(room.join_member(now, &format!("u{n}"), &format!("n{}", n / 2)), Ok(Some(_)));
            assert_eq!(room.participants_total(), total + u64::from(joined));
        }
        Step::Connect(user, n) => drop(room.connect_member(now, &format!("u{user}"), &socket(n))),
        Step::Disconnect(n) => drop(room.disconnect(&socket(n))),
        Step::Leave(n) => drop(room.leave_member(&format!("u{n}"))),
        Step::Revoke(n) => room.revoke_member(&format!("u{n}")),
        Step::Send(from, to) => {
            let to = socket(to);
            let routed = room.route(now, &socket(from), Target::Socket(to.as_str()));
            let both = room.of_socket(&socket(from)).is_some() && room.of_socket(&to).is_some();
            let open = room.state(now) == RoomState::Open;
            assert_eq!(routed.is_ok(), both && open, "{routed:?}");
        }
        Step::Close => drop(room.close(now)),
        Step::Wait(_) => drop(room.expire(now)),
    }
}

fn check(room: &Room, now: Timestamp, places: usize) {
    let all: Vec<&Participant> = room.participants().collect();
    assert_eq!(all.len(), room.participant_count());
    assert!(all.len() <= places, "{} of {places}", all.len());
    let names: HashSet<&str> = all.iter().map(|one| &*one.name).collect();
    assert_eq!(names.len(), all.len(), "names repeat");
    let sockets: HashMap<&SocketId, &Participant> =
        all.iter().filter_map(|one| one.socket_id.as_ref().map(|id| (id, *one))).collect();
    assert_eq!(sockets.len(), room.connected_count());
    assert!(sockets.iter().all(|(id, one)| room.of_socket(id) == Some(*one)));
    let users: Vec<&str> = all.iter().filter(|one| one.is_member).filter_map(|one| one.user_id.as_deref()).collect();
    assert_eq!(users.iter().collect::<HashSet<_>>().len(), users.len(), "a member is there twice");
    assert!(users.iter().all(|user| room.member(user).is_some()));
    assert!(all.iter().all(|one| one.is_member || one.socket_id.is_some()), "a guest without a socket");
    assert!(room.participants_total() >= all.len() as u64);
    if room.state(now) == RoomState::Closed {
        assert_eq!(room.connected_count(), 0, "a closed room has sockets");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn invariants_hold_under_any_sequence(steps in proptest::collection::vec(step(), 1..120), places in 2..9_u32) {
        let mut room = Room::new(terms(Some(150), Some(places)));
        let mut now_s = 0;
        for step in &steps {
            if let Step::Wait(seconds) = step {
                now_s += seconds;
            }
            take(&mut room, at(now_s), step);
            check(&room, at(now_s), places as usize);
        }
        let later = at(now_s) + SignedDuration::from_hours(1);
        room.expire(later);
        prop_assert!(room.state(later) == RoomState::Closed || room.connected_count() == 0);
    }
}
