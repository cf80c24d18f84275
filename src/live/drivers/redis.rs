//! Calls to a real Redis, one edge each: `GET` for a cache, `PING` for anything else, over a few multiplexed connections that are made
//! anew, after a pause, when they break. Like `http`, it has no timers of its own.

use super::slots::Slots;
use super::{Acked, Kind, Peer, Preload, Setup, Speaker, Tally, filler};
use crate::base::{ErrorKind, Outcome, Span, answers};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisError, RedisResult, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Several, so that one answer that a fault holds back does not stand in the way of all others.
const CONNECTIONS: usize = 8;
/// Keys written or read in one go before and after the run.
const CHUNK: u32 = 256;

pub const KIND: Kind = Kind {
    how: "the redis crate over 8 multiplexed connections an edge",
    prepare: Some(|setup| Box::pin(async move { preload(setup).await.map_err(words) })),
    forget: Some(|setup| Box::pin(async move { flush(setup).await.map_err(words) })),
    read_back: Some(|setup, acked| Box::pin(async move { read_back(setup, acked).await.map_err(words) })),
    ..Kind::new(
        Protocol::Redis,
        |peer| Redis::new(peer).map(Speaker::Redis).map_err(|error| error.to_string()),
        |setup| Box::pin(ping(setup)),
    )
};

fn words(error: RedisError) -> String {
    error.to_string()
}

pub struct Redis {
    peer: Peer,
    client: Client,
    slots: Slots<MultiplexedConnection>,
}

impl Redis {
    fn new(peer: Peer) -> RedisResult<Redis> {
        let client = client_of(&peer.setup)?;
        Ok(Redis { client, peer, slots: Slots::new(CONNECTIONS) })
    }

    pub async fn call(&self, traits: Traits) -> Outcome {
        if traits.write {
            return self.write(traits.key).await.map_or_else(Outcome::Failed, |()| Outcome::Ok);
        }
        let command = match self.peer.keyed {
            true => {
                let mut get = ::redis::cmd("GET");
                get.arg(name_of(traits.key));
                get
            }
            false => ::redis::cmd("PING"),
        };
        match self.ask::<Value>(&command).await {
            Ok(Value::Nil) if self.peer.cache.is_some() => Outcome::Miss,
            Ok(_) => Outcome::Ok,
            Err(kind) => Outcome::Failed(kind),
        }
    }

    async fn write(&self, key: u32) -> Result<(), ErrorKind> {
        let write = self.peer.acked.begin(key);
        self.ask::<()>(&set(key, self.ttl(), write.value(self.peer.request_bytes))).await?;
        write.acknowledged();
        Ok(())
    }

    /// Writes a rebuilt value.
    pub async fn fill(&self, key: u32) {
        let write = self.peer.acked.begin(key);
        // A write that fails leaves the key missing, which the next reader finds out.
        if self.ask::<()>(&set(key, self.ttl(), write.value(self.peer.response_bytes))).await.is_ok() {
            write.filled();
        }
    }

    fn ttl(&self) -> Option<Span> {
        self.peer.setup.stays(self.peer.cache.and_then(|cache| cache.ttl))
    }

    async fn ask<T: ::redis::FromRedisValue>(&self, command: &::redis::Cmd) -> Result<T, ErrorKind> {
        let (mut connection, place) = self.slots.get(|| self.connect()).await?;
        let error = match command.query_async::<T>(&mut connection).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if error.is_unrecoverable_error() || error.is_connection_dropped() || error.is_io_error() {
            self.slots.broke(place).await;
        }
        Err(kind_of(&error))
    }

    async fn connect(&self) -> Result<MultiplexedConnection, ErrorKind> {
        let connected = self.client.get_multiplexed_async_connection_with_config(&config()).await;
        connected.map_err(|error| kind_of(&error))
    }
}

/// The engine's timers decide when a wait is over, and a cut edge may hold a connection for long.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None)
}

fn name_of(key: u32) -> String {
    format!("firedrill:key:{key}")
}

fn set(key: u32, ttl: Option<Span>, value: Vec<u8>) -> ::redis::Cmd {
    let mut command = ::redis::cmd("SET");
    command.arg(name_of(key)).arg(value);
    if let Some(ttl) = ttl {
        command.arg("PX").arg((ttl.0 / 1_000_000).max(1));
    }
    command
}

fn kind_of(error: &RedisError) -> ErrorKind {
    if error.is_connection_refusal() {
        ErrorKind::Refused
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_io_error() || error.is_connection_dropped() {
        ErrorKind::Reset
    } else {
        error.code().map_or(ErrorKind::Error, answers::of_redis)
    }
}

fn client_of(setup: &Setup) -> RedisResult<Client> {
    let mut login = ::redis::RedisConnectionInfo::default();
    if let Some(password) = setup.password() {
        login = login.set_password(password);
    }
    if let Some(user) = &setup.account.user {
        login = login.set_username(user);
    }
    let info = format!("redis://{}/", setup.address).into_connection_info()?;
    Client::open(info.set_redis_settings(login))
}

async fn connect(setup: &Setup) -> RedisResult<MultiplexedConnection> {
    client_of(setup)?.get_multiplexed_async_connection_with_config(&config()).await
}

/// Writes the first keys, the most popular ones last, so that a full cache keeps them.
async fn preload(setup: Setup) -> RedisResult<()> {
    let Some(Preload { entries, ttl, value_bytes }) = setup.keys else { return Ok(()) };
    let ttl = setup.stays(ttl);
    let mut connection = connect(&setup).await?;
    let mut end = entries;
    while end > 0 {
        let begin = end.saturating_sub(CHUNK);
        let mut pipeline = ::redis::pipe();
        for key in (begin..end).rev() {
            pipeline.add_command(set(key, ttl, filler::value(value_bytes))).ignore();
        }
        pipeline.query_async::<()>(&mut connection).await?;
        end = begin;
    }
    Ok(())
}

/// Empties a cache at once; says how many keys it held.
async fn flush(setup: Setup) -> RedisResult<u64> {
    let mut connection = connect(&setup).await?;
    let held: u64 = ::redis::cmd("DBSIZE").query_async(&mut connection).await?;
    ::redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await?;
    Ok(held)
}

async fn read_back(setup: Setup, acked: Arc<Acked>) -> RedisResult<Tally> {
    let mut connection = connect(&setup).await?;
    let mut found = BTreeMap::new();
    for keys in acked.keys().chunks(CHUNK as usize) {
        let mut command = ::redis::cmd("MGET");
        command.arg(keys.iter().map(|key| name_of(*key)).collect::<Vec<_>>());
        let values: Vec<Option<Vec<u8>>> = command.query_async(&mut connection).await?;
        let numbers = values.iter().map(|value| acked.number_in(value.as_deref()?));
        found.extend(keys.iter().zip(numbers).filter_map(|(key, number)| Some((*key, number?))));
    }
    Ok(acked.tally_values(&found))
}

async fn ping(setup: Setup) -> Result<(), String> {
    let said = |error: RedisError| format!("PING failed: {error}");
    let mut connection = connect(&setup).await.map_err(said)?;
    let answer: String = ::redis::cmd("PING").query_async(&mut connection).await.map_err(said)?;
    match answer.as_str() {
        "PONG" => Ok(()),
        other => Err(format!("PING was answered with {other:?}")),
    }
}
