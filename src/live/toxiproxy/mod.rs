//! Toxiproxy's HTTP API, served by our own proxies: clients in any language that know Toxiproxy work unchanged.
//!
//! ```text
//! server: connections, limits ─► routes: path and method ─► registry: proxies by name, what each request does to them ─► FaultProxy
//!                                                └─ shapes: JSON in and out, to the byte
//! ```
//!
//! The other way round, `remote` makes proxies on a Toxiproxy that somebody else runs, through `client`, in the words of `wishes`.
//!
//! Where Toxiproxy crashes or hangs, this answers 400 or goes on: values that mean nothing are refused, no request waits for a connection
//! of a proxy, and a body has a greatest length. It never forwards a request to anybody and keeps nothing on disk.

mod answer;
mod client;
mod listen;
mod metrics;
mod registry;
mod remote;
mod routes;
mod server;
mod shapes;
#[cfg(test)]
mod tests;
mod toxics;
pub mod wishes;

pub use client::{Api, Reply};
pub use remote::{Complain, RemoteProxy};
pub use server::{Options, Server};
