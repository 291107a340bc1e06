//! The composition root: the only file that names concrete stores, models and media, and the order of start and end.

mod prices;
mod rest;

use self::rest::Rest;
use crate::{
    auth::{self, Authenticator, sign_in::SignIn},
    cache::{self, CacheError},
    chat::Chat,
    config::{Config, EngineChoice, EngineConfig, HttpConfig},
    domain::{interview::Interview, persona::Personas, practice::Purpose},
    email::{self, Mailer},
    engine::BuiltinEngine,
    grpc,
    http::{
        self, AppState, Shared,
        credentials::{self, Credentials, CredentialsError},
        page::Pages,
        rate::{PerAddress, PerClient},
        socket::Sockets,
    },
    ice::IceSource,
    jobs::{self, AfterInterview, JobHandler, Stage},
    media::{
        Media, MediaConfig, MediaError, TcpListen,
        recorder::{Recorder, RecorderError},
    },
    random,
    realtime::{self, Model, ProviderKeys, RawServer, RealtimeConfig, RealtimeModel},
    recording::{RecordingStage, SecondPassStage},
    relay::{Relay, RelayDeps},
    results::retention::Keeper,
    room::Rooms,
    scoring::{Evaluation, Scoring, ScoringStage},
    session::{Previews, Registry, Rehearsals, SessionDeps},
    shutdown::{Phase, Shutdown},
    spending::Spending,
    store::{SqlStore, Store, StoreError},
    telemetry,
    webhooks::{self, Deliver, Dialer, SystemResolver, Tell, Webhooks},
    wire::realtime::dialect::Dialect,
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder as HttpBuilder,
};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket},
    sync::Arc,
    time::Duration,
};

/// Viva, running.
pub struct App {
    /// Where it answers, without a trailing slash.
    pub url: String,
    /// A ready interview link; only open mode makes one.
    pub interview_url: Option<String>,
    state: AppState,
    media: Media,
    recorder: Recorder,
    store: Arc<SqlStore>,
    shutdown: Shutdown,
    drain: Duration,
    http: Handle<SocketAddr>,
}

/// Why Viva cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("cannot use the TLS files: {0}")]
    Tls(std::io::Error),
    #[error("cannot open the database: {0}")]
    Store(#[from] StoreError),
    #[error("cannot use the Realtime server: {0}")]
    Realtime(#[from] realtime::ConfigError),
    #[error("cannot start media: {0}")]
    Media(#[from] MediaError),
    #[error("cannot start the recorder: {0}")]
    Recorder(#[from] RecorderError),
    #[error("{0}")]
    Auth(#[from] auth::SetupError),
    #[error("{0}")]
    Cache(#[from] CacheError),
    #[error("cannot send mail: {0}")]
    Email(#[from] email::SetupError),
    #[error("interview file {0}")]
    Kinds(String),
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    #[error("price file {name}: {problem}")]
    Prices { name: String, problem: String },
    #[error("cannot use the evaluator: {0}")]
    Evaluator(reqwest::Error),
    #[error("cannot use the chat endpoint: {0}")]
    Chat(reqwest::Error),
    #[error("VIVA_EMBED_ORIGINS cannot stand in a header: {0}")]
    Embed(axum::http::header::InvalidHeaderValue),
    #[error("cannot use Twilio: {0}")]
    Twilio(reqwest::Error),
}

/// The interview of a Realtime client that brings none.
const DEFAULT_KIND: &str = "general";
/// API requests worked on at once. More would only wait for each other: they are better tried again.
const REQUESTS_IN_FLIGHT_MAX: usize = 512;
/// How long a client may take to send its request line and headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests and streams at a time on one connection of HTTP/2.
const STREAMS_MAX: u32 = 128;
/// Bytes of all headers of a request of HTTP/2.
const HEADER_BYTES_MAX: u32 = 32 * 1024;
/// A silent connection of HTTP/2 is asked whether it is still there, and closed if it does not answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PONG_WITHIN: Duration = Duration::from_secs(20);
/// After the last session, how long open requests may take.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// After a second signal, how long everything may take.
const HURRY: Duration = Duration::from_millis(1_500);

impl App {
    /// Starts everything. On return Viva accepts requests.
    ///
    /// # Errors
    /// [`StartError`], with what to change where that is known.
    pub async fn start(config: Config, metrics: Option<PrometheusHandle>) -> Result<Self, StartError> {
        let listener = listen(&config.http)?;
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: SocketAddr::new(config.http.host, config.http.port),
            source,
        })?;
        let store = Arc::new(SqlStore::open(&config.database).await?);
        let recovered = store.recover(Timestamp::now()).await?;
        if !recovered.is_empty() {
            tracing::warn!(
                sessions = recovered.len(),
                "sessions of an earlier run were interrupted; results are intact"
            );
        }
        let shutdown = Shutdown::default();
        if let Some(metrics) = &metrics {
            shutdown.tasks.spawn(telemetry::keep_counting(
                metrics.clone(),
                telemetry::counting_times(),
                shutdown.stop.clone(),
            ));
        }
        let media = Media::start(media_config(&config, address.ip()))?;
        let recorder = Recorder::start(config.outcome.data_dir.clone())?;
        let url = config.http.public_url.clone().unwrap_or_else(|| local_url(&config.http, address));
        let shared = compose(&config, &url, metrics, &store, (&media, &recorder), &shutdown).await?;
        tokio::spawn(shared.rooms.clone().keep_up(shutdown.stop.clone()));
        let state = AppState::new(shared);
        state.webhooks.take_over(config.outcome.webhook.url.as_deref()).await?;
        jobs::start(store.clone(), job_handlers(&state, &store), &shutdown);
        shutdown.tasks.spawn(state.keeper.clone().keep(shutdown.stop.clone()));
        let grpc = grpc::routes(Arc::new(Rest::new(state.clone())), &shutdown).into_axum_router();
        let http = serve(&config.http, listener, http::router(state.clone(), Some(grpc))).await?;
        shutdown.tasks.spawn(http::keep_sweeping(state.clone()));
        shutdown.tasks.spawn(state.spending.clone().keep_watch(shutdown.stop.clone()));
        let interview_url = if config.access.open_mode() { Some(http::open_invite(&state).await?) } else { None };
        Ok(Self { url, interview_url, state, media, recorder, store, shutdown, drain: config.limits.drain, http })
    }

    /// Ends: at once for new work, politely for live interviews, within the drain time. When `hurry` resolves (the
    /// second signal), within 2 s.
    pub async fn drain(self, hurry: impl Future<Output = ()>) {
        tracing::info!(live = self.state.registry.len(), seconds = self.drain.as_secs(), "draining");
        self.shutdown.advance(Phase::Draining);
        let polite = async {
            let shutdown = &self.shutdown;
            let goodbye = tokio::time::sleep(Shutdown::goodbye_after(self.drain));
            let deadline = tokio::time::sleep(self.drain);
            tokio::pin!(goodbye, deadline);
            loop {
                tokio::select! {
                    () = self.all_finished() => return,
                    () = &mut goodbye, if shutdown.phase() < Phase::Goodbye => shutdown.advance(Phase::Goodbye),
                    () = &mut deadline => return,
                }
            }
        };
        tokio::select! {
            () = polite => {}
            () = hurry => tracing::warn!("second signal: leaving now"),
        }
        self.stop().await;
    }

    async fn all_finished(&self) {
        tokio::join!(self.state.registry.all_finished(), self.state.relay.all_finished());
    }

    async fn stop(self) {
        self.shutdown.stop.cancel();
        if tokio::time::timeout(HURRY, self.all_finished()).await.is_err() {
            tracing::error!(live = self.state.registry.len(), "sessions did not finish in time");
        }
        self.http.graceful_shutdown(Some(LAST_REQUESTS.min(HURRY / 3)));
        // They got a close frame when the drain began; the connections are not the HTTP server's any more.
        let _ = tokio::time::timeout(HURRY, self.state.sockets.all_closed()).await;
        if let Err(error) = self.state.rooms.save_counts().await {
            tracing::error!(%error, "the last joins are not counted");
        }
        self.media.shutdown().await;
        let recorder = self.recorder;
        if tokio::task::spawn_blocking(move || recorder.shutdown()).await.is_err() {
            tracing::error!("the recorder was not stopped");
        }
        self.store.close().await;
        tracing::info!("stopped");
    }
}

/// Who does the work that the store keeps.
fn job_handlers(state: &AppState, store: &Arc<SqlStore>) -> Vec<Arc<dyn JobHandler>> {
    let recording = RecordingStage::new(store.clone(), state.recorder.clone());
    let data_dir = state.recorder.data_dir().to_owned();
    let second_pass = SecondPassStage::new(store.clone(), state.engine.clone(), state.spending.clone(), data_dir);
    let scoring = ScoringStage::new(state.scoring.clone(), store.clone());
    let stages: Vec<Arc<dyn Stage>> = vec![Arc::new(recording), Arc::new(second_pass), Arc::new(scoring)];
    let mut handlers: Vec<Arc<dyn JobHandler>> = vec![
        Arc::new(AfterInterview::new(store.clone(), stages)),
        Arc::new(Evaluation::new(state.scoring.clone())),
        Arc::new(Tell(state.webhooks.clone())),
        Arc::new(Deliver::new(state.webhooks.clone())),
    ];
    handlers.extend(state.keeper.handlers());
    handlers
}

/// Who is told of sessions, through the one way out.
fn webhooks(config: &Config, url: &str, store: &Arc<SqlStore>) -> Arc<Webhooks> {
    let config = &config.outcome.webhook;
    let dialer = Dialer::new(Arc::new(SystemResolver::default()), webhooks::egress(config));
    Arc::new(Webhooks::new(store.clone(), config, dialer, url))
}

/// What interviews are made of. `minds`: who speaks.
fn session_deps(
    config: &Config,
    (model, personas, engine): (&Arc<dyn Model>, &Arc<Personas>, &Arc<BuiltinEngine>),
    store: &Arc<SqlStore>,
    (media, recorder): (&Media, &Recorder),
    spending: &Arc<Spending>,
    shutdown: &Shutdown,
) -> SessionDeps {
    SessionDeps {
        store: store.clone(),
        media: media.clone(),
        recorder: recorder.clone(),
        model: model.clone(),
        personas: personas.clone(),
        voice: engine.clone(),
        limits: config.limits.clone(),
        spending: spending.clone(),
        shutdown: shutdown.clone(),
        purpose: Purpose::Interview,
    }
}

/// Makes the parts and connects them.
async fn compose(
    config: &Config,
    url: &str,
    metrics: Option<PrometheusHandle>,
    store: &Arc<SqlStore>,
    (media, recorder): (&Media, &Recorder),
    shutdown: &Shutdown,
) -> Result<Shared, StartError> {
    let keys = ProviderKeys::new(config.openai.keys.clone());
    let chat = config.outcome.chat.as_ref().map(Chat::new).transpose().map_err(StartError::Chat)?;
    let engine = Arc::new(BuiltinEngine::new(config.engine.models_dir.clone()).with_chat(chat));
    let spending = spending(config, store)?;
    let personas = Arc::new(credentials::personas()?);
    let model = model(&config.engine, &keys, &engine)?;
    let minds = (&model, &personas, &engine);
    let deps = session_deps(config, minds, store, (media, recorder), &spending, shutdown);
    let cache = cache::open(config.redis_url.as_ref()).await?;
    let mailer = Arc::new(Mailer::start(&config.email, &config.access)?);
    let kinds = built_in_kinds()?;
    Ok(Shared {
        authenticator: Authenticator::new(&config.access)?,
        rehearsals: Rehearsals::new(deps.clone()),
        registry: Registry::new(deps),
        recorder: recorder.clone(),
        relay: Relay::new(relay_deps(config, &keys, &kinds, store, &engine, &spending, shutdown)?),
        database: store.clone(),
        keeper: Arc::new(Keeper::new(store.clone(), config.outcome.retention, config.outcome.data_dir.clone())),
        store: store.clone(),
        spending: spending.clone(),
        engine,
        kinds,
        pages: Pages::new(config.http.web_dir.clone(), &config.http.embed_origins).map_err(StartError::Embed)?,
        ice: IceSource::new(config.ice.clone(), config.twilio.as_ref()).map_err(StartError::Twilio)?,
        credentials: Credentials::new(config, &keys, personas)?,
        previews: Previews::new(model, spending, shutdown.tasks.clone()),
        // Speaking takes a core, or money.
        preview_calls: PerClient::new(10, 10_000),
        shutdown: shutdown.clone(),
        metrics,
        started_at: Timestamp::now(),
        allowed_origins: config.http.allowed_origins.clone(),
        public_host: config.http.public_url.as_deref().and_then(authority).map(str::to_owned),
        public_url: url.to_owned(),
        open_mode: config.access.open_mode(),
        tls: config.http.tls.is_some(),
        trusted_proxy_hops: config.http.trusted_proxy_hops,
        in_flight: tokio::sync::Semaphore::new(REQUESTS_IN_FLIGHT_MAX),
        requests: PerAddress::per_minute(config.api.requests_per_minute),
        // A job fair behind one address gets through, a loop does not.
        starts: PerAddress::per_minute(config.api.starts_per_minute),
        scoring: Arc::new(Scoring::new(config, store.clone()).map_err(StartError::Evaluator)?),
        sign_in: SignIn::new(&config.access, cache.clone(), store.clone(), mailer.clone()),
        cache,
        mailer,
        // A class behind one address gets its codes; a loop fills nobody's mailbox.
        sign_ups: PerAddress::new(30, 10_000),
        sign_in_tries: PerAddress::new(100, 2_000),
        // A round of candidates at once; no way to write to the whole world.
        invite_mails: PerClient::new(50, 30_000),
        rooms: Rooms::load(store.clone(), config.rooms, Timestamp::now()).await?,
        sockets: Sockets::new(config.api.sockets_max),
        // A class that mistypes gets in; a machine that guesses finds nothing in years.
        wrong_codes: PerAddress::new(30, 6_000),
        webhooks: webhooks(config, url, store),
    })
}

/// What everything costs, and what may be spent.
fn spending(config: &Config, store: &Arc<SqlStore>) -> Result<Arc<Spending>, StartError> {
    let prices = prices::price_book(config.outcome.prices.as_deref())?;
    let model = config.engine.realtime_model.clone();
    Ok(Arc::new(Spending::new(store.clone(), prices, config.outcome.budget, model)))
}

fn relay_deps(
    config: &Config,
    keys: &ProviderKeys,
    kinds: &[Interview],
    store: &Arc<SqlStore>,
    engine: &Arc<BuiltinEngine>,
    spending: &Arc<Spending>,
    shutdown: &Shutdown,
) -> Result<RelayDeps, StartError> {
    let general = kinds.iter().find(|kind| kind.kind == DEFAULT_KIND).or(kinds.first());
    Ok(RelayDeps {
        store: store.clone(),
        engine: engine.clone(),
        provider: realtime_config(&config.engine, keys).map(|realtime| RawServer::new(&realtime)).transpose()?,
        plan: general.cloned().ok_or_else(no_kinds)?,
        model: config.engine.realtime_model.clone(),
        transcriber: config.engine.transcribe_model.clone(),
        places_max: config.limits.sessions_max.min(config.api.sockets_max),
        duration_max: config.limits.session_duration_max,
        spending: spending.clone(),
        reject_beta: config.voice.reject_beta,
        shutdown: shutdown.clone(),
    })
}

fn listen(http: &HttpConfig) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(http.host, http.port);
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| StartError::Listen { address, source })
}

async fn serve(
    config: &HttpConfig,
    listener: TcpListener,
    router: axum::Router,
) -> Result<Handle<SocketAddr>, StartError> {
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match &config.tls {
        Some(files) => {
            // Another crate may have installed the same provider already.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let tls = RustlsConfig::from_pem_file(&files.cert, &files.key).await.map_err(StartError::Tls)?;
            let mut server =
                axum_server::from_tcp_rustls(listener, tls).map_err(StartError::Tls)?.handle(handle.clone());
            limit_protocols(server.http_builder());
            tokio::spawn(report(server.serve(service)));
        }
        None => {
            let mut server = axum_server::from_tcp(listener).map_err(StartError::Tls)?.handle(handle.clone());
            limit_protocols(server.http_builder());
            tokio::spawn(report(server.serve(service)));
        }
    }
    Ok(handle)
}

/// Bounds of both versions of HTTP: slow heads, requests at a time, connections that nobody answers on.
fn limit_protocols(builder: &mut HttpBuilder<TokioExecutor>) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX)
        .keep_alive_interval(Some(PING_EVERY))
        .keep_alive_timeout(PONG_WITHIN);
}

async fn report(serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(%error, "HTTP server failed");
    }
}

fn model(
    config: &EngineConfig,
    keys: &ProviderKeys,
    builtin: &Arc<BuiltinEngine>,
) -> Result<Arc<dyn Model>, StartError> {
    match realtime_config(config, keys) {
        Some(realtime) => Ok(Arc::new(RealtimeModel::new(realtime)?)),
        None => Ok(builtin.clone()),
    }
}

/// The configured Realtime server; `None`: the built-in engine.
fn realtime_config(config: &EngineConfig, keys: &ProviderKeys) -> Option<RealtimeConfig> {
    if config.choice == EngineChoice::Builtin {
        return None;
    }
    Some(RealtimeConfig {
        // OpenAI's own server, or one that is compatible.
        name: if config.realtime_url.contains("api.openai.com") { "openai" } else { "realtime" }.to_owned(),
        url: config.realtime_url.clone(),
        keys: keys.clone(),
        model: config.realtime_model.clone(),
        voice: config.realtime_voice.clone(),
        transcribe_model: config.transcribe_model.clone(),
        dialect: if config.beta_dialect { Dialect::Beta } else { Dialect::Ga },
        seed: random::seed(),
        ..RealtimeConfig::default()
    })
}

fn no_kinds() -> StartError {
    StartError::Kinds("assets/interviews has none".to_owned())
}

fn media_config(config: &Config, host: IpAddr) -> MediaConfig {
    let public = &config.media.public_ips;
    let is_local_only = host.is_loopback() && public.iter().all(IpAddr::is_loopback);
    let announced = match public.is_empty() {
        false => public.clone(),
        true if host.is_unspecified() => machine_addresses(),
        // Firefox sends nothing to 127.0.0.1 unless it has an address of the loopback itself, which it does not offer.
        // So the machine's other addresses are announced too, and what does not come from one of them is dropped.
        true => {
            let others = machine_addresses().into_iter().filter(|ip| ip.is_ipv4() == host.is_ipv4() && *ip != host);
            std::iter::once(host).chain(others).collect()
        }
    };
    // A socket of IPv6 takes both families, where anything is announced that needs it.
    let any: IpAddr = match host.is_ipv6() || announced.iter().any(IpAddr::is_ipv6) {
        true => Ipv6Addr::UNSPECIFIED.into(),
        false => Ipv4Addr::UNSPECIFIED.into(),
    };
    let tcp = config.media.tcp.map(|tcp| TcpListen { port: tcp.port, is_required: tcp.is_chosen });
    MediaConfig {
        // Whoever announces another address of the loopback has something else listen there, such as `viva netem`.
        bind: SocketAddr::new(
            if (is_local_only && public.is_empty()) || host.is_unspecified() { any } else { host },
            config.media.udp_port,
        ),
        tcp,
        // A socket of this machine that sends to its loopback may have any of its addresses.
        only_from: is_local_only.then(|| announced.iter().copied().chain(machine_addresses()).collect()),
        announced,
        shards: std::thread::available_parallelism().map_or(1, usize::from),
        // Each may rehearse while its own place waits for the candidate.
        sessions_max: config.limits.sessions_max.saturating_mul(2),
    }
}

/// The addresses that this machine would use to reach the outside, found without sending anything.
fn machine_addresses() -> Vec<IpAddr> {
    let routes: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    let source = |(from, to): &(IpAddr, IpAddr)| {
        let socket = UdpSocket::bind((*from, 0)).ok()?;
        socket.connect((*to, 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    let found: Vec<IpAddr> = routes.iter().filter_map(source).collect();
    if found.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { found }
}

fn local_url(http: &HttpConfig, address: SocketAddr) -> String {
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    let host = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    format!("{scheme}://{}", SocketAddr::new(host, address.port()))
}

fn authority(url: &str) -> Option<&str> {
    url.split_once("://").and_then(|(_, rest)| rest.split('/').next())
}

/// The interviews that come with Viva. A mistake in one is ours, and a test finds it; it still stops the start.
fn built_in_kinds() -> Result<Vec<Interview>, StartError> {
    #[derive(rust_embed::RustEmbed)]
    #[folder = "assets/interviews/"]
    struct Files;

    let read = |name: std::borrow::Cow<'static, str>| {
        let file = Files::get(&name).ok_or_else(|| StartError::Kinds(format!("{name} cannot be read")))?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let interview: Interview =
            serde_saphyr::from_str(&text).map_err(|error| StartError::Kinds(format!("{name}: {error}")))?;
        match interview.validate() {
            Ok(()) => Ok(interview),
            Err(errors) => Err(StartError::Kinds(format!("{name}: {errors:?}"))),
        }
    };
    let mut kinds = Files::iter().map(read).collect::<Result<Vec<_>, _>>()?;
    kinds.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(kinds)
}
