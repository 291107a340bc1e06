//! Bearer tokens: an identity provider with real keys and a real server, and tokens that try to be what they are not.

mod hostile;

use crate::support::server::{TestServer, answer};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use hostile::Published;
use jsonwebtoken::{Algorithm, EncodingKey, crypto, get_current_timestamp, jwk::Jwk};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    process::Command,
    sync::{Arc, Mutex},
};
use viva::{
    auth::{AuthError, Authenticator, Credential, Identity},
    config::Config,
};

const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
const ISSUER: &str = "https://issuer.example/project";
const AUDIENCE: &str = "viva-tests";

/// A private key, and the algorithm that it is for.
struct Signer {
    id: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn rsa(id: &str, bits: u32) -> Self {
        let pem = openssl(&["genrsa", &bits.to_string()], &[]);
        let der = openssl(&["rsa", "-traditional", "-outform", "DER"], &pem);
        Self::new(id, Algorithm::RS256, EncodingKey::from_rsa_der(&der))
    }

    fn ec(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(&pair.serialize_der()))
    }

    fn ed(id: &str) -> Self {
        let der = openssl(&["genpkey", "-algorithm", "ed25519", "-outform", "DER"], &[]);
        Self::new(id, Algorithm::EdDSA, EncodingKey::from_ed_der(&der))
    }

    fn secret(secret: &[u8]) -> Self {
        Self::new("", Algorithm::HS256, EncodingKey::from_secret(secret))
    }

    fn new(id: &str, algorithm: Algorithm, key: EncodingKey) -> Self {
        Self { id: id.to_owned(), algorithm, key }
    }

    fn jwk(&self) -> Value {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&self.key, self.algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    fn header(&self) -> Value {
        let mut header = json!({"typ": "JWT", "alg": format!("{:?}", self.algorithm)});
        if !self.id.is_empty() {
            header["kid"] = json!(self.id);
        }
        header
    }

    fn token(&self, claims: &Value) -> String {
        self.raw(&self.header().to_string(), &claims.to_string())
    }

    /// With more in its header.
    fn with(&self, more: Value) -> String {
        let mut header = self.header();
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.raw(&header.to_string(), &claims().to_string())
    }

    /// Well signed, whatever it says.
    fn raw(&self, header: &str, claims: &str) -> String {
        self.signed(header, claims, self.algorithm)
    }

    fn signed(&self, header: &str, claims: &str, algorithm: Algorithm) -> String {
        let message = format!("{}.{}", B64.encode(header), B64.encode(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("openssl");
    command.args(arguments);
    if !input.is_empty() {
        let file = dir.path().join("in.pem");
        std::fs::write(&file, input).unwrap();
        command.arg("-in").arg(file);
    }
    let output = command.output().expect("openssl is installed: scripts/install-deps test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn claims() -> Value {
    let now = get_current_timestamp();
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "person-7", "iat": now, "exp": now + 600, "name": "Person Seven"})
}

/// The good claims with one of them changed; `null` takes it away.
fn changed(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

/// An identity provider's server: what it answers can be changed, and it counts.
#[derive(Clone)]
struct Keys {
    url: String,
    state: Arc<Mutex<(StatusCode, String, u32)>>,
}

impl Keys {
    async fn serve(keys: &[&Signer]) -> Self {
        let state = Arc::new(Mutex::new((StatusCode::OK, set(keys), 0)));
        let answer = async |State(state): State<Arc<Mutex<(StatusCode, String, u32)>>>| {
            let mut state = state.lock().unwrap();
            state.2 += 1;
            (state.0, [("location", "/elsewhere")], state.1.clone()).into_response()
        };
        let router =
            Router::new().route("/keys", get(answer)).route("/elsewhere", get(answer)).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    fn answer(&self, status: StatusCode, body: String) {
        let mut state = self.state.lock().unwrap();
        (state.0, state.1) = (status, body);
    }

    fn asked(&self) -> u32 {
        self.state.lock().unwrap().2
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        vec![("JWT_JWKS_URL", &self.url), ("JWT_ISSUER", ISSUER), ("JWT_AUDIENCE", AUDIENCE)]
    }

    fn authenticator(&self) -> Authenticator {
        let mut variables = self.variables();
        variables.push(("SECRET_KEY", SECRET));
        authenticator(&variables)
    }
}

fn set(keys: &[&Signer]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

fn authenticator(variables: &[(&str, &str)]) -> Authenticator {
    let map: HashMap<&str, &str> = variables.iter().copied().collect();
    let config =
        Config::load(|name| map.get(name).map(|value| (*value).to_owned()), |path| std::fs::read_to_string(path));
    Authenticator::new(&config.unwrap().access).unwrap()
}

async fn judge(authenticator: &Authenticator, token: &str) -> Result<Identity, AuthError> {
    authenticator.identify(Credential::Bearer(token)).await
}

fn person(sub: &str, name: &str) -> Result<Identity, AuthError> {
    Ok(Identity::User { sub: sub.to_owned(), name: name.to_owned() })
}

#[tokio::test]
async fn a_providers_tokens_name_users_of_their_own() {
    let signers = [Signer::rsa("rsa", 2_048), Signer::ec("ec"), Signer::ed("ed")];
    let keys = Keys::serve(&signers.each_ref()).await;
    let authenticator = keys.authenticator();
    for signer in &signers {
        assert_eq!(judge(&authenticator, &signer.token(&claims())).await, person("idp:person-7", "Person Seven"));
    }
    let signer = &signers[0];
    // A Firebase token has no name of its own and lists nothing else that is required.
    let firebase = json!({
        "iss": ISSUER, "aud": AUDIENCE, "auth_time": 1, "user_id": "abc", "sub": "abc", "email": "a@b.example",
        "iat": get_current_timestamp() - 10, "exp": get_current_timestamp() + 3_590, "firebase": {"identities": {}},
    });
    assert_eq!(judge(&authenticator, &signer.token(&firebase)).await, person("idp:abc", "idp:abc"));
    let several = signer.token(&changed("aud", json!(["other", AUDIENCE])));
    assert_eq!(judge(&authenticator, &several).await, person("idp:person-7", "Person Seven"));
    // It may say what it likes: it never becomes one of our users.
    let posing = signer.token(&changed("sub", json!("usr_aaaaaaaaaaaaaaaaaaaaaaaaaa")));
    assert_eq!(judge(&authenticator, &posing).await, person("idp:usr_aaaaaaaaaaaaaaaaaaaaaaaaaa", "Person Seven"));
    // Our own tokens go on beside it.
    let own = Signer::secret(SECRET.as_bytes());
    let own_claims = json!({"sub": "ann", "username": "Ann", "exp": get_current_timestamp() + 60});
    assert_eq!(judge(&authenticator, &own.token(&own_claims)).await, person("ann", "Ann"));
    assert_eq!(keys.asked(), 1, "one answer served them all");
}

#[tokio::test]
async fn a_provider_without_a_secret_key_and_a_secret_key_without_a_provider() {
    let (signer, own) = (Signer::ec("ec"), Signer::secret(SECRET.as_bytes()));
    let keys = Keys::serve(&[&signer]).await;
    let own_claims = json!({"sub": "ann", "exp": get_current_timestamp() + 60});
    let provider_only = authenticator(&keys.variables());
    assert!(judge(&provider_only, &signer.token(&claims())).await.is_ok());
    assert_eq!(judge(&provider_only, &own.token(&own_claims)).await, Err(AuthError::WrongToken));
    let secret_only = authenticator(&[("SECRET_KEY", SECRET)]);
    assert!(judge(&secret_only, &own.token(&own_claims)).await.is_ok());
    assert_eq!(judge(&secret_only, &signer.token(&claims())).await, Err(AuthError::WrongToken));
    let neither = authenticator(&[("API_KEY", "platform-key-for-tests")]);
    assert_eq!(judge(&neither, &own.token(&own_claims)).await, Err(AuthError::UsersNotConfigured));
}

#[tokio::test]
async fn keys_rotate_and_a_provider_may_be_away() {
    let (first, second) = (Signer::ec("2026-10"), Signer::ec("2026-11"));
    let keys = Keys::serve(&[&first]).await;
    let authenticator = keys.authenticator();
    let token = first.token(&claims());
    let at_once = futures_util::future::join_all((0..30).map(|_| judge(&authenticator, &token))).await;
    assert!(at_once.iter().all(Result::is_ok));
    assert_eq!(keys.asked(), 1, "many at once ask once");
    keys.answer(StatusCode::OK, set(&[&first, &second]));
    assert!(judge(&authenticator, &second.token(&claims())).await.is_ok(), "a new key is found when it is met");
    assert_eq!(keys.asked(), 2);
    keys.answer(StatusCode::OK, set(&[&second]));
    let stranger = Signer::ec("stranger");
    for _ in 0..50 {
        assert_eq!(judge(&authenticator, &stranger.token(&claims())).await, Err(AuthError::WrongToken));
    }
    assert!((3..=10).contains(&keys.asked()), "strangers do not make us a flood: {}", keys.asked());
    assert_eq!(judge(&authenticator, &token).await, Err(AuthError::WrongToken), "a key that was withdrawn is gone");
    keys.answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    assert!(judge(&authenticator, &second.token(&claims())).await.is_ok(), "what is known stays");
}

#[tokio::test]
async fn what_a_provider_serves_is_not_believed_blindly() {
    let (good, small) = (Signer::rsa("good", 2_048), Signer::rsa("small", 1_024));
    let secret = json!({"kty": "oct", "k": B64.encode(SECRET), "kid": "shared", "alg": "HS256"});
    let mut encrypts = good.jwk();
    (encrypts["use"], encrypts["kid"]) = (json!("enc"), json!("encrypts"));
    let mixed = json!({"keys": [secret, 7, {"kty": "new"}, small.jwk(), encrypts, good.jwk()]}).to_string();
    let keys = Keys::serve(&[]).await;
    keys.answer(StatusCode::OK, mixed);
    let authenticator = keys.authenticator();
    assert!(judge(&authenticator, &good.token(&claims())).await.is_ok(), "one key that fits is enough");
    let by = |signer: &Signer, id: &str| Signer::new(id, signer.algorithm, signer.key.clone()).token(&claims());
    for token in [by(&small, "small"), by(&good, "encrypts"), by(&Signer::secret(SECRET.as_bytes()), "shared")] {
        assert_eq!(judge(&authenticator, &token).await, Err(AuthError::WrongToken));
    }
    let huge = format!("{{\"keys\": [{}], \"pad\": \"{}\"}}", good.jwk(), "x".repeat(300_000));
    for (status, body) in [
        (StatusCode::FOUND, set(&[&good])),
        (StatusCode::NOT_FOUND, set(&[&good])),
        (StatusCode::OK, huge),
        (StatusCode::OK, "[]".to_owned()),
        (StatusCode::OK, "{\"keys\": []}".to_owned()),
        (StatusCode::OK, "<html>".to_owned()),
    ] {
        let keys = Keys::serve(&[&good]).await;
        keys.answer(status, body.clone());
        let outcome = judge(&keys.authenticator(), &good.token(&claims())).await;
        assert_eq!(outcome, Err(AuthError::ProviderUnavailable), "{status} {}", &body[..body.len().min(40)]);
        assert_eq!(keys.asked(), 1, "and no redirect is followed");
    }
}

#[tokio::test]
async fn hostile_tokens_are_refused_and_harm_nobody() {
    let published = Published::new();
    let keys = Keys::serve(&published.all()).await;
    let mut variables = keys.variables();
    variables.push(("SECRET_KEY", SECRET));
    let authenticator = authenticator(&variables);
    let server = TestServer::start(&variables).await;
    let good = published.rsa.token(&claims());
    assert!(judge(&authenticator, &good).await.is_ok(), "the token that the others are made of is good");
    let all = hostile::tokens(&published);
    assert!(all.len() >= 60, "{}", all.len());
    let start = |token: &str| {
        let request = server.request(Method::POST, "/api/interview/start").json(&json!({"kind": "tryout"}));
        request.header("authorization", format!("Bearer {token}"))
    };
    for (what, token) in &all {
        assert_eq!(judge(&authenticator, token).await, Err(AuthError::WrongToken), "{what}: {token}");
        // What no header can carry, and what is longer than any header, does not get this far.
        if reqwest::header::HeaderValue::from_str(token).is_ok() && token.len() < 8_000 {
            let (status, body) = answer(start(token)).await;
            assert_eq!((status, body["code"].as_str()), (401, Some("unauthorized")), "{what}: {token}: {body}");
        }
    }
    let (status, body) = answer(start(&good)).await;
    assert_eq!(status, 200, "and the good one still opens: {body}");
    server.stop().await;
}
