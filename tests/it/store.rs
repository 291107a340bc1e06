//! The durable store: the conformance suite over SQLite and Postgres, and what is SQLite's own.

use crate::support::postgres;
use secrecy::ExposeSecret;
use std::path::Path;
use viva::store::{Location, LocationError, SqlStore, Store, StoreError, conformance};

async fn open(path: &Path) -> SqlStore {
    SqlStore::open(&Location::Sqlite(path.to_owned())).await.expect("a writable directory takes a database")
}

#[tokio::test]
async fn sqlite_passes_the_suite() {
    let directory = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicU32::new(0);
    conformance::check_all(async || {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        open(&directory.path().join(format!("{number}.db"))).await
    })
    .await;
}

#[tokio::test]
async fn postgres_passes_the_suite() {
    conformance::check_all(async || {
        let location = postgres::new_database().await;
        SqlStore::open(&location).await.expect("a new database takes our tables")
    })
    .await;
}

/// A second server on the same database sees everything, and does not make the tables again.
#[tokio::test]
async fn postgres_keeps_what_was_written() {
    let location = postgres::new_database().await;
    let session = conformance::new_session(1);
    let session_id = session.session_id.clone();
    let store = SqlStore::open(&location).await.unwrap();
    assert_eq!(store.kind(), "postgres");
    store.create_session(session).await.unwrap();
    store.close().await;
    let store = SqlStore::open(&location).await.unwrap();
    assert!(store.load_session(&session_id).await.unwrap().is_some());
    store.check().await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_closing_and_opening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("viva.db");
    let session = conformance::new_session(1);
    let session_id = session.session_id.clone();
    let store = open(&path).await;
    store.create_session(session).await.unwrap();
    store.close().await;
    let late = store.create_session(conformance::new_session(2)).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "a closed store refuses: {late:?}");
    let store = open(&path).await;
    assert!(store.load_session(&session_id).await.unwrap().is_some());
    store.check().await.unwrap();
}

/// Many sessions write at once; each is answered, and nothing is lost between them.
#[tokio::test]
async fn many_sessions_share_the_writer() {
    const SESSIONS: u8 = 40;
    const STEPS: u32 = 10;
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("viva.db")).await;
    let one = async |n: u8| {
        let session = conformance::new_session(n);
        let session_id = session.session_id.clone();
        store.create_session(session).await.unwrap();
        for step in 1..=STEPS {
            let item = conformance::item(step, &format!("words {n} {step}"));
            let changes = vec![viva::domain::session::Change::Item(item)];
            store.apply(&session_id, u64::from(step), conformance::at(1), changes).await.unwrap();
        }
        let record = store.load_session(&session_id).await.unwrap().unwrap();
        let expected: Vec<_> = (1..=STEPS).map(|step| conformance::item(step, &format!("words {n} {step}"))).collect();
        assert_eq!(record.items, expected);
    };
    futures_util::future::join_all((1..=SESSIONS).map(one)).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("viva.db");
    std::fs::write(&path, "this is a letter, not a database, and long enough to be read as a header of one").unwrap();
    assert!(matches!(SqlStore::open(&Location::Sqlite(path.clone())).await, Err(StoreError::Unavailable(_))));
    let missing = directory.path().join("no/such/place/viva.db");
    assert!(matches!(SqlStore::open(&Location::Sqlite(missing)).await, Err(StoreError::Unavailable(_))));
}

#[test]
fn database_urls_are_read_in_both_spellings() {
    let check = |url: &str, path: &str| match Location::parse(url) {
        Ok(Location::Sqlite(found)) => assert_eq!(found, Path::new(path), "{url}"),
        other => panic!("{url}: {other:?}"),
    };
    check("sqlite:///./viva.db", "./viva.db");
    check("sqlite:///viva.db", "viva.db");
    check("sqlite:////var/lib/viva.db", "/var/lib/viva.db");
    check("sqlite+aiosqlite:///./viva.db", "./viva.db");
    check("sqlite:viva.db", "viva.db");
    check("sqlite://viva.db?mode=rwc", "viva.db");
    check("sqlite:/var/lib/viva.db", "/var/lib/viva.db");
    for url in ["postgresql://h/db", "postgres://h/db", "postgresql+asyncpg://h/db"] {
        match Location::parse(url) {
            Ok(Location::Postgres(found)) => assert_eq!(found.expose_secret(), "postgres://h/db", "{url}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    let refused = |url: &str| Location::parse(url).expect_err(url);
    assert_eq!(refused("sqlite::memory:"), LocationError::Memory);
    assert_eq!(refused("sqlite:///:memory:"), LocationError::Memory);
    assert_eq!(refused("sqlite://"), LocationError::NoFile);
    assert_eq!(refused("postgresql:db"), LocationError::Postgres);
    assert_eq!(refused("mysql://h/db"), LocationError::Scheme("mysql".to_owned()));
}
