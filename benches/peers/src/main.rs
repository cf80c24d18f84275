//! firedrill's simulator beside other engines, on the same three models, interleaved in one run: requests per second of processor
//! time, the ratio to firedrill, whether the results agree, and what two threads give by the wall clock. No test depends on a figure of it.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml [ROUNDS]` (5 rounds unless told; medians are shown).

mod binary_heap;
mod desru_closures;
mod hand;
mod kernel;
mod models;
mod ours;
mod simcore_one;
mod simcore_tiers;
mod simrs_component;

use firedrill::base::Dice;
use models::{MODELS, Model, Played};
use nix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

type Play = fn(&Model, u64) -> Played;

/// The first is what the others are compared with.
const ENGINES: [(&str, Play); 7] = [
    ("firedrill, scenario text", ours::play),
    ("by hand: 4-ary heap, FIFO lane", hand::play),
    ("by hand: std BinaryHeap", binary_heap::play),
    ("simcore, one component", simcore_one::play),
    ("simcore, a component a tier", simcore_tiers::play),
    ("desru", desru_closures::play),
    ("simrs", simrs_component::play),
];

const SEED: u64 = 1;

fn main() {
    let rounds = std::env::args().nth(1).map_or(5, |text| text.parse().expect("ROUNDS is a whole number"));
    for model in &MODELS {
        compare(model, rounds);
    }
    two_threads(&MODELS[1], rounds);
}

/// Plays every engine once a round, so that the machine's moods meet them all.
fn compare(model: &Model, rounds: usize) {
    let mut seconds = vec![Vec::new(); ENGINES.len()];
    let mut calibrations = Vec::new();
    let mut played: Vec<Played> = Vec::new();
    for round in 0..rounds {
        calibrations.push(calibration());
        for (index, (_, play)) in ENGINES.iter().enumerate() {
            let (took, result) = timed(|| play(model, SEED));
            seconds[index].push(took);
            if round == 0 {
                played.push(result);
            }
        }
    }
    println!("{}: {:.2} ns a random number", model.name, median(&mut calibrations));
    let ours = median(&mut seconds[0].clone());
    for (index, (name, _)) in ENGINES.iter().enumerate() {
        let took = median(&mut seconds[index]);
        let complaints = played[index].complaints(model);
        let same = if complaints.is_empty() { "agrees".to_owned() } else { complaints.join("; ") };
        let rate = played[index].requests as f64 / took;
        println!("  {name:<32} {rate:>11.0} requests/s  {:>5.2}x firedrill  {same}", ours / took);
    }
}

/// Two independent runs on two threads against one after the other.
fn two_threads(model: &Model, rounds: usize) {
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let (one, _) = timed_by_the_wall(|| (ours::record(model, 1), ours::record(model, 2)));
        let (two, _) = timed_by_the_wall(|| {
            std::thread::scope(|scope| {
                let other = scope.spawn(|| ours::record(model, 2));
                (ours::record(model, 1), other.join().expect("a run does not panic"))
            })
        });
        ratios.push(one / two);
    }
    println!("two independent runs on two threads: {:.2}x one thread", median(&mut ratios));
}

/// The machine's speed swings: nanoseconds a draw say how fast it is now.
fn calibration() -> f64 {
    let mut dice = Dice::named(1, "calibration");
    let (took, sum) = timed(|| (0..20_000_000).map(|_| dice.exponential()).sum::<f64>());
    assert!(sum > 0.0, "draws are positive");
    took * 1e9 / 20e6
}

/// Seconds of this thread's processor time: what others do on the machine meanwhile counts less.
fn timed<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every Linux has this clock"));
    let began = now();
    let result = what();
    ((now() - began).as_secs_f64(), result)
}

fn timed_by_the_wall<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let began = Instant::now();
    let result = what();
    (began.elapsed().as_secs_f64(), result)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
