//! Tells whoever asked to be told: events of sessions as signed requests (Standard Webhooks), from a durable outbox.
//!
//! An event becomes deliveries ([`Tell`]), a delivery becomes tries ([`Deliver`]), a try goes through the one
//! [`Dialer`] that decides where a connection may lead. Nothing of an interview waits for any of it.

mod dialer;
mod lanes;
mod tell;
mod try_once;

pub use dialer::{Dialer, Lookup, LookupError, Resolver, SystemResolver};
pub use tell::{Deliver, Tell};

use crate::{
    config::WebhookConfig,
    domain::{
        auth::Owner,
        webhook::{Egress, Refusal, Target, TargetError},
    },
    store::{SqlStore, StoreError},
};
use jiff::Timestamp;
use secrecy::SecretString;
use std::sync::Arc;

/// What endpoints and deliveries share.
pub struct Webhooks {
    store: Arc<SqlStore>,
    dialer: Dialer,
    /// Of the configured endpoint.
    secret: Option<SecretString>,
    /// Where this server is, without a trailing slash.
    public_url: String,
}

/// Why an address is not taken for an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error(transparent)]
    Form(#[from] TargetError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Webhooks {
    /// Deliveries go through `dialer`.
    pub fn new(store: Arc<SqlStore>, config: &WebhookConfig, dialer: Dialer, public_url: &str) -> Self {
        Self { store, dialer, secret: config.secret.clone(), public_url: public_url.to_owned() }
    }

    /// Takes over the endpoint of the configuration, at start and before any delivery.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn take_over(&self, url: Option<&str>) -> Result<(), StoreError> {
        self.store.configure_webhook(url.map(str::to_owned), Timestamp::now()).await
    }

    /// The address of a new endpoint in its plain form, if deliveries to it may be made. A name that has no address yet
    /// is taken: every delivery asks again.
    ///
    /// # Errors
    /// [`AddressError`], for whoever wrote it.
    pub async fn check_address(&self, url: &str, owner: &Owner) -> Result<String, AddressError> {
        let target = Target::parse(url)?;
        self.dialer.check(&target, is_operator(owner)).await?;
        Ok(target.url().to_owned())
    }
}

/// Whoever runs this server or develops on it; users do neither.
const fn is_operator(owner: &Owner) -> bool {
    !matches!(owner, Owner::User { .. })
}

/// The egress rules of a configuration.
pub fn egress(config: &WebhookConfig) -> Egress {
    Egress::new(&config.allowed)
}
