//! Tokens that are wrong, with what is wrong about them.

use super::{AUDIENCE, B64, ISSUER, SECRET, Signer, changed, claims};
use base64::Engine;
use jsonwebtoken::{Algorithm, get_current_timestamp};
use serde_json::{Value, json};

/// What is wrong, and the token.
type Wrong = (String, String);

/// The keys that the provider publishes; two are of the same kind.
pub struct Published {
    pub rsa: Signer,
    pub second: Signer,
    pub ec: Signer,
    pub ed: Signer,
}

impl Published {
    pub fn new() -> Self {
        Self {
            rsa: Signer::rsa("rsa", 2_048),
            second: Signer::rsa("second", 2_048),
            ec: Signer::ec("ec"),
            ed: Signer::ed("ed"),
        }
    }

    pub fn all(&self) -> [&Signer; 4] {
        [&self.rsa, &self.second, &self.ec, &self.ed]
    }
}

pub fn tokens(keys: &Published) -> Vec<Wrong> {
    [wrong_keys(keys), wrong_headers(keys), wrong_claims(keys), wrong_claims_of_ours(), wrong_forms(keys)].concat()
}

fn later() -> u64 {
    get_current_timestamp() + 600
}

fn own_claims() -> Value {
    json!({"sub": "ann", "exp": later()})
}

fn own() -> Signer {
    Signer::secret(SECRET.as_bytes())
}

fn wrong_keys(keys: &Published) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let Published { rsa, second, ec, ed } = keys;
    let unsigned = |header: &Value, claims: &Value| {
        format!("{}.{}.", B64.encode(header.to_string()), B64.encode(claims.to_string()))
    };
    let good = rsa.token(&claims());
    let signature = good.rsplit('.').next().unwrap();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        add("unsigned", unsigned(&json!({"alg": none}), &own_claims()));
        add("a foreign signature", format!("{}{signature}", unsigned(&json!({"alg": none}), &claims())));
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let header = json!({"alg": format!("{algorithm:?}")}).to_string();
        add("another hash", own().signed(&header, &own_claims().to_string(), algorithm));
    }
    let field = |signer: &Signer, name: &str| signer.jwk()[name].as_str().unwrap().to_owned();
    let public = [
        field(rsa, "n").into_bytes(),
        B64.decode(field(rsa, "n")).unwrap(),
        rsa.jwk().to_string().into_bytes(),
        field(ec, "x").into_bytes(),
        B64.decode(field(ed, "x")).unwrap(),
        Vec::new(),
    ];
    for key in &public {
        let mut signer = Signer::secret(key);
        add("a public key as a secret", signer.token(&own_claims()));
        signer.id.clone_from(&rsa.id);
        add("a public key as a secret, by its id", signer.token(&claims()));
    }
    add("another secret", Signer::secret(b"another-secret-of-thirty-two-bytes!!").token(&own_claims()));
    add("somebody else's key under a known id", Signer::rsa(&rsa.id, 2_048).token(&claims()));
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = json!({"alg": format!("{algorithm:?}"), "kid": rsa.id}).to_string();
        add("another algorithm of the same key", rsa.signed(&header, &claims().to_string(), algorithm));
    }
    add("the id of a key of another kind", ec.with(json!({"kid": rsa.id})));
    add("the id of a key of another kind", rsa.with(json!({"kid": ec.id})));
    add("the id of another key", rsa.with(json!({"kid": second.id})));
    add("no id where there is a choice", Signer::new("", rsa.algorithm, rsa.key.clone()).token(&claims()));
    all
}

fn wrong_headers(keys: &Published) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let rsa = &keys.rsa;
    let foreign = Signer::rsa(&rsa.id, 2_048);
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
    let (header, body) = (rsa.header().to_string(), claims().to_string());
    add("alg twice", rsa.raw(&header.replacen('{', "{\"alg\":\"none\",", 1), &body));
    let deep = format!("{{\"alg\":\"RS256\",\"x\":{}{}}}", "[".repeat(700), "]".repeat(700));
    add("a deep header", rsa.raw(&deep, &body));
    all
}

fn wrong_claims(keys: &Published) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let (rsa, later) = (&keys.rsa, later());
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
    let endless = changed("exp", Value::Null).to_string().replacen('{', "{\"exp\":1e400,", 1);
    add("exp beyond any number", rsa.raw(&header, &endless));
    add("exp twice", rsa.raw(&header, &body.replacen('{', &format!("{{\"exp\":{later},"), 1)));
    add("sub twice", rsa.raw(&header, &body.replacen('{', "{\"sub\":\"admin\",", 1)));
    all
}

fn wrong_claims_of_ours() -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let (own, later) = (own(), later());
    add("ours, for another audience", own.token(&json!({"sub": "ann", "exp": later, "aud": AUDIENCE})));
    add("ours, as a provider's user", own.token(&json!({"sub": "idp:person-7", "exp": later})));
    add("ours, without an end", own.token(&json!({"sub": "ann"})));
    add("ours, for nobody", own.token(&json!({"exp": later})));
    add("ours, for a number", own.token(&json!({"sub": 7, "exp": later})));
    add("ours, over", own.token(&json!({"sub": "ann", "exp": get_current_timestamp() - 60})));
    add("ours, not yet", own.token(&json!({"sub": "ann", "exp": later, "nbf": later})));
    for body in ["", "[]", "null", "\"ann\"", "{", "{\"sub\":\"ann\"", "\u{0}", "{} {}"] {
        add("no claims", own.raw(&own.header().to_string(), body));
        add("no header", own.raw(body, &own_claims().to_string()));
    }
    all
}

fn wrong_forms(keys: &Published) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut add = |what: &str, token: String| all.push((what.to_owned(), token));
    let Published { rsa, ec, ed, .. } = keys;
    let good = rsa.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
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
