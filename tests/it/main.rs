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
mod parity;
mod populations;
mod reference;
mod reports;
mod scenarios;
mod services;
mod spoiled;
mod theory;
mod tidy;
mod toxiproxy;
mod volumes;
mod zones;
