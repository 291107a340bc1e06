//! `viva bench`: what a Viva costs and how well it keeps time, by real WebRTC sessions.

use crate::{
    bench::{
        Bench, Mode, Options, SETTING, Server,
        floor::Floor,
        picture,
        ramp::{Bounds, ramp},
        report::Report,
    },
    commands::CommandError,
    domain::audio::codec::Codec,
};
use clap::{Args, ValueEnum};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What the speech model does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModeArgument {
    /// Speaks all the time: for the cost
    Talk,
    /// Sends back what it hears: for the delays
    Echo,
    /// Takes turns and speaks 40 % of the time
    Turn,
}

impl From<ModeArgument> for Mode {
    fn from(mode: ModeArgument) -> Self {
        match mode {
            ModeArgument::Talk => Self::Talk,
            ModeArgument::Echo => Self::Echo,
            ModeArgument::Turn => Self::Turn,
        }
    }
}

/// What clients offer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CodecArgument {
    Opus,
    /// G.711 from end to end: nothing is encoded or decoded on the way
    Pcmu,
}

/// Options of the command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// A Viva that runs, instead of one started for the measurement; its speech model must be --upstream
    #[arg(long)]
    target: Option<String>,
    /// Platform key of that Viva, if it wants one
    #[arg(long, requires = "target")]
    key: Option<String>,
    /// Process id of that Viva on this machine: its CPU time and memory are reported too
    #[arg(long, requires = "target")]
    pid: Option<u32>,
    /// With --target, where the bench's speech model listens
    #[arg(long, default_value = "127.0.0.1:9393", requires = "target")]
    upstream: SocketAddr,
    /// Sessions at the same time; with --ramp, the first step
    #[arg(long, default_value_t = 10)]
    sessions: usize,
    /// Search the greatest number of sessions in real time
    #[arg(long)]
    ramp: bool,
    /// With --ramp, the most that is tried
    #[arg(long, default_value_t = 400, requires = "ramp")]
    sessions_max: usize,
    #[arg(long, value_enum, default_value = "talk")]
    mode: ModeArgument,
    #[arg(long, value_enum, default_value = "opus")]
    codec: CodecArgument,
    /// Length of the measurement
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    seconds: u64,
    /// Sessions begun in a second
    #[arg(long, default_value_t = 15.0)]
    connects: f64,
    /// Send media to this address, whatever the server's candidates say
    #[arg(long)]
    via: Option<SocketAddr>,
    /// What clients say, and when, is made from this number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the report as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Draw the report into this SVG file
    #[arg(long)]
    picture: Option<PathBuf>,
}

/// Measures, prints, and writes what was asked for.
///
/// # Errors
/// When nothing could be measured, or a file could not be written.
#[allow(clippy::print_stdout, reason = "the report is this command's output")]
pub async fn run(arguments: Arguments) -> Result<(), CommandError> {
    let (server, target) = match &arguments.target {
        Some(url) => {
            let (key, pid, upstream) = (arguments.key.clone(), arguments.pid, arguments.upstream);
            println!("{url} must have been started with {SETTING}=ws://{upstream}/v1/realtime");
            (Server::Target { url: url.clone(), key, pid, upstream }, url.clone())
        }
        None => (Server::Own { program: std::env::current_exe()? }, "own".to_owned()),
    };
    let sessions_max = if arguments.ramp { arguments.sessions_max } else { arguments.sessions };
    let mut options = Options::new(server, arguments.mode.into(), sessions_max);
    options.codec = match arguments.codec {
        CodecArgument::Opus => Codec::Opus,
        CodecArgument::Pcmu => Codec::Pcmu,
    };
    options.window = Duration::from_secs(arguments.seconds);
    options.connects_per_s = arguments.connects;
    options.seed = arguments.seed;
    options.via = arguments.via;
    // First: nothing else is on the machine's cores yet.
    let floor = tokio::task::spawn_blocking(Floor::measure).await??;
    let bench = Bench::start(options).await?;
    let measured = if arguments.ramp {
        ramp(&bench, Bounds { from: arguments.sessions, to: arguments.sessions_max }).await
    } else {
        bench.measure(arguments.sessions).await.map(|measurement| (None, vec![measurement]))
    };
    bench.finish().await;
    let (greatest, measurements) = measured?;
    let report = Report::new(target, floor, measurements, greatest);
    print!("{}", report.text());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    if let Some(path) = &arguments.picture {
        std::fs::write(path, picture::draw(&report))?;
    }
    Ok(())
}
