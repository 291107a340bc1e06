//! Live events as Server-Sent Events: the snapshot, what is missed, the end, who may watch.

use crate::support::{
    caller::{Caller, PATIENCE, is_end, is_my_turn, scripted_server},
    server::{TestServer, answer, text},
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

/// A message of the stream.
#[derive(Clone, Debug)]
struct Message {
    id: Option<String>,
    data: Value,
}

/// A client of the stream (HTML standard, section 9.2.6), as far as it is used here.
struct Stream {
    response: Response,
    buffer: String,
}

impl Stream {
    async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, buffer: String::new() }
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
                let id = field("id:").map(str::to_owned);
                let data = field("data:").map(|data| serde_json::from_str(data).unwrap());
                self.buffer = rest.to_owned();
                match data {
                    Some(data) => return Some(Message { id, data }),
                    None => continue, // A comment.
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something in time").unwrap()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Everything up to and with the first message that is as wanted.
    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message);
            if all.last().is_some_and(|last| wanted(&last.data)) {
                return all;
            }
        }
        panic!("the stream ended: {all:?}");
    }

    async fn rest(&mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message);
        }
        all
    }
}

fn watch(server: &TestServer, id: &str) -> RequestBuilder {
    server.request(Method::GET, &format!("/api/interview/{id}/events"))
}

fn watch_at(server: &TestServer, id: &str, query: &str) -> RequestBuilder {
    server.request(Method::GET, &format!("/api/interview/{id}/events?{query}"))
}

fn types(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.data["type"].as_str().unwrap()).collect()
}

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.data["id"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_and_the_data_channel_carry_the_same() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let mut stream = Stream::open(watch(&server, &caller.id)).await;
    let snapshot = stream.until(|event| event["type"] == "turn").await;
    assert_eq!(types(&snapshot)[0], "session.state", "a snapshot comes first, before anyone is connected");
    caller.offer(false).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    let (status, _) = caller.post("end", json!({})).await;
    assert_eq!(status, 200);
    let on_channel = caller.until_event("the end", is_end).await.messages;
    let on_stream = stream.rest().await;
    // The channel's snapshot comes first and has the id of the last event in it; what follows is counted on.
    assert_eq!(on_channel[0]["type"], "session.state");
    let from = on_channel[0]["id"].as_u64().unwrap();
    let on_channel: Vec<&Value> = on_channel.iter().filter(|event| event["id"].as_u64().unwrap() > from).collect();
    let same: Vec<&Value> =
        on_stream.iter().map(|one| &one.data).filter(|data| data["id"].as_u64() > Some(from)).collect();
    assert!(on_channel.len() > 5, "{on_channel:?}");
    assert_eq!(on_channel, same);
    let all = ids(&on_stream);
    assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "no hole and nothing twice: {all:?}");
    assert!(is_end(&on_stream.last().unwrap().data), "nothing follows the end");
    for message in &on_stream {
        assert_eq!(message.id.as_deref(), Some(message.data["id"].to_string().as_str()));
        assert!(message.data["at_ms"].is_u64());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_comes_back_gets_what_it_missed() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    caller.offer(false).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    let mut first = Stream::open(watch(&server, &caller.id)).await;
    let snapshot = first.until(|event| event["type"] == "turn").await;
    let named: Vec<bool> = snapshot.iter().map(|message| message.id.is_some()).collect();
    assert!(named.len() > 3 && named[named.len() - 1], "a snapshot can be named at its end: {snapshot:?}");
    assert!(named[..named.len() - 1].iter().all(|is_named| !is_named), "and only there: {snapshot:?}");
    let last = snapshot.last().unwrap().id.clone().unwrap();
    drop(first);
    caller.post("actions", json!({"type": "candidate.text", "text": "Four years at a bakery."})).await;
    let typed = |event: &Value| event["data"]["content"] == "Four years at a bakery.";
    let seen = caller.until_event("the typed answer", typed).await.messages;
    let expected = |after: u64| seen.iter().find(|event| event["id"].as_u64() > Some(after)).unwrap().clone();
    let after: u64 = last.parse().unwrap();
    let by_header = Stream::open(watch(&server, &caller.id).header("last-event-id", &last)).await.next().await.unwrap();
    let by_query =
        Stream::open(watch_at(&server, &caller.id, &format!("last_event_id={last}"))).await.next().await.unwrap();
    assert_eq!((&by_header.data, &by_query.data), (&expected(after), &expected(after)));
    assert_eq!(by_header.data["id"], after + 1, "from the next one on");
    // An id that was never given out is as far away as one that is forgotten.
    let mut lost = Stream::open(watch(&server, &caller.id).header("last-event-id", "9999999")).await;
    let fresh = lost.until(|event| event["type"] == "turn").await;
    assert_eq!(types(&fresh)[..2], ["notice", "session.state"]);
    assert_eq!((&fresh[0].data["data"]["code"], fresh[0].id.as_deref()), (&json!("events_missed"), None));
    server.stop().await;
}

#[tokio::test]
async fn the_stream_of_an_ended_session_gives_its_final_state() {
    let server = scripted_server(&[]).await;
    let (id, _) = server.session("tryout").await;
    let mut live = Stream::open(watch(&server, &id)).await;
    live.until(|event| event["type"] == "turn").await;
    server.post(&format!("/api/interview/{id}/end"), json!({})).await;
    let ended = live.rest().await.pop().unwrap().data;
    let mut late = Stream::open(watch(&server, &id).header("last-event-id", "3")).await;
    let state = late.rest().await;
    assert_eq!(types(&state), ["session.state", "turn", "session.ended"]);
    assert_eq!((&state[0].data["data"]["status"], &state[2].data["data"]), (&json!("ended"), &ended["data"]));
    assert!(state.iter().all(|message| message.id.is_none() && message.data["id"] == 0), "{state:?}");
    server.stop().await;
}

#[tokio::test]
async fn only_who_may_watch_does_and_never_by_the_address() {
    let server = TestServer::start(&[("API_KEY", "platform-key-for-tests")]).await;
    let start = |user: &'static str| {
        let body = json!({"user_id": user, "kind": "tryout"});
        let request =
            server.request(Method::POST, "/api/interview/start").header("x-api-key", "platform-key-for-tests");
        answer(request.json(&body))
    };
    let (mine, other) = (start("ann").await.1, start("bob").await.1);
    let (id, token) = (text(&mine, "session_id"), text(&mine, "token"));
    let refused = |request| async {
        let (status, body) = answer(request).await;
        (status, body["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused(watch(&server, &id)).await, (401, "unauthorized".into()));
    assert_eq!(refused(watch_at(&server, &id, &format!("token={token}"))).await, (401, "unauthorized".into()));
    let foreign = watch(&server, &id).bearer_auth(text(&other, "token"));
    assert_eq!(refused(foreign).await, (404, "not_found".into()));
    for bad in ["x", "-1", "1.5", "99999999999999999999999"] {
        let request = watch(&server, &id).bearer_auth(&token).header("last-event-id", bad);
        assert_eq!(refused(request).await, (400, "invalid_request".into()), "{bad}");
        let request = watch_at(&server, &id, &format!("last_event_id={bad}")).bearer_auth(&token);
        assert_eq!(refused(request).await, (400, "invalid_request".into()), "{bad}");
    }
    let mut streams = Vec::new();
    for _ in 0..16 {
        let mut stream = Stream::open(watch(&server, &id).bearer_auth(&token)).await;
        stream.next().await.unwrap();
        streams.push(stream);
    }
    assert_eq!(refused(watch(&server, &id).bearer_auth(&token)).await, (503, "at_capacity".into()));
    server.stop().await;
}
