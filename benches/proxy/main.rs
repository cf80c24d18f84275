//! The fault proxy beside nginx stream, HAProxy and a plain copy loop, in one run, proxies on one core and everything else on the other:
//! `cargo bench --bench proxy`. Prints tables; no test depends on a figure. Needs nginx (with its stream module), haproxy, redis-server
//! with redis-benchmark, wrk and taskset.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod faults;
mod load;
mod peers;
mod servers;

use peers::{Peer, Through};
use servers::Servers;
use std::collections::BTreeMap;

/// Every figure is the median of so many rounds, in each of which all peers have their turn.
const ROUNDS: usize = 3;
const COLUMNS: [&str; 8] = [
    "bulk GB/s, 1 connection",
    "bulk GB/s, 8 connections",
    "CPU s per GB",
    "Redis GET/s, 50 connections",
    "HTTP requests/s, 50 connections",
    "p50 us at 5,000/s",
    "new connections/s",
    "KiB per idle connection",
];

fn main() {
    if let Some(role) = peers::Role::of_this_process() {
        return role.play();
    }
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    load::stay_on(load::LOAD_CORE);
    let servers = Servers::start();
    if only.as_deref() != Some("faults") {
        println!("{}", plain(&servers));
    }
    if only.as_deref() != Some("plain") {
        println!("{}", faults::table(&servers));
    }
}

/// All peers without any fault.
fn plain(servers: &Servers) -> String {
    let mut figures: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for round in 0..ROUNDS {
        for (row, peer) in Peer::ALL.into_iter().enumerate() {
            for (column, value) in measured(peer, servers).into_iter().enumerate() {
                figures.entry((row, column)).or_default().extend(value);
            }
            eprintln!("round {} of {ROUNDS}: {}", round + 1, peer.name());
        }
    }
    let mut text = format!("| through | {} |\n|---|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for (row, peer) in Peer::ALL.into_iter().enumerate() {
        let cells = (0..COLUMNS.len()).map(|column| figures.get_mut(&(row, column)).and_then(|all| median(all)));
        let cells: Vec<String> = cells.map(|cell| cell.map(shown).unwrap_or_default()).collect();
        text += &format!("| {} | {} |\n", peer.name(), cells.join(" | "));
    }
    text
}

/// In the order of the columns; `None` where a peer has no such figure.
fn measured(peer: Peer, servers: &Servers) -> [Option<f64>; COLUMNS.len()] {
    let through = |upstream| Through::start(peer, upstream);
    let bulk = through(servers.source);
    let (one, _) = load::bulk(bulk.address, 1);
    let before = bulk.cpu_s();
    let (eight, bytes) = load::bulk(bulk.address, 8);
    let cpu = before.zip(bulk.cpu_s()).map(|(before, after)| (after - before) / (bytes as f64 / 1e9));
    drop(bulk);
    let redis = load::redis(through(servers.redis).address);
    let http = load::http(through(servers.http).address);
    let echo = through(servers.echo);
    let late = load::paced(echo.address, load::PACE, load::SECONDS);
    let opened = load::opened_per_second(echo.address);
    drop(echo);
    let idle = through(servers.echo);
    let each = idle.kib_per_idle_connection();
    [Some(one), Some(eight), cpu, Some(redis), Some(http), Some(late.at(0.5) * 1e6), Some(opened), each]
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Three digits are more than the machine repeats.
fn shown(value: f64) -> String {
    match value {
        value if value >= 1000.0 => format!("{:.0}", (value / 100.0).round() * 100.0),
        value if value >= 10.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}
