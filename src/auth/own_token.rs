//! Bearer tokens of our own: signed with `SECRET_KEY` by the algorithm of `ALGORITHM`, given out by sign-in. Whoever
//! holds the key may make them too.

use super::{
    AuthError, Claims,
    jwks::{PROVIDER_PREFIX, SUBJECT_BYTES_MAX},
};
use crate::config::JwtAlgorithm;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::Serialize;
use std::time::Duration;

/// Clocks may differ by this, in seconds.
pub(super) const LEEWAY_S: u64 = 30;

/// Signs tokens and judges them.
pub struct OwnTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    validation: Validation,
    lifetime: Duration,
}

#[derive(Serialize)]
struct Issued<'a> {
    sub: &'a str,
    username: &'a str,
    iat: u64,
    exp: u64,
}

impl OwnTokens {
    /// With this secret; tokens that are issued hold for `lifetime`.
    pub fn new(secret: &[u8], algorithm: JwtAlgorithm, lifetime: Duration) -> Self {
        let algorithm = match algorithm {
            JwtAlgorithm::Hs256 => Algorithm::HS256,
            JwtAlgorithm::Hs384 => Algorithm::HS384,
            JwtAlgorithm::Hs512 => Algorithm::HS512,
        };
        // The algorithm is ours, never the token's (RFC 8725 section 3.1). No audience is set: a token that names one
        // was made for somebody else.
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            header: Header::new(algorithm),
            validation,
            lifetime,
        }
    }

    /// A token for a user, from `now_s` on (seconds since 1970).
    pub fn issue(&self, user_id: &str, username: &str, now_s: u64) -> Result<String, AuthError> {
        let exp = now_s.saturating_add(self.lifetime.as_secs());
        let claims = Issued { sub: user_id, username, iat: now_s, exp };
        encode(&self.header, &claims, &self.encoding).map_err(|_| AuthError::WrongToken)
    }

    /// What a token says, if it is one of ours.
    pub fn judge(&self, token: &str) -> Result<Claims, AuthError> {
        let claims =
            decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| AuthError::WrongToken)?.claims;
        // Subjects with the prefix are an identity provider's (see `jwks`): nobody here speaks for one.
        let is_ours =
            !claims.sub.is_empty() && claims.sub.len() <= SUBJECT_BYTES_MAX && !claims.sub.starts_with(PROVIDER_PREFIX);
        if is_ours { Ok(claims) } else { Err(AuthError::WrongToken) }
    }
}
