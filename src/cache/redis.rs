//! The cache in Redis. Commands that are more than one step are scripts, which Redis runs one at a time.

use super::{Cache, CacheError, CacheKind, within_bounds};
use ::redis::{
    Client, Cmd, ErrorKind, FromRedisValue, RedisError, Script, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
    cmd,
};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// How long a command may take, and a connection to be made. A request waits for it at most twice.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// Commands on their way at the same time; more wait.
const COMMANDS_MAX: usize = 1_024;
/// Before every key, so that a Redis may be shared with other programs.
const PREFIX: &str = "viva:";

/// A Redis server, or whatever speaks its protocol.
pub struct RedisCache {
    connection: ConnectionManager,
    delete_if: Script,
    increment: Script,
}

impl RedisCache {
    /// For the server at this address. Connects when it is first used, and again whenever the connection was lost.
    ///
    /// # Errors
    /// [`CacheError::Address`]. A server that does not answer is no error here.
    pub fn new(url: &SecretString) -> Result<Self, CacheError> {
        // For rediss://. Another crate may have installed the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = |error: RedisError| CacheError::Address(error.category().to_owned());
        let client = Client::open(url.expose_secret()).map_err(address)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN))
            .set_concurrency_limit(COMMANDS_MAX)
            // Whoever asks next tries again; nobody waits for tries.
            .set_number_of_retries(0);
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(client, config).map_err(address)?,
            delete_if: Script::new(
                "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
            ),
            increment: Script::new(
                "local sum = redis.call('INCRBY', KEYS[1], ARGV[1]) \
                 if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end \
                 return sum",
            ),
        })
    }

    /// Does it answer?
    ///
    /// # Errors
    /// [`CacheError::Unavailable`].
    pub async fn check(&self) -> Result<(), CacheError> {
        let answer: String = self.run(&cmd("PING")).await?;
        if answer == "PONG" { Ok(()) } else { Err(CacheError::Unavailable("no Redis".to_owned())) }
    }

    async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CacheError> {
        command.query_async(&mut self.connection.clone()).await.map_err(unavailable)
    }
}

/// Commands are ours and well-formed: a refusal that is not about a number is the server's trouble (loading, read-only,
/// out of memory).
fn unavailable(error: RedisError) -> CacheError {
    let no_number = matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError))
        && error.detail().is_some_and(|detail| detail.contains("not an integer") || detail.contains("overflow"));
    if no_number { CacheError::NoNumber } else { CacheError::Unavailable(error.category().to_owned()) }
}

fn own(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// Redis knows no life shorter than a millisecond.
fn life_ms(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX as u64 / 2)
}

#[async_trait]
impl Cache for RedisCache {
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), CacheError> {
        within_bounds(key, value)?;
        self.run(cmd("SET").arg(own(key)).arg(value).arg("PX").arg(life_ms(ttl))).await
    }

    async fn add(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, CacheError> {
        within_bounds(key, value)?;
        let done: Option<String> =
            self.run(cmd("SET").arg(own(key)).arg(value).arg("NX").arg("PX").arg(life_ms(ttl))).await?;
        Ok(done.is_some())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        self.run(cmd("GET").arg(own(key))).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
        self.run(cmd("GETDEL").arg(own(key))).await
    }

    async fn delete(&self, key: &str) -> Result<bool, CacheError> {
        self.run(cmd("DEL").arg(own(key))).await
    }

    async fn delete_if(&self, key: &str, value: &[u8]) -> Result<bool, CacheError> {
        let mut connection = self.connection.clone();
        self.delete_if.key(own(key)).arg(value).invoke_async(&mut connection).await.map_err(unavailable)
    }

    async fn increment(&self, key: &str, by: i64, ttl: Duration) -> Result<i64, CacheError> {
        within_bounds(key, &[])?;
        let mut connection = self.connection.clone();
        let mut call = self.increment.key(own(key));
        call.arg(by).arg(life_ms(ttl)).invoke_async(&mut connection).await.map_err(unavailable)
    }

    fn kind(&self) -> CacheKind {
        CacheKind::Redis
    }
}
