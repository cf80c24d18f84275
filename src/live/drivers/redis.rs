//! Calls to a real Redis, one edge each: `GET` for a cache, `PING` for anything else, over a few multiplexed connections that are made
//! anew, after a pause, when they break. Like `http`, it has no timers of its own.

use super::slots::Slots;
use super::{Kind, Peer, Preload, Speaker, filler};
use crate::base::{ErrorKind, Outcome, Span, answers};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, Value};
use std::net::SocketAddr;

/// Several, so that one answer that a fault holds back does not stand in the way of all others.
const CONNECTIONS: usize = 8;
/// Keys written in one pipeline while a cache is filled beforehand.
const PRELOAD_CHUNK: u32 = 256;

pub const KIND: Kind = Kind {
    protocol: Protocol::Redis,
    how: "the redis crate over 8 multiplexed connections an edge",
    open: |peer| Redis::new(peer).map(Speaker::Redis).map_err(|error| error.to_string()),
    ready: |address| Box::pin(ping(address)),
    preload: Some(|address, keys| Box::pin(async move { preload(address, keys).await.map_err(words) })),
    forget: Some(|address| Box::pin(async move { flush(address).await.map_err(words) })),
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
        let client = Client::open(format!("redis://{}/", peer.address))?;
        Ok(Redis { client, peer, slots: Slots::new(CONNECTIONS) })
    }

    pub async fn call(&self, traits: Traits) -> Outcome {
        let command = match self.peer.cache {
            Some(_) => {
                let mut get = ::redis::cmd("GET");
                get.arg(name_of(traits.key));
                get
            }
            None => ::redis::cmd("PING"),
        };
        self.ask::<Value>(&command).await.map_or_else(Outcome::Failed, |answer| outcome_of(&answer))
    }

    /// Writes a rebuilt value.
    pub async fn fill(&self, key: u32) {
        if let Some(cache) = self.peer.cache {
            // A write that fails leaves the key missing, which the next reader finds out.
            let _ = self.ask::<()>(&set(key, cache.ttl, self.peer.response_bytes)).await;
        }
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

fn set(key: u32, ttl: Option<Span>, value_bytes: u64) -> ::redis::Cmd {
    let mut command = ::redis::cmd("SET");
    command.arg(name_of(key)).arg(filler::value(value_bytes));
    if let Some(ttl) = ttl {
        command.arg("PX").arg((ttl.0 / 1_000_000).max(1));
    }
    command
}

/// Whatever is not "no such key" is an answer: a value to `GET`, a plain word to `PING`.
fn outcome_of(answer: &Value) -> Outcome {
    match answer {
        Value::Nil => Outcome::Miss,
        _ => Outcome::Ok,
    }
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

/// Writes the first `entries` keys, the most popular ones last, so that a full cache keeps them.
async fn preload(address: SocketAddr, Preload { entries, ttl, value_bytes }: Preload) -> RedisResult<()> {
    let client = Client::open(format!("redis://{address}/"))?;
    let mut connection = client.get_multiplexed_async_connection_with_config(&config()).await?;
    let mut end = entries;
    while end > 0 {
        let begin = end.saturating_sub(PRELOAD_CHUNK);
        let mut pipeline = ::redis::pipe();
        for key in (begin..end).rev() {
            pipeline.add_command(set(key, ttl, value_bytes)).ignore();
        }
        pipeline.query_async::<()>(&mut connection).await?;
        end = begin;
    }
    Ok(())
}

/// Empties a cache at once; says how many keys it held.
async fn flush(address: SocketAddr) -> RedisResult<u64> {
    let client = Client::open(format!("redis://{address}/"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let held: u64 = ::redis::cmd("DBSIZE").query_async(&mut connection).await?;
    ::redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await?;
    Ok(held)
}

async fn ping(address: SocketAddr) -> Result<(), String> {
    let client = Client::open(format!("redis://{address}/")).map_err(words)?;
    let said = |error: RedisError| format!("PING failed: {error}");
    let mut connection = client.get_multiplexed_async_connection().await.map_err(said)?;
    let answer: String = ::redis::cmd("PING").query_async(&mut connection).await.map_err(said)?;
    match answer.as_str() {
        "PONG" => Ok(()),
        other => Err(format!("PING was answered with {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_and_a_pong_are_answers_and_no_value_is_a_miss() {
        assert_eq!(outcome_of(&Value::BulkString(b"x".to_vec())), Outcome::Ok);
        assert_eq!(outcome_of(&Value::SimpleString("PONG".into())), Outcome::Ok);
        assert_eq!(outcome_of(&Value::Nil), Outcome::Miss);
    }
}
