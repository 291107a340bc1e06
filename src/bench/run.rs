//! One measurement from the first session to the last, and what is kept from one to the next.

use super::{
    BenchError, Mode, Options, Server,
    account::{Account, resident_kib},
    client::{Role, Stack},
    generator::{self, Generator},
    journal::Journal,
    measurement::{Cpu, Findings, Measurement, Memory, kib_per_session, rounded, window},
    speech::{Sentence, Track},
    target::{Api, OwnServer, Started},
    upstream::{self, Upstream},
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep_until};

/// Different things that clients say.
const TRACKS: u64 = 8;
/// Length of each; said over and over.
const TRACK_SECONDS: usize = 20;
/// How long the last session may take to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// After the measurement, for bursts that are on their way.
const TRAIL: Duration = Duration::from_millis(500);

/// A server with the bench's speech model behind it, ready to be measured.
pub struct Bench {
    options: Options,
    journal: Arc<Journal>,
    upstream: Upstream,
    api: Arc<Api>,
    /// The server's process, where it is on this machine.
    pid: Option<u32>,
    idle_kib: Option<u64>,
    stack: Stack,
    tracks: Vec<Arc<Track>>,
    // Ends last: the others speak to it.
    _own: Option<OwnServer>,
}

impl Bench {
    /// Makes what is said, starts the speech model and the server.
    ///
    /// # Errors
    /// [`BenchError`]
    pub async fn start(options: Options) -> Result<Self, BenchError> {
        let sentence = Sentence::load()?;
        let (seed, codec) = (options.seed, options.codec);
        let encode =
            move |number: u64| Track::encode(&sentence, codec, TRACK_SECONDS, seed.wrapping_mul(TRACKS) + number);
        let journal = Arc::new(Journal::default());
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let listen = match &options.server {
            Server::Own { .. } => any,
            Server::Target { upstream, .. } => *upstream,
        };
        let upstream = Upstream::start((options.mode, codec), listen, Arc::clone(&journal), &Sentence::load()?)?;
        let encoding = tokio::task::spawn_blocking(move || (0..TRACKS).map(encode).collect::<Result<Vec<_>, _>>());
        let (api, pid, own) = match &options.server {
            Server::Own { program } => {
                let own = OwnServer::start(program, &upstream.url, codec, options.sessions_max).await?;
                (Api::new(&own.url, None), Some(own.pid), Some(own))
            }
            Server::Target { url, key, pid, .. } => (Api::new(url, key.clone()), *pid, None),
        };
        let tracks = encoding.await.map_err(BenchError::client)??;
        let idle_kib = pid.map(resident_kib).transpose()?;
        Ok(Self {
            options,
            journal,
            upstream,
            api: Arc::new(api),
            pid,
            idle_kib,
            stack: Stack::new(codec)?,
            tracks: tracks.into_iter().map(Arc::new).collect(),
            _own: own,
        })
    }

    /// Where the server must look for its speech model.
    pub fn upstream_url(&self) -> &str {
        &self.upstream.url
    }

    /// The server's own counts, in Prometheus' text format.
    ///
    /// # Errors
    /// [`BenchError`] when the server refuses.
    pub async fn metrics(&self) -> Result<String, BenchError> {
        self.api.metrics().await
    }

    /// Holds so many sessions and measures. They are over when it returns.
    ///
    /// # Errors
    /// [`BenchError`] when nothing could be measured; a server that falls behind is a result, not an error.
    pub async fn measure(&self, sessions: usize) -> Result<Measurement, BenchError> {
        let generator = Generator::start(Arc::clone(&self.journal))?;
        let connections_before = self.upstream.counters.connections.load(Ordering::Relaxed);
        let connected = self.connect(&generator, sessions).await;
        if connected.started.is_empty() {
            generator.stop()?;
            return Err(BenchError::Unmeasured(format!("no session began: {}", connected.refusals.join("; "))));
        }
        if self.upstream.counters.connections.load(Ordering::Relaxed) == connections_before {
            let url = self.upstream_url();
            let hint = format!("the server does not use the bench's speech model: start it with {SETTING}={url}");
            generator.stop()?;
            return Err(BenchError::Unmeasured(hint));
        }
        let window = window(self.options.settle, self.options.window);
        generator.measure(window);
        if let Some((after, length)) = self.options.withheld {
            self.upstream.withhold(window.0 + after, window.0 + after + length);
        }
        sleep_until(window.0.into()).await;
        let before = self.snapshot()?;
        sleep_until(window.1.into()).await;
        let after = self.snapshot()?;
        let points = &connected.memory;
        let memory = match (self.pid, self.idle_kib) {
            (Some(pid), Some(idle_kib)) => {
                let kib_per_session = kib_per_session(points, idle_kib);
                Some(Memory { idle_kib, resident_kib: resident_kib(pid)?, kib_per_session })
            }
            _ => None,
        };
        sleep_until((window.1 + TRAIL).into()).await;
        let seen = generator.stop()?;
        self.end(connected.started).await;
        let session_s = window.1.saturating_duration_since(window.0).as_secs_f64()
            * seen.iter().filter(|seen| seen.connected.is_some()).count().max(1) as f64;
        let cpu = after.server.zip(before.server).map(|(after, before)| cost(&after.since(&before), session_s));
        let own = after.own.since(&before.own);
        Ok(Measurement::of(Findings {
            mode: self.options.mode,
            sessions,
            refusals: connected.refusals,
            window,
            seen: &seen,
            answers_ms: connected.answers_ms,
            entries: &self.journal.entries(),
            appends: after.appends - before.appends,
            appended_samples: after.appended_samples - before.appended_samples,
            said_samples: after.said_samples - before.said_samples,
            cpu,
            memory,
            clients_cpu_s: own.thread_s(generator::THREAD),
            upstream_cpu_s: own.thread_s(upstream::THREAD),
        }))
    }

    /// Takes back what it made on a server that is not its own.
    pub async fn finish(self) {
        if self._own.is_none() {
            self.api.clean().await;
        }
    }

    async fn connect(&self, generator: &Generator, sessions: usize) -> Connected {
        let begun = tokio::time::Instant::now();
        let mut connecting = JoinSet::new();
        let mut connected = Connected::default();
        for number in 0..sessions {
            let due = begun + Duration::from_secs_f64(number as f64 / self.options.connects_per_s.max(0.1));
            sleep_until(due).await;
            let (api, stack, entrance) = (Arc::clone(&self.api), self.stack.clone(), generator.entrance());
            let (role, via) = (self.role(number), self.options.via);
            connecting.spawn(async move {
                let started = api.start(number).await?;
                let bind = if api.is_local() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
                let (offered, sdp) = stack.offer(IpAddr::V4(bind))?;
                let posted = Instant::now();
                let (answer, took) = api.offer(&started, &sdp).await?;
                let client = offered.accept(&answer, via, Role { posted, ..role })?;
                entrance.try_send(client).map_err(BenchError::client)?;
                Ok::<_, BenchError>((started, took))
            });
            while let Some(joined) = connecting.try_join_next() {
                connected.join(joined);
            }
            connected.note_memory(self.pid, generator.connected());
        }
        while let Some(joined) = connecting.join_next().await {
            connected.join(joined);
        }
        let until = tokio::time::Instant::now() + CONNECT_WITHIN;
        while generator.connected() + generator.lost() < connected.started.len() && tokio::time::Instant::now() < until
        {
            sleep_until(tokio::time::Instant::now() + LOOK_EVERY).await;
        }
        connected.note_memory(self.pid, generator.connected());
        connected
    }

    fn role(&self, number: usize) -> Role {
        let track = Arc::clone(&self.tracks[number % self.tracks.len()]);
        // Everybody somewhere else in what is said.
        let start = number * 37 % track.packets.len();
        let decodes = self.options.mode != Mode::Talk || number < self.options.decoding_max;
        Role { number, track, start, posted: Instant::now(), decodes, continuous: self.options.mode != Mode::Turn }
    }

    fn snapshot(&self) -> Result<Snapshot, BenchError> {
        let counters = &self.upstream.counters;
        Ok(Snapshot {
            server: self.pid.map(Account::of).transpose()?,
            own: Account::of(std::process::id())?,
            appends: counters.appends.load(Ordering::Relaxed),
            appended_samples: counters.appended_samples.load(Ordering::Relaxed),
            said_samples: counters.said_samples.load(Ordering::Relaxed),
        })
    }

    async fn end(&self, started: Vec<Started>) {
        let mut ending = JoinSet::new();
        for session in started {
            let api = Arc::clone(&self.api);
            ending.spawn(async move {
                if let Err(error) = api.end(&session).await {
                    tracing::debug!(%error, "a session of the bench did not end");
                }
            });
        }
        ending.join_all().await;
    }
}

/// The setting of Viva that names its speech model.
pub const SETTING: &str = "OPENAI_REALTIME_API_URL";

/// What is compared between the window's ends.
struct Snapshot {
    server: Option<Account>,
    own: Account,
    appends: u64,
    appended_samples: u64,
    said_samples: u64,
}

/// The sessions that began.
#[derive(Default)]
struct Connected {
    started: Vec<Started>,
    answers_ms: Vec<f64>,
    /// Different things that the server said no with.
    refusals: Vec<String>,
    /// Sessions connected, and KiB resident.
    memory: Vec<(f64, f64)>,
}

/// Refusals that are told; the others say the same of other sessions.
const REFUSALS_MAX: usize = 3;

impl Connected {
    fn join(&mut self, joined: Result<Result<(Started, Duration), BenchError>, tokio::task::JoinError>) {
        let refusal = match joined {
            Ok(Ok((started, took))) => {
                self.started.push(started);
                self.answers_ms.push(took.as_secs_f64() * 1e3);
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if self.refusals.len() < REFUSALS_MAX && !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }

    fn note_memory(&mut self, pid: Option<u32>, connected: usize) {
        let known = self.memory.last().is_some_and(|(sessions, _)| *sessions == connected as f64);
        if let Some(kib) = pid.and_then(|pid| resident_kib(pid).ok()).filter(|_| connected > 0 && !known) {
            self.memory.push((connected as f64, kib as f64));
        }
    }
}

fn cost(spent: &Account, session_s: f64) -> Cpu {
    let per_second = |seconds: f64| rounded(seconds * 1e3 / session_s);
    Cpu {
        ms_per_session_second: per_second(spent.cpu_s),
        threads: spent.threads_s.iter().map(|(name, seconds)| (name.clone(), per_second(*seconds))).collect(),
    }
}
