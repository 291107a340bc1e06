//! One try of one delivery: signed, sent, and the answer judged by its status.

use super::{Webhooks, is_operator};
use crate::{
    domain::webhook::{Message, Outcome, Target, TryError, message_id, secret_key},
    outgoing,
    store::webhooks::{DueDelivery, WebhookEndpoint},
};
use jiff::Timestamp;
use reqwest::{Client, Url, header};
use secrecy::{ExposeSecret, SecretString};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use std::{error::Error, time::Duration};

/// From the connection to the answer's head.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// An answer's body is nobody's business here; so much of it is read, so that its sender need not see a broken pipe.
const BODY_BYTES_MAX: usize = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest try: the lookup, the answer, the body.
pub const TRY_TIMEOUT: Duration = Duration::from_secs(4 + 15 + 1 + 2);

const AGENT: &str = concat!("Viva/", env!("CARGO_PKG_VERSION"), " (webhooks)");

impl Webhooks {
    /// Tries a delivery once.
    pub(super) async fn try_once(&self, due: &DueDelivery) -> Outcome {
        match self.send(due).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::failed(error),
        }
    }

    async fn send(&self, due: &DueDelivery) -> Result<Outcome, TryError> {
        let delivery = &due.delivery;
        let message = Message {
            event_type: &delivery.event_type,
            occurred_at: delivery.occurred_at,
            session_id: delivery.session_id.as_deref(),
            interview_id: delivery.interview_id.as_deref(),
            user_id: due.user_id.as_deref(),
            data: &delivery.data,
            public_url: &self.public_url,
        };
        let (id, body) = (message_id(&delivery.event_id), message.body());
        let now = Timestamp::now();
        let signature = self.signatures(&due.endpoint, &id, now, &body)?;
        // Kept addresses were good once; the rules are asked again, and so is the name.
        let target = Target::parse(&due.endpoint.url).map_err(|_| TryError::ForbiddenAddress)?;
        let (client, url) = self.dialer.open(&target, is_operator(&due.endpoint.owner)).await?;
        post(&client, url, &id, now, signature, body).await
    }

    /// `v1,…` by the secret, and by the one before while it still signs.
    fn signatures(&self, endpoint: &WebhookEndpoint, id: &str, now: Timestamp, body: &str) -> Result<String, TryError> {
        let secret = endpoint.secret.as_ref().or(self.secret.as_ref()).ok_or(TryError::Unsigned)?;
        let old = endpoint.old_secret.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        let sign = |secret: &SecretString| {
            let key = secret_key(secret.expose_secret()).map_err(|_| TryError::Unsigned)?;
            let webhook = Webhook::from_bytes(key).map_err(|_| TryError::Unsigned)?;
            webhook.sign(id, now.as_second(), body.as_bytes()).map_err(|_| TryError::Unsigned)
        };
        let signatures = std::iter::once(secret).chain(old).map(sign).collect::<Result<Vec<_>, _>>()?;
        Ok(signatures.join(" "))
    }
}

async fn post(
    client: &Client,
    url: Url,
    id: &str,
    now: Timestamp,
    signature: String,
    body: String,
) -> Result<Outcome, TryError> {
    let request = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, AGENT)
        .header(HEADER_WEBHOOK_ID, id)
        .header(HEADER_WEBHOOK_TIMESTAMP, now.as_second())
        .header(HEADER_WEBHOOK_SIGNATURE, signature)
        .body(body);
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, request.send()).await.map_err(|_| TryError::Timeout)?;
    let answer = answer.map_err(|error| class(&error))?;
    let retry_after = outgoing::retry_after(answer.headers(), now);
    let outcome = Outcome::of_status(answer.status().as_u16(), retry_after);
    // The head has decided; a body that is too long, slow or broken changes nothing.
    let _ = tokio::time::timeout(BODY_TIMEOUT, outgoing::body(answer, BODY_BYTES_MAX)).await;
    Ok(outcome)
}

fn class(error: &reqwest::Error) -> TryError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        // Within an I/O error, because that is what a connection gives.
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is::<rustls::Error>() || wrapped.is_some_and(|wrapped| wrapped.is::<rustls::Error>()) {
            return TryError::Tls;
        }
        cause = inner.source();
    }
    match () {
        () if error.is_timeout() => TryError::Timeout,
        () if error.is_connect() => TryError::Connect,
        () => TryError::Closed,
    }
}
