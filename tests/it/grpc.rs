//! gRPC with a real client: the same sessions, principals and errors as over REST, on the same port.

use crate::support::{
    caller::{Caller, PATIENCE, is_my_turn, scripted_server},
    server::{TestServer, text},
};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_stream::StreamExt;
use tonic::{
    Code, Request, Status, Streaming,
    codegen::{
        Service,
        http::{self, Uri},
    },
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use viva::grpc::v1::{
    EndRequest, Event, GetRequest, ResultsRequest, StartRequest, WatchRequest, WatchResponse, event::Data,
    interviews_client::InterviewsClient,
};

const KEY: &str = "platform-key-for-tests";
type Client = InterviewsClient<Channel>;

async fn channel(server: &TestServer) -> Channel {
    Endpoint::from_shared(server.url.clone()).unwrap().connect().await.unwrap()
}

fn with<T>(name: &'static str, value: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(name, value.parse().unwrap());
    request
}

fn start(user: &str) -> StartRequest {
    StartRequest { user_id: Some(user.to_owned()), kind: Some("tryout".to_owned()), ..StartRequest::default() }
}

/// Status code, and the code of the REST API in the metadata.
fn refused(status: &Status) -> (Code, &str) {
    (status.code(), status.metadata().get("viva-code").map_or("", |code| code.to_str().unwrap()))
}

/// What the `.proto` file says is in REST's results alone.
const REST_ONLY: [&str; 7] = ["evaluation", "log", "plan", "quality_samples", "recording", "retention", "usage"];
const REST_ONLY_OF_QUESTIONS: [&str; 6] =
    ["answer_item_ids", "patience_ms", "probes_max", "steps", "time_box_ms", "time_spent_ms"];

/// What a message says, in the way of the REST API: an unset field is null, and a null says nothing.
fn said(body: impl Serialize) -> Value {
    fn without_nulls(value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
                Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
            }
            Value::Array(entries) => Value::Array(entries.into_iter().map(without_nulls).collect()),
            other => other,
        }
    }
    let mut said = without_nulls(serde_json::to_value(body).unwrap());
    if let Some(fields) = said.as_object_mut() {
        fields.retain(|name, _| !REST_ONLY.contains(&name.as_str()));
    }
    for question in said.get_mut("questions").and_then(Value::as_array_mut).into_iter().flatten() {
        let fields = question.as_object_mut().expect("a question is an object");
        fields.retain(|name, _| !REST_ONLY_OF_QUESTIONS.contains(&name.as_str()));
    }
    said
}

async fn next(stream: &mut Streaming<WatchResponse>) -> Result<WatchResponse, Status> {
    let next = timeout(PATIENCE, stream.message()).await.expect("an event in time");
    next.map(|event| event.expect("the stream goes on"))
}

async fn until(stream: &mut Streaming<WatchResponse>, wanted: impl Fn(&Data) -> bool) -> Vec<WatchResponse> {
    let mut all = Vec::new();
    loop {
        all.push(next(stream).await.unwrap());
        if wanted(all.last().unwrap().event.as_ref().unwrap().data.as_ref().unwrap()) {
            return all;
        }
    }
}

fn is_turn(data: &Data) -> bool {
    matches!(data, Data::Turn(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_the_same_over_both_protocols() {
    let server = scripted_server(&[("API_KEY", KEY)]).await;
    let mut client = Client::new(channel(&server).await);
    let started = client.start(with("x-api-key", KEY, start("ann"))).await.unwrap().into_inner();
    assert_eq!((started.status.as_str(), started.consent.as_ref().map(|it| it.required)), ("created", Some(false)));
    assert!(started.page_url.ends_with(&format!("/interview/{}#token={}", started.session_id, started.token)));
    let id = || started.session_id.clone();
    let bearer = format!("Bearer {}", started.token);
    let rest = |path: &str| {
        let request = server.client.get(format!("{}/api/interview/{}/{path}", server.url, started.session_id));
        let request = request.header("x-api-key", KEY);
        async { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let mine = client.get(with("authorization", &bearer, GetRequest { session_id: id() })).await.unwrap();
    assert_eq!(said(mine.into_inner()), said(rest("status").await));
    let message = json!({"role": "user", "content": "Hello.", "timestamp": "2026-11-21T12:00:00Z"});
    let kept = server.client.post(format!("{}/api/interview/{}/transcript", server.url, id()));
    let kept = kept.bearer_auth(&started.token).json(&json!({"messages": [message]})).send().await.unwrap();
    assert_eq!(kept.status(), 200);
    let ended = client.end(with("authorization", &bearer, EndRequest { session_id: id() })).await.unwrap();
    let ended = ended.into_inner();
    assert_eq!((ended.success, ended.end_reason.as_deref()), (true, Some("candidate_ended")));
    let results = client.results(with("x-api-key", KEY, ResultsRequest { session_id: id() })).await.unwrap();
    let results = results.into_inner();
    assert_eq!((results.questions.len(), results.client_transcript.len()), (2, 1));
    assert_eq!(said(results), said(rest("results").await));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_the_code_of_the_table() {
    let server = TestServer::start(&[("API_KEY", KEY)]).await;
    let mut client = Client::new(channel(&server).await);
    let nobody = client.start(start("ann")).await.unwrap_err();
    assert_eq!(refused(&nobody), (Code::Unauthenticated, "unauthorized"));
    let wrong = client.start(with("x-api-key", "guess", start("ann"))).await.unwrap_err();
    assert_eq!(refused(&wrong), (Code::Unauthenticated, "unauthorized"));
    let user = client.start(with("authorization", "Bearer a.b.c", start("ann"))).await.unwrap_err();
    assert_eq!(refused(&user), (Code::Unauthenticated, "not_configured"));
    let unknown = StartRequest { kind: Some("no-such".to_owned()), ..start("ann") };
    let unknown = client.start(with("x-api-key", KEY, unknown)).await.unwrap_err();
    assert_eq!(refused(&unknown), (Code::InvalidArgument, "invalid_request"));
    assert!(unknown.message().contains("kind"), "{}", unknown.message());
    let unspoken = StartRequest { audio_codec: Some("g729".to_owned()), ..start("ann") };
    let unspoken = client.start(with("x-api-key", KEY, unspoken)).await.unwrap_err();
    assert_eq!(refused(&unspoken), (Code::InvalidArgument, "invalid_request"));
    assert!(unspoken.message().contains("audio_codec"), "{}", unspoken.message());
    let huge = StartRequest { name: Some("x".repeat(70_000)), ..start("ann") };
    assert_eq!(client.start(with("x-api-key", KEY, huge)).await.unwrap_err().code(), Code::OutOfRange);
    let mut mine = Vec::new();
    for who in ["ann", "bob"] {
        mine.push(client.start(with("x-api-key", KEY, start(who))).await.unwrap().into_inner());
    }
    let bob = format!("Bearer {}", mine[1].token);
    for session_id in
        [mine[0].session_id.clone(), format!("ses_{}", "a".repeat(26)), "../start".to_owned(), String::new()]
    {
        let get = client.get(with("authorization", &bob, GetRequest { session_id: session_id.clone() })).await;
        assert_eq!(refused(&get.unwrap_err()), (Code::NotFound, "not_found"), "{session_id}");
        let watch = WatchRequest { session_id: session_id.clone(), after: None };
        let watched = client.watch(with("authorization", &bob, watch.clone())).await;
        assert_eq!(refused(&watched.unwrap_err()), (Code::NotFound, "not_found"), "{session_id}");
        assert_eq!(refused(&client.watch(watch).await.unwrap_err()), (Code::Unauthenticated, "unauthorized"));
        let get = client.get(GetRequest { session_id }).await;
        assert_eq!(refused(&get.unwrap_err()), (Code::Unauthenticated, "unauthorized"));
    }
    let mut request = with("x-api-key", KEY, GetRequest { session_id: mine[0].session_id.clone() });
    request.metadata_mut().insert("grpc-timeout", "soon".parse().unwrap());
    assert_eq!(client.get(request).await.unwrap_err().code(), Code::InvalidArgument);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_events_are_watched_and_resumed() {
    let server = scripted_server(&[]).await;
    let caller = Caller::new(&server, "tryout").await;
    let mut client = Client::new(channel(&server).await);
    let watch = |after| WatchRequest { session_id: caller.id.clone(), after };
    let mut first = client.watch(watch(None)).await.unwrap().into_inner();
    let snapshot = until(&mut first, is_turn).await;
    assert!(matches!(snapshot[0].event.as_ref().unwrap().data, Some(Data::SessionState(_))));
    let last = snapshot.last().unwrap().resume_after.expect("a snapshot can be resumed after its end");
    assert!(snapshot[..snapshot.len() - 1].iter().all(|event| event.resume_after.is_none()), "and only there");
    caller.offer(false).await;
    let typed = |event: &Value| event["data"]["content"] == "Four years at a bakery.";
    caller.until_event("the candidate's turn", is_my_turn).await;
    caller.post("actions", json!({"type": "candidate.text", "text": "Four years at a bakery."})).await;
    let seen = caller.until_event("the typed answer", typed).await.messages;
    let said = |data: &Data| matches!(data, Data::TranscriptItem(item) if item.content == "Four years at a bakery.");
    let watched = until(&mut first, said).await;
    drop(first);
    // Both saw the same, under the same id.
    let Event { id, at_ms, data } = watched.last().unwrap().event.clone().unwrap();
    let on_channel = seen.iter().find(|event| event["id"] == id).expect("the same event on the channel");
    let Some(Data::TranscriptItem(item)) = data else { unreachable!("`until` wanted it") };
    let same = json!({"item_id": item.item_id, "role": item.role, "content": item.content, "state": item.state,
        "generated_content": item.generated_content, "start_ms": item.start_ms, "end_ms": item.end_ms,
        "question": item.question, "revision": item.revision});
    assert_eq!((&on_channel["at_ms"], &on_channel["data"]), (&json!(at_ms), &same));
    let mut again = client.watch(watch(Some(last))).await.unwrap().into_inner();
    let missed = until(&mut again, said).await;
    let ids: Vec<u64> = missed.iter().filter_map(|event| event.resume_after).collect();
    assert_eq!(ids, (last + 1..=id).collect::<Vec<_>>(), "nothing is missing and nothing comes twice");
    caller.post("end", json!({})).await;
    until(&mut again, |data| matches!(data, Data::SessionEnded(_))).await;
    assert!(timeout(PATIENCE, again.message()).await.unwrap().unwrap().is_none(), "nothing follows");
    let mut late = client.watch(watch(Some(id))).await.unwrap().into_inner();
    let state = until(&mut late, |data| matches!(data, Data::SessionEnded(_))).await;
    assert!(state.iter().all(|event| event.resume_after.is_none()), "{state:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_stream() {
    let server = scripted_server(&[]).await;
    let (session_id, _) = server.session("tryout").await;
    let mut client = Client::new(channel(&server).await);
    let mut request = Request::new(WatchRequest { session_id, after: None });
    // As metadata and not as `set_timeout`, so that the server alone keeps it.
    request.metadata_mut().insert("grpc-timeout", "300m".parse().unwrap());
    let mut stream = client.watch(request).await.unwrap().into_inner();
    let end = async {
        loop {
            if let Err(status) = next(&mut stream).await {
                return status.code();
            }
        }
    };
    assert_eq!(timeout(Duration::from_secs(20), end).await.unwrap(), Code::DeadlineExceeded);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection_say_what_is_served() {
    let server = scripted_server(&[("API_KEY", KEY)]).await;
    let channel = channel(&server).await;
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let ask = |request| ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("viva.v1.Interviews".to_owned())),
    ];
    let answers = reflection.server_reflection_info(tokio_stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().message_response.unwrap()).collect().await;
    let [MessageResponse::ListServicesResponse(services), MessageResponse::FileDescriptorResponse(files)] =
        &answers[..]
    else {
        panic!("{answers:?}")
    };
    let mut names: Vec<&str> = services.service.iter().map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "viva.v1.Interviews"]);
    assert!(!files.file_descriptor_proto.is_empty());
    let mut health = HealthClient::new(channel);
    let mut watching = Vec::new();
    for service in ["", "viva.v1.Interviews"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        assert_eq!(health.check(request.clone()).await.unwrap().into_inner().status(), ServingStatus::Serving);
        let mut stream = health.watch(request).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().status(), ServingStatus::Serving, "{service}");
        watching.push(stream);
    }
    let unknown = HealthCheckRequest { service: "viva.v1.Nothing".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);
    let stopping = tokio::spawn(server.stop());
    for mut stream in watching {
        let told = timeout(PATIENCE, stream.message()).await.unwrap().unwrap().unwrap();
        assert_eq!(told.status(), ServingStatus::NotServing);
    }
    stopping.await.unwrap();
}

/// `GET` over HTTP/2 on this connection.
async fn get(channel: &mut Channel, url: &str) -> (u16, http::Version) {
    let request = http::Request::get(url).body(tonic::body::Body::empty()).unwrap();
    std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    let response = channel.call(request).await.unwrap();
    (response.status().as_u16(), response.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_serves_rest_and_grpc_over_http_2_and_rest_over_http_1() {
    let server = scripted_server(&[]).await;
    let mut channel = channel(&server).await;
    assert_eq!(get(&mut channel, &format!("{}/healthz", server.url)).await, (200, http::Version::HTTP_2));
    assert_eq!(get(&mut channel, &format!("{}/nowhere", server.url)).await, (404, http::Version::HTTP_2));
    let started = Client::new(channel).start(start("ann")).await.unwrap().into_inner();
    let (status, body) = server.get(&format!("/api/interview/{}/status", started.session_id)).await;
    assert_eq!((status, text(&body, "status")), (200, "created".to_owned()));
    // Without its content type, a method of gRPC is a page that is not there.
    assert_eq!(server.post("/viva.v1.Interviews/Start", json!({})).await.0, 404);
    // From a page elsewhere it is refused like anything else in open mode.
    let foreign = with("origin", "https://evil.example", start("ann"));
    let mut client = Client::new(Endpoint::from_shared(server.url.clone()).unwrap().connect().await.unwrap());
    let foreign = client.start(foreign).await.unwrap_err();
    assert_eq!(refused(&foreign), (Code::PermissionDenied, "forbidden_host"));
    assert!(foreign.message().contains("other sites"), "{}", foreign.message());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_protocol_is_agreed_by_alpn() {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let files = [("VIVA_TLS_CERT", cert.to_str().unwrap()), ("VIVA_TLS_KEY", key.to_str().unwrap())];
    let server = TestServer::start(&files).await;
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config));
    let address = server.url.trim_start_matches("https://").to_owned();
    let connector = tower::service_fn(move |_: Uri| {
        let (tls, address) = (tls.clone(), address.clone());
        async move {
            let tcp = TcpStream::connect(address).await?;
            let stream = tls.connect("localhost".try_into().expect("a name"), tcp).await?;
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    let endpoint = Endpoint::from_static("https://localhost");
    let mut channel = endpoint.connect_with_connector(connector).await.unwrap();
    assert_eq!(get(&mut channel, "https://localhost/healthz").await, (200, http::Version::HTTP_2));
    let started = Client::new(channel).start(start("ann")).await.unwrap().into_inner();
    assert!(started.session_id.starts_with("ses_"));
    server.stop().await;
}
