//! The one way out for webhooks. A name is resolved once, every address that it has is judged, and the connection goes
//! to exactly those: what the name says a moment later changes nothing (DNS rebinding). No proxy, no redirect, no
//! connection kept for later.

use crate::domain::webhook::{Egress, Host, Refusal, Target, TryError};
use async_trait::async_trait;
use reqwest::{
    Client, Url,
    dns::{Name, Resolve, Resolving},
    redirect::Policy,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{OnceCell, Semaphore};

/// Longest wait for a name's addresses.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(4);
/// Names that are looked up at the same time. A lookup that hangs holds a thread until the system gives up.
const LOOKUPS_MAX: usize = 16;
/// Addresses of one name that are looked at; a name with more is none of an endpoint's.
const ADDRESSES_MAX: usize = 32;
/// From the address to an open, trusted connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a name gave no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name cannot be resolved")]
pub struct LookupError;

/// What a lookup gives.
pub type Lookup = Result<Vec<IpAddr>, LookupError>;

/// Finds the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// All addresses of a name.
    async fn lookup(&self, name: &str) -> Lookup;
}

/// The system's resolver.
pub struct SystemResolver {
    places: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn lookup(&self, name: &str) -> Lookup {
        let place = self.places.clone().acquire_owned().await.map_err(|_| LookupError)?;
        let name = name.to_owned();
        // A task of its own: whoever stops waiting leaves the place taken until the thread is free again.
        let found = tokio::spawn(async move {
            let _place = place;
            // The port is not used.
            let found = tokio::net::lookup_host((name.as_str(), 443)).await;
            found.map(|found| found.map(|address| address.ip()).collect::<BTreeSet<IpAddr>>())
        });
        let found = found.await.map_err(|_| LookupError)?.map_err(|_| LookupError)?;
        Ok(found.into_iter().collect())
    }
}

/// Makes connections to endpoints, where that is allowed.
pub struct Dialer {
    resolver: Arc<dyn Resolver>,
    operators: Egress,
    users: Egress,
    /// Whom TLS trusts; made when it is first needed.
    tls: OnceCell<ClientConfig>,
}

impl Dialer {
    /// Trusts the system's roots, or those of `SSL_CERT_FILE`.
    pub fn new(resolver: Arc<dyn Resolver>, egress: Egress) -> Self {
        Self { resolver, users: egress.for_users(), operators: egress, tls: OnceCell::new() }
    }

    /// Trusts these certificates alone.
    pub fn trusting(self, roots: RootCertStore) -> Self {
        Self { tls: OnceCell::new_with(Some(trust(roots))), ..self }
    }

    /// Whether a connection to a target may be made, as far as can be known before: a name without an address may get
    /// one.
    ///
    /// # Errors
    /// [`Refusal`]
    pub async fn check(&self, target: &Target, for_operator: bool) -> Result<(), Refusal> {
        let egress = self.egress(for_operator);
        egress.check_form(target)?;
        match self.addresses(target).await {
            Ok(addresses) => egress.check(target, &addresses, is_own),
            // Only an address could allow what is not plain https; without one it is not allowed.
            Err(LookupError) => Egress::default().check_form(target),
        }
    }

    /// A client that connects to the target's addresses of this moment and to nothing else, and the URL for it.
    ///
    /// # Errors
    /// [`TryError::Dns`], [`TryError::ForbiddenAddress`], or [`TryError::Tls`] when nobody is trusted.
    pub async fn open(&self, target: &Target, for_operator: bool) -> Result<(Client, Url), TryError> {
        let addresses = self.addresses(target).await.map_err(|LookupError| TryError::Dns)?;
        match self.egress(for_operator).check(target, &addresses, is_own) {
            Ok(()) => {}
            Err(Refusal::NoAddress) => return Err(TryError::Dns),
            Err(_) => return Err(TryError::ForbiddenAddress),
        }
        let url = same_url(target).ok_or(TryError::ForbiddenAddress)?;
        let tls = self.tls.get_or_try_init(system_trust).await?.clone();
        let sockets: Vec<SocketAddr> = addresses.into_iter().map(|address| target.at(address)).collect();
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .dns_resolver(NoNames);
        let builder = match target.host() {
            Host::Name(name) => builder.resolve_to_addrs(name, &sockets),
            Host::Address(_) => builder,
        };
        Ok((builder.build().map_err(|_| TryError::Tls)?, url))
    }

    const fn egress(&self, for_operator: bool) -> &Egress {
        if for_operator { &self.operators } else { &self.users }
    }

    async fn addresses(&self, target: &Target) -> Lookup {
        match target.host() {
            Host::Address(address) => Ok(vec![*address]),
            Host::Name(name) => {
                let lookup = tokio::time::timeout(LOOKUP_TIMEOUT, self.resolver.lookup(name)).await;
                let addresses = lookup.map_err(|_| LookupError)??;
                if addresses.is_empty() || addresses.len() > ADDRESSES_MAX { Err(LookupError) } else { Ok(addresses) }
            }
        }
    }
}

/// The client's own names: none. The addresses that it may use it was given.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::ready(Err(LookupError.into())))
    }
}

/// The URL as the client reads it, if it reads what we read.
fn same_url(target: &Target) -> Option<Url> {
    let url = Url::parse(target.url()).ok()?;
    let same = url.scheme() == target.scheme().as_str()
        && url.host_str() == Some(target.host().to_string().as_str())
        && url.port_or_known_default() == Some(target.port())
        && url.username().is_empty()
        && url.password().is_none();
    same.then_some(url)
}

/// Whether an address is this machine's: only then would it be reached from itself. Nothing is sent.
fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 443))?;
        socket.local_addr()
    });
    socket.is_ok_and(|from| from.ip() == address)
}

async fn system_trust() -> Result<ClientConfig, TryError> {
    // Reads files.
    let loaded = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.map_err(|_| TryError::Tls)?.certs);
    Ok(trust(roots))
}

fn trust(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has ciphers for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
