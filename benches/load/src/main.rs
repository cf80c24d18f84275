//! firedrill's load generator beside wrk, h2load and oha, interleaved in one run: requests a second, processor time per million of them, latency and
//! pacing lag. One nginx with a tiny body on the first core, one generator at a time on the second. No test depends on a figure of it.
//!
//! `cargo run --release --manifest-path benches/load/Cargo.toml -- [ROUNDS] [SECONDS]` (3 rounds of 6 s unless told; medians are shown).
//! `FIREDRILL` and `OHA` name the programs; otherwise target/release/firedrill, and an oha that is installed once into target/load-peers.

mod nginx;
mod peers;
mod used;

use nginx::Nginx;
use peers::{Figures, Peer, RATE};
use std::path::Path;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("ROUNDS and SECONDS are whole numbers"));
    let (rounds, seconds) = (numbers.next().unwrap_or(3), numbers.next().unwrap_or(6));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nginx = Nginx::start(folder.path());
    let all = peers::all();
    for (title, rate) in [("as fast as it goes, 50 connections", None), ("5,000 requests a second", Some(RATE))] {
        println!("\n{title}; load average {}", load_average());
        println!(
            "{:<12} {:>11} {:>6} {:>15} {:>6} {:>8} {:>8} {:>11}",
            "generator", "requests/s", "ratio", "CPU s/million", "ratio", "p50 ms", "p99 ms", "lag p99 ms"
        );
        let able: Vec<&Peer> = all.iter().filter(|peer| rate.is_none() || peer.is_open_loop).collect();
        let mut measured: Vec<Vec<Figures>> = able.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for (peer, figures) in able.iter().zip(&mut measured) {
                figures.push(peer.measure(&nginx, rate, seconds, folder.path()));
            }
        }
        let medians: Vec<Figures> = measured.iter().map(|figures| Figures::median(figures)).collect();
        for (peer, figures) in able.iter().zip(&medians) {
            show(peer.name, figures, &medians[0]);
        }
    }
}

/// The ratios are of this generator to firedrill: fewer requests are less than 1, more processor time more than 1.
fn show(name: &str, figures: &Figures, ours: &Figures) {
    let ms = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |seconds| format!("{:.3}", seconds * 1e3));
    println!(
        "{name:<12} {:>11.0} {:>6.2} {:>15.1} {:>6.2} {:>8} {:>8} {:>11}",
        figures.per_second,
        figures.per_second / ours.per_second,
        figures.cpu_per_million,
        figures.cpu_per_million / ours.cpu_per_million,
        ms(figures.p50),
        ms(figures.p99),
        ms(figures.lag_p99),
    );
}

fn load_average() -> String {
    let text = std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
