//! Who is asking: turns what a request carries into an identity. What that identity may do is decided in
//! `domain::auth`.

use crate::{
    config::AccessConfig,
    domain::auth::{Token, TokenHash},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Longest credential that is looked at.
const CREDENTIAL_BYTES_MAX: usize = 4_096;

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
    #[error("User tokens are not configured here; set SECRET_KEY")]
    UsersNotConfigured,
}

/// Judges credentials.
pub struct Authenticator {
    /// SHA-256 of each key: equal length makes the comparison constant in time.
    api_keys: Vec<[u8; 32]>,
    users: Option<(DecodingKey, Validation)>,
    open_mode: bool,
    public_start: bool,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    username: Option<String>,
    name: Option<String>,
}

impl Authenticator {
    /// Reads the secrets once.
    pub fn new(access: &AccessConfig) -> Self {
        let users = access.jwt_secret.as_ref().map(|secret| {
            // The algorithm is ours, never the token's (RFC 8725 section 3.1).
            let mut validation = Validation::new(Algorithm::HS256);
            validation.leeway = 30;
            validation.validate_nbf = true;
            validation.set_required_spec_claims(&["exp", "sub"]);
            (DecodingKey::from_secret(secret.expose_secret().as_bytes()), validation)
        });
        let api_keys = access.api_keys.iter().map(|key| hash(key.expose_secret())).collect();
        Self { api_keys, users, open_mode: access.open_mode(), public_start: access.public_start }
    }

    /// Who carries this credential. A request that carries one is judged by it alone, even in open mode.
    ///
    /// # Errors
    /// [`AuthError`]: all of them are answered 401.
    pub fn identify(&self, credential: Credential<'_>) -> Result<Identity, AuthError> {
        match credential {
            Credential::None if self.open_mode => Ok(Identity::Local),
            Credential::None if self.public_start => Ok(Identity::Nobody),
            Credential::None => Err(AuthError::Missing),
            Credential::ApiKey(key) => self.api_key(key),
            Credential::Bearer(token) if token.len() > CREDENTIAL_BYTES_MAX => Err(AuthError::WrongToken),
            // A JWT has dots, a candidate token has none: one look tells them apart.
            Credential::Bearer(text) => match Token::parse(text) {
                Some(token) => Ok(Identity::Candidate { token: token.hash() }),
                None => self.user(text),
            },
        }
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

    fn user(&self, token: &str) -> Result<Identity, AuthError> {
        let (key, validation) = self.users.as_ref().ok_or(AuthError::UsersNotConfigured)?;
        let claims = decode::<Claims>(token, key, validation).map_err(|_| AuthError::WrongToken)?.claims;
        if claims.sub.is_empty() || claims.sub.len() > 256 {
            return Err(AuthError::WrongToken);
        }
        let name = claims.username.or(claims.name).filter(|name| !name.is_empty() && name.chars().count() <= 80);
        Ok(Identity::User { name: name.unwrap_or_else(|| claims.sub.clone()), sub: claims.sub })
    }
}

/// SHA-256 of a secret: what is compared in its place.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::JwtAlgorithm;
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
    }

    fn token(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
    }

    #[test]
    fn open_mode_serves_the_local_developer_only_without_a_credential() {
        let open = authenticator(&[], None);
        assert_eq!(open.identify(Credential::None), Ok(Identity::Local));
        assert_eq!(open.identify(Credential::ApiKey("anything")), Err(AuthError::ApiKeysNotConfigured));
        assert_eq!(open.identify(Credential::Bearer("a.b.c")), Err(AuthError::UsersNotConfigured));
    }

    #[test]
    fn every_configured_api_key_opens_and_no_other() {
        let both = authenticator(&["first-key-1", "second-key-2"], None);
        assert_eq!(both.identify(Credential::ApiKey("first-key-1")), Ok(Identity::Platform));
        assert_eq!(both.identify(Credential::ApiKey("second-key-2")), Ok(Identity::Platform));
        for wrong in ["", "first-key-", "first-key-12", "FIRST-KEY-1", "first-key-1,second-key-2"] {
            assert_eq!(both.identify(Credential::ApiKey(wrong)), Err(AuthError::WrongApiKey), "{wrong}");
        }
        assert_eq!(both.identify(Credential::None), Err(AuthError::Missing));
    }

    #[test]
    fn only_a_fresh_token_of_our_algorithm_and_key_names_a_user() {
        let users = authenticator(&[], Some(SECRET));
        let later = get_current_timestamp() + 600;
        let good = token(Algorithm::HS256, SECRET, &json!({"sub": "ann", "exp": later}));
        assert_eq!(
            users.identify(Credential::Bearer(&good)),
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
            assert_eq!(users.identify(Credential::Bearer(token)), Err(AuthError::WrongToken), "{token}");
        }
    }
}
