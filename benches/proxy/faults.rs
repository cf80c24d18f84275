//! Our proxy with a fault on: is the delay what was asked for, and the rate?

use crate::load;
use crate::peers::{Peer, Through};
use crate::servers::Servers;
use std::time::Instant;

const DELAY_MS: f64 = 100.0;
const RATES_MB: [f64; 4] = [1.0, 10.0, 30.0, 100.0];
const RATE_SECONDS: f64 = 4.0;

pub fn table(servers: &Servers) -> String {
    delay(servers) + &rates(servers)
}

/// Under 5,000 messages a second, so ten at a time are under way on each connection.
fn delay(servers: &Servers) -> String {
    let plain = Through::start(Peer::Firedrill, servers.echo);
    let control = load::paced(plain.address, load::PACE, load::SECONDS);
    plain.post("/proxies/p/toxics", r#"{"type":"latency","attributes":{"latency":100}}"#);
    let late = load::paced(plain.address, load::PACE, load::SECONDS);
    let ms = |seconds: f64| format!("{:.2}", seconds * 1e3);
    let mut text =
        "| 5,000 messages/s over 50 connections | p50 ms | p99 ms | p99.9 ms |\n|---|---|---|---|\n".to_owned();
    for (name, late) in [("no fault", &control), ("100 ms of latency", &late)] {
        text += &format!("| {name} | {} | {} | {} |\n", ms(late.at(0.5)), ms(late.at(0.99)), ms(late.at(0.999)));
    }
    let above = |quantile| late.at(quantile) * 1e3 - DELAY_MS - control.at(quantile) * 1e3;
    text += &format!(
        "| above the control run and the delay | {:.2} | {:.2} | {:.2} |\n\n",
        above(0.5),
        above(0.99),
        above(0.999)
    );
    text
}

fn rates(servers: &Servers) -> String {
    let mut text = "| limit, MB/s | measured | off by | CPU s per GB |\n|---|---|---|---|\n".to_owned();
    for rate in RATES_MB {
        let through = Through::start(Peer::Firedrill, servers.source);
        through.post("/proxies/p/toxics", &format!(r#"{{"type":"bandwidth","attributes":{{"rate":{}}}}}"#, rate * 1e3));
        let bytes = (rate * 1e6 * RATE_SECONDS) as u64;
        let (start, before) = (Instant::now(), through.cpu_s());
        let stream = std::net::TcpStream::connect(through.address).expect("accepted");
        assert_eq!(load::take(stream, bytes), bytes, "all bytes came");
        let measured = bytes as f64 / 1e6 / start.elapsed().as_secs_f64();
        let cpu = before.zip(through.cpu_s()).map_or(0.0, |(before, after)| (after - before) / (bytes as f64 / 1e9));
        text += &format!("| {rate} | {measured:.3} | {:+.2}% | {cpu:.2} |\n", (measured / rate - 1.0) * 100.0);
    }
    text
}
