//! Sign-in by a mailed code, and the outbox of development.

use crate::{
    auth::{
        Identity,
        sign_in::{Proofs, SignInError},
    },
    cache::CacheError,
    domain::{
        auth::Token,
        sign_in::{Code, EmailAddress, UserName, VERIFICATION_LIFE_MS},
    },
    email::MailError,
    http::{
        AppState,
        error::{ApiError, ApiResult},
        extract::{Body, Caller, ClientAddress, operator},
        openapi::Problem,
        rate::PerAddress,
        routes::now,
    },
    wire::error_code::ErrorCode,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::AppendHeaders,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Cookie that carries a verification in browsers, to these routes alone.
const COOKIE: &str = "viva_verification";
const VERIFICATION_LIFE_S: u64 = VERIFICATION_LIFE_MS / 1_000;
/// When the caches or the queue of mails are full.
const BUSY_RETRY_S: u64 = 30;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(verify_otp))
        .routes(routes!(set_username))
        .routes(routes!(login))
        .routes(routes!(outbox))
}

/// An address to prove.
#[derive(Deserialize, ToSchema)]
pub struct SignUp {
    #[schema(example = "user@example.com", format = "email", max_length = 254)]
    email: String,
}

/// An address and the code that was mailed to it.
#[derive(Deserialize, ToSchema)]
pub struct VerifyOtp {
    #[schema(example = "user@example.com", format = "email", max_length = 254)]
    email: String,
    #[schema(example = "123456", pattern = "^[0-9]{6}$")]
    otp: String,
}

/// A name for the user of an address that is proved: by the cookie of `verify-otp`, its `verification_token`, the same
/// `otp`, or the user's bearer token.
#[derive(Deserialize, ToSchema)]
pub struct SetUsername {
    #[schema(example = "user@example.com", format = "email", max_length = 254)]
    email: String,
    /// Unique without regard to case.
    #[schema(
        example = "uniqueusername",
        min_length = 3,
        max_length = 32,
        pattern = "^[a-zA-Z0-9][a-zA-Z0-9._-]{1,30}[a-zA-Z0-9]$"
    )]
    username: String,
    /// 64 hexadecimal digits, from `verify-otp`.
    verification_token: Option<String>,
    /// The code that `verify-otp` took.
    #[schema(example = "123456")]
    otp: Option<String>,
}

/// An address that is proved: by the cookie of `verify-otp`, its `verification_token`, or the same `otp`. The proof is
/// used up.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    #[schema(example = "user@example.com", format = "email", max_length = 254)]
    email: String,
    /// 64 hexadecimal digits, from `verify-otp`.
    verification_token: Option<String>,
    /// The code that `verify-otp` took.
    #[schema(example = "123456")]
    otp: Option<String>,
}

/// That it was done.
#[derive(Serialize, ToSchema)]
pub struct Message {
    #[schema(example = "OTP sent to your email")]
    message: &'static str,
}

/// A proved address.
#[derive(Serialize, ToSchema)]
pub struct Verified {
    #[schema(example = "OTP verified successfully")]
    message: &'static str,
    /// Proves the address to `set-username` and `login`; also set as an HttpOnly cookie.
    verification_token: String,
    /// How long it holds, in seconds.
    #[schema(example = 600)]
    expires_in: u64,
}

/// A bearer token.
#[derive(Serialize, ToSchema)]
pub struct AccessToken {
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
}

/// Mails that nobody sent.
#[derive(Serialize, ToSchema)]
pub struct OutboxMails {
    /// Newest first.
    mails: Vec<OutboxEntry>,
}

/// A mail as it would have been sent.
#[derive(Serialize, ToSchema)]
pub struct OutboxEntry {
    to: String,
    subject: String,
    body: String,
    sent_at: String,
}

type WithCookie<T> = (AppendHeaders<[(HeaderName, String); 1]>, Json<T>);

/// Mails a code of six digits to an address, whether or not it is known. It holds for five minutes and voids an earlier
/// one.
#[utoipa::path(
    post, path = "/api/auth/signup", tag = "sign-in", request_body = SignUp,
    responses(
        (status = 200, description = "The code is on its way", body = Message),
        (status = 401, description = "`not_configured`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn sign_up(
    State(state): State<AppState>,
    ClientAddress(client): ClientAddress,
    Body(body): Body<SignUp>,
) -> ApiResult<Json<Message>> {
    let email = address(&body.email)?;
    limited(&state.sign_ups, client)?;
    state.sign_in.sign_up(&email, now()).await?;
    Ok(Json(Message { message: "OTP sent to your email" }))
}

/// Proves an address by the code that was mailed to it. A code takes five tries, right or wrong.
#[utoipa::path(
    post, path = "/api/auth/verify-otp", tag = "sign-in", request_body = VerifyOtp,
    responses(
        (status = 200, description = "The address is proved for ten minutes", body = Verified),
        (status = 401, description = "`not_configured`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn verify_otp(
    State(state): State<AppState>,
    ClientAddress(client): ClientAddress,
    Body(body): Body<VerifyOtp>,
) -> ApiResult<WithCookie<Verified>> {
    let email = address(&body.email)?;
    let code = code(&body.otp)?;
    limited(&state.sign_in_tries, client)?;
    let token = state.sign_in.verify(&email, &code, now()).await?;
    let verified = Verified {
        message: "OTP verified successfully",
        verification_token: token.expose().to_owned(),
        expires_in: VERIFICATION_LIFE_S,
    };
    Ok((cookie(&state, token.expose(), VERIFICATION_LIFE_S), Json(verified)))
}

/// Gives the user of a proved address a name, and mails it. The proof stays good for `login`.
#[utoipa::path(
    post, path = "/api/auth/set-username", tag = "sign-in", request_body = SetUsername,
    security((), ("bearer" = [])),
    responses(
        (status = 200, description = "The user has that name", body = Message),
        (status = 401, description = "`proof_needed`: prove the address first", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`name_taken`", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn set_username(
    State(state): State<AppState>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
    caller: ApiResult<Caller>,
    Body(body): Body<SetUsername>,
) -> ApiResult<Json<Message>> {
    let email = address(&body.email)?;
    let name = UserName::parse(&body.username).map_err(|error| ApiError::field("/username", error.to_string()))?;
    let mut proofs = proofs(&headers, body.verification_token.as_deref(), body.otp.as_deref())?;
    if headers.contains_key(header::AUTHORIZATION) {
        proofs.subject = match caller?.0 {
            Identity::User { sub, .. } => Some(sub),
            _ => return Err(SignInError::ProofNeeded.into()),
        };
    }
    limited(&state.sign_in_tries, client)?;
    state.sign_in.set_username(&email, name, &proofs, now()).await?;
    Ok(Json(Message { message: "Username set successfully" }))
}

/// A bearer token for the user of a proved address. The proof is used up.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "sign-in", request_body = Login,
    responses(
        (status = 200, description = "For `Authorization: Bearer`", body = AccessToken),
        (status = 401, description = "`proof_needed`: prove the address first", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: there is no user name yet", body = Problem,
         content_type = "application/problem+json")
    )
)]
pub async fn login(
    State(state): State<AppState>,
    ClientAddress(client): ClientAddress,
    headers: HeaderMap,
    Body(body): Body<Login>,
) -> ApiResult<WithCookie<AccessToken>> {
    let email = address(&body.email)?;
    let proofs = proofs(&headers, body.verification_token.as_deref(), body.otp.as_deref())?;
    limited(&state.sign_in_tries, client)?;
    let now = now();
    let (user_id, name) = state.sign_in.log_in(&email, &proofs, now).await?;
    let now_s = u64::try_from(now.as_second()).unwrap_or(0);
    let access_token = state.authenticator.issue(user_id.as_str(), name.as_str(), now_s)?;
    Ok((cookie(&state, "", 0), Json(AccessToken { access_token, token_type: "bearer" })))
}

/// Development alone (open mode without `SMTP_SERVER`): the mails that would have been sent. 404 anywhere else.
#[utoipa::path(
    get, path = "/dev/outbox", tag = "sign-in", security((), ("api_key" = [])),
    responses((status = 200, body = OutboxMails))
)]
pub async fn outbox(State(state): State<AppState>, caller: ApiResult<Caller>) -> ApiResult<Json<OutboxMails>> {
    let mails = state.mailer.outbox().ok_or_else(ApiError::not_found)?;
    operator(&caller?.principal(&state).await?)?;
    let mails = mails.into_iter().map(|kept| OutboxEntry {
        to: kept.mail.to,
        subject: kept.mail.subject,
        body: kept.mail.body,
        sent_at: kept.sent_at.to_string(),
    });
    Ok(Json(OutboxMails { mails: mails.collect() }))
}

fn address(text: &str) -> ApiResult<EmailAddress> {
    EmailAddress::parse(text).map_err(|error| ApiError::field("/email", error.to_string()))
}

fn code(text: &str) -> ApiResult<Code> {
    Code::parse(text).ok_or_else(|| ApiError::field("/otp", "must be the six digits of the mail"))
}

fn limited(limit: &PerAddress, client: IpAddr) -> ApiResult<()> {
    let refuse = |wait_s| ApiError::retry(ErrorCode::RateLimited, "Too many sign-ins from this address", wait_s);
    limit.take(client).map(drop).map_err(refuse)
}

fn proofs(headers: &HeaderMap, token: Option<&str>, otp: Option<&str>) -> ApiResult<Proofs> {
    let wrong = || ApiError::field("/verification_token", "must be the token that verify-otp answered");
    Ok(Proofs {
        token: token.map(|text| Token::parse(text).ok_or_else(wrong)).transpose()?,
        cookie: verification_cookie(headers),
        code: otp.map(code).transpose()?,
        subject: None,
    })
}

/// The verification that a browser brings. One that cannot be read proves nothing, and is no mistake of the caller's.
fn verification_cookie(headers: &HeaderMap) -> Option<Token> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| Token::parse(value))
}

fn cookie(state: &AppState, value: &str, life_s: u64) -> AppendHeaders<[(HeaderName, String); 1]> {
    let is_https = state.public_url.starts_with("https://");
    AppendHeaders([(header::SET_COOKIE, cookie_text(value, life_s, is_https))])
}

/// Out of reach of scripts and of other sites, and gone with the verification.
fn cookie_text(value: &str, life_s: u64, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/api/auth; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}")
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        let new = |code, detail: &str| Self::new(code, detail);
        match error {
            SignInError::NotConfigured | SignInError::Mail(MailError::NotConfigured) => new(
                ErrorCode::NotConfigured,
                "Sign-in by e-mail is not configured here; set SECRET_KEY and SMTP_SERVER",
            ),
            SignInError::WrongCode => new(
                ErrorCode::WrongCode,
                "The code is wrong, used up or has expired; ask for a new one with POST /api/auth/signup",
            ),
            SignInError::ProofNeeded => new(
                ErrorCode::ProofNeeded,
                "Prove the address first: POST /api/auth/signup, then POST /api/auth/verify-otp, and send its \
                 verification_token, its cookie or the same otp here",
            ),
            SignInError::NoName => {
                new(ErrorCode::Conflict, "Choose a user name first, with POST /api/auth/set-username")
            }
            SignInError::NameTaken => new(ErrorCode::NameTaken, "Somebody else has that user name; choose another"),
            SignInError::TooOften { retry_after_s } => {
                Self::retry(ErrorCode::RateLimited, "Too many codes or tries for this e-mail address", retry_after_s)
            }
            SignInError::Mail(MailError::QueueFull) | SignInError::Cache(CacheError::Full) => {
                Self::retry(ErrorCode::AtCapacity, "Too many people sign in at the moment", BUSY_RETRY_S)
            }
            SignInError::Cache(error) => {
                tracing::error!(%error, "the cache failed in a sign-in");
                new(ErrorCode::Internal, "Something went wrong on our side; the request id helps to find it")
            }
            SignInError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_came_over_tls_never_leaves_it() {
        assert!(cookie_text("x", 600, true).ends_with("; Secure"));
        assert!(!cookie_text("x", 600, false).contains("Secure"), "on plain loopback a browser would drop it");
    }

    #[test]
    fn only_a_well_formed_verification_is_read_from_cookies() {
        let token = Token::from_random([3; 32]);
        let read = |lines: &[String]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().expect("a header value"));
            }
            verification_cookie(&headers)
        };
        let good = format!("{COOKIE}={}", token.expose());
        assert_eq!(read(&[format!("a=b; {good};c")]), Some(token.clone()));
        assert_eq!(read(&["a=b".to_owned(), good]), Some(token.clone()));
        for wrong in [COOKIE.to_owned(), format!("{COOKIE}="), format!("x{COOKIE}={}", token.expose())] {
            assert_eq!(read(&[wrong]), None);
        }
    }
}
