//! The server offers and the client answers: a first connection, a return, an ICE restart, and what is refused.

use crate::support::{
    caller::{Caller, is_end, is_my_turn, scripted_server},
    server::text,
};
use serde_json::{Value, json};

fn refused(answered: &(u16, Value)) -> (u16, &str) {
    (answered.0, answered.1["code"].as_str().unwrap_or_default())
}

fn lines<'a>(sdp: &'a str, name: &str) -> Vec<&'a str> {
    sdp.lines().filter(|line| line.starts_with(name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_answers_holds_the_interview() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let offer = caller.be_offered(json!({})).await;
    assert_eq!(lines(&offer, "a=ice-lite").len(), 1, "{offer}");
    assert!(lines(&offer, "a=setup:").iter().all(|line| *line == "a=setup:actpass"), "{offer}");
    assert_eq!((lines(&offer, "m=audio").len(), lines(&offer, "m=application").len()), (1, 1), "{offer}");
    assert!(!lines(&offer, "a=candidate:").is_empty(), "{offer}");
    let answer = caller.answer_to(&offer).await;
    let (status, taken) = caller.post("rtc/answer", json!({"sdp": answer, "type": "answer"})).await;
    assert_eq!((status, &taken["success"], text(&taken, "session_id")), (200, &json!(true), caller.id.clone()));
    caller.until("the interviewer's voice", |seen| seen.voiced > 20).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    let (_, in_force) = caller.post("rtc/answer", json!({})).await;
    assert_eq!((&in_force["type"], text(&in_force, "sdp")), (&json!("answer"), answer));
    let (status, _) = caller.post("end", json!({})).await;
    assert_eq!(status, 200);
    caller.until_event("the end", is_end).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_needs_an_open_offer_and_must_fit_it() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let offer = caller.be_offered(json!({})).await;
    let good = caller.answer_to(&offer).await;
    let answer = |sdp: String| caller.post("rtc/answer", json!({"sdp": sdp, "type": "answer"}));
    assert_eq!(
        refused(&caller.post("rtc/answer", json!({"sdp": good, "type": "offer"})).await),
        (400, "invalid_request")
    );
    assert_eq!(refused(&caller.post("rtc/answer", json!({})).await), (400, "invalid_request"));
    for bad in [
        "v=0".to_owned(),
        String::new(),
        good.replace("a=setup:passive", "a=setup:actpass"),
        good.replace("a=setup:", "a=x-setup:"),
        good.replacen("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n", 1),
        good.replace("a=ice-ufrag", "a=x-ufrag"),
        good.replace("opus/48000", "mocked/48000"),
    ] {
        assert_ne!(bad, good);
        assert_eq!(refused(&answer(bad.clone()).await), (400, "invalid_sdp"), "{bad}");
    }
    // What was refused did not use the offer up. A newer one does, whoever makes it.
    let newer = caller.be_offered(json!({})).await;
    assert_ne!(lines(&newer, "a=ice-ufrag"), lines(&offer, "a=ice-ufrag"));
    let other = caller.again(&server).await;
    other.offer(false).await;
    assert_eq!(refused(&answer(good.clone()).await), (409, "conflict"));
    assert_eq!(refused(&caller.post("rtc/offer", json!({"type": "offer"})).await), (400, "invalid_request"));
    caller.post("end", json!({})).await;
    assert_eq!(refused(&caller.post("rtc/offer", json!({})).await), (409, "session_ended"));
    assert_eq!(refused(&answer(good.clone()).await), (409, "session_ended"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_finds_a_new_path_for_the_one_who_is_there() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "general").await;
    let early = caller.post("rtc/offer", json!({"ice_restart": true})).await;
    assert_eq!(refused(&early), (409, "not_connected"));
    caller.offer(false).await;
    caller.until("the interviewer's voice", |seen| seen.voiced > 20).await;
    let offer = caller.be_offered(json!({"ice_restart": true})).await;
    assert_eq!(lines(&offer, "a=ice-lite").len(), 1, "{offer}");
    assert!(!lines(&offer, "a=candidate:").is_empty(), "{offer}");
    // Nothing changes before the answer.
    let voiced = caller.until("more", |_| true).await.voiced;
    caller.until("more of the voice", |seen| seen.voiced > voiced + 20).await;
    let stranger = caller.again(&server).await;
    let foreign = stranger.answer_to(&caller.be_offered(json!({})).await).await;
    let offer = caller.be_offered(json!({"ice_restart": true})).await;
    let wrong = caller.post("rtc/answer", json!({"sdp": foreign, "type": "answer"})).await;
    assert_eq!(refused(&wrong), (400, "invalid_sdp"), "another peer's answer");
    let answer = caller.answer_to(&offer).await;
    let (status, taken) = caller.post("rtc/answer", json!({"sdp": answer, "type": "answer"})).await;
    assert_eq!(status, 200, "{taken}");
    let voiced = caller.until("more", |_| true).await.voiced;
    caller.until("the voice over the new path", |seen| seen.voiced > voiced + 20).await;
    caller.post("end", json!({})).await;
    caller.until_event("the end", is_end).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_that_answers_takes_over() {
    let server = scripted_server(&[]).await;
    let first = Caller::new(&server, "general").await;
    first.offer(false).await;
    first.until("the interviewer's voice", |seen| seen.voiced > 10).await;
    let second = first.again(&server).await;
    let answer = second.answer_to(&second.be_offered(json!({})).await).await;
    let before = first.until("more", |_| true).await;
    first.until("the first goes on until the answer", |seen| seen.voiced > before.voiced + 10).await;
    let (status, taken) = second.post("rtc/answer", json!({"sdp": answer, "type": "answer"})).await;
    assert_eq!(status, 200, "{taken}");
    second.until("the voice", |seen| seen.voiced > 10).await;
    first.until("a goodbye to the first", |seen| seen.closed > 0).await;
    second.post("end", json!({})).await;
    second.until_event("the end", is_end).await;
    server.stop().await;
}
