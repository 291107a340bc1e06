//! Configuration of what comes of an interview: the chat endpoint, recordings, scores, webhooks, retention, budgets.

use super::{Reader, platform::is_http};
use crate::domain::webhook::{Egress, Target, secret_key};
use secrecy::{ExposeSecret, SecretString};
use std::{net::IpAddr, path::PathBuf};

/// Any OpenAI-compatible chat endpoint.
#[derive(Clone, Debug)]
pub struct ChatConfig {
    /// Up to and without `/chat/completions`.
    pub base_url: String,
    pub model: String,
    pub key: Option<SecretString>,
}

/// What is kept of an interview, and who hears of it.
#[derive(Clone, Debug)]
pub struct OutcomeConfig {
    /// Speaks for the built-in engine and proposes scores. `None`: the script's words, and no proposals.
    pub chat: Option<ChatConfig>,
    /// Proposes scores in place of the chat endpoint's own model.
    pub evaluation_model: Option<String>,
    /// Proposals are wanted at all.
    pub evaluates: bool,
    /// Recordings are kept below it.
    pub data_dir: PathBuf,
    pub retention: RetentionDays,
    pub webhook: WebhookConfig,
    /// Overrides the embedded price file.
    pub prices: Option<PathBuf>,
    pub budget: Budgets,
}

/// Days after the end of a session, where its interview does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionDays {
    pub audio: u32,
    pub transcript: u32,
    pub scores: u32,
}

/// Who is told of sessions, beside the endpoints that are made over the API.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    pub url: Option<String>,
    /// Standard Webhooks, `whsec_…`.
    pub secret: Option<SecretString>,
    /// Inner addresses that may be delivered to all the same, with any port.
    pub allowed: Vec<IpAddr>,
}

/// The most that may be spent, in US dollars. `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budgets {
    pub session_usd: Option<f64>,
    /// Over all sessions of a day (UTC).
    pub day_usd: Option<f64>,
}

/// A century.
const DAYS_MAX: u64 = 36_500;

impl Reader<'_> {
    pub(super) fn outcome(&mut self) -> OutcomeConfig {
        let days = |reader: &mut Self, name: &str, default| reader.within(name, 0, DAYS_MAX, default) as u32;
        OutcomeConfig {
            chat: self.chat(),
            evaluation_model: self.text("VIVA_EVALUATION_MODEL"),
            evaluates: self.one_of("VIVA_EVALUATION", &["auto", "off"]) == "auto",
            data_dir: self.text("VIVA_DATA_DIR").unwrap_or_else(|| "./viva-data".to_owned()).into(),
            retention: RetentionDays {
                audio: days(self, "VIVA_RETENTION_AUDIO_DAYS", 30),
                transcript: days(self, "VIVA_RETENTION_TRANSCRIPT_DAYS", 180),
                scores: days(self, "VIVA_RETENTION_SCORES_DAYS", 730),
            },
            webhook: self.webhook(),
            prices: self.text("VIVA_PRICES").map(PathBuf::from),
            budget: Budgets {
                session_usd: self.usd("VIVA_BUDGET_SESSION_USD"),
                day_usd: self.usd("VIVA_BUDGET_DAY_USD"),
            },
        }
    }

    fn chat(&mut self) -> Option<ChatConfig> {
        let (url, model) = (self.text("VIVA_CHAT_URL"), self.text("VIVA_CHAT_MODEL"));
        let key = self.secret("VIVA_CHAT_KEY");
        match (url, model) {
            (Some(url), Some(model)) if is_http(&url) => {
                let url = url.trim_end_matches('/');
                let base_url = url.strip_suffix("/chat/completions").unwrap_or(url).to_owned();
                Some(ChatConfig { base_url, model, key })
            }
            (Some(_), Some(_)) => self.fail("VIVA_CHAT_URL", "must start with https:// or http://"),
            (Some(_), None) => self.fail("VIVA_CHAT_MODEL", "must be set with VIVA_CHAT_URL"),
            (None, Some(_)) => self.fail("VIVA_CHAT_URL", "must be set with VIVA_CHAT_MODEL"),
            (None, None) if key.is_some() => self.fail("VIVA_CHAT_URL", "must be set with VIVA_CHAT_KEY"),
            (None, None) => None,
        }
    }

    fn webhook(&mut self) -> WebhookConfig {
        let url = self.text("VIVA_WEBHOOK_URL");
        let secret = self.secret("VIVA_WEBHOOK_SECRET");
        if url.is_some() != secret.is_some() {
            self.note("VIVA_WEBHOOK_SECRET", "VIVA_WEBHOOK_URL and VIVA_WEBHOOK_SECRET go together: set both or none");
        }
        if let Some(Err(error)) = secret.as_ref().map(|secret| secret_key(secret.expose_secret())) {
            self.note("VIVA_WEBHOOK_SECRET", &error.to_string());
        }
        let mut allowed: Vec<IpAddr> = Vec::new();
        for part in super::split(&self.text("VIVA_WEBHOOK_ALLOW").unwrap_or_default()) {
            match part.parse() {
                Ok(address) => allowed.push(address),
                Err(_) => self.note("VIVA_WEBHOOK_ALLOW", "must be IP addresses, comma-separated"),
            }
        }
        let egress = Egress::new(&allowed);
        // What can be said without asking a name for its addresses; each delivery asks.
        let refused = url.as_deref().and_then(|url| match Target::parse(url) {
            Ok(target) => egress.check_form(&target).err().map(|refusal| refusal.to_string()),
            Err(error) => Some(error.to_string()),
        });
        if let Some(refused) = refused {
            self.note("VIVA_WEBHOOK_URL", &refused);
        }
        WebhookConfig { url, secret, allowed }
    }

    fn usd(&mut self, name: &str) -> Option<f64> {
        let usd = self.parsed::<f64>(name, "an amount in US dollars, such as 2.50")?;
        if !usd.is_finite() || usd < 0.0 {
            return self.fail(name, "must not be negative");
        }
        Some(usd)
    }
}
