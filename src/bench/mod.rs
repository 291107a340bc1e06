//! `viva bench`: what a Viva costs and how well it keeps time, measured from outside by real WebRTC sessions.
//!
//! - [`Bench`] starts (or meets) the server, and [`Bench::measure`] holds a number of sessions against it; [`ramp`]
//!   finds the greatest number in real time.
//! - `client` and `generator` are the candidates, on another WebRTC stack than the server's; `upstream` is the speech
//!   model; `speech`, `tone` and `journal` measure delays by tone bursts; `account` reads the kernel's books.
//! - [`floor`] times the stages alone, for the ratio; [`report`] and [`picture`] show it all.

mod account;
mod ciphers;
mod client;
pub mod floor;
mod generator;
mod journal;
mod measurement;
pub mod picture;
pub mod ramp;
pub mod report;
mod run;
mod speech;
mod target;
mod tone;
mod upstream;

pub use account::Machine;
pub use measurement::{Cpu, Delay, Downlink, Harness, Measurement, Memory, SetUp, Spread, Uplink, Verdict};
pub use run::{Bench, SETTING};

use crate::{domain::audio::codec::Codec, media::opus::OpusError};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What the speech model does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Speaks all the time, a second ahead: for the cost.
    #[default]
    Talk,
    /// Sends back what it hears, at once: for the delays.
    Echo,
    /// Takes turns, speaking 40 % of the time: what an interview costs.
    Turn,
}

impl Mode {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Echo => "echo",
            Self::Turn => "turn",
        }
    }
}

/// The server that is measured.
#[derive(Clone, Debug)]
pub enum Server {
    /// A child process: this program, told to `serve`.
    Own { program: PathBuf },
    /// One that runs. Its speech model must be the bench's upstream, which listens on `upstream`.
    Target {
        url: String,
        /// A platform's key, where it wants one.
        key: Option<String>,
        /// Its process on this machine, for the cost.
        pid: Option<u32>,
        upstream: SocketAddr,
    },
}

/// How to measure.
#[derive(Clone, Debug)]
pub struct Options {
    pub server: Server,
    pub mode: Mode,
    /// What clients offer; with PCMU the speech model takes it as it is, and nothing is encoded on the way.
    pub codec: Codec,
    /// Sessions that the server must have room for.
    pub sessions_max: usize,
    /// How long is measured.
    pub window: Duration,
    /// From the last session's connection to the measurement.
    pub settle: Duration,
    /// Sessions begun in a second.
    pub connects_per_s: f64,
    /// What clients say is made from it.
    pub seed: u64,
    /// Media goes there, whatever the answers' candidates say: through an emulated network.
    pub via: Option<SocketAddr>,
    /// In talk mode only so many clients decode all that they hear.
    pub decoding_max: usize,
    /// A planted fault: after this much of the window the speech model says nothing for so long.
    pub withheld: Option<(Duration, Duration)>,
}

impl Options {
    /// The usual ones: 15 s, 3 s after the last of 15 sessions a second connected.
    pub fn new(server: Server, mode: Mode, sessions_max: usize) -> Self {
        Self {
            server,
            mode,
            codec: Codec::Opus,
            sessions_max,
            window: Duration::from_secs(15),
            settle: Duration::from_secs(3),
            connects_per_s: 15.0,
            seed: 1,
            via: None,
            decoding_max: 10,
            withheld: None,
        }
    }
}

/// Nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("system: {0}")]
    Io(#[from] std::io::Error),
    #[error("speech clip: {0}")]
    Clip(#[from] hound::Error),
    #[error("codec: {0}")]
    Codec(#[from] OpusError),
    #[error("client: {0}")]
    Client(String),
    #[error("http: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the server answered {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("{0} is missing in an answer")]
    Missing(&'static str),
    #[error("the server of the bench: {0}")]
    Server(String),
    #[error("{0}")]
    Unmeasured(String),
}

impl BenchError {
    fn client(error: impl std::fmt::Display) -> Self {
        Self::Client(error.to_string())
    }
}
