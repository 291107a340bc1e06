//! The `viva` command: configuration or exit 64, start, one ready line, wait for a signal, drain.

#![allow(clippy::print_stdout, reason = "the ready line and `viva config` are this program's output")]

use clap::{Parser, Subcommand};
use std::{
    num::NonZero,
    os::unix::process::CommandExt as _,
    process::{self, ExitCode},
    thread::available_parallelism,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use viva::{
    app::App,
    commands::{bench, healthcheck, mock_realtime, netem, simulate, verify},
    config::Config,
    telemetry,
};

/// Exit status for a wrong configuration (EX_USAGE of sysexits.h).
const EXIT_USAGE: u8 = 64;

/// Heaps of the process; the C library reads it once, before the process starts.
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// Self-hosted voice interviews.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve interviews (the default)
    Serve,
    /// Print the effective configuration, secrets redacted
    Config,
    /// Run a Realtime server with scripted audio, for tests and load
    MockRealtime(mock_realtime::Arguments),
    /// Hold interviews with real WebRTC clients against a running Viva
    Simulate(simulate::Arguments),
    /// Put a bad network in front of a running Viva, for tests: delay, loss, rate, black holes, new addresses
    Netem(netem::Arguments),
    /// Measure a Viva by real WebRTC sessions: cost, delays, how many it holds in real time
    Bench(bench::Arguments),
    /// Check that the logs, rows and recordings of sessions still say the same
    Verify(verify::Arguments),
    /// Exit 0 when the Viva of this configuration answers on its port (for container health checks)
    Healthcheck,
}

fn main() -> ExitCode {
    // A missing .env is the usual case.
    let _ = dotenvy::dotenv();
    let arguments = Arguments::parse();
    let lookup = |name: &str| std::env::var(name).ok();
    if let Some(Command::Config) = arguments.command {
        for line in viva::config::redacted(lookup) {
            println!("{line}");
        }
        return ExitCode::SUCCESS;
    }
    let config = match Config::load(lookup, |path| std::fs::read_to_string(path)) {
        Ok(config) => config,
        Err(errors) => {
            for error in errors {
                eprintln!("viva: {error}");
            }
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if matches!(arguments.command, None | Some(Command::Serve)) {
        bound_heaps();
    }
    telemetry::start_logs(&config.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let result = runtime.block_on(async {
        match arguments.command.unwrap_or(Command::Serve) {
            Command::Serve | Command::Config => serve(config).await.map(|()| ExitCode::SUCCESS),
            Command::Healthcheck => healthcheck::run(&config).await.map(|()| ExitCode::SUCCESS),
            Command::MockRealtime(arguments) => mock_realtime::run(arguments).await.map(|()| ExitCode::SUCCESS),
            Command::Netem(arguments) => netem::run(arguments).await.map(|()| ExitCode::SUCCESS),
            Command::Simulate(arguments) => simulate::run(arguments).await.map(|()| ExitCode::SUCCESS),
            Command::Bench(arguments) => bench::run(arguments).await.map(|()| ExitCode::SUCCESS),
            Command::Verify(arguments) => Ok(verify::run(&config, arguments).await),
        }
    });
    // Nothing that still computes (a transcription nobody waits for) may hold the exit up.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => failed(&*error),
    }
}

/// glibc gives threads up to eight heaps a core, and what is freed in one is of no use to the others: with as many as
/// there are cores, sessions take a quarter less memory. The process starts itself once more, under the same id, to say
/// so; another C library does not read the variable, and who set it is obeyed.
fn bound_heaps() {
    if !cfg!(target_env = "gnu") || std::env::var_os(HEAPS).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let heaps = available_parallelism().map_or(2, NonZero::get).max(2);
    let arguments = std::env::args_os().skip(1);
    let error = process::Command::new(program).args(arguments).env(HEAPS, heaps.to_string()).exec();
    // It only comes back when it failed, and works all the same.
    eprintln!("viva: memory is not bounded: {error}");
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn serve(config: Config) -> Result<(), AnyError> {
    // Installed before anything else, so that no signal is lost.
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    if config.access.open_mode() {
        tracing::warn!("open mode: no API_KEY or SECRET_KEY is set, so only this machine is served");
    }
    let app = App::start(config, telemetry::start_metrics()).await?;
    println!("viva ready url={} interview={}", app.url, app.interview_url.as_deref().unwrap_or("-"));
    either(&mut term, &mut interrupt).await;
    app.drain(either(&mut term, &mut interrupt)).await;
    Ok(())
}

async fn either(term: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("viva: {error}");
    ExitCode::FAILURE
}
