//! The speech model of the measurement: a real Realtime server (GA dialect) over a real WebSocket, on a thread of its
//! own, as cheap as can be: its audio is base 64 before the first client comes.

mod conversation;

pub use conversation::{DELTA_MS, MARK};

use self::conversation::Conversation;
use super::{
    BenchError, Mode,
    journal::Journal,
    speech::{Frame, Sentence, burst},
    tone::TONES,
};
use crate::{
    domain::audio::{codec::Codec, g711::Narrower},
    wire::realtime::audio::{encode_bytes, encode_pcm},
};
use futures_util::{SinkExt, StreamExt};
use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep_until, timeout},
};
use tokio_tungstenite::{
    accept_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

/// Name of its thread.
pub const THREAD: &str = "bench-upstream";
/// Frames in a delta.
const DELTA_FRAMES: usize = DELTA_MS as usize / 20;
/// What it says in a circle, in deltas: 20 s.
const VOICE_DELTAS: usize = 100;
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);
/// Nothing that Viva sends is longer.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// What it heard and said, since it began.
#[derive(Debug, Default)]
pub struct Counters {
    pub connections: AtomicU64,
    pub appends: AtomicU64,
    pub appended_samples: AtomicU64,
    pub said_samples: AtomicU64,
}

/// What all its conversations share.
#[derive(Debug)]
struct Shared {
    mode: Mode,
    codec: Codec,
    journal: Arc<Journal>,
    counters: Arc<Counters>,
    /// Deltas in base 64, said in a circle.
    voice: Vec<String>,
    /// The same, each beginning with the burst of a tone.
    bursts: Vec<String>,
    /// A planted fault: no audio is said in this time.
    withheld: OnceLock<(Instant, Instant)>,
}

impl Shared {
    fn is_withholding(&self) -> bool {
        self.withheld.get().is_some_and(|(from, to)| (*from..*to).contains(&Instant::now()))
    }
}

/// The running server; it ends when this is dropped.
pub struct Upstream {
    pub url: String,
    pub counters: Arc<Counters>,
    shared: Arc<Shared>,
    cancel: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Listens and serves.
    ///
    /// # Errors
    /// [`BenchError`] when the address or a thread cannot be had.
    pub fn start(
        (mode, codec): (Mode, Codec),
        listen: SocketAddr,
        journal: Arc<Journal>,
        sentence: &Sentence,
    ) -> Result<Self, BenchError> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let url = format!("ws://{}/v1/realtime", listener.local_addr()?);
        let counters = Arc::new(Counters::default());
        let frames = sentence.frames(VOICE_DELTAS * DELTA_FRAMES, 0x5eed);
        let voice: Vec<String> = frames.chunks(DELTA_FRAMES).map(|frames| delta(codec, frames)).collect();
        let bursts = (0..TONES).map(|tone| {
            let mut frames = frames[..DELTA_FRAMES].to_vec();
            burst(&mut frames, tone);
            delta(codec, &frames)
        });
        let bursts = bursts.collect();
        let withheld = OnceLock::new();
        let shared =
            Arc::new(Shared { mode, codec, journal, counters: Arc::clone(&counters), voice, bursts, withheld });
        let cancel = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (serving, stop) = (Arc::clone(&shared), cancel.clone());
        let thread = std::thread::Builder::new().name(THREAD.into()).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => serve(listener, serving, stop).await,
                    Err(error) => tracing::error!(%error, "the bench's upstream does not listen"),
                }
            });
        })?;
        Ok(Self { url, counters, shared, cancel, thread: Some(thread) })
    }

    /// Plants a fault: no audio is said in this time. Once.
    pub fn withhold(&self, from: Instant, to: Instant) {
        // A second fault would need a second server.
        let _ = self.shared.withheld.set((from, to));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.cancel.cancel();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the bench's upstream had panicked");
        }
    }
}

fn delta(codec: Codec, frames: &[Frame]) -> String {
    let mut narrower = Narrower::default();
    match codec {
        Codec::Opus => encode_pcm(&frames.iter().flatten().copied().collect::<Vec<i16>>()),
        Codec::Pcmu => encode_bytes(&frames.iter().flat_map(|frame| narrower.narrow(frame)).collect::<Vec<u8>>()),
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>, cancel: CancellationToken) {
    let mut conversations = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            // Joined as they end, so that the set does not grow.
            Some(_) = conversations.join_next(), if !conversations.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = shared.counters.connections.fetch_add(1, Ordering::Relaxed);
                    conversations.spawn(converse(stream, Arc::clone(&shared), connection));
                }
                Err(error) => tracing::debug!(%error, "a connection was not accepted"),
            },
        }
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>, connection: u64) {
    if let Err(error) = hold(stream, shared, connection).await {
        tracing::debug!(%error, connection, "a conversation of the bench ended");
    }
}

async fn hold(stream: TcpStream, shared: Arc<Shared>, connection: u64) -> Result<(), Error> {
    // Without it small messages wait for acknowledgements.
    stream.set_nodelay(true)?;
    let limits = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let upgrade = timeout(UPGRADE_WITHIN, accept_async_with_config(stream, Some(limits))).await;
    let mut socket = upgrade.map_err(|_| Error::ConnectionClosed)??;
    let begun = tokio::time::Instant::now();
    let mut conversation = Conversation::new(shared, connection);
    loop {
        let mut wrote = false;
        while let Some(text) = conversation.poll_output() {
            socket.feed(Message::text(text)).await?;
            wrote = true;
        }
        if wrote {
            socket.flush().await?;
        }
        let now_ms = || begun.elapsed().as_millis() as u64;
        let due = conversation.poll_timeout().map(|due_ms| begun + Duration::from_millis(due_ms));
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => conversation.on_text(now_ms(), Instant::now(), &text),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            () = sleep_until(due.unwrap_or(begun)), if due.is_some() => conversation.on_timeout(now_ms()),
        }
    }
}
