//! `viva mock-realtime`: a Realtime server with scripted audio, for trying clients and loading Viva without a key.

use crate::{
    commands::CommandError,
    mock_realtime::{MockConfig, Mode, Script, serve, tls_from_files},
    wire::realtime::dialect::Dialect,
};
use clap::{Args, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};
use tokio::{net::TcpListener, signal};
use tokio_util::sync::CancellationToken;

/// What it does with what it hears.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ModeArgument {
    /// Listens, then answers when it is asked to
    Turn,
    /// Sends everything it hears back, at once
    Echo,
    /// Speaks all the time
    Talk,
}

/// Options of the command.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    #[arg(long, value_enum, default_value = "turn")]
    mode: ModeArgument,
    /// JSON file that says what it says, hears and breaks
    #[arg(long)]
    script: Option<PathBuf>,
    /// The only key that it takes
    #[arg(long)]
    api_key: Option<String>,
    /// Speak the beta dialect and nothing else
    #[arg(long)]
    beta: bool,
    /// PEM file with the certificate chain; with --tls-key it speaks wss://
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the private key
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// Serves until the first interrupt or termination signal. Prints one line when it is ready.
///
/// # Errors
/// Files that cannot be read, or an address that cannot be listened on.
#[allow(clippy::print_stdout, reason = "the ready line is this command's output")]
pub async fn run(arguments: Arguments) -> Result<(), CommandError> {
    let script: Script = match &arguments.script {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
        None => Script::default(),
    };
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(cert), Some(key)) => Some(tls_from_files(cert, key)?),
        _ => None,
    };
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    let config = MockConfig {
        mode: match arguments.mode {
            ModeArgument::Turn => Mode::Turn,
            ModeArgument::Echo => Mode::Echo,
            ModeArgument::Talk => Mode::Talk,
        },
        script,
        api_key: arguments.api_key,
        dialect: if arguments.beta { Dialect::Beta } else { Dialect::Ga },
        tls,
    };
    let mut term = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    let listener = TcpListener::bind(arguments.listen).await?;
    println!("mock-realtime ready url={scheme}://{}/v1/realtime", listener.local_addr()?);
    let cancel = CancellationToken::new();
    let serving = serve(listener, config, cancel.clone());
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return Ok(result?),
        _ = signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
    cancel.cancel();
    Ok(serving.await?)
}
