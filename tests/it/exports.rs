//! Results in other forms, over HTTP.

use crate::support::{
    caller::{Caller, is_my_turn, scripted_server},
    server::TestServer,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

/// Words that are markup, a formula and a subtitle to whoever does not look.
const WORDS: &str = "=1+1 <b>bold</b> & --> \"quoted\"";

async fn get(server: &TestServer, path: &str) -> (String, String) {
    let response = server.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    (kind, response.text().await.unwrap())
}

/// An interview in which [`WORDS`] were typed.
async fn interview(server: &TestServer) -> String {
    let caller = Caller::new(server, "tryout").await;
    caller.offer(false).await;
    caller.until_event("the candidate's turn", is_my_turn).await;
    caller.post("actions", json!({"type": "candidate.text", "text": WORDS})).await;
    let is_said = |event: &Value| event["data"]["content"] == WORDS && event["data"]["state"] == "final";
    caller.until_event("the answer", is_said).await;
    caller.post("end", json!({})).await;
    caller.id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interview_in_every_form() {
    let server = scripted_server(&[]).await;
    let id = interview(&server).await;
    let (kind, vtt) = get(&server, &format!("/api/interview/{id}/transcript.vtt")).await;
    assert!(kind.starts_with("text/vtt") && vtt.starts_with("WEBVTT\n\n1\n00:00:0"), "{vtt}");
    assert!(vtt.contains("<v Candidate>=1+1 &lt;b&gt;bold&lt;/b&gt; &amp; --&gt; \"quoted\"</v>"), "{vtt}");
    let (kind, srt) = get(&server, &format!("/api/interview/{id}/transcript.srt")).await;
    assert!(kind.starts_with("application/x-subrip") && srt.starts_with("1\n00:00:0"), "{srt}");
    let (_, txt) = get(&server, &format!("/api/interview/{id}/transcript.txt")).await;
    assert!(txt.contains(&format!("Candidate: {WORDS}\n")), "{txt}");
    let (kind, page) = get(&server, &format!("/results/{id}/print")).await;
    assert!(kind.starts_with("text/html") && page.contains("=1+1 &lt;b&gt;bold") && !page.contains("<script"));
    let response = server.request(Method::GET, &format!("/results/{id}/print")).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("'sha256-"), "{policy}");
    let (_, export) = get(&server, &format!("/api/interview/{id}/export.json")).await;
    let export: Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["format"], "viva-export/1");
    assert_eq!(export["log"]["report"]["verdict"], "intact", "{}", export["log"]["report"]);
    assert!(export["interview"]["questions"].as_array().is_some_and(|questions| questions.len() == 2));
    assert_eq!(export["consents"][0]["given_by"], "starter");
    assert!(export["results"]["transcript"].to_string().contains("bold"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sessions_as_a_table_page_by_page() {
    let server = scripted_server(&[]).await;
    let id = interview(&server).await;
    for _ in 0..4 {
        server.session("general").await;
    }
    let mut path = "/api/interview/export.csv?rows=sessions&from=2026-01-01T00:00:00Z&limit=2".to_owned();
    let (mut pages, mut sessions) = (0, Vec::new());
    loop {
        let response = server.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let link = response.headers().get(header::LINK).map(|link| link.to_str().unwrap().to_owned());
        let text = response.text().await.unwrap();
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("session_id,interview_id,title,"));
        sessions.extend(lines.map(|line| line.split(',').next().unwrap().to_owned()));
        pages += 1;
        let Some(link) = link else { break };
        assert!(link.contains("from=2026-01-01T00%3A00%3A00Z&rows=sessions&limit=2&cursor="), "{link}");
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    assert_eq!((pages, sessions.len()), (3, 5));
    sessions.dedup();
    assert_eq!((sessions.len(), sessions.last()), (5, Some(&id)), "newest first");
    let (kind, answers) = get(&server, "/api/interview/export.csv?rows=answers&interview_id=tryout").await;
    assert!(kind.starts_with("text/csv"));
    assert!(answers.contains(",\"'=1+1 <b>bold</b> & --> \"\"quoted\"\"\","), "{answers}");
    assert_eq!(answers.lines().count(), 3, "a line for each question, and the head: {answers}");
    for wrong in ["rows=all", "from=yesterday", "limit=0", "cursor=x"] {
        let (status, problem) = server.get(&format!("/api/interview/export.csv?{wrong}")).await;
        assert_eq!((status, problem["errors"].is_array()), (400, true), "{wrong}");
    }
    server.stop().await;
}
