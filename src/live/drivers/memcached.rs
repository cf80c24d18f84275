//! Calls to memcached over its text protocol: `get` for a read, `set` for a write, one request at a time on a connection.

use super::pool::Pool;
use super::{Acked, Kind, Peer, Setup, Speaker, filler, kind_of_io};
use crate::base::{ErrorKind, Outcome, Span};
use crate::engine::Traits;
use crate::plan::real::Protocol;
use async_memcached::{AsciiProtocol, Client, Error, Status};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// Connections of one edge; memcached itself takes 1024 from all callers together, unless told otherwise.
const CONNECTIONS_MAX: usize = 128;
/// Longer times are read as moments (memcached's protocol.txt, "Expiration times").
const TTL_MAX_S: i64 = 60 * 60 * 24 * 30;
const PRELOAD_CHUNK: u32 = 64;

pub const KIND: Kind = Kind {
    how: "async-memcached over its text protocol, one request at a time on each of at most 128 connections an edge",
    prepare: Some(|setup| Box::pin(prepare(setup))),
    forget: Some(|setup| Box::pin(forget(setup.address))),
    read_back: Some(|setup, acked| Box::pin(read_back(setup.address, acked))),
    ..Kind::new(
        Protocol::Memcached,
        |peer| Ok(Speaker::Memcached(Memcached { peer, pool: Pool::new(CONNECTIONS_MAX) })),
        |setup| Box::pin(version(setup.address)),
    )
};

pub struct Memcached {
    peer: Peer,
    pub pool: Pool<Client>,
}

impl Memcached {
    pub async fn call(&self, traits: Traits) -> Outcome {
        match traits.write {
            true => self.write(traits.key).await.map_or_else(Outcome::Failed, |()| Outcome::Ok),
            false => self.read(traits.key).await.unwrap_or_else(Outcome::Failed),
        }
    }

    /// Writes a rebuilt value.
    pub async fn fill(&self, key: u32) {
        let write = self.peer.acked.begin(key);
        // A write that fails leaves the key missing, which the next reader finds out.
        if self.set(key, &write.value(self.peer.response_bytes)).await.is_ok() {
            write.filled();
        }
    }

    async fn read(&self, key: u32) -> Result<Outcome, ErrorKind> {
        let _room = self.pool.room().await;
        let mut client = self.client().await?;
        match client.get(name_of(key)).await {
            Ok(found) => {
                self.pool.put_back(client);
                Ok(if found.is_none() && self.peer.cache.is_some() { Outcome::Miss } else { Outcome::Ok })
            }
            Err(error) => Err(self.failed(client, &error)),
        }
    }

    async fn write(&self, key: u32) -> Result<(), ErrorKind> {
        let write = self.peer.acked.begin(key);
        self.set(key, &write.value(self.peer.request_bytes)).await?;
        write.acknowledged();
        Ok(())
    }

    async fn set(&self, key: u32, value: &[u8]) -> Result<(), ErrorKind> {
        let _room = self.pool.room().await;
        let mut client = self.client().await?;
        let ttl = self.peer.setup.stays(self.peer.cache.and_then(|cache| cache.ttl)).map(seconds);
        match client.set(name_of(key), value, ttl, None).await {
            Ok(()) => {
                self.pool.put_back(client);
                Ok(())
            }
            Err(error) => Err(self.failed(client, &error)),
        }
    }

    async fn client(&self) -> Result<Client, ErrorKind> {
        if let Some(client) = self.pool.take() {
            return Ok(client);
        }
        connect(self.peer.setup.address).await.map_err(|error| kind_of(&error))
    }

    /// A refusal in words leaves the connection usable.
    fn failed(&self, client: Client, error: &Error) -> ErrorKind {
        match error {
            Error::Protocol(_) if !client.is_closed() => self.pool.put_back(client),
            _ => self.pool.clear(),
        }
        kind_of(error)
    }
}

async fn connect(address: SocketAddr) -> Result<Client, Error> {
    Client::new(format!("tcp://{address}")).await
}

fn kind_of(error: &Error) -> ErrorKind {
    match error {
        Error::Connect(error) | Error::Io(error) => kind_of_io(error),
        Error::Protocol(Status::Error(async_memcached::ErrorKind::Server(words)))
            if words.contains("out of memory") =>
        {
            ErrorKind::NoSpace
        }
        Error::ConnectionClosed => ErrorKind::Reset,
        _ => ErrorKind::Error,
    }
}

fn name_of(key: u32) -> String {
    format!("firedrill:key:{key}")
}

/// Whole seconds, at least one.
fn seconds(ttl: Span) -> i64 {
    ((ttl.as_secs_f64().ceil()) as i64).clamp(1, TTL_MAX_S)
}

async fn version(address: SocketAddr) -> Result<(), String> {
    let mut client = connect(address).await.map_err(|error| error.to_string())?;
    client.version().await.map(drop).map_err(|error| format!("`version` failed: {error}"))
}

/// The most popular keys last, so that a full cache keeps them.
async fn prepare(setup: Setup) -> Result<(), String> {
    let Some(keys) = setup.keys else { return Ok(()) };
    let mut client = connect(setup.address).await.map_err(|error| error.to_string())?;
    let (value, ttl) = (filler::value(keys.value_bytes), setup.stays(keys.ttl).map(seconds));
    let mut end = keys.entries;
    while end > 0 {
        let begin = end.saturating_sub(PRELOAD_CHUNK);
        let pairs: Vec<(String, &[u8])> = (begin..end).rev().map(|key| (name_of(key), value.as_slice())).collect();
        let set = client.set_multi(&pairs, ttl, None).await.map_err(|error| error.to_string())?;
        if let Some(error) = set.into_values().find_map(Result::err) {
            return Err(error.to_string());
        }
        end = begin;
    }
    Ok(())
}

async fn forget(address: SocketAddr) -> Result<u64, String> {
    let mut client = connect(address).await.map_err(|error| error.to_string())?;
    let stats = client.stats().await.map_err(|error| error.to_string())?;
    client.flush_all().await.map_err(|error| error.to_string())?;
    Ok(stats.get("curr_items").and_then(|items| items.parse().ok()).unwrap_or(0))
}

async fn read_back(address: SocketAddr, acked: Arc<Acked>) -> Result<super::Tally, String> {
    let mut client = connect(address).await.map_err(|error| error.to_string())?;
    let mut found = BTreeMap::new();
    for key in acked.keys() {
        let value = client.get(name_of(key)).await.map_err(|error| error.to_string())?;
        let number = value.and_then(|value| acked.number_in(value.data.as_deref().unwrap_or_default()));
        found.extend(number.map(|number| (key, number)));
    }
    Ok(acked.tally_values(&found))
}
