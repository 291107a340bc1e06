//! Rooms over REST, as both contracts say, and what becomes of rooms with time.

use crate::support::{
    server::{TestServer, answer, text},
    signaling::{Peer, SECRET, token},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use viva::{
    config::RoomConfig,
    domain::{
        auth::Principal,
        id::SocketId,
        room::{RoomCode, RoomState},
    },
    room::{NewRoom, Outbox, Paging, RoomError, Rooms, Statistics},
    store::{Location, SqlStore, Store},
    wire::signaling::Dialect,
};

const KEY: &str = "platform-key-for-tests";

async fn server() -> TestServer {
    TestServer::start(&[("API_KEY", KEY), ("SECRET_KEY", SECRET)]).await
}

fn platform(request: RequestBuilder) -> RequestBuilder {
    request.header("x-api-key", KEY)
}

async fn as_platform(server: &TestServer, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = platform(server.request(method, path));
    answer(if let Some(body) = body { request.json(&body) } else { request }).await
}

async fn as_user(server: &TestServer, name: &str, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = server.request(method, path).bearer_auth(token(name));
    answer(if let Some(body) = body { request.json(&body) } else { request }).await
}

fn assert_problem(answered: &(u16, Value), status: u16, code: &str) {
    assert_eq!((answered.0, answered.1["code"].as_str()), (status, Some(code)), "{}", answered.1);
}

fn seconds(body: &Value, field: &str) -> i64 {
    text(body, field).parse::<Timestamp>().expect("a time").as_second()
}

#[tokio::test]
async fn a_platform_makes_reads_lists_and_deletes_a_room() {
    let server = server().await;
    let asked = json!({"owner_id": "teacher_123", "ttl_hours": 2, "max_participants": 30});
    let (status, room) = as_platform(&server, Method::POST, "/api/rooms", Some(asked)).await;
    assert_eq!((status, room["owner_id"].as_str()), (201, Some("teacher_123")), "{room}");
    let code = text(&room, "room_code");
    assert!(RoomCode::parse(&code).is_some_and(|parsed| parsed.as_str() == code), "{code}");
    assert_eq!(room["room_id"], room["room_code"]);
    assert_eq!(seconds(&room, "expires_at") - seconds(&room, "created_at"), 7_200);
    let (mut guest, id, _) = Peer::in_room(&server.url, &code, "John Doe").await;
    let path = format!("/api/rooms/{code}");
    let (status, details) = as_platform(&server, Method::GET, &path, None).await;
    assert_eq!((status, details["state"].as_str(), &details["max_participants"]), (200, Some("open"), &json!(30)));
    assert_eq!((&details["participant_count"], &details["total_participants"]), (&json!(1), &json!(1)));
    let one = &details["participants"][0];
    assert_eq!((one["socket_id"].as_str(), one["display_name"].as_str()), (Some(id.as_str()), Some("John Doe")));
    assert!(seconds(one, "joined_at") >= seconds(&details, "created_at"));
    let (status, list) = as_platform(&server, Method::GET, "/api/rooms?state=open", None).await;
    assert_eq!((status, &list["total"]), (200, &json!(1)), "{list}");
    let listed = &list["rooms"][0];
    for field in ["room_code", "state", "participant_count", "max_participants", "created_at", "expires_at"] {
        assert_eq!(listed[field], details[field], "{field}");
    }
    let (status, deleted) = as_platform(&server, Method::DELETE, &path, None).await;
    assert_eq!((status, deleted), (200, json!({"message": format!("Room {code} deleted successfully")})));
    assert_eq!(guest.closed().await.map(|frame| u16::from(frame.code)), Some(4410));
    assert_problem(&as_platform(&server, Method::DELETE, &path, None).await, 404, "not_found");
    let (status, details) = as_platform(&server, Method::GET, &path, None).await;
    assert_eq!((status, details["state"].as_str(), &details["participants"]), (200, Some("closed"), &json!([])));
    let (_, list) = as_platform(&server, Method::GET, "/api/rooms?state=open", None).await;
    assert_eq!(list, json!({"rooms": [], "total": 0}));
    let (_, list) = as_platform(&server, Method::GET, "/api/rooms?state=closed", None).await;
    assert_eq!((&list["total"], &list["rooms"][0]["state"]), (&json!(1), &json!("closed")));
    let (status, body) = as_platform(&server, Method::GET, "/api/statistics", None).await;
    let expected = json!({"statistics": {"total_rooms": 1, "open_rooms": 0, "closed_rooms": 1, "expired_rooms": 0,
        "total_participants": 1, "active_participants": 0}});
    assert_eq!((status, body), (200, expected));
    server.stop().await;
}

#[tokio::test]
async fn defaults_come_from_the_configuration_and_ranges_are_checked() {
    let variables =
        [("API_KEY", KEY), ("SECRET_KEY", SECRET), ("ROOM_TTL_HOURS", "5"), ("MAX_PARTICIPANTS_PER_ROOM", "7")];
    let server = TestServer::start(&variables).await;
    let (status, room) = as_platform(&server, Method::POST, "/api/rooms/", None).await;
    assert_eq!((status, &room["max_participants"], &room["owner_id"]), (201, &json!(7), &Value::Null));
    assert_eq!(seconds(&room, "expires_at") - seconds(&room, "created_at"), 5 * 3_600);
    for (body, pointer) in [
        (json!({"ttl_hours": 0}), "/ttl_hours"),
        (json!({"ttl_hours": 169}), "/ttl_hours"),
        (json!({"ttl_hours": -1}), "/ttl_hours"),
        (json!({"ttl_hours": "2"}), "/ttl_hours"),
        (json!({"ttl_hours": 1.5}), "/ttl_hours"),
        (json!({"max_participants": 1}), "/max_participants"),
        (json!({"max_participants": 101}), "/max_participants"),
        (json!({"max_participants": true}), "/max_participants"),
        (json!({"owner_id": 5}), "/owner_id"),
        (json!({"owner_id": "x".repeat(129)}), "/owner_id"),
        (json!({"name": "a\u{7}b"}), "/name"),
        (json!({"description": "x".repeat(2_001)}), "/description"),
    ] {
        let answered = as_platform(&server, Method::POST, "/api/rooms", Some(body.clone())).await;
        assert_problem(&answered, 400, "invalid_request");
        assert_eq!(answered.1["errors"][0]["pointer"], pointer, "{body}");
    }
    for (ttl, max) in [(1, 2), (168, 100)] {
        let body = json!({"ttl_hours": ttl, "max_participants": max, "unknown": 1});
        assert_eq!(as_platform(&server, Method::POST, "/api/rooms", Some(body)).await.0, 201);
    }
    for query in
        ["state=gone", "state=", "limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=1-2", "limit=1&limit=2"]
    {
        let answered = as_platform(&server, Method::GET, &format!("/api/rooms?{query}"), None).await;
        assert_problem(&answered, 400, "invalid_request");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_user_makes_joins_and_leaves_rooms() {
    let server = server().await;
    let asked = json!({"name": "Room Name", "description": "Room Description"});
    let (status, room) = as_user(&server, "ann", Method::POST, "/api/rooms/", Some(asked)).await;
    assert_eq!((status, room["name"].as_str(), &room["expires_at"]), (201, Some("Room Name"), &Value::Null), "{room}");
    assert_eq!((&room["max_participants"], &room["participants"][0]["display_name"]), (&Value::Null, &json!("ann")));
    let code = text(&room, "room_id");
    let path = format!("/api/rooms/{code}");
    assert_problem(&as_user(&server, "bob", Method::GET, &path, None).await, 404, "not_found");
    let (status, joined) = as_user(&server, "bob", Method::POST, &format!("{path}/join"), None).await;
    assert_eq!((status, joined["participants"].as_array().map(Vec::len)), (200, Some(2)), "{joined}");
    let again = as_user(&server, "bob", Method::POST, &format!("{path}/join/"), None).await;
    assert_eq!((again.0, &again.1["total_participants"]), (200, &json!(2)), "joining again changes nothing");
    let one = &again.1["participants"][1];
    assert_eq!(
        (one["display_name"].as_str(), one["user_id"].as_str(), &one["socket_id"], &one["connected"]),
        (Some("bob"), Some("id-bob"), &Value::Null, &json!(false))
    );
    for user in ["ann", "bob"] {
        let (status, list) = as_user(&server, user, Method::GET, "/api/rooms/", None).await;
        assert_eq!((status, list[0]["room_id"].as_str()), (200, Some(code.as_str())), "{list}");
        assert_eq!(list[0]["participants"].as_array().map(Vec::len), Some(2));
    }
    assert_eq!(as_user(&server, "cleo", Method::GET, "/api/rooms", None).await, (200, json!([])));
    assert_problem(&as_user(&server, "bob", Method::DELETE, &path, None).await, 404, "not_found");
    let (status, left) = as_user(&server, "bob", Method::POST, &format!("{path}/leave"), None).await;
    assert_eq!((status, &left["participant_count"], &left["total_participants"]), (200, &json!(1), &json!(2)));
    assert_problem(&as_user(&server, "bob", Method::POST, &format!("{path}/leave/"), None).await, 404, "not_found");
    assert_eq!(as_user(&server, "bob", Method::GET, "/api/rooms/", None).await, (200, json!([])));
    let seen = as_platform(&server, Method::GET, &format!("{path}/"), None).await;
    assert_eq!((seen.0, seen.1["owner_id"].as_str()), (200, Some("id-ann")), "a platform sees all rooms");
    assert_eq!(as_user(&server, "ann", Method::DELETE, &format!("{path}/"), None).await.0, 200);
    let late = as_user(&server, "bob", Method::POST, &format!("{path}/join"), None).await;
    assert_problem(&late, 409, "room_closed");
    server.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_credential() {
    let server = server().await;
    let (_, room) = as_platform(&server, Method::POST, "/api/rooms", Some(json!({}))).await;
    let path = format!("/api/rooms/{}", text(&room, "room_code"));
    let statistics = "/api/statistics".to_owned();
    for (method, path) in [
        (Method::POST, "/api/rooms".to_owned()),
        (Method::GET, "/api/rooms".to_owned()),
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/join")),
        (Method::POST, format!("{path}/leave")),
        (Method::GET, statistics.clone()),
    ] {
        for request in [
            server.request(method.clone(), &path),
            server.request(method.clone(), &path).header("x-api-key", "a-wrong-key"),
            server.request(method.clone(), &path).bearer_auth("a.b.c"),
        ] {
            assert_problem(&answer(request).await, 401, "unauthorized");
        }
    }
    for step in ["join", "leave"] {
        let answered = as_platform(&server, Method::POST, &format!("{path}/{step}"), None).await;
        assert_problem(&answered, 401, "unauthorized");
    }
    assert_problem(&as_user(&server, "ann", Method::GET, &statistics, None).await, 404, "not_found");
    for unknown in ["zzzzzz", "room123", "UPPER1", "%2e%2e"] {
        let answered = as_platform(&server, Method::GET, &format!("/api/rooms/{unknown}"), None).await;
        assert_problem(&answered, 404, "not_found");
    }
    server.stop().await;
}

#[tokio::test]
async fn long_lists_are_paged_by_cursor() {
    let server = server().await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(text(&as_platform(&server, Method::POST, "/api/rooms", None).await.1, "room_code"));
    }
    let mut found = Vec::new();
    let mut next = Some("/api/rooms?limit=2&state=open".to_owned());
    while let Some(path) = next.take() {
        let response = platform(server.request(Method::GET, &path)).send().await.unwrap();
        next = response.headers().get(header::LINK).map(|link| {
            let link = link.to_str().unwrap();
            let url = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
            url.strip_prefix(&server.url).unwrap().to_owned()
        });
        let page: Value = response.json().await.unwrap();
        assert_eq!(page["total"], 5, "the total is of all pages");
        let rooms = page["rooms"].as_array().unwrap();
        assert!(rooms.len() == 2 || next.is_none(), "{page}");
        found.extend(rooms.iter().map(|room| text(room, "room_code")));
    }
    let newest_first = found.clone();
    codes.sort();
    found.sort();
    assert_eq!(found, codes, "every room once");
    let whole = as_platform(&server, Method::GET, "/api/rooms", None).await.1;
    let order: Vec<String> = whole["rooms"].as_array().unwrap().iter().map(|room| text(room, "room_code")).collect();
    assert_eq!(order, newest_first);
    server.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_rooms_members_and_counts() {
    let variables = [("API_KEY", KEY), ("SECRET_KEY", SECRET)];
    let server = TestServer::start(&variables).await;
    let (_, of_user) = as_user(&server, "ann", Method::POST, "/api/rooms", Some(json!({"name": "Class"}))).await;
    let code = text(&of_user, "room_code");
    as_user(&server, "bob", Method::POST, &format!("/api/rooms/{code}/join"), None).await;
    let (_, closed) = as_platform(&server, Method::POST, "/api/rooms", None).await;
    let closed = format!("/api/rooms/{}", text(&closed, "room_code"));
    as_platform(&server, Method::DELETE, &closed, None).await;
    let (guest, _, _) = Peer::in_room(&server.url, &code, "guest").await;
    let directory = server.stop().await;
    drop(guest);
    let server = TestServer::start_in(directory, &variables).await;
    let (status, room) = as_user(&server, "bob", Method::GET, &format!("/api/rooms/{code}"), None).await;
    assert_eq!((status, room["name"].as_str(), &room["total_participants"]), (200, Some("Class"), &json!(3)), "{room}");
    let names: Vec<&str> =
        room["participants"].as_array().unwrap().iter().filter_map(|one| one["username"].as_str()).collect();
    assert_eq!(names, ["ann", "bob"], "members are kept, guests are not");
    let (_, room) = as_platform(&server, Method::GET, &closed, None).await;
    assert_eq!(room["state"], "closed");
    let (_, list) = as_user(&server, "bob", Method::GET, "/api/rooms", None).await;
    assert_eq!(list[0]["room_code"], code);
    server.stop().await;
}

#[tokio::test]
async fn health_is_as_the_contract_says() {
    let server = server().await;
    let (peer, _) = Peer::guest(&server.url).await;
    as_platform(&server, Method::POST, "/api/rooms", None).await;
    let (status, health) = server.get("/health").await;
    assert_eq!(
        (status, health["status"].as_str(), health["database"].as_str()),
        (200, Some("healthy"), Some("sqlite"))
    );
    let metrics = json!({"active_websocket_connections": 1, "active_rooms": 1, "api_authentication": "enabled"});
    assert_eq!((&health["metrics"], &health["cache"]), (&metrics, &json!("memory")));
    assert!((Timestamp::now().as_second() - seconds(&health, "timestamp")).abs() < 60);
    drop(peer);
    server.stop().await;
    let open = TestServer::start(&[]).await;
    assert_eq!(open.get("/health").await.1["metrics"]["api_authentication"], "disabled");
    open.stop().await;
}

#[tokio::test]
async fn the_local_developer_needs_no_key_in_open_mode() {
    let server = TestServer::start(&[]).await;
    let (status, room) = server.post("/api/rooms", json!({"owner_id": "me"})).await;
    assert_eq!(status, 201, "{room}");
    let path = format!("/api/rooms/{}", text(&room, "room_code"));
    assert_eq!(server.get(&path).await.0, 200);
    assert_eq!(server.get("/api/rooms").await.1["total"], 1);
    assert_eq!(server.get("/api/statistics").await.0, 200);
    assert_problem(&server.post(&format!("{path}/join"), json!({})).await, 401, "unauthorized");
    assert_eq!(answer(server.request(Method::DELETE, &path)).await.0, 200);
    server.stop().await;
}

/// The last place goes to one of many who ask at once.
#[tokio::test]
async fn a_full_room_takes_nobody_more() {
    let server = server().await;
    let (_, room) = as_platform(&server, Method::POST, "/api/rooms", Some(json!({"max_participants": 3}))).await;
    let path = format!("/api/rooms/{}/join", text(&room, "room_code"));
    let names: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
    let joins = names.iter().map(|name| as_user(&server, name, Method::POST, &path, None));
    let answers = futures_util::future::join_all(joins).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 3);
    for refused in answers.iter().filter(|(status, _)| *status != 200) {
        assert_problem(refused, 409, "room_full");
    }
    server.stop().await;
}

/// Time, which a server on the wall clock does not have: rooms expire, are forgotten, and go on counting.
#[tokio::test]
async fn rooms_expire_and_are_forgotten_after_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(directory.path().join("viva.db"));
    let store = Arc::new(SqlStore::open(&location).await.unwrap());
    let config = RoomConfig { ttl: Duration::from_secs(3_600), participants_max: 50 };
    let start = Timestamp::from_second(1_790_000_000).unwrap();
    let hours = |n: i64| start + SignedDuration::from_hours(n);
    let rooms = Rooms::load(store.clone(), config, start).await.unwrap();
    let first = rooms.create(Principal::Platform, NewRoom::default(), start).await.unwrap();
    let lasting = NewRoom { ttl: Some(SignedDuration::from_hours(100)), ..NewRoom::default() };
    let second = rooms.create(Principal::Platform, lasting, start).await.unwrap();
    let (first, second) = [first, second].map(|room| RoomCode::parse(&room.room_code).unwrap()).into();
    let (outbox, mut queue) = Outbox::new(Dialect::Envelope);
    let seat = rooms.enter_guest(first.as_str(), &SocketId::new("s1"), ("Ann", None), outbox, start).unwrap();
    rooms.close(Principal::Platform, second, hours(1)).await.unwrap();
    let state = |code, now| rooms.details(&Principal::Platform, code, now).map(|room| room.state);
    assert_eq!((state(first, hours(1)), state(second, hours(1))), (Some("expired"), Some("closed")));
    assert_eq!(rooms.open_count(hours(1)), 0);
    let mut ended = false;
    while let Some(outgoing) = queue.recv().await {
        ended |= matches!(outgoing, viva::room::Outgoing::Close(viva::room::CloseReason::RoomExpired));
    }
    assert!(ended, "an expired room's sockets are closed");
    drop(seat);
    let paging = Paging { limit: 10, after: None };
    assert_eq!(rooms.summaries(Some(RoomState::Expired), paging, hours(2)).1, 1);
    let late = rooms.join(first, "ann".to_owned(), "Ann".to_owned(), hours(2)).await;
    assert!(matches!(late, Err(RoomError::Refused(_))), "{late:?}");
    rooms.pass_time(hours(26)).await.unwrap();
    assert_eq!((state(first, hours(26)), state(second, hours(26))), (None, Some("closed")));
    rooms.pass_time(hours(101)).await.unwrap();
    assert_eq!(state(second, hours(101)), None, "a closed room is readable until it would have expired");
    let expected = Statistics {
        total_rooms: 2,
        closed_rooms: 1,
        expired_rooms: 1,
        total_participants: 1,
        ..Statistics::default()
    };
    assert_eq!(rooms.statistics(hours(101)), expected);
    let again = Rooms::load(store.clone(), config, hours(102)).await.unwrap();
    assert_eq!(again.statistics(hours(102)), expected, "the store knows it too");
    store.close().await;
}
