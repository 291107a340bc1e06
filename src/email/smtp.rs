//! A mail server over SMTP: a bounded queue, a few connections, and a few tries for each mail.

use super::{Mail, MailError, SetupError};
use crate::config::{EmailConfig, SmtpTls};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, mpsc},
    time::{sleep, timeout},
};

/// Mails that wait. A server that takes a second a mail empties it in a minute.
const QUEUE_MAX: usize = 256;
/// Mails on their way at the same time.
const WORKERS: usize = 4;
/// How long the server may take for one mail, and for one answer of it.
const MAIL_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Before the second and the third try. Codes live five minutes: later tries would help nobody.
const TRY_AGAIN_AFTER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// TLS from the first byte (RFC 8314).
const IMPLICIT_TLS_PORT: u16 = 465;

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// The queue in front of the server.
pub struct Smtp {
    queue: mpsc::Sender<Mail>,
}

impl Smtp {
    /// Starts the tasks that deliver; they end with the queue.
    pub fn start(server: &str, config: &EmailConfig) -> Result<Self, SetupError> {
        let sender: Mailbox = config.user.parse().map_err(|_| SetupError::Sender)?;
        let transport = transport(server, config)?;
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WORKERS {
            tokio::spawn(deliver(transport.clone(), sender.clone(), waiting.clone()));
        }
        Ok(Self { queue })
    }

    pub fn reserve(&self) -> Result<mpsc::Permit<'_, Mail>, MailError> {
        self.queue.try_reserve().map_err(|_| {
            metrics::counter!("viva_mail_total", "outcome" => "queue_full").increment(1);
            MailError::QueueFull
        })
    }
}

fn transport(server: &str, config: &EmailConfig) -> Result<Transport, SetupError> {
    // Another part may have installed the same provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let parameters = || TlsParameters::new(server.to_owned()).map_err(SetupError::Tls);
    let tls = match (config.port, config.tls) {
        (IMPLICIT_TLS_PORT, _) => Tls::Wrapper(parameters()?),
        (_, SmtpTls::None) => Tls::None,
        (_, SmtpTls::Required) => Tls::Required(parameters()?),
        // A password is worth more than a mail: whoever sits between could make the offer of TLS disappear.
        (_, SmtpTls::Auto) if config.password.is_some() && !is_loopback(server) => Tls::Required(parameters()?),
        (_, SmtpTls::Auto) => Tls::Opportunistic(parameters()?),
    };
    let builder = Transport::builder_dangerous(server)
        .port(config.port)
        .tls(tls)
        .timeout(Some(ANSWER_WITHIN))
        .pool_config(PoolConfig::new().max_size(WORKERS as u32));
    Ok(match &config.password {
        Some(password) => {
            builder.credentials(Credentials::new(config.user.clone(), password.expose_secret().to_owned())).build()
        }
        None => builder.build(),
    })
}

fn is_loopback(server: &str) -> bool {
    server.eq_ignore_ascii_case("localhost")
        || server.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One worker: takes mails until the queue is gone.
async fn deliver(transport: Transport, sender: Mailbox, waiting: Arc<Mutex<mpsc::Receiver<Mail>>>) {
    loop {
        let next = waiting.lock().await.recv().await;
        let Some(mail) = next else { return };
        let outcome = match message(&sender, &mail) {
            Some(message) => send(&transport, message).await,
            None => "unwritable",
        };
        metrics::counter!("viva_mail_total", "outcome" => outcome).increment(1);
    }
}

fn message(sender: &Mailbox, mail: &Mail) -> Option<Message> {
    Message::builder()
        .from(sender.clone())
        .to(mail.to.parse().ok()?)
        .subject(&mail.subject)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .ok()
}

/// Tries until the server took it, refused it for good, or there were enough tries. What the server says may name the
/// address, so only its number is logged.
async fn send(transport: &Transport, message: Message) -> &'static str {
    let mut waits = TRY_AGAIN_AFTER.into_iter();
    loop {
        match timeout(MAIL_WITHIN, transport.send(message.clone())).await {
            Ok(Ok(_)) => return "sent",
            Ok(Err(error)) if error.is_permanent() => {
                tracing::warn!(status = error.status().map(u16::from), "the mail server refuses a mail");
                return "refused";
            }
            Ok(Err(error)) => {
                let status = error.status().map(u16::from);
                tracing::warn!(status, tls = error.is_tls(), "the mail server did not take a mail");
            }
            Err(_) => tracing::warn!("the mail server is too slow"),
        }
        let Some(wait) = waits.next() else { return "failed" };
        sleep(wait).await;
    }
}
