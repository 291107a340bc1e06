//! Logs and metrics: where they go. Names of metrics stand beside the code that counts.

mod problems;
mod process;

pub use problems::{PROBLEMS_MAX, Problem, ProblemLayer, Problems, layer as problem_layer, problems};
pub use process::publish as publish_process;

use crate::config::LogConfig;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Buckets for delays, in seconds: from a tick to a hopeless wait.
const SECONDS_BUCKETS: &[f64] =
    &[0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.04, 0.06, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Buckets for estimated mean opinion scores, 1 to 4.5.
const OPINION_BUCKETS: &[f64] = &[1.5, 2.0, 2.5, 3.0, 3.4, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4, 4.5];

/// Sends logs to standard error, and warnings and errors of our own to [`problems`] too. Calling it twice leaves the
/// first in place.
///
/// Libraries that report every odd packet at WARN or ERROR are held down: an attacker must not fill the disk.
pub fn start_logs(config: &LogConfig) {
    let noisy = ["rtc", "rtc_ice", "rtc_dtls", "rtc_sctp", "rtc_srtp", "rtc_stun", "webrtc", "rten", "misaki_rs"];
    let mut filter = EnvFilter::new(&config.filter);
    for target in noisy {
        if let Ok(directive) = format!("{target}=off").parse() {
            filter = filter.add_directive(directive);
        }
    }
    let registry = tracing_subscriber::registry().with(problem_layer(problems()));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = if config.json {
        registry.with(lines.json().with_filter(filter)).try_init()
    } else {
        registry.with(lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter)).try_init()
    };
    if started.is_err() {
        tracing::debug!("logs were started before");
    }
}

/// Installs the recorder behind `/metrics`; `None` when this process has one already (tests).
pub fn start_metrics() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)
        .ok()?
        .set_buckets_for_metric(Matcher::Suffix("_mos".to_owned()), OPINION_BUCKETS)
        .ok()?;
    builder.install_recorder().ok()
}
