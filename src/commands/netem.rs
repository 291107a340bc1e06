//! `viva netem`: a bad network in front of a server, for developers. It stands between any client and any Viva.

use crate::{
    commands::CommandError,
    domain::impairment::{Script, profile::Profile},
    simulate::network::{Network, NetworkConfig},
};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin},
    signal::unix::{SignalKind, signal},
};

/// Client addresses at a time.
const CLIENTS_MAX: usize = 256;
/// Bytes of a script file.
const SCRIPT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Options of the command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Where clients send to. Viva announces its own UDP port: give this address the same port, and its IP to Viva as
    /// VIVA_PUBLIC_IP
    #[arg(long)]
    listen: SocketAddr,
    /// Where Viva listens for media
    #[arg(long)]
    to: SocketAddr,
    /// clean, moderate, international, spiky-loss, loss-N, burst-loss-N (percent) or rate-N (kbit/s)
    #[arg(long, value_parser = profile, default_value = "clean")]
    profile: Profile,
    /// JSON file with conditions and when they begin, in place of a profile
    #[arg(long, conflicts_with = "profile")]
    script: Option<PathBuf>,
    /// The same seed does the same to the same packets
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::from_name(name).ok_or_else(|| "no such profile".to_owned())
}

/// What a line on standard input asks for.
enum Order {
    Rebind,
    Dark(bool),
    Follow(Profile),
    Report,
}

impl Order {
    fn read(line: &str) -> Option<Self> {
        match line.trim() {
            "rebind" => Some(Self::Rebind),
            "dark" => Some(Self::Dark(true)),
            "light" => Some(Self::Dark(false)),
            "report" => Some(Self::Report),
            other => Profile::from_name(other.strip_prefix("profile ")?.trim()).map(Self::Follow),
        }
    }
}

/// Relays until the first interrupt or termination signal, and obeys the lines on standard input until then: `rebind`,
/// `dark`, `light`, `profile NAME`, `report`. Prints one line when it is ready, `done` for each order, and what became
/// of the packets, as JSON, when asked for and at the end.
///
/// # Errors
/// A script that cannot be read, or an address that cannot be listened on.
#[allow(clippy::print_stdout, reason = "the ready line, the answers and the report are this command's output")]
pub async fn run(arguments: Arguments) -> Result<(), CommandError> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let config = NetworkConfig {
        listen: arguments.listen,
        to: arguments.to,
        script: script(&arguments)?,
        seed: arguments.seed,
        clients_max: CLIENTS_MAX,
    };
    let network = Network::start(config).await?;
    println!("netem ready listen={} to={}", network.local_addr(), arguments.to);
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = interrupt.recv() => break,
            line = next_line(&mut orders) => obey(&network, &line)?,
        }
    }
    println!("{}", serde_json::to_string(&network.stop().await)?);
    Ok(())
}

/// Nobody may order anything any more, or ever: a signal still ends the command.
async fn next_line(orders: &mut Lines<BufReader<Stdin>>) -> String {
    match orders.next_line().await {
        Ok(Some(line)) => line,
        _ => std::future::pending().await,
    }
}

#[allow(clippy::print_stdout, reason = "the answers are this command's output")]
fn obey(network: &Network, line: &str) -> Result<(), CommandError> {
    match Order::read(line) {
        Some(Order::Rebind) => network.rebind(),
        Some(Order::Dark(is_dark)) => network.set_dark(is_dark),
        Some(Order::Follow(profile)) => network.follow(profile.script()),
        Some(Order::Report) => {
            println!("{}", serde_json::to_string(&network.report())?);
            return Ok(());
        }
        None => {
            println!("unknown {line}");
            return Ok(());
        }
    }
    println!("done {line}");
    Ok(())
}

fn script(arguments: &Arguments) -> Result<Script, CommandError> {
    let Some(path) = &arguments.script else { return Ok(arguments.profile.script()) };
    if std::fs::metadata(path)?.len() > SCRIPT_BYTES_MAX {
        return Err("the script is too long".into());
    }
    let script: Script = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    script.check()?;
    Ok(script)
}
