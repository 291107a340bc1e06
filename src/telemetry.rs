//! Logs and metrics: where they go. Names of metrics stand beside the code that counts.

mod problems;
mod process;

pub use problems::{PROBLEMS_MAX, Problem, ProblemLayer, Problems, layer as problem_layer, problems};
pub use process::publish as publish_process;

use crate::config::LogConfig;
use futures_util::{Stream, StreamExt};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{io::IsTerminal, pin::pin, time::Duration};
use tokio_stream::wrappers::IntervalStream;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Buckets for delays, in seconds: from a tick to a hopeless wait.
const SECONDS_BUCKETS: &[f64] =
    &[0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.04, 0.06, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Buckets for estimated mean opinion scores, 1 to 4.5.
const OPINION_BUCKETS: &[f64] = &[1.5, 2.0, 2.5, 3.0, 3.4, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4, 4.5];

/// How often what was measured is counted into its histograms: some 10,000 figures of a busy server.
const COUNT_EVERY: Duration = Duration::from_secs(5);

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

/// When what was measured is to be counted: every 5 s.
pub fn counting_times() -> impl Stream<Item = ()> {
    IntervalStream::new(tokio::time::interval(COUNT_EVERY)).map(|_| ())
}

/// Counts what was measured into its histograms at these times, until `stop`. The recorder keeps each figure until
/// somebody counts it: where nobody looks at `/metrics`, that would be for ever.
pub async fn keep_counting(metrics: PrometheusHandle, times: impl Stream<Item = ()>, stop: CancellationToken) {
    let mut times = pin!(times.take_until(stop.cancelled_owned()));
    while times.next().await.is_some() {
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    /// Kept, they would take more than all other tests of this process together.
    const FIGURES: usize = 40_000_000;
    const FIGURE_BYTES: f64 = 8.0;

    #[tokio::test]
    async fn what_is_measured_is_not_kept_where_nobody_looks() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let (times, coming) = tokio::sync::mpsc::channel(1);
        let stop = CancellationToken::new();
        let counting = tokio::spawn(keep_counting(recorder.handle(), ReceiverStream::new(coming), stop.clone()));
        let before = process::resident().expect("procfs");
        for _ in 0..100 {
            metrics::with_local_recorder(&recorder, || {
                let histogram = metrics::histogram!("viva_pace_lateness_seconds");
                (0..FIGURES / 100).for_each(|_| histogram.record(0.001));
            });
            times.send(()).await.expect("it counts");
        }
        let kept_bytes = process::resident().expect("procfs") - before;
        assert!(kept_bytes < FIGURES as f64 * FIGURE_BYTES / 2.0, "{kept_bytes} bytes more");
        let text = recorder.handle().render();
        assert!(text.contains(&format!("viva_pace_lateness_seconds_count {FIGURES}")), "{text}");
        stop.cancel();
        counting.await.expect("it ends when told to");
    }
}
