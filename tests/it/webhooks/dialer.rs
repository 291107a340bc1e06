//! The one way out: where a connection goes is decided by what a name said once.

use super::receiver::{Does, Receiver, Taken, serve};
use async_trait::async_trait;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;
use viva::{
    domain::webhook::{Egress, Refusal, Target, TryError},
    webhooks::{Dialer, Lookup, LookupError, Resolver, SystemResolver},
};

/// A name server of one mind for each question: the next answer, and the last one for ever.
struct Answers {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Resolver for Answers {
    async fn lookup(&self, _: &str) -> Lookup {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            return Ok(answers.remove(0));
        }
        answers.first().cloned().ok_or(LookupError)
    }
}

/// Allows 127.0.0.1 and nothing else inside.
fn dialer(answers: &Arc<Answers>) -> Dialer {
    Dialer::new(answers.clone(), Egress::new(&[Ipv4Addr::LOCALHOST.into()]))
}

async fn post(dialer: &Dialer, url: &str) -> Result<u16, TryError> {
    let (client, url) = dialer.open(&Target::parse(url).unwrap(), true).await?;
    let answer = client.post(url).body("{}").send().await.map_err(|error| match error.is_connect() {
        true => TryError::Connect,
        false => TryError::Closed,
    })?;
    Ok(answer.status().as_u16())
}

#[tokio::test]
async fn a_name_that_changes_its_mind_leads_nowhere_else() {
    let mut good = Receiver::start(Does::Answers(200, String::new())).await;
    // The same port at an address that is not allowed.
    let inner = Ipv4Addr::new(127, 0, 0, 2);
    let trap = TcpListener::bind((inner, good.port)).await.unwrap();
    let answers = Answers::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let dialer = dialer(&answers);
    let url = format!("http://rebinding.example:{}/x", good.port);
    assert_eq!(post(&dialer, &url).await, Ok(200));
    assert_eq!(answers.asked(), 1, "asked once, and believed for this connection");
    assert_eq!(good.next().await.header("host"), format!("rebinding.example:{}", good.port));
    // The next delivery asks again, and hears the truth.
    assert_eq!(post(&dialer, &url).await, Err(TryError::ForbiddenAddress));
    assert_eq!(answers.asked(), 2);
    assert_eq!(good.connections(), 1);
    let nobody = std::future::poll_fn(|context| std::task::Poll::Ready(trap.poll_accept(context).is_pending())).await;
    assert!(nobody, "somebody was at the inner address");
}

#[tokio::test]
async fn one_inner_address_among_those_of_a_name_is_one_too_many() {
    let good = Receiver::start(Does::Answers(200, String::new())).await;
    for addresses in [
        &["127.0.0.1", "127.0.0.2"][..],
        &["127.0.0.1", "10.0.0.1"],
        &["127.0.0.1", "::1"],
        &["127.0.0.1", "::ffff:127.0.0.1"],
        &["127.0.0.1", "169.254.169.254"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["0.0.0.0"],
        &["::"],
    ] {
        let answers = Answers::new(&[addresses]);
        let url = format!("http://mixed.example:{}/x", good.port);
        assert_eq!(post(&dialer(&answers), &url).await, Err(TryError::ForbiddenAddress), "{addresses:?}");
    }
    let too_many: Vec<String> = (0..33).map(|n| format!("127.0.1.{n}")).collect();
    let too_many: Vec<&str> = too_many.iter().map(String::as_str).collect();
    for (addresses, why) in [(&too_many[..], "too many"), (&[], "none")] {
        let answers = Answers::new(&[addresses]);
        assert_eq!(post(&dialer(&answers), "http://odd.example:1/").await, Err(TryError::Dns), "{why}");
    }
    assert_eq!(good.connections(), 0);
}

#[tokio::test]
async fn this_machine_is_refused_by_its_own_address_too() {
    // The address by which this machine reaches others, if it has one; loopback is special anyway.
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let own = socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).and_then(|()| socket.local_addr());
    let own = own.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip());
    let target = Target::parse(&format!("https://{own}/")).unwrap();
    let dialer = Dialer::new(Arc::new(SystemResolver::default()), Egress::default());
    let refusal = dialer.check(&target, true).await.expect_err("refused");
    assert!(matches!(refusal, Refusal::Special(_) | Refusal::OwnMachine), "{refusal}");
    let localhost = Target::parse("https://localhost/").unwrap();
    assert_eq!(dialer.check(&localhost, true).await, Err(Refusal::Special("loopback")), "by the system's resolver");
}

/// An endpoint with TLS, for one name; what it takes, and for which names it was asked (SNI).
async fn with_tls(name: &str) -> (u16, RootCertStore, mpsc::Receiver<Taken>, Arc<Mutex<Vec<String>>>) {
    let signed = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (give, taken) = mpsc::channel(100);
    let asked_for = Arc::new(Mutex::new(Vec::new()));
    let names = asked_for.clone();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            names.lock().unwrap().push(stream.get_ref().1.server_name().unwrap_or_default().to_owned());
            let does = Arc::new(Mutex::new(Does::Answers(204, String::new())));
            tokio::spawn(serve(stream, give.clone(), does));
        }
    });
    (port, roots, taken, asked_for)
}

#[tokio::test]
async fn tls_is_for_the_name_and_not_for_the_address() {
    let (port, roots, mut taken, asked_for) = with_tls("hooks.example").await;
    let answers = Answers::new(&[&["127.0.0.1"]]);
    let trusting = dialer(&answers).trusting(roots);
    assert_eq!(post(&trusting, &format!("https://hooks.example:{port}/x")).await, Ok(204));
    assert_eq!(taken.recv().await.unwrap().header("host"), format!("hooks.example:{port}"));
    assert_eq!(asked_for.lock().unwrap().as_slice(), ["hooks.example"]);
    let other = post(&trusting, &format!("https://other.example:{port}/x")).await;
    assert_eq!(other, Err(TryError::Connect), "its certificate is for another name");
    let stranger = post(&dialer(&answers), &format!("https://hooks.example:{port}/x")).await;
    assert_eq!(stranger, Err(TryError::Connect), "the system does not trust it");
    assert_eq!(asked_for.lock().unwrap().len(), 1);
}

/// The client reads an address as we do, or it is not used: here for all that we take.
#[test]
fn the_client_reads_what_we_read() {
    for url in [
        "https://hooks.example.com/a/../b?c=d%2f",
        "https://xn--bcher-kva.example/",
        "https://my_service.example:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]:8443/x",
        "http://a.b-c.example:81/@x:y//",
    ] {
        let target = Target::parse(url).unwrap();
        let read = reqwest::Url::parse(target.url()).unwrap();
        assert_eq!(read.host_str().unwrap(), target.host().to_string(), "{url}");
        assert_eq!(read.port_or_known_default(), Some(target.port()), "{url}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_no_address() {
    let answers = Answers::new(&[]);
    assert_eq!(post(&dialer(&answers), "https://nowhere.example/").await, Err(TryError::Dns));
    let target = |url| Target::parse(url).unwrap();
    let dialer = dialer(&answers);
    assert_eq!(dialer.check(&target("https://nowhere.example/"), true).await, Ok(()), "it may get one");
    assert_eq!(dialer.check(&target("http://nowhere.example/"), true).await, Err(Refusal::PlainHttp));
    assert_eq!(dialer.check(&target("https://nowhere.example:444/"), true).await, Err(Refusal::Port));
}
