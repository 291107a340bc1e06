//! Where the database is: `DATABASE_URL`, read.

use secrecy::SecretString;
use std::path::PathBuf;

/// A database that Viva can use.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A Postgres database, as the driver's URL; it may hold a password.
    Postgres(SecretString),
}

/// A `DATABASE_URL` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    #[error("names a kind of database that this version does not have: {0} (sqlite and postgresql are there)")]
    Scheme(String),
    #[error("is no address of a Postgres database, such as postgresql://user@host/name")]
    Postgres,
    #[error("names no file")]
    NoFile,
    #[error("names a database in memory, where nothing lasts")]
    Memory,
}

impl Location {
    /// Reads both spellings: SQLAlchemy's, where three slashes begin a relative path and four an absolute one
    /// (`sqlite:///./viva.db`, `sqlite:////var/lib/viva.db`), and sqlx's (`sqlite:viva.db`,
    /// `sqlite://viva.db?mode=rwc`).
    /// Postgres as `postgres://` and `postgresql://`, with or without a driver (`postgresql+asyncpg://`).
    /// Where the SQLite spellings collide, on `sqlite:///path`, the path is relative. Parameters after `?` are unused.
    pub fn parse(url: &str) -> Result<Self, LocationError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        let kind = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
        if kind == "postgres" || kind == "postgresql" {
            let host = rest.strip_prefix("//").filter(|rest| !rest.is_empty()).ok_or(LocationError::Postgres)?;
            return Ok(Self::Postgres(format!("postgres://{host}").into()));
        }
        if kind != "sqlite" {
            return Err(LocationError::Scheme(kind));
        }
        let path = rest.split('?').next().unwrap_or_default();
        if path == ":memory:" || path.ends_with("/:memory:") || rest.contains("mode=memory") {
            return Err(LocationError::Memory);
        }
        let path = match path.strip_prefix("//") {
            Some(after) => after.strip_prefix('/').unwrap_or(after),
            None => path,
        };
        if path.is_empty() || path.ends_with('/') {
            return Err(LocationError::NoFile);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}
