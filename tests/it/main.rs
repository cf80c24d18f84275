//! The one integration binary: everything that is proven from outside of the crate.

mod balance;
mod brokers;
mod caches;
mod calls;
mod cli;
mod controls;
mod databases;
mod deploys;
mod determinism;
mod docs;
mod guards;
mod live;
mod names;
mod network;
mod populations;
mod reference;
mod reports;
mod scenarios;
mod services;
mod theory;
mod tidy;
mod undo;
mod volumes;
mod zones;
