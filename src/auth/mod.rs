//! Who is asking: turns what a request carries into an identity. What that identity may do is decided in
//! `domain::auth`.

mod jwks;
mod own_token;
pub mod sign_in;

pub use jwks::PROVIDER_PREFIX;

use self::{jwks::Provider, own_token::OwnTokens};
use crate::{
    config::AccessConfig,
    domain::auth::{Token, TokenHash},
    random,
};
use jsonwebtoken::{AlgorithmFamily, Header, decode_header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Longest credential that is looked at.
const CREDENTIAL_BYTES_MAX: usize = 4_096;
/// Longest name of a user that a token may bring, in characters.
const NAME_CHARS_MAX: usize = 80;

/// What a request carries.
#[derive(Clone, Copy, Debug)]
pub enum Credential<'a> {
    ApiKey(&'a str),
    Bearer(&'a str),
    None,
}

/// Who that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The developer at this machine (open mode, no credential).
    Local,
    Platform,
    User {
        /// Of our own token as it stands there; of an identity provider's behind [`PROVIDER_PREFIX`].
        sub: String,
        /// `username`, else `name` of the token, else `sub`.
        name: String,
    },
    /// Nobody, where anybody may start a session.
    Nobody,
    /// Holder of a candidate token; which session it opens is looked up.
    Candidate {
        token: TokenHash,
    },
}

/// Why nobody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("A credential is needed: X-API-Key, or Authorization: Bearer with a token")]
    Missing,
    #[error("Invalid or missing API key")]
    WrongApiKey,
    #[error("The bearer token is invalid or has expired")]
    WrongToken,
    #[error("API keys are not configured here; set API_KEY")]
    ApiKeysNotConfigured,
    #[error("User tokens are not configured here; set SECRET_KEY or JWT_JWKS_URL")]
    UsersNotConfigured,
    #[error("The identity provider does not answer, so its tokens cannot be judged at the moment")]
    ProviderUnavailable,
}

/// Why credentials cannot be judged at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask the identity provider: {0}")]
pub struct SetupError(#[from] reqwest::Error);

/// Judges credentials.
pub struct Authenticator {
    /// SHA-256 of each key: equal length makes the comparison constant in time.
    api_keys: Vec<[u8; 32]>,
    own: Option<OwnTokens>,
    provider: Option<Provider>,
    open_mode: bool,
    public_start: bool,
}

/// What is read of a token once its signature is known to be good.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: Option<String>,
    iat: Option<f64>,
    username: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
}

impl Claims {
    fn into_identity(self) -> Identity {
        let fits = |name: &String| {
            !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control)
        };
        let name = [self.username, self.preferred_username, self.name].into_iter().flatten().find(fits);
        Identity::User { name: name.unwrap_or_else(|| self.sub.clone()), sub: self.sub }
    }
}

impl Authenticator {
    /// Reads the secrets once.
    ///
    /// # Errors
    /// [`SetupError`], only where an identity provider is configured.
    pub fn new(access: &AccessConfig) -> Result<Self, SetupError> {
        let sign = |secret: &[u8]| OwnTokens::new(secret, access.jwt_algorithm, access.token_lifetime);
        let own = match &access.jwt_secret {
            Some(secret) => Some(sign(secret.expose_secret().as_bytes())),
            // So that sign-in works for a developer as it does elsewhere; such tokens end with the process.
            None if access.open_mode() => Some(sign(&random::bytes::<64>())),
            None => None,
        };
        let provider = access.jwks.clone().map(Provider::new).transpose()?;
        let api_keys = access.api_keys.iter().map(|key| hash(key.expose_secret())).collect();
        let (open_mode, public_start) = (access.open_mode(), access.public_start);
        Ok(Self { api_keys, own, provider, open_mode, public_start })
    }

    /// Who carries this credential. A request that carries one is judged by it alone, even in open mode.
    ///
    /// # Errors
    /// [`AuthError`]: all of them are answered 401, but an identity provider that does not answer.
    pub async fn identify(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        match credential {
            Credential::None if self.open_mode => Ok(Identity::Local),
            Credential::None if self.public_start => Ok(Identity::Nobody),
            Credential::None => Err(AuthError::Missing),
            Credential::ApiKey(key) => self.api_key(key),
            Credential::Bearer(token) if token.len() > CREDENTIAL_BYTES_MAX => Err(AuthError::WrongToken),
            // A JWT has dots, a candidate token has none: one look tells them apart.
            Credential::Bearer(text) => match Token::parse(text) {
                Some(token) => Ok(Identity::Candidate { token: token.hash() }),
                None => self.user(text).await,
            },
        }
    }

    /// A token of ours for a user, from `now_s` on (seconds since 1970).
    ///
    /// # Errors
    /// [`AuthError::UsersNotConfigured`] where there is no key to sign with.
    pub fn issue(&self, user_id: &str, username: &str, now_s: u64) -> Result<String, AuthError> {
        self.own.as_ref().ok_or(AuthError::UsersNotConfigured)?.issue(user_id, username, now_s)
    }

    /// Whether platforms have keys here.
    pub fn has_api_keys(&self) -> bool {
        !self.api_keys.is_empty()
    }

    fn api_key(&self, key: &str) -> Result<Identity, AuthError> {
        if self.api_keys.is_empty() {
            return Err(AuthError::ApiKeysNotConfigured);
        }
        let given = hash(key);
        // Every key is compared, so that time does not tell which one was near.
        let hits = self.api_keys.iter().fold(0u8, |hits, known| hits | known.ct_eq(&given).unwrap_u8());
        if hits == 1 { Ok(Identity::Platform) } else { Err(AuthError::WrongApiKey) }
    }

    /// The kind of algorithm chooses who judges: only we sign with a shared secret, only a provider with a public key.
    async fn user(&self, token: &str) -> Result<Identity, AuthError> {
        if self.own.is_none() && self.provider.is_none() {
            return Err(AuthError::UsersNotConfigured);
        }
        let header = decode_header(token).map_err(|_| AuthError::WrongToken)?;
        if !is_plain(&header) {
            return Err(AuthError::WrongToken);
        }
        let claims = match (header.alg.family(), &self.own, &self.provider) {
            (AlgorithmFamily::Hmac, Some(own), _) => own.judge(token)?,
            (AlgorithmFamily::Hmac, None, _) | (_, _, None) => return Err(AuthError::WrongToken),
            (_, _, Some(provider)) => provider.judge(token, &header).await?,
        };
        Ok(claims.into_identity())
    }
}

/// A signed token, and nothing that names a key, a place to find one, or a rule that we would have to know (RFC 8725).
fn is_plain(header: &Header) -> bool {
    let names_a_key = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
    let asks_for_more = header.crit.is_some() || header.enc.is_some() || header.zip.is_some() || header.cty.is_some();
    let unencoded = header.extras.inner().contains_key("b64");
    let known = |typ: &str| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("at+jwt");
    !names_a_key && !asks_for_more && !unencoded && header.typ.as_deref().is_none_or(known)
}

/// SHA-256 of a secret: what is compared in its place.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::JwtAlgorithm;
    use jsonwebtoken::Algorithm;
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use secrecy::SecretString;
    use serde_json::{Value, json};

    const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";

    fn authenticator(api_keys: &[&str], secret: Option<&str>) -> Authenticator {
        Authenticator::new(&AccessConfig {
            api_keys: api_keys.iter().map(|key| SecretString::from(*key)).collect(),
            jwt_secret: secret.map(SecretString::from),
            jwt_algorithm: JwtAlgorithm::Hs256,
            token_lifetime: std::time::Duration::from_secs(1_800),
            jwks: None,
            public_start: false,
        })
        .expect("no provider to ask")
    }

    async fn identify(of: &Authenticator, credential: Credential<'_>) -> Result<Identity, AuthError> {
        of.identify(credential).await
    }

    fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
    }

    #[tokio::test]
    async fn open_mode_serves_the_local_developer_only_without_a_credential() {
        let open = authenticator(&[], None);
        assert_eq!(identify(&open, Credential::None).await, Ok(Identity::Local));
        assert_eq!(identify(&open, Credential::ApiKey("anything")).await, Err(AuthError::ApiKeysNotConfigured));
        assert_eq!(identify(&open, Credential::Bearer("a.b.c")).await, Err(AuthError::WrongToken));
        let keys_only = authenticator(&["first-key-1"], None);
        assert_eq!(identify(&keys_only, Credential::Bearer("a.b.c")).await, Err(AuthError::UsersNotConfigured));
    }

    #[tokio::test]
    async fn every_configured_api_key_opens_and_no_other() {
        let both = authenticator(&["first-key-1", "second-key-2"], None);
        assert_eq!(identify(&both, Credential::ApiKey("first-key-1")).await, Ok(Identity::Platform));
        assert_eq!(identify(&both, Credential::ApiKey("second-key-2")).await, Ok(Identity::Platform));
        for wrong in ["", "first-key-", "first-key-12", "FIRST-KEY-1", "first-key-1,second-key-2"] {
            assert_eq!(identify(&both, Credential::ApiKey(wrong)).await, Err(AuthError::WrongApiKey), "{wrong}");
        }
        assert_eq!(identify(&both, Credential::None).await, Err(AuthError::Missing));
    }

    #[tokio::test]
    async fn only_a_fresh_token_of_our_algorithm_and_key_names_a_user() {
        let users = authenticator(&[], Some(SECRET));
        let later = get_current_timestamp() + 600;
        let good = token(Algorithm::HS256, SECRET, &json!({"sub": "ann", "exp": later}));
        assert_eq!(
            identify(&users, Credential::Bearer(&good)).await,
            Ok(Identity::User { sub: "ann".to_owned(), name: "ann".to_owned() })
        );
        let unsigned = {
            let parts: Vec<&str> = good.split('.').collect();
            format!("eyJhbGciOiJub25lIn0.{}.", parts[1])
        };
        let bad = [
            token(Algorithm::HS384, SECRET, &json!({"sub": "ann", "exp": later})),
            token(Algorithm::HS256, "another-secret-of-thirty-two-bytes!!", &json!({"sub": "ann", "exp": later})),
            token(Algorithm::HS256, SECRET, &json!({"sub": "ann", "exp": get_current_timestamp() - 3_600})),
            token(Algorithm::HS256, SECRET, &json!({"sub": "ann"})),
            token(Algorithm::HS256, SECRET, &json!({"exp": later})),
            token(Algorithm::HS256, SECRET, &json!({"sub": "", "exp": later})),
            token(Algorithm::HS256, SECRET, &json!({"sub": "ann", "exp": later, "nbf": later})),
            unsigned,
            format!("{good}x"),
            "a.b".to_owned(),
            "x".repeat(5_000),
        ];
        for token in &bad {
            assert_eq!(identify(&users, Credential::Bearer(token)).await, Err(AuthError::WrongToken), "{token}");
        }
    }
}
