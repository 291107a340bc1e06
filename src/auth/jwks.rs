//! Bearer tokens of an identity provider, by the public keys that it publishes (JWK Set, RFC 7517).
//!
//! They are never confused with our own. Ours are signed with a shared secret (HS*), the provider's with a public key:
//! the algorithm of a token chooses who judges it, a key of the provider is used with its own algorithm alone, and keys
//! with a shared secret (`oct`) are not taken from there. A provider chooses its subjects freely, so they get a prefix
//! ([`PROVIDER_PREFIX`]) that none of our users has and that our own tokens may not carry.

use super::{AuthError, Claims, own_token::LEEWAY_S};
use crate::{
    config::JwksConfig,
    domain::limit::{Admission, TokenBucket},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, get_current_timestamp,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use reqwest::{Client, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;
use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// Before the subject of a provider's token.
pub const PROVIDER_PREFIX: &str = "idp:";
/// Longest subject, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 256;

/// Largest JWK Set, in bytes, and the most keys of one.
const SET_BYTES_MAX: usize = 256 * 1024;
const KEYS_MAX: usize = 64;
/// Smallest RSA key (RFC 7518 section 3.3), in bytes of its modulus.
const RSA_BYTES_MIN: usize = 256;
/// How long the provider may take to answer.
const FETCH_WITHIN: Duration = Duration::from_secs(5);
/// Keys older than this are asked for again, while they go on to be used.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// Keys that could not be renewed for so long are no longer believed.
const USED_FOR: Duration = Duration::from_secs(24 * 3_600);
/// Anybody can send tokens with unknown key ids: the provider is asked five times at once, then once in 15 s.
const FETCHES_AT_ONCE: u32 = 5;
const FETCH_EACH_MS: u64 = 15_000;

/// An identity provider.
#[derive(Clone)]
pub struct Provider(Arc<Shared>);

struct Shared {
    client: Client,
    config: JwksConfig,
    epoch: Instant,
    keys: RwLock<Option<Arc<KeySet>>>,
    /// How often the provider was asked. Held while it is.
    fetching: Mutex<TokenBucket>,
    fetches: AtomicU64,
}

struct KeySet {
    keys: Vec<Key>,
    fetched_at: Instant,
}

struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("status {0}")]
    Status(u16),
    #[error("larger than {SET_BYTES_MAX} bytes")]
    TooLarge,
    #[error("no JWK Set")]
    NoSet,
    #[error("no key in it that can be used")]
    NoKey,
}

impl Provider {
    /// Its keys are asked for when the first token comes.
    ///
    /// # Errors
    /// When there is no TLS, for want of root certificates say.
    pub fn new(config: JwksConfig) -> Result<Self, reqwest::Error> {
        // Another part may have installed the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(FETCH_WITHIN)
            .connect_timeout(FETCH_WITHIN)
            .pool_max_idle_per_host(1)
            .build()?;
        Ok(Self(Arc::new(Shared {
            client,
            config,
            epoch: Instant::now(),
            keys: RwLock::default(),
            fetching: Mutex::new(TokenBucket::new(FETCHES_AT_ONCE, FETCH_EACH_MS, 0)),
            fetches: AtomicU64::new(0),
        })))
    }

    /// What a token says, if it is the provider's. Its subject comes with [`PROVIDER_PREFIX`].
    pub(super) async fn judge(&self, token: &str, header: &Header) -> Result<Claims, AuthError> {
        let set = self.keys_for(header).await?;
        let key = set.find(header).ok_or(AuthError::WrongToken)?;
        let mut claims = decode::<Claims>(token, &key.decoding, &self.0.validation(key.algorithm))
            .map_err(|_| AuthError::WrongToken)?
            .claims;
        let issued = claims.iat.ok_or(AuthError::WrongToken)?;
        // The library takes a list of issuers too, which no JWT has (RFC 7519 section 4.1.1).
        let is_theirs = claims.iss.as_deref() == Some(self.0.config.issuer.as_str());
        // A comparison with what is no number is false.
        let is_past = issued >= 0.0 && issued <= (get_current_timestamp() + LEEWAY_S) as f64;
        if !is_theirs
            || !is_past
            || claims.sub.is_empty()
            || claims.sub.len() + PROVIDER_PREFIX.len() > SUBJECT_BYTES_MAX
        {
            return Err(AuthError::WrongToken);
        }
        claims.sub.insert_str(0, PROVIDER_PREFIX);
        Ok(claims)
    }

    /// The keys, asked for again if this token's is not among them.
    async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, AuthError> {
        let fetches = self.0.fetches.load(Ordering::Acquire);
        if let Some(set) = self.0.usable()
            && set.knows(header)
        {
            if set.fetched_at.elapsed() > FRESH_FOR {
                let this = self.clone();
                tokio::spawn(async move { this.0.refresh(fetches).await });
            }
            return Ok(set);
        }
        self.0.refresh(fetches).await;
        self.0.usable().ok_or(AuthError::ProviderUnavailable)
    }
}

impl Shared {
    /// Only what a Firebase token has is required beside what every token must have.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }

    fn usable(&self) -> Option<Arc<KeySet>> {
        // The lock guards a pointer, which is never half changed.
        let set = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        set.filter(|set| set.fetched_at.elapsed() < USED_FOR)
    }

    /// Asks the provider, unless somebody did since `seen` fetches or it was asked too often. What is known stays when
    /// it does not answer.
    async fn refresh(&self, seen: u64) {
        let mut bucket = self.fetching.lock().await;
        if self.fetches.load(Ordering::Acquire) != seen {
            return;
        }
        let now_ms = u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX);
        if matches!(bucket.take(now_ms), Admission::Refused { .. }) {
            metrics::counter!("viva_jwks_fetches_total", "outcome" => "too_often").increment(1);
            return;
        }
        let fetched = self.fetch().await;
        self.fetches.fetch_add(1, Ordering::AcqRel);
        let outcome = if fetched.is_ok() { "fetched" } else { "failed" };
        metrics::counter!("viva_jwks_fetches_total", "outcome" => outcome).increment(1);
        match fetched {
            Ok(keys) => {
                let set = KeySet { keys, fetched_at: Instant::now() };
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(set));
            }
            Err(error) => tracing::warn!(%error, "the identity provider's keys cannot be had"),
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, FetchError> {
        let mut response = self.client.get(&self.config.url).header("accept", "application/json").send().await?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > SET_BYTES_MAX {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        read_set(&body)
    }
}

impl KeySet {
    /// The key that this header means. Without an id there must be no choice.
    fn find(&self, header: &Header) -> Option<&Key> {
        let mut fitting = self.keys.iter().filter(|key| key.fits(header));
        let first = fitting.next()?;
        (header.kid.is_some() || fitting.next().is_none()).then_some(first)
    }

    /// Would asking again find nothing more? A key of this id that has another algorithm is no reason to ask.
    fn knows(&self, header: &Header) -> bool {
        match &header.kid {
            Some(id) => self.keys.iter().any(|key| key.id.as_ref() == Some(id)),
            None => self.keys.iter().any(|key| key.algorithm == header.alg),
        }
    }
}

impl Key {
    fn fits(&self, header: &Header) -> bool {
        self.algorithm == header.alg && (header.kid.is_none() || self.id == header.kid)
    }

    /// A key that verifies signatures with a public key; `None` for any other.
    fn read(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let for_signatures = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let verifies = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        let algorithm = algorithm(jwk)?;
        let id = common.key_id.clone();
        let named = id.as_ref().is_none_or(|id| id.len() <= SUBJECT_BYTES_MAX);
        let decoding = DecodingKey::from_jwk(jwk).ok()?;
        (for_signatures && verifies && named).then_some(Self { id, algorithm, decoding })
    }
}

/// The one algorithm of a key: what it says, if that fits its kind, or the usual one of its kind.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let said = jwk.common.key_algorithm;
    match &jwk.algorithm {
        AlgorithmParameters::RSA(key) => {
            let modulus = URL_SAFE_NO_PAD.decode(&key.n).ok()?;
            let length = modulus.iter().skip_while(|byte| **byte == 0).count();
            let algorithm = match said {
                None | Some(KeyAlgorithm::RS256) => Algorithm::RS256,
                Some(KeyAlgorithm::RS384) => Algorithm::RS384,
                Some(KeyAlgorithm::RS512) => Algorithm::RS512,
                Some(KeyAlgorithm::PS256) => Algorithm::PS256,
                Some(KeyAlgorithm::PS384) => Algorithm::PS384,
                Some(KeyAlgorithm::PS512) => Algorithm::PS512,
                Some(_) => return None,
            };
            (length >= RSA_BYTES_MIN).then_some(algorithm)
        }
        AlgorithmParameters::EllipticCurve(key) => match (&key.curve, said) {
            (EllipticCurve::P256, None | Some(KeyAlgorithm::ES256)) => Some(Algorithm::ES256),
            (EllipticCurve::P384, None | Some(KeyAlgorithm::ES384)) => Some(Algorithm::ES384),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(key) => match (&key.curve, said) {
            (EllipticCurve::Ed25519, None | Some(KeyAlgorithm::EdDSA)) => Some(Algorithm::EdDSA),
            _ => None,
        },
        // Shared secrets, and kinds that we do not know.
        _ => None,
    }
}

/// The keys that can be used. One that cannot be understood does not spoil the others.
fn read_set(body: &[u8]) -> Result<Vec<Key>, FetchError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }

    let set: Set = serde_json::from_slice(body).map_err(|_| FetchError::NoSet)?;
    let read = |value: Value| serde_json::from_value::<Jwk>(value).ok().and_then(|jwk| Key::read(&jwk));
    let keys: Vec<Key> = set.keys.into_iter().take(KEYS_MAX).filter_map(read).collect();
    if keys.is_empty() { Err(FetchError::NoKey) } else { Ok(keys) }
}
