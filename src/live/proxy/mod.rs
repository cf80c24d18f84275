//! The fault proxy: one TCP listener in front of one server, through which an edge is made slow, cut, refused, reset or narrow.
//!
//! ```text
//!            ┌ door: listens, closes, opens again        rules: the faults in force (immutable, versioned)
//! client ──► │                                              │ asked by
//!            └ connection: dials, then link: one copy loop ─┴─► lane (one a direction: what is held, and when it may go)
//! ```
//!
//! A rule decides, the link acts: rules, lanes and buckets are pure (time in, decisions out) and the link alone touches the sockets.
//! Effects are keyed by fault and stack; healing one takes away exactly what that one put there. With no fault the proxy copies as fast
//! as it can and looks at no clock. It never changes, reorders or drops a byte of a connection that it does not reset.

mod bucket;
mod connection;
mod door;
mod evidence;
mod hub;
mod lane;
mod link;
mod pool;
mod rules;
#[cfg(test)]
mod tests;
mod timer;

pub use evidence::{Evidence, Traffic};

use crate::base::FaultId;
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
}

impl FaultProxy {
    /// Starts listening (port 0 takes a free port). Everything random is drawn from dice named after the proxy, under this seed.
    pub async fn start(listen: SocketAddr, upstream: SocketAddr, seed: u64, name: &str) -> io::Result<FaultProxy> {
        timer::start()?;
        let hub = Arc::new(Hub::new(name, seed, upstream, door::Door::new(listen)?));
        let accepting = tokio::spawn(connection::accept_all(hub.clone()));
        Ok(FaultProxy { hub, accepting })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.hub.door.address
    }

    /// Puts an effect on the edge, at once and on live connections too. One fault may have several effects of different sorts;
    /// applying the same sort again replaces it. Effects that do not concern an edge are a mistake of the caller.
    pub fn apply(&self, fault: FaultId, effect: &Effect) {
        self.hub.apply(fault, effect);
    }

    /// Takes away every effect of this fault, at once.
    pub fn heal(&self, fault: FaultId) {
        self.hub.heal(fault);
    }

    /// What the fault has touched so far. Kept after it is healed. Attempts to connect to a closed listener are answered by the kernel
    /// and are not seen here: for a refusal only the caller can count them.
    pub fn evidence(&self, fault: FaultId) -> Evidence {
        self.hub.evidence(fault)
    }

    pub fn traffic(&self) -> Traffic {
        self.hub.traffic()
    }

    /// Closes the listener and all connections, and returns when they are closed.
    pub async fn stop(self) {
        self.hub.stop();
        while self.hub.traffic().connections_open > 0 {
            self.hub.empty.notified().await;
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.hub.stop();
        self.accepting.abort();
    }
}

/// Our own panics must not make every later use of the lock panic as well.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
