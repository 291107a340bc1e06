//! A Realtime server with scripted audio, for trying and testing clients: `viva mock-realtime`. It hears turns by their
//! loudness, writes down what its script says, and answers in a made-up voice with the words that the instructions
//! name. Its event ladder, errors and closes are those of the service; its script can make it fail in every way that a
//! client must survive.
//!
//! - [`serve`] works on a listener until it is cancelled: what the command does.
//! - [`MockServer`] is the same in a test's own process, and keeps what it received.

mod connection;
mod ladder;
mod script;
mod session;
mod turns;
mod voice;

pub use connection::{Inject, MockServer, Received};
pub use script::{AudioScript, Fault, FaultAction, Heard, HeardOutcome, Script};

use crate::wire::realtime::dialect::Dialect;
use std::{io, path::Path, sync::Arc};
use tokio::net::TcpListener;
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_util::sync::CancellationToken;

/// What it does with what it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Turns: listens, then answers when it is asked to.
    #[default]
    Turn,
    /// Sends everything it hears back, at once.
    Echo,
    /// Speaks all the time.
    Talk,
}

/// A mock server's configuration.
#[derive(Clone, Debug, Default)]
pub struct MockConfig {
    pub mode: Mode,
    pub script: Script,
    /// The only key that it takes; `None` takes any, and none.
    pub api_key: Option<String>,
    /// `Ga` refuses beta clients as the service does; `Beta` speaks nothing else.
    pub dialect: Dialect,
    pub tls: Option<Arc<ServerConfig>>,
}

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("certificate or key cannot be read")]
    Pem(#[from] tokio_rustls::rustls::pki_types::pem::Error),
    #[error("certificate and key do not fit")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

/// TLS from files in PEM.
///
/// # Errors
/// [`TlsError`]
pub fn tls_from_files(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(certificates)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    Ok(Arc::new(config))
}

/// Serves until `cancel`; keeps nothing of what it receives.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(listener: TcpListener, config: MockConfig, cancel: CancellationToken) -> io::Result<()> {
    MockServer::forgetful(config, cancel).accept(listener).await
}
