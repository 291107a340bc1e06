//! The service `viva.v1.Interviews`, and beside it health and reflection.

use super::{
    Api, Call, Caller,
    convert::message,
    deadline::time_left,
    v1::{
        EndRequest, EndResponse, GetRequest, GetResponse, ResultsRequest, ResultsResponse, StartRequest, StartResponse,
        WatchRequest, WatchResponse,
        interviews_server::{Interviews, InterviewsServer},
    },
};
use crate::{
    domain::id::SessionId,
    session::Watched,
    shutdown::{Phase, Shutdown},
};
use futures_util::{Stream, StreamExt, stream, stream::BoxStream};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::time::Sleep;
use tonic::{Request, Response, Status, codegen::http::Method, service::Routes};
use tonic_health::{ServingStatus, server::HealthReporter};

/// Largest message taken; requests are a few short fields.
const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Largest message sent: the results of a long interview.
const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long a call may take whose caller names no deadline.
const CALL_TIME_MAX: Duration = Duration::from_secs(30);
/// A stream whose caller names no deadline ends with its session.
const STREAM_TIME_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Descriptors of `proto/`, for reflection.
const DESCRIPTORS: &[u8] = include_bytes!("generated/viva.v1.bin");

/// All services. Health says `NOT_SERVING` from the first moment of draining.
pub fn routes(api: Arc<dyn Api>, shutdown: &Shutdown) -> Routes {
    let interviews = InterviewsServer::new(Service { api })
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX);
    let (reporter, health) = tonic_health::server::health_reporter();
    tokio::spawn(report_health(reporter, shutdown.clone()));
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let sound = "the descriptors are generated, and a test compares them with their sources";
    Routes::new(interviews)
        .add_service(health)
        .add_service(reflection().build_v1().expect(sound))
        // What gRPC's own Python client still speaks.
        .add_service(reflection().build_v1alpha().expect(sound))
}

async fn report_health(reporter: HealthReporter, shutdown: Shutdown) {
    reporter.set_serving::<InterviewsServer<Service>>().await;
    // An error would mean that the process is gone already.
    let _ = shutdown.subscribe().wait_for(|phase| *phase > Phase::Serving).await;
    reporter.set_service_status("", ServingStatus::NotServing).await;
    reporter.set_not_serving::<InterviewsServer<Service>>().await;
}

struct Service {
    api: Arc<dyn Api>,
}

/// A request without its message.
struct Envelope {
    caller: Caller,
    time_left: Option<Duration>,
}

/// # Errors
/// A status, for a deadline that cannot be read.
fn open<T>(request: Request<T>) -> Result<(Envelope, T), Status> {
    let time_left = time_left(request.metadata())?;
    let (metadata, extensions, message) = request.into_parts();
    let caller = Caller { headers: metadata.into_headers(), extensions };
    Ok((Envelope { caller, time_left }, message))
}

/// The path of a session's operation. What is no session id names one that cannot exist, so that the answer is the same
/// as for any other unknown one, and nothing else gets into a path.
fn of_session(session_id: &str, operation: &str) -> String {
    let session_id = if SessionId::is_well_formed(session_id) { session_id } else { "none" };
    format!("/api/interview/{session_id}/{operation}")
}

impl Service {
    async fn call<T: DeserializeOwned>(
        &self,
        envelope: Envelope,
        method: Method,
        path: String,
        body: Option<Value>,
    ) -> Result<Response<T>, Status> {
        let call = Call { caller: envelope.caller, method, path, body };
        let time_left = envelope.time_left.unwrap_or(CALL_TIME_MAX).min(CALL_TIME_MAX);
        let answered = tokio::time::timeout(time_left, self.api.call(call)).await;
        let body = answered.map_err(|_| late())??;
        Ok(Response::new(message(body)?))
    }
}

fn late() -> Status {
    Status::deadline_exceeded("The deadline has passed")
}

#[tonic::async_trait]
impl Interviews for Service {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn start(&self, request: Request<StartRequest>) -> Result<Response<StartResponse>, Status> {
        let (envelope, start) = open(request)?;
        let body = serde_json::to_value(start).map_err(|error| Status::internal(error.to_string()))?;
        self.call(envelope, Method::POST, "/api/interview/start".to_owned(), Some(body)).await
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let (envelope, get) = open(request)?;
        self.call(envelope, Method::GET, of_session(&get.session_id, "status"), None).await
    }

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (Envelope { caller, time_left }, watch) = open(request)?;
        let deadline = tokio::time::sleep(time_left.unwrap_or(STREAM_TIME_MAX));
        let events = self.api.watch(caller, watch.session_id, watch.after).await?;
        Ok(Response::new(Box::pin(until(events, deadline))))
    }

    async fn end(&self, request: Request<EndRequest>) -> Result<Response<EndResponse>, Status> {
        let (envelope, end) = open(request)?;
        self.call(envelope, Method::POST, of_session(&end.session_id, "end"), None).await
    }

    async fn results(&self, request: Request<ResultsRequest>) -> Result<Response<ResultsResponse>, Status> {
        let (envelope, results) = open(request)?;
        self.call(envelope, Method::GET, of_session(&results.session_id, "results"), None).await
    }
}

/// The events, to their end or to the deadline, which is an error.
fn until(
    events: BoxStream<'static, Watched>,
    deadline: Sleep,
) -> impl Stream<Item = Result<WatchResponse, Status>> + Send {
    stream::unfold(Some((events, Box::pin(deadline))), |state| async {
        let (mut events, mut deadline) = state?;
        tokio::select! {
            biased;
            () = &mut deadline => Some((Err(late()), None)),
            watched = events.next() => {
                let response = WatchResponse::from(&watched?);
                Some((Ok(response), Some((events, deadline))))
            }
        }
    })
}
