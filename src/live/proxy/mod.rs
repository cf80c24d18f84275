//! The fault proxy: one TCP listener in front of one server, through which an edge is made slow, cut, refused, reset or narrow.
//!
//! ```text
//!            ┌ door: listens, closes, opens again        rules: the faults in force (immutable, versioned)
//! client ──► │                                              │ asked by
//!            └ connection: dials, then link: one copy loop ─┴─► lane (one a direction: what is held, and when it may go)
//!                                                                └► stages: the toxics at work in it (toxics/: one file each)
//! ```
//!
//! A rule decides, the link acts: rules, lanes, toxics and buckets are pure (time in, decisions out) and the link alone touches the
//! sockets. Effects are keyed by fault (or by a toxic's name) and stack; healing one takes away exactly what that one put there. With no
//! fault the proxy copies as fast as it can and looks at no clock. It never reorders bytes, and changes or drops them only where a toxic
//! or a reader of the protocol says so.

mod bucket;
mod connection;
mod door;
mod evidence;
mod hub;
mod lane;
mod link;
mod pool;
mod protocols;
mod reader;
mod rules;
mod stages;
mod tallies;
#[cfg(test)]
mod tests;
mod timer;
mod tls;
mod toxics;
mod udp;
mod upstream;

pub use evidence::{Delays, Evidence, Tally, Traffic};
pub use lane::End;
pub use protocols::protocol;
pub use reader::{Piece, Protocol, Reader, What};
pub use rules::{Direction, Key, Rules};
pub use tallies::{NAMES_MAX, OTHERS};
pub use upstream::Upstream;

use crate::live::certificates::Authority;
use crate::plan::Effect;
use hub::Hub;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

/// One listener in front of one server. Dropping it closes the listener and all connections.
#[derive(Debug)]
pub struct FaultProxy {
    hub: Arc<Hub>,
    accepting: JoinHandle<()>,
    /// If it takes datagrams as well.
    carrying: Option<JoinHandle<()>>,
}

/// What a proxy is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub listen: SocketAddr,
    pub upstream: Upstream,
    pub seed: u64,
    pub name: String,
    /// A protocol whose reader sees the bytes of each connection.
    pub protocol: Option<Arc<dyn Protocol>>,
    /// It takes datagrams on the same port, too, and reads them as DNS.
    pub datagrams: bool,
    /// Whom callers trust; for faults of certificates. `None`: nobody whom we know.
    pub authority: Option<Arc<Authority>>,
    /// In force from the first byte of the first connection.
    pub effects: Vec<(Key, Effect)>,
}

impl Setup {
    pub fn new(listen: SocketAddr, upstream: Upstream, seed: u64, name: &str) -> Setup {
        Setup {
            listen,
            upstream,
            seed,
            name: name.to_owned(),
            protocol: None,
            datagrams: false,
            authority: None,
            effects: Vec::new(),
        }
    }
}

impl FaultProxy {
    /// Starts listening (port 0 takes a free port). Everything random is drawn from dice named after the proxy, under this seed.
    pub async fn start(
        listen: SocketAddr,
        upstream: impl Into<Upstream>,
        seed: u64,
        name: &str,
    ) -> io::Result<FaultProxy> {
        FaultProxy::open(Setup::new(listen, upstream.into(), seed, name))
    }

    /// The same, with all that can be said beforehand. Must be called in a tokio runtime.
    pub fn open(setup: Setup) -> io::Result<FaultProxy> {
        timer::start()?;
        let door = door::Door::new(setup.listen)?;
        let socket = setup.datagrams.then(|| udp::bound(door.address)).transpose()?;
        let mut hub = Hub::new(&setup.name, setup.seed, setup.upstream, door, setup.protocol);
        hub.authority = setup.authority;
        let hub = Arc::new(hub);
        for (key, effect) in setup.effects {
            hub.apply(key, &effect);
        }
        let accepting = tokio::spawn(connection::accept_all(hub.clone()));
        let carrying = socket.map(|socket| tokio::spawn(udp::carry_all(hub.clone(), socket)));
        Ok(FaultProxy { hub, accepting, carrying })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.hub.door.address
    }

    /// Puts an effect on the edge, at once and on live connections too. One fault may have several effects of different sorts;
    /// applying the same sort again replaces it. Effects that do not concern an edge are a mistake of the caller.
    pub fn apply(&self, key: impl Into<Key>, effect: &Effect) {
        self.hub.apply(key.into(), effect);
    }

    /// Takes away every effect of this fault, at once.
    pub fn heal(&self, key: impl Into<Key>) {
        self.hub.heal(&key.into());
    }

    /// Draws again which connections the toxics of this key take.
    pub fn redraw(&self, key: impl Into<Key>) {
        self.hub.redraw(&key.into());
    }

    /// What the fault has touched so far. Kept after it is healed. Attempts to connect to a closed listener are answered by the kernel
    /// and are not seen here: for a refusal only the caller can count them.
    pub fn evidence(&self, key: impl Into<Key>) -> Evidence {
        self.hub.evidence(&key.into())
    }

    /// What ever acted here, with what it did. Of a thousand and more names, those that were healed longest ago are one: [`OTHERS`].
    pub fn tallies(&self) -> Vec<(Key, Arc<Tally>)> {
        self.hub.tallies()
    }

    pub fn traffic(&self) -> Traffic {
        self.hub.traffic()
    }

    /// Closes the listener and all connections, and returns when they are closed.
    pub async fn stop(self) {
        self.hub.stop();
        self.carrying.iter().for_each(JoinHandle::abort);
        while self.hub.traffic().connections_open > 0 {
            self.hub.empty.notified().await;
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.hub.stop();
        self.accepting.abort();
        self.carrying.iter().for_each(JoinHandle::abort);
    }
}

/// Our own panics must not make every later use of the lock panic as well.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
