//! `viva healthcheck`: asks the Viva of the same configuration whether its process is well.

use crate::{commands::CommandError, config::Config};
use std::{net::IpAddr, net::Ipv4Addr, net::SocketAddr, time::Duration};

/// A container engine waits no longer than this.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Succeeds when `/healthz` answers 200 on the configured port.
///
/// # Errors
/// Nothing answers there, or not with 200.
pub async fn run(config: &Config) -> Result<(), CommandError> {
    // Another part of the process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let host = if config.http.host.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { config.http.host };
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/healthz", SocketAddr::new(host, config.http.port));
    // The certificate names the public host, and we ask by address on this machine.
    let client = reqwest::Client::builder().timeout(TIMEOUT).danger_accept_invalid_certs(true).build()?;
    client.get(url).send().await?.error_for_status()?;
    Ok(())
}
