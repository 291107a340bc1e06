//! gRPC: the sessions of the REST API for programs, with health and reflection, on the same port.
//!
//! Start at `proto/viva/v1/interviews.proto`. A call is an operation of the REST API in another coat: [`Api`] carries
//! it out with the caller's own headers, so that credentials, limits, answers and errors are the same by construction.

mod convert;
mod deadline;
mod service;
mod status;

pub use self::{service::routes, status::Problem};

use crate::session::Watched;
use futures_util::{future::BoxFuture, stream::BoxStream};
use serde_json::Value;
use tonic::codegen::http::{Extensions, HeaderMap, Method};

/// Messages and services, generated from `proto/`; `tests/domain/grpc_code.rs` writes and checks them.
#[allow(clippy::all, reason = "generated")]
pub mod v1 {
    include!("generated/viva.v1.rs");
}

/// What the service needs of the rest of Viva.
pub trait Api: Send + Sync + 'static {
    /// Carries out an operation of the REST API; returns its body.
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Value, Problem>>;

    /// The live events of a session that the caller may watch, after the one with the id `after`.
    fn watch(
        &self,
        caller: Caller,
        session_id: String,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Watched>, Problem>>;
}

/// Who calls, as the request says.
#[derive(Clone, Debug)]
pub struct Caller {
    pub headers: HeaderMap,
    /// What the server knows of the connection.
    pub extensions: Extensions,
}

/// An operation of the REST API.
#[derive(Clone, Debug)]
pub struct Call {
    pub caller: Caller,
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}
