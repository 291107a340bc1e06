//! Speech models, behind one trait: OpenAI's Realtime API, any compatible server, and the built-in engine.

mod client;
mod config;
mod connect;
mod conversation;
mod failure;
mod keys;
mod outbox;
mod pump;
mod raw;
mod reconnect;
mod secrets;
mod timeline;

pub use client::RealtimeModel;
pub use config::{ConfigError, RealtimeConfig};
pub use keys::{KeyInUse, ProviderKeys};
pub use raw::{Frame, FrameSink, Frames, Lost, RawServer};
pub use secrets::{MintError, Minted, SecretMinter};

use crate::{
    domain::{
        id::{ItemId, SessionId},
        persona::Voices,
        session::{ModelCommand, ModelEvent},
    },
    media::port::{Downlink, Uplink},
};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a model must know to hold one conversation.
#[derive(Clone, Debug)]
pub struct ModelSetup {
    pub session_id: SessionId,
    /// System instructions: who the interviewer is, what the interview is about.
    pub instructions: String,
    /// BCP 47.
    pub language: String,
    /// The interviewer's voice, by the model's own name; `None`: the one that it has, or that its server chooses.
    pub voice: Option<String>,
    /// µ-law both ways, if the server takes it: the candidate's side speaks it too, or is asked to.
    pub mulaw: bool,
    /// Silence after speech before a turn counts as over, in milliseconds (a model may be cleverer).
    pub silence_ms: u64,
    /// Words that will probably be said, in order: a model that can may synthesise them ahead.
    pub prepare: Arc<[String]>,
    /// Conversation so far, for a model that takes over a session: (item, is it the candidate's, words heard).
    pub history: Arc<[(ItemId, bool, String)]>,
}

/// The ends of the channels that a model works on. It returns when `cancel` is cancelled, after `ModelCommand::Close`,
/// or when it has failed for good; it never panics on what the network says.
pub struct ModelPorts {
    /// The candidate's voice. Frames say where they are on the audio clock; all `audio_ms` in events come from that.
    pub uplink: Uplink,
    /// The interviewer's voice. On speech started while it speaks a model calls `downlink.flush()` itself, at once.
    pub downlink: Downlink,
    pub commands: mpsc::Receiver<ModelCommand>,
    pub events: mpsc::Sender<ModelEvent>,
    pub cancel: CancellationToken,
}

/// Commands and events that may wait on each side.
pub const MODEL_QUEUE: usize = 256;

/// A speech model. One call to `converse` is one session.
pub trait Model: Send + Sync + 'static {
    /// Name for status and metrics: `builtin`, `openai`, `realtime`.
    fn name(&self) -> &str;

    /// BCP 47 languages that it speaks; `None` means any.
    fn languages(&self) -> Option<&[&str]>;

    /// Which of a persona's voices it speaks with; `None`: the one that its server chooses.
    fn voice<'v>(&'v self, voices: &'v Voices) -> Option<&'v str>;

    /// Whether it words a speech for itself that comes with a brief. A model that is told the words says those.
    fn phrases(&self) -> bool {
        false
    }

    /// Whether it may take µ-law as it is: then nothing has to be decoded or encoded on the way.
    fn takes_mulaw(&self) -> bool {
        false
    }

    /// Whether its conversations only hand on what a socket says: then they live on the thread of their media.
    fn is_socket(&self) -> bool {
        false
    }

    /// Starts a conversation on `tasks` and returns at once; the provider's socket opens now, not when media flows.
    fn converse(&self, setup: ModelSetup, ports: ModelPorts, tasks: &TaskTracker);
}
