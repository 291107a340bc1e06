//! Bearer tokens: an identity provider with real keys and a real server, and tokens that try to be what they are not.

use crate::support::server::{TestServer, answer};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
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
        let options = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER"];
        Self::new(id, Algorithm::ES256, EncodingKey::from_ec_der(&openssl(&options, &[])))
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
    assert!((3..=6).contains(&keys.asked()), "strangers do not make us a flood: {}", keys.asked());
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

/// Tokens that are wrong, with what is wrong about them.
fn hostile(rsa: &Signer, second: &Signer, ec: &Signer, ed: &Signer) -> Vec<(String, String)> {
    let own = Signer::secret(SECRET.as_bytes());
    let later = get_current_timestamp() + 600;
    let own_claims = json!({"sub": "ann", "exp": later});
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let foreign = Signer::rsa(&rsa.id, 2_048);
    let good = rsa.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = |header: &str, claims: &Value| format!("{}.{}.", B64.encode(header), B64.encode(claims.to_string()));
    for none in ["none", "None", "NONE", "nOnE", ""] {
        add("unsigned", unsigned(&json!({"alg": none}).to_string(), &own_claims));
        add("a foreign signature", format!("{}{}", unsigned(&json!({"alg": none}).to_string(), &claims()), parts[2]));
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = json!({"alg": format!("{algorithm:?}")}).to_string();
        add("another hash", own.signed(&header, &own_claims.to_string(), algorithm));
    }
    let jwk = rsa.jwk();
    let modulus = jwk["n"].as_str().unwrap();
    let public: [&[u8]; 6] = [
        modulus.as_bytes(),
        &B64.decode(modulus).unwrap(),
        jwk.to_string().as_bytes(),
        ec.jwk()["x"].as_str().unwrap().as_bytes(),
        &B64.decode(ed.jwk()["x"].as_str().unwrap()).unwrap(),
        b"",
    ];
    for key in public {
        let mut signer = Signer::secret(key);
        add("a public key as a secret", signer.token(&own_claims));
        signer.id.clone_from(&rsa.id);
        add("a public key as a secret, by its id", signer.token(&claims()));
    }
    add("another secret", Signer::secret(b"another-secret-of-thirty-two-bytes!!").token(&own_claims));
    add("somebody else's key under a known id", foreign.token(&claims()));
    for (name, value) in [
        ("jwk", foreign.jwk()),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/chain")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("cty", json!("JWT")),
        ("typ", json!("JWE")),
        ("typ", json!("secevent+jwt")),
        ("typ", json!(7)),
        ("kid", json!(["rsa"])),
        ("kid", json!(7)),
        ("kid", json!({"$ne": null})),
        ("alg", json!(["RS256"])),
        ("alg", json!(null)),
    ] {
        add(&format!("{name} in the header"), foreign.with(json!({name: value})));
        add(&format!("{name} in a good header"), rsa.with(json!({name: value})));
    }
    for id in
        ["../../../dev/null", "' OR '1'='1", "\u{0}", "rsa\n", "RSA", "", "http://127.0.0.1:1/k", &"k".repeat(2_000)]
    {
        add("an id that is none", rsa.with(json!({"kid": id})));
        add("an id and an empty secret", Signer::secret(b"").with(json!({"kid": id})));
    }
    let as_other = |signer: &Signer, algorithm: Algorithm| {
        let header = json!({"alg": format!("{algorithm:?}"), "kid": signer.id}).to_string();
        signer.signed(&header, &claims().to_string(), algorithm)
    };
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        add("another algorithm of the same key", as_other(rsa, algorithm));
    }
    add("the id of a key of another kind", ec.with(json!({"kid": rsa.id})));
    add("the id of a key of another kind", rsa.with(json!({"kid": ec.id})));
    add("the id of another key", rsa.with(json!({"kid": second.id})));
    add("no id where there is a choice", Signer::new("", rsa.algorithm, rsa.key.clone()).token(&claims()));
    for (name, value) in [
        ("exp", json!(get_current_timestamp() - 60)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!(later.to_string())),
        ("exp", json!([later])),
        ("exp", json!(true)),
        ("exp", Value::Null),
        ("nbf", json!(later)),
        ("nbf", json!("now")),
        ("iat", json!(later)),
        ("iat", json!("yesterday")),
        ("iat", json!(-5)),
        ("iat", Value::Null),
        ("iss", json!("https://issuer.example/other")),
        ("iss", json!(format!("{ISSUER}/"))),
        ("iss", json!([ISSUER])),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!(AUDIENCE.to_uppercase())),
        ("aud", json!([])),
        ("aud", json!(7)),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("s".repeat(300))),
        ("sub", Value::Null),
    ] {
        add(&format!("{name} is {value}"), rsa.token(&changed(name, value)));
    }
    let header = rsa.header().to_string();
    let body = claims().to_string();
    add("exp beyond any number", rsa.raw(&header, &body.replace(&format!("\"exp\":{later}"), "\"exp\":1e400")));
    add("exp twice", rsa.raw(&header, &body.replacen('{', &format!("{{\"exp\":{later},"), 1)));
    add("sub twice", rsa.raw(&header, &body.replacen('{', "{\"sub\":\"admin\",", 1)));
    add("alg twice", rsa.raw(&header.replacen('{', "{\"alg\":\"none\",", 1), &body));
    add("ours, for another audience", own.token(&json!({"sub": "ann", "exp": later, "aud": AUDIENCE})));
    add("ours, as a provider's user", own.token(&json!({"sub": "idp:person-7", "exp": later})));
    add("ours, without an end", own.token(&json!({"sub": "ann"})));
    add("ours, for nobody", own.token(&json!({"exp": later})));
    add("ours, for a number", own.token(&json!({"sub": 7, "exp": later})));
    add("ours, over", own.token(&json!({"sub": "ann", "exp": get_current_timestamp() - 60})));
    add("ours, not yet", own.token(&json!({"sub": "ann", "exp": later, "nbf": later})));
    for body in ["", "[]", "null", "\"ann\"", "{", "{\"sub\":\"ann\"", "\u{0}", "{} {}"] {
        add("no claims", own.raw(&own.header().to_string(), body));
        add("no header", own.raw(body, &own_claims.to_string()));
    }
    let deep = format!("{{\"alg\":\"RS256\",\"x\":{}{}}}", "[".repeat(700), "]".repeat(700));
    add("a deep header", rsa.raw(&deep, &body));
    add("bytes that are no text", format!("{}.{}.{}", parts[0], B64.encode([0xff, 0xfe, 0x7b]), parts[2]));
    let zeros = |bytes: usize| B64.encode(vec![0u8; bytes]);
    for (signer, length) in [(ec, 64), (ed, 64), (rsa, 256)] {
        let signed = signer.token(&claims());
        let (message, signature) = signed.rsplit_once('.').unwrap();
        add("a signature of zeros", format!("{message}.{}", zeros(length)));
        add("no signature", format!("{message}."));
        add("half a signature", format!("{message}.{}", &signature[..signature.len() / 2]));
        add("a longer signature", format!("{message}.{signature}{}", zeros(3)));
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        add("a changed signature", format!("{message}.{flipped}{}", &signature[1..]));
        let claims = B64.encode(changed("sub", json!("admin")).to_string());
        let header = message.split('.').next().unwrap();
        add("changed claims", format!("{header}.{claims}.{signature}"));
    }
    add("two parts", format!("{}.{}", parts[0], parts[1]));
    add("four parts", format!("{good}.{}", parts[2]));
    add("five parts", format!("{good}.{}.{}", parts[1], parts[2]));
    for text in ["", ".", "..", "...", "....", "a.b.c", "null", "{}", "undefined", "Bearer", "💣.💣.💣"] {
        add("no token", text.to_owned());
    }
    add("padding", format!("{}==.{}.{}", parts[0], parts[1], parts[2]));
    add("spaces", format!("{} .{}.{}", parts[0], parts[1], parts[2]));
    add("other digits", format!("{}.{}.+/{}", parts[0], parts[1], parts[2]));
    add("JSON serialisation", json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string());
    add("too long", format!("{good}{}", "A".repeat(4_096)));
    add("much too long", "A".repeat(100_000));
    all
}

#[tokio::test]
async fn hostile_tokens_are_refused_and_harm_nobody() {
    let (rsa, second, ec, ed) =
        (Signer::rsa("rsa", 2_048), Signer::rsa("second", 2_048), Signer::ec("ec"), Signer::ed("ed"));
    let keys = Keys::serve(&[&rsa, &second, &ec, &ed]).await;
    let mut variables = keys.variables();
    variables.push(("SECRET_KEY", SECRET));
    let authenticator = authenticator(&variables);
    let server = TestServer::start(&variables).await;
    let good = rsa.token(&claims());
    assert!(judge(&authenticator, &good).await.is_ok(), "the token that the others are made of is good");
    let all = hostile(&rsa, &second, &ec, &ed);
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
    assert!(keys.asked() <= 12, "unknown ids do not make us a flood: {}", keys.asked());
    let (status, body) = answer(start(&good)).await;
    assert_eq!(status, 200, "and the good one still opens: {body}");
    server.stop().await;
}
