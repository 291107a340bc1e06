//! What the status page is made of: figures, and what went wrong lately.

use crate::support::{
    caller::{Caller, scripted_server},
    server::{TestServer, answer},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::{layer::SubscriberExt, registry};
use viva::telemetry;

#[tokio::test]
async fn the_figures_of_the_moment_are_in_the_metrics() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // The test's runtime has one thread, on which the server runs too.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let turn = [("TURN_SERVER", "127.0.0.1:3478"), ("TURN_SECRET", "a-secret-of-coturn")];
    let server = scripted_server(&[&[("VIVA_SESSIONS_MAX", "7")][..], &turn].concat()).await;
    let waiting = Caller::new(&server, "general").await;
    let going = Caller::new(&server, "general").await;
    going.offer(false).await;
    going.until_event("the first question", |event| event["type"] == "question").await;
    assert_eq!(server.request(Method::GET, "/metrics").send().await.unwrap().status(), 200);
    let text = handle.render();
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        &format!("viva_build_info{{version=\"{version}\",engine=\"realtime\",database=\"sqlite\"}} 1"),
        "viva_sessions_max 7",
        "viva_sessions_by_status{status=\"created\"} 1",
        "viva_sessions_by_status{status=\"active\"} 1",
        "viva_sessions_by_status{status=\"closing\"} 0",
        "viva_mail_configured 1",
        "viva_draining 0",
        "viva_turn_configured 1",
        "viva_upstream_connect_seconds_count",
        "viva_upstream_first_audio_seconds_count",
    ] {
        assert!(text.contains(line), "{line} is missing in:\n{text}");
    }
    assert!(text.contains("viva_engine_model_loaded{file="), "{text}");
    let started = text.lines().find_map(|line| line.strip_prefix("viva_process_start_time_seconds "));
    let started: f64 = started.expect("the time of the start").parse().unwrap();
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!((now - started).abs() < 300.0, "{started} is not {now}");
    drop(waiting);
    server.stop().await;
}

#[tokio::test]
async fn operators_see_what_went_wrong_and_nobody_elses_words() {
    let _guard = tracing::subscriber::set_default(registry().with(telemetry::problem_layer(telemetry::problems())));
    let server = TestServer::start(&[]).await;
    // Of this test alone: the list is the process's.
    for _ in 0..3 {
        tracing::warn!(target: "viva::it::operators", session = "ses_secret", key = 1, "tried by a test");
    }
    tracing::error!(target: "viva::it::operators", email = "ann@example.com", "tried by a test, and worse");
    let (status, body) = answer(server.request(Method::GET, "/api/v1/problems")).await;
    assert_eq!(status, 200, "{body}");
    let ours = |one: &&Value| one["message"].as_str().is_some_and(|message| message.starts_with("tried by a test"));
    let found: Vec<&Value> = body["problems"].as_array().expect("problems").iter().filter(ours).collect();
    assert_eq!(found.len(), 2, "{body}");
    let warned = found.iter().find(|one| one["level"] == "warn").expect("the warning");
    assert_eq!(
        (&warned["count"], &warned["message"], &warned["area"]),
        (&json!(3), &json!("tried by a test (key: 1)"), &json!("it"))
    );
    assert!(warned["at"].as_str() >= warned["first_at"].as_str() && body["dropped"].is_u64(), "{body}");
    assert!(!body.to_string().contains("ses_secret") && !body.to_string().contains("ann@example.com"), "{body}");
    server.stop().await;
}
