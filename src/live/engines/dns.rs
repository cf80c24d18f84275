//! `engine: dns`: a dnsmasq that answers every name under `test` with 127.0.0.1, and knows no other names.
//!
//! Settings are its long options: `{address: /example.org/192.0.2.1, local-ttl: 60}`. It asks no other server.

use super::{Order, Recipe, Start, words};
use crate::plan::real::Engine;

pub const RECIPE: Recipe = Recipe {
    page: include_str!("dns.rs"),
    engine: Engine::Dns,
    programs: &["dnsmasq"],
    version: &["dnsmasq", "--version"],
    package: "dnsmasq-base",
    start,
};

fn start(order: &Order) -> Start {
    let mut args = words([
        "--keep-in-foreground",
        "--port={port}",
        "--listen-address={host}",
        "--bind-interfaces",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--pid-file=",
        "--log-facility=-",
        "--address=/test/127.0.0.1",
    ]);
    args.extend(order.settings.iter().map(|(name, value)| format!("--{name}={value}")));
    Start { program: "dnsmasq", args, ..Start::default() }
}
