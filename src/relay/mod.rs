//! The OpenAI-compatible face, `/v1/realtime`: who connects, to what, and what is kept of it.
//!
//! - [`secret`]: client secrets and what they open.
//! - [`Relay`]: takes connections and holds their conversations; `conversation` is one of them.
//! - `client` is the client's end, `engine` and `upstream` what can stand behind it, `capture` the record.

mod bill;
mod capture;
mod client;
mod conversation;
mod engine;
mod live;
mod names;
pub mod secret;
mod upstream;

pub use client::{Client, MESSAGE_BYTES_MAX};
pub use live::Full;

use crate::{
    domain::{id::SessionId, interview::Interview},
    engine::BuiltinEngine,
    realtime::RawServer,
    shutdown::{Phase, Shutdown},
    spending::{NotAdmitted, Spending},
    store::Store,
    wire::realtime::{ErrorBody, serve::error_body},
};
use client::{ClientEnd, Closing};
use conversation::Conversation;
use live::{Live, Place};
use secret::Grant;
use std::{sync::Arc, time::Duration};

/// What conversations are made of.
#[derive(Clone)]
pub struct RelayDeps {
    pub store: Arc<dyn Store>,
    pub engine: Arc<BuiltinEngine>,
    /// The configured provider; `None`: the built-in engine.
    pub provider: Option<RawServer>,
    /// The interview that the built-in engine holds when a grant has none.
    pub plan: Interview,
    /// The configured model, for clients that name none.
    pub model: String,
    /// The transcriber that stands in for retired ones.
    pub transcriber: String,
    pub places_max: usize,
    pub duration_max: Duration,
    pub spending: Arc<Spending>,
    /// Clients of the beta dialect are refused, as the service does it.
    pub reject_beta: bool,
    pub shutdown: Shutdown,
}

/// All conversations of this server's `/v1/realtime`.
pub struct Relay {
    deps: RelayDeps,
    live: Live,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the server is draining")]
    Draining,
    #[error(transparent)]
    Full(#[from] Full),
    #[error(transparent)]
    Spending(#[from] NotAdmitted),
}

/// Somebody who is let in, before the WebSocket is there.
pub struct Admitted {
    grant: Grant,
    place: Place,
}

/// How a client wants to be spoken to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The model as it named it.
    pub model: String,
    /// It sent the beta header.
    pub beta: bool,
}

impl Relay {
    pub fn new(deps: RelayDeps) -> Self {
        Self { live: Live::new(deps.places_max), deps }
    }

    /// Takes a place for a conversation. A connection of the same session that is open is ended first.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn admit(&self, grant: Grant) -> Result<Admitted, Refused> {
        if self.deps.shutdown.phase() != Phase::Serving {
            return Err(Refused::Draining);
        }
        self.deps.spending.admit().await?;
        let place = self.live.enter(&grant.owner, grant.session_id.as_ref()).await?;
        Ok(Admitted { grant, place })
    }

    /// Holds the conversation on a task of its own.
    pub fn converse(&self, admitted: Admitted, client: Client, asked: Asked) {
        let deps = self.deps.clone();
        let tasks = deps.shutdown.tasks.clone();
        tasks.spawn(async move {
            let Admitted { grant, place } = admitted;
            let client = ClientEnd::new(client, asked.beta, deps.reject_beta);
            if asked.beta && deps.reject_beta {
                let message = "The Realtime Beta API is no longer supported. Please use the GA API shape.";
                return client.close(Closing::because(4_000, invalid("beta_api_shape_disabled", message))).await;
            }
            Conversation::hold(deps, grant, &place, client, asked.model).await;
        });
    }

    /// Tells a client that it is not let in, as the service does after the upgrade: an error, then a close.
    pub async fn turn_away(&self, client: Client, beta: bool, refusal: Refusal) {
        let error = match refusal {
            Refusal::NoCredential => {
                error_body("invalid_request_error", None, "Missing bearer or basic authentication in header", None)
            }
            Refusal::WrongCredential => invalid("invalid_api_key", "Incorrect API key provided."),
            Refusal::NoModel => invalid("missing_model", "You must provide a model parameter."),
            Refusal::BadModel => invalid("invalid_model", "The model parameter is no name of a model."),
        };
        let code = match refusal {
            Refusal::NoCredential | Refusal::WrongCredential => 3_000,
            Refusal::NoModel | Refusal::BadModel => 4_000,
        };
        ClientEnd::new(client, beta, self.deps.reject_beta).close(Closing::because(code, error)).await;
    }

    /// Closes a live connection of a session politely, and returns when what was said is saved (or after a few
    /// seconds). Says whether there was one. The session's status is left to the caller.
    pub async fn end(&self, session_id: &SessionId) -> bool {
        self.live.end(session_id).await
    }

    /// Whether a client is connected for this session.
    pub fn live(&self, session_id: &SessionId) -> bool {
        self.live.has(session_id)
    }

    /// The model that is behind a client secret whose maker names none.
    pub fn model(&self) -> &str {
        &self.deps.model
    }

    /// Whether a provider is behind it, and not the built-in engine.
    pub fn has_provider(&self) -> bool {
        self.deps.provider.is_some()
    }

    /// How many conversations are open.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until no conversation is open.
    pub async fn all_finished(&self) {
        self.live.all_finished().await;
    }
}

/// Why a client that is connected is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoCredential,
    WrongCredential,
    NoModel,
    BadModel,
}

fn invalid(code: &str, message: &str) -> ErrorBody {
    error_body("invalid_request_error", Some(code), message, None)
}
