//! What an interview used and cost, over a Realtime server that counts, and what happens when the budget is spent.

use crate::{
    relay::rig::Client,
    second_pass::until_results,
    support::{
        caller::{Caller, is_end, is_my_turn, scripted_server},
        server::{TestServer, text},
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use viva::mock_realtime::{MockConfig, MockServer};

const LONG_ANSWER: &str = "yesterday I walked through the town and met some friends whom I had not seen for years";

/// Typed answers to both questions of the try-out, to the end.
async fn interviewed(server: &TestServer) -> String {
    let caller = Caller::new(server, "tryout").await;
    caller.offer(false).await;
    for turn in 1..=2 {
        let turns = move |seen: &crate::support::caller::Seen| {
            seen.messages.iter().filter(|event| is_my_turn(event) && event["data"]["state"] == "listening").count()
        };
        caller.until("the candidate's turn", |seen| turns(seen) >= turn).await;
        let (status, body) = caller.post("actions", json!({"type": "candidate.text", "text": LONG_ANSWER})).await;
        assert_eq!(status, 200, "{body}");
    }
    caller.until_event("the end", is_end).await;
    caller.id.clone()
}

async fn usage_of(server: &TestServer, id: &str) -> Value {
    let (status, results) = server.get(&format!("/api/interview/{id}/results")).await;
    assert_eq!(status, 200, "{results}");
    results["usage"].clone()
}

fn line<'a>(usage: &'a Value, source: &str, kind: &str) -> &'a Value {
    let lines = usage["lines"].as_array().expect("lines");
    let found = lines.iter().find(|line| line["source"] == source && line["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} of {source} in {usage}"))
}

fn dollars(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no amount"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_has_its_bill_and_a_day_the_sum_of_them() {
    let server = scripted_server(&[]).await;
    let id = interviewed(&server).await;
    let usage = usage_of(&server, &id).await;
    let quantity = |kind| dollars(&line(&usage, "realtime", kind)["quantity"]);
    // The mock counts 40 tokens of text and 20 of audio into each response, and 20 tokens a second out of it.
    let responses = quantity("input_text") / 40.0;
    assert!(responses >= 4.0 && responses.fract() == 0.0, "greeting, two questions, closing: {usage}");
    assert_eq!(quantity("input_audio"), 20.0 * responses);
    let prices = [("input_text", 4.0), ("input_audio", 32.0), ("output_text", 24.0), ("output_audio", 64.0)];
    let mut sum = 0.0;
    for (kind, per_million) in prices {
        let line = line(&usage, "realtime", kind);
        assert_eq!((&line["unit"], &line["model"]), (&json!("token"), &json!("gpt-realtime-2.1")));
        let expected = quantity(kind) * per_million / 1e6;
        assert!((dollars(&line["usd"]) - expected).abs() < 1e-9, "{line}");
        sum += expected;
    }
    let connected = line(&usage, "connection", "connected");
    assert!(connected["unit"] == "second" && dollars(&connected["quantity"]) > 1.0, "{connected}");
    assert!((dollars(&usage["cost_usd"]) - sum).abs() < 1e-9, "{usage}");
    assert_eq!((&usage["known_usd"], &usage["price_file_date"]), (&usage["cost_usd"], &json!("2026-11-21")));

    for (group, key) in [("day", None), ("interview", Some("tryout")), ("model", Some("gpt-realtime-2.1"))] {
        let (status, report) = server.get(&format!("/api/interview/usage?group={group}")).await;
        assert_eq!((status, &report["group"], &report["next_cursor"]), (200, &json!(group), &Value::Null), "{report}");
        let groups = report["groups"].as_array().unwrap();
        let of = groups.iter().find(|of| key.is_none_or(|key| of["key"] == key)).expect("the group");
        assert!((dollars(&of["usage"]["known_usd"]) - sum).abs() < 1e-9, "{report}");
        assert_eq!(of["sessions"], 1);
    }
    let (_, first) = server.get("/api/interview/usage?group=model&limit=1").await;
    let cursor = text(&first, "next_cursor");
    let (_, second) = server.get(&format!("/api/interview/usage?group=model&limit=1&cursor={cursor}")).await;
    assert_ne!(first["groups"][0]["key"], second["groups"][0]["key"]);
    let (_, nothing) = server.get("/api/interview/usage?from=2020-01-01&to=2020-12-31").await;
    assert_eq!(nothing["groups"], json!([]));
    for wrong in
        ["group=week", "from=yesterday", "from=2026-11-21&to=2026-11-20", "limit=0", "cursor=!", "to=9999-01-01"]
    {
        assert_eq!(server.get(&format!("/api/interview/usage?{wrong}")).await.0, 400, "{wrong}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_price_is_null() {
    let server = scripted_server(&[("VIVA_REALTIME_MODEL", "a-model-of-ones-own")]).await;
    let caller = Caller::new(&server, "tryout").await;
    caller.offer(false).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    let (status, _) = caller.post("end", json!({})).await;
    assert_eq!(status, 200);
    caller.until_event("the end", is_end).await;
    let usage = usage_of(&server, &caller.id).await;
    assert!(line(&usage, "realtime", "output_audio")["usd"].is_null(), "{usage}");
    assert_eq!((&usage["cost_usd"], dollars(&usage["known_usd"])), (&Value::Null, 0.0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_session_ends_politely() {
    let server = scripted_server(&[("VIVA_BUDGET_SESSION_USD", "0.004")]).await;
    let caller = Caller::new(&server, "tryout").await;
    caller.offer(false).await;
    let seen = caller.until_event("the end", is_end).await;
    let end = seen.messages.iter().find(|event| is_end(event)).unwrap();
    assert_eq!((&end["data"]["end_reason"], &end["data"]["saved"]), (&json!("budget"), &json!(true)));
    let (_, results) = server.get(&format!("/api/interview/{}/results", caller.id)).await;
    let closing = results["transcript"].as_array().unwrap().last().unwrap();
    assert!(closing["role"] == "assistant" && text(closing, "content").contains("Goodbye"), "{closing}");
    // No more than the turn that spent it, and the last words.
    let spent = dollars(&results["usage"]["known_usd"]);
    assert!((0.004..0.08).contains(&spent), "{spent}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_day_refuses_until_it_is_over_even_after_a_restart() {
    let mock = MockServer::new(MockConfig::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    tokio::spawn(mock.accept(listener));
    let variables = [("OPENAI_REALTIME_API_URL", url.as_str()), ("VIVA_BUDGET_DAY_USD", "0.004")];
    let server = TestServer::start(&variables).await;
    let caller = Caller::new(&server, "tryout").await;
    let other = Caller::new(&server, "tryout").await;
    caller.offer(false).await;
    other.offer(false).await;
    for caller in [&caller, &other] {
        let seen = caller.until_event("the end", is_end).await;
        assert!(seen.messages.iter().any(|event| is_end(event) && event["data"]["end_reason"] == "budget"));
    }
    let dir = server.stop().await;
    let again = TestServer::start_in(dir, &variables).await;
    let start = again.request(Method::POST, "/api/interview/start");
    let refused = start.json(&json!({"user_id": "ann", "kind": "tryout"})).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 402);
    let wait_s: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait_s), "{wait_s}");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "budget_used_up");
    assert!(text(&body, "detail").contains("T00:00:00Z"), "says when: {body}");
    // Clients of the Realtime face spend too.
    let relayed = Client::connect(&again, "/v1/realtime?model=gpt-realtime", &[]).await;
    assert!(relayed.is_err(), "no conversation begins");
    again.stop().await;
}

/// A voice session in front of a provider: what passes is counted, and ends when the budget is spent.
#[tokio::test(flavor = "multi_thread")]
async fn a_relayed_conversation_is_counted_over_its_connections() {
    let server = scripted_server(&[("VIVA_BUDGET_SESSION_USD", "0.02")]).await;
    let mut counted = 0.0;
    for connection in 1..=2 {
        let (status, opened) = server.post("/api/voice/connect", json!({"userId": "ann", "sessionId": "talk-1"})).await;
        assert_eq!(status, 200, "{opened}");
        let address = text(&opened, "wsUrl");
        let path = &address[address.find("/v1/").unwrap()..];
        let mut client = Client::connect(&server, path, &[]).await.expect("a conversation");
        client.until("session.created").await;
        client.send(json!({"type": "response.create"})).await;
        let done = client.until("response.done").await;
        counted += dollars(&done["response"]["usage"]["output_token_details"]["audio_tokens"]);
        client.leave().await;
        // It is counted once it was told.
        let is_counted = |results: &Value| {
            let lines = results["usage"]["lines"].as_array();
            let mut spoken = lines.into_iter().flatten().filter(|line| line["kind"] == "output_audio");
            spoken.next().is_some_and(|line| line["quantity"].as_f64() >= Some(counted))
        };
        let results = until_results(&server, "talk-1", is_counted).await;
        let quantity = dollars(&line(&results["usage"], "realtime", "output_audio")["quantity"]);
        assert_eq!(quantity, counted, "connection {connection}");
    }
    let (_, opened) = server.post("/api/voice/connect", json!({"userId": "ann", "sessionId": "talk-1"})).await;
    let address = text(&opened, "wsUrl");
    let path = &address[address.find("/v1/").unwrap()..];
    let mut client = Client::connect(&server, path, &[]).await.expect("a connection");
    let error = loop {
        client.try_send(tokio_tungstenite::tungstenite::Message::text(r#"{"type": "response.create"}"#)).await;
        let Some(event) = client.next().await else { panic!("closed without a reason: {:?}", client.kinds()) };
        if event["type"] == "error" && event["error"]["code"] == "budget_used_up" {
            break event;
        }
    };
    assert_eq!(error["error"]["type"], "insufficient_quota");
    server.stop().await;
}
