//! Processor sharing: the mean time in the system depends on the mean of the work alone.

use super::played::{play, station};
use super::proof::{Estimate, closed};
use super::sheet::Sheet;
use super::single::hyperexponential;

/// Users whose work is 1, and others who ask for three such pieces one after another, which a shared core cannot tell from one of 3.
fn by_size(sharing: &str) -> (Estimate, Estimate) {
    let played = play(&format!(
        "
name: sizes
length: 4200000s
warmup: 200000s
window: 200000s
clients:
  users: {{calls: s, rate: 0.35/s}}
  others: {{calls: front, rate: 0.15/s}}
services:
  front: {{calls: [{{to: s, count: 3}}]}}
  s: {{work: 1s, cores: 1, sharing: {sharing}}}
expect: [success(users) >= 0%]
"
    ));
    let mean =
        |client: &str| played.estimate(|part| part.client(client).latency.mean().expect("somebody was answered"));
    (mean("users"), mean("others"))
}

#[test]
fn processor_sharing() {
    let about = "Poisson arrivals, one core that all work in hand shares equally, work of mean 1.";
    let mut sheet = Sheet::new("Processor sharing", about);
    let source = "1 / (1 - ρ), insensitive; Kleinrock 1976";
    let cases = [
        ("exponential", "exp(1s)".to_owned()),
        ("constant", "1s".to_owned()),
        ("hyperexponential (cv² 4)", hyperexponential(4.0)),
    ];
    for (name, work) in cases {
        let time = station(0.8, &work, "cores: 1", 8e6).estimate(|part| part.mean());
        sheet.row(&format!("M/G/1-PS, ρ 0.8, {name} work: mean time in the system"), source, closed(5.0), time);
    }
    let light = station(0.5, "1s", "cores: 1", 1e6).estimate(|part| part.mean());
    sheet.row("M/G/1-PS, ρ 0.5, constant work: mean time in the system", source, closed(2.0), light);
    let (small, large) = by_size("processor");
    let source = "x / (1 - ρ); Kleinrock 1976";
    sheet.row("M/G/1-PS, ρ 0.8, sizes 1 and 3: mean time of size 1", source, closed(5.0), small);
    sheet.row("M/G/1-PS, ρ 0.8, sizes 1 and 3: mean time of size 3", source, closed(15.0), large);
    let kept = by_size("fifo").0;
    sheet.planted("a core that is kept to the end: mean time of size 1", closed(5.0), kept);
    let fifo = station(0.8, &hyperexponential(4.0), "cores: 1\n    sharing: fifo", 1e6);
    sheet.planted(
        "a core that is kept to the end, hyperexponential work",
        closed(5.0),
        fifo.estimate(|part| part.mean()),
    );
    let constant = station(0.8, "1s", "workers: 1", 1e6).estimate(|part| part.mean());
    sheet.planted("first come first served, constant work", closed(5.0), constant);
    sheet.finish();
}
