//! The interviewers to choose from, and how they sound.

use crate::{
    realtime::rig::within,
    support::{
        caller::{Caller, scripted_server},
        server::{TestServer, answer},
    },
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::{io::Cursor, net::Ipv4Addr};
use tokio::net::TcpListener;
use viva::{
    mock_realtime::{MockConfig, MockServer, Received, Script},
    wire::realtime::ClientEvent,
};

/// A Viva whose speech model is a scripted server under the name of OpenAI's, and that server.
async fn at_openai(script: Value, variables: &[(&str, &str)]) -> (TestServer, MockServer) {
    let script: Script = serde_json::from_value(script).expect("a script");
    let mock = MockServer::new(MockConfig { script, ..MockConfig::default() });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    // Who is asked is told by the address; this one leads here all the same.
    let url = format!("ws://{}/v1/realtime?for=api.openai.com", listener.local_addr().expect("bound"));
    tokio::spawn(mock.clone().accept(listener));
    let all = [&[("OPENAI_REALTIME_API_URL", url.as_str())][..], variables].concat();
    (TestServer::start(&all).await, mock)
}

async fn preview(server: &TestServer, name: &str, body: Value) -> Response {
    let request = server.request(Method::POST, &format!("/api/v1/personas/{name}/preview"));
    request.json(&body).send().await.expect("an answer")
}

/// The samples of a WAV, if it is what is promised.
async fn heard(response: Response) -> Vec<i16> {
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"audio/wav".parse().unwrap()));
    let bytes = response.bytes().await.expect("a body");
    let mut wav = hound::WavReader::new(Cursor::new(bytes)).expect("a WAV");
    let spec = wav.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 24_000, 16));
    wav.samples().map(|sample| sample.expect("a sample")).collect()
}

fn voices(mock: &MockServer) -> Vec<Value> {
    let update = |received: &Received| match received {
        Received::Event { message, .. } => match &message.event {
            ClientEvent::SessionUpdate { session } => serde_json::to_value(session).ok(),
            _ => None,
        },
        _ => None,
    };
    let received = mock.received();
    received.iter().filter_map(update).map(|session| session["audio"]["output"]["voice"].clone()).collect()
}

#[tokio::test]
async fn an_interview_is_held_in_the_voice_of_its_persona() {
    let (server, mock) = at_openai(json!({}), &[]).await;
    let (_, body) = server.get("/api/v1/personas").await;
    let list = body["personas"].as_array().expect("personas");
    let robin = list.iter().find(|one| one["name"] == "Robin").expect("Robin");
    assert_eq!((&robin["voice"], &robin["kinds"]), (&json!("cedar"), &json!(["software-engineer"])), "{robin}");
    assert!(robin["manner"].as_str().is_some_and(|manner| manner.ends_with('.')), "{robin}");
    let _caller = Caller::new(&server, "software-engineer").await;
    within("session.update", mock.wait_for_event("session.update", 1)).await;
    assert_eq!(voices(&mock), [json!("cedar")]);
    server.stop().await;

    let (server, mock) = at_openai(json!({}), &[("VIVA_REALTIME_VOICE", "verse")]).await;
    let (_, body) = server.get("/api/v1/personas").await;
    assert!(body["personas"].as_array().expect("personas").iter().all(|one| one["voice"] == "verse"), "{body}");
    let _caller = Caller::new(&server, "software-engineer").await;
    within("session.update", mock.wait_for_event("session.update", 1)).await;
    assert_eq!(voices(&mock), [json!("verse")], "the operator's choice goes first");
    server.stop().await;

    let server = scripted_server(&[]).await;
    let (_, body) = server.get("/api/v1/personas").await;
    assert!(body["personas"][0]["voice"].is_null(), "another server has voices that nobody knows: {body}");
    server.stop().await;
}

#[tokio::test]
async fn a_preview_is_spoken_once_in_that_voice_and_counted() {
    let script = json!({"audio": {"pace_percent": 0}});
    let (server, mock) = at_openai(script, &[]).await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // The test's runtime has one thread, on which the server runs too.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let first = heard(preview(&server, "grace", json!({})).await).await;
    assert!(first.len() > 24_000 && first.iter().any(|sample| sample.unsigned_abs() > 500), "{} samples", first.len());
    assert_eq!((voices(&mock), mock.count("response.create")), (vec![json!("coral")], 1));
    let rendered = handle.render();
    for line in ["viva_voice_previews_total{outcome=\"spoken\"} 1", "viva_usage_total{kind=\"output_audio\""] {
        assert!(rendered.contains(line), "{line} is missing in:\n{rendered}");
    }
    assert_eq!(heard(preview(&server, "Grace", json!({})).await).await, first, "kept from before");
    assert_eq!(mock.count("response.create"), 1);
    let other = heard(preview(&server, "Vera", json!({"text": "Good morning."})).await).await;
    assert!(other.len() < first.len() && mock.count("response.create") == 2);

    for text in ["", "  ", &"x".repeat(201), "a\u{7}b"] {
        let refused = preview(&server, "Vera", json!({"text": text})).await;
        assert_eq!(refused.status(), 400, "{text:?}");
    }
    assert_eq!(preview(&server, "Nobody", json!({})).await.status(), 404);
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(preview(&server, "Vera", json!({"text": "Good morning."})).await.status().as_u16());
    }
    assert!(statuses.starts_with(&[200]) && statuses.ends_with(&[429]), "{statuses:?}");
    server.stop().await;
}

#[tokio::test]
async fn an_engine_that_does_not_speak_is_named_as_the_cause() {
    let faults = json!({"faults": [{"on": "connect", "do": {"refuse": 401}}]});
    let (server, _mock) = at_openai(faults, &[]).await;
    let (status, body) = answer(server.request(Method::POST, "/api/v1/personas/Vera/preview").json(&json!({}))).await;
    assert_eq!((status, body["code"].as_str()), (502, Some("upstream_failed")), "{body}");
    server.stop().await;
}

#[tokio::test]
async fn the_built_in_voice_speaks_too() {
    let server = TestServer::start(&[]).await;
    let (_, body) = server.get("/api/v1/personas").await;
    assert_eq!(body["personas"][0]["voice"], "heart", "{body}");
    let pcm = heard(preview(&server, "Vera", json!({"text": "Good morning."})).await).await;
    let (seconds, loud) = (pcm.len() / 24_000, pcm.iter().filter(|sample| sample.unsigned_abs() > 1_000).count());
    assert!(seconds < 5 && loud > 4_800, "{} samples, {loud} of them loud", pcm.len());
    let (status, body) =
        answer(server.request(Method::POST, "/api/v1/personas/Vera/preview").json(&json!({"text": "..."}))).await;
    assert_eq!((status, body["errors"][0]["pointer"].as_str()), (400, Some("/text")), "{body}");
    server.stop().await;
}
