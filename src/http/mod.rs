//! REST and the pages. Handlers parse, authorise in one visible line, call a session or the store, and convert.
//!
//! Start at [`router`], which is the route table.

pub mod credentials;
pub mod error;
mod extract;
mod grpc_gate;
mod idempotency;
mod middleware;
mod openapi;
pub mod page;
mod paging;
pub mod rate;
mod router;
mod routes;
pub mod socket;

pub use router::router;
pub use routes::{events::watch_events, interviews::open_invite, voice::keep_sweeping};

use crate::{
    auth::{Authenticator, sign_in::SignIn},
    cache::Cache,
    config::AllowedOrigins,
    domain::interview::Interview,
    email::Mailer,
    engine::BuiltinEngine,
    ice::IceSource,
    media::recorder::Recorder,
    relay::Relay,
    results::retention::Keeper,
    room::Rooms,
    scoring::Scoring,
    session::{Previews, Registry, Rehearsals},
    shutdown::Shutdown,
    spending::Spending,
    store::{SqlStore, Store},
    webhooks::Webhooks,
};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use std::{ops::Deref, sync::Arc};

/// What handlers share.
pub struct Shared {
    pub authenticator: Authenticator,
    pub registry: Registry,
    pub rehearsals: Rehearsals,
    pub recorder: Recorder,
    pub relay: Relay,
    pub store: Arc<dyn Store>,
    /// The same, with the areas beside sessions: rooms, users, interviews.
    pub database: Arc<SqlStore>,
    pub spending: Arc<Spending>,
    /// How what came of sessions is kept, and how it goes.
    pub keeper: Arc<Keeper>,
    pub engine: Arc<BuiltinEngine>,
    pub kinds: Vec<Interview>,
    pub pages: page::Pages,
    /// Voices of interviewers, to be heard before they are chosen.
    pub previews: Previews,
    /// Previews, by who asks.
    pub preview_calls: rate::PerClient<String>,
    pub ice: IceSource,
    pub credentials: credentials::Credentials,
    pub shutdown: Shutdown,
    pub metrics: Option<PrometheusHandle>,
    pub started_at: Timestamp,
    pub allowed_origins: AllowedOrigins,
    /// `http://host:port` or the configured external address, without a trailing slash.
    pub public_url: String,
    /// Authority of the configured external address.
    pub public_host: Option<String>,
    pub open_mode: bool,
    pub tls: bool,
    /// Reverse proxies in front whose word is taken for the client's address.
    pub trusted_proxy_hops: usize,
    /// API requests that are worked on.
    pub in_flight: tokio::sync::Semaphore,
    /// API requests, per address.
    pub requests: rate::PerAddress,
    /// Starts without an account, per address.
    pub starts: rate::PerAddress,
    pub cache: Arc<dyn Cache>,
    pub mailer: Arc<Mailer>,
    pub sign_in: SignIn,
    pub scoring: Arc<Scoring>,
    /// Codes asked for, per address.
    pub sign_ups: rate::PerAddress,
    /// Codes and proofs tried, per address.
    pub sign_in_tries: rate::PerAddress,
    /// Invitations that a user has mailed, by user.
    pub invite_mails: rate::PerClient<String>,
    pub rooms: Rooms,
    pub sockets: socket::Sockets,
    /// Room codes that were tried and wrong, per address.
    pub wrong_codes: rate::PerAddress,
    pub webhooks: Arc<Webhooks>,
}

/// [`Shared`], cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

impl AppState {
    /// Shares it.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
