//! Nobody learns by the answer or by the clock whether an address has an account.

use crate::support::services::six_digits;
use std::{collections::HashMap, sync::Arc, time::Instant};
use viva::{
    auth::sign_in::{Proofs, SignIn, SignInError},
    cache::MemoryCache,
    config::Config,
    domain::{
        auth::Token,
        id::UserId,
        sign_in::{Code, EmailAddress, UserName},
    },
    email::Mailer,
    store::{Location, SqlStore, conformance::at},
};

/// Addresses of each kind.
const ADDRESSES: u32 = 200;
/// Beyond this a difference of the ranks is not chance (two in a hundred thousand).
const Z_MAX: f64 = 4.2;
/// A step that asks nobody takes nanoseconds, and there the place in memory alone makes a difference. A look at the
/// users takes a hundred times as long as this.
const DIFFERENCE_MAX_S: f64 = 1e-6;

/// The middle one.
fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// `account` or `unknown`: words of one length, or the test would measure how long it takes to copy an address.
fn address(kind: &str, n: u32) -> EmailAddress {
    EmailAddress::parse(&format!("{kind}-person-{n}@example.com")).unwrap()
}

async fn service(dir: &std::path::Path) -> (SignIn, Arc<Mailer>) {
    let none: HashMap<&str, String> = HashMap::new();
    let config = Config::load(|name| none.get(name).cloned(), |path| std::fs::read_to_string(path)).unwrap();
    let users = Arc::new(SqlStore::open(&Location::Sqlite(dir.join("viva.db"))).await.unwrap());
    for n in 0..ADDRESSES {
        let bytes = u128::from(n + 1).to_be_bytes();
        let id = users.ensure_user(UserId::from_random(bytes), address("account", n), at(1)).await.unwrap();
        users.set_username(id, UserName::parse(&format!("person-{n}")).unwrap()).await.unwrap();
    }
    let mut access = config.access.clone();
    access.jwt_secret = Some("a-secret-of-at-least-thirty-two-bytes".to_owned().into());
    // The mails go to the outbox all the same.
    let mailer = Arc::new(Mailer::start(&config.email, &config.access).unwrap());
    let sign_in = SignIn::new(&access, Arc::new(MemoryCache::default()), users, mailer.clone());
    (sign_in, mailer)
}

/// How far the sum of ranks of the first is from what chance gives, in standard deviations (Mann and Whitney).
fn z(known: &[f64], unknown: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        known.iter().map(|&t| (t, true)).chain(unknown.iter().map(|&t| (t, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank_sum: f64 = all.iter().zip(1u32..).filter(|((_, known), _)| *known).map(|(_, rank)| f64::from(rank)).sum();
    let (n, m) = (known.len() as f64, unknown.len() as f64);
    (rank_sum - n * (n + m + 1.0) / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// Times a step for known and unknown addresses in turn; what it answers must be the same for all.
async fn compare(name: &str, step: impl AsyncFn(EmailAddress) -> Result<(), SignInError>) {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut outcomes = Vec::new();
    for n in 0..ADDRESSES {
        // In changing order, so that being first is no difference.
        let kinds = if n % 2 == 0 { ["account", "unknown"] } else { ["unknown", "account"] };
        for kind in kinds {
            let email = address(kind, n);
            let started = Instant::now();
            outcomes.push(step(email).await);
            let times = if kind == "account" { &mut known } else { &mut unknown };
            times.push(started.elapsed().as_secs_f64());
        }
    }
    outcomes.dedup();
    assert_eq!(outcomes.len(), 1, "{name}: {outcomes:?}");
    let (z, difference_s) = (z(&known, &unknown), median(&known) - median(&unknown));
    let is_seen = z.abs() > Z_MAX && difference_s.abs() > DIFFERENCE_MAX_S;
    assert!(!is_seen, "{name}: the times differ by {difference_s:.9} s, z = {z:.2}");
}

#[tokio::test]
async fn known_and_unknown_addresses_look_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let (sign_in, mailer) = service(dir.path()).await;
    let code = Code::parse("123456").unwrap();
    let proofs =
        || Proofs { token: Some(Token::from_random([7; 32])), code: Code::parse("123456"), ..Proofs::default() };
    compare("verify without a code", async |email| sign_in.verify(&email, &code, at(9)).await.map(drop)).await;
    compare("log in", async |email| sign_in.log_in(&email, &Proofs::default(), at(9)).await.map(drop)).await;
    compare("log in with a proof", async |email| sign_in.log_in(&email, &proofs(), at(9)).await.map(drop)).await;
    let name = UserName::parse("somebody").unwrap();
    compare("set a name", async |email| sign_in.set_username(&email, name.clone(), &proofs(), at(9)).await).await;
    let mut codes = HashMap::new();
    for n in 0..ADDRESSES {
        for kind in ["account", "unknown"] {
            sign_in.sign_up(&address(kind, n), at(9)).await.unwrap();
            let newest = mailer.outbox().unwrap().swap_remove(0).mail;
            codes.insert(newest.to, six_digits(&newest.body).unwrap());
        }
    }
    compare("verify a wrong code", async |email| {
        let right: u32 = codes[email.as_str()].parse().unwrap();
        let wrong = Code::from_random(u64::from(right + 1).to_le_bytes());
        sign_in.verify(&email, &wrong, at(9)).await.map(drop)
    })
    .await;
    compare("sign up", async |email| sign_in.sign_up(&email, at(9)).await).await;
}

#[test]
fn the_test_finds_a_difference_that_is_there() {
    let times = |shift: f64| -> Vec<f64> { (0..ADDRESSES).map(|n| f64::from(n * 37 % ADDRESSES) + shift).collect() };
    assert!(z(&times(0.0), &times(0.5)).abs() < 1.0);
    assert!(z(&times(0.0), &times(60.0)).abs() > Z_MAX);
}
