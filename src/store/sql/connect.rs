//! What SQLite and Postgres need each of their own: where they are, what a new connection must be told, how a
//! transaction that writes begins.

use super::unavailable;
use crate::store::{Location, StoreError};
use secrecy::ExposeSecret;
use sqlx::{
    AnyConnection, ConnectOptions, Connection, Executor, Row,
    any::{AnyConnectOptions, install_default_drivers},
    migrate::Migrator,
};
use std::path::Path;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/postgres");

/// Pages that a connection of SQLite keeps, in KiB when negative. There are five connections, and the operating system
/// keeps the file's pages too.
const CACHE: &str = "PRAGMA cache_size = -512";

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Begins a transaction that will write. SQLite takes its lock at once, so that nothing fails half way.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// The first statement of a transaction that writes. In Postgres one writer at a time, of all nodes: a step may
    /// read, decide and write without anybody in between, as it may in SQLite.
    pub fn lock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(7301)"),
        }
    }
}

/// Makes connections.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    kind: Kind,
    options: AnyConnectOptions,
}

impl Connector {
    /// To a database that is made if it is not there.
    pub fn new(location: &Location) -> Result<Self, StoreError> {
        Self::with_mode(location, "rwc")
    }

    /// To a database that is there.
    pub fn existing(location: &Location) -> Result<Self, StoreError> {
        Self::with_mode(location, "rw")
    }

    fn with_mode(location: &Location, mode: &str) -> Result<Self, StoreError> {
        install_default_drivers();
        let (kind, url) = match location {
            Location::Sqlite(path) => (Kind::Sqlite, sqlite_url(path, mode)?),
            Location::Postgres(url) => (Kind::Postgres, url.expose_secret().to_owned()),
        };
        let options: AnyConnectOptions = url.parse().map_err(unavailable)?;
        Ok(Self { kind, options: options.disable_statement_logging() })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn options(&self) -> AnyConnectOptions {
        self.options.clone()
    }

    /// The first connection: it brings the tables up to date.
    pub async fn prepare(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.connect().await?;
        let migrations = match self.kind {
            Kind::Sqlite => &SQLITE_MIGRATIONS,
            Kind::Postgres => &POSTGRES_MIGRATIONS,
        };
        let failed = |error: sqlx::migrate::MigrateError| StoreError::Unavailable(error.to_string());
        migrations.run(&mut connection).await.map_err(failed)?;
        Ok(connection)
    }

    /// A connection that writes.
    pub async fn connect(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = self.options.connect().await.map_err(unavailable)?;
        match self.kind {
            Kind::Sqlite => prepare_sqlite_writer(&mut connection).await?,
            // What is acknowledged is on disk, whatever the server's default is.
            Kind::Postgres => {
                connection.execute("SET synchronous_commit = on").await.map_err(unavailable)?;
                connection.execute("SET statement_timeout = '15s'").await.map_err(unavailable)?;
            }
        }
        Ok(connection)
    }
}

/// Opening a database takes over what an earlier connection wrote to the log, even where its sync failed: seen, and not
/// durable. So everything is moved into the database file and synced there before anything builds on it.
async fn prepare_sqlite_writer(connection: &mut AnyConnection) -> Result<(), StoreError> {
    for pragma in [
        "PRAGMA busy_timeout = 5000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        // What is deleted is overwritten: an erased session leaves no bytes in free pages.
        "PRAGMA secure_delete = ON",
        CACHE,
    ] {
        connection.execute(pragma).await.map_err(unavailable)?;
    }
    let checkpoint = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    let row = checkpoint.fetch_one(&mut *connection).await.map_err(unavailable)?;
    if row.try_get::<i64, _>(0).map_err(unavailable)? != 0 {
        return Err(StoreError::Unavailable("somebody else reads the database all the time".to_owned()));
    }
    connection.ping().await.map_err(unavailable)
}

/// A connection that may only read.
pub(super) async fn make_reader(kind: Kind, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    match kind {
        Kind::Sqlite => {
            connection.execute("PRAGMA busy_timeout = 5000").await?;
            connection.execute("PRAGMA query_only = ON").await?;
            connection.execute(CACHE).await?;
        }
        Kind::Postgres => {
            connection.execute("SET default_transaction_read_only = on").await?;
            // A record is read by several statements, and all see the same moment.
            connection.execute("SET default_transaction_isolation = 'repeatable read'").await?;
            connection.execute("SET statement_timeout = '15s'").await?;
        }
    }
    Ok(())
}

/// The file as a URL, which is what the driver takes: absolute, and with everything encoded that a URL would read.
fn sqlite_url(path: &Path, mode: &str) -> Result<String, StoreError> {
    let absolute = std::path::absolute(path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let text = absolute.to_str().ok_or_else(|| StoreError::Unavailable("its path is not unicode".to_owned()))?;
    let mut url = String::from("sqlite://");
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => url.push(byte as char),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url.push_str("?mode=");
    url.push_str(mode);
    Ok(url)
}
