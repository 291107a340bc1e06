//! `viva simulate`: real WebRTC candidates in a process of their own, each holding a whole interview, and what it cost.

use crate::{
    commands::CommandError,
    simulate::{
        candidate::{Candidate, Outcome},
        cost::{Cost, Meter},
        speech::clips,
    },
};
use clap::Args;
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

/// Options of the command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Where Viva answers
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    url: String,
    /// Interviews at the same time
    #[arg(long, default_value_t = 1)]
    sessions: u32,
    /// Kind of interview
    #[arg(long, default_value = "tryout")]
    kind: String,
    /// An interview made over the API, in place of a kind
    #[arg(long)]
    interview: Option<String>,
    /// WAV files that the candidate says, one each turn, over and over
    #[arg(long, required = true, num_args = 1..)]
    wav: Vec<PathBuf>,
    /// Platform key of that Viva, if it wants one
    #[arg(long)]
    api_key: Option<String>,
    /// Process id of that Viva on this machine: its CPU time and memory are reported too
    #[arg(long)]
    pid: Option<u32>,
    /// Longest interview, in seconds
    #[arg(long, default_value_t = 300)]
    seconds_max: u64,
    /// Print one JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Holds the interviews and prints what came of them.
///
/// # Errors
/// When a session could not be started or did not end by itself.
#[allow(clippy::print_stdout, reason = "the report is this command's output")]
pub async fn run(arguments: Arguments) -> Result<(), CommandError> {
    // Another part of the process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clips = clips(&arguments.wav)?;
    let meter = arguments.pid.map(Meter::start).transpose()?;
    let limit = Duration::from_secs(arguments.seconds_max);
    let mut running = tokio::task::JoinSet::new();
    for number in 0..arguments.sessions {
        let candidate = Candidate {
            url: arguments.url.trim_end_matches('/').to_owned(),
            kind: arguments.kind.clone(),
            interview_id: arguments.interview.clone(),
            user_id: format!("simulated-{number}"),
            api_key: arguments.api_key.clone(),
            clips: clips.clone(),
        };
        running.spawn(async move { tokio::time::timeout(limit, candidate.attend()).await });
    }
    let mut outcomes = Vec::new();
    let mut failures = Vec::new();
    while let Some(joined) = running.join_next().await {
        match joined? {
            Ok(Ok(outcome)) => outcomes.push(outcome),
            Ok(Err(error)) => failures.push(error.to_string()),
            Err(_) => failures.push(format!("not over after {} s", limit.as_secs())),
        }
    }
    let media_s: f64 = outcomes.iter().map(|outcome| outcome.media.as_secs_f64()).sum();
    let cost = meter.map(|meter| meter.stop(media_s)).transpose()?;
    let report = report(&outcomes, &failures, cost.as_ref());
    if arguments.json {
        println!("{report}")
    } else {
        print_lines(&report)
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}

fn report(outcomes: &[Outcome], failures: &[String], cost: Option<&Cost>) -> Value {
    let of = |pick: fn(&Outcome) -> Option<Duration>| {
        let mut all: Vec<f64> = outcomes.iter().filter_map(pick).map(|time| time.as_secs_f64() * 1_000.0).collect();
        all.sort_by(f64::total_cmp);
        json!({"p50": percentile(&all, 50), "p99": percentile(&all, 99), "max": all.last()})
    };
    let mut gaps: Vec<f64> = outcomes.iter().flat_map(|outcome| outcome.lateness_ms.iter().copied()).collect();
    gaps.sort_by(f64::total_cmp);
    json!({
        "sessions": outcomes.len(),
        "failures": failures,
        "set_up_ms": of(|outcome| Some(outcome.set_up)),
        "answer_ms": of(|outcome| Some(outcome.answer)),
        "first_agent_audio_ms": of(|outcome| outcome.first_audio),
        "agent_frame_lateness_ms": {"p50": percentile(&gaps, 50), "p99": percentile(&gaps, 99), "max": gaps.last()},
        "agent_frames": outcomes.iter().map(|outcome| outcome.agent_frames).sum::<u64>(),
        "session_seconds": outcomes.iter().map(|outcome| outcome.media.as_secs_f64()).sum::<f64>(),
        "end_reasons": outcomes.iter().map(|outcome| outcome.end_reason.clone()).collect::<Vec<_>>(),
        "user_items": outcomes.iter().map(|outcome| outcome.user_items).collect::<Vec<_>>(),
        "transcripts": outcomes.iter().map(|outcome| outcome.words.clone()).collect::<Vec<_>>(),
        "cost": cost.map(Cost::json),
    })
}

fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last * percent).div_ceil(100)).copied()
}

#[allow(clippy::print_stdout, reason = "the report is this command's output")]
fn print_lines(report: &Value) {
    for (name, value) in report.as_object().into_iter().flatten() {
        println!("{name}: {value}");
    }
}
